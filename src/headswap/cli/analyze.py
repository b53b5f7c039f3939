"""`headswap analyze`: finds the people, keeps the scene beside the video, tells who is who."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from headswap.cli.kept_scene import Fingerprint, keep_scene
from headswap.cli.progress import ProgressDisplay, pull_missing_models
from headswap.disk import disk_errors
from headswap.errors import HeadswapError
from headswap.media import probe
from headswap.trust.credentials import sign_preview
from headswap.trust.signer import Signer
from headswap.trust.statement import PreviewStatement
from headswap.vision.analyze import analyze
from headswap.vision.previews import write_previews
from headswap.vision.scene import Scene
from headswap.vision.scene_file import people_json
from headswap.vision.store import ModelStore


def analyze_video(video: Path, previews: Path | None, json_output: bool) -> None:
    """Analyses `video`, keeps the scene, writes previews if asked, prints the people.

    Raises:
        VideoError, ModelError. OutputError: the previews cannot be written. CertificateUnusable,
            SigningFailed: nor signed.
    """
    # Before anything slow: what is no video is refused here.
    probe(video)
    store = ModelStore.default()
    before = Fingerprint.of(video)
    with ProgressDisplay() as display:
        pull_missing_models(store, display)
        scene = analyze(video, store=store, progress=display.frames)
    _keep(scene, video, before)
    pictures: dict[int, Path] = {}
    if previews is not None:
        with disk_errors(previews):
            pictures = write_previews(scene, video, previews)
        _sign(pictures, before.sha256)
    if json_output:
        print(json.dumps(people_json(scene, pictures), indent=2))
    else:
        _show(scene, video, pictures)


def _keep(scene: Scene, video: Path, before: Fingerprint) -> None:
    try:
        keep_scene(scene, video, before)
    except HeadswapError as error:
        print(f"headswap: the scene is not kept, a swap will analyse again: {error}",
              file=sys.stderr)  # fmt: skip


def _sign(pictures: dict[int, Path], video_sha256: str) -> None:
    signer, now = Signer.default(), datetime.now(UTC)
    for obj_id, path in pictures.items():
        sign_preview(path, PreviewStatement(now, video_sha256, obj_id), signer)


def _show(scene: Scene, video: Path, pictures: dict[int, Path]) -> None:
    console = Console()
    info = scene.video
    console.print(
        f"{video}: {info.width}x{info.height}, {len(scene.pts)} frames at {float(info.rate):.3f} "
        f"per second, {len(scene.shots)} shot{'s' * (len(scene.shots) != 1)}",
        soft_wrap=True,
        highlight=False,
    )
    if not scene.people:
        console.print("nobody found: no face is seen clearly enough in any frame")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("obj_id", "frames", "first frame"):
        table.add_column(heading, justify="right")
    if pictures:
        table.add_column("preview", overflow="fold")
    for person in scene.people:
        tracks = [scene.tracks[i] for i in person.tracks]
        row = [
            str(person.obj_id),
            str(sum(len(track.frames) for track in tracks)),
            str(min(int(track.frames[0]) for track in tracks)),
        ]
        table.add_row(*row, *([str(pictures[person.obj_id])] if pictures else []))
    console.print(table)
