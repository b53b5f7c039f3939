"""The answers' data of version 5, field by field, in the order in which it is sent."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from headswap.api.shapes import Preview, SeenVideo, Told
from headswap.api.terms import (
    ErrorCode,
    ErrorReason,
    Expired,
    Id,
    ModelName,
    Output,
    Progress,
    Status,
    TaskId,
    Time,
    VideoUrl,
)

_MEDIA_TYPE = Annotated[str, Field(description="Always video.", examples=["video"])]


class SubmittedVideo(TypedDict):
    """An analysis, as it was submitted."""

    _id: Id
    task_id: TaskId
    status: Status
    media_type: _MEDIA_TYPE


class AnalysedVideoResult(TypedDict):
    """Who was found, and where."""

    track_manifest_url: Annotated[
        str | None,
        Field(
            description="Every person's face in every frame, as JSON; the URL expires. Null once "
            "the analysis has expired.",
            examples=["https://example.com/files/tracks.json"],
        ),
    ]
    media: Annotated[list[Preview], Field(description="The people.", examples=[[]])]
    video_info: SeenVideo


class AnalysedVideo(TypedDict):
    """An analysis."""

    _id: Id
    task_id: TaskId
    status: Status
    url: VideoUrl
    media_type: _MEDIA_TYPE
    progress: Progress
    analysis_result: NotRequired[
        Annotated[
            AnalysedVideoResult,
            Field(
                description="Who was found; only of a completed analysis.",
                examples=[
                    {
                        "track_manifest_url": "https://example.com/files/tracks.json",
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
    error_reason: NotRequired[ErrorReason]
    error_code: NotRequired[ErrorCode]
    expired: NotRequired[Expired]


class SwapItem(TypedDict):
    """A task, as it was created."""

    _id: Id
    status: Status
    media_type: _MEDIA_TYPE
    model_name: ModelName
    deduction_credit: Annotated[
        float,
        Field(
            description="The credits held for the task, then those taken; 0 if it failed.",
            examples=[15],
        ),
    ]
    create_time: Time
    task_id: TaskId


class SwapItemDetail(SwapItem, Told):
    """A task."""

    url: Output
    progress: Progress
    error_reason: NotRequired[ErrorReason]
    error_code: NotRequired[ErrorCode]
    expired: NotRequired[Expired]


class CreatedItems(TypedDict):
    """What was created."""

    list: Annotated[
        list[SwapItem],
        Field(
            description="One task.",
            examples=[
                [
                    {
                        "_id": "6a066dc58570ecbf64f761a5",
                        "status": 1,
                        "media_type": "video",
                        "model_name": "akool-premium",
                        "deduction_credit": 15,
                        "create_time": 1778806213962,
                        "task_id": "6a066dc52872921bde86b745",
                    }
                ]
            ],
        ),
    ]
    errors: Annotated[
        list[str],
        Field(description="Always empty: what is refused has a code.", examples=[[]]),
    ]


class ModelParams(TypedDict):
    """What a model takes."""

    resolutions: Annotated[
        list[str], Field(description="Short sides of outputs.", examples=[["480p", "720p"]])
    ]
    default_resolution: Annotated[
        str, Field(description="The one that is used if none is named.", examples=["720p"])
    ]
    min_duration: Annotated[float, Field(description="Of the video, seconds.", examples=[3])]
    max_duration: Annotated[float, Field(description="Of the video, seconds.", examples=[20])]
    max_mappings: Annotated[int, Field(description="People in one task.", examples=[5])]


class Model(TypedDict):
    """What can draw heads."""

    model_name: ModelName
    label: Annotated[str, Field(description="Its name for people.", examples=["Mesh"])]
    description: Annotated[
        str, Field(description="What it does.", examples=["Draws the photo's head in 3-D."])
    ]
    icon: Annotated[str, Field(description="A picture's URL; empty if none.", examples=[""])]
    provider: Annotated[str, Field(description="Whose it is.", examples=["headswap"])]
    params: Annotated[
        ModelParams,
        Field(
            description="What it takes.",
            examples=[
                {
                    "resolutions": ["480p", "720p"],
                    "default_resolution": "720p",
                    "min_duration": 3,
                    "max_duration": 20,
                    "max_mappings": 5,
                }
            ],
        ),
    ]
    unit_price_map: Annotated[
        dict[str, float],
        Field(
            description="Credits for each second begun, by resolution.",
            examples=[{"480p": 1, "720p": 1.5}],
        ),
    ]
    requires_priority: Annotated[
        bool, Field(description="Whether only some teams may use it.", examples=[False])
    ]


class ModelList(TypedDict):
    """What this server can run now."""

    list: Annotated[list[Model], Field(description="The models.", examples=[[]])]
