"""The mesh engine: bends the photo's shell to the frame's pose and expression and paints it."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, F64, I32, U8
from headswap.swapping.compose.mixing import lay_under
from headswap.swapping.engines.protocol import NORMALS_STEP, Box, HeadLayer, HeadState, Mouth
from headswap.swapping.engines.raster import NO_MAP, rasterize, sample
from headswap.swapping.eyes import eye_place, shut
from headswap.swapping.head_model import FACE_VERTICES, HeadModel
from headswap.vision.canonical_face import INNER_LIPS

_FAR = np.float32(1e9)
# From this alpha on nothing is seen of what lies behind.
_OPAQUE = 0.999
# Blur of the coverage, enough against stairs at the head's edge.
_EDGE_PX, _EDGE_SIDE = 0.8, (5, 5)
# A little steeper than the blur, which reaches further than an edge should.
_EDGE_CURVE = np.clip(np.arange(256) * 1.5 - 0.25 * 255, 0, 255).round().astype(np.uint8)
# Shares of how squarely the photo saw a surface.
_GONE_AT, _WHOLE_AT = 0.05, 0.35
_STRETCHED_AT, _TORN_AT = 1.8, 2.8
_RING = np.ones((3, 3), np.uint8)
# How far lips may be seen inside the contour found of a mouth, and the most of a narrow one.
_LIP_CM, _LIP_SHARE = 0.12, 0.25


class MeshEngine:
    """Geometry and texture mapping; needs no network and no GPU."""

    name = "mesh"
    device = "CPU"

    def draw(self, head: HeadModel, state: HeadState, box_xyxy: Box, frame_rgb: U8) -> HeadLayer:
        """See `Engine.draw`."""
        placed = pose_vertices(head, state)
        x0, y0, x1, y1 = tight = _bounds(placed, box_xyxy)
        local = (placed - [x0, y0, 0.0]).astype(np.float32)
        xy, depth = np.ascontiguousarray(local[:, :2]), np.ascontiguousarray(local[:, 2])
        shape = (y1 - y0, x1 - x0)
        front_map, front_z = _draw_part(xy, depth, head.face_triangles, head.uv, shape)
        normals, shown = _surface(head, state, xy, depth, shape)
        front = cv2.remap(head.texture, front_map, NO_MAP, cv2.INTER_LINEAR)
        rgb, alpha = _edged(np.asarray(front, np.uint8), front_z)
        alpha *= cv2.resize(shown, shape[::-1], interpolation=cv2.INTER_LINEAR)
        # Nothing is drawn where the front hides it.
        free = np.where(alpha < _OPAQUE, _FAR, -_FAR).astype(np.float32)
        back_map, back_z = _draw_part(xy, depth, head.back_triangles, head.uv, shape, free)
        # Little of the back is seen beside the front.
        back_rgb, shows = _edged(sample(head.back_texture, back_map), back_z)
        behind = ((1 - alpha) * shows).astype(np.float32, copy=False)
        total = (alpha + behind).astype(np.float32, copy=False)
        lay_under(back_rgb, behind, rgb, alpha)
        left, top = x0 - box_xyxy[0], y0 - box_xyxy[1]
        seen = frame_rgb[top : top + shape[0], left : left + shape[1]]
        mouth = _mouth(head, state, xy, depth, front_z, seen, (x0, y0), total)
        if mouth is not None:
            mouth.put_into(rgb)
        return HeadLayer(tight, rgb, total, normals, mouth)


def _surface(
    head: HeadModel, state: HeadState, xy: F32, depth: F32, shape: tuple[int, int]
) -> tuple[F32, F32]:
    """Normals in camera axes, the front's over the back's, and how much of the front is shown.

    Both vary slowly, so they are drawn coarsely. Hair and ears that have turned edge-on are led
    out: what the photo says of them is drawn together into bristles.
    """
    size = (max(2, shape[0] // NORMALS_STEP), max(2, shape[1] // NORMALS_STEP))
    scale = np.array([size[1] / shape[1], size[0] / shape[0]], np.float32)
    turned = head.normals @ state.rotation.T.astype(np.float32)
    triangles = np.vstack([head.face_triangles, head.mouth_triangles, head.back_triangles])
    shown = np.ones(len(turned), np.float32)
    relief = head.facing > 0
    now = -turned[relief, 2] / head.facing[relief]
    edge_on = np.clip((now - _GONE_AT) / (_WHOLE_AT - _GONE_AT), 0, 1)
    stretched = np.clip((_TORN_AT - now) / (_TORN_AT - _STRETCHED_AT), 0, 1)
    shown[relief] = edge_on * stretched
    attributes = np.column_stack([turned, shown])
    drawn, zbuffer = _draw_part(xy * scale, depth, triangles, attributes, size)
    normals, opacity = drawn[..., :3].copy(), drawn[..., 3].copy()
    nothing = zbuffer >= _FAR
    normals[nothing], opacity[nothing] = 0, 1
    return normals, opacity


def _bounds(placed: F64, box: Box) -> Box:
    """The part of the box that the vertices can reach."""
    low = np.floor(placed[:, :2].min(axis=0)).astype(int) - 3
    high = np.ceil(placed[:, :2].max(axis=0)).astype(int) + 4
    x0, y0 = max(box[0], int(low[0])), max(box[1], int(low[1]))
    x1, y1 = min(box[2], int(high[0])), min(box[3], int(high[1]))
    # A head outside the box still gives a layer, of one transparent pixel.
    x0, y0 = min(x0, box[2] - 1), min(y0, box[3] - 1)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def pose_vertices(head: HeadModel, state: HeadState) -> F64:
    """The head's vertices (v, 3) in frame pixels, depth growing away from the camera."""
    vertices = head.vertices_cm.copy()
    vertices[:FACE_VERTICES] += state.expression_cm
    for eye, gaze in zip(head.eyes, state.gaze, strict=True):
        vertices[eye.ring] = shut(vertices[eye.ring])
        along = np.clip(eye.along + (gaze[0] - eye.gaze[0]), 0.04, 0.96)
        across = np.clip(eye.across + (gaze[1] - eye.gaze[1]), 0.04, 0.96)
        vertices[eye.vertices] = eye_place(vertices[eye.ring], along, across)
    return state.scale * vertices @ state.rotation.T + state.shift


