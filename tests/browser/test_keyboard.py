"""The way with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.console_world import Console, Media

_BUTTON = "document.activeElement.localName === 'button' ? document.activeElement.innerText : ''"


def test_a_swap_is_set_up_with_the_keyboard_alone(desktop: Console, media: Media) -> None:
    page, service = desktop.page, desktop.service
    desktop.go()
    expect(page.get_by_label("Your key")).to_be_focused()
    page.keyboard.type(service.secret)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New swap")).to_be_focused()
    _tab_to(page, "Choose a video")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(media.clip)
    expect(page.get_by_role("heading", name="People in the video")).to_be_focused()
    expect(page.get_by_role("heading", name="Person 1")).to_be_visible()
    _tab_to(page, "Choose a photo")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(media.photo)
    expect(page.get_by_text("Good photo", exact=True)).to_be_visible()
    tick = page.get_by_label("The person in this photo")
    for _ in range(12):
        page.keyboard.press("Tab")
        if tick.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Space")
    expect(tick).to_be_checked()
    small = page.get_by_label("480p")
    for _ in range(24):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type === 'radio'"):
            break
    page.keyboard.press("ArrowLeft")
    expect(small).to_be_checked()
    _tab_to(page, "Start the swap")
    expect(page.get_by_text("Enter your name.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your name")).to_be_focused()


def test_the_skip_link_leads_past_the_navigation(desktop: Console) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.go("new")
    expect(page.get_by_role("button", name="Choose a video")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose a video")).to_be_focused()
    assert page.url.endswith("#/new")


def test_the_theme_is_changed_and_kept(desktop: Console) -> None:
    page = desktop.page
    desktop.go()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    change = page.get_by_role("button", name="Theme")
    change.press("Enter")
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert page.evaluate(ground) == light
    change.press("Enter")
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert page.evaluate(ground) != light
    page.reload()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert page.evaluate(ground) != light


def _tab_to(page: Page, label: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if label in page.evaluate(_BUTTON):
            return
    raise AssertionError(f"the tab key does not lead to {label!r}")
