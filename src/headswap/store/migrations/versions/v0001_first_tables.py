"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.String(24)
_TIME = sa.BigInteger()
_CREDITS = sa.BigInteger()
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _accounts()
    _credits()
    _analyses()
    _tasks()
    _work()
    _webhooks()
    _requests()
    _files()


def _column(name: str, kind: sa.types.TypeEngine[Any], null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _index(table: str, *columns: str, using: str | None = None) -> None:
    name = f"ix_{table}_{'_'.join(columns)}"
    op.create_index(name, table, list(columns), postgresql_using=using)


def _accounts() -> None:
    op.create_table(
        "team",
        _column("id", _ID),
        _column("name", sa.String(200)),
        _column("create_time", _TIME),
        _column("priority", sa.Integer()),
        _column("banned", sa.Boolean()),
        _key("team", "id"),
    )
    op.create_table(
        "account",
        sa.Column("uid", _COUNTER, autoincrement=True, nullable=False),
        _column("team_id", _ID),
        _column("name", sa.String(200)),
        _column("create_time", _TIME),
        _key("account", "uid"),
        _reference("account", "team_id", "team.id"),
    )
    _index("account", "team_id")
    op.create_table(
        "api_key",
        _column("id", _ID),
        _column("team_id", _ID),
        _column("uid", _COUNTER),
        _column("client_id", sa.String(64)),
        _column("secret_hash", sa.String(64)),
        _column("secret_encrypted", sa.LargeBinary()),
        _column("create_time", _TIME),
        _column("revoke_time", _TIME, null=True),
        _key("api_key", "id"),
        _reference("api_key", "team_id", "team.id"),
        _reference("api_key", "uid", "account.uid"),
        _unique("api_key", "client_id"),
        _unique("api_key", "secret_hash"),
    )
    _index("api_key", "team_id")


def _credits() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", _COUNTER, autoincrement=True, nullable=False),
        _column("team_id", _ID),
        _column("seq", sa.BigInteger()),
        _column("kind", sa.String(10)),
        _column("amount", _CREDITS),
        _column("used", _CREDITS),
        _column("balance", _CREDITS),
        _column("task_id", _ID, null=True),
        _column("note", sa.String(200)),
        _column("create_time", _TIME),
        _key("ledger", "id"),
        _reference("ledger", "team_id", "team.id"),
        _unique("ledger", "team_id", "seq"),
        _unique("ledger", "task_id", "kind"),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_ledger_balance")),
    )


def _analyses() -> None:
    op.create_table(
        "analysis",
        _column("id", _ID),
        _column("team_id", _ID),
        _column("uid", sa.BigInteger()),
        _column("task_id", _ID),
        _column("create_time", _TIME),
        _column("video_url", sa.Text()),
        _column("type", sa.String(20)),
        _column("status", sa.Integer()),
        _column("progress", sa.Integer()),
        _column("result", sa.JSON(), null=True),
        _column("duration_ms", sa.BigInteger(), null=True),
        _column("source_key", sa.Text(), null=True),
        _column("scene_key", sa.Text(), null=True),
        _column("error_code", sa.Integer()),
        _column("error_reason", sa.Text()),
        _column("finish_time", _TIME, null=True),
        _column("expire_time", _TIME, null=True),
        _key("analysis", "id"),
        _reference("analysis", "team_id", "team.id"),
    )
    _index("analysis", "team_id", "create_time")
    _index("analysis", "video_url", using="hash")
    _index("analysis", "expire_time")


