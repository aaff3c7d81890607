"""Which database stands behind a connection that somebody opened."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from consilience.kit.errors import WrongUse
from consilience.measure.engines.databases import Database


def of_connection(connection: Any) -> Database:
    """The database behind an open connection of DuckDB or psycopg. The connection stays open."""
    kind = type(connection).__module__.partition(".")[0]
    if kind in ("duckdb", "_duckdb"):
        from consilience.measure.engines.duckdb import DuckDB

        return DuckDB("duckdb", lambda: nullcontext(connection))
    if kind == "psycopg":
        from consilience.measure.engines.postgres import PostgreSQL

        return PostgreSQL("postgresql", lambda: nullcontext(connection))
    raise WrongUse(f"a connection of DuckDB or of psycopg is expected, not a {type(connection).__name__}")
