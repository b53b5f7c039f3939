"""Who a face is, by dlib's network, from the landmarks of this judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dlib as _dlib
import numpy as np
from PIL import Image, ImageOps

from benchmarks.faces import FaceFinder, Landmarker, model_store
from benchmarks.video import MeasureError
from headswap.arrays import F32, F64, U8

# The wheel carries no types; what comes back is turned into arrays below.
dlib: Any = _dlib

CHIP_PX = 150
PADDING = 0.25
# dlib's five points, outer and inner corner of the person's left eye, of the right, nose base.
FIVE_POINTS = (263, 362, 33, 133, 2)


def face_chip(image: U8, landmarks: F32) -> U8:
    """(150, 150, 3) uint8: the face as dlib's network wants it."""
    points = [dlib.point(*(round(float(v)) for v in landmarks[k, :2])) for k in FIVE_POINTS]
    low, high = landmarks[:468, :2].min(axis=0), landmarks[:468, :2].max(axis=0)
    box = dlib.rectangle(*(round(float(value)) for value in (*low, *high)))
    shape = dlib.full_object_detection(box, points)
    return np.asarray(dlib.get_face_chip(image, shape, CHIP_PX, PADDING), dtype=np.uint8)


class Describer:
    """Descriptors of faces; two of one person usually lie closer than 0.6."""

    def __init__(self) -> None:
        path = model_store().path("dlib_face_recognition_resnet_model_v1.dat")
        self._net = dlib.face_recognition_model_v1(str(path))

    def describe(self, chips: list[U8]) -> F64:
        """(n, 128) float64."""
        rows = [np.array(self._net.compute_face_descriptor(chip)) for chip in chips]
        return np.array(rows, dtype=np.float64).reshape(len(chips), 128)


def photo_descriptor(photo: Path, landmarks: Landmarker, describer: Describer) -> F64:
    """(128,) float64 of the photo's largest face.

    Raises:
        MeasureError: not a readable image, or no face in it.
    """
    try:
        with Image.open(photo) as opened:
            image = np.array(ImageOps.exif_transpose(opened).convert("RGB"), dtype=np.uint8)
    except OSError as error:
        raise MeasureError(f"{photo}: not a readable image ({error})") from error
    faces = FaceFinder(landmarks).find(image)
    if not faces:
        raise MeasureError(f"{photo}: no face found in it, so nothing can be compared with it")
    largest = max(faces, key=lambda face: float(np.ptp(face.landmarks[:468, 1])))
    return describer.describe([face_chip(image, largest.landmarks)])[0]
