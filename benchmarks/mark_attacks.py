"""What is done to a marked video before its mark is looked for, by ffmpeg."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.video import MeasureError

# All by x264's preset veryfast; where no rate factor is named it is x264's own, 23.
ATTACKS: dict[str, tuple[str, ...]] = {
    "as it is": ("-c:v", "copy"),
    "H.264 CRF 30": ("-crf", "30"),
    "scaled to 360p": ("-vf", "scale='if(gt(iw,ih),-2,360)':'if(gt(iw,ih),360,-2)'"),
    "10 % crop, all around": ("-vf", "crop=floor(iw*0.45)*2:floor(ih*0.45)*2"),
    "10 % crop, one corner": ("-vf", "crop=floor(iw*0.45)*2:floor(ih*0.45)*2:0:0"),
    "24 frames a second": ("-vf", "fps=24"),
    "30 frames a second": ("-vf", "fps=30"),
    "brightness and contrast +15 %": ("-vf", "eq=brightness=0.15:contrast=1.15"),
    "brightness and contrast -15 %": ("-vf", "eq=brightness=-0.15:contrast=0.85"),
    "cut to 2 s": ("-ss", "0.4", "-t", "2"),
    "cut to 2 s, 360p, CRF 30": (
        *("-ss", "0.4", "-t", "2", "-crf", "30"),
        *("-vf", "scale='if(gt(iw,ih),-2,360)':'if(gt(iw,ih),360,-2)'"),
    ),
}
# More than was asked of the mark: told, without a limit.
HARDER = frozenset({"cut to 2 s, 360p, CRF 30"})


def attacked(clip: Path, attack: str, out: Path) -> Path:
    """`out`, with a copy of the clip's picture after an attack.

    Raises:
        MeasureError: there is no ffmpeg, or it cannot do it.
    """
    return transcoded(clip, out, ATTACKS[attack])


def transcoded(clip: Path, out: Path, options: tuple[str, ...]) -> Path:
    """`out`, made by ffmpeg with options. Raises MeasureError as `attacked`."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise MeasureError("there is no ffmpeg on the PATH; install it")
    command = [program, "-v", "error", "-nostdin", "-y", "-i", str(clip), "-an"]
    command += ["-preset", "veryfast", *options, str(out)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise MeasureError(f"{clip}: ffmpeg cannot change it: {ran.stderr.strip()}")
    return out
