"""Previews: a picture of each person's head, cut from the frame that shows it best."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from headswap.disk import disk_errors, whole_file
from headswap.media import Frame, VideoReader
from headswap.vision.scene import Person, Scene

# Room around the head's box, as a share of its longer side.
MARGIN = 0.15


def write_previews(scene: Scene, video: Path, folder: Path) -> dict[int, Path]:
    """Write `person_<obj_id>.png` for each person into `folder` (made if absent); their paths.

    Raises:
        VideoError: the video cannot be read.
        OutputError: the folder cannot be written.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    written: dict[int, Path] = {}
    with VideoReader(video) as reader:
        for person in scene.people:
            for frame in reader.frames(person.best_frame, person.best_frame + 1, scene.pts):
                path = folder / f"person_{person.obj_id}.png"
                with whole_file(path) as partial:
                    Image.fromarray(frame.rgb(_box(person, frame))).save(partial, format="PNG")
                written[person.obj_id] = path
    return written


def _box(person: Person, frame: Frame) -> tuple[int, int, int, int]:
    head = person.best_box_xyxy.astype(np.float64)
    margin = MARGIN * float((head[2:] - head[:2]).max())
    size = np.array([frame.width, frame.height])
    low = np.clip(np.floor(head[:2] - margin), 0, size - 1).astype(int)
    high = np.clip(np.ceil(head[2:] + margin), low + 1, size).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
