"""The requests' bodies of version 5, field by field, as the document of the API states them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from headswap.api.v4.requests import MappingRequest

_MEDIA_TYPE = Annotated[
    Literal["video"], Field(description="What the URL names: always video.", examples=["video"])
]


class AnalyzeVideoRequest(TypedDict):
    """A video whose people are to be found."""

    url: Annotated[
        str,
        Field(
            description="The video: http or https, or the URL that an upload gave.",
            examples=["https://example.com/v.mp4"],
            max_length=2048,
        ),
    ]
    media_type: _MEDIA_TYPE
    type: NotRequired[
        Annotated[
            Literal["head"], Field(description="What to look for: always head.", examples=["head"])
        ]
    ]


class CreateRequest(TypedDict):
    """A swap."""

    media_type: _MEDIA_TYPE
    target_url: Annotated[
        str,
        Field(
            description="The analysed video's URL, character for character.",
            examples=["https://example.com/v.mp4"],
            max_length=2048,
        ),
    ]
    analyze_id: Annotated[
        str,
        Field(
            description="The analysis of that video.",
            examples=["6a066d03625746c797390f55"],
            min_length=1,
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
    keep_original_sound: NotRequired[
        Annotated[
            bool,
            Field(
                description="True copies the sound bit for bit, false leaves it out; default true.",
                examples=[True],
            ),
        ]
    ]
    prompt: NotRequired[Annotated[str, Field(description="Ignored.", examples=["a portrait"])]]
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
