"""Teams, users and keys: how they are made, found, shown, and ended."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from headswap.errors import HeadswapError
from headswap.jobs import accounts
from headswap.jobs.accounts import Caller, NewKey
from headswap.jobs.keyring import Keyring
from headswap.jobs.refusals import Code, Refused
from headswap.store.database import Database
from headswap.store.tables import ApiKey, Team, User
from tests.ledger_tasks import NOW_MS, rich_team

pytest_plugins = ["tests.service_databases"]

KEYRING = Keyring(b"0123456789abcdef0123456789abcdef")


# What is looked at here is ours, whatever the database.
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


def new_key(database: Database, team_id: str | None = None) -> NewKey:
    with database.write() as s:
        return accounts.create_key(s, KEYRING, team_id or rich_team(s, 0), NOW_MS)


def refusal_of(database: Database, secret: str) -> int:
    """The code a request with this secret gets; 1000 when it is let in."""
    try:
        with database.read() as s:
            accounts.caller_of_key(s, KEYRING, secret)
    except Refused as refused:
        return refused.code
    return Code.SUCCESS


@pytest.mark.parametrize("name", ["A", "Studio Köln", "x" * 200, "  kept  ", "O'Neill; --", "日本"])
def test_a_team_is_made_with_its_user(database: Database, name: str) -> None:
    with database.write() as s:
        accounts.create_team(s, "Older", NOW_MS - 1)
        team, user = accounts.create_team(s, name, NOW_MS)
    with database.read() as s:
        stored = s.get_one(Team, team.id)
        assert (stored.name, stored.create_time, stored.banned) == (name.strip(), NOW_MS, False)
        assert stored.id.startswith(f"{NOW_MS // 1000:08x}") and len(stored.id) == 24
        assert s.get_one(User, user.uid).team_id == team.id
        (_, (last_team, last_user)) = accounts.list_teams(s)
        assert (last_team.id, last_user.uid) == (team.id, user.uid)


@on_sqlite
@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb", "nul\0", "\udcff", "\u202e"])
def test_a_name_that_is_none_is_refused(database: Database, name: str) -> None:
    with database.write() as s:
        with pytest.raises(Refused, match="1 to 200") as refused:
            accounts.create_team(s, name, NOW_MS)
        assert refused.value.code == Code.PARAMETER
        assert accounts.list_teams(s) == []


def test_a_team_is_listed_once_with_its_first_user(database: Database) -> None:
    with database.write() as s:
        team, first = accounts.create_team(s, "A", NOW_MS)
        s.add(User(team_id=team.id, name="second", create_time=NOW_MS))
        s.flush()
        assert [(t.id, u.uid) for t, u in accounts.list_teams(s)] == [(team.id, first.uid)]
        new = accounts.create_key(s, KEYRING, team.id, NOW_MS)
        assert accounts.caller_of_key(s, KEYRING, new.secret).uid == first.uid


def test_a_secret_is_32_letters_and_digits_and_a_client_id_base64(database: Database) -> None:
    with database.write() as s:
        team_id = rich_team(s, 0)
        keys = [accounts.create_key(s, KEYRING, team_id, NOW_MS) for _ in range(30)]
    assert len({key.secret for key in keys}) == len({key.client_id for key in keys}) == 30
    for key in keys:
        assert re.fullmatch("[A-Za-z0-9]{32}", key.secret)
        assert len(base64.b64decode(key.client_id, validate=True)) == 16


def test_a_secret_is_stored_encrypted_and_shown_nowhere(database: Database) -> None:
    new = new_key(database)
    assert new.secret not in repr(new)
    with database.read() as s:
        (stored,) = s.scalars(select(ApiKey))
        assert new.secret not in stored.secret_hash
        assert new.secret.encode() not in stored.secret_encrypted
        assert accounts.secret_of(s, KEYRING, new.client_id) == new.secret


def test_a_keys_holder_is_known_by_the_secret(database: Database) -> None:
    with database.write() as s:
        team, user = accounts.create_team(s, "A", NOW_MS)
        team.priority = 12
    key, other = new_key(database, team.id), new_key(database)
    with database.read() as s:
        caller = accounts.caller_of_key(s, KEYRING, key.secret)
        assert caller == Caller(team.id, user.uid, key.client_id, 12)
        assert accounts.caller_of_key(s, KEYRING, other.secret).client_id == other.client_id
    row = database.row(accounts.CALLER, {"secret_hash": KEYRING.hash(key.secret)})
    assert accounts.caller_of_row(row) == caller


@pytest.mark.parametrize("secret", ["", "x", "A" * 32, "ü", "\ud800", "nul\0", "' OR 1=1 --"])
def test_an_unknown_secret_is_wrong(database: Database, secret: str) -> None:
    new_key(database)
    assert refusal_of(database, secret) == Code.KEY_WRONG


def test_a_revoked_key_is_dead_for_good(database: Database) -> None:
    key, other = new_key(database), new_key(database)
    with database.write() as s:
        assert accounts.revoke_key(s, key.client_id, NOW_MS + 5).revoke_time == NOW_MS + 5
    with database.write() as s:
        # A second time changes nothing.
        assert accounts.revoke_key(s, key.client_id, NOW_MS + 9).revoke_time == NOW_MS + 5
    assert refusal_of(database, key.secret) == Code.KEY_WRONG
    assert refusal_of(database, other.secret) == Code.SUCCESS
    with database.write() as s:
        with pytest.raises(Refused, match="stays so") as refused:
            accounts.rotate_key(s, KEYRING, key.client_id)
        assert refused.value.code == Code.KEY_WRONG
        # A webhook of its task is still sealed for whoever held it.
        assert accounts.secret_of(s, KEYRING, key.client_id) == key.secret


def test_a_rotated_key_keeps_its_client_id_and_loses_its_secret(database: Database) -> None:
    old = new_key(database)
    with database.write() as s:
        new = accounts.rotate_key(s, KEYRING, old.client_id)
    assert new.client_id == old.client_id and new.secret != old.secret and len(new.secret) == 32
    assert refusal_of(database, old.secret) == Code.KEY_WRONG
    assert refusal_of(database, new.secret) == Code.SUCCESS
    with database.read() as s:
        assert accounts.secret_of(s, KEYRING, old.client_id) == new.secret
        assert len(accounts.list_keys(s)) == 1


def test_of_many_rotations_at_once_one_secret_stays_alive(database: Database) -> None:
    key = new_key(database)

    def rotate(_: int) -> NewKey:
        with database.write() as s:
            return accounts.rotate_key(s, KEYRING, key.client_id)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(rotate, range(8)))
    codes = [refusal_of(database, new.secret) for new in made]
    assert sorted(codes) == [Code.SUCCESS, *[Code.KEY_WRONG] * 7]


def test_a_revocation_is_not_undone_by_a_rotation_at_the_same_time(database: Database) -> None:
    for _ in range(10):
        key = new_key(database)

        def revoke(key: NewKey = key) -> None:
            with database.write() as s:
                accounts.revoke_key(s, key.client_id, NOW_MS)

        def rotate(key: NewKey = key) -> str:
            try:
                with database.write() as s:
                    return accounts.rotate_key(s, KEYRING, key.client_id).secret
            except Refused:
                return key.secret

        with ThreadPoolExecutor(2) as pool:
            secret, _ = pool.submit(rotate), pool.submit(revoke).result()
            assert refusal_of(database, secret.result()) == Code.KEY_WRONG


def test_a_blocked_team_is_told_so_until_it_is_unblocked(database: Database) -> None:
    with database.write() as s:
        team_id = rich_team(s, 0)
    key, dead, other = new_key(database, team_id), new_key(database, team_id), new_key(database)
    with database.write() as s:
        accounts.revoke_key(s, dead.client_id, NOW_MS)
        accounts.block_team(s, team_id, True)
    assert refusal_of(database, key.secret) == Code.BLOCKED
    assert refusal_of(database, dead.secret) == Code.KEY_WRONG
    assert refusal_of(database, other.secret) == Code.SUCCESS
    with database.write() as s:
        accounts.block_team(s, team_id, False)
    assert refusal_of(database, key.secret) == Code.SUCCESS


def test_keys_are_listed_by_team_oldest_first(database: Database) -> None:
    with database.write() as s:
        team_id, other = rich_team(s, 0), rich_team(s, 0)
        later, foreign, earlier = (
            accounts.create_key(s, KEYRING, team, NOW_MS + age).client_id
            for team, age in ((team_id, 2000), (other, 1000), (team_id, 0))
        )
        accounts.revoke_key(s, later, NOW_MS)
        assert [key.client_id for key in accounts.list_keys(s, team_id)] == [earlier, later]
        assert [key.client_id for key in accounts.list_keys(s)] == [earlier, foreign, later]
        assert accounts.list_keys(s, rich_team(s, 0)) == []


@pytest.mark.parametrize("unknown", ["", "0" * 24, "nul\0", "\ud800", "x" * 500, "' OR 1=1 --"])
def test_what_is_not_there_is_not_found(database: Database, unknown: str) -> None:
    new_key(database)
    with database.write() as s:
        for act in (
            lambda: accounts.find_team(s, unknown),
            lambda: accounts.block_team(s, unknown, True),
            lambda: accounts.create_key(s, KEYRING, unknown, NOW_MS),
            lambda: accounts.list_keys(s, unknown),
            lambda: accounts.revoke_key(s, unknown, NOW_MS),
            lambda: accounts.rotate_key(s, KEYRING, unknown),
            lambda: accounts.secret_of(s, KEYRING, unknown),
        ):
            with pytest.raises(Refused, match="there is no") as refused:
                act()
            assert refused.value.code == Code.NOT_FOUND


def test_another_master_key_is_noticed_once_there_is_a_key(database: Database) -> None:
    other = Keyring(b"another master key of 32 letters")
    with database.read() as s:
        accounts.prove_keyring(s, other)
    new_key(database)
    with database.read() as s:
        accounts.prove_keyring(s, KEYRING)
        with pytest.raises(HeadswapError, match="another master key"):
            accounts.prove_keyring(s, other)
