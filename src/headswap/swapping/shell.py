"""Builds a head's shell: the face's mesh, and a relief of hair and ears around it.

One photo shows one side. The relief falls from the face's edge back to the plane of the head's
widest outline, as an ellipsoid would; what is behind that plane is the skull's (`skull.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import Delaunay

from headswap.arrays import F32, F64, I32, U8, Mat
from headswap.swapping.cutout import Cutout
from headswap.swapping.eyes import eye_coordinates, eye_place
from headswap.swapping.head_model import FACE_VERTICES, EyePins
from headswap.vision.canonical_face import (
    FACE_OVAL,
    INNER_LIPS,
    LEFT_EYE,
    LEFT_IRIS,
    RIGHT_EYE,
    RIGHT_IRIS,
    canonical_face,
)
from headswap.vision.pose import Pose

# Centimetres of the canonical face.
_GRID_CM = 0.9
_OUTLINE_DEPTH_CM = 4.2
_MARGIN_CM = 0.5
# A beard hangs from the jaw: so far behind it it ends, and so far to the sides is no beard.
_BEARD_CM, _BEARD_HALF_CM = 1.6, (6.5, 8.5)
_CHIN, _LOBES = 152, (132, 361)


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """Vertices in photo-camera pixels (v, 3), their uv (v, 2), and the triangles of each part.

    relief: first and after the last vertex of hair and ears around the face.
    """

    vertices_px: F64
    uv: F32
    face_triangles: I32
    mouth_triangles: I32
    eyes: tuple[EyePins, EyePins]
    relief: tuple[int, int]


def build_shell(cutout: Cutout, pose: Pose) -> Shell:
    """The shell of a cut-out head whose landmarks have this pose (one frame)."""
    points = cutout.landmarks.astype(np.float64)
    outline_z = float(pose.to_frame(np.array([[0.0, 0.0, _OUTLINE_DEPTH_CM]]))[0, 0, 2])
    face = points[:FACE_VERTICES]
    triangles = canonical_face().triangles
    inner = np.isin(triangles, INNER_LIPS).all(axis=1)
    in_eye = np.isin(triangles, RIGHT_EYE).all(axis=1) | np.isin(triangles, LEFT_EYE).all(axis=1)

    vertices: list[F64] = [face]
    count = FACE_VERTICES
    eyes: list[EyePins] = []
    parts: list[I32] = [triangles[~(inner | in_eye)]]
    for ring, iris in ((RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS)):
        pins, places, faces = _eye(points, ring, iris, count)
        eyes.append(pins)
        vertices.append(places)
        parts.append(faces)
        count += len(places)

    front_xy, front_z, front_triangles = _front(cutout, face, outline_z, count)
    vertices.append(np.column_stack([front_xy, front_z]))
    parts.append(front_triangles)
    count += len(front_xy)

    everything = np.concatenate(vertices)
    uv = everything[:, :2].astype(np.float32)
    return Shell(
        vertices_px=everything,
        uv=uv,
        face_triangles=np.concatenate(parts).astype(np.int32),
        mouth_triangles=triangles[inner].astype(np.int32),
        eyes=(eyes[0], eyes[1]),
        relief=(count - len(front_xy), count),
    )


def _eye(points: F64, ring: I32, iris: I32, first: int) -> tuple[EyePins, F64, I32]:
    lids = points[ring]
    centre = points[iris[0], :2]
    radius = float(np.linalg.norm(points[iris[1:], :2] - centre, axis=1).mean())
    angles = np.arange(8) * (np.pi / 4)
    circle = centre + 0.8 * radius * np.column_stack([np.cos(angles), np.sin(angles)])
    along, across = eye_coordinates(lids, np.vstack([centre, circle]))
    gaze = np.array([along[0], across[0]], np.float32)
    across = np.clip(across, 0.08, 0.92)
    places = eye_place(lids, along, across)
    flat = np.vstack([lids[:, :2], places[:, :2]])
    numbers = np.concatenate([ring, first + np.arange(len(places))])
    triangles = Delaunay(flat).simplices
    middle = flat[triangles].mean(axis=1).astype(np.float32)
    contour = lids[:, :2].astype(np.float32)
    inside = np.array(
        [cv2.pointPolygonTest(contour, (float(x), float(y)), False) >= 0 for x, y in middle]
    )
    pins = EyePins(
        ring=ring.astype(np.int32),
        vertices=(first + np.arange(len(places))).astype(np.int32),
        along=along,
        across=across,
        gaze=gaze,
    )
    triangles = _clockwise(flat, triangles[inside])
    return pins, places, numbers[triangles].astype(np.int32)


def _front(cutout: Cutout, face: F64, outline_z: float, first: int) -> tuple[F64, F64, I32]:
    """Relief vertices outside the face oval: xy, depth, triangles (oval landmarks by number)."""
    unit = cutout.px_per_cm
    solid = (cutout.alpha > 0.02).astype(np.uint8)
    reach = _disc(_MARGIN_CM * unit)
    domain = cv2.dilate(solid, reach)
    oval = np.zeros_like(solid)
    oval_xy = face[FACE_OVAL, :2]
    cv2.fillPoly(oval, [oval_xy.round().astype(np.int32)], 1)
    wide = cv2.dilate(oval, _disc(0.45 * _GRID_CM * unit))
    grid = _grid(domain, _GRID_CM * unit)
    outside = wide[grid[:, 1].round().astype(int), grid[:, 0].round().astype(int)] == 0
    grid = grid[outside]

    triangulation = np.vstack([oval_xy, grid])
    triangles = Delaunay(triangulation).simplices
    middle = triangulation[triangles].mean(axis=1).round().astype(int)
    height, width = solid.shape
    middle = np.clip(middle, 0, [width - 1, height - 1])
    keep = (oval[middle[:, 1], middle[:, 0]] == 0) & (domain[middle[:, 1], middle[:, 0]] > 0)
    # The oval is concave nowhere, so a triangle of three oval points lies inside the face.
    keep &= ~(triangles < len(oval_xy)).all(axis=1)
    numbers = np.concatenate([FACE_OVAL, first + np.arange(len(grid))])
    depth = _relief_depth(grid, oval, cutout, face, outline_z)
    triangles = _clockwise(triangulation, triangles[keep])
    return grid, depth, numbers[triangles].astype(np.int32)


def _relief_depth(grid: F64, oval: Mat, cutout: Cutout, face: F64, outline_z: float) -> F64:
    """Depth (n,) between the face's edge and the outline, along a quarter ellipse."""
    unit = cutout.px_per_cm
    solid = ((cutout.alpha > 0.3) | (oval > 0)).astype(np.uint8)
    to_outline = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    to_face = cv2.distanceTransform(1 - oval, cv2.DIST_L2, 5)
    x, y = grid.round().astype(int).T
    inner, outer = to_face[y, x], to_outline[y, x]
    t = inner / np.maximum(inner + outer, 1e-6)
    edge = face[FACE_OVAL]
    distance = np.linalg.norm(grid[:, None] - edge[None, :, :2], axis=2)
    weight = 1.0 / (distance**3 + 1e-3)
    edge_z = (weight @ edge[:, 2]) / weight.sum(axis=1)
    inner_cm, outer_cm = _BEARD_HALF_CM
    aside = np.abs(grid[:, 0] - face[_CHIN, 0]) / unit
    under = np.clip((outer_cm - aside) / (outer_cm - inner_cm), 0, 1)
    under *= np.clip((grid[:, 1] - face[list(_LOBES), 1].mean()) / unit, 0, 1)
    # Hair hangs beside the jaw, not from it.
    under *= 1 - cutout.hair[y, x]
    beard_z = np.minimum(outline_z, edge_z + _BEARD_CM * unit)
    end_z = outline_z + (beard_z - outline_z) * under
    return end_z + (edge_z - end_z) * np.sqrt(np.clip(1 - t**2, 0, 1))


def _clockwise(xy: F64, triangles: I32) -> I32:
    """The triangles (t, 3), all wound clockwise on the screen, as the canonical face is."""
    a, b, c = (xy[triangles[:, k]] for k in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    return np.where((area > 0)[:, None], triangles, triangles[:, ::-1])


def _grid(domain: Mat, step_px: float) -> F64:
    """Points of a hexagonal grid that lie in the domain, (n, 2) xy."""
    height, width = domain.shape
    ys = np.arange(0, height, step_px * np.sqrt(3) / 2)
    rows = [
        np.column_stack(
            [
                np.arange((k % 2) * step_px / 2, width, step_px),
                np.full_like(np.arange((k % 2) * step_px / 2, width, step_px), y),
            ]
        )
        for k, y in enumerate(ys)
    ]
    points = np.concatenate(rows)
    x, y = np.minimum(points.round().astype(int), [width - 1, height - 1]).T
    return np.column_stack([x, y])[domain[y, x] > 0].astype(np.float64)


def _disc(radius_px: float) -> U8:
    size = 2 * max(1, round(radius_px)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
