"""A photo's head: crown, tone, shell and eyes, without any network."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, F64, I32
from headswap.swapping.cutout import finished_crown
from headswap.swapping.depth import DEPTH_GAIN, EAR_PLANE_CM
from headswap.swapping.eyes import eye_coordinates, eye_place
from headswap.swapping.head_model import FACE_VERTICES, HeadModel
from headswap.swapping.reference import build_head
from headswap.swapping.shell import build_shell
from headswap.swapping.skin import bare_share, skin_pixels, skin_tone
from headswap.vision.canonical_face import RIGHT_EYE, canonical_face
from headswap.vision.expression import expression_offset
from headswap.vision.networks.blendshapes import NAMES
from headswap.vision.pose import fit_pose
from tests.made_heads import (
    MIDDLE_XY,
    PX_PER_CM,
    SIZE_WH,
    SKIN_RGB,
    face_at,
    painted_cutout,
    painted_head,
    shut_face,
    turned,
)

WIDTH, HEIGHT = SIZE_WH
X, Y = MIDDLE_XY


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return painted_head()


def _crown(cut_at: int) -> tuple[F32, F32]:
    """A head's alpha cut off in a row, and where the photo is."""
    alpha, inside = painted_cutout().alpha.copy(), np.ones((HEIGHT, WIDTH), np.float32)
    alpha[:cut_at] = 0
    inside[:cut_at] = 0
    return alpha, inside


def test_a_crown_that_the_photo_cut_off_is_drawn_round() -> None:
    whole = painted_cutout().alpha
    cut_at = round(Y - 9.5 * PX_PER_CM)
    alpha, inside = _crown(cut_at)
    done = finished_crown(alpha, inside, PX_PER_CM)
    assert np.array_equal(done[cut_at + 2 :], alpha[cut_at + 2 :])
    widths = (done[:cut_at] > 0.5).sum(axis=1)
    assert np.all(np.diff(widths) >= 0) and widths[-1] > 0
    # No flat lid: the topmost row is much narrower than the cut.
    assert 0 < widths[widths > 0][0] < 0.5 * (alpha[cut_at + 2] > 0.5).sum()
    assert np.abs(done - whole).mean() < 0.02


def test_a_head_that_the_photo_holds_whole_keeps_its_crown() -> None:
    alpha = painted_cutout().alpha
    assert np.array_equal(finished_crown(alpha, np.ones_like(alpha), PX_PER_CM), alpha)
    # The photo ends above the head.
    _, inside = _crown(20)
    assert np.array_equal(finished_crown(alpha, inside, PX_PER_CM), alpha)


def test_skin_pixels_leave_out_eyes_and_mouth() -> None:
    face = face_at(X, Y)
    skin = skin_pixels(face, (HEIGHT, WIDTH))
    for point, expected in ((468, 0), (473, 0), (13, 0), (50, 1), (280, 1), (151, 1), (152, 0)):
        x, y = face[point, :2].round().astype(int)
        assert skin[y, x] == expected, point


def test_the_skins_tone_is_its_colour_whatever_glints_and_eyes_do() -> None:
    face = face_at(X, Y)
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:] = SKIN_RGB
    truth = cv2.cvtColor(np.array([[SKIN_RGB]], np.float32) / 255, cv2.COLOR_RGB2LAB)[0, 0]
    x, y = face[5, :2].round().astype(int)
    rgb[y - 8 : y + 8, x - 4 : x + 4] = 255
    tone = skin_tone(rgb, face)
    assert tone.mean == pytest.approx(truth, abs=0.5)
    assert tone.spread == pytest.approx(np.ones(3))
    rng = np.random.default_rng(0)
    noisy = np.clip(rgb + rng.normal(0, 12, rgb.shape[:2])[..., None], 0, 255).astype(np.uint8)
    assert skin_tone(noisy, face).spread[0] == pytest.approx(12 / 255 * 100, rel=0.25)


