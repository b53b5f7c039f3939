"""A small visible label in the picture's upper left corner, the same on every frame."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from headswap.arrays import U8, Bool
from headswap.errors import LabelUnusable
from headswap.media import Frame

MAX_LENGTH = 80
# Of the picture's short side: the letters' height, and how far the label stays from the edges.
_FONT_SHARE, _EDGE_SHARE = 0.034, 0.022
_MIN_FONT_PX = 12
# Of the letters' height: what is left around them.
_PAD_X, _PAD_Y, _LINE = 0.55, 0.34, 1.35
# The label takes no more of the picture's width than this; longer ones go on in further lines.
_MAX_WIDTH_SHARE = 0.8
_WEIGHT = 600
# How much the picture is darkened below white letters: they can then be read on anything.
_SHADE = 0.62


def check_label(text: str) -> str:
    """`text` without blanks around it, if it can be drawn; empty for no label.

    Raises:
        LabelUnusable: it is too long, has several lines, or letters that the font lacks.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise LabelUnusable(
            f"the label has {len(text)} characters; at most {MAX_LENGTH} are drawn, shorten it"
        )
    bad = sorted({letter for letter in text if not _drawable(letter)})
    if bad:
        names = ", ".join(f"{letter!r}" for letter in bad[:5])
        raise LabelUnusable(
            f"the label {text!r} has characters that cannot be drawn: {names}; Latin, Greek, "
            "Cyrillic, Chinese, Japanese and Korean ones can"
        )
    return text


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A label drawn once for pictures of one size.

    box: x0, y0, x1, y1 on even pixels. changed: (h, w) where it is drawn. kept, letters: (h, w, 3)
    uint8, how much of the picture is left there, and what is added to it.
    """

    box: tuple[int, int, int, int]
    changed: Bool
    kept: U8
    letters: U8

    @classmethod
    def of(cls, text: str, size_wh: tuple[int, int]) -> Label:
        """The label for pictures of a size. Raises LabelUnusable as `check_label`, or if empty."""
        text = check_label(text)
        if not text:
            raise LabelUnusable("the label is empty; leave it out for none")
        short = min(size_wh)
        font_px = max(_MIN_FONT_PX, round(_FONT_SHARE * short))
        edge = round(_EDGE_SHARE * short)
        lines = _lines(text, font_px, round(_MAX_WIDTH_SHARE * size_wh[0]))
        pad_x, pad_y = round(_PAD_X * font_px), round(_PAD_Y * font_px)
        width = max(_width(line, font_px) for line in lines) + 2 * pad_x
        height = round(font_px * (1 + _LINE * (len(lines) - 1))) + 2 * pad_y
        x0, y0 = edge // 2 * 2, edge // 2 * 2
        x1, y1 = _even(x0 + width, size_wh[0]), _even(y0 + height, size_wh[1])
        canvas = np.zeros((y1 - y0, x1 - x0, 3), np.uint8)
        for number, line in enumerate(lines):
            # The letters stand on a line at 0.86 of their height; below hang those of g and y.
            base = pad_y + round(font_px * (0.86 + _LINE * number))
            cv2.putText(canvas, line, (pad_x, base), (255, 255, 255), _font(), font_px, _WEIGHT)
        panel = _panel(canvas.shape, font_px)
        dark = 255 - _SHADE * panel[..., None].astype(np.float32)
        kept = np.round(dark * (255 - canvas) / 255).astype(np.uint8)
        return cls((x0, y0, x1, y1), panel > 0, kept, canvas)

    def put(self, frame: Frame) -> Frame:
        """The frame with the label; nothing outside its box changes."""
        left = cv2.multiply(frame.rgb(self.box), self.kept, scale=1 / 255)
        drawn = np.asarray(cv2.add(left, self.letters), np.uint8)
        return frame.with_rgb(self.box, drawn, self.changed)


def _panel(shape: tuple[int, ...], font_px: int) -> U8:
    """(h, w) uint8: 255 in a box with round corners."""
    height, width = shape[:2]
    # Drawn larger and made smaller, for smooth corners.
    fine, radius = 4, font_px * 4 // 3
    panel = np.zeros((height * fine, width * fine), np.uint8)
    right, bottom = width * fine - 1, height * fine - 1
    cv2.rectangle(panel, (radius, 0), (right - radius, bottom), 255, -1)
    cv2.rectangle(panel, (0, radius), (right, bottom - radius), 255, -1)
    for x in (radius, right - radius):
        for y in (radius, bottom - radius):
            cv2.circle(panel, (x, y), radius, 255, -1)
    return np.asarray(cv2.resize(panel, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _lines(text: str, font_px: int, width_px: int) -> list[str]:
    """The text in lines of at most `width_px`, parted between words where that is possible."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer, font_px) <= width_px:
            lines[-1] = longer
            continue
        lines = [line for line in lines if line] + [""]
        for letter in word:
            if lines[-1] and _width(lines[-1] + letter, font_px) > width_px:
                lines.append("")
            lines[-1] += letter
    return lines


def _width(text: str, font_px: int) -> int:
    # The font's own measure: left, top, width, height.
    box = cv2.getTextSize((0, 0), text, (0, 0), _font(), font_px, _WEIGHT)
    return int(box[0] + box[2])


def _even(end: int, limit: int) -> int:
    return limit if end >= limit else min(limit, end + end % 2)


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


@cache
def _unknown() -> bytes:
    return _glyph("?")


def _glyph(letter: str) -> bytes:
    canvas = np.zeros((48, 96, 3), np.uint8)
    cv2.putText(canvas, letter, (8, 36), (255, 255, 255), _font(), 24, _WEIGHT)
    return canvas.tobytes()


def _drawable(letter: str) -> bool:
    """Whether the font has it, and draws it as it is written: from left to right, one by one."""
    if letter in {" ", "?"}:
        return True
    # Marks (M), controls and the like (C), other separators (Z); scripts from right to left.
    if unicodedata.category(letter)[0] in "MCZ" or unicodedata.bidirectional(letter) in {"R", "AL"}:
        return False
    return _glyph(letter) != _unknown()
