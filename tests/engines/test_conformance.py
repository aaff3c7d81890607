"""Every engine gives the same bytes on the same rows as the Arrow engine on an Arrow table.

What cannot be equal, and is not asked: names of types differ between stores (a dictionary is `string` in a database), so
types are held against the Arrow engine reading the database's own table.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import BadInput
from consilience.measure import drifting, references
from consilience.measure.engines import arrow, learning, profiling, sql
from consilience.measure.engines.duckdb import DuckDBSession
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.table_source import of_table
from consilience.measure.plan import Plan, make_plan
from consilience.measure.states import profile_wire, stored, wire
from consilience.measure.states.cube import States
from consilience.measure.states.numbers import Scale
from consilience.measure.states.profile import ColumnPlan, Kind, Profile, ProfilePlan
from tests.harness import databases, datasets
from tests.harness.datasets import Data

EXACT_ROWS = 600  # fewer than most tables have, so that columns with and without listed values are compared


class Engine(Protocol):
    def profile(self, table: pa.Table, plan: ProfilePlan) -> Profile: ...
    def fold(self, table: pa.Table, plan: Plan) -> States: ...


class ByParquet:
    """The Arrow engine over row groups, on threads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "rows.parquet"

    def profile(self, table: pa.Table, plan: ProfilePlan) -> Profile:
        return profiling.profile(self._written(table), plan, threads=2)

    def fold(self, table: pa.Table, plan: Plan) -> States:
        return arrow.fold(self._written(table), plan)

    def _written(self, table: pa.Table) -> Path:
        pq.write_table(table, self._path, row_group_size=max(1, table.num_rows // 4))
        return self._path


class InDatabase:
    """The database counts."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def profile(self, table: pa.Table, plan: ProfilePlan) -> Profile:
        databases.load(self._connection, "rows to count", table)
        return sql.profile(self._connection, '"rows to count"', plan)

    def fold(self, table: pa.Table, plan: Plan) -> States:
        databases.load(self._connection, "rows to count", table)
        return sql.fold(self._connection, '"rows to count"', plan)


class FromDatabase:
    """The Arrow engine counts what the database gives."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def profile(self, table: pa.Table, plan: ProfilePlan) -> Profile:
        databases.load(self._connection, "rows to count", table)
        return profiling.profile(of_table(self._connection, '"rows to count"'), plan)

    def fold(self, table: pa.Table, plan: Plan) -> States:
        databases.load(self._connection, "rows to count", table)
        return arrow.fold(of_table(self._connection, '"rows to count"'), plan)


@pytest.fixture(scope="module")
def connections() -> Iterator[databases.Connections]:
    with databases.connections() as opened:
        yield opened


ENGINES = ("parquet", "duckdb", "duckdb, fetched", "postgresql", "postgresql, fetched")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path, connections: databases.Connections) -> Engine:
    name, _, how = request.param.partition(", ")
    if name == "parquet":
        return ByParquet(tmp_path)
    connection = connections.of(name)
    return FromDatabase(connection) if how else InDatabase(connection)


@pytest.mark.parametrize("name", datasets.ALL)
def test_profiles_are_equal(name: str, engine: Engine) -> None:
    table = datasets.ALL[name]().table
    plan = learning.learn(open_source(table), exact_rows=EXACT_ROWS)
    expected = profiling.profile(table, plan)
    found = engine.profile(table, plan)
    assert profile_wire.encode(replace(found, types=expected.types)) == profile_wire.encode(expected)
    assert profile_wire.decode(profile_wire.encode(found)) == found


@pytest.mark.parametrize("name", datasets.ALL)
def test_profiles_on_stored_edges_are_equal(name: str, engine: Engine) -> None:
    table = datasets.ALL[name]().table
    try:
        kept = profile_wire.decode(profile_wire.encode(references.to_keep(table.slice(0, table.num_rows // 2))))
    except BadInput:
        pytest.skip("half of the rows are too few for a reference that tells of none of them")
    expected = profiling.profile(table, kept.plan)
    found = engine.profile(table, kept.plan)
    assert profile_wire.encode(replace(found, types=expected.types)) == profile_wire.encode(expected)
    assert drifting.features(kept, stored.aligned(kept, found)) == drifting.features(
        kept, stored.aligned(kept, expected)
    )


@pytest.mark.parametrize("name", [name for name, made in datasets.ALL.items() if made().cube])
def test_cubes_are_equal(name: str, engine: Engine) -> None:
    data: Data = datasets.ALL[name]()
    plan = make_plan(**data.cube)
    assert wire.encode(engine.fold(data.table, plan)) == wire.encode(arrow.fold(data.table, plan))


@pytest.mark.parametrize("database", ["duckdb", "postgresql"])
@pytest.mark.parametrize("name", datasets.ALL)
def test_a_database_says_the_same_types_whoever_counts(
    name: str, database: str, connections: databases.Connections
) -> None:
    table, connection = datasets.ALL[name]().table, connections.of(database)
    databases.load(connection, "rows to count", table)
    found = sql.profile(connection, '"rows to count"')
    source = of_table(connection, '"rows to count"')
    assert profile_wire.encode(found) == profile_wire.encode(profiling.profile(source, learning.learn(source)))


def test_a_plan_without_kept_values_keeps_none(engine: Engine) -> None:
    table = datasets.normal().table
    plan = learning.learn(open_source(table), exact_rows=0)
    found = engine.profile(table, plan)
    assert found == replace(profiling.profile(table, plan), types=found.types)
    assert all(found.number(name).values is None for name in table.schema.names)  # type: ignore[union-attr]


def test_a_table_drifted_away_from_its_plan_is_counted_alike(engine: Engine) -> None:
    plan = learning.learn(open_source(pa.table({"x": [0.0, 1.0, 2.0], "g": ["a", "b", "c"], "t": [1, 2, 3]})))
    moved = pa.table({"x": [1e15, -1e300, 0.25, 2.5], "g": ["z", None, "a", "a"], "t": ["now", "text", "is", "here"]})
    expected, found = profiling.profile(moved, plan), engine.profile(moved, plan)
    assert found.columns == expected.columns
    assert found.number("x").beyond == 2  # type: ignore[union-attr]
    assert "t" not in found.columns
    assert profile_wire.decode(profile_wire.encode(found)) == found


@pytest.mark.parametrize(("kept", "most"), [(0, 2), (1 << 14, 2)])
def test_duckdb_reads_a_column_of_numbers_twice_at_most(
    kept: int, most: int, connections: databases.Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connections.of("duckdb")
    values = np.random.default_rng(2).normal(0, 1, 10_000)
    databases.load(connection, "rows to count", pa.table({"x": values, "code": np.arange(10_000) % 7}))
    asked: list[str] = []
    rows = DuckDBSession.rows

    def noting(session: DuckDBSession, query: Any) -> Any:
        asked.append(str(query))
        return rows(session, query)

    source = of_table(connection, '"rows to count"')
    plan = learning.learn(source, exact_rows=kept)
    monkeypatch.setattr(DuckDBSession, "rows", noting)
    found = sql.profile(connection, '"rows to count"', plan)
    monkeypatch.undo()
    assert len([query for query in asked if '"x"' in query]) == most
    assert len([query for query in asked if '"code"' in query]) == (2 if kept else 1), "each code has a bin of its own"
    assert found == profiling.profile(source, plan)


def test_values_at_the_edges_of_bins_are_counted_where_they_belong(engine: Engine) -> None:
    edges = (-sys.float_info.max, -1.0, 0.0, 5e-324, 1.0, math.nextafter(1.0, 2.0), 1e300, sys.float_info.max)
    plan = ProfilePlan((ColumnPlan("x", Kind.NUMBER, Scale(edges, (), 0.0, 0)),), 0)
    near = [edge for end in edges for edge in (math.nextafter(end, -math.inf), end, math.nextafter(end, math.inf))]
    table = pa.table({"x": [*near, -0.0, math.nan, None, math.inf, -math.inf]})
    found = engine.profile(table, plan)
    assert found.number("x") == profiling.profile(table, plan).number("x")
    empty = engine.profile(pa.table({"x": pa.nulls(3, pa.float64())}), plan)
    assert empty.number("x") == profiling.profile(pa.table({"x": pa.nulls(3, pa.float64())}), plan).number("x")
