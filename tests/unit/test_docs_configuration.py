"""docs/configuration.md has every variable that is read, with its default and a valid example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from headswap.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| `HEADSWAP_(\w+)` \| (.+?) \| (.+) \| (.+) \|$",
    PAGE.split("## Of others")[0],
    re.MULTILINE,
)
PREFIX = "HEADSWAP_"


def _read_by_the_program() -> set[str]:
    """Every variable of ours that the source names, settings apart."""
    names: set[str] = set()
    for file in (ROOT / "src").rglob("*.py"):
        names |= set(re.findall(r"\bHEADSWAP_([A-Z0-9_]+)", file.read_text(encoding="utf-8")))
    return names - {name.upper() for name in Settings.model_fields}


def _shown(value: object) -> str:
    """A default as the page has it."""
    text = str(value.get_secret_value() if isinstance(value, SecretStr) else value)
    return f"`{text}`" if text else "empty"


def test_every_variable_is_there_once_and_no_stranger() -> None:
    names = [name for name, *_ in ROWS]
    settings = {name.upper() for name in Settings.model_fields}
    assert len(names) == len(set(names))
    assert set(names) == settings | _read_by_the_program()


@pytest.mark.parametrize(
    ("name", "default", "meaning", "example"), ROWS, ids=[name for name, *_ in ROWS]
)
def test_a_setting_has_its_default_and_an_example_that_is_taken(
    name: str, default: str, meaning: str, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert meaning.strip()
    field = Settings.model_fields.get(name.lower())
    if field is None:
        return
    assert default == _shown(field.default)
    value = example.strip("`")
    monkeypatch.setenv(PREFIX + name, value)
    taken = getattr(Settings(), name.lower())
    assert taken != field.default or field.default == value
