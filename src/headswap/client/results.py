"""What the API answers, typed and frozen. Fields that are not known here are ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Generic, TypeVar, cast

from headswap.client.errors import NotTheApi

T = TypeVar("T")


class Status(IntEnum):
    """How far a record is."""

    QUEUED = 1
    PROCESSING = 2
    COMPLETED = 3
    FAILED = 4

    @property
    def ended(self) -> bool:
        """Whether it stays so."""
        return self in {Status.COMPLETED, Status.FAILED}


@dataclass(frozen=True, slots=True)
class Person:
    """One person of an analysed video; None for what a server does not tell.

    preview_url: a picture of the head. frames: in how many the head can be swapped. box: of the
    head in the preview's frame: x, y, width, height in pixels.
    """

    obj_id: int
    preview_url: str | None
    frames: int | None
    first_frame: int | None
    box: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The analysed video, upright, in pixels and frames."""

    width: int
    height: int
    fps: float
    frame_count: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis. progress: percent. people, video: once completed."""

    id: str
    status: Status
    video_url: str
    progress: int
    people: tuple[Person, ...]
    video: VideoInfo | None
    error_code: int
    error_reason: str
    expired: bool


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames `first` to `last`, both included, counted from 0."""

    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class PersonReport:
    """What became of one person. strained: swapped, but turned further than a photo shows."""

    obj_id: int
    frames_swapped: int
    not_swapped: tuple[FrameRange, ...]
    strained: tuple[FrameRange, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a swap did; only some servers tell."""

    frame_count: int
    people: tuple[PersonReport, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """One swap. result_url: of the output, None before it is there and once it has expired.

    progress: percent. credits: those held for a task that was just created, later those taken.
    create_time: milliseconds since 1970. video_duration: in started seconds.
    """

    id: str
    status: Status
    result_url: str | None
    progress: int
    credits: float
    resolution: str
    model_name: str
    file_name: str
    video_duration: float
    create_time: int
    error_code: int
    error_reason: str
    expired: bool
    report: Report | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list, newest first; `count` is how many there are in all."""

    items: tuple[T, ...]
    count: int
    page: int
    size: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """Which records were deleted; of the others, why not."""

    ids: tuple[str, ...]
    refused: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Swapped:
    """A video on its whole way. path: where the result was saved, None if nowhere."""

    analysis: Analysis
    task: Task
    path: Path | None


@dataclass(frozen=True, slots=True)
class Fields:
    """An answer's object, read field by field; what has another type than it must is refused."""

    values: Mapping[str, object]

    @classmethod
    def of(cls, data: object) -> Fields:
        """Raises NotTheApi: it is no object."""
        if not isinstance(data, dict):
            raise NotTheApi(f"the answer holds {data!r} where an object must be")
        return cls(cast("Mapping[str, object]", data))

    def text(self, name: str, default: str | None = None) -> str:
        return self._of(name, str, default)

    def maybe_text(self, name: str) -> str | None:
        return None if self.values.get(name) is None else self.text(name)

    def whole(self, name: str, default: int | None = None) -> int:
        return int(self.number(name, default))

    def maybe_whole(self, name: str) -> int | None:
        return None if self.values.get(name) is None else self.whole(name)

    def number(self, name: str, default: float | None = None) -> float:
        return self._of(name, (int, float), default)

    def flag(self, name: str) -> bool:
        return self.values.get(name) is True

    def part(self, name: str) -> Fields | None:
        """The object in it, None if there is none."""
        value = self.values.get(name)
        return None if value is None else Fields.of(value)

    def list(self, name: str) -> Sequence[object]:
        """The list in it, empty if there is none."""
        value = self.values.get(name) or []
        if not isinstance(value, list):
            raise NotTheApi(f"the answer's {name} is {value!r}, not a list")
        return cast("Sequence[object]", value)

    def _of(self, name: str, kind: type[T] | tuple[type[T], ...], default: T | None) -> T:
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, kind):
            raise NotTheApi(f"the answer's {name} is {value!r}; the server may speak another API")
        return value


def read_analysis(data: object) -> Analysis:
    """The analysis in an answer's data. Raises NotTheApi, as all these."""
    fields = Fields.of(data)
    result = fields.part("analysis_result")
    video = None if result is None else result.part("video_info")
    return Analysis(
        id=fields.text("_id"),
        status=_status(fields),
        video_url=fields.text("video_url", ""),
        progress=fields.whole("progress", 0),
        people=() if result is None else tuple(map(_person, result.list("media"))),
        video=None if video is None else _video(video),
        error_code=fields.whole("error_code", 0),
        error_reason=fields.text("error_reason", ""),
        expired=fields.flag("expired"),
    )


def read_task(data: object) -> Task:
    """The task in an answer's data, be it just created or looked up."""
    fields = Fields.of(data)
    report = fields.part("report")
    return Task(
        id=fields.text("_id"),
        status=_status(fields),
        result_url=fields.maybe_text("video_url"),
        progress=fields.whole("progress", 0),
        credits=fields.number("deduction_duration", fields.number("deduction_lock_duration", 0)),
        resolution=fields.text("resolution", ""),
        model_name=fields.text("model_name", ""),
        file_name=fields.text("file_name", ""),
        video_duration=fields.number("video_duration", 0),
        create_time=fields.whole("create_time", 0),
        error_code=fields.whole("error_code", 0),
        error_reason=fields.text("error_reason", ""),
        expired=fields.flag("expired"),
        report=None if report is None else _report(report),
    )


def read_page(data: object, read: Callable[[object], T]) -> Page[T]:
    """A page of records."""
    fields = Fields.of(data)
    items = tuple(map(read, fields.list("result")))
    return Page(items, fields.whole("count"), fields.whole("page"), fields.whole("size"))


def read_deleted(data: object) -> Deleted:
    """What was deleted and what was not."""
    fields = Fields.of(data)
    refused = [Fields.of(item) for item in fields.list("noPermissionItems")]
    return Deleted(
        tuple(str(id_) for id_ in fields.list("successIds")),
        {item.text("_id"): item.text("msg", "") for item in refused},
    )


def _status(fields: Fields) -> Status:
    number = fields.whole("status")
    try:
        return Status(number)
    except ValueError:
        raise NotTheApi(f"the answer's status is {number}; it must be 1 to 4") from None


def _person(data: object) -> Person:
    fields = Fields.of(data)
    box = tuple(cast("float", side) for side in fields.list("box"))
    return Person(
        obj_id=fields.whole("obj_id"),
        preview_url=fields.maybe_text("img_url"),
        frames=fields.maybe_whole("frames"),
        first_frame=fields.maybe_whole("first_frame"),
        box=box or None,
    )


def _video(fields: Fields) -> VideoInfo:
    return VideoInfo(
        fields.whole("width"),
        fields.whole("height"),
        fields.number("fps"),
        fields.whole("frame_count"),
    )


def _report(fields: Fields) -> Report:
    people = (Fields.of(person) for person in fields.list("people"))
    return Report(
        fields.whole("frame_count"),
        tuple(
            PersonReport(
                person.whole("obj_id"),
                person.whole("frames_swapped"),
                _ranges(person, "not_swapped"),
                _ranges(person, "strained"),
            )
            for person in people
        ),
    )


def _ranges(fields: Fields, name: str) -> tuple[FrameRange, ...]:
    parts = (Fields.of(part) for part in fields.list(name))
    return tuple(
        FrameRange(part.whole("first"), part.whole("last"), part.text("reason", ""))
        for part in parts
    )
