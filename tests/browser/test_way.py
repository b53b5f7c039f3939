"""The whole way in a real browser: sign in, video, people, photo, consent, swap, result."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from headswap.arrays import U8
from headswap.trust.credentials import read_credentials
from tests.console_world import FRAMES, LONG_FRAMES, SCREENS, Console, Media, Screen, opened
from tests.service_process import Service

_LOADED = "[...document.querySelectorAll('.picture video')].every((one) => one.readyState > 2)"
_TIMES = "[...document.querySelectorAll('.picture video')].map((one) => one.currentTime)"


@pytest.mark.parametrize("screen", SCREENS)
def test_a_video_becomes_a_result_that_is_wiped_against_it(
    browser: Browser, service: Service, media: Media, screen: Screen, tmp_path: Path
) -> None:
    with opened(browser, service, screen) as console:
        _sign_in(console)
        _bring_video(console, media, screen)
        _cast(console, media, screen)
        _start(console)
        if screen == "desktop":
            _watch(console)
        frames = LONG_FRAMES if screen == "desktop" else FRAMES
        _wait_for_result(console, frames)
        _look(console.page, frames)
        if screen == "phone":
            _read_report(console)
        _take(console, tmp_path)


def _sign_in(console: Console) -> None:
    page = console.page
    console.go()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    console.check()
    page.get_by_label("Your key").fill(console.service.secret)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="New swap")).to_be_visible()
    expect(page.get_by_text("credits", exact=True)).to_be_visible()


def _bring_video(console: Console, media: Media, screen: Screen) -> None:
    page = console.page
    expect(page.get_by_role("button", name="Choose a video")).to_be_visible()
    console.check()
    if screen == "desktop":
        console.drop(".drop", media.film, "video/mp4")
    else:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a video").click()
        chooser.value.set_files(media.clip)
    page.wait_for_url("**/#/analysis/*")
    expect(page.get_by_role("heading", name="Person 1")).to_be_visible()


def _cast(console: Console, media: Media, screen: Screen) -> None:
    page = console.page
    expect(page.get_by_role("img", name="Person 1 in the video")).to_be_visible()
    expect(page.get_by_role("img", name="Appears from 0:00.0 to")).to_be_visible()
    if screen == "desktop":
        console.drop(".person", media.photo, "image/png")
    else:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a photo").click()
        chooser.value.set_files(media.photo)
    expect(page.get_by_text("Good photo", exact=True)).to_be_visible()


def _start(console: Console) -> None:
    page = console.page
    start = page.get_by_role("button", name="Start the swap")
    cost = page.locator(".cost dd b")
    price = float(cost.inner_text().split()[0])
    page.get_by_label("480p").check()
    assert float(cost.inner_text().split()[0]) == price / 1.5
    # What is missing is said, and led to.
    expect(page.get_by_text("Tick the consent for Person 1.")).to_be_visible()
    start.press("Enter")
    tick = page.get_by_label("The person in this photo")
    expect(tick).to_be_focused()
    tick.check()
    page.get_by_label("Your name").fill("Anna Berg")
    console.check()
    # A reload loses nothing.
    page.reload()
    expect(page.get_by_text("Good photo", exact=True)).to_be_visible()
    expect(tick).to_be_checked()
    start.click()
    page.wait_for_url("**/#/task/*")


def _watch(console: Console) -> None:
    page = console.page
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    frame = page.get_by_role("img", name="The newest frame")
    expect(frame).to_be_visible()
    assert page.evaluate("document.querySelector('.live-frame img').naturalWidth") >= 320
    console.check()


def _wait_for_result(console: Console, frames: int) -> None:
    page = console.page
    expect(page.get_by_role("slider", name="Time")).to_be_visible()
    expect(
        page.get_by_text(f"Swapped in every frame they are in: {frames} frames.")
    ).to_be_visible()
    _wait_for_films(page)
    console.check()


def _look(page: Page, frames: int) -> None:
    """Wipes, plays in step, goes from frame to frame."""
    wipe = page.get_by_role("slider", name="Wipe")
    wipe.focus()
    page.keyboard.press("Home")
    result = _picture(page)
    page.keyboard.press("End")
    expect(wipe).to_have_attribute("aria-valuetext", "100 % original, 0 % result")
    original = _picture(page)
    change = np.abs(result.astype(np.int16) - original).mean(axis=2)
    height, width = change.shape
    # The head in the middle is another one; the wall above and beside it is the same.
    head = change[height // 4 : height // 2, width // 3 : -width // 3]
    wall = change[: height // 8, width // 12 : width // 4]
    assert np.mean(head > 30) > 0.3 and np.mean(wall > 30) < 0.02
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(900)
    leader, follower = page.evaluate(_TIMES)
    assert abs(leader - follower) < 0.12
    page.get_by_role("button", name="Pause").click()
    line = page.get_by_role("slider", name="Time")
    line.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuetext", f"0:00.1, frame 3 of {frames}")
    middle = pytest.approx([2.5 / 25, 2.5 / 25], abs=0.005)
    # One film hears of the other's seek a moment later; then both stay.
    for _ in range(100):
        if page.evaluate(_TIMES) == middle:
            break
        page.wait_for_timeout(20)
    page.wait_for_timeout(100)
    assert page.evaluate(_TIMES) == middle


def _wait_for_films(page: Page) -> None:
    # Not wait_for_function, which the content security policy does not let evaluate a text.
    for _ in range(200):
        if page.evaluate(_LOADED):
            return
        page.wait_for_timeout(50)
    raise AssertionError("the films are not loaded")


def _picture(page: Page) -> U8:
    """The viewer's picture as it is on the screen."""
    page.wait_for_timeout(100)
    shot = page.locator(".picture").screenshot()
    return np.asarray(Image.open(BytesIO(shot)).convert("RGB"))


