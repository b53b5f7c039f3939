"""The policy gate: pictures of a source and photos must not be explicit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from headswap.arrays import I64, U8
from headswap.errors import ExplicitContentFound
from headswap.media import Frame, VideoReader
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

    A limit of 1 lets everything through, and nothing is looked at.
    """

    def __init__(self, store: ModelStore, limit: float = USUAL_LIMIT, threads: int = 2) -> None:
        if not 0 < limit <= 1:
            raise ValueError(f"a limit of {limit}; it is above 0 and at most 1")
        self.limit = limit
        self._scores: list[float] = []
        self._store = store
        self._threads = threads

    def check_photos(self, photos: Mapping[int, U8]) -> None:
        """Nothing, if the (h, w, 3) uint8 photos of new heads, by person, may be used.

        Raises:
            ExplicitContentFound: one may not.
        """
        if self.limit == 1:
            return
        network = self._network()
        for obj_id, rgb in photos.items():
            score = self._score(network, rgb)
            if score > self.limit:
                what = f"the photo for person {obj_id} {self._refusal(score)}"
                raise ExplicitContentFound(f"{what}; use another photo", obj_id)

    def check_seconds(self, video: Path) -> None:
        """Nothing, if the first frame of each second of the source may be used.

        Raises:
            ExplicitContentFound: one may not. VideoError: it cannot be read.
        """
        if self.limit == 1:
            return
        # One thread: the video is analysed meanwhile.
        with VideoReader(video, threads=1) as reader:
            self._check(reader.each_second(), reader.info.time_base, None)

    def check_shots(self, scene: Scene) -> None:
        """Nothing, if the middle frame of every shot may be used that lies between seconds.

        Raises:
            ExplicitContentFound: one may not. VideoError: it cannot be read.
        """
        wanted = between_seconds(scene.pts, scene.video.time_base, scene.shots)
        if self.limit == 1 or not wanted:
            return
        with VideoReader(scene.video.path) as reader:
            self._check(reader.some(wanted), scene.video.time_base, int(scene.pts[0]))

    def looked(self) -> Looked:
        """What was seen so far."""
        highest = round(max(self._scores, default=0.0), 4)
        return Looked(self.limit, len(self._scores), highest)

    def _check(self, frames: Iterable[Frame], time_base: Fraction, first: int | None) -> None:
        """first: the time of the video's first frame; None if that is the first of these."""
        network = self._network()
        for frame in frames:
            first = frame.pts if first is None else first
            score = self._score(network, frame.rgb())
            if score > self.limit:
                what = f"the video, at {float((frame.pts - first) * time_base):.1f} s,"
                raise ExplicitContentFound(f"{what} {self._refusal(score)}; use another video")

    def _refusal(self, score: float) -> str:
        rule = ExplicitContentFound.rule
        return f"is refused by the rule {rule} (score {score:.2f}, limit {self.limit:g})"

    def _network(self) -> ExplicitContent:
        """Made for each look: between them, far apart, it would only take memory."""
        return ExplicitContent(self._store, self._threads)

    def _score(self, network: ExplicitContent, rgb: U8) -> float:
        self._scores.append(network.score(rgb))
        return self._scores[-1]


def between_seconds(pts: I64, time_base: Fraction, shots: Sequence[Shot]) -> list[int]:
    """Indices, rising: the middle frames of shots in which no frame is the first of a second.

    pts: (n,) int64, the frames' times in `time_base`.
    """
    seconds = np.array([int((int(t) - int(pts[0])) * time_base) for t in pts])
    begins = np.diff(seconds, prepend=-1) > 0
    left = [shot for shot in shots if not begins[shot.start : shot.stop].any()]
    return sorted((shot.start + shot.stop) // 2 for shot in left)
