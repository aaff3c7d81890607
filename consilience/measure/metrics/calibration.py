"""Whether scores mean what they say: Brier score, log loss, expected calibration error."""

from __future__ import annotations

import numpy as np

from consilience.measure.metrics import intervals, inversion
from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import Figure, Method, Reason, bare, figure, undefined
from consilience.measure.metrics.intervals import Floats
from consilience.measure.metrics.performance import needs_scores
from consilience.measure.states.cube import CLIP, UNIT

FEW_OF_A_CLASS = 3
FEW_ROWS = 20


def brier(counts: Counts) -> Figure:
    """The mean squared distance of score and label, from 0 (sure and right) to 1 (sure and wrong) (Brier 1950)."""
    missing = needs_scores(counts)
    if missing:
        return undefined(missing)
    ranks = counts.ranks
    return _mean_loss(counts, counts.mean_squared_error, (1 - ranks.score) ** 2, ranks.score**2, largest=1.0)


def log_loss(counts: Counts) -> Figure:
    """The mean of -ln of the probability given to the label, in nats, 0 at best; scores are clipped at 2^-52."""
    missing = needs_scores(counts)
    if missing:
        return undefined(missing)
    ranks = counts.ranks
    return _mean_loss(counts, counts.mean_log_loss, -ranks.ln, -ranks.ln_rest, largest=-float(np.log(CLIP)))


def ece(counts: Counts) -> Figure:
    """The expected calibration error: the mean over rows of |mean score - share of positives| of the row's bin.

    Ten equal-width bins, the last closed; from 0 to 1. The estimate is too large by chance, the more so the fewer
    rows; the interval is one of the true error over these bins, and may begin at 0 (see `inversion`).
    """
    missing = needs_scores(counts)
    if missing:
        return undefined(missing)
    rows, positives, sums = (
        np.array(n, dtype=np.float64) for n in (counts.bin_rows, counts.bin_positives, counts.bin_scores)
    )
    scores = sums / UNIT
    value = float(np.abs(scores - positives).sum() / rows.sum())
    if counts.measured < FEW_ROWS:
        return bare(value, rows=counts.measured, reason=Reason.FEW_OF_A_CLASS)
    low, high = inversion.calibration_error(rows, positives, scores)
    return figure(value, low, high, method=Method.ECE_INVERSION, rows=counts.measured)


def _mean_loss(counts: Counts, mean: float, of_positive: Floats, of_negative: Floats, *, largest: float) -> Figure:
    """The mean with the skewness-corrected interval. The spread comes from the histogram, the mean from exact sums."""
    ranks = counts.ranks
    if min(ranks.positives, ranks.negatives) < FEW_OF_A_CLASS or counts.measured < FEW_ROWS:
        return bare(mean, rows=counts.measured, reason=Reason.FEW_OF_A_CLASS)
    losses = np.concatenate([of_positive, of_negative])
    weights = np.concatenate([ranks.positive, ranks.negative]).astype(np.float64)
    low, high = intervals.skewed_t(mean, losses, weights)
    return figure(mean, max(low, 0.0), min(high, largest), method=Method.SKEWED_T, rows=counts.measured)
