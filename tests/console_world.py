"""The console in a real browser: what people bring, screens, sign-in, faults that nobody sees."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize

from headswap.sample import Identity, SampleScene, SampleSpec, build_scene, portrait, write_clip
from headswap.sample.clip import encoded_picture, video_stream
from tests.api_world import Api
from tests.media_clips import make_clip
from tests.service_process import Service

FRAMES, LONG_FRAMES = 12, 60
_FILM_WH = (640, 480)
Screen = Literal["desktop", "phone"]
SCREENS: tuple[Screen, ...] = ("desktop", "phone")
SIZES: dict[Screen, ViewportSize] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}
WAIT_MS = 60_000
_KEY_NAME = "headswap-key"
_DROP = """([text, name, type]) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], name, { type }));
  return files;
}"""


@dataclass(frozen=True, slots=True)
class Media:
    """What people bring: clip and film have one person, empty nobody; blank shows no face.

    film: long enough to be looked at while it is rendered.
    """

    clip: Path
    film: Path
    empty: Path
    photo: Path
    blank: Path


def write_media(folder: Path) -> Media:
    """Small films and photos in `folder`."""
    media = Media(
        folder / "clip.mp4",
        folder / "film.mp4",
        make_clip(folder, "no_audio"),
        folder / "photo.png",
        folder / "blank.png",
    )
    scene = build_scene(SampleSpec(size_wh=(320, 240), seconds=FRAMES / 25))
    write_clip(scene, media.clip)
    _write_film(scene, media.film)
    Image.fromarray(portrait(Identity.SECOND)).save(media.photo)
    Image.new("RGB", (300, 300), (90, 90, 90)).save(media.blank)
    return media


def _write_film(scene: SampleScene, path: Path) -> None:
    """The scene, larger, to and fro until it has lasted long enough."""
    pictures = [
        np.asarray(Image.fromarray(scene.frame(index).rgb).resize(_FILM_WH))
        for index in range(FRAMES)
    ]
    around = [*pictures, *pictures[-2:0:-1]]
    rate = scene.spec.rate
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        video = video_stream(container, rate, _FILM_WH)
        for index in range(LONG_FRAMES):
            container.mux(encoded_picture(around[index % len(around)], index, rate, video))
        container.mux(list(video.encode(None)))


@dataclass(frozen=True, slots=True)
class Stand:
    """A server without a worker, as far as a browser needs to know it."""

    port: int
    secret: str = field(repr=False)

    @classmethod
    def of(cls, api: Api) -> Stand:
        """The server of the API, with its team's key."""
        return cls(api.services.settings.port, api.world.secret)


@dataclass(frozen=True, slots=True)
class Console:
    """The console on one screen. faults: what the browser complained of, or fetched elsewhere."""

    page: Page
    server: Service | Stand
    faults: list[str] = field(default_factory=list[str])

    @property
    def service(self) -> Service:
        """The server, where it has a worker."""
        assert isinstance(self.server, Service)
        return self.server

    def go(self, place: str = "") -> None:
        """Opens a place, such as "task/ID"."""
        self.page.goto(f"http://127.0.0.1:{self.server.port}/#/{place}")

    def sign_in(self, secret: str = "") -> None:
        """Gives the page a key as if it had been entered, without the form; the team's if none."""
        name, key = json.dumps(_KEY_NAME), json.dumps(secret or self.server.secret)
        self.page.add_init_script(
            f"if (!sessionStorage.getItem({name})) sessionStorage.setItem({name}, {key})"
        )

    def drop(self, selector: str, path: Path, media_type: str) -> None:
        """Drops a file on an element, as from a folder's window."""
        text = base64.b64encode(path.read_bytes()).decode("ascii")
        files = self.page.evaluate_handle(_DROP, [text, path.name, media_type])
        for event in ("dragenter", "dragover", "drop"):
            self.page.dispatch_event(selector, event, {"dataTransfer": files})

    def check(self) -> None:
        """Finds no serious fault with axe, light or dark, and nothing wider than the screen."""
        for scheme in ("dark", "light"):
            self.page.emulate_media(color_scheme=scheme)
            found = Axe().run(self.page).response["violations"]
            serious = [one for one in found if one["impact"] in {"serious", "critical"}]
            assert not serious, f"{self.page.url} {scheme}: {_told(serious)}"
        width = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{self.page.url} is {width} px wider than the screen"


def _told(violations: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [
        (one["id"], [node["html"][:200] + node["failureSummary"] for node in one["nodes"]])
        for one in violations
    ]


@contextmanager
def opened(browser: Browser, server: Service | Stand, screen: Screen) -> Generator[Console]:
    """The console on a fresh browser, signed out; no fault may be left when it is closed."""
    phone = screen == "phone"
    context = browser.new_context(
        viewport=SIZES[screen],
        is_mobile=phone,
        has_touch=phone,
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    console = Console(page, server)
    base = f"http://127.0.0.1:{server.port}/"

    def on_message(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            console.faults.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith((base, "blob:", "data:")):
            console.faults.append(f"asks {request.url}")

    page.on("console", on_message)
    page.on("pageerror", lambda error: console.faults.append(str(error)))
    page.on("request", on_request)
    # Heard from the first moment on: a key can be faster than the browser is told to wait for one.
    page.on("filechooser", lambda _: None)
    try:
        yield console
        assert console.faults == []
    finally:
        context.close()
