"""What the pages do: without a script, with a keyboard alone, and with the few comforts that the script adds.

python -m tests.browser.gallery.behaviour
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.gallery.shoot import FLAGS, MODES, served

Check = Callable[[Browser, str], None]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


def opened(browser: Browser, address: str, mode: str) -> tuple[BrowserContext, Page]:
    context = browser.new_context(**MODES[mode])
    page = context.new_page()
    page.goto(address)
    return context, page


@check
def a_decision_can_be_sent_without_a_script(browser: Browser, base: str) -> None:
    context, page = opened(browser, f"{base}/signoff", "no-script")
    page.check("input[value=approve_with_conditions]")
    page.fill("textarea[name=reasons]", "The gap is explained.")
    page.fill("[name=conditions-0-text]", "Test the letter")
    page.fill("[name=conditions-0-owner]", "Research")
    page.fill("[name=conditions-0-due_on]", "2026-11-30")
    page.get_by_role("button", name="Record the decision of Ethics").click()
    sent = json.loads(page.inner_text("body"))
    assert sent["verdict"] == ["approve_with_conditions"], sent
    assert sent["conditions-0-text"] == ["Test the letter"], sent
    assert len(sent["seen"][0]) == 64, "the digest of what was seen goes along"
    context.close()


@check
def the_menu_of_a_narrow_screen_opens_without_a_script(browser: Browser, base: str) -> None:
    context, page = opened(browser, f"{base}/release", "no-script")
    link = page.locator("details.menu a", has_text="Policy library")
    assert not link.is_visible()
    page.click("details.menu summary")
    assert link.is_visible()
    link.click()
    assert page.url.endswith("/policies")
    context.close()


@check
def a_whole_digest_can_be_read_without_a_script(browser: Browser, base: str) -> None:
    context, page = opened(browser, f"{base}/release", "no-script")
    first = page.locator("details.digest").first
    first.locator("summary").click()
    assert len(first.locator("code").inner_text()) == 64
    assert not first.locator("button").is_visible(), "a button that needs a script stays hidden"
    context.close()


@check
def a_chosen_theme_is_remembered_and_forgotten(browser: Browser, base: str) -> None:
    context, page = opened(browser, f"{base}/systems", "light")
    page.click("[data-theme-switch]")
    page.goto(f"{base}/account-login")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.click("[data-theme-switch]")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme ?? ''") == "", "the choice of the system is no choice"
    context.close()


@check
def the_first_tab_leads_past_the_navigation(browser: Browser, base: str) -> None:
    context, page = opened(browser, f"{base}/release", "light")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    context.close()


@check
def every_stop_of_the_keyboard_shows_where_it_is(browser: Browser, base: str) -> None:
    for name in ("release", "signoff", "ledger", "account-login"):
        context, page = opened(browser, f"{base}/{name}", "light")
        for _stop in range(60):
            page.keyboard.press("Tab")
            seen = page.evaluate(
                "(() => { const at = document.activeElement, style = getComputedStyle(at);"
                " return at === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)"
                " || at.outerHTML.slice(0, 90); })()"
            )
            assert seen is True, f"{name}: no visible focus on {seen}"
        context.close()


@check
def a_refused_form_starts_at_its_list_of_errors(browser: Browser, base: str) -> None:
    context, page = opened(browser, f"{base}/form-refused", "light")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.click("[role=alert] a >> nth=1")
    assert page.evaluate("document.activeElement.name") == "purpose"
    context.close()


@check
def a_digest_is_copied_whole(browser: Browser, base: str) -> None:
    context, page = opened(browser, f"{base}/ledger-entry", "light")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("[data-copy]:visible").first
    button.click()
    assert page.evaluate("navigator.clipboard.readText()") == button.get_attribute("data-copy")
    assert button.locator("[role=status]").inner_text() == "Copied"
    context.close()


@check
def escape_closes_the_menu(browser: Browser, base: str) -> None:
    context, page = opened(browser, f"{base}/systems", "narrow")
    page.click("details.menu summary")
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('details.menu').open")
    context.close()


@check
def paper_shows_what_is_folded_on_the_screen(browser: Browser, base: str) -> None:
    context, page = opened(browser, f"{base}/release", "dark")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".reqs .more").first.is_visible()
    assert not page.locator(".side").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    context.close()


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.browser.gallery.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    wrong = 0
    with sync_playwright() as driver, served() as base:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for looked in CHECKS:
            try:
                looked(browser, base)
            except AssertionError as error:
                wrong += 1
                print(f"{looked.__name__.replace('_', ' ')}: no. {error}")
        browser.close()
    print(f"{len(CHECKS)} checks, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
