"""The outbox: webhooks written down with a task's final state, and sent until they are taken."""

from __future__ import annotations

import logging
import random
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import httpx
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from headswap import sealing
from headswap.errors import FetchError, HeadswapError
from headswap.fetch import post_json
from headswap.ids import new_id
from headswap.jobs import accounts
from headswap.jobs.fields import record_id, storable
from headswap.jobs.keyring import Keyring
from headswap.jobs.refusals import Refused, not_found
from headswap.jobs.states import CANCELLED, COMPLETED, DELETED_REASON, FAILED
from headswap.store.clock import Clock
from headswap.store.database import Database
from headswap.store.tables import OutboxMessage, SwapTask, WebhookTry

WAITING: Final = "waiting"
SENT: Final = "sent"
GIVEN_UP: Final = "failed"
# How long after the try before it each try is made; with these the last one is 24 h after the
# first.
_WAITS_S: Final = (0, 5, 30, 120, 600, 1800, *[3600] * 23)
MAX_TRIES: Final = len(_WAITS_S)
# Longer than a try can take: a message that is claimed longer was its sender's last.
_LEASE_MS = 60_000
_AT_ONCE = 8
_TIMEOUT_S = 10.0
# No other answer will do, not even another success.
_TAKEN = 200
_MAX_ANSWER_LENGTH = 500

ResultUrl = Callable[[str, str], str]
"""The signed URL of a blob key, under which it is downloaded with a file name."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message as it goes out now. body: sealed, or None and the fault why it cannot be."""

    message_id: str
    task_id: str
    owner: str
    url: str
    body: sealing.SealedBody | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Try:
    """What came of sending. http_status: None when no answer came; text then says why."""

    start_ms: int
    took_ms: int
    http_status: int | None
    text: str


def add(s: Session, task: SwapTask, now_ms: int) -> None:
    """Write down that the task's webhook is to be told its final state, if it has one."""
    if task.webhook_url is None:
        return
    message = OutboxMessage(
        id=new_id(now_ms),
        team_id=task.team_id,
        task_id=task.id,
        client_id=task.client_id,
        url=task.webhook_url,
        status=task.status,
        state=WAITING,
        create_time=now_ms,
        next_time=now_ms,
    )
    s.add(message)


def resend(s: Session, message_id: str, now_ms: int) -> OutboxMessage:
    """The message, to be sent as if it were new.

    Raises:
        Refused: 1014, there is no such message.
    """
    message = _locked(s, message_id)
    if message is None:
        raise not_found()
    message.state, message.tries, message.next_time = WAITING, 0, now_ms
    message.lease_owner, message.lease_until = None, 0
    s.flush()
    return message


def messages_of(s: Session, task_id: str) -> list[tuple[OutboxMessage, list[WebhookTry]]]:
    """A task's messages, each with its tries, oldest first."""
    of_task = select(OutboxMessage).where(OutboxMessage.task_id == task_id)
    messages = list(s.scalars(of_task.order_by(OutboxMessage.create_time, OutboxMessage.id)))
    return _with_tries(s, messages)


def _with_tries(
    s: Session, messages: list[OutboxMessage]
) -> list[tuple[OutboxMessage, list[WebhookTry]]]:
    tries = select(WebhookTry).where(WebhookTry.message_id.in_([one.id for one in messages]))
    ordered = list(s.scalars(tries.order_by(WebhookTry.id)))
    return [(one, [sent for sent in ordered if sent.message_id == one.id]) for one in messages]


def of_team(
    s: Session, team_id: str, limit: int, offset: int = 0
) -> list[tuple[OutboxMessage, list[WebhookTry]]]:
    """The team's newest messages, newest first, but for the first `offset`, each with its tries."""
    newest = select(OutboxMessage).where(OutboxMessage.team_id == team_id)
    newest = newest.order_by(OutboxMessage.create_time.desc(), OutboxMessage.id.desc())
    return _with_tries(s, list(s.scalars(newest.limit(limit).offset(offset))))


def count(s: Session, team_id: str) -> int:
    """How many messages the team has."""
    every = select(func.count()).select_from(OutboxMessage)
    return s.scalar(every.where(OutboxMessage.team_id == team_id)) or 0


def resend_own(s: Session, team_id: str, message_id: object, now_ms: int) -> OutboxMessage:
    """The team's message, to be sent as if it were new.

    Raises:
        Refused: 1003 without an id, 1014 if the team has no such message.
    """
    message = s.get(OutboxMessage, record_id(message_id, "message_id"))
    if message is None or message.team_id != team_id:
        raise not_found()
    return resend(s, message.id, now_ms)


def payload_of(s: Session, message: OutboxMessage, result_url: ResultUrl) -> dict[str, Any]:
    """What a message says, before it is sealed."""
    task = s.get(SwapTask, message.task_id)
    payload: dict[str, Any] = {
        "_id": message.task_id,
        "status": message.status,
        "type": "headswap",
        "url": "",
    }
    if message.status == COMPLETED and task is not None and task.output_key is not None:
        payload["url"] = result_url(task.output_key, task.file_name)
    if message.status == FAILED:
        payload["error_code"] = task.error_code if task is not None else CANCELLED
        payload["error_reason"] = task.error_reason if task is not None else DELETED_REASON
    return payload


def forget(s: Session, task_id: str) -> None:
    """Remove a task's messages and their tries."""
    held = select(OutboxMessage.id).where(OutboxMessage.task_id == task_id)
    ids = list(s.scalars(held.order_by(OutboxMessage.id).with_for_update()))
    s.execute(delete(WebhookTry).where(WebhookTry.message_id.in_(ids)))
    s.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(ids)))


