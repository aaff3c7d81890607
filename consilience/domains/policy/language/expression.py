"""The language from outside: compile an expression once, evaluate it over many fact documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from consilience.domains.policy.language.check import Checked, check, check_joined
from consilience.domains.policy.language.errors import error_at
from consilience.domains.policy.language.facts import Facts
from consilience.domains.policy.language.halts import Halt, UnknownFact
from consilience.domains.policy.language.link import link
from consilience.domains.policy.language.loops import MAX_STEPS
from consilience.domains.policy.language.names import NOTHING, Vocabulary
from consilience.domains.policy.language.nodes import FACTS, Frame, Node, Reference, children, outcome
from consilience.domains.policy.language.parser import Syntax, parse
from consilience.domains.policy.language.types import Schema, Type, describe, same

LANGUAGES = (1, 2)
"""Versions of the language that are read; a document of each means for ever what it meant."""
LANGUAGE_VERSION = LANGUAGES[-1]


class State(StrEnum):
    """What came of an evaluation: a value, not enough facts, or an error."""

    VALUE = "value"
    UNKNOWN = "unknown"
    ERROR = "error"


class Answer(NamedTuple):
    """The result of an expression: `value` when the state is VALUE, `error` when it is ERROR."""

    state: State
    value: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A checked expression, ready to run.

    `variables` are those of its quantifiers, None where one name stands for two types; `scope` are those handed in;
    `vocabulary` are the constants and definitions that its text may name.
    """

    text: str
    schema: Schema
    root: Node
    slots: int
    scope: tuple[str, ...]
    variables: Mapping[str, Type | None]
    vocabulary: Vocabulary = NOTHING

    @property
    def type(self) -> Type:
        return self.root.type

    def frame(self, facts: Facts) -> Frame:
        """An empty frame over these facts."""
        return [facts.values, MAX_STEPS, *([None] * (self.slots - 2))]


def compile_expression(
    text: str,
    schema: Schema,
    *,
    expect: Type | None = None,
    scope: Mapping[str, Type] | None = None,
    first_slot: int = 0,
    vocabulary: Vocabulary = NOTHING,
) -> Expression:
    """The expression that a text means over this schema. PolicyError says what does not fit, and where.

    `scope` are variables handed in, in slots of this order; slots of its own begin at `first_slot` or after the scope,
    so that several expressions can share one frame.
    """
    checked = check(text, schema, scope, first_slot, vocabulary)
    if expect is not None and not same(checked.root.type, expect):
        raise error_at(text, 0, found=describe(checked.root.type), expected=describe(expect))
    return _linked(text, schema, checked, tuple(scope or ()), vocabulary)


def join_conditions(texts: Sequence[str], schema: Schema, vocabulary: Vocabulary = NOTHING) -> Expression:
    """The condition that holds where all of these hold. PolicyError as for each of them alone."""
    return compile_trees([(text, parse(text)) for text in texts], schema, vocabulary)


def compile_trees(parts: Sequence[tuple[str, Syntax]], schema: Schema, vocabulary: Vocabulary = NOTHING) -> Expression:
    """One condition, or the one that several amount to, from texts and the trees that stand for them."""
    text, checked = check_joined(parts, schema, vocabulary)
    return _linked(text, schema, checked, (), vocabulary)


def _linked(text: str, schema: Schema, checked: Checked, scope: tuple[str, ...], vocabulary: Vocabulary) -> Expression:
    return Expression(text, schema, link(checked.root), checked.slots, scope, checked.variables, vocabulary)


def evaluate(expression: Expression, facts: Facts) -> Answer:
    """What the expression says about these facts. Never raises for a reason that lies in the facts."""
    return answer_of(outcome(expression.root, expression.frame(facts)))


def answer_of(result: Any) -> Answer:
    """The answer for a step's value, or for how it halted."""
    if isinstance(result, Halt):
        return Answer(State.UNKNOWN) if isinstance(result, UnknownFact) else Answer(State.ERROR, error=str(result))
    return Answer(State.VALUE, result)


def roots(expression: Expression) -> frozenset[str]:
    """The parts of the fact document that an expression asks about, such as `evidence` or `signoffs`."""
    return frozenset(path[0] for path in fact_paths(expression))


def fact_paths(expression: Expression) -> frozenset[tuple[str, ...]]:
    """The facts that an expression reads, as paths such as `("system", "use")`."""

    def of(node: Node) -> Iterator[tuple[str, ...]]:
        if isinstance(node, Reference) and node.slot == FACTS:
            yield node.path
        for child in children(node):
            yield from of(child)

    return frozenset(of(expression.root))
