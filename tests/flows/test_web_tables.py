"""Decision tables, tiers and starter sets in the browser's pages."""

from __future__ import annotations

from django.test import Client as Browser

from consilience.domains.policy.models import PolicyProposal
from tests.flows.test_tiering import a_sorter, correct, publish
from tests.harness.builders import a_person
from tests.harness.workspaces import Workspace


def logged_in(function: str = "legal") -> Browser:
    browser = Browser()
    browser.force_login(a_person(functions=[function]).account)
    return browser


def page(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return str(answer.content.decode())


def test_a_starter_set_is_proposed_from_its_page(workspace: Workspace) -> None:
    browser = logged_in()
    assert "By risk tier" in page(browser, "/starter-sets")
    answer = browser.post("/starter-sets/by-tier/risk-tiering/propose", follow=True)
    assert PolicyProposal.objects.get().slug == "risk-tiering"
    assert "How risky a system is" in answer.content.decode()
    assert browser.post("/starter-sets/by-tier/nothing/propose").status_code == 404


def test_the_table_marks_the_row_that_fires_for_a_system(workspace: Workspace) -> None:
    publish("risk-tiering")
    browser, system = logged_in(), a_sorter(use="hiring")
    said = page(browser, f"/policies/risk-tiering/tables/tier?system={system.slug}")
    assert said.count('class="fired"') == 1
    assert "row advises-on-few-lives" in said
    assert "used in the EU is no, asked is yes" in said
    assert 'class="fired"' not in page(browser, "/policies/risk-tiering/tables/tier")
    assert browser.get("/policies/risk-tiering/tables/none").status_code == 404


def test_trying_a_table_answers_for_what_is_filled_in(workspace: Workspace) -> None:
    publish("risk-tiering")
    browser, address = logged_in(), "/policies/risk-tiering/tables/tier"
    said = browser.post(f"{address}/try", {"in_0": "credit_scoring", "in_1": "true"}).content.decode()
    assert "row annex-iii" in said
    assert "<html" not in said
    said = browser.post(f"{address}/try", {"in_0": "credit_scoring"}).content.decode()
    assert "It cannot tell yet." in said
    assert "<li>used in the EU</li>" in said
    answer = browser.post(address, {"in_3": "many"})
    assert answer.status_code == 422
    assert "no whole number" in answer.content.decode()


def test_the_page_of_a_system_says_its_tier_why_and_what_is_unknown(workspace: Workspace) -> None:
    system, browser = a_sorter(use="hiring", tier="limited"), logged_in()
    assert "no published table decides the tier" in page(browser, f"/systems/{system.slug}")
    publish("risk-tiering")
    said = page(browser, f"/systems/{system.slug}")
    assert "It only advises, on fewer than a thousand people a year" in said
    correct(system, people_affected=None)
    said = page(browser, f"/systems/{system.slug}")
    assert "people affected in a year. It may turn out to be: limited risk, high risk." in said
    correct(system, people_affected=5_000)
    said = page(browser, f"/systems/{system.slug}")
    assert "Stated is limited risk, computed is high risk" in said
    assert "It was not known and is high risk" in said
    assert "People affected in a year: not known, now 5,000." in said
