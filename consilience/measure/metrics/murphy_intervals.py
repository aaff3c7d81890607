"""Intervals of the parts of the Brier score: shares and means by themselves, squared distances by inversion."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics import intervals
from consilience.measure.metrics.calibration import FEW_OF_A_CLASS, FEW_ROWS
from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import LEVEL, Figure, Method, Reason, bare, figure
from consilience.measure.metrics.intervals import Interval
from consilience.measure.metrics.inversion import lower_tail
from consilience.measure.metrics.reliability import bins_of, murphy
from consilience.measure.states.cube import EDGES

Floats = NDArray[np.float64]

DRAWS = 1000
STEPS = 20
SEED = 20261123
TINY = 1e-9


def murphy_with_intervals(counts: Counts) -> dict[str, Figure]:
    """The parts of the Brier score (see `reliability.murphy`), each with its interval."""
    parts = murphy(counts)
    if any(one.value is None for one in parts.values()):
        return parts
    positives = counts.ranks.positives
    if min(positives, counts.ranks.negatives) < FEW_OF_A_CLASS or counts.measured < FEW_ROWS:
        return {
            name: bare(float(one.value or 0.0), rows=one.rows, reason=Reason.FEW_OF_A_CLASS)
            for name, one in parts.items()
        }
    variance, covariance = _inside(counts, parts)
    found = {
        "brier_reliability": (_reliability(counts), Method.SQUARES_INVERSION),
        "brier_resolution": (_resolution(counts), Method.SQUARES_INVERSION),
        "brier_uncertainty": (_uncertainty(positives, counts.measured), Method.WILSON),
        "brier_within_variance": ((max(variance[0], 0.0), variance[1]), Method.SKEWED_T),
        "brier_within_covariance": (covariance, Method.SKEWED_T),
    }
    return {
        name: figure(float(parts[name].value or 0.0), low, high, method=method, rows=counts.measured)
        for name, ((low, high), method) in found.items()
    }


def _uncertainty(positives: int, rows: int) -> Interval:
    low, high = intervals.wilson(positives, rows)
    ends = low * (1 - low), high * (1 - high)
    return min(ends), 0.25 if low <= 0.5 <= high else max(ends)


def _inside(counts: Counts, parts: dict[str, Figure]) -> tuple[Interval, Interval]:
    """The intervals of the variance inside the bins and of twice the covariance: means of what each row adds to them."""
    ranks = counts.ranks
    place = np.digitize(ranks.score, EDGES[1:-1])
    bins = len(EDGES) - 1
    rows = np.maximum(np.bincount(place, ranks.positive + ranks.negative, bins), 1)
    mean = np.bincount(place, ranks.score * (ranks.positive + ranks.negative), bins) / rows
    rate = np.bincount(place, ranks.positive, bins) / rows
    away = ranks.score - mean[place]
    weights = np.concatenate([ranks.positive, ranks.negative]).astype(np.float64)
    of_variance = np.concatenate([away, away]) ** 2
    of_covariance = 2 * np.concatenate([away * (1 - rate[place]), -away * rate[place]])
    return (
        intervals.skewed_t(float(parts["brier_within_variance"].value or 0.0), of_variance, weights),
        intervals.skewed_t(float(parts["brier_within_covariance"].value or 0.0), of_covariance, weights),
    )


def _reliability(counts: Counts) -> Interval:
    """Of the squared length of e = root of the share of rows times (mean score - rate of positives), bin by bin."""
    rows, positives, sums = bins_of(counts)
    total, mean = float(rows.sum()), sums / rows
    share, away = rows / total, mean - positives / rows
    rate = (positives + mean) / (rows + 1)  # a bin of one row is not taken as certain
    # A row of bin b moves e by ((score - label) - away / 2) / root of the share - e / 2.
    own = rate * (1 - rate) + away * away / 4
    shift = np.sqrt(share) * away / 2
    return squared_length(np.sqrt(share) * away, (np.diag(own) - np.outer(shift, shift)) / total)


def _resolution(counts: Counts) -> Interval:
    """Of the squared length of e = root of the share of rows times (rate of positives - base rate), bin by bin."""
    rows, positives, sums = bins_of(counts)
    total = float(rows.sum())
    base, share = float(positives.sum()) / total, rows / total
    rate = (positives + sums / rows) / (rows + 1)
    root, above = np.sqrt(share), positives / rows - base
    # A row of bin b with label y moves e by 1_b ((y - base) - above / 2) / root - root above / 2 - root (y - base).
    spread = rate * (1 - rate)
    together = float(share @ (spread + above * above))
    middle = root * above / 2
    cross = root * (spread + above * above / 2)  # what 1_b (...) / root and the deviation of y of a row do together
    covariance = np.diag(spread + above * above / 4) - np.outer(cross, root) - np.outer(root, cross)
    covariance += together * np.outer(root, root) - np.outer(middle, middle)
    return squared_length(root * above, covariance / total)


def squared_length(seen: Floats, covariance: Floats) -> Interval:
    """The squared lengths of a vector that an estimate with this covariance does not speak against (see `inversion`)."""
    bins = len(seen)
    variance = np.maximum(np.diag(covariance), 0.0)
    scale = float(variance.sum()) or 1.0
    noise = _normals(bins) @ np.linalg.cholesky(_surely_positive(covariance, scale)).T
    observed = float(seen @ seen)
    usual = float(np.quantile((noise * noise).sum(axis=1), LEVEL))
    typical = np.maximum(variance / scale, TINY)

    def true(pull: float) -> Floats:
        """The nearest vectors: drawn to 0 by a pull from 0 to 1, away from it by one below 0."""
        return seen / (1 + typical * pull / (1 - pull)) if pull >= 0 else seen * (1 - pull)

    def lengths(pull: float) -> tuple[Floats, float]:
        moved = true(pull)
        return ((moved + noise) ** 2).sum(axis=1), lower_tail(float(moved @ moved), usual)

    def too_small(pull: float) -> bool:
        drawn, below = lengths(pull)
        return bool((drawn >= observed).mean() < 1 - LEVEL - below)

    def too_large(pull: float) -> bool:
        drawn, below = lengths(pull)
        return bool((drawn <= observed).mean() < below)

    full, far = 1 - TINY, -1.0
    while not too_large(far) and far > -1e6:
        far *= 2
    low = _edge(too_small, outside=full, inside=far) if too_small(full) else full
    high = _edge(too_large, outside=far, inside=low) if too_large(far) else far
    least, most = (float(true(pull) @ true(pull)) for pull in (low, high))
    return (0.0 if low == full else least), min(most, 1.0)


def _surely_positive(covariance: Floats, scale: float) -> Floats:
    return np.asarray(covariance + np.eye(len(covariance)) * scale * 1e-6)


def _edge(refused: Callable[[float], bool], *, outside: float, inside: float) -> float:
    for _ in range(STEPS):
        middle = (outside + inside) / 2
        if refused(middle):
            outside = middle
        else:
            inside = middle
    return inside


@cache
def _normals(bins: int) -> Floats:
    return np.random.Generator(np.random.PCG64(SEED)).standard_normal((DRAWS, bins))
