"""How far predictions of a number are off: figures from the residual states of one group, residual = prediction - label."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np

from consilience.measure.metrics import intervals
from consilience.measure.metrics.figure import Figure, Method, Reason, bare, figure, undefined
from consilience.measure.metrics.quantiles import Bin, quantile
from consilience.measure.states.residuals import FINE_BITS, RATIO_BITS, UNIT_BITS, ResidualScale, ResidualTally

FEW_ROWS = 10
MANY_GROUPS = 200
LARGEST_LOG = 100.0
"""An interval of 1 - R2 that reaches from nothing to 10^43 times as much says nothing anyway, and stays a double."""
SHARES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}


@dataclass(frozen=True)
class Off:
    """The tally of a group with the scale it was counted by."""

    tally: ResidualTally
    scale: ResidualScale

    @property
    def unit(self) -> float:
        return 2.0**self.scale.unit

    @property
    def undefined(self) -> Figure | None:
        """The figure of a mean that cannot be told, if it cannot."""
        if self.tally.beyond:
            return undefined(Reason.BEYOND_SCALE, rows=self.tally.counted)
        if self.tally.counted:
            return None
        late = self.tally.rows and self.tally.no_label == self.tally.rows
        return undefined(Reason.LABELS_TO_COME if late else Reason.NO_ROWS)

    def sizes(self) -> list[Bin]:
        """|residual| in bins, in units of the scale."""
        largest = max(self.tally.most_over, self.tally.most_under)
        rows = [over + under for over, under in zip(self.tally.over, self.tally.under, strict=True)]
        return [(float(low), float(high), n) for low, high, n in self._ends(rows, largest)]

    def signed(self) -> list[Bin]:
        """The residuals in bins, from the most negative on, in units of the scale."""
        over = self._ends(self.tally.over, self.tally.most_over)
        under = self._ends(self.tally.under, self.tally.most_under)
        below = [(float(-high), float(-low), n) for low, high, n in reversed(under)]
        return below + [(float(low), float(high), n) for low, high, n in over]

    def _ends(self, rows: Sequence[int], largest: int) -> list[tuple[int, int, int]]:
        edges = self.scale.edges
        ends = zip((0, *edges), (*(edge - 1 for edge in edges), largest), rows, strict=True)
        return [(low, min(high, largest), n) for low, high, n in ends if n]


def mae(off: Off) -> Figure:
    """Mean absolute error: the mean of |prediction - label|, in the units of the label, 0 at best. Exact.

    Interval: Student's t corrected for skewness (Hall 1992), the shape from the histogram of residuals.
    """
    if off.undefined:
        return off.undefined
    return _scaled(_mean_of(off, off.tally.size / off.tally.counted, lambda size: size), off.unit)


def rmse(off: Off) -> Figure:
    """Root mean squared error: the square root of the mean of (prediction - label)^2, from 0. Exact.

    Interval: the square roots of the limits of the mean squared error, as for `mae`.
    """
    if off.undefined:
        return off.undefined
    squared = _mean_of(off, off.tally.ee / off.tally.counted, lambda size: size * size)
    low, high = (None if one is None else math.sqrt(one) for one in (squared.low, squared.high))
    found = Figure(math.sqrt(squared.value or 0.0), low, high, squared.method, squared.rows, squared.reason)
    return _scaled(found, off.unit)


def mean_error(off: Off) -> Figure:
    """Mean error, or bias: the mean of prediction - label; above 0 where predictions are too high. Exact.

    Interval: Student's t.
    """
    if off.undefined:
        return off.undefined
    n = off.tally.counted
    total = off.tally.p - off.tally.y
    value = total / n
    if n < FEW_ROWS:
        return bare(value * off.unit, rows=n, reason=Reason.FEW_ROWS)
    half = intervals.student(n - 1) * _error(off) / off.unit
    return _scaled(figure(value, value - half, value + half, method=Method.STUDENT, rows=n), off.unit)


def r2(off: Off) -> Figure:
    """The share of the labels' variance that the predictions explain: 1 - sum of squared residuals / sum of squared
    distances of the labels from their mean. 1 at best, 0 for the mean as prediction, without a lower end. Exact.

    Interval: the delta method on the logarithm of 1 - R2, with the joint spread of squared residuals and squared distances
    and Student's quantile. Undefined where all labels are one value.
    """
    if off.undefined:
        return off.undefined
    tally, n = off.tally, off.tally.counted
    spread = n * tally.yy - tally.y**2
    if spread == 0:
        return undefined(Reason.CONSTANT, rows=n)
    lost = n * tally.ee / spread
    if n < FEW_ROWS:
        return bare(1 - lost, rows=n, reason=Reason.FEW_ROWS)
    error = _r2_error(off, lost, spread / n**2) * math.sqrt(n / (n - 2))
    apart = math.exp(min(intervals.student(n - 1) * error / lost, LARGEST_LOG)) if lost else 1.0
    return figure(1 - lost, 1 - lost * apart, 1 - lost / apart, method=Method.DELTA, rows=n)


def mape(off: Off) -> Figure:
    """Mean absolute percentage error: the mean of |prediction - label| / |label|, as a share, from 0. Exact to 2^-40.

    Undefined where a label is 0: then there is nothing to take per cent of. Interval: Student's t.
    """
    if off.undefined:
        return off.undefined
    n, tally = off.tally.counted, off.tally
    if tally.zeros:
        return undefined(Reason.ZERO_LABELS, rows=n)
    value = tally.ratio / 2**RATIO_BITS / n
    if n < FEW_ROWS:
        return bare(value, rows=n, reason=Reason.FEW_ROWS)
    variance = max(n * tally.ratio2 - tally.ratio**2, 0) / n**2 / 4.0**RATIO_BITS
    half = intervals.student(n - 1) * math.sqrt(variance / (n - 1))
    return figure(value, max(value - half, 0.0), value + half, method=Method.STUDENT, rows=n)


def median_absolute_error(off: Off) -> Figure:
    """The median of |prediction - label|, from 0. Bracketed by the bin in which it lies."""
    return off.undefined or _scaled(quantile(off.sizes(), 0.5), off.unit)


Metric = Callable[[Off], Figure]
REGRESSION: dict[str, Metric] = {
    "mae": mae,
    "rmse": rmse,
    "r2": r2,
    "mean_error": mean_error,
    "median_absolute_error": median_absolute_error,
    "mape": mape,
}
OF_GROUPS: dict[str, Metric] = {"mean_error": mean_error, "mae": mae, "rmse": rmse}


def residual_quantiles(off: Off) -> dict[str, Figure]:
    """The quantiles of prediction - label. Bracketed by the bins in which they lie."""
    return {name: off.undefined or _scaled(quantile(off.signed(), share), off.unit) for name, share in SHARES.items()}


def gaps(groups: Mapping[tuple[str | None, ...], Off]) -> dict[str, Figure]:
    """The gaps between groups in mean error (the residual gap) and mean absolute error."""
    return {"mean_error": _gap(groups, mean_error, _error), "mae": _gap(groups, mae, _size_error)}


def _gap(groups: Mapping[tuple[str | None, ...], Off], metric: Metric, error: Callable[[Off], float]) -> Figure:
    """The largest value of a group less the smallest; from 0. Exact.

    Interval of the true gap: of each pair the difference with Welch's error, all pairs together at 95 % (Bonferroni); the
    true gap is at least the largest lower limit, and at most the largest upper one.
    """
    found = [(metric(off), off) for off in groups.values()]
    defined = [(one.value, off) for one, off in found if one.value is not None]
    if len(defined) < 2:
        return undefined(Reason.FEWER_THAN_TWO_GROUPS)
    rows = sum(off.tally.counted for _, off in defined)
    values = [value for value, _ in defined]
    gap = max(values) - min(values)
    if len(defined) > MANY_GROUPS:
        return bare(gap, rows=rows, reason=Reason.TOO_MANY_GROUPS)
    if any(off.tally.counted < FEW_ROWS for _, off in defined):
        return bare(gap, rows=rows, reason=Reason.A_GROUP_IS_SMALL)
    unit = defined[0][
        1
    ].unit  # of all groups: limits are rounded in units of the scale, whatever those of the column are
    pairs = list(combinations([(value / unit, error(off) / unit) for value, off in defined], 2))
    z = NormalDist().inv_cdf(1 - 0.025 / len(pairs))
    limits = [(abs(a - b), z * math.hypot(s, t)) for (a, s), (b, t) in pairs]
    low, high = max(max(d - half, 0.0) for d, half in limits), max(d + half for d, half in limits)
    return _scaled(figure(gap / unit, low, high, method=Method.ALL_PAIRS, rows=rows), unit)


def _mean_of(off: Off, mean: float, loss: Callable[[float], float]) -> Figure:
    n = off.tally.counted
    if n < FEW_ROWS:
        return bare(mean, rows=n, reason=Reason.FEW_ROWS)
    bins = off.sizes()
    losses = np.array([loss((low + high) / 2) for low, high, _ in bins])
    low, high = intervals.skewed_t(mean, losses, np.array([float(rows) for _, _, rows in bins]))
    return figure(mean, max(low, 0.0), high, method=Method.SKEWED_T, rows=n)


def _scaled(found: Figure, unit: float) -> Figure:
    """A figure in units of the scale as one in those of the column."""
    value, low, high = (None if one is None else one * unit for one in (found.value, found.low, found.high))
    return Figure(value, low, high, found.method, found.rows, found.reason)


def _error(off: Off) -> float:
    """The standard error of the mean residual."""
    n, total = off.tally.counted, off.tally.p - off.tally.y
    return math.sqrt(max(n * off.tally.ee - total**2, 0) / n**2 / (n - 1)) * off.unit


def _size_error(off: Off) -> float:
    """The standard error of the mean absolute residual."""
    n = off.tally.counted
    return math.sqrt(max(n * off.tally.ee - off.tally.size**2, 0) / n**2 / (n - 1)) * off.unit


def _r2_error(off: Off, lost: float, variance: float) -> float:
    """The standard error of R^2: its influence is (lost * (y - mean)^2 - e^2) / variance; sums of products give its square."""
    tally, n = off.tally, off.tally.counted
    per_ee = 4.0**off.scale.error_bits / 2**FINE_BITS  # squared units in one coarse e^2
    per_yy, per_y = 4.0**UNIT_BITS / 2**FINE_BITS, 2.0**UNIT_BITS / 2**FINE_BITS
    mean = tally.y / n
    ee4, eey2, eey = tally.ee4 / n * per_ee**2, tally.eey2 / n * per_ee * per_yy, tally.eey / n * per_ee * per_y
    y4, y3, y2 = tally.y4 / n * per_yy**2, tally.y3 / n * per_yy * per_y, tally.yy / n
    far4 = y4 - 4 * mean * y3 + 6 * mean**2 * y2 - 3 * mean**4  # the mean of (y - mean)^4
    both = eey2 - 2 * mean * eey + mean**2 * (tally.ee / n)  # the mean of e^2 (y - mean)^2
    return math.sqrt(max(ee4 - 2 * lost * both + lost**2 * far4, 0.0) / n) / variance
