"""The second identity: the portrait reshaped, its hair taken off, a beard and short hair grown."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from headswap.arrays import F32, F64
from headswap.sample import canvas, measures
from headswap.sample.raster import rasterize
from headswap.sample.relief import HeadMesh

# Skin that no hair covers in the portrait.
_BARE_SKIN = (
    (189, 82), (200, 85), (215, 86.5), (235, 86), (250, 89), (260, 94), (265, 100), (265.5, 128),
    (262, 146), (255, 158), (242, 170), (230, 176.5), (221, 177), (212, 175), (200, 165),
    (189, 152), (184.5, 138), (184, 118), (186, 100),
)  # fmt: skip
# Upright halves, top to bottom: (x from the middle line, y).
_SKULL = ((0, 23), (14, 24), (28, 29), (39, 38), (46.5, 51), (50.5, 66), (51.5, 82), (51, 98),
          (50, 112), (49.5, 126))  # fmt: skip


def reshaped(points: F64) -> F64:
    """Portrait points (n, 3) moved to where the second face has them."""
    p = canvas.upright(points)
    x, y = p[:, 0].copy(), p[:, 1].copy()
    low = np.clip((y - 112) / 45, 0, 1)
    jowl = np.exp(-0.5 * ((y - 163) / 9) ** 2)
    p[:, 0] = x * (1.05 + 0.10 * low * low * (3 - 2 * low) + 0.12 * jowl)
    chin = np.clip((y - 148) / 32, 0, 1)
    p[:, 1] += 7.0 * chin
    nose = np.exp(-0.5 * (x / 14) ** 2) * np.clip(1 - np.abs(y - 127) / 16, 0, 1)
    p[:, 0] += 0.26 * x * nose
    p[:, 1] += 3.5 * np.exp(-0.5 * (x / 12) ** 2) * np.clip(1 - np.abs(y - 130) / 22, 0, 1)
    p[:, 2] += 3.0 * np.exp(-0.5 * (x / 7) ** 2) * np.clip(1 - np.abs(y - 112) / 14, 0, 1)
    brow = np.exp(-0.5 * ((y - 89) / 6) ** 2)
    p[:, 1] += 2.6 * brow
    p[:, 2] += 2.5 * brow
    mouth = np.exp(-0.5 * ((y - 146) / 9) ** 2)
    p[:, 0] -= 0.10 * x * mouth
    p[:, 1] += mouth * (2.0 + 0.006 * x * x)
    return canvas.tilted(p)


def skull_outline() -> F64:
    """(n, 2) the second head's outline, without ears, clockwise from the crown."""
    jaw = reshaped(np.array(measures.OVAL[11:26], np.float64))
    jaw = canvas.upright(jaw)[:, :2]
    middle = np.array([0.0, 150.0])
    jaw = middle + (jaw - middle) * 1.025
    right = np.array(_SKULL, np.float64)
    left = right[:0:-1] * (-1, 1)
    return canvas.tilted(np.vstack([right, jaw, left]))


def warped(rgb: F32, landmarks: F64) -> F32:
    """The canvas `rgb` bent so that portrait `landmarks` (n, 3) land on their `reshaped` places."""
    moved = reshaped(landmarks)
    frame = np.array([[x, y] for x in (90, 150, 224, 300, 360) for y in (0, 40, 239)], np.float64)
    at = np.vstack([moved[:, :2], frame])
    offset = np.vstack([(landmarks - moved)[:, :2], np.zeros_like(frame)])
    coarse = canvas.portrait_grid()[::6, ::6].reshape(-1, 2)
    field = RBFInterpolator(at, offset, smoothing=0.5)(coarse)
    h, w = (n // 6 + (n % 6 > 0) for n in canvas.SIZE_WH[::-1])
    offset_map = cv2.resize(
        field.reshape(h, w, 2).astype(np.float32), canvas.SIZE_WH, interpolation=cv2.INTER_CUBIC
    )
    source = canvas.canvas_from_portrait(canvas.portrait_grid() + offset_map).astype(np.float32)
    bent = cv2.remap(
        rgb, source[..., 0], source[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return bent.astype(np.float32)


def normal_map(mesh: HeadMesh) -> F32:
    """(h, w, 3) float32 normals of the front of a head, over the canvas; 0 outside it."""
    at = np.column_stack([canvas.canvas_from_portrait(mesh.uv) + 0.5, mesh.points[:, 2]])
    out = rasterize(at.astype(np.float32), mesh.normals(), mesh.triangles, canvas.SIZE_WH)
    return out[..., :3]


def bare_head(rgb: F32, normals: F32, rng: np.random.Generator) -> F32:
    """The warped canvas with skin where hair was, shaded like the skin that is seen."""
    skin_outline = np.column_stack([np.array(_BARE_SKIN), np.zeros(len(_BARE_SKIN))])
    seen = canvas.polygon_mask(reshaped(skin_outline), 0.0)
    features = np.zeros_like(seen)
    for ring in (measures.EYE_LEFT, measures.EYE_RIGHT, measures.LIPS_OUTER,
                 measures.BROW_LEFT, measures.BROW_RIGHT):  # fmt: skip
        features = np.maximum(features, canvas.polygon_mask(reshaped(np.array(ring)), 1.5))
    sample = (seen > 0.99) & (features < 0.01)
    model = _light_model(normals)
    fit, *_ = np.linalg.lstsq(model[sample][::37], rgb[sample][::37], rcond=None)
    painted = (model @ fit).astype(np.float32)
    pores = canvas.noise(rng, seen.shape, (1.3, 1.3)) + canvas.noise(rng, seen.shape, (9, 9))
    painted = np.clip(painted, 40, 235) + 1.6 * pores[..., None]
    keep = canvas.blurred(canvas.eroded(seen, 9), 3.0 * canvas.SCALE)[..., None]
    # Carry the seen skin's own tone outwards, so the two agree along the seam.
    rest = canvas.spread(rgb - painted, sample.astype(np.float32), 3.0)
    rest = canvas.blurred(rest, 5.0 * canvas.SCALE)
    return (keep * rgb + (1 - keep) * (painted + rest)).astype(np.float32)


def _light_model(normals: F32) -> F32:
    """(h, w, 5) low-order lighting terms of unit normals (Ramamoorthi and Hanrahan 2001)."""
    x, y, z = normals[..., 0], normals[..., 1], np.clip(normals[..., 2], 0.2, 1.0)
    return np.stack([np.ones_like(x), x, y, z, z * z], axis=-1).astype(np.float32)


def recoloured(rgb: F32, untouched: F32, lips: F32) -> F32:
    """Skin in a deep brown; `untouched` (h, w) keeps eyes and teeth, `lips` (h, w) are redder."""
    light = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    contrast = np.clip(light / 178.0, 0.05, 1.6)[..., None] ** 0.45
    skin = rgb * contrast * np.array([0.66, 0.545, 0.465], np.float32)
    mouth = rgb * contrast * np.array([0.63, 0.49, 0.45], np.float32)
    skin += lips[..., None] * (mouth - skin)
    return (
        skin + untouched[..., None] * (rgb * np.array([0.97, 0.91, 0.83], np.float32) - skin)
    ).astype(np.float32)
