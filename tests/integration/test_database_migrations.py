"""Migrations: exactly the tables, on both databases, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from headswap.errors import DatabaseUnusable
from headswap.store.database import Database
from headswap.store.engines import parse_url
from headswap.store.tables import Table

pytest_plugins = ["tests.service_databases"]


@pytest.fixture
def migrated(empty_database_url: str) -> Iterator[Engine]:
    """A database that was just migrated."""
    database = Database(empty_database_url)
    database.migrate()
    engine = create_engine(parse_url(empty_database_url))
    yield engine
    engine.dispose()


@pytest.fixture
def bare(empty_database_url: str) -> Iterator[Engine]:
    """An empty database with its folder."""
    url = parse_url(empty_database_url)
    if url.get_backend_name() == "sqlite":
        Database(url.set(database=f"{url.database}.other")).migrate()
    engine = create_engine(url)
    yield engine
    engine.dispose()


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return compare_metadata(context, Table.metadata)


def description(engine: Engine) -> dict[str, list[str]]:
    """Of each table its columns, keys, indexes and rules, as the database itself tells them."""
    found = inspect(engine)
    return {
        table: sorted(
            repr(one)
            for part in (
                found.get_columns(table),
                [found.get_pk_constraint(table)],
                found.get_foreign_keys(table),
                found.get_unique_constraints(table),
                found.get_check_constraints(table),
                found.get_indexes(table),
            )
            for one in part
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def test_migrations_make_the_tables_without_a_difference(migrated: Engine) -> None:
    assert differences(migrated) == []


def test_a_difference_would_be_found(migrated: Engine) -> None:
    with migrated.begin() as connection:
        connection.execute(text("DROP INDEX ix_task_expire_time"))
        connection.execute(text("ALTER TABLE team ADD COLUMN odd INTEGER"))
    assert len(differences(migrated)) == 2


def test_migrated_tables_are_those_made_directly(migrated: Engine) -> None:
    by_migration = description(migrated)
    Table.metadata.drop_all(migrated)
    Table.metadata.create_all(migrated)
    assert by_migration == description(migrated)
    assert set(by_migration) == set(Table.metadata.tables)


def test_migrating_again_changes_nothing(migrated: Engine, empty_database_url: str) -> None:
    with migrated.begin() as connection:
        connection.execute(text("INSERT INTO team VALUES ('a', 'first', 1, 9, false)"))
    before = description(migrated)
    Database(empty_database_url).migrate()
    assert description(migrated) == before
    with migrated.connect() as connection:
        assert connection.scalar(text("SELECT name FROM team")) == "first"


def test_a_failing_migration_leaves_nothing_behind(bare: Engine, empty_database_url: str) -> None:
    with bare.begin() as connection:
        connection.execute(text("CREATE TABLE upload (id INTEGER)"))
    with pytest.raises(DBAPIError, match="upload"):
        Database(empty_database_url).migrate()
    assert inspect(bare).get_table_names() == ["upload"]


def test_a_database_of_a_newer_version_is_refused(
    migrated: Engine, empty_database_url: str
) -> None:
    with migrated.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = description(migrated)
    with pytest.raises(DatabaseUnusable, match=r"9999.*newer"):
        Database(empty_database_url).migrate()
    assert description(migrated) == before
