"""What tests of the service start from: a team with a key and credits, and work at every stage."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.jobs import accounts, analyses, credits, endings, queue, tasks
from headswap.jobs.accounts import Caller
from headswap.jobs.endings import Analysed
from headswap.jobs.keyring import Keyring
from headswap.jobs.ledger_check import check_ledger
from headswap.jobs.queue import Claim
from headswap.settings import Settings
from headswap.store.database import Database
from headswap.store.tables import Analysis, QueueEntry, SwapTask, Table, Team
from tests.loopback_server import LoopbackServer

Row = TypeVar("Row", bound=Table)

NOW = 1_778_806_213_962
LEASE_MS = 15_000
# What the trail of a test's database is sealed with.
AUDIT_KEY = bytes(range(32))
VIDEO = "https://videos.example/v.mp4"
PHOTO = "https://photos.example/p.png"


def master_keyring() -> Keyring:
    """The keyring of every test's service."""
    return Keyring(bytes(range(32)))


def order_body(**changes: object) -> dict[str, object]:
    """A body that creates a task, with changes; a field that is set to ... is left out."""
    body: dict[str, object] = {
        "video_url": VIDEO,
        "mappings": [{"obj_id": 0, "img_url": PHOTO}],
        "model_name": "akool-premium",
        "resolution": "720p",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def analysed(analysis_id: str, people: int = 2, duration_ms: int = 10_000) -> Analysed:
    """What an analysis of that many people finds."""
    folder = f"analyses/{analysis_id}"
    media = [
        {
            "obj_id": obj_id,
            "key": f"{folder}/subject_{obj_id}.png",
            "frames": 300 - obj_id,
            "first_frame": 0,
            "box": [10, 20, 110, 140],
            "presence": [[0, 100], [100 + obj_id, 300]],
        }
        for obj_id in range(people)
    ]
    info = {"width": 1280, "height": 720, "fps": 30, "frame_count": 300}
    result = {"detected_objects": people, "media": media, "video_info": info}
    return Analysed(result, duration_ms, f"{folder}/source", f"{folder}/scene")


@dataclass(frozen=True, slots=True)
class World:
    """A database with one team in it. secret: of the team's key."""

    database: Database
    settings: Settings
    keyring: Keyring
    caller: Caller
    secret: str = field(repr=False)

    @classmethod
    def of(cls, database: Database, credits_: float = 1000, **settings: Any) -> World:
        """The world of a new team with so many credits. settings: other than usual."""
        keyring = master_keyring()
        with database.write() as s:
            caller, secret = _new_team(s, keyring, "first", credits_)
        return cls(database, Settings(**settings), keyring, caller, secret)

    def another_team(self, credits_: float = 1000, priority: int = 9) -> Caller:
        with self.database.write() as s:
            caller, _ = _new_team(s, self.keyring, "another", credits_, priority)
        return caller

    def submitted(
        self, url: str = VIDEO, caller: Caller | None = None, now_ms: int = NOW
    ) -> Analysis:
        """A queued analysis."""
        body = {"video_url": url, "type": "head"}
        with self.database.write() as s:
            return analyses.submit(s, self.settings, caller or self.caller, body, now_ms)

    def analysed(
        self,
        url: str = VIDEO,
        caller: Caller | None = None,
        people: int = 2,
        duration_ms: int = 10_000,
        now_ms: int = NOW,
    ) -> Analysis:
        """A completed analysis."""
        analysis = self.submitted(url, caller, now_ms)
        with self.database.write() as s:
            claim = claim_of(s, analysis.id, now_ms)
            found = analysed(analysis.id, people, duration_ms)
            assert endings.finish_analysis(s, self.settings, claim, found, now_ms)
        with self.database.read() as s:
            return s.get_one(Analysis, analysis.id)

    def created(
        self, caller: Caller | None = None, now_ms: int = NOW, **changes: object
    ) -> SwapTask:
        """A queued task; its video must be analysed. changes: to the body."""
        with self.database.write() as s:
            body = order_body(**changes)
            return tasks.create(s, self.settings, caller or self.caller, body, now_ms)

    def claimed(self, ref_id: str, now_ms: int = NOW, owner: str = "worker") -> Claim:
        """The claim on a record that waits."""
        with self.database.write() as s:
            return claim_of(s, ref_id, now_ms, owner)

    def finished(self, task_id: str, now_ms: int = NOW) -> SwapTask:
        """The task, completed."""
        claim = self.claimed(task_id, now_ms)
        key = f"tasks/{task_id}/output.mp4"
        with self.database.write() as s:
            assert endings.finish_task(s, self.settings, claim, key, {}, now_ms)
        return self.task(task_id)

    def task(self, task_id: str) -> SwapTask:
        """The task as it is stored now."""
        with self.database.read() as s:
            return s.get_one(SwapTask, task_id)

    def analysis(self, analysis_id: str) -> Analysis:
        """The analysis as it is stored now."""
        with self.database.read() as s:
            return s.get_one(Analysis, analysis_id)

    def balance(self, caller: Caller | None = None) -> float:
        """Credits that are left."""
        with self.database.read() as s:
            return credits.balance(s, (caller or self.caller).team_id) / credits.MILLI

    def rows(self, table: type[Row]) -> list[Row]:
        """All of a table."""
        with self.database.read() as s:
            return list(s.scalars(select(table)))

    def ledger_faults(self) -> list[str]:
        """What is wrong with the credits of any team."""
        with self.database.read() as s:
            teams = list(s.scalars(select(Team.id)))
            return [fault for team_id in teams for fault in check_ledger(s, team_id)]


def claim_of(s: Session, ref_id: str, now_ms: int, owner: str = "worker") -> Claim:
    """The claim on this record, whatever else waits."""
    entry = s.get_one(QueueEntry, ref_id)
    usual, entry.priority = entry.priority, 1_000_000
    s.flush()
    claim = queue.claim(s, owner, now_ms, LEASE_MS)
    assert claim is not None and claim.ref_id == ref_id, f"{ref_id} cannot be claimed"
    entry.priority = usual
    s.flush()
    return claim


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each of the functions returns; all are begun at the same moment."""
    ready = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        ready.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def _new_team(
    s: Session, keyring: Keyring, name: str, credits_: float, priority: int = 9
) -> tuple[Caller, str]:
    team, _ = accounts.create_team(s, name, NOW)
    team.priority = priority
    s.flush()
    key = accounts.create_key(s, keyring, team.id, NOW)
    credits.grant(s, team.id, credits.to_milli(credits_), NOW)
    return accounts.caller_of_key(s, keyring, key.secret), key.secret


@dataclass(frozen=True, slots=True)
class Message:
    """What a receiver was sent."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class Receiver(LoopbackServer):
    """A webhook's other end on loopback. It answers with the given statuses in turn, and with the
    last one from then on; a status 302 comes with a place to go.
    """

    def __init__(self, *statuses: int) -> None:
        self.messages: list[Message] = []
        self._statuses = list(statuses) or [200]
        self._lock = threading.Lock()
        super().__init__(self._handler())
        self.url = f"http://{self.place}/hook"

    def _take(self, message: Message) -> int:
        with self._lock:
            self.messages.append(message)
            return self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(length))
                status = take(Message(self.path, dict(self.headers.items()), body))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(f"status {status}".encode())

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing; tests read `messages`."""

        return Handler
