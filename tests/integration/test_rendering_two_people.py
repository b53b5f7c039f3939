"""Rendering two people across a cut: each gets the head that was mapped, the others stay."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.media import Frame
from headswap.sample import HeadTruth, Identity, SampleSpec, build_scene, portrait
from headswap.swapping.head_model import HeadModel
from headswap.swapping.plan import RenderPlan
from headswap.swapping.reference import ReferenceReader
from headswap.swapping.report import person_reports
from headswap.trust.consent import consents_for
from headswap.vision.networks.identity import Identity as IdentityNetwork
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.store import ModelStore
from tests.planned_swap import (
    Filmed,
    filmed,
    heads_of,
    in_boxes,
    photo_of,
    planned,
    rendered,
    surveyed,
)

SPEC = SampleSpec(
    size_wh=(400, 300),
    seconds=22 / 25,
    rate=Fraction(25),
    people=(Identity.ASTRONAUT, Identity.SECOND),
    cut=True,
)
COUNT = SPEC.frame_count
CUT = SPEC.cut_frame
OTHER = {Identity.ASTRONAUT: Identity.SECOND, Identity.SECOND: Identity.ASTRONAUT}


@dataclass(frozen=True, slots=True)
class Pair:
    """The film, who is which obj_id, and each one's future head."""

    film: Filmed
    who: dict[int, Identity]
    heads: dict[int, HeadModel]
    store: ModelStore


@dataclass(frozen=True, slots=True)
class Swapped:
    """A plan for some of the pair, and its finished frames."""

    pair: Pair
    plan: RenderPlan
    result: list[Frame]


@pytest.fixture(scope="module")
def pair(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("two")
    film = filmed(build_scene(SPEC), folder, core_pack)
    who: dict[int, Identity] = {}
    for person in film.scene.people:
        track = film.scene.tracks[person.tracks[0]]
        nose = track.landmarks[0, 1, :2]
        heads = film.truth[int(track.frames[0])].heads
        nearest = min(heads, key=lambda head: abs(head.center_xy[0] - float(nose[0])))
        who[person.obj_id] = nearest.identity
    assert sorted(identity.value for identity in who.values()) == ["astronaut", "second"]
    heads = heads_of({i: OTHER[identity] for i, identity in who.items()}, folder, core_pack)
    return Pair(film, who, heads, core_pack)


def _swapped(pair: Pair, obj_ids: list[int], folder: pytest.TempPathFactory) -> Swapped:
    heads = {i: pair.heads[i] for i in obj_ids}
    first = planned(pair.film, heads, folder.mktemp("first"), pair.store)
    plan = surveyed(first, (0, COUNT), folder.mktemp("plan") / "own", pair.store).plan
    return Swapped(pair, plan, rendered(plan, (0, COUNT)))


@pytest.fixture(scope="module")
def both(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Swapped:
    return _swapped(pair, sorted(pair.who), tmp_path_factory)


@pytest.fixture(scope="module", params=list(Identity), ids=lambda identity: identity.value)
def one(
    pair: Pair, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Swapped:
    """Only that person mapped."""
    ids = [i for i, identity in pair.who.items() if identity is request.param]
    return _swapped(pair, ids, tmp_path_factory)


def _head(pair: Pair, frame: int, identity: Identity) -> HeadTruth:
    return next(h for h in pair.film.truth[frame].heads if h.identity is identity)


def _change(swapped: Swapped, i: int) -> F32:
    """(h, w) how much each pixel of a frame has changed."""
    before = swapped.pair.film.source[i].rgb().astype(np.float32)
    return np.abs(before - swapped.result[i].rgb()).max(axis=2)


def test_both_heads_are_replaced_in_every_frame_on_both_sides_of_the_cut(both: Swapped) -> None:
    for i in range(COUNT):
        for identity in Identity:
            change = _change(both, i)[_head(both.pair, i, identity).alpha > 0.9]
            assert change.mean() > 20, (i, identity)
            assert (change > 8).mean() > 0.8, (i, identity)


def test_only_the_mapped_head_is_replaced_and_outside_its_box_every_byte_stays(
    one: Swapped,
) -> None:
    (obj_id,) = one.plan.heads
    mapped = one.pair.who[obj_id]
    for i in range(COUNT):
        source, result = one.pair.film.source[i], one.result[i]
        outside = ~in_boxes(one.plan, i)
        other = _head(one.pair, i, OTHER[mapped]).alpha > 0.9
        assert (other & outside).sum() > 0.5 * other.sum(), i
        assert np.array_equal(source.y[outside], result.y[outside])
        half = outside[::2, ::2]
        assert np.array_equal(source.u[half], result.u[half])
        change = _change(one, i)
        assert (change[_head(one.pair, i, mapped).alpha > 0.9] > 8).mean() > 0.8


def test_the_face_of_somebody_who_was_not_mapped_stays_even_within_the_box(one: Swapped) -> None:
    (obj_id,) = one.plan.heads
    for i in range(0, COUNT, 3):
        other = _head(one.pair, i, OTHER[one.pair.who[obj_id]])
        face = np.zeros(other.alpha.shape, np.uint8)
        x, y = other.center_xy
        radius = round(0.4 * other.face_px)
        cv2.circle(face, (round(x), round(y + 0.25 * other.face_px)), radius, 1, -1)
        assert _change(one, i)[face > 0].max() == 0, i


def test_each_person_gets_the_head_that_was_mapped_to_them(both: Swapped) -> None:
    pair = both.pair
    landmarks, network = FaceLandmarks(pair.store), IdentityNetwork(pair.store)
    portraits = _described_portraits(pair, landmarks, network)
    for i in (3, CUT + 3):
        for appearance in both.plan.present(i):
            rgb = both.result[i].rgb()
            square = roi_from_landmarks(appearance.landmarks(i))
            now = network.descriptor(rgb, landmarks.find(rgb, square).landmarks)
            old = pair.who[appearance.obj_id]
            new_distance = np.linalg.norm(now - portraits[OTHER[old]])
            assert new_distance < np.linalg.norm(now - portraits[old]), (i, old)


def _described_portraits(
    pair: Pair, landmarks: FaceLandmarks, network: IdentityNetwork
) -> dict[Identity, F32]:

    reader = ReferenceReader(pair.store)
    folder = pair.film.clip.parent
    found: dict[Identity, F32] = {}
    for identity in Identity:
        face = reader.find(photo_of(identity, folder))
        picture: U8 = portrait(identity)
        points = landmarks.find(picture, roi_from_landmarks(face.landmarks)).landmarks
        found[identity] = network.descriptor(picture, points)
    return found


def test_no_appearance_reaches_across_the_cut(both: Swapped) -> None:
    spans = sorted((a.shot, a.start, a.stop) for a in both.plan.appearances)
    assert spans == [(0, 0, CUT)] * 2 + [(1, CUT, COUNT)] * 2


def test_the_report_says_that_every_frame_was_swapped(both: Swapped) -> None:
    photos = {i: photo_of(OTHER[who], both.plan.folder) for i, who in both.pair.who.items()}
    consents = consents_for(photos, "The tests: they are drawn; for tests")
    for report in person_reports(both.pair.film.scene, both.plan, photos, consents):
        assert (report.frames_swapped, report.not_swapped) == (COUNT, ())


def test_cutting_the_film_in_the_shots_changes_no_pixel(both: Swapped) -> None:
    parts = rendered(both.plan, (0, 4, CUT, CUT + 1, COUNT))
    for whole, part in zip(both.result, parts, strict=True):
        for plane in ("y", "u", "v"):
            assert np.array_equal(getattr(whole, plane), getattr(part, plane)), whole.index
