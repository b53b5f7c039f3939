"""People: which tracks show the same person, by looks, by place, and by who is seen at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headswap.arrays import F32, F64, I32, Bool
from headswap.vision.matching import separations

T = TypeVar("T", np.bool_, np.float64)

# Mean dlib distance under which two groups of tracks are one person. The network was trained for
# 0.6 between two sharp faces; means of several pictures of one video lie closer together.
SAME_PERSON = 0.5
# A track that begins where another ended, soon after, needs this much less likeness.
CONTINUED = 0.06
# What such a pair counts as when one of the two could not be described, or only badly.
CONTINUED_UNSEEN = 0.44
# And what it counts as when, besides, one begins all but where and when the other ended.
CLOSE_UNSEEN = 0.36
# Descriptors of pictures worse than this (see samples.pose_quality) prove no difference.
RELIABLE = 0.25
# A badly seen group joins the likest well-seen one up to this distance, if no other is nearly
# as like.
PROBABLY = 0.6
CLEAR_LEAD = 0.06
# Two tracks so close in time and place (frames, sides) are one person unless they look this
# different: a face that looks down for a moment hardly resembles itself.
CLOSE_FRAMES = 3
CLOSE_SIDES = 0.4
CLOSE_LIKENESS = 0.65
# What is left over belongs to whoever was in that place so shortly before or after.
ADOPT_GAP_S = 0.5
ADOPT_SIDES = 0.6
# Not if somebody else, too, is as near as this.
RIVAL_SIDES = 1.2
LONGEST_GAP_S = 1.6
REACH_SIDES = 1.0
REACH_SIDES_PER_S = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """What tells whose a track is.

    frames: (k,) int32. first_xyxy, last_xyxy: (4,) face boxes at its two ends.
    descriptor: (128,) float32 or None when the face was never seen well enough.
    quality: 0..1, of the best picture that was described.
    """

    shot: int
    frames: I32
    first_xyxy: F32
    last_xyxy: F32
    descriptor: F32 | None
    quality: float


class _Groups:
    """Groups of tracks and, for each two of them, what speaks for and against one person."""

    def __init__(self, tracks: Sequence[Appearance], rate: float) -> None:
        self.members = [[i] for i in range(len(tracks))]
        self.apart = _cannot_be_one(tracks)
        self.continued, self.close = _continuations(tracks, rate)
        distances = _distances(tracks)
        quality = np.array([max(track.quality, 0.01) for track in tracks])
        self.weight = np.where(np.isnan(distances), 0.0, np.outer(quality, quality))
        self.sum = np.nan_to_num(distances) * self.weight
        described = np.array([track.descriptor is not None for track in tracks], np.bool_)
        self.reliable = (quality >= RELIABLE) & described

    def distances(self) -> F64:
        """(g, g) mean distance of descriptors, better pictures counting more; inf if unknown."""
        known = self.weight > 0
        return np.where(known, self.sum / np.where(known, self.weight, 1.0), np.inf)

    def costs(self) -> F64:
        """(g, g) how much speaks against one person; inf where it is impossible."""
        distance = self.distances()
        both = self.reliable[:, None] & self.reliable[None]
        follows = distance - CONTINUED
        unsure = np.where(self.close, CLOSE_UNSEEN, CONTINUED_UNSEEN)
        unsure += 0.05 * np.where(np.isinf(distance), 1.0, distance)
        doubtful = ~both | (self.close & (distance < CLOSE_LIKENESS))
        follows = np.where(doubtful, np.minimum(follows, unsure), follows)
        cost = np.where(self.continued, follows, distance)
        cost[self.apart] = np.inf
        np.fill_diagonal(cost, np.inf)
        return cost

    def merge(self, a: int, b: int) -> None:
        """Make groups `a` and `b` one."""
        self.members[a] = sorted(self.members[a] + self.members[b])
        del self.members[b]
        self.reliable[a] |= self.reliable[b]
        self.reliable = np.delete(self.reliable, b)
        self.apart = _folded(self.apart, a, b)
        self.continued = _folded(self.continued, a, b)
        self.close = _folded(self.close, a, b)
        self.weight = _folded(self.weight, a, b)
        self.sum = _folded(self.sum, a, b)


def group_people(tracks: Sequence[Appearance], rate: float) -> list[list[int]]:
    """Indices of `tracks` for each person, longest time on screen first.

    Agglomerative, average linkage. Two tracks that are visible in the same frame are never one
    person. rate: frames per second.
    """
    groups = _Groups(tracks, rate)
    while len(groups.members) > 1:
        costs = groups.costs()
        a, b = sorted(np.unravel_index(int(np.argmin(costs)), costs.shape))
        if costs[a, b] >= SAME_PERSON:
            break
        groups.merge(int(a), int(b))
    _join_doubtful(groups)
    return sorted(
        groups.members, key=lambda group: (-_frames(tracks, group), _first(tracks, group))
    )


def _join_doubtful(groups: _Groups) -> None:
    """Give badly seen groups to the one well-seen group they clearly resemble most."""
    while True:
        distance = groups.distances()
        distance[groups.apart | ~groups.reliable[None] | groups.reliable[:, None]] = np.inf
        pairs: list[tuple[float, int, int]] = []
        for i, row in enumerate(distance):
            order = np.argsort(row, kind="stable")
            second = float(row[order[1]]) if len(order) > 1 else np.inf
            best = float(row[order[0]])
            if best < PROBABLY and second - best > CLEAR_LEAD:
                pairs.append((best, i, int(order[0])))
        if not pairs:
            return
        _, a, b = min(pairs)
        groups.merge(min(a, b), max(a, b))


def adopt(
    tracks: Sequence[Appearance], groups: Sequence[list[int]], rate: float
) -> list[list[int]]:
    """The groups, in their order, with those leftover tracks that only one of them can own.

    A track that looks like nobody (a blurred face, or one that looks down) goes to the group seen
    in its place directly before or after, if nobody else is near and that one not seen meanwhile.
    """
    apart = _cannot_be_one(tracks)
    grown = [list(group) for group in groups]
    left = [i for i in range(len(tracks)) if not any(i in group for group in groups)]
    for i in left:
        away = [min(_adjoining(tracks[i], tracks[j], rate) for j in group) for group in grown]
        around = [at for at, sides in enumerate(away) if sides < RIVAL_SIDES]
        if len(around) == 1 and away[around[0]] < ADOPT_SIDES:
            owner = grown[around[0]]
            if not apart[i, owner].any():
                owner.append(i)
    return [sorted(group) for group in grown]


def _adjoining(a: Appearance, b: Appearance, rate: float) -> float:
    """How far apart, in sides, the tracks' ends nearest in time are; inf if not soon after."""
    before, after = (a, b) if a.frames[0] < b.frames[0] else (b, a)
    gap = int(after.frames[0]) - int(before.frames[-1])
    if a.shot != b.shot or gap > ADOPT_GAP_S * rate:
        return float("inf")
    return float(separations(before.last_xyxy[None], after.first_xyxy[None])[0, 0])


