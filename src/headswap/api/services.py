"""Services: everything a server works with, wired in one place."""

from __future__ import annotations

from dataclasses import dataclass

from headswap.jobs.accounts import prove_keyring
from headswap.jobs.audit import audit_key, keep_trail
from headswap.jobs.keyring import FILES, Keyring
from headswap.jobs.public_url import public_url
from headswap.settings import Settings
from headswap.store.blobs import Blobs
from headswap.store.clock import Clock, system_clock
from headswap.store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """What a request may need. clock: milliseconds since 1970."""

    settings: Settings
    db: Database
    blobs: Blobs
    keyring: Keyring
    clock: Clock

    @property
    def public_url(self) -> str:
        """How clients reach the server, without a slash at the end."""
        return public_url(self.settings)


def open_services(settings: Settings, clock: Clock = system_clock) -> Services:
    """What the settings name, the database's tables brought up to date.

    Raises:
        HeadswapError: database or blobs cannot be opened, or the master key is another one.
    """
    db = Database.open(settings)
    db.migrate()
    keyring = Keyring.open(settings)
    with db.read() as s:
        prove_keyring(s, keyring)
    keep_trail(db, lambda: audit_key(keyring))
    return Services(settings, db, Blobs.open(settings, keyring.derive(FILES)), keyring, clock)
