"""What a team chooses for itself over HTTP: read out of a body, checked, and in the audit trail."""

from __future__ import annotations

from typing import cast

from sqlalchemy.orm import Session

from headswap.errors import ConsentMissing, LabelUnusable
from headswap.jobs import accounts, team_settings
from headswap.jobs.accounts import Caller, NewKey, find_team
from headswap.jobs.fields import Fields
from headswap.jobs.keyring import Keyring
from headswap.jobs.refusals import not_found
from headswap.jobs.team_settings import RETENTION, TASK_END, Sources
from headswap.store.tables import ApiKey
from headswap.trust.consent import (
    MAX_BY,
    MAX_SCOPE,
    MAX_STATEMENT,
    SCOPE_OF_TEAM,
    Consent,
    states_nothing,
)

_MAX_LABEL = 200
_MAX_CLIENT_ID = 64


def state_consent(s: Session, caller: Caller, body: object, now_ms: int) -> None:
    """State for all tasks from now on what `by`, `statement` and, if given, `scope` say.

    Raises:
        Refused: 1003, a field is missing or wrong.
    """
    fields = Fields.of(body)
    by, statement = fields.text("by", MAX_BY).strip(), fields.text("statement", MAX_STATEMENT)
    scope = fields.text("scope", MAX_SCOPE).strip() if fields.given("scope") else SCOPE_OF_TEAM
    if states_nothing(statement):
        raise fields.wrong("statement", "must say that the people shown agreed")
    try:
        consent = Consent(by, statement.strip(), scope, team_settings.in_iso(now_ms))
    except ConsentMissing as error:
        raise fields.wrong("statement", f"cannot be used: {error}") from error
    team = find_team(s, caller.team_id)
    team_settings.state_consent(s, team, consent, now_ms, caller.actor)


def withdraw_consent(s: Session, caller: Caller, now_ms: int) -> None:
    """From now on each task states its own."""
    team_settings.withdraw_consent(s, find_team(s, caller.team_id), now_ms, caller.actor)


def choose_sources(s: Session, caller: Caller, body: object, now_ms: int) -> None:
    """Have videos and photos removed when `sources` says.

    Raises:
        Refused: 1003, it is neither "retention" nor "task-end".
    """
    when = cast("Sources", Fields.of(body).choice("sources", (RETENTION, TASK_END)))
    team = find_team(s, caller.team_id)
    team_settings.choose_sources(s, team, when, now_ms, caller.actor)


def choose_label(s: Session, caller: Caller, body: object, now_ms: int) -> None:
    """Have `label` drawn on results from now on; none where it is empty or missing.

    Raises:
        Refused: 1003, it cannot be drawn.
    """
    fields = Fields.of(body)
    label = fields.text("label", _MAX_LABEL) if fields.given("label") else ""
    team = find_team(s, caller.team_id)
    try:
        team_settings.choose_label(s, team, label, now_ms, caller.actor)
    except LabelUnusable as error:
        raise fields.wrong("label", f"cannot be drawn: {error}") from error


def make_key(s: Session, keyring: Keyring, caller: Caller, now_ms: int) -> NewKey:
    """Another key of the caller's team."""
    return accounts.create_key(s, keyring, caller.team_id, now_ms, caller.actor)


def revoke_key(s: Session, caller: Caller, body: object, now_ms: int) -> ApiKey:
    """The key that `client_id` names, dead from now on.

    Raises:
        Refused: 1003, it is the caller's own and `sure` is not true; 1014, the team has no such
            key.
    """
    fields = Fields.of(body)
    client_id = fields.text("client_id", _MAX_CLIENT_ID)
    if client_id not in {key.client_id for key in accounts.list_keys(s, caller.team_id)}:
        raise not_found()
    if client_id == caller.client_id and not fields.flag("sure", default=False):
        rule = "is the key of this very request; send sure: true to end it all the same"
        raise fields.wrong("client_id", rule)
    return accounts.revoke_key(s, client_id, now_ms, caller.actor)
