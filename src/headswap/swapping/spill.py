"""Takes what a photo's background sheds on the rim of hair out of a cut-out."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from headswap.swapping.cutout import Cutout
from headswap.swapping.matting import fill_smooth

# The rim, from the outline inwards; hair deeper than that tells, over the second, what colour it is
# to have. What is finer than the third is strands.
_RIM_CM, _AROUND_CM, _STRAND_CM = 0.9, 0.4, 0.15
_SOLID, _SURELY_HAIR, _LEAST_HAIR_CM2 = 0.9, 0.8, 2.0
# Lightness, in CIE L, by which a rim may be lighter than the hair beside it: thin hair is.
_LIGHTER_L = 8.0


def without_spill(cutout: Cutout) -> Cutout:
    """The cut-out with the rim of its hair in the hair's own hue, and hardly lighter than it.

    Unmixing takes away what is seen between strands; what shines through and around them stays, as
    a sheen of sky or wall that has no business in another scene.
    """
    unit = cutout.px_per_cm
    depth = cv2.distanceTransform((cutout.alpha > _SOLID).astype(np.uint8), cv2.DIST_L2, 5) / unit
    own = ((cutout.hair > _SURELY_HAIR) & (depth > _RIM_CM)).astype(np.float32)
    if own.sum() < _LEAST_HAIR_CM2 * unit**2:
        return cutout
    lab = cv2.cvtColor(cutout.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    sigma = _AROUND_CM * unit
    share = cv2.GaussianBlur(own, (0, 0), sigma)
    mean = cv2.GaussianBlur(lab * own[..., None], (0, 0), sigma)
    mean /= np.maximum(share, 1e-4)[..., None]
    deep = fill_smooth(mean, np.clip(2 * share, 0, 1))
    rim = np.clip(2 * (1 - depth / _RIM_CM), 0, 1) * cutout.hair
    lightness = cv2.GaussianBlur(lab[..., 0], (0, 0), _STRAND_CM * unit)
    lighter = lightness - deep[..., 0] - _LIGHTER_L
    lab[..., 0] -= rim * np.maximum(lighter, 0)
    lab[..., 1:] += rim[..., None] * (deep - lab)[..., 1:]
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255 + 0.5, 0, 255).astype(np.uint8)
    return replace(cutout, rgb=np.where(rim[..., None] > 0, rgb, cutout.rgb))
