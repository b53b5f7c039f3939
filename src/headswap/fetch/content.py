"""What a file is, by its first bytes; its name and what a server calls it count for nothing."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["video", "image", "other"]

HEAD_BYTES = 4096


class Content(StrEnum):
    """The types that are taken, each its media type, and OTHER for all else.

    Texts that name further files (playlists, SVG) are OTHER on purpose: a decoder would open what
    they name.
    """

    MP4 = "video/mp4"
    QUICKTIME = "video/quicktime"
    MATROSKA = "video/x-matroska"
    WEBM = "video/webm"
    AVI = "video/x-msvideo"
    MPEG_TS = "video/mp2t"
    MPEG_PS = "video/mpeg"
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    AVIF = "image/avif"
    OTHER = "application/octet-stream"

    @property
    def kind(self) -> Kind:
        """ "video", "image" or "other"."""
        if self is Content.OTHER:
            return "other"
        return "video" if self.startswith("video/") else "image"

    @property
    def suffix(self) -> str:
        """What a file's name ends in, with the dot; empty for OTHER."""
        return _SUFFIXES[self]


_SUFFIXES: dict[Content, str] = {
    Content.MP4: ".mp4",
    Content.QUICKTIME: ".mov",
    Content.MATROSKA: ".mkv",
    Content.WEBM: ".webm",
    Content.AVI: ".avi",
    Content.MPEG_TS: ".ts",
    Content.MPEG_PS: ".mpg",
    Content.JPEG: ".jpg",
    Content.PNG: ".png",
    Content.WEBP: ".webp",
    Content.AVIF: ".avif",
    Content.OTHER: "",
}
_STARTS = (
    (b"\xff\xd8\xff", Content.JPEG),
    (b"\x89PNG\r\n\x1a\n", Content.PNG),
    (b"\x00\x00\x01\xba", Content.MPEG_PS),
)
# The first box of QuickTime files older than the ftyp box.
_OLD_BOXES = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_AVIF_BRANDS = {b"avif", b"avis"}
_OTHER_PICTURE_BRANDS = {
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"crx ", b"jp2 ")
}
_DOC_TYPES = {b"matroska": Content.MATROSKA, b"webm": Content.WEBM}


def content_of(path: Path) -> Content:
    """What the file is; OTHER for an empty one. Raises OSError if it cannot be read."""
    with path.open("rb") as stream:
        return content_of_bytes(stream.read(HEAD_BYTES))


def content_of_bytes(head: bytes) -> Content:
    """What a file is whose first HEAD_BYTES (fewer if it is shorter) are `head`."""
    for start, content in _STARTS:
        if head.startswith(start):
            return content
    if head.startswith(b"RIFF"):
        return {b"AVI ": Content.AVI, b"WEBP": Content.WEBP}.get(head[8:12], Content.OTHER)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _of_matroska(head)
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head[4:8] in _OLD_BOXES:
        return Content.QUICKTIME
    return Content.MPEG_TS if _is_transport_stream(head) else Content.OTHER


def _of_brands(head: bytes) -> Content:
    """By the ftyp box: size, "ftyp", major brand, version, further brands."""
    size = int.from_bytes(head[:4], "big")
    major = head[8:12]
    if len(major) < 4:
        return Content.OTHER
    further = {head[at : at + 4] for at in range(16, min(size, len(head)), 4)}
    if major in _AVIF_BRANDS or (major == b"mif1" and further & _AVIF_BRANDS):
        return Content.AVIF
    if major in _OTHER_PICTURE_BRANDS:
        return Content.OTHER
    return Content.QUICKTIME if major == b"qt  " else Content.MP4


def _of_matroska(head: bytes) -> Content:
    """By the DocType element (0x4282, one byte of length, text) of the EBML header."""
    at = head.find(b"\x42\x82", 4, 256)
    if at < 0 or at + 2 >= len(head):
        return Content.OTHER
    length = head[at + 2] & 0x7F
    doc_type = head[at + 3 : at + 3 + length].rstrip(b"\x00")
    return _DOC_TYPES.get(doc_type, Content.OTHER)


def _is_transport_stream(head: bytes) -> bool:
    """Three packets begin with 0x47: 188 bytes each, or 192 with a time before them."""
    return any(
        len(head) > start + 2 * step
        and all(head[start + number * step] == 0x47 for number in range(3))
        for start, step in ((0, 188), (4, 192))
    )
