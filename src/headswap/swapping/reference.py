"""Turns a photo into a HeadModel: finds the face, checks it, cuts the head out, shapes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from headswap.arrays import F32, F64, I32, U8
from headswap.errors import NoFaceInPhoto, PhotoFaceTooSmall, PhotoIsProfile, SeveralFacesInPhoto
from headswap.swapping.compose.shading import light_of, turned_light, vertex_normals
from headswap.swapping.cutout import Cutout, cut_head
from headswap.swapping.depth import deepened, flattened
from headswap.swapping.even_light import in_even_light
from headswap.swapping.head_model import FACE_VERTICES, HeadModel
from headswap.swapping.lips import without_teeth
from headswap.swapping.photo import read_photo
from headswap.swapping.shell import Shell, build_shell
from headswap.swapping.skin import skin_tone
from headswap.swapping.skull import ToPhoto, fit_skull
from headswap.swapping.skull_texture import paint_skull, with_ears
from headswap.swapping.spill import without_spill
from headswap.swapping.weaknesses import Weakness, weaknesses
from headswap.vision.canonical_face import (
    FACE_OVAL,
    NOSE_TIP,
    canonical_face,
)
from headswap.vision.expression import rested
from headswap.vision.mattes import MatteReader
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.networks.faces import Faces
from headswap.vision.networks.full_range import FullRangeDetector
from headswap.vision.networks.landmarks import FaceLandmarks, FaceMesh
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.networks.yunet import YuNetDetector
from headswap.vision.pose import Pose, fit_pose
from headswap.vision.store import ModelStore

MIN_FACE_PX = 80
MIN_PRESENCE = 0.5
# Lightness below the skin's, in CIE L, at which something begins to be no skin, and how fast.
_DARK_FROM, _DARK_OVER = 16.0, 14.0
# Chroma over lightness, relative to the skin's, from which dark is skin in shade.
_SHADE_COLOUR = 1.05
MAX_YAW_DEG = 40.0
MAX_PITCH_DEG = 35.0
_LEAST_FACING = 0.15
_RIM_FROM_CM, _RIM_TO_CM, _STRAND_CM = 4.8, 7.0, 1.0
# Above this a texture only costs memory: no head in a 1080p video is drawn larger.
MAX_PX_PER_CM = 28.0


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A photo (h, w, 3) uint8 and the landmarks (478, 3) float32 px of the face that is meant."""

    rgb: U8
    landmarks: F32


class ReferenceReader:
    """Reads photos into head models; the networks are loaded once."""

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        full = store.pack == "full"
        detector = YuNetDetector if full else FullRangeDetector
        self._detector = detector(store, threads=threads)
        self._landmarks = FaceLandmarks(store, threads=threads)
        self._blendshapes = Blendshapes(store, threads=threads)
        self._mattes = MatteReader(store, threads)

    def find(self, path: Path, largest_face: bool = False) -> Portrait:
        """The one face of a photo, found and checked.

        Raises:
            PhotoUnreadable, NoFaceInPhoto, SeveralFacesInPhoto (unless `largest_face`),
            PhotoFaceTooSmall, PhotoIsProfile.
        """
        photo = read_photo(path)
        return Portrait(photo, self._one_face(photo, path, largest_face))

    def weaknesses(self, portrait: Portrait) -> list[Weakness]:
        """What is weak in a portrait and will show; a head can be made of it all the same."""
        return weaknesses(portrait.rgb, portrait.landmarks, self._mattes)

    def head(self, portrait: Portrait, px_per_cm: float) -> HeadModel:
        """The head model of a portrait.

        px_per_cm: texture pixels wanted for a centimetre of head (about the largest scale at which
        the head will be drawn).
        """
        scale = min(px_per_cm, MAX_PX_PER_CM)
        cutout = cut_head(portrait.rgb, portrait.landmarks, self._mattes, scale)
        return build_head(without_spill(cutout), self._blendshapes.weights(portrait.landmarks))

    def _one_face(self, photo: U8, path: Path, largest_face: bool) -> F32:
        faces = self._detector.detect(photo)
        found = [self._refine(photo, faces, i) for i in range(len(faces))]
        found = [mesh.landmarks for mesh in found if mesh.presence > MIN_PRESENCE]
        if not found:
            raise NoFaceInPhoto(
                f"no face found in {path}; use a photo that shows one face from the front"
            )
        found.sort(key=_height, reverse=True)
        # Faces far behind the sitter are no choice anyone has to make.
        rivals = [face for face in found[1:] if _height(face) > 0.4 * _height(found[0])]
        if rivals and not largest_face:
            raise SeveralFacesInPhoto(
                f"{len(rivals) + 1} faces in {path}; crop it to one, or take the largest with "
                "--largest-face"
            )
        _check(found[0], path)
        return found[0]

    def _refine(self, photo: U8, faces: Faces, i: int) -> FaceMesh:
        first = self._landmarks.find(photo, faces.square(i))
        return self._landmarks.find(photo, roi_from_landmarks(first.landmarks))


