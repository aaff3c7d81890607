"""What the signs compute: 64-bit whole numbers that never wrap, binary64, moments, lengths of time."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from consilience.domains.policy.language.halts import Failure
from consilience.domains.policy.language.tokens import INT_MAX, INT_MIN
from consilience.domains.policy.language.types import DOUBLE, DURATION, INT, TIMESTAMP, ListType, Type, contains_double
from consilience.domains.policy.language.values import DURATION_MAX, TIMESTAMP_MAX, TIMESTAMP_MIN

Apply = Callable[[Any, Any], Any]


def of(sign: str, kind: Type) -> Apply:
    """The implementation of an arithmetic sign whose result has this type."""
    if kind == INT:
        return _WHOLE[sign]
    if kind == DOUBLE:
        return _DOUBLE[sign]
    plain: Apply = operator.add if sign == "+" else operator.sub
    if kind == TIMESTAMP:
        return lambda one, other: _bounded(plain(one, other), TIMESTAMP_MIN, TIMESTAMP_MAX, "moment")
    if kind == DURATION:
        return lambda one, other: _bounded(plain(one, other), -DURATION_MAX, DURATION_MAX, "length of time")
    return plain  # texts and lists


def comparison(sign: str, left: Type, right: Type) -> Apply:
    """The implementation of a comparison. An int against a double is compared as a double, as the CEL engines do."""
    plain: Apply = {
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }[sign]
    if left == INT and right == DOUBLE:
        return lambda one, other: plain(float(one), other)
    if left == DOUBLE and right == INT:
        return lambda one, other: plain(one, float(other))
    if isinstance(left, ListType) and (contains_double(left) or contains_double(right)):
        return equal if sign == "==" else (lambda one, other: not equal(one, other))
    return plain


def equal(one: Any, other: Any) -> bool:
    """Equality of values that may hold doubles: NaN equals nothing, not even itself in the same list."""
    if isinstance(one, list):
        return len(one) == len(other) and all(equal(left, right) for left, right in zip(one, other, strict=True))
    if isinstance(one, float) or isinstance(other, float):
        return float(one) == float(other)
    return bool(one == other)


def whole(value: int) -> int:
    """The value itself when 64 bits can hold it."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise Failure("whole number outside 64 bits")


def _divide(one: int, other: int) -> int:
    if other == 0:
        raise Failure("division by zero")
    quotient = abs(one) // abs(other)
    return whole(quotient if (one < 0) == (other < 0) else -quotient)


def _remainder(one: int, other: int) -> int:
    if other == 0:
        raise Failure("remainder of a division by zero")
    _divide(one, other)  # the one case that overflows there is an error here as well
    rest = abs(one) % abs(other)
    return -rest if one < 0 else rest


def _ratio(one: float, other: float) -> float:
    if other != 0.0:
        return one / other
    if one == 0.0 or math.isnan(one):
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1.0, other)


def _bounded(value: int, low: int, high: int, what: str) -> int:
    if low <= value <= high:
        return value
    raise Failure(f"{what} out of range")


_WHOLE: dict[str, Apply] = {
    "+": lambda one, other: whole(one + other),
    "-": lambda one, other: whole(one - other),
    "*": lambda one, other: whole(one * other),
    "/": _divide,
    "%": _remainder,
}
_DOUBLE: dict[str, Apply] = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": _ratio}
