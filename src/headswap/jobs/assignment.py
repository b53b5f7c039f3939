"""What a job process is told to do: files in, files out, and the limits that hold for them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from headswap.settings import Settings

# The scene's file in the folder of an analysis.
SCENE_NAME = "scene"


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """What a video may be; see the settings of the same names."""

    min_duration_s: float
    max_duration_s: float
    max_fps: float
    max_side_px: int
    max_people: int

    @classmethod
    def of(cls, settings: Settings) -> VideoLimits:
        return cls(
            min_duration_s=settings.min_duration_s,
            max_duration_s=settings.max_duration_s,
            max_fps=settings.max_fps,
            max_side_px=settings.max_side_px,
            max_people=settings.max_people,
        )


@dataclass(frozen=True, slots=True)
class Analysing:
    """Analyse `video`; the scene, the previews and `analysis.json` go into `folder`."""

    video: Path
    folder: Path
    limits: VideoLimits
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Swapping:
    """Swap into `out` with the scene of an analysis.

    task_id: the id that the result bears. photos: by obj_id. consents: for each photo the fields
    of a `Consent`. explicit_limit: see the setting. protected: embeddings of people whose photos
    are refused, float32 in base64, by id. work: the folder of what is made on the way. label:
    drawn on every frame, empty for none. compute: "local" or "ray". frame: where a picture of the
    newest frame is kept meanwhile.
    """

    task_id: str
    video: Path
    scene: Path
    photos: dict[int, Path]
    work: Path
    out: Path
    resolution: str
    engine: str
    mute: bool
    memory_mb: int
    consents: dict[int, dict[str, str]] = field(default_factory=dict)
    explicit_limit: float = 0.8
    protected: dict[str, str] = field(default_factory=dict)
    label: str = ""
    compute: str = "local"
    ray_address: str = ""
    frame: Path | None = None


@dataclass(frozen=True, slots=True)
class Looking:
    """Describe the faces in photos, videos and scenes. files: by a name of the asker's."""

    files: dict[str, Path]
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Verifying:
    """Tell what the file says of itself."""

    file: Path
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Judging:
    """Tell how good the photo is. explicit_limit, protected: as of `Swapping`."""

    file: Path
    memory_mb: int
    explicit_limit: float
    protected: dict[str, str]


@dataclass(frozen=True, slots=True)
class Describing:
    """Tell what the one face of a photo is recognised by."""

    file: Path
    memory_mb: int


Assignment = Analysing | Swapping | Looking | Verifying | Judging | Describing


def encoded(assignment: Assignment) -> str:
    """The assignment as one line of JSON."""
    return json.dumps({"do": type(assignment).__name__, **asdict(assignment)}, default=str)


def decoded(line: str) -> Assignment:
    """The assignment of one line, as this program encoded it."""
    content: dict[str, Any] = json.loads(line)
    kind = content.pop("do")
    for name in ("video", "folder", "scene", "work", "out", "file", "frame"):
        if content.get(name) is not None:
            content[name] = Path(content[name])
    if kind == Analysing.__name__:
        content["limits"] = VideoLimits(**content["limits"])
        return Analysing(**content)
    if kind == Looking.__name__:
        content["files"] = {name: Path(path) for name, path in content["files"].items()}
        return Looking(**content)
    if kind == Verifying.__name__:
        return Verifying(**content)
    if kind == Judging.__name__:
        return Judging(**content)
    if kind == Describing.__name__:
        return Describing(**content)
    content["photos"] = {int(i): Path(path) for i, path in content["photos"].items()}
    content["consents"] = {int(i): consent for i, consent in content["consents"].items()}
    return Swapping(**content)
