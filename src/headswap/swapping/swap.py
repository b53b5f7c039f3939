"""Swaps heads in a video: photos in, plan, survey, rendered pieces, one finished file."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

from headswap.disk import check_writable
from headswap.errors import MappingError, NoPersonFound, OutputNotWritable
from headswap.ids import new_id
from headswap.media import join_pieces
from headswap.memory import hand_back
from headswap.swapping.compute import Compute
from headswap.swapping.crew import Crew
from headswap.swapping.draft import Stages, Tools, draft_plan, save_plan
from headswap.swapping.engines import engine_named
from headswap.swapping.options import SwapOptions
from headswap.swapping.parts import render_parts
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
from headswap.vision.networks.identity import Identity
from headswap.vision.progress import Report
from headswap.vision.scene import Scene
from headswap.vision.store import ModelStore
from headswap.vision.store.hashes import sha256_of


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
    frame: Path | None = None,
) -> SwapReport:
    """Writes `video` to `out` with the heads of the mapped people replaced.

    photos: for each obj_id the photo of the head to put there. consent: that the people in the
    photos agreed, for all or by obj_id; HEADSWAP_CONSENT if not given. rules: what may be used, by
    default nothing explicit. scene: an earlier analysis of the same video. work: a folder for what
    is made on the way; given again after a crash, what is finished there is not done again.
    compute: where parts are rendered, processes of this machine by default. task_id: the id that
    the result bears, a new one by default, or that of the try that is gone on with; it begins with
    the 16 hex digits that are the mark. sign: whether content credentials are put into it, by
    `Signer.default`; False only where another process does that. frame: a small JPEG of the newest
    finished frame, renewed while this machine renders, neither signed nor removed. The file at
    `out` is replaced at the very end, in one step, or not at all.

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
    report: Report = progress or (lambda _: None)
    store = store or ModelStore.default()
    engine = engine_named(options.engine)
    _check_output(video, out)
    stages = Stages()
    with ExitStack() as stack:
        _one_thread_each(stack)
        # Ends after the crew, whose end also ends what waits for it.
        beside = stack.enter_context(ThreadPoolExecutor(2))
        crew = compute or stack.enter_context(Crew(options.workers or os.cpu_count() or 1))
        folder = work or Path(stack.enter_context(TemporaryDirectory(prefix="headswap-")))
        tools = Tools(options, engine, store, crew, beside, report, stages)
        # Photos first: a bad one should be known before minutes are spent on the video.
        with stages.timed("photos"):
            reader = ReferenceReader(store, threads=2)
            portraits = {i: reader.find(path, options.largest_face) for i, path in paths.items()}
        with stages.timed("policy"):
            gate = past_photos(rules or Rules(), portraits, store)
        with stages.timed("analyse"):
            known = scene
            scene = known or analyze(
                video, store=store, progress=report, passing=gate.check_passing
            )
            scene = replace(scene, video=replace(scene.video, path=video))
        # What is left to look at takes a part of a core; nothing is drawn before it is done.
        passing = beside.submit(_check_video, gate, scene, known is None)
        _check_mapping(scene, paths)
        place = SwapFolder(folder, video, paths, f"{replace(options, workers=None)} {task_id}")
        if not place.plan_path.is_file():
            draft = draft_plan(tools, scene, portraits, reader, folder)
            save_plan(tools, draft, task_id or _new_id(), place.plan_path)
            del draft
        hand_back()
        # Mapped from its file, the plan of a long video takes hardly any memory here.
        plan = place.plan()
        with stages.timed("policy"):
            passing.result()
        with stages.timed("render"):
            pieces = render_parts(plan, place, crew, options, report, frame)
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
        with stages.timed("join"):
            joined = out if signer is None else folder / "joined.mp4"
            join_pieces(pieces, video, joined, scene.video, mute=options.mute)
        if signer is not None:
            with stages.timed("sign"):
                sign_video(joined, _statement(done, video, paths, options), signer, out)
            joined.unlink()
    return done


def _check_video(gate: PolicyGate, scene: Scene, passed: bool) -> None:
    """passed: whether the gate saw the source's frames while they were analysed."""
    if not passed:
        gate.check_seconds(scene.video.path)
    gate.check_shots(scene)


def _one_thread_each(stack: ExitStack) -> None:
    """Keeps OpenCV to one thread until the stack is left.

    Several things go on at once all the time, whose many threads would get in each other's way.
    """
    stack.callback(cv2.setNumThreads, cv2.getNumThreads())
    cv2.setNumThreads(1)


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


def past_photos(rules: Rules, portraits: Mapping[int, Portrait], store: ModelStore) -> PolicyGate:
    """The gate that has let the photos of new heads, by person, through.

    Raises:
        ExplicitContentFound, ProtectedPerson: of the person whose photo breaks the rules.
    """
    gate = PolicyGate(store, rules.explicit_limit)
    gate.check_photos({i: portrait.rgb for i, portrait in portraits.items()})
    identity = Identity(store) if rules.protected else None
    for obj_id, portrait in portraits.items():
        if identity is not None:
            face = identity.descriptor(portrait.rgb, portrait.landmarks)
            refuse_protected(face, rules.protected, obj_id)
    return gate
