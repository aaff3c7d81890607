"""The commonest steps, made quick: one field of a record against a constant, and `&&` over several of them.

They mean exactly what the general steps mean; where a field is missing, the general step is asked instead.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_, is_not
from typing import Any, NamedTuple

from consilience.domains.policy.language import arithmetic
from consilience.domains.policy.language.halts import UnknownFact
from consilience.domains.policy.language.nodes import (
    Comparison,
    Frame,
    ListOf,
    Literal,
    Logic,
    Negation,
    Node,
    Reference,
    Run,
)
from consilience.domains.policy.language.types import BOOL, ListType, StructType, Type, contains_double


class FieldTest(NamedTuple):
    """`apply(frame[slot][name], constant)`."""

    slot: int
    name: str
    apply: Callable[[Any, Any], Any]
    constant: Any


def test_of(node: Node) -> FieldTest | None:
    """The step as a test of one field, if it is one."""
    if isinstance(node, Comparison):
        return _compared(node)
    tested = node.operand if isinstance(node, Negation) and node.sign == "!" else node
    if isinstance(tested, Reference) and len(tested.path) == 1 and tested.type == BOOL:
        return FieldTest(tested.slot, tested.path[0], is_ if tested is node else is_not, True)
    return None


def _compared(node: Comparison) -> FieldTest | None:
    left, right = node.left, node.right
    if not isinstance(left, Reference) or len(left.path) != 1 or isinstance(left.type, ListType):
        return None
    if node.sign == "in":
        known = constants_of(node)
        return None if known is None else FieldTest(left.slot, left.path[0], _among, known)
    if not isinstance(right, Literal):
        return None
    return FieldTest(left.slot, left.path[0], arithmetic.comparison(node.sign, left.type, right.type), right.value)


def constants_of(node: Comparison) -> frozenset[Any] | None:
    """The items of `x in [...]` as a set, where they are literals and equality means the same in a set."""
    listed = node.right
    if not isinstance(listed, ListOf) or not hashable(node.left.type):
        return None
    literals = [item for item in listed.items if isinstance(item, Literal) and hashable(item.type)]
    return frozenset(item.value for item in literals) if len(literals) == len(listed.items) else None


def hashable(kind: Type) -> bool:
    """Whether equality of Python is that of the language: not for doubles, where NaN and big integers differ."""
    return not isinstance(kind, (ListType, StructType)) and not contains_double(kind)


def single(test: FieldTest) -> Run:
    """The closure of one test."""
    slot, name, apply, constant = test

    def step(frame: Frame) -> Any:
        try:
            return apply(frame[slot][name], constant)
        except KeyError:
            raise UnknownFact from None

    return step


def fused(node: Logic, general: Callable[..., Run]) -> Run:
    """The closure of `&&` or `||`; several tests of one record that lead an `&&` are taken in one go."""
    stop = node.sign == "||"
    slow = general(tuple(operand.run for operand in node.operands), stop=stop)
    leading: list[FieldTest] = []
    for operand in node.operands:
        test = None if stop else test_of(operand)
        if test is None or (leading and test.slot != leading[0].slot):
            break
        leading.append(test)
    if len(leading) < 2:
        return slow
    slot, tests = leading[0].slot, [(test.name, test.apply, test.constant) for test in leading]
    others = tuple(operand.run for operand in node.operands[len(leading) :])
    rest = general(others, stop=False) if len(others) > 1 else others[0] if others else None

    def step(frame: Frame) -> Any:
        try:
            record = frame[slot]
            for name, apply, constant in tests:
                if not apply(record[name], constant):
                    return False
        except KeyError:
            return slow(frame)
        return True if rest is None else rest(frame)

    return step


def _among(value: Any, known: frozenset[Any]) -> bool:
    return value in known


def applied(operand: Node, apply: Callable[[Any], Any]) -> Run:
    """The closure of a function of one operand; mostly the operand is a fact."""
    run = operand.run
    if not isinstance(operand, Reference) or len(operand.path) not in (1, 2):
        return lambda frame: apply(run(frame))
    slot, first, *rest = operand.slot, *operand.path
    if not rest:

        def one(frame: Frame) -> Any:
            try:
                return apply(frame[slot][first])
            except KeyError:
                raise UnknownFact from None

        return one
    second = rest[0]

    def two(frame: Frame) -> Any:
        try:
            return apply(frame[slot][first][second])
        except KeyError:
            raise UnknownFact from None

    return two
