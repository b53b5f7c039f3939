"""Verdicts: what each combination of credentials and mark is told as, for programs and people."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from headswap.jobs.verification import plain_verdict, read_plain
from headswap.trust.self_made import SELF_MADE
from headswap.trust.verdict import Credentials, Verdict

TASK = "6a066dc58570ecbf64f761a5"
MARK = TASK[:16]
OTHER = "0" * 16
WHEN = datetime(2026, 5, 15, 0, 50, tzinfo=UTC)
OURS = Credentials("valid", (), SELF_MADE, True, "Headswap 0.1.0", WHEN, TASK, ("c2pa.edited",))
STUDIO = Credentials("valid", (), "Example Studios", False, "Headswap 0.1.0", WHEN, TASK)
CAMERA = Credentials("valid", (), "Example Cameras", False, "Camera 7", WHEN, None)
BROKEN = Credentials("invalid", ("assertion.bmffHash.mismatch",))
NONE = Credentials("missing")


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        (
            Verdict(OURS, MARK, TASK),
            ["are valid", "heads in this video were replaced with Headswap 0.1.0", "2026-05-15",
             f"in task {TASK}", "not changed since", "made itself", "not who signed", "as well"],
        ),
        (Verdict(STUDIO, MARK, TASK), ["names Example Studios; whether that is true is not"]),
        (Verdict(OURS, None, TASK), ["are valid", f"in task {TASK}"]),
        (Verdict(OURS, OTHER, OTHER), ["are valid", f"of another task, {OTHER}", "copied"]),
        (Verdict(CAMERA, None, None), ["made or changed with Camera 7", "do not say that heads"]),
        (
            Verdict(CAMERA, MARK, TASK),
            ["made or changed with Camera 7", f"heads in it were replaced, in task {TASK}"],
        ),
        (Verdict(BROKEN, None, None), ["broken", "nothing they say can be relied on"]),
        (Verdict(BROKEN, MARK, MARK), ["broken", f"heads in it were replaced, in task {MARK}"]),
        (Verdict(NONE, MARK, TASK), ["no content credentials", f"replaced, in task {TASK}"]),
        (Verdict(NONE, None, None), ["neither", "nothing tells that they were not"]),
        (Verdict(BROKEN, None, None, "the file ends too early"), ["the file ends too early"]),
    ],
)  # fmt: skip
def test_a_person_is_told_in_plain_sentences(verdict: Verdict, says: list[str]) -> None:
    told = verdict.sentence()
    assert all(words in told for words in says), told
    assert told.endswith(".") and "  " not in told and "None" not in told


def test_a_program_is_told_the_states() -> None:
    told = Verdict(NONE, None, None).json()
    assert told["credentials"] == {"state": "missing"}
    assert told["mark"] == {"found": False, "task_id": None}
    told = Verdict(BROKEN, MARK, MARK).json()
    assert told["credentials"] == {"state": "invalid", "problems": ["assertion.bmffHash.mismatch"]}
    assert told["mark"] == {"found": True, "task_id": MARK, "digits": MARK}
    told = json.loads(json.dumps(Verdict(OURS, MARK, TASK).json()))
    assert told["credentials"] == {
        "state": "valid",
        "signer": SELF_MADE,
        "signer_verified": False,
        "self_made": True,
        "made_with": "Headswap 0.1.0",
        "time": "2026-05-15T00:50:00+00:00",
        "task_id": TASK,
        "actions": ["c2pa.edited"],
    }
    assert told["mark"] == {"found": True, "task_id": TASK, "digits": MARK}


@pytest.mark.parametrize("credentials", [OURS, CAMERA, BROKEN, NONE])
@pytest.mark.parametrize("mark", [None, MARK])
def test_a_verdict_comes_out_of_another_process_as_it_went_in(
    credentials: Credentials, mark: str | None
) -> None:
    verdict = Verdict(credentials, mark, mark, "")
    assert read_plain(json.loads(json.dumps(plain_verdict(verdict)))) == verdict
