"""The story over the API: register, bring evidence, propose, sign off, ask the gate."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.access.rules import Role
from consilience.domains.people import rules as people_rules
from consilience.surfaces.api import shared
from consilience.surfaces.api.root import api
from tests.harness.api import Caller, a_robot, as_
from tests.harness.builders import Someone, a_digest, a_person, an_administrator
from tests.harness.workspaces import Workspace

SYSTEM = {
    "slug": "lending", "name": "Consumer lending", "purpose": "credit-scoring", "jurisdictions": ["DE"],
    "audience": ["card holders"], "affected_groups": ["young borrowers"], "squad": "lending", "tier": "high",
}  # fmt: skip
DATA = {
    "file": {"name": "panel.parquet", "digest": a_digest(), "rows": 1000, "columns": [["limit", "int64"]]},
    "provenance": "core banking", "lawful_basis": "contract", "consent": False, "jurisdictions": ["DE"],
}  # fmt: skip
FUNCTIONS = ("engineering", "product", "legal", "ethics")


@pytest.fixture
def eve(workspace: Workspace) -> Someone:
    return a_person("Eve Engineer")


@pytest.fixture
def engineer(eve: Someone) -> Caller:
    return as_(eve)


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.said
    assert answer.headers["x-consilience"] == "1"
    return answer.said


def registered(engineer: Caller) -> dict[str, Any]:
    good(engineer.post("/systems", SYSTEM))
    named = {"name": "Credit risk", "systems": ["lending"]}
    good(engineer.post("/models", {"slug": "credit-risk", **named}))
    good(engineer.post("/datasets", {"slug": "panel", **named}))
    good(engineer.post("/datasets/panel/versions", DATA))
    version = {
        "artefact": {"digest": a_digest(), "kind": "file"},
        "code_revision": "4f0c2d1",
        "training": ["panel@1"],
        "committers": ["stranger@example.org"],
    }
    found: dict[str, Any] = good(engineer.post("/models/credit-risk/versions", version))
    return found


def released(engineer: Caller) -> dict[str, Any]:
    registered(engineer)
    proposed = {"system": "lending", "version": "credit-risk@1", "stage": "operation"}
    found: dict[str, Any] = good(engineer.post("/releases", proposed))
    return found


def test_what_was_registered_is_listed_and_shown_with_its_history(engineer: Caller, eve: Someone) -> None:
    version = registered(engineer)
    assert version["reference"] == "credit-risk@1"
    assert [one["name"] for one in version["authors"]] == [eve.name]
    assert version["unknown_authors"] == 1
    assert good(engineer.get("/systems"))["count"] == 1
    assert good(engineer.get("/systems/lending"))["models"] == ["credit-risk"]
    assert good(engineer.get("/models/credit-risk"))["versions"] == ["credit-risk@1"]
    assert good(engineer.get("/versions/credit-risk@1"))["history"][0]["version"] == 1
    assert good(engineer.get("/dataset-versions/panel@1"))["rows"] == 1000


def test_a_correction_leaves_the_old_row_in_the_history(engineer: Caller) -> None:
    registered(engineer)
    risk = {"use": "credit_scoring", "people_affected": 5000, "data_categories": ["financial"]}
    corrected = good(engineer.post("/systems/lending", {**SYSTEM, "tier": "limited", **risk}, method="PUT"))
    assert {name: corrected[name] for name in risk} == risk
    assert (corrected["autonomy"], corrected["line_of_business"]) == (None, None)
    assert corrected["tier"] == "limited"
    shown = good(engineer.get("/systems/lending"))
    assert [one["version"] for one in shown["history"]] == [1, 2]


def test_a_withdrawn_version_is_gone_from_lists_and_its_number_is_not_used_again(engineer: Caller) -> None:
    registered(engineer)
    good(engineer.post("/versions/credit-risk@1/withdraw", {"reason": "wrong file"}))
    assert engineer.get("/versions/credit-risk@1").status == 404
    again = {"artefact": {"digest": a_digest()}, "code_revision": "4f0c2d2"}
    assert good(engineer.post("/models/credit-risk/versions", again))["reference"] == "credit-risk@2"


def test_attached_evidence_counts_until_it_is_withdrawn(engineer: Caller) -> None:
    registered(engineer)
    said = {
        "kind": "rollback_plan", "method": "document", "fields": {"title": "Plan", "document": "Switch back."},
        "subject": {"noun": "model-version", "reference": "credit-risk@1"},
    }  # fmt: skip
    first = good(engineer.post("/evidence", said))
    assert (first["grade"], first["subject"]["reference"]) == ("stated", "credit-risk@1")
    second = good(engineer.post("/evidence", {**said, "fields": {"title": "Plan", "document": "Two"}}))
    listed = good(engineer.get("/evidence", version="credit-risk@1"))
    assert [(one["urn"], one["attempts"]) for one in listed["items"]] == [(second["urn"], 2)]
    good(engineer.post(f"/evidence/{second['urn']}/withdraw", {"reason": "superseded"}))
    assert good(engineer.get(f"/evidence/{second['urn']}"))["withdrawn"] is True
    assert [one["urn"] for one in good(engineer.get("/evidence", version="credit-risk@1"))["items"]] == [first["urn"]]


def test_a_release_shows_each_facet_and_a_sign_off_binds_to_what_was_seen(engineer: Caller) -> None:
    released(engineer)
    address = "/releases/lending/credit-risk@1/operation"
    ethics = as_(a_person("Ida Ethics", functions=["ethics"]))
    shown = good(ethics.get(address))
    assert [one["function"] for one in shown["facets"]] == list(FUNCTIONS)
    facet = next(one for one in shown["facets"] if one["function"] == "ethics")
    sign = {"function": "ethics", "verdict": "approve", "reason": "Fair enough.", "seen": facet["digest"]}
    stale = ethics.post(f"{address}/sign-offs", {**sign, "seen": "0" * 64})
    assert (stale.status, stale.code) == (409, "facet_changed")
    signed = good(ethics.post(f"{address}/sign-offs", sign))
    assert (signed["standing"], signed["counts"], signed["reason"]) == ("stands", True, "Fair enough.")
    said = {
        "kind": "red_team_report", "method": "document", "fields": {"title": "Report"},
        "subject": {"noun": "model-version", "reference": "credit-risk@1"},
    }  # fmt: skip
    good(engineer.post("/evidence", said))
    (then,) = good(ethics.get(address))["sign_offs"]
    assert (then["standing"], then["counts"]) == ("stale", False)
    assert [change["before"] for change in then["changes"]] == [None]
    assert {"field": "title", "before": None, "after": "Report"} in then["changes"][0]["fields"]


def test_authors_cannot_sign_their_own_work_and_the_sentence_says_so(workspace: Workspace) -> None:
    both = a_person("Ada Author", functions=["ethics"], roles=[Role.ENGINEER])
    author = as_(both)
    released(author)
    address = "/releases/lending/credit-risk@1/operation"
    facet = next(one for one in good(author.get(address))["facets"] if one["function"] == "ethics")
    sign = {"function": "ethics", "verdict": "approve", "reason": "Mine.", "seen": facet["digest"]}
    refused = author.post(f"{address}/sign-offs", sign)
    assert (refused.status, refused.code) == (409, "own_work")
    assert "author" in refused.said["error"]["sentence"]


def test_a_condition_is_proved_by_one_and_accepted_by_another(engineer: Caller, eve: Someone) -> None:
    released(engineer)
    address = "/releases/lending/credit-risk@1/operation"
    legal = as_(a_person(functions=["legal"]))
    facet = next(one for one in good(legal.get(address))["facets"] if one["function"] == "legal")
    condition = {"text": "Sign the agreement.", "owner": eve.email, "due_at": "2099-01-01"}
    sign = {"function": "legal", "verdict": "approve_with_conditions", "reason": "Nearly.", "seen": facet["digest"]}
    given = good(legal.post(f"{address}/sign-offs", {**sign, "conditions": [condition]}))
    (open_one,) = good(legal.get(address))["conditions"]
    assert (open_one["text"], open_one["state"], open_one["id"]) == (condition["text"], "open", f"{given['urn']}#0")
    place = f"/sign-offs/{given['urn']}/conditions/0"
    assert legal.post(f"{place}/accept").code == "no_proof_offered"
    good(engineer.post(f"{place}/proof", {"proof": "Signed on Monday."}))
    assert engineer.post(f"{place}/accept").status in (403, 409)
    read = good(legal.get(place))["proof"]
    assert (read["proof"], read["by"]["name"]) == ("Signed on Monday.", "Eve Engineer")
    good(engineer.post(f"{place}/proof", {"proof": "Signed on Tuesday."}))
    assert legal.post(f"{place}/accept", {"seen": read["digest"]}).code == "proof_changed"
    (newer,) = good(legal.get(address))["conditions"]
    good(legal.post(f"{place}/accept", {"seen": newer["proof"]["digest"]}))
    assert good(legal.get(place))["state"] == "met"
    assert legal.get(f"{place}1").status == 404


def test_a_proof_may_be_accepted_without_a_body(engineer: Caller, eve: Someone) -> None:
    released(engineer)
    address = "/releases/lending/credit-risk@1/operation"
    legal = as_(a_person(functions=["legal"]))
    facet = next(one for one in good(legal.get(address))["facets"] if one["function"] == "legal")
    condition = {"text": "Sign the agreement.", "owner": eve.email, "due_at": "2099-01-01"}
    sign = {"function": "legal", "verdict": "approve_with_conditions", "reason": "Nearly.", "seen": facet["digest"]}
    given = good(legal.post(f"{address}/sign-offs", {**sign, "conditions": [condition]}))
    place = f"/sign-offs/{given['urn']}/conditions/0"
    good(engineer.post(f"{place}/proof", {"proof": "Signed."}))
    good(legal.post(f"{place}/accept", b""))


def test_an_objection_is_answered_and_a_block_ended_by_its_author(engineer: Caller) -> None:
    released(engineer)
    address = "/releases/lending/credit-risk@1/operation"
    ida, ken = as_(a_person(functions=["ethics"])), as_(a_person(functions=["product"]))
    digests = {one["function"]: one["digest"] for one in good(ida.get(address))["facets"]}
    sign = {"function": "ethics", "verdict": "object", "reason": "Who was asked?", "seen": digests["ethics"]}
    objection = good(ida.post(f"{address}/sign-offs", sign))["urn"]
    assert ida.post(f"/objections/{objection}/answers", {"text": "I was."}).code == "own_objection"
    good(ken.post(f"/objections/{objection}/answers", {"text": "The works council."}))
    block = good(ida.post(f"{address}/sign-offs", {**sign, "verdict": "block", "reason": "No."}))["urn"]
    assert ken.post(f"/blocks/{block}/end", {"reason": "Yes."}).code == "not_on_panel"
    good(ida.post(f"/blocks/{block}/end", {"reason": "Mended."}))
    shown = good(ken.get(address))
    assert shown["objections"][0]["answers"][0]["text"] == "The works council."
    assert shown["blocks"][0]["ended"] is True


def test_a_withdrawn_proposal_is_no_release_any_more(engineer: Caller) -> None:
    released(engineer)
    again = engineer.post("/releases", {"system": "lending", "version": "credit-risk@1", "stage": "operation"})
    assert again.code == "proposed_already"
    address = "/releases/lending/credit-risk@1/operation"
    good(engineer.post(f"{address}/withdraw", {"reason": "too early"}))
    assert engineer.get(address).status == 404
    assert good(engineer.get("/releases"))["count"] == 0


def test_people_are_invited_hold_functions_and_are_deactivated(workspace: Workspace) -> None:
    admin = as_(an_administrator("Ann Admin"))
    body = {"name": "Lea Legal", "email": "lea@example.org", "functions": ["legal"], "roles": [{"role": "reviewer"}]}
    invited = good(admin.post("/people", body))
    assert "/setup/" in invited["setup_url"]
    lea = invited["person"]["urn"]
    assert admin.post("/people", body).code == "email_taken"
    held = good(admin.post(f"/people/{lea}/functions", {"function": "ethics"}))
    assert held["functions"] == ["ethics", "legal"]
    good(admin.post(f"/people/{lea}/functions/ethics", method="DELETE"))
    assert [one["urn"] for one in good(admin.get("/people", function="legal"))["items"]] == [lea]
    assert good(admin.post(f"/people/{lea}/deactivate"))["active"] is False
    assert lea not in [one["urn"] for one in good(admin.get("/people", active=True))["items"]]
    assert good(admin.post(f"/people/{lea}/reactivate"))["active"] is True


def test_addresses_of_people_are_shown_only_to_those_who_manage_them(workspace: Workspace) -> None:
    ann, ben = an_administrator("Ann Admin"), a_person("Ben Reader", roles=[Role.READER])
    seen = {one["name"]: one["email"] for one in good(as_(ben).get("/people"))["items"]}
    assert seen == {"Ann Admin": None, "Ben Reader": ben.email}
    assert good(as_(ann).get(f"/people/{ben.urn}"))["email"] == ben.email


def test_the_panel_has_at_least_two_people(workspace: Workspace) -> None:
    admin, one, two = as_(an_administrator()), a_person("One"), a_person("Two")
    assert admin.post("/panel", {"people": [one.email]}).status == 422
    named = good(admin.post("/panel", {"people": [one.email, two.urn]}))
    assert {person["name"] for person in named} == {"One", "Two"}
    assert good(admin.get("/panel")) == named


def test_a_robot_gets_a_token_from_an_administrator_and_me_says_what_it_may(
    workspace: Workspace, engineer: Caller
) -> None:
    registered(engineer)
    admin = as_(an_administrator())
    assert admin.post("/tokens", {"label": "ci", "scopes": ["gate"]}).code == "token_makes_no_token"
    robot = {"name": "ci", "purpose": "Builds", "owner": "me", "roles": [{"role": "pipeline", "system": "lending"}]}
    assert good(admin.post("/robots", robot))["name"] == "ci"
    grants = good(admin.get("/grants"))["items"]
    assert ("ci", "pipeline", "lending") in [(one["principal"]["name"], one["role"], one["system"]) for one in grants]


def test_me_is_yourself_even_beside_a_robot_that_was_once_called_so(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = an_administrator("Ada Admin")
    with monkeypatch.context() as before:
        before.setattr(people_rules, "robot_name", str)
        a_robot("me", ada)
    granted = good(as_(ada).post("/grants", {"principal": "me", "role": "reader"}))
    assert granted["principal"]["urn"] == ada.urn


def test_the_ledger_shows_entries_with_proofs_that_hold(workspace: Workspace) -> None:
    auditor = as_(a_person(roles=[Role.AUDITOR]))
    page = good(auditor.get("/ledger/entries", verb="people.invited"))
    assert {one["verb"] for one in page["items"]} == {"people.invited"}
    shown = good(auditor.get(f"/ledger/entries/{page['items'][0]['position']}"))
    proof = shown["proof"]

    from consilience.domains.ledger import merkle, rules

    checkpoint = good(auditor.get("/ledger/checkpoint"))
    head = rules.opened(proof["checkpoint"], checkpoint["log_key"])
    leaf = merkle.leaf_hash(shown["statement"].encode())
    assert leaf.hex() == proof["leaf"]
    path = [bytes.fromhex(one) for one in proof["path"]]
    assert merkle.includes(leaf, proof["position"], proof["size"], path, head.root)


def test_lists_are_paged_and_counts_stay(engineer: Caller) -> None:
    for number in range(5):
        good(engineer.post("/systems", {**SYSTEM, "slug": f"system-{number}"}))
    first = good(engineer.get("/systems", limit=2))
    rest = good(engineer.get("/systems", limit=200, offset=2))
    assert [one["slug"] for one in (*first["items"], *rest["items"])] == [f"system-{number}" for number in range(5)]
    assert first["count"] == rest["count"] == 5
    assert engineer.get("/systems", limit=201).status == 422


def test_the_openapi_document_names_the_action_of_every_operation(engineer: Caller) -> None:
    document = good(engineer.get("/openapi.json"))
    assert document["openapi"].startswith("3.1")
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len(operations) > 60
    assert all(one["x-action"] for one in operations)


def test_the_manual_names_every_operation(workspace: Workspace) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "manual" / "api.md").read_text(encoding="utf-8")
    listed = {
        f"{method.upper()} {path}"
        for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items()
        for method in methods
    }
    assert set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^`]*)`", page)) == listed


def test_no_two_types_share_a_name_in_the_document() -> None:
    found: dict[str, set[str]] = {}
    pending: list[type[Any]] = [shared.In, shared.Out]
    while pending:
        model = pending.pop()
        pending += model.__subclasses__()
        if "[" not in model.__name__:
            found.setdefault(model.__name__, set()).add(model.__module__)
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}
