"""Obligations that are open for live releases: told on the day of the law, replayed before a pack is adopted, weighed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from consilience.domains.gate import coverage as coverages
from consilience.domains.gate import pack_impact, standing_actions, standing_queries
from consilience.domains.gate.models import Notice, Standing
from consilience.domains.gate.standing import State
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.rules import SystemFacts
from consilience.domains.ledger.verify import verify
from consilience.domains.policy.obligations import actions, queries
from consilience.domains.policy.obligations.terms import WhenOpen
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, NotEntitled, Refused
from consilience.surfaces import law_open
from tests.harness import workspaces
from tests.harness.builders import a_person, as_of, later, operator
from tests.harness.credit import Credit
from tests.harness.workspaces import Workspace

COMING = """pack: house-rules
format: 1
title: {en: House rules}
edition: 2026-11-23
summary: {en: What we promised.}
source: Master agreement
obligations:
  - id: house-tell
    title: {en: Tell the partner}
    text: {en: Tell the partner of every new model.}
    article: section 4
    applies_to: [provider]
    signs: [legal]
    evidence: [notice]
    law:
      - {since: 2020-01-01, from: 2027-03-01}
    status: enacted_not_yet_applied
    checked: text
    source: Master agreement
  - id: house-other
    title: {en: Ask the partner}
    text: {en: Ask.}
    article: section 5
    applies_to: [deployer]
    signs: [ethics]
    evidence: [notice]
    law:
      - {since: 2020-01-01}
    status: in_force
    checked: text
    source: Master agreement
"""
ABROAD = """  - id: house-abroad
    title: {en: Ask abroad}
    text: {en: Ask.}
    article: section 6
    applies_to: [any]
    applies_if: '"US" in system.jurisdictions'
    signs: [legal]
    evidence: [notice]
    law:
      - {since: 2020-01-01}
    status: in_force
    checked: text
    source: Master agreement
