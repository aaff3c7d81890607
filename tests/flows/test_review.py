"""Sign-offs, conditions, objections and blocks over the life of a release."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.access.rules import Role
from consilience.domains.evidence import actions as evidence
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.rules import DataTerms, SystemFacts
from consilience.domains.ledger import log
from consilience.domains.people import actions as people
from consilience.domains.release import actions as releases
from consilience.domains.release.models import Release
from consilience.domains.review import actions, queries
from consilience.domains.review.models import SignOff
from consilience.domains.review.rules import NewCondition, Verdict, differences
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, NotFound, Refused
from tests.harness.builders import (
    Someone,
    a_condition,
    a_dataset_version,
    a_model,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    as_of,
    facet_digest,
    later,
    operator,
    read_release,
    some_evidence,
)


class Story:
    """A release in lending, its author, and a reviewer for each of two functions."""

    def __init__(self) -> None:
        self.lending = a_system("lending")
        self.eve = a_person("Eve")
        self.model = a_model("credit-risk", systems=[self.lending])
        self.version = a_version(self.eve, model=self.model)
        self.release = a_release(self.version)
        self.ana = a_person("Ana", functions=["ethics"])
        self.lee = a_person("Lee", functions=["legal"])

    def standings(self, at: Instant | None = None) -> list[tuple[str, str]]:
        release = read_release(self.release, as_of(at))
        return [(one.row.verdict, str(one.standing)) for one in queries.said(release).sign_offs(release)]

    def next_release(self) -> Release:
        return a_release(a_version(self.eve, model=self.model))


@pytest.fixture
def story(workspace: object) -> Story:
    return Story()


def refused(call: Any, **arguments: Any) -> str:
    size = log.size()
    with pytest.raises(Refused) as raised:
        call(**arguments)
    assert log.size() == size, "a refusal leaves no entry"
    return raised.value.refusal.code


# Signing


def test_a_sign_off_names_what_was_seen_and_stands(story: Story) -> None:
    seen = facet_digest(story.release, "ethics")
    given = a_sign_off(by=story.ana, release=story.release, function="ethics")
    assert given.body["facet"] == seen
    assert story.standings() == [("approve", "stands")]


def test_nobody_signs_what_they_did_not_see(story: Story) -> None:
    old = facet_digest(story.release, "ethics")
    some_evidence(story.version, "red_team_report")
    code = refused(
        actions.sign_off, actor=story.ana.actor, release=story.release.urn, function="ethics", verdict=Verdict.APPROVE,
        reason="fine", seen=old, now=later(),
    )  # fmt: skip
    assert code == "facet_changed"


def test_the_author_of_a_version_signs_no_part_of_it(story: Story) -> None:
    people.hold(actor=operator(), person=story.eve.urn, function="ethics", until=None, now=later())
    assert refused(a_sign_off, by=story.eve, release=story.release, function="ethics") == "own_work"


def test_an_author_of_an_older_version_may_sign_the_next(story: Story) -> None:
    people.hold(actor=operator(), person=story.eve.urn, function="ethics", until=None, now=later())
    following = a_release(a_version(a_person(), model=story.model))
    assert a_sign_off(by=story.eve, release=following, function="ethics")


def test_who_does_not_hold_a_function_does_not_sign_for_it(story: Story) -> None:
    assert refused(a_sign_off, by=story.ana, release=story.release, function="legal") == "function_not_held"
    people.end_holding(actor=operator(), person=story.ana.urn, function="ethics", now=later())
    assert refused(a_sign_off, by=story.ana, release=story.release, function="ethics") == "function_not_held"


def test_one_person_approves_for_one_function(story: Story) -> None:
    both = a_person(functions=["ethics", "legal"])
    a_sign_off(by=both, release=story.release, function="ethics")
    assert refused(a_sign_off, by=both, release=story.release, function="legal") == "counts_once"
    a_sign_off(by=both, release=story.release, function="legal", verdict=Verdict.OBJECT)


def test_a_sign_off_without_reasons_leaves_nothing(story: Story) -> None:
    size = log.size()
    with pytest.raises(BadInput, match="reasons"):
        a_sign_off(by=story.ana, release=story.release, function="ethics", reason=" ")
    with pytest.raises(BadInput, match="valid until"):
        a_sign_off(by=story.ana, release=story.release, function="ethics", expires_at=later(days=-1))
    with pytest.raises(NotFound):
        a_sign_off(by=story.ana, release=story.release, function="magic")
    assert log.size() == size


def test_a_robot_signs_nothing(story: Story) -> None:
    robot = people.add_robot(
        actor=operator(), slug="ci", purpose="runs", owner=story.ana.urn, roles=[(Role.REVIEWER, None)], now=later()
    )
    someone = Someone(robot.urn, "ci", "")
    assert refused(a_sign_off, by=someone, release=story.release, function="ethics") == "only_people_sign"


# What becomes of it


def test_a_changed_item_makes_its_functions_sign_off_stale_and_is_named(story: Story) -> None:
    plan = some_evidence(story.version, "red_team_report", by=story.eve)
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    a_sign_off(by=story.lee, release=story.release, function="legal")
    some_evidence(story.version, "red_team_report", by=story.eve)
    assert story.standings() == [("approve", "stale"), ("approve", "stands")]
    release = read_release(story.release)
    (stale, _) = queries.said(release).sign_offs(release)
    (change,) = stale.changes
    assert change.key == f"red_team_report/{story.version.urn}/document/"
    explained = queries.explained(change, as_of(), None)
    assert explained.before is not None
    assert explained.after is not None
    assert explained.before["fields"] == plan.body["fields"] != explained.after["fields"]


def test_an_added_and_a_withdrawn_item_make_it_stale_too(story: Story) -> None:
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    added = some_evidence(story.version, "red_team_report", by=story.eve)
    release = read_release(story.release)
    (one,) = queries.said(release).sign_offs(release)
    assert [(change.before, bool(change.after)) for change in one.changes] == [(None, True)]
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    evidence.withdraw(actor=story.eve.actor, urn=added.urn, reason="wrong", now=later())
    assert story.standings()[-1] == ("approve", "stale")


def test_an_identical_run_again_makes_nothing_stale(story: Story) -> None:
    said = {"title": "Red team", "document": "Nothing found"}
    some_evidence(story.version, "red_team_report", fields=said, by=story.eve)
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    some_evidence(story.version, "red_team_report", fields=said, by=story.eve, now=later(days=3))
    assert story.standings() == [("approve", "stands")]


def test_a_change_of_the_system_makes_stale_whoever_answers_for_it(story: Story) -> None:
    engineer = a_person(functions=["engineering"])
    a_sign_off(by=story.lee, release=story.release, function="legal")
    a_sign_off(by=engineer, release=story.release, function="engineering")
    facts = {name: value for name, value in story.lending.body.items() if name in SystemFacts.__dataclass_fields__}
    inventory.correct_system(
        actor=operator(), facts=SystemFacts(**facts | {"jurisdictions": ["DE", "FR"]}), wrong_from_the_start=False,
        now=later(),
    )  # fmt: skip
    assert story.standings() == [("approve", "stale"), ("approve", "stands")]
    release_now = read_release(story.release)
    (change,) = queries.said(release_now).sign_offs(release_now)[0].changes
    explained = queries.explained(change, as_of(), None)
    assert differences(explained.before, explained.after) == [
        ("jurisdictions", story.lending.body["jurisdictions"], ["DE", "FR"])
    ]


def test_what_changed_in_data_of_another_system_keeps_its_words_to_itself(story: Story) -> None:
    data = a_dataset_version(systems=[a_system()])
    version = a_version(model=story.model, training=[data])
    release = a_release(version)
    a_sign_off(by=story.lee, release=release, function="legal")
    terms = DataTerms(
        **{name: data.row.body[name] for name in DataTerms.__dataclass_fields__} | {"provenance": "elsewhere"}
    )
    inventory.correct_dataset_terms(
        actor=operator(), reference=data.reference, terms=terms, wrong_from_the_start=False, now=later()
    )
    release_now = read_release(release)
    (change,) = queries.said(release_now).sign_offs(release_now)[0].changes
    assert queries.explained(change, as_of(), frozenset({story.lending.urn})).after is None
    known = queries.explained(change, as_of(), None)
    assert [name for name, *_ in differences(known.before, known.after)] == ["provenance"]


def test_a_sign_off_expires_when_it_says(story: Story) -> None:
    ends = later(days=10)
    a_sign_off(by=story.ana, release=story.release, function="ethics", expires_at=ends)
    assert story.standings(shift(ends, microseconds=-1)) == [("approve", "stands")]
    assert story.standings(ends) == [("approve", "expired")]


def test_a_second_verdict_replaces_the_first_of_the_same_person_only(story: Story) -> None:
    other = a_person(functions=["ethics"])
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    a_sign_off(by=other, release=story.release, function="ethics")
    a_sign_off(by=story.ana, release=story.release, function="ethics", verdict=Verdict.ABSTAIN)
    assert story.standings() == [("approve", "replaced"), ("approve", "stands"), ("abstain", "stands")]


def test_the_facts_of_a_past_moment_stay_what_they_were(story: Story) -> None:
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    moment = as_of()
    then = queries.facts(read_release(story.release, moment))
    some_evidence(story.version, "red_team_report")
    a_sign_off(by=story.ana, release=story.release, function="ethics", verdict=Verdict.BLOCK)
    assert queries.facts(read_release(story.release, moment)) == then
    assert queries.facts(read_release(story.release)) != then


# Conditions


def conditional(story: Story, owner: Someone, *, days: float = 30) -> tuple[SignOff, str]:
    given = a_sign_off(
        by=story.ana, release=story.release, function="ethics", verdict=Verdict.APPROVE_WITH_CONDITIONS,
        conditions=[a_condition(owner, due_in_days=days)],
    )  # fmt: skip
    return given, f"{given.urn}#0"


def states(story: Story, at: Instant | None = None) -> list[str]:
    return [str(one.state) for one in queries.said_in_system(story.lending.urn, as_of(at)).conditions()]


def test_a_condition_binds_later_versions_and_is_met_when_somebody_else_accepts_its_proof(story: Story) -> None:
    _, name = conditional(story, story.eve)
    following = story.next_release()
    (listed,) = queries.facts(read_release(following))["conditions"]
    assert (listed["id"], listed["state"]) == (name, "open")
    actions.offer_proof(actor=story.eve.actor, condition=name, proof="done", now=later())
    assert states(story) == ["open"]
    assert refused(actions.accept_proof, actor=story.lee.actor, condition=name, now=later()) == "function_not_held"
    actions.accept_proof(actor=story.ana.actor, condition=name, now=later())
    assert states(story) == ["met"]


def test_a_condition_is_overdue_from_the_instant_it_was_due(story: Story) -> None:
    given, _ = conditional(story, story.eve, days=5)
    due = Instant(given.body["conditions"][0]["due_at"])
    assert states(story, shift(due, microseconds=-1)) == ["open"]
    assert states(story, due) == ["overdue"]


def test_its_owner_cannot_close_a_condition_alone(story: Story) -> None:
    _, name = conditional(story, story.eve)
    people.hold(actor=operator(), person=story.eve.urn, function="ethics", until=None, now=later())
    actions.offer_proof(actor=story.eve.actor, condition=name, proof="done", now=later())
    assert refused(actions.accept_proof, actor=story.eve.actor, condition=name, now=later()) in {
        "own_condition", "not_entitled"
    }  # fmt: skip


def test_nobody_accepts_a_proof_that_they_did_not_read(story: Story) -> None:
    _, name = conditional(story, story.eve)
    read = actions.offer_proof(actor=story.eve.actor, condition=name, proof="done", now=later())
    newer = actions.offer_proof(actor=story.eve.actor, condition=name, proof="done otherwise", now=later())
    accepting = {"actor": story.ana.actor, "condition": name}
    assert refused(actions.accept_proof, **accepting, seen=read.digest, now=later()) == "proof_changed"
    actions.accept_proof(**accepting, seen=newer.digest, now=later())
    assert states(story) == ["met"]


def test_there_is_nothing_to_accept_before_a_proof_and_nothing_to_prove_after(story: Story) -> None:
    _, name = conditional(story, story.eve)
    assert refused(actions.accept_proof, actor=story.ana.actor, condition=name, now=later()) == "no_proof_offered"
    actions.offer_proof(actor=story.eve.actor, condition=name, proof="done", now=later())
    actions.accept_proof(actor=story.ana.actor, condition=name, now=later())
    code = refused(actions.offer_proof, actor=story.eve.actor, condition=name, proof="again", now=later())
    assert code == "condition_met_already"
    nora = a_person(functions=["ethics"])
    assert refused(actions.accept_proof, actor=nora.actor, condition=name, now=later()) == "condition_met_already"
    code = refused(actions.accept_proof, actor=story.ana.actor, condition=name, now=later())
    assert code == "condition_met_already", "accepted once is accepted"
    with pytest.raises(NotFound):
        actions.offer_proof(actor=story.eve.actor, condition=f"{name}1", proof="x", now=later())


def test_a_condition_outlives_the_verdict_that_replaced_its_own(story: Story) -> None:
    conditional(story, story.eve)
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    assert states(story) == ["open"]


def test_a_condition_belongs_to_somebody_here_and_lies_ahead(story: Story) -> None:
    nobody = Someone(story.eve.urn[:-4] + "ffff", "", "")
    with pytest.raises(NotFound):
        conditional(story, nobody)
    past = NewCondition("x", story.eve.urn, later(days=-1))
    with pytest.raises(BadInput, match="condition 1"):
        a_sign_off(
            by=story.ana, release=story.release, function="ethics", verdict=Verdict.APPROVE_WITH_CONDITIONS,
            conditions=[past],
        )  # fmt: skip


# Objections


def test_an_objection_survives_the_facet_and_is_closed_by_an_answer_of_another(story: Story) -> None:
    given = a_sign_off(by=story.ana, release=story.release, function="ethics", verdict=Verdict.OBJECT)
    some_evidence(story.version, "red_team_report")
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    (open_one,) = queries.facts(read_release(story.release))["objections"]
    assert not open_one["answered"]
    assert refused(
        actions.answer, actor=story.ana.actor, objection=given.urn, text="never mind", now=later()
    ) == "own_objection"  # fmt: skip
    actions.answer(actor=story.lee.actor, objection=given.urn, text="we looked into it", now=later())
    (closed,) = queries.facts(read_release(story.release))["objections"]
    assert closed["answered"]


def test_only_an_objection_is_answered(story: Story) -> None:
    given = a_sign_off(by=story.ana, release=story.release, function="ethics")
    with pytest.raises(NotFound):
        actions.answer(actor=story.lee.actor, objection=given.urn, text="x", now=later())


# Blocks


def block(story: Story) -> SignOff:
    return a_sign_off(by=story.ana, release=story.release, function="ethics", verdict=Verdict.BLOCK)


def stand(release: Release) -> list[bool]:
    return [not one["withdrawn"] for one in queries.facts(read_release(release))["blocks"]]


def test_a_block_stands_against_every_model_of_the_system_and_no_other(story: Story) -> None:
    block(story)
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    assert stand(story.release) == [True], "a later approval of its own author does not end it"
    assert stand(story.next_release()) == [True]
    renamed = a_model("credit-risk-new", systems=[story.lending])
    assert stand(a_release(a_version(model=renamed))) == [True], "a new name evades nothing"
    assert stand(a_release()) == []


def test_a_block_ends_when_its_author_withdraws_it(story: Story) -> None:
    given = block(story)
    actions.end_block(actor=story.ana.actor, block=given.urn, reason="solved", now=later())
    assert stand(story.release) == [False]
    size = log.size()
    code = refused(actions.end_block, actor=story.ana.actor, block=given.urn, reason="again", now=later())
    assert (code, log.size()) == ("block_ended_already", size)


def test_a_block_ends_when_two_of_the_panel_say_so_and_stays_ended_when_the_panel_changes(story: Story) -> None:
    first, second, third = (a_person(functions=["product"]) for _ in range(3))
    given = block(story)
    actions.name_panel(actor=operator(), people_urns=[first.urn, second.urn], now=later())
    assert refused(
        actions.end_block, actor=third.actor, block=given.urn, reason="enough", now=later()
    ) == "not_on_panel"  # fmt: skip
    for _ in range(2):
        actions.end_block(actor=first.actor, block=given.urn, reason="enough", now=later())
        assert stand(story.release) == [True], "one person is one voice"
    actions.end_block(actor=second.actor, block=given.urn, reason="enough", now=later())
    assert stand(story.release) == [False]
    actions.name_panel(actor=operator(), people_urns=[second.urn, third.urn], now=later())
    assert stand(story.release) == [False], "what was decided is decided"


def test_a_panel_has_at_least_two_people_who_are_here(story: Story) -> None:
    for members, error in (([story.ana.urn], BadInput), ([story.ana.urn, story.ana.urn[:-4] + "ffff"], NotFound)):
        with pytest.raises(error):
            actions.name_panel(actor=operator(), people_urns=members, now=later())


# Proposals


def test_a_release_is_proposed_once_and_again_after_it_was_withdrawn(story: Story) -> None:
    said: dict[str, Any] = {
        "actor": story.eve.actor, "system": "lending", "version": story.version.reference, "stage": "operation",
    }  # fmt: skip
    assert refused(releases.propose, **said, note="", now=later()) == "proposed_already"
    a_sign_off(by=story.ana, release=story.release, function="ethics")
    releases.withdraw(**said, reason="not yet", now=later())
    again = releases.propose(**said, note="now", now=later())
    assert (again.urn, again.version) == (story.release.urn, 3)
    assert story.standings() == [("approve", "stands")], "what was signed stays on record"


def test_a_version_goes_only_into_a_system_of_its_model(story: Story) -> None:
    hiring = a_system("hiring")
    assert refused(a_release, version=story.version, system=hiring) == "model_not_for_system"


def test_evidence_that_no_function_answers_for_is_refused(story: Story) -> None:
    kind = {"kind": "horoscope", "title": "Stars", "methods": ["agreed"], "fields": {"x": "int"}}
    assert refused(evidence.define_kind, actor=operator(), said=kind, now=later()) == "in_no_facet"


def test_evidence_measured_on_what_is_no_dataset_is_refused(story: Story) -> None:
    """A "/" in it would once have broken the keys of the dossier, and with them the release for ever."""
    size = log.size()
    said = evidence.Said(kind="rollback_plan", method="document", fields={"title": "Plan"}, dataset="a/b")
    with pytest.raises(BadInput, match="dataset"):
        evidence.attach(
            actor=operator(), subject=evidence.Subject(story.version.urn, story.version), said=said, now=later()
        )
    assert log.size() == size
