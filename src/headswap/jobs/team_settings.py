"""What a team chose: the consent stated for its tasks, and when its sources go, a label.

actor: who chooses, for the audit trail; by default whoever runs this program.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy.orm import Session

from headswap.jobs import audit
from headswap.store.tables import Team, TeamSettings
from headswap.trust.consent import Consent, utc_time
from headswap.trust.label import check_label

Sources = Literal["retention", "task-end"]
RETENTION: Final = "retention"
TASK_END: Final = "task-end"


def consent_of(s: Session, team_id: str) -> Consent | None:
    """The consent that is stated for all tasks of the team."""
    chosen = s.get(TeamSettings, team_id)
    return None if chosen is None or chosen.consent is None else Consent(**chosen.consent)


def state_consent(
    s: Session, team: Team, consent: Consent, now_ms: int, actor: str | None = None
) -> None:
    """State the consent for all tasks that the team makes from now on."""
    content = asdict(consent)
    _settings(s, team).consent = content
    s.flush()
    audit.note(
        s, "consent.stated", now_ms, team_id=team.id, actor=actor, ref=team.id, about=content
    )


def withdraw_consent(s: Session, team: Team, now_ms: int, actor: str | None = None) -> bool:
    """From now on each task needs consent of its own; False if there was none for all."""
    if consent_of(s, team.id) is None:
        return False
    _settings(s, team).consent = None
    s.flush()
    audit.note(s, "consent.withdrawn", now_ms, team_id=team.id, actor=actor, ref=team.id)
    return True


def sources_of(s: Session, team_id: str) -> Sources:
    """When the team's videos, photos and what was found in them are removed."""
    chosen = s.get(TeamSettings, team_id)
    return TASK_END if chosen is not None and chosen.sources == TASK_END else RETENTION


def choose_sources(
    s: Session, team: Team, when: Sources, now_ms: int, actor: str | None = None
) -> None:
    """Have them removed at the end of each task, or only at the retention limit."""
    _settings(s, team).sources = when
    s.flush()
    about = {"at": when}
    audit.note(s, "sources.chosen", now_ms, team_id=team.id, actor=actor, ref=team.id, about=about)


def label_of(s: Session, team_id: str) -> str:
    """What is drawn on every frame of the team's results; empty for nothing."""
    chosen = s.get(TeamSettings, team_id)
    return "" if chosen is None else chosen.label or ""


def choose_label(s: Session, team: Team, label: str, now_ms: int, actor: str | None = None) -> None:
    """Have a label drawn on the team's results, or none where it is empty.

    Raises:
        LabelUnusable: it cannot be drawn.
    """
    _settings(s, team).label = check_label(label) or None
    s.flush()
    about = {"label": label}
    audit.note(s, "label.chosen", now_ms, team_id=team.id, actor=actor, ref=team.id, about=about)


def in_iso(now_ms: int) -> str:
    """A time of the service as consents carry it."""
    return utc_time(datetime.fromtimestamp(now_ms / 1000, UTC))


def _settings(s: Session, team: Team) -> TeamSettings:
    chosen = s.get(TeamSettings, team.id, with_for_update=True)
    if chosen is None:
        chosen = TeamSettings(team_id=team.id, consent=None, sources=RETENTION)
        s.add(chosen)
        s.flush()
    return chosen
