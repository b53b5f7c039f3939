"""The answers' data, field by field, in the order in which it is sent."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from headswap.api.v4.terms import (
    Count,
    ErrorCode,
    ErrorReason,
    FileName,
    Id,
    Kind,
    ModelName,
    Page,
    Progress,
    Resolution,
    Seconds,
    Size,
    Status,
    TaskId,
    TeamId,
    Time,
    Uid,
    VideoUrl,
)


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


class AnalysisResult(TypedDict):
    """Who was found."""

    detected_objects: Annotated[int, Field(description="How many people.", examples=[2])]
    media: Annotated[
        list[Preview],
        Field(
            description="The people.",
            examples=[
                [
                    {
                        "media_type": "images",
                        "obj_id": 0,
                        "img_url": "https://example.com/files/subject_0.png",
                        "frames": 450,
                        "first_frame": 0,
                        "box": [612, 88, 240, 310],
                    }
                ]
            ],
        ),
    ]
    video_info: Annotated[
        VideoInfo,
        Field(
            description="The video.",
            examples=[{"width": 1916, "height": 1082, "fps": 30, "frame_count": 450}],
        ),
    ]


class AnalysisData(TypedDict):
    """An analysis."""

    _id: Id
    create_time: Time
    uid: Uid
    team_id: TeamId
    video_url: VideoUrl
    type: Kind
    status: Status
    task_id: TaskId
    analysis_result: NotRequired[
        Annotated[
            AnalysisResult,
            Field(
                description="Who was found; only of a completed analysis.",
                examples=[
                    {
                        "detected_objects": 0,
                        "media": [],
                        "video_info": {
                            "width": 1916,
                            "height": 1082,
                            "fps": 30,
                            "frame_count": 450,
                        },
                    }
                ],
            ),
        ]
    ]
    progress: Progress
    error_reason: NotRequired[ErrorReason]
    error_code: NotRequired[ErrorCode]
    expired: NotRequired[
        Annotated[
            bool,
            Field(
                description="True once video and previews are removed: analyse anew.",
                examples=[True],
            ),
        ]
    ]


class CreatedTask(TypedDict):
    """A task, as it was created."""

    _id: Id
    create_time: Time
    uid: Uid
    team_id: TeamId
    video_duration: Seconds
    task_id: TaskId
    resolution: Resolution
    status: Status
    deduction_lock_duration: Annotated[
        float, Field(description="The credits held for the task.", examples=[15])
    ]
    model_name: ModelName
    file_name: FileName
    video_url: Annotated[None, Field(description="The output; not there yet.", examples=[None])]


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


class TaskData(TypedDict):
    """A task."""

    _id: Id
    uid: Uid
    team_id: TeamId
    source_video_url: VideoUrl
    create_time: Time
    status: Status
    video_duration: Seconds
    resolution: Resolution
    deduction_duration: Annotated[
        float, Field(description="The credits finally taken; 0 until then.", examples=[15])
    ]
    video_url: Annotated[
        str | None,
        Field(
            description="The output; null before it is there and after it has expired.",
            examples=["https://example.com/files/out.mp4"],
        ),
    ]
    progress: Progress
    priority: Annotated[int, Field(description="Larger is sooner.", examples=[9])]
    task_id: TaskId
    file_name: FileName
    model_name: ModelName
    error_reason: NotRequired[ErrorReason]
    error_code: NotRequired[ErrorCode]
    expired: NotRequired[
        Annotated[
            bool, Field(description="True once the output has been removed.", examples=[True])
        ]
    ]


class TaskDetail(TaskData):
    """A task with what is told of it alone."""

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


class AnalysisPage(TypedDict):
    """A page of analyses, newest first."""

    result: Annotated[list[AnalysisData], Field(description="The analyses.", examples=[[]])]
    count: Count
    page: Page
    size: Size


class TaskPage(TypedDict):
    """A page of tasks, newest first."""

    result: Annotated[list[TaskData], Field(description="The tasks.", examples=[[]])]
    count: Count
    page: Page
    size: Size


class Quota(TypedDict):
    """What a team may still use."""

    credit: Annotated[float, Field(description="Credits.", examples=[985])]


class NotDeleted(TypedDict):
    """A record that was not deleted."""

    _id: Annotated[str, Field(description="As it was sent.", examples=["6a066dc58570ecbf64f761a5"])]
    msg: Annotated[str, Field(description="Why.", examples=["Resource not found"])]


class Deleted(TypedDict):
    """What was deleted, and what was not."""

    successIds: Annotated[
        list[str],
        Field(description="The deleted records.", examples=[["6a066dc58570ecbf64f761a5"]]),
    ]
    noPermissionItems: Annotated[
        list[NotDeleted],
        Field(
            description="The others.",
            examples=[[{"_id": "6a066dc58570ecbf64f761a6", "msg": "Resource not found"}]],
        ),
    ]


class Uploaded(TypedDict):
    """A file that was taken in."""

    url: Annotated[
        str,
        Field(
            description="To be used as video_url or img_url, by the same team.",
            examples=["https://example.com/files/uploads/6a066dc58570ecbf64f761a5/v.mp4"],
        ),
    ]


class Alive(TypedDict):
    """That the process answers."""

    status: Annotated[str, Field(description="Always alive.", examples=["alive"])]


class Ready(TypedDict):
    """What can be worked with."""

    database: Annotated[str, Field(description="ready or not ready.", examples=["ready"])]
    migrations: Annotated[str, Field(description="ready or not ready.", examples=["ready"])]
    blobs: Annotated[str, Field(description="ready or not ready.", examples=["ready"])]
