"""How much the console loads before it can be used."""

from __future__ import annotations

from typing import cast

from playwright.sync_api import Page, expect

from tests.console_world import Console

_MOST_BYTES = 150_000
_LOADED = """[...performance.getEntriesByType("navigation"),
  ...performance.getEntriesByType("resource")].map((one) => [one.name, one.%s])"""


def test_a_first_load_is_small_and_the_next_one_takes_all_from_the_browser(
    desktop: Console,
) -> None:
    desktop.sign_in()
    desktop.go()
    first = _loaded(desktop.page, "encodedBodySize")
    assert len(first) > 20 and sum(first.values()) <= _MOST_BYTES, first
    desktop.page.reload()
    again = _loaded(desktop.page, "transferSize")
    assert [name for name, size in again.items() if size and "/console/" in name] == [
        name for name in again if "/api/console/" in name
    ]


def _loaded(page: Page, size: str) -> dict[str, int]:
    """Bytes by address, once the page can be used."""
    expect(page.get_by_role("button", name="Choose a video")).to_be_visible()
    page.wait_for_load_state("networkidle")
    found = cast("list[tuple[str, int]]", page.evaluate(_LOADED % size))
    return dict(found)
