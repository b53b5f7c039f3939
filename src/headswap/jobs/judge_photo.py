"""Judges one photo as a task would, in the process that decodes strangers' media."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from headswap.errors import (
    ExplicitContentFound,
    HeadswapError,
    NoFaceInPhoto,
    PhotoError,
    PhotoFaceTooSmall,
    PhotoIsProfile,
    PhotoUnreadable,
    ProtectedPerson,
    RuleBroken,
    SeveralFacesInPhoto,
)
from headswap.jobs.assignment import Describing, Judging
from headswap.swapping.reference import Portrait, ReferenceReader
from headswap.swapping.swap import past_photos
from headswap.trust.protected import ProtectedFace, encoded
from headswap.trust.rules import Rules
from headswap.vision.networks.identity import Identity
from headswap.vision.store import ModelStore

Goodness = Literal["good", "fair", "bad"]
# The first that fits counts.
_CODES: tuple[tuple[type[HeadswapError], str], ...] = (
    (PhotoUnreadable, "unreadable"),
    (NoFaceInPhoto, "no_face"),
    (SeveralFacesInPhoto, "several_faces"),
    (PhotoFaceTooSmall, "too_small"),
    (PhotoIsProfile, "turned"),
    (ExplicitContentFound, "explicit"),
    (ProtectedPerson, "protected"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was seen of a photo. reasons: codes. face: x, y, width, height; size_wh: both in pixels
    of the upright photo, None where no usable face was found.
    """

    good: Goodness
    reasons: list[str]
    face: list[float] | None = None
    size_wh: list[int] | None = None


def judge_photo(order: Judging) -> dict[str, object]:
    """The fields of a `Verdict`: "bad" is exactly what a task refuses as a reference image."""
    return asdict(_verdict(order))


def describe_photo(order: Describing) -> dict[str, object]:
    """{"embedding": of the one face, as `headswap.trust.protected.encoded` writes it}, or
    {"reason": the code why there is none}.
    """
    store = ModelStore.default()
    try:
        portrait = ReferenceReader(store, threads=2).find(order.file)
    except PhotoError as error:
        return {"reason": _code(error)}
    return {"embedding": encoded(Identity(store).descriptor(portrait.rgb, portrait.landmarks))}


def _verdict(order: Judging) -> Verdict:
    store = ModelStore.default()
    reader = ReferenceReader(store, threads=2)
    try:
        portrait = reader.find(order.file)
    except PhotoError as error:
        return Verdict("bad", [_code(error)])
    face, size_wh = _box_xywh(portrait), list(portrait.rgb.shape[1::-1])
    protected = tuple(ProtectedFace.decoded(i, one) for i, one in order.protected.items())
    rules = Rules(order.explicit_limit, protected)
    try:
        past_photos(rules, {0: portrait}, store)
    except RuleBroken as error:
        return Verdict("bad", [_code(error)], face, size_wh)
    weak = reader.weaknesses(portrait)
    return Verdict("fair" if weak else "good", list(weak), face, size_wh)


def _code(error: HeadswapError) -> str:
    return next(code for kind, code in _CODES if isinstance(error, kind))


def _box_xywh(portrait: Portrait) -> list[float]:
    xy = portrait.landmarks[:, :2]
    low, size = xy.min(axis=0), np.ptp(xy, axis=0)
    return [round(float(value), 1) for value in (*low, *size)]
