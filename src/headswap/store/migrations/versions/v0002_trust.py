"""Consent, protected people, and the audit trail."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.String(24)
_TIME = sa.BigInteger()
_HASH = sa.String(64)


def upgrade() -> None:
    _teams()
    _trail()
    op.add_column("upload", sa.Column("sha256", _HASH, nullable=True))
    op.create_index("ix_upload_sha256", "upload", ["sha256"])


def _column(name: str, kind: sa.types.TypeEngine[Any], null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _of_team(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=f"fk_{table}_team_id")


def _teams() -> None:
    op.create_table(
        "team_settings",
        _column("team_id", _ID),
        _column("consent", sa.JSON(none_as_null=True), null=True),
        _column("sources", sa.String(20)),
        _column("label", sa.String(200), null=True),
        sa.PrimaryKeyConstraint("team_id", name="pk_team_settings"),
        _of_team("team_settings"),
    )
    op.create_table(
        "protected_person",
        _column("id", _ID),
        _column("team_id", _ID),
        _column("name", sa.String(200)),
        _column("embedding", sa.LargeBinary()),
        _column("create_time", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_protected_person"),
        _of_team("protected_person"),
    )
    op.create_index("ix_protected_person_team_id", "protected_person", ["team_id"])


def _trail() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        _column("time", _TIME),
        _column("kind", sa.String(40)),
        _column("team_id", _ID),
        _column("actor", sa.String(300)),
        _column("ref", sa.String(100)),
        _column("detail", sa.Text()),
        _column("previous", _HASH),
        _column("hash", _HASH),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_team_id", "audit", ["team_id"])
    op.create_index("ix_audit_ref", "audit", ["ref"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        _column("count", sa.BigInteger()),
        _column("hash", _HASH),
        _column("seal", _HASH),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
