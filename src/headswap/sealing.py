"""The webhook's sealed body: made by the server with `seal`, read by a receiver with `open_`.

Needs nothing but `cryptography`, so that a receiver can use it alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from headswap.errors import WebhookNotGenuine

_BLOCK_BYTES = 16
_SECRET_BYTES = (24, 32)


class SealedBody(TypedDict):
    """The JSON object that is sent. timestamp: milliseconds since 1970. nonce: random digits."""

    signature: str
    dataEncrypt: str
    timestamp: int
    nonce: str


def seal(
    client_id: str, secret: str, payload: Mapping[str, Any], timestamp_ms: int, nonce: str
) -> SealedBody:
    """The body that tells `payload` to the holder of the secret.

    secret: 24 or 32 bytes of text, as AES-192 and AES-256 take. nonce: four or more digits.

    Raises:
        ValueError: the secret or the nonce is not of that form.
    """
    if not (nonce.isascii() and nonce.isdigit() and len(nonce) >= 4):
        raise ValueError(f"the nonce {nonce!r} is not four or more digits")
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    padder = PKCS7(_BLOCK_BYTES * 8).padder()
    encryptor = _cipher(client_id, secret).encryptor()
    data = encryptor.update(padder.update(text) + padder.finalize()) + encryptor.finalize()
    encrypted = base64.b64encode(data).decode("ascii")
    return SealedBody(
        signature=sign(client_id, str(timestamp_ms), nonce, encrypted),
        dataEncrypt=encrypted,
        timestamp=timestamp_ms,
        nonce=nonce,
    )


def open_(client_id: str, secret: str, body: Mapping[str, object]) -> dict[str, Any]:
    """The payload of a received body, once its signature is found right.

    body: the JSON object as parsed.

    Raises:
        WebhookNotGenuine: a field is missing or wrong, or it was sealed with another id or secret.
        ValueError: the secret is not 24 or 32 bytes long.
    """
    cipher = _cipher(client_id, secret)
    signature, encrypted = _text(body, "signature"), _text(body, "dataEncrypt")
    nonce = _text(body, "nonce")
    timestamp = body.get("timestamp")
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | str):
        raise WebhookNotGenuine("the webhook's timestamp is missing or no whole number; refuse it")
    expected = sign(client_id, str(timestamp), nonce, encrypted)
    # Bytes, because the comparison refuses text that is not ASCII.
    if not hmac.compare_digest(_bytes(expected), _bytes(signature)):
        raise WebhookNotGenuine("the webhook's signature is wrong for this clientId; refuse it")
    try:
        decryptor, unpadder = cipher.decryptor(), PKCS7(_BLOCK_BYTES * 8).unpadder()
        padded = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
        payload = json.loads(unpadder.update(padded) + unpadder.finalize())
    except ValueError as error:
        # One message for every way to fail: telling them apart would help to guess the text.
        raise _unreadable() from error
    if not isinstance(payload, dict):
        raise _unreadable()
    return cast(dict[str, Any], payload)


def sign(client_id: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """40 hex digits: SHA-1 of the four strings, sorted by UTF-16 code unit and joined."""
    parts = (client_id, timestamp, nonce, encrypted)
    ordered = sorted(parts, key=lambda part: part.encode("utf-16-be", "surrogatepass"))
    return hashlib.sha1(_bytes("".join(ordered)), usedforsecurity=False).hexdigest()


def _cipher(client_id: str, secret: str) -> Cipher[CBC]:
    key = secret.encode()
    if len(key) not in _SECRET_BYTES:
        raise ValueError(f"the clientSecret has {len(key)} bytes; AES takes 24 or 32 here")
    start = client_id.encode()[:_BLOCK_BYTES]
    return Cipher(AES(key), CBC(start.ljust(_BLOCK_BYTES, b"\0")))


def _text(body: Mapping[str, object], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise WebhookNotGenuine(f"the webhook's {name} is missing or no text; refuse it")
    return value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _unreadable() -> WebhookNotGenuine:
    return WebhookNotGenuine("the webhook cannot be read with this clientSecret; refuse it")
