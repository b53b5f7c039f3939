"""The worker: claims work and does it, sends webhooks, and removes what is due."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

from sqlalchemy.exc import DBAPIError

from headswap.errors import HeadswapError
from headswap.fetch import guarded_client
from headswap.fetch.deadline import Timeouts
from headswap.jobs import endings, leftovers, queue, retention
from headswap.jobs.execution import Execution, Workshop
from headswap.jobs.outbox import Sender
from headswap.jobs.public_url import public_url
from headswap.jobs.queue import Claim
from headswap.jobs.retention import Removed
from headswap.jobs.work_folder import remove_abandoned
from headswap.store.tables import QueueEntry

_IDLE_S = 0.3
_SEND_S = 0.5
_TIDY_S = 600.0
# A team's sources may be due the moment its task ends.
_DUE_S = 3.0
_WEBHOOK_S = 10.0
_HOUR_MS = 3_600_000


class Worker:
    """Does jobs until it is stopped; several workers share one database.

    shop: what work is done with.
    """

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._stop = threading.Event()
        self._owner = f"{socket.gethostname()}-{os.getpid()}"
        self._log = logging.getLogger(__name__)
        client = guarded_client(shop.guard, Timeouts(_WEBHOOK_S, _WEBHOOK_S))
        self._sender = Sender(shop.db, shop.keyring, client, shop.clock, self._result_url)

    def run(self) -> None:
        """Works until `stop`, then hands back what is not finished."""
        loops: list[tuple[str, Callable[[], None]]] = [
            ("webhooks", lambda: self._again_and_again(self._send, _SEND_S)),
            ("due", lambda: self._again_and_again(self._remove_due, _DUE_S)),
            ("tidy", lambda: self._again_and_again(self._tidy, _TIDY_S)),
        ]
        for i in range(self._shop.settings.workers):
            loops.append((f"jobs-{i}", lambda: self._again_and_again(self._work, _IDLE_S)))
        threads = [threading.Thread(target=loop, name=name) for name, loop in loops]
        for thread in threads:
            thread.start()
        self._log.info("worker %s started", self._owner)
        for thread in threads:
            thread.join()
        self._log.info("worker %s stopped", self._owner)

    def stop(self) -> None:
        """Ends `run` soon: running jobs are ended and handed back, finished parts are kept."""
        self._stop.set()

    def stop_at_signals(self) -> None:
        """Stops at SIGTERM or SIGINT; a second one ends the process at once."""

        def handle(number: int, frame: FrameType | None) -> None:
            if self._stop.is_set():
                os._exit(128 + number)
            self.stop()

        signal.signal(signal.SIGTERM, handle)
        signal.signal(signal.SIGINT, handle)

    def _again_and_again(self, step: Callable[[], bool], pause_s: float) -> None:
        """Repeats a step, at once while it found something to do."""
        while not self._stop.is_set():
            try:
                busy = step()
            except (DBAPIError, HeadswapError):
                # The database or the store is away; what is claimed is claimed again later.
                self._log.exception("a step failed; it is tried again")
                busy = False
            if not busy:
                self._stop.wait(pause_s)

    def _work(self) -> bool:
        claim = self._claimed()
        if claim is None:
            return False
        Execution(self._shop, claim, self._stop.is_set).run()
        return True

    def _claimed(self) -> Claim | None:
        shop, now_ms = self._shop, self._shop.clock()
        # Looking does not lock; only when there is something is a claim worth a write.
        with shop.db.read() as s:
            if not any(count.waiting for count in queue.counts(s, now_ms)):
                return None
        with shop.db.write() as s:
            claim = queue.claim(s, self._owner, now_ms, round(shop.settings.lease_s * 1000))
            if claim is None or endings.fail_worn_out(s, claim, now_ms, shop.settings.max_tries):
                return None
            return claim

    def _send(self) -> bool:
        return self._sender.step() > 0

    def _remove_due(self) -> bool:
        shop, now_ms = self._shop, self._shop.clock()
        with shop.db.read() as s:
            due = retention.is_due(s, now_ms)
        # What is due may still be in use; then nothing is removed yet.
        if due and (removed := retention.remove_due(shop.db, shop.blobs, now_ms)) != Removed():
            self._log.info("removed %s", removed)
        return False

    def _tidy(self) -> bool:
        shop, now_ms = self._shop, self._shop.clock()
        removed = retention.step(shop.db, shop.blobs, shop.settings, now_ms)
        left = leftovers.sweep(shop.db, shop.blobs, now_ms)
        folders = remove_abandoned(shop.settings.data_dir, self._unfinished)
        self._log.info("removed %s, %s left over, %d work folders", removed, left, folders)
        return False

    def _unfinished(self, record_id: str) -> bool:
        with self._shop.db.read() as s:
            return s.get(QueueEntry, record_id) is not None

    def _result_url(self, key: str, file_name: str) -> str:
        settings = self._shop.settings
        expires_ms = self._shop.clock() + round(settings.url_hours * _HOUR_MS)
        return self._shop.blobs.url(key, file_name, expires_ms, public_url(settings))
