"""A statement of a swap with something in each of its fields."""

from __future__ import annotations

from datetime import UTC, datetime

from headswap.trust.statement import SwapStatement

TASK = "6a066dc58570ecbf64f761a5"
WHEN = datetime(2026, 5, 15, 0, 50, 13, tzinfo=UTC)
SOURCE, PHOTO = "ab" * 32, "cd" * 32
CONSENT = {"by": "Anna", "statement": "I agree, natürlich", "scope": "a test", "when": "today"}
STATEMENT = SwapStatement(
    task_id=TASK,
    when=WHEN,
    source_sha256=SOURCE,
    photos_sha256={0: PHOTO, 2: "01" * 32},
    engine="mesh",
    device="CPU",
    pack="full",
    models=["yunet.onnx"],
    size_wh=(1280, 720),
    mute=True,
    consents={0: CONSENT},
    mark=TASK[:16],
    label="Made with AI",
)
