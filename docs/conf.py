"""How the pages become a site: `make docs`. The pages are those of the repository, as they lie."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent

project = "Headswap"
author = copyright = "The Headswap authors"
extensions = ["myst_parser"]

# The source is the repository's root, so that every link of a page is the same here and there.
root_doc = "README"
include_patterns = ["README.md", "MODELS.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**"]
myst_heading_anchors = 4
smartquotes = False

html_theme = "furo"
html_title = "Headswap"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_extra_path = ["site"]
html_copy_source = False
html_show_sourcelink = False

NAVIGATION = {
    "Begin": ["docs/quick-start", "docs/console"],
    "Use": ["docs/cli", "docs/library", "docs/examples", "docs/api", "docs/client"],
    "Run": ["docs/service", "docs/containers", "docs/configuration", "docs/operating"],
    "Trust": ["docs/trust", "docs/quality", "MODELS", "docs/models/hair_core"],
    "Understand": [
        "docs/architecture",
        "docs/how-it-works",
        "docs/engines",
        "docs/decisions/README",
    ],
    "The project": ["docs/README", "CHANGELOG", "CONTRIBUTING"],
}


def _add_navigation(_: Sphinx, name: str, content: list[str]) -> None:
    """Puts the side bar's tree under the pages that lead to others; they stay plain text so."""
    if name == root_doc:
        for caption, pages in NAVIGATION.items():
            # One that is not there, or misspelt, leaves another in no tree: an error, too.
            there = [f"/{page}" for page in pages if (ROOT / f"{page}.md").is_file()]
            content[0] += _tree(caption, there)
    elif name == "docs/decisions/README":
        folder = ROOT / "docs" / "decisions"
        content[0] += _tree("", sorted(file.stem for file in folder.glob("0*.md")))


def _tree(caption: str, pages: list[str]) -> str:
    options = [":hidden:", *([f":caption: {caption}"] if caption else [])]
    return "\n".join(["\n\n```{toctree}", *options, "", *pages, "```\n"])


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _add_navigation)
