"""Expressions of language 2: what constants and definitions mean is what two foreign engines say of the text written out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.expression import Expression, compile_expression, evaluate
from consilience.domains.policy.language.names import Constant, Vocabulary, define
from consilience.domains.policy.language.types import BOOL, DOUBLE, INT, STRING, ListType
from consilience.domains.policy.language.values import read_duration, read_rfc3339
from consilience.domains.policy.language.write import written_out
from tests.rules.test_language_generator import KINDS, LENGTHS, MOMENTS, SCALAR_TYPES, SCHEMA, STRINGS, Generator
from tests.rules.test_language_oracles import FACTS, differences
from tests.rules.test_language_targets import Case, targets

NUMBERS: dict[str, list[Any]] = {
    "bool": [True, False],
    "int": [0, 1, -1, 3, -7, 1000, 2**62],
    "double": [0.0, 0.5, -3.25, 0.1, 1e300, 1.5e-3, 7.0],
    "string": list(STRINGS),
    "timestamp": [read_rfc3339(text) for text in MOMENTS],
    "duration": [read_duration(text) for text in LENGTHS],
}


@dataclass(frozen=True)
class Named(Case):
    """A case with names; `text` is the same written out, as the other engines are asked."""

    named: str = ""
    meant: Expression = field(default=None, compare=False)  # type: ignore[assignment]

    @property
    def expression(self) -> Expression:
        return self.meant


class NamedGenerator(Generator):
    """Gives every expression a few constants and definitions, the later ones resting on the earlier."""

    def vocabulary(self) -> Vocabulary:
        self.scope = []
        constants: dict[str, Constant] = {}
        for at in range(self.random.randrange(1, 4)):
            kind = self.pick(SCALAR_TYPES)
            name, value = f"c{at}", self.pick(NUMBERS[kind])
            if self.random.random() < 0.3:
                items = [self.pick(NUMBERS[kind]) for _ in range(self.random.randrange(1, 4))]
                constants[name] = Constant(name, items, ListType(KINDS[kind]))
                self.scope.append((name, f"list<{kind}>"))
            else:
                constants[name] = Constant(name, value, KINDS[kind])
                self.scope.append((name, kind))
        texts: dict[str, str] = {}
        for at in range(self.random.randrange(1, 4)):
            kind = self.pick(SCALAR_TYPES)
            kind = f"list<{kind}>" if self.random.random() < 0.3 else kind
            texts[f"d{at}"] = self.of(kind, self.random.randrange(1, 3))
            self.scope.append((f"d{at}", kind))
        return Vocabulary(constants, define(texts))


def named_cases(seed: int, *, each: int, documents: int) -> Iterator[Named]:
    """`each` cases for every operator with every type, over names of their own; too deep ones are left out."""
    make = NamedGenerator(seed)
    for build in targets(make).values():
        for number in range(each):
            make.names = 0
            vocabulary = make.vocabulary()
            text = build(number % 3 + 1)
            meant = compiled(text, vocabulary)
            if meant is not None:
                yield Named(written_out(meant), make.random.randrange(documents), text, meant)


def compiled(text: str, vocabulary: Vocabulary) -> Expression | None:
    """The expression, or None where its definitions, written out, nest too deep."""
    try:
        return compile_expression(text, SCHEMA, vocabulary=vocabulary)
    except PolicyError as error:
        if "nesting" in error.found or "chain" in error.found:
            return None
        raise


CASES = list(named_cases(20261123, each=3, documents=len(FACTS)))


def test_names_mean_the_same_as_the_text_written_out_in_two_other_engines() -> None:
    assert len(CASES) > 400
    assert sum(" c" in f" {case.named}" or " d" in f" {case.named}" for case in CASES) > 100
    assert differences(list(CASES)) == []


def test_what_is_written_out_loads_as_language_1_and_means_the_same_here() -> None:
    for case in CASES:
        again = compile_expression(case.text, SCHEMA)
        one, other = evaluate(case.meant, FACTS[case.document]), evaluate(again, FACTS[case.document])
        assert repr(one) == repr(other), case.named
        assert written_out(again) == case.text


def test_the_type_of_a_name_is_that_of_what_it_stands_for() -> None:
    vocabulary = Vocabulary(
        {"limit": Constant("limit", 3, INT)}, define({"half": "0.5", "both": "[limit]", "says": "'a'"})
    )
    kinds = {
        text: compile_expression(text, SCHEMA, vocabulary=vocabulary).type for text in ("limit", "half", "both", "says")
    }
    assert kinds == {"limit": INT, "half": DOUBLE, "both": ListType(INT), "says": STRING}
    assert compile_expression("limit in both && half < 1.0", SCHEMA, vocabulary=vocabulary).type == BOOL


TOLD = """
import hashlib
from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load, starter_texts
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.mutation import coverage
from consilience.domains.policy.narrate import narrate
from consilience.domains.policy.rules import outcome_of
from consilience.domains.policy.schema import fact_schema
from consilience.kit import canonical
from tests.rules.test_policy_language2 import FUNCTIONS, POLICY, SCHEMA, read
shipped = fact_schema(kinds())
policies = [load(text, schema=shipped, functions=FUNCTIONS) for text in starter_texts().values()] + [read(POLICY)]
said = [shipped.digest, SCHEMA.digest, policies[-1].vocabulary.digest]
for policy in policies:
    for requirement in policy.requirements:
        for example in requirement.examples:
            found = outcome_of(requirement, bind(example.facts, policy.schema))
            said += [found.to_json(), list(narrate(found, "de"))]
said += [[mutant.id, str(mutant.noticed_by)] for one in coverage(policies[-1]) for mutant in one.mutants]
print(hashlib.sha256(canonical.encode(said)).hexdigest(), len(said))
"""


def test_answers_explanations_and_sentences_are_the_same_in_every_process() -> None:
    """Whatever seed strings are hashed with."""
    root = Path(__file__).resolve().parents[2]
    told = {
        subprocess.run(
            [sys.executable, "-c", TOLD], capture_output=True, text=True, check=True, cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
        ).stdout
        for seed in ("0", "20261123")
    }  # fmt: skip
    assert len(told) == 1
    assert int(told.pop().split()[1]) > 250
