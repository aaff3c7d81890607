"""Scopes: a narrower policy adds or tightens; it loosens only what the one above lets it, and by whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.layers import (
    Layer,
    check_layers,
    check_loosening,
    same_scope,
    set_aside,
    waived,
)
from consilience.domains.policy.outcome import Code
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.rules import outcome_of
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.scope import ORGANISATION, Bound, Scope
from consilience.kit.errors import BadInput
from tests.harness.layered import ABOVE, BELOW, LOOSER, NARROW

SCHEMA = fact_schema(kinds())
FUNCTIONS = ("engineering", "product", "legal", "ethics")
LENDING = Bound("lending", "retail-banking")
OTHER = Bound("pricing", "insurance")


def read(text: str) -> Policy:
    return load(text, schema=SCHEMA, functions=FUNCTIONS)


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("scope", "covers", "not_covers"),
    [
        (ORGANISATION, [LENDING, OTHER, Bound("unsaid")], []),
        (Scope(line_of_business="retail-banking"), [LENDING], [OTHER, Bound("unsaid")]),
        (Scope(system="lending"), [LENDING, Bound("lending")], [OTHER]),
    ],
)
def test_a_scope_covers_its_systems_and_no_others(scope: Scope, covers: list[Bound], not_covers: list[Bound]) -> None:
    assert all(scope.covers(one) for one in covers)
    assert not any(scope.covers(one) for one in not_covers)


def test_a_scope_is_above_what_lies_within_it() -> None:
    line, system = Scope(line_of_business="retail-banking"), Scope(system="lending")
    assert ORGANISATION.above(line)
    assert ORGANISATION.above(system)
    assert line.above(system, LENDING)
    assert not line.above(system, Bound("lending", "insurance")), "the system belongs to another line"
    assert not line.above(system), "where a system belongs has to be known"
    assert not line.above(line)
    assert not line.above(Scope(line_of_business="insurance"))
    assert not system.above(line)
    assert not line.above(ORGANISATION)
    assert not ORGANISATION.above(ORGANISATION)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scope: {line_of_business: retail-banking}", "scope: {}", "names one of"),
        ("scope: {line_of_business: retail-banking}", "scope: {system: lending, line_of_business: x}", "names one of"),
        ("scope: {line_of_business: retail-banking}", "scope: {region: north}", "unknown"),
        ("scope: {line_of_business: retail-banking}", "", "whole organisation has none above"),
        ("tightens: power/enough-power", "tightens: power", "POLICY/REQUIREMENT"),
        ("language: 2", "language: 1", "belongs to language 2"),
    ],
)
def test_a_scope_that_means_nothing_does_not_load(old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read(changed(BELOW, (old, new)))


def test_only_functions_that_govern_here_may_loosen() -> None:
    with pytest.raises(BadInput, match="'marketing' is not one of"):
        read(changed(ABOVE, ("may_be_loosened_by: [legal]", "may_be_loosened_by: [marketing]")))


def test_a_stricter_requirement_tightens() -> None:
    assert check_layers(read(BELOW), [read(ABOVE)], None) is None


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("policy.loosens_above", lambda: changed(LOOSER)),
        ("policy.severity_lowered", lambda: changed(BELOW, ("severity: block", "severity: warn"))),
        ("policy.nothing_above", lambda: changed(BELOW, ("power/enough-power", "power/no-such"))),
        ("policy.applies_to_less", lambda: changed(BELOW, *NARROW)),
    ],
)
def test_what_says_that_it_tightens_and_does_not_is_refused(code: str, change: Callable[[], str]) -> None:
    found = check_layers(read(change()), [read(ABOVE)], None)
    assert found is not None
    assert found.code == code


def test_a_policy_beside_is_not_above() -> None:
    beside = changed(ABOVE, ("language: 2", "language: 2\nscope: {line_of_business: insurance}"))
    found = check_layers(read(BELOW), [read(beside)], None)
    assert found is not None
    assert found.code == "policy.nothing_above"


LOOSENS = BELOW.replace("    tightens: power/enough-power\n", "").replace(
    "language: 2", "language: 2\nloosens: [{requirement: power/enough-power, why: {en: Our cases are few.}}]"
)


def test_only_what_may_be_loosened_is_and_by_whom_the_policy_above_names() -> None:
    above, below = read(ABOVE), read(LOOSENS)
    closed = read(changed(ABOVE, ("    may_be_loosened_by: [legal]\n", "")))
    assert check_layers(below, [above], None) is None
    refused = check_layers(below, [closed], None)
    assert refused is not None
    assert refused.code == "policy.may_not_be_loosened"
    assert check_loosening(below, [above], {"legal"}) is None
    refused = check_loosening(below, [above], {"engineering"})
    assert refused is not None
    assert refused.params["functions"] == ["legal"]


def test_a_loosening_counts_where_the_rules_let_it_and_nowhere_else() -> None:
    """Whatever stands in a record: the policy above names who may, and the publisher was one of them."""
    above, below = read(ABOVE), read(LOOSENS)
    closed = read(changed(ABOVE, ("    may_be_loosened_by: [legal]\n", "")))

    def names(upper: Policy, held: frozenset[str] | None, system: Bound = LENDING) -> set[str]:
        return set(set_aside([Layer(upper, frozenset({"ethics"})), Layer(below, held)], system))

    assert names(above, frozenset({"legal"})) == {"power/enough-power"}
    assert names(above, None) == {"power/enough-power"}, "a draft is taken as published by whoever may"
    assert names(above, frozenset({"engineering"})) == set()
    assert names(closed, frozenset({"legal"})) == set()
    assert set_aside([Layer(below, frozenset({"legal"}))], LENDING) == {}, "the policy above is not in force"


def test_what_is_set_aside_is_waived_in_the_words_of_who_did() -> None:
    above, below = read(ABOVE), read(LOOSENS)
    by = set_aside([Layer(above, None), Layer(below, None)], LENDING)["power/enough-power"]
    [asked] = above.requirements
    codes = {one.expect: waived(outcome_of(asked, bind(one.facts, SCHEMA)), by) for one in asked.examples}
    assert codes[Code.UNSATISFIED].code is codes[Code.NO_EVIDENCE].code is Code.WAIVED
    assert codes[Code.SATISFIED].code is Code.SATISFIED
    assert codes[Code.NOT_APPLICABLE].code is Code.NOT_APPLICABLE, "it opens no gate of another stage"
    assert codes[Code.UNSATISFIED].sentence() == "Set aside for this system by Retail power: Our cases are few."


def test_a_name_binds_whom_it_first_bound() -> None:
    retail = Scope(line_of_business="retail-banking")
    assert same_scope("power", None, retail) is None
    assert same_scope("power", retail, retail) is None
    found = same_scope("power", ORGANISATION, retail)
    assert found is not None
    assert found.code == "policy.name_in_other_scope"
