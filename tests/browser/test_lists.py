"""The console's lists of swaps and videos: searched, kept up to date, cancelled, deleted."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from headswap.jobs import endings, queue
from headswap.store.tables import SwapTask
from tests.api_world import Api
from tests.console_world import SCREENS, Screen, Stand, opened

pytest_plugins = ["tests.service_databases", "tests.api_server"]

PARTY = "https://videos.example/Summer%20party.mp4"
TALK = "https://videos.example/talk.mp4"


def picture(colour: tuple[int, int, int]) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(stream, format="PNG")
    return stream.getvalue()


def stocked(api: Api) -> None:
    """Two videos, each with a swap: one at work, one done."""
    now = api.clock.now_ms
    for at, url in enumerate((PARTY, TALK)):
        video = api.world.analysed(url, now_ms=now + at)
        for obj_id in (0, 1):
            key = f"analyses/{video.id}/subject_{obj_id}.png"
            api.services.blobs.put(key, picture((90, 60 + 90 * obj_id, 120)))
        task = api.world.created(video_url=url, now_ms=now + at)
        claim = api.world.claimed(task.id)
        key = f"tasks/{task.id}/frame-1.jpg"
        api.services.blobs.put(key, picture((200, 60, 120)))
        with api.services.db.write() as s:
            assert queue.show_frame(s, claim, key)
            assert queue.extend(s, claim, now, 40, 12)
            if url == TALK:
                output = f"tasks/{task.id}/output.mp4"
                assert endings.finish_task(s, api.services.settings, claim, output, None, now)


@pytest.mark.parametrize("screen", SCREENS)
def test_swaps_are_searched_cancelled_and_deleted(
    browser: Browser, api: Api, screen: Screen
) -> None:
    stocked(api)
    with opened(browser, Stand.of(api), screen) as console:
        page = console.page
        console.sign_in()
        console.go("tasks")
        rows = page.get_by_role("list", name="swaps").get_by_role("listitem")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("talk.mp4")
        expect(rows.first).to_contain_text("Done")
        expect(rows.nth(1)).to_contain_text("about 12 s left")
        expect(page.get_by_role("progressbar", name="Progress of Summer")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("[...document.images].every((one) => one.naturalWidth === 64)")
        console.check()
        # What is looked for stays in the address.
        page.get_by_label("Search swaps").fill("summer party")
        expect(rows).to_have_count(1)
        page.reload()
        expect(rows).to_have_count(1)
        page.get_by_role("button", name="Cancel Summer party.mp4").click()
        page.get_by_role("button", name="Cancel the swap").click()
        expect(page.get_by_text("The swap is being cancelled.")).to_be_attached()
        page.get_by_label("Search swaps").fill("nothing like it")
        expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
        page.get_by_role("button", name="Show all").click()
        page.get_by_label("Status").select_option("Done")
        expect(rows).to_have_count(1)
        # With the keyboard alone.
        delete = page.get_by_role("button", name="Delete talk.mp4")
        delete.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(delete).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Delete it").press("Enter")
        expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
        expect(page.get_by_label("Search swaps")).to_be_focused()
        console.check()
    tasks = api.get("/api/console/tasks")["data"]["result"]
    assert [task["name"] for task in tasks] == ["Summer party.mp4"]


def test_a_list_follows_the_work(browser: Browser, api: Api) -> None:
    stocked(api)
    with opened(browser, Stand.of(api), "desktop") as console:
        page = console.page
        console.sign_in()
        console.go("tasks?status=2")
        link = page.get_by_role("link", name="Summer party.mp4")
        link.focus()
        (running,) = api.get("/api/console/tasks", status=2)["data"]["result"]
        with api.services.db.write() as s:
            task = s.get_one(SwapTask, running["_id"])
            task.progress = 70
        bar = page.get_by_role("progressbar", name="Progress of Summer")
        expect(bar).to_have_attribute("aria-valuenow", "70")
        expect(link).to_be_focused()


def test_videos_are_deleted_unless_swaps_need_them(browser: Browser, api: Api) -> None:
    stocked(api)
    api.world.submitted("https://videos.example/new.mp4", now_ms=api.clock.now_ms + 9)
    with opened(browser, Stand.of(api), "phone") as console:
        page = console.page
        console.sign_in()
        console.go("analyses")
        rows = page.get_by_role("list", name="videos").get_by_role("listitem")
        expect(rows).to_have_count(3)
        expect(rows.first).to_contain_text("Waiting")
        expect(rows.nth(1)).to_contain_text("2 people")
        console.check()
        page.get_by_role("button", name="Delete new.mp4").click()
        page.get_by_role("button", name="Delete it").click()
        expect(rows).to_have_count(2)
        page.get_by_role("button", name="Delete talk.mp4").click()
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_text("Swaps were made with it")).to_be_visible()
        page.get_by_role("button", name="Show the swaps").click()
        expect(page.get_by_role("heading", name="Swaps")).to_be_visible()
        expect(page.get_by_role("listitem")).to_have_count(1)


def test_empty_lists_say_what_to_do(browser: Browser, api: Api) -> None:
    with opened(browser, Stand.of(api), "desktop") as console:
        console.sign_in()
        for place, says in (("tasks", "No swaps yet"), ("analyses", "No videos yet")):
            console.go(place)
            expect(console.page.get_by_role("heading", name=says)).to_be_visible()
            console.check()
