"""Draws a posed head: a colour and alpha layer in frame coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64
from headswap.sample import canvas
from headswap.sample.expression import Expression
from headswap.sample.person import CENTRE, Ear, Person, strand_noise
from headswap.sample.raster import EMPTY, rasterize
from headswap.sample.relief import EYE_TO_CAMERA

PIVOT = np.array([223.0, 166.0, -14.0])  # where the head turns on the neck, portrait pixels
OVERSAMPLE = 2
_LIGHT = np.array([-0.36, -0.50, 0.79], np.float32)
_NOISE_STEP = 3.0  # noise pixels to one portrait pixel


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a head is: angles in degrees, its neck pivot in frame pixels, and frame pixels to one
    portrait pixel. yaw turns the nose to the right of the picture, pitch up, roll clockwise.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    pivot_xy: tuple[float, float]
    scale: float

    def rotation(self) -> F64:
        """(3, 3) roll after yaw after pitch; x right, y down, z to the viewer."""
        y, p, r = np.deg2rad([self.yaw_deg, self.pitch_deg, self.roll_deg])
        nod = [[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]]
        turn = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
        lean = [[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]]
        return np.array(lean) @ np.array(turn) @ np.array(nod)

    def project(self, points: F32 | F64) -> F64:
        """(n, 3) frame x and y in pixels (centres at .5) and depth of portrait points (n, 3)."""
        tilt = np.deg2rad(-canvas.TILT_DEG)
        level = np.array(
            [[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]]
        )
        turned = (np.asarray(points, np.float64) - PIVOT) @ (self.rotation() @ level).T
        middle = CENTRE - PIVOT[:2]
        near = EYE_TO_CAMERA / (EYE_TO_CAMERA - turned[:, 2] - PIVOT[2])
        xy = middle + (turned[:, :2] - middle) * near[:, None]
        return np.column_stack([xy * self.scale + self.pivot_xy, turned[:, 2]])


@dataclass(frozen=True, slots=True, eq=False)
class HeadLayer:
    """A drawn head: `rgb` (h, w, 3) float32 premultiplied by `alpha` (h, w) float32 in 0..1, whose
    upper left corner lies at frame pixel `origin_xy` (whole, possibly outside the frame).
    """

    rgb: F32
    alpha: F32
    origin_xy: tuple[int, int]


def draw_head(person: Person, place: Placement, face: Expression) -> HeadLayer:
    """The head in that place with that expression."""
    at = place.project(person.rig.pose(person.mesh.points, face))
    ears = [(ear, place.project(ear.mesh.points)) for ear in person.ears]
    every = np.vstack([at, *(p for _, p in ears)])
    x0, y0 = np.floor(every[:, :2].min(0)).astype(int) - 3
    x1, y1 = np.ceil(every[:, :2].max(0)).astype(int) + 3
    size = (int(x1 - x0) * OVERSAMPLE, int(y1 - y0) * OVERSAMPLE)

    def local(points: F64) -> F32:
        out = points.copy()
        out[:, :2] = (out[:, :2] - (x0, y0)) * OVERSAMPLE
        return out.astype(np.float32)

    values = np.column_stack(
        [canvas.canvas_from_portrait(person.mesh.uv), _relight(person, place), person.strands]
    ).astype(np.float32)
    seen = rasterize(local(at), values, person.mesh.triangles, size)
    rgb, alpha = _surface(person, seen)
    _show_patches(person, place, face, rgb=rgb, seen=seen, local=local)
    rgb *= alpha[..., None]
    for ear, points in ears:
        _add_ear(ear, local(points), seen[..., -1], rgb, alpha)
    half = (size[0] // OVERSAMPLE, size[1] // OVERSAMPLE)
    return HeadLayer(
        np.asarray(cv2.resize(rgb, half, interpolation=cv2.INTER_AREA), np.float32),
        np.asarray(cv2.resize(alpha, half, interpolation=cv2.INTER_AREA), np.float32),
        (int(x0), int(y0)),
    )


def _relight(person: Person, place: Placement) -> F32:
    """(n,) how much brighter each point gets by turning under a fixed light."""
    turned = person.normals @ place.rotation().T.astype(np.float32)
    now, rest = (0.72 + 0.28 * np.maximum(n @ _LIGHT, 0) for n in (turned, person.normals))
    return np.clip(now / rest, 0.75, 1.25).astype(np.float32)


def _surface(person: Person, seen: F32) -> tuple[F32, F32]:
    """Colour (h, w, 3) of the nearest surface and the head's alpha (h, w), soft inwards."""
    covered = (seen[..., -1] > EMPTY).astype(np.float32)
    noise = cv2.remap(
        strand_noise(), seen[..., 4] * _NOISE_STEP, seen[..., 5] * _NOISE_STEP,
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP,
    )  # fmt: skip
    hair = noise * seen[..., 3]
    skin = cv2.remap(person.skin, seen[..., 0], seen[..., 1], cv2.INTER_LINEAR)
    rgb = skin[..., :3].astype(np.float32) * (seen[..., 2] * (1 + 0.09 * hair))[..., None]
    # Hair ends raggedly over a few pixels, skin within one.
    inward = (canvas.blurred(covered, 2.2) - 0.5) * (5.5 - 3.0 * seen[..., 3])
    alpha = covered * np.clip(inward + 0.55 * hair * (inward < 1), 0, 1)
    return rgb.astype(np.float32), alpha.astype(np.float32)


