"""Verdicts: who may give one, what it is worth, what it leaves behind."""

from __future__ import annotations

from itertools import combinations, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.domains.release.rules import Facet, Item
from consilience.domains.review import rules
from consilience.domains.review.rules import Given, NewCondition, Standing, Verdict
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, Refusal

UUID = "0192f0c1-6a7e-7aaa-8bbb-0123456789ab"
AT = Instant("2026-11-23T10:15:00.000000Z")
ANA, LEE, EVE = (f"urn:consilience:{UUID}:person:{UUID[:-1]}{n}" for n in range(3))
ROBOT = f"urn:consilience:{UUID}:robot:{UUID}"


def a_verdict(
    verdict: Verdict = Verdict.APPROVE,
    *,
    urn: str = "urn:1",
    function: str = "ethics",
    person: str = ANA,
    expires_at: Instant | None = None,
    withdrawn: bool = False,
    items: tuple[Item, ...] = (),
) -> Given:
    return Given(urn, function, person, verdict, "facet-1", items, AT, expires_at, withdrawn)


def code(refused: Refusal | None) -> str:
    return refused.code if refused else "yes"


# Who may sign


def signing(person: str = ANA, function: str = "ethics", verdict: Verdict = Verdict.APPROVE, **facts: set[str]) -> str:
    usual: dict[str, set[str]] = {"held": {"ethics"}, "authors": {EVE}, "approved_for": set()}
    return code(rules.may_sign(person, function, verdict=verdict, **usual | facts))


def test_a_holder_of_the_function_who_is_no_author_may_sign() -> None:
    assert [signing(verdict=verdict) for verdict in Verdict] == ["yes"] * len(Verdict)


@pytest.mark.parametrize("verdict", Verdict)
def test_nobody_signs_for_a_function_they_do_not_hold(verdict: Verdict) -> None:
    assert signing(held=set(), verdict=verdict) == "function_not_held"
    assert signing(function="legal", verdict=verdict) == "function_not_held"


@pytest.mark.parametrize("verdict", Verdict)
def test_nobody_signs_work_of_their_own(verdict: Verdict) -> None:
    assert signing(authors={ANA, EVE}, verdict=verdict) == "own_work"


@pytest.mark.parametrize("verdict", Verdict)
def test_only_people_sign(verdict: Verdict) -> None:
    assert signing(ROBOT, verdict=verdict) == "only_people_sign"
    assert signing(ROBOT.replace("robot", "operator"), verdict=verdict) == "only_people_sign"


@pytest.mark.parametrize("verdict", Verdict)
def test_who_approved_for_one_function_approves_for_no_second(verdict: Verdict) -> None:
    expected = "counts_once" if verdict in rules.APPROVALS else "yes"
    assert signing(approved_for={"legal"}, verdict=verdict) == expected
    assert signing(approved_for={"ethics"}, verdict=verdict) == "yes", "one's own function may be approved again"


# What it is worth


def worth(one: Given, *, facet: str = "facet-1", latest: bool = True, at: Instant = AT) -> Standing:
    return rules.standing(one, facet=facet, latest=latest, at=at)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_stands_while_its_facet_does(verdict: Verdict) -> None:
    assert worth(a_verdict(verdict)) is Standing.STANDS


@pytest.mark.parametrize("verdict", Verdict)
def test_a_changed_facet_makes_every_verdict_stale_but_a_block(verdict: Verdict) -> None:
    expected = Standing.STANDS if verdict is Verdict.BLOCK else Standing.STALE
    assert worth(a_verdict(verdict), facet="facet-2") is expected


@pytest.mark.parametrize(("ahead", "expected"), [(1, Standing.STANDS), (0, Standing.EXPIRED), (-1, Standing.EXPIRED)])
def test_a_verdict_expires_with_the_instant_that_it_names(ahead: int, expected: Standing) -> None:
    assert worth(a_verdict(expires_at=shift(AT, microseconds=ahead))) is expected
    assert worth(a_verdict(Verdict.BLOCK, expires_at=shift(AT, microseconds=ahead))) is Standing.STANDS