def _tasks() -> None:
    op.create_table(
        "task",
        _column("id", _ID),
        _column("team_id", _ID),
        _column("uid", sa.BigInteger()),
        _column("task_id", _ID),
        _column("analysis_id", _ID),
        _column("client_id", sa.String(64)),
        _column("create_time", _TIME),
        _column("video_url", sa.Text()),
        _column("mappings", sa.JSON()),
        _column("model_name", sa.String(100)),
        _column("resolution", sa.String(10)),
        _column("template_id", sa.String(100), null=True),
        _column("keep_original_sound", sa.Boolean()),
        _column("webhook_url", sa.Text(), null=True),
        _column("file_name", sa.String(200)),
        _column("video_duration", sa.Integer()),
        _column("priority", sa.Integer()),
        _column("held", _CREDITS),
        _column("used", _CREDITS, null=True),
        _column("status", sa.Integer()),
        _column("progress", sa.Integer()),
        _column("eta_s", sa.Integer(), null=True),
        _column("cancel", sa.Boolean()),
        _column("output_key", sa.Text(), null=True),
        _column("report", sa.JSON(), null=True),
        _column("error_code", sa.Integer()),
        _column("error_reason", sa.Text()),
        _column("finish_time", _TIME, null=True),
        _column("expire_time", _TIME, null=True),
        _column("expired", sa.Boolean()),
        _key("task", "id"),
        _reference("task", "team_id", "team.id"),
        _reference("task", "analysis_id", "analysis.id"),
    )
    _index("task", "team_id", "create_time")
    _index("task", "analysis_id")
    _index("task", "expire_time")


def _work() -> None:
    op.create_table(
        "queue",
        _column("ref_id", _ID),
        _column("kind", sa.String(10)),
        _column("team_id", _ID),
        _column("priority", sa.Integer()),
        _column("create_time", _TIME),
        _column("not_before", _TIME),
        _column("lease_owner", sa.String(100), null=True),
        _column("lease_until", _TIME),
        _column("tries", sa.Integer()),
        _key("queue", "ref_id"),
        _reference("queue", "team_id", "team.id"),
    )
    _index("queue", "priority", "create_time")


def _webhooks() -> None:
    op.create_table(
        "outbox",
        _column("id", _ID),
        _column("team_id", _ID),
        _column("task_id", _ID),
        _column("client_id", sa.String(64)),
        _column("url", sa.Text()),
        _column("status", sa.Integer()),
        _column("state", sa.String(10)),
        _column("tries", sa.Integer()),
        _column("create_time", _TIME),
        _column("next_time", _TIME),
        _column("lease_owner", sa.String(100), null=True),
        _column("lease_until", _TIME),
        _key("outbox", "id"),
        _reference("outbox", "team_id", "team.id"),
    )
    _index("outbox", "state", "next_time")
    _index("outbox", "task_id")
    op.create_table(
        "webhook_try",
        sa.Column("id", _COUNTER, autoincrement=True, nullable=False),
        _column("message_id", _ID),
        _column("number", sa.Integer()),
        _column("time", _TIME),
        _column("took_ms", sa.Integer()),
        _column("http_status", sa.Integer(), null=True),
        _column("answer", sa.Text()),
        _key("webhook_try", "id"),
        _reference("webhook_try", "message_id", "outbox.id"),
    )
    _index("webhook_try", "message_id")


def _requests() -> None:
    op.create_table(
        "idempotency",
        _column("team_id", _ID),
        _column("key", sa.String(255)),
        _column("route", sa.String(100)),
        _column("body_hash", sa.String(64)),
        _column("answer", sa.JSON()),
        _column("create_time", _TIME),
        _key("idempotency", "team_id", "key"),
        _reference("idempotency", "team_id", "team.id"),
    )
    _index("idempotency", "create_time")
    op.create_table(
        "template",
        _column("id", sa.String(100)),
        _column("team_id", _ID),
        _column("options", sa.JSON()),
        _column("enabled", sa.Boolean()),
        _key("template", "id", "team_id"),
        _reference("template", "team_id", "team.id"),
    )


def _files() -> None:
    op.create_table(
        "upload",
        _column("id", _ID),
        _column("team_id", _ID),
        _column("blob_key", sa.Text()),
        _column("file_name", sa.String(200)),
        _column("size", sa.BigInteger()),
        _column("create_time", _TIME),
        _column("expire_time", _TIME),
        _key("upload", "id"),
        _reference("upload", "team_id", "team.id"),
    )
    _index("upload", "team_id")
    _index("upload", "expire_time")
