"""Impact ratios as New York City's Local Law 144 of 2021 asks for them (6 RCNY 5-300 to 5-304)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.measure.classes import NEGATIVE, POSITIVE
from consilience.measure.metrics import intervals, resampling
from consilience.measure.metrics.counts import Counts, Numbering
from consilience.measure.metrics.disparities import ratios_to
from consilience.measure.metrics.fairness import MANY_GROUPS
from consilience.measure.metrics.figure import Figure, Method, Reason, bare, figure, undefined
from consilience.measure.metrics.resampling import Share
from consilience.measure.states import scores
from consilience.measure.states.cube import States

SMALLEST_SHARE = 0.02


@dataclass(frozen=True)
class Rated:
    """A category, by its key in the report: rows above the line (selected, or above the median score), of how many."""

    key: str
    above: int
    rows: int
    unsure: int = 0


@dataclass(frozen=True)
class Median:
    """The median score of all rows with a score, and for each cell: rows above it, rows with a score, rows in its own bin."""

    score: float
    above: NDArray[np.int64]
    rows: NDArray[np.int64]
    unsure: NDArray[np.int64]


def impact(rated: Sequence[Rated], *, seed: int, smallest_share: float = SMALLEST_SHARE) -> dict[str, Json]:
    """The rate of each category, and its impact ratio: its rate over the rate of the category where that is highest.

    The rate is the selection rate, or the scoring rate: the share of a category that scores above the median score of all rows.
    A category with less than 2 % of the rows may be left out (5-301 d): those are listed, none of them is the one that
    the others are compared with, and their ratios are shown all the same. *Exact* where no bin mixes scores about the median;
    otherwise such rows are counted where the middle of the bin is, and the interval of the rate is wider by them. Rates have
    Wilson's interval, ratios `cube_bootstrap` (see `disparities`), right for all categories at once.
    """
    total = sum(one.rows for one in rated)
    small = [one.key for one in rated if one.rows < smallest_share * total]
    compared = [one for one in rated if one.key not in small and one.rows]
    if not compared:
        return {"reference": None, "may_be_left_out": list(small), "groups": {}}
    reference = max(compared, key=lambda one: one.above / one.rows)
    found = _ratios([one for one in rated if one.rows], reference, seed)
    return {
        "reference": reference.key,
        "may_be_left_out": list(small),
        "groups": {
            one.key: {
                "rows": one.rows,
                "rate": _rate(one).as_json(),
                "impact_ratio": found.get(one.key, undefined(Reason.NO_ROWS)).as_json(),
            }
            for one in rated
        },
    }


def selected(groups: Mapping[str, Counts]) -> list[Rated]:
    """Rows predicted positive, of those with a prediction."""
    return [
        Rated(key, of.predicted(POSITIVE), of.predicted(POSITIVE) + of.predicted(NEGATIVE))
        for key, of in groups.items()
    ]


def scored_high(numbering: Numbering, median: Median, keys: Mapping[int, str]) -> list[Rated]:
    """Rows that score above the median, of those with a score, for the numbered groups that have a key."""
    sides = [
        np.bincount(numbering.of_cell, of, len(numbering.groups)) for of in (median.above, median.rows, median.unsure)
    ]
    return [Rated(key, *(int(side[number]) for side in sides)) for number, key in keys.items()]


def median_score(states: States) -> Median | None:
    """The median score of all rows that have a score, with or without a label; the mean of the middle two of an even number."""
    own = states.scores
    if not len(own):
        return None
    score = scores.representatives(own)
    order = np.argsort(score, kind="stable")
    reached = np.cumsum(own.rows[order])
    total = int(reached[-1])
    middle = np.searchsorted(reached, [(total + 1) // 2, total // 2 + 1], side="left")
    median = float(score[order][middle].mean())
    low, high = scores.bounds(own)
    cells = len(states.cells)

    def by_cell(kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(own.cell[kept], own.rows[kept], cells).astype(np.int64)

    cut = (low <= median) & (median <= high) & (low < high)
    return Median(median, by_cell(score > median), by_cell(score >= 0), by_cell(cut))


def _rate(one: Rated) -> Figure:
    if not one.rows:
        return undefined(Reason.NO_ROWS)
    low, high = intervals.wilson(one.above, one.rows)
    method = str(Method.WILSON)
    if one.unsure:
        bracket, method = one.unsure / one.rows, f"{method}+bracket"
        low, high = max(low - bracket, 0.0), min(high + bracket, 1.0)
    return figure(one.above / one.rows, low, high, method=method, rows=one.rows)


def _ratios(rated: Sequence[Rated], reference: Rated, seed: int) -> dict[str, Figure]:
    highest = reference.above / reference.rows
    if highest == 0:
        return {one.key: undefined(Reason.ALL_VALUES_ZERO, rows=one.rows) for one in rated}
    values = {one.key: one.above / one.rows / highest for one in rated}
    if len(rated) < 2 or len(rated) > MANY_GROUPS:
        reason = Reason.FEWER_THAN_TWO_GROUPS if len(rated) < 2 else Reason.TOO_MANY_GROUPS
        return {one.key: bare(values[one.key], rows=one.rows, reason=reason) for one in rated}
    low, high = ratios_to(rated.index(reference), _drawn(rated, seed))
    made = {
        one.key: figure(values[one.key], float(a), float(b), method=Method.RESAMPLED, rows=one.rows)
        if np.isfinite(b)
        else bare(values[one.key], rows=one.rows, reason=Reason.A_GROUP_IS_SMALL)
        for one, a, b in zip(rated, low, high, strict=True)
    }
    made[reference.key] = bare(1.0, rows=reference.rows, reason=Reason.IS_THE_REFERENCE)
    return made


def _drawn(rated: Sequence[Rated], seed: int) -> Share:
    part = np.array([float(one.above) for one in rated])
    rest = np.array([float(one.rows - one.above) for one in rated])
    generator = np.random.Generator(np.random.PCG64(seed))
    mean = np.maximum(np.stack([part, rest]), resampling.NOTHING)
    above, below = np.moveaxis(generator.poisson(mean, (resampling.DRAWS, *mean.shape)).astype(np.float64), 1, 0)
    return Share(part, part + rest, above, above + below)
