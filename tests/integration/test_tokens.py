"""Tokens: for how long and for whom they are good, and which header decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from headswap.jobs import accounts, tokens
from headswap.jobs.accounts import NewKey
from headswap.jobs.keyring import Keyring
from headswap.jobs.refusals import Code, Refused
from headswap.store.database import Database
from tests.ledger_tasks import NOW_MS, rich_team

pytest_plugins = ["tests.service_databases"]

KEYRING = Keyring(b"0123456789abcdef0123456789abcdef")
SIGNING_KEY = KEYRING.derive("sign tokens")
DAY_MS = 86_400_000


# What is looked at here is ours, whatever the database.
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


@dataclass(frozen=True, slots=True)
class Holder:
    """A team with a key and a token of it."""

    team_id: str
    key: NewKey
    token: str


@pytest.fixture
def holder(database: Database) -> Holder:
    with database.write() as s:
        team_id = rich_team(s, 0)
        key = accounts.create_key(s, KEYRING, team_id, NOW_MS)
        token = tokens.issue(s, KEYRING, key.client_id, key.secret, NOW_MS)
    return Holder(team_id, key, token)


def code_of(database: Database, token: str, now_ms: int = NOW_MS) -> int:
    """The code a request with this token gets; 1000 when it is let in."""
    try:
        with database.read() as s:
            tokens.caller_of_token(s, KEYRING, token, now_ms)
    except Refused as refused:
        return refused.code
    return Code.SUCCESS


def test_a_token_stands_for_its_key(database: Database, holder: Holder) -> None:
    with database.read() as s:
        caller = tokens.caller_of_token(s, KEYRING, holder.token, NOW_MS)
        assert caller == accounts.caller_of_key(s, KEYRING, holder.key.secret)
        assert (caller.team_id, caller.client_id) == (holder.team_id, holder.key.client_id)


def test_a_token_is_a_signed_jwt_that_tells_no_secret(holder: Holder) -> None:
    assert jwt.get_unverified_header(holder.token) == {"alg": "HS256", "typ": "JWT"}
    claims = jwt.decode(holder.token, options={"verify_signature": False})
    assert claims["sub"] == holder.key.client_id
    assert claims["exp"] - claims["iat"] == 400 * 86_400
    assert holder.key.secret not in str(claims)


@on_sqlite
@pytest.mark.parametrize(
    ("age_ms", "code"),
    [
        (-DAY_MS, Code.SUCCESS),
        (0, Code.SUCCESS),
        (399 * DAY_MS, Code.SUCCESS),
        (400 * DAY_MS - 1000, Code.SUCCESS),
        (400 * DAY_MS, Code.KEY_WRONG),
        (4000 * DAY_MS, Code.KEY_WRONG),
    ],
)
def test_a_token_is_good_for_400_days(
    database: Database, holder: Holder, age_ms: int, code: int
) -> None:
    assert code_of(database, holder.token, NOW_MS + age_ms) == code


def test_a_token_dies_with_a_revoked_key(database: Database, holder: Holder) -> None:
    with database.write() as s:
        accounts.revoke_key(s, holder.key.client_id, NOW_MS)
    assert code_of(database, holder.token) == Code.KEY_WRONG


def test_a_token_dies_with_a_rotated_key(database: Database, holder: Holder) -> None:
    with database.write() as s:
        new = accounts.rotate_key(s, KEYRING, holder.key.client_id)
        token = tokens.issue(s, KEYRING, new.client_id, new.secret, NOW_MS)
    assert code_of(database, holder.token) == Code.KEY_WRONG
    assert code_of(database, token) == Code.SUCCESS


def test_a_blocked_teams_token_is_refused_and_none_is_issued(
    database: Database, holder: Holder
) -> None:
    with database.write() as s:
        accounts.block_team(s, holder.team_id, True)
    assert code_of(database, holder.token) == Code.BLOCKED
    with database.read() as s, pytest.raises(Refused) as refused:
        tokens.issue(s, KEYRING, holder.key.client_id, holder.key.secret, NOW_MS)
    assert refused.value.code == Code.BLOCKED


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [
        ("", ""),
        ("{client_id}", ""),
        ("", "{secret}"),
        ("{client_id}", "{secret}x"),
        ("{client_id}x", "{secret}"),
        ("{other}", "{secret}"),
        ("{secret}", "{client_id}"),
        ("\ud800\0", "{secret}"),
        ("{client_id}", "\ud800\0"),
    ],
    ids=ascii,
)
def test_a_wrong_pair_gets_no_token(
    database: Database, holder: Holder, client_id: str, secret: str
) -> None:
    with database.write() as s:
        other = accounts.create_key(s, KEYRING, holder.team_id, NOW_MS)
        words = {
            "client_id": holder.key.client_id,
            "secret": holder.key.secret,
            "other": other.client_id,
        }
        with pytest.raises(Refused) as refused:
            tokens.issue(s, KEYRING, client_id.format(**words), secret.format(**words), NOW_MS)
    assert refused.value.code == Code.KEY_WRONG


def forged(
    holder: Holder, key: bytes | None = SIGNING_KEY, algorithm: str = "HS256", **claims: Any
) -> str:
    """A token like the holder's but for some claims; one that is None is left out."""
    mine = jwt.decode(holder.token, options={"verify_signature": False})
    kept = {name: value for name, value in {**mine, **claims}.items() if value is not None}
    # The library's types leave out that "none" takes no key.
    encode: Any = jwt.encode
    return encode(kept, key, algorithm=algorithm)


