"""Numbers in their bins: whatever the edges and however a batch is cut, as numpy's search finds them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from consilience.measure.engines import profile_kernels as kernels
from consilience.measure.engines.number_table import NumberTable
from consilience.measure.states.numbers import Scale

LARGEST = float(np.finfo(np.float64).max)
SCALES: dict[str, list[float]] = {
    "no edge": [],
    "one edge": [1.0],
    "evenly spread": np.linspace(-3, 3, 201).tolist(),
    "all in one slot": [*np.linspace(-3, 3, 200).tolist(), 1e12],
    "four in one slot": [0.0, 5e-324, 1e-12, 1e-11, 1.0],
    "neighbours": [0.0, 5e-324, 1.0, math.nextafter(1.0, 2.0)],
    "a range beyond doubles": [-LARGEST, 0.0, 2.0, LARGEST],
    "a range too small to cut": [0.0, 5e-324],
}


def some_numbers() -> list[float]:
    generator = np.random.default_rng(7)
    rare = [0.0, -0.0, 5e-324, -5e-324, 1.0, 1e12, LARGEST, -LARGEST, math.nan, math.inf, -math.inf]
    return [*generator.normal(0, 1.5, 5_000).tolist(), *rare]


@pytest.mark.parametrize("name", SCALES)
def test_every_number_is_in_the_bin_of_its_edges(name: str) -> None:
    edges = SCALES[name]
    numbers = np.array(some_numbers() + edges)
    table = NumberTable(Scale(tuple(edges), (), 0.0, -20), 0)
    table.add(pa.array(numbers))
    finite = numbers[np.isfinite(numbers)]
    place = np.searchsorted(np.array(edges), finite, side="right")
    found = table.state()
    assert list(found.bins) == np.bincount(place, minlength=len(edges) + 1).tolist()
    assert (found.nan, found.low_infinite, found.high_infinite, found.missing) == (1, 1, 1, 0)
    assert (found.minimum, found.maximum) == (finite.min(), finite.max())


def test_how_a_column_is_cut_changes_no_byte_of_its_state() -> None:
    generator = np.random.default_rng(8)
    rows = kernels.MOST_ROWS + 5_000  # more than are counted at once, and more hashes than the table holds
    column = pa.array(generator.normal(0, 1, rows), mask=generator.random(rows) < 0.1)
    states: list[Any] = []
    for size in (rows, 4_099, 1_000):
        table = NumberTable(Scale((-1.0, 0.0, 1.0), (), 0.0, -30), 0)
        for start in range(0, rows, size):
            table.add(column.slice(start, size))
        states.append(table.state())
    assert states[0].missing == column.null_count
    assert states[0].hashes
    assert states[1:] == states[:1] * 2


def test_a_column_without_any_number_has_no_extremes() -> None:
    table = NumberTable(Scale((0.0,), (), 0.0, 0), 0)
    table.add(pa.array([math.nan, None, math.inf, -math.inf]))
    found = table.state()
    assert (found.minimum, found.maximum, found.bins, found.total) == (None, None, (0, 0), 0)
    assert (found.missing, found.nan, found.low_infinite, found.high_infinite) == (1, 1, 1, 1)
