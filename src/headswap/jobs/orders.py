"""What a request for a swap asks for, read out of its body before anything is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.jobs.accounts import Caller
from headswap.jobs.fields import Fields
from headswap.jobs.refusals import Code, Refused
from headswap.settings import Settings
from headswap.store.tables import Template

# The engines' module is not imported for their names: a server that only answers requests would
# carry its numeric libraries.
ENGINE_OF_MODEL: Final = {"akool-premium": "mesh", "mesh": "mesh"}
RESOLUTIONS: Final = ("480p", "720p")
_MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Mapping:
    """One person to be replaced, and the photo that replaces the head."""

    obj_id: int
    img_url: str


@dataclass(frozen=True, slots=True)
class Order:
    """The body of a create request, each field in its type."""

    video_url: str
    mappings: tuple[Mapping, ...]
    model_name: str
    resolution: str
    template_id: str | None
    keep_original_sound: bool
    webhook_url: str | None


def read_order(s: Session, settings: Settings, caller: Caller, body: object) -> Order:
    """The order in the body. Too many people are refused first, then what the account lacks, then
    each field in its turn.

    Raises:
        Refused: 1003, with the field and its rule.
    """
    fields = Fields.of(body)
    _refuse_crowd(fields, settings)
    _refuse_lacking(s, fields, caller)
    length = settings.max_url_length
    hook = "webhookUrl" if fields.given("webhookUrl") else "webhookurl"
    return Order(
        video_url=fields.web_address("video_url", length),
        mappings=tuple(
            Mapping(item.whole_number("obj_id"), item.web_address("img_url", length))
            for item in fields.objects("mappings", settings.max_mappings)
        ),
        model_name=fields.text("model_name", _MAX_NAME_LENGTH),
        resolution=fields.choice("resolution", RESOLUTIONS),
        template_id=_template_id(fields),
        keep_original_sound=fields.flag("keep_original_sound", default=True),
        webhook_url=fields.web_address(hook, length) if fields.given(hook) else None,
    )


def _refuse_crowd(fields: Fields, settings: Settings) -> None:
    mappings = fields.values.get("mappings")
    if isinstance(mappings, list) and len(mappings) > settings.max_mappings:
        at_most = settings.max_mappings
        raise Refused(Code.PARAMETER, f"Up to {at_most} characters can be replaced at one time.")


def _refuse_lacking(s: Session, fields: Fields, caller: Caller) -> None:
    """Refuses a model or a template that is a name, but none of this account's."""
    model = fields.values.get("model_name")
    named = isinstance(model, str) and model != ""
    if named and model not in ENGINE_OF_MODEL:
        raise _lacking()
    if isinstance(fields.values.get("template_id"), str):
        template_id = _template_id(fields)
        if template_id and not _has_template(s, caller, template_id):
            raise _lacking()


def _template_id(fields: Fields) -> str | None:
    return fields.text("template_id", _MAX_NAME_LENGTH) if fields.given("template_id") else None


def _has_template(s: Session, caller: Caller, template_id: str) -> bool:
    enabled = select(Template.enabled).where(
        Template.id == template_id, Template.team_id == caller.team_id
    )
    return s.scalar(enabled) is True


def _lacking() -> Refused:
    return Refused(Code.PARAMETER, "Your current account does not support this feature.")
