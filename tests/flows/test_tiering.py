"""The risk tier of a system: computed by a published table, asked again when a fact changes, never silent about it."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.gate import actions as gate_actions
from consilience.domains.gate import effect_queries as effects
from consilience.domains.gate import policy_sets, tiering
from consilience.domains.gate import queries as gate
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.models import System
from consilience.domains.inventory.rules import SystemFacts
from consilience.domains.policy import actions as policies
from consilience.domains.policy import queries as policy
from consilience.domains.policy.starter_sets import starter_policy, starter_sets
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from tests.harness.api import Caller, as_
from tests.harness.builders import (
    Someone,
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
from tests.harness.workspaces import Workspace


def publish(name: str, *, changed: tuple[str, str] | None = None) -> None:
    text = starter_policy("by-tier", name)
    if changed is not None:
        assert changed[0] in text
        text = text.replace(*changed)
    owner = next(line.split(":")[1].strip() for line in text.splitlines() if line.startswith("owner:"))
    first, second = a_person(functions=[owner]), a_person(functions=["engineering"])
    proposal = policies.propose(actor=first.actor, text=text, now=later())
    policies.publish(actor=second.actor, proposal=proposal.urn, in_force_from=None, now=later())


def correct(system: System, **changes: Any) -> System:
    said = {name: system.body[name] for name in SystemFacts.__dataclass_fields__ if name in system.body}
    return inventory.correct_system(
        actor=operator(), facts=SystemFacts(**{**said, **changes}), wrong_from_the_start=False, now=later()
    )


def assess(release: Release) -> gate.Assessment:
    return gate.assess_release(releases.release_by_urn(operator(), release.urn, as_of()))


def a_sorter(**facts: Any) -> System:
    """An internal tool in the United States that sorts letters."""
    usual = {
        "jurisdictions": ["US"], "use": "internal_tool", "autonomy": "informs", "people_affected": 10, "tier": "minimal",
        "data_categories": ["not_personal"],
    }  # fmt: skip
    return a_system(**{**usual, **facts})


def test_without_a_table_the_tier_is_the_stated_one(workspace: Workspace) -> None:
    found = tiering.tier(a_system(tier="limited"), as_of())
    assert found.fact() == {"level": "limited", "source": "stated", "table": None, "rows": []}


def test_a_table_in_force_computes_the_tier_of_a_system_without_a_release(workspace: Workspace) -> None:
    publish("risk-tiering")
    found = tiering.tier(a_sorter(use="hiring", jurisdictions=["DE"]), as_of())
    assert found.fact() == {"level": "high", "source": "computed", "table": "risk-tiering/tier", "rows": ["annex-iii"]}
    assert found.differs
    assert found.decided is not None
    assert "Annex III" in found.decided.reasons("en")[0]
    assert "Anhang III" in found.decided.reasons("de")[0]


def test_a_fact_that_nobody_stated_leaves_the_tier_unknown_unless_it_does_not_matter(workspace: Workspace) -> None:
    publish("risk-tiering")
    unknown = tiering.tier(a_sorter(use=None), as_of())
    assert (unknown.level, unknown.source) == (None, "computed")
    assert unknown.decided is not None
    assert unknown.decided.unknown == ("use",)
    sure = a_sorter(use="credit_scoring", jurisdictions=["FR"], autonomy=None, people_affected=None, data_categories=())
    assert tiering.tier(sure, as_of()).level == "high"


@pytest.mark.parametrize("place", ["EU", "DE-BY"])
def test_the_union_and_a_part_of_a_member_state_are_used_in_the_union(workspace: Workspace, place: str) -> None:
    publish("risk-tiering")
    assert tiering.tier(a_sorter(use="hiring", jurisdictions=[place]), as_of()).fact()["rows"] == ["annex-iii"]


def test_of_two_tables_the_stricter_one_holds(workspace: Workspace) -> None:
    publish("risk-tiering")
    table = """\
