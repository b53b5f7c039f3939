"""Leftovers: files that no record claims, as a crash or a lost worker leaves them behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.ids import is_id
from headswap.jobs.analyses import tracks_key
from headswap.jobs.states import UNFINISHED
from headswap.store.blobs import Blobs
from headswap.store.database import Database
from headswap.store.tables import Analysis, SwapTask, Upload

_DAY_S = 86_400
_AT_ONCE = 500

_Claims = dict[str, set[str] | None]
"""For each id that has a record the keys it claims; None: all, as work is being done."""


def sweep(database: Database, blobs: Blobs, now_ms: int) -> int:
    """Remove files that no record claims and whose id is older than a day; how many.

    The day spares what is being stored before its record is. Reads through all keys, so it is
    meant for now and then.
    """
    removed = 0
    for folder, claims in _FOLDERS.items():
        keys = (key for key in blobs.list(folder) if _is_old(key, now_ms))
        for some in _batches(keys, _AT_ONCE):
            with database.read() as s:
                claimed = claims(s, {_id_of(key) for key in some})
            for key in some:
                if not _keeps(claimed, key):
                    blobs.delete(key)
                    removed += 1
    return removed


def _of_analyses(s: Session, ids: set[str]) -> _Claims:
    claims: _Claims = {}
    for one in s.scalars(select(Analysis).where(Analysis.id.in_(ids))):
        media = (one.result or {}).get("media", [])
        keys = {one.source_key, one.scene_key, *(person["key"] for person in media)}
        if one.scene_key is not None:
            keys.add(tracks_key(one.scene_key))
        claims[one.id] = None if one.status in UNFINISHED else {key for key in keys if key}
    return claims


def _of_tasks(s: Session, ids: set[str]) -> _Claims:
    columns = select(SwapTask.id, SwapTask.status, SwapTask.output_key, SwapTask.frame_key)
    return {
        id_: None if status in UNFINISHED else {key for key in keys if key}
        for id_, status, *keys in s.execute(columns.where(SwapTask.id.in_(ids)))
    }


def _of_uploads(s: Session, ids: set[str]) -> _Claims:
    asked = select(Upload.id, Upload.blob_key).where(Upload.id.in_(ids))
    return {id_: {blob_key} for id_, blob_key in s.execute(asked)}


_FOLDERS: dict[str, Callable[[Session, set[str]], _Claims]] = {
    "analyses/": _of_analyses,
    "tasks/": _of_tasks,
    "uploads/": _of_uploads,
}


def _keeps(claimed: _Claims, key: str) -> bool:
    keys = claimed.get(_id_of(key), set())
    return keys is None or key in keys


def _is_old(key: str, now_ms: int) -> bool:
    """If the key's second part is an id that was made over a day ago."""
    id_ = _id_of(key)
    return is_id(id_) and int(id_[:8], 16) < now_ms // 1000 - _DAY_S


def _id_of(key: str) -> str:
    parts = key.split("/")
    return parts[1] if len(parts) > 2 else ""


def _batches(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(keys)
    while some := list(islice(rest, size)):
        yield some
