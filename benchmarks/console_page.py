"""Draws the pictures of docs/console.md: the console in a real browser, over the generated sample.

`python -m benchmarks.console_page [--out docs/images]`, a minute or two. It needs Chromium, which
`scripts/chromium` installs.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from headswap.cli.local_service import local_service
from headswap.client import Client
from headswap.sample import Identity, SampleSpec, build_scene, portrait, write_clip

_SAMPLE = SampleSpec(
    size_wh=(960, 540), seconds=4.0, people=(Identity.ASTRONAUT, Identity.SECOND), cut=True
)
_SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}
_WAIT_MS = 300_000
_MOST_BYTES = 150_000
# Colours, and how much smaller the picture is then.
_TRIES = ((256, 1.0), (160, 1.0), (256, 0.75), (160, 0.75), (96, 0.75))
_LOADED = "[...document.querySelectorAll('.picture video')].every((one) => one.readyState > 2)"
_OTHERS = {"tasks": "Swaps", "team": "Team"}


@dataclass(frozen=True, slots=True)
class Studio:
    """Where pictures are taken. folder: of the clip and the photo."""

    browser: Browser
    client: Client
    folder: Path
    out: Path

    def page(self, screen: str, scheme: str = "light", signed_in: bool = True) -> Page:
        """A fresh browser on a screen."""
        phone = screen == "phone"
        context = self.browser.new_context(
            viewport=_SIZES[screen],
            is_mobile=phone,
            has_touch=phone,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(_WAIT_MS)
        if signed_in:
            key = json.dumps(self.client.core.key)
            context.add_init_script(f"sessionStorage.setItem('headswap-key', {key})")
        return context.new_page()

    def go(self, page: Page, place: str) -> None:
        """Opens a place of the console."""
        page.goto(f"{self.client.core.url}/#/{place}")

    def take(self, page: Page, name: str) -> None:
        """Leaves a picture of the page, in as many colours as its size allows."""
        page.wait_for_load_state("networkidle")
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        with Image.open(BytesIO(page.screenshot())) as opened:
            picture = opened.convert("RGB")
        drawn = (_png(picture, colors, scale) for colors, scale in _TRIES)
        data = next(data for data in drawn if len(data) < _MOST_BYTES)
        path = self.out / f"console-{name}.png"
        path.write_bytes(data)
        print(f"{path}: {len(data) / 1000:.0f} kB")


def _png(picture: Image.Image, colors: int, scale: float) -> bytes:
    data = BytesIO()
    size = (round(picture.width * scale), round(picture.height * scale))
    smaller = picture.resize(size, Image.Resampling.LANCZOS)
    smaller.quantize(colors, dither=Image.Dither.NONE).save(data, "png", optimize=True)
    return data.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out: Path = parser.parse_args(arguments).out
    path = shutil.which("chromium")
    if path is None:
        parser.error("there is no Chromium; scripts/chromium installs it")
    out.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as name,
        local_service() as client,
        sync_playwright() as playwright,
    ):
        folder = Path(name)
        write_clip(build_scene(_SAMPLE), folder / "party.mp4")
        Image.fromarray(portrait(Identity.SECOND)).save(folder / "second.png")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        _draw(Studio(browser, client, folder, out))
        browser.close()
    return 0


def _draw(studio: Studio) -> None:
    page = studio.page("desktop", signed_in=False)
    studio.go(page, "")
    page.get_by_role("heading", name="Sign in").wait_for()
    studio.take(page, "sign-in")
    page = studio.page("desktop")
    studio.go(page, "new")
    page.get_by_role("button", name="Choose a video").wait_for()
    studio.take(page, "new")
    page.set_input_files("input[type=file]", studio.folder / "party.mp4")
    page.wait_for_url("**/#/analysis/*")
    _cast(studio, page)
    studio.take(page, "people")
    _on_phone(studio, page, "people", lambda phone: _cast(studio, phone))
    page.get_by_role("button", name="Start the swap").click()
    page.get_by_role("img", name="The newest frame").wait_for()
    page.wait_for_timeout(1000)
    studio.take(page, "live")
    _wait_for_result(page)
    studio.take(page, "result")
    _on_phone(studio, page, "result", _wait_for_result, "dark")
    for place, heading in _OTHERS.items():
        studio.go(page, place)
        page.get_by_role("heading", name=heading, exact=True).wait_for()
        studio.take(page, place)


def _cast(studio: Studio, page: Page) -> None:
    page.get_by_role("heading", name="Person 1").wait_for()
    page.locator(".slot input[type=file]").first.set_input_files(studio.folder / "second.png")
    page.get_by_label("The person in this photo").check()
    page.get_by_label("Your name").fill("Anna Berg")


def _wait_for_result(page: Page) -> None:
    page.get_by_role("slider", name="Time").wait_for()
    # Not wait_for_function, which the content security policy does not let evaluate a text.
    while not page.evaluate(_LOADED):
        page.wait_for_timeout(50)
    # Through the face of the first person.
    page.get_by_role("slider", name="Wipe").fill("27")


def _on_phone(
    studio: Studio, page: Page, name: str, prepare: Callable[[Page], None], scheme: str = "light"
) -> None:
    phone = studio.page("phone", scheme)
    phone.goto(page.url)
    prepare(phone)
    studio.take(phone, f"{name}-phone")
    phone.context.close()


if __name__ == "__main__":
    raise SystemExit(main())
