"""Fixtures: one service with its worker, one browser, and the console on a screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from headswap.vision.store import ModelStore
from tests.console_world import WAIT_MS, Console, Media, opened, write_media
from tests.service_process import Service, running

# Small clips and short leases, so that a scenario takes seconds; consent is stated in the page.
SETTINGS = {"HEADSWAP_MIN_DURATION_S": "0.4", "HEADSWAP_LEASE_S": "2", "HEADSWAP_CONSENT": ""}


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, which `scripts/chromium` installs."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no Chromium; scripts/chromium installs it")
    expect.set_options(timeout=WAIT_MS)
    # Playwright's sandbox wants more of the kernel than a container has; only our pages are shown.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    """What people bring."""
    return write_media(tmp_path_factory.mktemp("brought"))


@pytest.fixture(scope="package")
def service(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a worker; its first team has 1000 credits and has stated no consent."""
    folder: Path = tmp_path_factory.mktemp("console")
    with running(folder / "data", **SETTINGS) as service:
        yield service


@pytest.fixture
def desktop(browser: Browser, service: Service) -> Iterator[Console]:
    """The console on a desktop's screen, signed out."""
    with opened(browser, service, "desktop") as console:
        yield console


@pytest.fixture
def phone(browser: Browser, service: Service) -> Iterator[Console]:
    """The console on a phone's screen, signed out."""
    with opened(browser, service, "phone") as console:
        yield console