def _read_report(console: Console) -> None:
    """The same result, as if its last frames had been left and its original removed."""
    page = console.page
    left = [{"first": 6, "last": 11, "reason": "head turned away"}]
    strained = [{"first": 2, "last": 2, "reason": "turned 50°"}]

    def change(route: Route) -> None:
        answer = route.fetch().json()
        (person,) = answer["data"]["report"]["people"]
        person |= {"not_swapped": left, "strained": strained, "frames_swapped": 6}
        route.fulfill(json={**answer, "data": {**answer["data"], "source": None}})

    page.route("**/api/console/task?*", change)
    page.reload()
    expect(page.get_by_text("Swapped in 6 frames. Left as they were:")).to_be_visible()
    expect(page.get_by_text("6 frames: head turned away")).to_be_visible()
    expect(page.get_by_text("The original has been removed")).to_be_visible()
    page.get_by_text("Worth a look: 1 stretch").click()
    expect(page.get_by_text("1 frame: turned 50°")).to_be_visible()
    console.check()
    page.get_by_role("button", name="0:00.2 to 0:00.5").click()
    line = page.get_by_role("slider", name="Time")
    expect(line).to_have_attribute("aria-valuetext", "0:00.2, frame 7 of 12")
    expect(page.get_by_role("slider", name="Wipe")).to_be_hidden()
    page.unroute("**/api/console/task?*")


def _take(console: Console, folder: Path) -> None:
    """Downloads, copies, verifies; and finds the photo again for another swap."""
    page = console.page
    task_id = page.url.rpartition("/")[2]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(folder / "result.mp4")
    assert read_credentials(folder / "result.mp4").task_id == task_id
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy address").click()
    expect(page.get_by_text("The address is copied.")).to_be_visible()
    copied = cast("str", page.evaluate("navigator.clipboard.readText()"))
    assert re.fullmatch(rf"http://127\.0\.0\.1:{console.service.port}/files/.+", copied)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("The credentials are valid")).to_be_visible()
    page.get_by_role("link", name="Again with another photo").click()
    page.wait_for_url("**/#/analysis/*from=*")
    expect(page.get_by_role("img", name="Photo for Person 1")).to_be_visible()
