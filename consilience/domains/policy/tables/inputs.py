"""Inputs of a decision table: which values each may have. A value outside is no value that the table answers for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.policy.language.expression import Expression
from consilience.domains.policy.tables.cells import EVERYTHING, Cut, Span


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these values; with `others` any text besides them, which cells reach by `-` and `not(...)` only."""

    values: tuple[Any, ...]
    others: bool = False

    def contains(self, value: Any) -> bool:
        return self.others or value in self.values


@dataclass(frozen=True, slots=True)
class Line:
    """Numbers of a span. `kind` is `int`, `double` or `duration` (in microseconds)."""

    kind: str
    span: Span = EVERYTHING

    def contains(self, value: Any) -> bool:
        low, high = self.span
        return not math.isnan(value) and low <= (value, 0) and (value, 1) <= high

    def first(self, cut: Cut) -> float:
        """The lowest value after a cut."""
        value, side = cut
        return value if side == 0 else self._next(value, math.inf)

    def last(self, cut: Cut) -> float:
        """The highest value before a cut."""
        value, side = cut
        return value if side == 1 else self._next(value, -math.inf)

    def holds_any(self, span: Span) -> bool:
        """Whether any number of this kind lies between two cuts."""
        return self.first(span[0]) <= self.last(span[1])

    def sample(self, span: Span) -> float:
        """A number of the span that reads well."""
        (low, after), (high, before) = span
        if low == -math.inf and high == math.inf:
            return 0
        if after == 0 and low != -math.inf:
            return low
        if before == 1 and high != math.inf:
            return high
        first, last = self.first(span[0]), self.last(span[1])
        if self.kind != "double":
            return last if low == -math.inf else first
        middle = low + 1 if high == math.inf else high - 1 if low == -math.inf else low + (high - low) / 2
        short = (round(middle, digits) for digits in range(18))
        return next((value for value in short if first <= value <= last), first)

    def _next(self, value: float, towards: float) -> float:
        if math.isinf(value):
            return value
        if self.kind == "double":
            return math.nextafter(value, towards)
        return value + (1 if towards > 0 else -1)


@dataclass(frozen=True, slots=True)
class Universe:
    """Lists of these members; with `others` a list may hold any text besides."""

    members: tuple[str, ...]
    others: bool = False

    def contains(self, value: Any) -> bool:
        return self.others or set(value) <= set(self.members)


Domain = Choice | Line | Universe


@dataclass(frozen=True, slots=True)
class Input:
    """A column on the left: an expression over the facts, and the values that it may have."""

    name: str
    title: Mapping[str, str]
    value: Expression
    domain: Domain
    unit: str = ""
    words: Mapping[str, Mapping[str, str]] | None = None
    """Titles of values by language, for pages: `{"de": {"credit-scoring": "Kreditwürdigkeit"}}`."""
