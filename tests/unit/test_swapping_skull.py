"""The head behind the face: its shape, its texture, and its ears."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headswap.arrays import F64, U8
from headswap.swapping.depth import deepened, flattened
from headswap.swapping.ear import EAR_SIZE_WH, ear_sheet, painted_ear
from headswap.swapping.engines.mesh import MeshEngine
from headswap.swapping.engines.protocol import HeadState
from headswap.swapping.head_model import FACE_VERTICES, HeadModel
from headswap.swapping.reference import build_head
from headswap.swapping.shell import build_shell
from headswap.swapping.skull import WIDEST_Z_CM, fit_skull
from headswap.vision.pose import Pose, fit_pose
from tests.made_heads import (
    HAIR_RGB,
    MIDDLE_XY,
    PX_PER_CM,
    SIZE_WH,
    SKIN_RGB,
    ellipse,
    face_at,
    painted_cutout,
    painted_head,
    shut_face,
    turned,
)

SIZE = 240
BACKDROP = 128


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return painted_head()


def _bald_head() -> HeadModel:
    cutout = painted_cutout()
    rgb = np.where((cutout.hair > 0.5)[..., None], np.array(SKIN_RGB, np.uint8), cutout.rgb)
    bald = replace(cutout, rgb=rgb.astype(np.uint8), hair=np.zeros_like(cutout.hair))
    return build_head(bald, np.zeros(52, np.float32))


def _drawn(head: HeadModel, yaw_deg: float, pitch_deg: float = 0.0) -> tuple[U8, F64]:
    """The head seen from a side: (h, w, 3) and alpha (h, w)."""
    state = HeadState(
        rotation=Rotation.from_euler("XYZ", [-pitch_deg, -yaw_deg, 0], degrees=True).as_matrix(),
        scale=PX_PER_CM,
        shift=np.array([SIZE / 2, SIZE / 2, 0.0]),
        expression_cm=np.zeros((FACE_VERTICES, 3), np.float32),
        gaze=np.stack([eye.gaze for eye in head.eyes]),
        landmarks=np.zeros((478, 3), np.float32),
    )
    backdrop: U8 = np.full((SIZE, SIZE, 3), BACKDROP, np.uint8)
    layer = MeshEngine().draw(head, state, (0, 0, SIZE, SIZE), backdrop)
    x0, y0, x1, y1 = layer.box_xyxy
    rgb, alpha = backdrop.copy(), np.zeros((SIZE, SIZE))
    rgb[y0:y1, x0:x1], alpha[y0:y1, x0:x1] = layer.rgb, layer.alpha
    return rgb, alpha


@pytest.mark.parametrize("yaw_deg", [-180, -90, -60, -30, 0, 30, 60, 90])
def test_a_head_has_no_holes_from_any_side(head: HeadModel, yaw_deg: float) -> None:
    _, alpha = _drawn(head, yaw_deg)
    # Rows from crown to lobes, where a head is one piece.
    top = int(np.flatnonzero((alpha > 0.9).any(axis=1))[0])
    for row in alpha[top + 6 : SIZE // 2 + 12]:
        solid = np.flatnonzero(row > 0.9)
        assert len(solid) and row[solid[0] : solid[-1]].min() > 0.6


@pytest.mark.parametrize("pitch_deg", [-25, 0, 25])
def test_a_round_head_has_its_crown_at_one_level_however_its_photo_nods(pitch_deg: float) -> None:
    cutout = painted_cutout()
    middle, radius = np.array([[0.0, -2.0, WIDEST_Z_CM]]), 8.5
    pose = Pose(turned(0, pitch_deg)[None], np.array([PX_PER_CM]), np.array([[*MIDDLE_XY, 0.0]]))

    def to_photo(points: F64) -> F64:
        return pose.to_frame(points)[0, :, :2]

    alpha = ellipse((*to_photo(middle)[0],), (radius * PX_PER_CM, radius * PX_PER_CM))
    round_head = replace(cutout, alpha=alpha, hair=alpha)
    skull = fit_skull(round_head, shut_face(), to_photo, 0.0, float(np.radians(pitch_deg)))
    assert skull.points[..., 1].min() == pytest.approx(-2.0 - radius, abs=0.3)


@pytest.mark.parametrize("pitch_deg", [-35, 35])
def test_a_nodding_head_has_no_holes(head: HeadModel, pitch_deg: float) -> None:
    _, alpha = _drawn(head, 0, pitch_deg)
    top = int(np.flatnonzero((alpha > 0.9).any(axis=1))[0])
    for row in alpha[top + 6 : SIZE // 2]:
        solid = np.flatnonzero(row > 0.9)
        assert row[solid[0] : solid[-1]].min() > 0.6


@pytest.mark.parametrize("pitch_deg", [0, -20, -35])
@pytest.mark.parametrize("photo_yaw_deg", [0, 12, -20])
def test_the_top_of_a_head_that_is_bent_is_round(photo_yaw_deg: float, pitch_deg: float) -> None:
    cutout = painted_cutout()
    shift = np.array([[*MIDDLE_XY, 0.0]])
    pose = Pose(turned(photo_yaw_deg)[None], np.array([PX_PER_CM]), shift)

    def to_photo(points: F64) -> F64:
        return pose.to_frame(points)[0, :, :2]

    middle = to_photo(np.array([[0.0, -3.0, WIDEST_Z_CM]]))[0]
    alpha = ellipse((*middle,), (6.6 * PX_PER_CM, 9 * PX_PER_CM))
    photo = replace(cutout, alpha=alpha, hair=alpha)
    skull = fit_skull(photo, shut_face(), to_photo, float(np.radians(photo_yaw_deg)), 0.0)
    bent = skull.points[skull.points[:, 0, 1] < 0].reshape(-1, 3) @ turned(0, pitch_deg).T
    fine = 20
    outline = cv2.convexHull(bent[:, :2].astype(np.float32)) * fine + 20 * fine
    solid = np.zeros((40 * fine, 40 * fine), np.uint8)
    cv2.fillPoly(solid, [outline.round().astype(np.int32)], 1)
    widths = solid[int(solid.any(axis=1).argmax()) :].sum(axis=1) / fine
    # As wide so far below its top as a ball of 5 cm radius at least.
    for down_cm in (0.5, 1.0, 2.0, 3.0):
        assert widths[round(down_cm * fine)] > 2 * np.sqrt(5**2 - (5 - down_cm) ** 2)


def test_a_beard_hangs_from_the_chin() -> None:
    cutout = painted_cutout()
    x, y = MIDDLE_XY
    beard = ellipse((x, y + 9 * PX_PER_CM), (5 * PX_PER_CM, 4 * PX_PER_CM))
    cutout = replace(cutout, alpha=np.maximum(cutout.alpha, beard))
    shell = build_shell(cutout, fit_pose(cutout.landmarks[None]))
    first, last = shell.relief
    places = shell.vertices_px[first:last]
    chin = cutout.landmarks[152]
    under = (np.abs(places[:, 0] - x) < 3 * PX_PER_CM) & (places[:, 1] > chin[1] + PX_PER_CM)
    assert under.any()
    assert np.ptp(places[under, 2]) < 4 * PX_PER_CM
    assert places[under, 2].max() < chin[2] + 5 * PX_PER_CM


def test_a_head_is_about_as_long_as_it_is_in_life(head: HeadModel) -> None:
    back = np.unique(head.back_triangles)
    x, _, z = head.vertices_cm[back].T
    # Breadth 13 to 17 with hair and ears, length from the forehead 17 to 23.
    assert 13 < np.ptp(x) < 20
    assert 12 < z.max() < 17
    assert np.median(head.vertices_cm[head.back_triangles].mean(axis=1)[:, 2]) > 2


def test_from_the_front_the_photo_alone_is_seen(head: HeadModel) -> None:
    bare = replace(head, back_triangles=head.back_triangles[:0])
    with_back, alpha = _drawn(head, 0)
    without, own = _drawn(bare, 0)
    sure = own > 0.98
    assert np.abs(with_back[sure].astype(int) - without[sure]).max() <= 8
    # And the skull does not stick out beside it.
    assert (alpha - own)[:, :].clip(0).sum() < 0.03 * own.sum()


def test_the_back_of_a_head_with_hair_is_hair(head: HeadModel) -> None:
    rgb, alpha = _drawn(head, 180)
    colour = np.median(rgb[alpha > 0.9], axis=0)
    assert np.abs(colour - HAIR_RGB).max() < 25


def test_the_back_of_a_bald_head_is_skin() -> None:
    rgb, alpha = _drawn(_bald_head(), 180)
    colour = np.median(rgb[alpha > 0.9], axis=0)
    assert np.abs(colour - SKIN_RGB).max() < 30


@pytest.mark.parametrize("yaw_deg", [-15, 15])
def test_the_side_a_photo_hardly_saw_is_as_light_as_the_half_of_the_face_beside_it(
    yaw_deg: float,
) -> None:
    x, y = MIDDLE_XY
    landmarks = face_at(x, y, rotation=turned(yaw_deg))
    # The nose points to the side that is hardly seen; all beyond it is lit, the rest in shade.
    nose, turn = landmarks[1, 0], np.sign(landmarks[1, 0] - x)
    lit = np.clip((turn * (np.arange(SIZE_WH[0]) - nose)) / PX_PER_CM + 0.5, 0, 1)
    rgb = np.array(SKIN_RGB) * (0.55 + 0.45 * lit[None, :, None]) * np.ones((SIZE_WH[1], 1, 1))
    cutout = replace(
        painted_cutout(),
        rgb=rgb.round().astype(np.uint8),
        hair=np.zeros(SIZE_WH[::-1], np.float32),
        landmarks=landmarks,
    )
    head = build_head(cutout, np.zeros(52, np.float32))
    seen, alpha = _drawn(head, float(-50 * turn))
    row = np.s_[SIZE // 2 + 10 : SIZE // 2 + 20]
    skin = seen[row, :, 0].astype(np.float64)[alpha[row] > 0.95]
    cheek = head.uv[280 if turn > 0 else 50].round().astype(int)
    other = head.uv[50 if turn > 0 else 280].round().astype(int)
    lit_cheek, shaded = (int(head.texture[y, x, 0]) for x, y in (cheek, other))
    assert lit_cheek > shaded + 30 and np.percentile(skin, 20) > 0.85 * lit_cheek


def test_a_bald_head_shows_an_ear_from_the_side() -> None:
    head = _bald_head()
    points, _, _ = ear_sheet(1, np.zeros(3), 1.5)
    ears = head.vertices_cm[-2 * len(points) :]
    assert np.abs(ears[:, 0]).min() > 6 and 5 < np.ptp(ears[:, 1]) < 7
    assert np.abs(ears[:, 1].mean()) < 2 and 2 < ears[:, 2].mean() < 6


@pytest.mark.parametrize("sign", [-1, 1])
def test_an_ear_stands_off_the_head_and_leans_back(sign: int) -> None:
    points, uv, triangles = ear_sheet(sign, np.array([7.0 * sign, 0.0, 3.0]), 1.5)
    assert triangles.max() < len(points) == len(uv)
    front, rim = uv[:, 0] < 12, uv[:, 0] > 50
    assert (sign * (points[rim, 0].mean() - points[front, 0].mean())) > 0.8
    assert points[rim, 2].mean() > points[front, 2].mean() + 1.5


def test_an_ear_is_painted_in_the_colour_of_its_skin() -> None:
    ear = painted_ear(np.array(SKIN_RGB, np.float64))
    assert ear.shape == (EAR_SIZE_WH[1], EAR_SIZE_WH[0], 4) and ear.dtype == np.uint8
    solid = ear[..., 3] > 250
    mean = ear[solid][:, :3].mean(axis=0)
    assert np.abs(mean / mean[0] - np.array(SKIN_RGB) / SKIN_RGB[0]).max() < 0.06
    assert ear[solid][:, 0].std() > 8


def test_depths_are_stretched_before_the_ears_only_and_back_again() -> None:
    face = shut_face()
    deep = deepened(face)
    assert np.allclose(deep[:, :2], face[:, :2]) and np.allclose(flattened(deep), face)
    behind = np.array([[0.0, 0.0, 8.0]])
    assert np.array_equal(deepened(behind), behind)
    assert np.ptp(deep[:, 2]) > 1.1 * np.ptp(face[:, 2])


def test_a_shell_without_its_back_is_what_the_photo_shows() -> None:
    cutout = painted_cutout()
    shell = build_shell(cutout, fit_pose(cutout.landmarks[None]))
    assert len(shell.vertices_px) == len(shell.uv) == shell.relief[1]
