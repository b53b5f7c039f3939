"""The body under a head: neck and shoulders, and what is hidden of them steady over a shot."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.body import body_cue, complete_body
from headswap.swapping.compose.body_cue import BodyCue, steady_cues
from headswap.vision.mattes import Mattes
from tests.made_heads import (
    BEHIND_RGB,
    MIDDLE_XY,
    PX_PER_CM,
    SIZE_WH,
    SKIN_RGB,
    ellipse,
    face_at,
    flat_cue,
)

WIDTH, HEIGHT = SIZE_WH
X, Y = MIDDLE_XY
CLOTHES_RGB = (60, 70, 170)


def _dressed(collar_cm: float) -> tuple[U8, Mattes, F32]:
    """Somebody with a face of skin, clothes from `collar_cm` below the chin, before green."""
    head = ellipse((X, Y - 2 * PX_PER_CM), (9 * PX_PER_CM, 12 * PX_PER_CM))
    chin = float(face_at(X, Y)[152, 1])
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    neck = (np.abs(columns - X) < 5 * PX_PER_CM) & (rows > Y + 3.5 * PX_PER_CM)
    shoulder = rows > chin + 4 * PX_PER_CM + 0.3 * np.abs(columns - X)
    clothes = ((neck & (rows > chin + collar_cm * PX_PER_CM)) | shoulder).astype(np.float32)
    bare = (neck & (clothes == 0)).astype(np.float32)
    rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:] = BEHIND_RGB
    rgb[bare > 0], rgb[clothes > 0] = SKIN_RGB, CLOTHES_RGB
    rgb[head > 0] = SKIN_RGB
    person = np.maximum.reduce([head, bare, clothes])
    skin = np.maximum(bare, ellipse((X, Y), (6 * PX_PER_CM, 8 * PX_PER_CM)))
    hair = head * (1 - skin)
    return rgb, Mattes(person, hair, skin, clothes * (1 - head)), head


def test_the_body_is_what_is_seen_of_it_and_goes_on_under_the_head() -> None:
    rgb, mattes, head = _dressed(7.0)
    picture = rgb.astype(np.float32)
    cue = body_cue(picture, mattes, head, face_at(X, Y), PX_PER_CM)
    body = complete_body(picture, mattes, head, face_at(X, Y), PX_PER_CM, cue)
    shoulder = (HEIGHT - 20, 40)
    hidden_neck = (round(Y + 8 * PX_PER_CM), round(X))
    beside = (round(Y - 4 * PX_PER_CM), 10)
    crown = (round(Y - 10 * PX_PER_CM), round(X))
    assert body.alpha[shoulder] > 0.95 and body.alpha[hidden_neck] > 0.95
    assert body.alpha[beside] < 0.01 and body.alpha[crown] < 0.01
    assert np.abs(body.rgb[shoulder] - CLOTHES_RGB).max() < 6
    assert np.abs(body.rgb[hidden_neck] - SKIN_RGB).max() < 12


def test_under_the_chin_a_neck_in_a_high_collar_is_skin_all_the_same() -> None:
    rgb, mattes, head = _dressed(1.0)
    picture = rgb.astype(np.float32)
    cue = body_cue(picture, mattes, head, face_at(X, Y), PX_PER_CM)
    body = complete_body(picture, mattes, head, face_at(X, Y), PX_PER_CM, cue)
    under = body.rgb[round(Y + 6 * PX_PER_CM), round(X)]
    assert under[0] > under[2] and np.abs(under / under.sum() * sum(SKIN_RGB) - SKIN_RGB).max() < 12


def test_a_neck_has_the_colour_that_is_seen_of_it_right_under_the_jaw() -> None:
    rgb, mattes, head = _dressed(2.5)
    rgb[(mattes.skin > 0) & (np.arange(HEIGHT)[:, None] > face_at(X, Y)[152, 1])] = (150, 120, 80)
    margin = np.maximum(head, ellipse((X, Y + 4 * PX_PER_CM), (9 * PX_PER_CM, 9 * PX_PER_CM)))
    picture = rgb.astype(np.float32)
    cue = body_cue(picture, mattes, margin, face_at(X, Y), PX_PER_CM)
    assert np.abs(cue.flesh - (150, 120, 80)).max() < 12


def test_where_the_outline_is_hidden_the_cue_tells_it() -> None:
    rgb, mattes, head = _dressed(7.0)
    head = np.ones_like(head)
    picture, face = rgb.astype(np.float32), face_at(X, Y)
    bodies = [
        complete_body(picture, mattes, head, face, PX_PER_CM, flat_cue(top_cm=top))
        for top in (4.0, 9.0)
    ]
    column = round(X + 12 * PX_PER_CM)
    tops = [int(np.argmax(body.alpha[:, column] > 0.5)) for body in bodies]
    assert tops[1] - tops[0] == pytest.approx(5 * PX_PER_CM, abs=1.5)


def test_labels_that_change_between_key_frames_become_one() -> None:
    cues = [flat_cue(skin_cm=0.6 + (-1.0) ** i, top_cm=8 + (-1.0) ** i) for i in range(12)]
    steady = steady_cues(cues, 3.0)
    for before, after in pairwise(steady):
        assert np.abs(before.skin_cm - after.skin_cm).max() < 0.15
        assert np.abs(before.top_cm - after.top_cm).max() < 0.15
    assert all((cue.skin_cm > 0).all() for cue in steady)


def test_a_sure_outline_counts_more_than_a_drawn_one() -> None:
    cues = [flat_cue(top_cm=12.0, sure=0.02) for _ in range(4)] + [flat_cue(top_cm=6.0)]
    steady = steady_cues(cues, 3.0)
    assert abs(float(steady[3].top_cm[0]) - 6) < 1


def test_a_cue_of_another_shape_is_refused() -> None:
    cue = flat_cue()
    with pytest.raises(ValueError, match=r"BodyCue\.sure"):
        BodyCue(cue.top_cm, cue.sure[:5], cue.skin_cm, cue.flesh)
