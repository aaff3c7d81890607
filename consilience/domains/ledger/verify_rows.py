"""`verify`, third and fourth part: every record stands where and as its entry says; private values open what records hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import BooleanField

from consilience.domains.ledger import erased
from consilience.domains.ledger.verification import CHUNK, Log, Place, Report, bytes_of, exact_of
from consilience.kit import canonical
from consilience.kit.errors import BadInput
from consilience.kit.naming import noun_of
from consilience.kit.records import commitments
from consilience.kit.records.models import Erased, Private, Record
from consilience.kit.records.registry import by_noun, record_models


def rows(report: Report, log: Log) -> dict[str, str]:
    """Check every row. Returns which record version holds each commitment."""
    unseen, held_by = dict(log.placed), dict[str, str]()
    tables = {noun: model._meta.db_table for noun, model in by_noun().items()}
    for model in record_models():
        table = model._meta.db_table
        previous: Record | None = None
        neither = _neither_true_nor_false(model)
        for row in model._default_manager.order_by("urn", "version").iterator(chunk_size=CHUNK):
            report.rows += 1
            exact = exact_of(row)
            belongs = _table_of(row.name, tables)
            problems = [*_row_problems(row, exact, unseen.pop(row.name, None), previous, belongs)]
            problems += [f"was changed: column {column} is no boolean" for column in neither.get(row.digest, ())]
            for problem in problems:
                report.add("row_differs", f"row {row.name} of table {table} {problem}")
            if b'"commitment"' in exact:
                held_by.update(dict.fromkeys(_commitments(exact), row.name))
            if model.noun in erased.NOUNS:
                _explain(log, row.name, exact)
            previous = row
    for name, place in sorted(unseen.items()):
        table = _table_of(name, tables)
        report.add("row_missing", f"row {name} of table {table}, recorded by entry {place.position}, is gone")
    return held_by


def _explain(log: Log, name: str, exact: bytes) -> None:
    """Only a record that its entry knows explains anything."""
    place = log.placed.get(name)
    if place is None or canonical.sha256(exact) != place.digest:
        return
    try:
        log.explained.notice(noun_of(name), place.position, canonical.decode(exact)["body"])
    except (BadInput, KeyError, TypeError, AttributeError):
        return  # no record of its noun: reported with its columns


def _neither_true_nor_false(model: type[Record]) -> dict[str, list[str]]:
    """Rows, by digest, with boolean columns that hold anything else: SQLite compares it, the driver reads it as false."""
    odd: dict[str, list[str]] = {}
    for column in (one.name for one in model._meta.concrete_fields if isinstance(one, BooleanField)):
        rows = model._default_manager.exclude(**{f"{column}__in": [True, False]})
        for digest in rows.values_list("digest", flat=True):
            odd.setdefault(digest, []).append(column)
    return odd


def _table_of(name: str, tables: dict[str, str]) -> str:
    try:
        return tables[noun_of(name)]
    except (BadInput, KeyError):
        return "no noun that we know"


def _row_problems(
    row: Record, exact: bytes, place: Place | None, previous: Record | None, belongs: str
) -> Iterator[str]:
    if place is None:
        yield "has no entry: it was inserted past the ledger, or its name was changed"
        return
    if belongs != row._meta.db_table:
        yield f"stands in the wrong table: it belongs to {belongs}"
        return
    if canonical.sha256(exact) != place.digest:
        yield f"was changed: its canonical bytes are not what entry {place.position} recorded"
    if row.digest != place.digest:
        yield f"was changed: its digest is not what entry {place.position} recorded"
    if (row.position, row.ordinal) != (place.position, place.ordinal):
        yield (
            f"was moved: its position and ordinal are {row.position}/{row.ordinal}, "
            f"but it was recorded at {place.position}/{place.ordinal}"
        )
    for column in _wrong_columns(row, exact):
        yield f"was changed: column {column} does not follow from its canonical bytes"
    before = previous.digest if previous is not None and previous.urn == row.urn else None
    if row.supersedes != before:
        yield "does not supersede the version before it"


def _wrong_columns(row: Record, exact: bytes) -> Iterator[str]:
    try:
        derived: dict[str, Any] = type(row).columns(canonical.decode(exact))
    except (BadInput, KeyError, TypeError, AttributeError):
        yield "canonical"  # not even a record of this noun
        return
    for column, value in derived.items():
        if getattr(row, column) != value:
            yield column


def _commitments(exact: bytes) -> Iterator[str]:
    try:
        document = canonical.decode(exact)
    except BadInput:
        return  # the row itself has been reported
    yield from _codes(document)


def _codes(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.keys() == {"commitment"} and isinstance(value["commitment"], str):
            yield value["commitment"]
        for item in value.values():
            yield from _codes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _codes(item)


# Private values


def privates(report: Report, held_by: dict[str, str], explained: erased.Explained) -> None:
    kept: set[str] = set()
    for row in Private.objects.order_by("commitment").iterator(chunk_size=CHUNK):
        name = f"private value {row.commitment[:12]}…"
        holder = held_by.get(row.commitment)
        kept.add(row.commitment)
        if not _opens(row):
            report.add("private_edited", f"{name} of {holder} was edited: it does not open its commitment")
        if holder is None:
            report.add("private_extra", f"{name} belongs to no record")
    gone = held_by.keys() - kept
    report.erased, report.erased_by = len(gone), explained.told(gone)
    for code in explained.unexplained(gone) if explained.strict else ():
        told = f"private value {code[:12]}… of {held_by[code]} is gone, and no erasure says why"
        report.add("private_missing", told)
    said = dict(Erased.objects.values_list("what", "position"))
    for what in sorted(said.items() ^ explained.by.items()):
        report.add("erased_differs", f"what table erased says of {what[0][:12]}… is not what the erasures say")


def _opens(row: Private) -> bool:
    try:
        return commitments.code_of(row.value, bytes_of(row.salt)) == row.commitment
    except (AttributeError, TypeError, UnicodeEncodeError):
        return False  # not even text