def test_what_the_forgeries_are_made_like_is_good(database: Database, holder: Holder) -> None:
    assert code_of(database, forged(holder)) == Code.SUCCESS


FORGERIES: dict[str, Callable[[Holder], str]] = {
    "another_purpose": lambda holder: forged(holder, KEYRING.derive("sign files")),
    "signed_with_the_secret": lambda holder: forged(holder, holder.key.secret.encode()),
    "another_algorithm": lambda holder: forged(holder, SIGNING_KEY * 2, "HS512"),
    "no_algorithm": lambda holder: forged(holder, None, "none"),
    "no_exp": lambda holder: forged(holder, exp=None),
    "no_sub": lambda holder: forged(holder, sub=None),
    "no_iat": lambda holder: forged(holder, iat=None),
    "cut": lambda holder: holder.token[:-1],
    "empty_signature": lambda holder: holder.token.rpartition(".")[0] + ".",
    "no_signature": lambda holder: holder.token.rpartition(".")[0],
    "longer": lambda holder: holder.token + "x",
    "the_secret": lambda holder: holder.key.secret,
    "empty": lambda _: "",
    "letters": lambda _: "a.b.c",
    "not_ascii": lambda _: "ü.ü.ü",
    "surrogate": lambda _: "\ud800",
    "dots": lambda _: "." * 10_000,
}


@on_sqlite
@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_token_is_wrong(database: Database, holder: Holder, kind: str) -> None:
    assert code_of(database, FORGERIES[kind](holder)) == Code.KEY_WRONG


@on_sqlite
@pytest.mark.parametrize(
    ("authorization", "api_key", "code"),
    [
        (None, None, Code.KEY_MISSING),
        ("", "", Code.KEY_MISSING),
        (None, "{secret}", Code.SUCCESS),
        ("", "{secret}", Code.SUCCESS),
        (None, "wrong", Code.KEY_WRONG),
        ("Bearer {token}", None, Code.SUCCESS),
        ("bearer  {token} ", None, Code.SUCCESS),
        ("Bearer {token}", "wrong", Code.SUCCESS),
        ("Bearer wrong", "{secret}", Code.KEY_WRONG),
        ("Bearer", "{secret}", Code.KEY_WRONG),
        ("Bearer ", None, Code.KEY_WRONG),
        ("{token}", "{secret}", Code.KEY_WRONG),
        ("Basic {token}", "{secret}", Code.KEY_WRONG),
        ("Bearer {secret}", None, Code.KEY_WRONG),
        ("Bearer {token} {token}", None, Code.KEY_WRONG),
    ],
)
def test_authorization_decides_where_it_is_sent(
    database: Database, holder: Holder, authorization: str | None, api_key: str | None, code: int
) -> None:
    words = {"secret": holder.key.secret, "token": holder.token}
    filled = [text and text.format(**words) for text in (authorization, api_key)]
    with database.read() as s:
        try:
            caller = tokens.caller_of_headers(s, KEYRING, filled[0], filled[1], NOW_MS)
        except Refused as refused:
            assert refused.code == code
        else:
            assert code == Code.SUCCESS and caller.team_id == holder.team_id
