"""Deciding on the web: log in, see what waits, decide on exactly what was shown, see it stand, look again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.queries import system_by_urn
from consilience.domains.inventory.rules import DataTerms
from consilience.domains.people import actions as people
from consilience.domains.policy import actions as policies
from consilience.domains.policy import document
from consilience.domains.release.models import Release
from consilience.domains.review import actions as review
from consilience.domains.review.models import SignOff
from consilience.domains.review.rules import Verdict
from tests.harness.builders import (
    PASSWORD,
    Someone,
    a_dataset_version,
    a_model,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_administrator,
    as_of,
    later,
    operator,
    some_evidence,
)
from tests.harness.workspaces import Workspace


class Story:
    """A release to operation under the starter policies, an ethicist, its author."""

    def __init__(self) -> None:
        self.eve, self.edda = a_person("Eve Engineer"), a_person("Edda Roth", functions=["ethics"])
        self.paula = a_person("Paula Lind", functions=["product"])
        texts = document.starter_texts()
        ethics = policies.propose(actor=self.paula.actor, text=texts["ethics.yaml"], now=later())
        policies.publish(actor=self.edda.actor, proposal=ethics.urn, in_force_from=None, now=later())
        system = a_system("lending", owner=self.paula)
        self.version = a_version(self.eve, model=a_model("credit-risk", systems=[system]))
        some_evidence(self.version, "red_team_report")
        self.release: Release = a_release(version=self.version)

    @property
    def address(self) -> str:
        return reverse("release", args=["lending", "credit-risk@1", "operation"])

    def sign(self, function: str = "ethics") -> str:
        return reverse("sign", args=["lending", "credit-risk@1", "operation", function])


@pytest.fixture
def story(workspace: Workspace) -> Story:
    return Story()


def hidden(client: Client, address: str) -> dict[str, str]:
    """What the form on this page sends by itself."""
    page = client.get(address).content.decode()
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return {name: value for name, value in found.items() if name != "csrfmiddlewaretoken"}


def decide(client: Client, address: str, verdict: str, reasons: str = "The evidence supports it.", **more: str) -> Any:
    return client.post(address, hidden(client, address) | {"verdict": verdict, "reasons": reasons} | more, follow=True)


def log_in(client: Client, someone: Someone) -> Any:
    return client.post("/accounts/login/", {"login": someone.email, "password": PASSWORD}, follow=True)


def test_somebody_logs_in_decides_and_sees_the_decision_stand(story: Story, client: Client) -> None:
    home = log_in(client, story.edda).content.decode()
    assert "Decide for Ethics" in home
    assert story.sign() in home
    done = decide(client, story.sign(), "approve")
    assert done.redirect_chain == [(story.address, 302)]
    page = done.content.decode()
    row = SignOff.objects.get()
    assert (row.person, row.verdict) == (story.edda.urn, "approve")
    assert f"recorded as entry #{row.position:,}" in page
    assert "The evidence supports it." in page
    assert "Approved" in page
    assert "Nothing waits for you" in client.get("/").content.decode()


def test_a_wrong_password_is_said_and_logs_nobody_in(story: Story, client: Client) -> None:
    response = client.post("/accounts/login/", {"login": story.edda.email, "password": "wrong"})
    assert b"not correct" in response.content
    assert client.get("/").status_code == 302


def test_a_changed_facet_shows_what_changed_and_asks_again(story: Story, client: Client) -> None:
    client.force_login(story.edda.account)
    seen = hidden(client, story.sign())
    some_evidence(story.version, "impact_assessment")
    response = client.post(story.sign(), seen | {"verdict": "approve", "reasons": "It was fine."})
    page = response.content.decode()
    assert response.status_code == 422
    assert not SignOff.objects.exists()
    assert "has changed since you looked" in page
    assert "New since" in page
    assert "It was fine." in page
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert again["seen"] != seen["seen"]
    again.pop("csrfmiddlewaretoken", None)
    assert client.post(story.sign(), again | {"verdict": "object", "reasons": "Now I see more."}).status_code == 302
    assert SignOff.objects.get().verdict == "object"


def test_new_evidence_makes_the_decision_stale_and_the_home_page_says_why(story: Story, client: Client) -> None:
    a_sign_off(by=story.edda, release=story.release, function="ethics")
    client.force_login(story.edda.account)
    assert "Look again" not in client.get("/").content.decode()
    some_evidence(story.version, "impact_assessment", fields={"title": "Impact, edition 2", "document": "…"})
    home = client.get("/").content.decode()
    assert "Look again" in home
    assert "Impact assessment" in home
    assert "Impact, edition 2" in home
    release = client.get(story.address).content.decode()
    assert "Changed since the decision" in release


def test_corrected_terms_of_the_data_it_was_measured_on_bring_the_decision_back_to_the_home_page(
    story: Story, client: Client
) -> None:
    panel = a_dataset_version("panel", systems=[system_by_urn(story.release.system, as_of())])
    some_evidence(story.version, "evaluation", method="holdout", fields={"rows": 10}, dataset=panel)
    lena = a_person("Lena Legal", functions=["legal"])
    a_sign_off(by=lena, release=story.release, function="legal")
    client.force_login(lena.account)
    assert "Look again" not in client.get("/").content.decode()
    terms = DataTerms(provenance="bought", lawful_basis="contract", consent=False, jurisdictions=["DE"])
    inventory.correct_dataset_terms(
        actor=operator(), reference="panel@1", terms=terms, wrong_from_the_start=False, now=later()
    )
    assert "Look again" in client.get("/").content.decode()


def test_a_block_that_ended_leaves_its_author_to_decide(story: Story, client: Client) -> None:
    block = a_sign_off(by=story.edda, release=story.release, function="ethics", verdict=Verdict.BLOCK)
    client.force_login(story.edda.account)
    assert "Decide for Ethics" not in client.get("/").content.decode()
    review.end_block(actor=story.edda.actor, block=block.urn, reason="It was answered.", now=later())
    assert "Decide for Ethics" in client.get("/").content.decode()


def test_an_identical_run_makes_nothing_stale(story: Story, client: Client) -> None:
    fields = {"title": "Impact", "document": "The same."}
    some_evidence(story.version, "impact_assessment", fields=fields)
    a_sign_off(by=story.edda, release=story.release, function="ethics")
    some_evidence(story.version, "impact_assessment", fields=fields)
    client.force_login(story.edda.account)
    assert "Nothing waits for you" in client.get("/").content.decode()


def test_nobody_decides_on_work_of_their_own(story: Story, client: Client) -> None:
    people.hold(actor=operator(), person=story.eve.urn, function="ethics", until=None, now=later())
    client.force_login(story.eve.account)
    page = client.get(story.sign()).content.decode()
    assert "You are an author of this version" in page
    assert "Edda Roth can decide for Ethics" in page
    assert 'name="verdict"' not in page
    assert "Decide for Ethics" not in client.get("/").content.decode()


def test_a_refusal_stands_on_the_form_in_words_and_nothing_is_lost(story: Story, client: Client) -> None:
    client.force_login(story.paula.account)
    seen = hidden(client, story.sign("product"))
    response = client.post(story.sign("ethics"), seen | {"verdict": "approve", "reasons": "Mine."})
    assert response.status_code == 422
    assert b"You do not hold the function Ethics." in response.content
    assert not SignOff.objects.exists()


def test_reasons_and_a_verdict_are_asked_for_at_their_fields(story: Story, client: Client) -> None:
    client.force_login(story.edda.account)
    response = decide(client, story.sign(), "", "")
    page = response.content.decode()
    assert response.status_code == 422
    assert "Choose one." in page
    assert "a decision without reasons cannot be relied on later" in page


def test_conditions_need_text_owner_and_date(story: Story, client: Client) -> None:
    client.force_login(story.edda.account)
    rows = {"conditions-TOTAL_FORMS": "3", "conditions-INITIAL_FORMS": "0"}
    half = rows | {"conditions-0-text": "Explain the gap"}
    assert b"A condition needs all three." in decide(client, story.sign(), "approve_with_conditions", **half).content
    full = half | {"conditions-0-owner": story.eve.urn, "conditions-0-due_on": "2099-01-31"}
    done = decide(client, story.sign(), "approve_with_conditions", **full)
    assert b"Explain the gap" in done.content
    assert b"Eve Engineer" in done.content
    none = decide(client, story.sign(), "approve_with_conditions", **rows)
    assert b"name at least one" in none.content


def test_a_block_stands_first_on_the_page_and_its_author_withdraws_it(story: Story, client: Client) -> None:
    blocked = a_sign_off(
        by=story.edda, release=story.release, function="ethics", verdict=Verdict.BLOCK, reason="Unfair."
    )
    client.force_login(story.paula.account)
    page = client.get(story.address).content.decode()
    assert "A block of Ethics stands" in page
    assert "Unfair." in page
    ends = reverse("block_end", args=[blocked.urn])
    assert ends not in page
    refused = client.post(ends, {"reasons": "I want it gone."})
    assert refused.status_code == 422
    assert b"Only its author can withdraw this block" in refused.content
    client.force_login(story.edda.account)
    assert ends in client.get(story.address).content.decode()
    client.post(ends, {"reasons": "The gap is closed."})
    assert "A block of Ethics stands" not in client.get(story.address).content.decode()


def test_somebody_who_was_deactivated_is_logged_out_at_once(story: Story, client: Client) -> None:
    log_in(client, story.edda)
    people.deactivate(actor=an_administrator().actor, urn=story.edda.urn, now=later())
    response = client.get(story.address, follow=True)
    assert response.redirect_chain == [("/accounts/inactive/", 302)]
    assert "_auth_user_id" not in client.session
    assert b"account cannot log in" in response.content
