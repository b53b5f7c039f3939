"""One claimed piece of work from its inputs to its end: fetched, done in a process, stored."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from headswap.errors import FetchError, HeadswapError, PhotoUnreadable
from headswap.fetch import Guard, content_of, download
from headswap.fetch.content import Kind
from headswap.jobs import audit, endings, protected, queue, states, team_settings, uploads
from headswap.jobs.analyses import tracks_key
from headswap.jobs.assignment import SCENE_NAME, Analysing, Swapping, VideoLimits
from headswap.jobs.failures import Failure, failure_of
from headswap.jobs.job import JobProcess
from headswap.jobs.keyring import Keyring
from headswap.jobs.orders import ENGINE_OF_MODEL
from headswap.jobs.public_url import public_url
from headswap.jobs.queue import Claim
from headswap.jobs.shown_frame import ShownFrame
from headswap.jobs.signing import sign_output, sign_previews
from headswap.jobs.work_folder import WorkFolder
from headswap.settings import Settings
from headswap.store.blobs import Blobs
from headswap.store.clock import Clock
from headswap.store.database import Database
from headswap.store.tables import Analysis, SwapTask
from headswap.trust.signer import Signer
from headswap.vision.store.hashes import sha256_of

_LOOK_S = 0.3
_MB = 1_000_000
_TAKEN = "taken: MP4, MOV, MKV, WebM, AVI, MPEG; JPEG, PNG, WebP, AVIF"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Workshop:
    """What work is done with. keyring: reads the lists of protected people, seals webhooks."""

    settings: Settings
    db: Database
    blobs: Blobs
    guard: Guard
    signer: Signer
    clock: Clock
    keyring: Keyring


class _Gone(Exception):
    """The work is not ours to end: another has it, or this worker stops."""


class _Cancelled(Exception):
    """The owner of the task does not want it any more."""


class Execution:
    """Does one claim; whatever happens, the record ends once, or the claim is handed back."""

    def __init__(self, shop: Workshop, claim: Claim, stopping: Callable[[], bool]) -> None:
        self._shop = shop
        self._claim = claim
        self._stopping = stopping
        self._state: queue.Watch = "ours"
        self._progress: int | None = None
        self._eta_s: int | None = None
        self._over = threading.Event()
        self._frame: ShownFrame | None = None
        self._folder = WorkFolder(shop.settings.data_dir / "work" / claim.ref_id)
        self._log = logging.getLogger(__name__)
        self._about = {f"{claim.kind}_id": claim.ref_id}

    def run(self) -> None:
        """Does the work and writes its end."""
        pulse = threading.Thread(target=self._pulse, name=f"pulse-{self._claim.ref_id}")
        pulse.start()
        try:
            self._log.info("begun, try %d", self._claim.tries, extra=self._about)
            self._do()
        except _Gone:
            self._hand_back()
        except _Cancelled:
            self._cancel()
        except Failure as failure:
            self._fail(failure)
        except HeadswapError as error:
            self._fail(failure_of(error))
        except Exception:  # noqa: BLE001  the edge: whatever is wrong here, the record must end
            self._log.exception("a fault of ours", extra=self._about)
            reason = "a fault of the server; its log tells whoever runs it"
            self._fail(Failure(states.OUR_FAULT, reason, retryable=True))
        finally:
            self._over.set()
            pulse.join()

    def _do(self) -> None:
        if self._claim.kind == "analysis":
            self._analyse()
        else:
            self._swap()

    # The two kinds of work.

    def _analyse(self) -> None:
        shop, id_ = self._shop, self._claim.ref_id
        with shop.db.read() as s:
            analysis = s.get_one(Analysis, id_)
        source = self._folder.path("source")
        limit = shop.settings.max_video_mb * _MB
        if not source.is_file():
            self._waited(
                lambda: self._bring(analysis.video_url, analysis.team_id, source, limit, "video")
            )
        order = Analysing(
            video=source,
            folder=self._folder.root,
            limits=VideoLimits.of(shop.settings),
            memory_mb=shop.settings.job_memory_mb,
        )
        done = self._process(order)
        stored = self._waited(lambda: self._store_analysis(source, done))
        with shop.db.write() as s:
            ended = endings.finish_analysis(s, shop.settings, self._claim, stored, shop.clock())
        self._told(ended, "analysed")

    def _store_analysis(self, source: Path, done: dict[str, Any]) -> endings.Analysed:
        prefix = f"analyses/{self._claim.ref_id}"
        blobs, result = self._shop.blobs, done["result"]
        pictures = {int(i): self._folder.path(name) for i, name in done["previews"].items()}
        sign_previews(pictures, source, self._shop.signer, self._shop.clock())
        # Its name tells a browser what it is.
        source_key = f"{prefix}/source{content_of(source).suffix}"
        blobs.put_file(source_key, source)
        scene_key = f"{prefix}/scene"
        blobs.put_file(scene_key, self._folder.path(SCENE_NAME))
        blobs.put_file(tracks_key(scene_key), self._folder.path(f"{SCENE_NAME}.json"))
        for item in result["media"]:
            item["key"] = f"{prefix}/subject_{item['obj_id']}.png"
            blobs.put_file(item["key"], pictures[item["obj_id"]])
        return endings.Analysed(result, done["duration_ms"], source_key, scene_key)

    def _swap(self) -> None:
        shop, id_ = self._shop, self._claim.ref_id
        with shop.db.read() as s:
            task = s.get_one(SwapTask, id_)
            analysis = s.get_one(Analysis, task.analysis_id)
            left_out = protected.embeddings(s, shop.keyring, task.team_id)
            label = team_settings.label_of(s, task.team_id)
        if analysis.source_key is None or analysis.scene_key is None:
            raise Failure(
                states.RENDERING_FAILED,
                "the analysed video has been removed; submit the analysis again",
            )
        source_key, scene_key = analysis.source_key, analysis.scene_key
        files = self._waited(lambda: self._inputs(task, source_key, scene_key))
        source, scene, photos = files
        self._store_hashes(photos)
        out = self._folder.path("output.mp4")
        order = Swapping(
            task_id=id_,
            video=source,
            scene=scene,
            photos=photos,
            consents=_consents(task),
            explicit_limit=shop.settings.explicit_limit,
            protected=left_out,
            work=self._folder.path("plan"),
            out=out,
            resolution=task.resolution,
            engine=ENGINE_OF_MODEL[task.model_name],
            mute=not task.keep_original_sound,
            label=label,
            memory_mb=shop.settings.job_memory_mb,
            compute=shop.settings.compute,
            ray_address=shop.settings.ray_address,
            frame=self._folder.path("frame.jpg"),
        )
        frame = ShownFrame(
            shop.db, shop.blobs, shop.signer, shop.clock, self._claim, task.frame_key
        )
        self._frame = frame
        done = self._process(order, lambda: frame.renew(order))
        frame.renew(order, at_once=True)
        report = {**done["report"], "signed_by": shop.signer.name}
        key = f"tasks/{id_}/output.mp4"
        # The process that decoded the files of strangers has ended; only now a key is used.
        self._waited(lambda: sign_output(order, report, shop.signer, shop.clock()))
        self._waited(lambda: shop.blobs.put_file(key, out))
        with shop.db.write() as s:
            ended = endings.finish_task(s, shop.settings, self._claim, key, report, shop.clock())
            # Cancelled at the last moment, or another's by now: then that is its result, not this.
            unwanted = ended and s.get_one(SwapTask, id_).output_key is None
        if unwanted:
            shop.blobs.delete(key)
            frame.forget()
        self._told(ended, "swapped")

    def _inputs(
        self, task: SwapTask, source_key: str, scene_key: str
    ) -> tuple[Path, Path, dict[int, Path]]:
        """The video, its scene, and the photos by obj_id."""
        self._folder.restore(self._shop.blobs, task.id)
        source = self._blob(source_key, "source")
        scene = self._blob(scene_key, SCENE_NAME)
        limit = self._shop.settings.max_image_mb * _MB
        photos: dict[int, Path] = {}
        for mapping in task.mappings:
            obj_id, url = int(mapping["obj_id"]), str(mapping["img_url"])
            path = self._folder.path(f"photo-{obj_id}")
            try:
                if not path.is_file():
                    self._bring(url, task.team_id, path, limit, "image")
            except (FetchError, PhotoUnreadable) as error:
                reason = f"obj_id {obj_id}: the reference image: {error}"
                raise Failure(states.REFERENCE_UNUSABLE, reason, error.retryable) from error
            photos[obj_id] = path
        return source, scene, photos

    def _store_hashes(self, photos: dict[int, Path]) -> None:
        """By which the task is found again when a photo's data is to be deleted."""
        hashes = {obj_id: sha256_of(path) for obj_id, path in photos.items()}
        with self._shop.db.write() as s:
            task = s.get(SwapTask, self._claim.ref_id, with_for_update=True)
            if task is not None:
                task.mappings = [
                    {**one, "sha256": hashes[int(one["obj_id"])]} for one in task.mappings
                ]

    # What both need.

    def _blob(self, key: str, name: str) -> Path:
        """A blob as a file: itself where blobs are files, else a copy in the work folder."""
        there = self._shop.blobs.local_path(key)
        if there is not None:
            return there
        path = self._folder.path(name)
        if not path.is_file():
            self._shop.blobs.get_file(key, path)
        return path

    def _bring(self, url: str, team_id: str, to: Path, max_bytes: int, kind: Kind) -> None:
        """The file that a URL names, once its bytes say that it is of the kind.

        Nothing else goes to a decoder: playlists and such name further files, which it would open.
        """
        # A name of its own: what an earlier try left running may still write.
        shop, part = self._shop, to.with_name(f"{to.name}.{secrets.token_hex(4)}.part")
        with shop.db.read() as s:
            upload = uploads.named_by(s, public_url(shop.settings), team_id, url)
        if upload is not None:
            shop.blobs.get_file(upload.blob_key, part)
        else:
            settings = shop.settings
            download(
                url, part, shop.guard, max_bytes, settings.fetch_timeout_s, settings.fetch_idle_s
            )
        if content_of(part).kind != kind:
            part.unlink()
            if kind == "video":
                raise Failure(
                    states.NOT_A_VIDEO, f"the file is no video of a kind that is {_TAKEN}"
                )
            raise PhotoUnreadable(f"the file is no image of a kind that is {_TAKEN}")
        part.replace(to)

    def _process(
        self, order: Analysing | Swapping, beside: Callable[[], None] = lambda: None
    ) -> dict[str, Any]:
        """What the job's process answers; `beside` is called as it goes on."""

        def told(progress: int, eta_s: int | None) -> None:
            self._note(progress, eta_s)
            beside()

        process = JobProcess(order, self._shop.settings.job_time_s)
        done = process.run(told, lambda: self._stopping() or self._state != "ours")
        if done is None:
            self._check()
            raise _Gone
        return done

    def _note(self, progress: int, eta_s: int | None) -> None:
        self._progress, self._eta_s = progress, eta_s
        self._folder.keep(self._shop.blobs, self._claim.ref_id)

    def _waited(self, work: Callable[[], _T]) -> _T:
        """What `work` gives, unless the claim ends first; then nobody waits for it."""
        future: Future[_T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001  raised again by whoever waits
                future.set_exception(error)

        # A daemon: a download that nobody wants any more must not keep the worker from ending.
        threading.Thread(target=run, name=f"work-{self._claim.ref_id}", daemon=True).start()
        while True:
            self._check()
            if wait([future], timeout=_LOOK_S).done:
                return future.result()

    def _check(self) -> None:
        if self._state == "cancel":
            raise _Cancelled
        if self._state == "lost" or self._stopping():
            raise _Gone

    def _pulse(self) -> None:
        """Extends the lease, stores progress, and looks whether the work is still wanted."""
        clock, extended, shown = self._shop.clock, 0, None
        while not self._over.wait(_LOOK_S):
            # A database that is away for a moment comes back, or the lease runs out.
            with suppress(DBAPIError):
                due = clock() - extended > self._claim.lease_ms // 3
                if due or self._progress != shown:
                    with self._shop.db.write() as s:
                        held = queue.extend(s, self._claim, clock(), self._progress, self._eta_s)
                    extended, shown = clock(), self._progress
                    if not held:
                        self._state = "lost"
                        return
                with self._shop.db.read() as s:
                    self._state = queue.watch(s, self._claim)
                if self._state != "ours":
                    return

    # Ends.

    def _hand_back(self) -> None:
        with self._shop.db.write() as s:
            ours = queue.give_back(s, self._claim, self._shop.clock())
        self._log.info("handed back" if ours else "lost to another worker", extra=self._about)

    def _cancel(self) -> None:
        with self._shop.db.write() as s:
            ended = endings.cancel_task(s, self._claim, self._shop.clock())
        self._forget_frame(ended)
        self._told(ended, "cancelled")

    def _fail(self, failure: Failure) -> None:
        shop = self._shop
        with shop.db.write() as s:
            outcome = endings.fail_or_retry(
                s,
                self._claim,
                failure.code,
                failure.reason,
                shop.clock(),
                failure.retryable,
                shop.settings.max_tries,
            )
            if outcome == "failed" and failure.rule:
                audit.note(
                    s,
                    "policy.refused",
                    shop.clock(),
                    team_id=self._claim.team_id,
                    actor=audit.SERVICE,
                    ref=self._claim.ref_id,
                    about={"rule": failure.rule},
                )
        self._log.warning("%s: %d %s", outcome, failure.code, failure.reason, extra=self._about)
        self._forget_frame(outcome == "failed")
        if outcome == "failed":
            self._folder.remove(shop.blobs, self._claim.ref_id)

    def _forget_frame(self, ended: bool) -> None:
        if ended and self._frame is not None:
            self._frame.forget()

    def _told(self, ended: bool, what: str) -> None:
        self._log.info(what if ended else "lost to another worker", extra=self._about)
        if ended:
            self._folder.remove(self._shop.blobs, self._claim.ref_id)


def _consents(task: SwapTask) -> dict[int, dict[str, str]]:
    """By obj_id; a task that an older version queued has none, and is refused for it."""
    return {int(one["obj_id"]): one["consent"] for one in task.mappings if "consent" in one}
