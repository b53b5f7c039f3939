"""What is before a face is told from the face, and keeps its own pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8, Bool
from headswap.sample import Identity, SampleSpec, build_scene
from headswap.swapping.compose.blend import keep, lay_over
from headswap.swapping.compose.crossing import person_in_front
from headswap.swapping.compose.front_layer import Occluder, put_in_front
from headswap.swapping.compose.occluders import find_occluder
from headswap.swapping.face_history import FaceHistory, learn_face
from headswap.swapping.face_sheet import (
    SHEET_WH,
    frame_from_sheet,
    laid_flat,
    sheet_face,
    sheet_from_frame,
    sheet_lively,
)
from headswap.swapping.glimpses import Glimpse
from headswap.swapping.hand_tracks import (
    HandNow,
    arm_ends,
    drawn_arm,
    drawn_hand,
)
from headswap.swapping.occlusion import (
    Occlusion,
    load_occlusion,
    occlusion_of,
    occlusion_path,
    save_occlusion,
)
from headswap.swapping.things import carried, shifts_between, strange_places
from headswap.vision.mattes import Mattes
from tests.made_hands import SKIN_COLOURS, hand_now, made_hand
from tests.made_heads import appearance_of, face_at, layer_of, motion_of, turned

SIZE = (260, 240)
UNIT = 9.0
SKIN = np.array([205, 160, 135], np.float32)
COUNT = 12
HELD = range(4, 8)


def face_picture(index: int, seed: int = 0) -> U8:
    """(h, w, 3) a face of mottled skin on green, its light, mouth and eyes different each time."""
    width, height = SIZE
    rng = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 4)
    picture = np.full((height, width, 3), (40, 120, 60), np.float32)
    face = face_at(130, 115, UNIT)
    oval = cv2.convexHull(np.ascontiguousarray(face[:468, :2])).round().astype(np.int32)
    mask = cv2.fillConvexPoly(np.zeros((height, width), np.uint8), oval, 1) > 0
    light = 1 + 0.15 * np.sin(index) * (np.arange(width) / width - 0.5)
    skin = SKIN + 60 * grain[..., None]
    picture[mask] = (skin * light[None, :, None])[mask]
    mouth, opened = face[[13, 14], :2].mean(axis=0), 4 + 5 * (index % 3)
    lips = (60, 15, 20) if index % 3 else (150, 80, 80)
    cv2.ellipse(picture, [*map(int, mouth)], (22, opened), 0, 0, 360, lips, -1)
    for eye in (face[[33, 133], :2].mean(axis=0), face[[263, 362], :2].mean(axis=0)):
        colour = (30, 25, 25) if index % 4 else (190, 150, 128)
        cv2.ellipse(picture, [*map(int, eye)], (12, 5), 0, 0, 360, colour, -1)
    return np.clip(picture, 0, 255).astype(np.uint8)


def with_microphone(picture: U8, at_y: int = 150) -> tuple[U8, Bool]:
    """The picture with a dark ball and handle before the chin, and where they are."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.circle(mask, (140, at_y), 26, 1, -1)
    cv2.rectangle(mask, (130, at_y), (150, 239), 1, -1)
    shown = picture.copy()
    shown[mask > 0] = (60, 62, 70)
    return shown, mask > 0


def film(held: range = range(0)) -> tuple[F32, list[U8]]:
    landmarks = np.repeat(face_at(130, 115, UNIT)[None], COUNT, 0)
    pictures = [face_picture(i) for i in range(COUNT)]
    return landmarks, [with_microphone(p)[0] if i in held else p for i, p in enumerate(pictures)]


def sheets_of(landmarks: F32, pictures: list[U8]) -> tuple[U8, Bool]:
    laid = [frame_from_sheet(face) for face in landmarks]
    sheets = np.array([laid_flat(p, places) for p, (places, _) in zip(pictures, laid, strict=True)])
    return sheets, np.array([seen for _, seen in laid])


