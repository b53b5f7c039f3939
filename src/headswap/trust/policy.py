"""The policy gate: pictures of a source and photos must not be explicit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from headswap.arrays import I64, U8
from headswap.errors import ExplicitContentFound
from headswap.media import Frame, VideoInfo, VideoReader
from headswap.vision.networks.explicit import ExplicitContent
from headswap.vision.scene import Scene, Shot
from headswap.vision.store import ModelStore

# The network's authors: above 0.8 a picture is very likely explicit, below 0.2 it hardly is.
USUAL_LIMIT = 0.8


@dataclass(frozen=True, slots=True)
class Looked:
    """What the gate saw. limit: of the score; pictures: how many; highest: the largest score."""

    limit: float
    pictures: int
    highest: float


class PolicyGate:
    """Looks at pictures one after the other; lets none through whose score is above the limit.

    A limit of 1 lets everything through, and nothing is looked at. Give it the photos, then the
    seconds of the source, then its shots.
    """

    def __init__(self, store: ModelStore, limit: float = USUAL_LIMIT) -> None:
        if not 0 < limit <= 1:
            raise ValueError(f"a limit of {limit}; it is above 0 and at most 1")
        self.limit = limit
        self._scores: list[float] = []
        self._store = store
        self._network: ExplicitContent | None = None
        self._first_pts: int | None = None
        self._second = -1

    def check_photos(self, photos: Mapping[int, U8]) -> None:
        """Nothing, if the (h, w, 3) uint8 photos of new heads, by person, may be used.

        Raises:
            ExplicitContentFound: one may not.
        """
        if self.limit == 1:
            return
        for obj_id, rgb in photos.items():
            score = self._score(rgb)
            if score > self.limit:
                what = f"the photo for person {obj_id} {self._refusal(score)}"
                raise ExplicitContentFound(f"{what}; use another photo", obj_id)

    def check_passing(self, frame: Frame, info: VideoInfo) -> None:
        """Nothing, if the frame may be used; only the first one of each second is looked at.

        For every frame of a source in order, while it is read for something else.

        Raises:
            ExplicitContentFound: it may not.
        """
        if self.limit == 1:
            return
        first = frame.pts if self._first_pts is None else self._first_pts
        second = int((frame.pts - first) * info.time_base)
        if second > self._second:
            self._first_pts, self._second = first, second
            self._check(frame, first, info.time_base)

    def check_seconds(self, video: Path) -> None:
        """Nothing, if the first frame of each second of the source may be used, which is read.

        Raises:
            ExplicitContentFound: one may not. VideoError: it cannot be read.
        """
        if self.limit == 1:
            return
        with VideoReader(video, threads=1) as reader:
            for frame in reader.each_second():
                self.check_passing(frame, reader.info)

    def check_shots(self, scene: Scene) -> None:
        """Nothing, if the middle frame of every shot may be used that lies between seconds.

        Raises:
            ExplicitContentFound: one may not. VideoError: it cannot be read.
        """
        wanted = between_seconds(scene.pts, scene.video.time_base, scene.shots)
        if self.limit < 1 and wanted:
            with VideoReader(scene.video.path, threads=1, info=scene.video) as reader:
                for frame in reader.some(wanted):
                    self._check(frame, int(scene.pts[0]), scene.video.time_base)
        # Nothing more is looked at; it would only take memory.
        self._network = None

    def looked(self) -> Looked:
        """What was seen so far."""
        highest = round(max(self._scores, default=0.0), 4)
        return Looked(self.limit, len(self._scores), highest)

    def _check(self, frame: Frame, first: int, time_base: Fraction) -> None:
        """first: the time of the video's first frame."""
        score = self._score(frame.rgb())
        if score > self.limit:
            what = f"the video, at {float((frame.pts - first) * time_base):.1f} s,"
            raise ExplicitContentFound(f"{what} {self._refusal(score)}; use another video")

    def _refusal(self, score: float) -> str:
        rule = ExplicitContentFound.rule
        return f"is refused by the rule {rule} (score {score:.2f}, limit {self.limit:g})"

    def _score(self, rgb: U8) -> float:
        self._network = self._network or ExplicitContent(self._store)
        self._scores.append(self._network.score(rgb))
        return self._scores[-1]


def between_seconds(pts: I64, time_base: Fraction, shots: Sequence[Shot]) -> list[int]:
    """Indices, rising: the middle frames of shots in which no frame is the first of a second.

    pts: (n,) int64, the frames' times in `time_base`.
    """
    seconds = np.array([int((int(t) - int(pts[0])) * time_base) for t in pts])
    begins = np.diff(seconds, prepend=-1) > 0
    left = [shot for shot in shots if not begins[shot.start : shot.stop].any()]
    return sorted((shot.start + shot.stop) // 2 for shot in left)
