"""What covers a body: skin or clothes, as far as it is seen, and which of both where it is not."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, Bool
from headswap.swapping.compose.body_cue import neck_of
from headswap.swapping.compose.body_neck import LOW_JAW
from headswap.swapping.compose.likeness import colour_cells, how_usual
from headswap.swapping.compose.removal import disc
from headswap.swapping.matting import fill_smooth
from headswap.vision.mattes import Mattes

# Cheeks, forehead and chin: what of a face is as a neck is.
_CHEEKS = [50, 205, 280, 425, 151, 108, 337, 199, 32, 262]
# Colour (Lab a, b) this far from face and neck is not surely this person's skin; so far from both
# it is none, whatever a network says; and so far from the face not even under the chin.
_SKIN_AB, _CLOTH_AB, _OTHER_AB = 18.0, 27.0, 40.0
# Where under the chin a neck is looked at, and how far aside.
_THROAT_CM, _THROAT_HALF_CM = 3.0, 3.0
# Nearer to hair than this, what is about as the hair (Lab) is a strand that no matte knows.
_HAIR, _SURELY, _STRAND_CM, _STRAND_LAB = 0.12, 0.8, 1.5, 20.0
# And so near there is some of the hair in every pixel.
_RIM_CM = 0.3
# So far on the way to the hair's colour it is tinted, if the two colours (RGB, squared) differ.
_TINT, _NEAR_HAIR = 0.2, 2500.0
# Further from the neck than this one sees whether shoulders are dressed.
_COLLAR_CM = 4.0
# What the other side shows counts like what is seen this much further away.
_MIRRORED_CM = 3.0
_LEAST_SKIN = 30
# So near to the face light may be the jaw's; lighter than the neck below by this much (of 255) it
# tells nothing of the neck.
_JAW_LIGHT_CM, _LIGHTER, _LIGHTER_BY, _LEAST_TOLD = 1.5, 30.0, 24.0, 0.02
_SHADE = 0.8
_SPECK_CM, _PIECE_CM2 = 0.4, 1.5
# Colours of clothes that are so much rarer than most are not continued.
_RARELY = 0.25
# What is usual is told on a picture this much smaller.
_COARSE = 4
_NOWHERE = 1e3


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """What is seen to be skin and clothes of a body: (h, w) bool; in doubt a pixel is neither.

    like_skin: (h, w) bool, what may be skin by matte and colour. by_hair: (h, w) bool, where
    strands may lie that no matte knows. cheeks: (3,) the face's colour; hair: (3,) the hair's, if
    any is sure.
    """

    skin: Bool
    clothes: Bool
    like_skin: Bool
    by_hair: Bool
    cheeks: F32
    hair: F32 | None


def seen_cover(rgb: F32, mattes: Mattes, seen: Bool, landmarks: F32, unit: float) -> Cover:
    """What is seen of a body (h, w), parted by the networks' planes and by colour.

    rgb: (h, w, 3) float32 0..255. A network may take a plain garment for skin; nobody's skin is of
    quite another hue than their face and throat. unit: px per cm.
    """
    cheeks = cheek_colour(rgb, landmarks)
    lab = np.asarray(cv2.cvtColor(rgb / np.float32(255), cv2.COLOR_RGB2LAB), np.float32)
    off = _off(lab, cheeks)
    throat = _throat(rgb, seen & (mattes.skin > 0.4) & (off < _OTHER_AB), landmarks, unit)
    if throat is not None:
        off = np.minimum(off, _off(lab, throat))
    like_skin = (mattes.skin > 0.4) & (off < _CLOTH_AB)
    inner = cv2.erode(seen.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    skin = inner & like_skin & (mattes.skin > mattes.clothes) & (off < _SKIN_AB)
    away = from_mask(mattes.hair > _HAIR)
    by_hair = away < _STRAND_CM * unit
    strands = (by_hair & _like_hair(lab, mattes)) | (away < _RIM_CM * unit)
    clothes = seen & ~like_skin & ~strands
    surely = rgb[mattes.hair > _SURELY]
    hair = None if len(surely) < _LEAST_SKIN else np.median(surely, axis=0).astype(np.float32)
    skin = _in_pieces(skin & ~strands, unit)
    return Cover(skin, solid(clothes, unit), like_skin, by_hair, cheeks, hair)


def solid(mask: Bool, unit: float) -> Bool:
    """(h, w) a mask without its specks and thin parts, which are edges of hair."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc(_SPECK_CM * unit)) > 0


def _in_pieces(skin: Bool, unit: float) -> Bool:
    """(h, w) skin without lines and specks of its colour, which are the sides of strands."""
    wide = cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(wide)
    large = stats[:, cv2.CC_STAT_AREA] > _PIECE_CM2 * unit**2
    large[0] = False
    return np.take(large, labels.astype(np.intp))


