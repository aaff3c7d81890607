"""Databases that rows are counted in: what their columns are in Arrow, how a query runs, and how its rows come out.

A column is read in one way only, whether the database counts it or its rows are fetched: so both give the same states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from sqlglot import exp
from sqlglot.errors import SqlglotError

from consilience.kit.errors import BadInput
from consilience.measure.engines.dialects import Dialect
from consilience.measure.engines.sources import short

Expression = exp.Expr


@dataclass(frozen=True)
class Column:
    """How a column is read: its type in Arrow, the expression that gives its values, and the one that gives doubles.

    `number` is None where databases and Arrow round differently; such a column is fetched and counted here.
    """

    type: pa.DataType
    read: Expression
    number: Expression | None


class Session(Protocol):
    """One view of a database: what its statements see does not change between them."""

    def columns(self, table: exp.Table) -> dict[str, Column]:
        """How each column of a table is read."""
        ...

    def rows(self, query: Expression) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        ...

    def batches(self, query: Expression, schema: pa.Schema, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """The rows of a result in batches; names and types are those of the schema."""
        ...


class Database(Protocol):
    """Something that opens sessions. `name` is for sentences and holds no secret."""

    name: str
    dialect: Dialect

    def session(self) -> AbstractContextManager[Session]: ...


Opened = Callable[[], AbstractContextManager[Any]]


def table_named(name: str, dialect: Dialect) -> exp.Table:
    """A table by its name, perhaps with its schema before a dot. Names are taken as they are written, upper or lower case."""
    try:
        found = exp.to_table(name, dialect=dialect.name)
    except (SqlglotError, ValueError) as error:
        raise BadInput(f"table {name!r}", "is no name of a table; expected NAME or SCHEMA.NAME") from error
    parts = [part for part in found.parts if isinstance(part, exp.Identifier) and part.name]
    if not parts or len(parts) != len(found.parts):
        raise BadInput(f"table {name!r}", "is no name of a table; expected NAME or SCHEMA.NAME")
    names = [exp.to_identifier(part.name, quoted=True) for part in reversed(parts)]
    return exp.Table(**dict(zip(("this", "db", "catalog"), names, strict=False)))


def column_named(name: str) -> Expression:
    """A column by its exact name."""
    return exp.column(exp.to_identifier(name, quoted=True))


def schema_of(columns: Mapping[str, Column]) -> pa.Schema:
    """Names and types in Arrow."""
    return pa.schema([(name, column.type) for name, column in columns.items()])


@contextmanager
def refusing(name: str, *errors: type[Exception]) -> Iterator[None]:
    """What a database refuses, as a sentence."""
    try:
        yield
    except errors as error:
        raise BadInput(name, f"cannot be read ({short(error)})") from error
