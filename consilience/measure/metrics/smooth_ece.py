"""The smooth calibration error: no bins to choose, the width of the kernel follows from the error itself."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import Figure, Reason, bare, undefined
from consilience.measure.metrics.performance import needs_scores

CELLS = 1024
STEPS = 10
FINEST = 0.001
Floats = NDArray[np.float64]
_SQUARES = -((math.pi * np.arange(CELLS + 1)) ** 2) / 2


def smece(counts: Counts) -> Figure:
    """The smooth expected calibration error, from 0 to 1 (Blasiok and Nakkiran 2023).

    The differences of score and label are smoothed over the scores by a normal kernel that is reflected at 0 and 1, and
    their absolute values added up; the width of the kernel is the one that equals the error found with it. Calculated
    on a grid of 1,024 steps between which each score is shared out; within 0.001 of the paper's `relplot`. *Bracketed* by
    the bins of the histogram, far below the step of the grid. No interval is known that could be trusted.
    """
    missing = needs_scores(counts)
    if missing:
        return undefined(missing)
    ranks = counts.ranks
    away = ranks.score * (ranks.positive + ranks.negative) - ranks.positive
    value = smoothed_error(ranks.score, away / counts.measured)
    return bare(value, rows=counts.measured, reason=Reason.NO_INTERVAL_KNOWN)


def smoothed_error(score: Floats, away: Floats) -> float:
    """The fixed point of width and smoothed error, for differences `away` (their share of all rows) at scores."""
    place = score * CELLS
    left = np.minimum(place.astype(np.int64), CELLS - 1)
    share = place - left
    grid = np.bincount(left, away * (1 - share), CELLS + 1) + np.bincount(left + 1, away * share, CELLS + 1)
    mirrored = np.concatenate((grid, grid[-2:0:-1]))
    mirrored[0] *= 2
    mirrored[CELLS] *= 2
    spectrum = np.fft.rfft(mirrored).real
    low, high = 0.0, 1.0
    if _error(spectrum, 1.0) >= 1.0:
        return 1.0
    for _ in range(STEPS):
        width = (low + high) / 2
        if width < FINEST or width < _error(spectrum, width):
            low = width
        else:
            high = width
    return _error(spectrum, high)


def _error(spectrum: Floats, width: float) -> float:
    smooth = np.abs(np.fft.irfft(spectrum * np.exp(_SQUARES * (width * width)), 2 * CELLS)[: CELLS + 1])
    return float(smooth.sum() - (smooth[0] + smooth[-1]) / 2)
