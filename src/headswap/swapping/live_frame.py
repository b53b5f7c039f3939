"""A small picture of the newest finished frame, renewed every so often while a swap is rendered."""

from __future__ import annotations

import time
from pathlib import Path

import cv2

from headswap.disk import whole_file
from headswap.media import Frame

LONG_SIDE_PX = 640
EVERY_S = 2.0
_QUALITY = 80


class LiveFrame:
    """The JPEG at `path`, which several workers may renew; one of them does while it lasts.

    Otherwise the picture would leap between the stretches that are rendered at the same time. One
    that has not renewed it for two turns has ended, and another goes on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written_ns = 0

    def offer(self, frame: Frame) -> None:
        """Shows a finished frame if it is time for one."""
        try:
            renewed_ns = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            renewed_ns = 0
        turns = 1 if renewed_ns == self._written_ns else 2
        if time.time_ns() - renewed_ns < turns * EVERY_S * 1e9:
            return
        with whole_file(self._path) as partial:
            partial.write_bytes(_jpeg(frame))
            self._written_ns = partial.stat().st_mtime_ns


def _jpeg(frame: Frame) -> bytes:
    rgb = frame.rgb()
    shrink = min(1.0, LONG_SIDE_PX / max(frame.width, frame.height))
    if shrink < 1:
        size = (max(1, round(frame.width * shrink)), max(1, round(frame.height * shrink)))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return encoded.tobytes()
