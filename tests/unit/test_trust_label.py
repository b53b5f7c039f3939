"""The visible label: legible at every size and on every ground, and nothing else is touched."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import U8
from headswap.errors import LabelUnusable
from headswap.media import Frame
from headswap.trust.label import MAX_LENGTH, Label, check_label

SIZES = [(854, 480), (480, 854), (1280, 720), (1920, 1080), (3840, 2160)]
TEXT = "Made with AI"


def ground(size_wh: tuple[int, int], level: int) -> Frame:
    width, height = size_wh
    return Frame.from_rgb(0, 0, np.full((height, width, 3), level, np.uint8))


def shown(label: Label, frame: Frame) -> U8:
    return label.put(frame).rgb(label.box)


def luminance(rgb: U8) -> np.floating:
    """Relative luminance of grey pixels (WCAG 2)."""
    share = rgb.mean() / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("level", [0, 128, 255])
def test_letters_stand_out_from_what_is_around_them(size: tuple[int, int], level: int) -> None:
    label = Label.of(TEXT, size)
    drawn, letters = shown(label, ground(size, level)), label.letters[..., 0]
    light, dark = drawn[letters > 250], drawn[(letters == 0) & (label.kept[..., 0] < 120)]
    assert len(light) > 50
    # 4.5 is what the Web Content Accessibility Guidelines ask of small text.
    assert (luminance(light) + 0.05) / (luminance(dark) + 0.05) > 4.5


@pytest.mark.parametrize("size", SIZES)
def test_the_label_is_small_in_a_corner_and_grows_with_the_picture(size: tuple[int, int]) -> None:
    x0, y0, x1, y1 = Label.of(TEXT, size).box
    width, height = size
    assert 0 < x0 < 0.05 * width and 0 < y0 < 0.05 * height
    assert (x1 - x0) * (y1 - y0) < 0.012 * width * height
    assert 0.04 * min(size) < y1 - y0 < 0.07 * min(size)
    assert not any(side % 2 for side in (x0, y0, x1, y1))


def test_nothing_outside_the_label_changes() -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (240, 320, 3), np.uint8)
    frame = Frame.from_rgb(7, 70, pixels)
    label = Label.of(TEXT, (320, 240))
    drawn = label.put(frame)
    assert (drawn.index, drawn.pts) == (7, 70)
    x0, y0, x1, y1 = label.box
    for name, part in (("y", 1), ("u", 2), ("v", 2)):
        before, after = getattr(frame, name).copy(), getattr(drawn, name).copy()
        box = (slice(y0 // part, y1 // part), slice(x0 // part, x1 // part))
        assert (before[box] != after[box]).mean() > 0.5
        before[box] = after[box] = 0
        assert np.array_equal(before, after)


@pytest.mark.parametrize("text", ["x" * MAX_LENGTH, "long words " * 7, "生成" * 40])
@pytest.mark.parametrize("size", [(160, 120), (120, 214), (320, 240)])
def test_a_long_label_goes_on_in_further_lines_within_the_picture(
    text: str, size: tuple[int, int]
) -> None:
    x0, y0, x1, y1 = Label.of(text, size).box
    assert 0 <= x0 < x1 <= size[0] and 0 <= y0 < y1 <= size[1]
    assert y1 - y0 > 30
    shown(Label.of(text, size), ground(size, 90))


@pytest.mark.parametrize(
    "text",
    ["Mit KI verändert", "Créé par l'IA", "Изменено ИИ", "生成AIで作成", "AI로 생성됨"],
)
def test_labels_in_many_scripts_are_drawn(text: str) -> None:
    assert check_label(f"  {text} ") == text
    assert Label.of(text, (640, 480)).letters.max() == 255


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x" * (MAX_LENGTH + 1), "shorten it"),
        ("two\nlines", "cannot be drawn"),
        ("بالذكاء", "cannot be drawn"),
        ("สร้าง", "cannot be drawn"),
        ("AI 😀", "😀"),
        ("a\u202eb", "cannot be drawn"),
    ],
)
def test_a_label_that_cannot_be_drawn_is_refused(text: str, says: str) -> None:
    with pytest.raises(LabelUnusable, match=says):
        check_label(text)


def test_no_label_is_no_label() -> None:
    assert check_label("  ") == ""
    with pytest.raises(LabelUnusable, match="empty"):
        Label.of(" ", (320, 240))
