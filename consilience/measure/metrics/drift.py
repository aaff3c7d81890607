"""What changed between a reference and the rows of now, column by column."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.metrics import distance, divergence, intervals
from consilience.measure.metrics.figure import Figure, Method, Reason, bare, figure, undefined
from consilience.measure.states.categories import CategoryState
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import Profile
from consilience.measure.states.travelling import REST

Ints = NDArray[np.int64]


def drift(reference: Profile, current: Profile) -> dict[str, dict[str, Figure]]:
    """Every figure of every column that both profiles counted, in the order of the plan.

    Raises BadInput when the two were counted by different plans: then their bins are not the same.
    """
    if reference.plan != current.plan:
        raise BadInput("profiles", "cannot be compared: they were counted by different plans; count both by one")
    found: dict[str, dict[str, Figure]] = {}
    for column in reference.plan.columns:
        then, now = reference.columns.get(column.name), current.columns.get(column.name)
        if isinstance(then, NumberState) and isinstance(now, NumberState) and column.scale is not None:
            found[column.name] = of_numbers(then, now, column.scale)
        elif isinstance(then, CategoryState) and isinstance(now, CategoryState):
            found[column.name] = of_categories(then, now)
    return found


def of_numbers(reference: NumberState, current: NumberState, scale: Scale) -> dict[str, Figure]:
    """The drift of a column of numbers. Missing, NaN and infinite values take no part but in their own shares."""
    then, now = tenths(reference, scale), tenths(current, scale)
    moved = distance.wasserstein(reference, current, scale)
    return {
        "psi": divergence.psi(then, now),
        "psi_by_value": divergence.psi(*by_value(reference, current, scale)[1:]),
        "jensen_shannon": divergence.jensen_shannon(then, now),
        "hellinger": divergence.hellinger(then, now),
        "ks": distance.kolmogorov_smirnov(reference, current, scale),
        "wasserstein": moved,
        "wasserstein_scaled": scaled_wasserstein(moved, reference, scale),
        "mean_shift": mean_shift(reference, current, scale),
        "missing_shift": missing_shift(reference, current),
        "outside_range": outside_range(reference, current, scale),
    }


def of_categories(reference: CategoryState, current: CategoryState) -> dict[str, Figure]:
    """The drift of a column of categories. A missing value is no category; it has a share of its own."""
    then, now = same_values(reference, current)
    return {
        "psi": divergence.psi(then, now),
        "jensen_shannon": divergence.jensen_shannon(then, now),
        "hellinger": divergence.hellinger(then, now),
        "total_variation": divergence.total_variation(then, now),
        "cramers_v": divergence.cramers_v(then, now),
        "largest_share_shift": largest_share_shift(then, now),
        "missing_shift": missing_shift(reference, current),
        "unseen": unseen(reference, current),
    }


def tenths(state: NumberState, scale: Scale) -> Ints:
    """Rows between the tenths of the reference; what lies outside its range is in the first or the last."""
    below = np.concatenate([[0], np.cumsum(np.array(state.bins, dtype=np.int64))])
    places = [scale.edges.index(one) + 1 for one in scale.deciles]
    return np.diff(below[[0, *places, len(below) - 1]])


COMMON = 0.02
"""A value that so large a share of the reference has stands for itself in `by_value`."""


def by_value(reference: NumberState, current: NumberState, scale: Scale) -> tuple[list[float], Ints, Ints]:
    """Rows then and now in the tenths of the reference, with each common value of it in a bin of its own.

    Codes, zeros and rounded amounts hide in tenths: where one value fills several of them, a change of its share is not
    seen. Gives the cuts between the bins (a common value has itself and the next double) and the counts of each.
    """
    bins = np.array(reference.bins, dtype=np.int64)
    common = np.flatnonzero(scale.atoms & (bins >= COMMON * max(reference.present, 1))).tolist()
    around = {scale.edges[n + side] for n in common for side in (-1, 0)}
    below = np.concatenate([[0], np.cumsum(bins)])
    cuts: list[float] = []
    for cut in sorted({*scale.deciles, *around}):
        place = scale.edges.index(cut) + 1
        start = scale.edges.index(cuts[-1]) + 1 if cuts else 0
        if cut in around or below[place] > below[start]:  # a tenth that ends between two values divides nothing
            cuts.append(cut)
    places = [0, *(scale.edges.index(cut) + 1 for cut in cuts), len(bins)]
    now = np.concatenate([[0], np.cumsum(np.array(current.bins, dtype=np.int64))])
    return cuts, np.diff(below[places]), np.diff(now[places])


def same_values(reference: CategoryState, current: CategoryState) -> tuple[Ints, Ints]:
    """Rows by value of either, in the same order, the values that are not listed in both together at the end.

    Where a column has more values than are listed, those with the smallest hashes are: the same ones on both sides.
    """
    if reference.complete and current.complete:
        listed = sorted({*reference.counts, *current.counts})
        return tuple(np.array([one.counts.get(value, 0) for value in listed]) for one in (reference, current))  # type: ignore[return-value]
    from consilience.measure.states.categories import SPACE, hash_of

    by_hash = [{hash_of(key): rows for key, rows in one.counts.items()} for one in (reference, current)]
    limit = min(
        max(one) if not state.complete else SPACE for one, state in zip(by_hash, (reference, current), strict=True)
    )
    kept = sorted(hashed for hashed in {*by_hash[0], *by_hash[1]} if hashed <= limit)
    made = []
    for one, state in zip(by_hash, (reference, current), strict=True):
        rows = [one.get(hashed, 0) for hashed in kept]
        made.append(np.array([*rows, state.present - sum(rows)]))
    return made[0], made[1]


def scaled_wasserstein(found: Figure, reference: NumberState, scale: Scale) -> Figure:
    """The Wasserstein distance in standard deviations of the reference, so that columns can be compared. From 0."""
    spread = distance.moments(reference, scale)
    if found.value is None or spread is None:
        return undefined(found.reason or Reason.BEYOND_SCALE, rows=found.rows)
    if spread[1] == 0:
        return undefined(Reason.CONSTANT, rows=found.rows)
    low, high = (None if one is None else one / spread[1] for one in (found.low, found.high))
    return Figure(found.value / spread[1], low, high, found.method, found.rows, found.reason)


def mean_shift(reference: NumberState, current: NumberState, scale: Scale) -> Figure:
    """The mean now less the mean of the reference, in the units of the column. Exact to the unit of its sums.

    Interval by Welch's standard error and the normal quantile.
    """
    if not reference.present or not current.present:
        return undefined(Reason.NO_ROWS)
    then, now = distance.moments(reference, scale), distance.moments(current, scale)
    if then is None or now is None:
        return undefined(Reason.BEYOND_SCALE, rows=current.present)
    shift = now[0] - then[0]
    if reference.present < 2 or current.present < 2:
        return bare(shift, rows=current.present, reason=Reason.FEW_ROWS)
    half = 1.96 * distance.standard_error(then[1], reference.present, now[1], current.present)
    return figure(shift, shift - half, shift + half, method=Method.WELCH, rows=current.present)


def missing_shift(reference: NumberState | CategoryState, current: NumberState | CategoryState) -> Figure:
    """The share of rows without a value now, less that of the reference; from -1 to 1. Newcombe's interval. Exact."""
    if not reference.rows or not current.rows:
        return undefined(Reason.NO_ROWS)
    return share_shift(reference.missing, reference.rows, current.missing, current.rows)


