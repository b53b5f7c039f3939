"""The models over HTTP: what this server can run now, and what it costs."""

from __future__ import annotations

from starlette.requests import Request

from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done
from headswap.api.v5.shapes import Model, ModelList
from headswap.jobs.credits import in_credits, price
from headswap.jobs.offers import DEFAULT_RESOLUTION, OFFERS, Offer
from headswap.jobs.orders import RESOLUTIONS
from headswap.settings import Settings

_PROVIDER = "headswap"


async def models(request: Request) -> Answer:
    """Show what can draw heads."""
    calls = calls_of(request)
    await calls.caller(request)
    data: ModelList = {"list": [model_of(offer, calls.services.settings) for offer in OFFERS]}
    return done(data)


def model_of(offer: Offer, settings: Settings) -> Model:
    """An engine as clients are shown it."""
    return {
        "model_name": offer.model_name,
        "label": offer.label,
        "description": offer.description,
        "icon": "",
        "provider": _PROVIDER,
        "params": {
            "resolutions": list(RESOLUTIONS),
            "default_resolution": DEFAULT_RESOLUTION,
            "min_duration": settings.min_duration_s,
            "max_duration": settings.max_duration_s,
            "max_mappings": settings.max_mappings,
        },
        "unit_price_map": {name: in_credits(price(settings, name, 1)) for name in RESOLUTIONS},
        "requires_priority": False,
    }