def _folded(matrix: NDArray[T], a: int, b: int) -> NDArray[T]:
    """The matrix with row and column `b` added to (or-ed into) those of `a`."""
    merged = matrix.copy()
    merged[a] += merged[b]
    merged[:, a] += merged[:, b]
    return np.delete(np.delete(merged, b, axis=0), b, axis=1)


def _frames(tracks: Sequence[Appearance], group: list[int]) -> int:
    return sum(len(tracks[i].frames) for i in group)


def _first(tracks: Sequence[Appearance], group: list[int]) -> int:
    return min(int(tracks[i].frames[0]) for i in group)


def _cannot_be_one(tracks: Sequence[Appearance]) -> Bool:
    """(n, n) True where two tracks share a frame."""
    n = len(tracks)
    shared = np.zeros((n, n), np.bool_)
    for i in range(n):
        for j in range(i + 1, n):
            a, b = tracks[i].frames, tracks[j].frames
            if a[0] <= b[-1] and b[0] <= a[-1]:
                shared[i, j] = shared[j, i] = len(np.intersect1d(a, b, assume_unique=True)) > 0
    return shared


def _distances(tracks: Sequence[Appearance]) -> F64:
    """(n, n) distances of descriptors, NaN where one is missing."""
    n = len(tracks)
    result = np.full((n, n), np.nan)
    known = [i for i in range(n) if tracks[i].descriptor is not None]
    if known:
        rows = np.array([tracks[i].descriptor for i in known], np.float64)
        result[np.ix_(known, known)] = np.linalg.norm(rows[:, None] - rows[None], axis=-1)
    return result


def _continuations(tracks: Sequence[Appearance], rate: float) -> tuple[Bool, Bool]:
    """(n, n) True where one track begins near the place and time at which the other ends; and
    (n, n) True where that is all but the same place and time, and no other's is nearer."""
    n = len(tracks)
    if n == 0:
        return np.zeros((0, 0), np.bool_), np.zeros((0, 0), np.bool_)
    near, steps = np.zeros((n, n), np.bool_), np.full((n, n), np.inf)
    for i in range(n):
        for j in range(n):
            gap = int(tracks[j].frames[0]) - int(tracks[i].frames[-1])
            if tracks[i].shot != tracks[j].shot or not 0 < gap <= LONGEST_GAP_S * rate:
                continue
            last, first = tracks[i].last_xyxy, tracks[j].first_xyxy
            away = separations(last[None], first[None])[0, 0]
            grown = float((first[2:] - first[:2]).mean() / (last[2:] - last[:2]).mean())
            if away < REACH_SIDES + REACH_SIDES_PER_S * gap / rate and 0.5 < grown < 2.0:
                near[i, j] = near[j, i] = True
                if gap <= CLOSE_FRAMES and away < CLOSE_SIDES:
                    steps[i, j] = away
    # Of several that end and begin there, each goes on as the nearest of the others.
    nearest = (steps == steps.min(axis=1, keepdims=True)) & (steps == steps.min(axis=0)[None])
    close = nearest & np.isfinite(steps)
    return near, close | close.T
