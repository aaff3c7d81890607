"""Triggers that keep record tables insert-only, on SQLite and PostgreSQL. They stop accidents; `verify` finds intent.

SQLite drops a table's triggers when Django rebuilds it, so they are made again after every migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from consilience.kit.records.models import FIXED_COLUMNS, Record
from consilience.kit.records.registry import record_models

FUNCTION_BODY = " BEGIN RAISE EXCEPTION '% is insert-only: % is refused', TG_TABLE_NAME, TG_OP; END "


@dataclass(frozen=True)
class Key:
    """A unique key. `only_first`: among first versions only, as slugs are."""

    columns: tuple[str, ...]
    only_first: bool = False

    def taken(self) -> str:
        """SQL: a row with this key of the NEW row stands. A null equals nothing, as in the unique index."""
        first = ["version = 1", "NEW.version = 1"] if self.only_first else []
        return "(" + " AND ".join([*first, *(f"{column} = NEW.{column}" for column in self.columns)]) + ")"


@dataclass(frozen=True)
class Guarded:
    table: str
    fixed: tuple[str, ...]
    keys: tuple[Key, ...]
    """Every unique key: an INSERT OR REPLACE that hits one would delete the older row without its DELETE trigger."""


def guarded() -> list[Guarded]:
    tables = [Guarded(model._meta.db_table, FIXED_COLUMNS, tuple(_keys(model))) for model in record_models()]
    return [*tables, Guarded("ledger_entry", ("position", "leaf", "exact"), (Key(("position",)),))]


def _keys(model: type[Record]) -> Iterator[Key]:
    for field in model._meta.concrete_fields:
        if field.unique:
            yield Key((field.name,))
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            if constraint.condition not in (None, models.Q(version=1)):
                raise ValueError(f"{constraint.name}: its condition has no trigger that holds on SQLite")
            yield Key(tuple(constraint.fields), only_first=constraint.condition is not None)


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
    """Names of triggers that do not stand as they were made: dropped, switched off, or made to do something else."""
    standing = _sqlite_standing if connection.vendor == "sqlite" else _postgresql_standing
    with connection.cursor() as cursor:
        made = standing(cursor)
    return [name for guard in guarded() for name in names(guard, connection.vendor) if name not in made]


def _sqlite_standing(cursor: CursorWrapper) -> set[str]:
    expected = {statement for guard in guarded() for statement in _sqlite(guard)}
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {name for name, sql in cursor.fetchall() if sql in expected}


def _postgresql_standing(cursor: CursorWrapper) -> set[str]:
    # tgtype: 1 row, 2 before, 8 delete, 16 update, 32 truncate; tgenabled: O fires in ordinary sessions, A always.
    cursor.execute(
        "SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
        "WHERE tgenabled IN ('O', 'A') AND prosrc = %s AND tgname = tgrelid::regclass || CASE tgtype "
        "WHEN 19 THEN '_no_update' WHEN 11 THEN '_no_delete' WHEN 34 THEN '_no_truncate' END",
        [FUNCTION_BODY],
    )
    return {row[0] for row in cursor.fetchall()}


def names(guard: Guarded, vendor: str) -> list[str]:
    kinds = ("replace", "update", "delete") if vendor == "sqlite" else ("update", "delete", "truncate")
    return [f"{guard.table}_no_{kind}" for kind in kinds]


def _sqlite(guard: Guarded) -> Iterator[str]:
    for name in names(guard, "sqlite"):
        yield f"DROP TRIGGER IF EXISTS {name}"
    table = guard.table
    taken = " OR ".join(key.taken() for key in guard.keys)
    # The names come from our own models, never from outside.
    yield (
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) "  # noqa: S608
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
        f"CREATE OR REPLACE FUNCTION consilience_insert_only() RETURNS trigger LANGUAGE plpgsql AS $${FUNCTION_BODY}$$"
    )
    for name in names(guard, "postgresql"):
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in guard.fixed)
    call = "EXECUTE FUNCTION consilience_insert_only()"
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({changed}) {call}"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {call}"
    yield f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}"
