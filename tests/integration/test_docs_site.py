"""The site of the documents: it builds without a warning, and asks nothing of other hosts."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Elements that a browser loads by itself, and the attribute that says from where.
LOADED = {
    **dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src"),
    "link": "href",
    "object": "data",
}
# These name a page; nothing is loaded from there.
NAMED_ONLY = {"author", "canonical", "index", "license", "next", "prev", "search", "up"}
ELSEWHERE = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)


class Loads(HTMLParser):
    """Collects what a page loads. urls: as they stand there."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and set(given.get("rel", "").split()) <= NAMED_ONLY:
            return
        self.urls += [given[name] for name in (LOADED.get(tag, ""),) if name in given]
        self.urls += [one.strip().split()[0] for one in given.get("srcset", "").split(",") if one]
        self.urls += re.findall(r"url\(['\"]?([^'\")]*)", given.get("style", ""))


def _built(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """The pages below `source`, made by the project's own rules."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"),
            *("--conf-dir", ROOT / "docs", "--doctree-dir", out / ".doctrees", source, out),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = _built(ROOT, out)
    assert done.returncode == 0, done.stderr
    return out


def test_every_page_is_there_and_reached(site: Path) -> None:
    pages = {*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")}
    names = {page.relative_to(ROOT).with_suffix(".html") for page in pages}
    assert [str(name) for name in sorted(names) if not (site / name).is_file()] == []
    assert "README.html" in (site / "index.html").read_text(encoding="utf-8")
    front = (site / "README.html").read_text(encoding="utf-8")
    for page in ("docs/quick-start", "docs/api", "docs/operating", "docs/architecture", "MODELS"):
        assert f'href="{page}.html"' in front


def test_a_page_asks_nothing_of_other_hosts(site: Path) -> None:
    asked: list[str] = []
    for page in site.rglob("*.html"):
        reader = Loads()
        reader.feed(page.read_text(encoding="utf-8"))
        asked += [f"{page.name}: {url}" for url in reader.urls if ELSEWHERE.match(url)]
    for sheet in (*site.rglob("*.css"), *site.rglob("*.svg")):
        text = sheet.read_text(encoding="utf-8")
        urls = re.findall(r"(?:url\(|@import|href=)\s*['\"]?([^'\")\s>]*)", text)
        asked += [f"{sheet.name}: {url}" for url in urls if ELSEWHERE.match(url)]
    for script in site.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        asked += [f"{script.name}: {url}" for url in re.findall(r"fetch\(['\"](\w+:[^'\"]*)", text)]
    assert asked == []
    assert sum(1 for _ in site.rglob("*.css")) > 0


def test_a_broken_link_is_an_error(tmp_path: Path) -> None:
    links = ["docs/gone.md", "docs/page.md#no-such-heading", "docs/gone.png"]
    (tmp_path / "source" / "docs").mkdir(parents=True)
    (tmp_path / "source" / "docs" / "page.md").write_text("---\norphan: true\n---\n# A page\n")
    front = "# Front\n\n" + "\n".join(f"[there]({link})" for link in links)
    (tmp_path / "source" / "README.md").write_text(front)
    done = _built(tmp_path / "source", tmp_path / "out")
    assert done.returncode != 0
    for link in links:
        assert link.rpartition("#")[2] in done.stderr
