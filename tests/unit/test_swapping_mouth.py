"""What is seen between the lips: the frame's own teeth, in the frame's light, without its lips."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from headswap.arrays import U8
from headswap.swapping.engines.mesh import MeshEngine
from headswap.swapping.engines.protocol import HeadLayer, HeadState, Mouth
from headswap.vision.canonical_face import INNER_LIPS
from headswap.vision.expression import expression_offset
from headswap.vision.networks.blendshapes import NAMES
from tests.made_heads import painted_head, state_at

SIDE, SCALE = 400, 14.0
TEETH, LIPS = (240, 240, 236), (30, 200, 40)


def _speaking(jaw: float) -> tuple[HeadState, U8]:
    """A head with its mouth open so far, and the frame: teeth within lips of their own colour."""
    state = state_at(painted_head(), SIDE / 2, SIDE / 2, scale=SCALE)
    weights = np.zeros(len(NAMES), np.float32)
    weights[NAMES.index("jawOpen")] = jaw
    opened = expression_offset(weights).astype(np.float32)
    landmarks = state.landmarks.copy()
    landmarks[: len(opened)] += SCALE * opened
    frame: U8 = np.full((SIDE, SIDE, 3), 90, np.uint8)
    ring = landmarks[INNER_LIPS, :2].round().astype(np.int32)
    cv2.fillPoly(frame, [ring], TEETH)
    # The contour that is found lies a little outside: lips are in it.
    cv2.polylines(frame, [ring], True, LIPS, 2)
    return replace(state, expression_cm=opened, landmarks=landmarks), frame


def _drawn(jaw: float) -> HeadLayer:
    state, frame = _speaking(jaw)
    return MeshEngine().draw(painted_head(), state, (0, 0, SIDE, SIDE), frame)


def _mouth(layer: HeadLayer) -> Mouth:
    assert layer.mouth is not None
    return layer.mouth


def test_an_open_mouth_shows_the_frames_teeth_and_none_of_its_lips() -> None:
    mouth = _mouth(_drawn(0.8))
    shown = mouth.rgb[mouth.share > 0.5].astype(int)
    assert len(shown) > 400, mouth.share.shape
    green = shown[:, 1] - shown[:, 0]
    assert np.median(shown, axis=0).min() > 225
    assert (green > 60).mean() < 0.1


def test_teeth_come_back_as_bright_after_the_head_was_put_into_another_light() -> None:
    layer = _drawn(0.8)
    mouth = _mouth(layer)
    x, y = mouth.corner_xy
    height, width = mouth.share.shape
    window = np.s_[y : y + height, x : x + width]
    dark: U8 = layer.rgb // 2
    before = dark.copy()
    mouth.put_into(dark)
    inside = mouth.share > 0.99
    assert np.abs(dark[window][inside].astype(int) - mouth.rgb[inside]).max() <= 1
    dark[window] = before[window]
    assert np.array_equal(dark, before)


def test_a_shut_mouth_shows_next_to_nothing_of_the_frame() -> None:
    mouth = _drawn(0.0).mouth
    assert mouth is None or mouth.share.sum() < 0.02 * _mouth(_drawn(0.8)).share.sum()