def test_a_place_of_the_sheet_is_the_same_place_of_the_face_wherever_it_is() -> None:
    first, second = face_at(130, 115, UNIT), face_at(118, 124, UNIT, turned(roll_deg=12))
    for face in (first, second):
        places, seen = frame_from_sheet(face)
        texels, _, on_face = sheet_from_frame(face, (SIZE[1], SIZE[0]))
        assert seen[sheet_face()].mean() > 0.9 and on_face.any()
        v, u = 40, 34
        x, y = places[v, u].round().astype(int)
        assert np.abs(texels[y, x] - [u, v]).max() < 1


def test_a_far_side_that_is_turned_away_is_not_seen() -> None:
    _, seen = frame_from_sheet(face_at(130, 115, UNIT, turned(yaw_deg=45)))
    seen, half = seen & sheet_face(), SHEET_WH[0] // 2
    left, right = seen[:, :half].mean(), seen[:, half:].mean()
    assert min(left, right) < 0.7 * max(left, right)


def test_nothing_is_before_a_face_that_talks_blinks_and_changes_its_light() -> None:
    sheets, seen = sheets_of(*film())
    assert not strange_places(sheets, seen, np.zeros_like(seen)).any()


def test_a_microphone_is_before_the_face_as_long_as_it_is_held_there() -> None:
    sheets, seen = sheets_of(*film(HELD))
    strange = strange_places(sheets, seen, np.zeros_like(seen))
    assert [k for k in range(COUNT) if strange[k].any()] == list(HELD)
    covered = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    covered[with_microphone(face_picture(0))[1]] = 255
    places, _ = frame_from_sheet(face_at(130, 115, UNIT))
    true = cv2.remap(covered, places[..., 0], places[..., 1], cv2.INTER_LINEAR) > 128
    judged = sheet_face() & ~sheet_lively()
    for k in HELD:
        assert strange[k][true & judged].mean() > 0.85
        assert strange[k][~true & sheet_face()].mean() < 0.06


def test_a_thing_beside_the_face_is_seen_to_come_and_its_way_is_known() -> None:
    landmarks = np.repeat(face_at(130, 115, UNIT)[None], COUNT, 0)
    # It rises over the chin, stays a while and goes.
    heights = {4: 205, 5: 180, 6: 155, 7: 150, 8: 180}
    pictures = [
        with_microphone(face_picture(i), heights[i])[0] if i in heights else face_picture(i)
        for i in range(COUNT)
    ]
    sheets, seen = sheets_of(landmarks, pictures)
    strange = strange_places(sheets, seen, np.zeros_like(seen))
    there = [k for k in range(COUNT) if strange[k].any()]
    assert set(there) >= {5, 6, 7, 8} and set(there) <= set(heights)
    assert strange[6][~sheet_face()].sum() > 50
    shifts = shifts_between(sheets, strange)
    texels = 4 / UNIT
    assert shifts[5] == pytest.approx([0, -25 * texels], abs=3)
    assert shifts[6] == pytest.approx([0, -5 * texels], abs=2) and not shifts[0].any()
    whole = carried(strange, strange, shifts)
    assert (whole[strange] == 255).all() and (whole[6] > 0).sum() > strange[6].sum()


def test_a_thing_is_not_carried_to_where_nothing_strange_is() -> None:
    strange = np.zeros((3, *SHEET_WH[::-1]), np.bool_)
    strange[0, 40:70, 30:70] = strange[2, 42:70, 30:66] = True
    # Its way to the second moment was not found.
    strange[1, 66:80, 66:80] = True
    whole = carried(strange, strange, np.zeros((3, 2), np.float32))
    assert np.array_equal(whole > 0, strange)
    strange[1, 40:60, 30:60] = True
    whole = carried(strange, strange, np.zeros((3, 2), np.float32))
    assert (whole[1][strange[0]] > 0).all()