def skin_px(cover: Cover, seen: Bool, neck: Bool, unit: float) -> F32:
    """(h, w) px: how far from where skin and clothes meet, below 0 on the side of the clothes.

    neck: (h, w) neck and chest. Both halves of a body are dressed alike: what one side shows tells
    of the other where that is hidden.
    """
    skin, clothes = cover.skin, cover.clothes
    if not neck.any():
        return _nearer(skin, clothes, None, seen, unit)
    # A hidden shoulder is dressed like the shoulder that is seen, not like the neck. Strands would
    # cut a strap short, so all of it is looked at from where there are none.
    beside = cv2.dilate(neck.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    beside &= ~cover.by_hair
    away = from_mask(neck)
    far = away > _COLLAR_CM * unit
    dressed = (clothes & far).sum() > (skin & far).sum()
    middle = float(np.nonzero(neck)[1].mean())
    inside = _nearer(skin, clothes, middle, seen, unit)
    outside = _nearer(skin & beside, clothes & beside, middle, seen, unit)
    outer = np.where(neck, inside, outside)
    if dressed:
        # However wide the neckline that is seen, it ends somewhere under the hair.
        outer -= 2 * np.maximum(away - 0.5 * _COLLAR_CM * unit, 0)
    return outer.astype(np.float32)


def throat_colour(rgb: F32, cover: Cover, neck: Bool, unit: float) -> F32:
    """(3,) the neck's colour: what is seen of it, and a face's in the shade for what is not."""
    around = np.ones((2 * round(_COLLAR_CM * unit) + 1,) * 2, np.uint8)
    near = cover.skin & (cv2.dilate(neck.astype(np.uint8), around) > 0)
    shaded = _SHADE * cover.cheeks
    if near.sum() < _LEAST_SKIN:
        return shaded.astype(np.float32)
    # A few square centimetres say what the neck is like.
    share = near.sum() / (near.sum() + unit**2)
    return (shaded + share * (np.median(rgb[near], axis=0) - shaded)).astype(np.float32)


def filled_cover(
    rgb: F32, cover: Cover, deep: Bool, is_skin: F32, face: Bool, flesh: F32, unit: float
) -> F32:
    """Colours (h, w, 3) of skin and clothes, each continued by itself into what was hidden.

    deep: (h, w) well below the outline; a matte's rim holds background, which would tint all that
    grows of it. is_skin: (h, w) 0..1. face: (h, w) the old one. flesh: (3,) see `throat_colour`.
    """
    typical = _typical(rgb, cover.skin, face, unit)
    skins = _skins(rgb, cover.skin, typical, flesh, unit)
    clothes = cover.clothes & deep
    clothes &= ~_tinted(rgb, cover, clothes)
    pure = cv2.erode(clothes.astype(np.uint8), np.ones((3, 3), np.uint8))
    most = _as_most(rgb, pure > 0)
    pure[~most] = 0
    if pure.sum() < _LEAST_SKIN:
        mixed = skins
    else:
        dress = fill_smooth(rgb, pure.astype(np.float32))
        mixed = dress + is_skin[..., None] * (skins - dress)
    # What is seen stays as it is, whatever was thought of what lies beside it, but for glints, and
    # what beside hair may be strands.
    known = np.where(clothes & (most | ~cover.by_hair), 1, typical)[..., None]
    return np.asarray(mixed + known * (rgb - mixed), np.float32)


def _as_most(rgb: F32, clothes: Bool) -> Bool:
    """(h, w) where a colour is not rare among those of clothes, as a strap's or a print's is.

    Beside what is hidden it would grow into a patch.
    """
    if not clothes.any():
        return clothes
    usual = how_usual(colour_cells(rgb.astype(np.uint8)), clothes, 0)
    return usual > _RARELY * np.median(usual[clothes])


def _tinted(rgb: F32, cover: Cover, clothes: Bool) -> Bool:
    """(h, w) what of clothes near hair is of a colour towards the hair's, which would be smeared.

    Thin strands and their shade no matte knows.
    """
    beyond, near = clothes & ~cover.by_hair, clothes & cover.by_hair
    if cover.hair is None or beyond.sum() < _LEAST_SKIN or not near.any():
        return np.zeros(clothes.shape, np.bool_)
    x, y, width, height = cv2.boundingRect(near.astype(np.uint8))
    part = np.s_[y : y + height, x : x + width]
    usual = _usual(rgb, beyond)[part]
    towards = cover.hair - usual
    share = ((rgb[part] - usual) * towards).sum(axis=2)
    near[part] &= share > _TINT * np.maximum((towards**2).sum(axis=2), _NEAR_HAIR)
    return near


def _skins(rgb: F32, skin: Bool, typical: F32, flesh: F32, unit: float) -> F32:
    """Skin as it is seen, and further away from that as the neck is at all times."""
    skins = np.broadcast_to(flesh, rgb.shape).astype(np.float32)
    if skin.sum() < _LEAST_SKIN:
        return skins
    share = np.exp(-from_mask(skin) / (_COLLAR_CM * unit))[..., None]
    found = fill_smooth(rgb, typical)
    return np.asarray(skins + share * (found - skins), np.float32)


def _typical(rgb: F32, skin: Bool, face: Bool, unit: float) -> F32:
    """(h, w) 0..1: how much what is seen of skin tells of what is not seen beside it.

    face: (h, w) the old face. The light on the edge of its jaw, which no neck below has, would
    grow into a patch.
    """
    near = cv2.dilate(face.astype(np.uint8), disc(_JAW_LIGHT_CM * unit)) > 0
    below = skin & ~near
    if below.sum() < _LEAST_SKIN:
        return skin.astype(np.float32)
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    usual = cv2.cvtColor(_usual(rgb, below), cv2.COLOR_RGB2GRAY)
    over = np.maximum(luma - usual - _LIGHTER, 0) / _LIGHTER_BY
    share = np.where(near, np.maximum(np.exp(-(over**2)), _LEAST_TOLD), 1)
    return np.where(skin, share, 0).astype(np.float32)


def _usual(rgb: F32, where: Bool) -> F32:
    """(h, w, 3) the colours of a picture where, and their continuation, without detail."""
    size = tuple(max(2, -(-side // _COARSE)) for side in where.shape[1::-1])
    share = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(rgb * where[..., None], size, interpolation=cv2.INTER_AREA)
    mean /= np.maximum(share, 1e-3)[..., None]
    filled = fill_smooth(np.asarray(mean, np.float32), np.ceil(share - 0.1))
    even = cv2.GaussianBlur(filled, (0, 0), 1.5)
    return np.asarray(cv2.resize(even, where.shape[1::-1]), np.float32)


def cheek_colour(rgb: F32, landmarks: F32) -> F32:
    """(3,) the median colour of the cheeks."""
    height, width = rgb.shape[:2]
    last = [width - 1, height - 1]
    places = landmarks[_CHEEKS, :2]
    inside = ((places >= 0) & (places <= last)).all(axis=1)
    columns, rows = np.clip(places[inside if inside.any() else ...], 0, last).astype(int).T
    return np.median(cv2.blur(rgb, (3, 3))[rows, columns], axis=0).astype(np.float32)


def _throat(rgb: F32, skin: Bool, landmarks: F32, unit: float) -> F32 | None:
    """(3,) the median colour of what is seen right under the chin, None of too little."""
    chin = float(landmarks[LOW_JAW, 1].max())
    rows = np.arange(len(rgb))[:, None]
    columns = np.arange(rgb.shape[1])[None]
    place = (rows > chin) & (rows < chin + _THROAT_CM * unit)
    place = place & (np.abs(columns - neck_of(landmarks)[0]) < _THROAT_HALF_CM * unit)
    pixels = rgb[skin & place]
    return None if len(pixels) < _LEAST_SKIN else np.median(pixels, axis=0).astype(np.float32)


def _off(lab: F32, colour: F32) -> F32:
    """(h, w) how far in a and b a picture in Lab is from a colour (3,) RGB."""
    own = cv2.cvtColor(colour[None, None] / np.float32(255), cv2.COLOR_RGB2LAB)[0, 0]
    return np.hypot(lab[..., 1] - own[1], lab[..., 2] - own[2]).astype(np.float32)


def _like_hair(lab: F32, mattes: Mattes) -> Bool:
    """(h, w) what looks like the hair that is surely hair."""
    sure = mattes.hair > _SURELY
    if sure.sum() < _LEAST_SKIN:
        return np.zeros(sure.shape, np.bool_)
    return np.linalg.norm(lab - np.median(lab[sure], axis=0), axis=2) < _STRAND_LAB


def from_mask(mask: Bool) -> F32:
    """(h, w) px from the nearest pixel of a mask; far away where it has none."""
    if not mask.any():
        return np.full(mask.shape, _NOWHERE, np.float32)
    apart = (~mask).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(apart, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def _nearer(skin: Bool, clothes: Bool, middle: float | None, seen: Bool, unit: float) -> F32:
    """(h, w) px: how far inside what belongs to the next skin, below 0 to the next clothes.

    Mirrored ones count too. Where what is seen of both ends in one line, this is the distance from
    the line that goes on at right angles to it, however far.
    """
    away: list[F32] = []
    for mask in (clothes, skin):
        direct = from_mask(mask)
        if middle is not None:
            other = from_mask(_mirrored(mask, middle) & ~seen) + _MIRRORED_CM * unit
            direct = np.minimum(direct, other)
        away.append(direct)
    gap = away[0] ** 2 - away[1] ** 2
    return np.asarray(np.copysign(np.sqrt(np.abs(gap)), gap), np.float32)


def _mirrored(mask: Bool, middle: float) -> Bool:
    """(h, w) a mask turned over about a column, nothing where that lies outside."""
    width = mask.shape[1]
    from_column = np.round(2 * middle - np.arange(width)).astype(np.intp)
    inside = (from_column >= 0) & (from_column < width)
    return mask[:, np.clip(from_column, 0, width - 1)] & inside[None]
