"""The closed list of functions. Adding one is a new version of the language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from consilience.domains.policy.language.halts import Failure
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    ListType,
    ScalarType,
    StringType,
    Type,
    same,
)

_DAY = 86_400_000_000
_INT64 = 2.0**63


@dataclass(frozen=True, slots=True)
class Function:
    """One function: how it is written, what it gives, and which types it takes.

    `resolve` returns the result's type and the implementation, or None when the arguments have other types.
    `member` functions are written `a.f(b)`, plain ones `f(a, b)`; `size` may be either.
    """

    name: str
    usage: str
    meaning: str
    arity: int
    plain: bool
    member: bool
    resolve: Callable[[Sequence[Type]], tuple[Type, Callable[..., Any]] | None]


def _fixed(
    *parameters: Type, gives: Type, by: Callable[..., Any]
) -> Callable[[Sequence[Type]], tuple[Type, Callable[..., Any]] | None]:
    def resolve(given: Sequence[Type]) -> tuple[Type, Callable[..., Any]] | None:
        fits = all(same(one, other) for one, other in zip(parameters, given, strict=True))
        return (gives, by) if fits else None

    return resolve


def _size(given: Sequence[Type]) -> tuple[Type, Callable[..., Any]] | None:
    return (INT, len) if isinstance(given[0], (StringType, ListType)) else None


def _to_int(given: Sequence[Type]) -> tuple[Type, Callable[..., Any]] | None:
    if given[0] == INT:
        return INT, _itself
    return (INT, _truncate) if given[0] == DOUBLE else None


def _to_double(given: Sequence[Type]) -> tuple[Type, Callable[..., Any]] | None:
    if given[0] == INT:
        return DOUBLE, float
    return (DOUBLE, _itself) if given[0] == DOUBLE else None


def _distinct(given: Sequence[Type]) -> tuple[Type, Callable[..., Any]] | None:
    kind = given[0]
    if not isinstance(kind, ListType) or not isinstance(kind.item, (ScalarType, StringType)) or kind.item == DOUBLE:
        return None
    return kind, _without_repeats


def _extreme(
    choose: Callable[[Any], Any], name: str
) -> Callable[[Sequence[Type]], tuple[Type, Callable[..., Any]] | None]:
    def take(items: list[Any]) -> Any:
        if not items:
            raise Failure(f"{name} of an empty list")
        if any(isinstance(item, float) and isnan(item) for item in items):
            raise Failure(f"{name} of a list with an undefined number")
        return choose(items)

    def resolve(given: Sequence[Type]) -> tuple[Type, Callable[..., Any]] | None:
        kind = given[0]
        fits = isinstance(kind, ListType) and kind.item in (INT, DOUBLE, TIMESTAMP, DURATION)
        return (kind.item, take) if fits and isinstance(kind, ListType) else None

    return resolve


def _itself(value: Any) -> Any:
    return value


def _truncate(value: float) -> int:
    if not -_INT64 < value < _INT64:  # NaN fails both comparisons
        raise Failure("number outside the whole numbers of 64 bits")
    return int(value)


def _days_between(start: int, end: int) -> int:
    days = abs(end - start) // _DAY
    return days if end >= start else -days


def _without_repeats(items: list[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


def _text(value: int) -> str:
    return str(value)


FUNCTIONS: dict[str, Function] = {
    one.name: one
    for one in (
        Function("size", "size(x), x.size()", "items of a list, or characters of a text", 1, True, True, _size),
        Function("int", "int(x)", "a number without its fraction, as a whole number", 1, True, False, _to_int),
        Function("double", "double(n)", "a whole number as a number", 1, True, False, _to_double),
        Function("string", "string(n)", "a whole number as text", 1, True, False, _fixed(INT, gives=STRING, by=_text)),
        Function(
            "startsWith",
            "s.startsWith(t)",
            "whether text s begins with t",
            2,
            False,
            True,
            _fixed(STRING, STRING, gives=BOOL, by=str.startswith),
        ),
        Function(
            "endsWith",
            "s.endsWith(t)",
            "whether text s ends with t",
            2,
            False,
            True,
            _fixed(STRING, STRING, gives=BOOL, by=str.endswith),
        ),
        Function(
            "contains",
            "s.contains(t)",
            "whether text t occurs in s",
            2,
            False,
            True,
            _fixed(STRING, STRING, gives=BOOL, by=str.__contains__),
        ),
        Function(
            "days_between",
            "days_between(a, b)",
            "whole days from moment a to moment b; negative when b is earlier",
            2,
            True,
            False,
            _fixed(TIMESTAMP, TIMESTAMP, gives=INT, by=_days_between),
        ),
        Function("distinct", "distinct(list)", "the list without repeats, in order", 1, True, False, _distinct),
        Function("min", "min(list)", "the smallest item", 1, True, False, _extreme(min, "min")),
        Function("max", "max(list)", "the largest item", 1, True, False, _extreme(max, "max")),
    )
}
"""`timestamp("...")` and `duration("...")` are not here: they take a literal and are read when the rule is checked."""

MACROS = ("all", "exists", "exists_one", "filter", "map")
