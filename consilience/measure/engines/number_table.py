"""Counting a column of numbers, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.measure.engines import columns
from consilience.measure.engines import profile_kernels as kernels
from consilience.measure.states.numbers import NumberState, Scale, Values

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Room:
    """Where the kernel works on a block of rows; whatever one thread counts shares it."""

    block: Floats = field(default_factory=lambda: np.empty(kernels.BLOCK))
    places: Ints = field(default_factory=lambda: np.empty((2, kernels.BLOCK), dtype=np.int64))


@dataclass(frozen=True)
class Slots:
    """The edges of a scale as the kernel looks a value up among them: see `count_numbers`."""

    edges: Floats
    starts: NDArray[np.int16]
    slot_of: float
    steps: int


class NumberTable:
    """Adds up the numbers of one column."""

    def __init__(self, scale: Scale, exact_rows: int, room: Room | None = None) -> None:
        self._slots, self._room = slots(scale.edges), room or Room()
        self._origin, self._per_unit = scale.origin, 2.0**-scale.unit
        self._bins = np.zeros((len(scale.edges) + 2, 4), dtype=np.int64)
        self._tally = np.zeros(kernels.TALLIES, dtype=np.int64)
        self._tally[kernels.LEAST], self._tally[kernels.MOST] = kernels.NO_LEAST, kernels.NO_MOST
        self._total, self._squares = 0, 0
        self._table = np.full(kernels.SET_SIZE, -1, dtype=np.int32)
        self._bound = kernels.HASHES
        self._kept: list[Floats] | None = [] if exact_rows else None
        self._exact_rows = exact_rows

    def add(self, array: Any) -> None:
        """Count the values of a batch."""
        values, valid, offset = columns.raw_numbers(array)
        by, row = self._slots, 0
        while row < len(values):
            row = kernels.count_numbers(
                values, valid, offset, row, self._origin, self._per_unit, by.slot_of, by.steps, by.edges, by.starts,
                self._bins, self._tally, self._table, self._bound, self._room.block, self._room.places,
            )  # fmt: skip
            total, high, mixed, low = self._tally[kernels.TOTAL :].tolist()
            self._total += total
            self._squares += (high << 2 * kernels.SPLIT) + (mixed << kernels.SPLIT + 1) + low
            if self._tally[kernels.ENTRIES] >= kernels.FULL:
                self._bound = kernels.keep_smallest(self._table, self._tally)
        if self._kept is not None:
            self._keep(array, self._kept)

    def state(self) -> NumberState:
        """What was counted."""
        kernels.keep_smallest(self._table, self._tally)
        missing, nan, low, high, beyond, _, least, most, *_ = self._tally.tolist()
        some = least <= most
        return NumberState(
            missing, nan, low, high, beyond, tuple(self._counted.tolist()), kernels.extreme(least) + 0.0 if some else None,
            kernels.extreme(most) + 0.0 if some else None, self._total, self._squares,
            tuple(np.sort(self._table[self._table >= 0]).tolist()), self._values(),
        )  # fmt: skip

    @property
    def _counted(self) -> Ints:
        made: Ints = self._bins[:-1].sum(axis=1)
        return made

    def _keep(self, array: Any, kept: list[Floats]) -> None:
        if int(self._counted.sum()) > self._exact_rows:
            self._kept = None
            return
        kept.append(columns.finite(array))

    def _values(self) -> Values | None:
        if self._kept is None:
            return None
        values, rows = np.unique(np.concatenate([np.zeros(0), *self._kept]), return_counts=True)
        return Values(values, rows.astype(np.int64))


@lru_cache(maxsize=1024)
def slots(edges: tuple[float, ...]) -> Slots:
    """The slots of a scale with these edges, in rising order.

    An edge's slot is computed as a value's is, and the computation never falls as values rise: an edge in a lower slot than
    a value's is below the value, one in a higher slot above it, however both were rounded.
    """
    cuts = np.array(edges)
    width = float(cuts[-1]) - float(cuts[0]) if len(cuts) > 1 else 0.0
    slot_of = kernels.SLOTS / width if 0 < width < np.inf else 0.0
    slot_of = slot_of if np.isfinite(slot_of) else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        slot = (cuts - cuts[:1]) * slot_of
    place = np.minimum(np.where(slot > 0.0, slot, 0.0), kernels.SLOTS - 1.0).astype(np.int64)
    inside = np.bincount(place, minlength=kernels.SLOTS)
    most = int(inside.max())
    steps = 1 << most.bit_length() - 1 if most > kernels.FEW else 0
    beyond = np.full(max(2 * steps, kernels.FEW) + 1, np.inf)
    return Slots(np.concatenate([cuts, beyond]), (np.cumsum(inside) - inside).astype(np.int16), slot_of, steps)
