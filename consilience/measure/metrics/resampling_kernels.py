"""The largest studentised distance of two groups in each resample."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.native.kernel import kernel

Floats = NDArray[np.float64]


def widest(away: Floats, variance: Floats) -> Floats:
    """For each resample (row), the largest |away_i - away_j| / sqrt(variance_i + variance_j) over pairs of groups."""
    made = np.empty(len(away))
    widest_of_each(np.ascontiguousarray(away), np.ascontiguousarray(variance), made)
    return made


@kernel("float64[,], float64[,], mut float64[] -> none")
def widest_of_each(away: Floats, variance: Floats, made: Floats) -> None:
    """As `widest`, into `made`."""
    for b in range(len(away)):
        largest = 0.0
        for i in range(away.shape[1]):
            for j in range(i):
                distance = away[b, i] - away[b, j]
                square = distance * distance / (variance[b, i] + variance[b, j])
                largest = max(largest, square)
        made[b] = math.sqrt(largest)