def test_hair_over_a_cheek_is_not_skin_unless_it_hides_nearly_all() -> None:
    face = face_at(X, Y)
    rgb = np.full((HEIGHT, WIDTH, 3), SKIN_RGB, np.uint8)
    hair = np.zeros((HEIGHT, WIDTH), np.float32)
    hair[:, round(float(face[1, 0]) - PX_PER_CM) :] = 1
    rgb[hair > 0] = 20
    bare = skin_tone(np.full_like(rgb, SKIN_RGB), face)
    hidden = skin_tone(rgb, face, hair)
    assert hidden.mean == pytest.approx(bare.mean, abs=0.5) and hidden.spread[0] < 2
    assert 0.2 < bare_share(face, hair) < 0.5
    # Nor is a strand of which no matte tells.
    assert skin_tone(rgb, face).mean == pytest.approx(bare.mean, abs=0.5)
    assert skin_tone(np.full_like(rgb, 20), face, np.ones_like(hair)).mean[0] < 20


def test_a_face_outside_the_picture_still_has_a_plausible_tone() -> None:
    tone = skin_tone(np.zeros((40, 40, 3), np.uint8), face_at(900, 900))
    assert 20 < tone.mean[0] < 90 and tone.spread.min() >= 1


def _winding(xy: F64, triangles: I32) -> F64:
    a, b, c = (xy[triangles[:, k]] for k in range(3))
    return (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]


def test_a_shell_is_built_of_triangles_that_face_us() -> None:
    cutout = painted_cutout()
    shell = build_shell(cutout, fit_pose(cutout.landmarks[None]))
    xy = shell.vertices_px[:, :2]
    count = len(xy)
    for triangles in (shell.face_triangles, shell.mouth_triangles):
        assert triangles.dtype == np.int32
        assert triangles.min() >= 0 and triangles.max() < count
    # The painted face is frontal, so all of its front is seen.
    front = shell.face_triangles[(shell.face_triangles >= FACE_VERTICES).any(axis=1)]
    assert (_winding(xy, front) > 0).all()
    assert shell.uv.shape == (count, 2) and np.isfinite(shell.vertices_px).all()
    assert np.array_equal(shell.vertices_px[:FACE_VERTICES], cutout.landmarks[:FACE_VERTICES])


def test_a_shell_covers_the_whole_cut_out_head() -> None:
    cutout = painted_cutout()
    shell = build_shell(cutout, fit_pose(cutout.landmarks[None]))
    covered = np.zeros((HEIGHT, WIDTH), np.uint8)
    parts = np.concatenate([shell.face_triangles, shell.mouth_triangles])
    for triangle in shell.vertices_px[parts][..., :2].round().astype(np.int32):
        cv2.fillConvexPoly(covered, triangle, 1)
    assert covered[cutout.alpha > 0.5].mean() > 0.999


def test_a_skull_lies_behind_the_face(head: HeadModel) -> None:
    back = np.unique(head.back_triangles)
    depth = head.vertices_cm[:, 2]
    assert depth[back].max() > 8
    assert depth[:FACE_VERTICES].min() < -5
    # About as long as heads are, nose tip to the back.
    assert 14 < np.ptp(depth) < 26


def test_a_head_is_in_centimetres_upright_and_facing_us(head: HeadModel) -> None:
    face, canonical = head.vertices_cm[:FACE_VERTICES], shut_face()
    assert np.abs(face[:, :2] - canonical[:, :2]).max() < 0.05
    assert head.px_per_cm == pytest.approx(PX_PER_CM, rel=0.01)
    assert head.texture.shape == (HEIGHT, WIDTH, 4)
    assert np.array_equal(head.texture[..., 3], np.round(painted_cutout().alpha * 255))
    # Landmark depths are too flat; they are stretched away from the ears' plane.
    expected = DEPTH_GAIN * (canonical[:, 2] - EAR_PLANE_CM)
    assert face[:, 2] - EAR_PLANE_CM == pytest.approx(expected, abs=0.05)


