"""Analyses: what a request must say, and who sees which."""

from __future__ import annotations

from typing import Any

import pytest

from headswap.ids import is_id
from headswap.jobs import analyses
from headswap.jobs.fields import ListQuery
from headswap.jobs.refusals import Refused
from headswap.jobs.states import COMPLETED, QUEUED
from headswap.store.database import Database
from headswap.store.tables import Analysis, QueueEntry
from tests.service_world import NOW, VIDEO, World

pytest_plugins = ["tests.service_databases"]

LONGEST = "https://videos.example/" + "v" * (2048 - len("https://videos.example/"))


def submit(world: World, body: object) -> Analysis:
    with world.database.write() as s:
        return analyses.submit(s, world.settings, world.caller, body, NOW)


def test_a_submitted_analysis_is_queued(database: Database) -> None:
    world = World.of(database)
    made = submit(world, {"video_url": VIDEO, "type": "head", "prompt": "x", "seed": 4})
    stored = world.analysis(made.id)
    assert is_id(stored.id) and is_id(stored.task_id) and stored.id != stored.task_id
    assert (stored.team_id, stored.uid) == (world.caller.team_id, world.caller.uid)
    assert (stored.video_url, stored.type, stored.create_time) == (VIDEO, "head", NOW)
    assert (stored.status, stored.progress, stored.result) == (QUEUED, 0, None)
    (entry,) = world.rows(QueueEntry)
    assert (entry.kind, entry.ref_id, entry.priority) == ("analysis", made.id, 9)
    assert (entry.team_id, entry.create_time, entry.tries) == (stored.team_id, NOW, 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://v.example/a.mp4",
        "HTTPS://V.example:8443/a%20b.mp4?x=1&y=%C3%A9#t",
        "https://v.example/vidéo.mp4",
        "https://[2001:db8::1]/v.mp4",
        LONGEST,
    ],
)
def test_a_url_is_kept_character_for_character(database: Database, url: str) -> None:
    world = World.of(database)
    made = submit(world, {"video_url": url, "type": "head"})
    assert world.analysis(made.id).video_url == url


# A body is read before the database is asked, so one of the two databases will do.
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("body", "msg"),
    [
        (None, "The body must be a JSON object."),
        ([], "The body must be a JSON object."),
        ("{}", "The body must be a JSON object."),
        ({}, "video_url is required."),
        ({"video_url": None}, "video_url is required."),
        ({"video_url": 5}, "video_url must be a string."),
        ({"video_url": True}, "video_url must be a string."),
        ({"video_url": ["https://v.example/"]}, "video_url must be a string."),
        ({"video_url": ""}, "video_url must be an http or https URL."),
        ({"video_url": "v.mp4"}, "video_url must be an http or https URL."),
        ({"video_url": "ftp://v.example/v.mp4"}, "video_url must be an http or https URL."),
        ({"video_url": "file:///etc/passwd"}, "video_url must be an http or https URL."),
        ({"video_url": "https://"}, "video_url must be an http or https URL."),
        ({"video_url": "https://:80/v.mp4"}, "video_url must be an http or https URL."),
        ({"video_url": "https://v.example:99999/"}, "video_url must be an http or https URL."),
        ({"video_url": "https://[::1/v.mp4"}, "video_url must be an http or https URL."),
        ({"video_url": " https://v.example/"}, "video_url must be an http or https URL."),
        ({"video_url": "https://v.example/a b"}, "video_url must be an http or https URL."),
        ({"video_url": "https://v.example/\x00"}, "video_url must be an http or https URL."),
        ({"video_url": "https://v.example/\ud800"}, "video_url must be an http or https URL."),
        ({"video_url": LONGEST + "v"}, "video_url must have at most 2048 characters."),
        ({"video_url": "https://é.example/" + "é" * 1100}, "video_url must have at most 2048 char"),
        ({"video_url": VIDEO}, "type is required."),
        ({"video_url": VIDEO, "type": None}, "type is required."),
        ({"video_url": VIDEO, "type": 1}, "type must be head."),
        ({"video_url": VIDEO, "type": "face"}, "type must be head."),
        ({"video_url": VIDEO, "type": "HEAD"}, "type must be head."),
    ],
)
def test_a_wrong_field_is_named_with_its_rule(database: Database, body: Any, msg: str) -> None:
    world = World.of(database)
    with pytest.raises(Refused) as refused:
        submit(world, body)
    assert refused.value.code == 1003
    assert refused.value.msg.startswith(msg)
    assert world.rows(Analysis) == [] and world.rows(QueueEntry) == []


