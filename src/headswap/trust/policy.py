"""The policy gate: pictures of a source and photos must not be explicit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from headswap.arrays import I64, U8
from headswap.errors import ExplicitContentFound
from headswap.media import VideoReader
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

    def check_video(self, scene: Scene) -> None:
        """Nothing, if the source may be used: one frame of each second and of every shot passes.

        Raises:
            ExplicitContentFound: it may not. VideoError: it cannot be read.
        """
        if self.limit == 1:
            return
        network = self._network()
        wanted = frames_to_look_at(scene.pts, scene.video.time_base, scene.shots)
        with VideoReader(scene.video.path) as reader:
            for frame in reader.some(wanted):
                score = self._score(network, frame.rgb())
                if score > self.limit:
                    at_s = float((frame.pts - int(scene.pts[0])) * scene.video.time_base)
                    what = f"the video, at {at_s:.1f} s,"
                    raise ExplicitContentFound(f"{what} {self._refusal(score)}; use another video")

    def looked(self) -> Looked:
        """What was seen so far."""
        highest = round(max(self._scores, default=0.0), 4)
        return Looked(self.limit, len(self._scores), highest)

    def _refusal(self, score: float) -> str:
        rule = ExplicitContentFound.rule
        return f"is refused by the rule {rule} (score {score:.2f}, limit {self.limit:g})"

    def _network(self) -> ExplicitContent:
        """Made for each look: between them, far apart, it would only take memory."""
        return ExplicitContent(self._store, self._threads)

    def _score(self, network: ExplicitContent, rgb: U8) -> float:
        self._scores.append(network.score(rgb))
        return self._scores[-1]


def frames_to_look_at(pts: I64, time_base: Fraction, shots: Sequence[Shot]) -> list[int]:
    """Indices, rising: the first frame of each second, and the middle one of shots between.

    pts: (n,) int64, the frames' times in `time_base`.
    """
    seconds = np.array([int((int(t) - int(pts[0])) * time_base) for t in pts])
    wanted = {int(i) for i in np.flatnonzero(np.diff(seconds, prepend=-1) > 0)}
    for shot in shots:
        if not any(shot.start <= i < shot.stop for i in wanted):
            wanted.add((shot.start + shot.stop) // 2)
    return sorted(wanted)
