"""Adopting a starter set: proposed at once, published by a second person, and the gate asks by it to the end."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from consilience.demo import training
from consilience.domains.access.rules import Role
from consilience.domains.content import actions as content
from consilience.domains.evidence import compute
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.models import System
from consilience.domains.policy import actions, queries
from consilience.domains.policy.models import PolicyProposal
from consilience.domains.policy.starter_sets import starter_sets
from consilience.kit import canonical
from consilience.kit.clock import now
from tests.harness.api import Caller, as_
from tests.harness.builders import Someone, a_model, a_person, as_of, later, operator
from tests.harness.credit import data
from tests.harness.workspaces import Workspace

FUNCTIONS = ("engineering", "product", "legal", "ethics")


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.said
    return answer.said


@pytest.fixture
def people(workspace: Workspace) -> dict[str, Someone]:
    return {function: a_person(f"Head of {function}", functions=[function]) for function in FUNCTIONS}


def adopt(name: str, people: dict[str, Someone]) -> list[dict[str, Any]]:
    """The set proposed by legal's head and published by the head of the function that owns each, or by product's."""
    made: list[dict[str, Any]] = good(as_(people["legal"]).post(f"/starter-sets/{name}/propose"))
    for one in made:
        owner = queries.proposal(one["urn"], as_of()).body["owner"]
        second = people["product" if owner == "legal" else owner]
        good(as_(second).post(f"/policies/proposals/{one['urn']}/publish"))
    return made


def a_system(caller: Caller, owner: Someone, **facts: Any) -> str:
    usual = {
        "name": "System", "jurisdictions": ["DE"], "audience": ["clerks"], "affected_groups": ["tenants"], "squad": "tools",
        "owner": owner.urn,
    }  # fmt: skip
    return str(good(caller.post("/systems", {**usual, **facts}))["slug"])


def a_version(caller: Caller, model: str, **said: Any) -> str:
    return str(good(caller.post(f"/models/{model}/versions", {"code_revision": "c0de", **said}))["reference"])


def attach(caller: Caller, version: str, kind: str, **fields: Any) -> None:
    subject = {"noun": "model-version", "reference": version}
    said = {"title": "A document", "document": "As written", "approved": True, **fields}
    good(caller.post("/evidence", {"kind": kind, "method": "document", "subject": subject, "fields": said}))


def sign(by: Someone, at: str, function: str) -> None:
    seen = next(one["digest"] for one in good(as_(by).get(at))["facets"] if one["function"] == function)
    body = {"function": function, "verdict": "approve", "reason": "It meets what we ask.", "seen": seen}
    good(as_(by).post(f"{at}/sign-offs", body))


def test_a_set_is_proposed_once_and_what_is_there_is_said(people: dict[str, Someone]) -> None:
    caller = as_(people["legal"])
    set_names = list(starter_sets()["marketing"].policies)
    made = good(caller.post("/starter-sets/marketing/propose"))
    assert [(one["policy"], one["state"], one["proposed_now"]) for one in made] == [
        (name, "proposed", True) for name in set_names
    ]
    again = good(caller.post("/starter-sets/marketing/propose"))
    assert [(one["state"], one["same"], one["proposed_now"]) for one in again] == [("proposed", True, False)] * len(
        made
    )
    assert PolicyProposal.objects.count() == len(made)
    texts = good(caller.get("/starter-sets/marketing"))["texts"]
    for one in made:
        assert queries.proposal(one["urn"], as_of()).body["text"] == texts[one["name"]]


def test_another_text_under_the_same_name_is_told_and_left_as_it_is(people: dict[str, Someone]) -> None:
    text = starter_sets()["marketing"].policies["marketing-legal"].replace("Marketing: legal agrees", "Our own")
    mine = actions.propose(actor=people["legal"].actor, text=text, now=later())
    actions.publish(actor=people["ethics"].actor, proposal=mine.urn, in_force_from=None, now=later())
    caller = as_(people["legal"])
    states = {one["policy"]: one for one in good(caller.get("/starter-sets/marketing"))["states"]}
    assert (states["marketing-legal"]["state"], states["marketing-legal"]["same"]) == ("published", False)
    assert (states["marketing-ethics"]["state"], states["marketing-ethics"]["version"]) == ("absent", None)
    good(caller.post("/starter-sets/marketing/propose"))
    assert queries.policy("marketing-legal", as_of()).body["text"] == text
    assert "marketing-legal" not in {row.slug for row in queries.open_proposals(as_of())}


def test_a_reader_sees_a_set_at_work_and_proposes_nothing(people: dict[str, Someone]) -> None:
    caller = as_(a_person("Reader", roles=[Role.READER]))
    passes, fails = good(caller.get("/starter-sets/hiring/worked"))
    assert all(stage["allowed"] for stage in passes["stages"])
    operation = next(one for one in fails["stages"] if one["stage"] == "operation")
    assert "hiring-audit/candidates-told" in operation["unmet"]
    said = {one["requirement"]: one["sentence"] for one in operation["outcomes"]}
    assert said["candidates-told"] == "No current notice was published 14 days before use; the nearest says 0."
    assert caller.post("/starter-sets/hiring/propose").status == 403
    assert not PolicyProposal.objects.exists()


def test_internal_tools_from_adoption_to_operation(people: dict[str, Someone]) -> None:
    made = adopt("internal-tools", people)
    assert {one["policy"] for one in made} == {row.slug for row in queries.rows_in_force(as_of())}
    engineer = as_(a_person("Tool engineer"))
    system = a_system(engineer, people["product"], slug="letter-sorter", purpose="sorting", tier="minimal",
                      use="internal_tool", autonomy="informs", people_affected=0, data_categories=["personal"])  # fmt: skip
    good(engineer.post("/models", {"slug": "sorter", "name": "Sorter", "description": "", "systems": [system]}))
    artefact = "7c" * 32
    version = a_version(engineer, "sorter", artefact={"digest": artefact})
    asked = {"system": system, "version": version, "to": "operation"}
    good(engineer.post("/releases", {"system": system, "version": version, "stage": "operation", "note": ""}))
    first = good(engineer.post("/gate", asked))
    assert (first["allowed"], set(first["unmet"])) == (
        False, {"tool-security/security-findings", "light-track/one-approval-by-engineering"},
    )  # fmt: skip
    attach(engineer, version, "security_evaluation", artefact=artefact, open=2, open_high=0)
    sign(people["engineering"], f"/releases/{system}/{version}/operation", "engineering")
    passed = good(engineer.post("/gate", asked))
    assert (passed["allowed"], passed["ground"], passed["unmet"]) == (True, "all_met", [])


def test_hiring_is_refused_in_sentences_and_passes_when_what_was_missing_is_there(people: dict[str, Someone]) -> None:
    adopt("hiring", people)
    author = a_person("Model engineer")
    engineer = as_(author)
    system = a_system(engineer, people["product"], slug="reception", purpose="limit-increase", jurisdictions=["TW"], tier="high",
                      use="hiring", autonomy="recommends", people_affected=12000, data_categories=["personal"])  # fmt: skip
    version, artefact = trained(system, author)
    asked = {"system": system, "version": version, "to": "operation"}
    good(engineer.post("/releases", {"system": system, "version": version, "stage": "operation", "note": ""}))
    attach(engineer, version, "human_oversight_plan", can_stop=True, can_override=True, overseers=6)
    attach(engineer, version, "monitoring_plan", metrics=["selection rates", "drift"], every_days=30, owner="Us")
    attach(engineer, version, "rollback_plan", rehearsed=True, rehearsed_at=now(), minutes=20, to_artefact=artefact)
    course = {
        "course": "AI literacy",
        "completed_at": "2026-02-02T00:00:00.000000Z",
        "valid_until": "2099-02-01T00:00:00.000000Z",
    }
    attach(engineer, version, "training_record", people=[{"person": one.urn, **course} for one in people.values()])
    refused = good(engineer.post("/gate", asked))
    said = {f"{one['policy']}/{one['requirement']}": one["sentence"] for one in refused["requirements"]}
    assert said["hiring-audit/bias-audit-within-a-year"] == "There is no bias audit yet."
    assert said["hiring-audit/candidates-told"] == "There is no notice to candidates yet."
    assert said["hiring-ethics/selection-ratio"].startswith("There is no current fairness evaluation")
    missing = {name for name in refused["unmet"] if "approval-of" not in name}
    assert missing == {
        "hiring-audit/bias-audit-within-a-year", "hiring-audit/candidates-told", "hiring-ethics/selection-ratio",
        "hiring-engineering/floor-of-roc-auc", "hiring-product/training-of-signers",
    }  # fmt: skip
    attach(
        engineer, version, "bias_audit", auditor="An audit house", independent=True, published=True, audited_at=now()
    )
    attach(engineer, version, "notice", published=True, published_at=now(), days_before_use=21)
    compute.from_artefact(
        actor=operator(), version=version, dataset="held-out@1", label=training.LABEL, protected=["sex"], method="holdout",
        now=later(),
    )  # fmt: skip
    for function in FUNCTIONS:
        sign(people[function], f"/releases/{system}/{version}/operation", function)
    passed = good(engineer.post("/gate", asked))
    assert (passed["allowed"], passed["unmet"]) == (True, [])


def trained(system: str, author: Someone) -> tuple[str, str]:
    """A version whose artefact and data the server holds, so that it can compute its figures; with its artefact's digest."""
    exact = training.shipped().read_bytes()
    seen = data(system, "seen", training.data_file("card-training.parquet"))
    data(system, "held-out", training.data_file("card-holdout.parquet"))
    model = a_model("ranking", systems=[System.objects.get(slug=system)])
    version = inventory.register_version(
        actor=author.actor, model=model.slug, code_revision="c0de", parameters=training.PARAMETERS,
        artefact={"digest": content.put(exact, now=later()), "kind": "declared", "held": True, "computed_by": "server"},
        training=[seen.reference], authors=[], committers=[], triggered_by=None, protected_attributes=["sex"], now=later(),
    )  # fmt: skip
    return version.reference, canonical.sha256(exact)


def test_the_page_proposes_all_and_says_what_came_of_each(people: dict[str, Someone]) -> None:
    browser = Browser()
    browser.force_login(people["legal"].account)
    listing = browser.get("/starter-sets").content.decode()
    assert all(f"/starter-sets/{name}" in listing for name in starter_sets())
    said = browser.get("/starter-sets/hiring").content.decode()
    assert "A hotel group ranks applications" in said
    assert "No current notice was published 14 days before use; the nearest says 0." in said
    assert "Propose all 7 that are missing" in said
    after = browser.post("/starter-sets/hiring/propose", follow=True).content.decode()
    assert "7 policies are proposed" in after
    assert "Propose all" not in after
    again = browser.post("/starter-sets/insurance-pricing/propose", follow=True).content.decode()
    assert "Left as they are, since they are there already: risk-tiering, light-track." in again
    assert browser.get("/starter-sets/none").status_code == 404
