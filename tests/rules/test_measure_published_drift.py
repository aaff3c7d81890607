"""Published drift counts reproduce from our states: NannyML's Quickstart on the Massachusetts employment data.

Chunks of 5,000 rows against all of 2015, Jensen-Shannon distance by value (age by Doane's bins), an alert outside three
standard deviations of the reference's own chunks. Published: ANC 37, AGEP 29, RELP 28, MAR 28, DREM 28.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from consilience.measure.engines.learning import learn
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.profiling import profile
from consilience.measure.metrics import divergence
from consilience.measure.states.numbers import Values

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "acs_ma_employment" / "acs_ma_employment.parquet"
PUBLISHED = {"ANC": 37, "age": 29, "RELP": 28, "MAR": 28, "DREM": 28}
CHUNK = 5_000
Ints = np.ndarray[Any, np.dtype[np.int64]]


def chunks(table: pa.Table, plan: Any, column: str) -> list[Values]:
    found = []
    for start in range(0, table.num_rows, CHUNK):
        state = profile(table.slice(start, CHUNK), plan).number(column)
        assert state is not None
        assert state.values is not None
        found.append(state.values)
    return found


def by_value(values: Values, at: Any) -> Ints:
    rows = np.zeros(len(at), dtype=np.int64)
    rows[np.searchsorted(at, values.at)] = values.rows
    return rows


def by_bin(values: Values, edges: Any) -> Ints:
    inside = np.histogram(values.at, edges, weights=values.rows)[0].astype(np.int64)
    return np.append(inside, values.rows.sum() - inside.sum())


@pytest.mark.skipif(not DATA.exists(), reason="the shared development data are not on this machine")
@pytest.mark.parametrize("column", PUBLISHED)
def test_the_alerts_of_the_quickstart_are_counted_again(column: str) -> None:
    table = pq.read_table(DATA, columns=["id", "year", column]).sort_by("id")
    then = table.filter(pc.equal(table["year"], 2015)).select([column])
    now = table.filter(pc.greater(table["year"], 2015)).select([column])
    plan = learn(open_source(then))
    whole = profile(then, plan).number(column)
    assert whole is not None
    assert whole.values is not None
    reference = whole.values
    edges = (
        np.histogram_bin_edges(np.repeat(reference.at, reference.rows), bins="doane") if len(reference) > 50 else None
    )

    def distance(values: Values) -> float:
        if edges is not None:
            found = divergence.jensen_shannon(by_bin(reference, edges), by_bin(values, edges))
        else:
            at = np.union1d(reference.at, values.at)
            found = divergence.jensen_shannon(by_value(reference, at), by_value(values, at))
        assert found.value is not None
        return found.value

    usual = np.array([distance(values) for values in chunks(then, plan, column)])
    later = np.array([distance(values) for values in chunks(now, plan, column)])
    low, high = max(usual.mean() - 3 * usual.std(), 0.0), usual.mean() + 3 * usual.std()
    assert int(((later < low) | (later > high)).sum()) == PUBLISHED[column]
