"""Swaps heads in a video: photos in, plan, survey, rendered pieces, one finished file."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from headswap.disk import check_writable
from headswap.errors import MappingError, NoPersonFound, OutputNotWritable
from headswap.ids import new_id
from headswap.media import join_pieces, output_size
from headswap.swapping.compute import Compute
from headswap.swapping.crew import Crew
from headswap.swapping.engines import engine_named
from headswap.swapping.engines.protocol import Engine
from headswap.swapping.head_model import HeadModel
from headswap.swapping.options import SwapOptions
from headswap.swapping.parts import render_parts, survey_parts
from headswap.swapping.plan import RenderPlan
from headswap.swapping.planning import calibrated_plan, final_plan, first_plan
from headswap.swapping.reference import Portrait, ReferenceReader
from headswap.swapping.report import SwapReport, person_reports
from headswap.swapping.swap_folder import SwapFolder
from headswap.trust.consent import Consent, consents_for
from headswap.trust.credentials import sign_video
from headswap.trust.label import check_label
from headswap.trust.mark import mark_of
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

# The texture a little finer than the largest head drawn from it.
_TEXTURE_GAIN = 1.25


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


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the stages of one swap work with."""

    options: SwapOptions
    engine: Engine
    store: ModelStore
    crew: Compute
    beside: ThreadPoolExecutor
    report: Report
    stages: _Stages


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
    the result bears, a new one by default, or that of the try that is gone on with; it begins with
    the 16 hex digits that are the mark. sign: whether content credentials are put into it, by
    `Signer.default`; False only where another process does that. The file at `out` is replaced at
    the very end, in one step, or not at all.

    Raises:
        ConsentMissing, ExplicitContentFound, ProtectedPerson: a rule is broken; nothing is written.
        VideoError, PhotoError, MappingError, ModelError, OutputError, EngineUnknown, WorkerDied,
        CertificateUnusable, SigningFailed, LabelUnusable. ValueError for an id of another form.
    """
    video, out = Path(video), Path(out)
    options = options or SwapOptions()
    options = replace(options, label=check_label(options.label))
    if task_id is not None:
        mark_of(task_id)
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
        shared = _Shared(options, engine, store, crew, beside, report, stages)
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
        place = SwapFolder(folder, video, paths, f"{replace(options, workers=None)} {task_id}")
        if not place.plan_path.is_file():
            plan = _planned(shared, scene, portraits, reader, folder)
            replace(plan, task_id=task_id or _new_id()).save(place.plan_path)
            del plan
        # Mapped from its file, the plan of a long video takes hardly any memory here.
        plan = place.plan()
        with stages.timed("policy"):
            looked_through.result()
        with stages.timed("render"):
            pieces = render_parts(plan, place, crew, options, report)
        done = SwapReport(
            task_id=plan.task_id,
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


def _planned(
    shared: _Shared,
    scene: Scene,
    portraits: Mapping[int, Portrait],
    reader: ReferenceReader,
    folder: Path,
) -> RenderPlan:
    """The plan, complete but for the task's id."""
    options, report = shared.options, shared.report
    with shared.stages.timed("survey"):
        size_wh = output_size(scene.video, options.resolution)
        plan = first_plan(scene, size_wh, portraits, folder, options.skin)
        # The survey looks at the video alone, so heads are made while it goes on.
        looked = shared.beside.submit(survey_parts, plan, shared.crew, options, report)
        heads = _build_heads(scene, portraits, size_wh, reader)
        networks = FaceLandmarks(shared.store), Blendshapes(shared.store)
        plan = calibrated_plan(plan, heads, shared.engine, *networks)
        looks = looked.result()
    with shared.stages.timed("plan"):
        report(Progress("plan", 0, 1))
        plan = replace(final_plan(plan, looks), marked=options.mark)
        report(Progress("plan", 1, 1))
    return plan


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
        mark=done.task_id[:16] if options.mark else "",
        label=options.label,
        consents={person.obj_id: asdict(person.consent) for person in done.people},
    )


def _new_id() -> str:
    return new_id(time.time_ns() // 1_000_000)


def _check_output(video: Path, out: Path) -> None:
    check_writable(out)
    if out.exists() and video.exists() and out.samefile(video):
        raise OutputNotWritable(f"{out} is the source itself; choose another output")


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
