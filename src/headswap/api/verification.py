"""What a file says of itself, over HTTP: its credentials, the mark in its picture, a sentence."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, NotRequired

from anyio import to_thread
from pydantic import Field
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.calls import Calls, calls_of
from headswap.api.envelope import Answer, done, refusal
from headswap.api.v4.uploads import check_kind, incoming_folder, received_file
from headswap.jobs.refusals import Code
from headswap.jobs.verification import verify_apart, with_task
from headswap.trust.verdict import Verdict


class FileCredentials(TypedDict):
    """The file's content credentials (C2PA); all but the state only of valid ones."""

    state: Annotated[
        Literal["valid", "invalid", "missing"],
        Field(
            description="valid: signed, and not changed since; invalid: changed or damaged after "
            "it was signed; missing: none.",
            examples=["valid"],
        ),
    ]
    problems: NotRequired[
        Annotated[
            list[str],
            Field(
                description="Of invalid ones: the C2PA specification's codes.",
                examples=[["assertion.bmffHash.mismatch"]],
            ),
        ]
    ]
    signer: NotRequired[
        Annotated[
            str,
            Field(
                description="The organisation in the certificate.",
                examples=["Headswap (self-made, unverified)"],
            ),
        ]
    ]
    signer_verified: NotRequired[
        Annotated[
            bool,
            Field(
                description="Always false: no list of trusted issuers is asked.", examples=[False]
            ),
        ]
    ]
    self_made: NotRequired[
        Annotated[
            bool,
            Field(
                description="Whether an installation of Headswap made the certificate itself.",
                examples=[True],
            ),
        ]
    ]
    made_with: NotRequired[
        Annotated[str, Field(description="The program.", examples=["Headswap 0.1.0"])]
    ]
    time: NotRequired[
        Annotated[
            str | None,
            Field(description="When, as signed.", examples=["2026-05-15T00:50:13+00:00"]),
        ]
    ]
    task_id: NotRequired[
        Annotated[
            str | None,
            Field(description="The task, as signed.", examples=["6a066dc58570ecbf64f761a5"]),
        ]
    ]
    actions: NotRequired[
        Annotated[
            list[str],
            Field(description="What was done.", examples=[["c2pa.opened", "c2pa.edited"]]),
        ]
    ]


class FileMark(TypedDict):
    """The invisible mark in the file's picture."""

    found: Annotated[bool, Field(description="Whether there is one.", examples=[True])]
    task_id: Annotated[
        str | None,
        Field(
            description="The task: its whole id where this server knows it, else the 16 digits "
            "that the mark holds, with which it begins.",
            examples=["6a066dc58570ecbf64f761a5"],
        ),
    ]
    digits: NotRequired[
        Annotated[str, Field(description="What the mark holds.", examples=["6a066dc58570ecbf"])]
    ]


class Verification(TypedDict):
    """What a file says of itself."""

    credentials: Annotated[
        FileCredentials, Field(description="Its credentials.", examples=[{"state": "missing"}])
    ]
    mark: Annotated[
        FileMark,
        Field(description="Its mark.", examples=[{"found": False, "task_id": None}]),
    ]
    sentence: Annotated[
        str,
        Field(
            description="All of it for a person.",
            examples=["The file carries neither content credentials nor Headswap's mark."],
        ),
    ]


async def verify(request: Request) -> Answer:
    """Tell what an uploaded file says of itself; the file is not kept."""
    calls = calls_of(request)
    settings = calls.services.settings
    await calls.caller(request)
    with TemporaryDirectory(dir=incoming_folder(settings)) as folder:
        received = await received_file(request, settings, Path(folder))
        check_kind(received.path)
        verdict = await to_thread.run_sync(
            lambda: verify_apart(received.path, settings, calls.stopping.is_set),
            limiter=calls.verifiers,
        )
    if verdict is None:
        return refusal(Code.OUR_FAULT, "The server stops; ask again.", 503)
    found = await calls.look(lambda: _with_task(calls, verdict))
    return done(found.json())


def _with_task(calls: Calls, verdict: Verdict) -> Verdict:
    with calls.services.db.read() as s:
        return with_task(s, verdict)
