"""The largest studentised distance of two groups in each resample."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.kernels import compiled

Floats = NDArray[np.float64]


@compiled
def widest(away: Floats, variance: Floats) -> Floats:
    """For each resample (row), the largest |away_i - away_j| / sqrt(variance_i + variance_j) over pairs of groups."""
    made = np.zeros(len(away))
    for b in range(len(away)):
        largest = 0.0
        for i in range(away.shape[1]):
            for j in range(i):
                distance = away[b, i] - away[b, j]
                square = distance * distance / (variance[b, i] + variance[b, j])
                largest = max(largest, square)
        made[b] = math.sqrt(largest)
    return made
