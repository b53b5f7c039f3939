"""What a Ray task runs on its node: one job, in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from headswap.errors import HeadswapError
from headswap.swapping.compute import Job

Told = tuple[dict[str, bytes], int, tuple[str, str] | None]


def render_remotely(job: Job, names: list[str], video: bytes, *contents: bytes) -> Told:
    """The files made (`out`, and others by name), frames done, and an error's name and message.

    names, contents: the files of the plan's folder. video: the source.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import cv2

    from headswap.swapping.worker import Worker

    cv2.setNumThreads(1)
    frames = 0

    def say(line: dict[str, object]) -> None:
        nonlocal frames
        frames += int(str(line.get("frames", 0)))

    with TemporaryDirectory(prefix="headswap-ray-") as name:
        folder = Path(name)
        for file, content in zip(names, contents, strict=True):
            (folder / file).write_bytes(content)
        source = folder / f"source{Path(job['video']).suffix}"
        source.write_bytes(video)
        out = folder / "out"
        here: Job = {
            **job,
            "plan": str(folder / Path(job["plan"]).name),
            "video": str(source),
            "out": str(out),
            # Nobody could see it there.
            "frame": "",
        }
        try:
            Worker().do(here, say)
        except HeadswapError as error:
            return {}, frames, (type(error).__name__, str(error))
        made = {path.name: path for path in folder.iterdir() if path.is_file()}
        new = {n: p.read_bytes() for n, p in made.items() if n not in names and p != source}
        return new, frames, None
