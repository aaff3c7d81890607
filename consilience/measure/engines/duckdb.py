"""DuckDB, in this process: results come out as Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from consilience.measure.engines import dialects
from consilience.measure.engines.databases import Column, Expression, Opened, column_named, refusing
from consilience.measure.engines.sources import sliced

DIALECT = dialects.DIALECTS["duckdb"]
EXACT_DIGITS = 15
"""Decimals of so many digits become the nearest double here too; longer ones are rounded more than once."""


class DuckDB:
    """A DuckDB database."""

    dialect = DIALECT

    def __init__(self, name: str, opened: Opened) -> None:
        self.name, self._opened = name, opened

    @contextmanager
    def session(self) -> Iterator[DuckDBSession]:
        """Statements in one transaction: the caller's, where there is one."""
        with refusing(self.name, duckdb.Error), self._opened() as connection:
            own = not _in_transaction(connection)  # the caller's is as good a view
            if own:
                connection.begin()
            try:
                yield DuckDBSession(connection)
            finally:
                if own:
                    connection.rollback()


class DuckDBSession:
    """Statements on one connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def columns(self, table: exp.Table) -> dict[str, Column]:
        query = DIALECT.text(exp.select("*").from_(table.copy()).limit(0))
        return {field.name: _column(field.name, field.type) for field in self._stream(query, 1).schema}

    def rows(self, query: Expression) -> list[tuple[Any, ...]]:
        return list(self._connection.sql(DIALECT.text(query)).fetchall())

    def batches(self, query: Expression, schema: pa.Schema, batch_rows: int) -> Iterator[pa.RecordBatch]:
        for batch in self._stream(DIALECT.text(query), batch_rows):
            arrays = [
                array.cast(field.type) if pa.types.is_timestamp(field.type) else array  # from the session's zone to UTC
                for array, field in zip(batch.columns, schema, strict=True)
            ]
            yield from sliced(pa.RecordBatch.from_arrays(arrays, names=schema.names), batch_rows)

    def _stream(self, query: str, batch_rows: int) -> Any:
        return self._connection.sql(query).to_arrow_reader(batch_rows)


def _in_transaction(connection: Any) -> bool:
    # DuckDB has no word for it, and a second BEGIN ruins the first. Outside, each statement is a transaction of its own.
    first, second = (connection.sql("SELECT txid_current()").fetchall() for _ in range(2))
    return bool(first == second)


def _column(name: str, kind: pa.DataType) -> Column:
    column = column_named(name)
    if _has_no_arrow(kind):
        return Column(pa.string(), exp.cast(column, "VARCHAR"), None)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        # Infinity is a time to DuckDB and some far microsecond to Arrow: it is read as missing.
        finite = exp.Case().when(exp.Anonymous(this="ISFINITE", expressions=[column]), column.copy())
        zoned = pa.timestamp(kind.unit, "UTC") if pa.types.is_timestamp(kind) and kind.tz is not None else kind
        return Column(zoned, finite, _microseconds(finite, kind))
    return Column(kind, column, exp.cast(column, "DOUBLE") if _rounds_alike(kind) else None)


def _has_no_arrow(kind: pa.DataType) -> bool:
    """Intervals and numbers of any length: their text is all that is read."""
    return bool(pa.types.is_interval(kind) or isinstance(kind, pa.BaseExtensionType))


def _rounds_alike(kind: pa.DataType) -> bool:
    if pa.types.is_decimal(kind):
        return bool(kind.precision <= EXACT_DIGITS)
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _microseconds(time: Expression, kind: pa.DataType) -> Expression | None:
    if pa.types.is_timestamp(kind) and kind.unit != "us":
        return None
    moment = time if pa.types.is_timestamp(kind) else exp.cast(time, "TIMESTAMP")
    return exp.cast(DIALECT.microseconds(moment), "DOUBLE")
