"""One thin class for each network: pixels in, arrays out.

None may be shared between threads. Pixel centres are integers, y points down, images are RGB.
"""

from __future__ import annotations

from headswap.vision.networks.blendshapes import NAMES, Blendshapes
from headswap.vision.networks.crop import RotatedSquare
from headswap.vision.networks.face_detector import FaceDetector
from headswap.vision.networks.faces import Faces
from headswap.vision.networks.hair_core import CoreHair
from headswap.vision.networks.hair_matte import HairMatte
from headswap.vision.networks.identity import Identity
from headswap.vision.networks.landmarks import FaceLandmarks, FaceMesh
from headswap.vision.networks.person_matte import PersonMatte
from headswap.vision.networks.roi import roi_from_detection, roi_from_landmarks
from headswap.vision.networks.skin_clothes_hair import SkinClothesHair, SkinClothesHairPlanes

__all__ = [
    "NAMES",
    "Blendshapes",
    "CoreHair",
    "FaceDetector",
    "FaceLandmarks",
    "FaceMesh",
    "Faces",
    "HairMatte",
    "Identity",
    "PersonMatte",
    "RotatedSquare",
    "SkinClothesHair",
    "SkinClothesHairPlanes",
    "roi_from_detection",
    "roi_from_landmarks",
]
