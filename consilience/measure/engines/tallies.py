"""What is counted for a rule while rows are read in parts: each tally adds batches, and is put together with others.

A position stands for a row before the rows of earlier parts are known: the number of the part, then the row within it.
Positions sort as rows do, so what is put together does not depend on which thread read which part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from consilience.measure.contract import Monotone

PART_BITS = 40
MOST_KEYS = 1 << 22
"""So many different values are compared exactly; beyond, those of a half, a quarter, ... of all hashes."""
PENDING = 1 << 20

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Keys = NDArray[np.uint64]
Example = tuple[int, str | None]
Show = Callable[[int], str | None]


@dataclass
class RowTally:
    """Rows that a rule was asked of, those that break it, and the first few of these."""

    keep: int
    rows: int = 0
    broken: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, wrong: Mask, checked: int, start: int, show: Show) -> None:
        """Count a batch whose first row has the position `start`."""
        self.rows += checked
        found = np.flatnonzero(wrong)
        self.broken += len(found)
        if len(found) and self.keep:
            self._keep((start + int(row), show(int(row))) for row in found[: self.keep])

    def together(self, others: Iterable[RowTally]) -> RowTally:
        made = RowTally(self.keep, self.rows, self.broken, list(self.examples))
        for other in others:
            made.rows += other.rows
            made.broken += other.broken
            made._keep(other.examples)
        return made

    def _keep(self, more: Iterable[Example]) -> None:
        self.examples = sorted([*self.examples, *more], key=lambda one: one[0])[: self.keep]


@dataclass
class RunTally:
    """Rows whose value does not follow the one before, and the ends of each stretch, to be held against its neighbours."""

    monotone: Monotone
    inner: RowTally
    ends: list[tuple[int, float, float, str | None]] = field(default_factory=list)
    """Position and value of the first row with a value of each stretch, its last value, and how the first is shown."""

    def add(self, values: NDArray[np.int64] | NDArray[np.float64], rows: Ints, start: int, show: Show) -> None:
        """Count a batch: the values of the rows that have one, and which rows these are."""
        if not len(rows):
            return
        wrong = np.zeros(int(rows[-1]) + 1, dtype=np.bool_)
        wrong[rows[1:]] = self._broken(values[:-1], values[1:])
        self.inner.add(wrong, len(rows), start, show)
        self.ends.append((start + int(rows[0]), values[0].item(), values[-1].item(), show(int(rows[0]))))

    def together(self, others: Iterable[RunTally]) -> RowTally:
        """The tally over all rows in their order."""
        listed = list(others)
        made = self.inner.together(one.inner for one in listed)
        stretches = sorted([*self.ends, *(end for one in listed for end in one.ends)], key=lambda end: end[0])
        for (_, _, before, _), (position, after, _, shown) in pairwise(stretches):
            if bool(self._broken(np.array([before]), np.array([after]))[0]):
                made.broken += 1
                made.examples = sorted([*made.examples, (position, shown)], key=lambda one: one[0])[: made.keep]
        return made

    def _broken(self, before: NDArray[np.generic], after: NDArray[np.generic]) -> Mask:
        made: Mask = after <= before if self.monotone is Monotone.RISING else after < before  # type: ignore[operator]
        return made


class RepeatTally:
    """Values that occur more than once: for each its key, its first position and its rows.

    Once there are more than MOST_KEYS, only keys that begin with `shift` zero bits are looked at, and no row is kept as
    an example. Which ones those are depends on the values alone, so any threads and parts agree.
    """

    def __init__(self, keep: int, most: int = MOST_KEYS) -> None:
        self.shift, self.keep, self._most = 0, keep, most
        self._keys, self._firsts, self._counts = _none()
        self._pending: list[tuple[Keys, Ints]] = []
        self._waiting = 0
        self.repeats: list[int] = []

    def add(self, keys: Keys, positions: Ints) -> None:
        """Count rows, in their order."""
        if self.shift:
            looked_at = keys < np.uint64(1 << (64 - self.shift))
            keys, positions = keys[looked_at], positions[looked_at]
        self._pending.append((keys, positions))
        self._waiting += len(keys)
        if self._waiting > max(PENDING, len(self._keys)):
            self._compress()

    def together(self, others: Iterable[RepeatTally]) -> RepeatTally:
        """All rows of all tallies."""
        tallies = [self, *others]
        for one in tallies:
            one._compress()
        made = RepeatTally(self.keep, self._most)
        made.shift = max(one.shift for one in tallies)
        made.repeats = [row for one in tallies for row in one.repeats]
        made._take(
            np.concatenate([one._keys for one in tallies]),
            np.concatenate([one._firsts for one in tallies]),
            np.concatenate([one._counts for one in tallies]),
        )
        return made

    @property
    def rows(self) -> int:
        """The rows that were looked at."""
        return int(self._counts.sum())

    @property
    def broken(self) -> int:
        """The rows that repeat an earlier one."""
        return self.rows - len(self._keys)

    def _end(self, keys: Keys) -> int:
        """How many of the sorted keys are looked at."""
        return len(keys) if not self.shift else int(np.searchsorted(keys, np.uint64(1 << (64 - self.shift))))

    def _compress(self) -> None:
        if not self._pending:
            return
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._pending)])
        firsts = np.concatenate([self._firsts, *(positions for _, positions in self._pending)])
        counts = np.concatenate([self._counts, np.ones(self._waiting, dtype=np.int64)])
        self._pending, self._waiting = [], 0
        self._take(keys, firsts, counts)

    def _take(self, keys: Keys, firsts: Ints, counts: Ints) -> None:
        order = np.argsort(keys)
        keys, firsts, counts = keys[order], firsts[order], counts[order]
        starts = np.flatnonzero(np.concatenate((keys[:1] == keys[:1], keys[1:] != keys[:-1])))
        if len(starts) < len(keys):
            earliest = np.minimum.reduceat(firsts, starts)
            of_group = np.repeat(earliest, np.diff(np.append(starts, len(keys))))
            later = firsts[firsts != of_group]
            self.repeats = sorted([*self.repeats, *np.sort(later)[: self.keep].tolist()])[: self.keep]
            keys, firsts, counts = keys[starts], earliest, np.add.reduceat(counts, starts)
        end = self._end(keys)
        while end > self._most:
            self.shift += 1
            end = self._end(keys)
        keys, firsts, counts = keys[:end], firsts[:end], counts[:end]
        if self.shift:
            self.repeats = []
        self._keys, self._firsts, self._counts = keys, firsts, counts


@dataclass
class NewestTally:
    """The newest value up to a moment, and the rows whose value is later."""

    until: int
    newest: int | None = None
    rows: int = 0
    later: int = 0

    def add(self, values: Ints) -> None:
        due = values[values <= self.until]
        self.rows += len(values)
        self.later += len(values) - len(due)
        if len(due):
            self.newest = max(int(due.max()), self.newest if self.newest is not None else int(due.max()))

    def together(self, others: Iterable[NewestTally]) -> NewestTally:
        made = NewestTally(self.until, self.newest, self.rows, self.later)
        for one in others:
            made.rows += one.rows
            made.later += one.later
            if one.newest is not None:
                made.newest = one.newest if made.newest is None else max(made.newest, one.newest)
        return made


def _none() -> tuple[Keys, Ints, Ints]:
    return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