def test_only_what_may_be_seen_flatly_knows_how_squarely_the_photo_saw_it(head: HeadModel) -> None:
    graded = np.flatnonzero(head.facing)
    assert not np.isin(graded, head.back_triangles).any()
    assert np.isin(graded, head.face_triangles).mean() > 0.9
    assert head.facing[graded].min() > 0 and head.facing.max() <= 1
    # Eyes, nose and mouth are always the photo's; the cheeks beside the ears may not be.
    assert not np.isin([4, 13, 33, 263, 9], graded).any()
    assert np.isin([234, 454], graded).all()


def test_a_turned_photo_gives_the_same_face_as_a_frontal_one() -> None:
    cutout = painted_cutout()
    rotated = face_at(X, Y, rotation=turned(20, -10))
    head = build_head(replace(cutout, landmarks=rotated), np.zeros(52, np.float32))
    assert np.abs(head.vertices_cm[:FACE_VERTICES, :2] - shut_face()[:, :2]).max() < 0.05


def test_a_talking_photo_is_brought_to_rest() -> None:
    weights = np.zeros(52, np.float32)
    weights[NAMES.index("jawOpen")] = 0.8
    cutout, open_face = painted_cutout(), face_at(X, Y)
    open_face[:468] += (expression_offset(weights) * PX_PER_CM).astype(np.float32)
    head = build_head(replace(cutout, landmarks=open_face), weights)
    resting = head.vertices_cm[:FACE_VERTICES]
    assert np.abs(resting[:, :2] - shut_face()[:, :2]).max() < 0.15
    # What is painted on the jaw stays with the jaw.
    assert head.uv[152] == pytest.approx(open_face[152, :2], abs=1e-3)


@pytest.mark.parametrize("change", ["uv", "texture", "back_texture", "hair"])
def test_a_head_whose_arrays_disagree_is_refused(head: HeadModel, change: str) -> None:
    array = getattr(head, change)
    with pytest.raises(ValueError, match=r"uv|texture"):
        replace(head, **{change: array[:-1]})


def test_places_in_an_eye_and_coordinates_undo_each_other() -> None:
    ring = canonical_face().vertices_cm[RIGHT_EYE].astype(np.float64)
    along = np.repeat(np.linspace(0.1, 0.9, 5), 5).astype(np.float32)
    across = np.tile(np.linspace(0.1, 0.9, 5), 5).astype(np.float32)
    places = eye_place(ring, along, across)
    assert places.shape == (25, 3)
    again = eye_place(ring, *eye_coordinates(ring, places))
    # A tenth of the eye: lid landmarks are not evenly spaced along it.
    width = np.linalg.norm(ring[8] - ring[0])
    assert np.linalg.norm((again - places)[:, :2], axis=1).max() < 0.1 * width


@pytest.mark.parametrize("yaw", [-40, -20, 20, 40])
def test_an_iris_is_at_the_same_place_in_an_eye_seen_from_the_side(yaw: float) -> None:
    ring = canonical_face().vertices_cm[RIGHT_EYE].astype(np.float64)
    along = np.linspace(0.25, 0.75, 5).astype(np.float32)
    places = eye_place(ring, along, np.full(5, 0.5, np.float32))
    seen, _ = eye_coordinates(ring @ turned(yaw).T, places @ turned(yaw).T)
    assert seen == pytest.approx(along, abs=0.03)


def test_an_eyes_corners_and_lids_are_the_ends_of_its_coordinates() -> None:
    ring = canonical_face().vertices_cm[RIGHT_EYE].astype(np.float64)
    half = np.array([0.5], np.float32)
    low, high = (eye_place(ring, half, np.array([v], np.float32))[0] for v in (0, 1))
    assert high[1] < low[1]
    outer, inner = (eye_place(ring, np.array([v], np.float32), half)[0] for v in (0, 1))
    assert outer == pytest.approx(ring[0]) and inner == pytest.approx(ring[8])


def test_a_shut_eye_has_coordinates_too() -> None:
    ring = canonical_face().vertices_cm[RIGHT_EYE].astype(np.float64)
    ring[:, 1] = ring[0, 1]
    along, across = eye_coordinates(ring, ring[:1] * 0.5 + ring[8:9] * 0.5)
    assert np.isfinite(along).all() and np.isfinite(across).all()
