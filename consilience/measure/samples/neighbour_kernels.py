"""Kernels that find the nearest row."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.kernels import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]


@compiled
def nearest(numbers: Floats, codes: Codes, of_numbers: Floats, of_codes: Codes) -> tuple[Floats, Ints]:
    """For each row the distance to the nearest of the others, and which that is, the first among equals.

    The distance is the sum of the differences of numbers and of 1 for each code that differs; a number that only one of
    the two has counts 1, one that neither has 0.
    """
    distance, place = np.full(len(numbers), np.inf), np.full(len(numbers), -1, dtype=np.int64)
    for row in range(len(numbers)):
        best = np.inf
        for other in range(len(of_numbers)):
            total = 0.0
            for column in range(codes.shape[1]):
                if codes[row, column] != of_codes[other, column]:
                    total += 1.0
            if total >= best:
                continue
            for column in range(numbers.shape[1]):
                x, y = numbers[row, column], of_numbers[other, column]
                if not (math.isnan(x) or math.isnan(y)):
                    total += abs(x - y)
                elif not (math.isnan(x) and math.isnan(y)):
                    total += 1.0
                if total >= best:
                    break
            if total < best:
                best = total
                place[row] = other
        distance[row] = best
    return distance, place