"""
EVE, DAY = Instant("2027-02-28T12:00:00.000000Z"), Instant("2027-03-01T12:00:00.000000Z")


@pytest.fixture
def workspace(let_through: tuple[Workspace, Credit], tmp_path: Path) -> Iterator[Workspace]:
    """One in which the credit model was let through to operation."""
    copy = workspaces.copied(let_through[0], tmp_path / "home")
    with workspaces.opened(copy):
        yield copy


@pytest.fixture
def story(workspace: Workspace, let_through: tuple[Workspace, Credit]) -> Credit:
    return let_through[1]


def look(at: Instant | None = None) -> standing_actions.Look:
    return standing_actions.look(actor=operator(), now=at or later())


def newest(story: Credit) -> Standing:
    row = standing_queries.newest(story.release.urn)
    assert row is not None
    return row


def open_now(story: Credit) -> list[str]:
    return [one["obligation"] for one in newest(story).body["obligations"]]


def adopt(*roles: str, text: str = COMING) -> None:
    lea, ida = a_person("Lea", functions=["legal"]), a_person("Ida", functions=["ethics"])
    row = actions.propose(actor=lea.actor, text=text, now=later())
    actions.adopt_proposed(actor=ida.actor, proposal=row.urn, roles=roles or None, now=later())


def change(when_open: WhenOpen | None = None, **said: object) -> None:
    usual = {"roles": None, "systems": {}}
    actions.change_terms(actor=operator(), slug="house-rules", when_open=when_open, now=later(), **usual | said)  # type: ignore[arg-type]


def test_a_law_that_comes_into_force_is_told_that_day_with_the_reason(story: Credit) -> None:
    look()
    adopt("provider")
    assert look().changed == ()
    assert look(EVE).changed == ()
    Notice.objects.all().delete()
    (row,) = look(DAY).changed
    assert (row.state, open_now(story), row.body["came"]) == (State.COMPLIANT, ["house-tell"], {"house-tell": "law"})
    (one,) = row.body["obligations"]
    assert (one["since"], one["state"], one["weight"]) == ("2027-03-01", "no_requirement", "warn")
    told = set(Notice.objects.values_list("person", flat=True))
    assert story.reviewers["legal"].urn in told, "legal signs for it"
    assert story.reviewers["product"].urn in told, "the owner"
    assert story.reviewers["ethics"].urn not in told
    assert look(DAY).changed == ()
    report = verify()
    assert report.good, report.findings


def test_where_the_organisation_says_so_a_release_does_not_comply_from_midnight_of_that_day(story: Credit) -> None:
    look()
    adopt("provider")
    change(WhenOpen.BLOCK)
    look(EVE)
    (row,) = look(Instant("2027-03-04T12:00:00.000000Z")).changed
    assert (row.state, row.body["ground"], row.body["unmet"]) == (State.NOT_COMPLIANT, "open_obligation", [])
    assert row.body["since"] == "2027-02-28T23:00:00.000000Z", "the worker was away: midnight in Berlin"
    assert row.body["allowed"], "the gate's answer does not change by it"


def test_a_pack_put_in_use_tells_what_is_open_at_once_and_dropping_it_ends_that(story: Credit) -> None:
    look()
    adopt()
    (row,) = look().changed
    assert row.body["came"] == {"house-other": "pack"}
    actions.drop(actor=operator(), slug="house-rules", reason="Ended.", now=later())
    (row,) = look().changed
    assert (row.body["obligations"], [one["obligation"] for one in row.body["went"]]) == ([], ["house-other"])


def test_a_law_that_applies_since_the_registration_changed_is_told_with_that_reason(story: Credit) -> None:
    """Though its pack was adopted since the last record, too: nobody was told then, as it asked for nothing."""
    look()
    adopt("provider", text=COMING + ABROAD)
    assert look().changed == ()
    system = next(iter(coverages.portfolio(operator(), as_of()))).system
    said = {name: system.body[name] for name in SystemFacts.__dataclass_fields__ if name in system.body}
    abroad = SystemFacts(**said | {"jurisdictions": [*system.body["jurisdictions"], "US"]})
    inventory.correct_system(actor=operator(), facts=abroad, wrong_from_the_start=False, now=later())
    (row,) = look().changed
    assert row.body["came"] == {"house-abroad": "system"}
    (told,) = law_open.told(row)
    assert told[1] == "What is registered of the system changed, and so it applies"


def test_what_nobody_should_be_told_of_is_silent(story: Credit) -> None:
    look()
    adopt()
    change(WhenOpen.SILENT)
    assert look().changed == ()


def test_roles_hold_system_by_system(story: Credit) -> None:
    look()
    adopt()
    assert look().changed
    system = next(one for one in coverages.portfolio(operator(), as_of())).system
    change(systems={system.slug: ["provider"]})
    (row,) = look().changed
    assert [one["obligation"] for one in row.body["went"]] == ["house-other"], (
        "over this system we are the provider only"
    )
    assert queries.adopted(as_of())[0].roles == ("deployer", "provider"), "everywhere else the pack's roles hold"
    found = coverages.coverage(operator(), system.slug, as_of())
    assert {one.obligation.id: str(one.state) for one in found.lines}["house-other"] == "not_applicable"
    change(systems={system.slug: None})
    assert look().changed[0].body["came"] == {"house-other": "pack"}


def test_terms_are_held_to_the_packs_roles_and_to_who_may_adopt(story: Credit) -> None:
    adopt()
    system = next(one for one in coverages.portfolio(operator(), as_of())).system
    with pytest.raises(BadInput, match="'bank' is no role of house-rules"):
        change(systems={system.slug: ["bank"]})
    with pytest.raises(Refused):
        change()
    eve = a_person("Eve")
    with pytest.raises(NotEntitled):
        actions.change_terms(
            actor=eve.actor, slug="house-rules", roles=None, systems={}, when_open=WhenOpen.BLOCK, now=later()
        )


def test_before_it_is_adopted_a_pack_is_replayed_over_live_releases_and_past_decisions(story: Credit) -> None:
    pack = queries.draft(COMING, as_of()).pack
    found = pack_impact.impact(operator(), pack, None, as_of(), when_open=WhenOpen.BLOCK).replay
    (live,) = found.live
    assert ([one.obligation for one in live.came], live.before, live.after) == (
        ["house-other"], State.COMPLIANT, State.NOT_COMPLIANT,
    )  # fmt: skip
    assert found.decided
    assert {one.obligation for each in found.decided for one in each.came} == {"house-other"}
    assert found.decisions == found.decisions_looked_at == len(found.decided)
    warned = pack_impact.impact(operator(), pack, None, as_of()).replay
    assert not warned.live[0].flips


def test_a_requirement_that_is_met_answers_an_obligation_and_one_that_is_not_leaves_it_open(story: Credit) -> None:
    look()
    cited = {name for one in coverages.requirements_in_force(as_of()) for name in one.obligations}
    assert cited, "the starter policies cite obligations"
    lea, ida = a_person("Lea", functions=["legal"]), a_person("Ida", functions=["ethics"])
    text = COMING.replace("id: house-other", f"id: house-other\n    aliases: [{min(cited)!r}]")
    row = actions.propose(actor=lea.actor, text=text, now=later())
    actions.adopt_proposed(actor=ida.actor, proposal=row.urn, roles=["deployer"], now=later())
    assert look().changed == (), "what cites it is satisfied"
