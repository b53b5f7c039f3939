"""The C2PA seal: a signed manifest put into a file, and what the reader says of one."""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import c2pa

from headswap.errors import SigningFailed

# Where the IPTC keeps its terms for how media came to be.
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype"
SWAP_ASSERTION = "org.headswap.swap"
# What this program attests to itself; the rest would count as hearsay.
_OWN_ASSERTIONS = ["c2pa.actions.v2", "c2pa.ingredient.v3", SWAP_ASSERTION]
_SETTINGS: dict[str, Any] = {
    # Files of strangers are read: nothing in them may send this program to an address.
    "core": {"allowed_network_hosts": []},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False},
    "builder": {
        "thumbnail": {"enabled": False},
        "created_assertion_labels": _OWN_ASSERTIONS,
        # Boxes that hold nothing are part of what is signed too.
        "bmff_hash_exclude_free_and_skip_boxes": False,
    },
}
# The UUID that every store of C2PA manifests begins with, whatever file it lies in.
_STORE = bytes.fromhex("6332706100110010800000aa00389b71")


class Keys(Protocol):
    """What is signed with; see `headswap.trust.signer.Signer`."""

    @property
    def chain_pem(self) -> bytes: ...
    @property
    def key_pem(self) -> bytes: ...
    @property
    def algorithm(self) -> str: ...


def seal(
    source: BinaryIO, out: BinaryIO, media_type: str, manifest: Mapping[str, object], keys: Keys
) -> None:
    """Writes `source` with `manifest`, signed, into `out`, which is opened to read and write.

    Raises:
        SigningFailed: the C2PA library refuses. OSError: `out` cannot be written.
    """
    watched = _Watched(out)
    try:
        info = c2pa.C2paSignerInfo(keys.algorithm, keys.chain_pem, keys.key_pem, None)
        with (
            c2pa.Context.from_dict(_SETTINGS) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(dict(manifest), context=context) as builder,
        ):
            builder.sign(signer, media_type, source, watched)
    except c2pa.C2paError as error:
        if watched.error is not None:
            raise watched.error from error
        raise SigningFailed(" ".join(str(error).split())) from error


class _Watched:
    """A stream that remembers why it could not be written; the library only tells that it was."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.error: OSError | None = None
        self.read, self.seek, self.tell = stream.read, stream.seek, stream.tell

    def write(self, data: bytes) -> int:
        try:
            return self._stream.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self.error = error
            raise


def unseal(path: Path) -> dict[str, Any] | None:
    """What the reader says of the file's manifests; None where there are none.

    A store that cannot be read gives {"validation_state": "Invalid"} with the reader's words as
    the one failure.
    """
    try:
        with c2pa.Context.from_dict(_SETTINGS) as context:
            reader = c2pa.Reader.try_create(path, context=context)
            if reader is None:
                return None
            with reader:
                return json.loads(reader.json())
    except c2pa.C2paError as error:
        # Other kinds of files than C2PA knows end here as well.
        if not _has_store(path):
            return None
        failure = {"code": "unreadable", "explanation": " ".join(str(error).split())}
        results = {"activeManifest": {"failure": [failure]}}
        return {"validation_state": "Invalid", "validation_results": results}


def _has_store(path: Path) -> bool:
    with path.open("rb") as stream:
        if not path.stat().st_size:
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(_STORE) >= 0
