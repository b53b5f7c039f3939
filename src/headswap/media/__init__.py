"""Video in and out: frames with exact times and colours, sound copied, results written whole."""

from __future__ import annotations

from headswap.media.color import ColorTags
from headswap.media.frame import Frame
from headswap.media.info import Resolution, VideoInfo, output_size, probe
from headswap.media.join import join_pieces
from headswap.media.piece import PieceWriter
from headswap.media.reader import VideoReader

__all__ = [
    "ColorTags",
    "Frame",
    "PieceWriter",
    "Resolution",
    "VideoInfo",
    "VideoReader",
    "join_pieces",
    "output_size",
    "probe",
]
