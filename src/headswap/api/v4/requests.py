"""The requests' bodies, field by field, as the document of the API states them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

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

    video_url: Annotated[
        str,
        Field(
            description="The video: http or https, or the URL that an upload gave.",
            examples=["https://example.com/v.mp4"],
            max_length=2048,
        ),
    ]
    type: Annotated[
        Literal["head"], Field(description="What to look for: always head.", examples=["head"])
    ]


class MappingRequest(TypedDict):
    """One person, and the photo whose head they get."""

    obj_id: Annotated[
        int, Field(description="The person's number in the analysis.", examples=[0], ge=0)
    ]
    img_url: Annotated[
        str,
        Field(
            description="The photo: http or https, or the URL that an upload gave.",
            examples=["https://example.com/photo.jpg"],
            max_length=2048,
        ),
    ]
    consent: NotRequired[
        Annotated[
            str,
            Field(
                description="Who states that the people shown agreed, and to what; needed unless "
                "it is stated once for the team.",
                examples=["Anna Berg: the people shown agreed; for the trailer"],
                max_length=2000,
            ),
        ]
    ]


class TaskRequest(TypedDict):
    """A swap."""

    video_url: Annotated[
        str,
        Field(
            description="The analysed video's URL, character for character.",
            examples=["https://example.com/v.mp4"],
            max_length=2048,
        ),
    ]
    mappings: Annotated[
        list[MappingRequest],
        Field(
            description="Whom to give which head.",
            examples=[[{"obj_id": 0, "img_url": "https://example.com/photo.jpg"}]],
            min_length=1,
            max_length=5,
        ),
    ]
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
    keep_original_sound: NotRequired[
        Annotated[
            bool,
            Field(
                description="True copies the sound bit for bit, false leaves it out; default true.",
                examples=[True],
            ),
        ]
    ]
    webhookUrl: NotRequired[
        Annotated[
            str,
            Field(
                description="Called when the task has ended; webhookurl is taken too.",
                examples=["https://example.com/hook"],
                max_length=2048,
            ),
        ]
    ]


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
