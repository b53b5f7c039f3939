"""The tables of the service.

Times are whole milliseconds since 1970, credits whole thousandths, ids 24 lower-case hex digits.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON

# Constraints need names, or a migration cannot drop them again.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
Id = String(24)
# SQLite counts up only a plain INTEGER by itself.
Counter = BigInteger().with_variant(Integer, "sqlite")


class Table(DeclarativeBase):
    """The declarative base; its metadata is what migrations bring a database to."""

    metadata = MetaData(naming_convention=_NAMES)
    # Nothing is then stored as NULL; it would be the JSON word null, which is not NULL.
    type_annotation_map = {  # noqa: RUF012
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class Team(Table):
    """Who pays and owns. priority: of its tasks, larger first. banned: every request is refused."""

    __tablename__ = "team"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    create_time: Mapped[int] = mapped_column(BigInteger)
    priority: Mapped[int] = mapped_column(Integer, default=9)
    banned: Mapped[bool] = mapped_column(Boolean, default=False)


class TeamSettings(Table):
    """What a team chose; a team without a row has chosen nothing.

    consent: {"by", "statement", "scope", "when"}, stated once for all its tasks. sources: when its
    videos and photos are removed, "retention" or "task-end". label: drawn on its results.
    """

    __tablename__ = "team_settings"
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"), primary_key=True)
    consent: Mapped[dict[str, Any] | None]
    sources: Mapped[str] = mapped_column(String(20), default="retention")
    label: Mapped[str | None] = mapped_column(String(200))


class ProtectedPersonRow(Table):
    """One whose photos a team's tasks may not use. embedding: 128 float32, encrypted."""

    __tablename__ = "protected_person"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    create_time: Mapped[int] = mapped_column(BigInteger)


class User(Table):
    """Somebody of a team; `uid` is what the API shows."""

    __tablename__ = "account"
    uid: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    create_time: Mapped[int] = mapped_column(BigInteger)


