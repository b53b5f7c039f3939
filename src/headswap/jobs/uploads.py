"""Uploads: files that clients give, named by a URL that stands wherever a URL is asked for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from headswap.ids import new_id
from headswap.jobs.accounts import Caller
from headswap.settings import Settings
from headswap.store.tables import Upload

_DAY_MS = 86_400_000
_MAX_NAME_LENGTH = 100
_NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9._-]+")
_PLACE = re.compile(r"/uploads/([0-9a-f]{24})/[^/]+\Z")


def make(
    settings: Settings,
    caller: Caller,
    file_name: str,
    size: int,
    now_ms: int,
    sha256: str | None = None,
) -> Upload:
    """A new upload, not stored yet: first its file goes to `blob_key`, then it into a session.

    file_name: as the client calls it; what a key or a URL cannot bear is replaced. sha256: of the
    file.
    """
    id_ = new_id(now_ms)
    name = plain_name(file_name)
    return Upload(
        id=id_,
        team_id=caller.team_id,
        blob_key=f"uploads/{id_}/{name}",
        file_name=name,
        size=size,
        sha256=sha256,
        create_time=now_ms,
        expire_time=now_ms + round(settings.source_days * _DAY_MS),
    )


def named_by(s: Session, base_url: str, team_id: str, url: str) -> Upload | None:
    """The team's upload that a URL of this server names, or None. base_url: this server's.

    The URL's signature is not asked for: what it names is the team's own.
    """
    if not url.startswith(base_url.rstrip("/") + "/"):
        return None
    id_ = id_in(url)
    upload = s.get(Upload, id_) if id_ is not None else None
    return upload if upload is not None and upload.team_id == team_id else None


def id_in(url: str) -> str | None:
    """The upload's id in a URL that may name one, this server's or a bucket's."""
    found = _PLACE.search(urlsplit(url).path)
    return found[1] if found else None


def plain_name(file_name: str) -> str:
    """The name's last part in plain letters; "file" if nothing is left of it."""
    last = re.split(r"[/\\]", file_name)[-1]
    plain = _NOT_IN_A_KEY.sub("_", last).strip("._")[-_MAX_NAME_LENGTH:].strip("._")
    return plain or "file"
