"""Blobs: files by key in a folder or an S3 bucket, with addresses that expire."""

from __future__ import annotations

import hmac
import mimetypes
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

from headswap.disk import whole_file
from headswap.errors import BlobMissing, BlobsUnreachable
from headswap.settings import Settings
from headswap.store.blob_keys import checked_key, checked_prefix, is_key
from headswap.store.clock import system_clock
from headswap.store.folder import Folder

if TYPE_CHECKING:
    from obstore import Attributes
    from obstore.store import ClientConfig, RetryConfig

_CHUNK = 1 << 20
_AT_ONCE = 1000
# The longest that S3's signatures can last.
_WEEK_S = 7 * 86_400
# A whole video must fit into `timeout`; a store that is down should not hold a job for long.
# Plain http is for those who name such an endpoint; the usual ones are https.
_CLIENT: ClientConfig = {
    "allow_http": True,
    "connect_timeout": timedelta(seconds=10),
    "read_timeout": timedelta(seconds=60),
    "timeout": timedelta(minutes=15),
}
_RETRY: RetryConfig = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}


class Blobs:
    """Files by key; any number of threads and processes may share one place.

    A put is atomic: readers find the former blob or the new one, whole, also after a crash.
    Raises ValueError for a key of another form than `blob_keys` says, BlobsUnreachable when S3
    fails, and on writing NoSpaceLeft, OutputNotWritable and OutputError.
    """

    def __init__(
        self, store: LocalStore | MemoryStore | S3Store, signing_key: bytes, folder: Folder | None
    ) -> None:
        self._store = store
        self._signing_key = signing_key
        self._folder = folder

    @classmethod
    def open(cls, settings: Settings, signing_key: bytes) -> Blobs:
        """The blobs at `blob_url`: s3://bucket/prefix, or if empty the data folder's own.

        S3 takes its credentials, region and endpoint from the usual AWS_* variables.
        """
        if not settings.blob_url:
            return cls.in_folder(settings.data_dir / "blobs", signing_key)
        if not settings.blob_url.startswith("s3://"):
            raise BlobsUnreachable(
                f"HEADSWAP_BLOB_URL is {settings.blob_url}; write s3://bucket/prefix, or leave it "
                "empty for a folder under the data folder"
            )
        with _reaching(settings.blob_url):
            store = S3Store.from_url(settings.blob_url, client_options=_CLIENT, retry_config=_RETRY)
        return cls(store, signing_key, None)

    @classmethod
    def in_folder(cls, root: Path, signing_key: bytes) -> Blobs:
        """Blobs as files of a folder, which is made."""
        folder = Folder(root)
        return cls(LocalStore(folder.root), signing_key, folder)

    @classmethod
    def in_memory(cls, signing_key: bytes) -> Blobs:
        """Blobs that end with the process."""
        return cls(MemoryStore(), signing_key, None)

    def put(self, key: str, data: bytes) -> None:
        """Stores the bytes; replaces what the key has."""
        checked_key(key)
        if self._folder is not None:
            self._folder.put(key, lambda part: part.write_bytes(data))
        else:
            with _reaching(key):
                self._store.put(key, data, attributes=_attributes(key))

    def put_file(self, key: str, path: Path) -> None:
        """Stores the file's content; replaces what the key has. Raises OSError if it is missing."""
        checked_key(key)
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file to store as {key}")
        if self._folder is not None:
            self._folder.put(key, lambda part: shutil.copyfile(path, part))
        else:
            with _reaching(key):
                self._store.put(key, path, attributes=_attributes(key))

    def get(self, key: str) -> bytes:
        """The blob's bytes. Raises BlobMissing."""
        self._check_there(key)
        with _reaching(key):
            return bytes(self._store.get(key).bytes())

    def get_file(self, key: str, path: Path) -> None:
        """Writes the blob to `path`, whole or not at all. Raises BlobMissing."""
        chunks = self.stream(key)
        with whole_file(path) as part, part.open("wb") as out:
            for chunk in chunks:
                out.write(chunk)

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, or to the blob's end, in pieces of about 1 MB.

        Raises BlobMissing, and ValueError for a start after the end, before the first piece.
        """
        size = self.size(key)
        end = size if end is None else min(end, size)
        if not 0 <= start <= end:
            raise ValueError(f"{key}: there is no range from {start} to {end} in {size} bytes")
        if start == end:
            return iter(())
        with _reaching(key):
            return _pieces(key, self._store.get(key, options={"range": (start, end)}))

    def size(self, key: str) -> int:
        """The blob's length in bytes. Raises BlobMissing."""
        self._check_there(key)
        with _reaching(key):
            return self._store.head(key)["size"]

    def _check_there(self, key: str) -> None:
        # obstore has no own error for a key below another blob's.
        checked_key(key)
        if self._folder is not None and not (self._folder.root / key).is_file():
            raise BlobMissing(_missing(key))

    def exists(self, key: str) -> bool:
        """Whether there is a blob of that key."""
        try:
            self.size(key)
        except BlobMissing:
            return False
        return True

    def list(self, prefix: str) -> Iterator[str]:
        """The keys below `prefix`, which ends where a part ends, in no certain order."""
        for paths in self._listed(prefix):
            yield from (path for path in paths if is_key(path))

    def _listed(self, prefix: str) -> Generator[Sequence[str]]:
        with _reaching(prefix):
            for found in self._store.list(checked_prefix(prefix), chunk_size=_AT_ONCE):
                yield [one["path"] for one in found]

    def delete(self, key: str) -> None:
        """Removes the blob; one that is not there is fine."""
        checked_key(key)
        if self._folder is not None:
            self._folder.delete(key)
        else:
            with _reaching(key), suppress(FileNotFoundError):
                self._store.delete(key)

    def delete_prefix(self, prefix: str) -> None:
        """Removes all blobs below `prefix`, which ends where a part ends."""
        if self._folder is not None:
            self._folder.delete_prefix(checked_prefix(prefix))
        else:
            for paths in self._listed(prefix):
                with _reaching(prefix), suppress(FileNotFoundError):
                    self._store.delete(paths)

    def local_path(self, key: str) -> Path | None:
        """Where the blob is or would be as a file, to read only; None if blobs are not files."""
        checked_prefix(key)
        return None if self._folder is None else self._folder.root / key

    def url(self, key: str, file_name: str, expires_ms: int, base_url: str) -> str:
        """An address at which the blob can be had until `expires_ms`.

        S3: the bucket's own, at most 7 days long, and the name is the key's last part. Else below
        base_url: /files/KEY?expires=&name=&signature=, without the name where it is the key's
        last part; `verify` says if it holds.
        """
        checked_key(key)
        if isinstance(self._store, S3Store):
            with _reaching(key):
                return obstore.sign(self._store, "GET", key, _time_left(expires_ms))
        name = "" if file_name == key.rpartition("/")[2] else file_name
        query = {"expires": str(expires_ms), "name": name}
        query["signature"] = self._signature(key, expires_ms, name)
        query = {field: value for field, value in query.items() if value}
        return f"{base_url.rstrip('/')}/files/{key}?{urlencode(query)}"

    def upload_url(self, key: str, expires_ms: int) -> str | None:
        """S3: an address to which the blob can be PUT until `expires_ms`; else None."""
        checked_key(key)
        if not isinstance(self._store, S3Store):
            return None
        with _reaching(key):
            return obstore.sign(self._store, "PUT", key, _time_left(expires_ms))

    def verify(
        self, key: str, expires: int, signature: str, now_ms: int, file_name: str = ""
    ) -> bool:
        """Whether an address made by `url` has these parts and holds at `now_ms`.

        file_name: the address's `name`, "" without one. Never true on S3, which checks its own.
        """
        if isinstance(self._store, S3Store):
            return False
        expected = self._signature(key, expires, file_name).encode()
        given = signature.encode(errors="replace")
        return hmac.compare_digest(expected, given) and now_ms < expires

    def _signature(self, key: str, expires: int, name: str) -> str:
        # A key has no line break, so no two triples give the same text.
        signed = f"{key}\n{expires}\n{name}".encode(errors="replace")
        return hmac.digest(self._signing_key, signed, "sha256").hex()


def _attributes(key: str) -> Attributes:
    kind, _ = mimetypes.guess_type(key)
    return {"Content-Type": kind or "application/octet-stream"}


def _pieces(key: str, found: obstore.GetResult) -> Iterator[bytes]:
    with _reaching(key):
        yield from found.stream(_CHUNK)


def _time_left(expires_ms: int) -> timedelta:
    # S3 counts by its own clock, so the rest is counted by this machine's.
    left_s = (expires_ms - system_clock()) // 1000
    return timedelta(seconds=min(max(left_s, 1), _WEEK_S))


@contextmanager
def _reaching(key: str) -> Generator[None]:
    """Turns obstore's errors into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise BlobMissing(_missing(key)) from error
    except BaseError as error:
        reason = str(error).partition("\n")[0]
        raise BlobsUnreachable(
            f"{key}: the blob store failed ({reason}); see that it runs, and check "
            "HEADSWAP_BLOB_URL and the AWS_* variables"
        ) from error


def _missing(key: str) -> str:
    return f"{key}: there is no such blob; it was removed or never made"
