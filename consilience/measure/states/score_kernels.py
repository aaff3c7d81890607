"""The kernel that adds up neighbouring score entries: one pass, nothing allocated inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consilience.measure.native.kernel import kernel

Ints = NDArray[np.int64]
SEVERAL = -1


@kernel("int32[], int64[], int64[], int64[], int64, int64, mut int32[], mut int64[,] -> int64")
def join(
    cell: NDArray[np.int32],
    bins: Ints,
    rows: Ints,
    offset: Ints,
    shift: int,
    drop: int,
    made_cell: NDArray[np.int32],
    made: Ints,
) -> int:
    """Entries that are sorted by cell and bin, in bins of `drop` bits more than `shift`; those that share one are added up.

    `made` gets bins, rows and offsets, one in each of its rows. Gives back how many entries there are.
    """
    last, lost = -1, (1 << drop) - 1
    for i in range(len(cell)):
        b = bins[i] >> drop
        within = offset[i] if offset[i] == SEVERAL else ((bins[i] & lost) << shift) | offset[i]
        if last >= 0 and made_cell[last] == cell[i] and made[0, last] == b:
            made[1, last] += rows[i]
            if made[2, last] != within:
                made[2, last] = SEVERAL
        else:
            last += 1
            made_cell[last] = cell[i]
            made[0, last], made[1, last], made[2, last] = b, rows[i], within
    return last + 1
