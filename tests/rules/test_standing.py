"""What is live, how it stands, when that can next change, over values."""

from __future__ import annotations

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.gate import standing
from consilience.domains.gate.rules import Ground, Verdict
from consilience.domains.gate.standing import Ending, Passed, Reach, State
from consilience.domains.policy import document
from consilience.domains.policy.outcome import Code, Outcome, Severity
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.schema import fact_schema
from consilience.domains.release.rules import Stage
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import ExitCode
from tests.harness.policies import fair_treatment

AT = Instant("2026-11-23T10:00:00.000000Z")
YES = Verdict(True, Ground.ALL_MET, ExitCode.YES)


def passed(name: str, stage: Stage, *, version: str = "v1", system: str = "s") -> Passed:
    return Passed(name, system, version, stage, f"decision of {name}", AT)


def live(
    *listed: Passed, taken_back: frozenset[str] = frozenset(), withdrawn: frozenset[str] = frozenset()
) -> set[str]:
    proposed = {one.release for one in listed} - taken_back
    registered = {one.model_version for one in listed} - withdrawn
    return set(standing.live(listed, proposed, registered))


def test_of_a_version_in_a_system_the_release_that_went_furthest_is_live() -> None:
    listed = [passed("a", Stage.VALIDATION), passed("b", Stage.OPERATION)]
    assert live(*listed) == live(*reversed(listed)) == {"b"}


def test_two_versions_and_two_systems_live_beside_each_other() -> None:
    assert live(
        passed("a", Stage.OPERATION),
        passed("b", Stage.OPERATION, version="v2"),
        passed("c", Stage.OPERATION, system="t"),
    ) == {"a", "b", "c"}


def test_a_retired_version_is_live_no_more() -> None:
    retired = [passed("a", Stage.OPERATION), passed("r", Stage.RETIREMENT)]
    assert live(*retired) == set()
    names = {one.release for one in retired}
    assert standing.ending(retired[0], retired, names, {"v1"}) is Ending.RETIRED


def test_what_was_taken_back_or_withdrawn_is_live_no_more() -> None:
    one = passed("a", Stage.OPERATION)
    assert live(one, taken_back=frozenset({"a"})) == live(one, withdrawn=frozenset({"v1"})) == set()
    assert standing.ending(one, [one], set(), {"v1"}) is Ending.TAKEN_BACK
    assert standing.ending(one, [one], {"a"}, set()) is Ending.VERSION_WITHDRAWN
    assert standing.ending(one, [one, passed("b", Stage.OPERATION)], {"a", "b"}, {"v1"}) is Ending.MOVED_ON


def unmet(*codes: Code, ground: Ground = Ground.UNMET) -> State:
    outcomes = [
        Outcome("p", str(nth), "legal", Severity.BLOCK, False, code, (), {}, {}) for nth, code in enumerate(codes)
    ]
    names = tuple(f"p/{nth}" for nth in range(len(codes)))
    return standing.state(Verdict(False, ground, ExitCode.NO, names), outcomes)


def test_want_of_evidence_alone_is_cannot_tell() -> None:
    assert standing.state(YES, []) is State.COMPLIANT
    assert unmet(Code.NO_EVIDENCE, Code.ERROR) is State.CANNOT_TELL
    assert unmet(Code.NO_EVIDENCE, Code.UNSATISFIED) is State.NOT_COMPLIANT
    assert unmet(Code.NO_EVIDENCE, ground=Ground.BLOCKED) is State.NOT_COMPLIANT
    assert unmet(ground=Ground.BLOCKED) is State.NOT_COMPLIANT
    assert unmet(ground=Ground.NO_REQUIREMENT) is State.CANNOT_TELL


# When it can change


def requirements(text: str) -> list[Requirement]:
    functions = ["engineering", "product", "legal", "ethics"]
    return list(document.load(text, schema=fact_schema(kinds()), functions=functions).requirements)


