"""The gate's choice of frames, its preprocessing, and who counts as protected."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from headswap.errors import ExplicitContentFound, ProtectedPerson
from headswap.trust.policy import PolicyGate, between_seconds
from headswap.trust.protected import SAME_PERSON, ProtectedFace, encoded, refuse_protected
from headswap.vision.networks.explicit import prepared
from headswap.vision.scene import Shot
from headswap.vision.store import ModelStore


@pytest.mark.parametrize(
    ("pts", "shots", "frames"),
    [
        ([0], [(0, 1)], []),
        (range(0, 304, 4), [(0, 76)], []),
        (range(1000, 1304, 4), [(0, 30), (30, 40), (40, 44), (44, 76)], [35, 42]),
        # A variable rate: a long pause, then two frames of the same second.
        ([0, 4, 350, 354, 410], [(0, 2), (2, 5)], []),
        ([0, 4, 350, 354, 410], [(0, 3), (3, 4), (4, 5)], [3]),
    ],
)
def test_of_a_shot_without_the_first_frame_of_a_second_the_middle_one_is_looked_at(
    pts: list[int], shots: list[tuple[int, int]], frames: list[int]
) -> None:
    times = np.array(list(pts), np.int64)
    found = between_seconds(times, Fraction(1, 100), [Shot(*shot) for shot in shots])
    assert found == frames


def test_a_picture_is_prepared_as_the_network_learned_it() -> None:
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[:] = (200, 100, 50)
    pixels = prepared(picture)
    assert pixels.shape == (1, 224, 224, 3) and pixels.dtype == np.float32
    # Blue, green, red, each less its mean; JPEG may be a level off.
    np.testing.assert_allclose(pixels[0, 112, 112], [50 - 104, 100 - 117, 200 - 123], atol=2)


def test_the_gate_refuses_what_scores_above_its_limit(core_pack: ModelStore) -> None:
    picture = np.full((240, 320, 3), 128, np.uint8)
    gate = PolicyGate(core_pack)
    gate.check_photos({0: picture})
    looked = gate.looked()
    assert (looked.limit, looked.pictures) == (0.8, 1) and 0 < looked.highest < 0.8
    with pytest.raises(ExplicitContentFound, match="explicit-content") as refused:
        PolicyGate(core_pack, looked.highest / 2).check_photos({3: picture})
    assert (refused.value.rule, refused.value.obj_id) == ("explicit-content", 3)


def test_a_limit_of_one_looks_at_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    # A store without any model, and no way to get one.
    store = ModelStore(tmp_path_factory.mktemp("none"), offline=True)
    gate = PolicyGate(store, 1.0)
    gate.check_photos({0: np.zeros((10, 10, 3), np.uint8)})
    assert gate.looked().pictures == 0


@pytest.mark.parametrize(("distance", "refused"), [(0.0, True), (0.54, True), (0.56, False)])
def test_who_is_near_enough_is_refused(distance: float, refused: bool) -> None:
    assert SAME_PERSON == 0.55
    face = np.zeros(128, np.float32)
    other = face.copy()
    other[7] = distance
    protected = [ProtectedFace.decoded("far", encoded(face + 1)), ProtectedFace("near", face)]
    if not refused:
        refuse_protected(other, protected, 2)
        return
    with pytest.raises(ProtectedPerson, match=r"person 2 .*entry near") as error:
        refuse_protected(other, protected, 2)
    assert error.value.obj_id == 2
