"""Whether approvals by distinct people can be had: a matching, and the proof where there is none."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from consilience.domains.gate.quorum import needed
from consilience.domains.policy.document import load_published
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.schema import fact_schema
from consilience.domains.review.seating import ANYBODY, seating

SCHEMA = fact_schema([])
FUNCTIONS = ["engineering", "legal", "ethics"]
FACTS = {"now": "2026-11-23T10:15:00.000000Z", "release": {"stage": "operation"}, "model_version": {"authors": ["eve"]}}
APPROVED = 's.standing == "stands" && s.distinct && s.verdict in ["approve", "approve_with_conditions"]'


def asking(rule: str) -> Requirement:
    text = f"""
policy: fixture
title: {{en: Fixture}}
owner: legal
language: 2
requirements:
- id: one
  title: {{en: One}}
  why: {{en: Because.}}
  owner: legal
  severity: block
  satisfied_if: |
    {rule}
  obligations: []
  source: A test.
  sentences: {{en: {{satisfied: a, unsatisfied: b, no_evidence: c, not_applicable: d}}}}
  examples: []
"""
    return load_published(text, schema=SCHEMA).requirements[0]


def wanted(*rules: str) -> dict[str, int]:
    return needed([asking(rule) for rule in rules], FACTS, SCHEMA, FUNCTIONS)


def approvals(function: str, count: int = 1) -> str:
    return f'size(signoffs.filter(s, s.function == "{function}" && {APPROVED})) >= {count}'


def test_everybody_counts_once() -> None:
    found = seating({"legal": 1, "ethics": 1}, {"legal": ["lea"], "ethics": ["lea"]})
    assert found.short is not None
    assert (found.short.functions, found.short.needed, found.short.people) == (("ethics", "legal"), 2, ("lea",))


def test_who_can_serve_two_functions_leaves_the_one_that_others_can_serve_too() -> None:
    found = seating({"ethics": 1, "legal": 1}, {"ethics": ["ann", "lea"], "legal": ["ann"]})
    assert found.short is None
    assert found.people == {"ethics": ("lea",), "legal": ("ann",)}


def test_a_function_that_nobody_serves_is_short_alone() -> None:
    found = seating({"ethics": 1, "legal": 2}, {"ethics": ["ann"], "legal": []})
    assert found.short is not None
    assert (found.short.functions, found.short.needed, found.short.people) == (("legal",), 2, ())


def test_seats_of_anybody_are_filled_by_whoever_is_left() -> None:
    assert seating({"legal": 1, ANYBODY: 1}, {"legal": ["lea"], "ethics": ["ann"]}).short is None
    assert seating({"legal": 1, ANYBODY: 1}, {"legal": ["lea"], "ethics": ["lea"]}).short is not None


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), min_size=1),
    st.dictionaries(st.sampled_from("abc"), st.sets(st.sampled_from("vwxyz")), max_size=3),
)
def test_a_shortage_is_told_exactly_where_no_seating_exists_and_its_proof_holds(
    wanted: dict[str, int], able: dict[str, set[str]]
) -> None:
    seats = [function for function, count in wanted.items() for _ in range(count)]
    possible = any(len(set(who)) == len(seats) for who in product(*(sorted(able.get(one, ())) for one in seats)))
    found = seating(wanted, able)
    assert (found.short is None) == possible
    if found.short is not None:
        assert found.short.needed == sum(wanted[function] for function in found.short.functions)
        assert set(found.short.people) == set().union(
            *(able.get(function, set()) for function in found.short.functions)
        )
        assert found.short.needed > len(found.short.people)
    for function, people in found.people.items():
        assert set(people) <= able.get(function, set())


def test_how_many_approvals_a_function_gives_is_read_off_the_requirement() -> None:
    assert wanted(approvals("legal", 2), approvals("legal"), approvals("ethics")) == {"legal": 2, "ethics": 1}
    assert wanted(f'signoffs.exists(s, s.function == "legal" && {APPROVED})') == {"legal": 1}
    assert wanted("true") == {}


def test_an_either_or_binds_no_function_and_people_beside_are_counted() -> None:
    assert wanted(f"{approvals('legal')} || {approvals('ethics')}") == {ANYBODY: 1}
    two = (
        f"size(distinct(signoffs.filter(s, {APPROVED} && !(s.person in model_version.authors)).map(s, s.person))) >= 2"
    )
    assert wanted(two, approvals("legal")) == {"legal": 1, ANYBODY: 1}


def test_what_no_number_of_approvals_meets_is_not_counted() -> None:
    assert wanted('signoffs.exists(s, s.person == "urn:the-sponsor")') == {}
