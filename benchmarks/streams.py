"""Whether frames, times and sound came through a swap unharmed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from benchmarks.video import SoundPacket, decoded, sound_packets


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """Frames in and out, and what first differs ("" where nothing does).

    sound_difference: of the packets' bytes. sound_shift_s: the largest difference of a packet's
    time against the source, 0 without sound.
    """

    frames_in: int
    frames_out: int
    time_difference: str
    sound_packets_in: int
    sound_packets_out: int
    sound_difference: str
    sound_shift_s: float

    @property
    def frames_equal(self) -> bool:
        return self.frames_in == self.frames_out

    @property
    def times_equal(self) -> bool:
        return not self.time_difference

    @property
    def sound_equal(self) -> bool:
        return not self.sound_difference


def check_streams(source: Path, result: Path) -> StreamCheck:
    """Compare every frame's exact time and every sound packet's bytes.

    Raises:
        MeasureError: one of the files cannot be decoded.
    """
    times_in = [item.time_s for item in decoded(source)]
    times_out = [item.time_s for item in decoded(result)]
    sound_in, sound_out = sound_packets(source), sound_packets(result)
    return StreamCheck(
        frames_in=len(times_in),
        frames_out=len(times_out),
        time_difference=first_time_difference(times_in, times_out),
        sound_packets_in=len(sound_in),
        sound_packets_out=len(sound_out),
        sound_difference=first_sound_difference(sound_in, sound_out),
        sound_shift_s=largest_shift(sound_in, sound_out),
    )


def first_time_difference(before: list[Fraction], after: list[Fraction]) -> str:
    """What differs first between two lists of exact times, or "" when nothing does."""
    for index, (a, b) in enumerate(zip(before, after, strict=False)):
        if a != b:
            shifts = {b - a for a, b in zip(before, after, strict=False)}
            whole = f"; every frame by {float(b - a):+.6f} s" if len(shifts) == 1 else ""
            return f"frame {index}: {a} s became {b} s{whole}"
    if len(before) != len(after):
        return f"{len(before)} times became {len(after)}"
    return ""


def first_sound_difference(before: list[SoundPacket], after: list[SoundPacket]) -> str:
    """What differs first between two lists of sound packets, or "" when nothing does."""
    for index, (a, b) in enumerate(zip(before, after, strict=False)):
        if a.stream != b.stream or a.content != b.content:
            return f"packet {index}: {len(a.content)} bytes became {len(b.content)} other bytes"
    if len(before) != len(after):
        return f"{len(before)} packets became {len(after)}"
    return ""


def largest_shift(before: list[SoundPacket], after: list[SoundPacket]) -> float:
    """The largest difference in time between packets in the same place, in seconds."""
    shifts = [
        abs(float(b.time_s - a.time_s))
        for a, b in zip(before, after, strict=False)
        if a.time_s is not None and b.time_s is not None
    ]
    return max(shifts, default=0.0)
