"""What other thresholds would have given: confusion and rates over a grid, mean cost, and the threshold of least cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure.classes import NEGATIVE, POSITIVE, UNKNOWN
from consilience.measure.metrics import intervals
from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import Figure, Method, Reason, bare, figure, undefined
from consilience.measure.metrics.performance import needs_classes
from consilience.measure.states import scores
from consilience.measure.states.cube import States

GRID = tuple(number / 100 for number in range(101))
FEW_ROWS = 20
PICKED_ON_THE_SAME_ROWS = "picked_on_the_same_rows"
KINDS = ("tp", "fp", "tn", "fn")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Costs:
    """What a row costs by how it was decided, in one unit; what is right costs nothing unless said."""

    fp: float
    fn: float
    tp: float = 0.0
    tn: float = 0.0

    @staticmethod
    def given(costs: Mapping[str, float]) -> Costs:
        """Costs from what a person wrote. Raises BadInput for other keys, a missing fp or fn, and numbers below 0."""
        if not {"fp", "fn"} <= set(costs) <= set(KINDS):
            raise BadInput("costs", f"fp and fn are expected, and perhaps tp and tn; these were given: {sorted(costs)}")
        for kind, cost in costs.items():
            if not (math.isfinite(cost) and cost >= 0):
                raise BadInput("costs", f"{kind} is {cost!r}, not a number from 0 on")
        return Costs(**{kind: float(cost) for kind, cost in costs.items()})


class ScoredRows:
    """The rows with label and score in the order of their scores, ready to be cut at any threshold."""

    def __init__(self, states: States) -> None:
        label = np.array([key.label for key, _ in states.cells], dtype=np.int64)[states.scores.cell]
        known = label != UNKNOWN
        low, high = (side[known] for side in scores.bounds(states.scores))
        rows, label = states.scores.rows[known], label[known]
        self._low, self._high = low, high
        self._sides = {
            (side, of): _Above(values[label == of], rows[label == of])
            for side, values in (("low", low), ("high", high), ("middle", (low + high) / 2))
            for of in (NEGATIVE, POSITIVE)
        }
        self.positives = int(rows[label == POSITIVE].sum())
        self.negatives = int(rows[label == NEGATIVE].sum())

    def at_least(self, thresholds: Floats, of: int) -> Ints:
        """Rows of the class that score at least so much; an entry that mixes scores is where its middle is."""
        return self._sides["middle", of].count(thresholds)

    def unsure(self, thresholds: Floats) -> Ints:
        """Rows in bins that a threshold cuts through: each may be on the other side."""
        both = [self._sides["high", of].count(thresholds) - self._sides["low", of].count(thresholds) for of in (0, 1)]
        return both[0] + both[1]

    def sure_cuts(self) -> Floats:
        """The thresholds that tell one score from the next and cut through no bin, rising."""
        cuts = np.unique(self._low)
        sure: Floats = cuts[self.unsure(cuts) == 0]
        return sure


class _Above:
    def __init__(self, values: Floats, rows: Ints) -> None:
        order = np.argsort(values, kind="stable")
        self._values = values[order]
        self._from_here = np.concatenate((np.cumsum(rows[order][::-1])[::-1], [0]))

    def count(self, thresholds: Floats) -> Ints:
        return self._from_here[np.searchsorted(self._values, thresholds, side="left")]


def table(states: States, counts: Counts) -> list[Json]:
    """Confusion, precision, recall, FPR and selection rate if rows were predicted positive from each threshold on.

    Over 0, 0.01, ..., 1 and the plan's own threshold, which is marked `own`; over the rows with label and score. A rate is
    null where there is nothing to divide by. *Exact* where `unsure` is 0; otherwise so many rows lie in bins that the
    threshold cuts through, and each is counted where the middle of its bin is. The plan's own row is always exact.
    """
    rows = ScoredRows(states)
    if rows.positives + rows.negatives == 0:
        return []
    own = states.plan.threshold
    chosen = sorted({*GRID, *(() if own is None else (own,))})
    at = np.array(chosen)
    tp, fp, unsure = rows.at_least(at, POSITIVE), rows.at_least(at, NEGATIVE), rows.unsure(at)
    made: list[Json] = []
    for number, threshold in enumerate(chosen):
        is_own = threshold == own
        hits = (counts.tp, counts.fp, 0) if is_own else (int(tp[number]), int(fp[number]), int(unsure[number]))
        made.append(_row(threshold, is_own, *hits, rows.positives, rows.negatives))
    return made


def cost(counts: Counts, costs: Costs) -> Figure:
    """The mean cost of a row, in the unit of the costs given for a false positive and a false negative.

    (fp FP + fn FN + tp TP + tn TN) / rows with label and prediction. *Exact.* Student's t corrected for skewness
    (Hall 1992); none with fewer than 20 rows, or where every row costs the same, so that the dear ones may not have shown up.
    """
    missing = needs_classes(counts)
    if missing:
        return undefined(missing)
    rows = np.array([getattr(counts, kind) for kind in KINDS], dtype=np.float64)
    price = np.array([getattr(costs, kind) for kind in KINDS])
    value = float(rows @ price) / counts.both
    if counts.both < FEW_ROWS or len(set(price[rows > 0])) < 2:
        return bare(value, rows=counts.both, reason=Reason.FEW_OF_A_CLASS)
    low, high = intervals.skewed_t(value, price, rows)
    return figure(
        value, max(low, float(price.min())), min(high, float(price.max())), method=Method.SKEWED_T, rows=counts.both
    )


def least_cost(states: States, costs: Costs) -> dict[str, Json] | None:
    """The threshold at which these rows would have cost least, and that cost; None without label and score.

    Every score that tells rows apart is tried; `threshold` null means to predict none positive. Of equal costs the
    highest threshold is taken. The cost has no interval, and `warning` says why: a threshold picked on the same rows is
    flattered by them, the more so the fewer they are. Measure it on others.
    """
    rows = ScoredRows(states)
    total = rows.positives + rows.negatives
    if not total:
        return None
    cuts = np.concatenate((rows.sure_cuts(), [np.inf]))
    tp, fp = rows.at_least(cuts, POSITIVE), rows.at_least(cuts, NEGATIVE)
    spent = costs.tp * tp + costs.fp * fp + costs.fn * (rows.positives - tp) + costs.tn * (rows.negatives - fp)
    best = len(cuts) - 1 - int(np.argmin(spent[::-1]))
    return {
        "threshold": float(cuts[best]) if best < len(cuts) - 1 else None,
        "cost": float(spent[best]) / total,
        "rows": total,
        "warning": PICKED_ON_THE_SAME_ROWS,
    }


def _row(threshold: float, own: bool, tp: int, fp: int, unsure: int, positives: int, negatives: int) -> Json:
    return {
        "threshold": threshold,
        "own": own,
        "tp": tp,
        "fp": fp,
        "tn": negatives - fp,
        "fn": positives - tp,
        "precision": _share(tp, tp + fp),
        "recall": _share(tp, positives),
        "fpr": _share(fp, negatives),
        "selection_rate": _share(tp + fp, positives + negatives),
        "unsure": unsure,
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
