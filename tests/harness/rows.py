"""Rows of every noun, whatever a noun's room is about: for tests of records, triggers and `verify`.

Bodies are as small as a noun's index columns allow, found out by asking it; a noun that is added later is covered
without a word here. They go through the real `act`, so they are ordinary records with ordinary entries.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

from django.db import connection, models, transaction

from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.act import act
from consilience.domains.ledger.models import Workspace
from consilience.kit.clock import Instant
from consilience.kit.records import triggers
from consilience.kit.records.models import Record
from consilience.kit.records.registry import record_models
from tests.harness.builders import later, operator

R = TypeVar("R", bound=Record)
_numbers = count(1)


class _Asking(dict[str, Any]):
    """A body that has whatever it is asked for, and remembers it."""

    def __missing__(self, key: str) -> str:
        self[key] = f"{key.replace('_', '-')}-{next(_numbers)}"
        return str(self[key])


def smallest_body(model: type[Record]) -> dict[str, Any]:
    """A body from which this noun can draw its index columns; two of them share no value."""
    asked = _Asking()
    for column in model.index(asked):
        field = model._meta.get_field(column)
        if isinstance(field, models.BooleanField):
            asked[column] = True
        elif isinstance(field, models.IntegerField):
            asked[column] = next(_numbers)
    return dict(asked)


def a_row(model: type[R], *, replaces: R | None = None, now: Instant | None = None) -> R:
    """A version of a noun, with a private value: a first one, or the next after `replaces`."""
    with act(operator(), verb="tests.recorded", at=now or later()) as opened:
        body = replaces.body if replaces else smallest_body(model)
        return opened.record(
            model, body={**body, "remark": opened.private(f"remark {next(_numbers)}")}, replaces=replaces
        )


def rows_of_every_noun() -> None:
    """In every record table: one thing with two versions, and one with one. A workspace has only itself."""
    for model in record_models():
        if model is Workspace:
            a_row(Workspace, replaces=ledger.workspace())
            continue
        first = a_row(model)
        a_row(model)
        a_row(model, replaces=first)


@contextmanager
def unguarded() -> Iterator[None]:
    """Raw SQL past the triggers, as somebody with the database in hand would do it; afterwards they stand again."""
    with transaction.atomic():
        for guard in triggers.guarded():
            for name in triggers.names(guard, connection.vendor):
                sql(f"DROP TRIGGER {name}" + ("" if connection.vendor == "sqlite" else f" ON {guard.table}"))
        yield
        triggers.install(connection)


def sql(statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run one raw statement; returns its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []
