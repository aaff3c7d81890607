"""Cells: what a row of a decision table asks of one input, as a set of values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Cut = tuple[float, int]
"""A place on the number line: just before a value (side 0) or just after it (side 1)."""
Span = tuple[Cut, Cut]
"""Everything between two cuts."""

LOWEST, HIGHEST = (-math.inf, 0), (math.inf, 1)
EVERYTHING: Span = (LOWEST, HIGHEST)


@dataclass(frozen=True, slots=True)
class Anything:
    """`-`: this input does not matter."""

    def holds(self, _value: Any) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Among:
    """One of these values, or with `negated` any other."""

    values: tuple[Any, ...]
    negated: bool = False

    def holds(self, value: Any) -> bool:
        return (value in self.values) is not self.negated


@dataclass(frozen=True, slots=True)
class Spans:
    """Numbers inside one of these spans, which are in order and do not touch."""

    spans: tuple[Span, ...]

    def holds(self, value: Any) -> bool:
        return any(low <= (value, 0) and (value, 1) <= high for low, high in self.spans)


class Asked(StrEnum):
    """What a cell asks of a list."""

    ANY_OF = "any of"
    NONE_OF = "none of"
    ALL_OF = "all of"
    ONLY = "only"
    EMPTY = "empty"
    NOT_EMPTY = "not empty"


@dataclass(frozen=True, slots=True)
class Members:
    """What a list must hold of these members."""

    asked: Asked
    members: tuple[str, ...] = ()

    def holds(self, value: Iterable[str]) -> bool:
        there, named = set(value), set(self.members)
        match self.asked:
            case Asked.ANY_OF:
                return bool(there & named)
            case Asked.NONE_OF:
                return not there & named
            case Asked.ALL_OF:
                return named <= there
            case Asked.ONLY:
                return there <= named
            case Asked.EMPTY:
                return not there
        return bool(there)


Cell = Anything | Among | Spans | Members
ANYTHING = Anything()


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same numbers as spans in order that neither overlap nor touch."""
    made: list[Span] = []
    for low, high in sorted(spans):
        if made and low <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], high))
        else:
            made.append((low, high))
    return tuple(made)


def outside(spans: Iterable[Span], within: Span) -> tuple[Span, ...]:
    """The numbers of `within` that lie in none of these spans."""
    made: list[Span] = []
    at = within[0]
    for low, high in joined(spans):
        if at < low:
            made.append((at, min(low, within[1])))
        at = max(at, high)
    if at < within[1]:
        made.append((at, within[1]))
    return tuple(span for span in made if span[0] < span[1])
