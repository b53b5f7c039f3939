"""What a frame shows when the head is gone: the background with the body before it."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.body import body_cue, complete_body
from headswap.swapping.compose.body_cue import BodyCue
from headswap.swapping.compose.mixing import lay_weighted, shrunk, weighted
from headswap.swapping.compose.removal import face_and_ears, work_size
from headswap.swapping.matting import fill_smooth
from headswap.vision.mattes import Mattes

_CLEAR_CM = 0.3
_LARGEST_GAP = 24.0
# Of differences beside a head: by how much one stands out, and the share that is a majority.
_OUTSTANDING, _MOSTLY = 35.0, 0.65
# Light is settled on a picture so much smaller at least, as long as a cm is more than so many px.
_COARSE, _SETTLE_PX_PER_CM = 4, 1.75
# Around a head so much speaks for it.
_BAND_PX = 12
# Person below which nobody is there, and hair from which it surely is hair.
_NOBODY, _SURELY_HAIR = 0.12, 0.85
# More than this share of hair in a pixel would be seen in the plate.
_TINT = 0.08
_LEAST_HAIR = 40


def clear_background(rgb: U8, mattes: Mattes, head: F32, landmarks: F32, scale_px_cm: float) -> U8:
    """(h, w) uint8, how certainly a crop shows background: 2, 1 close to the head, or 0.

    Certain is what has no person, hair or the emptied area near. Closer to the head, where stray
    hair may be that no matte knows, it is what has the background's colour and not the hair's.
    """
    taken = np.maximum(mattes.person, mattes.hair)
    taken[mattes.clothes > 0.5] = 1
    certain = clear_of(np.where(head > 0.02, np.float32(1), taken), scale_px_cm)
    work = work_size(rgb.shape[1::-1], scale_px_cm)
    ratio = work[0] / rgb.shape[1]
    taken, sure = (
        cv2.resize(plane, work, interpolation=cv2.INTER_AREA).astype(np.float32)
        for plane in (taken, certain)
    )
    skull = face_and_ears(landmarks * np.float32(ratio), taken.shape)
    free = clear_of(np.maximum(taken * 4, skull), scale_px_cm * ratio)
    small = cv2.resize(rgb, work, interpolation=cv2.INTER_AREA).astype(np.float32)
    hair = cv2.resize(mattes.hair, work, interpolation=cv2.INTER_AREA) > 0.9
    if hair.sum() > _LEAST_HAIR and sure.any():
        free &= ~_tinted(small, sure, np.median(small[hair], axis=0))
    loose = cv2.resize(free, rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.maximum(2 * certain, loose).astype(np.uint8)


def claimed_by_hair_alone(mattes: Mattes) -> U8:
    """(h, w) uint8, 1 where hair is told of, but not surely, and there is nobody near.

    A dark frame or a shadow on a wall beside a head may be taken for hair. Whether it is one, only
    time tells.
    """
    nobody = cv2.dilate(mattes.person, np.ones((3, 3), np.uint8)) < _NOBODY
    return (nobody & (mattes.hair < _SURELY_HAIR)).astype(np.uint8)


def _tinted(rgb: F32, sure: F32, hair_rgb: F32) -> Bool:
    """(h, w) where a picture has something of the hair's colour in it.

    sure: (h, w) 0..1, where it is background, which is continued smoothly.
    """
    behind = fill_smooth(rgb, np.floor(sure))
    towards = hair_rgb - behind
    share = ((rgb - behind) * towards).sum(axis=2) / np.maximum((towards**2).sum(axis=2), 100.0)
    return share > _TINT


def clear_of(person: F32, scale_px_cm: float) -> U8:
    """(h, w) uint8, 1 where there is certainly nothing of a matte (h, w) 0..1."""
    size = 2 * max(1, round(_CLEAR_CM * scale_px_cm)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.uint8(1) - np.asarray(cv2.dilate((person > 0.12).astype(np.uint8), disc), np.uint8)


def cue_at_work_size(
    rgb: U8,
    mattes: Mattes,
    head: F32,
    landmarks: F32,
    scale_px_cm: float,
    rim: F32 | None = None,
) -> BodyCue:
    """What a key frame's crop tells of its body; see `body_cue`."""
    planes, area, ratio = _small(mattes, head, scale_px_cm)
    small = cv2.resize(rgb, area.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    rim = None if rim is None else rim * np.float32(ratio)
    return body_cue(small, planes, area, landmarks * np.float32(ratio), scale_px_cm * ratio, rim)


def _small(mattes: Mattes, head: F32, scale_px_cm: float) -> tuple[Mattes, F32, float]:
    """Mattes and head at working size, and how much smaller that is."""
    height, width = head.shape
    work = work_size((width, height), scale_px_cm)

    def small(plane: F32) -> F32:
        return shrunk(plane, work)

    planes = Mattes(*(small(p) for p in (mattes.person, mattes.hair, mattes.skin, mattes.clothes)))
    return planes, small(head), work[0] / width


def body_layer(
    rgb: U8,
    mattes: Mattes,
    head: F32,
    landmarks: F32,
    scale_px_cm: float,
    cue: BodyCue,
    rim: F32 | None = None,
) -> U8:
    """(h, w, 4) uint8: the body in a key frame's crop, colours times alpha, and alpha.

    rgb: (h, w, 3) uint8. head: (h, w) 0..1, the area to empty: in it the body is made up, at
    working size because that is smooth anyway; elsewhere it is what is seen. cue, rim: see
    `complete_body`.
    """
    height, width = head.shape
    planes, area, ratio = _small(mattes, head, scale_px_cm)
    small = shrunk(rgb, area.shape[::-1]).astype(np.float32)
    scaled = landmarks * np.float32(ratio)
    rim = None if rim is None else rim * np.float32(ratio)
    body = complete_body(small, planes, area, scaled, scale_px_cm * ratio, cue, rim)
    colours = np.clip(body.rgb + 0.5, 0, 255).astype(np.uint8)
    made_up = cv2.resize(colours, (width, height), interpolation=cv2.INTER_LINEAR)
    alpha = np.clip(body.alpha * 255 + 0.5, 0, 255).astype(np.uint8)
    alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
    return weighted(rgb, np.asarray(made_up, np.uint8), head, np.asarray(alpha, np.uint8))


def over(layer: U8, background: U8) -> U8:
    """(h, w, 3) uint8: a layer (h, w, 4) of colours times alpha, and alpha, on a background."""
    both = background.copy()
    lay_weighted(layer, both)
    return both


def _common(gap: F32, near: F32) -> F32:
    """(h, w) 1 where a difference (h, w, 3) is about what most of those beside the head are.

    What stands out among them, an arm or a lamp, says nothing of the background behind the head;
    where there is no such majority all of them count.
    """
    usual = np.median(gap[near > 0], axis=0)
    red, green, blue = cv2.split(np.abs(gap - usual))
    common = (cv2.max(cv2.max(red, green), blue) < _OUTSTANDING).astype(np.float32)
    return common if common[near > 0].mean() > _MOSTLY else np.ones_like(common)


def settling_step(scale_px_cm: float) -> int:
    """How many pixels are one where light is settled, a power of two."""
    step = _COARSE
    while scale_px_cm / (2 * step) >= _SETTLE_PX_PER_CM:
        step *= 2
    return step


def settle(
    plate: U8,
    rgb: U8,
    head: F32,
    guessed: U8 | None = None,
    body: U8 | None = None,
    step: int = _COARSE,
) -> U8:
    """The plate with its slow differences from this frame, seen around the head, taken out.

    Light changes and the last pixels of misalignment would show as a rim; the difference on the
    visible side is continued smoothly over the hidden one. What is guessed follows what this frame
    shows beside it, however far that is off. plate, rgb: (h, w, 3) uint8; head: (h, w) float32
    0..1; guessed: any size, 255 where the plate's background is made up; body: (h, w) uint8, its
    alpha. step: see `settling_step`.
    """
    height, width = head.shape
    small = (max(8, width // step), max(8, height // step))
    # Only whole blocks of pixels, which are averaged in a fraction of the time.
    whole = np.s_[: small[1] * step, : small[0] * step]
    head = head[whole]
    weight = (shrunk(head, small) < 0.01).astype(np.float32)
    # Only a band around the head speaks for it; far away other things may move.
    band = 2 * max(1, round(_BAND_PX / step)) + 1
    near = weight * cv2.dilate(1 - weight, np.ones((band, band), np.uint8))
    # Large differences are motion, not light.
    gap = shrunk(rgb[whole], small).astype(np.float32) - shrunk(plate[whole], small)
    offset = fill_smooth(np.clip(gap, -_LARGEST_GAP, _LARGEST_GAP), near)
    if guessed is not None and body is not None:
        bare = 1 - shrunk(body[whole], small) / np.float32(255)
        share = cv2.resize(guessed, small, interpolation=cv2.INTER_LINEAR) / np.float32(255) * bare
        beside = near * np.floor(bare)
        if (share * (1 - weight)).max() > 0 and beside.any():
            beside *= _common(gap, beside)
            offset += (fill_smooth(gap, beside) - offset) * share[..., None]
    offset = np.clip(offset + 128.5, 0, 255).astype(np.uint8)
    offset = cv2.resize(offset, head.shape[::-1], interpolation=cv2.INTER_LINEAR)
    if head.shape != (height, width):
        rest = (0, height - head.shape[0], 0, width - head.shape[1])
        offset = cv2.copyMakeBorder(offset, *rest, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.addWeighted(plate, 1.0, offset, 1.0, -128.0), np.uint8)