def _draw_part(
    xy: F32,
    depth: F32,
    triangles: I32,
    attributes: F32,
    shape: tuple[int, int],
    zbuffer: F32 | None = None,
) -> tuple[F32, F32]:
    if zbuffer is None:
        zbuffer = np.full(shape, _FAR, np.float32)
    out = np.full((*shape, attributes.shape[1]), -1.0, np.float32)
    rasterize(xy, depth, triangles, attributes, zbuffer, out)
    return out, zbuffer


def _edged(painted: U8, zbuffer: F32) -> tuple[U8, F32]:
    """Colour (h, w, 3) and alpha (h, w) of one part, its alpha smooth where the shell ends.

    painted: (h, w, 3 or 4) uint8, the fourth channel alpha.
    """
    covered = (zbuffer < _FAR).astype(np.uint8) * np.uint8(255)
    # Just outside the shell the map has no answer; the colour beside it stands in.
    painted = np.asarray(cv2.copyTo(painted, covered, cv2.dilate(painted, _RING)), np.uint8)
    edge = cv2.LUT(cv2.GaussianBlur(covered, _EDGE_SIDE, _EDGE_PX), _EDGE_CURVE)
    if painted.shape[2] == 3:
        return painted, edge.astype(np.float32) / np.float32(255)
    rgb = np.asarray(cv2.cvtColor(painted, cv2.COLOR_RGBA2RGB), np.uint8)
    alpha = cv2.multiply(painted[..., 3], edge, scale=1 / 255**2, dtype=cv2.CV_32F)
    return rgb, np.asarray(alpha, np.float32)


def _mouth(
    head: HeadModel,
    state: HeadState,
    xy: F32,
    depth: F32,
    front_z: F32,
    frame_rgb: U8,
    corner_xy: tuple[int, int],
    alpha: F32,
) -> Mouth | None:
    """What lies between the lips, with the frame's teeth and tongue; alpha is closed there."""
    source = np.zeros_like(xy)
    source[:FACE_VERTICES] = state.landmarks[:FACE_VERTICES, :2] - np.asarray(corner_xy)
    source[INNER_LIPS] = _within(source[INNER_LIPS], state.scale)
    lips = xy[INNER_LIPS]
    pad = 4
    low = np.maximum(np.floor(lips.min(axis=0)).astype(int) - pad, 0)
    high = np.minimum(np.ceil(lips.max(axis=0)).astype(int) + pad, alpha.shape[::-1])
    if np.any(high - low < 2):
        return None
    shape = (int(high[1] - low[1]), int(high[0] - low[0]))
    offset = (xy - low).astype(np.float32)
    mouth_map, mouth_z = _draw_part(offset, depth, head.mouth_triangles, source, shape)
    window = np.s_[low[1] : high[1], low[0] : high[0]]
    inside = ((mouth_z < _FAR) & (mouth_z <= front_z[window] + 1.0)).astype(np.float32)
    inner = cv2.remap(
        frame_rgb,
        mouth_map[..., 0],
        mouth_map[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    soft = cv2.GaussianBlur(inside, (0, 0), 0.7) * (inside > 0)
    alpha[window] = np.maximum(alpha[window], inside)
    return Mouth((int(low[0]), int(low[1])), np.asarray(inner, np.uint8), soft)


def _within(ring_xy: F32, px_per_cm: float) -> F32:
    """The ring (20, 2) of a mouth drawn together, so that nothing of the frame's lips is in it."""
    upper, lower = np.arange(1, 10), np.arange(19, 10, -1)
    gap = ring_xy[lower] - ring_xy[upper]
    wide = np.maximum(np.linalg.norm(gap, axis=1, keepdims=True), 1e-6)
    step = gap * np.minimum(_LIP_CM * px_per_cm / wide, _LIP_SHARE)
    drawn = ring_xy.copy()
    drawn[upper] += step
    drawn[lower] -= step
    return drawn
