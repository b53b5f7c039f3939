"""A running swap's newest frame is stored signed, under a new name each time, and removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headswap.errors import BlobsUnreachable
from headswap.jobs import queue
from headswap.jobs.assignment import Swapping
from headswap.jobs.queue import Claim
from headswap.jobs.shown_frame import ShownFrame
from headswap.store.blobs import Blobs
from headswap.store.database import Database
from headswap.trust.credentials import read_credentials
from headswap.trust.signer import Signer
from tests.service_world import NOW, World

pytest_plugins = ["tests.service_databases"]


class Clock:
    """Each look is a millisecond later."""

    def __init__(self) -> None:
        self.now_ms = NOW

    def __call__(self) -> int:
        self.now_ms += 1
        return self.now_ms


class Stage:
    """A task that is being rendered, and the picture that its process renews."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.world = World.of(database)
        self.world.analysed()
        self.id = self.world.created().id
        self.claim: Claim = self.world.claimed(self.id)
        self.blobs = Blobs.in_folder(folder / "blobs", bytes(32))
        for name in ("video", "photo"):
            (folder / name).write_bytes(name.encode())
        self.order = Swapping(
            task_id=self.id,
            video=folder / "video",
            scene=folder / "scene",
            photos={0: folder / "photo"},
            work=folder / "work",
            out=folder / "out.mp4",
            resolution="480p",
            engine="mesh",
            mute=False,
            memory_mb=1,
            label="Made with AI",
            frame=folder / "frame.jpg",
        )
        self.signer = Signer.open("", "", folder / "data")
        self.clock = Clock()
        self.shown = self.new(None)

    def new(self, key: str | None) -> ShownFrame:
        return ShownFrame(self.world.database, self.blobs, self.signer, self.clock, self.claim, key)

    def drawn(self, level: int) -> None:
        assert self.order.frame is not None
        Image.fromarray(np.full((48, 64, 3), level, np.uint8)).save(self.order.frame)

    @property
    def key(self) -> str | None:
        return self.world.task(self.id).frame_key

    @property
    def keys(self) -> list[str]:
        return list(self.blobs.list(f"tasks/{self.id}"))


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> Iterator[Stage]:
    yield Stage(database, tmp_path)


def test_nothing_is_shown_before_there_is_a_picture(stage: Stage) -> None:
    stage.shown.renew(stage.order, at_once=True)
    stage.shown.renew(replace(stage.order, frame=None), at_once=True)
    assert (stage.key, stage.keys) == (None, [])


def test_the_picture_says_what_it_is(stage: Stage, tmp_path: Path) -> None:
    stage.drawn(90)
    stage.shown.renew(stage.order)
    assert stage.key is not None
    picture = tmp_path / "got.jpg"
    picture.write_bytes(stage.blobs.get(stage.key))
    found = read_credentials(picture)
    assert (found.state, found.task_id) == ("valid", stage.id)
    assert found.actions == (
        "c2pa.opened",
        "c2pa.edited",
        "c2pa.watermarked.unbound",
        "c2pa.edited",
        "c2pa.resized",
    )
    with Image.open(picture) as image:
        assert image.size == (64, 48)


def test_a_new_picture_has_a_new_name_and_the_former_one_goes(stage: Stage) -> None:
    stage.drawn(90)
    stage.shown.renew(stage.order, at_once=True)
    first = stage.key
    stage.shown.renew(stage.order, at_once=True)
    assert stage.key == first, "it is the same picture"
    stage.drawn(120)
    stage.shown.renew(stage.order)
    assert stage.key == first, "it was renewed a moment ago"
    stage.shown.renew(stage.order, at_once=True)
    assert stage.key != first and stage.keys == [stage.key]


def test_what_an_earlier_try_left_is_replaced_or_forgotten(stage: Stage) -> None:
    stage.drawn(90)
    stage.shown.renew(stage.order, at_once=True)
    again = stage.new(stage.key)
    again.renew(stage.order, at_once=True)
    assert stage.keys == [stage.key]
    again.forget()
    again.forget()
    assert stage.keys == []


def test_a_worker_that_lost_the_task_leaves_nothing(stage: Stage) -> None:
    with stage.world.database.write() as s:
        assert queue.give_back(s, stage.claim, NOW)
    stage.drawn(90)
    stage.shown.renew(stage.order, at_once=True)
    assert (stage.key, stage.keys) == (None, [])


def test_a_store_that_is_away_does_not_end_the_swap(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise BlobsUnreachable("away")

    stage.drawn(90)
    monkeypatch.setattr(stage.blobs, "put_file", away)
    stage.shown.renew(stage.order, at_once=True)
    assert stage.key is None
