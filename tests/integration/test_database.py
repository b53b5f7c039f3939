"""Transactions on both databases: what is kept, what is undone, who waits for whom."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from headswap.errors import DatabaseUnusable, NoSpaceLeft
from headswap.settings import Settings
from headswap.store.database import Database
from headswap.store.tables import Analysis, LedgerEntry, Table, Team, User

pytest_plugins = ["tests.service_databases"]

TEAM = "6805fb69e92d9edc7ca0b409"


def team(name: str = "first", id: str = TEAM) -> Team:
    return Team(id=id, name=name, create_time=1)


def analysis(number: int, url: str = "https://host/v.mp4") -> Analysis:
    record = f"{number:024x}"
    return Analysis(
        id=record, team_id=TEAM, uid=1, task_id=record, create_time=1, video_url=url,
        type="head", status=1,
    )  # fmt: skip


def entry(seq: int, balance: int) -> LedgerEntry:
    return LedgerEntry(
        team_id=TEAM, seq=seq, kind="grant", amount=1, balance=balance, create_time=1
    )


@pytest.fixture
def teamed(database: Database) -> Database:
    """A database with one team in it."""
    with database.write() as session:
        session.add(team())
    return database


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Team.name).order_by(Team.name)))


def test_a_new_database_holds_nothing(database: Database) -> None:
    with database.read() as session:
        for mapper in Table.registry.mappers:
            assert session.scalar(select(func.count()).select_from(mapper)) == 0


def test_what_is_written_is_there_when_the_block_has_ended(teamed: Database) -> None:
    assert names(teamed) == ["first"]


def test_an_error_undoes_the_whole_block(teamed: Database) -> None:
    with pytest.raises(KeyError), teamed.write() as session:
        session.add(team("second", "b" * 24))
        session.flush()
        raise KeyError
    assert names(teamed) == ["first"]


def test_an_object_keeps_its_values_after_its_session(database: Database) -> None:
    with database.write() as session:
        made = team()
        session.add(made)
    assert (made.name, made.priority, made.banned) == ("first", 9, False)


def test_numbers_are_given_by_the_database(teamed: Database) -> None:
    users = [User(team_id=TEAM, name=name, create_time=1) for name in "ab"]
    with teamed.write() as session:
        session.add_all(users)
    assert [user.uid for user in users] == [1, 2]


def test_a_reading_session_cannot_write(teamed: Database) -> None:
    with teamed.read() as session:
        session.add(team("second", "b" * 24))
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            session.flush()
    assert names(teamed) == ["first"]


def test_a_reader_neither_waits_for_a_writer_nor_sees_its_half(teamed: Database) -> None:
    with teamed.write() as session:
        session.add(team("second", "b" * 24))
        session.flush()
        assert names(teamed) == ["first"]
        assert teamed.row(select(func.count()).select_from(Team)) == (1,)
    assert names(teamed) == ["first", "second"]


def test_write_inside_write_is_refused_and_harms_nothing(teamed: Database) -> None:
    with teamed.write() as session:
        session.add(team("second", "b" * 24))
        with pytest.raises(RuntimeError, match="open session"), teamed.write():
            pytest.fail("the block must not run")
    with teamed.write() as session:
        session.add(team("third", "c" * 24))
    assert names(teamed) == ["first", "second", "third"]


def count_up(database: Database) -> None:
    with database.write() as session:
        counted = session.get_one(Team, TEAM, with_for_update=True)
        counted.priority += 1


def test_threads_that_write_lose_nothing(teamed: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: count_up(teamed), range(80)))
    assert teamed.row(select(Team.priority)) == (9 + 80,)


def test_a_writer_waits_until_the_other_has_ended(teamed: Database, database_url: str) -> None:
    other = Database(database_url)
    begun = threading.Event()

    def second() -> None:
        begun.set()
        count_up(other)

    with teamed.write() as session:
        session.get_one(Team, TEAM, with_for_update=True).priority = 100
        session.flush()
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(10)
        thread.join(0.2)
        assert thread.is_alive()
    thread.join(30)
    other.close()
    assert teamed.row(select(Team.priority)) == (101,)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: [User(team_id="f" * 24, name="x", create_time=1)], "(?i)foreign key"),
        (lambda: [entry(1, balance=-1)], "ck_ledger_balance"),
        (lambda: [entry(1, balance=1), entry(1, balance=2)], "(?i)unique.*seq"),
        (lambda: [team("again")], "(?i)unique"),
    ],
    ids=["foreign_key", "negative_balance", "two_after_the_same_entry", "same_id"],
)
def test_the_database_refuses_what_must_not_be(
    teamed: Database, wrong: Callable[[], list[Table]], said: str
) -> None:
    with pytest.raises(IntegrityError, match=said), teamed.write() as session:
        session.add_all(wrong())
    assert names(teamed) == ["first"]


def test_no_result_is_null_and_a_result_keeps_its_order(teamed: Database) -> None:
    result = {"z": 1, "a": [1.5, None, "ü"], "m": {}}
    with teamed.write() as session:
        session.add_all([analysis(1), analysis(2)])
        session.flush()
        session.get_one(Analysis, f"{1:024x}").result = result
        session.get_one(Analysis, f"{2:024x}").result = None
    without = teamed.row(select(Analysis.id).where(Analysis.result.is_(None)))
    assert without == (f"{2:024x}",)
    kept = teamed.row(select(Analysis.result).where(Analysis.id == f"{1:024x}"))
    assert kept is not None
    assert kept.result == result
    assert list(kept.result) == ["z", "a", "m"]


def test_an_address_of_any_length_and_alphabet_can_be_kept_and_found(teamed: Database) -> None:
    drawn = random.Random(1)
    url = "https://host/" + "".join(chr(drawn.randrange(0x10000, 0x10FFFF)) for _ in range(2048))
    with teamed.write() as session:
        session.add(analysis(1, url))
    assert teamed.row(select(Analysis.id).where(Analysis.video_url == url)) == (f"{1:024x}",)


def test_a_row_is_found_by_a_statement_made_once(teamed: Database) -> None:
    statement = select(Team.name, Team.banned).where(Team.id == bindparam("id"))
    assert teamed.row(statement, {"id": "f" * 24}) is None
    assert teamed.row(statement, {"id": TEAM}) == ("first", False)
    with teamed.write() as session:
        session.get_one(Team, TEAM).banned = True
    assert teamed.row(statement, {"id": TEAM}) == ("first", True)


def test_many_threads_read_at_the_same_time(teamed: Database) -> None:
    all_in = threading.Barrier(12)

    def read(_: int) -> str:
        with teamed.read() as session:
            name = session.get_one(Team, TEAM).name
            all_in.wait(20)
            return name

    with ThreadPoolExecutor(12) as threads:
        assert set(threads.map(read, range(12))) == {"first"}


def test_a_closed_database_opens_again(teamed: Database) -> None:
    teamed.close()
    assert names(teamed) == ["first"]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'headswap.db'}")
    database.migrate()
    yield database
    database.close()


def test_sqlite_syncs_each_commit_and_keeps_references(sqlite: Database) -> None:
    def setting(session: Session, name: str) -> object:
        return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()

    for mode in (sqlite.read, sqlite.write):
        with mode() as session:
            assert setting(session, "journal_mode") == "wal"
            assert setting(session, "synchronous") == 2
            assert setting(session, "foreign_keys") == 1


def test_a_full_disk_is_named_and_the_block_undone(sqlite: Database) -> None:
    with pytest.raises(NoSpaceLeft, match=r"headswap\.db"), sqlite.write() as session:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
        session.connection().exec_driver_sql(f"PRAGMA max_page_count={pages + 1}")
        session.add(team())
        session.flush()
        session.add_all(analysis(number, "x" * 10_000) for number in range(100))
    assert names(sqlite) == []


def test_only_the_owner_may_read_the_file(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.write() as session:
        session.add(team())
        assert {file.stat().st_mode & 0o777 for file in tmp_path.glob("headswap.db*")} == {0o600}


def test_without_an_address_the_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    odd = tmp_path / "a % ? #folder"
    database = Database.open(Settings.model_validate({"data_dir": odd}))
    assert database.is_sqlite
    database.migrate()
    database.ping()
    database.close()
    assert [file.name for file in odd.iterdir()] == ["headswap.db"]


def test_the_settings_name_another_database() -> None:
    named = Settings.model_validate({"database_url": "postgresql://u:p@127.0.0.1:1/x"})
    assert not Database.open(named).is_sqlite


@pytest.mark.parametrize(
    "url",
    [
        "",
        "secret",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:x?uri=true",
        "mysql://u:secret@host/db",
    ],
)
def test_any_other_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    database = Database("postgresql://user:secret@127.0.0.1:1/db")
    for call in (database.ping, database.migrate):
        with pytest.raises(DatabaseUnusable, match=r"127\.0\.0\.1:1/db") as caught:
            call()
        assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_does_not_answer(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'missing' / 'headswap.db'}")
    with pytest.raises(DatabaseUnusable, match=r"missing/headswap\.db"):
        database.ping()
