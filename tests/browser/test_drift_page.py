"""The pages of measured drift in a real browser: no rule of WCAG 2.2 AA broken, nothing refused, nothing off the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from consilience.domains.access.rules import Role
from tests.browser.gallery import axe
from tests.browser.gallery.shoot import LAYOUT
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
    source = axe.source()
    if source is None:
        pytest.skip("axe-core is not here, and npm cannot fetch it")
    measured = Measured()
    row = measured.record(a_table(0, seed=1), a_table(7_000, seed=2))
    page = opened(
        browser, server, mode, a_person("Edda Roth", functions=["ethics"], roles=[Role.REVIEWER, Role.AUDITOR])
    )
    wrong: list[str] = []
    page.on(
        "console", lambda said: wrong.append(f"console: {said.text}") if said.type in ("error", "warning") else None
    )
    for address in (f"/evidence/{row.urn}", "/releases/lending/credit-risk@1/operation"):
        page.goto(address)
        page.evaluate("document.fonts.ready")
        wrong += [f"{address}: {found}" for found in page.evaluate(LAYOUT)]
        page.evaluate(source)
        ran = page.evaluate("options => axe.run(document, options)", {"runOnly": {"type": "tag", "values": axe.TAGS}})
        wrong += [f"{address}: axe {one['id']}: {one['nodes'][0]['html'][:160]}" for one in ran["violations"]]
        if "evidence" in address:
            assert page.locator(".bars svg").count() == 2
    assert wrong == []
