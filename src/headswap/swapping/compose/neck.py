"""Head and neck made to agree: tones measured at the jaw, and the visible neck led over."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.mixing import lay, lay_toned, shrunk
from headswap.swapping.compose.removal import work_size
from headswap.swapping.compose.tone import Skin, head_tone, saturation
from headswap.swapping.engines.protocol import Box
from headswap.swapping.head_model import HeadModel
from headswap.vision.canonical_face import JAW

# The part of the jaw line that meets the neck, without the ears' ends.
_LOW_JAW = JAW[3:-3]
_MOUTH = (61, 291)
# Height of the strip over the jaw line whose tone is taken; how far up a correction reaches.
_STRIP_CM, _LED_CM = 1.6, 2.2
# Below the chin, where a neck is looked at, and to either side.
_NECK_FROM_CM, _NECK_TO_CM, _NECK_HALF_CM = 0.7, 5.5, 6.0
# Lab distances from the face's tone: of skin over the jaw, where beards grow, and of a neck's.
_LIKE_FACE = np.array([18.0, 9.0, 11.0], np.float32)
_LIKE_NECK = np.array([30.0, 18.0, 20.0], np.float32)
_LEAST_PX = 20
# From between the eyes to the chin on the canonical face.
CHIN_CM = 11.0
# How far below the chin and aside of it the neck is toned, and over what it ends.
DOWN_CM, ASIDE_CM, _FADE_CM = 10.5, 11.0, 4.0
# Beside the jaw only the neck's own width counts, where the old head hid what is there.
_HIDDEN_HALF_CM = 6.5
# Lab distances within which a pixel is skin of the neck; shade and light stray widely.
_LIKE = np.array([30.0, 9.0, 11.0], np.float32)
_ROUND_CM = 0.25
_LEAST_POWER, _MOST_POWER = 0.4, 2.5
# Differences nobody sees.
_UNSEEN = 1.0
_MOST_SHIFT = np.array([10.0, 8.0, 8.0], np.float32)
# How much of what a neck's hue is off the face's the head goes along with, and the most of it.
_NECK_PART, _MOST_OWN = 0.5, 12.0
# How much of the step at the jaw line the head is led over; the neck is for the rest.
_HEAD_SHARE: dict[Skin, float] = {"target": 1.0, "blend": 0.5, "photo": 0.0}


@dataclass(frozen=True, slots=True, eq=False)
class NeckTone:
    """What the neck's skin is in the scene and what it is to become: (3,) float32 Lab each."""

    before: F32
    after: F32

    def seen(self) -> bool:
        """Whether there is a difference that anyone would see."""
        return float(np.abs(self.after - self.before).max()) > _UNSEEN

    def now(self, change: F32) -> NeckTone:
        """The same in a light that changes the face's tone by (3,) Lab."""
        return NeckTone(self.before + change, self.after + change)


@dataclass(frozen=True, slots=True, eq=False)
class BodyTone:
    """A person's skin in a scene, (3,) float32 Lab each: of the face, over the jaw, of the neck."""

    face: F32
    jaw: F32
    neck: F32

    def skin(self) -> F32:
        """(3,) Lab: as light as the face, and in hue between face and neck.

        What a face is redder or paler than its neck is the person's own and goes with it; another
        head has to suit the neck.
        """
        off = np.clip(self.neck - self.face, -_MOST_OWN, _MOST_OWN) * [0, 1, 1]
        return (self.face + _NECK_PART * off).astype(np.float32)


def agreement(skin: Skin, head: HeadModel, body: BodyTone) -> tuple[F32, NeckTone]:
    """How far in Lab the drawn jaw is shifted, (3,), and what becomes of the neck's skin."""
    bare = (1 - head.hair) * (head.texture[..., 3] > 242)
    photo = head.skin.mean
    jaw = jaw_tone(head.texture[..., :3], head.uv, bare, photo)
    scene = body.skin()
    gap = seam_gap(photo, jaw, body)
    share = _HEAD_SHARE[skin]
    if skin == "target":
        return gap, NeckTone(body.neck, body.neck)
    after = body.neck + (head_tone(skin, photo, scene) - scene) - (1 - share) * gap
    return (share * gap).astype(np.float32), NeckTone(body.neck, after.astype(np.float32))