class Sender:
    """Sends what is due; several senders share the work and never send one message at once.

    client: one that connects to checked addresses only, and follows no redirect. result_url: see
    `ResultUrl`. draw: a number from 0 to 1, for the spread of the waits.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        client: httpx.Client,
        clock: Clock,
        result_url: ResultUrl,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._client = client
        self._clock = clock
        self._result_url = result_url
        self._draw = draw
        self._log = logging.getLogger(__name__)

    def step(self) -> int:
        """Send what is due now, a few messages at once; how many were tried."""
        # Looking keeps no writer waiting.
        with self._database.read() as s:
            if s.scalars(_due(self._clock()).limit(1)).first() is None:
                return 0
        with self._database.write() as s:
            letters = [self._letter(s, message) for message in self._claim(s)]
        if letters:
            with ThreadPoolExecutor(len(letters), thread_name_prefix="webhook") as pool:
                list(pool.map(self._deliver, letters))
        return len(letters)

    def _claim(self, s: Session) -> list[OutboxMessage]:
        """What is due. The try is counted and the next one set before it is made: a message on
        which a sender dies is not sent by every sender after it for ever.
        """
        now_ms = self._clock()
        due = _due(now_ms).limit(_AT_ONCE).with_for_update(skip_locked=True)
        messages = list(s.scalars(due))
        worn_out = [one for one in messages if one.tries >= MAX_TRIES]
        for message in worn_out:
            message.state = GIVEN_UP
            self._tell(message, "the sender stopped at it")
        claimed = [one for one in messages if one.state == WAITING]
        for message in claimed:
            message.lease_owner = secrets.token_hex(12)
            message.lease_until = now_ms + _LEASE_MS
            message.tries += 1
            message.next_time = now_ms + self._wait_ms(message.tries)
        s.flush()
        return claimed

    def _wait_ms(self, tries: int) -> int:
        """How long to wait after so many tries; up to a tenth less or more than planned."""
        planned_s = _WAITS_S[min(tries, MAX_TRIES - 1)]
        return round(planned_s * 1000 * (0.9 + 0.2 * self._draw()))

    def _letter(self, s: Session, message: OutboxMessage) -> _Letter:
        now_ms = self._clock()
        nonce = f"{secrets.randbelow(10**6):06d}"
        body, fault = None, ""
        try:
            secret = accounts.secret_of(s, self._keyring, message.client_id)
            payload = payload_of(s, message, self._result_url)
            body = sealing.seal(message.client_id, secret, payload, now_ms, nonce)
        except (Refused, HeadswapError) as error:
            fault = f"the message cannot be sealed: {error}"
        owner = message.lease_owner or ""
        return _Letter(message.id, message.task_id, owner, message.url, body, fault)

    def _deliver(self, letter: _Letter) -> None:
        start_ms = self._clock()
        status, text = self._post(letter)
        took_ms = max(0, self._clock() - start_ms)
        with self._database.write() as s:
            self._record(s, letter, _Try(start_ms, took_ms, status, text))

    def _post(self, letter: _Letter) -> tuple[int | None, str]:
        if letter.body is None:
            return None, letter.fault
        try:
            return post_json(self._client, letter.url, letter.body, _TIMEOUT_S)
        except FetchError as error:
            return None, str(error)

    def _record(self, s: Session, letter: _Letter, made: _Try) -> None:
        message = _locked(s, letter.message_id)
        if message is None:  # Its task was deleted meanwhile.
            return
        before = select(func.count()).where(WebhookTry.message_id == message.id)
        sent = WebhookTry(
            message_id=message.id,
            number=(s.scalar(before) or 0) + 1,
            time=made.start_ms,
            took_ms=made.took_ms,
            http_status=made.http_status,
            answer=storable(made.text, _MAX_ANSWER_LENGTH),
        )
        s.add(sent)
        if made.http_status == _TAKEN:
            message.state = SENT
        elif message.lease_owner == letter.owner and message.tries >= MAX_TRIES:
            message.state = GIVEN_UP
        if message.lease_owner == letter.owner:
            message.lease_owner, message.lease_until = None, 0
        s.flush()
        if message.state != SENT:
            self._tell(message, f"answered {sent.http_status}" if sent.http_status else "no answer")

    def _tell(self, message: OutboxMessage, why: str) -> None:
        """Log a try that failed; not where to, as the URL may hold a secret."""
        about = {"message_id": message.id, "task_id": message.task_id}
        if message.state == GIVEN_UP:
            self._log.error("webhook given up after %d tries: %s", message.tries, why, extra=about)
        else:
            self._log.warning("webhook try %d failed: %s", message.tries, why, extra=about)


def _due(now_ms: int) -> Select[OutboxMessage]:
    """First tries first: a receiver that is down must not delay the others' news."""
    waiting = select(OutboxMessage).where(
        OutboxMessage.state == WAITING,
        OutboxMessage.next_time <= now_ms,
        OutboxMessage.lease_until <= now_ms,
    )
    return waiting.order_by(OutboxMessage.tries, OutboxMessage.next_time, OutboxMessage.id)


def _locked(s: Session, message_id: str) -> OutboxMessage | None:
    message = select(OutboxMessage).where(OutboxMessage.id == message_id).with_for_update()
    return s.scalars(message.execution_options(populate_existing=True)).first()
