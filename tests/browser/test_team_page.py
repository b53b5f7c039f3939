"""The console's page of the team, part by part, and the check of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from headswap.jobs import outbox
from headswap.store.tables import AuditEntry, WebhookTry
from headswap.trust.credentials import sign_video
from headswap.trust.signer import Signer
from headswap.vision.store import ModelStore
from tests.api_world import Api
from tests.console_world import SCREENS, Console, Media, Screen, Stand, opened
from tests.joined_clips import remade
from tests.media_clips import make_clip
from tests.swap_statements import STATEMENT, TASK

pytest_plugins = ["tests.service_databases", "tests.api_server"]


@pytest.fixture
def console(browser: Browser, api: Api) -> Iterator[Console]:
    """The console on a desktop's screen, signed in."""
    with opened(browser, Stand.of(api), "desktop") as console:
        console.sign_in()
        yield console


@pytest.mark.parametrize("screen", SCREENS)
def test_consent_removal_and_label_are_chosen(browser: Browser, api: Api, screen: Screen) -> None:
    with opened(browser, Stand.of(api), screen) as console:
        page = console.page
        console.sign_in()
        console.go("team")
        consent = page.get_by_role("region", name="Consent for all swaps")
        # What the environment of the tests states for a new team.
        expect(consent).to_contain_text("The tests stated it on")
        consent.get_by_role("button", name="Withdraw").click()
        page.get_by_role("button", name="Withdraw it").click()
        expect(consent).to_contain_text("Nothing is stated")
        consent.get_by_label("Who states it").fill("Anna Berg")
        consent.get_by_label("What is stated").fill("no")
        consent.get_by_role("button", name="State it").click()
        expect(consent).to_contain_text("must say that the people shown agreed")
        consent.get_by_label("What is stated").fill("Everybody shown agrees")
        consent.get_by_label("What for").fill("our trailers")
        page.keyboard.press("Enter")
        expect(consent).to_contain_text("Anna Berg stated it on")
        expect(consent.get_by_role("heading")).to_be_focused()
        page.get_by_label("As soon as a swap ends").check()
        page.get_by_role("region", name="Videos and photos").get_by_role("button").click()
        expect(page.get_by_text("Saved.")).to_be_attached()
        label = page.get_by_role("region", name="Visible label")
        label.get_by_label("Text").fill("\N{GRINNING FACE}")
        label.get_by_role("button", name="Save").click()
        expect(label).to_contain_text("label cannot be drawn")
        console.check()
        label.get_by_label("Text").fill("Made with AI")
        label.get_by_role("button", name="Save").click()
        expect(label.get_by_role("heading")).to_be_focused()
        page.reload()
        expect(label.get_by_label("Text")).to_have_value("Made with AI")
        expect(page.get_by_label("As soon as a swap ends")).to_be_checked()
    team = api.get("/api/console/team")["data"]
    assert (team["consent"]["scope"], team["sources"]) == ("our trailers", "task-end")


def test_every_movement_of_credits_is_shown(browser: Browser, api: Api) -> None:
    api.analysed()
    for _ in range(7):
        api.world.finished(api.world.created().id)
    with opened(browser, Stand.of(api), "phone") as console:
        page = console.page
        console.sign_in()
        console.go("team/credits")
        expect(page.get_by_text("895 credits left")).to_be_visible()
        expect(page.get_by_role("row")).to_have_count(16)
        expect(page.get_by_text("Granted")).to_be_visible()
        console.check()


def test_a_key_is_made_shown_once_and_revoked(console: Console, api: Api) -> None:
    page = console.page
    console.go("team/keys")
    page.get_by_role("button", name="Make a key").click()
    field = page.get_by_label("The new key")
    expect(field).to_be_focused()
    secret = field.input_value()
    assert len(secret) == 32
    console.check()
    page.get_by_role("button", name="I have kept it").click()
    expect(field).to_have_count(0)
    page.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("Revoked", exact=True)).to_be_visible()
    # The own one asks twice.
    page.get_by_role("button", name="Revoke my key").click()
    page.get_by_role("button", name="Revoke it").click()
    page.get_by_role("button", name="No, go back").click()
    expect(page.get_by_text("In use by you")).to_be_visible()
    page.get_by_role("button", name="Revoke my key").click()
    page.get_by_role("button", name="Revoke it").click()
    page.get_by_role("button", name="Revoke my own key").click()
    expect(page.get_by_text("You revoked the key")).to_be_visible()
    assert api.get("/api/console/team")["code"] == 1101


