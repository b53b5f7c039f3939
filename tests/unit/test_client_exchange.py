"""The client's core, driven by hand: what it sends, what it sends again, and after how long."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headswap.client import calls
from headswap.client import errors as e
from headswap.client.effects import Answer, Came, Check, Effect, Flow, Lost, Request, Save, Wait
from headswap.client.exchange import Core
from headswap.client.progress import Progress
from headswap.client.results import Status

KEY = "sec-0123456789abcdefghij"
LOST, UNSENT = Lost("cut off", sent=True), Lost("refused", sent=False)
VIDEO = "https://v.example/v.mp4"


def core(tries: int = 3, now_s: list[float] | None = None, chance: float = 1.0) -> Core:
    times = iter(now_s or [])
    return Core("http://host:8000/", KEY, tries, lambda: next(times, 0.0), lambda: chance)


def answer(data: object = None, code: int = 1000, status: int = 200, **headers: str) -> Answer:
    envelope = {"code": code, "msg": "a message", **({} if data is None else {"data": data})}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, named, json.dumps(envelope).encode())


def task(status: int = 1, **more: object) -> Answer:
    return answer({"_id": "t1", "status": status, **more})


def driven(flow: Flow[Any], *came: Came) -> tuple[Any, list[Effect]]:
    """What the flow returns, or the error it raises, and what it asked for."""
    asked: list[Effect] = []
    told: Came = None
    left = list(came)
    try:
        while True:
            effect = flow.send(told)
            asked.append(effect)
            told = None if isinstance(effect, Wait | Check) else left.pop(0)
    except StopIteration as end:
        assert not left, "it asked for less than was expected"
        return end.value, asked
    except e.ClientError as error:
        assert not left, "it asked for less than was expected"
        return error, asked


def waits(asked: list[Effect]) -> list[float]:
    return [effect.seconds for effect in asked if isinstance(effect, Wait)]


def sent(asked: list[Effect]) -> list[Request]:
    return [effect for effect in asked if isinstance(effect, Request)]


def test_a_question_is_a_request_with_the_key_and_its_answer_a_result() -> None:
    done, asked = driven(calls.task(core(), "a b"), task(3, video_url="https://x/o.mp4"))
    assert (done.id, done.status, done.result_url) == ("t1", Status.COMPLETED, "https://x/o.mp4")
    (request,) = sent(asked)
    assert request.method == "GET" and request.headers == {"x-api-key": KEY}
    assert request.url == "http://host:8000/api/open/v4/headswap/task/detail?_id=a+b"
    assert KEY not in repr(request) and KEY not in repr(core())


@pytest.mark.parametrize("tries", [0, -1])
def test_a_core_tries_at_least_once(tries: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        core(tries)


def test_a_server_is_named_by_its_web_address() -> None:
    with pytest.raises(ValueError, match="no http or https"):
        Core("host:8000", KEY, 1, float, float)


@pytest.mark.parametrize("first", [LOST, UNSENT, answer(code=2001, status=500), Answer(503, {})])
def test_a_question_is_asked_again(first: Came) -> None:
    done, asked = driven(calls.credits(core()), first, answer({"credit": 7.5}))
    assert done == 7.5 and waits(asked) == [0.5]


def test_waits_double_up_to_a_limit_and_tries_end() -> None:
    error, asked = driven(calls.credits(core(tries=8)), *[LOST] * 8)
    assert isinstance(error, e.Unreachable) and "host:8000" in str(error)
    assert waits(asked) == [0.5, 1, 2, 4, 8, 16, 16]


def test_clients_that_failed_together_come_back_apart() -> None:
    _, early = driven(calls.credits(core(2, chance=0.0)), LOST, answer({"credit": 1}))
    _, late = driven(calls.credits(core(2, chance=1.0)), LOST, answer({"credit": 1}))
    assert (waits(early), waits(late)) == ([0.25], [0.5])


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"retry_after": "9"}, 9.0),
        ({"retry_after": "0"}, 0.5),
        ({}, 0.5),
        ({"retry_after": "soon"}, 0.5),
        (
            {
                "retry_after": "Wed, 21 Oct 2026 07:28:30 GMT",
                "date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30.0,
        ),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.5),
    ],
)
@pytest.mark.parametrize("kind", ["too often", "unavailable"])
def test_a_server_says_when_to_come_back(kind: str, headers: dict[str, str], waited: float) -> None:
    first = answer(code=1005, status=429, **headers)
    if kind == "unavailable":
        first = Answer(503, first.headers)
    done, asked = driven(calls.credits(core()), first, answer({"credit": 2}))
    assert done == 2 and waits(asked) == [waited]


def test_a_server_that_asks_for_an_hour_is_not_waited_for() -> None:
    error, asked = driven(calls.credits(core()), answer(code=1005, status=429, retry_after="3600"))
    assert isinstance(error, e.TooOften) and error.wait_s == 3600 and waits(asked) == []


def test_orders_are_sent_again_under_the_same_key_and_each_order_has_its_own() -> None:
    photos = {0: "https://p.example/p.png"}
    _, asked = driven(calls.create(core(), VIDEO, photos), LOST, LOST, task())
    keys = [request.headers["idempotency-key"] for request in sent(asked)]
    assert len(keys) == 3 and len(set(keys)) == 1
    assert len({request.body for request in sent(asked)}) == 1
    _, others = driven(calls.create(core(), VIDEO, photos), task())
    assert sent(others)[0].headers["idempotency-key"] != keys[0]
    _, asked = driven(calls.analyze(core(), VIDEO), LOST, task())
    assert len({request.headers["idempotency-key"] for request in sent(asked)}) == 1


@pytest.mark.parametrize(
    "flow", [lambda: calls.cancel(core(), "t1"), lambda: calls.delete(core(), ["t1"])]
)
def test_an_order_that_may_have_been_carried_out_is_not_repeated_blindly(flow: Any) -> None:
    error, asked = driven(flow(), LOST)
    assert isinstance(error, e.Unreachable) and len(sent(asked)) == 1
    error, asked = driven(flow(), answer(code=2001, status=500))
    assert isinstance(error, e.ServerFault) and len(sent(asked)) == 1
    error, asked = driven(flow(), UNSENT, answer(code=1005, status=429), answer(code=1014))
    assert isinstance(error, e.NotFound) and len(sent(asked)) == 3


CODES = [
    (1003, e.ParameterWrong),
    (1008, e.NoSuchRoute),
    (1014, e.NotFound),
    (1101, e.KeyWrong),
    (1102, e.KeyMissing),
    (1104, e.NotEnoughCredits),
    (1200, e.AccountBlocked),
    (4711, e.Refusal),
]


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_a_refusal_has_an_exception_of_its_own_and_is_final(
    code: int, kind: type[e.Refusal]
) -> None:
    error, asked = driven(calls.credits(core()), answer(code=code))
    assert type(error) is kind and (error.api_code, error.msg) == (code, "a message")
    assert len(asked) == 1 and not error.retryable


FAILURES = [
    (1007, e.TooManyPeople),
    (1008, e.NobodyFound),
    (1014, e.VideoNotFetched),
    (1015, e.SwapFailed),
    (1108, e.PhotoUnusable),
    (1204, e.DurationWrong),
    (1207, e.FileTooLarge),
    (1208, e.NotReadable),
    (1209, e.CodecNotSupported),
    (1210, e.TooManyFrames),
    (2001, e.ServerFailed),
    (4711, e.RecordFailed),
]


@pytest.mark.parametrize(("code", "kind"), FAILURES)
def test_a_failed_record_has_an_exception_of_its_own(code: int, kind: type[e.RecordFailed]) -> None:
    ended = task(4, error_code=code, error_reason="It broke.")
    error, _ = driven(calls.wait_for_task(core(), "t1"), task(2), ended)
    assert type(error) is kind and str(error) == f"t1 failed: It broke. ({code})"
    assert (error.record_id, error.error_code, error.error_reason) == ("t1", code, "It broke.")


def test_the_tree_in_the_errors_docstring_names_every_error() -> None:
    kinds = {name for name, kind in vars(e).items() if isinstance(kind, type)}
    named = {word for word in (e.__doc__ or "").split() if word in kinds}
    assert kinds - named == {"HeadswapError"}
    codes = [getattr(e, name).code for name in named]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>hello</html>", "not as the Head Swap Open API does"),
        (b"[]", "not as the Head Swap Open API does"),
        (b'{"code": "1000"}', "not as the Head Swap Open API does"),
        (b'{"code": 1000, "msg": "OK"}', "where an object must be"),
        (b'{"code": 1000, "data": {"status": 1}}', "_id is None"),
        (b'{"code": 1000, "data": {"_id": 5, "status": 1}}', "_id is 5"),
        (b'{"code": 1000, "data": {"_id": "t", "status": 9}}', "status is 9"),
    ],
)
def test_what_is_no_answer_of_the_api_is_told(body: bytes, says: str) -> None:
    error, _ = driven(calls.task(core(), "t1"), Answer(200, {}, body))
    assert isinstance(error, e.NotTheApi) and says in str(error)


def test_only_published_fields_are_needed_and_others_are_ignored() -> None:
    # As the published pages show a completed analysis and task, plus what nobody has heard of.
    media = [{"media_type": "images", "obj_id": 0, "img_url": "https://h/s.png", "mood": {}}]
    found = {
        "_id": "a1",
        "status": 3,
        "progress": 100,
        "analysis_result": {"detected_objects": 1, "media": media},
        "future": [1],
    }
    done, _ = driven(calls.analysis(core(), "a1"), answer(found))
    (person,) = done.people
    assert (person.obj_id, person.preview_url, person.frames) == (0, "https://h/s.png", None)
    assert done.video is None and done.status.ended
    made = {"_id": "t1", "status": 1, "deduction_lock_duration": 15, "video_url": None, "x": 1}
    created, _ = driven(calls.create(core(), VIDEO, {0: "https://p/p.png"}), answer(made))
    assert (created.credits, created.result_url, created.report) == (15, None, None)


def test_the_whole_way_for_urls_makes_only_requests_of_the_published_way() -> None:
    told: list[Progress] = []
    flow = calls.swap(
        core(),
        VIDEO,
        {1: "https://p.example/p.png"},
        to="out.mp4",
        consent="Anna: yes",
        keep_original_sound=False,
        progress=told.append,
    )
    analysis = {"_id": "a1", "status": 1, "video_url": "as the server likes it"}
    done, asked = driven(
        flow,
        answer(analysis),
        answer({**analysis, "status": 2, "progress": 40}),
        answer({**analysis, "status": 3, "progress": 100}),
        task(),
        task(2, progress=50),
        task(3, progress=100, video_url="https://h/out.mp4", deduction_duration=15),
        Answer(200, {}),
    )
    root = "http://host:8000/api/open/v4/headswap"
    steps = [(one.method, one.url.removeprefix(root)) for one in sent(asked)]
    assert steps == [
        ("POST", "/analyze"),
        ("GET", "/analyze/detail?_id=a1"),
        ("GET", "/analyze/detail?_id=a1"),
        ("POST", "/task/create"),
        ("GET", "/task/detail?_id=t1"),
        ("GET", "/task/detail?_id=t1"),
    ]
    assert json.loads(sent(asked)[0].body or b"") == {"video_url": VIDEO, "type": "head"}
    assert json.loads(sent(asked)[3].body or b"") == {
        "video_url": VIDEO,
        "mappings": [{"obj_id": 1, "img_url": "https://p.example/p.png", "consent": "Anna: yes"}],
        "model_name": "akool-premium",
        "resolution": "720p",
        "keep_original_sound": False,
    }
    first, last = asked[0], asked[-1]
    assert first == Check(Path("out.mp4"))
    assert isinstance(last, Save) and (last.url, last.to) == ("https://h/out.mp4", Path("out.mp4"))
    assert (done.path, done.task.credits) == (Path("out.mp4"), 15)
    assert [(one.stage, one.done) for one in told] == [
        *(("analyze", 40), ("analyze", 100), ("swap", 50), ("swap", 100)),
    ]


def test_consent_is_stated_for_all_photos_or_for_each() -> None:
    photos = {0: "https://p/a.png", 1: "https://p/b.png"}
    for consent, stated in (
        ("both: yes", ["both: yes"] * 2),
        ({1: "Ben: yes"}, [None, "Ben: yes"]),
    ):
        _, asked = driven(calls.create(core(), VIDEO, photos, consent=consent), task())
        mappings = json.loads(sent(asked)[0].body or b"")["mappings"]
        assert [one.get("consent") for one in mappings] == stated


def test_photos_are_uploaded_before_the_video() -> None:
    flow = calls.swap(core(1), "v.mp4", {0: Path("p.png")})
    error, asked = driven(
        flow, answer({"url": "http://host/p"}), answer({"url": "http://host/v"}), LOST
    )
    assert isinstance(error, e.Unreachable)
    assert [str(one.file) for one in sent(asked)] == ["p.png", "v.mp4", "None"]


def test_a_record_is_looked_at_less_often_the_longer_it_takes() -> None:
    _, asked = driven(calls.wait_for_task(core(), "t1"), *[task(2)] * 14, task(3))
    looked = waits(asked)
    assert looked[0] == 0.5 and looked == sorted(looked) and looked[-1] == 5.0


def test_a_record_that_does_not_end_in_time_is_given_up() -> None:
    patient = core(now_s=[100, 100.2, 109.9])
    flow = calls.wait_for_task(patient, "t1", timeout_s=10)
    error, asked = driven(flow, task(2), task(2))
    assert isinstance(error, e.TookTooLong) and "10 s" in str(error) and len(waits(asked)) == 1


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_result_that_is_gone_is_told(status: int) -> None:
    error, _ = driven(
        calls.download(core(), "https://h/o.mp4?signature=1", "o"), Answer(status, {})
    )
    assert isinstance(error, e.ResultGone) and "signature" not in str(error)


def test_a_download_is_tried_again() -> None:
    flow = calls.download(core(), "https://h/o.mp4", "o.mp4")
    done, asked = driven(flow, LOST, Answer(502, {}), Answer(200, {}))
    assert done == Path("o.mp4") and waits(asked) == [0.5, 1.0]


def test_a_task_without_a_result_cannot_be_downloaded() -> None:
    queued, _ = driven(calls.task(core(), "t1"), task(2))
    error, asked = driven(calls.download(core(), queued, "o.mp4"))
    assert isinstance(error, e.ResultGone) and asked == []
