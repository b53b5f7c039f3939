"""Swaps heads in a video: photos in, plan, survey, rendered pieces, one finished file."""

from __future__ import annotations

import math
import os
import pickle
import threading
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from headswap.errors import MappingError, NoPersonFound, OutputNotWritable
from headswap.ids import new_id
from headswap.media import Resolution, join_pieces, output_size
from headswap.swapping.compose.tone import Skin
from headswap.swapping.compute import Compute, Job
from headswap.swapping.crew import Crew
from headswap.swapping.engines import engine_named
from headswap.swapping.glimpses import Glimpse
from headswap.swapping.head_model import HeadModel
from headswap.swapping.plan import RenderPlan
from headswap.swapping.planning import calibrated_plan, final_plan, first_plan
from headswap.swapping.reference import Portrait, ReferenceReader
from headswap.swapping.report import SwapReport, person_reports
from headswap.swapping.survey import KeyLook
from headswap.swapping.swap_folder import SwapFolder
from headswap.trust.consent import Consent, consents_for
from headswap.trust.credentials import sign_video
from headswap.trust.label import check_label
from headswap.trust.policy import PolicyGate
from headswap.trust.protected import refuse_protected
from headswap.trust.rules import Rules
from headswap.trust.signer import Signer
from headswap.trust.statement import SwapStatement
from headswap.vision.analyze import analyze
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.networks.identity import Identity
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.pose import fit_pose
from headswap.vision.progress import Progress, Report
from headswap.vision.scene import Scene
from headswap.vision.store import ModelStore
from headswap.vision.store.hashes import sha256_of

# Long enough that the decoding before a piece's first frame does not weigh, short enough that a
# crash costs little.
_PIECE_FRAMES = 120
# The texture a little finer than the largest head drawn from it.
_TEXTURE_GAIN = 1.25


@dataclass(frozen=True, slots=True)
class SwapOptions:
    """How to swap.

    skin: whose tone head and neck are given, the target's, the photo's, or one between.
    workers: rendering processes, None for one per core. label: a small text drawn on every frame.
    """

    resolution: Resolution = "source"
    engine: str = "mesh"
    skin: Skin = "blend"
    mute: bool = False
    largest_face: bool = False
    crf: int = 16
    workers: int | None = None
    label: str = ""