def test_webhooks_show_what_was_sent_and_answered(browser: Browser, api: Api) -> None:
    task = api.finished(webhookUrl="https://h.example/hook")
    with api.services.db.write() as s:
        ((message, _),) = outbox.messages_of(s, task.id)
        message.state, message.tries = outbox.GIVEN_UP, 1
        sent = WebhookTry(message_id=message.id, number=1, time=5, took_ms=80, answer="too busy")
        sent.http_status = 503
        s.add(sent)
    with opened(browser, Stand.of(api), "phone") as console:
        page = console.page
        console.sign_in()
        console.go("team/webhooks")
        expect(page.get_by_text("Given up")).to_be_visible()
        expect(page.get_by_text("too busy")).to_be_visible()
        page.get_by_text("What it says").click()
        expect(page.locator(".message pre")).to_contain_text(f'"_id": "{task.id}"')
        console.check()
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_text("Waiting")).to_be_visible()


def test_the_trail_is_shown_and_checked(console: Console, api: Api) -> None:
    page = console.page
    api.post("/api/console/keys/create", {})
    console.go("team/audit")
    expect(page.get_by_role("cell", name="Key made")).to_have_count(2)
    page.get_by_role("button", name="Check that it is whole").click()
    expect(page.get_by_text("The trail is whole")).to_be_visible()
    console.check()
    with api.services.db.write() as s:
        entry = s.get_one(AuditEntry, max(one.seq for one in api.world.rows(AuditEntry)))
        was, entry.actor = entry.actor, "nobody"
    page.get_by_role("button", name="Check that it is whole").click()
    expect(page.get_by_text("The trail is not whole")).to_be_visible()
    with api.services.db.write() as s:
        s.get_one(AuditEntry, entry.seq).actor = was


def test_a_person_is_protected_and_taken_off_again(
    browser: Browser, api: Api, core_pack: ModelStore, media: Media
) -> None:
    with opened(browser, Stand.of(api), "phone") as console:
        page = console.page
        console.sign_in()
        console.go("team/protected")
        expect(page.get_by_text("Nobody is on the list")).to_be_visible()
        name = page.get_by_label("Name on the list")
        page.set_input_files("input[type=file]", media.blank)
        expect(name).to_be_focused()
        name.fill("E. B.")
        page.set_input_files("input[type=file]", media.blank)
        expect(page.get_by_text("No face was found.")).to_be_visible()
        page.set_input_files("input[type=file]", media.photo)
        expect(page.get_by_role("cell", name="E. B.")).to_be_visible()
        console.check()
        page.get_by_role("button", name="Take off").click()
        page.get_by_role("dialog").get_by_role("button", name="Take off").click()
        expect(page.get_by_text("Nobody is on the list")).to_be_visible()


def test_a_file_tells_what_it_says_of_itself(console: Console, tmp_path: Path) -> None:
    page = console.page
    result = remade(make_clip(tmp_path, "plain"), tmp_path / "result.mp4")
    sign_video(result, STATEMENT, Signer.open("", "", tmp_path / "data"))
    console.go("verify")
    expect(page.get_by_role("heading", name="Verify")).to_be_visible()
    console.drop(".drop", result, "video/mp4")
    found = page.get_by_role("region", name="What was found")
    expect(found).to_contain_text("Valid")
    expect(found).to_contain_text(TASK)
    # Another team's, or another server's: there is nothing to be opened.
    expect(found.get_by_role("link")).to_have_count(0)
    console.check()
    changed = bytearray(result.read_bytes())
    changed[-9] ^= 1
    result.write_bytes(changed)
    page.set_input_files("input[type=file]", result)
    expect(found).to_contain_text("Broken")
    (tmp_path / "text.mp4").write_text("no video")
    page.set_input_files("input[type=file]", tmp_path / "text.mp4")
    expect(page.get_by_text("file is no video or image")).to_be_visible()
