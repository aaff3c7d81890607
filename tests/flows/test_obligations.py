"""Packs of obligations in a workspace: adopting and dropping them, how a system stands, what a pack would change."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from consilience.config import workspace as workspaces_of_ours
from consilience.config.home import Home
from consilience.domains.access.rules import Role
from consilience.domains.gate import coverage as coverages
from consilience.domains.gate import pack_impact
from consilience.domains.inventory.models import System
from consilience.domains.ledger.models import Entry
from consilience.domains.ledger.verify import verify
from consilience.domains.policy import actions as policy
from consilience.domains.policy import document
from consilience.domains.policy.models import ObligationPack, PackProposal
from consilience.domains.policy.obligations import actions, queries, rules, shipped
from consilience.domains.policy.obligations.pack import Day
from consilience.kit.errors import BadInput, NotEntitled, NotFound, Refused
from tests.harness import workspaces
from tests.harness.api import as_, sdk
from tests.harness.builders import (
    Someone,
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
    read_release,
    some_evidence,
)
from tests.harness.check_fixtures import FIXTURES
from tests.harness.workspaces import Workspace
from tests.rules.test_obligations import SMALL

BEFORE, AFTER = Day("2026-07-26"), Day("2026-07-27")
CREDIT: dict[str, Any] = {
    "jurisdictions": ["DE"], "use": "credit_scoring", "autonomy": "decides_with_review", "data_categories": ["personal", "special_category"],
}  # fmt: skip


def adopt(*packs: str, by: Someone | None = None, roles: list[str] | None = None) -> None:
    for slug in packs:
        actions.adopt_shipped(actor=by.actor if by else operator(), slug=slug, roles=roles, now=later())


def publish(name: str, proposer: Someone, publisher: Someone) -> None:
    row = policy.propose(actor=proposer.actor, text=document.starter_texts()[name], now=later())
    policy.publish(actor=publisher.actor, proposal=row.urn, in_force_from=None, now=later())


def states(system: System, day: str = "2026-11-23") -> dict[str, str]:
    found = coverages.coverage(operator(), system.slug, as_of(), day=Day(day))
    return {one.obligation.id: str(one.state) for one in found.lines}


# Adopting


def test_a_shipped_pack_is_adopted_by_a_recorded_act_of_somebody_entitled(workspace: Workspace) -> None:
    lea, admin, eve = a_person("Lea", functions=["legal"]), an_administrator(), a_person("Eve")
    assert queries.adopted(as_of()) == []
    with pytest.raises(NotEntitled):
        adopt("gdpr", by=eve)
    adopt("gdpr", by=lea)
    adopt("eu-ai-act", by=admin, roles=["deployer"])
    act, gdpr = queries.adopted(as_of())
    assert (gdpr.pack.slug, gdpr.roles, gdpr.row.body["adopted_by"]) == ("gdpr", ("controller",), lea.urn)
    assert act.roles == ("deployer",)
    verbs = list(Entry.objects.order_by("-position").values_list("verb", flat=True)[:2])
    assert verbs == ["policy.pack_adopted"] * 2
    report = verify()
    assert report.good, report.findings


def test_the_same_text_is_adopted_once_but_again_in_other_roles_or_after_it_was_dropped(workspace: Workspace) -> None:
    lea = a_person("Lea", functions=["legal"])
    adopt("eu-ai-act", by=lea)
    with pytest.raises(Refused) as raised:
        adopt("eu-ai-act", by=lea)
    assert raised.value.refusal.code == "policy.pack_adopted_already"
    adopt("eu-ai-act", by=lea, roles=["provider"])
    with pytest.raises(BadInput, match="'bank' is no role of eu-ai-act"):
        adopt("eu-ai-act", by=lea, roles=["bank"])
    actions.drop(actor=lea.actor, slug="eu-ai-act", reason="We sold it.", now=later())
    assert queries.adopted(as_of()) == []
    with pytest.raises(NotFound):
        actions.drop(actor=lea.actor, slug="eu-ai-act", reason="Again.", now=later())
    adopt("eu-ai-act", by=lea)
    assert [row.version for row in queries.history("eu-ai-act", as_of())] == [4, 3, 2, 1]
    assert [row.withdrawn for row in queries.history("eu-ai-act", as_of())] == [False, True, False, False]


def test_a_pack_of_ones_own_takes_two_people(workspace: Workspace) -> None:
    lea, ida = a_person("Lea", functions=["legal"]), a_person("Ida", functions=["ethics"])
    row = actions.propose(actor=lea.actor, text=SMALL, now=later())
    with pytest.raises(Refused) as raised:
        actions.adopt_proposed(actor=lea.actor, proposal=row.urn, roles=None, now=later())
    assert raised.value.refusal.code == "policy.second_person_adopts"
    made = actions.adopt_proposed(actor=ida.actor, proposal=row.urn, roles=None, now=later())
    assert (made.body["proposed_by"], made.body["adopted_by"]) == (lea.urn, ida.urn)
    assert queries.open_proposals(as_of()) == []
    with pytest.raises(Refused):
        actions.adopt_proposed(actor=ida.actor, proposal=row.urn, roles=None, now=later())
    assert queries.find("HR 1", as_of()).obligation.id == "house-tell"


def test_a_text_that_does_not_load_is_not_proposed_and_two_packs_never_share_a_name(workspace: Workspace) -> None:
    lea, ida = a_person("Lea", functions=["legal"]), a_person("Ida", functions=["ethics"])
    with pytest.raises(BadInput, match="line 20"):
        actions.propose(actor=lea.actor, text=SMALL.replace("signs: [legal]", "signs: [leagl]"), now=later())
    assert not PackProposal.objects.exists()
    adopt("us-ugesp", by=lea)
    row = actions.propose(actor=lea.actor, text=SMALL.replace("HR 1", "ugesp"), now=later())
    with pytest.raises(Refused) as raised:
        actions.adopt_proposed(actor=ida.actor, proposal=row.urn, roles=None, now=later())
    assert raised.value.refusal.params == {"obligation": "ugesp", "pack": "house-rules", "other": "us-ugesp"}


def test_an_adopted_pack_loads_under_the_kinds_and_functions_stored_with_it(workspace: Workspace) -> None:
    adopt("gdpr")
    row = ObligationPack.objects.get()
    assert "dpia" in row.body["kinds"]
    assert row.body["functions"] == ["engineering", "product", "legal", "ethics"]
    assert queries.pack_of(row).by_name["gdpr-35"].evidence == ("dpia",)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Home]:
    """A workspace of the first format, brought up to the present tables."""
    home = Home(tmp_path / "home")
    with tarfile.open(FIXTURES / "workspace-1.tar.gz") as archive:
        archive.extractall(home.root, filter="data")
    with workspaces.opened(Workspace(home)):
        call_command("migrate", verbosity=0)
        yield home


def test_a_workspace_that_exists_is_offered_the_packs_and_adopts_them(old: Home) -> None:
    workspaces_of_ours.init(old, name="ignored", zone="UTC")
    assert {one.slug for one in queries.offers(as_of())} == set(shipped.texts())
    adopt("nist-ai-rmf")
    found = coverages.portfolio(operator(), as_of())
    assert found
    assert all(one.lines for one in found)
    report = verify()
    assert report.good, report.findings


# How a system stands


ASSESSED = """\
policy: assessed
title: {en: Assessed}
owner: legal
language: 1
requirements:
  - id: assessment
    title: {en: An assessment is on record}
    why: {en: The law asks for it.}
    owner: legal
    severity: block
    applies_if: release.stage == "operation"
    satisfied_if: evidence.dpia.exists(e, !e.expired)
    obligations: [gdpr-35, "MANAGE 1.1", contract-7]
    source: The law
    sentences: {en: {satisfied: There is one., unsatisfied: It has expired., no_evidence: There is none., not_applicable: Not yet.}}
    examples:
      - {name: one, expect: satisfied, facts: {release: {stage: operation}, evidence: {dpia: [{expired: false}]}}}
      - {name: late, expect: unsatisfied, facts: {release: {stage: operation}, evidence: {dpia: [{expired: true}]}}}
      - {name: one of two, expect: satisfied, facts: {release: {stage: operation}, evidence: {dpia: [{expired: true}, {expired: false}]}}}
      - {name: early, expect: not_applicable, facts: {release: {stage: data}, evidence: {dpia: []}}}
      - {name: none, expect: no_evidence, facts: {release: {stage: operation}, evidence: {dpia: []}}}