def jaw_tone(rgb: U8, landmarks: F32, bare: F32, face_tone: F32) -> F32:
    """(3,) Lab: skin just above the jaw line; the face's own tone where a beard hides it.

    rgb: (h, w, 3) uint8; landmarks: (468+, 2+) in it; bare: (h, w) 0..1, what is skin.
    """
    strip = np.zeros(rgb.shape[:2], np.uint8)
    line = landmarks[_LOW_JAW, :2]
    unit = _unit(landmarks)
    middle = landmarks[list(_MOUTH), :2].mean(axis=0)
    away = middle - line
    inner = line + away * (_STRIP_CM * unit / np.maximum(np.linalg.norm(away, axis=1), 1))[:, None]
    outline = np.vstack([line, inner[::-1]]).round().astype(np.int32)
    cv2.fillPoly(strip, [outline], 1)
    whole = int(strip.sum())
    usable = (strip > 0) & (bare > 0.5)
    found = _tone(rgb, usable, face_tone, _LIKE_FACE, 0.3 * whole)
    return face_tone if found is None else found


def neck_tone(rgb: U8, landmarks: F32, bare: F32, face_tone: F32) -> F32 | None:
    """(3,) Lab: the neck's skin below the jaw; None where none is seen. As for `jaw_tone`."""
    unit = _unit(landmarks)
    low = landmarks[_LOW_JAW, :2]
    chin = float(low[:, 1].max())
    rows = np.arange(rgb.shape[0])[:, None]
    columns = np.arange(rgb.shape[1])[None]
    band = (rows > chin + _NECK_FROM_CM * unit) & (rows < chin + _NECK_TO_CM * unit)
    band = band & (np.abs(columns - low[:, 0].mean()) < _NECK_HALF_CM * unit)
    return _tone(rgb, band & (bare > 0.6), face_tone, _LIKE_NECK, 0)


def _tone(rgb: U8, usable: Bool, usual: F32, like: F32, least: float) -> F32 | None:
    """(3,) Lab: the median of usable pixels that are like the usual tone; None of too few."""
    pixels = rgb[usable]
    if len(pixels) < _LEAST_PX:
        return None
    lab = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    lab = lab[np.abs((lab - usual) / like).max(axis=1) < 1]
    return None if len(lab) < max(least, _LEAST_PX) else np.median(lab, axis=0).astype(np.float32)


def _unit(landmarks: F32) -> float:
    """Pixels in a centimetre, from between the eyes to the chin, 11 cm on the canonical face."""
    eyes = landmarks[[33, 133, 362, 263], :2].mean(axis=0)
    return max(1.0, float(np.linalg.norm(landmarks[152, :2] - eyes)) / CHIN_CM)


def seam_gap(photo: F32, photo_jaw: F32, body: BodyTone) -> F32:
    """(3,) Lab: how far the drawn jaw would be off the neck it meets.

    photo, photo_jaw: (3,) Lab, the photo's skin of face and jaw. A jaw stands off its face's tone
    by so much in the photo and by so much in the scene; of a step between the target's own jaw and
    neck, most of the colour counts as well. Half of a difference in lightness is left to the light,
    which is matched by itself.
    """
    gap = (body.jaw - body.skin()) - (photo_jaw - photo)
    gap[0] *= 0.5
    gap[1:] += 0.7 * (body.neck - body.jaw)[1:]
    gap[1:] *= saturation(body.face)
    return np.clip(gap, -_MOST_SHIFT, _MOST_SHIFT).astype(np.float32)


def led_over(texture: U8, head: HeadModel, shift: F32) -> U8:
    """The texture (h, w, 3 or 4) with its skin shifted in Lab towards the jaw line, not its hair.

    shift: (3,), put on whole at the jaw and fading out above it.
    """
    if np.abs(shift).max() < _UNSEEN / 2:
        return texture
    line = head.uv[_LOW_JAW]
    above = np.zeros(texture.shape[:2], np.uint8)
    cv2.polylines(above, [line.round().astype(np.int32)], False, 1)
    far = cv2.distanceTransform(1 - above, cv2.DIST_L2, 5) / np.float32(head.px_per_cm)
    chin = float(line[:, 1].max())
    y0 = max(0, int(line[:, 1].min() - 2 * _LED_CM * head.px_per_cm))
    y1 = min(len(texture), int(chin + 3 * head.px_per_cm))
    weight = np.exp(-((far[y0:y1] / _LED_CM) ** 2)) * (1 - head.hair[y0:y1])
    part = texture[y0:y1, :, :3].astype(np.float32) / 255
    lab = cv2.cvtColor(part, cv2.COLOR_RGB2LAB)
    # In shade a colour is weaker.
    lit = np.clip(lab[..., :1] / max(float(head.skin.mean[0]), 1.0), 0, 1)
    moved = lab + (weight[..., None] * lit * shift).astype(np.float32)
    result = texture.copy()
    back = cv2.cvtColor(moved, cv2.COLOR_LAB2RGB)
    result[y0:y1, :, :3] = np.clip(back * 255 + 0.5, 0, 255).astype(np.uint8)
    return result


