"""What the tests of signing share: a release that waits for somebody, their page, their passkey."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from consilience.domains.keys.models import Key
from consilience.domains.release.models import Release
from tests.browser.authenticators import Authenticator
from tests.browser.gallery.shoot import MODES
from tests.harness.builders import PASSWORD, Someone, a_model, a_person, a_release, a_system, a_version, some_evidence

RELEASE = "/releases/lending/credit-risk@1/operation"
SIGN = f"{RELEASE}/sign/ethics"
REASONS = "The evidence supports it.\nAnd the second line too."


@dataclass(frozen=True)
class Desk:
    """Somebody of ethics before a browser with an authenticator, and the release that waits for them."""

    edda: Someone
    release: Release
    address: str
    page: Page
    authenticator: Authenticator

    @classmethod
    def at(cls, browser: Browser, server: str, *, synced: bool = False, mode: str = "light") -> Desk:
        edda, release = a_person("Edda Roth", functions=["ethics"]), waiting_release()
        address = at_localhost(server)
        page = logged_in(browser, address, edda, mode)
        desk = cls(edda, release, address, page, Authenticator.beside(page, synced=synced))
        desk.add_passkey("Laptop")
        page.get_by_text("The passkey is bound to you").wait_for()
        return desk

    def add_passkey(self, name: str) -> None:
        add_passkey(self.page, name)

    def fill_in(self, verdict: str = "approve", way: str = "") -> None:
        self.page.goto(SIGN)
        self.page.locator(f"input[name=verdict][value={verdict}]").check()
        self.page.get_by_label("Reasons").fill(REASONS)
        if way:
            self.page.get_by_label("How you sign").select_option(label=way)

    def ask(self) -> None:
        self.page.get_by_role("button", name="Record the decision of Ethics").click()

    def read(self) -> str:
        """The text that the page shows for signing."""
        self.page.get_by_role("heading", name="Read and sign").wait_for()
        return self.page.locator("[data-shown]").inner_text()

    def sign(self) -> None:
        self.page.get_by_role("button", name="Sign with").click()

    @property
    def key(self) -> Key:
        return Key.objects.filter(holder=self.edda.urn).order_by("position")[0]


def waiting_release() -> Release:
    system = a_system("lending")
    version = a_version(model=a_model("credit-risk", systems=[system]))
    some_evidence(version, "red_team_report")
    return a_release(version=version)


def at_localhost(server: str) -> str:
    """The test's server under the only name for which a browser makes passkeys without encryption."""
    return server.replace("127.0.0.1", "localhost")


def logged_in(browser: Browser, address: str, someone: Someone, mode: str = "light") -> Page:
    page = browser.new_context(**MODES[mode], base_url=address, reduced_motion="reduce").new_page()
    page.set_default_timeout(25_000)
    page.set_default_navigation_timeout(120_000)  # the first page of a process waits until every other one is loaded
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).fill(someone.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/")
    return page


def add_passkey(page: Page, name: str = "Laptop") -> None:
    page.goto("/keys")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("What do you call it?").fill(name)
    page.get_by_role("button", name="Make the passkey").click()
