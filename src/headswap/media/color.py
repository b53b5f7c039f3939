"""Colour tags of a video and the exact linear maps between its Y'CbCr samples and RGB."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from headswap.arrays import F32

RANGES = {0: "unknown", 1: "tv", 2: "pc"}
MATRICES = {
    0: "gbr",
    1: "bt709",
    2: "unknown",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    11: "smpte2085",
    12: "chroma-derived-nc",
    13: "chroma-derived-c",
    14: "ictcp",
}
PRIMARIES = {
    1: "bt709",
    2: "unknown",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
TRANSFERS = {
    1: "bt709",
    2: "unknown",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}

# ITU-T H.273 table 4: the weights of red and blue in luma.
_LUMA_WEIGHTS = {
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
}
# The constant-luminance forms are not linear; their non-constant twin is the usual stand-in.
_STAND_IN = {
    "bt2020c": "bt2020nc",
    "chroma-derived-nc": "bt709",
    "chroma-derived-c": "bt709",
}


@dataclass(frozen=True, slots=True)
class ColorTags:
    """The four colour tags as ffmpeg names them; a code without a name is its number as text."""

    range: str
    matrix: str
    primaries: str
    transfer: str

    @classmethod
    def from_codes(cls, range_: int, matrix: int, primaries: int, transfer: int) -> ColorTags:
        """The tags for the numbers of ITU-T H.273 (range: 0 unknown, 1 limited, 2 full)."""
        return cls(
            RANGES.get(range_, str(range_)),
            MATRICES.get(matrix, str(matrix)),
            PRIMARIES.get(primaries, str(primaries)),
            TRANSFERS.get(transfer, str(transfer)),
        )

    def codes(self) -> tuple[int, int, int, int]:
        """The numbers (range, matrix, primaries, transfer) that `from_codes` took."""
        return (
            _code(RANGES, self.range),
            _code(MATRICES, self.matrix),
            _code(PRIMARIES, self.primaries),
            _code(TRANSFERS, self.transfer),
        )


def _code(names: dict[int, str], name: str) -> int:
    return (
        next((code for code, known in names.items() if known == name), -1)
        if not (name.isdigit())
        else int(name)
    )


def effective_matrix(tag: str, size_wh: tuple[int, int]) -> str | None:
    """The matrix to compute with, or None where the tag names one that is not linear.

    An untagged video is BT.709 when its short side has 720 or more pixels and BT.601 otherwise,
    the convention players follow; so is one tagged RGB, whose pixels are converted when read.
    """
    if tag in {"unknown", "gbr"}:
        return "bt709" if min(size_wh) >= 720 else "smpte170m"
    tag = _STAND_IN.get(tag, tag)
    return tag if tag == "ycgco" or tag in _LUMA_WEIGHTS else None


def _rows(matrix: str) -> np.ndarray:
    if matrix == "ycgco":
        return np.array([[0.25, 0.5, 0.25], [-0.25, 0.5, -0.25], [0.5, 0.0, -0.5]])
    red, blue = _LUMA_WEIGHTS[matrix]
    luma = np.array([red, 1 - red - blue, blue])
    cb = (np.array([0.0, 0.0, 1.0]) - luma) / (2 * (1 - blue))
    cr = (np.array([1.0, 0.0, 0.0]) - luma) / (2 * (1 - red))
    return np.stack([luma, cb, cr])


@lru_cache(maxsize=32)
def yuv_from_rgb(matrix: str, full_range: bool) -> F32:
    """(3, 4) float32: 8-bit Y, Cb, Cr = M @ (R, G, B, 1), from ITU-T H.273 section 8.3."""
    scale, black = ((255, 255, 255), 0) if full_range else ((219, 224, 224), 16)
    linear = _rows(matrix) * (np.array(scale) / 255)[:, None]
    return np.column_stack([linear, [black, 128, 128]]).astype(np.float32)


@lru_cache(maxsize=32)
def rgb_from_yuv(matrix: str, full_range: bool) -> F32:
    """(3, 4) float32: 8-bit R, G, B = M @ (Y, Cb, Cr, 1), the inverse of `yuv_from_rgb`."""
    forward = yuv_from_rgb(matrix, full_range).astype(np.float64)
    inverse = np.linalg.inv(forward[:, :3])
    return np.column_stack([inverse, -inverse @ forward[:, 3]]).astype(np.float32)
