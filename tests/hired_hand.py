"""A hand that does a server's queued work at once: its records end as a worker ends them."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from headswap.jobs import endings, queue
from headswap.jobs.queue import Claim
from headswap.jobs.states import NO_PERSON, REFERENCE_UNUSABLE
from headswap.store.tables import Analysis, SwapTask
from tests.api_world import Server
from tests.service_world import LEASE_MS, analysed

OUTPUT = b"the swapped video" * 1000
BAD = "/bad."
"""In a video's or a photo's URL: the hand fails what is to be made of it."""
_REPORT = {
    "frame_count": 300,
    "engine": "mesh",
    "device": "cpu",
    "people": [
        {
            "obj_id": 0,
            "frames_swapped": 290,
            "not_swapped": [{"first": 3, "last": 12, "reason": "turned away"}],
            "strained": [],
        }
    ],
}


@dataclass(slots=True)
class Hand:
    """seen: the records in the order in which they were taken up."""

    server: Server
    seen: list[str] = field(default_factory=list[str])

    def work(self, stop: threading.Event) -> None:
        while not stop.wait(0.02):
            services = self.server.services
            with services.db.write() as s:
                claim = queue.claim(s, "hand", services.clock(), LEASE_MS)
            if claim is not None:
                self.seen.append(claim.ref_id)
                self._do(claim)

    def _do(self, claim: Claim) -> None:
        services = self.server.services
        now, id_ = services.clock(), claim.ref_id
        with services.db.write() as s:
            if claim.kind == "analysis":
                if BAD in s.get_one(Analysis, id_).video_url:
                    endings.fail_analysis(s, claim, NO_PERSON, "Nobody is there.", now)
                else:
                    endings.finish_analysis(s, services.settings, claim, analysed(id_), now)
            elif any(BAD in one["img_url"] for one in s.get_one(SwapTask, id_).mappings):
                reason = "obj_id 0: no face found"
                endings.fail_task(s, claim, REFERENCE_UNUSABLE, reason, now)
            else:
                key = f"tasks/{id_}/output.mp4"
                services.blobs.put(key, OUTPUT)
                endings.finish_task(s, services.settings, claim, key, _REPORT, now)


@contextmanager
def hired_hand(server: Server) -> Generator[Hand]:
    """The hand, at work while the block runs."""
    stop, hand = threading.Event(), Hand(server)
    thread = threading.Thread(target=hand.work, args=(stop,), name="hand")
    thread.start()
    try:
        yield hand
    finally:
        stop.set()
        thread.join()
