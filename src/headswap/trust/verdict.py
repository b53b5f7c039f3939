"""Verdict: what a file's credentials and its picture say, as plain data and in plain sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

State: TypeAlias = Literal["valid", "invalid", "missing"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a file says of itself.

    state: "valid": signed, and neither picture nor sound was changed since; "invalid": changed or
    damaged; "missing". problems: of an invalid file, codes of the C2PA specification. All else is
    of a valid file only. signer: the organisation in the certificate, which nobody has verified
    here; self_made: an installation made that certificate itself. made_with: the program and its
    version. when, task_id, actions: as signed, None or empty where nothing is said.
    """

    state: State
    problems: tuple[str, ...] = ()
    signer: str = ""
    self_made: bool = False
    made_with: str = ""
    when: datetime | None = None
    task_id: str | None = None
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in a file.

    mark: the 16 hex digits of the invisible mark, None without one. task_id: the task's whole id
    where the credentials name it or somebody looked it up, else the mark's digits, with which it
    begins. unread: why no mark could be looked for, empty if it could.
    """

    credentials: Credentials
    mark: str | None
    task_id: str | None
    unread: str = ""

    def json(self) -> dict[str, object]:
        """The verdict as plain data: credentials, mark, sentence."""
        told = self.credentials
        credentials: dict[str, object] = {"state": told.state}
        if told.state == "invalid":
            credentials["problems"] = list(told.problems)
        if told.state == "valid":
            credentials |= {
                "signer": told.signer,
                "signer_verified": False,
                "self_made": told.self_made,
                "made_with": told.made_with,
                "time": told.when and told.when.isoformat(),
                "task_id": told.task_id,
                "actions": list(told.actions),
            }
        mark: dict[str, object] = {"found": self.mark is not None, "task_id": None}
        if self.mark is not None:
            mark |= {"task_id": self.task_id, "digits": self.mark}
        return {"credentials": credentials, "mark": mark, "sentence": self.sentence()}

    def sentence(self) -> str:
        """The verdict for a person, in a few plain sentences."""
        if self.credentials.state == "missing" and self.mark is None and not self.unread:
            return (
                "The file carries neither content credentials nor Headswap's mark: nothing tells "
                "that heads in it were replaced, and nothing tells that they were not."
            )
        parts = [_of_credentials(self.credentials)]
        if self.mark is not None:
            parts.append(self._of_mark())
        elif self.unread:
            parts.append(f"No mark could be looked for: {self.unread}.")
        return " ".join(parts)

    def _of_mark(self) -> str:
        signed = self.credentials.task_id
        if signed is None:
            return (
                "Its picture carries the invisible mark of Headswap: heads in it were replaced, "
                f"in task {self.task_id}."
            )
        if signed.startswith(self.mark or ""):
            return "Its picture carries the invisible mark of that task as well."
        return (
            f"But the invisible mark in its picture is that of another task, {self.task_id}: "
            "the credentials may have been made for a copied picture."
        )


def _of_credentials(told: Credentials) -> str:
    match told.state:
        case "valid":
            return _of_valid(told)
        case "invalid":
            return (
                "The file carries content credentials, but they are broken: it was changed or "
                "damaged after it was signed, so nothing they say can be relied on."
            )
        case "missing":
            return (
                "The file carries no content credentials; they are lost when a video is cut, "
                "converted or uploaded somewhere."
            )


def _of_valid(told: Credentials) -> str:
    what = "heads in this video were replaced" if told.task_id else "this file was made or changed"
    when = f" on {told.when:%Y-%m-%d at %H:%M %Z}".rstrip() if told.when else ""
    task = f", in task {told.task_id}" if told.task_id else ""
    whose = (
        "The signature is that of a certificate which an installation of Headswap made itself: it "
        "proves that nothing was changed, not who signed."
        if told.self_made
        else f"The certificate names {told.signer or 'nobody'}; whether that is true is not "
        "verified here."
    )
    silent = "" if told.task_id else " They do not say that heads were replaced."
    return (
        f"Its content credentials are valid: {what} with {told.made_with or 'an unnamed program'}"
        f"{when}{task}, and it was not changed since.{silent} {whose}"
    )
