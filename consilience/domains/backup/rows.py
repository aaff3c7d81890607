"""The rows of a backup into an empty database: at the tables that it was written with, then brought up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from consilience.domains.backup import form
from consilience.domains.backup.reader import Backup
from consilience.kit.errors import CannotTell, WrongUse

CHUNK = 500


def refuse_newer(migrations: Iterable[tuple[str, str]], what: str) -> None:
    """WrongUse where tables were made by a later version of the product than this one."""
    known = MigrationExecutor(connection).loader.graph.nodes.keys()
    unknown = sorted(set(migrations) - set(known))
    if unknown:
        app, name = unknown[0]
        raise WrongUse(f"{what} is of a later version of the product ({app} {name}); install that one first")


def applied() -> list[tuple[str, str]]:
    """The migrations of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return [(str(app), str(name)) for app, name in cursor.fetchall()]


def size() -> int | None:
    """Entries of the log in this database; None where nothing is there yet."""
    with connection.cursor() as cursor:
        if "ledger_head" not in connection.introspection.table_names(cursor):
            return None
        cursor.execute("SELECT size FROM ledger_head WHERE id = 1")
        row = cursor.fetchone()
        return int(row[0]) if row else None


def load(backup: Backup) -> None:
    """Make the tables as they were, and fill them in one transaction: all rows are there, or none."""
    made = backup.manifest
    refuse_newer(made.migrations, "this backup")
    MigrationExecutor(connection).migrate(list(made.migrations))
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    missing = sorted(set(made.tables) - there)
    if missing:
        raise CannotTell(f"the backup has a table {missing[0]} that its own version does not make")
    with transaction.atomic():
        for table, columns in made.tables.items():
            _fill(table, columns, backup.rows(table))
        _count_on()


def _fill(table: str, columns: form.Columns, rows: Iterable[list[Any]]) -> None:
    quoted = connection.ops.quote_name
    names = ", ".join(quoted(name) for name, _ in columns)
    statement = f"INSERT INTO {quoted(table)} ({names}) VALUES ({', '.join(['%s'] * len(columns))})"  # noqa: S608
    with connection.cursor() as cursor:
        for many in _batches(rows):
            cursor.executemany(
                statement,
                [[form.from_text(value, kind) for value, (_, kind) in zip(row, columns, strict=True)] for row in many],
            )


def _batches(rows: Iterable[list[Any]]) -> Iterator[list[list[Any]]]:
    left = iter(rows)
    while many := list(islice(left, CHUNK)):
        yield many


def _count_on() -> None:
    """Numbers that the database gives go on behind those of the rows."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        models = [model for model in apps.get_models() if model._meta.db_table in there]
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
