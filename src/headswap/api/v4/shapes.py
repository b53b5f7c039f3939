"""The answers' data, field by field, in the order in which it is sent."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from headswap.api.shapes import Preview, SeenVideo, Told
from headswap.api.terms import (
    Count,
    ErrorCode,
    ErrorReason,
    Expired,
    FileName,
    Id,
    Kind,
    ModelName,
    Output,
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
    video_info: SeenVideo


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
    expired: NotRequired[Expired]


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
    video_url: Output
    progress: Progress
    priority: Annotated[int, Field(description="Larger is sooner.", examples=[9])]
    task_id: TaskId
    file_name: FileName
    model_name: ModelName
    error_reason: NotRequired[ErrorReason]
    error_code: NotRequired[ErrorCode]
    expired: NotRequired[Expired]


class TaskDetail(TaskData, Told):
    """A task with what is told of it alone."""


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
