"""Heads where no face is found: followed by what moves, joined, and left alone where nobody is."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from headswap.arrays import F32, I64, U8
from headswap.media import VideoReader
from headswap.vision.face import Face
from headswap.vision.gaps import longest_gap
from headswap.vision.head_motion import HeadPlace, followed_head
from headswap.vision.recognition import Somebody, WholeTrack
from headswap.vision.samples import Sample
from headswap.vision.scene import Shot
from headswap.vision.unseen import with_unseen
from tests.made_heads import face_at

SIZE_WH = (200, 150)
RATE = 25.0
SCALE = 3.0


def _picture(x: float, y: float, seed: int = 1) -> U8:
    """A patterned head at (x, y) before a plain wall."""
    rng = np.random.default_rng(seed)
    small = rng.integers(30, 230, (24, 18), dtype=np.uint8)
    head = cv2.resize(small, (54, 72), interpolation=cv2.INTER_CUBIC)
    picture = np.full((SIZE_WH[1], SIZE_WH[0]), 128, np.float32)
    move = np.array([[1, 0, x - 27], [0, 1, y - 40]], np.float32)
    picture = cv2.warpAffine(
        head.astype(np.float32), move, SIZE_WH, dst=picture, borderMode=cv2.BORDER_TRANSPARENT
    )
    return np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _always(_picture: U8, _place: HeadPlace, _number: int) -> bool:
    return True


def test_a_head_is_followed_along_a_bent_way() -> None:
    way = [(70 + 2.5 * t, 75 + 6 * np.sin(t / 4)) for t in range(20)]
    found = followed_head([_picture(*at) for at in way], face_at(*way[0], scale=SCALE), _always)
    assert len(found) == 19
    for points, (x, y) in zip(found, way[1:], strict=True):
        off = points[:468, :2].mean(axis=0) - face_at(x, y, scale=SCALE)[:468, :2].mean(axis=0)
        assert np.hypot(*off) < 3


def test_a_head_that_vanishes_is_lost_where_it_does() -> None:
    pictures = [_picture(80, 75)] * 6 + [np.full((*SIZE_WH[::-1], 3), 128, np.uint8)] * 4
    assert len(followed_head(pictures, face_at(80, 75, scale=SCALE), _always)) == 5


def test_nothing_is_followed_to_where_nobody_is() -> None:
    pictures = [_picture(80, 75)] * 6
    found = followed_head(pictures, face_at(80, 75, scale=SCALE), lambda _p, _h, n: n < 3)
    assert len(found) == 2


def test_no_pictures_lead_nowhere() -> None:
    assert followed_head([], face_at(80, 75, scale=SCALE), _always) == []


@pytest.mark.parametrize(("rate", "frames"), [(25.0, 26), (24000 / 1001, 25), (60.0, 61)])
def test_a_second_is_bridged_at_any_rate(rate: float, frames: int) -> None:
    assert longest_gap(rate) == frames


def _somebody(frames: list[int], at: F32) -> Somebody:
    face = Face.of(at, 1.0)
    sample = Sample(0, 1.0, np.zeros((8, 8, 3), np.uint8), at, face.box_xyxy)
    track = WholeTrack(0, tuple(frames), (face,) * len(frames))
    return Somebody((track,), None, sample)


@pytest.fixture
def still(tmp_path: Path) -> tuple[Path, I64]:
    """Sixty frames of a head that does not move."""
    path = tmp_path / "still.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        for _ in range(60):
            picture = VideoFrame.from_ndarray(_picture(80, 75), format="rgb24")
            container.mux(list(stream.encode(picture)))
        container.mux(list(stream.encode(None)))
    with VideoReader(path) as reader:
        return path, np.array([frame.pts for frame in reader], np.int64)


@pytest.mark.parametrize(
    ("seen", "people_at", "covered"),
    [
        # Between two faces, before the first and after the last.
        ([*range(20), *range(45, 60)], 1.0, [(0, 59)]),
        (list(range(10, 60)), 1.0, [(0, 59)]),
        (list(range(40)), 1.0, [(0, 59)]),
        # No more than a second beside a face, and only where somebody is.
        (list(range(10)), 1.0, [(0, 35)]),
        (list(range(40)), 0.0, [(0, 39)]),
        # Nothing is missing.
        (list(range(60)), 1.0, [(0, 59)]),
    ],
)
def test_frames_without_a_face_are_filled_for_a_second(
    still: tuple[Path, I64], seen: list[int], people_at: float, covered: list[tuple[int, int]]
) -> None:
    path, pts = still
    (one,) = with_unseen(
        [_somebody(seen, face_at(80, 75, scale=SCALE))],
        path,
        pts=pts,
        shots=[Shot(0, 60)],
        rate=RATE,
        matte=lambda crop: np.full(crop.shape[:2], people_at, np.float32),
        report=lambda _: None,
    )
    assert [(t.frames[0], t.frames[-1]) for t in one.tracks] == covered
    for track in one.tracks:
        for frame, face in zip(track.frames, track.faces, strict=True):
            assert (face.presence == 0) == (frame not in seen), frame
            assert np.hypot(*(face.center_xy - one.tracks[0].faces[-1].center_xy)) < 2


def test_a_head_is_not_followed_onto_somebody_else(still: tuple[Path, I64]) -> None:
    path, pts = still
    here = face_at(80, 75, scale=SCALE)
    people = [_somebody(list(range(20)), here), _somebody(list(range(25, 60)), here)]
    first, second = with_unseen(
        people,
        path,
        pts=pts,
        shots=[Shot(0, 60)],
        rate=RATE,
        matte=lambda crop: np.ones(crop.shape[:2], np.float32),
        report=lambda _: None,
    )
    assert first.tracks[-1].frames[-1] == 24
    assert second.tracks[0].frames[0] == 20
