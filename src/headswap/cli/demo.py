"""`headswap demo`: a sample clip and photo go through a service; source is shown above result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from headswap.arrays import U8
from headswap.cli.local_service import local_service
from headswap.cli.progress import ProgressDisplay, pull_missing_models
from headswap.disk import disk_errors, whole_file
from headswap.media import VideoReader
from headswap.sample import (
    Identity,
    SampleFrame,
    SampleScene,
    SampleSpec,
    portrait,
    write_clip,
)
from headswap.vision.progress import Progress, Report
from headswap.vision.store import ModelStore

SAMPLE = SampleSpec(seconds=4.0, people=(Identity.ASTRONAUT,))
PHOTO = Identity.SECOND
CONSENT = "headswap demo: the people are drawn, nobody is shown; for this demo"
# Frames shown side by side, and the width each is shown at: the picture stays under 500 kB.
SHOWN, SHOWN_WIDTH_PX = 4, 256


def make_demo(folder: Path) -> None:
    """Leaves source.mp4, photo.png, result.mp4 and result.png in `folder`, made if absent.

    The swap is done by a service of the demo's own, over HTTP, as any client would.

    Raises:
        ModelError, OutputError, ServiceFailed.
    """
    clip, photo, result = (folder / name for name in ("source.mp4", "photo.png", "result.mp4"))
    store = ModelStore.default()
    with ProgressDisplay() as display:
        pull_missing_models(store, display)
        write_sample(clip, photo, display.frames)
        with local_service() as service:
            service.swap(
                clip,
                {0: photo},
                to=result,
                resolution="480p",
                consent=CONSENT,
                progress=display.remote,
            )
    picture = folder / "result.png"
    with whole_file(picture) as partial:
        Image.fromarray(_above_each_other(clip, result)).save(partial, format="png", optimize=True)
    print(f"{result}: analysed, swapped and downloaded over HTTP from a service of its own")
    print(f"{picture}: source above result")


def write_sample(clip: Path, photo: Path, report: Report) -> None:
    """Writes the sample clip and the photo of the other person; their folder is made if absent.

    Raises:
        OutputError: they cannot be written.
    """
    with disk_errors(clip):
        clip.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(photo) as partial:
        Image.fromarray(portrait(PHOTO)).save(partial, format="png")
    with whole_file(clip) as partial:
        write_clip(_Watched(SAMPLE, report), partial)


@dataclass(frozen=True)
class _Watched(SampleScene):
    """A scene that tells how many of its frames are drawn."""

    report: Report

    def frame(self, index: int) -> SampleFrame:
        drawn = super().frame(index)
        self.report(Progress("draw the sample", index + 1, self.frame_count))
        return drawn


def _above_each_other(source: Path, result: Path) -> U8:
    """(h, w, 3) uint8: frames of the source in a row, the result's same frames below."""
    rows = [np.concatenate(_some_frames(path), axis=1) for path in (source, result)]
    return np.concatenate(rows, axis=0)


def _some_frames(video: Path) -> list[U8]:
    wanted = {int((k + 0.5) * SAMPLE.frame_count / SHOWN) for k in range(SHOWN)}
    width, height = SAMPLE.size_wh
    size_wh = (SHOWN_WIDTH_PX, round(SHOWN_WIDTH_PX * height / width))
    with VideoReader(video) as reader:
        return [
            np.asarray(cv2.resize(frame.rgb(), size_wh, interpolation=cv2.INTER_AREA), np.uint8)
            for frame in reader
            if frame.index in wanted
        ]
