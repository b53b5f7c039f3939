"""The frames of a video, in display order or any stretch of them, with exact times."""

from __future__ import annotations

from collections.abc import Collection, Generator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from av.video.frame import VideoFrame

from headswap.arrays import I64
from headswap.errors import VideoError
from headswap.media.decode import pictures
from headswap.media.frame import Frame
from headswap.media.info import VideoInfo, probe
from headswap.media.planes import upright_planes
from headswap.media.source import check_size

# How far before the wanted frame a seek aims, tried in turn; None decodes from the start.
_LEADS_S = (Fraction(0), Fraction(2), Fraction(10), None)


class VideoReader:
    """Reads a video's frames; a context manager, and iterable any number of times.

    `size_wh` rescales to that upright size. `threads` is the number of decoder threads, 0 for one
    per core. `info` is what an earlier `probe` said of the same video. Raises what `probe` raises
    without it; iterating may raise VideoTruncated and VideoError.
    """

    def __init__(
        self,
        path: Path | str,
        size_wh: tuple[int, int] | None = None,
        threads: int = 0,
        info: VideoInfo | None = None,
    ) -> None:
        self.path = Path(path)
        self.info: VideoInfo = info or probe(self.path)
        self.size_wh = size_wh or self.info.size_wh
        check_size(self.path, self.size_wh)
        self._threads = threads
        self._running: list[Generator[Frame]] = []

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends unfinished iterations and closes their files; harmless when repeated."""
        while self._running:
            self._running.pop().close()

    def __iter__(self) -> Generator[Frame]:
        """All frames in display order.

        Raises VideoTruncated after the last good frame of a file that ends too early.
        """
        return self._tracked(self._sequential())

    def frames(self, start: int, stop: int, pts: I64) -> Generator[Frame]:
        """Frames `start` to `stop` (exclusive), the same as reading them in sequence.

        pts: (n,) int64, the times of all the video's frames from an earlier reading. A seek that
        does not land on these exact times is repeated from further back, at last from the start.
        Raises ValueError outside 0..n, VideoError where the file no longer has these times.
        """
        if not 0 <= start <= stop <= len(pts):
            raise ValueError(f"frames {start} to {stop} of {len(pts)}")
        return self._tracked(self._stretch(start, stop, pts))

    def some(self, indices: Collection[int]) -> Generator[Frame]:
        """The frames of these indices, in display order; all before them are decoded, no more.

        Raises what iterating over all frames does.
        """
        return self._tracked(self._chosen(set(indices)))

    def each_second(self) -> Generator[Frame]:
        """The first frame of each second since the first one, in display order.

        Raises what iterating over all frames does.
        """
        return self._tracked(self._by_seconds())

    def _tracked(self, frames: Generator[Frame]) -> Generator[Frame]:
        self._running.append(frames)
        return frames

    def _sequential(self) -> Generator[Frame]:
        for index, (pts, picture) in enumerate(pictures(self.path, self._threads)):
            yield self._frame(index, pts, picture)

    def _chosen(self, wanted: set[int]) -> Generator[Frame]:
        last = max(wanted, default=-1)
        for index, (pts, picture) in enumerate(pictures(self.path, self._threads)):
            if index > last:
                return
            if index in wanted:
                yield self._frame(index, pts, picture)

    def _by_seconds(self) -> Generator[Frame]:
        begin, last = 0, -1
        for index, (pts, picture) in enumerate(pictures(self.path, self._threads)):
            begin = pts if index == 0 else begin
            second = int((pts - begin) * self.info.time_base)
            if second > last:
                last = second
                yield self._frame(index, pts, picture)

    def _stretch(self, start: int, stop: int, pts: I64) -> Generator[Frame]:
        position = start
        for lead_s in _LEADS_S:
            if position == stop:
                return
            seek_to = self._seek_target(int(pts[position]), int(pts[0]), lead_s)
            for time, picture in pictures(self.path, self._threads, seek_to):
                if time < pts[position]:
                    continue
                if time != pts[position]:
                    break
                yield self._frame(position, time, picture)
                position += 1
                if position == stop:
                    return
        raise VideoError(
            f"{self.path}: frame {position} is no longer where it was when the video was analysed; "
            "analyse it again"
        )

    def _seek_target(self, wanted: int, first: int, lead_s: Fraction | None) -> int | None:
        if lead_s is None:
            return None
        target = wanted - int(lead_s / self.info.time_base)
        return target if target > first else None

    def _frame(self, index: int, pts: int, picture: VideoFrame) -> Frame:
        y, u, v = upright_planes(picture, self.info, self.size_wh)
        duration = picture.duration or 0
        info = self.info
        return Frame(index, pts, y, u, v, info.matrix, info.full_range, duration)
