"""Looks for people in pictures and videos: the descriptors of the faces in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from headswap.arrays import F32, U8
from headswap.media import VideoReader
from headswap.vision.canonical_face import FACE_OVAL
from headswap.vision.networks.full_range import FullRangeDetector
from headswap.vision.networks.identity import Identity
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.networks.yunet import YuNetDetector
from headswap.vision.store import ModelStore

MIN_PRESENCE = 0.5
# Smaller faces tell too little of whose they are.
MIN_FACE_PX = 40.0
# So many frames of a video are looked at: one for each second, and two, within bounds.
_MORE_FRAMES, _MOST_FRAMES = 2, 30


class Looker:
    """Finds and describes faces; the networks are loaded once."""

    def __init__(self, store: ModelStore) -> None:
        detector = YuNetDetector if store.pack == "full" else FullRangeDetector
        self._detector = detector(store, threads=2)
        self._landmarks = FaceLandmarks(store, threads=2)
        self._identity = Identity(store)

    def in_picture(self, rgb: U8) -> Iterator[F32]:
        """A descriptor (128,) for each face of a (h, w, 3) uint8 picture."""
        faces = self._detector.detect(rgb)
        for i in range(len(faces)):
            rough = self._landmarks.find(rgb, faces.square(i))
            mesh = self._landmarks.find(rgb, roi_from_landmarks(rough.landmarks))
            height = float(np.ptp(mesh.landmarks[FACE_OVAL, 1]))
            if mesh.presence > MIN_PRESENCE and height >= MIN_FACE_PX:
                yield self._identity.descriptor(rgb, mesh.landmarks)

    def in_video(self, path: Path) -> Iterator[F32]:
        """A descriptor (128,) for each face in some frames of a video.

        Raises VideoError where it cannot be read.
        """
        with VideoReader(path) as reader:
            count = max(1, reader.info.frame_count)
            looks = min(_MOST_FRAMES, int(count / reader.info.rate) + _MORE_FRAMES)
            # Away from both ends, where a head is most often still coming or going.
            wanted = {int((k + 0.5) * count / looks) for k in range(looks)}
            for frame in reader.some(wanted):
                yield from self.in_picture(frame.rgb())
