"""A decoded picture's samples as upright 8-bit 4:2:0 planes of the wanted size."""

from __future__ import annotations

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from headswap.arrays import U8
from headswap.media.info import VideoInfo, padded_size
from headswap.media.orientation import Orientation

Planes = tuple[U8, U8, U8]
_AS_STORED = {"yuv420p", "yuvj420p"}
# ffmpeg's swscale knows these matrices; the others share one of them.
_SWSCALE_MATRIX = {"bt709": 1, "fcc": 4, "smpte240m": 7, "bt2020nc": 9}


def upright_planes(picture: VideoFrame, info: VideoInfo, size_wh: tuple[int, int]) -> Planes:
    """The picture's (y, u, v) in the video's matrix and range, upright, of `size_wh` (w, h).

    8-bit 4:2:0 pictures keep their very samples; other formats are converted by swscale without
    a change of matrix or range (RGB becomes `info.matrix`). A size one pixel larger on odd sides
    is reached by repeating the last column and row, any other by resampling.
    """
    planes = _stored_planes(picture, info)
    orientation = info.orientation
    stored_wh = orientation.turned(size_wh)
    height, width = planes[0].shape
    padded = size_wh == padded_size(info.size_wh) and (width, height) == orientation.turned(
        info.size_wh
    )
    if not padded and (width, height) != stored_wh:
        planes = _resampled(planes, stored_wh)
    planes = _turned(planes, orientation)
    return pad_to(planes, size_wh) if padded else _frozen(planes)


def pad_to(planes: Planes, size_wh: tuple[int, int]) -> Planes:
    """The planes with the last column and row repeated up to `size_wh`."""
    height, width = planes[0].shape
    right, below = size_wh[0] - width, size_wh[1] - height
    if not right and not below:
        return _frozen(planes)
    # A side that grows from odd to even keeps its number of chroma samples.
    luma = cv2.copyMakeBorder(planes[0], 0, below, 0, right, cv2.BORDER_REPLICATE)
    return _frozen((np.asarray(luma, np.uint8), planes[1], planes[2]))


def _frozen(planes: Planes) -> Planes:
    # The arrays may lie in the decoder's own reference pictures: writing would spoil later ones.
    for plane in planes:
        plane.flags.writeable = False
    return planes


def _turned(planes: Planes, orientation: Orientation) -> Planes:
    y, u, v = (orientation.upright(plane) for plane in planes)
    return y, u, v


def _stored_planes(picture: VideoFrame, info: VideoInfo) -> Planes:
    name = picture.format.name
    if name == "gray":
        y = plane_array(picture.planes[0])
        gray = np.full(((y.shape[0] + 1) // 2, (y.shape[1] + 1) // 2), 128, np.uint8)
        return y, gray, gray.copy()
    if name not in _AS_STORED:
        picture = _as_420(picture, info)
    y, u, v = (plane_array(plane) for plane in picture.planes)
    return y, u, v


def _as_420(picture: VideoFrame, info: VideoInfo) -> VideoFrame:
    range_ = 2 if info.full_range else 1
    is_rgb = picture.format.is_rgb
    return picture.reformat(
        format="yuv420p",
        src_color_range=2 if is_rgb else range_,
        dst_color_range=range_,
        src_colorspace=None,
        dst_colorspace=_SWSCALE_MATRIX.get(info.matrix, 5) if is_rgb else None,
        interpolation="BICUBIC",
        threads=1,
    )


def plane_array(plane: VideoPlane) -> U8:
    """(h, w) uint8 view of a plane's samples; it keeps the picture alive."""
    rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.height * plane.line_size]
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


def _resampled(planes: Planes, size_wh: tuple[int, int]) -> Planes:
    half_wh = ((size_wh[0] + 1) // 2, (size_wh[1] + 1) // 2)
    shrinks = size_wh[0] <= planes[0].shape[1] and size_wh[1] <= planes[0].shape[0]
    kernel = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    y, u, v = (
        np.asarray(cv2.resize(plane, wh, interpolation=kernel), np.uint8)
        for plane, wh in zip(planes, (size_wh, half_wh, half_wh), strict=True)
    )
    return y, u, v
