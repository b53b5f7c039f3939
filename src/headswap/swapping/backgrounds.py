"""Backgrounds: what is behind a head in a frame, from the plates of its shot's spans."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.swapping.compose.behind import Backdrop
from headswap.swapping.compose.follow import between
from headswap.swapping.compose.mosaic import Plate
from headswap.swapping.engines.protocol import Box
from headswap.swapping.plan import Appearance, RenderPlan
from headswap.swapping.spans import Span, plate_path, shares, spans_of


class Backgrounds:
    """The plates of a plan; keeps those of the present span and the one before."""

    def __init__(self, plan: RenderPlan) -> None:
        self._plan = plan
        self._spans = spans_of(plan)
        self._backdrops: dict[int, Backdrop] = {}

    def shown(
        self, appearance: Appearance, i: int, box: Box, rgb: U8, taken: F32, inner: Box
    ) -> tuple[U8, U8]:
        """`inner`, a part of frame i's box, without anybody, and where, in small, it is made up.

        rgb: (h, w, 3) uint8, the frame in the box; taken: (h', w') 0..1, where people are in it.
        """
        camera = self._plan.camera_from_first
        shown: list[tuple[U8, U8]] = []
        spans = shares(self._spans, appearance.shot, i)
        for span, _ in spans:
            backdrop, motion = self._backdrop(span), between(camera[span.reference], camera[i])
            laid = backdrop.motion(i, box, motion, rgb, taken)
            shown.append((backdrop.plate.crop(inner, laid), backdrop.plate.made_up(inner, laid)))
        if len(shown) == 1:
            return shown[0]
        (a, guess), (b, other) = shown
        mixed = cv2.addWeighted(a, spans[0][1], b, spans[1][1], 0.0)
        return np.asarray(mixed, np.uint8), np.maximum(guess, other)

    def _backdrop(self, span: Span) -> Backdrop:
        if span.number not in self._backdrops:
            # Two in a row share some frames; older ones are not needed again.
            for old in [n for n in self._backdrops if n < span.number - 1]:
                del self._backdrops[old]
            plate = Plate.load(plate_path(self._plan.folder, span.number))
            self._backdrops[span.number] = Backdrop(plate)
        return self._backdrops[span.number]
