"""Whatever is handed in, the reader ends soon, in little memory, with a policy or with a sentence that names the place."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load, starter_texts
from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.tokens import tokens_of
from consilience.domains.policy.schema import fact_schema
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import MAX_DEPTH, read_yaml
from tests.rules.test_policy_language2 import FUNCTIONS, POLICY, SCHEMA

FACTS = fact_schema(kinds())
RULES = [
    rule
    for text in starter_texts().values()
    for one in load(text, schema=FACTS, functions=FUNCTIONS).requirements
    for rule in (one.satisfied_if.text, one.applies_if.text if one.applies_if else "true")
]
WORDS = ["(", ")", "[", "]", "!", "-", ".", ",", "?", ":", "&&", "||", "<", "==", "in", "all", "filter", "has", '"a"', "'",
         "1", "1.0", "1e400", "99999999999999999999", "null", "timestamp", "duration", "e", "evidence", "\\", "\x00", "é",
         "//", "\n", "\ud800", "￿"]  # fmt: skip


def torn(text: str, chance: random.Random) -> str:
    """The same words with a few dropped, repeated, swapped or replaced."""
    words = [token.text for token in tokens_of(text)]
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(words))
        action = chance.randrange(4)
        if action == 0:
            del words[at : at + chance.randrange(1, 4)]
        elif action == 1:
            words[at:at] = words[at : at + chance.randrange(1, 8)]
        elif action == 2:
            words[at] = chance.choice(words)
        else:
            words.insert(at, chance.choice(WORDS))
        words = words or ["a"]
    return " ".join(words)


def refusal(text: str) -> PolicyError | None:
    try:
        compile_expression(text, FACTS)
    except PolicyError as error:
        return error
    return None


def test_torn_rules_load_or_are_refused_with_their_place() -> None:
    chance = random.Random(20261123)
    loaded = 0
    for _ in range(1_500):
        text = torn(chance.choice(RULES), chance)
        error = refusal(text)
        if error is None:
            loaded += 1
            continue
        lines = text.split("\n")
        assert 1 <= error.line <= len(lines), text
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1, text
    assert 0 < loaded < 1_000


def test_torn_documents_load_or_are_bad_input() -> None:
    chance = random.Random(20261123)
    for _ in range(250):
        lines = POLICY.split("\n")
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(lines))
            action = chance.randrange(4)
            if action == 0:
                del lines[at]
            elif action == 1:
                lines.insert(at, chance.choice(lines))
            elif action == 2:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            else:
                place = chance.randrange(len(lines[at]) + 1)
                lines[at] = (
                    lines[at][:place]
                    + chance.choice(["&a ", "*a", "!!x ", ": ", "- ", "{", "}", "'", "\t", "9" * 50])
                    + lines[at][place:]
                )
        with suppress(BadInput):
            load("\n".join(lines), schema=SCHEMA, functions=FUNCTIONS)


def compiled(text: str) -> None:
    compile_expression(text, FACTS)


def read(text: str) -> None:
    read_yaml(text, "x")


def loaded(text: str) -> None:
    load(text, schema=SCHEMA, functions=FUNCTIONS)


LONG = 3_990
EXTREMES: list[tuple[Callable[[str], None], str]] = [
    *((compiled, text) for text in (
        "(" * LONG, "[" * LONG, "!" * LONG, "-" * LONG, "a" * LONG, "1" * LONG, "." * LONG, "'" + "a" * LONG,
        "'" + "\\" * LONG, "true" + " ? true : true" * 270, "1" + "+1" * 1_900,
        "now" + ".a" * 1_900, "signoffs" + "[0]" * 1_300, "a(" * 1_900, "1e" + "9" * 3_000,
        "//" + "x" * LONG, "signoffs" + ".filter(s, true)" * 200, "x" * 100_000,
    )),
    *((read, text) for text in (
        "[" * 200_000, "a: " + "[" * 200_000 + "]" * 200_000, "- " * 200_000, "? " * 200_000, "{a: " * 200_000,
        "&a [" * 200_000, "9" * 900_000, "a: 1e999", "a" * 400_000 + ": 1\n" + "a" * 400_000 + ": 2",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\n", "a: &a\n  b: *a\n", "!!python/object:os.system x",
        "a: 1\n---\nb: 2\n", "\x00", "\ud800", "a" * 2_000_000,
    )),
    *((loaded, text) for text in (
        POLICY + "k" * 900_000 + ": 1\n",
        POLICY.replace("  current: evidence", "\n".join(f"  d{at}: d{at + 1}" for at in range(5_000)) + "\n  current: evidence"),
        POLICY.replace("least_power: {value: 0.7", "least_power: {value: [" + "0.7, " * 50_000 + "0.7]"),
        POLICY.replace("language: 2\n", "language: 2\nlanguage: 2\n"),
        POLICY.replace("language: 2\n", "language: " + "2" * 5_000 + "\n"),
    )),
]  # fmt: skip


@pytest.mark.parametrize(("use", "text"), EXTREMES, ids=range(len(EXTREMES)))
def test_extremes_end_soon_with_a_sentence(use: Callable[[str], None], text: str) -> None:
    start = time.process_time()
    with pytest.raises(BadInput) as caught:
        use(text)
    assert time.process_time() - start < 4
    assert 0 < len(str(caught.value)) < 6_000


@pytest.mark.parametrize(
    "text", ["true" + " && true" * 480, "'" + "a" * 3_990 + "'", "[" + "1," * 1_900 + "1].size() > 0"]
)
def test_what_is_long_and_still_a_rule_needs_little_memory(text: str) -> None:
    tracemalloc.start()
    try:
        compile_expression(text, FACTS)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_a_document_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    assert read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "x")
    with pytest.raises(BadInput, match=f"line 1: deeper than {MAX_DEPTH} lists and mappings"):
        read_yaml("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "x")
