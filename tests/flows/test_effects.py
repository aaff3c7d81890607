"""What a change of policy does, asked of a workspace: stored decisions replayed, live releases looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client as Browser
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.evidence import actions as evidence
from consilience.domains.evidence import queries as evidence_queries
from consilience.domains.gate import effect_queries as effects
from consilience.domains.gate import policy_sets
from consilience.domains.gate.effects import Nature
from consilience.domains.gate.models import Decision
from consilience.domains.ledger import log
from consilience.domains.policy import actions as policy
from consilience.domains.policy import document
from consilience.domains.policy import queries as policies
from consilience.domains.policy.changes import Difference, TextChange
from consilience.kit.clock import Instant, now, shift
from consilience.kit.errors import ExitCode
from consilience.surfaces import effects as words
from tests.harness import workspaces
from tests.harness.api import a_token, as_, sdk
from tests.harness.builders import a_person, a_system, as_of, later, operator
from tests.harness.credit import Credit
from tests.harness.policies import fair_treatment
from tests.harness.processes import command
from tests.harness.workspaces import Workspace

TIGHT = fair_treatment(bound="0.02")


@pytest.fixture
def workspace(let_through: tuple[Workspace, Credit], tmp_path: Path) -> Iterator[Workspace]:
    """One in which the credit model was let through to operation."""
    copy = workspaces.copied(let_through[0], tmp_path / "home")
    with workspaces.opened(copy):
        yield copy


@pytest.fixture
def story(workspace: Workspace, let_through: tuple[Workspace, Credit]) -> Credit:
    return let_through[1]


def drafted(text: str, at: Instant | None = None) -> policy_sets.PolicySet:
    asof = as_of()
    return policy_sets.alone(policies.draft(text, asof), at or asof.valid_at)


def in_force(slug: str = "fair-treatment") -> policy_sets.PolicySet:
    asof = as_of()
    return policy_sets.alone(policy_sets.version(slug, asof), asof.valid_at)


def test_a_tighter_bound_flips_the_decision_and_the_live_release_and_nothing_is_recorded(story: Credit) -> None:
    size = log.size()
    report = effects.effect_of(operator(), in_force(), drafted(TIGHT), asof=as_of())
    assert (report.counts.looked_at, report.counts.flips, report.counts.shut) == (2, 2, 2)
    live, decided = report.cases
    assert (live.decision, decided.decision) == (None, Decision.objects.get().urn)
    for case in report.cases:
        (one,) = case.effect.changed
        assert (one.name, one.outcome.owner) == ("fair-treatment/equal-chance-for-good-payers", "ethics")
        assert (one.before and str(one.before.code), one.after and str(one.after.code)) == ("satisfied", "unsatisfied")
        assert case.effect.before.allowed
        assert not case.effect.after.allowed
    assert log.size() == size


def test_a_looser_bound_and_the_same_text_flip_nothing(story: Credit) -> None:
    for text in (fair_treatment(bound="0.1005"), in_force().policies["fair-treatment"].text):
        report = effects.effect_of(operator(), in_force(), drafted(text), asof=as_of())
        assert (report.flips, report.cases) == (False, [])
        assert report.counts.unchanged == 2


def test_the_replay_under_the_same_policies_is_what_was_decided(story: Credit) -> None:
    difference = policy_sets.change(
        in_force(), drafted(fair_treatment(bound="0.1").replace("10 is the limit", "ten is the limit"))
    )
    row = Decision.objects.get()
    found = effects.replayed(row, difference)
    assert found.before == found.after
    assert found.before.as_json() == {name: row.body[name] for name in ("allowed", "ground", "exit_code", "unmet")}


def test_only_decisions_since_a_day_are_replayed(story: Credit) -> None:
    report = effects.effect_of(operator(), in_force(), drafted(TIGHT), asof=as_of(), since=later())
    assert [case.decision for case in report.cases] == [None]
    assert report.total == 0


def test_slices_add_up_to_the_whole(story: Credit) -> None:
    for _ in range(4):
        story.decide()
    difference = policy_sets.change(in_force(), drafted(TIGHT))
    whole = effects.stored_effect(operator(), difference, asof=as_of())
    parts, start = [], 0
    while start is not None:
        part = effects.stored_effect(operator(), difference, asof=as_of(), offset=start, limit=2)
        parts += [case.decision for case in part.cases]
        start = part.next  # type: ignore[assignment]
    assert parts == [case.decision for case in whole.cases]
    assert len(parts) == 5


def test_what_the_old_facts_could_not_hold_is_told_apart(story: Credit) -> None:
    kind = evidence_queries.kind("load_test", as_of())
    said = {
        "kind": kind.slug,
        "title": kind.title,
        "methods": list(kind.methods),
        "fields": {**kind.fields, "passed": "bool"},
        "units": dict(kind.units),
    }
    evidence.define_kind(actor=operator(), said=said, now=later())
    asked = TIGHT.replace("a.gaps.fpr.high <= 0.02)", "a.gaps.fpr.high <= 0.1) && evidence.load_test.all(z, z.passed)")
    asof = as_of()
    loaded = document.load_published(asked, schema=policies.schema(asof))
    text = policies.InForce("fair-treatment", "0" * 64, asked, (), "UTC", loaded)
    difference = policy_sets.change(in_force(), policy_sets.alone(text, asof.valid_at))
    report = effects.stored_effect(operator(), difference, asof=asof)
    (case,) = report.cases
    assert [one.nature for one in case.effect.changed] == [Nature.LACKING]
    assert (report.counts.lacking, report.counts.flips, report.counts.unchanged) == (1, 0, 0)
    live = effects.live_effect(operator(), difference, asof=asof)
    assert live.counts.flips == 1, "today the release could have had it, and has not"


def test_a_requirement_that_begins_later_flips_on_its_day(story: Credit) -> None:
    start = shift(later(), days=30)
    proposal = policy.propose(actor=story.reviewers["ethics"].actor, text=TIGHT, now=later())
    policy.publish(actor=story.reviewers["legal"].actor, proposal=proposal.urn, in_force_from=start, now=later())
    asof = as_of()
    assert not effects.effect_of(operator(), policy_sets.library(asof), policy_sets.library(asof), asof=asof).flips
    ahead = effects.effect_of(operator(), policy_sets.library(asof), policy_sets.library(asof, start), asof=asof)
    assert ahead.counts.shut == 2


def test_time_alone_flips_a_live_release_and_says_which_moment_passed(story: Credit) -> None:
    asof = as_of()
    library = policy_sets.library(asof)
    at = Instant("2101-01-01T00:00:00.000000Z")
    report = effects.effect_of(operator(), library, policy_sets.library(asof, at), asof=asof, at=at)
    (case,) = report.cases
    assert case.decision is None
    assert "lawful-data/data-kept-in-time" in {one.name for one in case.effect.changed}


def test_who_may_know_of_another_system_only_learns_nothing(story: Credit) -> None:
    other = a_system("other", name="Other", squad="other")
    member = a_person("Olaf Other", roles=[(Role.REVIEWER, other)])
    said = as_(member).post("/policies/effect", {"old": {"policy": "fair-treatment"}, "new": {"text": TIGHT}}).said
    assert (said["cases"], said["total"], said["counts"]["looked_at"]) == ([], 0, 0)


def test_the_api_the_sdk_and_the_command_line_say_the_same(story: Credit, server: str, tmp_path: Path) -> None:
    file = tmp_path / "fair.yaml"
    file.write_text(TIGHT, encoding="utf-8")
    reviewer = story.reviewers["ethics"]
    named = {"CONSILIENCE_URL": server, "CONSILIENCE_TOKEN": a_token(reviewer)}
    asked = command("policy", "diff", "fair-treatment", str(file), **named)
    assert asked.returncode == ExitCode.NO, asked.stderr
    assert "threshold changed from 0.1 to 0.02" in asked.stdout
    assert "2 shut" in asked.stdout
    assert "at most 0.02 is allowed (0.0044 too much)" in " ".join(asked.stdout.split())
    same = command("policy", "diff", "fair-treatment", "fair-treatment@1", **named)
    assert (same.returncode, same.stderr) == (ExitCode.YES, "")
    with sdk(reviewer) as client:
        found = client.policy_effect({"policy": "fair-treatment"}, {"text": TIGHT})
    assert found["what_if"] is True
    assert [one["what"] for one in found["text"]] == ["threshold", "words"]
    assert found["counts"]["shut"] == 2
    assert found["functions"][0]["people"][0]["name"] == reviewer.name


def test_a_question_that_cannot_be_is_refused(story: Credit) -> None:
    asking = as_(story.reviewers["ethics"])
    both = asking.post("/policies/effect", {"old": {}, "new": {"text": TIGHT, "policy": "fair-treatment"}})
    assert (both.status, both.code) == (422, "bad_input")
    past = asking.post("/policies/effect", {"old": {}, "new": {"text": TIGHT}, "at": "2020-01-01"})
    assert past.params["where"] == "at"
    broken = asking.post("/policies/effect", {"old": {}, "new": {"text": "policy: x"}})
    assert broken.params["where"].startswith("new: ")


def test_a_proposal_says_on_its_page_what_it_would_change(story: Credit, client: Browser) -> None:
    reviewer = story.reviewers["ethics"]
    row = policy.propose(actor=reviewer.actor, text=TIGHT, now=now())
    client.force_login(reviewer.account)
    page = client.get(reverse("proposal", args=[row.urn])).content.decode()
    assert "threshold changed from 0.1 to 0.02" in page
    assert "In 2 of 2 cases something flips." in page
    full = client.get(reverse("policy_effect", args=["fair-treatment"]))
    assert full.status_code == 200
    assert "In 2 of 2 cases something flips." in full.content.decode()
    assert "at most 0.02 is allowed (0.0044 too much)" in full.content.decode(), "why, in words"
    ahead = client.get(full.request["PATH_INFO"] + "?old=lawful-data@1&new=fair-treatment@1&at=2101-01-01")
    assert ahead.status_code == 422, "another policy's version is none of this page"
    ahead = client.get(
        reverse("policy_effect", args=["lawful-data"]) + "?old=lawful-data@1&new=lawful-data@1&at=2101-01-01"
    )
    assert ahead.status_code == 200
    assert "training_datasets[" not in ahead.content.decode().split("as code")[0], "no path of a fact but in the code"
    draft = client.get(reverse("policy_new") + "?of=fair-treatment").content.decode()
    assert "policy: fair-treatment" in draft, "the next version starts from the text of the newest"
    assert (
        reverse("policy_new") + "?of=fair-treatment"
        in client.get(reverse("policy", args=["fair-treatment"])).content.decode()
    )
    assert client.get(reverse("policy_new") + "?of=no-such").status_code == 404
    assert client.get(reverse("policy_effect", args=["no-such"])).status_code == 404
    assert client.get(reverse("policy_effect", args=["fair-treatment"]) + "?new=nothing").status_code == 422


def test_the_day_on_which_a_requirement_begins_is_that_of_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consilience.domains.ledger.queries.zone", lambda: "Europe/Berlin")
    begins = TextChange(Difference.STARTS, "p", "r", {"en": "Fair"}, None, "2026-12-31T23:00:00.000000Z")
    assert words.difference(begins, "en") == "Fair: in force from 2027-01-01, before from its publication"