def test_the_next_change_is_the_first_moment_ahead_in_the_facts() -> None:
    facts = {
        "now": shift(AT, seconds=1),
        "a": [{"until": shift(AT, days=9)}, {"until": shift(AT, days=3)}],
        "b": shift(AT, days=-1),
    }
    assert standing.next_instant(facts, [], [], after=AT) == shift(AT, days=3)
    assert standing.next_instant(facts, [], [shift(AT, days=2)], after=AT) == shift(AT, days=2)
    assert standing.next_instant({"now": AT}, [], [], after=AT) is None


def test_a_moment_that_is_now_has_passed() -> None:
    assert standing.next_instant({"until": AT}, [], [], after=AT) is None


def test_a_requirement_that_comes_into_force_is_a_change() -> None:
    listed = requirements(fair_treatment(starts="2027-01-01"))
    assert standing.next_instant({}, listed, [], after=AT) == "2027-01-01T00:00:00.000000Z"


def test_how_old_something_may_be_counts_from_its_moment() -> None:
    text = fair_treatment().replace(
        "a.gaps.fpr.high <= 0.08)", 'a.gaps.fpr.high <= 0.08 && now - n.recorded_at < duration("240h"))'
    )
    schema = fact_schema(kinds())
    (requirement,) = [
        one
        for one in document.load_published(text, schema=schema).requirements
        if one.id == "equal-chance-for-good-payers"
    ]
    recorded = shift(AT, days=-4)
    assert standing.next_instant({"recorded_at": recorded}, [requirement], [], after=AT) == shift(recorded, hours=240)


def test_how_long_something_must_still_run_counts_back_from_its_moment() -> None:
    text = fair_treatment().replace(
        "a.gaps.fpr.high <= 0.08)", 'a.gaps.fpr.high <= 0.08 && n.expires_at - now > duration("720h"))'
    )
    listed = document.load_published(text, schema=fact_schema(kinds())).requirements
    ends = shift(AT, days=40)
    assert standing.next_instant({"expires_at": ends}, listed, [], after=AT) == shift(ends, days=-30)


def test_every_release_is_looked_at_once_a_day_where_the_workspace_is() -> None:
    assert standing.next_day(AT, "Europe/Berlin") == "2026-11-23T23:00:00.000000Z"
    assert standing.next_day(Instant("2026-11-23T23:00:00.000000Z"), "Europe/Berlin") == "2026-11-24T23:00:00.000000Z"


def test_a_requirement_names_the_parts_of_the_facts_that_it_asks_about() -> None:
    found = {one.id: standing.subjects(one) for one in requirements(fair_treatment())}
    assert found["equal-chance-for-good-payers"] == {"evidence.fairness_evaluation", "release"}


@pytest.mark.parametrize(
    ("verb", "reach"),
    [
        ("access.granted", Reach.NONE), ("gate.standing_changed", Reach.NONE), ("policy.proposed", Reach.NONE),
        ("policy.published", Reach.ALL), ("evidence.attached", Reach.ITEMS), ("evidence.kind_defined", Reach.ALL),
        ("inventory.dataset_terms_corrected", Reach.ITEMS), ("inventory.model_corrected", Reach.ALL),
        ("review.signed_off", Reach.SYSTEM), ("gate.decided", Reach.SYSTEM),
        ("inventory.version_withdrawn", Reach.ALL), ("review.block_ended", Reach.ALL), ("something.nobody_knows", Reach.ALL),
    ],
)  # fmt: skip
def test_an_act_reaches_as_far_as_its_facts_and_an_unknown_one_everywhere(verb: str, reach: Reach) -> None:
    assert standing.reach(verb) is reach


def test_owner_sponsor_and_holders_are_told_once_each() -> None:
    holders = {"legal": ["lea", "ana"], "ethics": ["ida"]}
    assert standing.told_to("ana", "sue", {"legal"}, holders) == ["ana", "sue", "lea"]
    assert standing.told_to("ana", None, set(), holders) == ["ana"]
