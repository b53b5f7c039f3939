"""From a photo to a head that is drawn in a pose: what is cut out, and how it is measured again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from headswap.arrays import F32, F64, U8, Bool
from headswap.sample import Identity, portrait
from headswap.sample.draw import Placement, draw_head
from headswap.sample.expression import Expression
from headswap.sample.person import person
from headswap.swapping.calibration import calibrated
from headswap.swapping.compose.removal import follow_head
from headswap.swapping.cutout import Cutout, cut_head
from headswap.swapping.engines import engine_named
from headswap.swapping.engines.protocol import HeadState
from headswap.swapping.head_model import HeadModel
from headswap.swapping.motion import Motion
from headswap.swapping.reference import ReferenceReader
from headswap.vision.mattes import MatteReader
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.pose import Pose, fit_pose
from headswap.vision.store import ModelStore
from tests.made_heads import face_at, state_at, turned

PHOTO_WH = (480, 560)
PX_PER_CM = 8.0


def _photo() -> tuple[U8, F32]:
    """The second identity's head alone on a two-coloured wall, and its true alpha."""
    width, height = PHOTO_WH
    picture = np.empty((height, width, 3), np.float32)
    picture[:, : width // 2], picture[:, width // 2 :] = (200, 190, 175), (120, 150, 190)
    place = Placement(0.0, 0.0, 0.0, (width / 2, 0.62 * height), 2.0)
    head = draw_head(person(Identity.SECOND), place, Expression())
    x, y = head.origin_xy
    h, w = head.alpha.shape
    part = picture[y : y + h, x : x + w]
    part[:] = part * (1 - head.alpha[..., None]) + head.rgb
    alpha = np.zeros((height, width), np.float32)
    alpha[y : y + h, x : x + w] = head.alpha
    return np.clip(picture, 0, 255).astype(np.uint8), alpha


@pytest.fixture(scope="module")
def landmarks(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> F32:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(_photo()[0]).save(path)
    return ReferenceReader(core_pack).find(path).landmarks


@pytest.fixture(scope="module")
def cutout(core_pack: ModelStore, landmarks: F32) -> Cutout:
    return cut_head(_photo()[0], landmarks, MatteReader(core_pack), PX_PER_CM)


def _true_alpha(cutout: Cutout, landmarks: F32) -> F32:
    """The photo's alpha carried into the crop, by the landmarks of both."""
    move = follow_head(landmarks, cutout.landmarks)
    height, width = cutout.alpha.shape
    return np.asarray(cv2.warpAffine(_photo()[1], move, (width, height)), np.float32)


def test_the_cut_out_is_the_head_that_was_drawn(cutout: Cutout, landmarks: F32) -> None:
    truth = _true_alpha(cutout, landmarks) > 0.5
    found: Bool = cutout.alpha > 0.5
    # The neck that the drawn head has below its jaw is the body's.
    truth[int(cutout.landmarks[152, 1]) :] = found[int(cutout.landmarks[152, 1]) :] = False
    assert (truth & found).sum() / (truth | found).sum() > 0.9


def test_a_cut_out_is_upright_at_the_scale_that_was_asked_for(cutout: Cutout) -> None:
    pose = fit_pose(cutout.landmarks[None])
    assert pose.scale[0] == pytest.approx(PX_PER_CM, rel=0.02)
    assert abs(pose.yaw_pitch_roll_deg()[0, 2]) < 1
    assert cutout.rgb.shape == (*cutout.alpha.shape, 3) and cutout.rgb.dtype == np.uint8


def test_the_cut_out_keeps_no_colour_of_the_wall_behind(cutout: Cutout) -> None:
    soft = (cutout.alpha > 0.1) & (cutout.alpha < 0.9)
    assert soft.sum() > 100
    # The walls are far lighter than the hair whose edge this is.
    crown = soft.copy()
    crown[int(cutout.landmarks[105, 1]) :] = False
    assert np.median(cutout.rgb[crown].max(axis=1)) < 90


def test_a_leaning_photo_gives_the_same_upright_head(
    core_pack: ModelStore, cutout: Cutout, tmp_path: Path
) -> None:
    width, height = PHOTO_WH
    lean = cv2.getRotationMatrix2D((width / 2, height / 2), 20, 0.9)
    picture = cv2.warpAffine(_photo()[0], lean, PHOTO_WH, borderMode=cv2.BORDER_REPLICATE)
    path = tmp_path / "lean.png"
    Image.fromarray(picture).save(path)
    found = ReferenceReader(core_pack).find(path)
    assert abs(fit_pose(found.landmarks[None]).yaw_pitch_roll_deg()[0, 2]) > 15
    again = cut_head(found.rgb, found.landmarks, MatteReader(core_pack), PX_PER_CM)
    # Each is cropped to its own head; the noses are laid over each other.
    height, width = cutout.alpha.shape
    move = np.eye(2, 3)
    move[:, 2] = cutout.landmarks[4, :2] - again.landmarks[4, :2]
    points = again.landmarks[:468, :2] + move[:, 2]
    assert np.abs(points - cutout.landmarks[:468, :2]).mean() < 0.4 * PX_PER_CM
    laid = cv2.warpAffine(again.alpha, move, (width, height))
    assert np.abs(laid - cutout.alpha).mean() < 0.03


def test_a_photo_that_ends_at_the_hairs_top_gives_a_round_crown(
    core_pack: ModelStore, landmarks: F32
) -> None:
    rgb, alpha = _photo()
    cut = int(np.nonzero(alpha > 0.5)[0].min()) + 14
    shifted = landmarks - np.array([0, cut, 0], np.float32)
    cropped = np.ascontiguousarray(rgb[cut:])
    head = cut_head(cropped, shifted, MatteReader(core_pack), PX_PER_CM)
    widths = (head.alpha > 0.5).sum(axis=1)
    top = int(np.flatnonzero(widths)[0])
    # A flat lid would start at its full width.
    assert widths[top] < 0.5 * widths[top + round(1.5 * PX_PER_CM)]


@pytest.fixture(scope="module")
def head(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    path = tmp_path_factory.mktemp("portrait") / "photo.png"
    Image.fromarray(portrait(Identity.ASTRONAUT)).save(path)
    reader = ReferenceReader(core_pack)
    return reader.head(reader.find(path), 10.0)


def _measured(head: HeadModel, rotation: F64, network: FaceLandmarks) -> F64:
    """The rotation (3, 3) that a landmark network reads from the drawn head."""
    frame = np.full((460, 400, 3), 128, np.uint8)
    state: HeadState = state_at(head, 200, 200, rotation, 10.0)
    layer = engine_named("mesh").draw(head, state, (0, 0, 400, 460), frame)
    x0, y0, x1, y1 = layer.box_xyxy
    part = frame[y0:y1, x0:x1]
    part[:] = np.clip(part + layer.alpha[..., None] * (layer.rgb.astype(int) - part), 0, 255)
    mesh = network.find(frame, roi_from_landmarks(state.landmarks))
    assert mesh.presence > 0.5
    return fit_pose(mesh.landmarks[None]).rotation[0]


def _off_deg(rotation: F64, wanted: F64) -> float:
    return float(np.degrees(Rotation.from_matrix(rotation @ wanted.T).magnitude()))


@pytest.mark.parametrize("yaw_deg", [-35, -15, 0, 15, 35])
def test_a_drawn_head_is_seen_to_look_where_it_was_told_to(
    head: HeadModel, core_pack: ModelStore, yaw_deg: float
) -> None:
    seen = Pose(_measured(head, turned(yaw_deg), FaceLandmarks(core_pack))[None], *_still())
    assert seen.yaw_pitch_roll_deg()[0, 0] == pytest.approx(yaw_deg, abs=8)


def _still() -> tuple[F64, F64]:
    return np.ones(1), np.zeros((1, 3))


def test_calibration_brings_the_measured_pose_nearer_to_the_wanted_one(
    head: HeadModel, core_pack: ModelStore
) -> None:
    yaws = np.linspace(-30, 30, 7)
    # Planned 9 degrees too far down and 5 too far to the right.
    wanted = np.stack([turned(yaw) for yaw in yaws])
    planned = np.stack([turned(5, -9) @ rotation for rotation in wanted])
    faces = np.stack([face_at(200, 200, 10.0, rotation) for rotation in wanted])
    k = len(yaws)
    motion = Motion(
        first=0,
        pose=Pose(planned, np.full(k, 10.0), np.tile(np.array([200.0, 200, 0]), (k, 1))),
        expression_cm=np.zeros((k, 468, 3), np.float32),
        gaze=np.repeat(np.stack([eye.gaze for eye in head.eyes])[None], k, 0),
        landmarks=faces,
        seen=np.ones(k, np.bool_),
    )
    network = FaceLandmarks(core_pack)
    corrected = calibrated(motion, head, engine_named("mesh"), network)

    def error(pose: Pose) -> float:
        drawn = [_measured(head, rotation, network) for rotation in pose.rotation]
        return float(np.mean([_off_deg(a, b) for a, b in zip(drawn, wanted, strict=True)]))

    assert error(corrected.pose) < 0.7 * error(motion.pose)
    assert np.array_equal(replace(motion, pose=corrected.pose).landmarks, faces)
