"""Heads where no face was found: for up to a second they are followed by the picture's motion.

A detector blinks, a face turns away, blurs or is covered, or it is first seen some frames into a
shot; its head is there all the while. Such frames get a face of presence 0, carried along from the
frames around them, so that what comes afterwards knows where the head is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from headswap.arrays import F32, I64, U8
from headswap.media import VideoReader
from headswap.vision.face import Face
from headswap.vision.gaps import longest_gap
from headswap.vision.head_motion import HeadPlace, followed_head
from headswap.vision.progress import Progress, Report
from headswap.vision.recognition import Somebody, WholeTrack
from headswap.vision.scene import Shot

# Pictures are taken this far around a face, in its sides, and shrunk until it has this side.
ROOM_SIDES = 2.5
FACE_PX = 72.0
# A head is there while this share of its place is a person.
LEAST_PERSON = 0.5
# What was followed from one end of a gap to the other must arrive this near, in sides.
ARRIVES = 0.5

Matte = Callable[[U8], F32]


@dataclass(frozen=True, slots=True, eq=False)
class Hole:
    """Frames `first` to `stop` (exclusive) of a shot between two faces, or beside one of them.

    before: the face in frame `first` - 1, after: that in frame `stop`; one of them may be None.
    """

    first: int
    stop: int
    before: Face | None
    after: Face | None

    @property
    def read(self) -> tuple[int, int]:
        """The frames needed to follow the head, ends with a face included."""
        start = self.first - (self.before is not None)
        return start, self.stop + (self.after is not None)


def with_unseen(
    found: Sequence[Somebody],
    video: Path,
    *,
    pts: I64,
    shots: Sequence[Shot],
    rate: float,
    matte: Matte,
    report: Report,
) -> list[Somebody]:
    """The people with their heads in frames where no face was found, where the head can be seen.

    pts: times of all frames. rate: frames per second. matte: (h, w) 0..1 of a (h, w, 3) picture,
    what of it is a person.

    Raises:
        VideoError: the video is no longer what it was.
    """
    limit = longest_gap(rate)
    holes = [(k, s, h) for k, s, h in _holes(found, shots, limit)]
    if not holes:
        return list(found)
    faces = [_faces_by_shot(somebody) for somebody in found]
    added: dict[tuple[int, int], list[tuple[int, Face]]] = {}
    with VideoReader(video) as reader:
        for done, (k, shot, hole) in enumerate(holes, start=1):
            others = [other.get(shot, {}) for i, other in enumerate(faces) if i != k]
            filled = _filled(hole, reader, pts, _Elsewhere(others), matte)
            added.setdefault((k, shot), []).extend(filled)
            report(Progress("unseen", done, len(holes)))
    return [_completed(k, somebody, faces[k], added, limit) for k, somebody in enumerate(found)]


def _faces_by_shot(somebody: Somebody) -> dict[int, dict[int, Face]]:
    """Shot -> frame -> face."""
    found: dict[int, dict[int, Face]] = {}
    for track in somebody.tracks:
        found.setdefault(track.shot, {}).update(zip(track.frames, track.faces, strict=True))
    return found


def _holes(
    found: Sequence[Somebody], shots: Sequence[Shot], limit: int
) -> Iterable[tuple[int, int, Hole]]:
    """(person, shot, hole): gaps of up to `limit` frames, and as much beside longer ones."""
    for k, somebody in enumerate(found):
        for shot, faces in sorted(_faces_by_shot(somebody).items()):
            frames = sorted(faces)
            start, stop = shots[shot].start, shots[shot].stop
            if frames[0] > start:
                yield (
                    k,
                    shot,
                    Hole(max(start, frames[0] - limit), frames[0], None, faces[frames[0]]),
                )
            for a, b in itertools.pairwise(frames):
                if b - a == 1:
                    continue
                if b - a - 1 <= limit:
                    yield k, shot, Hole(a + 1, b, faces[a], faces[b])
                else:
                    yield k, shot, Hole(a + 1, min(a + 1 + limit, b), faces[a], None)
                    yield k, shot, Hole(max(b - limit, a + 1), b, None, faces[b])
            if frames[-1] < stop - 1:
                last = frames[-1]
                yield k, shot, Hole(last + 1, min(stop, last + 1 + limit), faces[last], None)


@dataclass(frozen=True, slots=True, eq=False)
class _Elsewhere:
    """The faces of the other people in a shot: where they are, this person's head is not seen."""

    faces: Sequence[dict[int, Face]]

    def covers(self, frame: int, x: float, y: float, side: float) -> bool:
        """Whether another's face lies over a place (px of the frame)."""
        here = [faces[frame] for faces in self.faces if frame in faces]
        return any(
            float(np.hypot(*(face.center_xy - np.array([x, y])))) < 0.5 * max(face.side_px, side)
            for face in here
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """The pictures of a hole, cut out at `corner` and shrunk by `factor`."""

    first: int
    pictures: list[U8]
    corner: F32
    factor: float

    def inside(self, face: Face) -> F32:
        """The face's landmarks in these pictures."""
        shifted = face.landmarks - np.array([*self.corner, 0], np.float32)
        return (shifted * np.float32(self.factor)).astype(np.float32)

    def outside(self, landmarks: F32) -> Face:
        """Landmarks of these pictures as a face of the frame, of presence 0."""
        grown = landmarks / np.float32(self.factor) + np.array([*self.corner, 0], np.float32)
        return Face.of(grown.astype(np.float32), 0.0)


def _filled(
    hole: Hole, reader: VideoReader, pts: I64, elsewhere: _Elsewhere, matte: Matte
) -> list[tuple[int, Face]]:
    """(frame, face of presence 0) wherever the head is."""
    look = _look(hole, reader, pts)
    if hole.before is not None and hole.after is not None:
        return _across(hole, hole.before, hole.after, look)

    def is_there(picture: U8, place: HeadPlace, frame: int) -> bool:
        x, y = (v / look.factor + c for v, c in zip((place.x, place.y), look.corner, strict=True))
        covered = elsewhere.covers(frame, float(x), float(y), 2 * place.across / look.factor)
        return not covered and _is_person(picture, place, matte)

    if hole.before is not None:
        at = range(hole.first, hole.stop)
        pictures, face = look.pictures, hole.before
    else:
        assert hole.after is not None
        at = range(hole.stop - 1, hole.first - 1, -1)
        pictures, face = look.pictures[::-1], hole.after
    found = followed_head(
        pictures, look.inside(face), lambda picture, place, n: is_there(picture, place, at[n - 1])
    )
    return sorted(
        ((frame, look.outside(points)) for frame, points in zip(at, found, strict=False)),
        key=lambda pair: pair[0],
    )


def _look(hole: Hole, reader: VideoReader, pts: I64) -> _Look:
    known = [face for face in (hole.before, hole.after) if face is not None]
    side = max(face.side_px for face in known)
    every = np.array([face.box_xyxy for face in known])
    width, height = reader.info.size_wh
    low = np.floor((every[:, :2].min(axis=0) - ROOM_SIDES * side) / 2) * 2
    high = np.ceil((every[:, 2:].max(axis=0) + ROOM_SIDES * side) / 2) * 2
    x0, y0 = (int(v) for v in np.clip(low, 0, [width - 16, height - 16]) // 2 * 2)
    x1, y1 = (int(v) for v in np.clip(high, [x0 + 16, y0 + 16], [width, height]))
    factor = min(1.0, FACE_PX / side)
    size = (max(8, round((x1 - x0) * factor)), max(8, round((y1 - y0) * factor)))
    pictures = [
        np.asarray(
            cv2.resize(frame.rgb((x0, y0, x1, y1)), size, interpolation=cv2.INTER_AREA), np.uint8
        )
        for frame in reader.frames(*hole.read, pts)
    ]
    return _Look(hole.read[0], pictures, np.array([x0, y0], np.float32), factor)


def _across(hole: Hole, before: Face, after: Face, look: _Look) -> list[tuple[int, Face]]:
    """The way from one face to the other: along the motion seen from both ends, else straight."""
    count = hole.stop - hole.first
    forth = _led(look.pictures, look.inside(before), look.inside(after))
    back = _led(look.pictures[::-1], look.inside(after), look.inside(before))
    filled: list[tuple[int, Face]] = []
    for k in range(count):
        share = (k + 1) / (count + 1)
        ways = [way for way in (forth, back[::-1]) if way]
        if len(ways) == 2:
            points = ways[0][k] + np.float32(share) * (ways[1][k] - ways[0][k])
        elif ways:
            points = ways[0][k]
        else:
            points = look.inside(before) * (1 - share) + look.inside(after) * share
        filled.append((hole.first + k, look.outside(np.asarray(points, np.float32))))
    return filled


def _led(pictures: Sequence[U8], start: F32, end: F32) -> list[F32]:
    """Landmarks of the pictures between the first and the last, led from `start` to `end` by what
    moves; none if the motion does not arrive there."""
    found = followed_head(pictures, start, lambda _picture, _place, _n: True)
    if len(found) < len(pictures) - 1:
        return []
    off = end - found[-1]
    side = float(np.ptp(end[:468, :2], axis=0).mean())
    if float(np.linalg.norm(off[:468, :2].mean(axis=0))) > ARRIVES * side:
        return []
    steps = len(found)
    return [
        np.asarray(points + np.float32((k + 1) / steps) * off, np.float32)
        for k, points in enumerate(found[:-1])
    ]


def _is_person(picture: U8, place: HeadPlace, matte: Matte) -> bool:
    """Whether the matte shows somebody at the place."""
    height, width = picture.shape[:2]
    box = place.box((width, height))
    if box is None:
        return False
    # The network knows heads with their shoulders, not heads alone.
    reach = 1.6 * place.up
    x0, x1 = max(0, round(place.x - reach)), min(width, round(place.x + reach))
    y0, y1 = max(0, round(place.y - reach)), min(height, round(place.y + 1.2 * reach))
    person = matte(np.ascontiguousarray(picture[y0:y1, x0:x1]))
    mask = replace(place, across=0.8 * place.across, up=0.8 * place.up).mask((width, height))
    inside = person[mask[y0:y1, x0:x1] > 0]
    return len(inside) > 0 and float(inside.mean()) >= LEAST_PERSON


def _completed(
    k: int,
    somebody: Somebody,
    faces: dict[int, dict[int, Face]],
    added: dict[tuple[int, int], list[tuple[int, Face]]],
    limit: int,
) -> Somebody:
    """Somebody with the added faces, tracks joined where nothing is missing between them."""
    tracks: list[WholeTrack] = []
    for shot, seen in sorted(faces.items()):
        every = dict(added.get((k, shot), ())) | seen
        frames = sorted(every)
        cuts = [i for i in range(1, len(frames)) if frames[i] - frames[i - 1] > limit + 1]
        for a, b in zip([0, *cuts], [*cuts, len(frames)], strict=True):
            part = tuple(frames[a:b])
            tracks.append(WholeTrack(shot, part, tuple(every[frame] for frame in part)))
    return replace(somebody, tracks=tuple(tracks))
