"""Fields that requests of every version have, as the document of the API states them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Video = Annotated[
    str,
    Field(
        description="The video: http or https, or the URL that an upload gave.",
        examples=["https://example.com/v.mp4"],
        max_length=2048,
    ),
]
Wanted = Annotated[
    Literal["head"], Field(description="What to look for: always head.", examples=["head"])
]
AnalysedVideoUrl = Annotated[
    str,
    Field(
        description="The analysed video's URL, character for character.",
        examples=["https://example.com/v.mp4"],
        max_length=2048,
    ),
]
KeepSound = Annotated[
    bool,
    Field(
        description="True copies the sound bit for bit, false leaves it out; default true.",
        examples=[True],
    ),
]
WebhookUrl = Annotated[
    str,
    Field(
        description="Called when the task has ended; webhookurl is taken too.",
        examples=["https://example.com/hook"],
        max_length=2048,
    ),
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


Mappings = Annotated[
    list[MappingRequest],
    Field(
        description="Whom to give which head.",
        examples=[[{"obj_id": 0, "img_url": "https://example.com/photo.jpg"}]],
        min_length=1,
        max_length=5,
    ),
]
