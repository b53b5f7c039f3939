"""What the answers of every version have in common, field by field, in the order of sending."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from headswap.api.terms import ErrorCode, ErrorReason, Expired, Status, Time


class Preview(TypedDict):
    """One person of an analysed video."""

    media_type: Annotated[str, Field(description="Always images.", examples=["images"])]
    obj_id: Annotated[
        int,
        Field(description="The person's number, by time on screen, from 0.", examples=[0], ge=0),
    ]
    img_url: Annotated[
        str | None,
        Field(
            description="A PNG of the person's head; the URL expires. Null once it is removed.",
            examples=["https://example.com/files/subject_0.png"],
        ),
    ]
    frames: Annotated[
        int, Field(description="In how many frames the head can be swapped.", examples=[450])
    ]
    first_frame: Annotated[
        int, Field(description="The first of these frames, counted from 0.", examples=[0])
    ]
    box: Annotated[
        list[float],
        Field(
            description="The head in the preview's frame: x, y, width, height in pixels.",
            examples=[[612, 88, 240, 310]],
        ),
    ]


class VideoInfo(TypedDict):
    """The analysed video."""

    width: Annotated[int, Field(description="Pixels, upright.", examples=[1916])]
    height: Annotated[int, Field(description="Pixels, upright.", examples=[1082])]
    fps: Annotated[float, Field(description="Frames in a second.", examples=[30])]
    frame_count: Annotated[int, Field(description="Frames in all.", examples=[450])]


SeenVideo = Annotated[
    VideoInfo,
    Field(
        description="The video.",
        examples=[{"width": 1916, "height": 1082, "fps": 30, "frame_count": 450}],
    ),
]


class Ending(TypedDict):
    """How a record ended."""

    error_reason: NotRequired[ErrorReason]
    error_code: NotRequired[ErrorCode]
    expired: NotRequired[Expired]


class FrameRange(TypedDict):
    """Frames of the video, the first and the last included."""

    first: Annotated[int, Field(description="Counted from 0.", examples=[120])]
    last: Annotated[int, Field(description="Counted from 0.", examples=[134])]
    reason: Annotated[str, Field(description="Why.", examples=["head turned away"])]


_RANGES = [[{"first": 120, "last": 134, "reason": "head turned away"}]]


class PersonReport(TypedDict):
    """What became of one person."""

    obj_id: Annotated[int, Field(description="The person's number.", examples=[0])]
    frames_swapped: Annotated[int, Field(description="How many frames.", examples=[435])]
    not_swapped: Annotated[
        list[FrameRange],
        Field(description="All other frames in which the person is looked for.", examples=_RANGES),
    ]
    strained: Annotated[
        list[FrameRange],
        Field(description="Swapped, but turned further than a photo shows.", examples=_RANGES),
    ]


class Report(TypedDict):
    """What the swap did: no frame that was left as it is goes unmentioned."""

    frame_count: Annotated[int, Field(description="Frames of the output.", examples=[450])]
    engine: Annotated[str, Field(description="What drew the heads.", examples=["mesh"])]
    device: Annotated[str, Field(description="Where it was computed.", examples=["cpu"])]
    people: Annotated[
        list[PersonReport],
        Field(
            description="The people who were mapped.",
            examples=[[{"obj_id": 0, "frames_swapped": 450, "not_swapped": [], "strained": []}]],
        ),
    ]


class WebhookTry(TypedDict):
    """One attempt to tell a webhook."""

    time: Time
    took_ms: Annotated[int, Field(description="How long it took.", examples=[84])]
    http_status: Annotated[
        int | None, Field(description="The receiver's answer; null if none came.", examples=[200])
    ]
    answer: Annotated[
        str, Field(description="How the answer begins, or why none came.", examples=["taken"])
    ]


class Webhook(TypedDict):
    """A message to a task's webhook."""

    status: Status
    state: Annotated[str, Field(description="waiting, sent or failed.", examples=["sent"])]
    tries: Annotated[
        list[WebhookTry],
        Field(
            description="Every attempt, oldest first.",
            examples=[
                [{"time": 1778806300000, "took_ms": 84, "http_status": 200, "answer": "taken"}]
            ],
        ),
    ]


class Told(TypedDict):
    """What is told of a single task beyond its fields."""

    report: NotRequired[
        Annotated[
            Report,
            Field(
                description="What the swap did; only of a completed task.",
                examples=[{"frame_count": 450, "engine": "mesh", "device": "cpu", "people": []}],
            ),
        ]
    ]
    webhook: NotRequired[
        Annotated[
            list[Webhook],
            Field(
                description="How the webhook was told; only of an ended task that has one.",
                examples=[[{"status": 3, "state": "sent", "tries": []}]],
            ),
        ]
    ]
