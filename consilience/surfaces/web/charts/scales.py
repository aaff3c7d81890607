"""From a number to a place on the page: a scale with round marks, in percent of the width that there is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Range:
    """What was agreed: from `low` to `high`, both belonging to it; None leaves that side open."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class Scale:
    """A stretch of numbers and its round marks."""

    start: float
    end: float
    marks: tuple[float, ...]
    decimals: int

    def percent(self, value: float) -> float:
        """Where the value stands, 0 to 100; what lies outside is held at the edge."""
        share = (value - self.start) / (self.end - self.start)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def text(self, value: float) -> str:
        return f"{self.percent(value):g}%"


def scale(values: Iterable[float], *, marks: int = 4) -> Scale:
    """A scale that holds all the values, widened to round marks; never of zero width."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if high - low < 1e-9:
        low, high = (low - 0.1, high + 0.1) if abs(low) < 10 else (low * 0.9, low * 1.1)
        low, high = min(low, high), max(low, high)
    step = _round_step((high - low) / marks)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    # Counting whole steps keeps 0.1 + 0.2 from showing up as a mark.
    placed = tuple(round(index * step, 10) for index in range(first, last + 1))
    return Scale(start=placed[0], end=placed[-1], marks=placed, decimals=_decimals(step))


def _round_step(raw: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(raw))
    return next(step for step in STEPS if raw / power <= step + 1e-9) * power


def _decimals(step: float) -> int:
    # 0.25 needs two places although it is above 0.1.
    return next((places for places in range(7) if abs(round(step, places) - step) < step * 1e-6), 6)
