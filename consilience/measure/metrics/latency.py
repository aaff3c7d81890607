"""How long predictions took: quantiles of a profiled column of durations."""

from __future__ import annotations

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure.metrics.figure import Figure
from consilience.measure.metrics.quantiles import bins_of, quantile
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import Profile

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def latency(profile: Profile, column: str) -> dict[str, Figure]:
    """The p50, p90, p95 and p99 of a column of numbers, in its units; missing, NaN and infinite values take no part.

    Exact while all values are kept (up to `exact_rows` of the plan), else bracketed by the bins of the reference: the method
    ends in "+bracket". Raises BadInput where the profile has no such column of numbers.
    """
    state, scale = profile.number(column), profile.plan.column(column).scale
    if state is None or scale is None:
        raise BadInput(f"column {column!r}", "is no column of numbers in this profile")
    return of_numbers(state, scale)


def of_numbers(state: NumberState, scale: Scale) -> dict[str, Figure]:
    """The quantiles of a state: the type 7 of Hyndman and Fan, with intervals of order statistics."""
    bins = bins_of(state, scale)
    return {name: quantile(bins, share) for name, share in QUANTILES.items()}


def as_json(found: dict[str, Figure]) -> dict[str, Json]:
    """The `latency` of a report."""
    return {name: one.as_json() for name, one in found.items()}
