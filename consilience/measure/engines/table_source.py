"""A table of a database as a source of rows, by an address such as `duckdb:///data/panel.db#scores`.

No secret is part of an address: PostgreSQL's own variables (PGPASSWORD, PGPASSFILE, PGSERVICE) and its password file say
what is needed, and no sentence repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import pyarrow as pa

from consilience.kit.errors import BadInput
from consilience.measure.engines import sql_templates as templates
from consilience.measure.engines.connections import of_connection
from consilience.measure.engines.databases import Column, Database, Session, schema_of, table_named
from consilience.measure.engines.sources import Part, Want, refuse_types, short

_SECRETS = ("password", "passfile", "sslpassword", "sslkey")


class TableSource:
    """A table or view. Its rows are read in one transaction, in the order in which the database gives them."""

    untyped, by_column = False, False

    def __init__(self, database: Database, table: str) -> None:
        self.name = f"{database.name}#{table}"
        self.database, self.table = database, table_named(table, database.dialect)
        with database.session() as session:
            self.read_as: Mapping[str, Column] = session.columns(self.table)

    def columns(self) -> list[str]:
        return list(self.read_as)

    def types(self) -> dict[str, pa.DataType]:
        return {name: column.type for name, column in self.read_as.items()}

    def rows(self) -> int | None:
        with self.database.session() as session:
            return rows_of(session, self)

    def parts(self, wanted: Mapping[str, Want]) -> list[Part]:
        refuse_types(self.name, schema_of(self.read_as), wanted)
        return [Part(1, partial(self._read, list(wanted)))]

    def _read(self, wanted: list[str], batch_rows: int) -> Iterator[pa.RecordBatch]:
        chosen = {name: self.read_as[name] for name in wanted}
        query = templates.plain(self.table, {f"c{place}": one.read for place, one in enumerate(chosen.values())})
        with self.database.session() as session:
            yield from session.batches(query, schema_of(chosen), batch_rows)


def rows_of(session: Session, source: TableSource) -> int:
    """How many rows the table has in this session."""
    ((rows,),) = session.rows(templates.row_count(source.table))
    return int(rows)


def open_table(address: str) -> TableSource:
    """The table at `duckdb:///PATH#TABLE` or `postgresql://USER@HOST:PORT/DATABASE#TABLE`."""
    parts = urlsplit(address)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    table = unquote(parts.fragment)
    if not table:
        raise BadInput(shown, f"names no table; expected {shown}#TABLE")
    return TableSource(
        _duckdb(parts.netloc + parts.path, shown) if parts.scheme == "duckdb" else _postgres(address, shown), table
    )


def of_table(connection: Any, table: str) -> TableSource:
    """A table behind an open connection of DuckDB or psycopg."""
    return TableSource(of_connection(connection), table)


def _duckdb(named: str, shown: str) -> Database:
    import duckdb

    from consilience.measure.engines.duckdb import DuckDB

    path = Path(unquote(named))
    if not path.is_file():
        raise BadInput(shown, "was not found")

    @contextmanager
    def opened() -> Iterator[Any]:
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("SET python_enable_replacements = false")  # a missing table is no variable of ours
            yield connection

    return DuckDB(shown, opened)


def _postgres(address: str, shown: str) -> Database:
    parts = urlsplit(address)
    if parts.password is not None or {name for name, _ in parse_qsl(parts.query)} & set(_SECRETS):
        raise BadInput(shown, "has a secret in its address; leave it to PGPASSWORD or to PostgreSQL's password file")
    try:
        import psycopg

        from consilience.measure.engines.postgres import PostgreSQL
    except ImportError as error:
        raise BadInput(shown, "needs psycopg; install consilience[postgres]") from error
    plain = urlunsplit(("postgresql", parts.netloc, parts.path, parts.query, ""))

    @contextmanager
    def opened() -> Iterator[Any]:
        try:
            connection = psycopg.connect(plain, autocommit=True)
        except psycopg.Error as error:
            raise BadInput(shown, f"cannot be reached ({short(error)})") from error
        with connection:
            connection.execute("SET synchronize_seqscans = off")  # rows in the same order each time
            yield connection

    return PostgreSQL(shown, opened)