"""


def test_requirements_and_evidence_answer_obligations(workspace: Workspace) -> None:
    lea, ida = a_person("Lea", functions=["legal"]), a_person("Ida", functions=["ethics"])
    row = policy.propose(actor=lea.actor, text=ASSESSED, now=later())
    policy.publish(actor=ida.actor, proposal=row.urn, in_force_from=None, now=later())
    system = a_system(**CREDIT)
    adopt("nist-ai-rmf", "gdpr")

    def stands(name: str, **at: Any) -> rules.Line:
        return coverages.line(coverages.coverage(operator(), system.slug, as_of(), **at), name)

    assert (stands("gdpr-35").state, stands("gdpr-35").why) == (rules.State.OPEN, rules.Why.NO_RELEASE)
    early = a_release(a_version(system=system), system=system, stage="data")
    assert stands("gdpr-35").why is rules.Why.NOT_ASKED_YET
    release = a_release(a_version(model=read_release(early).version.model), system=system)
    assert stands("gdpr-35").why is rules.Why.UNMET
    given = some_evidence(system, "dpia", fields={"title": "DPIA", "document": "Text"})
    line = stands("gdpr-35")
    assert line.state is rules.State.MET
    assert [one.name for one in line.cited] == ["assessed/assessment"]
    reference = read_release(release).version.reference
    assert line.cited[0].outcomes == {f"{system.slug}/{reference} to operation": "satisfied"}
    assert stands("nist-manage-1-1").state is rules.State.MET, "a requirement may cite another name of it"
    assert stands("gdpr-6").state is rules.State.NO_REQUIREMENT
    assert stands("gdpr-35", day=Day("2018-05-24")).state is rules.State.NOT_YET
    alone = stands("gdpr-35", release=(read_release(early).version.reference, "data"))
    assert alone.why is rules.Why.NOT_ASKED_YET
    found = coverages.coverage(operator(), system.slug, as_of())
    assert found.evidence["dpia"].records == (given.urn,)
    assert found.unknown == {"contract-7": ("assessed/assessment",)}, "shown, and no reason to refuse a policy"


def test_the_newest_proposal_of_each_model_counts_and_the_newest_in_operation(workspace: Workspace) -> None:
    system = a_system(**CREDIT)
    model = a_model(systems=[system])
    a_release(a_version(model=model), system=system, stage="validation")
    newest = a_release(a_version(model=model), system=system, stage="operation")
    found = coverages.coverage(operator(), system.slug, as_of())
    assert [one.urn for one in found.releases] == [newest.urn]


def test_the_ai_act_before_and_after_27_july_2026_on_the_same_portfolio(workspace: Workspace) -> None:
    scoring, assistant = (
        a_system("scoring", **CREDIT),
        a_system("assistant", jurisdictions=["FR"], use="generative_assistant", data_categories=["personal"]),
    )
    american, unsaid = (
        a_system("american", jurisdictions=["US"], use="credit_scoring"),
        a_system("unsaid", jurisdictions=["DE"]),
    )
    adopt("eu-ai-act")
    before, after = states(scoring, BEFORE), states(scoring, AFTER)
    assert {name for name in before if before[name] != after.get(name)} == {
        "aia-10-5", "aia-43-48", "aia-49-71", "aia-72", "aia-73", "aia-86",
    }  # fmt: skip
    assert after.keys() - before.keys() == {"aia-4a", "aia-5-ba", "aia-5-bb"}
    changed = {one.system.slug: one for one in pack_impact.between(operator(), as_of(), since=BEFORE, until=AFTER)}
    assert changed.keys() == {"scoring", "assistant", "unsaid"}, "nothing changes where the act does not apply"
    assert [one.obligation.id for one in changed["assistant"].changes] == ["aia-5-ba", "aia-5-bb", "aia-4"]
    moved = {one.obligation.id: one.begins for one in changed["scoring"].changes if one.begins == "2027-12-02"}
    assert len(moved) == 15
    assert "aia-9" in moved
    assert states(assistant, "2026-08-01")["aia-50"] == "not_yet"
    assert states(assistant, "2026-08-02")["aia-50"] == "no_requirement"
    assert states(american, AFTER)["aia-9"] == "not_applicable"
    assert states(unsaid, AFTER)["aia-9"] == "unknown"
    found = coverages.coverage(operator(), "scoring", as_of(), day=BEFORE)
    assert found.what_if
    assert not coverages.coverage(operator(), "scoring", as_of(), day=found.today).what_if


def test_an_expired_document_is_no_evidence_on_record(workspace: Workspace) -> None:
    system = a_system(**CREDIT)
    adopt("gdpr")
    some_evidence(system, "dpia", expires_at=later(days=1))
    assert coverages.coverage(operator(), system.slug, as_of()).evidence["dpia"].records
    past = coverages.coverage(operator(), system.slug, as_of(later(days=2)))
    assert (past.evidence["dpia"].records, past.evidence["dpia"].expired) == ((), 1)


# What a pack would change


def test_the_impact_of_a_pack_names_systems_requirements_sign_offs_and_who_must_look_again(
    workspace: Workspace,
) -> None:
    lea, ida = a_person("Lea Legal", functions=["legal"]), a_person("Ida Ethics", functions=["ethics"])
    publish("legal.yaml", lea, ida)
    system = a_system("scoring", **CREDIT)
    a_system("american", jurisdictions=["US"], use="marketing")
    release = a_release(a_version(system=system), system=system)
    given = a_sign_off(by=lea, release=release, function="legal")
    pack = queries.draft(shipped.texts()["gdpr"], as_of()).pack
    with pytest.raises(BadInput, match="'controler' is no role of gdpr; expected"):
        pack_impact.impact(operator(), pack, ["controler"], as_of())
    found = pack_impact.impact(operator(), pack, None, as_of())
    (one,) = found.systems
    assert (one.system.slug, found.before) == ("scoring", None)
    assert {each.how for each in one.changes} == {"gained"}
    assert {"gdpr-6", "gdpr-22", "gdpr-35"} <= {each.obligation.id for each in one.changes}
    assert one.requirements == ("lawful-data/data-kept-in-time", "lawful-data/data-purpose-and-basis")
    (concerned,) = one.sign_offs
    assert concerned.sign_off.row.urn == given.urn
    assert found.look_again["legal"] == (lea.urn,)
    assert found.look_again["ethics"] == (ida.urn,)
    assert found.look_again["engineering"] == ()
    assert not ObligationPack.objects.exists(), "looking records nothing"


def test_a_newer_edition_says_what_it_changes_and_whoever_sees_one_system_hears_of_that_one(
    workspace: Workspace,
) -> None:
    lea, ida = a_person("Lea", functions=["legal"]), a_person("Ida", functions=["ethics"])
    scoring = a_system("scoring", **CREDIT)
    a_system("other", **CREDIT)
    row = actions.propose(actor=lea.actor, text=SMALL, now=later())
    actions.adopt_proposed(actor=ida.actor, proposal=row.urn, roles=None, now=later())
    newer = queries.draft(
        SMALL.replace("evidence: [decision_record]", "evidence: [decision_record, dpia]"), as_of()
    ).pack
    member = a_person("Max", roles=[(Role.REVIEWER, scoring)])
    found = pack_impact.impact(member.actor, newer, None, as_of())
    assert [one.system.slug for one in found.systems] == ["scoring"]
    (change,) = found.systems[0].changes
    assert [(one.part, one.before, one.after) for one in change.differences] == [
        ("evidence", "decision_record", "decision_record, dpia")
    ]
    assert {one.system.slug for one in pack_impact.impact(lea.actor, newer, None, as_of()).systems} == {
        "scoring",
        "other",
    }


# API and SDK


def test_the_api_says_the_same_and_labels_a_what_if(workspace: Workspace) -> None:
    lea = a_person("Lea Legal", functions=["legal"])
    a_system("scoring", **CREDIT)
    client = sdk(lea)
    assert {one["adopted"] for one in client.obligation_packs()} == {None}
    made = client.adopt_pack("eu-ai-act", roles=["provider", "deployer"])
    assert (made["version"], made["roles"], made["by"]["name"]) == (1, ["deployer", "provider"], "Lea Legal")
    found = client.coverage("scoring", as_of="2026-07-26")
    assert found["what_if"]
    assert found["sentence"].startswith("What if: the law of 26 July 2026.")
    line = next(one for one in found["obligations"] if one["obligation"] == "aia-9")
    assert (line["state"], line["in_force_from"]) == ("not_yet", "2026-08-02")
    assert line["sentence"] == "In force from 2 August 2026; no requirement asks for it yet."
    now = client.coverage("scoring")
    assert (now["what_if"], now["sentence"]) == (False, "")
    disputed = next(one for one in now["obligations"] if one["obligation"] == "aia-86")
    assert [one["reading"] for one in disputed["consequences"]] == ["general-date", "with-high-risk"]
    shown = client.obligation("MEASURE 2.11")
    assert (shown["id"], shown["adopted"]) == ("nist-measure-2-11", False)
    history = client.obligation("aia-9")["history"]
    assert [(one["since"], one["readings"][0]["applies_from"]) for one in history] == [
        ("2024-08-01", "2026-08-02"),
        ("2026-07-27", "2027-12-02"),
    ]
    clocks = client.obligation("aia-73")["running"]
    assert [(one["amount"], one["unit"]) for one in clocks[:3]] == [(15, "days"), (2, "days"), (10, "days")]
    before = [one["id"] for one in client.obligations(as_of="2026-07-26")]
    assert "aia-4a" not in before
    assert "aia-4a" in [one["id"] for one in client.obligations()]
    (changed,) = client.obligation_changes("2026-07-26", "2026-07-27")
    assert len(changed["changes"]) == 25
    assert client.pack_impact("gdpr")["systems"][0]["system"] == "scoring"
    assert client.text_impact(SMALL)["systems"][0]["changes"][0]["how"] == "gained"
    assert client.obligation_pack("gdpr")["text"] == shipped.texts()["gdpr"]
    assert client.drop_pack("eu-ai-act", "Not any more.")["ended"]
    assert list(client.obligations()) == []


def test_days_and_releases_that_are_none_are_told(workspace: Workspace) -> None:
    a_system("scoring", **CREDIT)
    caller = as_(a_person("Lea", functions=["legal"]))
    for query in ({"as_of": "2026-13-01"}, {"as_of": "yesterday1"}, {"version": "model@1"}, {"asof": "2026-07-26"}):
        assert caller.get("/systems/scoring/obligations", **query).status == 422
    assert caller.get("/obligations/aia-999").status == 404
    assert caller.get("/obligation-packs/nowhere").status == 404
    assert caller.get("/systems/scoring/obligations", version="model@1", stage="operation").status == 404
