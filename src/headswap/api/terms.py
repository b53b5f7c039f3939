"""Fields that several answers have, with what the document of the API says of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Id = Annotated[
    str,
    Field(
        description="24 lower-case hex digits; the first 8 are the creation time in seconds.",
        examples=["6a066dc58570ecbf64f761a5"],
        pattern="^[0-9a-f]{24}$",
    ),
]
TeamId = Annotated[
    str,
    Field(description="The team that owns the record.", examples=["6805fb69e92d9edc7ca0b409"]),
]
Uid = Annotated[int, Field(description="The user whose key made the record.", examples=[101400])]
TaskId = Annotated[
    str,
    Field(
        description="The id of the work behind the record.", examples=["6a066dc52872921bde86b745"]
    ),
]
Time = Annotated[int, Field(description="Milliseconds since 1970.", examples=[1778806213962])]
Status = Annotated[
    int,
    Field(description="1 queued, 2 processing, 3 completed, 4 failed.", examples=[3], ge=1, le=4),
]
Progress = Annotated[
    int, Field(description="How much is done, in percent.", examples=[100], ge=0, le=100)
]
VideoUrl = Annotated[
    str,
    Field(description="The video, as it was given.", examples=["https://example.com/v.mp4"]),
]
Kind = Annotated[str, Field(description="What is looked for; always head.", examples=["head"])]
Resolution = Annotated[
    str, Field(description="The output's short side: 480p or 720p.", examples=["720p"])
]
Seconds = Annotated[int, Field(description="The video's length in started seconds.", examples=[10])]
ModelName = Annotated[
    str, Field(description="The model that draws the heads.", examples=["akool-premium"])
]
FileName = Annotated[
    str,
    Field(description="The name of the output.", examples=["Headswap_1778806213962.mp4"]),
]
ErrorCode = Annotated[
    int, Field(description="Why it failed, as a code; 0 for success.", examples=[1008])
]
ErrorReason = Annotated[
    str,
    Field(description="Why it failed, in a sentence; success if it did not.", examples=["success"]),
]
Expired = Annotated[
    bool,
    Field(description="True once the record's files are removed: make it anew.", examples=[True]),
]
Count = Annotated[int, Field(description="How many there are in all.", examples=[1], ge=0)]
Page = Annotated[int, Field(description="The page, counted from 1.", examples=[1], ge=1)]
Size = Annotated[int, Field(description="How many a page holds.", examples=[10], ge=1)]
Output = Annotated[
    str | None,
    Field(
        description="The output; null before it is there and after it has expired.",
        examples=["https://example.com/files/out.mp4"],
    ),
]