def build_head(cutout: Cutout, blendshapes: F32) -> HeadModel:
    """The head model of a cut-out, brought to rest; blendshapes: (52,), the photo's expression."""
    cutout = in_even_light(cutout, _toned_as_hair(cutout))
    strands = _toned_as_hair(cutout)
    pose = fit_pose(cutout.landmarks[None])
    shell = build_shell(cutout, pose)
    vertices = pose.to_head(shell.vertices_px[None].astype(np.float32))[0]
    vertices[:FACE_VERTICES] = rested(vertices[:FACE_VERTICES], blendshapes)
    vertices = deepened(vertices)
    turn = pose.rotation[0]
    to_photo = _to_photo(pose)
    skull = fit_skull(cutout, vertices[:FACE_VERTICES], to_photo, *_turn_rad(pose))
    painted = paint_skull(skull, cutout, to_photo, -turn[2])
    back = with_ears(skull, painted)
    back_triangles = back.triangles + np.int32(len(vertices))
    vertices = np.vstack([vertices, back.vertices_cm])
    uv = np.vstack([shell.uv, back.uv])
    normals = _normals(vertices, shell, back_triangles)
    lips = without_teeth(cutout.rgb, cutout.landmarks, cutout.px_per_cm)
    return HeadModel(
        vertices_cm=vertices,
        uv=uv,
        normals=normals,
        facing=_facing(normals, turn, shell.relief, cutout),
        # Where the light came from in the photo, turned with the head to face the camera.
        light=turned_light(
            light_of(cutout.rgb, cutout.landmarks, cutout.px_per_cm, strands), turn.T
        ),
        face_triangles=shell.face_triangles,
        mouth_triangles=shell.mouth_triangles,
        back_triangles=back_triangles,
        eyes=shell.eyes,
        texture=np.dstack([lips, np.round(cutout.alpha * 255).astype(np.uint8)]),
        hair=strands,
        back_texture=back.rgba,
        back_hair=back.hair,
        px_per_cm=float(pose.scale[0]),
        skin=skin_tone(cutout.rgb, cutout.landmarks, strands),
    )


def _toned_as_hair(cutout: Cutout) -> F32:
    """(h, w) 0..1: hair, and what is as dark beside skin: brows, beard, lashes, pupils.

    The hair matte does not know these; toned like skin, they would be lit up with it.
    """
    lab = cv2.cvtColor(cutout.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    skin = skin_tone(cutout.rgb, cutout.landmarks, cutout.hair).mean
    dark = np.clip((skin[0] - lab[..., 0] - _DARK_FROM) / _DARK_OVER, 0, 1)
    # Skin in shade keeps its colour; dark hair has little of any.
    strong = np.hypot(lab[..., 1], lab[..., 2]) / np.maximum(lab[..., 0], 1.0)
    strong = strong * (skin[0] / max(float(np.hypot(skin[1], skin[2])), 4.0))
    dark = (dark * np.clip((_SHADE_COLOUR - strong) / 0.3, 0, 1)).astype(np.float32)
    dark = cv2.GaussianBlur(dark, (0, 0), max(0.5, 0.06 * cutout.px_per_cm))
    return np.maximum(cutout.hair, dark).astype(np.float32)


def _to_photo(pose: Pose) -> ToPhoto:
    """From head space, depths stretched, to the pixels of the cut-out."""

    def project(points: F64) -> F64:
        return pose.to_frame(flattened(points))[0, :, :2]

    return project


def _turn_rad(pose: Pose) -> tuple[float, float]:
    """Yaw and pitch."""
    yaw, pitch, _ = np.radians(pose.yaw_pitch_roll_deg()[0])
    return float(yaw), float(pitch)


def _normals(vertices: F64, shell: Shell, back_triangles: I32) -> F32:
    """(v, 3) outward normals; a vertex of the front or the back has those of its own side."""
    front = vertex_normals(vertices, np.vstack([shell.face_triangles, shell.mouth_triangles]))
    back = vertex_normals(vertices, back_triangles)
    return (front + back).astype(np.float32)


def _bare_rim(cutout: Cutout) -> I32:
    """Landmarks of skin at the sides of the face, which a photo from the front sees flatly."""
    face = canonical_face().vertices_cm
    aside = (np.abs(face[:, 0]) > _RIM_FROM_CM) & (face[:, 1] < _RIM_TO_CM)
    height, width = cutout.hair.shape
    places = cutout.landmarks[:FACE_VERTICES, :2]
    # Where hair hangs over the cheek, and not only beside it, the photo is right.
    inwards = np.sign(places[NOSE_TIP, 0] - places[:, 0]) * _STRAND_CM * cutout.px_per_cm
    x, y = (places + np.column_stack([inwards, 0 * inwards])).round().astype(int).T
    hair = cutout.hair[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.flatnonzero(aside & (hair < 0.3)).astype(np.int32)


def _facing(normals: F32, rotation: F64, relief: tuple[int, int], cutout: Cutout) -> F32:
    """(v,) how far the relief's vertices looked at the photo's camera; the least is never zero."""
    facing = np.zeros(len(normals), np.float32)
    part = slice(*relief)
    facing[part] = np.maximum(-(normals[part] @ rotation[2]), _LEAST_FACING)
    rim = _bare_rim(cutout)
    facing[rim] = np.maximum(-(normals[rim] @ rotation[2]), _LEAST_FACING)
    return facing


def _height(landmarks: F32) -> float:
    return float(np.ptp(landmarks[FACE_OVAL, 1]))


def _check(landmarks: F32, path: Path) -> None:
    height = _height(landmarks)
    if height < MIN_FACE_PX:
        raise PhotoFaceTooSmall(
            f"the face in {path} is {height:.0f} px high; at least {MIN_FACE_PX} px are needed"
        )
    yaw, pitch, _ = fit_pose(landmarks[None]).yaw_pitch_roll_deg()[0]
    if abs(yaw) > MAX_YAW_DEG or abs(pitch) > MAX_PITCH_DEG:
        raise PhotoIsProfile(
            f"the face in {path} is turned {abs(yaw):.0f}° aside and {abs(pitch):.0f}° up or down; "
            f"use one turned less than {MAX_YAW_DEG:.0f}° and {MAX_PITCH_DEG:.0f}°"
        )
