"""How two columns go together, and whether other rows say the same of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined
from consilience.measure.samples.binning import Codes, learn_bins
from consilience.measure.samples.sampling import NumberColumn, Sample

Floats = NDArray[np.float64]

WORST = 10
STEPS = 10
RESAMPLES = 400
FEW = 20
FIELLER = 1.06
"""The variance of Fisher's z of a rank correlation is this over rows - 3 (Fieller, Hartley and Pearson 1957)."""


@dataclass(frozen=True)
class Pair:
    """Two columns: Spearman's correlation of two numbers, else Cramér's V, in the reference and now, and the change."""

    columns: tuple[str, str]
    measure: str
    reference: float
    current: float
    change: Figure

    def as_json(self) -> dict[str, Json]:
        return {
            "columns": list(self.columns),
            "measure": self.measure,
            "reference": self.reference,
            "current": self.current,
            "change": self.change.as_json(),
        }


@dataclass(frozen=True)
class Relations:
    """All pairs of columns: how many there are, the mean size of their changes, and those that changed most."""

    pairs: int
    mean_change: Figure
    worst: tuple[Pair, ...]

    def as_json(self) -> dict[str, Json]:
        return {
            "pairs": self.pairs,
            "mean_change": self.mean_change.as_json(),
            "worst": [pair.as_json() for pair in self.worst],
        }


def relations(reference: Sample, current: Sample, names: list[str], *, seed: int) -> Relations:
    """The relations of all pairs of these columns in both samples, compared.

    Numbers beside categories are in tenths of the reference, missing as a value of its own; Cramér's V has the correction
    for bias of Bergsma (2013). Intervals: of correlations by Fisher's z and Zou (2007), of V by resampling rows.
    """
    sides = [_Side(one, names) for one in (reference, current)]
    binning = learn_bins([reference], names, steps=STEPS)
    codes = [binning.codes(one) for one in (reference, current)]
    found: list[tuple[float, tuple[int, int], bool, float, float]] = []
    for one, other in combinations(range(len(names)), 2):
        numeric = names[one] in sides[0].ranked and names[other] in sides[0].ranked
        values = [
            sides[side].correlation(names[one], names[other]) if numeric else _v(_crossed(codes[side], one, other))
            for side in (0, 1)
        ]
        if not math.isnan(values[0]) and not math.isnan(values[1]):
            found.append((abs(values[1] - values[0]), (one, other), numeric, values[0], values[1]))
    if not found:
        return Relations(0, undefined(Reason.NO_ROWS), ())
    found.sort(key=lambda item: (-item[0], item[1]))
    rows = current.rows
    generator = np.random.Generator(np.random.PCG64(seed))
    worst = []
    for _, (one, other), numeric, then, now in found[:WORST]:
        if numeric:
            counts = [side.both(names[one], names[other]) for side in sides]
            change = correlation_change(then, counts[0], now, counts[1])
        else:
            change = _v_change(then, now, [_crossed(side, one, other) for side in codes], generator, rows)
        measure = "spearman" if numeric else "cramers_v"
        worst.append(Pair((names[one], names[other]), measure, then, now, change))
    mean = bare(sum(item[0] for item in found) / len(found), rows=rows, reason=Reason.BIAS_DEPENDS_ON_SIZE)
    return Relations(len(found), mean, tuple(worst))


def correlation_change(then: float, then_rows: int, now: float, now_rows: int) -> Figure:
    """The difference of two correlations of independent samples, by square-and-add of Fisher's intervals (Zou 2007)."""
    if min(then_rows, now_rows) < FEW:
        return bare(now - then, rows=now_rows, reason=Reason.FEW_ROWS)
    (a_low, a_high), (b_low, b_high) = _fisher(then, then_rows), _fisher(now, now_rows)
    low = now - then - math.hypot(now - b_low, a_high - then)
    high = now - then + math.hypot(b_high - now, then - a_low)
    return figure(now - then, low, high, method=Method.FISHER, rows=now_rows)


class _Side:
    """The numbers of a sample, by rank."""

    def __init__(self, sample: Sample, names: list[str]) -> None:
        columns = {name: sample.column(name) for name in names}
        self.ranked = {name: column.values for name, column in columns.items() if isinstance(column, NumberColumn)}
        self._whole = {name: _ranks(values) for name, values in self.ranked.items() if not np.isnan(values).any()}

    def both(self, one: str, other: str) -> int:
        """Rows that have both numbers."""
        return int((~np.isnan(self.ranked[one]) & ~np.isnan(self.ranked[other])).sum())

    def correlation(self, one: str, other: str) -> float:
        """Spearman's rank correlation; NaN where a column is constant or fewer than two rows have both."""
        if one in self._whole and other in self._whole:
            return _pearson(self._whole[one], self._whole[other])
        kept = ~np.isnan(self.ranked[one]) & ~np.isnan(self.ranked[other])
        return _pearson(_ranks(self.ranked[one][kept]), _ranks(self.ranked[other][kept]))


def _ranks(values: Floats) -> Floats:
    """The middle rank of each value, less the mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(middle[place] - (len(values) + 1) / 2, dtype=np.float64)


def _pearson(one: Floats, other: Floats) -> float:
    squares = float(one @ one) * float(other @ other)
    return float(one @ other) / math.sqrt(squares) if squares > 0 else math.nan


def _crossed(codes: Codes, one: int, other: int) -> Floats:
    cells = np.bincount(codes[:, one].astype(np.int64) * 64 + codes[:, other], minlength=64 * 64)
    return cells.reshape(64, 64).astype(np.float64)


def _v(table: Floats) -> float:
    """Cramér's V, corrected for bias; NaN where a column has one value only."""
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    rows, (height, width) = float(table.sum()), table.shape
    if rows < 2 or min(height, width) < 2:
        return math.nan
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / rows
    square = float(((table - expected) ** 2 / expected).sum()) / rows
    square = max(square - (height - 1) * (width - 1) / (rows - 1), 0.0)
    sizes = [size - (size - 1) ** 2 / (rows - 1) for size in (height, width)]
    return min(math.sqrt(square / (min(sizes) - 1)), 1.0) if min(sizes) > 1 else math.nan


def _v_change(then: float, now: float, tables: list[Floats], generator: np.random.Generator, rows: int) -> Figure:
    """The change of V. Drawing cells again by their shares is drawing rows again; the spread of it makes the interval."""
    drawn = np.empty((RESAMPLES, 2))
    for side, table in enumerate(tables):
        flat = table.ravel()
        shares, count = flat[flat > 0] / flat.sum(), int(flat.sum())
        again = np.zeros(len(flat))
        for number, cells in enumerate(generator.multinomial(count, shares, RESAMPLES)):
            again[flat > 0] = cells
            drawn[number, side] = _v(again.reshape(table.shape))
    changes = drawn[:, 1] - drawn[:, 0]
    changes = changes[~np.isnan(changes)]
    if len(changes) < RESAMPLES / 2:
        return bare(now - then, rows=rows, reason=Reason.FEW_ROWS)
    half = Z * float(changes.std(ddof=1))
    return figure(
        now - then, max(now - then - half, -1.0), min(now - then + half, 1.0), method=Method.BOOTSTRAP, rows=rows
    )


def _fisher(correlation: float, rows: int) -> tuple[float, float]:
    if abs(correlation) >= 1:
        return correlation, correlation
    centre, half = math.atanh(correlation), Z * math.sqrt(FIELLER / (rows - 3))
    return math.tanh(centre - half), math.tanh(centre + half)
