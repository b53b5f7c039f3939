"""What every engine must do, on a painted head."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.errors import EngineUnknown
from headswap.swapping.engines import ENGINES, engine_named
from headswap.swapping.engines.protocol import Box, Engine, HeadLayer, HeadState
from headswap.swapping.head_model import HeadModel
from headswap.vision.canonical_face import INNER_LIPS
from tests.made_heads import (
    MIDDLE_XY,
    PX_PER_CM,
    SIZE_WH,
    noise_picture,
    painted_cutout,
    painted_head,
    shut_face,
    state_at,
    turned,
)

WIDTH, HEIGHT = SIZE_WH
WHOLE: Box = (0, 0, WIDTH, HEIGHT)
X, Y = MIDDLE_XY
YAWS = [-60, -45, -30, -15, 0, 15, 30, 45, 60]


@pytest.fixture(scope="module", params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return engine_named(request.param)


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return painted_head()


@pytest.fixture(scope="module")
def frame() -> U8:
    return noise_picture(SIZE_WH, blur_px=3)


def _on_canvas(layer: HeadLayer) -> tuple[F32, F32]:
    """Colour times alpha, and alpha, in the whole frame."""
    x0, y0, x1, y1 = layer.box_xyxy
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[y0:y1, x0:x1] = layer.alpha
    rgb[y0:y1, x0:x1] = layer.rgb * layer.alpha[..., None]
    return rgb, alpha


def _same(one: HeadLayer, other: HeadLayer) -> bool:
    same = one.box_xyxy == other.box_xyxy and np.array_equal(one.rgb, other.rgb)
    return same and np.array_equal(one.alpha, other.alpha)


def test_an_engine_is_found_by_its_name_and_says_what_computes(engine: Engine) -> None:
    assert ENGINES[engine.name] is type(engine)
    assert engine.device.strip()


def test_an_unknown_engine_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(EngineUnknown, match="mesh") as told:
        engine_named("nothing")
    assert "nothing" in str(told.value)


@pytest.mark.parametrize("yaw_deg", YAWS)
def test_a_layer_lies_in_its_box_with_values_in_their_ranges(
    engine: Engine, head: HeadModel, frame: U8, yaw_deg: float
) -> None:
    box: Box = (40, 30, 180, 190)
    state = state_at(head, X, Y, turned(yaw_deg))
    layer = engine.draw(head, state, box, frame[30:190, 40:180])
    x0, y0, x1, y1 = layer.box_xyxy
    assert 40 <= x0 < x1 <= 180 and 30 <= y0 < y1 <= 190
    assert layer.rgb.dtype == np.uint8 and layer.alpha.dtype == np.float32
    assert layer.alpha.min() >= 0 and layer.alpha.max() <= 1 + 1e-5


def test_the_same_request_gives_the_same_layer_on_any_engine_at_any_time(
    engine: Engine, head: HeadModel, frame: U8
) -> None:
    state = state_at(head, X, Y, turned(25, 5, -8))
    first = engine.draw(head, state, WHOLE, frame)
    engine.draw(head, state_at(head, X - 30, Y, turned(-40)), WHOLE, frame)
    assert _same(first, engine.draw(head, state, WHOLE, frame))
    assert _same(first, engine_named(engine.name).draw(head, state, WHOLE, frame))


def _arrays(value: object) -> list[F32]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, tuple):
        return [array for part in value for array in _arrays(part)]
    if is_dataclass(value):
        return [a for field in fields(value) for a in _arrays(getattr(value, field.name))]
    return []


def test_drawing_changes_none_of_its_inputs(engine: Engine, head: HeadModel, frame: U8) -> None:
    state = state_at(head, X, Y, turned(25))
    given = [*_arrays(head), *_arrays(state), frame]
    assert len(given) > 15
    before = [array.copy() for array in given]
    engine.draw(head, state, WHOLE, frame)
    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))


def test_in_the_photos_own_pose_the_head_looks_like_the_photo(
    engine: Engine, head: HeadModel, frame: U8
) -> None:
    photo = painted_cutout()
    rgb, alpha = _on_canvas(engine.draw(head, state_at(head, X, Y), WHOLE, frame))
    assert np.abs(alpha - photo.alpha).mean() < 0.003
    off = np.abs(rgb - photo.rgb * photo.alpha[..., None]).max(axis=2)
    assert off[photo.alpha > 0.95].mean() < 1.5
    assert np.percentile(off[photo.alpha > 0.95], 99) < 12


@pytest.mark.parametrize("yaw_deg", YAWS)
def test_a_turned_head_is_whole_and_shows_the_face_that_is_turned_to_us(
    engine: Engine, head: HeadModel, frame: U8, yaw_deg: float
) -> None:
    state = state_at(head, X, Y, turned(yaw_deg))
    _, alpha = _on_canvas(engine.draw(head, state, WHOLE, frame))
    frontal = (painted_cutout().alpha > 0.5).sum()
    assert 0.8 * frontal < (alpha > 0.5).sum() < 1.4 * frontal
    x, y = state.landmarks[:468, :2].round().astype(int).T
    assert (alpha[y, x] > 0.5).mean() > 0.95
    parts, labels = cv2.connectedComponents((alpha <= 0.5).astype(np.uint8))
    holes = int((labels > 1).sum()) if parts > 2 else 0
    assert holes < 0.005 * (alpha > 0.5).sum()


def _nose_side(engine: Engine, head: HeadModel, frame: U8, yaw_deg: float) -> float:
    """How far the bright face lies to the right of the whole head, in px."""
    rgb, alpha = _on_canvas(engine.draw(head, state_at(head, X, Y, turned(yaw_deg)), WHOLE, frame))
    columns = np.arange(WIDTH)[None]
    skin = (rgb[..., 0] > 150) & (alpha > 0.5)
    middle = (columns * skin).sum() / skin.sum()
    return float(middle - (columns * alpha).sum() / alpha.sum())


def test_the_face_turns_to_the_side_it_is_told_to(
    engine: Engine, head: HeadModel, frame: U8
) -> None:
    left, ahead, right = (_nose_side(engine, head, frame, yaw) for yaw in (-40, 0, 40))
    assert left < ahead - 5 and right > ahead + 5


@pytest.mark.parametrize(("dx", "dy"), [(8, 0), (0, -6), (-10, 20)])
def test_a_head_moves_with_its_shift_and_looks_the_same(
    engine: Engine, head: HeadModel, frame: U8, dx: int, dy: int
) -> None:
    here = engine.draw(head, state_at(head, X, Y, turned(20)), WHOLE, frame)
    there = engine.draw(head, state_at(head, X + dx, Y + dy, turned(20)), WHOLE, frame)
    (rgb, alpha), (moved_rgb, moved_alpha) = _on_canvas(here), _on_canvas(there)
    assert np.abs(np.roll(alpha, (dy, dx), (0, 1)) - moved_alpha).mean() < 1e-3
    # The mouth shows the frame, which stayed where it was.
    assert np.abs(np.roll(rgb, (dy, dx), (0, 1)) - moved_rgb).mean() < 0.2


def test_a_head_twice_as_large_covers_four_times_as_much(
    engine: Engine, head: HeadModel, frame: U8
) -> None:
    sizes = [
        float(_on_canvas(engine.draw(head, state_at(head, X, Y, None, s), WHOLE, frame))[1].sum())
        for s in (PX_PER_CM / 2, PX_PER_CM)
    ]
    assert sizes[1] == pytest.approx(4 * sizes[0], rel=0.05)


def test_only_what_lies_in_the_box_is_drawn_and_that_as_in_the_whole_frame(
    engine: Engine, head: HeadModel, frame: U8
) -> None:
    state = state_at(head, X, Y, turned(20))
    rgb, alpha = _on_canvas(engine.draw(head, state, WHOLE, frame))
    part = engine.draw(head, state, (100, 60, 160, 130), frame[60:130, 100:160])
    part_rgb, part_alpha = _on_canvas(part)
    window = np.s_[64:126, 104:156]
    assert np.abs(part_alpha[window] - alpha[window]).mean() < 0.01
    assert np.abs(part_rgb[window] - rgb[window]).mean() < 1
    part_alpha[60:130, 100:160] = 0
    assert not part_alpha.any()


@pytest.mark.parametrize("middle_xy", [(-200.0, Y), (WIDTH + 200.0, Y), (X, -200.0), (X, 900.0)])
def test_a_head_outside_the_box_is_a_transparent_layer(
    engine: Engine, head: HeadModel, frame: U8, middle_xy: tuple[float, float]
) -> None:
    layer = engine.draw(head, state_at(head, *middle_xy), WHOLE, frame)
    assert layer.alpha.size > 0 and layer.alpha.max() == 0


def test_around_the_head_the_layer_is_transparent(
    engine: Engine, head: HeadModel, frame: U8
) -> None:
    _, alpha = _on_canvas(engine.draw(head, state_at(head, X, Y), WHOLE, frame))
    away = cv2.distanceTransform((painted_cutout().alpha < 0.01).astype(np.uint8), cv2.DIST_L2, 5)
    assert alpha[away > 4].max() == 0


def test_the_frames_own_head_never_shows_but_between_the_lips(
    engine: Engine, head: HeadModel
) -> None:
    state = state_at(head, X, Y, turned(15))
    frames = [np.full((HEIGHT, WIDTH, 3), level, np.uint8) for level in (0, 255)]
    layers = [_on_canvas(engine.draw(head, state, WHOLE, frame)) for frame in frames]
    assert np.array_equal(layers[0][1], layers[1][1])
    differs = np.abs(layers[0][0] - layers[1][0]).max(axis=2) > 1
    mouth = np.zeros((HEIGHT, WIDTH), np.uint8)
    lips = state.landmarks[[61, 291, 0, 17], :2].round().astype(int)
    (x0, y0), (x1, y1) = lips.min(axis=0), lips.max(axis=0)
    mouth[y0 - 2 : y1 + 2, x0 - 2 : x1 + 2] = 1
    assert not differs[mouth == 0].any()


def _speaking(state: HeadState, jaw_cm: float) -> HeadState:
    """The frontal state with lower lip and chin dropped."""
    face = shut_face()
    jaw = (face[:, 1] > face[61, 1]) & (np.abs(face[:, 0]) < 5)
    jaw[INNER_LIPS[1:10]] = False
    jaw[INNER_LIPS[:10:-1]] = True
    offset = np.zeros((468, 3), np.float32)
    offset[jaw, 1] = jaw_cm
    landmarks = state.landmarks.copy()
    landmarks[:468] += offset * np.float32(state.scale)
    return replace(state, expression_cm=offset, landmarks=landmarks)


@pytest.mark.parametrize("box", [WHOLE, (30, 20, 230, 240), (100, 120, 200, 240)])
def test_an_open_mouth_shows_the_frames_teeth(engine: Engine, head: HeadModel, box: Box) -> None:
    state = _speaking(state_at(head, X, Y), 2.0)
    x, y = state.landmarks[[13, 14], :2].mean(axis=0).round().astype(int)
    # Red in the mouth alone: it must come from there and from nowhere else in the frame.
    red = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    red[y - 4 : y + 5, x - 4 : x + 5, 0] = 255
    x0, y0, x1, y1 = box
    rgb, alpha = _on_canvas(engine.draw(head, state, box, red[y0:y1, x0:x1]))
    assert alpha[y, x] > 0.95
    assert rgb[y, x] == pytest.approx(np.array([255, 0, 0]), abs=12)


def test_a_dropped_jaw_makes_the_head_longer(engine: Engine, head: HeadModel, frame: U8) -> None:
    def lowest(state: HeadState) -> int:
        _, alpha = _on_canvas(engine.draw(head, state, WHOLE, frame))
        return int(np.flatnonzero((alpha > 0.5).any(axis=1))[-1])

    shut = state_at(head, X, Y)
    assert lowest(_speaking(shut, 2.0)) > lowest(shut) + 1.5 * PX_PER_CM


def test_the_irises_follow_the_gaze(engine: Engine, head: HeadModel, frame: U8) -> None:
    state = state_at(head, X, Y)

    def dark_middle(gaze: F32) -> float:
        layer = engine.draw(head, replace(state, gaze=gaze), WHOLE, frame)
        rgb, _ = _on_canvas(layer)
        x, y = state.landmarks[468, :2].round().astype(int)
        eye = rgb[y - 6 : y + 7, x - 12 : x + 13].max(axis=2)
        weight = np.clip(90 - eye, 0, None)
        return float((np.arange(25)[None] * weight).sum() / weight.sum())

    # Along an eye runs from its outer corner: for the right eye, on the left, to the right.
    inwards = state.gaze + np.array([0.15, 0], np.float32)
    assert dark_middle(inwards.astype(np.float32)) > dark_middle(state.gaze) + 0.8
