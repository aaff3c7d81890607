"""The gate over the API: deciding, what-ifs that are never recorded, replay, policies of two people."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.ledger import log
from consilience.domains.policy import document
from consilience.kit.clock import now, shift
from tests.harness.api import Caller, a_robot, as_
from tests.harness.builders import a_person, later, operator
from tests.harness.credit import FUNCTIONS, Credit, credit, publish_starter
from tests.harness.workspaces import Workspace

TO = {"system": "lending", "version": "credit-risk@1", "to": "operation"}


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.said
    return answer.said


@pytest.fixture
def story(workspace: Workspace) -> Credit:
    return credit()


@pytest.fixture
def engineer(story: Credit) -> Caller:
    return as_(story.author)


def test_the_gate_says_what_is_missing_and_who_can_act(story: Credit, engineer: Caller) -> None:
    said = good(engineer.post("/gate", TO))
    assert (said["verdict"], said["allowed"], said["exit_code"], said["ground"]) == (
        "sign_offs_missing", False, 6, "only_sign_offs",
    )  # fmt: skip
    assert said["what_if"] is False
    assert said["reference"] == "lending/credit-risk@1"
    unmet = {f"{one['policy']}/{one['requirement']}" for one in said["requirements"] if one["outcome"] == "unsatisfied"}
    assert unmet == set(said["unmet"])
    assert all(one["sentence"] for one in said["requirements"])
    assert all(one["explanation"] for one in said["requirements"])
    assert {step["function"]: [one["name"] for one in step["people"]] for step in said["next"]} == {
        function: [story.reviewers[function].name] for function in FUNCTIONS
    }


def test_signed_by_all_it_is_allowed_and_the_decision_can_be_read_and_replayed(story: Credit, engineer: Caller) -> None:
    story.sign_everything()
    said = good(engineer.post("/gate", TO))
    assert (said["verdict"], said["exit_code"], said["unmet"], said["next"]) == ("allowed", 0, [], [])
    shown = good(engineer.get(f"/decisions/{said['decision']}"))
    assert shown["facts"]["system"]["slug"] == "lending"
    assert [one["requirement"] for one in shown["requirements"]] == [one["requirement"] for one in said["requirements"]]
    replayed = good(engineer.post(f"/decisions/{said['decision']}/replay"))
    assert (replayed["same"], replayed["differences"]) == (True, [])
    listed = good(engineer.get("/decisions", system="lending", version="credit-risk@1", stage="operation"))
    assert [one["decision"] for one in listed["items"]] == [said["decision"]]


def test_a_block_is_told_with_its_author(story: Credit, engineer: Caller) -> None:
    from consilience.domains.review.rules import Verdict

    story.sign_everything()
    story.sign("ethics", Verdict.BLOCK)
    said = good(engineer.post("/gate", TO))
    assert (said["verdict"], said["exit_code"], said["ground"]) == ("blocked", 1, "blocked")
    assert [one["by"]["name"] for one in said["blocks"]] == [story.reviewers["ethics"].name]


def test_a_what_if_says_so_and_is_never_recorded(story: Credit, engineer: Caller) -> None:
    story.sign_everything()
    before = log.size()
    preview = good(engineer.get("/gate", **TO, preview=True))
    assert (preview["what_if"], preview["decision"], preview["allowed"]) == (True, None, True)
    earlier = good(engineer.get("/gate", **TO, known_at=before - 1))
    assert (earlier["what_if"], earlier["allowed"], earlier["known_at"]) == (True, False, before - 1)
    far = good(engineer.get("/gate", **TO, as_of="2060-01-01"))
    assert far["valid_at"].startswith("2059-12-31T23:00")  # midnight in the workspace's zone
    without = good(engineer.post("/gate/what-if", {**TO, "policies": []}))
    assert (without["ground"], without["exit_code"], without["policies"]) == ("no_requirement", 1, [])
    assert log.size() == before
    assert good(engineer.get("/decisions", system="lending", version="credit-risk@1", stage="operation"))["count"] == 0


def test_what_ifs_take_only_moments_that_can_be_asked_for(engineer: Caller) -> None:
    assert engineer.get("/gate", **TO, known_at=log.size() + 1).params["where"] == "known_at"
    assert engineer.get("/gate", **TO, as_of="yesterday").status == 422
    assert engineer.get("/gate", **TO, as_of="2001-01-01").code == "not_found"
    broken = engineer.post("/gate/what-if", {**TO, "policies": ["policy: [", "x"]})
    assert (broken.status, broken.code) == (422, "bad_input")


def test_the_short_form_needs_one_system_only(story: Credit, engineer: Caller) -> None:
    short = {"version": "credit-risk@1", "to": "operation"}
    assert good(engineer.post("/gate", short))["system"] == "lending"
    assert engineer.post("/gate", {**short, "to": "validation"}).code == "not_found"


def test_a_pipeline_decides_with_a_token_for_the_gate_alone(story: Credit) -> None:
    from consilience.domains.access.rules import Role

    robot = a_robot("deploy", story.author, (Role.PIPELINE, None))
    asking = as_(robot, scopes=["gate"])
    assert good(asking.post("/gate", TO))["exit_code"] == 6
    assert (
        asking.post("/releases", {"system": "lending", "version": "credit-risk@1", "stage": "validation"}).status == 403
    )


def test_a_policy_takes_two_people_one_of_them_of_its_function(workspace: Workspace) -> None:
    legal, ethics, product = (as_(a_person(functions=[one])) for one in ("legal", "ethics", "product"))
    text = document.starter_texts()["ethics.yaml"]
    proposal = good(product.post("/policies/proposals", {"text": text}))
    assert (proposal["owner"], proposal["text"]) == ("ethics", text)
    address = f"/policies/proposals/{proposal['urn']}/publish"
    assert product.post(address).code == "second_person_publishes"
    assert legal.post(address).code == "owner_function_publishes"
    assert good(legal.get("/policies/proposals"))["count"] == 1
    published = good(ethics.post(address))
    assert (published["version"], published["in_force"], published["policy"]) == (1, True, proposal["policy"])
    assert good(legal.get("/policies/proposals"))["count"] == 0
    assert ethics.post(address).code == "published_already"
    assert good(legal.get(f"/policies/{published['policy']}"))["text"] == text
    assert ethics.post(address, {"in_force_from": "2001-01-01"}).status == 409


def test_a_policy_published_ahead_is_not_in_force_yet(workspace: Workspace) -> None:
    ethics, product = as_(a_person(functions=["ethics"])), as_(a_person(functions=["product"]))
    proposal = good(product.post("/policies/proposals", {"text": document.starter_texts()["ethics.yaml"]}))
    soon = shift(now(), days=2)
    published = good(ethics.post(f"/policies/proposals/{proposal['urn']}/publish", {"in_force_from": soon}))
    assert (published["in_force"], published["in_force_from"]) == (False, soon)
    assert [one["in_force"] for one in good(ethics.get("/policies"))["items"]] == [False]


def test_a_draft_that_does_not_load_says_where(workspace: Workspace) -> None:
    product = as_(a_person(functions=["product"]))
    text = document.starter_texts()["ethics.yaml"].replace("satisfied_if:", "satisfied_iff:", 1)
    answer = product.post("/policies/proposals", {"text": text})
    assert (answer.status, answer.code) == (422, "bad_input")
    assert "satisfied_iff" in answer.said["error"]["sentence"]


def test_policies_in_force_since_a_release_count_at_once(workspace: Workspace) -> None:
    from tests.harness.builders import a_release, a_system, a_version

    release = a_release(a_version(system=a_system("lending")), system=None)
    assert release.stage == "operation"
    from consilience.domains.release import queries as releases
    from tests.harness.builders import as_of

    found = releases.read(release, as_of())
    asking = as_(a_person("Eve"))
    asked = {"system": "lending", "version": found.version.reference, "to": "operation"}
    assert good(asking.post("/gate", asked))["ground"] == "no_requirement"
    publish_starter({function: a_person(functions=[function], now=later()) for function in FUNCTIONS})
    said = good(asking.post("/gate", asked))
    assert (said["ground"], said["exit_code"]) == ("unmet", 1)
    assert {one["outcome"] for one in said["requirements"]} >= {"no_evidence", "unsatisfied"}
    assert operator().urn not in str(said)
