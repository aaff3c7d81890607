"""Whether residual states can have come from rows at all: each sum held against the bins, and against the other sums.

Sums of products of columns over the same rows are not free of one another: their table (a Gram matrix) has no negative
eigenvalue. Where a column was rounded before it was multiplied, what rounding can do is allowed for, and no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.states.residuals import (
    FINE_BITS,
    LARGEST_RATIO,
    LARGEST_UNITS,
    RATIO_BITS,
    ResidualScale,
    ResidualTally,
)

Floats = NDArray[np.float64]
SLACK = 1e-9


def check_tally(tally: ResidualTally, scale: ResidualScale, where: str) -> None:
    """Raise BadInput for what no rows can give.

    1. Rows are at least one, and add up.
    2. Residuals: the extremes lie in the last bins, and the sums between what the bins leave room for, on either side.
    3. Labels and predictions: their sums and squares belong to numbers with that sum of squared residuals.
    4. The rounded squares, for the spread of R2: they fit the exact sums, and one another.
    5. Ratios: they are none where the residual is 0, and as large as residuals and labels ask for.
    """
    _check_rows(tally, scale, where)
    _check_residuals(tally, scale, where)
    _check_squares(tally, where)
    _check_rounded(tally, scale, where)
    _check_ratios(tally, scale, where)


def _check_rows(tally: ResidualTally, scale: ResidualScale, where: str) -> None:
    for name in ("over", "under"):
        bins = getattr(tally, name)
        if len(bins) != len(scale.edges) + 1 or any(rows < 0 for rows in bins):
            raise BadInput(f"{where}.{name}", f"{len(scale.edges) + 1} counts are expected")
    n = tally.counted
    without = tally.rows - n - tally.beyond
    lacking = max(tally.no_label, tally.no_prediction) <= without <= tally.no_label + tally.no_prediction
    if not lacking or tally.under[0]:
        raise BadInput(where, "counts rows that do not add up")
    if tally.zeros > n or tally.rows == 0:
        raise BadInput(where, "has no row, or more labels of 0 than rows")


def _check_residuals(tally: ResidualTally, scale: ResidualScale, where: str) -> None:
    """Hold extremes and sums against the bins. |e| is as odd as e^2, and the sums of |e| and e tell those of both sides."""
    error = tally.p - tally.y
    if (tally.size - error) % 2 or (tally.size - tally.ee) % 2:
        raise BadInput(where, "has sums that are not those of whole numbers and their squares")
    sides = [
        list(_sizes(bins, largest, scale, where))
        for bins, largest in ((tally.over, tally.most_over), (tally.under, tally.most_under))
    ]
    factor = _coarse_factor(scale)
    said = [
        ((tally.size + error) // 2, sides[:1], 1),
        ((tally.size - error) // 2, sides[1:], 1),
        (tally.ee, sides, 2),
    ]
    for value, of, power in said:
        if not _total(of, 0, power) <= value <= _total(of, 1, power):
            raise BadInput(where, "has sums that do not follow from its bins")
    least, most = (sum(_coarse(size[end], factor) ** 2 * size[2] for side in sides for size in side) for end in (0, 1))
    if not least <= tally.ee4 <= most:
        raise BadInput(where, "has sums that do not follow from its bins")
    if any(total**2 > tally.counted * tally.ee for total in (error, tally.size)):
        raise BadInput(where, "has sums of squares that are less than the sums allow")


def _sizes(bins: tuple[int, ...], largest: int, scale: ResidualScale, where: str) -> Iterator[tuple[int, int, int]]:
    """The least and the largest |e| of so many rows, bin by bin; the one row that has the largest by itself."""
    starts = (0, *scale.edges)
    taken = [number for number, rows in enumerate(bins) if rows]
    last = taken[-1] if taken else 0
    top = min(scale.edges[last] - 1, 2 * LARGEST_UNITS) if last < len(scale.edges) else 2 * LARGEST_UNITS
    if not starts[last] <= largest <= top or (not taken and largest):
        raise BadInput(where, "has a largest residual outside the last bin that has rows")
    for number in taken:
        if number < last:
            yield starts[number], scale.edges[number] - 1, bins[number]
        else:
            yield starts[last], largest, bins[last] - 1
            yield largest, largest, 1


def _total(sides: list[list[tuple[int, int, int]]], end: int, power: int) -> int:
    return sum(size[end] ** power * size[2] for side in sides for size in side)


def _check_squares(tally: ResidualTally, where: str) -> None:
    """Hold labels and predictions against each other: no correlation is beyond 1."""
    n = tally.counted
    if (tally.yy - tally.y) % 2 or (tally.pp - tally.p) % 2:
        raise BadInput(where, "has sums that are not those of whole numbers and their squares")
    if any(not 0 <= square <= n * LARGEST_UNITS**2 for square in (tally.yy, tally.pp)):
        raise BadInput(where, "has sums that so many rows cannot have")
    of_label, of_prediction = n * tally.yy - tally.y**2, n * tally.pp - tally.p**2
    together = n * tally.yp - tally.y * tally.p
    if of_label < 0 or of_prediction < 0 or together**2 > of_label * of_prediction:
        raise BadInput(where, "has sums of squares that are less than the sums allow")


def _check_rounded(tally: ResidualTally, scale: ResidualScale, where: str) -> None:
    """Hold 1, y, y^2 and e^2 (the last three coarse: rounded to whole 2^20, 2^60 and 2^(2 error_bits - 20)) against each other."""
    n = tally.counted
    if n == 0:
        if any((tally.ee4, tally.eey2, tally.eey, tally.y4, tally.y3)):
            raise BadInput(where, "has sums of no row")
        return
    y, yy = float(Fraction(tally.y, 1 << FINE_BITS)), float(Fraction(tally.yy, 1 << (2 * FINE_BITS)))
    sum_y2, sum_e2 = yy / 2.0**FINE_BITS, tally.ee * _coarse_factor(scale)
    y4, y3, ee4, eey2, eey = (float(getattr(tally, name)) for name in ("y4", "y3", "ee4", "eey2", "eey"))
    if tally.y4 < 0 or tally.eey2 < 0 or tally.eey2**2 > tally.ee4 * tally.y4:
        raise BadInput(where, "has sums of products that the sums of squares do not allow")
    if tally.y4 > (sum_y2 + 1) * (sum_y2 + n / 2) * (1 + SLACK):  # no y^2 is above the sum of all
        raise BadInput(where, "has sums of products that the sums of squares do not allow")
    rounding = math.sqrt(n * yy) + n / 4  # what rounding each y by half can do to the sum of y^2
    table = np.array([[n, y, sum_y2, sum_e2], [y, yy, y3, eey], [sum_y2, y3, y4, eey2], [sum_e2, eey, eey2, ee4]])
    unsure = np.zeros((4, 4))
    unsure[0, 1:] = unsure[1:, 0] = n / 2
    unsure[1, 1] = rounding
    if _not_of_rows(table, unsure):
        raise BadInput(where, "has sums of products that the sums of squares do not allow")


def _not_of_rows(table: Floats, unsure: Floats) -> bool:
    """Whether no columns have this table of products, each known to within `unsure`, by a negative eigenvalue.

    Every column is taken at length 1, which changes no sign. A column of length 0 has products of 0.
    """
    length = np.sqrt(table.diagonal() + unsure.diagonal())
    known = length > 0
    if np.any(np.abs(table[~known]) > unsure[~known]):
        return True
    scaled = np.outer(length, length)[np.ix_(known, known)]
    least = float(np.linalg.eigvalsh(table[np.ix_(known, known)] / scaled)[0])
    return least < -float(np.linalg.norm(unsure[np.ix_(known, known)] / scaled)) - SLACK


def _check_ratios(tally: ResidualTally, scale: ResidualScale, where: str) -> None:
    """Hold |e| / |label| against rows, residuals and labels."""
    some = min(tally.counted - tally.zeros, tally.counted - tally.over[0])  # rows that can have a ratio above 0
    ratio, squares = tally.ratio, tally.ratio2
    if not 0 <= ratio <= squares <= ratio * LARGEST_RATIO or ratio**2 > some * squares or (squares - ratio) % 2:
        raise BadInput(where, "has ratios of residual and label that so many rows cannot have")
    if tally.zeros or not tally.counted:
        return
    # The sum of |e| = (|e| / |label|) |label| is at most the root of the squares of both (Cauchy). Of a label its units are
    # known, to within 2^7 units where labels are far from the origin: (a + b)^2 <= (1 + c) a^2 + (1 + 1 / c) b^2, c = 10^-6.
    unit, origin, n = Fraction(2) ** scale.unit, Fraction(scale.origin), tally.counted
    labels = n * origin**2 + 2 * origin * unit * tally.y + unit**2 * tally.yy
    most = (labels * 1_000_001 + (unit * 128) ** 2 * n * (10**12 + 10**6)) / 10**6
    if (tally.size * unit) ** 2 > (squares + ratio + Fraction(n, 4)) / 4**RATIO_BITS * most * Fraction(1 + SLACK):
        raise BadInput(where, "has ratios of residual and label that the residuals do not allow")


def _coarse_factor(scale: ResidualScale) -> float:
    return 2.0 ** (FINE_BITS - 2 * scale.error_bits)


def _coarse(size: int, factor: float) -> int:
    """e^2 as the kernel rounds it."""
    return math.floor(float(size) * float(size) * factor + 0.5)
