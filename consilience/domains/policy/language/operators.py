"""Which operands the signs take, and what they give."""

from __future__ import annotations

from consilience.domains.policy.language.errors import error_at, nearest
from consilience.domains.policy.language.nodes import Binary, Comparison, ListOf, Literal, Node
from consilience.domains.policy.language.types import (
    ANY,
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    ListType,
    StringType,
    Type,
    comparable,
    describe,
    join,
)

Position = tuple[int, int, str]
_ARITHMETIC: dict[tuple[str, Type, Type], Type] = {
    **{(sign, INT, INT): INT for sign in "+-*/%"},
    **{(sign, DOUBLE, DOUBLE): DOUBLE for sign in "+-*/"},
    ("+", TIMESTAMP, DURATION): TIMESTAMP,
    ("-", TIMESTAMP, DURATION): TIMESTAMP,
    ("-", TIMESTAMP, TIMESTAMP): DURATION,
    ("+", DURATION, DURATION): DURATION,
    ("-", DURATION, DURATION): DURATION,
}
_ORDERED = (BOOL, INT, DOUBLE, TIMESTAMP, DURATION)


def check_binary(text: str, sign: str, left: Node, right: Node, place: Position) -> Node:
    """The checked step for `left sign right`."""
    if sign in ("==", "!="):
        return _equality(text, sign, left, right, place)
    if sign == "in":
        return _membership(text, left, right, place)
    if sign in ("<", "<=", ">", ">="):
        if not _ordered(left.type, right.type):
            raise _mismatch(text, sign, left, right, "two numbers, two texts, two moments or two lengths of time")
        return Comparison(BOOL, *place, sign, left, right)
    return Binary(_arithmetic(text, sign, left, right), *place, sign, left, right)


def _equality(text: str, sign: str, left: Node, right: Node, place: Position) -> Node:
    if (left.type == NULL) != (right.type == NULL):
        other = right if left.type == NULL else left
        raise error_at(
            text,
            place[0],
            found=f"{other.text} compared with null, which is never true: a null fact is unknown",
            expected="has(...) to ask whether a fact is there",
        )
    if not comparable(left.type, right.type):
        raise _mismatch(text, sign, left, right, "two values of one type (records are compared field by field)")
    _vocabulary(text, left, right)
    _vocabulary(text, right, left)
    return Comparison(BOOL, *place, sign, left, right)


def _membership(text: str, left: Node, right: Node, place: Position) -> Node:
    kind = right.type
    if not isinstance(kind, ListType):
        raise error_at(text, right.start, found=describe(kind), expected="a list after 'in'")
    if kind.item != ANY and not comparable(left.type, kind.item):
        raise _mismatch(text, "in", left, right, "a list whose items can equal the value")
    if isinstance(right, ListOf):
        for item in right.items:
            _vocabulary(text, left, item)
    if isinstance(kind.item, StringType) and kind.item.values and isinstance(left, Literal):
        _must_be_one_of(text, left, kind.item.values, right.text)
    return Comparison(BOOL, *place, "in", left, right)


def _arithmetic(text: str, sign: str, left: Node, right: Node) -> Type:
    if sign == "+" and isinstance(left.type, StringType) and isinstance(right.type, StringType):
        return STRING
    if sign == "+" and isinstance(left.type, ListType) and isinstance(right.type, ListType):
        joined = join(left.type, right.type)
        if joined is not None:
            return joined
    found = _ARITHMETIC.get((sign, left.type, right.type))
    if found is None:
        hint = "two operands of one type"
        if {left.type, right.type} == {INT, DOUBLE}:
            hint += " (write 1.0 for 1, or double(...) around the whole number)"
        if sign == "+" and left.type == DURATION and right.type == TIMESTAMP:
            hint = "the moment first: moment + length of time"
        raise _mismatch(text, sign, left, right, hint)
    return found


def _ordered(one: Type, other: Type) -> bool:
    if isinstance(one, StringType):
        return isinstance(other, StringType)
    return one in _ORDERED and (one == other or {one, other} == {INT, DOUBLE})


def _vocabulary(text: str, holder: Node, written: Node) -> None:
    if isinstance(holder.type, StringType) and holder.type.values and isinstance(written, Literal):
        _must_be_one_of(text, written, holder.type.values, holder.text)


def _must_be_one_of(text: str, written: Literal, values: tuple[str, ...], holder: str) -> None:
    if written.value not in values:
        raise error_at(
            text,
            written.start,
            found=f"{written.text}, which {holder} never is",
            expected=f"one of {', '.join(values)}",
            suggestion=nearest(str(written.value), list(values)),
            known=values,
        )


def _mismatch(text: str, sign: str, left: Node, right: Node, expected: str) -> Exception:
    found = f"{left.text} ({describe(left.type)}) {sign} {right.text} ({describe(right.type)})"
    return error_at(text, left.start, found=found, expected=expected)
