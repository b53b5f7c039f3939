"""The yardstick for time: libx264 veryfast of the same clip; and clips for the memory rows."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from benchmarks.video import MeasureError, decoded

LONG_S, SHORT_S = 60, 5


@dataclass(frozen=True, slots=True)
class Encoded:
    """How long a plain encode took, and with which program."""

    wall_s: float
    program: str


def reference_encode(clip: Path) -> Encoded:
    """Time `ffmpeg -c:v libx264 -preset veryfast` of a clip, or the same through PyAV."""
    program = shutil.which("ffmpeg")
    with tempfile.TemporaryDirectory(prefix="headswap-bench-") as folder:
        out = Path(folder) / "out.mkv"
        start = time.perf_counter()
        if program is None:
            _encode_by_pyav(clip, out, "veryfast")
            return Encoded(time.perf_counter() - start, f"PyAV {av.__version__}, no ffmpeg here")
        _run_ffmpeg(program, clip, out)
        return Encoded(time.perf_counter() - start, "ffmpeg")


def _run_ffmpeg(program: str, clip: Path, out: Path) -> None:
    words = f"-v error -nostdin -y -i {{}} -map 0:v:0 -map 0:a? -c:v libx264 -preset veryfast {out}"
    command = [program, *(str(clip) if word == "{}" else word for word in words.split())]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise MeasureError(f"{clip}: ffmpeg cannot encode it: {ran.stderr.strip()}")


def _encode_by_pyav(clip: Path, out: Path, preset: str) -> None:
    with av.open(str(out), "w") as target:
        stream: VideoStream | None = None
        for item in decoded(clip):
            frame = item.frame
            if stream is None:
                stream = _h264(target, frame.width, frame.height, preset)
            yuv = frame.reformat(format="yuv420p")
            yuv.pts, yuv.time_base = frame.pts, frame.time_base
            target.mux(stream.encode(yuv))
        if stream is None:
            raise MeasureError(f"{clip}: no frames in it")
        target.mux(stream.encode(None))


def _h264(target: OutputContainer, width: int, height: int, preset: str) -> VideoStream:
    stream = target.add_stream("libx264", rate=25, options={"preset": preset})
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = Fraction(1, 90000)
    stream.codec_context.thread_count = 0
    return stream


def looped(clip: Path, out: Path, length_s: int, short_side_px: int = 720) -> int:
    """Write the clip's first 5 s at 720p, played there and back until the length is reached.

    Five seconds and sixty made this way hold exact copies of the same pictures without a cut, so
    what differs in memory is length alone. Returns the frame count.
    """
    frames = _first_frames(clip, short_side_px)
    if not frames:
        raise MeasureError(f"{clip}: no frames in it")
    count = length_s * 25
    with av.open(str(out), "w") as target:
        stream = _h264(target, frames[0].width, frames[0].height, "veryfast")
        for index in range(count):
            lap, place = divmod(index, len(frames))
            source = frames[place if lap % 2 == 0 else len(frames) - 1 - place]
            frame = VideoFrame.from_ndarray(source.to_ndarray(), format="yuv420p")
            frame.pts, frame.time_base = index * 3600, Fraction(1, 90000)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return count


def _first_frames(clip: Path, short_side_px: int) -> list[VideoFrame]:
    """At most 5 s of frames at 25 a second, yuv420p with the wanted short side."""
    kept: list[VideoFrame] = []
    for item in decoded(clip):
        if len(kept) == SHORT_S * 25:
            break
        scale = short_side_px / min(item.frame.width, item.frame.height)
        width, height = (
            round(side * scale / 2) * 2 for side in (item.frame.width, item.frame.height)
        )
        kept.append(item.frame.reformat(width, height, "yuv420p"))
    return kept
