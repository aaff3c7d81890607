"""One figure against another: how much a model, a group or a window differs from another one, with the sign."""

from __future__ import annotations

import math

from consilience.measure.metrics.figure import Figure, Method, Reason, bare, figure, undefined

LOSSES = frozenset({"brier", "log_loss", "ece", "mae", "rmse", "median_absolute_error", "mape"})
"""Figures of which less is better."""


def difference(before: Figure, now: Figure) -> Figure:
    """The figure now less the one before, of different rows; the value is exact where both are.

    Interval by square-and-add from the two intervals (Newcombe 1998, method 10; for other figures than shares Zou and
    Donner 2008). None where one of the two has none.
    """
    if before.value is None or now.value is None:
        return undefined(now.reason or before.reason or Reason.ONE_SIDE_UNDEFINED, rows=now.rows)
    value = now.value - before.value
    if before.low is None or before.high is None or now.low is None or now.high is None:
        return bare(value, rows=now.rows, reason=Reason.ONE_SIDE_UNDEFINED)
    low = value - math.hypot(now.value - now.low, before.high - before.value)
    high = value + math.hypot(now.high - now.value, before.value - before.low)
    return figure(value, low, high, method=Method.SQUARE_AND_ADD, rows=now.rows)


def worse(name: str, found: Figure, within: float = 0.0) -> bool | None:
    """Whether a change is for the worse by more than `within`, by its whole interval; None where that cannot be told."""
    if found.low is None or found.high is None:
        return None
    return found.low > within if name in LOSSES else found.high < -within