class ApiKey(Table):
    """One key, found by its secret's hash; the secret, encrypted, is the webhooks' AES key."""

    __tablename__ = "api_key"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"), index=True)
    uid: Mapped[int] = mapped_column(ForeignKey("account.uid"))
    client_id: Mapped[str] = mapped_column(String(64), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    secret_encrypted: Mapped[bytes] = mapped_column(LargeBinary)
    create_time: Mapped[int] = mapped_column(BigInteger)
    revoke_time: Mapped[int | None] = mapped_column(BigInteger)


class LedgerEntry(Table):
    """One movement of a team's credits; an entry is never changed.

    kind: "grant" (+), "hold" (-), "give_back" (+), "take" (0: what was held is finally used, and
    `used` says how much). seq counts a team's entries from 1 without a gap, so that two writers
    cannot both follow the same entry; balance is what there is after it.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        UniqueConstraint("team_id", "seq"),
        UniqueConstraint("task_id", "kind"),
        CheckConstraint("balance >= 0", name="balance"),
    )
    id: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int] = mapped_column(BigInteger, default=0)
    balance: Mapped[int] = mapped_column(BigInteger)
    task_id: Mapped[str | None] = mapped_column(Id)
    note: Mapped[str] = mapped_column(String(200), default="")
    create_time: Mapped[int] = mapped_column(BigInteger)


class Analysis(Table):
    """One submitted video. status: 1 queued, 2 processing, 3 completed, 4 failed.

    result: what the API shows as analysis_result, its images as blob keys, and of each person the
    stretches of frames "presence" [[start, stop), ...]. duration_ms: of the video. source_key,
    scene_key: blobs, None once removed.
    """

    __tablename__ = "analysis"
    # PostgreSQL's usual index refuses values of more than 2,704 bytes; that by hash does not.
    __table_args__ = (
        Index(None, "team_id", "create_time"),
        Index(None, "video_url", postgresql_using="hash"),
    )
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"))
    uid: Mapped[int] = mapped_column(BigInteger)
    task_id: Mapped[str] = mapped_column(Id)
    create_time: Mapped[int] = mapped_column(BigInteger)
    video_url: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(String(20))
    status: Mapped[int] = mapped_column(Integer)
    progress: Mapped[int] = mapped_column(Integer, default=0)
    result: Mapped[dict[str, Any] | None]
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    source_key: Mapped[str | None] = mapped_column(Text)
    scene_key: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[int] = mapped_column(Integer, default=0)
    error_reason: Mapped[str] = mapped_column(Text, default="")
    finish_time: Mapped[int | None] = mapped_column(BigInteger)
    expire_time: Mapped[int | None] = mapped_column(BigInteger, index=True)


class SwapTask(Table):
    """One swap. status as in `Analysis`.

    mappings: [{"obj_id", "img_url", "consent", "sha256"}], the last once the photo was fetched.
    held, used: credits. client_id: of the key it was made with, for the webhook. output_key: the
    result's blob, None before and after its time. frame_key: the blob of a small picture, the
    newest frame while it is rendered and then one of the result, which goes with it.
    """

    __tablename__ = "task"
    __table_args__ = (Index(None, "team_id", "create_time"),)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"))
    uid: Mapped[int] = mapped_column(BigInteger)
    task_id: Mapped[str] = mapped_column(Id)
    analysis_id: Mapped[str] = mapped_column(ForeignKey("analysis.id"), index=True)
    client_id: Mapped[str] = mapped_column(String(64))
    create_time: Mapped[int] = mapped_column(BigInteger)
    video_url: Mapped[str] = mapped_column(Text)
    mappings: Mapped[list[Any]]
    model_name: Mapped[str] = mapped_column(String(100))
    resolution: Mapped[str] = mapped_column(String(10))
    template_id: Mapped[str | None] = mapped_column(String(100))
    keep_original_sound: Mapped[bool] = mapped_column(Boolean)
    webhook_url: Mapped[str | None] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(String(200))
    video_duration: Mapped[int] = mapped_column(Integer)
    priority: Mapped[int] = mapped_column(Integer)
    held: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[int] = mapped_column(Integer)
    progress: Mapped[int] = mapped_column(Integer, default=0)
    eta_s: Mapped[int | None] = mapped_column(Integer)
    cancel: Mapped[bool] = mapped_column(Boolean, default=False)
    output_key: Mapped[str | None] = mapped_column(Text)
    frame_key: Mapped[str | None] = mapped_column(Text)
    report: Mapped[dict[str, Any] | None]
    error_code: Mapped[int] = mapped_column(Integer, default=0)
    error_reason: Mapped[str] = mapped_column(Text, default="")
    finish_time: Mapped[int | None] = mapped_column(BigInteger)
    expire_time: Mapped[int | None] = mapped_column(BigInteger, index=True)
    expired: Mapped[bool] = mapped_column(Boolean, default=False)


class QueueEntry(Table):
    """One piece of work that waits or is being done; it goes when the work has ended.

    kind: "analysis" or "task"; ref_id: the record's id. lease_owner, lease_until: who does it, and
    until when it may be taken for alive. tries: how often it was begun.
    """

    __tablename__ = "queue"
    __table_args__ = (Index(None, "priority", "create_time"),)
    ref_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"))
    priority: Mapped[int] = mapped_column(Integer)
    create_time: Mapped[int] = mapped_column(BigInteger)
    not_before: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    tries: Mapped[int] = mapped_column(Integer, default=0)


class OutboxMessage(Table):
    """A webhook to be sent, written with the final state. state: "waiting", "sent" or "failed"."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "state", "next_time"),)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"))
    task_id: Mapped[str] = mapped_column(Id, index=True)
    client_id: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(Text)
    status: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    create_time: Mapped[int] = mapped_column(BigInteger)
    next_time: Mapped[int] = mapped_column(BigInteger)
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)


class WebhookTry(Table):
    """One attempt to send a message. http_status: None when no answer came."""

    __tablename__ = "webhook_try"
    id: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("outbox.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    time: Mapped[int] = mapped_column(BigInteger)
    took_ms: Mapped[int] = mapped_column(Integer)
    http_status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str] = mapped_column(Text, default="")


class Idempotency(Table):
    """The first answer given to an Idempotency-Key."""

    __tablename__ = "idempotency"
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    route: Mapped[str] = mapped_column(String(100))
    body_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]]
    create_time: Mapped[int] = mapped_column(BigInteger, index=True)


class Template(Table):
    """A render preset of a team."""

    __tablename__ = "template"
    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"), primary_key=True)
    options: Mapped[dict[str, Any]]
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)


class Upload(Table):
    """A file given by upload; its URL names it. sha256: of the file; None if it is an old one."""

    __tablename__ = "upload"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"), index=True)
    blob_key: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    create_time: Mapped[int] = mapped_column(BigInteger)
    expire_time: Mapped[int] = mapped_column(BigInteger, index=True)


class AuditEntry(Table):
    """One line of the audit trail, never changed; see `headswap.trust.audit.Entry`.

    team_id refers to nothing, for the trail outlives what it tells of.
    """

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    time: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    team_id: Mapped[str] = mapped_column(Id, index=True)
    actor: Mapped[str] = mapped_column(String(300))
    ref: Mapped[str] = mapped_column(String(100), index=True)
    detail: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Table):
    """The one row, 1, that says where the trail ends. seal: by the master key."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
