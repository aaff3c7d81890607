"""`verify`: hash everything again and name what does not fit.

1. Entries: dense positions, canonical statements, leaf hashes; stored subtrees and index columns follow from them.
2. Heads: the newest signed checkpoint, and the one kept outside the database, are heads of exactly these entries. Where
   one is not, the first signed head that fails names the entries between it and the last good one.
3. Records: every subject of an entry has its row, with these bytes, at this place; every row has its entry; columns
   follow from the body; each version supersedes the one before.
4. Private values open their commitments; triggers stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from consilience.domains.ledger import merkle, queries, rules
from consilience.domains.ledger.models import Checkpoint, Entry, Node
from consilience.kit import canonical
from consilience.kit.errors import BadInput
from consilience.kit.records import commitments, triggers
from consilience.kit.records.models import FIXED_COLUMNS, Private, Record
from consilience.kit.records.registry import by_noun, record_models


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit: a stable code, and what it is about in words."""

    code: str
    about: str


@dataclass
class Report:
    entries: int = 0
    rows: int = 0
    erased: int = 0
    root: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.findings

    def add(self, code: str, about: str) -> None:
        self.findings.append(Finding(code, about))


@dataclass
class _Walk:
    """What walking the entries gathers for the later steps."""

    placed: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    """record version -> (digest, position, ordinal)"""
    frontiers: dict[int, list[bytes]] = field(default_factory=dict)
    """frontier at each size that a stored checkpoint speaks of"""


def verify() -> Report:
    """Check the whole workspace. The report is good when it has no finding."""
    report = Report()
    walk = _entries(report)
    _heads(report, walk)
    _rows(report, walk)
    _privates(report)
    for name in triggers.missing(connection):
        report.add("trigger_missing", f"trigger {name} does not stand")
    return report


def _entries(report: Report) -> _Walk:
    walk = _Walk()
    sizes = set(Checkpoint.objects.values_list("size", flat=True))
    nodes = {(level, nth): bytes(value) for level, nth, value in Node.objects.values_list("level", "nth", "hash")}
    size, frontier = 0, list[bytes]()
    for entry in Entry.objects.order_by("position").iterator(chunk_size=2000):
        while size < entry.position:
            report.add("entry_missing", f"entry {size} is missing")
            size, frontier, _ = merkle.append(size, frontier, [b"\0" * 32])
        exact = bytes(entry.exact)
        leaf = merkle.leaf_hash(exact)
        if leaf != bytes(entry.leaf):
            report.add("entry_edited", f"entry {entry.position} was edited: its bytes do not match its leaf hash")
        _statement(report, walk, entry, exact)
        size, frontier, made = merkle.append(size, frontier, [leaf])
        for level, nth, value in made:
            if nodes.pop((level, nth), None) != value and leaf == bytes(entry.leaf):
                report.add("node_differs", f"stored subtree {level}/{nth}, closed by entry {entry.position}, differs")
        if size in sizes:
            walk.frontiers[size] = frontier[:]
        report.entries += 1
    for level, nth in sorted(nodes):
        report.add("node_extra", f"stored subtree {level}/{nth} belongs to no entry")
    walk.frontiers[size] = frontier
    report.root = merkle.root(frontier).hex()
    return walk


def _statement(report: Report, walk: _Walk, entry: Entry, exact: bytes) -> None:
    try:
        said = rules.read(exact)
    except BadInput as error:
        report.add("entry_unreadable", f"entry {entry.position} is no statement of an act: {error.problem}")
        return
    for column, value in (("verb", said.verb), ("actor", said.actor), ("at", said.at)):
        if getattr(entry, column) != value:
            report.add("entry_index", f"entry {entry.position}: column {column} does not follow from its bytes")
    for ordinal, (name, digest) in enumerate(said.subjects):
        if name in walk.placed:
            report.add("entry_twice", f"entries {walk.placed[name][1]} and {entry.position} both record {name}")
        walk.placed[name] = (digest, entry.position, ordinal)


def _heads(report: Report, walk: _Walk) -> None:
    key = queries.log_key()
    size = max(walk.frontiers)
    noted = [("the stored checkpoint", note) for note in _newest_note()]
    outside = Path(settings.CHECKPOINT_FILE)
    if outside.is_file():
        noted.append(("the checkpoint kept outside the database", outside.read_text(encoding="utf-8")))
    else:
        report.add("checkpoint_missing", f"the checkpoint kept outside the database, {outside.name}, is missing")
    failed = not noted
    for which, note in noted:
        problem = _head_problem(note, key, walk, size)
        if problem:
            failed = True
            report.add("head_differs", f"{which} {problem}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, frontier FROM ledger_head")
        heads = [(row[0], bytes(row[1])) for row in cursor.fetchall()]
    if heads != [(size, b"".join(walk.frontiers[size]))]:
        report.add("head_row", "the head row is not the head of these entries")
    if failed:
        _bracket(report, key, walk, size)


