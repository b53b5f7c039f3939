"""What another machine finds of a job whose worker was lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from headswap.jobs.work_folder import FINAL_PLAN, WorkFolder
from headswap.store.blobs import Blobs
from headswap.swapping.swap_folder import SwapFolder

TASK = "0" * 24


@pytest.fixture
def blobs() -> Blobs:
    return Blobs.in_memory(b"k" * 32)


def _names(folder: WorkFolder) -> list[str]:
    return sorted(path.name for path in folder.path("plan").iterdir())


def test_the_plan_is_known_by_the_name_that_a_swap_gives_it(tmp_path: Path) -> None:
    video = tmp_path / "video"
    video.write_bytes(b"v")
    assert SwapFolder(tmp_path / "work", video, {}, "").plan_path.name == FINAL_PLAN


def test_nothing_is_kept_before_there_is_a_plan_to_go_on_with(blobs: Blobs, tmp_path: Path) -> None:
    here = WorkFolder(tmp_path / "here")
    here.path("plan/key-0-0.npz").write_bytes(b"half")
    here.keep(blobs, TASK)
    assert list(blobs.list(f"tasks/{TASK}/")) == []
    here.path("plan/key-0-0.npz").write_bytes(b"whole")
    here.path(f"plan/{FINAL_PLAN}").write_bytes(b"plan")
    here.keep(blobs, TASK)
    there = WorkFolder(tmp_path / "there")
    there.restore(blobs, TASK)
    assert _names(there) == [FINAL_PLAN, "key-0-0.npz"]
    assert there.path("plan/key-0-0.npz").read_bytes() == b"whole"


def test_pieces_follow_as_they_are_finished_and_go_with_the_job(
    blobs: Blobs, tmp_path: Path
) -> None:
    here = WorkFolder(tmp_path / "here")
    here.path(f"plan/{FINAL_PLAN}").write_bytes(b"plan")
    here.path("plan/piece-0000000.mp4").write_bytes(b"one")
    here.path("plan/.piece-0000120.mp4.abcd.part").write_bytes(b"half")
    here.keep(blobs, TASK)
    there = WorkFolder(tmp_path / "there")
    there.restore(blobs, TASK)
    assert _names(there) == [FINAL_PLAN, "piece-0000000.mp4"]
    there.remove(blobs, TASK)
    assert not there.root.exists() and list(blobs.list(f"tasks/{TASK}/")) == []
