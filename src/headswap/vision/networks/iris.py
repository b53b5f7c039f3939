"""EyeRefiner: exact eye contours and irises on a 468-point mesh, core pack."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from headswap.arrays import F32, I32, U8
from headswap.vision.networks.crop import RotatedSquare, to_frame
from headswap.vision.networks.plane import unit_range
from headswap.vision.runtime import LiteRtSession
from headswap.vision.store import ModelStore

SIDE_PX = 64
EYE_MARGIN = 2.3
CONTOUR_POINTS = 16


def _points(text: str) -> I32:
    return np.array([int(word) for word in text.split()], dtype=np.int32)


# The mesh point of each of the iris network's 71 points, first its 16 of the lid's edge; the eye
# on the image's left (the person's right), then the other. Layout: MediaPipe's face mesh.
RIGHT_EYE = _points(
    "33 7 163 144 145 153 154 155 133 246 161 160 159 158 157 173 "
    "130 25 110 24 23 22 26 112 243 247 30 29 27 28 56 190 "
    "226 31 228 229 230 231 232 233 244 113 225 224 223 222 221 189 "
    "35 124 46 53 52 65 143 111 117 118 119 120 121 128 245 156 70 63 105 66 107 55 193"
)
LEFT_EYE = _points(
    "263 249 390 373 374 380 381 382 362 466 388 387 386 385 384 398 "
    "359 255 339 254 253 252 256 341 463 467 260 259 257 258 286 414 "
    "446 261 448 449 450 451 452 453 464 342 445 444 443 442 441 413 "
    "265 353 276 283 282 295 372 340 346 347 348 349 350 357 465 383 300 293 334 296 336 285 417"
)


class EyeRefiner:
    """Ablavatski et al., "Real-time pupil tracking from monocular video", 2020."""

    MODEL: ClassVar[str] = "iris_landmark.tflite"

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        self._net = LiteRtSession(
            store.path(self.MODEL),
            (1, SIDE_PX, SIDE_PX, 3),
            [(1, 71 * 3), (1, 5 * 3)],
            threads=threads,
        )

    def refine(self, image: U8, landmarks: F32) -> F32:
        """(478, 3) float32 from (468, 3): both eyes' x and y replaced, two irises added.

        z of the eyes stays the mesh's, an iris lies at the mean depth of its lids.
        """
        refined = np.empty((478, 3), dtype=np.float32)
        refined[:468] = landmarks
        for indices, first_iris, mirrored in ((RIGHT_EYE, 468, False), (LEFT_EYE, 473, True)):
            eye, iris = self._eye(image, landmarks[indices], mirrored)
            refined[indices, :2] = eye[:, :2]
            refined[first_iris : first_iris + 5, :2] = iris[:, :2]
            refined[first_iris : first_iris + 5, 2] = landmarks[indices[:CONTOUR_POINTS], 2].mean()
        return refined

    def _eye(self, image: U8, rough: F32, mirrored: bool) -> tuple[F32, F32]:
        """(71, 3) and (5, 3) in px; the network knows one eye only, the other is mirrored."""
        outer, inner = rough[0, :2], rough[8, :2]
        right, left = (inner, outer) if mirrored else (outer, inner)
        along = left - right
        center = (outer + inner) / 2
        square = RotatedSquare(
            (float(center[0]), float(center[1])),
            max(EYE_MARGIN * float(np.hypot(*along)), 1.0),
            math.atan2(float(along[1]), float(along[0])),
        )
        crop = square.crop(image, SIDE_PX)
        if mirrored:
            crop = crop[:, ::-1]
        eye, iris = self._net.run(unit_range(crop))
        both = np.concatenate([eye.reshape(71, 3), iris.reshape(5, 3)])
        if mirrored:
            both[:, 0] = SIDE_PX - 1 - both[:, 0]
        placed = to_frame(both, square.frame_from_crop(SIDE_PX))
        return placed[:71], placed[71:]
