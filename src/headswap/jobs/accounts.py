"""Teams, their users and their keys; who is calling."""

from __future__ import annotations

import base64
import re
import secrets
import string
from dataclasses import dataclass, field

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from headswap.ids import is_id, new_id
from headswap.jobs import audit, team_settings
from headswap.jobs.keyring import Keyring
from headswap.jobs.refusals import Code, Refused
from headswap.store.clock import system_clock
from headswap.store.tables import ApiKey, Team, User
from headswap.trust.consent import SCOPE_OF_TEAM, consent_of_environment

# A secret is also the webhooks' AES-256 key, which takes exactly this many bytes.
SECRET_LENGTH = 32
MAX_NAME_LENGTH = 200
_SECRET_LETTERS = string.ascii_letters + string.digits
_CLIENT_ID = re.compile(r"[!-~]{1,64}")


# What every request asks: made once, and of columns, because making objects takes longer.
CALLER = (
    select(ApiKey.team_id, ApiKey.uid, ApiKey.client_id, Team.priority, Team.banned)
    .join(Team, Team.id == ApiKey.team_id)
    .where(ApiKey.secret_hash == bindparam("secret_hash"), ApiKey.revoke_time.is_(None))
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request. priority: of the team's tasks, larger first."""

    team_id: str
    uid: int
    client_id: str
    priority: int

    @property
    def actor(self) -> str:
        """How the audit trail calls them."""
        return f"user {self.uid} with key {self.client_id}"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment its secret is shown."""

    client_id: str
    secret: str = field(repr=False)


def create_team(s: Session, name: str, now_ms: int) -> tuple[Team, User]:
    """A new team and its first user, who bears the same name.

    It has the consent that HEADSWAP_CONSENT states, if that is set.

    Raises:
        Refused: 1003, the name is empty, too long, or holds control characters.
        ConsentMissing: HEADSWAP_CONSENT is set and states nothing.
    """
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise Refused(
            Code.PARAMETER,
            f"the name must be 1 to {MAX_NAME_LENGTH} printable characters, not {name[:60]!r}",
        )
    consent = consent_of_environment(SCOPE_OF_TEAM, team_settings.in_iso(now_ms))
    team = Team(id=new_id(now_ms), name=name, create_time=now_ms)
    s.add(team)
    s.flush()
    user = User(team_id=team.id, name=name, create_time=now_ms)
    s.add(user)
    s.flush()
    if consent is not None:
        team_settings.state_consent(s, team, consent, now_ms)
    return team, user


def list_teams(s: Session) -> list[tuple[Team, User]]:
    """Every team with its first user, oldest first."""
    rows = s.execute(
        select(Team, User)
        .join(User, User.team_id == Team.id)
        .order_by(Team.create_time, Team.id, User.uid)
    )
    first: dict[str, tuple[Team, User]] = {}
    for team, user in rows:
        first.setdefault(team.id, (team, user))
    return list(first.values())


def find_team(s: Session, team_id: str) -> Team:
    """The team. Raises Refused: 1014, there is none of that id."""
    # What is no id never reaches the database, which refuses some characters in its own way.
    team = s.get(Team, team_id) if is_id(team_id) else None
    if team is None:
        raise Refused(
            Code.NOT_FOUND, f"there is no team {team_id!r}; `headswap team list` shows all"
        )
    return team


def block_team(s: Session, team_id: str, blocked: bool) -> Team:
    """The team, whose requests are all refused from now on, or are no longer.

    Raises:
        Refused: 1014, there is no such team.
    """
    team = find_team(s, team_id)
    team.banned = blocked
    s.flush()
    return team


def create_key(
    s: Session, keyring: Keyring, team_id: str, now_ms: int, actor: str | None = None
) -> NewKey:
    """A new key of the team's first user. actor: who makes it, for the audit trail.

    Raises:
        Refused: 1014, there is no such team.
    """
    team = find_team(s, team_id)
    uid = s.scalars(select(User.uid).where(User.team_id == team.id).order_by(User.uid)).first()
    if uid is None:
        raise Refused(Code.NOT_FOUND, f"the team {team_id} has no user")
    client_id = base64.b64encode(secrets.token_bytes(16)).decode("ascii")
    new = NewKey(client_id, _new_secret())
    s.add(
        ApiKey(
            id=new_id(now_ms),
            team_id=team.id,
            uid=uid,
            client_id=new.client_id,
            secret_hash=keyring.hash(new.secret),
            secret_encrypted=keyring.encrypt(new.secret.encode("ascii")),
            create_time=now_ms,
            revoke_time=None,
        )
    )
    s.flush()
    audit.note(s, audit.KEY_CREATED, now_ms, team_id=team.id, actor=actor, ref=new.client_id)
    return new


def list_keys(s: Session, team_id: str | None = None) -> list[ApiKey]:
    """The keys of a team, or of all, oldest first; revoked ones too.

    Raises:
        Refused: 1014, there is no such team.
    """
    query = select(ApiKey).order_by(ApiKey.create_time, ApiKey.id)
    if team_id is not None:
        query = query.where(ApiKey.team_id == find_team(s, team_id).id)
    return list(s.scalars(query))


def revoke_key(s: Session, client_id: str, now_ms: int, actor: str | None = None) -> ApiKey:
    """The key, dead from now on with its tokens; one that was dead stays as it is.

    actor: who does it, for the audit trail.

    Raises:
        Refused: 1014, there is no such key.
    """
    key = _key(s, client_id, lock=True)
    if key.revoke_time is None:
        key.revoke_time = now_ms
        s.flush()
        audit.note(s, "key.revoked", now_ms, team_id=key.team_id, actor=actor, ref=client_id)
    return key


def rotate_key(s: Session, keyring: Keyring, client_id: str) -> NewKey:
    """A new secret for the same client_id; the old one and its tokens are dead.

    Raises:
        Refused: 1014, there is no such key; 1101, it is revoked.
    """
    key = _key(s, client_id, lock=True)
    if key.revoke_time is not None:
        raise Refused(
            Code.KEY_WRONG, f"the key {client_id} is revoked and stays so; create another one"
        )
    new = NewKey(client_id, _new_secret())
    key.secret_hash = keyring.hash(new.secret)
    key.secret_encrypted = keyring.encrypt(new.secret.encode("ascii"))
    s.flush()
    audit.note(s, "key.rotated", system_clock(), team_id=key.team_id, ref=client_id)
    return new


def secret_of(s: Session, keyring: Keyring, client_id: str) -> str:
    """The key's present secret, which its webhooks are sealed with; a revoked key's too.

    Raises:
        Refused: 1014, there is no such key.
        HeadswapError: it was encrypted with another master key.
    """
    return keyring.decrypt(_key(s, client_id).secret_encrypted).decode("ascii")


def prove_keyring(s: Session, keyring: Keyring) -> None:
    """Returns if the stored secrets belong to this master key, or there are none yet.

    Raises:
        HeadswapError: they belong to another one.
    """
    newest = select(ApiKey.secret_encrypted).order_by(ApiKey.create_time.desc()).limit(1)
    sealed = s.scalars(newest).first()
    if sealed is not None:
        keyring.decrypt(sealed)


def caller_of_key(s: Session, keyring: Keyring, secret: str) -> Caller:
    """Who holds this secret.

    Raises:
        Refused: 1101, nobody, or the key is revoked; 1200, the team is blocked.
    """
    return caller_of_hash(s, keyring.hash(secret))


def caller_of_hash(s: Session, secret_hash: str) -> Caller:
    """Who holds the secret of this hash. Raises Refused as `caller_of_key` does."""
    return caller_of_row(s.execute(CALLER, {"secret_hash": secret_hash}).first())


def caller_of_row(row: Row[str, int, str, int, bool] | None) -> Caller:
    """Who the first row of `CALLER` is. Raises Refused as `caller_of_key` does."""
    if row is None:
        raise Refused(Code.KEY_WRONG, "the key or token is wrong, revoked or expired")
    team_id, uid, client_id, priority, blocked = row
    if blocked:
        raise Refused(Code.BLOCKED, "this account is blocked; ask whoever runs this server")
    return Caller(team_id, uid, client_id, priority)


def _key(s: Session, client_id: str, lock: bool = False) -> ApiKey:
    query = select(ApiKey).where(ApiKey.client_id == client_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    key = s.scalars(query).one_or_none() if _CLIENT_ID.fullmatch(client_id) else None
    if key is None:
        raise Refused(
            Code.NOT_FOUND, f"there is no key {client_id!r}; `headswap key list` shows all"
        )
    return key


def _new_secret() -> str:
    return "".join(secrets.choice(_SECRET_LETTERS) for _ in range(SECRET_LENGTH))