policy: our-own
title: {en: Our own}
owner: legal
language: 2
requirements: []
tables:
  - table: squad
    title: {en: By squad}
    decides: tier
    inputs: [{name: squad, value: system.squad, values: [lending], others: true}]
    outputs: [{name: level, values: [minimal, limited, high]}]
    rows:
      - {id: lending, when: {squad: lending}, then: {level: LEVEL}, reason: {en: We say so.}}
    default: {then: {level: minimal}, reason: {en: We say nothing.}}
"""
    legal, second = a_person(functions=["legal"]), a_person()
    for level, decides in (("limited", "our-own/squad"), ("minimal", None)):
        proposal = policies.propose(actor=legal.actor, text=table.replace("LEVEL", level), now=later())
        policies.publish(actor=second.actor, proposal=proposal.urn, in_force_from=None, now=later())
        found = tiering.tier(a_sorter(), as_of())
        assert found.level == level
        assert found.decided is not None
        assert decides in (None, found.decided.name)


def test_the_system_says_when_its_tier_changed_and_which_fact_did_it(workspace: Workspace) -> None:
    system = a_sorter(use="hiring", people_affected=900, tier="limited")
    publish("risk-tiering")
    assert tiering.last_change(system, as_of()) is None
    system = correct(system, people_affected=120_000)
    found = tiering.last_change(system, as_of())
    assert found is not None
    assert (found.was, found.now, found.tables) == ("limited", "high", False)
    assert found.moved == (tiering.Moved("people_affected", 900, 120_000),)
    correct(system, name="Another name")
    again = tiering.last_change(System.objects.as_of(as_of()).get(urn=system.urn), as_of())
    assert again is not None
    assert again.at == found.at


def test_a_table_that_changes_the_tier_is_named_as_the_cause(workspace: Workspace) -> None:
    system = a_sorter(tier="limited")
    publish("risk-tiering")
    found = tiering.last_change(system, as_of())
    assert found is not None
    assert (found.was, found.now, found.tables, found.moved) == ("limited", "minimal", True, ())


def test_the_next_gate_says_what_the_tier_was_and_is(workspace: Workspace) -> None:
    publish("risk-tiering")
    publish("light-track")
    system = a_sorter()
    release = a_release(a_version(model=a_model(systems=[system])), system=system, stage="framing")
    of = read_release(release)
    address = {"system": system.slug, "version": of.version.reference, "stage": "framing"}
    gate_actions.decide(actor=operator(), **address, now=later())
    assert gate.tier_change(gate.assess_release(releases.release(operator(), asof=as_of(), **address))) is None
    correct(system, use="hiring", autonomy="decides_alone")
    found = gate.tier_change(gate.assess_release(releases.release(operator(), asof=as_of(), **address)))
    assert found is not None
    assert (found.was, found.now) == ("minimal", "high")
    assert {one.fact for one in found.moved} == {"use", "autonomy"}


def test_tiers_choose_the_requirements_and_every_stage_asks_something(workspace: Workspace) -> None:
    for name in starter_sets()["by-tier"].policies:
        publish(name)
    light, grave = a_sorter(), a_sorter(use="credit_scoring", jurisdictions=["DE"])
    model = a_model(systems=[light, grave])
    version = a_version(model=model)
    asked: dict[tuple[str, str], set[str]] = {}
    for system, track in ((light, "light"), (grave, "grave")):
        for stage in ("framing", "data", "development", "validation", "operation", "retirement"):
            found = assess(a_release(version, system=system, stage=stage))
            applying = {
                one.policy for one in found.outcomes if one.code != "not_applicable" and one.severity == "block"
            }
            asked[track, stage] = applying
    assert all(applying == {"light-track"} for (track, _stage), applying in asked.items() if track == "light")
    assert all(applying == {f"stage-{stage}"} for (track, stage), applying in asked.items() if track == "grave")


def test_an_unknown_tier_is_no_way_round_the_requirements(workspace: Workspace) -> None:
    publish("risk-tiering")
    publish("stage-framing")
    publish("light-track")
    system = a_sorter(use=None)
    release = a_release(a_version(model=a_model(systems=[system])), system=system, stage="framing")
    found = assess(release)
    assert not found.verdict.allowed
    assert {str(one.code) for one in found.outcomes if one.policy == "light-track" and one.requirement == "purpose-written-down"} == {"no_evidence"}  # fmt: skip


def test_what_a_changed_table_does_is_told_before_it_is_published(workspace: Workspace) -> None:
    publish("risk-tiering")
    publish("light-track")
    publish("stage-framing")
    system = a_sorter()
    release = a_release(a_version(model=a_model(systems=[system])), system=system, stage="framing")
    some_evidence(system, "blueprint")
    address = {"system": system.slug, "version": read_release(release).version.reference, "stage": "framing"}
    assert gate_actions.decide(actor=operator(), **address, now=later()).allowed
    text = starter_policy("by-tier", "risk-tiering")
    stricter = text.replace("      then: {level: minimal}\n", "      then: {level: limited}\n")
    assert stricter != text
    old, asof = policy_sets.alone(policy_sets.version("risk-tiering", as_of()), later()), as_of()
    new = policy_sets.alone(policy.draft(stricter, asof), asof.valid_at)
    report = effects.effect_of(operator(), old, new, asof=asof)
    (decided,) = [case for case in report.cases if case.decision]
    assert decided.effect.before.allowed
    assert not decided.effect.after.allowed
    changed = {one.name for one in decided.effect.changed}
    assert {"light-track/purpose-written-down", "stage-framing/problem-and-alternative"} <= changed
    assert all(case.effect.verdict_flips for case in report.cases)


def test_a_minimal_system_passes_framing_by_the_light_track(workspace: Workspace) -> None:
    publish("risk-tiering")
    publish("light-track")
    system = a_sorter()
    release = a_release(a_version(model=a_model(systems=[system])), system=system, stage="framing")
    assert not assess(release).verdict.allowed
    some_evidence(system, "blueprint")
    assert assess(release).verdict.allowed


# The API and the command line


@pytest.fixture
def engineer(workspace: Workspace) -> Someone:
    return a_person("Model engineer")


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.said
    return answer.said


def test_the_api_tells_the_tier_with_reasons_and_what_is_unknown(engineer: Someone) -> None:
    publish("risk-tiering")
    caller: Caller = as_(engineer)
    said = good(caller.get(f"/systems/{a_sorter(use='hiring').slug}/tier"))
    assert (said["level"], said["source"], said["rows"], said["differs"]) == (
        "limited",
        "computed",
        ["advises-on-few-lives"],
        True,
    )
    assert "only advises" in said["reasons"][0]
    said = good(caller.get(f"/systems/{a_sorter(use=None).slug}/tier"))
    assert (said["level"], said["unknown"], said["reasons"]) == (None, ["use"], [])
    assert said["answers"][0]["inputs"][0]["reasons"] == [{"code": "missing", "path": "system.use"}]


def test_the_api_checks_and_asks_tables(engineer: Someone) -> None:
    caller: Caller = as_(engineer)
    text = starter_policy("by-tier", "risk-tiering")
    assert good(caller.post("/tables/check", {"text": text}))[0]["whole"] is True
    cut = text[: text.index("    default:")] + "requirements: []\n"
    (found,) = good(caller.post("/tables/check", {"text": cut}))
    assert found["whole"] is False
    assert found["findings"][0].startswith("no row answers when used for: ")
    asked = {"text": text, "values": {"use": "hiring", "eu": "false", "autonomy": "informs", "people": "20"}}
    said = good(caller.post("/tables/ask", asked))
    assert [one["row"] for one in said["fired"]] == ["advises-on-few-lives"]
    assert said["missed"][0]["because"][0]["title"] == "used in the EU"
    assert caller.post("/tables/ask", {"text": text, "values": {"people": "many"}}).status == 422
    assert caller.post("/tables/ask", {"values": {}}).status == 422
    sets = good(caller.get("/starter-sets"))
    assert {one["name"] for one in sets} >= {"by-tier", "four-functions", "hiring"}
    csv = good(caller.post("/tables/export", {"text": text}))["text"]
    assert csv.startswith("id,when use,when eu,")
