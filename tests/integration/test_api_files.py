"""Files under signed addresses: whole, in parts, on conditions, and no longer than they say."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import pytest

from headswap.jobs import audit
from tests.api_world import V4, Api

pytest_plugins = ["tests.service_databases", "tests.api_server"]

CONTENT = bytes(range(256)) * 10_000
SIZE = len(CONTENT)
_HOUR_MS = 3_600_000


def output_url(api: Api) -> str:
    task = api.finished(CONTENT)
    return api.get(f"{V4}/task/detail", _id=task.id)["data"]["video_url"]


def changed(url: str, path: str | None = None, **query: str | None) -> str:
    """The address with another path, and parts of its query changed or, with None, left out."""
    parts = urlsplit(url)
    fields: dict[str, str | None] = {k: v[0] for k, v in parse_qs(parts.query).items()} | query
    kept = {name: value for name, value in fields.items() if value is not None}
    return urlunsplit(parts._replace(path=path or parts.path, query=urlencode(kept)))


def test_a_file_comes_whole_with_its_type_name_size_and_tag(api: Api) -> None:
    answer = httpx.get(output_url(api))
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["accept-ranges"] == "bytes"
    name = answer.headers["content-disposition"]
    assert name.startswith("inline; filename*=utf-8''Headswap_") and name.endswith(".mp4")
    assert answer.headers["etag"].startswith('"')
    assert answer.headers["cache-control"].startswith("private, max-age=8")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_download_is_in_the_audit_trail_once_however_a_player_seeks(api: Api) -> None:
    url = output_url(api)
    httpx.head(url)
    httpx.get(url, headers={"range": "bytes=0-"})
    httpx.get(url, headers={"range": "bytes=500-999"})
    httpx.get(changed(url, signature="00"))
    task_id = urlsplit(url).path.split("/")[3]
    with api.services.db.read() as s:
        told = [(one.kind, one.team_id) for one in audit.entries(s, 9, ref=task_id)]
    assert told[0] == ("result.downloaded", api.world.caller.team_id)
    assert [kind for kind, _ in told].count("result.downloaded") == 1


def test_head_tells_the_same_without_the_file(api: Api) -> None:
    url = output_url(api)
    whole, head = httpx.get(url), httpx.head(url)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]
    part = httpx.head(url, headers={"range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, SIZE),
        ("bytes=0-", 0, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        (f"bytes=5-{SIZE * 2}", 5, SIZE),
        ("bytes=-1", SIZE - 1, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        (f"bytes=-{SIZE * 2}", 0, SIZE),
        ("bytes = 7 - 8", 7, 9),
        ("bytes=1048570-1048590", 1048570, 1048591),
    ],
)
def test_a_part_comes_alone(api: Api, wanted: str, start: int, end: int) -> None:
    answer = httpx.get(output_url(api), headers={"range": wanted})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("wanted", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE}", "bytes=-0"])
def test_a_part_behind_the_end_is_416(api: Api, wanted: str) -> None:
    answer = httpx.get(output_url(api), headers={"range": wanted})
    assert (answer.status_code, answer.json()["code"]) == (416, 1003)
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "wanted", ["", "nonsense", "bytes=", "bytes=-", "bytes=9-5", "lines=1-2", "bytes=0-1,5-6"]
)
def test_what_is_no_single_range_gets_the_whole(api: Api, wanted: str) -> None:
    answer = httpx.get(output_url(api), headers={"range": wanted})
    assert (answer.status_code, len(answer.content)) == (200, SIZE)


def test_a_client_that_has_the_file_is_told_so(api: Api) -> None:
    url = output_url(api)
    tag = httpx.head(url).headers["etag"]
    for given in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = httpx.get(url, headers={"if-none-match": given})
        assert (answer.status_code, answer.content) == (304, b""), given
    assert httpx.get(url, headers={"if-none-match": '"x"'}).status_code == 200


def test_a_part_of_another_version_is_not_mixed_in(api: Api) -> None:
    url = output_url(api)
    same = {"range": "bytes=0-9", "if-range": httpx.head(url).headers["etag"]}
    assert httpx.get(url, headers=same).status_code == 206
    assert httpx.get(url, headers={**same, "if-range": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"signature": None},
        {"signature": ""},
        {"signature": "0" * 64},
        {"signature": "\xe4"},
        {"expires": None},
        {"expires": "never"},
        {"expires": "9999999999999"},
        {"expires": "9" * 5000},
        {"expires": "-1"},
        {"name": "other.mp4"},
        {"name": None},
    ],
)
def test_an_address_that_was_changed_is_refused(api: Api, query: dict[str, str | None]) -> None:
    answer = httpx.get(changed(output_url(api), **query))
    assert (answer.status_code, answer.json()["code"]) == (403, 1014)


@pytest.mark.parametrize(
    "path",
    [
        "/files/",
        "/files/tasks",
        "/files/%2e%2e/master.key",
        "/files/..%2f..%2fmaster.key",
        "/files//etc/passwd",
        "/files/tasks/%00",
    ],
)
def test_a_signature_is_for_one_file(api: Api, path: str) -> None:
    answer = httpx.get(changed(output_url(api), path=path))
    assert answer.status_code in {403, 404} and answer.json()["code"] in {1014, 1008}


def test_an_address_expires_and_is_the_same_until_the_hour_is_full(api: Api) -> None:
    task = api.finished(CONTENT)

    def url() -> str:
        return api.get(f"{V4}/task/detail", _id=task.id)["data"]["video_url"]

    first = url()
    api.clock.now_ms += 1000
    assert url() == first
    api.clock.now_ms += _HOUR_MS
    second = url()
    assert second != first
    assert httpx.get(first).status_code == 200
    api.clock.now_ms += 24 * _HOUR_MS
    assert httpx.get(first).status_code == 403
    api.clock.now_ms += _HOUR_MS
    assert httpx.get(second).status_code == 403


def test_a_file_that_was_removed_is_404(api: Api) -> None:
    url = output_url(api)
    key = urlsplit(url).path.removeprefix("/files/")
    api.services.blobs.delete(key)
    answer = httpx.get(url)
    assert (answer.status_code, answer.json()["code"]) == (404, 1014)


@pytest.mark.parametrize(
    ("name", "media_type", "way"),
    [
        ("v.mp4", "video/mp4", "inline"),
        ("p.PNG", "image/png", "inline"),
        ("p.jpeg", "image/jpeg", "inline"),
        ("page.html", "application/octet-stream", "attachment"),
        ("script.svg", "application/octet-stream", "attachment"),
        ("none", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_never_becomes_a_page(api: Api, name: str, media_type: str, way: str) -> None:
    key = f"uploads/{name}"
    api.services.blobs.put(key, b"<script>")
    expires_ms = api.clock.now_ms + 1000
    answer = httpx.get(
        api.services.blobs.url(key, 'a "name"\n\u00e4', expires_ms, api.services.public_url)
    )
    assert answer.headers["content-type"] == media_type
    name_part = "filename*=utf-8''a%20%22name%22%0A%C3%A4"
    assert answer.headers["content-disposition"] == f"{way}; {name_part}"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
