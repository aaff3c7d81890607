"""Counting where the rows lie: statements that a database runs, with the same states as the Arrow engine's.

Runs on DuckDB and PostgreSQL. `statements` writes the text for others (Spark SQL, Trino, Snowflake, BigQuery), which
was **never run**.

What a database would count differently is fetched, each different value once with its rows, and counted by the Arrow
engine's own code: groups, classes and scores (the logarithm of a score is not the same everywhere), categories, and
columns of long decimals. No row with other columns leaves the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.engines import dialects, learning, profile_kernels
from consilience.measure.engines import sql_templates as templates
from consilience.measure.engines.arrow import CubeFolder, wanted_columns
from consilience.measure.engines.category_table import CategoryTable
from consilience.measure.engines.columns import int64s
from consilience.measure.engines.databases import Column, Expression, Session, column_named, schema_of, table_named
from consilience.measure.engines.number_table import NumberTable
from consilience.measure.engines.profiling import ProfileFolder
from consilience.measure.engines.sources import BATCH_ROWS, check_columns, refuse_types
from consilience.measure.engines.table_source import TableSource, of_table, rows_of
from consilience.measure.plan import Plan
from consilience.measure.states.cube import States
from consilience.measure.states.numbers import HASHES, KEPT_HASHES, LARGEST_UNITS, NumberState, Scale, Values
from consilience.measure.states.profile import ColumnPlan, ColumnState, Kind, Profile, ProfilePlan

Floats = NDArray[np.float64]
TALLIES = 12
"""Columns of `templates.tally` before the histogram."""
ENOUGH = 8 * KEPT_HASHES
"""Where all values differ, about so many hashes are below the bound that is tried first."""


def fold(connection: Any, table: str, plan: Plan) -> States:
    """Count the rows of a table. `connection` is one of DuckDB or psycopg; it is only read from, and stays open.

    Raises BadInput when the table, a column or a value cannot be used.
    """
    source = of_table(connection, table)
    folder = CubeFolder(plan, source)
    wanted = folder.wants()
    check_columns(source, wanted)
    refuse_types(source.name, schema_of(source.read_as), wanted)
    counting = folder.start()
    with source.database.session() as session:
        for batch, counted in _grouped(session, source, {name: source.read_as[name] for name in wanted}):
            counting.add(batch, None, counted)
    return folder.states([counting])


def profile(connection: Any, table: str, plan: ProfilePlan | None = None) -> Profile:
    """Count every column of a table by a plan; without one the table is its own reference, and its rows are read to learn."""
    source = of_table(connection, table)
    plan = plan or learning.learn(source)
    folder = ProfileFolder(plan, source)
    with source.database.session() as session:
        rows = rows_of(session, source)
        states = {one.name: _counted(session, source, one, plan.exact_rows) for one in folder.columns}
    for name, state in states.items():
        if state.rows != rows:
            raise BadInput(f"{source.name}, column {name!r}", "changed while it was counted; count in one transaction")
    return Profile(plan, rows, {name: str(kind) for name, kind in source.types().items()}, states)


def statements(plan: Plan | ProfilePlan, table: str, dialect: str) -> list[str]:
    """The statements that count a table by a plan, as text in a dialect: duckdb, postgres, spark, trino, snowflake, bigquery.

    Only DuckDB's and PostgreSQL's are ever run; the text for the others parses, and was never run. Columns are
    taken to have the types that the plan says; `fold` and `profile` ask the table.
    """
    spoken = dialects.named(dialect)
    named = table_named(table, spoken)
    if isinstance(plan, Plan):
        names = wanted_columns(plan)
        return [spoken.text(templates.grouped(named, {f"c{at}": column_named(name) for at, name in enumerate(names)}))]
    queries: list[Expression] = [templates.row_count(named)]
    for column in plan.columns:
        read = column_named(column.name)
        if column.scale is None:
            queries.append(templates.grouped(named, {"c0": read}))
            continue
        number = templates.as_double(read if column.kind is Kind.NUMBER else spoken.microseconds(read))
        queries.append(templates.tally(named, number, column.scale, spoken))
        if spoken.histogram is None:
            queries.append(templates.bins(named, number, column.scale))
        queries.append(templates.hashes(named, number, column.scale))
        if plan.exact_rows:
            queries.append(templates.values(named, number))
    return [spoken.text(query) for query in queries]


def _counted(session: Session, source: TableSource, planned: ColumnPlan, exact_rows: int) -> ColumnState:
    column = source.read_as[planned.name]
    if planned.scale is None:
        categories = CategoryTable(untyped=False)
        for batch, counted in _grouped(session, source, {planned.name: column}):
            categories.add(batch.column(0), counted)
        return categories.state()
    if column.number is not None and templates.scale_fits(planned.scale):
        return _numbers(session, source, column.number, planned.scale, exact_rows)
    numbers = NumberTable(planned.scale, exact_rows)
    query = templates.plain(source.table, {"c0": column.read})
    for batch in session.batches(query, schema_of({planned.name: column}), BATCH_ROWS):
        numbers.add(batch.column(0))
    return numbers.state()


def _numbers(session: Session, source: TableSource, number: Expression, scale: Scale, exact_rows: int) -> NumberState:
    (found,) = session.rows(templates.tally(source.table, number, scale, source.database.dialect))
    rows, there, finite, low, high, _, _, counted, *sums = (0 if one is None else int(one) for one in _whole(found))
    least, most = found[5], found[6]
    bins = _bins(session, source, number, scale, found[TALLIES:], finite)
    values = _values(session, source, number) if 0 < exact_rows >= finite else None
    total, squares = _sums(counted, *sums)
    return NumberState(
        missing=rows - there,
        nan=there - finite - low - high,
        low_infinite=low,
        high_infinite=high,
        beyond=finite - counted,
        bins=tuple(bins),
        minimum=None if least is None else float(least) + 0.0,
        maximum=None if most is None else float(most) + 0.0,
        total=total,
        squares=squares,
        hashes=_hashes(session, source, number, scale, _different(scale, bins, values), counted),
        values=values,
    )


def _bins(
    session: Session, source: TableSource, number: Expression, scale: Scale, histogram: tuple[Any, ...], finite: int
) -> list[int]:
    """The rows of each bin: from the histogram that came with the tally, else by a statement of their own."""
    if not scale.edges:
        return [finite]
    bins = [0] * (len(scale.edges) + 1)
    if source.database.dialect.histogram is None:
        found = [(int(place), rows) for place, rows in session.rows(templates.bins(source.table, number, scale))]
    else:
        place = {end: number for number, end in enumerate(templates.ends(scale))}
        found = [(place.get(end, len(scale.edges)), rows) for end, rows in (histogram[0] or {}).items()]
    for at, rows in found:
        bins[at] += int(rows)
    return bins


def _different(scale: Scale, bins: list[int], values: Values | None) -> Floats | None:
    """All different values, where they are known: all were fetched, or each has a bin of its own."""
    if values is not None:
        return values.at
    filled = [number for number, rows in enumerate(bins) if rows]
    if not all(scale.atom(number) for number in filled):
        return None
    return np.array([scale.edges[number - 1] for number in filled], dtype=np.float64)


def _hashes(
    session: Session, source: TableSource, number: Expression, scale: Scale, different: Floats | None, counted: int
) -> tuple[int, ...]:
    """The smallest hashes. Of many different values nearly all hashes are too large to be sorted: a bound leaves them out."""
    if different is not None:
        table = NumberTable(scale, 0)
        table.add(pa.array(different))
        return table.state().hashes
    bounds = [HASHES // counted * ENOUGH, None] if counted > 2 * ENOUGH else [None]
    found: list[tuple[Any, ...]] = []
    for below in bounds:
        found = session.rows(templates.hashes(source.table, number, scale, below=below))
        if len(found) == KEPT_HASHES:
            break
    return tuple(int(one) for (one,) in found)


def _whole(found: tuple[Any, ...]) -> tuple[Any, ...]:
    """The tallies, with the two extremes, which are no whole numbers, left empty."""
    return (*found[:5], None, None, *found[7:TALLIES])


def _sums(counted: int, moved: int, high: int, mixed: int, low: int) -> tuple[int, int]:
    """The sums of v and v^2, from those of w = v + 2^45 and of the parts of w^2."""
    squares = (high << 2 * profile_kernels.SPLIT) + (mixed << profile_kernels.SPLIT + 1) + low
    return moved - LARGEST_UNITS * counted, squares - 2 * LARGEST_UNITS * moved + LARGEST_UNITS**2 * counted


def _values(session: Session, source: TableSource, number: Expression) -> Values:
    rows: dict[float, int] = {}
    for value, count in session.rows(templates.values(source.table, number)):
        rows[float(value) + 0.0] = rows.get(float(value) + 0.0, 0) + int(count)
    return Values.of(sorted(rows.items()))


def _grouped(
    session: Session, source: TableSource, columns: Mapping[str, Column]
) -> Iterator[tuple[pa.RecordBatch, NDArray[np.int64]]]:
    """Each different combination of these columns' values, with how many rows have it."""
    query = templates.grouped(source.table, {f"c{place}": one.read for place, one in enumerate(columns.values())})
    schema = schema_of(columns).append(pa.field(templates.ROWS, pa.int64()))
    for batch in session.batches(query, schema, BATCH_ROWS):
        last = batch.num_columns - 1
        yield (
            pa.RecordBatch.from_arrays(batch.columns[:last], names=list(columns)),
            int64s(batch.column(last)),
        )
