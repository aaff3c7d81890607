"""The five pages that people live on, in a real browser over real HTTP: somebody decides, and a machine looks at each.

Wrong is whatever axe-core finds of WCAG 2.2 AA, whatever the content security policy refuses, and text that runs off
the page; in light and dark colours and at 390 px.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from consilience.domains.access.rules import Role
from consilience.domains.policy import actions as policies
from consilience.domains.policy import document
from consilience.domains.review.models import SignOff
from consilience.domains.review.rules import Verdict
from tests.browser.gallery.shoot import MODES
from tests.browser.gallery.watching import Watch
from tests.harness.builders import (
    PASSWORD,
    Someone,
    a_condition,
    a_dataset_version,
    a_model,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    as_of,
    later,
    some_evidence,
)
from tests.harness.workspaces import Workspace

RELEASE = "/releases/lending/credit-risk@1/operation"
SIGN = f"{RELEASE}/sign/ethics"


@pytest.fixture
def edda(workspace: Workspace) -> Someone:
    """An ethicist who may read the record too, and a release that waits for her."""
    edda = a_person("Edda Roth", functions=["ethics"], roles=[Role.REVIEWER, Role.AUDITOR])
    paula = a_person("Paula Lind", functions=["product"])
    lars = a_person("Lars Dahl", functions=["legal"])
    proposal = policies.propose(actor=paula.actor, text=document.starter_texts()["ethics.yaml"], now=later())
    policies.publish(actor=edda.actor, proposal=proposal.urn, in_force_from=None, now=later())
    system = a_system("lending", owner=paula)
    data = a_dataset_version("panel", systems=[system])
    version = a_version(model=a_model("credit-risk", systems=[system]), training=[data])
    some_evidence(version, "fairness_evaluation", method="holdout", dataset=data, fields=fairness())
    some_evidence(version, "evaluation", method="holdout", dataset=data, fields={"rows": 900, "roc_auc": figure(0.78)})
    release = a_release(version=version)
    a_sign_off(
        by=paula, release=release, function="product", verdict=Verdict.APPROVE_WITH_CONDITIONS,
        conditions=[a_condition(paula)],
    )  # fmt: skip
    a_sign_off(by=lars, release=release, function="legal", verdict=Verdict.OBJECT, reason="Who can be asked?")
    some_evidence(version, "success_criteria", method="agreed", fields={"criteria": []})
    assert as_of().known_at > 10
    return edda


def figure(value: float) -> dict[str, Any]:
    return {
        "value": value,
        "low": value - 0.02,
        "high": value + 0.02,
        "level": 0.95,
        "method": "wilson",
        "rows": 450,
        "reason": None,
    }


def fairness() -> dict[str, Any]:
    groups = [
        {"key": key, "values": [key], "rows": 450, "selection_rate": figure(rate), "fpr": figure(0.1)}
        for key, rate in (("female", 0.21), ("male", 0.24))
    ]
    gaps = {"selection_rate": figure(0.03), "fpr": figure(0.02), "fnr": None}
    return {"rows": 900, "attributes": [{"name": "sex", "attributes": ["sex"], "groups": groups, "gaps": gaps}]}


def opened(browser: Browser, server: str, mode: str, someone: Someone) -> Page:
    """A page on which somebody has just logged in."""
    page = browser.new_context(**MODES[mode], reduced_motion="reduce", base_url=server).new_page()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).fill(someone.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{server}/")
    return page


def test_somebody_logs_in_opens_the_release_decides_and_sees_it_stand(
    edda: Someone, server: str, browser: Browser
) -> None:
    page = opened(browser, server, "light", edda)
    assert page.get_by_role("link", name="Decide for Ethics").is_visible()
    page.get_by_role("link", name="Systems").first.click()
    page.get_by_role("link", name="Lending").first.click()
    page.get_by_role("link", name="credit-risk@1").first.click()
    page.wait_for_url(f"{server}{RELEASE}")
    page.get_by_role("link", name="Decide for Ethics").click()
    page.get_by_text("You looked and take no side").wait_for()
    page.get_by_label("Object", exact=False).first.check()
    page.get_by_label("Reasons").fill("The gap between the groups is not explained.")
    page.get_by_role("button", name="Record the decision of Ethics").click()
    page.wait_for_url(f"{server}{RELEASE}")
    card = page.locator("article", has=page.get_by_role("heading", name="Ethics"))
    assert "Objection" in card.inner_text()
    assert "The gap between the groups is not explained." in page.locator("main").inner_text()
    given = SignOff.objects.get(function="ethics")
    assert (given.person, given.verdict) == (edda.urn, "object")
    page.goto("/ledger")
    assert "Edda Roth objected for Ethics" in page.locator("main").inner_text()


@pytest.mark.parametrize("mode", ["light", "dark", "narrow"])
def test_a_machine_finds_nothing_wrong_with_the_five_pages(
    mode: str, edda: Someone, server: str, browser: Browser
) -> None:
    page = opened(browser, server, mode, edda)
    watch = Watch(page)
    for address in ("/", RELEASE, SIGN, "/ledger", "/accounts/login/"):
        if address == "/accounts/login/":
            page.context.clear_cookies()
        page.goto(address)
        watch.look(address)
    assert watch.wrong == []


def test_a_decision_can_be_recorded_without_any_script(edda: Someone, server: str, browser: Browser) -> None:
    page = opened(browser, server, "no-script", edda)
    page.goto(SIGN)
    page.get_by_label("Abstain").check()
    page.get_by_label("Reasons").fill("I looked and take no side.")
    page.get_by_role("button", name="Record the decision of Ethics").click()
    page.wait_for_url(f"{server}{RELEASE}")
    assert SignOff.objects.get(function="ethics").verdict == "abstain"
