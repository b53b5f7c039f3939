"""Reads a photo of any ordinary kind into upright 8-bit sRGB."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from headswap.arrays import U8
from headswap.errors import PhotoUnreadable

MAX_PIXELS = 100_000_000
# A transparent photo is laid on mid grey: black or white would bleed into soft hair edges.
_BACKDROP = (128, 128, 128)


def read_photo(path: Path) -> U8:
    """The photo as (h, w, 3) uint8 sRGB, turned upright; of an animation the first picture.

    Raises:
        PhotoUnreadable: no such file, not an image, damaged, or more than 100 megapixels.
    """
    path = Path(path)
    if not path.is_file():
        raise PhotoUnreadable(f"no photo at {path}; check the path")
    try:
        with _opened(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _too_large(path)
            image.seek(0)
            upright = ImageOps.exif_transpose(image)
            return np.array(_to_srgb(upright), dtype=np.uint8)
    except UnidentifiedImageError as error:
        raise PhotoUnreadable(
            f"{path} is not an image this program reads; save it as JPEG, PNG or WebP"
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise PhotoUnreadable(f"{path} is damaged ({error}); export it again") from error


def _opened(path: Path) -> Image.Image:
    with warnings.catch_warnings():
        # Pillow warns of large pictures below the limit set here, and raises far above it.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path)


def _too_large(path: Path) -> PhotoUnreadable:
    return PhotoUnreadable(f"{path} has more than 100 million pixels; make it smaller")


def _to_srgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep_grey(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        backdrop = Image.new("RGBA", rgba.size, (*_BACKDROP, 255))
        return Image.alpha_composite(backdrop, rgba).convert("RGB")
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):
            # A broken embedded profile is common in the wild and says nothing about the pixels.
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """16-bit and float greys hold 0..65535 or less; Pillow's own convert() would clip them."""
    values = np.asarray(image, dtype=np.float64)
    top = 65535.0 if values.max() > 255 else 255.0
    return Image.fromarray(np.clip(values * (255.0 / top), 0, 255).astype(np.uint8)).convert("RGB")
