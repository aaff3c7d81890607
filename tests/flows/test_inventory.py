"""Registering and correcting: numbers without gaps, authors who are people, history that stays to be seen."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.access.rules import Role
from consilience.domains.inventory import actions, queries
from consilience.domains.inventory.models import ModelVersion, System
from consilience.domains.inventory.rules import DataTerms, SystemFacts
from consilience.domains.ledger import log
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import read
from consilience.domains.people import actions as people
from consilience.domains.release import queries as releases
from consilience.kit.clock import shift
from consilience.kit.errors import BadInput, NotEntitled, NotFound, Refused
from tests.harness.builders import (
    a_dataset_version,
    a_digest,
    a_model,
    a_person,
    a_release,
    a_system,
    a_version,
    as_of,
    later,
    operator,
    read_release,
)

pytestmark = pytest.mark.usefixtures("workspace")


def facts_of(system: System, **changed: Any) -> SystemFacts:
    said = {name: value for name, value in system.body.items() if name in SystemFacts.__dataclass_fields__}
    return SystemFacts(**said | changed)


def test_a_name_is_given_once_even_after_a_correction() -> None:
    a_system("lending")
    with pytest.raises(Refused) as refused:
        a_system("lending")
    assert refused.value.refusal.code == "name_taken"
    assert refused.value.refusal.params == {"noun": "system", "name": "lending"}


def test_a_correction_reaches_back_and_a_change_begins_now() -> None:
    lending = a_system("lending", tier="high")
    start, moment = lending.valid_from, later(days=1)
    actions.correct_system(
        actor=operator(), facts=facts_of(lending, tier="limited"), wrong_from_the_start=True, now=moment
    )
    assert queries.system(operator(), "lending", as_of(start)).body["tier"] == "limited"
    actions.correct_system(
        actor=operator(), facts=facts_of(lending, tier="minimal"), wrong_from_the_start=False, now=shift(moment, days=1)
    )
    assert queries.system(operator(), "lending", as_of(start)).body["tier"] == "limited"
    assert queries.system(operator(), "lending", as_of()).body["tier"] == "minimal"
    before_we_knew = as_of(start, known_at=lending.position + 1)
    assert queries.system(operator(), "lending", before_we_knew).body["tier"] == "high"
    assert [row.body["tier"] for row in queries.histories(lending.urn)] == ["high", "limited", "minimal"]


def test_a_systems_owner_is_somebody_here() -> None:
    ana = a_person()
    nobody = ana.urn[:-4] + "ffff"
    with pytest.raises(NotFound):
        a_system("lending", sponsor=nobody)
    assert not System.objects.exists()


def test_versions_are_numbered_from_one_on_by_model() -> None:
    first, second = a_model("credit-risk"), a_model("fraud")
    numbers = [a_version(model=model).reference for model in (first, first, second, first)]
    assert numbers == ["credit-risk@1", "credit-risk@2", "fraud@1", "credit-risk@3"]
    datasets = [a_dataset_version(slug).reference for slug in ("panel", "panel", "loans")]
    assert datasets == ["panel@1", "panel@2", "loans@1"]


def test_a_withdrawn_version_is_gone_and_its_number_is_not_given_again() -> None:
    model = a_model("credit-risk")
    a_version(model=model)
    actions.withdraw_version(actor=operator(), reference="credit-risk@1", reason="wrong file", now=later())
    with pytest.raises(NotFound):
        queries.version(operator(), "credit-risk@1", as_of())
    assert a_version(model=model).reference == "credit-risk@2"
    assert len(queries.histories(ModelVersion.objects.get(number=1, version=1).urn)) == 2


@pytest.mark.parametrize("noun", ["person", "robot", "system"])
def test_an_author_whom_nobody_knows_is_refused_by_name(noun: str) -> None:
    ana, model = a_person(), a_model()
    nobody = ana.urn.replace(":person:", f":{noun}:")[:-4] + "ffff"
    size = log.size()
    with pytest.raises(BadInput, match=f"authors: {nobody} is nobody here"):
        a_version(ana, model=model, authors=[ana.urn, nobody])
    with pytest.raises(BadInput, match=nobody):
        a_version(ana, model=model, triggered_by=nobody)
    assert log.size() == size


def test_authors_are_the_declared_the_committers_and_whoever_triggered_or_registered() -> None:
    ana, lee, eve, ida = (a_person(name) for name in ("Ana", "Lee", "Eve", "Ida"))
    version = actions.register_version(
        actor=ida.actor, model=a_model("credit-risk").slug,
        artefact={"digest": a_digest(), "kind": "file", "held": False, "computed_by": "client"}, code_revision="1",
        parameters={}, training=[], authors=[ana.urn], committers=[lee.email.upper(), "stranger@example.org"],
        triggered_by=eve.email, protected_attributes=[], now=later(),
    )  # fmt: skip
    assert set(version.row.body["authors"]) == {ana.urn, lee.urn, eve.urn, ida.urn}
    assert len(version.row.body["unknown_authors"]) == 1
    assert "stranger@example.org" not in version.row.canonical


def test_an_unknown_author_who_joins_later_is_an_author() -> None:
    version = a_version(committers=["stranger@example.org"])
    release = a_release(version)
    stranger, _ = people.invite(
        actor=operator(), name="Stranger", email="Stranger@example.org", functions=["ethics"], roles=[], now=later()
    )
    assert stranger.urn in releases.authors_of(read_release(release))


def test_a_version_that_no_human_made_is_refused() -> None:
    ana = a_person()
    robot = people.add_robot(
        actor=operator(), slug="trainer", purpose="trains", owner=ana.urn, roles=[(Role.PIPELINE, None)], now=later()
    )
    model = a_model()
    size = log.size()
    with pytest.raises(Refused) as refused:
        a_version(ana, model=model, authors=[robot.urn, "stranger@example.org"])
    assert refused.value.refusal.code == "no_human_author"
    assert log.size() == size


def test_a_version_names_its_training_data_by_what_exists() -> None:
    panel = a_dataset_version("panel")
    version = a_version(training=[panel])
    assert version.row.body["training"] == [panel.urn]
    with pytest.raises(NotFound):
        a_version(training=[queries.DataVersionOf(panel.dataset, ModelVersion(number=9))])  # type: ignore[arg-type]


def test_terms_are_corrected_and_rows_are_not() -> None:
    panel = a_dataset_version("panel", lawful_basis="contract")
    terms = {name: panel.row.body[name] for name in DataTerms.__dataclass_fields__}
    actions.correct_dataset_terms(
        actor=operator(), reference="panel@1", terms=DataTerms(**terms | {"lawful_basis": "consent", "consent": True}),
        wrong_from_the_start=False, now=later(),
    )  # fmt: skip
    found = queries.dataset_version(operator(), "panel@1", as_of()).row
    assert found.body["lawful_basis"] == "consent"
    assert (found.body["digest"], found.body["rows"]) == (panel.row.body["digest"], panel.row.body["rows"])


def test_a_registration_that_says_nonsense_leaves_nothing() -> None:
    lending = a_system("lending")
    size = log.size()
    with pytest.raises(BadInput, match="tier"):
        actions.correct_system(
            actor=operator(), facts=facts_of(lending, tier="huge"), wrong_from_the_start=False, now=later()
        )
    assert log.size() == size


def test_a_new_system_takes_a_grant_for_the_workspace() -> None:
    lending = a_system("lending")
    local = a_person(roles=[(Role.ENGINEER, lending)])
    facts = facts_of(lending, slug="hiring")
    with pytest.raises(NotFound):
        actions.register_system(actor=local.actor, facts=facts, now=later())
    with pytest.raises(NotEntitled):
        actions.register_system(actor=a_person(roles=[Role.READER]).actor, facts=facts, now=later())
    assert (
        actions.register_system(actor=a_person(roles=[Role.ENGINEER]).actor, facts=facts, now=later()).slug == "hiring"
    )


def test_the_entry_of_a_version_says_which_one_it_is() -> None:
    version = a_version(model=a_model("credit-risk"))
    said = read(bytes(ledger.entry(version.row.position).exact)).predicate
    assert (said["verb"], said["model"], said["number"]) == ("inventory.version_registered", "credit-risk", 1)
