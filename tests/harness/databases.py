"""Databases for the tests that count in them: an own DuckDB in memory, and a throw-away PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pyarrow as pa

from tests.harness import postgres


class Connections:
    """Connections that are opened when a test first asks for one."""

    def __init__(self, until_the_end: ExitStack) -> None:
        self._until_the_end = until_the_end
        self._opened: dict[str, Any] = {}

    def of(self, database: str) -> Any:
        if database not in self._opened:
            made = _duckdb() if database == "duckdb" else _postgresql(self._until_the_end)
            self._opened[database] = self._until_the_end.enter_context(made)
        return self._opened[database]


@contextmanager
def connections() -> Iterator[Connections]:
    with ExitStack() as until_the_end:
        yield Connections(until_the_end)


def load(connection: Any, name: str, table: pa.Table) -> None:
    """Put an Arrow table into a new table of this name."""
    if type(connection).__module__.startswith(("duckdb", "_duckdb")):
        connection.register("given", table)
        connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM given')
        connection.unregister("given")
        return
    columns = ", ".join(f'"{field.name}" {_type(field.type)}' for field in table.schema)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
        cursor.execute(f'CREATE TABLE "{name}" ({columns})')
        with cursor.copy(f'COPY "{name}" FROM STDIN') as copy:
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                copy.write_row(row)


def _duckdb() -> Any:
    import duckdb

    return duckdb.connect(":memory:")


def _postgresql(until_the_end: ExitStack) -> Any:
    import psycopg

    running = until_the_end.enter_context(postgres.server())
    return psycopg.connect(running.url("postgres"), autocommit=True)


def _type(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz is not None else "timestamp"
    names = {
        "bool": "boolean", "int16": "smallint", "int32": "integer", "int64": "bigint", "float": "real",
        "double": "double precision", "string": "text", "date32[day]": "date", "time64[us]": "time",
    }  # fmt: skip
    return names[str(kind)]
