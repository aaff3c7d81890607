"""Kernels for resampling people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consilience.measure.kernels import compiled

Ints = NDArray[np.int64]


@compiled
def weighted_area(places: Ints, positive: NDArray[np.bool_], people: Ints, times: Ints) -> float:
    """The area under the ROC curve when each row counts as often as its person is drawn; NaN without one of the classes.

    Rows are in the order of their scores; rows of one score have the same place.
    """
    below, pairs, positives = 0.0, 0.0, 0.0
    row = 0
    while row < len(places):
        tied_positive, tied_negative, place = 0.0, 0.0, places[row]
        while row < len(places) and places[row] == place:
            if positive[row]:
                tied_positive += times[people[row]]
            else:
                tied_negative += times[people[row]]
            row += 1
        pairs += tied_positive * (below + tied_negative / 2)
        below += tied_negative
        positives += tied_positive
    if below == 0.0 or positives == 0.0:
        return np.nan
    return pairs / (positives * below)
