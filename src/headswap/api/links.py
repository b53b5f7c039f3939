"""Links: the signed addresses of files, as answers show them."""

from __future__ import annotations

from functools import lru_cache

from headswap.api.services import Services

_HOUR_MS = 3_600_000
_KEPT = 4096


class Links:
    """Makes addresses that work for as long as the settings say, or a little longer.

    They expire at full hours, so that an answer that is asked for again has the same one in it: a
    browser then has the file already, and nothing is signed anew.
    """

    def __init__(self, services: Services) -> None:
        self._clock = services.clock
        self._valid_ms = round(services.settings.url_hours * _HOUR_MS)
        base = services.public_url
        self._signed = lru_cache(_KEPT)(
            lambda key, name, expires_ms: services.blobs.url(key, name, expires_ms, base)
        )

    @property
    def now_ms(self) -> int:
        """The time now, by the server's clock."""
        return self._clock()

    def to(self, key: str, file_name: str, until_ms: int | None = None) -> str:
        """The address of a blob, which a browser saves under `file_name`.

        until_ms: when the blob goes, if it does before the address would expire.
        """
        hours = -(-(self._clock() + self._valid_ms) // _HOUR_MS)
        expires_ms = min(hours * _HOUR_MS, until_ms or hours * _HOUR_MS)
        return self._signed(key, file_name, expires_ms)
