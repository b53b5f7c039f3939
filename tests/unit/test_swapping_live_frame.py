"""The picture of the newest frame: small, renewed every so often, by one worker at a time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headswap.media import Frame
from headswap.swapping.live_frame import EVERY_S, LiveFrame


def frame(level: int, size_wh: tuple[int, int] = (64, 48)) -> Frame:
    width, height = size_wh
    return Frame.from_rgb(0, 0, np.full((height, width, 3), level, np.uint8))


def level(path: Path) -> int:
    with Image.open(path) as image:
        return round(float(np.asarray(image).mean()))


def age(path: Path, turns: float) -> None:
    """The picture becomes older by so many turns."""
    then = time.time_ns() - round(turns * EVERY_S * 1e9)
    os.utime(path, ns=(then, then))


@pytest.mark.parametrize(
    ("size_wh", "shown_wh"),
    [((64, 48), (64, 48)), ((1280, 720), (640, 360)), ((480, 854), (360, 640))],
)
def test_it_is_at_most_640_pixels_long(
    tmp_path: Path, size_wh: tuple[int, int], shown_wh: tuple[int, int]
) -> None:
    path = tmp_path / "frame.jpg"
    LiveFrame(path).offer(frame(120, size_wh))
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", shown_wh)


def test_it_is_renewed_only_when_it_is_time(tmp_path: Path) -> None:
    path = tmp_path / "frame.jpg"
    shown = LiveFrame(path)
    shown.offer(frame(50))
    shown.offer(frame(90))
    assert level(path) == 50


def test_of_two_workers_the_one_that_began_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "frame.jpg"
    first, second = LiveFrame(path), LiveFrame(path)
    first.offer(frame(50))
    age(path, 1.5)
    second.offer(frame(90))
    assert level(path) == 50, "it may still be at work"
    age(path, 2.5)
    second.offer(frame(90))
    assert level(path) == 90, "it has ended"
    first.offer(frame(50))
    assert level(path) == 90


def test_the_one_at_work_renews_it_each_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now = tmp_path / "frame.jpg", time.time_ns()
    shown = LiveFrame(path)
    shown.offer(frame(50))
    monkeypatch.setattr(time, "time_ns", lambda: now + round(1.2 * EVERY_S * 1e9))
    shown.offer(frame(90))
    assert level(path) == 90
