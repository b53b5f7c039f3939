"""Scenes in files: one compact binary file to compute with, one JSON file to read."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headswap.arrays import F32, I32
from headswap.disk import whole_file
from headswap.errors import SceneUnreadable
from headswap.media import ColorTags, VideoInfo
from headswap.vision.scene import Person, Scene, Shot, Track

MAGIC = b"HEADSWAP-SCENE\n"
VERSION = 1
SUFFIX = ".scene"
# Pixels are stored in steps of 1/32: at most 0.016 px away from what was measured.
STEPS_PER_PX = 32
# Shares (0..1) are stored in steps of 1/65535.
STEPS_PER_ONE = 65535
_HEAD = struct.Struct("<HII")


def scene_path(video: Path, folder: Path | None = None) -> Path:
    """Where the scene of `video` is kept: `clip.mp4.scene` beside it, or in `folder`."""
    return (folder or video.parent) / (video.name + SUFFIX)


def save_scene(scene: Scene, path: Path) -> None:
    """Write the scene to `path`, and as JSON to `path` with ".json" added; the same scene always
    gives the same bytes. An old file stays whole until the new one is complete.

    Raises:
        OutputError: the folder cannot be written.
    """
    arrays = _Writer()
    header = {
        "pack": scene.pack,
        "video": _encoded_video(scene.video),
        "shots": [[shot.start, shot.stop] for shot in scene.shots],
        "pts": arrays.add(np.diff(scene.pts, prepend=np.int64(0))),
        "camera_from_first": arrays.add(scene.camera_from_first),
        "tracks": [_encoded_track(track, arrays) for track in scene.tracks],
        "people": [_encoded_person(person, arrays) for person in scene.people],
    }
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    body = text + b"".join(arrays.blobs)
    start = MAGIC + _HEAD.pack(VERSION, len(text), zlib.crc32(body))
    readable = json.dumps(scene_json(scene), indent=1, sort_keys=True) + "\n"
    with whole_file(path) as partial:
        partial.write_bytes(start + body)
    with whole_file(path.with_name(path.name + ".json")) as partial:
        partial.write_text(readable, encoding="utf-8")


def load_scene(path: Path) -> Scene:
    """The scene saved at `path`.

    Raises:
        SceneUnreadable: the file is damaged, is no scene, or is of another version.
        OSError: there is no such file, or it cannot be read.
    """
    content = path.read_bytes()
    head_end = len(MAGIC) + _HEAD.size
    if not content.startswith(MAGIC) or len(content) < head_end:
        raise SceneUnreadable(f"{path}: not a scene file; analyse the video again")
    version, text_length, checksum = _HEAD.unpack(content[len(MAGIC) : head_end])
    if version != VERSION:
        raise SceneUnreadable(
            f"{path}: scene file of version {version}, this program reads version {VERSION}; "
            "analyse the video again"
        )
    body = content[head_end:]
    if zlib.crc32(body) != checksum:
        raise SceneUnreadable(f"{path}: the scene file is damaged; analyse the video again")
    header: dict[str, Any] = json.loads(body[:text_length])
    return _decoded(header, _Reader(body[text_length:]))


def scene_json(scene: Scene) -> dict[str, Any]:
    """The scene for people and other programs: times, shots, and boxes of every person.

    Boxes are [x, y, width, height] in source pixels; landmarks are left to the binary file.
    """
    return {
        "version": VERSION,
        "pack": scene.pack,
        "video": _video_summary(scene),
        "time_base": str(scene.video.time_base),
        "pts": scene.pts.tolist(),
        "shots": [{"start": shot.start, "stop": shot.stop} for shot in scene.shots],
        "people": [
            {
                "obj_id": person.obj_id,
                "best_frame": person.best_frame,
                "tracks": [_track_summary(scene.tracks[i]) for i in person.tracks],
            }
            for person in scene.people
        ],
    }


def people_json(scene: Scene, previews: dict[int, Path] | None = None) -> dict[str, Any]:
    """What `headswap analyze --json` prints.

    box: [x, y, width, height] of the head in the preview's frame. preview: path or null.
    """
    previews = previews or {}
    return {
        "video": _video_summary(scene),
        "people": [
            {
                "obj_id": person.obj_id,
                "frames": sum(len(scene.tracks[i].frames) for i in person.tracks),
                "first_frame": min(int(scene.tracks[i].frames[0]) for i in person.tracks),
                "box": _xywh(person.best_box_xyxy),
                "preview": str(previews[person.obj_id]) if person.obj_id in previews else None,
            }
            for person in scene.people
        ],
    }


def _video_summary(scene: Scene) -> dict[str, Any]:
    video = scene.video
    return {
        "width": video.width,
        "height": video.height,
        "fps": round(float(video.rate), 3),
        "frame_count": len(scene.pts),
        "duration": round(video.duration_s, 3),
    }


def _track_summary(track: Track) -> dict[str, Any]:
    return {
        "shot": track.shot,
        "frames": track.frames.tolist(),
        "boxes": [_xywh(box) for box in track.boxes_xyxy],
        "confidence": [round(float(value), 3) for value in track.presence],
    }


def _xywh(box_xyxy: F32) -> list[float]:
    x0, y0, x1, y1 = (float(side) for side in box_xyxy)
    return [round(value, 1) for value in (x0, y0, x1 - x0, y1 - y0)]


class _Writer:
    """Compressed arrays, one after the other."""

    def __init__(self) -> None:
        self.blobs: list[bytes] = []
        self._end = 0

    def add(self, array: NDArray[Any]) -> dict[str, Any]:
        """Append the array; return what `_Reader.get` needs."""
        array = np.ascontiguousarray(array)
        array = array.astype(array.dtype.newbyteorder("<"))
        # Bytes of equal weight side by side: small differences become long runs of zeros.
        planes = array.reshape(-1, 1).view(np.uint8).T
        blob = zlib.compress(planes.tobytes(), 6)
        entry = {
            "at": self._end,
            "bytes": len(blob),
            "dtype": array.dtype.str,
            "shape": list(array.shape),
        }
        self.blobs.append(blob)
        self._end += len(blob)
        return entry

    def steps(self, values: F32, per_unit: int) -> dict[str, Any]:
        """Append differences along the first axis, in whole steps."""
        whole = np.rint(values.astype(np.float64) * per_unit).astype(np.int32)
        return self.add(np.diff(whole, axis=0, prepend=np.zeros_like(whole[:1])))


@dataclass(frozen=True, slots=True)
class _Reader:
    blobs: bytes

    def get(self, entry: dict[str, Any]) -> NDArray[Any]:
        dtype = np.dtype(entry["dtype"])
        blob = self.blobs[entry["at"] : entry["at"] + entry["bytes"]]
        planes = np.frombuffer(zlib.decompress(blob), np.uint8).reshape(dtype.itemsize, -1)
        array = np.ascontiguousarray(planes.T).view(dtype).reshape(entry["shape"])
        return array.astype(dtype.newbyteorder("="))

    def steps(self, entry: dict[str, Any], per_unit: int) -> F32:
        whole: I32 = np.cumsum(self.get(entry), axis=0, dtype=np.int32)
        return (whole / np.float64(per_unit)).astype(np.float32)


def _encoded_track(track: Track, arrays: _Writer) -> dict[str, Any]:
    return {
        "shot": track.shot,
        "frames": arrays.add(np.diff(track.frames, prepend=np.int32(0))),
        "boxes_xyxy": arrays.steps(track.boxes_xyxy, STEPS_PER_PX),
        "landmarks": arrays.steps(track.landmarks, STEPS_PER_PX),
        "blendshapes": arrays.steps(track.blendshapes, STEPS_PER_ONE),
        "presence": arrays.steps(track.presence, STEPS_PER_ONE),
    }


def _encoded_person(person: Person, arrays: _Writer) -> dict[str, Any]:
    return {
        "obj_id": person.obj_id,
        "tracks": list(person.tracks),
        "embedding": None if person.embedding is None else arrays.add(person.embedding),
        "best_frame": person.best_frame,
        "best_box_xyxy": arrays.add(person.best_box_xyxy),
    }


def _encoded_video(video: VideoInfo) -> dict[str, Any]:
    return {field.name: _plain(getattr(video, field.name)) for field in fields(video)}


def _plain(value: object) -> Any:
    if isinstance(value, Fraction):
        return {"fraction": str(value)}
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, ColorTags):
        return {"color": asdict(value)}
    return value


def _restored(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "fraction" in value:
        return Fraction(str(value["fraction"]))
    return Path(str(value["path"])) if "path" in value else ColorTags(**value["color"])


def _decoded(header: dict[str, Any], arrays: _Reader) -> Scene:
    tracks = tuple(
        Track(
            shot=entry["shot"],
            frames=np.cumsum(arrays.get(entry["frames"]), dtype=np.int32),
            boxes_xyxy=arrays.steps(entry["boxes_xyxy"], STEPS_PER_PX),
            landmarks=arrays.steps(entry["landmarks"], STEPS_PER_PX),
            blendshapes=arrays.steps(entry["blendshapes"], STEPS_PER_ONE),
            presence=arrays.steps(entry["presence"], STEPS_PER_ONE),
        )
        for entry in header["tracks"]
    )
    people = tuple(
        Person(
            obj_id=entry["obj_id"],
            tracks=tuple(entry["tracks"]),
            embedding=None if entry["embedding"] is None else arrays.get(entry["embedding"]),
            best_frame=entry["best_frame"],
            best_box_xyxy=arrays.get(entry["best_box_xyxy"]),
        )
        for entry in header["people"]
    )
    return Scene(
        video=VideoInfo(**{name: _restored(value) for name, value in header["video"].items()}),
        pts=np.cumsum(arrays.get(header["pts"]), dtype=np.int64),
        shots=tuple(Shot(start, stop) for start, stop in header["shots"]),
        tracks=tracks,
        people=people,
        camera_from_first=arrays.get(header["camera_from_first"]),
        pack=header["pack"],
    )
