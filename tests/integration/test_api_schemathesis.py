"""Schemathesis over the API's document: whatever is sent, no 500 and nothing the document lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from headswap.api.openapi import document
from headswap.api.routes import ROUTES
from headswap.jobs import photo_check
from headswap.jobs.refusals import Code
from tests.api_world import Api, Server

pytest_plugins = ["tests.service_databases", "tests.api_server"]

_EXAMPLES = 40
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def generous(sqlite_server: Server) -> Iterator[Api]:
    """A team for which the document's own examples work."""
    with pytest.MonkeyPatch.context() as patch, sqlite_server.new_team(credits_=100_000) as api:
        # What looks like a picture is not worth a process of seconds here.
        patch.setattr(photo_check, "LIMIT_S", 0.02)
        api.world.analysed("https://example.com/v.mp4")
        yield api


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


# What cannot be read as HTTP is refused before it is a request.
TRANSPORT = {"content-length", "transfer-encoding", "connection", "expect", "upgrade"}

schema = schemathesis.openapi.from_dict(document(ROUTES))


@schema.parametrize()
@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_no_input_gives_a_500_or_what_the_document_lacks(
    case: schemathesis.Case[Any], generous: Api, session: requests.Session
) -> None:
    for name in [name for name in case.headers or {} if name.lower() in TRANSPORT]:
        del case.headers[name]
    answer = case.call_and_validate(
        base_url=generous.services.public_url,
        session=session,
        headers={"x-api-key": generous.world.secret},
        checks=CHECKS,
    )
    if answer.headers["content-type"] == ["application/json"]:
        assert answer.json()["code"] in set(Code)
