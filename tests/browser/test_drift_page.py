"""The pages of measured drift in a real browser: no rule of WCAG 2.2 AA broken, nothing refused, nothing off the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from consilience.domains.access.rules import Role
from tests.browser.gallery.watching import Watch
from tests.browser.test_pages import opened
from tests.flows.test_web_drift import Measured, a_table
from tests.harness.builders import a_person
from tests.harness.workspaces import Workspace


@pytest.mark.parametrize("mode", ["light", "dark", "narrow"])
def test_a_machine_finds_nothing_wrong_with_the_pages_of_drift(
    mode: str,
    workspace: Workspace,
    server: str,
    browser: Browser,
) -> None:
    measured = Measured()
    row = measured.record(a_table(0, seed=1), a_table(7_000, seed=2))
    page = opened(
        browser, server, mode, a_person("Edda Roth", functions=["ethics"], roles=[Role.REVIEWER, Role.AUDITOR])
    )
    watch = Watch(page)
    for address in (f"/evidence/{row.urn}", "/releases/lending/credit-risk@1/operation"):
        page.goto(address)
        watch.look(address)
        if "evidence" in address:
            assert page.locator(".bars svg").count() == 2
    assert watch.wrong == []
