"""The picture of a running swap's newest frame, on its way from the job process to a client."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from headswap.errors import BlobsUnreachable
from headswap.jobs import queue
from headswap.jobs.assignment import Swapping
from headswap.jobs.queue import Claim
from headswap.store.blobs import Blobs
from headswap.store.clock import Clock
from headswap.store.database import Database
from headswap.trust.credentials import sign_preview
from headswap.trust.signer import Signer
from headswap.trust.statement import FrameStatement
from headswap.vision.store.hashes import sha256_of

_EVERY_S = 2.0


class ShownFrame:
    """Stores the picture that a job process renews, signed, under a new name each time: what one
    address shows never changes. Of the names that the task had only the newest is kept.
    """

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        signer: Signer,
        clock: Clock,
        claim: Claim,
        key: str | None,
    ) -> None:
        """`key`: the picture that an earlier try has left."""
        self._db = db
        self._blobs = blobs
        self._signer = signer
        self._clock = clock
        self._claim = claim
        self._key = key
        self._stored_s = 0.0
        self._seen_ns = 0
        self._statement: FrameStatement | None = None

    def renew(self, order: Swapping, at_once: bool = False) -> None:
        """Stores the picture if it is another one, every few seconds at most, or `at_once`."""
        if not at_once and time.monotonic() - self._stored_s < _EVERY_S:
            return
        path = order.frame
        if path is None or not path.is_file() or path.stat().st_mtime_ns == self._seen_ns:
            return
        self._stored_s, self._seen_ns = time.monotonic(), path.stat().st_mtime_ns
        copy = path.with_name(f"{path.stem}-signed{path.suffix}")
        shutil.copyfile(path, copy)
        sign_preview(copy, self._told_of(order), self._signer)
        # Nobody's swap fails for a picture that could not be shown.
        with suppress(BlobsUnreachable):
            self._store(copy)

    def forget(self) -> None:
        """Removes the picture; to be called when the task has ended without a result."""
        if self._key is not None:
            self._blobs.delete(self._key)
            self._key = None

    def _store(self, path: Path) -> None:
        key = f"tasks/{self._claim.ref_id}/frame-{self._clock()}.jpg"
        self._blobs.put_file(key, path)
        with self._db.write() as s:
            held = queue.show_frame(s, self._claim, key)
        if not held:
            # Another worker's pictures are shown by now, or nobody's.
            self._blobs.delete(key)
            return
        if self._key is not None and self._key != key:
            self._blobs.delete(self._key)
        self._key = key

    def _told_of(self, order: Swapping) -> FrameStatement:
        if self._statement is None:
            self._statement = FrameStatement(
                task_id=order.task_id,
                when=datetime.fromtimestamp(self._clock() / 1000, UTC),
                source_sha256=sha256_of(order.video),
                photos_sha256={i: sha256_of(path) for i, path in order.photos.items()},
                mark=order.task_id[:16],
                label=order.label,
            )
        return self._statement
