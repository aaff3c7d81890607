"""Triggers that keep record tables insert-only, on SQLite and PostgreSQL. They stop accidents; `verify` finds intent.

SQLite drops a table's triggers when Django rebuilds it, so they are made again after every migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from consilience.kit.records.models import FIXED_COLUMNS
from consilience.kit.records.registry import record_models


@dataclass(frozen=True)
class Guarded:
    table: str
    fixed: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    """Unique keys: an INSERT OR REPLACE that hits one would delete the older row without firing its DELETE trigger."""


def guarded() -> list[Guarded]:
    keys = (("digest",), ("position", "ordinal"), ("urn", "version"))
    tables = [Guarded(model._meta.db_table, FIXED_COLUMNS, keys) for model in record_models()]
    return [*tables, Guarded("ledger_entry", ("position", "leaf", "exact"), (("position",),))]


def install(connection: BaseDatabaseWrapper) -> None:
    """Make every trigger again."""
    make = _sqlite if connection.vendor == "sqlite" else _postgresql
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for guard in guarded():
            if guard.table in present:
                for statement in make(guard):
                    cursor.execute(statement)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that should stand and do not."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        standing = {row[0] for row in cursor.fetchall()}
    return [name for guard in guarded() for name in names(guard, connection.vendor) if name not in standing]


def names(guard: Guarded, vendor: str) -> list[str]:
    kinds = ("replace", "update", "delete") if vendor == "sqlite" else ("update", "delete", "truncate")
    return [f"{guard.table}_no_{kind}" for kind in kinds]


def _sqlite(guard: Guarded) -> Iterator[str]:
    for name in names(guard, "sqlite"):
        yield f"DROP TRIGGER IF EXISTS {name}"
    table = guard.table
    taken = " OR ".join("(" + " AND ".join(f"{c} = NEW.{c}" for c in key) + ")" for key in guard.keys)
    yield (
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only: a row with this key stands already'); END"
    )
    yield (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE OF {', '.join(guard.fixed)} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only: UPDATE is refused'); END"
    )
    yield (
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only: DELETE is refused'); END"
    )


def _postgresql(guard: Guarded) -> Iterator[str]:
    table = guard.table
    yield (
        "CREATE OR REPLACE FUNCTION consilience_insert_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is insert-only: % is refused', TG_TABLE_NAME, TG_OP; END $$"
    )
    for name in names(guard, "postgresql"):
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in guard.fixed)
    call = "EXECUTE FUNCTION consilience_insert_only()"
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({changed}) {call}"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {call}"
    yield f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}"
