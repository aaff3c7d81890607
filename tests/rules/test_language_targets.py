"""Which expressions are generated: `each` for every operator with every type it takes, flat and deep in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from consilience.domains.policy.language.expression import Expression
from tests.rules.test_language_generator import SCALAR_TYPES, Generator, compiled


@dataclass(frozen=True)
class Case:
    """One expression, and which of the documents it is asked about."""

    text: str
    document: int

    @property
    def expression(self) -> Expression:
        return compiled(self.text)


Targets = dict[str, Any]


def targets(make: Generator) -> Targets:
    """Every operator with every type it takes: a name as `pairs` writes it, and how to write such a step."""
    return {**_comparisons(make), **_lists(make), **_arithmetic(make), **_others(make)}


def _comparisons(make: Generator) -> Targets:
    found: Targets = {}
    for sign in ("==", "!=", "<", "<=", ">", ">="):
        for left, right in (*((kind, kind) for kind in SCALAR_TYPES), ("int", "double"), ("double", "int")):
            found[f"{sign} {left} {right}"] = lambda d, s=sign, a=left, b=right: make.compared(s, a, b, d)
    for sign in ("==", "!="):
        for kind in SCALAR_TYPES:
            name = f"list<{kind}>"
            found[f"{sign} {name} {name}"] = lambda d, s=sign, n=name: make.compared(s, n, n, d)
        found[f"{sign} null null"] = lambda d, s=sign: f"((null {s} null) == {make.of('bool', d - 1)})"
    for kind in SCALAR_TYPES:
        found[f"in {kind} list<{kind}>"] = lambda d, k=kind: make.within(k, k, d)
    found["in int list<double>"] = lambda d: make.within("int", "double", d)
    found["in double list<int>"] = lambda d: make.within("double", "int", d)
    found["in null list<null>"] = lambda d: f"((null in [null]) || {make.of('bool', d - 1)})"
    return found


def _lists(make: Generator) -> Targets:
    found: Targets = {}
    for kind in SCALAR_TYPES:
        name = f"list<{kind}>"
        found[f"[] {kind}"] = lambda d, k=kind: make.item(k, d)
        found[f"+ {name} {name}"] = lambda d, n=name: make.compared("+", n, n, d)
        found[f"size {name}"] = lambda d, n=name: f"size({make.of(n, d - 1)})"
    for kind in (*SCALAR_TYPES, "row"):
        for name in ("all", "exists", "exists_one"):
            found[f"{name} {kind}"] = lambda d, n=name, k=kind: make.quantified(n, k, d)
        found[f"filter {kind}"] = lambda d, k=kind: f"size({make.closed(k)}.filter({make.body(k, 'bool', d - 1)}))"
        found[f"map {kind}"] = lambda d, k=kind: (
            f"{make.leaf(f'list<{k}>')}.map({make.body(k, make.pick(SCALAR_TYPES), d - 1)})"
        )
    return found


def _arithmetic(make: Generator) -> Targets:
    found: Targets = {}
    for sign in "+-*/%":
        found[f"{sign} int int"] = lambda d, s=sign: make.signed("int", s, d)
    for sign in "+-*":
        found[f"{sign} double double"] = lambda d, s=sign: make.signed("double", s, d)
    found["/ double double"] = lambda d: f"({make.of('double', d - 1)} / {make.pick(('2.0', '0.1', 'p.double_a'))})"
    found["+ string string"] = lambda d: make.signed("string", "+", d)
    for sign in "+-":
        found[f"{sign} timestamp duration"] = lambda d, s=sign: make.compared(s, "timestamp", "duration", d)
        found[f"{sign} duration duration"] = lambda d, s=sign: make.signed("duration", s, d)
    found["- timestamp timestamp"] = lambda d: make.compared("-", "timestamp", "timestamp", min(d, 1))
    for kind in ("int", "double"):
        found[f"- {kind}"] = lambda d, k=kind: f"-({make.of(k, d - 1)})"
    return found


def _others(make: Generator) -> Targets:
    found: Targets = {"! bool": lambda d: f"!({make.of('bool', d - 1)})"}
    for kind in SCALAR_TYPES:
        found[f"?: {kind}"] = lambda d, k=kind: make.chosen(k, d)
        found[f"has {kind}"] = lambda d, k=kind: f"(has(p.{k}_{make.pick('az')}) || {make.of('bool', d - 1)})"
    for sign in ("&&", "||"):
        found[f"{sign} bool"] = lambda d, s=sign: f"({make.of('bool', d - 1)} {s} {make.of('bool', d - 1)})"
    for kind in ("int", "double"):
        found[f"int {kind}"] = lambda d, k=kind: f"int({make.of(k, d - 1)})"
        found[f"double {kind}"] = lambda d, k=kind: f"double({make.of(k, d - 1)})"
    found["size string"] = lambda d: f"size({make.of('ascii', d - 1)})"
    found["string int"] = lambda d: f"string({make.of('int', d - 1)})"
    for name in ("startsWith", "endsWith", "contains"):
        found[f"{name} string string"] = lambda d, n=name: make.textual(n, d)
    return found


def expressions(seed: int, *, each: int, documents: int) -> Iterator[Case]:
    """`each` cases for every target; depths go round, so that every step is tried flat and deep."""
    make = Generator(seed)
    for build in targets(make).values():
        for number in range(each):
            make.names = 0
            yield Case(build(number % 3 + 1), make.random.randrange(documents))


CASES = list(expressions(20261123, each=12, documents=6))


def test_one_seed_gives_one_list() -> None:
    again = list(expressions(20261123, each=12, documents=6))
    assert again == CASES
