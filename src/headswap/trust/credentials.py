"""Content credentials: results and previews are signed in place; those of any file are read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from headswap.disk import whole_file
from headswap.trust.seal import SWAP_ASSERTION, seal, unseal
from headswap.trust.self_made import SELF_MADE
from headswap.trust.signer import Signer
from headswap.trust.statement import FrameStatement, PreviewStatement, SwapStatement
from headswap.trust.verdict import Credentials

# What is said of the certificate alone; that of one nobody knows is no fault of the file.
_UNKNOWN_ISSUER = "signingCredential.untrusted"
_PICTURES = {".png": "image/png", ".jpg": "image/jpeg"}


def sign_video(
    path: Path, statement: SwapStatement, signer: Signer, out: Path | None = None
) -> None:
    """Writes the MP4 at `path` with signed credentials to `out`, by default in its own place.

    Its packets stay what they are. `out` is replaced in one step, or not at all.

    Raises:
        SigningFailed. OutputError: the file cannot be written.
    """
    _sign(path, out or path, "video/mp4", statement, signer)


def sign_preview(path: Path, statement: PreviewStatement | FrameStatement, signer: Signer) -> None:
    """Puts signed credentials into the PNG or the JPEG at `path`, as its name ends.

    Raises:
        SigningFailed. OutputError: the file cannot be written.
    """
    _sign(path, path, _PICTURES[path.suffix], statement, signer)


def _sign(
    path: Path,
    out: Path,
    media_type: str,
    statement: SwapStatement | PreviewStatement | FrameStatement,
    signer: Signer,
) -> None:
    with (
        whole_file(out) as partial,
        path.open("rb") as source,
        partial.open("r+b") as signed,
    ):
        seal(source, signed, media_type, statement.manifest(), signer)


def read_credentials(path: Path) -> Credentials:
    """The credentials in the file; uses no network, and trusts nobody.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb"):
        found = unseal(path)
    if found is None:
        return Credentials("missing")
    if found.get("validation_state") not in {"Valid", "Trusted"}:
        return Credentials("invalid", tuple(_problems(found)))
    manifest = found["manifests"][found["active_manifest"]]
    signature = manifest.get("signature_info") or {}
    signer = signature.get("issuer") or signature.get("common_name") or ""
    # What others have signed may say anything, and say it anyhow. A swap that was worked on further
    # is among what the last program started from.
    manifests = [manifest, *found["manifests"].values()]
    facts = next(filter(None, (_assertion(m, SWAP_ASSERTION) for m in manifests)), {})
    actions = [one for one in _actions(manifest) if isinstance(one, dict)]
    return Credentials(
        state="valid",
        signer=signer,
        self_made=signer == SELF_MADE,
        made_with=_program(manifest),
        when=_first_time(actions),
        task_id=_text(facts.get("task_id")) or None,
        actions=tuple(_text(action.get("action")) for action in actions),
    )


def _problems(found: dict[str, Any]) -> Iterator[str]:
    failures = found.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    codes = {_text(failure.get("code")) for failure in failures}
    yield from sorted(codes - {_UNKNOWN_ISSUER, ""})


def _assertion(manifest: dict[str, Any], label: str) -> dict[str, Any]:
    for assertion in manifest.get("assertions") or []:
        if assertion.get("label") == label and isinstance(assertion.get("data"), dict):
            return assertion["data"]
    return {}


def _actions(manifest: dict[str, Any]) -> list[Any]:
    for label in ("c2pa.actions.v2", "c2pa.actions"):
        actions = _assertion(manifest, label).get("actions")
        if isinstance(actions, list):
            return actions
    return []


def _first_time(actions: list[dict[str, Any]]) -> datetime | None:
    for action in actions:
        try:
            return datetime.fromisoformat(_text(action.get("when")))
        except ValueError:
            continue
    return None


def _program(manifest: dict[str, Any]) -> str:
    for program in manifest.get("claim_generator_info") or []:
        return " ".join(filter(None, (_text(program.get(key)) for key in ("name", "version"))))
    return _text(manifest.get("claim_generator"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
