"""What a webhook's receiver reads, and refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headswap.client import Status, verify_and_decrypt
from headswap.errors import WebhookNotGenuine
from headswap.sealing import seal

CLIENT_ID, SECRET = "cid-0123456789ABCDEFGH==", "sec-0123456789abcdefghij"
DONE = {"_id": "t1", "status": 3, "type": "headswap", "url": "https://h.example/o.mp4", "new": 1}


def sealed(payload: dict[str, Any]) -> dict[str, Any]:
    return {**seal(CLIENT_ID, SECRET, payload, 1_778_806_300_000, "1529")}


def test_the_published_vector_is_read() -> None:
    body = {
        "signature": "1f497bdf186de0efec787a1f73378e7adc5b9923",
        "dataEncrypt": "B7+LEy5fzjzlK+knkTkPoiE/9H4peVAXJOVudjVCaeirDEIJ6N3LQeW8OlngKN4Em0LaKVLcYj"
        "hqwUbNc8pyhBtKBwGWMAaILHn5g7usuQUH3/H2flmvGplZ4aL3Ax+XtMmGGZTe/RyFT29Q5iD9CQ==",
        "timestamp": 1778806300000,
        "nonce": "1529",
    }
    message = verify_and_decrypt(CLIENT_ID, SECRET, json.dumps(body))
    assert message.task_id == "6a066dc58570ecbf64f761a5"
    assert message.result_url == "https://example.com/output/result.mp4"


@pytest.mark.parametrize("form", [lambda body: body, json.dumps, lambda b: json.dumps(b).encode()])
def test_a_message_is_read_in_whatever_form_it_is_held(form: Any) -> None:
    message = verify_and_decrypt(CLIENT_ID, SECRET, form(sealed(DONE)))
    assert (message.task_id, message.status) == ("t1", Status.COMPLETED)
    assert (message.result_url, message.error_code) == ("https://h.example/o.mp4", 0)


def test_a_failure_is_read_with_its_reason() -> None:
    told = {"_id": "t1", "status": 4, "url": "", "error_code": 1015, "error_reason": "It broke."}
    message = verify_and_decrypt(CLIENT_ID, SECRET, sealed(told))
    assert (message.status, message.result_url) == (Status.FAILED, None)
    assert (message.error_code, message.error_reason) == (1015, "It broke.")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xff", "not JSON"),
        ("", "not JSON"),
        ("[]", "no JSON object"),
        ("{}", "missing"),
        (json.dumps({**sealed(DONE), "nonce": "1530"}), "signature is wrong"),
        (sealed({"status": 3}), "tells of no task"),
        (sealed({"_id": "t1", "status": 7}), "tells of no task"),
    ],
)
def test_what_is_not_genuine_is_refused(body: Any, says: str) -> None:
    with pytest.raises(WebhookNotGenuine, match=says):
        verify_and_decrypt(CLIENT_ID, SECRET, body)
    with pytest.raises(WebhookNotGenuine):
        verify_and_decrypt("another", SECRET, sealed(DONE))
