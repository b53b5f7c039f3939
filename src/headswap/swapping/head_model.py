"""HeadModel: one person's whole head as a textured shell that can be posed and made to speak."""

from __future__ import annotations

from dataclasses import dataclass

from headswap.arrays import F32, F64, I32, U8

FACE_VERTICES = 468


@dataclass(frozen=True, slots=True, eq=False)
class EyePins:
    """Points inside one eye, kept between its lids: iris centre and a ring around it.

    ring: (16,) int32 landmark indices of the lids, outer corner first, upper lid next.
    vertices: (p,) int32 indices into the head's vertices.
    along, across: (p,) float32; place along the eye (0 outer, 1 inner corner) and between the lids
    (0 lower, 1 upper) in the photo.
    gaze: (2,) float32, the same coordinates of the iris centre.
    """

    ring: I32
    vertices: I32
    along: F32
    across: F32
    gaze: F32


@dataclass(frozen=True, slots=True, eq=False)
class SkinTone:
    """Mean and spread of skin in CIE Lab (OpenCV float: L 0..100): (3,) float32 each."""

    mean: F32
    spread: F32


@dataclass(frozen=True, slots=True, eq=False)
class HeadModel:
    """A head cut from one photo.

    vertices_cm: (v, 3) float64 in head space (x right, y down, z away; facing us); the first 468
    are the face's landmarks. uv: (v, 2) float32, place in the texture of the vertex's layer, px.
    face_triangles, mouth_triangles, back_triangles: (t, 3) int32; the mouth's show what lies
    between the lips, the back's the unseen side.
    texture: (h, w, 4) uint8 RGB unmixed from the photo's background, and alpha;
    hair: (h, w) float32 0..1, how much a pixel is hair. back_texture: (h, w, 3) uint8, the unseen
    side, in the same coordinates.
    normals: (v, 3) float32 unit, head space, outwards. light: (9,) float32, the photo's light in
    head space (see `light_of`).
    facing: (v,) float32, how squarely the photo saw hair and ears, above 0 to 1; 0 elsewhere.
    px_per_cm: texture pixels in a centimetre of head.
    """

    vertices_cm: F64
    uv: F32
    normals: F32
    facing: F32
    light: F32
    face_triangles: I32
    mouth_triangles: I32
    back_triangles: I32
    eyes: tuple[EyePins, EyePins]
    texture: U8
    hair: F32
    back_texture: U8
    back_hair: F32
    px_per_cm: float
    skin: SkinTone

    def __post_init__(self) -> None:
        if self.vertices_cm.shape != (len(self.uv), 3):
            raise ValueError(f"{len(self.uv)} uv for {self.vertices_cm.shape} vertices")
        h, w = self.hair.shape
        if self.texture.shape != (h, w, 4) or self.back_texture.shape != (*self.back_hair.shape, 4):
            raise ValueError(
                f"texture {self.texture.shape}, back {self.back_texture.shape}, hair {(h, w)}"
            )