def test_a_later_verdict_of_the_same_person_replaces_an_earlier_one() -> None:
    assert worth(a_verdict(), latest=False) is Standing.REPLACED
    assert worth(a_verdict(Verdict.BLOCK), latest=False) is Standing.REPLACED


def test_a_withdrawn_verdict_is_worth_nothing_whatever_else_holds() -> None:
    for verdict, latest, facet in product(Verdict, (True, False), ("facet-1", "facet-2")):
        assert worth(a_verdict(verdict, withdrawn=True), latest=latest, facet=facet) is Standing.WITHDRAWN


def test_the_last_word_is_each_persons_last_for_each_function() -> None:
    given_in_order = [
        a_verdict(urn="1"),
        a_verdict(urn="2", person=LEE),
        a_verdict(urn="3", function="legal"),
        a_verdict(Verdict.OBJECT, urn="4"),
        a_verdict(urn="5", person=LEE, withdrawn=True),
    ]
    assert rules.latest_by_person(given_in_order) == {"2", "3", "4"}
    assert rules.latest_by_person([]) == set()


def test_the_items_that_made_a_verdict_stale_are_named() -> None:
    signed = (Item("a", "1"), Item("b", "1"), Item("c", "1"))
    now = Facet("ethics", "facet-2", (Item("a", "1"), Item("b", "2"), Item("d", "1")))
    changed = [(one.key, one.before, one.after) for one in rules.stale_because(a_verdict(items=signed), now)]
    assert changed == [("b", "1", "2"), ("c", "1", None), ("d", None, "1")]


def test_nobody_signs_what_they_did_not_see() -> None:
    now = Facet("ethics", "b" * 64, ())
    assert rules.same_facet("b" * 64, now) is None
    refused = rules.same_facet("a" * 64, now)
    assert refused is not None
    assert (refused.code, refused.params) == (
        "facet_changed", {"function": "ethics", "seen": "a" * 12, "now": "b" * 12},
    )  # fmt: skip


# What it must say


def condition(text: str = "Watch it.", *, days: float = 1) -> NewCondition:
    return NewCondition(text, EVE, shift(AT, days=days))


@pytest.mark.parametrize(
    ("verdict", "conditions"),
    [*((one, ()) for one in Verdict if one is not Verdict.APPROVE_WITH_CONDITIONS),
     (Verdict.APPROVE_WITH_CONDITIONS, (condition(),))],
)  # fmt: skip
def test_a_verdict_with_reasons_is_well_formed(verdict: Verdict, conditions: tuple[NewCondition, ...]) -> None:
    rules.well_formed(verdict, "because", conditions, at=AT)


@pytest.mark.parametrize("reason", ["", " \n\t", "x" * 10_001])
def test_reasons_are_given_and_can_be_read(reason: str) -> None:
    with pytest.raises(BadInput, match="reasons"):
        rules.well_formed(Verdict.APPROVE, reason, (), at=AT)


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.APPROVE_WITH_CONDITIONS])
def test_conditions_belong_to_one_verdict_only(verdict: Verdict) -> None:
    with pytest.raises(BadInput, match="none belong"):
        rules.well_formed(verdict, "because", (condition(),), at=AT)


