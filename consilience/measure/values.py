"""How a value is written as text: one form per value, whatever file or frame it came from.

Groups, classes and filters are compared as text, so that 1, 1.0 and a CSV field "1.0" are the same group.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from consilience.kit import canonical
from consilience.kit.errors import BadInput

MISSING = "(missing)"
_MISSING_LIKE = re.compile(r"\(+missing\)+")
_WORD_X = re.compile(r"(?<![^ ])x(?![^ ])")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def text_of(value: object) -> str | None:
    """The one text form of a value; None for a missing one (null, NaN).

    Text is itself; true and false; integers in decimal digits; other numbers in ECMAScript's shortest form (1.0 is
    "1"); dates and times in ISO 8601, those with a zone in UTC with a Z. Raises BadInput for any other type.
    """
    item = getattr(value, "item", None)
    if callable(item):  # a numpy scalar
        value = item()
    if value is None:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _text_of_float(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _text_of_float(value.total_seconds())
    raise BadInput("value", f"a {type(value).__name__} is not a value that groups or classes can have")


def text_of_field(field: str) -> str | None:
    """The text form of a CSV field, which has no type: numbers and booleans as `text_of` writes them, empty is missing.

    A field with leading zeros ("02139") is a code, not a number, and stays as it is.
    """
    if field == "":
        return None
    if field in ("True", "TRUE", "true"):
        return "true"
    if field in ("False", "FALSE", "false"):
        return "false"
    if _INTEGER.fullmatch(field):
        return "0" if field == "-0" else field
    if _DECIMAL.fullmatch(field) and math.isfinite(float(field)):
        return canonical.number(float(field))
    return field


def spellings(value: object) -> frozenset[str]:
    """Every text form that a person may mean by `value` in a filter or as a class: as typed, as a field, as a midnight."""
    text = text_of(value)
    if text is None:
        raise BadInput("value", "a missing value cannot be chosen")
    return frozenset({text, text_of_field(text) or text, f"{text}T00:00:00"})


def group_order(values: tuple[str | None, ...]) -> tuple[tuple[bool, str], ...]:
    """What groups are sorted by: missing before every value, text by code point."""
    return tuple((value is not None, value or "") for value in values)


def group_key(values: tuple[str | None, ...]) -> str:
    """The key of a group in a report: the value, or the values of an intersection joined by " x ".

    A missing value is "(missing)"; a real value spelled like that gets one more pair of parentheses. Inside an
    intersection a lone "x" of a value is written "\\x" and a backslash "\\\\", so no two groups share a key.
    """
    names = [MISSING if value is None else _beside_missing(value) for value in values]
    return (
        names[0] if len(names) == 1 else " x ".join(_WORD_X.sub(r"\\x", name.replace("\\", "\\\\")) for name in names)
    )


def _beside_missing(value: str) -> str:
    return f"({value})" if _MISSING_LIKE.fullmatch(value) else value


def _text_of_float(value: float) -> str | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return canonical.number(value)
