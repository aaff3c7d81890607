"""Kernels that add residuals up by group: integers only, in limbs that no batch can overflow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.measure.kernels import compiled
from consilience.measure.states import residuals

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Written out again, because a compiled kernel is kept until *this* file changes: whoever changes them there is stopped here.
LARGEST_UNITS, LARGEST_RATIO, FINE_BITS, RATIO_BITS = 1 << 59, 1 << 60, 20, 40
assert (LARGEST_UNITS, LARGEST_RATIO) == (residuals.LARGEST_UNITS, residuals.LARGEST_RATIO)
assert (FINE_BITS, RATIO_BITS) == (residuals.FINE_BITS, residuals.RATIO_BITS)

LIMB = 20
LOW = (1 << LIMB) - 1
LIMBS = 7
"""A product of two numbers below 2^61 is added as limbs of 20 bits; 2^17 rows cannot overflow one."""
COLUMNS = 13
Y, P, YY, PP, YP, SIZE, EE4, EEY2, EEY, Y4, Y3, RATIO, RATIO2 = range(COLUMNS)
ROWS, NO_LABEL, NO_PREDICTION, BEYOND, ZEROS, TALLIES = range(6)
COARSE_LIMIT = 2.0**60


@compiled
def add_product(sums: Ints, one: Any, other: Any) -> None:
    """Add one * other to a sum of limbs."""
    a0, a1, a2 = one & LOW, (one >> LIMB) & LOW, one >> (2 * LIMB)
    b0, b1, b2 = other & LOW, (other >> LIMB) & LOW, other >> (2 * LIMB)
    sums[0] += a0 * b0
    sums[1] += a0 * b1 + a1 * b0
    sums[2] += a0 * b2 + a1 * b1 + a2 * b0
    sums[3] += a1 * b2 + a2 * b1
    sums[4] += a2 * b2


@compiled
def add_plain(sums: Ints, one: Any) -> None:
    """Add a number to a sum of limbs."""
    sums[0] += one & LOW
    sums[1] += (one >> LIMB) & LOW
    sums[2] += one >> (2 * LIMB)


@compiled
def tally(
    group: Ints,
    label: Floats,
    has_label: NDArray[np.bool_],
    prediction: Floats,
    has_prediction: NDArray[np.bool_],
    origin: float,
    per_unit: float,
    unit: float,
    ee_scale: float,
    yy_scale: float,
    y_scale: float,
    edges: Ints,
    counts: Ints,
    over: Ints,
    under: Ints,
    most: Ints,
    sums: NDArray[np.int64],
) -> None:
    """Add the rows of a batch to their groups; a negative group is a row that was not chosen."""
    for row in range(len(group)):
        g = group[row]
        if g < 0:
            continue
        counts[g, ROWS] += 1
        if not has_label[row]:
            counts[g, NO_LABEL] += 1
        if not has_prediction[row]:
            counts[g, NO_PREDICTION] += 1
        if not (has_label[row] and has_prediction[row]):
            continue
        far_y, far_p = (label[row] - origin) * per_unit, (prediction[row] - origin) * per_unit
        if not (abs(far_y) < LARGEST_UNITS and abs(far_p) < LARGEST_UNITS):
            counts[g, BEYOND] += 1
            continue
        y, p = np.int64(math.floor(far_y + 0.5)), np.int64(math.floor(far_p + 0.5))
        e = p - y
        size = abs(e)
        coarse_ee = math.floor(float(size) * float(size) * ee_scale + 0.5)
        coarse_yy = math.floor(float(y) * float(y) * yy_scale + 0.5)
        if not (coarse_ee < COARSE_LIMIT and coarse_yy < COARSE_LIMIT):
            counts[g, BEYOND] += 1
            continue
        place = np.searchsorted(edges, size, side="right")
        if e >= 0:
            over[g, place] += 1
            most[g, 0] = max(most[g, 0], size)
        else:
            under[g, place] += 1
            most[g, 1] = max(most[g, 1], size)
        ee, yy, coarse_y = np.int64(coarse_ee), np.int64(coarse_yy), np.int64(math.floor(float(y) * y_scale + 0.5))
        own = sums[g]
        add_plain(own[Y], y)
        add_plain(own[P], p)
        add_product(own[YY], y, y)
        add_product(own[PP], p, p)
        add_product(own[YP], y, p)
        add_plain(own[SIZE], size)
        add_product(own[EE4], ee, ee)
        add_product(own[EEY2], ee, yy)
        add_product(own[EEY], ee, coarse_y)
        add_product(own[Y4], yy, yy)
        add_product(own[Y3], yy, coarse_y)
        bare = abs(label[row])
        ratio = float(size) * unit / bare * 2.0**RATIO_BITS if bare > 0.0 else math.inf
        if ratio < LARGEST_RATIO:
            units = np.int64(math.floor(ratio + 0.5))
            add_plain(own[RATIO], units)
            add_product(own[RATIO2], units, units)
        else:
            counts[g, ZEROS] += 1


@compiled
def carry(sums: NDArray[np.int64]) -> None:
    """Move what is above each limb to the next, so that the next batch cannot overflow one; the last takes it all."""
    for g in range(sums.shape[0]):
        for column in range(sums.shape[1]):
            for limb in range(LIMBS - 1):
                sums[g, column, limb + 1] += sums[g, column, limb] >> LIMB
                sums[g, column, limb] &= LOW
