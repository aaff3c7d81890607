"""A column of numbers, counted: what is missing, the bins of a stored scale, exact sums, extremes, distinct values.

Everything here is an integer or a value that occurs in the data, so the states of two sets of rows merge to the same
bytes in any order, and a file, a database and a cluster that count by the same scale give one answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from consilience.kit.errors import BadInput

LARGEST_UNITS = 1 << 45
"""A value further from the origin than this many units takes no part in the sums; it is counted as `beyond`."""

KEPT_HASHES = 1024
HASHES = 1 << 31


@dataclass(frozen=True, eq=False)
class Values:
    """Every value of a column once, in order, with its rows."""

    at: NDArray[np.float64]
    rows: NDArray[np.int64]

    @staticmethod
    def of(pairs: Iterable[tuple[float, int]]) -> Values:
        """From values in order, each with its rows."""
        listed = list(pairs)
        return Values(
            np.array([value for value, _ in listed], dtype=np.float64),
            np.array([rows for _, rows in listed], dtype=np.int64),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Values) and np.array_equal(self.at, other.at) and np.array_equal(self.rows, other.rows)

    __hash__ = None  # type: ignore[assignment] # arrays have none

    def __len__(self) -> int:
        return len(self.at)

    def __iter__(self) -> Iterator[tuple[float, int]]:
        return zip(self.at.tolist(), self.rows.tolist(), strict=True)


NO_VALUES = Values.of(())


@dataclass(frozen=True)
class Scale:
    """How the numbers of one column are counted. Learned once from the reference, then stored.

    Bin i + 1 holds edges[i] <= x < edges[i + 1]; bin 0 what lies below all edges, the last bin what lies at or above
    the last. A value that is common by itself (an atom) has a bin from itself to the next double. Sums are taken of
    (x - origin) in whole multiples of 2^unit, each row rounded once.
    """

    edges: tuple[float, ...]
    deciles: tuple[float, ...]
    """The edges that cut the reference into tenths, without repetition."""
    origin: float
    unit: int

    @cached_property
    def atoms(self) -> NDArray[np.bool_]:
        """Whether each bin holds one value only."""
        edges = np.array(self.edges)
        made = np.zeros(len(edges) + 1, dtype=np.bool_)
        with np.errstate(over="ignore"):
            made[1:-1] = edges[1:] == np.nextafter(edges[:-1], math.inf)
        return made

    def atom(self, index: int) -> bool:
        """Whether bin `index` holds one value only."""
        return 0 < index < len(self.edges) and self.edges[index] == math.nextafter(self.edges[index - 1], math.inf)


@dataclass(frozen=True)
class NumberState:
    """What was counted in a column of numbers.

    `present` rows have a finite number; `bins`, `minimum`, `maximum` and `hashes` are about those. `total` and `squares`
    are the sums of v and v^2 with v = (x - origin) / 2^unit rounded to an integer, over the rows that are not `beyond`.
    `hashes` are the smallest different hashes of v, at most KEPT_HASHES, for the number of distinct values. `values` are
    all values with their rows, sorted, while there are at most `exact_rows` rows; None beyond.
    """

    missing: int
    nan: int
    low_infinite: int
    high_infinite: int
    beyond: int
    bins: tuple[int, ...]
    minimum: float | None
    maximum: float | None
    total: int
    squares: int
    hashes: tuple[int, ...]
    values: Values | None = field(default_factory=lambda: NO_VALUES)

    @property
    def present(self) -> int:
        return sum(self.bins)

    @property
    def joined(self) -> bool:
        """Whether bins were joined before it left the place where its rows lie (`states.travelling`): that empties the sketch."""
        return self.values is None and self.hashes == (0,)

    @property
    def rows(self) -> int:
        return self.present + self.missing + self.nan + self.low_infinite + self.high_infinite


def no_numbers(scale: Scale, exact_rows: int) -> NumberState:
    """The state of no row at all: what merging starts from."""
    return NumberState(
        0, 0, 0, 0, 0, (0,) * (len(scale.edges) + 1), None, None, 0, 0, (), NO_VALUES if exact_rows else None
    )


def merge_numbers(one: NumberState, other: NumberState, exact_rows: int) -> NumberState:
    """The state of both sets of rows; both must have been counted by the same scale."""
    if len(one.bins) != len(other.bins):
        raise BadInput("states", "cannot be added: they were counted on different edges")
    return NumberState(
        missing=one.missing + other.missing,
        nan=one.nan + other.nan,
        low_infinite=one.low_infinite + other.low_infinite,
        high_infinite=one.high_infinite + other.high_infinite,
        beyond=one.beyond + other.beyond,
        bins=tuple(map(int.__add__, one.bins, other.bins)),
        minimum=_least(one.minimum, other.minimum),
        maximum=_most(one.maximum, other.maximum),
        total=one.total + other.total,
        squares=one.squares + other.squares,
        hashes=smallest((*one.hashes, *other.hashes), KEPT_HASHES),
        values=_values(one, other, exact_rows),
    )


def smallest(hashes: tuple[int, ...], keep: int) -> tuple[int, ...]:
    """The smallest different hashes in order, at most `keep`."""
    return tuple(sorted(set(hashes))[:keep])


def distinct(hashes: tuple[int, ...], *, keep: int, space: int) -> tuple[float, float, float]:
    """About how many different values there are, with the bounds of about two standard errors (k minimum values).

    Exact (all three equal) while fewer than `keep` hashes were seen and their space is not crowded. Source: Bar-Yossef et
    al. 2002; the standard error is 1 / sqrt(k - 2).
    """
    k = len(hashes)
    if k < keep:
        return float(k), float(k), float(k)
    estimate = (k - 1) * space / hashes[-1]
    spread = 2 * estimate / math.sqrt(k - 2)
    return estimate, max(estimate - spread, float(k)), estimate + spread


def _least(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else min(one, other)


def _most(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else max(one, other)


def _values(one: NumberState, other: NumberState, exact_rows: int) -> Values | None:
    if one.values is None or other.values is None or one.present + other.present > exact_rows:
        return None
    at, place = np.unique(np.concatenate([one.values.at, other.values.at]), return_inverse=True)
    rows = np.zeros(len(at), dtype=np.int64)
    np.add.at(rows, place, np.concatenate([one.values.rows, other.values.rows]))
    return Values(at, rows)