def test_an_operator_can_set_how_long_a_url_may_be(database: Database) -> None:
    world = World.of(database, max_url_length=30)
    submit(world, {"video_url": "https://v.example/0123456789ab", "type": "head"})
    with pytest.raises(Refused, match="at most 30 characters"):
        submit(world, {"video_url": "https://v.example/0123456789abc", "type": "head"})


@pytest.mark.parametrize(
    ("id_", "code", "msg"),
    [
        (None, 1003, "_id is required."),
        ("", 1003, "_id is required."),
        (5, 1003, "_id must be a string."),
        ("x", 1014, "Resource not found"),
        ("6A066D03625746C797390F55", 1014, "Resource not found"),
        ("6a066d03625746c797390f55", 1014, "Resource not found"),
        ("6a066d03625746c797390f5\x00", 1014, "Resource not found"),
        ("\u0666" * 24, 1014, "Resource not found"),
    ],
)
def test_what_is_no_id_of_an_analysis_is_not_found(
    database: Database, id_: object, code: int, msg: str
) -> None:
    world = World.of(database)
    with database.read() as s, pytest.raises(Refused) as refused:
        analyses.find(s, world.caller, id_)
    assert (refused.value.code, refused.value.msg) == (code, msg)


def test_an_analysis_is_found_by_its_own_team_only(database: Database) -> None:
    world = World.of(database)
    made = world.analysed()
    with database.read() as s:
        found = analyses.find(s, world.caller, made.id)
    assert (found.id, found.status, found.progress) == (made.id, COMPLETED, 100)
    stranger = world.another_team()
    with database.read() as s, pytest.raises(Refused) as refused:
        analyses.find(s, stranger, made.id)
    assert (refused.value.code, refused.value.msg) == (1014, "Resource not found")


def test_a_list_shows_the_teams_analyses_newest_first_in_pages(database: Database) -> None:
    world = World.of(database)
    with database.read() as s:
        assert analyses.list_(s, world.caller, 1, 10, None) == ([], 0)
    made = [world.submitted(now_ms=NOW + n).id for n in range(5)]
    done = world.analysed(now_ms=NOW + 9).id
    world.submitted(caller=world.another_team(), now_ms=NOW + 10)
    with database.read() as s:
        first, count = analyses.list_(s, world.caller, 1, 4, None)
        second, _ = analyses.list_(s, world.caller, 2, 4, None)
        beyond = analyses.list_(s, world.caller, 3, 4, None)
        queued, queued_count = analyses.list_(s, world.caller, 1, 10, QUEUED)
    assert [one.id for one in first + second] == [done, *reversed(made)]
    assert count == 6 and beyond == ([], 6)
    assert ([one.id for one in queued], queued_count) == (made[::-1], 5)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ListQuery(1, 10, None)),
        ({"page": "", "size": "", "status": ""}, ListQuery(1, 10, None)),
        ({"page": "3", "size": "100", "status": "4"}, ListQuery(3, 100, 4)),
        ({"page": "1000000", "size": "1", "other": "x"}, ListQuery(1_000_000, 1, None)),
    ],
)
def test_a_list_is_asked_for_by_page_size_and_status(
    query: dict[str, str], expected: ListQuery
) -> None:
    assert ListQuery.of(query) == expected


@pytest.mark.parametrize(
    ("query", "msg"),
    [
        ({"page": "0"}, "page must be a whole number from 1 to 1000000."),
        ({"page": "-1"}, "page must be a whole number from 1 to 1000000."),
        ({"page": "1.0"}, "page must be a whole number from 1 to 1000000."),
        ({"page": "\u0661"}, "page must be a whole number from 1 to 1000000."),
        ({"page": "9" * 5000}, "page must be a whole number from 1 to 1000000."),
        ({"size": "101"}, "size must be a whole number from 1 to 100."),
        ({"size": "ten"}, "size must be a whole number from 1 to 100."),
        ({"status": "0"}, "status must be a whole number from 1 to 4."),
        ({"status": "5"}, "status must be a whole number from 1 to 4."),
    ],
)
def test_a_wrong_part_of_a_list_is_named_with_its_rule(query: dict[str, str], msg: str) -> None:
    with pytest.raises(Refused) as refused:
        ListQuery.of(query)
    assert (refused.value.code, refused.value.msg) == (1003, msg)
