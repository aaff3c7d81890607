"""The pages of comparisons, validations, segments and windows in a real browser: no rule of WCAG 2.2 AA broken, nothing off the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from consilience.domains.access.rules import Role
from tests.browser.gallery.watching import Watch
from tests.browser.test_pages import opened
from tests.flows.test_api_measurements import CONTRACT
from tests.flows.test_web_measurements import Recorded
from tests.harness.builders import a_person
from tests.harness.workspaces import Workspace

COMPUTE = "/versions/credit-risk@2/compute"


@pytest.mark.parametrize("mode", ["light", "dark", "narrow"])
def test_a_machine_finds_nothing_wrong_with_the_pages_of_measurements(
    mode: str, workspace: Workspace, server: str, browser: Browser, tmp_path: Path
) -> None:
    recorded = Recorded(tmp_path)
    page = opened(browser, server, mode, a_person("Eve Engineer", roles=[Role.ENGINEER]))
    watch = Watch(page)
    pages = {kind: f"/evidence/{urn}" for kind, urn in recorded.urns.items()}
    pages |= {
        f"form of {kind}": f"{COMPUTE}?what={kind}"
        for kind in ("drift_evaluation", "comparison_evaluation", "data_validation")
    }
    for kind, address in [*pages.items(), ("choice", COMPUTE)]:
        page.goto(address)
        watch.look(kind)
        assert page.locator(".plot, .bars svg, main form").count() >= 1, kind
    assert watch.wrong == []


def test_a_form_that_takes_its_time_says_so_and_is_sent_once(
    workspace: Workspace, server: str, browser: Browser, tmp_path: Path
) -> None:
    Recorded(tmp_path)
    page = opened(browser, server, "light", a_person("Eve Engineer", roles=[Role.ENGINEER]))
    page.goto(f"{COMPUTE}?what=data_validation")
    page.get_by_label("Contract").fill(CONTRACT)
    waiting = page.locator("[data-waiting]")
    assert waiting.text_content() == ""
    page.evaluate(
        "document.querySelector('form[data-wait]').addEventListener('submit', (event) => event.preventDefault())"
    )
    page.get_by_role("button", name="Compute it").click()
    assert "Keep this page open" in (waiting.text_content() or "")
    page.goto(f"{COMPUTE}?what=data_validation")
    page.get_by_label("Contract").fill(CONTRACT)
    page.get_by_role("button", name="Compute it").dblclick()
    page.wait_for_url(f"{server}/evidence/**")
    page.get_by_text("The data break the contract").wait_for()
    assert page.get_by_text("2 times").count() == 1  # once before, and once by the form
