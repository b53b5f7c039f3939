"""People who cross: those in front keep their pixels."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32
from headswap.swapping.compose.blend import keep
from headswap.swapping.compose.crossing import face_in_front
from tests.made_heads import face_at


def test_a_face_in_front_keeps_every_byte() -> None:
    rng = np.random.default_rng(3)
    source = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    pixels, changed = np.full_like(source, 9), np.ones((120, 160), np.bool_)
    landmarks: F32 = face_at(180, 160)
    kept = face_in_front(landmarks - np.array([100, 100, 0], np.float32), (120, 160), 6.0)
    assert kept.shape == (120, 160) and kept.max() > 0.99
    keep(source, kept, pixels, changed)
    inside = kept > 0.999
    assert np.array_equal(pixels[inside], source[inside]) and not changed[inside].any()
    outside = kept == 0
    assert outside.any() and (pixels[outside] == 9).all() and changed[outside].all()