def test_what_is_there_for_one_look_only_is_not_kept() -> None:
    sheets, seen = sheets_of(*film(range(5, 6)))
    assert not strange_places(sheets, seen, np.zeros_like(seen)).any()


def test_a_soft_shadow_is_not_a_thing() -> None:
    landmarks, pictures = film()
    shade = np.ones((SIZE[1], SIZE[0], 1), np.float32)
    shade[:, 140:] = 0.55
    shade = cv2.GaussianBlur(shade, (0, 0), 14)[..., None]
    dim = [(p * shade).astype(np.uint8) if i in HELD else p for i, p in enumerate(pictures)]
    sheets, seen = sheets_of(landmarks, dim)
    assert not strange_places(sheets, seen, np.zeros_like(seen)).any()


def test_a_jaw_in_the_face_s_own_shade_is_not_a_thing_however_sharp_its_edge() -> None:
    landmarks, pictures = film()
    tint = SKIN / SKIN.max()
    # Light that has been on skin before.
    shade = (0.85 * tint**1.3).astype(np.float32)
    dim = [p.copy() for p in pictures]
    for k in HELD:
        dim[k][150:, 140:] = (dim[k][150:, 140:] * shade).astype(np.uint8)
    sheets, seen = sheets_of(landmarks, dim)
    assert not strange_places(sheets, seen, np.zeros_like(seen)).any()
    # What is as dark, but grey, is one.
    for k in HELD:
        dim[k][150:, 140:] = dim[k][150:, 140:].max(axis=2, keepdims=True) // 2
    sheets, seen = sheets_of(landmarks, dim)
    assert strange_places(sheets, seen, np.zeros_like(seen)).any(axis=(1, 2)).sum() == len(HELD)


def _history() -> FaceHistory:
    sheets, seen = sheets_of(*film())
    return learn_face(sheets, seen)


def _alpha(picture: U8, strange: F32 | None, hands: list[HandNow]) -> tuple[F32, Occluder | None]:
    needed = (0, 0, *SIZE)
    found = find_occluder(
        picture, face_at(130, 115, UNIT), UNIT, _history(), strange, hands, needed
    )
    alpha = np.zeros((SIZE[1], SIZE[0]), np.float32)
    if found is not None:
        shown, changed = np.zeros_like(picture), np.ones(alpha.shape, np.bool_)
        put_in_front(found, shown, changed)
        alpha = shown.max(axis=2) / np.maximum(picture.max(axis=2), np.float32(1))
    return alpha, found


