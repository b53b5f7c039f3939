"""A hat comes off with the head, in every frame, though some key frames hardly see it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from headswap.sample import Identity, SampleSpec
from headswap.vision.store import ModelStore
from tests.hatted_scene import HattedScene
from tests.planned_swap import filmed, heads_of, planned, rendered, surveyed

SPEC = SampleSpec(
    size_wh=(400, 300), seconds=38 / 15, rate=Fraction(15), people=(Identity.SECOND,), seed=2
)
# So much darker or lighter than what is behind it is a hat seen.
_SEEN = 30


# The core pack's networks miss the tips of a wide brim in some key frames.
@pytest.mark.parametrize(
    ("worn", "most_left"),
    [("top hat", 0.05), ("straw hat", 0.15), ("bobble hat", 0.05), ("cap", 0.05)],
)
def test_next_to_nothing_of_a_hat_is_left(
    worn: str, most_left: float, core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hat")
    scene = HattedScene(SPEC, worn)
    film = filmed(scene, folder, core_pack)
    heads = heads_of({0: Identity.ASTRONAUT}, folder, core_pack)
    plan = planned(film, heads, folder, core_pack)
    count = SPEC.frame_count
    final = surveyed(plan, (0, 20, count), folder / "made", core_pack).plan
    left, worst = 0, 0.0
    for i, frame in enumerate(rendered(final, (0, count))):
        source, plate = film.source[i].rgb().astype(int), film.truth[i].room.astype(int)
        hat = scene.hat(i) > 0.9
        hat &= np.abs(source - plate).max(axis=2) > _SEEN
        same = np.abs(frame.rgb().astype(int) - source).max(axis=2) < 10
        assert hat.sum() > 2000
        left += int((hat & same).sum())
        worst = max(worst, float((hat & same).sum() / hat.sum()))
    limit = most_left if core_pack.pack == "core" else 0.05
    assert worst < limit, (left, worst)
