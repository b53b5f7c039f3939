"""The requests' bodies of version 5, field by field, as the document of the API states them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from headswap.api.asked import AnalysedVideoUrl, KeepSound, Mappings, Video, Wanted, WebhookUrl

_MEDIA_TYPE = Annotated[
    Literal["video"], Field(description="What the URL names: always video.", examples=["video"])
]


class AnalyzeVideoRequest(TypedDict):
    """A video whose people are to be found."""

    url: Video
    media_type: _MEDIA_TYPE
    type: NotRequired[Wanted]


class CreateRequest(TypedDict):
    """A swap."""

    media_type: _MEDIA_TYPE
    target_url: AnalysedVideoUrl
    analyze_id: Annotated[
        str,
        Field(
            description="The analysis of that video.",
            examples=["6a066d03625746c797390f55"],
            min_length=1,
        ),
    ]
    mappings: Mappings
    model_name: NotRequired[
        Annotated[
            str,
            Field(
                description="The model that draws the heads; default akool-premium.",
                examples=["akool-premium"],
            ),
        ]
    ]
    resolution: NotRequired[
        Annotated[
            Literal["480p", "720p"],
            Field(description="The output's short side; default 720p.", examples=["720p"]),
        ]
    ]
    keep_original_sound: NotRequired[KeepSound]
    prompt: NotRequired[Annotated[str, Field(description="Ignored.", examples=["a portrait"])]]
    webhookUrl: NotRequired[WebhookUrl]
