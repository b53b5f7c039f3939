"""What goes wrong is told in words that a person can act on, and a lost server is waited for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from headswap.cli.main import main
from tests.console_world import Console, Media, opened
from tests.service_process import Service

_LOST = "net::ERR_"


def test_a_wrong_key_is_refused_with_what_to_do(desktop: Console) -> None:
    page = desktop.page
    desktop.go()
    key = page.get_by_label("Your key")
    for wrong, says in (
        ("", "Enter your key."),
        ("schlüssel", "A key has no such characters"),
        ("0" * 32, "This key is wrong, or it has been revoked."),
    ):
        key.fill(wrong)
        page.keyboard.press("Enter")
        expect(page.get_by_text(says)).to_be_visible()
        expect(key).to_have_attribute("aria-invalid", "true")
    desktop.check()


def test_a_key_that_is_revoked_meanwhile_leads_back_to_the_sign_in(
    desktop: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    service, page = desktop.service, desktop.page
    data = ["--data", str(service.data)]
    capsys.readouterr()
    assert main(["key", "create", "--team", service.team_id, "--json", *data]) == 0
    made = json.loads(capsys.readouterr().out)
    desktop.sign_in(made["key"])
    desktop.go()
    expect(page.get_by_role("heading", name="New swap")).to_be_visible()
    assert main(["key", "revoke", made["client_id"], *data]) == 0
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("it has been revoked")).to_be_visible()


def test_a_video_without_people_says_what_to_use_instead(phone: Console, media: Media) -> None:
    page = phone.page
    phone.sign_in()
    phone.go("new")
    page.set_input_files("input[type=file]", media.empty)
    expect(page.get_by_role("heading", name="No person was found")).to_be_visible()
    expect(page.get_by_text("Use a video in which a face can be seen")).to_be_visible()
    phone.check()
    page.get_by_role("link", name="Use another video").click()
    expect(page.get_by_role("heading", name="New swap")).to_be_visible()


def test_what_is_no_video_is_refused_before_it_is_sent(desktop: Console, media: Media) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.go("new")
    page.set_input_files("input[type=file]", media.photo)
    expect(page.get_by_text("This is a picture. First choose a video")).to_be_visible()
    page.get_by_label("Address of a video").fill("film.mp4")
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_text("begins with http:// or https://")).to_be_visible()
    desktop.check()


def test_a_bad_photo_is_told_at_once_and_cannot_be_started_with(
    desktop: Console, media: Media
) -> None:
    page, service = desktop.page, desktop.service
    analysis = service.analysed(service.upload(media.clip))
    desktop.sign_in()
    desktop.go(f"analysis/{analysis['_id']}")
    page.set_input_files(".slot input[type=file]", media.blank)
    expect(page.get_by_text("Cannot be used", exact=True)).to_be_visible()
    expect(page.get_by_text("No face was found.")).to_be_visible()
    desktop.check()
    page.get_by_role("button", name="Start the swap").press("Enter")
    expect(page.get_by_text("The photo for Person 1 cannot be used")).to_be_visible()
    assert "/analysis/" in page.url
    page.get_by_role("button", name="Remove the photo of Person 1").click()
    expect(page.get_by_role("button", name="Choose a photo")).to_be_focused()


def test_a_team_without_credits_is_told_what_it_lacks(
    phone: Console, media: Media, capsys: pytest.CaptureFixture[str]
) -> None:
    service, page = phone.service, phone.page
    data = ["--data", str(service.data)]
    capsys.readouterr()
    assert main(["team", "create", "Poor", "--json", *data]) == 0
    team_id = json.loads(capsys.readouterr().out)["team_id"]
    assert main(["team", "consent", team_id, "--by", "Anna", "they agreed; for us", *data]) == 0
    capsys.readouterr()
    assert main(["key", "create", "--team", team_id, "--json", *data]) == 0
    key = json.loads(capsys.readouterr().out)["key"]
    phone.sign_in(key)
    phone.go("new")
    page.set_input_files("input[type=file]", media.clip)
    page.wait_for_url("**/#/analysis/*")
    page.set_input_files(".slot input[type=file]", media.photo)
    expect(page.get_by_text("Agreed, as Anna stated for the team")).to_be_visible()
    expect(page.get_by_text("Not enough credits")).to_be_visible()
    expect(page.get_by_text("This costs 1.5 credits, the team has 0.")).to_be_visible()
    start = page.get_by_role("button", name="Start the swap")
    expect(start).to_have_attribute("aria-disabled", "true")
    phone.check()


def test_a_swap_is_cancelled_after_a_question(phone: Console, media: Media) -> None:
    page = phone.page
    phone.sign_in()
    phone.go(f"task/{_begun(phone.service, media.film, media)}")
    cancel = page.get_by_role("button", name="Cancel")
    cancel.click()
    expect(page.get_by_role("dialog", name="Cancel this swap?")).to_be_visible()
    phone.check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(cancel).to_be_focused()
    cancel.click()
    page.get_by_role("button", name="Cancel the swap").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(page.get_by_role("link", name="Try again")).to_be_visible()
    phone.check()


def _begun(service: Service, video: Path, media: Media) -> str:
    """The id of a new task."""
    url, photo = service.upload(video), service.upload(media.photo)
    service.analysed(url)
    mapping = {"obj_id": 0, "img_url": photo, "consent": "Anna: they agreed"}
    return str(service.created(url, "", mappings=[mapping])["data"]["_id"])


def test_a_page_finds_back_to_its_task_when_the_server_is_started_again(
    browser: Browser, service: Service, media: Media
) -> None:
    with opened(browser, service, "desktop") as console:
        page = console.page
        console.sign_in()
        console.go(f"task/{_begun(service, media.clip, media)}")
        expect(page.get_by_role("progressbar")).to_be_visible()
        service.kill()
        expect(page.get_by_text("The server does not answer.")).to_be_visible()
        console.check()
        service.start()
        expect(page.get_by_role("link", name="Download")).to_be_visible()
        expect(page.get_by_text("The server does not answer.")).to_be_hidden()
        # The browser notes every request that found nobody.
        console.faults[:] = [one for one in console.faults if _LOST not in one]
