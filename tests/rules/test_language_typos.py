"""A misspelt name is refused, and what was meant is suggested: fields, functions, names, words, units, keys."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load
from consilience.domains.policy.language.check import check
from consilience.domains.policy.language.errors import nearest, slips
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.functions import FUNCTIONS, MACROS
from consilience.domains.policy.language.names import Vocabulary, define
from consilience.domains.policy.language.types import ListType, StringType, StructType
from consilience.domains.policy.schema import fact_schema
from consilience.kit.errors import BadInput
from consilience.kit.units import UNITS
from tests.rules.test_policy_language2 import FUNCTIONS as OWNERS
from tests.rules.test_policy_language2 import POLICY, SCHEMA

FACTS = fact_schema(kinds())
NAMES = Vocabulary(definitions=define({"current_tests": "evidence.evaluation", "strong_enough": "true"}))


def typos(word: str, seed: int) -> Iterator[str]:
    """A letter dropped, doubled, replaced, and two swapped."""
    chance = random.Random(f"{word} {seed}")
    at = chance.randrange(len(word))
    yield word[:at] + word[at + 1 :]
    yield word[:at] + word[at] + word[at:]
    yield word[:at] + chance.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]
    at = chance.randrange(len(word) - 1)
    yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def in_an_expression(text: str) -> None:
    check(text, FACTS, vocabulary=NAMES)


def in_a_document(text: str) -> None:
    load(text, schema=SCHEMA, functions=OWNERS)


def places() -> Iterator[tuple[str, str, Callable[[str], None]]]:
    """A name, a text with {} where it stands, and who reads the text."""
    for name, kind in FACTS.root.fields.items():
        yield name, "{} == {}", in_an_expression
        if isinstance(kind, StructType):
            for field, inner in kind.fields.items():
                yield field, f"has({name}.{{}})", in_an_expression
                if isinstance(inner, ListType) and isinstance(inner.item, StructType):
                    for part, deep in inner.item.fields.items():
                        yield part, f"{name}.{field}.exists(x, has(x.{{}}))", in_an_expression
                        for value in deep.values if isinstance(deep, StringType) else ():
                            yield value, f'{name}.{field}.exists(x, x.{part} == "{{}}")', in_an_expression
    for name, function in FUNCTIONS.items():
        yield name, "{}(now)" if function.plain else 'system.slug.{}("a")', in_an_expression
    for name in MACROS:
        yield name, "signoffs.{}(s, s.distinct)", in_an_expression
    for name in NAMES:
        yield name, "size([{}]) > 0", in_an_expression
    for unit in UNITS:
        yield (
            unit,
            POLICY.replace("unit: share", "unit: {}", 1).replace("{", "{{").replace("}", "}}").replace("{{}}", "{}", 1),
            in_a_document,
        )
    for key in (
        "policy",
        "title",
        "owner",
        "applies_if",
        "constants",
        "definitions",
        "severity",
        "satisfied_if",
        "sentences",
    ):
        head, _key, tail = POLICY.partition(f"{key}:")
        yield key, f"{head}@@:{tail}".replace("{", "{{").replace("}", "}}").replace("@@", "{}"), in_a_document


CASES = list(places())


def suggestion(read: Callable[[str], None], text: str) -> str | None:
    """What the refusal suggests; None without one. A typo that means something else is no typo."""
    try:
        read(text)
    except BadInput as error:
        _before, sign, after = error.problem.partition("did you mean '")
        return after.partition("'")[0] if sign else None
    return ""


def test_what_was_meant_is_suggested_for_generated_typos() -> None:
    asked = right = 0
    missed = []
    for seed, (word, text, read) in enumerate(CASES):
        if len(word) < 4:
            continue
        for typo in list(typos(word, seed % 3))[seed % 4 :: 4]:
            if typo == word:
                continue
            meant = suggestion(read, text.format(typo, typo))
            if meant == "":
                continue
            asked += 1
            right += meant == word
            if meant is None:
                missed.append((word, typo))
    assert asked > 500
    assert missed == []
    assert right / asked > 0.985


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("Holdout", "holdout"), ("holdout ", "holdout"), ("hodlout", "holdout"), ("out-of-time", "out_of_time"),
     ("holdoutt", "holdout"), ("entirely different", None), ("x" * 5_000, None), ("", None)],
)  # fmt: skip
def test_the_fewest_slips_decide(typo: str, meant: str | None) -> None:
    assert nearest(typo, ["holdout", "out_of_time", "operation"]) == meant


def test_slips_are_counted_as_people_make_them() -> None:
    assert slips("stage", "stage") == 0
    assert slips("satge", "stage") == 1
    assert slips("stag", "stage") == 1
    assert slips("staage", "stage") == 1
    assert slips("stoge", "stage") == 1
    assert slips("", "stage") == 5


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"release": {"stge": "operation"}}, "did you mean 'stage'?"),
        ({"release": {"stage": "operatoin"}}, "did you mean 'operation'?"),
        ({"evidence": {"evalution": []}}, "did you mean 'evaluation'?"),
    ],
)
def test_a_misspelt_fact_of_an_example_is_told_too(facts: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said.replace("?", r"\?")):
        bind(facts, FACTS)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("owner: engineering\nlanguage", "owner: enginering\nlanguage", "did you mean 'engineering'?"),
        ("least_power | percent", "least_power | percnt", "did you mean 'percent'?"),
        ("expect: satisfied", "expect: satisfeid", "did you mean 'satisfied'?"),
        ("constants:", "sizes: {evidence.evalution: 5}\nconstants:", "did you mean 'evidence.evaluation'?"),
    ],
)
def test_other_words_of_a_document_are_suggested_as_well(old: str, new: str, said: str) -> None:
    assert old in POLICY
    with pytest.raises(BadInput) as caught:
        in_a_document(POLICY.replace(old, new, 1))
    assert said in str(caught.value)
