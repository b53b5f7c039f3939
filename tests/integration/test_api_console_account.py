"""The console's page of a team: ledger, keys, webhooks, choices, audit trail, protected people."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from headswap.api.console.views import StatedConsent
from headswap.jobs import outbox
from headswap.sample import Identity, portrait
from headswap.store.tables import AuditEntry, OutboxMessage, WebhookTry
from headswap.vision.store import ModelStore
from tests.api_world import V4, Api, envelope

pytest_plugins = ["tests.service_databases", "tests.api_server"]

CONSOLE = "/api/console"


def got(api: Api, path: str, **query: object) -> Any:
    answer = api.get(f"{CONSOLE}/{path}", **query)
    assert answer["code"] == 1000, answer
    return answer["data"]


def sent(api: Api, path: str, **body: object) -> Any:
    answer = api.post(f"{CONSOLE}/{path}", body)
    assert answer["code"] == 1000, answer
    return answer["data"]


def refused(api: Api, path: str, **body: object) -> tuple[int, str]:
    answer = api.post(f"{CONSOLE}/{path}", body)
    return answer["code"], answer["msg"]


def trail(api: Api) -> list[tuple[str, str]]:
    """Kinds and actors of what the team did, oldest first, without how it was made."""
    rows = [one for one in api.world.rows(AuditEntry) if one.team_id == api.world.caller.team_id]
    return [(one.kind, one.actor) for one in sorted(rows, key=lambda one: one.seq)][2:]


# Credits.


def test_the_ledger_tells_every_movement_newest_first(api_on_both: Api) -> None:
    api = api_on_both
    api.analysed()
    task = api.world.created()
    api.world.finished(task.id)
    data = got(api, "ledger", size=2)
    assert (data["count"], data["page"], data["size"]) == (3, 1, 2)
    take, hold = data["result"]
    assert (take["seq"], take["kind"], take["amount"], take["used"]) == (3, "take", 0, 15)
    assert (hold["seq"], hold["kind"], hold["amount"], hold["balance"]) == (2, "hold", -15, 985)
    assert hold["task_id"] == take["task_id"] == task.id
    (grant,) = got(api, "ledger", size=2, page=2)["result"]
    assert (grant["kind"], grant["amount"], grant["task_id"]) == ("grant", 1000, None)


# Keys.


def test_a_key_is_made_shown_once_and_revoked(api_on_both: Api) -> None:
    api = api_on_both
    new = sent(api, "keys/create")
    assert len(new["key"]) == 32
    keys = got(api, "keys")["result"]
    in_use = {key["client_id"]: key["in_use"] for key in keys}
    assert in_use == {api.world.caller.client_id: True, new["client_id"]: False}
    assert new["key"] not in str(keys)
    base, headers = str(api.client.base_url), {"x-api-key": new["key"]}

    def code() -> int:
        return httpx.get(f"{base}{CONSOLE}/team", headers=headers).json()["code"]

    assert code() == 1000
    ended = sent(api, "keys/revoke", client_id=new["client_id"])
    assert ended["revoke_time"] == api.clock.now_ms and code() == 1101
    actor = api.world.caller.actor
    assert trail(api) == [("key.created", actor), ("key.revoked", actor)]


def test_the_key_in_use_is_not_revoked_by_mistake(api: Api) -> None:
    own = api.world.caller.client_id
    code, msg = refused(api, "keys/revoke", client_id=own)
    assert code == 1003 and "send sure: true" in msg
    assert got(api, "keys")["result"][0]["revoke_time"] is None
    assert sent(api, "keys/revoke", client_id=own, sure=True)["revoke_time"] == api.clock.now_ms
    assert api.get(f"{CONSOLE}/keys")["code"] == 1101


def test_keys_of_others_are_as_good_as_none(api: Api) -> None:
    theirs = api.world.another_team().client_id
    assert refused(api, "keys/revoke", client_id=theirs) == (1014, "Resource not found")
    assert refused(api, "keys/revoke")[0] == 1003
    assert [key["client_id"] for key in got(api, "keys")["result"]] == [api.world.caller.client_id]


# Webhooks.


def test_webhooks_are_shown_with_what_was_sent_and_answered(api_on_both: Api) -> None:
    api = api_on_both
    task = api.finished(webhookUrl="https://h.example/hook")
    with api.services.db.write() as s:
        ((message, _),) = outbox.messages_of(s, task.id)
        tried = WebhookTry(message_id=message.id, number=1, time=5, took_ms=80, answer="busy")
        tried.http_status, message.tries = 500, 1
        s.add(tried)
    data = got(api, "webhooks")
    (shown,) = data["result"]
    assert (data["count"], shown["task_id"], shown["state"]) == (1, task.id, "waiting")
    assert shown["url"] == "https://h.example/hook" and shown["next_time"] is not None
    assert shown["payload"]["_id"] == task.id and shown["payload"]["status"] == 3
    assert api.client.get(shown["payload"]["url"]).status_code == 200
    assert shown["tries"] == [{"time": 5, "took_ms": 80, "http_status": 500, "answer": "busy"}]


def test_a_webhook_is_sent_again_by_its_team_alone(api: Api) -> None:
    task = api.finished(webhookUrl="https://h.example/hook")
    with api.services.db.write() as s:
        ((message, _),) = outbox.messages_of(s, task.id)
        message.state = outbox.SENT
    (shown,) = got(api, "webhooks")["result"]
    assert shown["next_time"] is None
    again = sent(api, "webhooks/resend", message_id=shown["message_id"])
    assert again == {"message_id": shown["message_id"], "state": "waiting"}
    caller = api.world.another_team()
    api.world.analysed(caller=caller)
    other = api.world.created(caller, webhookUrl="https://h.example/theirs")
    api.world.finished(other.id)
    (theirs,) = [one for one in api.world.rows(OutboxMessage) if one.task_id == other.id]
    assert refused(api, "webhooks/resend", message_id=theirs.id)[0] == 1014
    assert refused(api, "webhooks/resend")[0] == 1003
    assert got(api, "webhooks")["count"] == 1


# Choices.


def test_consent_is_stated_for_all_tasks_and_withdrawn(api_on_both: Api) -> None:
    api = api_on_both
    team = sent(api, "consent", by=" Anna Berg ", statement="all agree", scope="our trailers")
    consent: StatedConsent = team["consent"]
    assert (consent["by"], consent["statement"]) == ("Anna Berg", "all agree")
    assert (consent["scope"], consent["since"]) == ("our trailers", "2026-05-15T00:50:13+00:00")
    usual = sent(api, "consent", by="Anna Berg", statement="all agree")["consent"]
    assert usual["scope"] == "every task of this team"
    assert sent(api, "consent/withdraw")["consent"] is None
    assert sent(api, "consent/withdraw")["consent"] is None
    actor = api.world.caller.actor
    stated = ("consent.stated", actor)
    assert trail(api) == [stated, stated, ("consent.withdrawn", actor)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "by"),
        ({"by": "Anna"}, "statement"),
        ({"by": "  ", "statement": "all agree"}, "statement"),
        ({"by": "Anna", "statement": "No"}, "statement"),
        ({"by": "Anna", "statement": "  "}, "statement"),
        ({"by": "Anna", "statement": "all\nagree"}, "statement"),
        ({"by": "a" * 201, "statement": "all agree"}, "by"),
    ],
)
def test_what_states_no_consent_is_refused(api: Api, body: dict[str, str], field: str) -> None:
    before = got(api, "team")["consent"]
    code, msg = refused(api, "consent", **body)
    assert code == 1003 and msg.startswith(f"{field} ")
    assert got(api, "team")["consent"] == before


def test_the_removal_of_sources_and_a_label_are_chosen(api_on_both: Api) -> None:
    api = api_on_both
    assert sent(api, "sources", sources="task-end")["sources"] == "task-end"
    assert refused(api, "sources", sources="never")[0] == 1003
    assert sent(api, "label", label="Made with AI")["label"] == "Made with AI"
    code, msg = refused(api, "label", label="\N{GRINNING FACE}")
    assert code == 1003 and msg.startswith("label cannot be drawn")
    assert got(api, "team")["label"] == "Made with AI"
    assert sent(api, "label", label="")["label"] == ""
    actor = api.world.caller.actor
    assert [entry[1] for entry in trail(api)] == [actor] * 3


# The audit trail.


def test_the_trail_shows_what_the_team_did_and_that_it_is_whole(api_on_both: Api) -> None:
    api = api_on_both
    sent(api, "sources", sources="task-end")
    api.world.another_team()
    data = got(api, "audit", size=1)
    (newest,) = data["result"]
    assert (newest["kind"], newest["actor"]) == ("sources.chosen", api.world.caller.actor)
    assert newest["detail"] == {"at": "task-end"} and data["count"] == len(trail(api)) + 2
    made = got(api, "audit", ref=api.world.caller.client_id)
    assert [entry["kind"] for entry in made["result"]] == ["key.created"]
    check = got(api, "audit/check")
    rows = api.world.rows(AuditEntry)
    assert check["intact"] is True and check["count"] == len(rows)
    assert check["hash"] == max(rows, key=lambda row: row.seq).hash


def test_a_trail_that_was_edited_is_not_whole(api: Api) -> None:
    sent(api, "sources", sources="task-end")
    with api.services.db.write() as s:
        entry = s.get_one(AuditEntry, max(one.seq for one in api.world.rows(AuditEntry)))
        was, entry.actor = entry.actor, "nobody"
    try:
        assert got(api, "audit/check")["intact"] is False
    finally:
        with api.services.db.write() as s:
            s.get_one(AuditEntry, entry.seq).actor = was
    assert got(api, "audit/check")["intact"] is True


# Protected people.


def png(identity: Identity) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(portrait(identity)).save(stream, format="PNG")
    return stream.getvalue()


def added(api: Api, name: str, content: bytes) -> dict[str, Any]:
    files = {"file": ("p.png", content)}
    path = f"{CONSOLE}/protected/add"
    return envelope(api.client.post(path, params={"name": name}, files=files, timeout=120))


def test_a_person_is_protected_by_a_photo_that_is_not_kept(api: Api, core_pack: ModelStore) -> None:
    photo = png(Identity.ASTRONAUT)
    entry = added(api, " E. C. ", photo)["data"]
    assert entry["name"] == "E. C."
    assert got(api, "protected")["result"] == [entry]
    answer = api.client.post(f"{CONSOLE}/photo", files={"file": ("p.png", photo)}, timeout=120)
    assert [one["code"] for one in answer.json()["data"]["reasons"]] == ["protected"]
    folder = api.services.settings.data_dir
    assert [p for p in folder.rglob("*") if p.is_file() and p.read_bytes() == photo] == []
    assert sent(api, "protected/remove", _id=entry["_id"]) == {"_id": entry["_id"]}
    assert got(api, "protected")["result"] == []
    assert refused(api, "protected/remove", _id=entry["_id"])[0] == 1014
    actor = api.world.caller.actor
    assert trail(api) == [("protected.added", actor), ("protected.removed", actor)]


def test_what_shows_nobody_protects_nobody(api: Api, core_pack: ModelStore) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (200, 200)).save(stream, format="PNG")
    answer = added(api, "E. C.", stream.getvalue())
    assert answer["code"] == 1003 and answer["msg"].startswith("No face was found.")
    assert added(api, "", png(Identity.ASTRONAUT))["code"] == 1003
    assert got(api, "protected")["result"] == []
    assert refused(api, "protected/remove")[0] == 1003
    assert refused(api, "protected/remove", _id="x")[0] == 1014


def test_a_blocked_or_unknown_key_learns_nothing(api: Api) -> None:
    paths = ("team", "ledger", "keys", "webhooks", "audit", "audit/check", "protected", "tasks")
    del api.client.headers["x-api-key"]
    assert {api.get(f"{CONSOLE}/{path}")["code"] for path in paths} == {1102}
    assert api.get(f"{V4}/task/list")["code"] == 1102