def tone_neck(
    rgb: U8, plate: U8, area: F32, skin: F32, landmarks: F32, scale_px_cm: float, tone: NeckTone
) -> Bool:
    """Tones the neck's skin in frame and plate (h, w, 3) in place; (h, w) where that is.

    area: (h, w) 0..1, where the old head was, and where the plate counts. skin: (h, w) 0..1, skin
    near this frame. landmarks: (478, 3) in the crop.
    """
    toned = np.zeros(area.shape, np.bool_)
    x0, y0, x1, y1 = neck_box(landmarks, scale_px_cm, area.shape)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return toned
    window = np.s_[y0:y1, x0:x1]
    corner = np.array([x0, y0], np.float32)
    weight = _neck_share(
        (rgb[window], plate[window]),
        area[window],
        skin[window],
        landmarks[:, :2] - corner,
        scale_px_cm,
        tone.before,
    )
    curves = _curves(tone)
    for image in (rgb, plate):
        lay_toned(curves, weight, image[window])
    toned[window] = weight > 1 / 255
    return toned


def neck_box(landmarks: F32, scale_px_cm: float, shape: tuple[int, ...]) -> Box:
    """The part of a crop (h, w) in which the neck may be toned; of no size where it is outside."""
    jaw = landmarks[_LOW_JAW, :2]
    middle, chin = float(jaw[:, 0].mean()), float(jaw[:, 1].max())
    aside, soft = ASIDE_CM * scale_px_cm, 2 * _ROUND_CM * scale_px_cm
    top = float(landmarks[list(_MOUTH), 1].mean()) - soft
    corners = np.array([[middle - aside, top], [middle + aside, chin + DOWN_CM * scale_px_cm]])
    corners = np.clip(corners, 0, [shape[1], shape[0]]).round().astype(int)
    return int(corners[0, 0]), int(corners[0, 1]), int(corners[1, 0]), int(corners[1, 1])


def _neck_share(
    pair: tuple[U8, U8], area: F32, skin: F32, xy: F32, scale_px_cm: float, neck: F32
) -> F32:
    """(h, w) 0..1: how much each pixel of frame and plate (h, w, 3) near a neck is its skin.

    xy: (478, 2) landmarks in that part. neck: (3,) Lab.
    """
    height, width = area.shape
    size = work_size((width, height), scale_px_cm)
    ratio = size[0] / width
    emptied, behind = shrunk(pair[0], size).copy(), shrunk(pair[1], size)
    hidden = shrunk(area, size)
    lay(behind, hidden, emptied)
    lab = cv2.cvtColor(emptied.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    away = np.square((lab - neck) / _LIKE)
    far = np.sqrt(cv2.transform(away, np.ones((1, 3), np.float32)))
    like = np.clip(2.0 - far, 0, 1)
    unit = scale_px_cm * ratio
    place = _place(xy * ratio, hidden, size, unit)
    near = shrunk(skin, size)
    near = np.minimum(1, 2 * cv2.GaussianBlur(near, (0, 0), max(0.6, 0.5 * unit)))
    mask = like * place * np.maximum(near, hidden)
    mask = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.5, _ROUND_CM * unit))
    return np.asarray(cv2.resize(mask, (width, height)), np.float32)


def _place(xy: F32, hidden: F32, size_wh: tuple[int, int], unit: float) -> F32:
    """(h, w) 0..1: near the neck, from the mouth's row down, ending softly, also at the edges."""
    jaw = xy[_LOW_JAW]
    middle, chin = float(jaw[:, 0].mean()), float(jaw[:, 1].max())
    mouth = float(xy[list(_MOUTH), 1].mean())
    rows = np.arange(size_wh[1], dtype=np.float32)[:, None]
    columns = np.abs(np.arange(size_wh[0], dtype=np.float32)[None] - middle)
    fade = _FADE_CM * unit
    down = np.clip((chin + DOWN_CM * unit - rows) / fade, 0, 1)
    down = down * np.clip((rows - mouth) / (1.5 * unit), 0, 1)
    aside = np.clip((ASIDE_CM * unit - columns) / fade, 0, 1)
    slim = np.clip((_HIDDEN_HALF_CM * unit - columns) / unit, 0, 1)
    beside = aside + hidden * (np.minimum(aside, slim) - aside)
    return (down * beside).astype(np.float32)


def _curves(tone: NeckTone) -> U8:
    """(256, 3) a curve for each of R, G, B through the two tones that keeps black and white."""
    pair = np.stack([tone.before, tone.after])[None].astype(np.float32)
    rgb = np.clip(cv2.cvtColor(pair, cv2.COLOR_LAB2RGB)[0], 0.02, 0.98)
    power = np.clip(np.log(rgb[1]) / np.log(rgb[0]), _LEAST_POWER, _MOST_POWER)
    steps = np.arange(256, dtype=np.float64) / 255
    return np.round(255 * steps[:, None] ** power).astype(np.uint8)