def outside_range(reference: NumberState, current: NumberState, scale: Scale) -> Figure:
    """The share of values now that lie outside the range of the reference; from 0 to 1. Wilson's interval.

    Exact where all values are kept; else by the range of the rows that the edges were learned from. Undefined where the
    outermost bins of the reference were joined with their neighbours before it left: then nobody knows its range.
    """
    if not current.present or reference.minimum is None or reference.maximum is None:
        return undefined(Reason.NO_ROWS)
    if reference.joined:
        return undefined(Reason.SMALL_GROUP_WITHHELD, rows=current.present)
    if current.values is not None:
        low, high = reference.minimum, reference.maximum
        kept = current.values
        outside = int(kept.rows[(kept.at < low) | (kept.at > high)].sum())
    else:
        outside = current.bins[0] + current.bins[-1] if scale.edges else 0
    low_share, high_share = intervals.wilson(outside, current.present)
    return figure(outside / current.present, low_share, high_share, method=Method.WILSON, rows=current.present)


def unseen(reference: CategoryState, current: CategoryState) -> Figure:
    """The share of values now that the reference never had; from 0 to 1. Wilson's interval. Exact.

    Undefined where the reference has more values than are listed, or was kept without its rare ones: then nobody can tell.
    """
    if not current.present:
        return undefined(Reason.NO_ROWS)
    if REST in reference.counts:
        return undefined(Reason.SMALL_GROUP_WITHHELD, rows=current.present)
    if not (reference.complete and current.complete):
        return undefined(Reason.TOO_MANY_VALUES, rows=current.present)
    new = sum(rows for value, rows in current.counts.items() if value not in reference.counts)
    low, high = intervals.wilson(new, current.present)
    return figure(new / current.present, low, high, method=Method.WILSON, rows=current.present)


def largest_share_shift(reference: Ints, current: Ints) -> Figure:
    """The largest change in the share of any one category, with its sign; from -1 to 1. Newcombe's interval of that one."""
    n, m = int(reference.sum()), int(current.sum())
    if not n or not m:
        return undefined(Reason.NO_ROWS)
    place = int(np.abs(current / m - reference / n).argmax())
    return share_shift(int(reference[place]), n, int(current[place]), m)


def share_shift(then: int, of_then: int, now: int, of_now: int) -> Figure:
    """The difference of two shares with Newcombe's interval (Newcombe 1998, method 10)."""
    low_then, high_then = intervals.wilson(then, of_then)
    low_now, high_now = intervals.wilson(now, of_now)
    p, q = then / of_then, now / of_now
    low = q - p - math.hypot(q - low_now, high_then - p)
    high = q - p + math.hypot(high_now - q, p - low_then)
    return figure(q - p, max(low, -1.0), min(high, 1.0), method=Method.SQUARE_AND_ADD, rows=of_now)


def as_json(found: Mapping[str, Mapping[str, Figure]]) -> dict[str, dict[str, object]]:
    """The `drift.features` of a report."""
    return {column: {name: one.as_json() for name, one in figures.items()} for column, figures in found.items()}
