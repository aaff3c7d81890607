"""How the checked tree runs: every step becomes one closure over the steps it rests on.

A step returns its value or raises a `Halt`. Steps that need all their operands look at the others too before they pass
an unknown on, because an error beats it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any

from consilience.domains.policy.language import arithmetic, shortcuts
from consilience.domains.policy.language.halts import Failure, Halt, UnknownFact, worse
from consilience.domains.policy.language.loops import exists_one, filtered, mapped, quantifier, spend
from consilience.domains.policy.language.nodes import (
    Binary,
    Call,
    Choice,
    Comparison,
    Comprehension,
    Frame,
    Has,
    Index,
    ListOf,
    Literal,
    Logic,
    Negation,
    Node,
    Quantifier,
    Reference,
    Run,
    Select,
)
from consilience.domains.policy.language.types import DOUBLE, NULL, ListType, StringType, contains_double


def _literal(node: Literal) -> Run:
    value = node.value
    return lambda _frame: value


def _variable(node: Reference) -> Run:
    slot = node.slot
    if node.type == NULL:
        return itemgetter(slot)

    def variable(frame: Frame) -> Any:
        value = frame[slot]
        if value is None:  # only in a sentence, whose variables need not all be bound
            raise UnknownFact
        return value

    return variable


def _reference(slot: int, path: tuple[str, ...]) -> Run:
    first = path[0]
    if len(path) == 1:

        def field(frame: Frame) -> Any:
            try:
                return frame[slot][first]
            except KeyError:
                raise UnknownFact from None

        return field
    second = path[1]
    if len(path) == 2:

        def inner_field(frame: Frame) -> Any:
            try:
                return frame[slot][first][second]
            except KeyError:
                raise UnknownFact from None

        return inner_field
    return _select(itemgetter(slot), path)


def _select(operand: Run, path: tuple[str, ...]) -> Run:
    def select(frame: Frame) -> Any:
        value = operand(frame)
        try:
            for name in path:
                value = value[name]
        except KeyError:
            raise UnknownFact from None
        return value

    return select


def _has(operand: Run, name: str) -> Run:
    return lambda frame: name in operand(frame)


def _index(node: Index) -> Run:
    opened = isinstance(node.operand.type, ListType) and node.operand.type.open

    def at(items: list[Any], position: int) -> Any:
        if opened and not items:
            raise UnknownFact
        if not 0 <= position < len(items):
            raise Failure(f"position {position} of a list with {len(items)} items")
        return items[position]

    return strict(node.operand, node.position, at)


def _list(items: tuple[Run, ...]) -> Run:
    return lambda frame: _all_of(items, frame)


def _all_of(steps: tuple[Run, ...], frame: Frame) -> list[Any]:
    """The values of all steps; an error in a later one beats an unknown in an earlier one."""
    values: list[Any] = []
    halted: Halt | None = None
    for step in steps:
        try:
            values.append(step(frame))
        except Halt as halt:
            halted = worse(halted, halt)
    if halted is not None:
        raise halted
    return values


def _negation(node: Negation) -> Run:
    operand = node.operand.run
    if node.sign == "!":
        return lambda frame: not operand(frame)
    if node.type == DOUBLE:
        return lambda frame: -operand(frame)
    return lambda frame: arithmetic.whole(-operand(frame))


def strict(left: Node, right: Node, apply: Any, *, spend: Any = None) -> Run:
    """A step that needs both operands."""
    one, other = left.run, right.run
    if isinstance(right, Literal) and spend is None:
        value = right.value
        return lambda frame: apply(one(frame), value)
    if isinstance(left, Literal) and spend is None:
        return shortcuts.applied(right, partial(apply, left.value))

    def step(frame: Frame) -> Any:
        try:
            first = one(frame)
        except UnknownFact:
            other(frame)  # an error there beats the unknown here
            raise
        result = apply(first, other(frame))
        if spend is not None:
            spend(frame, first, result)
        return result

    return step


def _grows(node: Binary) -> Any:
    """Text and lists that grow are paid for, or doubling them a few dozen times would fill the memory."""
    if node.sign != "+" or not isinstance(node.type, (ListType, StringType)):
        return None
    return lambda frame, _first, made: spend(frame, len(made))


def _comparison(node: Comparison) -> Run:
    apply = arithmetic.comparison(node.sign, node.left.type, node.right.type)
    if isinstance(node.left.type, ListType):
        return strict(node.left, node.right, apply, spend=lambda frame, first, _result: spend(frame, len(first)))
    return strict(node.left, node.right, apply)


def _membership(node: Comparison) -> Run:
    kind = node.right.type
    opened = isinstance(kind, ListType) and kind.open
    known = shortcuts.constants_of(node)
    if known is not None:
        left = node.left.run
        return lambda frame: left(frame) in known
    exact = isinstance(kind, ListType) and shortcuts.hashable(kind.item) and not contains_double(node.left.type)

    def among(value: Any, items: list[Any]) -> bool:
        if opened and not items:
            raise UnknownFact
        return value in items if exact else any(arithmetic.equal(value, item) for item in items)

    one, other = node.left.run, node.right.run

    def step(frame: Frame) -> Any:
        try:
            value = one(frame)
        except UnknownFact:
            other(frame)
            raise
        items = other(frame)
        spend(frame, len(items))
        return among(value, items)

    return step


def _logic(operands: tuple[Run, ...], *, stop: bool) -> Run:
    """`||` stops at the first true, `&&` at the first false; whatever halted before is absorbed then."""

    def step(frame: Frame) -> Any:
        halted: Halt | None = None
        for operand in operands:
            try:
                if operand(frame) is stop:
                    return stop
            except Halt as halt:
                halted = worse(halted, halt)
        if halted is not None:
            raise halted
        return not stop

    return _pair(*operands, stop=stop) if len(operands) == 2 else step


def _pair(one: Run, other: Run, *, stop: bool) -> Run:
    """The same for two operands, quicker."""

    def absorbed(frame: Frame, halted: Halt) -> Any:
        try:
            if other(frame) is stop:
                return stop
        except Halt as halt:
            raise worse(halted, halt) from None
        raise halted

    def pair(frame: Frame) -> Any:
        try:
            if one(frame) is stop:
                return stop
        except Halt as halt:
            return absorbed(frame, halt)
        return other(frame)

    return pair


def _choice(condition: Run, chosen: Run, otherwise: Run) -> Run:
    return lambda frame: chosen(frame) if condition(frame) else otherwise(frame)


def _call(node: Call) -> Run:
    steps, apply = tuple(arg.run for arg in node.args), node.apply
    opened = node.name in ("min", "max") and isinstance(node.args[0].type, ListType) and node.args[0].type.open
    if node.name == "size" or (len(steps) == 1 and not isinstance(node.args[0].type, ListType)):
        return shortcuts.applied(node.args[0], apply)
    if len(steps) == 2:
        return strict(node.args[0], node.args[1], apply)
    (only,) = steps

    def step(frame: Frame) -> Any:
        items = only(frame)
        if opened and not items:
            raise UnknownFact
        spend(frame, len(items))
        return apply(items)

    return step


CLOSURES: dict[type[Node], Callable[[Any], Run]] = {
    Literal: _literal,
    Reference: lambda node: _reference(node.slot, node.path) if node.path else _variable(node),
    Select: lambda node: _select(node.operand.run, node.path),
    Has: lambda node: _has(node.operand.run, node.name),
    Index: _index,
    ListOf: lambda node: _list(tuple(item.run for item in node.items)),
    Negation: _negation,
    Binary: lambda node: strict(node.left, node.right, arithmetic.of(node.sign, node.type), spend=_grows(node)),
    Comparison: lambda node: _membership(node) if node.sign == "in" else _comparison(node),
    Logic: lambda node: shortcuts.fused(node, _logic),
    Choice: lambda node: _choice(node.condition.run, node.chosen.run, node.otherwise.run),
    Quantifier: lambda node: (
        exists_one(node) if node.name == "exists_one" else quantifier(node, stop=node.name == "exists")
    ),
    Comprehension: lambda node: filtered(node) if node.name == "filter" else mapped(node),
    Call: _call,
}