@dataclass(slots=True)
class _Stages:
    """Seconds spent in each stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Generator[None]:
        start = time.perf_counter()
        yield
        taken_s = self.seconds.get(name, 0.0) + time.perf_counter() - start
        self.seconds[name] = round(taken_s, 3)


def swap(
    video: Path | str,
    photos: Mapping[int, Path | str],
    out: Path | str,
    *,
    consent: Consent | str | Mapping[int, Consent | str] | None = None,
    rules: Rules | None = None,
    options: SwapOptions | None = None,
    scene: Scene | None = None,
    store: ModelStore | None = None,
    progress: Report | None = None,
    work: Path | None = None,
    compute: Compute | None = None,
    task_id: str | None = None,
    sign: bool = True,
) -> SwapReport:
    """Writes `video` to `out` with the heads of the mapped people replaced.

    photos: for each obj_id the photo of the head to put there. consent: that the people in the
    photos agreed, for all or by obj_id; HEADSWAP_CONSENT if not given. rules: what may be used, by
    default nothing explicit. scene: an earlier analysis of the same video. work: a folder for what
    is made on the way; given again after a crash, what is finished there is not done again.
    compute: where parts are rendered, processes of this machine by default. task_id: the id that
    the result bears, a new one by default. sign: whether content credentials are put into it, by
    `Signer.default`; False only where another process does that. The file at `out` is replaced at
    the very end, in one step, or not at all.

    Raises:
        ConsentMissing, ExplicitContentFound, ProtectedPerson: a rule is broken; nothing is written.
        VideoError, PhotoError, MappingError, ModelError, OutputError, EngineUnknown, WorkerDied,
        CertificateUnusable, SigningFailed, LabelUnusable.
    """
    video, out = Path(video), Path(out)
    options = options or SwapOptions()
    options = replace(options, label=check_label(options.label))
    task_id = task_id or new_id(time.time_ns() // 1_000_000)
    signer = Signer.default() if sign else None
    paths = {obj_id: Path(path) for obj_id, path in photos.items()}
    consents = consents_for(paths, consent)
    rules = rules or Rules()
    report: Report = progress or (lambda _: None)
    store = store or ModelStore.default()
    engine = engine_named(options.engine)
    _check_output(video, out)
    stages = _Stages()
    with ExitStack() as stack:
        # Ends after the crew, whose end also ends what waits for it.
        beside = stack.enter_context(ThreadPoolExecutor(2))
        crew = compute or stack.enter_context(Crew(options.workers or os.cpu_count() or 1))
        folder = work or Path(stack.enter_context(TemporaryDirectory(prefix="headswap-")))
        # Photos first: a bad one should be known before minutes are spent on the video.
        with stages.timed("photos"):
            reader = ReferenceReader(store, threads=2)
            portraits = {i: reader.find(path, options.largest_face) for i, path in paths.items()}
        with stages.timed("policy"):
            gate = PolicyGate(store, rules.explicit_limit)
            _check_photos(rules, gate, portraits, store)
        with stages.timed("analyse"):
            scene = scene or analyze(video, store=store, progress=report)
            scene = replace(scene, video=replace(scene.video, path=video))
        _check_mapping(scene, paths)
        # Beside everything else; nothing is drawn before it is done.
        looked_through = beside.submit(gate.check_video, scene)
        place = SwapFolder(folder, video, paths, repr(replace(options, workers=None)))
        if not place.plan_path.is_file():
            with stages.timed("survey"):
                size_wh = output_size(scene.video, options.resolution)
                plan = first_plan(scene, size_wh, paths, folder, options.skin)
                # The survey looks at the video alone, so heads are made while it goes on.
                looked = beside.submit(_survey, plan, crew, options, report)
                heads = _build_heads(scene, portraits, size_wh, reader)
                networks = FaceLandmarks(store), Blendshapes(store)
                plan = calibrated_plan(plan, heads, engine, *networks)
                looks = looked.result()
            with stages.timed("plan"):
                report(Progress("plan", 0, 1))
                final_plan(plan, looks).save(place.plan_path)
                report(Progress("plan", 1, 1))
                del plan, heads, looks
        # Mapped from its file, the plan of a long video takes hardly any memory here.
        plan = place.plan()
        with stages.timed("policy"):
            looked_through.result()
        with stages.timed("render"):
            pieces = _render(plan, place, crew, options, report)
        done = SwapReport(
            task_id=task_id,
            signed_by=signer.name if signer else "",
            video=str(video),
            out=str(out),
            width=plan.size_wh[0],
            height=plan.size_wh[1],
            frame_count=len(scene.pts),
            engine=engine.name,
            device=engine.device,
            pack=scene.pack,
            models=store.used(),
            people=person_reports(scene, plan, paths, consents),
            policy=gate.looked(),
            stages_s=stages.seconds,
        )
        joined = out if signer is None else folder / "joined.mp4"
        with stages.timed("join"):
            join_pieces(pieces, video, joined, scene.video, mute=options.mute)
        if signer is not None:
            with stages.timed("sign"):
                sign_video(joined, _statement(done, video, paths, options), signer, out)
            joined.unlink()
    return done


def _statement(
    done: SwapReport, video: Path, photos: Mapping[int, Path], options: SwapOptions
) -> SwapStatement:
    return SwapStatement(
        task_id=done.task_id,
        when=datetime.now(UTC),
        source_sha256=sha256_of(video),
        photos_sha256={i: sha256_of(path) for i, path in photos.items()},
        engine=done.engine,
        device=done.device,
        pack=done.pack,
        models=done.models,
        size_wh=(done.width, done.height),
        mute=options.mute,
        label=options.label,
        consents={person.obj_id: asdict(person.consent) for person in done.people},
    )


def _check_output(video: Path, out: Path) -> None:
    if out.is_dir():
        raise OutputNotWritable(f"{out} is a folder; name a file, such as {out / 'result.mp4'}")
    if not out.parent.is_dir():
        raise OutputNotWritable(f"there is no folder {out.parent}; make it first")
    if out.exists() and video.exists() and out.samefile(video):
        raise OutputNotWritable(f"{out} is the source itself; choose another output")
    if not os.access(out.parent, os.W_OK):
        raise OutputNotWritable(f"{out.parent} cannot be written to; choose another folder")


def _check_mapping(scene: Scene, photos: Mapping[int, Path]) -> None:
    if not scene.people:
        raise NoPersonFound(
            f"nobody found in {scene.video.path}; a face must be at least 24 px high and turned "
            "towards the camera in some frames"
        )
    if not photos:
        raise MappingError("no photo is mapped to anyone; map one, such as 0=photo.jpg")
    known = [person.obj_id for person in scene.people]
    for obj_id in photos:
        if obj_id not in known:
            raise MappingError(
                f"there is no person {obj_id} in {scene.video.path}; there is "
                f"{', '.join(map(str, known))} (see `headswap analyze`)"
            )


def _check_photos(
    rules: Rules,
    gate: PolicyGate,
    portraits: Mapping[int, Portrait],
    store: ModelStore,
) -> None:
    identity = Identity(store) if rules.protected else None
    for obj_id, portrait in portraits.items():
        gate.check_photo(portrait.rgb, obj_id)
        if identity is not None:
            face = identity.descriptor(portrait.rgb, portrait.landmarks)
            refuse_protected(face, rules.protected, obj_id)


def _build_heads(
    scene: Scene,
    portraits: Mapping[int, Portrait],
    size_wh: tuple[int, int],
    reader: ReferenceReader,
) -> dict[int, HeadModel]:
    """Head models as fine as the largest heads that will be drawn from them."""
    resize = size_wh[1] / scene.video.height
    people = {person.obj_id: person for person in scene.people}
    heads: dict[int, HeadModel] = {}
    for obj_id, portrait in portraits.items():
        tracks = [scene.tracks[i] for i in people[obj_id].tracks]
        scales = np.concatenate([fit_pose(track.landmarks).scale for track in tracks])
        largest = float(np.percentile(scales, 95)) * resize
        heads[obj_id] = reader.head(portrait, _TEXTURE_GAIN * largest)
    return heads


def _survey(
    plan: RenderPlan, crew: Compute, options: SwapOptions, report: Report
) -> list[KeyLook | Glimpse]:
    path = plan.folder / "first.plan"
    plan.save(path)
    count = len(plan.pts)
    stretches = _stretches(count, min(crew.size, max(1, count // 24)))
    outs = [plan.folder / f"looks-{start}" for start, _ in stretches]
    keys = sum(len(appearance.key_frames()) for appearance in plan.appearances)
    jobs = _jobs("survey", path, plan.info.path, stretches, outs, options)
    crew.do(jobs, _counter("survey", 0, keys, report))
    # Written a moment ago by this program's own workers.
    return [look for out in outs for look in pickle.loads(out.read_bytes())]  # noqa: S301


def _render(
    plan: RenderPlan, place: SwapFolder, crew: Compute, options: SwapOptions, report: Report
) -> list[Path]:
    count = len(plan.pts)
    stretches = _stretches(count, _pieces(count))
    pieces = [place.piece_path(start) for start, _ in stretches]
    missing = [i for i, piece in enumerate(pieces) if not piece.is_file()]
    jobs = _jobs(
        "render",
        place.plan_path,
        plan.info.path,
        [stretches[i] for i in missing],
        [pieces[i] for i in missing],
        options,
    )
    left = sum(stretches[i][1] - stretches[i][0] for i in missing)
    crew.do(jobs, _counter("render", count - left, count, report))
    return pieces


def _counter(stage: str, done: int, total: int, report: Report) -> Callable[[int], None]:
    """Adds up what several workers have finished, after `done`, and reports it."""
    lock = threading.Lock()

    def count(finished: int) -> None:
        nonlocal done
        with lock:
            done += finished
            report(Progress(stage, done, total))

    return count


def _jobs(
    do: str,
    plan: Path,
    video: Path,
    stretches: list[tuple[int, int]],
    outs: list[Path],
    options: SwapOptions,
) -> list[Job]:
    return [
        Job(
            do=do,
            plan=str(plan),
            video=str(video),
            start=start,
            stop=stop,
            out=str(out),
            engine=options.engine,
            crf=options.crf,
            label=options.label,
        )
        for (start, stop), out in zip(stretches, outs, strict=True)
    ]


def _pieces(frames: int) -> int:
    """How many pieces: an even number, so that two workers end together, of a bounded length."""
    return 1 if frames < 24 else 2 * math.ceil(frames / (2 * _PIECE_FRAMES))


def _stretches(count: int, parts: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, count, parts + 1).round().astype(int)
    return [(int(a), int(b)) for a, b in pairwise(edges) if a < b]
