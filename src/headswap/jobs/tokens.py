"""Tokens: signed JWTs that stand for a key, and die with it; which of the two headers counts."""

from __future__ import annotations

import hmac

import jwt
from sqlalchemy.orm import Session

from headswap.jobs.accounts import Caller, caller_of_hash
from headswap.jobs.keyring import Keyring
from headswap.jobs.refusals import Code, Refused

VALID_DAYS = 400
_VALID_S = VALID_DAYS * 86_400
_ALGORITHM = "HS256"
# Names the secret the token was made with, so that a rotated key takes its tokens along. The hash
# is keyed and tells nothing of the secret.
_SECRET_HASH = "key"  # noqa: S105
_PURPOSE = "sign tokens"


def issue(s: Session, keyring: Keyring, client_id: str, secret: str, now_ms: int) -> str:
    """A token of the caller with this pair, valid 400 days.

    Raises:
        Refused: 1101, there is no such pair; 1200, the team is blocked.
    """
    secret_hash = keyring.hash(secret)
    caller = caller_of_hash(s, secret_hash)
    if not hmac.compare_digest(keyring.hash(caller.client_id), keyring.hash(client_id)):
        raise Refused(Code.KEY_WRONG, "clientId and clientSecret do not belong together")
    now_s = now_ms // 1000
    claims = {
        "sub": caller.client_id,
        _SECRET_HASH: secret_hash,
        "iat": now_s,
        "exp": now_s + _VALID_S,
    }
    return jwt.encode(claims, keyring.derive(_PURPOSE), algorithm=_ALGORITHM)


def caller_of_token(s: Session, keyring: Keyring, token: str, now_ms: int) -> Caller:
    """Who was given this token.

    Raises:
        Refused: 1101, it is not ours, expired, or its key was revoked or rotated; 1200, the team
            is blocked.
    """
    return caller_of_hash(s, _secret_hash(keyring, token, now_ms))


def caller_of_headers(
    s: Session, keyring: Keyring, authorization: str | None, api_key: str | None, now_ms: int
) -> Caller:
    """Who makes a request with these headers.

    Raises:
        Refused: 1102, neither is there; otherwise as `caller_of_token` and `caller_of_key`.
    """
    return caller_of_hash(s, hash_of_headers(keyring, authorization, api_key, now_ms))


def hash_of_headers(
    keyring: Keyring, authorization: str | None, api_key: str | None, now_ms: int
) -> str:
    """The hash of the secret that Authorization, or else x-api-key, stands for.

    Raises:
        Refused: 1102, neither is there; 1101, the one that counts is malformed or expired.
    """
    if authorization:
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer":
            raise Refused(Code.KEY_WRONG, "Authorization must be of the form: Bearer TOKEN")
        return _secret_hash(keyring, token.strip(), now_ms)
    if api_key:
        return keyring.hash(api_key)
    raise Refused(Code.KEY_MISSING, "send the header x-api-key, or Authorization: Bearer TOKEN")


def _secret_hash(keyring: Keyring, token: str, now_ms: int) -> str:
    try:
        if not token.isascii():
            raise jwt.DecodeError("not ASCII")
        claims = jwt.decode(
            token,
            keyring.derive(_PURPOSE),
            algorithms=[_ALGORITHM],
            # The library would compare with the system's clock; `now_ms` decides here.
            options={
                "require": ["sub", "iat", "exp", _SECRET_HASH],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidTokenError as error:
        raise Refused(Code.KEY_WRONG, "the token is wrong; getToken gives one") from error
    if now_ms >= claims["exp"] * 1000:
        raise Refused(Code.KEY_WRONG, "the token is expired; getToken gives another")
    return claims[_SECRET_HASH]
