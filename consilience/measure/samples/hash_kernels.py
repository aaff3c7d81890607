"""Kernels that hash rows and count how often each was met."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consilience.measure.kernels import compiled

Hashes = NDArray[np.uint64]


@compiled
def mixed(hashes: Hashes) -> Hashes:
    """Each hash with all its bits mixed (the finaliser of MurmurHash3)."""
    made = np.empty_like(hashes)
    for number in range(len(hashes)):
        state = hashes[number]
        state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
        made[number] = state ^ (state >> np.uint64(33))
    return made


@compiled
def occurrences(rows: Hashes, table: Hashes, met: NDArray[np.int32], limit: int, known: int) -> tuple[Hashes, int]:
    """How often each row was met before, from 0, and how many different rows are known now.

    `table` has a power of two of places, 0 where empty. Once `limit` different rows are known a further one is not kept:
    it is always met for the first time.
    """
    made = np.zeros(len(rows), dtype=np.uint64)
    last = np.uint64(len(table) - 1)
    for number in range(len(rows)):
        row = rows[number] | np.uint64(1)
        place = (row >> np.uint64(1)) & last
        while table[place] != 0 and table[place] != row:
            place = (place + np.uint64(1)) & last
        if table[place] == row:
            made[number] = np.uint64(met[place])
            met[place] += 1
        elif known < limit:
            table[place] = row
            met[place] = 1
            known += 1
    return made, known


@compiled
def moved(table: Hashes, met: NDArray[np.int32], to: Hashes, to_met: NDArray[np.int32]) -> None:
    """Put the known rows into a larger table."""
    last = np.uint64(len(to) - 1)
    for number in range(len(table)):
        row = table[number]
        if row == 0:
            continue
        place = (row >> np.uint64(1)) & last
        while to[place] != 0:
            place = (place + np.uint64(1)) & last
        to[place] = row
        to_met[place] = met[number]