def test_the_microphone_s_pixels_are_found_and_the_face_s_are_not() -> None:
    sheets, seen = sheets_of(*film(HELD))
    strange = strange_places(sheets, seen, np.zeros_like(seen))[5].astype(np.float32)
    picture, true = with_microphone(face_picture(5))
    alpha, _ = _alpha(picture, strange, [])
    _, _, on_face = sheet_from_frame(face_at(130, 115, UNIT), (SIZE[1], SIZE[0]))
    inner = cv2.erode(true.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    outer = cv2.dilate(true.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    assert (alpha[inner & on_face] > 0.5).mean() > 0.95
    assert (alpha[outer & on_face] > 0.5).mean() < 0.02


def test_a_hand_of_another_colour_is_found_by_its_points_and_its_colour() -> None:
    hand = made_hand(140, 150, 80)
    picture = face_picture(5)
    true = drawn_hand(hand, np.zeros(picture.shape[:2], np.uint8), 1.0, 6) > 0
    picture[true] = (120, 80, 60)
    alpha, found = _alpha(picture, None, [hand_now(hand)])
    _, _, on_face = sheet_from_frame(face_at(130, 115, UNIT), (SIZE[1], SIZE[0]))
    outer = cv2.dilate(true.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    assert found is not None
    assert (alpha[true & on_face] > 0.5).mean() > 0.95
    assert (alpha[outer & on_face] > 0.5).mean() < 0.02


def test_beside_a_face_a_hand_ends_where_its_colours_do() -> None:
    hand, light = made_hand(215, 150, 70), (225, 195, 180)
    picture = face_picture(5)
    picture[:, 195:] = (30, 26, 24)
    true = drawn_hand(hand, np.zeros(picture.shape[:2], np.uint8), 1.0, 6) > 0
    picture[true] = light
    colours = np.array([light, [8, 8, 8]], np.float32)
    # Its joints are seen a little aside.
    aside = hand + np.array([9, -4], np.float32)
    alpha, _ = _alpha(picture, None, [hand_now(aside, colours=colours)])
    outer = cv2.dilate(true.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    beside = np.arange(SIZE[0])[None] >= 200
    assert (alpha[outer & beside] > 0.5).mean() < 0.002
    inner = cv2.erode(true.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert (alpha[inner & beside] > 0.5).mean() > 0.9


@pytest.mark.parametrize(("x", "bent_deg"), [(30, 0), (30, -60), (230, 60)])
def test_an_arm_is_seen_however_the_hand_is_bent(x: float, bent_deg: float) -> None:
    hand = made_hand(x, 150, 30)
    picture = face_picture(5)
    shape = picture.shape[:2]
    true = drawn_hand(hand, np.zeros(shape, np.uint8), 1.0, 6)
    arm = drawn_arm(hand, arm_ends(hand, 2.0, np.radians([bent_deg]))[0], shape, 0.8)
    picture[(true | arm) > 0] = (120, 80, 60)
    alpha, _ = _alpha(picture, None, [hand_now(hand)])
    inner = cv2.erode(arm, np.ones((5, 5), np.uint8)) > 0
    assert (alpha[inner] > 0.5).mean() > 0.9


def test_without_hand_or_thing_there_is_no_occluder() -> None:
    assert _alpha(face_picture(5), None, [])[1] is None


def _occlusion(pictures: list[U8], landmarks: F32, hands: dict[int, F32]) -> Occlusion | None:
    appearance = appearance_of(motion_of(landmarks, np.eye(3)))
    sheets, _ = sheets_of(landmarks, pictures)
    looks = [
        Glimpse(
            0, k, sheets[k], np.array([hands[k]] if k in hands else []).reshape(-1, 21, 2),
            np.full(int(k in hands), 0.97, np.float32),
            np.repeat(SKIN_COLOURS[None], int(k in hands), 0),
        )
        for k in range(COUNT)
    ]  # fmt: skip
    return occlusion_of(appearance, looks, {})


def test_a_hand_that_looks_just_like_the_face_is_the_face() -> None:
    landmarks, pictures = film()
    hands = {k: made_hand(130, 130, 80) for k in HELD}
    assert _occlusion(pictures, landmarks, hands) is None
    shown = [p.copy() for p in pictures]
    for k, hand in hands.items():
        drawn = drawn_hand(hand, np.zeros(shown[k].shape[:2], np.uint8), 1.0, 6)
        shown[k][drawn > 0] = (120, 80, 60)
    found = _occlusion(shown, landmarks, hands)
    assert found is not None and len(found.hands) == 1


def test_an_occlusion_that_is_saved_is_the_one_that_is_loaded(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    landmarks, pictures = film(HELD)
    made = _occlusion(pictures, landmarks, {2: made_hand(400, 400, 80), 3: made_hand(400, 400, 80)})
    assert made is not None
    path = occlusion_path(tmp_path_factory.mktemp("plan"), 3)
    save_occlusion(path, made)
    read = load_occlusion(path)
    assert np.array_equal(read.strange, made.strange) and np.array_equal(read.frames, made.frames)
    assert np.array_equal(read.face.usual, made.face.usual)
    assert [track.frames.tolist() for track in read.hands] == [[2, 3]]
    assert np.array_equal(read.hands[0].colours, made.hands[0].colours)
    assert read.strange_at(0) is None
    here = read.strange_at(HELD[1])
    assert here is not None and here.max() == 1


def test_a_head_that_is_farther_away_lies_over_the_plate_where_both_boxes_are() -> None:
    plate = np.zeros((20, 30, 3), np.uint8)
    layer = layer_of(
        (5, 5, 15, 15), np.full((10, 10, 3), 90, np.uint8), np.ones((10, 10), np.float32)
    )
    lay_over(plate, layer, (100, 100, 140, 140), (110, 100, 140, 120))
    assert (plate[5:15, :5] == 90).all() and plate.astype(int).sum() == 10 * 5 * 3 * 90
    lay_over(plate, layer, (0, 0, 20, 20), (110, 100, 140, 120))
    assert plate.astype(int).sum() == 10 * 5 * 3 * 90


def test_a_crop_that_is_kept_is_unchanged_where_it_is_kept_wholly() -> None:
    rgb, pixels = np.full((1, 3, 3), 10, np.uint8), np.full((1, 3, 3), 110, np.uint8)
    changed = np.ones((1, 3), np.bool_)
    keep(rgb, np.array([[0, 0.5, 1]], np.float32), pixels, changed)
    assert pixels[..., 0].tolist() == [[110, 60, 10]]
    assert changed.tolist() == [[True, True, False]]


@pytest.mark.parametrize(("nearer", "covers"), [(True, True), (False, False)])
def test_somebody_who_is_surely_nearer_covers_the_own_head(nearer: bool, covers: bool) -> None:
    width, height = SIZE
    everybody = np.ones((height, width), np.float32)
    none = np.zeros_like(everybody)
    mattes = Mattes(everybody, none, everybody, none)
    own, other = face_at(130, 110, 6.0), face_at(170, 110, 6.0)
    front = person_in_front(mattes, (other, 6.0), (own, 6.0), nearer)
    assert front.shape == (height, width) and front.dtype == np.uint8
    assert (front[110, 200] > 200) and (front[60, 20] == 0)
    assert bool(front[110, 150] > 200) is covers


def test_the_sample_holds_a_microphone_before_the_first_mouth() -> None:
    spec = SampleSpec(size_wh=(320, 240), seconds=2, microphone=True, people=(Identity.ASTRONAUT,))
    shares: list[float] = []
    for index in (0, 27):
        frame = build_scene(spec).frame(index)
        assert frame.occluder is not None
        shares.append(float((frame.occluder * frame.heads[0].alpha).sum()))
    assert shares[0] == 0 and shares[1] > 200


def test_a_hand_of_the_face_s_own_colours_is_whole_and_opaque() -> None:
    hand = made_hand(130, 150, 80)
    picture = face_picture(5)
    shape = picture.shape[:2]
    true = drawn_hand(hand, np.zeros(shape, np.uint8), 1.12, 6)
    shaded = cv2.GaussianBlur(true.astype(np.float32), (0, 0), 3)[..., None]
    # Darker in the middle than at its rim, which is as light as the face.
    own = SKIN * (1.15 - 0.3 * np.clip(2 * shaded - 1, 0, 1))
    picture[true > 0] = np.clip(own, 0, 255).astype(np.uint8)[true > 0]
    colours = np.array([0.85 * SKIN, [12, 10, 9]], np.float32)
    alpha, _ = _alpha(picture, None, [hand_now(hand, colours=colours)])
    _, _, on_face = sheet_from_frame(face_at(130, 115, UNIT), shape)
    inner = (cv2.erode(true, np.ones((7, 7), np.uint8)) > 0) & on_face
    outer = (cv2.dilate(true, np.ones((17, 17), np.uint8)) == 0) & on_face
    assert (alpha[inner] > 0.99).mean() > 0.97
    assert (alpha[outer] > 0.5).mean() < 0.05
