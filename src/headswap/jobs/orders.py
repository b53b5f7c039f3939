"""What a request for a swap asks for, read out of its body before anything is looked up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.errors import ConsentMissing
from headswap.jobs import team_settings
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import Fields
from headswap.jobs.refusals import Code, Refused
from headswap.settings import Settings
from headswap.store.tables import Template, User
from headswap.trust.consent import EXAMPLE, MAX_STATEMENT, Consent, read_consent

# The engines' module is not imported for their names: a server that only answers requests would
# carry its numeric libraries.
ENGINE_OF_MODEL: Final = {"akool-premium": "mesh", "mesh": "mesh"}
RESOLUTIONS: Final = ("480p", "720p")
SCOPE_OF_TASK: Final = "this task"
_MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Mapping:
    """One person to be replaced, the photo that replaces the head, and what is stated of it."""

    obj_id: int
    img_url: str
    consent: Consent


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


def read_order(s: Session, settings: Settings, caller: Caller, body: object, now_ms: int) -> Order:
    """The order in the body. Too many people are refused first, then what the account lacks, then
    each field in its turn, consent at last.

    Raises:
        Refused: 1003, with the field and its rule.
    """
    fields = Fields.of(body)
    _refuse_crowd(fields, settings)
    _refuse_lacking(s, fields, caller)
    length = settings.max_url_length
    hook = "webhookUrl" if fields.given("webhookUrl") else "webhookurl"
    video_url = fields.web_address("video_url", length)
    items = fields.objects("mappings", settings.max_mappings)
    places = [(item.whole_number("obj_id"), item.web_address("img_url", length)) for item in items]
    order = Order(
        video_url=video_url,
        mappings=(),
        model_name=fields.text("model_name", _MAX_NAME_LENGTH),
        resolution=fields.choice("resolution", RESOLUTIONS),
        template_id=_template_id(fields),
        keep_original_sound=fields.flag("keep_original_sound", default=True),
        webhook_url=fields.web_address(hook, length) if fields.given(hook) else None,
    )
    consents = _consents(s, caller, items, now_ms)
    mapped = zip(places, consents, strict=True)
    return replace(order, mappings=tuple(Mapping(*place, consent) for place, consent in mapped))


def _consents(s: Session, caller: Caller, items: list[Fields], now_ms: int) -> list[Consent]:
    """Of each mapping the consent stated in it, or the one stated for the team."""
    usual = team_settings.consent_of(s, caller.team_id)
    when = team_settings.in_iso(now_ms)
    consents: list[Consent] = []
    for item in items:
        consent = usual
        if item.given("consent"):
            text = item.text("consent", MAX_STATEMENT)
            name = s.get_one(User, caller.uid).name
            try:
                consent = read_consent(text, by=name, scope=SCOPE_OF_TASK, when=when)
            except ConsentMissing as error:
                rule = f'states no consent that can be used; write it as in "{EXAMPLE}"'
                raise item.wrong("consent", rule) from error
        if consent is None:
            raise item.wrong(
                "consent",
                "is required: say who states that the people shown agreed, and to what, as in "
                f'"{EXAMPLE}"; or have it stated once for the team with `headswap team consent '
                f'{caller.team_id} --by NAME "…"`',
            )
        consents.append(consent)
    return consents


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
