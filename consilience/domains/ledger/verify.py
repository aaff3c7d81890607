"""`verify`: hash everything again and name what does not fit. All reads see one moment; nobody is kept from writing.

1. Entries: dense positions, canonical statements, leaf hashes; stored subtrees and index columns follow from them.
2. Heads: every signed checkpoint, the one kept outside the database and the head row are heads of exactly these entries.
   Where they are not, the first signed head that fails names the entries between it and the last good one.
3. Records: every subject of an entry has its row, with these bytes, at this place, in the table of its noun; every row
   has its entry; columns follow from the body; each version supersedes the one before.
4. Private values open their commitments, and some record holds each; triggers stand as they were made.

Heads are checked in `verify_heads`, records and private values in `verify_rows`.
SQLite lets any column hold any type, so nothing that is read here is trusted to be what its column declares.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from consilience.domains.ledger import merkle, rules, verify_heads, verify_rows
from consilience.domains.ledger.models import Entry, Node
from consilience.domains.ledger.verification import (
    CHUNK,
    Finding,
    Log,
    Place,
    Report,
    bytes_of,
    number_of,
    runs,
    span,
)
from consilience.kit.errors import BadInput
from consilience.kit.records import triggers

__all__ = ["Finding", "Report", "snapshot", "verify"]
MAX_GAP = 1_000_000
"""A position further than this beyond the entries before it is a foreign row, not a gap that was torn."""


def verify() -> Report:
    """Check the whole workspace. The report is good when it has no finding."""
    outside = (
        verify_heads.outside_note()
    )  # before the snapshot: an act that ends meanwhile must not look like a removed one
    report = Report()
    with snapshot():
        log = _entries(report)
        log.epochs = verify_heads.declared(report, log)
        _nodes(report, log.tree)
        verify_heads.check(report, log, outside)
        held_by = verify_rows.rows(report, log)
        verify_rows.privates(report, held_by, log.explained)
        for name in triggers.missing(connection):
            report.add("trigger_missing", f"trigger {name} does not stand as it was made")
    return report


@contextmanager
def snapshot() -> Iterator[None]:
    """A read-only transaction, in which SQLite hands out text that is no UTF-8 instead of failing on it."""
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)
    if connection.vendor == "sqlite":
        connection.connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        if connection.vendor == "sqlite":
            connection.connection.text_factory = str
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


# 1. Entries


def _entries(report: Report) -> Log:
    leaves = bytearray()
    log = Log(merkle.Tree(b""), {}, "", "", [])
    before: tuple[object, ...] | None = None
    columns = ("position", "leaf", "exact", "verb", "actor", "at")
    for row in Entry.objects.order_by("position").values_list(*columns).iterator(chunk_size=CHUNK):
        position, leaf, exact = number_of(row[0]), bytes_of(row[1]), bytes_of(row[2])
        size = len(leaves) // 32
        if position is None or not size <= position <= size + MAX_GAP:
            report.add("entry_extra", f"entry {row[0]} stands where no entry can stand: it was added")
            continue
        if position > size:
            report.add("entry_missing", f"{span('entry', size, position - 1)} missing")
            leaves += _stored_leaves(size, position)
            before = None
        computed = merkle.leaf_hash(exact)
        if computed != leaf:
            report.add("entry_edited", f"entry {position} was edited: its bytes do not match its leaf hash")
        if before not in (None, row[3:]):
            log.act_ends.append(position)
        before = row[3:]
        _statement(report, log, position, exact, dict(zip(columns[3:], row[3:], strict=True)))
        leaves += computed
        report.entries += 1
    log.tree = merkle.Tree(leaves)
    report.root = log.tree.root(log.tree.size).hex()
    return log


def _stored_leaves(start: int, end: int) -> bytes:
    """Leaf hashes of entries that are gone, as far as the stored tree still knows them, so that the rest can be checked."""
    known = Node.objects.filter(level=0, nth__gte=start, nth__lt=end).values_list("nth", "hash")
    found = {nth: bytes_of(value) for nth, value in known}
    lost = bytes(32)
    return b"".join(value if len(value) == 32 else lost for value in (found.get(n, lost) for n in range(start, end)))


def _statement(report: Report, log: Log, position: int, exact: bytes, columns: dict[str, Any]) -> None:
    try:
        said = rules.read(exact)
    except BadInput as error:
        report.add("entry_unreadable", f"entry {position} is no statement of an act: {error.problem}")
        return
    for column, value in columns.items():
        if getattr(said, column) != value:
            report.add("entry_index", f"entry {position}: column {column} does not follow from its bytes")
    log.workspace, log.last_at = log.workspace or said.workspace, max(log.last_at, said.at)
    if said.workspace != log.workspace:
        report.add("entry_foreign", f"entry {position} was written for another workspace")
    for ordinal, (name, digest) in enumerate(said.subjects):
        if name in log.placed:
            report.add("entry_twice", f"entries {log.placed[name].position} and {position} both record {name}")
        log.placed[name] = Place(digest, position, ordinal)


def _nodes(report: Report, tree: merkle.Tree) -> None:
    """Stored subtrees against computed ones. One that differs because a subtree below it does is not named again."""
    wrong: set[int] = set()
    for level, computed in enumerate(tree.levels):
        explained = {nth >> 1 for nth in wrong}
        wrong, missing, expected = set(), list[int](), 0
        count = len(computed) // 32
        rows = Node.objects.filter(level=level).order_by("nth").values_list("nth", "hash")
        for stored, value in rows.iterator(chunk_size=CHUNK):
            nth = number_of(stored)
            if nth is None or not 0 <= nth < count:
                report.add("node_extra", f"stored subtree {level}/{stored} belongs to no entry")
                continue
            missing += range(expected, nth)
            expected = nth + 1
            if bytes_of(value) != tree.node(level, nth):
                wrong.add(nth)
                if nth not in explained:
                    closes = ((nth + 1) << level) - 1
                    report.add("node_differs", f"stored subtree {level}/{nth}, closed by entry {closes}, differs")
        missing += range(expected, count)
        for first, last in runs(missing):
            report.add("node_missing", f"{span('stored subtree', first, last, f'{level}/')} missing")
    for level, nth in Node.objects.exclude(level__in=range(len(tree.levels))).values_list("level", "nth"):
        report.add("node_extra", f"stored subtree {level}/{nth} belongs to no entry")
