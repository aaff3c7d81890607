"""A figure with everything that its sentence is made of: what was measured, of whom, how sure, over how many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Shape(StrEnum):
    """What kind of sentence a figure takes."""

    LEVEL = "level"
    """How it stands, of everybody or of one group."""
    GAP = "gap"
    """How far two groups lie apart."""
    CHANGE = "change"
    """How a version differs from an earlier one."""


@dataclass(frozen=True)
class Reading:
    """The recorded numbers: value, ends of its interval, rows behind it, or why there is no value or no interval."""

    value: float | None
    low: float | None = None
    high: float | None = None
    rows: int | None = None
    reason: str = ""

    @property
    def sure(self) -> bool:
        return self.low is not None and self.high is not None


@dataclass(frozen=True)
class Group:
    """A group by its attribute, its key, and how many rows it has."""

    attribute: str
    key: str
    rows: int | None = None


@dataclass(frozen=True)
class Limit:
    """What a rule asks of a figure: which end of it (`value`, `low`, `high`), how it is compared, with what."""

    end: str
    sign: str
    value: float


@dataclass(frozen=True)
class PlainFigure:
    """One figure of a record."""

    measure: str
    reading: Reading
    shape: Shape = Shape.LEVEL
    group: Group | None = None
    higher: Group | None = None
    lower: Group | None = None
    thing: str = ""
    """The column, segment, rule or period that it is about."""
    unit: str = ""
    """The unit that its kind gives it, such as `share` or `milliseconds`."""


def read(given: Any) -> Reading:
    """A recorded figure (numbers or decimal strings), or a bare number. What is no finite number is no value."""
    if isinstance(given, Mapping):
        rows = given.get("rows")
        whole = rows if isinstance(rows, int) and not isinstance(rows, bool) else None
        value, low, high = (_number(given.get(name)) for name in ("value", "low", "high"))
        return Reading(value, low, high, whole, str(given.get("reason") or ""))
    return Reading(_number(given))


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        return None
    try:
        made = float(given)
    except (ValueError, OverflowError):
        return None
    return made if math.isfinite(made) else None
