"""Tasks: created, seen, listed; what is refused, and that a refusal leaves nothing behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import update

from headswap.ids import is_id
from headswap.jobs import endings, orders, tasks
from headswap.jobs.refusals import Refused
from headswap.jobs.states import COMPLETED, QUEUED
from headswap.store.database import Database
from headswap.store.tables import Analysis, LedgerEntry, QueueEntry, SwapTask, Template
from headswap.swapping.engines import ENGINES
from tests.service_world import NOW, PHOTO, VIDEO, World, order_body

pytest_plugins = ["tests.service_databases"]

LACKING = "Your current account does not support this feature."
NOT_A_URL = "must be an http or https URL."


def person(obj_id: object = 0, img_url: object = PHOTO) -> dict[str, object]:
    return {"obj_id": obj_id, "img_url": img_url}


def without_consent(mappings: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{"obj_id": one["obj_id"], "img_url": one["img_url"]} for one in mappings]


def refusal(world: World, body: object) -> tuple[int, str]:
    with pytest.raises(Refused) as refused, world.database.write() as s:
        tasks.create(s, world.settings, world.caller, body, NOW)
    return refused.value.code, refused.value.msg


def test_a_created_task_is_queued_and_its_credits_are_held(database: Database) -> None:
    world = World.of(database)
    analysis = world.analysed()
    made = world.created(
        mappings=[person(1), person(0)], webhookUrl="https://h.example/", prompt="ignored"
    )
    stored = world.task(made.id)
    assert is_id(stored.id) and is_id(stored.task_id) and stored.id != stored.task_id
    assert (stored.team_id, stored.uid) == (world.caller.team_id, world.caller.uid)
    assert (stored.analysis_id, stored.client_id) == (analysis.id, world.caller.client_id)
    assert (stored.video_url, stored.create_time) == (VIDEO, NOW)
    assert without_consent(stored.mappings) == [person(1), person(0)]
    assert [one["consent"]["by"] for one in stored.mappings] == ["The tests", "The tests"]
    assert (stored.model_name, stored.resolution) == ("akool-premium", "720p")
    assert (stored.template_id, stored.keep_original_sound) == (None, True)
    assert stored.webhook_url == "https://h.example/"
    assert stored.file_name == f"Headswap_{NOW}.mp4"
    assert (stored.video_duration, stored.priority, stored.held) == (10, 9, 15_000)
    assert (stored.status, stored.progress, stored.used) == (QUEUED, 0, None)
    assert (stored.output_key, stored.cancel, stored.expired) == (None, False, False)
    (entry,) = world.rows(QueueEntry)
    assert (entry.kind, entry.ref_id, entry.priority) == ("task", made.id, 9)
    assert world.balance() == 985
    assert world.ledger_faults() == []


@pytest.mark.parametrize(
    ("duration_ms", "resolution", "seconds", "credits"),
    [
        (10_000, "720p", 10, 15),
        (10_000, "480p", 10, 10),
        (10_001, "480p", 11, 11),
        (3_000, "720p", 3, 4.5),
        (9_010, "720p", 10, 15),
        (19_999, "480p", 20, 20),
    ],
)
def test_every_second_begun_is_held(
    database: Database, duration_ms: int, resolution: str, seconds: int, credits: float
) -> None:
    world = World.of(database)
    world.analysed(duration_ms=duration_ms)
    made = world.created(resolution=resolution)
    assert (made.video_duration, made.held) == (seconds, credits * 1000)
    assert world.balance() == 1000 - credits


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"webhookurl": "http://h.example/a"}, "webhook_url", "http://h.example/a"),
        (
            {"webhookUrl": "http://h.example/a", "webhookurl": 5},
            "webhook_url",
            "http://h.example/a",
        ),
        (
            {"webhookUrl": None, "webhookurl": "http://b.example/"},
            "webhook_url",
            "http://b.example/",
        ),
        ({"webhookUrl": ""}, "webhook_url", None),
        ({"webhookUrl": None}, "webhook_url", None),
        ({"template_id": ""}, "template_id", None),
        ({"template_id": None}, "template_id", None),
        ({"keep_original_sound": False}, "keep_original_sound", False),
        ({"keep_original_sound": None}, "keep_original_sound", True),
        ({"model_name": "mesh"}, "model_name", "mesh"),
        ({"mappings": [person(1.0)]}, "mappings", [person(1)]),
    ],
)
def test_optional_fields_have_their_defaults_and_spellings(
    database: Database, changes: dict[str, Any], name: str, value: object
) -> None:
    world = World.of(database)
    world.analysed()
    found = getattr(world.task(world.created(**changes).id), name)
    assert (without_consent(found) if name == "mappings" else found) == value


def test_every_engine_is_a_model_and_every_model_has_an_engine() -> None:
    assert set(orders.ENGINE_OF_MODEL.values()) == set(ENGINES)
    assert set(orders.ENGINE_OF_MODEL) == {"akool-premium", *ENGINES}


# A body is read before the database is asked, so one of the two databases will do.
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("changes", "msg"),
    [
        ({"mappings": [person(n) for n in range(6)]}, "Up to 5 characters can be replaced at one"),
        ({"mappings": ["junk"] * 6}, "Up to 5 characters can be replaced at one time."),
        ({"model_name": "other"}, LACKING),
        ({"model_name": "AKOOL-PREMIUM"}, LACKING),
        ({"model_name": "mesh\x00"}, LACKING),
        ({"template_id": "unknown"}, LACKING),
        ({"template_id": "off"}, LACKING),
        ({"template_id": "foreign"}, LACKING),
        ({"video_url": ...}, "video_url is required."),
        ({"video_url": 7}, "video_url must be a string."),
        ({"video_url": "v.mp4"}, f"video_url {NOT_A_URL}"),
        ({"video_url": "https://other.example/"}, "video_url has not been analysed by this team;"),
        ({"video_url": VIDEO + "?"}, "video_url has not been analysed by this team;"),
        ({"mappings": ...}, "mappings is required."),
        ({"mappings": {}}, "mappings must be a list."),
        ({"mappings": "0"}, "mappings must be a list."),
        ({"mappings": []}, "mappings must have 1 to 5 items."),
        ({"mappings": [5]}, "mappings[0] must be a JSON object."),
        ({"mappings": [person(), None]}, "mappings[1] must be a JSON object."),
        ({"mappings": [{"img_url": PHOTO}]}, "mappings[0].obj_id is required."),
        ({"mappings": [person("0")]}, "mappings[0].obj_id must be a number."),
        ({"mappings": [person(True)]}, "mappings[0].obj_id must be a number."),
        ({"mappings": [person([0])]}, "mappings[0].obj_id must be a number."),
        ({"mappings": [person(0.5)]}, "mappings[0].obj_id must be a whole number."),
        ({"mappings": [person(float("nan"))]}, "mappings[0].obj_id must be a whole number."),
        ({"mappings": [person(float("inf"))]}, "mappings[0].obj_id must be a whole number."),
        ({"mappings": [person(10**30)]}, "mappings[0].obj_id must be a whole number."),
        ({"mappings": [person(), person(2)]}, "mappings[1].obj_id 2 is not in the analysis, which"),
        (
            {"mappings": [person(-1)]},
            "mappings[0].obj_id -1 is not in the analysis, which found 0, 1",
        ),
        ({"mappings": [person(1), person(0), person(1)]}, "mappings[2].obj_id 1 is given twice."),
        ({"mappings": [{"obj_id": 0}]}, "mappings[0].img_url is required."),
        ({"mappings": [person(0, 1)]}, "mappings[0].img_url must be a string."),
        ({"mappings": [person(0, "p.png")]}, f"mappings[0].img_url {NOT_A_URL}"),
        (
            {"mappings": [person(0, "http://p.example/" + "p" * 2048)]},
            "mappings[0].img_url must have at most 2048 characters.",
        ),
        ({"model_name": ...}, "model_name is required."),
        ({"model_name": ""}, "model_name must not be empty."),
        ({"model_name": 1}, "model_name must be a string."),
        ({"model_name": ["mesh"]}, "model_name must be a string."),
        ({"resolution": ...}, "resolution is required."),
        ({"resolution": 720}, "resolution must be 480p or 720p."),
        ({"resolution": "1080p"}, "resolution must be 480p or 720p."),
        ({"template_id": 5}, "template_id must be a string."),
        ({"template_id": "t" * 101}, "template_id must have at most 100 characters."),
        ({"template_id": "a\x00"}, "template_id must be text without NUL"),
        ({"template_id": "a\udfff"}, "template_id must be text without NUL"),
        ({"keep_original_sound": "true"}, "keep_original_sound must be true or false."),
        ({"keep_original_sound": 1}, "keep_original_sound must be true or false."),
        ({"webhookUrl": 5}, "webhookUrl must be a string."),
        ({"webhookUrl": "h.example"}, f"webhookUrl {NOT_A_URL}"),
        ({"webhookurl": "h.example"}, f"webhookurl {NOT_A_URL}"),
    ],
)
def test_a_wrong_field_is_refused_by_name_and_nothing_is_left(
    database: Database, changes: dict[str, Any], msg: str
) -> None:
    world = World.of(database)
    add_templates(world)
    world.analysed()
    code, said = refusal(world, order_body(**changes))
    assert (code, said[: len(msg)]) == (1003, msg)
    assert world.rows(SwapTask) == [] and world.rows(QueueEntry) == []
    assert world.balance() == 1000


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\udfff"])
@pytest.mark.parametrize("name", ["model_name", "template_id", "resolution", "video_url"])
def test_text_that_no_database_stores_is_refused(database: Database, name: str, text: str) -> None:
    world = World.of(database)
    world.analysed()
    code, msg = refusal(world, order_body(**{name: text}))
    assert code == 1003 and (msg == LACKING or msg.startswith(f"{name} must be"))


@pytest.mark.parametrize(
    ("changes", "msg"),
    [
        ({"mappings": [person()] * 6, "model_name": "other"}, "Up to 5 characters"),
        ({"mappings": [person()] * 6, "video_url": ...}, "Up to 5 characters"),
        ({"model_name": "other", "resolution": 5}, LACKING),
        ({"template_id": "other", "video_url": 5}, LACKING),
        ({"resolution": 5, "video_url": "https://other.example/"}, "resolution must be"),
        (
            {"mappings": [person(9)], "video_url": "https://other.example/"},
            "video_url has not been",
        ),
        ({"mappings": [person(9), person(9)]}, "mappings[0].obj_id 9 is not in the analysis"),
    ],
)
def test_of_several_faults_the_first_of_the_contract_is_told(
    database: Database, changes: dict[str, Any], msg: str
) -> None:
    world = World.of(database, credits_=0)
    world.analysed()
    code, said = refusal(world, order_body(**changes))
    assert (code, said[: len(msg)]) == (1003, msg)


def test_an_operator_can_set_how_many_people_are_replaced(database: Database) -> None:
    world = World.of(database, max_mappings=1)
    world.analysed()
    assert refusal(world, order_body(mappings=[person(0), person(1)])) == (
        1003,
        "Up to 1 characters can be replaced at one time.",
    )


@pytest.mark.parametrize("body", [None, [], 5, "text"])
def test_a_body_that_is_no_object_is_refused(database: Database, body: object) -> None:
    assert refusal(World.of(database), body) == (1003, "The body must be a JSON object.")


def test_a_template_of_the_team_is_kept(database: Database) -> None:
    world = World.of(database)
    add_templates(world)
    world.analysed()
    assert world.task(world.created(template_id="ours").id).template_id == "ours"


def test_an_analysis_that_is_not_completed_cannot_be_used(database: Database) -> None:
    world = World.of(database)
    analysis = world.submitted()
    running = f"has no completed analysis yet; the analysis {analysis.id} is still running."
    assert refusal(world, order_body()) == (1003, f"video_url {running}")
    claim = world.claimed(analysis.id)
    assert refusal(world, order_body()) == (1003, f"video_url {running}")
    with database.write() as s:
        assert endings.fail_analysis(s, claim, 1008, "Nobody was found.", NOW)
    failed = f"has no completed analysis; the analysis {analysis.id} failed: Nobody was found."
    assert refusal(world, order_body()) == (1003, f"video_url {failed}")


def test_an_analysis_of_another_team_cannot_be_used(database: Database) -> None:
    world = World.of(database)
    world.analysed(caller=world.another_team())
    code, msg = refusal(world, order_body())
    assert code == 1003 and msg.startswith("video_url has not been analysed by this team")


def test_an_analysis_whose_files_are_gone_cannot_be_used(database: Database) -> None:
    world = World.of(database)
    analysis = world.analysed()
    with database.write() as s:
        s.execute(update(Analysis).values(source_key=None, scene_key=None))
    gone = f"has no analysis any more; {analysis.id} has expired, submit it to analyze again."
    assert refusal(world, order_body()) == (1003, f"video_url {gone}")


def test_the_newest_completed_analysis_is_used_by_several_tasks(database: Database) -> None:
    world = World.of(database)
    world.analysed(now_ms=NOW)
    newest = world.analysed(now_ms=NOW + 1, people=3)
    world.submitted(now_ms=NOW + 2)
    made = [world.created(mappings=[person(2)], now_ms=NOW + 3) for _ in range(2)]
    assert {task.analysis_id for task in made} == {newest.id}
    assert len({task.id for task in made}) == 2


def test_using_an_analysis_keeps_its_files_longer(database: Database) -> None:
    world = World.of(database, source_days=2.0)
    analysis = world.analysed()
    day_ms = 86_400_000
    assert analysis.expire_time == NOW + 2 * day_ms
    world.created(now_ms=NOW + day_ms)
    assert world.analysis(analysis.id).expire_time == NOW + 3 * day_ms


def test_without_enough_credits_nothing_is_created(database: Database) -> None:
    world = World.of(database, credits_=14.999)
    world.analysed()
    code, msg = refusal(world, order_body())
    assert code == 1104 and "15" in msg and "14.999" in msg
    assert world.rows(SwapTask) == [] and world.rows(QueueEntry) == []
    assert [entry.kind for entry in world.rows(LedgerEntry)] == ["grant"]
    world.created(resolution="480p")
    assert world.balance() == 4.999


def test_fifty_creates_at_once_against_credits_for_ten_make_ten(database: Database) -> None:
    world = World.of(database, credits_=154)
    world.analysed()

    def create(_: int) -> int:
        try:
            world.created()
        except Refused as refused:
            return refused.code
        return 1000

    with ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(create, range(50)))
    assert (codes.count(1000), codes.count(1104)) == (10, 40)
    assert len(world.rows(SwapTask)) == len(world.rows(QueueEntry)) == 10
    assert world.balance() == 4
    assert world.ledger_faults() == []


def test_a_task_is_found_by_its_own_team_only_and_an_analysis_is_none(database: Database) -> None:
    world = World.of(database)
    analysis = world.analysed()
    made = world.created()
    stranger = world.another_team()
    with database.read() as s:
        assert tasks.find(s, world.caller, made.id).id == made.id
        for caller, id_, code in [
            (stranger, made.id, 1014),
            (world.caller, analysis.id, 1014),
            (world.caller, "x", 1014),
            (world.caller, None, 1003),
        ]:
            with pytest.raises(Refused) as refused:
                tasks.find(s, caller, id_)
            assert refused.value.code == code


def test_a_list_shows_the_teams_tasks_newest_first_in_pages(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    made = [world.created(now_ms=NOW + n).id for n in range(3)]
    stranger = world.another_team()
    world.analysed(caller=stranger)
    world.created(caller=stranger)
    world.finished(made[1])
    with database.read() as s:
        first, count = tasks.list_(s, world.caller, 1, 2, None)
        second, _ = tasks.list_(s, world.caller, 2, 2, None)
        done, done_count = tasks.list_(s, world.caller, 1, 10, COMPLETED)
    assert [one.id for one in first + second] == made[::-1]
    assert (count, [one.id for one in done], done_count) == (3, [made[1]], 1)


def add_templates(world: World) -> None:
    team_id, other = world.caller.team_id, world.another_team().team_id
    with world.database.write() as s:
        s.add(Template(id="ours", team_id=team_id, options={}, enabled=True))
        s.add(Template(id="off", team_id=team_id, options={}, enabled=False))
        s.add(Template(id="foreign", team_id=other, options={}, enabled=True))
