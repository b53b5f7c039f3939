"""The requests' bodies, field by field, as the document of the API states them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from headswap.api.asked import AnalysedVideoUrl, KeepSound, Mappings, Video, Wanted, WebhookUrl

_Id = Annotated[
    str, Field(description="The task's id.", examples=["6a066dc58570ecbf64f761a5"], min_length=1)
]


class TokenRequest(TypedDict):
    """A key, to be changed into a token."""

    clientId: Annotated[
        str,
        Field(description="The key's id.", examples=["cid-0123456789ABCDEFGH=="], min_length=1),
    ]
    clientSecret: Annotated[
        str,
        Field(
            description="The key itself, the same that x-api-key takes.",
            examples=["sec-0123456789abcdefghijABCDEFGH"],
            min_length=1,
        ),
    ]


class AnalyzeRequest(TypedDict):
    """A video whose people are to be found."""

    video_url: Video
    type: Wanted


class TaskRequest(TypedDict):
    """A swap."""

    video_url: AnalysedVideoUrl
    mappings: Mappings
    model_name: Annotated[
        str, Field(description="The model that draws the heads.", examples=["akool-premium"])
    ]
    resolution: Annotated[
        Literal["480p", "720p"],
        Field(description="The output's short side.", examples=["720p"]),
    ]
    template_id: NotRequired[
        Annotated[
            str, Field(description="A render preset of the team.", examples=["portrait-soft"])
        ]
    ]
    keep_original_sound: NotRequired[KeepSound]
    webhookUrl: NotRequired[WebhookUrl]


class CancelRequest(TypedDict):
    """A task to be ended."""

    _id: _Id


class DeleteRequest(TypedDict):
    """Tasks to be deleted."""

    _ids: Annotated[
        str,
        Field(
            description="The tasks' ids with commas between, 100 at most.",
            examples=["6a066dc58570ecbf64f761a5,6a066dc58570ecbf64f761a6"],
            min_length=1,
        ),
    ]
