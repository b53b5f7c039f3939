"""The canonical face mesh behind the 478 landmarks: rest vertices, triangles, named outlines.

Axes as in images: x right, y down, z away from the camera; unit centimetre. Vertices, triangles
and the weights for rigid fits are those of MediaPipe's canonical face model (Apache-2.0; see
MODELS.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from headswap.arrays import F32, I32

# fmt: off
FACE_OVAL = np.array([
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
])
# fmt: on
# The lower part of the oval, ear to ear along the jaw.
JAW = FACE_OVAL[8:29]
INNER_LIPS = np.array(
    [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95]
)
OUTER_LIPS = np.array(
    [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146]
)
# Eye rings start at the outer corner and run along the upper lid; "right" is the subject's right.
RIGHT_EYE = np.array([33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7])
LEFT_EYE = np.array(
    [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249]
)
RIGHT_IRIS = np.array([468, 469, 470, 471, 472])
LEFT_IRIS = np.array([473, 474, 475, 476, 477])
RIGHT_BROW = np.array([70, 63, 105, 66, 107, 55, 65, 52, 53, 46])
LEFT_BROW = np.array([300, 293, 334, 296, 336, 285, 295, 282, 283, 276])
CHIN = 152
FOREHEAD = 10
NOSE_TIP = 1
RIGHT_EAR_SIDE = 234
LEFT_EAR_SIDE = 454


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalFace:
    """Rest shape of the face.

    vertices_cm: (468, 3) float32. triangles: (898, 3) int32, eyes and mouth closed.
    rigid_weights: (468,) float32, how much a vertex counts in a rigid fit (0 for most).
    """

    vertices_cm: F32
    triangles: I32
    rigid_weights: F32


@cache
def canonical_face() -> CanonicalFace:
    """The canonical mesh, read once from the package."""
    source = files("headswap.vision").joinpath("data/face_topology.npz")
    with source.open("rb") as stream, np.load(stream) as data:
        return CanonicalFace(
            vertices_cm=data["vertices_cm"],
            triangles=data["triangles"].astype(np.int32),
            rigid_weights=data["rigid_weights"],
        )
