"""How clients reach the server."""

from __future__ import annotations

from headswap.settings import Settings


def public_url(settings: Settings) -> str:
    """The address that is written into answers, without a slash at the end."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"
