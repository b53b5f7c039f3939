"""Every command that the documents show exists, with the options that they give it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from headswap.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
# The start of a command in a code block; a variable may stand before it.
SHOWN = re.compile(r"^(?: {4}|\t)?(?:[A-Z_]+=\S+ )*(?:uvx .*whl )?headswap ((?:[a-z]|--).*)$")
EVERYWHERE = {"--help", "--debug"}


def _commands(page: Path) -> list[str]:
    """What follows `headswap` in the page's code blocks, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8"))
    blocks = re.findall(r"^```sh\n(.*?)^```|((?:^ {4}.*\n)+)", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in "".join(block).splitlines()]
    return [found[1] for line in lines if (found := SHOWN.match(line))]


SHOWN_COMMANDS = [
    pytest.param(words, id=f"{page.stem}: {words[:40]}")
    for page in PAGES
    for words in _commands(page)
]


def _each(shown: str) -> list[list[str]]:
    """The commands of one line: `key list | revoke CLIENT_ID` shows two of a group."""
    first, *others = (part.split() for part in shown.partition("   ")[0].split(" | "))
    _, depth = _found(first)
    return [first, *([*first[: depth - 1], *words] for words in others)]


def _found(words: list[str]) -> tuple[Any, int]:
    """The command that the first words name, and how many they are."""
    command: Any = typer.main.get_command(app)
    for depth, word in enumerate(words):
        if not hasattr(command, "commands") or word.startswith("--"):
            return command, depth
        assert word in command.commands, f"there is no command {word}"
        command = command.commands[word]
    return command, len(words)


@pytest.mark.parametrize("shown", SHOWN_COMMANDS)
def test_a_shown_command_exists_with_its_options(shown: str) -> None:
    for words in _each(shown):
        command, depth = _found(words)
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        given = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(words[depth:])))
        assert given <= known | EVERYWHERE


def test_many_commands_are_shown() -> None:
    assert len(SHOWN_COMMANDS) > 40
