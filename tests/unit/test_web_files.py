"""The console's files: they name each other rightly, and nothing outside."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

WEB = Path(str(files("headswap").joinpath("web")))
SCRIPTS = sorted(WEB.rglob("*.js"))
STYLES = sorted(WEB.rglob("*.css"))
_STATIC = re.compile(r'^(?:import|\} from|export) .*?"(\.[^"]+)";$', re.MULTILINE)
_ICONS = re.compile(r'\bicon\("([\w-]+)"|\b(?:icon|picture): "([\w-]+)"')


def _name(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


def _imports(path: Path) -> set[Path]:
    text = path.read_text(encoding="utf-8")
    return {(path.parent / found).resolve() for found in _STATIC.findall(text)}


def _needed(path: Path) -> set[Path]:
    """What a module needs before it runs, and itself."""
    found, waiting = set[Path](), [path]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _imports(one)
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=_name)
def test_a_script_says_what_is_in_it_and_imports_what_is_there(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert text.startswith("// ") and len(text.splitlines()) <= 200
    assert [path for path in _imports(script) if not path.is_file()] == []
    assert "innerHTML" not in text and "eval(" not in text and "document.write" not in text


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES, WEB / "index.html"], ids=_name)
def test_a_file_names_no_other_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://[a-z0-9][a-z0-9.-]+", text) == []
    assert "//cdn" not in text and "url(//" not in text


def test_every_icon_that_a_script_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (WEB / "icons.svg").read_text("utf-8")))
    named = {
        one or other
        for script in SCRIPTS
        for one, other in _ICONS.findall(script.read_text(encoding="utf-8"))
    }
    assert named and named <= drawn


def test_the_page_has_nothing_inline_and_names_files_that_are_there() -> None:
    text = (WEB / "index.html").read_text(encoding="utf-8")
    assert "<style" not in text and " style=" not in text and not re.search(r"\son\w+=", text)
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
    named = re.findall(r'(?:href|src)="console/([^"]+)"', text)
    assert named and [name for name in named if not (WEB / name).is_file()] == []


def test_the_page_asks_at_once_for_all_that_the_first_module_needs() -> None:
    text = (WEB / "index.html").read_text(encoding="utf-8")
    main = WEB / "main.js"
    preloaded = set(re.findall(r'<link rel="modulepreload" href="console/([^"]+)">', text))
    assert preloaded == {_name(path) for path in _needed(main) - {main}}


def test_only_the_tokens_name_colours() -> None:
    outside = [
        (_name(style), found)
        for style in STYLES
        if style.name != "tokens.css"
        for found in re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", style.read_text("utf-8"))
    ]
    assert outside == []
