"""Models, datasets, terms: said anew or taken back, by the action and through the API. What was said before stays."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.access.rules import Role
from consilience.domains.inventory import actions, queries
from consilience.domains.inventory.models import Dataset, DatasetVersion, RegisteredModel, System
from consilience.domains.inventory.rules import NamedFacts
from consilience.domains.ledger import log
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import read
from consilience.domains.release import actions as release_actions
from consilience.domains.release import queries as releases
from consilience.kit.errors import BadInput, NotFound, Refused
from tests.harness.api import as_
from tests.harness.builders import (
    a_dataset_version,
    a_model,
    a_person,
    a_release,
    a_system,
    a_version,
    as_of,
    later,
    operator,
    read_release,
    some_evidence,
)

pytestmark = pytest.mark.usefixtures("workspace")


def facts(*systems: str, **said: str) -> NamedFacts:
    return NamedFacts(said.get("name", "Credit risk"), said.get("description", ""), systems)


def correct_model(*systems: str, start: bool = False, **said: Any) -> RegisteredModel:
    given = {"actor": operator(), "slug": "credit-risk", "wrong_from_the_start": start, "now": later()}
    named = {name: said.pop(name) for name in ("name", "description") if name in said}
    return actions.correct_model(facts=facts(*systems, **named), **given | said)


# Models and datasets


def test_a_model_is_said_anew_and_the_old_stays_in_its_history() -> None:
    first = a_model("credit-risk", systems=[a_system("lending")])
    second = correct_model("lending", name="Default risk")
    third = correct_model("lending", name="Risk of default", start=True)
    assert [row.body["name"] for row in queries.histories(first.urn)] == [
        "Credit risk",
        "Default risk",
        "Risk of default",
    ]
    assert (second.slug, second.body["systems"], second.supersedes) == (
        "credit-risk",
        first.body["systems"],
        first.digest,
    )
    assert second.valid_from > first.valid_from
    assert third.valid_from == second.valid_from, "a correction repeats the start of what it corrects"
    said = read(bytes(ledger.entry(second.position).exact))
    assert said.verb == "inventory.model_corrected"


def test_a_dataset_is_said_anew_and_keeps_its_versions() -> None:
    a_system("cards")
    panel = a_dataset_version("panel", systems=[a_system("lending")])
    actions.correct_dataset(
        actor=operator(), slug="panel", facts=facts("lending", "cards", name="Panel"), wrong_from_the_start=False,
        now=later(),
    )  # fmt: skip
    found = queries.dataset_version(operator(), "panel@1", as_of())
    assert (found.dataset.body["name"], len(found.dataset.body["systems"])) == ("Panel", 2)
    assert found.row.digest == panel.row.digest


def test_a_correction_that_says_nothing_leaves_nothing() -> None:
    a_model("credit-risk", systems=[a_system("lending")])
    size = log.size()
    with pytest.raises(BadInput, match="name: is empty"):
        correct_model("lending", name=" ")
    with pytest.raises(NotFound):
        correct_model("nowhere")
    assert log.size() == size


def test_a_model_keeps_the_system_in_which_a_release_is_proposed_until_that_is_taken_back() -> None:
    lending, cards = a_system("lending"), a_system("cards")
    version = a_version(model=a_model("credit-risk", systems=[lending, cards]))
    a_release(version, system=lending)
    with pytest.raises(Refused) as refused:
        correct_model("cards")
    assert refused.value.refusal.code == "proposed_there"
    assert refused.value.refusal.params == {"model": "credit-risk", "systems": ["lending"]}
    assert correct_model("lending").body["systems"] == [lending.urn], "nothing is proposed in the other"
    correct_model("lending", "cards")
    release_actions.withdraw(
        actor=operator(), system="lending", version=version.reference, stage="operation", reason="x", now=later()
    )
    assert correct_model("cards").body["systems"] == [cards.urn]


def test_the_release_of_a_withdrawn_version_holds_its_system_until_it_is_taken_back() -> None:
    lending = a_system("lending")
    version = a_version(model=a_model("credit-risk", systems=[lending, a_system("cards")]))
    a_release(version, system=lending)
    actions.withdraw_version(actor=operator(), reference=version.reference, reason="x", now=later())
    with pytest.raises(Refused) as refused:
        correct_model("cards")
    assert refused.value.refusal.code == "proposed_there"


def test_nobody_drops_a_system_that_they_cannot_see() -> None:
    lending, secret = a_system("lending"), a_system("secret")
    a_model("credit-risk", systems=[lending, secret])
    member = a_person(roles=[(Role.ENGINEER, lending)])
    made = correct_model("lending", name="New", actor=member.actor)
    assert set(made.body["systems"]) == {lending.urn, secret.urn}


def test_nobody_hands_a_model_to_where_they_have_no_say() -> None:
    lending, cards = a_system("lending"), a_system("cards")
    a_model("credit-risk", systems=[lending])
    person = a_person(roles=[(Role.ENGINEER, lending), (Role.READER, cards)])
    answer = as_(person).post("/models/credit-risk", {"name": "New", "systems": ["cards"]}, method="PUT")
    assert (answer.status, answer.code) == (403, "not_entitled")
    reader = a_person(roles=[(Role.READER, lending)])
    answer = as_(reader).post("/models/credit-risk", {"name": "New", "systems": ["lending"]}, method="PUT")
    assert (answer.status, answer.code) == (403, "not_entitled")
    assert RegisteredModel.objects.count() == 1


# Through the API, and what somebody corrected meanwhile


@pytest.mark.parametrize("kind", ["models", "datasets"])
def test_the_api_corrects_what_was_read_and_nothing_else(kind: str) -> None:
    lending = a_system("lending")
    a_model("risk", systems=[lending])
    a_dataset_version("risk", systems=[lending])
    caller, address = as_(a_person()), f"/{kind}/risk"
    shown = caller.get(address).said
    said = {"name": "New", "description": "Better", "systems": ["lending"], "seen": shown["history"][-1]["digest"]}
    made = caller.post(address, said, method="PUT")
    assert (made.status, made.said) == (
        200,
        {**made.said, "name": "New", "description": "Better", "systems": ["lending"]},
    )
    assert [one["version"] for one in caller.get(address).said["history"]] == [1, 2]
    late = caller.post(address, said | {"name": "Other"}, method="PUT")
    assert (late.status, late.code) == (409, "corrected_meanwhile")
    assert late.params["version"] == 2
    assert "Somebody corrected this" in late.said["error"]["sentence"]
    assert caller.get(address).said["name"] == "New"
    assert caller.post(address, said | {"seen": "x"}, method="PUT").status == 422


def test_systems_and_terms_are_not_overwritten_either() -> None:
    a_dataset_version("panel", systems=[a_system("lending")])
    caller = as_(a_person())
    shown = caller.get("/systems/lending").said
    system = {name: shown[name] for name in shown if name not in ("urn", "models", "history", "owner", "sponsor")}
    system |= {"owner": shown["owner"]["urn"], "seen": shown["history"][-1]["digest"]}
    terms = {"provenance": "bank", "lawful_basis": "contract", "consent": False, "jurisdictions": ["DE"]}
    terms["seen"] = caller.get("/dataset-versions/panel@1").said["history"][-1]["digest"]
    for address, said, model in (
        ("/systems/lending", system, System), ("/dataset-versions/panel@1/terms", terms, DatasetVersion),
    ):  # fmt: skip
        assert caller.post(address, said, method="PUT").status == 200
        late = caller.post(address, said, method="PUT")
        assert (late.status, late.code) == (409, "corrected_meanwhile"), late.said
        assert model._default_manager.count() == 2
        without = {name: value for name, value in said.items() if name != "seen"}
        assert caller.post(address, without, method="PUT").status == 200, "whoever asks for no guard gets none"


# Data that are taken back


def test_a_withdrawn_dataset_version_is_gone_and_its_number_is_not_given_again() -> None:
    a_dataset_version("panel")
    answer = as_(a_person()).post("/dataset-versions/panel@1/withdraw", {"reason": "The wrong month."})
    assert (answer.status, answer.said["withdrawn"]) == (200, True)
    with pytest.raises(NotFound):
        queries.dataset_version(operator(), "panel@1", as_of())
    with pytest.raises(NotFound):
        actions.withdraw_dataset_version(actor=operator(), reference="panel@1", reason="again", now=later())
    assert a_dataset_version("panel").reference == "panel@2"
    assert "The wrong month." not in DatasetVersion.objects.get(number=1, version=2).canonical
    assert Dataset.objects.count() == 1


def test_what_learned_from_withdrawn_data_or_was_measured_on_them_says_so() -> None:
    lending = a_system("lending")
    panel, held_out = a_dataset_version("panel", systems=[lending]), a_dataset_version("test", systems=[lending])
    version = a_version(model=a_model("credit-risk", systems=[lending]), training=[panel])
    evidence = some_evidence(version, "evaluation", method="holdout", dataset=held_out, fields={"rows": 10})
    about = some_evidence(panel)
    for reference in ("panel@1", "test@1"):
        actions.withdraw_dataset_version(actor=operator(), reference=reference, reason="wrong", now=later())
    caller = as_(a_person())
    shown = caller.get("/versions/credit-risk@1").said
    assert (shown["training"], shown["training_withdrawn"]) == (["panel@1"], ["panel@1"])
    measured = caller.get(f"/evidence/{evidence.urn}").said
    assert (measured["dataset"], measured["dataset_withdrawn"]) == ("test@1", True)
    assert caller.get(f"/evidence/{about.urn}").status == 200, "what was relied on stays readable"
    new = {"artefact": {"digest": "0" * 64}, "code_revision": "1", "training": ["panel@1"]}
    assert caller.post("/models/credit-risk/versions", new).status == 404, "nothing new uses them"


def test_terms_that_forbid_a_use_are_not_forgotten_with_the_data() -> None:
    lending = a_system("lending")
    panel = a_dataset_version("panel", systems=[lending], lawful_basis="consent", consent=True)
    release = a_release(a_version(system=lending, training=[panel]), system=lending)
    before = read_release(release)
    actions.withdraw_dataset_version(actor=operator(), reference="panel@1", reason="wrong", now=later())
    after = read_release(release)
    assert releases.facts(after)["training_datasets"] == releases.facts(before)["training_datasets"]
    assert after.dossier.digest != before.dossier.digest, "and who signed looks again"
