"""The service's data as a command opens it: its settings, its database, its clock and its keys."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headswap.errors import HeadswapError

if TYPE_CHECKING:
    from headswap.jobs.keyring import Keyring
    from headswap.settings import Settings
    from headswap.store.database import Database

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="The service's data folder; HEADSWAP_DATA_DIR names another default.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
TeamOption = Annotated[str, typer.Option("--team", metavar="ID", help="The team's id.")]


@dataclass(frozen=True, slots=True)
class OpenData:
    """An open data folder. now_ms: when it was opened."""

    settings: Settings
    database: Database
    now_ms: int

    def keyring(self) -> Keyring:
        """The keyring the data was made with, made now if there are no keys yet.

        Raises:
            HeadswapError: the master key is damaged or another one. OutputError: it cannot be kept.
        """
        from headswap.jobs.accounts import prove_keyring
        from headswap.jobs.keyring import Keyring

        keyring = Keyring.open(self.settings)
        with self.database.read() as session:
            prove_keyring(session, keyring)
        return keyring


def read_settings(data: Path | None) -> Settings:
    """What the environment says, with `data` as the data folder where it is given.

    Raises:
        HeadswapError: a variable has no valid value.
    """
    from pydantic import ValidationError

    from headswap.settings import Settings

    given: dict[str, Any] = {} if data is None else {"data_dir": data}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = "HEADSWAP_" + "_".join(map(str, first["loc"])).upper()
        raise HeadswapError(
            f"{name} is set to {first['input']!r}: {first['msg']}; set it anew"
        ) from error


@contextmanager
def open_data(data: Path | None, make: bool = False) -> Generator[OpenData]:
    """The data folder, its database brought up to date; a server may use it at the same time.

    make: whether a folder that holds no data yet is made; otherwise it is an error.

    Raises:
        HeadswapError: there is no data, the database cannot be used, or a service refuses.
    """
    from sqlalchemy.exc import OperationalError

    from headswap.jobs.audit import audit_key, keep_trail
    from headswap.jobs.refusals import Refused
    from headswap.store.clock import system_clock
    from headswap.store.database import Database

    settings = read_settings(data)
    if not (make or settings.database_url or (settings.data_dir / "headswap.db").is_file()):
        raise HeadswapError(
            f"{settings.data_dir}: there is no Headswap data here; name its folder with --data, or "
            "begin with `headswap team create NAME`"
        )
    database = Database.open(settings)
    try:
        database.migrate()
        opened = OpenData(settings, database, system_clock())
        keep_trail(database, lambda: audit_key(opened.keyring()))
        yield opened
    except Refused as refused:
        raise HeadswapError(refused.msg) from refused
    except OperationalError as error:
        raise HeadswapError(
            f"the database did not take part ({error.orig}); nothing was changed, try again"
        ) from error
    finally:
        database.close()
