"""A swap that was stopped goes on where it was, and only if it is the same swap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headswap import swap
from headswap.cli.kept_scene import kept_scene
from headswap.errors import WorkerDied
from headswap.swapping.compute import Job
from headswap.swapping.crew import Crew
from headswap.swapping.glimpses import Glimpse
from headswap.swapping.options import SwapOptions
from headswap.swapping.plan import RenderPlan
from headswap.swapping.planning import final_plan
from headswap.swapping.survey import KeyLook
from headswap.vision.scene import Scene
from headswap.vision.store import ModelStore
from tests.media_content import content
from tests.sample_inputs import FRAMES, Sample


class Faulty:
    """A crew whose power is cut after so many jobs; it remembers what it was asked."""

    size = 2

    def __init__(self, crew: Crew, survives: int) -> None:
        self._crew = crew
        self._left = survives
        self.asked: list[Job] = []

    def do(self, jobs: Sequence[Job], count: Callable[[int], None] = lambda _: None) -> None:
        for job in jobs:
            if self._left == 0:
                raise WorkerDied("the power was cut")
            self._left -= 1
            self.asked.append(job)
            self._crew.do([job], count)


@pytest.fixture(scope="module")
def scene(sample: Sample, core_pack: ModelStore) -> Scene:
    found = kept_scene(sample.clip, core_pack.pack)
    assert found is not None
    return found


def test_a_swap_goes_on_with_the_pieces_that_are_there(
    sample: Sample, scene: Scene, core_pack: ModelStore, tmp_path: Path
) -> None:
    work, out = tmp_path / "work", tmp_path / "out.mp4"
    options = SwapOptions(workers=2)

    def run(compute: Faulty, photo: Path = sample.photo, **other: object) -> None:
        swap(
            sample.clip,
            {0: photo},
            out,
            options=replace(options, **other),  # pyright: ignore[reportArgumentType]
            scene=scene,
            store=core_pack,
            work=work,
            compute=compute,
        )

    with Crew(1) as crew:
        planned = Faulty(crew, survives=1)
        with pytest.raises(WorkerDied):
            run(planned)
        assert [job["do"] for job in planned.asked] == ["survey"] and not out.exists()
        rendered = Faulty(crew, survives=99)
        run(rendered)
        assert [job["do"] for job in rendered.asked] == ["render"]
        pieces = {job["out"]: Path(job["out"]).stat().st_mtime_ns for job in rendered.asked}
        assert len(content(out).times) == FRAMES
        # The power is cut once more, before anyone was told.
        out.unlink()
        joined = Faulty(crew, survives=0)
        run(joined)
        assert len(content(out).times) == FRAMES
        assert {path: Path(path).stat().st_mtime_ns for path in pieces} == pieces
        # Nothing of it serves another request.
        other = Faulty(crew, survives=99)
        run(other, crf=30)
        assert [job["do"] for job in other.asked] == ["survey", "render"]


def test_a_swap_that_was_stopped_while_it_planned_plans_the_same_anew(
    sample: Sample,
    scene: Scene,
    core_pack: ModelStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(crew: Crew, work: Path) -> list[str]:
        compute = Faulty(crew, survives=1)
        with pytest.raises(WorkerDied):
            swap(
                sample.clip,
                {0: sample.photo},
                tmp_path / "out.mp4",
                options=SwapOptions(workers=1),
                scene=scene,
                store=core_pack,
                work=work,
                compute=compute,
            )
        return [job["do"] for job in compute.asked]

    def cut_short(plan: RenderPlan, looks: Sequence[KeyLook | Glimpse]) -> RenderPlan:
        final_plan(plan, looks)
        raise WorkerDied("the power was cut")

    with Crew(1) as crew:
        assert run(crew, tmp_path / "whole") == ["survey"]
        with monkeypatch.context() as patched:
            patched.setattr("headswap.swapping.draft.final_plan", cut_short)
            assert run(crew, tmp_path / "cut") == ["survey"]
        assert not (tmp_path / "cut" / "final.plan").exists()
        assert list((tmp_path / "cut").glob("view-*"))
        assert run(crew, tmp_path / "cut") == ["survey"]
    for folder in ("whole", "cut"):
        assert (tmp_path / folder / "final.plan").exists()
        assert not [*(tmp_path / folder).glob("view-*"), *(tmp_path / folder).glob("ballot-*")]
    names = sorted(path.name for path in (tmp_path / "whole").glob("*.npz"))
    assert {name.split("-")[0] for name in names} >= {"key", "plate"}
    assert names == sorted(path.name for path in (tmp_path / "cut").glob("*.npz"))
    for name in names:
        with np.load(tmp_path / "whole" / name) as once, np.load(tmp_path / "cut" / name) as again:
            assert all(np.array_equal(once[plane], again[plane]) for plane in once.files)
