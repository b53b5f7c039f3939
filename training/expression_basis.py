"""Learns how each blendshape moves a face, from heads that the sample package draws.

    python -m training.expression_basis

Both sample people are drawn with many expressions and slight turns; the landmark network looks at
every drawing like at any photo, and its blendshapes are what has to explain the landmarks' motion.
For each person the mean is taken off, yaw and pitch are further causes that are then dropped, the
rest is ridge regression, made symmetric, and written into the package. Needs the full model pack.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.sample import Identity
from headswap.sample.draw import Placement, draw_head
from headswap.sample.expression import Expression
from headswap.sample.person import person
from headswap.vision.canonical_face import canonical_face
from headswap.vision.networks.blendshapes import NAMES, Blendshapes
from headswap.vision.networks.face_detector import FaceDetector
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.pose import fit_pose
from headswap.vision.store import ModelStore

OUT = Path(__file__).parent.parent / "src/headswap/vision/data/expression_basis.npz"
DRAWINGS = 400
SIDE_PX = 480
MOST_TURN_DEG = 12.0
RIDGE_BLENDSHAPES, RIDGE_POSE = 3.0, 1.0
FACE = 468


def main() -> None:
    """Writes the basis."""
    store = ModelStore.default()
    looks = [_look(identity, store) for identity in Identity]
    causes, motions = (np.concatenate(part) for part in zip(*looks, strict=True))
    penalty = np.full(causes.shape[1], RIDGE_POSE)
    penalty[: len(NAMES)] = RIDGE_BLENDSHAPES
    solved = np.linalg.solve(causes.T @ causes + np.diag(penalty), causes.T @ motions)
    explained = 1 - ((motions - causes @ solved) ** 2).sum() / (motions**2).sum()
    print(f"{len(causes)} drawings, {explained:.1%} of the motion explained")
    basis = _symmetric(solved[: len(NAMES)].reshape(len(NAMES), FACE, 3))
    np.savez_compressed(OUT, basis_cm=basis.astype(np.float16))


def _look(identity: Identity, store: ModelStore) -> tuple[F64, F64]:
    """Causes (k, 56) and motions (k, 1404) of one sample person, both about their mean."""
    landmarks, blendshapes = _measured(identity, store)
    pose = fit_pose(landmarks)
    shape = pose.to_head(landmarks)[:, :FACE].reshape(len(landmarks), -1)
    turn = np.radians(pose.yaw_pitch_roll_deg()[:, :2])
    causes = np.column_stack([blendshapes, turn, turn**2])
    return causes - causes.mean(axis=0), shape - shape.mean(axis=0)


def _measured(identity: Identity, store: ModelStore) -> tuple[F32, F32]:
    """Landmarks (k, 478, 3) and blendshapes (k, 52) of random drawings of one sample person."""
    detector, mesh, weights = FaceDetector(store), FaceLandmarks(store), Blendshapes(store)
    random = np.random.default_rng(7)
    points: list[F32] = []
    for _ in range(DRAWINGS):
        image = _drawing(identity, random)
        faces = detector.detect(image)
        if len(faces) == 0:
            continue
        rough = mesh.find(image, faces.square(0))
        points.append(mesh.find(image, roi_from_landmarks(rough.landmarks)).landmarks)
    print(f"{identity.name}: {len(points)} of {DRAWINGS} drawings found")
    return np.array(points), np.array([weights.weights(face) for face in points])


def _drawing(identity: Identity, random: np.random.Generator) -> U8:
    yaw, pitch = random.uniform(-MOST_TURN_DEG, MOST_TURN_DEG, 2)
    face = Expression(
        jaw_open=float(random.uniform(0, 1) ** 2),
        blink=float(random.choice([0.0, random.uniform(0, 1)])),
        smile=float(random.uniform(0, 1)),
    )
    place = Placement(float(yaw), float(pitch), 0.0, (SIDE_PX / 2, SIDE_PX * 0.72), 1.8)
    layer = draw_head(person(identity), place, face)
    image = np.full((SIDE_PX, SIDE_PX, 3), 128.0, np.float32)
    height, width = layer.alpha.shape
    x, y = layer.origin_xy
    window = image[max(y, 0) : y + height, max(x, 0) : x + width]
    rgb, alpha = (
        part[max(-y, 0) :, max(-x, 0) :][: len(window), : window.shape[1]]
        for part in (layer.rgb, layer.alpha)
    )
    window[:] = window * (1 - alpha[..., None]) + rgb
    return np.clip(image, 0, 255).astype(np.uint8)


def _symmetric(basis: F64) -> F64:
    """The basis averaged with its own mirror image, left and right names exchanged."""
    flip = np.array([-1.0, 1.0, 1.0])
    rest = canonical_face().vertices_cm
    mirror = np.array([((rest * flip - vertex) ** 2).sum(axis=1).argmin() for vertex in rest])
    names = {name: i for i, name in enumerate(NAMES)}
    exchange = {"Left": "Right", "Right": "Left"}
    other: list[int] = []
    for name in NAMES:
        side = next((s for s in exchange if s in name), None)
        other.append(names[name.replace(side, exchange[side])] if side else names[name])
    return (basis + basis[other][:, mirror] * flip) / 2


if __name__ == "__main__":
    main()
