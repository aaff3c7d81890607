"""PostgreSQL 14 and later, by psycopg: rows come through a cursor on the server, so memory stays flat.

Times come as whole microseconds and days, since Python knows neither infinity nor a year before 1. What has no type of
its own in Arrow (UUIDs, enumerations, JSON, intervals, addresses) is read as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from sqlglot import exp

from consilience.kit.errors import BadInput
from consilience.measure.engines import dialects
from consilience.measure.engines.databases import Column, Expression, Opened, column_named, refusing

DIALECT = dialects.DIALECTS["postgres"]
MOST_DIGITS = 38
_PLAIN = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "text": pa.string(),
    "varchar": pa.string(),
    "time": pa.time64("us"),
}
_TIMES = {"date": pa.date32(), "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us", "UTC")}


class PostgreSQL:
    """A PostgreSQL database."""

    dialect = DIALECT

    def __init__(self, name: str, opened: Opened) -> None:
        self.name, self._opened = name, opened

    @contextmanager
    def session(self) -> Iterator[PostgreSQLSession]:
        """Statements in one transaction that reads only; inside the caller's, where there is one."""
        with refusing(self.name, psycopg.Error), self._opened() as connection:
            own = connection.info.transaction_status == TransactionStatus.IDLE
            with connection.transaction():
                if own:
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield PostgreSQLSession(connection, self.name)


class PostgreSQLSession:
    """Statements on one connection."""

    def __init__(self, connection: Any, name: str) -> None:
        self._connection, self._name = connection, name

    def columns(self, table: exp.Table) -> dict[str, Column]:
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(DIALECT.text(exp.select("*").from_(table.copy()).limit(0)), prepare=False)
            return {one.name: self._column(one) for one in cursor.description}

    def rows(self, query: Expression) -> list[tuple[Any, ...]]:
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            return list(cursor.execute(DIALECT.text(query), prepare=False).fetchall())

    def batches(self, query: Expression, schema: pa.Schema, batch_rows: int) -> Iterator[pa.RecordBatch]:
        with self._connection.cursor(name="consilience_rows", row_factory=tuple_row) as cursor:
            cursor.execute(DIALECT.text(query))
            while rows := cursor.fetchmany(batch_rows):
                columns = zip(*rows, strict=True)
                arrays = [self._array(values, field) for values, field in zip(columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, names=schema.names)

    def _array(self, values: tuple[Any, ...], field: pa.Field) -> Any:
        try:
            return pa.array(values, field.type)
        except (pa.ArrowException, OverflowError, ValueError) as error:
            raise BadInput(self._name, f"column {field.name!r} has a value that cannot be read ({error})") from error

    def _column(self, said: Any) -> Column:
        column = column_named(said.name)
        found = self._connection.adapters.types.get(said.type_code)
        if found is not None and found.array_oid == said.type_code:
            return Column(pa.list_(pa.string()), column, None)
        name = found.name if found is not None else ""
        if name == "numeric":
            return _numeric(column, said.precision, said.scale)
        if name in _TIMES:
            return _time(column, name)
        if name in _PLAIN:
            number = pa.types.is_integer(_PLAIN[name]) or pa.types.is_floating(_PLAIN[name])
            return Column(_PLAIN[name], column, exp.cast(column, "DOUBLE") if number else None)
        return Column(pa.binary() if name == "bytea" else pa.string(), exp.cast(column, "TEXT"), None)


def _numeric(column: Expression, precision: int | None, scale: int | None) -> Column:
    """Decimals of stated size stay decimals, with NaN as missing, which Arrow's have not; others are read as doubles."""
    if precision is None or scale is None or not 0 <= scale <= precision <= MOST_DIGITS:
        double = exp.cast(column, "DOUBLE")
        return Column(pa.float64(), double, double)
    read = exp.Nullif(this=column, expression=exp.cast(exp.Literal.string("NaN"), "DECIMAL"))
    return Column(pa.decimal128(precision, scale), read, exp.cast(read, "DOUBLE"))


def _time(column: Expression, name: str) -> Column:
    finite = exp.Case().when(exp.Anonymous(this="ISFINITE", expressions=[column]), column.copy())
    microseconds = DIALECT.microseconds(finite)
    read = microseconds
    if name == "date":
        read = exp.Sub(this=finite, expression=exp.cast(exp.Literal.string("1970-01-01"), "DATE"))
    return Column(_TIMES[name], read, exp.cast(microseconds, "DOUBLE"))