@pytest.mark.parametrize(
    ("conditions", "problem"),
    [((), "name at least one"), ((condition(" "),), "condition 1"), ((condition(), condition(days=0)), "condition 2")],
)
def test_a_condition_says_what_and_until_when(conditions: tuple[NewCondition, ...], problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        rules.well_formed(Verdict.APPROVE_WITH_CONDITIONS, "because", conditions, at=AT)


# What it leaves behind


@pytest.mark.parametrize(
    ("ahead", "accepted", "expected"),
    [(1, False, "open"), (0, False, "overdue"), (-1, False, "overdue"), (1, True, "met"), (-1, True, "met")],
)
def test_a_condition_is_open_until_due_and_overdue_from_then_on(ahead: int, accepted: bool, expected: str) -> None:
    assert rules.condition_state(due_at=shift(AT, microseconds=ahead), accepted=accepted, at=AT) == expected


def accepting(person: str, *, held: set[str], owner: str = EVE, offered_by: str = EVE) -> str:
    return code(rules.may_accept_proof(person, function="ethics", held=held, owner=owner, offered_by=offered_by))


def test_a_proof_is_accepted_for_the_imposing_function_by_neither_owner_nor_whoever_offered_it() -> None:
    assert accepting(ANA, held={"ethics"}) == "yes"
    assert accepting(ANA, held={"legal"}) == "function_not_held"
    assert accepting(EVE, held={"ethics"}) == "own_condition"
    assert accepting(ANA, held={"ethics"}, owner=ANA) == "own_condition"
    assert accepting(ANA, held={"ethics"}, offered_by=ANA) == "own_condition"


def test_an_objection_is_answered_by_somebody_else() -> None:
    assert code(rules.may_answer(ANA, objector=ANA)) == "own_objection"
    assert code(rules.may_answer(LEE, objector=ANA)) == "yes"


@pytest.mark.parametrize(
    ("voices", "ended"),
    [
        ([], False),
        ([("withdrawn", ANA)], True),
        ([("withdrawn", LEE)], False),  # only its author can withdraw it
        ([("panel", LEE)], False),
        ([("panel", LEE), ("panel", LEE)], False),  # one person is one voice
        ([("panel", LEE), ("panel", EVE)], True),
    ],
)
def test_a_block_ends_by_its_author_or_by_two_of_the_panel(voices: list[tuple[str, str]], ended: bool) -> None:
    assert rules.block_ended(author=ANA, voices=voices) is ended


def test_only_author_and_panel_may_speak_on_a_block() -> None:
    assert code(rules.may_end_block(ANA, author=ANA, panel=[])) == "yes"
    assert code(rules.may_end_block(LEE, author=ANA, panel=[LEE, EVE])) == "yes"
    assert code(rules.may_end_block(LEE, author=ANA, panel=[EVE])) == "not_on_panel"


# Who counts for what

FUNCTIONS = ("engineering", "product", "legal", "ethics")
approvals = st.sets(st.tuples(st.sampled_from("abcd"), st.sampled_from(FUNCTIONS)), max_size=9)


@given(approvals.flatmap(lambda pairs: st.permutations(sorted(pairs))))
def test_each_person_counts_once_and_as_many_functions_are_served_as_can_be(pairs: list[tuple[str, str]]) -> None:
    listed = [a_verdict(urn=f"{who}-{what}", person=who, function=what) for who, what in pairs]
    counted = rules.counted_once(listed)
    persons = [urn.split("-")[0] for urn in counted]
    assert len(persons) == len(set(persons)), "nobody counts twice"
    assert set(persons) == {who for who, _ in pairs}, "nobody's approval is lost"
    assert len({urn.split("-")[1] for urn in counted}) == most_served(pairs)


def most_served(pairs: list[tuple[str, str]]) -> int:
    """Brute force: the largest number of functions that different people can serve."""
    functions = sorted({what for _, what in pairs})
    people = sorted({who for who, _ in pairs})
    for size in range(min(len(functions), len(people)), 0, -1):
        for wanted in combinations(functions, size):
            if any(set(zip(order, wanted, strict=True)) <= set(pairs) for order in permutations(people, size)):
                return size
    return 0


def test_whoever_signed_for_two_functions_leaves_the_second_to_somebody_else() -> None:
    listed = [a_verdict(urn=urn, person=urn[0], function=urn[2:]) for urn in ("a-legal", "a-ethics", "b-legal")]
    assert rules.counted_once(listed) == {"a-ethics", "b-legal"}


def test_whom_no_function_needs_counts_for_one() -> None:
    signed = ("a-legal", "b-ethics", "c-legal", "c-ethics")
    listed = [a_verdict(urn=urn, person=urn[0], function=urn[2:]) for urn in signed]
    assert len([urn for urn in rules.counted_once(listed) if urn.startswith("c")]) == 1
