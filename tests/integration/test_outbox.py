"""Webhooks: sealed, sent to a real receiver until it takes them, and only to checked addresses."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from headswap import sealing
from headswap.fetch import Guard, Timeouts, guarded_client
from headswap.jobs import accounts, endings, outbox, tasks
from headswap.jobs.keyring import Keyring
from headswap.jobs.outbox import MAX_TRIES, Sender
from headswap.jobs.refusals import Refused
from headswap.store.database import Database
from headswap.store.tables import OutboxMessage, SwapTask, WebhookTry
from tests.service_world import NOW, Receiver, World, at_once

pytest_plugins = ["tests.service_databases"]

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


@dataclass(slots=True)
class SetClock:
    """A clock that a test sets."""

    now_ms: int = NOW

    def __call__(self) -> int:
        return self.now_ms


def result_url(key: str, file_name: str) -> str:
    return f"https://us.example/files/{key}?name={file_name}"


@contextmanager
def sender_of(
    world: World,
    clock: SetClock,
    allow: str = "",
    draw: float = 0.5,
    keyring: Keyring | None = None,
) -> Generator[Sender]:
    with guarded_client(Guard(allow), Timeouts(10, 10)) as client:
        yield Sender(
            world.database,
            keyring or world.keyring,
            client,
            clock,
            result_url,
            draw=lambda: draw,
        )


def ended(world: World, url: str, fails: bool = False) -> SwapTask:
    """A task that has ended, with this webhook."""
    made = world.created(webhookUrl=url)
    if not fails:
        return world.finished(made.id)
    claim = world.claimed(made.id)
    with world.database.write() as s:
        assert endings.fail_task(s, claim, 1108, "The photo of obj_id 0 has no face.", NOW)
    return world.task(made.id)


def opened(world: World, body: dict[str, Any]) -> dict[str, Any]:
    return sealing.open_(world.caller.client_id, world.secret, body)


def the_message(world: World) -> OutboxMessage:
    (message,) = world.rows(OutboxMessage)
    return message


def test_a_completed_task_is_told_with_a_url_of_its_result(database: Database) -> None:
    world, clock = World.of(database), SetClock(NOW + 7)
    world.analysed()
    with Receiver() as receiver, sender_of(world, clock, receiver.place) as sender:
        task = ended(world, receiver.url)
        assert sender.step() == 1
        assert sender.step() == 0
    (message,) = receiver.messages
    assert message.headers["Content-Type"] == "application/json"
    assert set(message.body) == {"signature", "dataEncrypt", "timestamp", "nonce"}
    assert message.body["timestamp"] == NOW + 7
    assert message.body["nonce"].isdigit() and len(message.body["nonce"]) >= 4
    payload = opened(world, message.body)
    assert list(payload) == ["_id", "status", "type", "url"]
    assert payload == {
        "_id": task.id,
        "status": 3,
        "type": "headswap",
        "url": result_url(f"tasks/{task.id}/output.mp4", task.file_name),
    }
    assert (the_message(world).state, the_message(world).tries) == ("sent", 1)


def test_a_failed_task_is_told_with_its_code_and_reason(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    with Receiver() as receiver, sender_of(world, SetClock(), receiver.place) as sender:
        task = ended(world, receiver.url, fails=True)
        sender.step()
    (message,) = receiver.messages
    assert opened(world, message.body) == {
        "_id": task.id,
        "status": 4,
        "type": "headswap",
        "url": "",
        "error_code": 1108,
        "error_reason": "The photo of obj_id 0 has no face.",
    }


def test_a_receiver_that_fails_twice_is_told_until_it_takes_the_message(
    database: Database,
) -> None:
    world, clock = World.of(database), SetClock()
    world.analysed()
    with Receiver(500, 503, 200) as receiver, sender_of(world, clock, receiver.place) as sender:
        task = ended(world, receiver.url)
        assert sender.step() == 1
        clock.now_ms += 4_999
        assert sender.step() == 0
        clock.now_ms += 1
        assert sender.step() == 1
        clock.now_ms += 29_999
        assert sender.step() == 0
        clock.now_ms += 1
        assert sender.step() == 1
        clock.now_ms += 48 * HOUR_MS
        assert sender.step() == 0
    assert [opened(world, message.body)["_id"] for message in receiver.messages] == [task.id] * 3
    assert len({message.body["nonce"] for message in receiver.messages}) > 1
    tries = [(one.number, one.http_status, one.answer, one.time) for one in tries_of(world)]
    assert tries == [
        (1, 500, "status 500", NOW),
        (2, 503, "status 503", NOW + 5_000),
        (3, 200, "status 200", NOW + 35_000),
    ]
    assert the_message(world).state == "sent"


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 500])
def test_nothing_but_200_is_taken_for_success(database: Database, status: int) -> None:
    world = World.of(database)
    world.analysed()
    with Receiver(status) as receiver, sender_of(world, SetClock(), receiver.place) as sender:
        ended(world, receiver.url)
        sender.step()
    assert [message.path for message in receiver.messages] == ["/hook"]
    assert the_message(world).state == "waiting"
    assert [one.http_status for one in tries_of(world)] == [status]


@pytest.mark.parametrize(("draw", "spread"), [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)])
def test_tries_follow_the_schedule_and_then_it_is_given_up_aloud(
    database: Database, caplog: pytest.LogCaptureFixture, draw: float, spread: float
) -> None:
    world, clock = World.of(database), SetClock()
    world.analysed()
    waits: list[float] = []
    with (
        Receiver(500) as receiver,
        sender_of(world, clock, receiver.place, draw=draw) as sender,
        caplog.at_level(logging.WARNING, "headswap.jobs.outbox"),
    ):
        task = ended(world, receiver.url)
        while the_message(world).state == "waiting":
            assert sender.step() == 1
            waits.append((the_message(world).next_time - clock.now_ms) / 1000 / spread)
            clock.now_ms = the_message(world).next_time
        assert sender.step() == 0
    expected = [5, 30, 120, 600, 1800, *[3600] * 23]
    assert waits[:-1] == pytest.approx(expected, abs=0.01)
    assert 23 * 3600 < sum(waits[:-1]) <= 24 * 3600
    assert len(receiver.messages) == len(tries_of(world)) == MAX_TRIES == 29
    assert the_message(world).state == "failed"
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    last = caplog.records[-1]
    assert (last.levelname, last.__dict__["task_id"]) == ("ERROR", task.id)
    assert receiver.place not in caplog.text and world.secret not in caplog.text


def test_a_message_that_was_given_up_can_be_sent_again(database: Database) -> None:
    world, clock = World.of(database), SetClock()
    world.analysed()
    with Receiver(500, 200) as receiver, sender_of(world, clock, receiver.place) as sender:
        ended(world, receiver.url)
        sender.step()
        with database.write() as s:
            message = s.get_one(OutboxMessage, the_message(world).id)
            message.state, message.tries = "failed", MAX_TRIES
        clock.now_ms += 72 * HOUR_MS
        assert sender.step() == 0
        with database.write() as s:
            outbox.resend(s, the_message(world).id, clock.now_ms)
        assert sender.step() == 1
    assert the_message(world).state == "sent"
    assert [(one.number, one.http_status) for one in tries_of(world)] == [(1, 500), (2, 200)]
    with database.write() as s, pytest.raises(Refused, match="1014"):
        outbox.resend(s, "a" * 24, NOW)


def test_a_refused_address_is_never_contacted_and_the_refusal_is_recorded(
    database: Database,
) -> None:
    world = World.of(database)
    world.analysed()
    with Receiver() as receiver, sender_of(world, SetClock(), allow="") as sender:
        ended(world, receiver.url)
        assert sender.step() == 1
    assert receiver.messages == []
    (sent,) = tries_of(world)
    assert sent.http_status is None and sent.answer
    assert the_message(world).state == "waiting"


def test_a_receiver_that_is_not_there_is_tried_again(database: Database) -> None:
    world, clock = World.of(database), SetClock()
    world.analysed()
    with Receiver() as gone:
        place, url = gone.place, gone.url
    with sender_of(world, clock, place) as sender:
        ended(world, url)
        sender.step()
    assert [one.http_status for one in tries_of(world)] == [None]
    assert the_message(world).next_time == NOW + 5_000


def test_a_revoked_key_still_seals_the_messages_of_its_tasks(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    with Receiver() as receiver, sender_of(world, SetClock(), receiver.place) as sender:
        task = ended(world, receiver.url)
        with database.write() as s:
            accounts.revoke_key(s, world.caller.client_id, NOW)
        sender.step()
    (message,) = receiver.messages
    assert opened(world, message.body)["_id"] == task.id


def test_a_secret_that_cannot_be_read_is_a_failed_try_and_stops_nothing(
    database: Database,
) -> None:
    world = World.of(database)
    world.analysed()
    other = Keyring(b"another master key, 32 bytes long")
    with (
        Receiver() as receiver,
        sender_of(world, SetClock(), receiver.place, keyring=other) as sender,
    ):
        ended(world, receiver.url)
        assert sender.step() == 1
    assert receiver.messages == []
    (sent,) = tries_of(world)
    assert sent.http_status is None and "cannot be sealed" in sent.answer


def test_a_result_that_has_expired_meanwhile_has_no_url(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    with Receiver() as receiver, sender_of(world, SetClock(), receiver.place) as sender:
        task = ended(world, receiver.url)
        with database.write() as s:
            s.get_one(SwapTask, task.id).output_key = None
        sender.step()
    assert opened(world, receiver.messages[0].body)["url"] == ""


def test_a_task_that_was_deleted_while_it_ran_is_told_as_failed(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    with Receiver() as receiver, sender_of(world, SetClock(), receiver.place) as sender:
        task = world.created(webhookUrl=receiver.url)
        with database.write() as s:
            tasks.delete(s, world.caller, {"_ids": task.id}, NOW)
        sender.step()
    payload = opened(world, receiver.messages[0].body)
    assert (payload["_id"], payload["status"], payload["url"]) == (task.id, 4, "")
    assert payload["error_reason"] == "The task was deleted before it ended."


def test_several_senders_send_every_message_once(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    clock = SetClock()
    with Receiver() as receiver, sender_of(world, clock, receiver.place) as sender:
        made = [ended(world, receiver.url).id for _ in range(20)]

        def send_all() -> int:
            sent = 0
            while (count := sender.step()) > 0:
                sent += count
            return sent

        assert sum(at_once(send_all, send_all, send_all)) == 20
    told = [opened(world, message.body)["_id"] for message in receiver.messages]
    assert sorted(told) == sorted(made)
    assert {one.state for one in world.rows(OutboxMessage)} == {"sent"}


def test_a_message_whose_sender_died_is_sent_by_the_next_one(database: Database) -> None:
    world, clock = World.of(database), SetClock()
    world.analysed()
    with Receiver() as receiver, sender_of(world, clock, receiver.place) as sender:
        ended(world, receiver.url)
        with database.write() as s:
            message = s.get_one(OutboxMessage, the_message(world).id)
            message.lease_owner, message.lease_until = "dead", NOW + MINUTE_MS
            message.tries = 1
        clock.now_ms += MINUTE_MS - 1
        assert sender.step() == 0
        clock.now_ms += 1
        assert sender.step() == 1
    assert len(receiver.messages) == 1 and the_message(world).state == "sent"


def test_a_message_on_which_every_sender_dies_is_given_up(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    world = World.of(database)
    world.analysed()
    with Receiver(500) as receiver, sender_of(world, SetClock(), receiver.place) as sender:
        task = ended(world, receiver.url)
        with database.write() as s:
            s.get_one(OutboxMessage, the_message(world).id).tries = MAX_TRIES
        assert sender.step() == 0
    assert receiver.messages == []
    assert the_message(world).state == "failed"
    assert caplog.records[-1].__dict__["task_id"] == task.id


def test_first_tries_come_before_those_of_receivers_that_fail(database: Database) -> None:
    world, clock = World.of(database), SetClock()
    world.analysed()
    with (
        Receiver(500) as broken,
        Receiver() as sound,
        sender_of(world, clock, f"{broken.place},{sound.place}") as sender,
    ):
        for _ in range(16):
            ended(world, broken.url)
        assert sender.step() + sender.step() == 16
        clock.now_ms += 10_000
        ended(world, sound.url)
        sender.step()
        assert len(sound.messages) == 1


def test_a_task_shows_its_messages_with_their_tries(database: Database) -> None:
    world, clock = World.of(database), SetClock()
    world.analysed()
    with Receiver(500, 200) as receiver, sender_of(world, clock, receiver.place) as sender:
        task = ended(world, receiver.url)
        sender.step()
        clock.now_ms += 5_000
        sender.step()
    with database.read() as s:
        ((message, sent),) = outbox.messages_of(s, task.id)
        assert outbox.messages_of(s, "a" * 24) == []
    assert (message.state, [one.http_status for one in sent]) == ("sent", [500, 200])


def tries_of(world: World) -> list[WebhookTry]:
    return sorted(world.rows(WebhookTry), key=lambda one: one.id)