def _newest_note() -> list[str]:
    newest = Checkpoint.objects.order_by("-size").first()
    return [newest.note] if newest else []


def _head_problem(note: str, key: str, walk: _Walk, size: int) -> str | None:
    try:
        head = rules.opened(note, key)
    except BadInput as error:
        return f"cannot be trusted: {error.problem}"
    if head.size > size:
        return f"covers {head.size} entries, but there are {size}: entries {size} to {head.size - 1} were removed"
    if head.size not in walk.frontiers:
        return f"covers {head.size} entries, where no act ended"
    if merkle.root(walk.frontiers[head.size]) != head.root:
        return f"covers {head.size} entries with another root: an entry was changed, added, removed or reordered"
    if head.size < size and not Checkpoint.objects.filter(size=size).exists():
        return f"covers {head.size} entries, but there are {size}: entries {head.size} to {size - 1} were added"
    return None


def _bracket(report: Report, key: str, walk: _Walk, size: int) -> None:
    """Name the entries between the last signed head that still holds and the first that does not."""
    good = 0
    for stored in Checkpoint.objects.order_by("size").iterator(chunk_size=2000):
        if _head_problem(stored.note, key, walk, size):
            last = min(stored.size, size) - 1
            span = f"entry {good}" if last <= good else f"one of the entries {good} to {last}"
            report.add("entry_span", f"the first head that fails says: {span} is not what was signed")
            return
        good = stored.size


def _rows(report: Report, walk: _Walk) -> None:
    placed = dict(walk.placed)
    for model in record_models():
        table = model._meta.db_table
        previous: Record | None = None
        for row in model._default_manager.order_by("urn", "version").iterator(chunk_size=2000):
            report.rows += 1
            for problem in _row_problems(row, placed.pop(row.name, None)):
                report.add("row_differs", f"row {row.name} of table {table} {problem}")
            before = previous.digest if previous is not None and previous.urn == row.urn else None
            if row.supersedes != before:
                report.add("row_chain", f"row {row.name} of table {table} does not supersede the version before it")
            previous = row
    nouns = by_noun()
    for name, (_, position, _) in sorted(placed.items()):
        noun = name.split(":")[3]
        table = nouns[noun]._meta.db_table if noun in nouns else "no table we know"
        report.add("row_missing", f"row {name} of table {table}, recorded by entry {position}, is gone")


def _row_problems(row: Record, place: tuple[str, int, int] | None) -> Iterator[str]:
    exact = row.canonical.encode("utf-8")
    computed = canonical.sha256(exact)
    if place is None:
        yield "has no entry: it was inserted past the ledger, or its name was changed"
        return
    digest, position, ordinal = place
    if computed != digest:
        yield f"was changed: its bytes are not what entry {position} recorded"
    if row.digest != digest:
        yield f"was changed: its digest is not what entry {position} recorded"
    if (row.position, row.ordinal) != (position, ordinal):
        yield f"stands at position {row.position}/{row.ordinal}, but was recorded at {position}/{ordinal}"
    for column in _wrong_columns(row, exact):
        yield f"was changed: column {column} does not follow from its body"


def _wrong_columns(row: Record, exact: bytes) -> Iterator[str]:
    try:
        document = canonical.decode(exact)
        derived: dict[str, Any] = type(row).columns(document)
    except (BadInput, KeyError, TypeError, AttributeError):
        yield "canonical"  # not even a record of this noun
        return
    for column, value in derived.items():
        if getattr(row, column) != value:
            yield column
    if not set(FIXED_COLUMNS) >= document.keys() - {"body"}:
        yield "canonical"


def _privates(report: Report) -> None:
    held = {row.commitment for row in Private.objects.iterator(chunk_size=2000) if _opens(report, row)}
    named = Counter(code for model in record_models() for code in _commitments_in(model))
    report.erased = len(named.keys() - held)
    for extra in sorted(held - named.keys()):
        report.add("private_extra", f"private value {extra[:12]}… belongs to no record")


def _opens(report: Report, row: Private) -> bool:
    if commitments.code_of(row.value, bytes(row.salt)) != row.commitment:
        report.add("private_edited", f"private value {row.commitment[:12]}… was edited: it does not open its commitment")
    return True


def _commitments_in(model: type[Record]) -> Iterator[str]:
    for text in model._default_manager.values_list("canonical", flat=True).iterator(chunk_size=2000):
        if '"commitment"' in text:
            try:
                yield from _codes(canonical.decode(text))
            except BadInput:
                continue  # the row itself has been reported


def _codes(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.keys() == {"commitment"}:
            yield value["commitment"]
        for item in value.values():
            yield from _codes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _codes(item)
