"""The console's files over HTTP: what the page may load, how long browsers keep what."""

from __future__ import annotations

import re

import httpx
import pytest

from headswap.api.console_files import media_policy
from tests.api_world import Api

pytest_plugins = ["tests.service_databases", "tests.api_server"]

_LINKS = re.compile(r'(?:href|src)="(console/[^"]+)"')


def test_the_page_may_load_and_run_nothing_but_its_own_files(api: Api) -> None:
    page = api.client.get("/", headers={"x-api-key": ""})
    policy = page.headers["content-security-policy"]
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert "default-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "*" not in policy and "http" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"


def test_files_are_kept_for_good_under_an_address_that_changes_with_them(api: Api) -> None:
    page = api.client.get("/")
    assert page.headers["cache-control"] == "no-cache"
    links = _LINKS.findall(page.text)
    assert len(links) > 10 and len({link.split("/")[1] for link in links}) == 1
    for link in links:
        file = api.client.get(f"/{link}")
        assert file.status_code == 200 and "immutable" in file.headers["cache-control"]
        assert file.headers["x-content-type-options"] == "nosniff"
    again = api.client.get("/", headers={"if-none-match": page.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
    assert again.headers["content-security-policy"] == page.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["nothing.js", "../console_files.py", "%2e%2e/settings.py", "css"])
def test_what_is_no_file_of_the_console_is_not_found(api: Api, name: str) -> None:
    version = _LINKS.findall(api.client.get("/").text)[0].split("/")[1]
    for folder in (version, "0" * 16):
        answer = api.client.get(f"/console/{folder}/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, 1008)
    assert api.client.get("/console/main.js").status_code == 404


def test_the_page_itself_is_not_given_as_a_file(api: Api) -> None:
    version = _LINKS.findall(api.client.get("/").text)[0].split("/")[1]
    assert api.client.get(f"/console/{version}/index.html").status_code == 404


@pytest.mark.parametrize(
    ("some", "allowed"),
    [
        ("http://here:8000/files/probe/ready?expires=1", "'self'"),
        ("https://bucket.s3.example.com/probe/ready?X-Amz-Signature=1", "'self' https://bucket.s3.example.com"),
        ("http://127.0.0.1:9000/bucket/probe/ready?x=1", "'self' http://127.0.0.1:9000"),
    ],
)  # fmt: skip
def test_pictures_and_videos_of_the_bucket_may_be_shown(some: str, allowed: str) -> None:
    assert media_policy(some, "http://here:8000") == allowed


def test_a_head_request_has_no_body(api: Api) -> None:
    answer: httpx.Response = api.client.head("/")
    assert answer.status_code == 200 and answer.content == b""
