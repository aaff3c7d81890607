"""Requirement templates through the API, the command line and the pages: tried on releases, proposed, published."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.ledger import log
from consilience.domains.policy import actions, queries
from consilience.domains.policy.models import PolicyProposal
from tests.harness.api import as_
from tests.harness.builders import a_person, a_system, as_of, later
from tests.harness.credit import Credit, credit
from tests.harness.workspaces import Workspace


@pytest.fixture
def story(workspace: Workspace) -> Credit:
    return credit()


def test_filling_in_shows_words_rule_and_verdicts_and_records_nothing(story: Credit) -> None:
    caller = as_(story.author)
    before = log.size()
    listed = caller.get("/requirement-templates").said
    assert {one["id"] for one in listed["items"]} >= {"fairness-gap", "performance-floor"}
    said = caller.post("/requirement-templates/performance-floor/fill", {"values": {"floor": 0.99, "rows": 2}}).said
    assert said["title"]["en"] == "The area under the ROC curve is at least 99%"
    [verdict] = said["verdicts"]
    assert (verdict["release"], verdict["outcome"]) == ("lending/credit-risk@1", "unsatisfied")
    low = caller.post("/requirement-templates/performance-floor/fill", {"values": {"floor": 0.01, "rows": 2}}).said
    assert low["verdicts"][0]["outcome"] == "satisfied"
    assert log.size() == before


def test_a_release_that_somebody_may_not_know_of_is_not_tried(story: Credit) -> None:
    stranger = a_person("Stranger", roles=[(Role.READER, a_system("elsewhere"))])
    answer = as_(stranger).post("/requirement-templates/performance-floor/fill", {"values": {}})
    assert answer.status == 200
    assert answer.said["verdicts"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"values": {"floor": 7}, "add_to": "model-quality"}, "floor"),
        ({"values": {}}, "one of the two"),
        (
            {"values": {}, "add_to": "fair-treatment", "new": {"slug": "x", "title": "X", "owner": "ethics"}},
            "one of the two",
        ),
    ],
)
def test_what_cannot_be_proposed_leaves_nothing(story: Credit, body: dict[str, Any], said: str) -> None:
    answer = as_(story.author).post("/requirement-templates/performance-floor/propose", body)
    assert answer.status in (400, 422)
    assert said in json.dumps(answer.said)
    assert not queries.open_proposals(as_of())


def test_it_is_proposed_as_part_of_a_policy_and_published_by_another(story: Credit) -> None:
    body = {"values": {"limit": 0.4}, "add_to": "fair-treatment"}
    made = as_(story.author).post("/requirement-templates/fairness-gap/propose", body).said
    actions.publish(actor=story.reviewers["ethics"].actor, proposal=made["urn"], in_force_from=None, now=later())
    ids = [one.id for one in queries.loaded(queries.policy("fair-treatment", as_of())).requirements]
    assert ids[-1] == "gap-in-tpr"
    outcome = next(one for one in story.assess().outcomes if one.requirement == "gap-in-tpr")
    assert "40%" in outcome.sentence()
    assert "40 %" in outcome.sentence("de")


def test_on_the_page_it_is_tried_and_proposed_as_a_new_policy(story: Credit, client: Client) -> None:
    client.force_login(story.reviewers["ethics"].account)
    listing = client.get("/requirement-templates?text=groups").content.decode()
    assert "Difference between groups" in listing
    assert "reaches a floor" not in listing
    assert "No template speaks of that" in client.get("/requirement-templates?text=unicorn").content.decode()
    address = reverse("requirement_template", args=["fairness-gap"])
    said = {"rate": "tpr", "limit": "0.2", "stages": ["operation"]}
    tried = client.post(address, said | {"do": "preview"}).content.decode()
    assert "at most 20%" in tried
    assert "lending/credit-risk@1" in tried
    part = client.post(reverse("requirement_preview", args=["fairness-gap"]), said | {"limit": "7"}).content.decode()
    assert "This cannot be" in part
    missing = client.post(address, said | {"do": "propose", "add_to": ""})
    assert missing.status_code == 422
    place = {"do": "propose", "add_to": "", "slug": "gaps", "title": "Gaps", "owner": "ethics"}
    client.post(address, said | place)
    row = PolicyProposal.objects.get(slug="gaps")
    assert "limit: 0.2" in row.body["text"]


def test_whoever_may_not_propose_may_try(story: Credit, client: Client) -> None:
    reader = a_person("Rita", roles=[Role.READER])
    client.force_login(reader.account)
    address = reverse("requirement_template", args=["fairness-gap"])
    page = client.get(address).content.decode()
    assert "Engineers and reviewers propose policies" in page
    place = {"do": "propose", "add_to": "fair-treatment", "rate": "tpr", "limit": "0.2", "stages": ["operation"]}
    assert client.post(address, place).status_code == 403
    assert not queries.open_proposals(as_of())


def test_sentences_are_told_of_examples_and_show_no_gap(story: Credit) -> None:
    caller = as_(story.reviewers["legal"])
    said = caller.post("/requirement-templates/four-fifths/fill", {"values": {}, "verdicts": False}).said["sentences"]
    assert set(said["en"]) == set(said["de"]) == {"satisfied", "unsatisfied", "no_evidence", "not_applicable"}
    assert not any("{" in sentence for one in said.values() for sentence in one.values())
    assert '"female"' in said["en"]["unsatisfied"]
