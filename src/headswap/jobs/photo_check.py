"""Tells whether a photo will do before a task is made of it; it is decoded in its own process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from headswap.jobs import states
from headswap.jobs.assignment import Describing, Judging
from headswap.jobs.failures import Failure
from headswap.jobs.fields import wrong
from headswap.jobs.job import JobProcess
from headswap.jobs.refusals import Code, Refused
from headswap.settings import Settings

# Somebody waits for the answer.
LIMIT_S = 60.0
PhotoCode = Literal[
    "unreadable",
    "no_face",
    "several_faces",
    "too_small",
    "turned",
    "explicit",
    "protected",
    "small",
    "half_turned",
    "blurred",
    "dark",
    "bright",
    "cut_off",
    "eyes_hidden",
]
SENTENCES: Final[Mapping[PhotoCode, str]] = {
    # What a task refuses.
    "unreadable": "This picture cannot be read. Save it again as JPEG or PNG.",
    "no_face": "No face was found. Use a photo that shows one person from the front.",
    "several_faces": "Several faces were found. Crop the photo to one person.",
    "too_small": "The face is too small. Use a photo in which it is at least 80 pixels high.",
    "turned": "The head is turned too far. Use a photo taken from the front.",
    "explicit": "This server refuses the photo as explicit. Use another one.",
    "protected": "This person is on your team's list of protected people. Use another photo.",
    # What will show in the result.
    "small": "The face is small, so the new head will look soft. Use a larger photo if you can.",
    "half_turned": "The head is turned. A photo taken from the front gives a better result.",
    "blurred": "The face is blurred. A sharper photo gives a better result.",
    "dark": "The face is dark. A photo with more light gives a better result.",
    "bright": "Part of the face is white from too much light. Softer light gives a better result.",
    "cut_off": "The photo's edge cuts off part of the head; that part will be made up. "
    "Use a photo with room around the head if you can.",
    "eyes_hidden": "It is dark around the eyes, as behind dark glasses. "
    "A photo that shows the eyes gives a better result.",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """How good a photo is. reasons: codes of `SENTENCES`. face_xywh, size_wh: pixels of the upright
    photo, None where no usable face was found.
    """

    good: Literal["good", "fair", "bad"]
    reasons: tuple[PhotoCode, ...]
    face_xywh: tuple[float, float, float, float] | None
    size_wh: tuple[int, int] | None


def judge_apart(
    path: Path, settings: Settings, protected: Mapping[str, str], stopped: Callable[[], bool]
) -> Judgement | None:
    """How good the photo is; None when `stopped` said so before that was known.

    protected: the team's embeddings, see `headswap.jobs.protected`.

    Raises:
        Refused: 1003, it is too much for the limits; 2001, this server cannot judge it.
    """
    order = Judging(path, settings.job_memory_mb, settings.explicit_limit, dict(protected))
    told = _answer(order, stopped)
    return None if told is None else _judgement(told)


def describe_apart(path: Path, settings: Settings, stopped: Callable[[], bool]) -> str | None:
    """What the one face of a photo is recognised by, as `headswap.trust.protected.encoded` writes
    it; None when `stopped` said so before that was known.

    Raises:
        Refused: 1003, the photo shows no face clearly, or is too much for the limits; 2001, this
            server cannot look at it.
    """
    told = _answer(Describing(path, settings.job_memory_mb), stopped)
    if told is None:
        return None
    if "reason" in told:
        raise Refused(Code.PARAMETER, SENTENCES[told["reason"]])
    return told["embedding"]


def _answer(order: Judging | Describing, stopped: Callable[[], bool]) -> Mapping[str, Any] | None:
    try:
        return JobProcess(order, LIMIT_S).run(lambda *_: None, stopped)
    except Failure as failure:
        if failure.code == states.OUR_FAULT:
            raise Refused(Code.OUR_FAULT, failure.reason) from failure
        raise wrong(
            "file", f"could not be judged within {LIMIT_S:g} s and the memory of a job"
        ) from failure


def _judgement(told: Mapping[str, Any]) -> Judgement:
    face, size_wh = told["face"], told["size_wh"]
    return Judgement(
        told["good"],
        tuple(told["reasons"]),
        None if face is None else tuple(face),
        None if size_wh is None else tuple(size_wh),
    )
