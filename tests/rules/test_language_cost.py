"""The cost of a rule is known before it runs: no evaluation needs more steps than the bound says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from consilience.domains.policy.document import load
from consilience.domains.policy.language.cost import TEXT, bound, list_paths
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.loops import MAX_STEPS
from consilience.domains.policy.language.nodes import BUDGET, outcome
from consilience.kit.errors import BadInput
from tests.rules.test_language_generator import SCHEMA as GENERATED
from tests.rules.test_language_oracles import DOCUMENTS, FACTS
from tests.rules.test_language_targets import CASES
from tests.rules.test_policy_language2 import FUNCTIONS, POLICY, SCHEMA


def lengths(value: Any, path: str = "") -> Iterator[tuple[str, int]]:
    """Every list of a document with its length, and every text."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from lengths(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield path, len(value)
        for item in value:
            yield from lengths(item, path)
    elif isinstance(value, str):
        yield TEXT, len(value)


def sizes_of(document: Any) -> dict[str, int]:
    found = dict.fromkeys(list_paths(GENERATED.root), 0) | {TEXT: 0}
    for path, length in lengths(document):
        found[path] = max(found.get(path, 0), length)
    return found


SIZES = [sizes_of(document) for document in DOCUMENTS]


def test_no_generated_expression_needs_more_steps_than_its_bound() -> None:
    spent_some = 0
    for case in CASES:
        frame = case.expression.frame(FACTS[case.document])
        outcome(case.expression.root, frame)
        spent = MAX_STEPS - frame[BUDGET]
        assert spent <= bound(case.expression, SIZES[case.document]).steps, case.text
        spent_some += spent > 0
    assert spent_some > len(CASES) // 3


@pytest.mark.parametrize(
    ("text", "words", "steps"),
    [
        ("true", "0", 0),
        ("rows.all(r, r.ok)", "rows", 7),
        ("rows.all(r, rows.exists(q, q.n == r.n))", "rows x rows + rows", 56),
        ("rows.filter(r, r.ok).all(r, r.n > 0)", "2 x rows", 14),
        ("rows.all(r, p.l_int.filter(n, n > 1).size() > r.n)", "p.l_int + rows", 10),
        ("rows.all(r, p.l_int.filter(n, n > r.n).size() > 1)", "p.l_int x rows + rows", 28),
        ("1 in p.l_int", "p.l_int", 3),
        ('p.string_a in ["a", "b"]', "0", 0),
        ("[1, 2, 3].all(n, n > 0)", "3", 3),
    ],
)
def test_the_bound_is_a_polynomial_in_the_sizes_of_lists(text: str, words: str, steps: int) -> None:
    found = bound(compile_expression(text, GENERATED), {"rows": 7, "p.l_int": 3})
    assert (found.words(), found.steps) == (words, steps)


DEEP = (
    "evidence.evaluation.all(a, evidence.evaluation.all(b, evidence.evaluation.all(c, evidence.evaluation.all(d, "
    "a.rows + b.rows + c.rows + d.rows > 0))))"
)


def with_rule(rule: str, sizes: str = "") -> str:
    text = POLICY.replace("satisfied_if: current_tests.all(m, m.roc_auc.low >= least_power)", f"satisfied_if: {rule}")
    text = text.replace("The low end is {m.roc_auc.low};", "No;")
    return text.replace("constants:", f"{sizes}constants:", 1)


def test_a_rule_that_may_be_too_costly_does_not_load_and_says_why() -> None:
    with pytest.raises(BadInput) as caught:
        load(with_rule(DEEP), schema=SCHEMA, functions=FUNCTIONS)
    assert "satisfied_if may look at 101,010,100 items (evidence.evaluation x evidence.evaluation" in str(caught.value)
    assert "an evaluation looks at no more than 1,000,000" in str(caught.value)


def test_stated_sizes_decide_whether_it_is_too_costly() -> None:
    with pytest.raises(BadInput, match="comes out"):  # it is asked after the examples, which this rule does not keep
        load(with_rule(DEEP, "sizes: {evidence.evaluation: 20}\n"), schema=SCHEMA, functions=FUNCTIONS)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ("sizes: {evidence.evaluation: 0}\n", "0 is not a whole number from 1"),
        ("sizes: {evidence.evaluation: many}\n", "'many' is not a whole number"),
        ("sizes: {evidence: 5}\n", "'evidence' is no list of the facts"),
        ("sizes: [5]\n", "must be a mapping from lists"),
    ],
)
def test_sizes_that_mean_nothing_are_refused(sizes: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(POLICY.replace("constants:", f"{sizes}constants:", 1), schema=SCHEMA, functions=FUNCTIONS)
    assert said in str(caught.value)


def test_very_many_terms_are_counted_without_writing_them_all_down() -> None:
    lists = " + ".join(f"p.l_int.map(v{at}, v{at} + p.int_a)" for at in range(20))
    nested = f"({lists}).all(a, ({lists.replace('v', 'w')}).all(b, ({lists.replace('v', 'u')}).all(c, a + b + c > 0)))"
    found = bound(compile_expression(nested[:3900] if len(nested) > 3900 else nested, GENERATED))
    assert found.steps > 0
    assert len(found.words()) < 2_000