def _show_patches(
    person: Person,
    place: Placement,
    face: Expression,
    *,
    rgb: F32,
    seen: F32,
    local: Callable[[F64], F32],
) -> None:
    """Puts eyes and mouth into the skin's openings of `rgb`, in place."""
    height, width = rgb.shape[:2]
    dim = 0.2 + 0.8 * min(1.0, 4.0 * max(face.jaw_open, face.smile))
    cuts: list[tuple[slice, slice]] = []
    inner = rgb.copy()
    for index, patch in enumerate(person.patches):
        quad = local(place.project(patch.posed(face.jaw_open)))[:, :2]
        x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int), (width, height))
        if x1 <= x0 or y1 <= y0:
            continue
        h, w = patch.rgba.shape[:2]
        source = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32) - 0.5
        matrix = cv2.getPerspectiveTransform(source, (quad - (x0, y0) - 0.5).astype(np.float32))
        shown = cv2.warpPerspective(
            patch.rgba, matrix, (int(x1 - x0), int(y1 - y0)), borderMode=cv2.BORDER_REPLICATE
        ).astype(np.float32)
        cut = (slice(y0, y1), slice(x0, x1))
        colour = shown[..., :3] * (dim if index >= 2 else 1.0)
        inner[cut] += shown[..., 3:] / 255 * (colour - inner[cut])
        cuts.append(cut)
    for cut in cuts:
        skin = cv2.remap(
            person.skin[..., 3], seen[cut][..., 0], seen[cut][..., 1], cv2.INTER_LINEAR
        )
        share = 1 - skin.astype(np.float32)[..., None] / 255
        rgb[cut] = rgb[cut] * (1 - share) + share * inner[cut]


def _add_ear(ear: Ear, points: F32, depth: F32, rgb: F32, alpha: F32) -> None:
    """Draws one ear where it is nearer than the head, into premultiplied `rgb` and `alpha`."""
    height, width = alpha.shape
    x0, y0 = np.maximum(np.floor(points[:, :2].min(0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(points[:, :2].max(0)).astype(int) + 1, (width, height))
    cut = (slice(y0, y1), slice(x0, x1))
    near = points - np.array([x0, y0, 0], np.float32)
    seen = rasterize(near, ear.mesh.uv, ear.mesh.triangles, (int(x1 - x0), int(y1 - y0)))
    shown = cv2.remap(ear.rgba, seen[..., 0], seen[..., 1], cv2.INTER_LINEAR)
    share = shown[..., 3].astype(np.float32) / 255 * (seen[..., 2] > depth[cut])
    share *= seen[..., 2] > EMPTY
    share = canvas.blurred(share, 0.8)
    rgb[cut] += share[..., None] * (shown[..., :3] - rgb[cut])
    alpha[cut] += share * (1 - alpha[cut])
