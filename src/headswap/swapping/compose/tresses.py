"""Hair that hangs beside the neck, told by the networks' votes and the colours of this head."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.likeness import colour_cells, how_usual
from headswap.swapping.compose.removal import disc, face_and_ears, skin_and_eyes, work_size
from headswap.vision.mattes import LOBES, Mattes

_CHIN = 152
# No vote outweighs the others by more than this; a network misses strands more often than it
# makes them up.
_MOST, _NO = 3.0, 2.0
_SOFT_CM = 0.25
# A colour so much more usual in clothes decides alone.
_UNLIKE, _DECIDED = 1.5, 12.0
# So many pixels tell a colour; how sure they are of their kind, in votes and in planes.
_LEAST_SAMPLE = 40
_SURE_HAIR, _NO_HAIR, _OWN, _SKIN, _CLOTHES = 2.5, -3.5, 0.5, 0.6, 0.8
_INNER_CM = 0.6
# Skin differs in its tint by so many times the usual difference from the middle one.
_TINTS = 3.0
# What is so far (Lab a, b) from it is clothes, whatever a network says.
_CLOTH_AB = 27.0
_NO_SKIN = 0.1
_PERSON, _SEEN = 0.3, 0.3
# Hair hangs no further to the side and down than this, and begins so near to hair that is sure.
_ASIDE_CM, _DOWN_CM = 18.0, 34.0
_TOUCH_CM, _GAP_CM = 0.5, 1.0
# Hair that so much of hangs so far below the lobes is long; of other hair the second network must
# see such a share.
_LONG_CM, _LONG_CM2, _CONSENT = 3.0, 6.0, 0.35
# A colour's share in clothes below which it is none of theirs; how much a network is to see then,
# and what that counts.
_FOREIGN, _HALF, _STRAY = 2e-4, 0.25, 0.7
# A network that sees less than such a share of the hair on top does not know this head's hair: of
# heads of so many px a cm, more than which none has here.
_BLIND = ((3.0, 6.0), (0.65, 0.25))
# Smaller spots are noise.
_LEAST_CM2 = 0.6


def hair_hangs(hair: F32, landmarks: F32, scale_px_cm: float) -> bool:
    """Whether a network sees hair (h, w) below the lobes of a face (478, 3)."""
    lobes = max(0, round(float(landmarks[LOBES, 1].mean())))
    return int((hair[lobes:] > _SEEN).sum()) > _LEAST_CM2 * scale_px_cm**2


def hair_votes(
    rgb: U8,
    mattes: Mattes,
    networks: tuple[F32, ...],
    own: F32,
    landmarks: F32,
    scale_px_cm: float,
) -> F32:
    """(h', w') float32 at working size: above 0 where the head's hair is, below 0 where it is not.

    rgb: (h, w, 3) uint8. networks: (h, w) 0..1 each, what the finer network takes for hair, what
    the second does, and closer looks, if any. own: (h, w) the hair that is known to be the head's.
    landmarks: (478, 3) px. Above the lobes that is all. A small head's strands on a collar are seen
    by one network and not by the other, or are taken for clothes: there networks and colours vote
    alike, as logarithms of odds. A colour's vote is how much more usual it is in this hair than in
    this skin and these clothes.
    """
    height, width = own.shape
    size = work_size((width, height), scale_px_cm)
    ratio = size[0] / width
    points, unit = landmarks * np.float32(ratio), scale_px_cm * ratio

    def small(plane: F32) -> F32:
        return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)

    known = small(own)
    votes = _log_odds(known, _NO)
    lobes = float(points[LOBES, 1].mean())
    low = np.arange(size[1])[:, None] > lobes
    seen = [vote for vote in networks if hair_hangs(vote, landmarks, scale_px_cm)]
    if not seen or not low.any():
        return votes
    first, second, *closer = (small(vote) for vote in networks)
    blind = _is_blind(first, second, (known > _OWN) & ~low, unit)
    told_by = [first, *closer] if blind else [first, second, *closer]
    odds = np.sum([_log_odds(vote, _NO) for vote in told_by], axis=0)
    skin, clothes = small(mattes.skin), small(mattes.clothes)
    picture = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    sure = (odds > _SURE_HAIR) & (known > _OWN) & ~low
    if sure.sum() < _LEAST_SAMPLE:
        return votes
    face = cv2.erode(skin_and_eyes(points, odds.shape), disc(_INNER_CM * unit)) > 0
    bare = _one_tint(picture, face & (skin > _SKIN) & (odds < 0))
    chin = np.arange(size[1])[:, None] > points[_CHIN, 1]
    dressed = (clothes > _CLOTHES) | (_other_tint(picture, bare) & (small(mattes.person) > _OWN))
    dressed &= (odds < _NO_HAIR) & chin
    if dressed.sum() < _LEAST_SAMPLE:
        # No clothes are known: what is below the chin and no skin is hair and clothes together.
        dressed = (small(mattes.person) > _OWN) & (skin < _SKIN) & chin
    far_down = np.arange(size[1])[:, None] > lobes + _LONG_CM * unit
    long = _is_long((known > _OWN) & far_down, unit)
    # The second network tells skin and clothes as well: what it takes hair for says nothing then.
    nothing = np.full_like(skin, 0.5)
    planes = (nothing, nothing) if blind else (skin, clothes)
    colours, foreign = _votes_of_colours(picture, (sure, bare, dressed), planes, long, unit)
    told = odds + colours
    if long:
        # What clothes have no such colour of and a network half takes for it is hair all the same.
        half = np.maximum.reduce([small(vote) for vote in networks]) > _HALF
        told[foreign & half] = np.maximum(told[foreign & half], _STRAY)
    near = low & (small(mattes.person) > _PERSON) & _reach(points, unit, odds.shape)
    voted = near & (told > 0)
    if blind:
        # A dark shirt is no hair of a head whose own ends above it.
        grown = _hanging(voted, cv2.dilate(sure.astype(np.uint8), disc(_GAP_CM * unit)) > 0, unit)
        if not _is_long(grown & far_down, unit):
            told[voted & ~grown] = 0
    elif not long:
        # On short hair a collar of fur is what one network sees more of, at any distance.
        told[voted & ~_consented(voted, second)] = 0
    return np.where(near, np.maximum(votes, told), votes).astype(np.float32)


def with_known(votes: F32, known: F32) -> F32:
    """The votes (h', w') with those of what is known to be the head's, (h, w) 0..1."""
    small = cv2.resize(known, votes.shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.maximum(votes, _log_odds(np.asarray(small, np.float32), _NO))


def hanging_hair(votes: F32, own: F32, landmarks: F32, scale_px_cm: float) -> F32:
    """(h, w) float32 0..1: the head's hair, and what was voted hair and hangs together with it.

    votes: see `hair_votes`. own: (h, w) 0..1, what is known. landmarks: (478, 3) px and
    scale_px_cm: px per cm at that size.
    """
    ratio = votes.shape[1] / own.shape[1]
    unit = scale_px_cm * ratio
    known = cv2.resize(own, votes.shape[1::-1], interpolation=cv2.INTER_AREA) > _OWN
    # A strand may come out from behind an ear.
    known |= face_and_ears(landmarks * np.float32(ratio), votes.shape) > 0
    more = np.where(_hanging(votes > 0, known, unit), 1 / (1 + np.exp(-votes)), 0)
    wide = cv2.resize(more.astype(np.float32), own.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.maximum(own, np.asarray(wide, np.float32))


def _is_long(low: Bool, unit: float) -> bool:
    """Whether hair (h, w) well below the lobes is enough to call all of it long."""
    return bool(low.sum() >= _LONG_CM2 * unit**2)


def _is_blind(first: F32, second: F32, head: Bool, unit: float) -> bool:
    """Whether a second network does not see the hair on a head (h, w) that the first is sure of."""
    sure = head & (first > _CLOTHES)
    enough = sure.sum() >= _LEAST_SAMPLE
    return bool(enough and second[sure].mean() < np.interp(unit, *_BLIND))


def _votes_of_colours(
    rgb: U8, kinds: tuple[Bool, Bool, Bool], planes: tuple[F32, F32], long: bool, unit: float
) -> tuple[F32, Bool]:
    """(h, w) what colours say for hair, less what the planes of skin and clothes say against it,
    and where a colour is none of these clothes and not rather skin's.

    kinds: (h, w) each, where hair, skin and clothes are sure. A plane whose place has the hair's
    colour and not that of its own kind says the less.
    """
    cells = colour_cells(rgb)
    likely = [how_usual(cells, kind, _SOFT_CM * unit) for kind in kinds]
    told = np.full(cells.shape, _MOST, np.float32)
    against = np.full(cells.shape, -_MOST, np.float32)
    for k, (own, plane) in enumerate(zip(likely[1:], planes, strict=True)):
        ratio = np.clip(np.log(likely[0] / own), -_MOST, _MOST)
        if long and k == 0:
            # Strands in the light have a shaded face's colours; where no skin is that says nothing.
            ratio = np.where(plane < _NO_SKIN, np.maximum(ratio, 0), ratio)
        vote = _log_odds(plane)
        vote = np.where(vote > 0, vote * np.clip(1 - ratio / _MOST, 0, 1), vote)
        told, against = np.minimum(told, ratio), np.maximum(against, vote)
    # A colour of clothes that this hair has not is none of hair, whatever networks take it for.
    unlike = np.log(likely[0] / likely[2]) < -_UNLIKE
    foreign = (likely[2] < _FOREIGN) & ((likely[0] > likely[1]) | (planes[0] < _NO_SKIN))
    return np.where(unlike, -_DECIDED, told - against).astype(np.float32), foreign


def _consented(voted: Bool, second: F32) -> Bool:
    """(h, w) what of the voted places hangs together with enough of a second network's hair."""
    count, labels = cv2.connectedComponents(voted.astype(np.uint8))
    size = np.bincount(labels.ravel(), minlength=count)
    share = np.bincount(labels.ravel(), second.ravel(), minlength=count) / np.maximum(size, 1)
    share[0] = 0
    return np.asarray((share > _CONSENT)[labels.astype(np.intp)], np.bool_)


def _one_tint(rgb: U8, face: Bool) -> Bool:
    """The mask (h, w) of a face without what is not of its skin's tint: eyes, brows, strands."""
    if not face.any():
        return face
    tint = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[..., 1:].astype(np.float32)
    off = np.abs(tint - np.median(tint[face], axis=0))
    return face & (off < _TINTS * np.maximum(np.median(off[face], axis=0), 1)).all(axis=2)


def _other_tint(rgb: U8, bare: Bool) -> Bool:
    """(h, w) what no skin is, by its tint, though a network takes a plain garment for skin."""
    if not bare.any():
        return bare
    tint = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[..., 1:].astype(np.float32)
    away = tint - np.median(tint[bare], axis=0)
    return np.hypot(away[..., 0], away[..., 1]) > _CLOTH_AB


def _log_odds(share: F32, against: float = _MOST) -> F32:
    """The logarithm of the odds of a share 0..1, at most `_MOST` for, and so much against it."""
    sure = np.clip(share, 1 / (1 + np.exp(against)), 1 / (1 + np.exp(-_MOST)))
    return np.asarray(np.log(sure / (1 - sure)), np.float32)


def _reach(points: F32, unit: float, shape: tuple[int, ...]) -> Bool:
    """(h, w) where hair of this head may hang."""
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])[None]
    x, y = points[_CHIN, :2]
    return (np.abs(columns - x) < _ASIDE_CM * unit) & (rows < y + _DOWN_CM * unit)


def _hanging(voted: Bool, head: Bool, unit: float) -> Bool:
    """(h, w) what of the voted hair hangs together with a head and is more than a spot."""
    near = cv2.dilate(head.astype(np.uint8), disc(_TOUCH_CM * unit)) > 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(voted.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] > _LEAST_CM2 * unit**2
    mine = np.unique(labels[near & voted]).astype(np.intp)
    return np.isin(labels, mine[large[mine]])
