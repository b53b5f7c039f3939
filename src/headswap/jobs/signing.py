"""The worker's signatures: under the results and the previews that its job processes have made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headswap.jobs.assignment import Swapping
from headswap.settings import Settings
from headswap.trust.credentials import sign_preview, sign_video
from headswap.trust.signer import Signer
from headswap.trust.statement import PreviewStatement, SwapStatement
from headswap.vision.store.hashes import sha256_of


def signer_of(settings: Settings) -> Signer:
    """The operator's signer, or the one of this data folder.

    Raises:
        CertificateUnusable, OutputError: see `Signer.open`.
    """
    return Signer.open(settings.certificate, settings.certificate_key, settings.data_dir)


def sign_output(order: Swapping, report: Mapping[str, Any], signer: Signer, now_ms: int) -> None:
    """Puts credentials into a finished swap's output.

    report: what the job process said of it.

    Raises:
        SigningFailed, OutputError.
    """
    statement = SwapStatement(
        task_id=order.task_id,
        when=_time(now_ms),
        source_sha256=sha256_of(order.video),
        photos_sha256={i: sha256_of(path) for i, path in order.photos.items()},
        engine=report["engine"],
        device=report["device"],
        pack=report["pack"],
        models=report["models"],
        size_wh=(report["width"], report["height"]),
        mute=order.mute,
        mark=order.task_id[:16],
        label=order.label,
        consents=order.consents,
    )
    sign_video(order.out, statement, signer)


def sign_previews(pictures: Mapping[int, Path], video: Path, signer: Signer, now_ms: int) -> None:
    """Puts credentials into the previews of an analysed video, by obj_id.

    Raises:
        SigningFailed, OutputError.
    """
    source, when = sha256_of(video), _time(now_ms)
    for obj_id, path in pictures.items():
        sign_preview(path, PreviewStatement(when, source, obj_id), signer)


def _time(now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms / 1000, UTC)
