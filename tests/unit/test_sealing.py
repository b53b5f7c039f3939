"""A webhook's body: the published vectors, and what a receiver refuses."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from headswap.errors import WebhookNotGenuine
from headswap.sealing import open_, seal, sign

CLIENT_ID = "cid-0123456789ABCDEFGH=="
SECRET_24, SECRET_32 = "sec-0123456789abcdefghij", "sec-0123456789abcdefghijABCDEFGH"
TIMESTAMP, NONCE = 1778806300000, "1529"
PAYLOAD: dict[str, Any] = {
    "_id": "6a066dc58570ecbf64f761a5",
    "status": 3,
    "type": "headswap",
    "url": "https://example.com/output/result.mp4",
}
VECTORS = [
    (
        SECRET_24,
        "B7+LEy5fzjzlK+knkTkPoiE/9H4peVAXJOVudjVCaeirDEIJ6N3LQeW8OlngKN4Em0LaKVLcYjhqwUbNc8py"
        "hBtKBwGWMAaILHn5g7usuQUH3/H2flmvGplZ4aL3Ax+XtMmGGZTe/RyFT29Q5iD9CQ==",
        "1f497bdf186de0efec787a1f73378e7adc5b9923",
    ),
    (
        SECRET_32,
        "jSGBNj1LMs+wPee49WxJ5wAc3AV2Jd5cRQb9tv/FbDrdVymRl0UCLAocQT1wS8P4d5eQ6DaOUMg1t6CsZHH4"
        "Y6O2PV9BebhscAf0WoCrunoGPJJa2nk8qOrtoKx0tKAXzwCKOJH93HGqV4shZoxHIg==",
        "c44a7123d93150a303570808c769ce80cefd15ec",
    ),
]


@pytest.mark.parametrize(("secret", "encrypted", "signature"), VECTORS)
def test_a_payload_is_sealed_as_published(secret: str, encrypted: str, signature: str) -> None:
    assert seal(CLIENT_ID, secret, PAYLOAD, TIMESTAMP, NONCE) == {
        "signature": signature,
        "dataEncrypt": encrypted,
        "timestamp": TIMESTAMP,
        "nonce": NONCE,
    }


@pytest.mark.parametrize(("secret", "encrypted", "signature"), VECTORS)
def test_a_published_body_is_opened(secret: str, encrypted: str, signature: str) -> None:
    body = {
        "signature": signature,
        "dataEncrypt": encrypted,
        "timestamp": TIMESTAMP,
        "nonce": NONCE,
    }
    assert open_(CLIENT_ID, secret, body) == PAYLOAD


@pytest.mark.parametrize("client_id", ["", "short", "sixteen-letters.", CLIENT_ID, "öäü-01234567"])
@pytest.mark.parametrize(
    "payload", [{}, {"error_reason": "zu groß: 日本語 🙂"}, {"url": "x" * 5000}, {"status": 4}]
)
def test_what_is_sealed_opens_again(client_id: str, payload: Mapping[str, Any]) -> None:
    for nonce in ("0000", "9" * 12):
        assert open_(client_id, SECRET_32, seal(client_id, SECRET_32, payload, 0, nonce)) == payload


def changed(**fields: object) -> dict[str, object]:
    """A genuine body with other fields; one that is None is left out."""
    body: dict[str, object] = {**seal(CLIENT_ID, SECRET_32, PAYLOAD, TIMESTAMP, NONCE), **fields}
    return {name: value for name, value in body.items() if value is not None}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"signature": None}, "signature"),
        ({"dataEncrypt": None}, "dataEncrypt"),
        ({"nonce": None}, "nonce"),
        ({"timestamp": None}, "timestamp"),
        ({"signature": 5}, "signature"),
        ({"nonce": 1529}, "nonce"),
        ({"timestamp": 1778806300000.5}, "timestamp"),
        ({"timestamp": True}, "timestamp"),
        ({"signature": "0" * 40}, "signature is wrong"),
        ({"signature": "ü\ud800"}, "signature is wrong"),
        ({"nonce": "1530"}, "signature is wrong"),
        ({"timestamp": TIMESTAMP + 1}, "signature is wrong"),
        ({"dataEncrypt": ""}, "signature is wrong"),
        ({"dataEncrypt": "\ud800"}, "signature is wrong"),
    ],
    ids=str,
)
def test_a_changed_body_is_refused(fields: dict[str, object], says: str) -> None:
    with pytest.raises(WebhookNotGenuine, match=says):
        open_(CLIENT_ID, SECRET_32, changed(**fields))


def signed(encrypted: str) -> dict[str, object]:
    """A body rightly signed, as anybody can who knows the client id: that is no secret."""
    return changed(
        dataEncrypt=encrypted, signature=sign(CLIENT_ID, str(TIMESTAMP), NONCE, encrypted)
    )


def encrypted(padded: bytes) -> str:
    encryptor = Cipher(AES(SECRET_32.encode()), CBC(CLIENT_ID[:16].encode())).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no base64",
        "AAAA",
        encrypted(b'{"status": 3}   '),
        encrypted(b"{}" + bytes(13) + b"\x03"),
        encrypted(b"[1,2]" + b"\x0b" * 11),
        encrypted(b"not json" + b"\x08" * 8),
        encrypted(b"\xff\xfe\xfd" + b"\x0d" * 13),
    ],
    ids=["empty", "letters", "part_block", "no_padding", "padding", "array", "no_json", "no_text"],
)
def test_every_unreadable_content_is_refused_in_the_same_words(content: str) -> None:
    with pytest.raises(WebhookNotGenuine) as refused:
        open_(CLIENT_ID, SECRET_32, signed(content))
    assert str(refused.value) == ("the webhook cannot be read with this clientSecret; refuse it")


def test_another_clients_id_or_secret_opens_nothing() -> None:
    body = seal(CLIENT_ID, SECRET_32, PAYLOAD, TIMESTAMP, NONCE)
    with pytest.raises(WebhookNotGenuine, match="signature is wrong"):
        open_("cid-another", SECRET_32, body)
    with pytest.raises(WebhookNotGenuine, match="cannot be read"):
        open_(CLIENT_ID, SECRET_32[::-1], body)


@pytest.mark.parametrize("secret", ["", "x" * 16, "x" * 23, "x" * 31, "ü" * 32, "x" * 33])
def test_a_secret_of_another_length_is_an_error(secret: str) -> None:
    with pytest.raises(ValueError, match="24 or 32"):
        seal(CLIENT_ID, secret, PAYLOAD, TIMESTAMP, NONCE)
    with pytest.raises(ValueError, match="24 or 32"):
        open_(CLIENT_ID, secret, changed())


@pytest.mark.parametrize("nonce", ["", "123", "12a4", "١٢٣٤"])
def test_a_nonce_is_four_or_more_digits(nonce: str) -> None:
    with pytest.raises(ValueError, match="four or more digits"):
        seal(CLIENT_ID, SECRET_32, PAYLOAD, TIMESTAMP, nonce)


def test_strings_are_sorted_by_code_unit_before_they_are_signed() -> None:
    # By code point the first sign would come last; in UTF-16 its first unit is the smaller one.
    joined = "ab\U0001f600\ufb00".encode()
    assert sign("\ufb00", "\U0001f600", "b", "a") == hashlib.sha1(joined).hexdigest()


def test_a_receiver_needs_nothing_but_cryptography() -> None:
    code = """
import sys
before = set(sys.modules)
import headswap.sealing
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*(new - set(sys.stdlib_module_names)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # Those with an underscore are the compiled part of cryptography.
    own = {"headswap", "cryptography", "_cffi_backend", "_openssl"}
    assert {"headswap", "cryptography"} <= set(done.stdout.split()) <= own
