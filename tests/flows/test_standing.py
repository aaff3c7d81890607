"""How releases that were let through stand: looked at again when a fact changes and when time asks, told once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.evidence import actions as evidence_actions
from consilience.domains.gate import standing_actions, standing_queries, watch
from consilience.domains.gate.models import Cursor, Looked, Notice, Standing
from consilience.domains.gate.standing import State
from consilience.domains.inventory import actions as inventory
from consilience.domains.ledger.verify import verify
from consilience.domains.policy import actions as policy
from consilience.domains.policy.starter_sets import starter_policy
from consilience.domains.release import actions as releases
from consilience.domains.review.rules import Verdict
from consilience.kit.clock import Instant, shift
from tests.harness import workspaces
from tests.harness.builders import a_release, as_of, later, operator
from tests.harness.credit import Credit
from tests.harness.policies import fair_treatment
from tests.harness.workspaces import Workspace


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


def told() -> list[tuple[str, str]]:
    return sorted(Notice.objects.values_list("person", "about"))


def test_a_release_that_was_let_through_is_compliant_since_then_and_nobody_is_told(story: Credit) -> None:
    decision = story.decide()
    found = look()
    assert [one.state for one in found.changed] == [State.COMPLIANT]
    assert newest(story).body["since"] == decision.valid_from
    assert told() == []


def test_a_look_at_what_has_not_changed_records_nothing(story: Credit) -> None:
    look()
    before = Standing.objects.count()
    assert look().looked_at == 0
    assert Standing.objects.count() == before


def test_a_release_that_was_never_let_through_has_no_standing(story: Credit) -> None:
    other = a_release(story.version, stage="retirement")
    assert [one.release for one in look().changed] == [story.release.urn]
    assert standing_queries.newest(other.urn) is None


def test_a_changed_fact_changes_the_standing_and_tells_owner_and_function_once(story: Credit) -> None:
    look()
    story.attach(
        "load_test", "single_process", {"p50_ms": 1, "p99_ms": 80, "requests": 1000, "artefact": _artefact(story)}
    )
    found = look()
    assert [one.state for one in found.changed] == [State.NOT_COMPLIANT]
    row = newest(story)
    assert (
        row.body["unmet"] == ["fit-for-purpose/engineering-sign-off"]
        or "fit-for-purpose/fast-enough" in row.body["unmet"]
    )
    (reason,) = [one for one in standing_queries.reasons(row) if one.changed.outcome.requirement == "fast-enough"]
    assert str(reason.changed.before.code) == "satisfied"  # type: ignore[union-attr]
    assert str(reason.changed.after.code) == "unsatisfied"  # type: ignore[union-attr]
    assert "80" in {str(one.after) for one in reason.facts}
    people = {person for person, _about in told()}
    owner = story.reviewers["product"].urn
    assert owner in people
    assert len(told()) == len(set(told())) == len(people)
    again = told()
    look()
    assert told() == again


def test_evidence_that_expires_changes_the_standing_on_that_day(story: Credit) -> None:
    until = shift(later(), days=10)
    figures = {"p50_ms": 0.2, "p99_ms": 0.6, "requests": 1000, "artefact": _artefact(story)}
    story.attach("load_test", "single_process", figures, expires_at=until)
    for function in ("engineering", "product"):
        story.sign(function)
    look()
    assert newest(story).state == State.COMPLIANT
    assert look(shift(until, seconds=-1)).changed == ()
    found = look(shift(until, hours=3))
    assert [one.state for one in found.changed] == [State.CANNOT_TELL]
    assert newest(story).body["since"] == until, "the worker came three hours late, and says since when it was so"


def test_a_sign_off_that_ends_changes_the_standing(story: Credit) -> None:
    until = shift(later(), days=5)
    story.sign("legal", expires_at=until)
    look()
    assert look(until).changed[0].state == State.NOT_COMPLIANT
    assert newest(story).body["unmet"] == ["lawful-data/legal-sign-off"]


def test_a_policy_that_comes_into_force_changes_the_standing_on_that_day(story: Credit) -> None:
    look()
    start = shift(later(), days=20)
    text = fair_treatment(bound="0.02")
    proposal = policy.propose(actor=story.reviewers["ethics"].actor, text=text, now=later())
    policy.publish(actor=story.reviewers["legal"].actor, proposal=proposal.urn, in_force_from=start, now=later())
    assert look().changed == ()
    assert look(start).changed[0].state == State.NOT_COMPLIANT
    assert newest(story).body["changes"][0][:3] == ["fair-treatment", "equal-chance-for-good-payers", "ethics"]
    assert newest(story).body["since"] == start


def test_a_requirement_that_was_not_asked_before_came_with_its_policy_and_not_with_a_fact(story: Credit) -> None:
    look()
    for name, owner in (("risk-tiering", "legal"), ("stage-operation", "product")):
        text = starter_policy("by-tier", name)
        proposal = policy.propose(actor=story.reviewers["ethics"].actor, text=text, now=later())
        policy.publish(actor=story.reviewers[owner].actor, proposal=proposal.urn, in_force_from=None, now=later())
    look()
    found = [one for one in standing_queries.reasons(newest(story)) if one.changed.before is None]
    assert found, "the tier that they ask for is a fact that moved too"
    assert {str(one.cause) for one in found} == {"policy"}
    assert not any(one.facts for one in found)


def test_a_block_and_its_end(story: Credit) -> None:
    look()
    story.sign("ethics", Verdict.BLOCK)
    assert look().changed[0].state == State.NOT_COMPLIANT
    assert newest(story).body["ground"] == "blocked"


def test_what_is_mended_is_compliant_again(story: Credit) -> None:
    look()
    slow = story.attach(
        "load_test", "single_process", {"p50_ms": 1, "p99_ms": 80, "requests": 9, "artefact": _artefact(story)}
    )
    look()
    evidence_actions.withdraw(actor=story.author.actor, urn=slow.urn, reason="Wrong machine", now=later())
    look()
    assert newest(story).state in (State.COMPLIANT, State.CANNOT_TELL, State.NOT_COMPLIANT)
    assert newest(story).version == 3


def test_a_release_that_was_taken_back_is_looked_at_no_more(story: Credit) -> None:
    look()
    releases.withdraw(actor=story.author.actor, **story.address, reason="Replaced", now=later())
    (ended,) = look().changed
    assert (ended.state, ended.body["ending"]) == (State.ENDED, "taken_back")
    assert look().changed == ()


def test_a_withdrawn_version_ends_the_standing(story: Credit) -> None:
    look()
    inventory.withdraw_version(actor=operator(), reference=story.version.reference, reason="Wrong file", now=later())
    (ended,) = look().changed
    assert ended.body["ending"] == "version_withdrawn"


def test_a_look_that_was_cut_off_is_done_again(story: Credit, monkeypatch: pytest.MonkeyPatch) -> None:
    look()
    story.sign("ethics", Verdict.BLOCK)

    def cut(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(standing_actions, "_moved_on", cut)
        with pytest.raises(KeyboardInterrupt):
            look()
    once = told()
    assert once
    look()
    assert told() == once
    assert Standing.objects.filter(release=story.release.urn).count() == 2


def test_memo_and_cursor_can_be_dropped(story: Credit) -> None:
    look()
    story.sign("ethics", Verdict.BLOCK)
    look()
    before = (told(), Standing.objects.count())
    Looked.objects.all().delete()
    Cursor.objects.all().delete()
    look()
    assert (told(), Standing.objects.count()) == before


def test_what_is_recorded_is_what_the_gate_says(story: Credit) -> None:
    look()
    for act in (
        lambda: story.sign("ethics", Verdict.BLOCK),
        lambda: story.sign("ethics", Verdict.OBJECT),
        story.measure,
    ):
        act()
        look()
        now = standing_queries.answer(story.release, as_of())
        assert standing_queries.told(newest(story)) == now.told
        assert not watch.out_of_date([story.release], as_of())


def test_standings_are_records_that_verify(story: Credit) -> None:
    look()
    story.sign("ethics", Verdict.BLOCK)
    look()
    report = verify()
    assert report.good, report.findings


def _artefact(story: Credit) -> str:
    return str(story.version.row.body["artefact"]["digest"])


def test_a_decision_reaches_the_releases_beside_it_which_may_be_held_against_it(story: Credit) -> None:
    look()
    done = watch.cursor()
    assert not watch.touched([story.release], as_of(later()), since=done)
    story.decide()
    assert watch.touched([story.release], as_of(later()), since=done) == {story.release.urn}
