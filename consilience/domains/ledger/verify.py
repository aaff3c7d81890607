"""`verify`: hash everything again and name what does not fit. All reads see one moment; nobody is kept from writing.

1. Entries: dense positions, canonical statements, leaf hashes; stored subtrees and index columns follow from them.
2. Heads: every signed checkpoint, the one kept outside the database and the head row are heads of exactly these entries.
   Where they are not, the first signed head that fails names the entries between it and the last good one.
3. Records: every subject of an entry has its row, with these bytes, at this place, in the table of its noun; every row
   has its entry; columns follow from the body; each version supersedes the one before.
4. Private values open their commitments, and some record holds each; triggers stand as they were made.

SQLite lets any column hold any type, so nothing that is read here is trusted to be what its column declares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import BooleanField

from consilience.domains.ledger import epochs, erased, keys, log_keys, merkle, notes, rules
from consilience.domains.ledger.log_keys import Bound
from consilience.domains.ledger.models import Checkpoint, Entry, Epoch, Head, Node, Workspace
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.kit import canonical
from consilience.kit.errors import BadInput
from consilience.kit.naming import noun_of
from consilience.kit.records import commitments, triggers
from consilience.kit.records.models import Erased, Private, Record
from consilience.kit.records.registry import by_noun, record_models

CHUNK = 2000
MALFORMED = (KeyError, TypeError, AttributeError, ValueError)
"""What reading a body brings about that has not the form of its noun."""
MAX_GAP = 1_000_000
"""A position further than this beyond the entries before it is a foreign row, not a gap that was torn."""


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit: a stable code, and what it is about in words."""

    code: str
    about: str


@dataclass
class Report:
    entries: int = 0
    heads: int = 0
    rows: int = 0
    erased: int = 0
    erased_by: str = ""
    """Which entries erased them, as far as entries did: earlier versions recorded none."""
    root: str = ""
    epochs: list[str] = field(default_factory=list)
    """What epochs declared lost, in words."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.findings

    def add(self, code: str, about: str) -> None:
        printable = about.encode("utf-8", "backslashreplace").decode()  # a row may hold bytes that are no text
        self.findings.append(Finding(code, printable))


@dataclass(frozen=True)
class _Place:
    """Where an entry says that a record version stands, and with which digest."""

    digest: str
    position: int
    ordinal: int


@dataclass
class _Log:
    """What walking the entries gathers for the later steps."""

    tree: merkle.Tree
    placed: dict[str, _Place]
    workspace: str
    last_at: str
    act_ends: list[int]
    """Sizes at which one act ended and another began, as far as entries tell."""
    explained: erased.Explained = field(default_factory=erased.Explained)
    epochs: list[epochs.Epoch] = field(default_factory=list)


def verify() -> Report:
    """Check the whole workspace. The report is good when it has no finding."""
    outside = _outside_note()  # before the snapshot: an act that ends meanwhile must not look like a removed one
    report = Report()
    with snapshot():
        log = _entries(report)
        log.epochs = _epochs(report, log)
        _nodes(report, log.tree)
        _heads(report, log, outside)
        held_by = _rows(report, log)
        _privates(report, held_by, log.explained)
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


def _entries(report: Report) -> _Log:
    leaves = bytearray()
    log = _Log(merkle.Tree(b""), {}, "", "", [])
    before: tuple[object, ...] | None = None
    columns = ("position", "leaf", "exact", "verb", "actor", "at")
    for row in Entry.objects.order_by("position").values_list(*columns).iterator(chunk_size=CHUNK):
        position, leaf, exact = _number(row[0]), _bytes(row[1]), _bytes(row[2])
        size = len(leaves) // 32
        if position is None or not size <= position <= size + MAX_GAP:
            report.add("entry_extra", f"entry {row[0]} stands where no entry can stand: it was added")
            continue
        if position > size:
            report.add("entry_missing", f"{_span('entry', size, position - 1)} missing")
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
    found = {nth: _bytes(value) for nth, value in known}
    lost = bytes(32)
    return b"".join(value if len(value) == 32 else lost for value in (found.get(n, lost) for n in range(start, end)))


def _statement(report: Report, log: _Log, position: int, exact: bytes, columns: dict[str, Any]) -> None:
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
        log.placed[name] = _Place(digest, position, ordinal)


def _nodes(report: Report, tree: merkle.Tree) -> None:
    """Stored subtrees against computed ones. One that differs because a subtree below it does is not named again."""
    wrong: set[int] = set()
    for level, computed in enumerate(tree.levels):
        explained = {nth >> 1 for nth in wrong}
        wrong, missing, expected = set(), list[int](), 0
        count = len(computed) // 32
        rows = Node.objects.filter(level=level).order_by("nth").values_list("nth", "hash")
        for stored, value in rows.iterator(chunk_size=CHUNK):
            nth = _number(stored)
            if nth is None or not 0 <= nth < count:
                report.add("node_extra", f"stored subtree {level}/{stored} belongs to no entry")
                continue
            missing += range(expected, nth)
            expected = nth + 1
            if _bytes(value) != tree.node(level, nth):
                wrong.add(nth)
                if nth not in explained:
                    closes = ((nth + 1) << level) - 1
                    report.add("node_differs", f"stored subtree {level}/{nth}, closed by entry {closes}, differs")
        missing += range(expected, count)
        for first, last in _runs(missing):
            report.add("node_missing", f"{_span('stored subtree', first, last, f'{level}/')} missing")
    for level, nth in Node.objects.exclude(level__in=range(len(tree.levels))).values_list("level", "nth"):
        report.add("node_extra", f"stored subtree {level}/{nth} belongs to no entry")


# 2. Heads


def _outside_note() -> str | None:
    try:
        return Path(settings.CHECKPOINT_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except ValueError:
        return ""  # not even text: said when it is opened


def _heads(report: Report, log: _Log, outside: str | None) -> None:
    bound = _log_keys(report, log)
    _head_row(report, log)
    if not bound:
        return
    _checkpoints(report, log, bound)
    if outside is None:
        name = Path(settings.CHECKPOINT_FILE).name
        report.add("checkpoint_missing", f"the checkpoint kept outside the database, {name}, is missing")
        return
    problem = _head_problem(outside, bound, log.tree)
    if problem and not _given_up(outside, bound, log):
        report.add("head_differs", f"the checkpoint kept outside the database {problem}")


def _epochs(report: Report, log: _Log) -> list[epochs.Epoch]:
    """The epochs that entries know; each must go back to a head of this log."""
    found = []
    for row in Epoch.objects.order_by("position", "ordinal"):
        exact, place = _exact(row), log.placed.get(row.name)
        if place is None or canonical.sha256(exact) != place.digest:
            continue  # named with the rows
        try:
            one = epochs.read(place.position, canonical.decode(exact)["body"])
        except (BadInput, *MALFORMED):
            continue
        if one.restored.size > place.position or log.tree.root(one.restored.size) != one.restored.root:
            report.add(
                "epoch_differs", f"the epoch of entry {one.position} goes back to a head that this log never had"
            )
            continue
        report.epochs.append(one.words())
        found.append(one)
    return found


def _given_up(outside: str, bound: Sequence[Bound], log: _Log) -> bool:
    """Whether the head kept outside is one that an epoch declared lost: its restore was cut off before it left the new one."""
    try:
        head = log_keys.opened(outside, bound)
    except BadInput:
        return False
    return epochs.that_gave_up(log.epochs, epochs.Head(head.size, head.root)) is not None


def _log_keys(report: Report, log: _Log) -> tuple[Bound, ...]:
    """The log's keys: as versions of the workspace's record bound them; the present one must be in the key file, where
    that is at hand.

    The file lies outside the database, so a log that was made again under another key does not pass.
    """
    bound = log_keys.bound(_workspace_versions(log))
    changes = [one.position for one in bound[1:]]
    for position, verb in Entry.objects.filter(position__in=changes).values_list("position", "verb"):
        if verb not in log_keys.CHANGES:
            report.add(
                "log_key_differs", f"entry {position} ({verb}) changed the log's key: only rotating and revoking do"
            )
    path = Path(settings.LOG_KEY_FILE)
    try:
        if bound:
            keys.holding(path, notes.read_key(bound[-1].key).public)
            return bound
        public = keys.public_bytes(keys.load(path))
    except (LedgerUnavailable, BadInput):
        if bound and _readable(path):
            report.add("log_key_differs", "the log's key file holds another key than the workspace's record names")
        if not bound:
            report.add("log_key_missing", "no public key is left to check the signed heads with")
        return bound
    return (Bound(0, rules.vkey(rules.origin_of(log.workspace), public)),)


def _workspace_versions(log: _Log) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Position and body of each version of the workspace's record that is what its entry recorded."""
    for row in Workspace.objects.order_by("version"):
        exact, place = _exact(row), log.placed.get(row.name)
        if place is not None and canonical.sha256(exact) == place.digest:
            yield place.position, canonical.decode(exact)["body"]


def _readable(path: Path) -> bool:
    try:
        keys.load(path)
    except LedgerUnavailable:
        return False
    return True


def _head_row(report: Report, log: _Log) -> None:
    rows = [(row.size, _bytes(row.frontier), row.at) for row in Head.objects.all()]
    size = log.tree.size
    if rows != [(size, b"".join(log.tree.frontier(size)), log.last_at)]:
        report.add("head_row", f"the head row is not the head of these {size} entries")


def _checkpoints(report: Report, log: _Log, bound: Sequence[Bound]) -> None:
    size, good = log.tree.size, 0
    failed: list[tuple[int, str]] = []
    found: set[int] = set()
    for at, note in Checkpoint.objects.order_by("size").values_list("size", "note").iterator(chunk_size=CHUNK):
        report.heads += 1
        covers = _number(at)
        problem = "covers no number of entries" if covers is None else _head_problem(note, bound, log.tree, covers)
        if problem:
            failed.append((-1 if covers is None else covers, problem))
        else:
            good = at
        found.add(at)
    for at, problem in failed:
        if at < good:  # a later head holds, so the entries are right and this row is not
            report.add("checkpoint_edited", f"the stored checkpoint over {at} entries {problem}")
    later = [(at, problem) for at, problem in failed if at > good]
    if later:
        at, problem = later[0]
        more = f"; {len(later) - 1} later ones fail too" if len(later) > 1 else ""
        report.add("head_differs", f"the stored checkpoint over {at} entries {problem}{more}")
        last = max(good, min(at, size) - 1)
        span = f"entry {good}" if last == good else f"one of the entries {good} to {last}"
        report.add("entry_span", f"the first head that fails says: {span} is not what was signed")
    for at in log.act_ends:
        if at not in found:
            report.add("checkpoint_missing", f"the stored checkpoint over {at} entries, where an act ended, is missing")
    newest = max((at for at in found if _number(at) is not None), default=0)
    if newest < size:
        added = _span("entry", newest, size - 1)
        report.add("entry_added", f"{added} covered by no signed head: added, or the head was removed")


def _head_problem(note: object, bound: Sequence[Bound], tree: merkle.Tree, said_size: int | None = None) -> str | None:
    try:
        head = log_keys.opened(note if isinstance(note, str) else "", bound)
    except BadInput as error:
        return f"cannot be trusted: {error.problem}"
    if said_size is not None and head.size != said_size:
        return f"is signed over {head.size}"
    if head.size > tree.size:
        removed = _span("entry", tree.size, head.size - 1)
        return f"covers {head.size} entries, but there are {tree.size}: {removed} removed"
    if tree.root(head.size) != head.root:
        return f"covers {head.size} entries with another root: an entry was changed, added, removed or reordered"
    return None


# 3. Records


def _rows(report: Report, log: _Log) -> dict[str, str]:
    """Check every row. Returns which record version holds each commitment."""
    unseen, held_by = dict(log.placed), dict[str, str]()
    tables = {noun: model._meta.db_table for noun, model in by_noun().items()}
    for model in record_models():
        table = model._meta.db_table
        previous: Record | None = None
        neither = _neither_true_nor_false(model)
        for row in model._default_manager.order_by("urn", "version").iterator(chunk_size=CHUNK):
            report.rows += 1
            exact = _exact(row)
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


def _explain(log: _Log, name: str, exact: bytes) -> None:
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
    row: Record, exact: bytes, place: _Place | None, previous: Record | None, belongs: str
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


# 4. Private values


def _privates(report: Report, held_by: dict[str, str], explained: erased.Explained) -> None:
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
        return commitments.code_of(row.value, _bytes(row.salt)) == row.commitment
    except (AttributeError, TypeError, UnicodeEncodeError):
        return False  # not even text


# What a column really holds


def _bytes(value: object) -> bytes:
    """Bytes of a binary column; text or a number that was put there is none."""
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else b""


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _exact(row: Record) -> bytes:
    """The bytes of `canonical` as the database holds them."""
    text: object = row.canonical
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else b""


# Words


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    first = last = -2
    for number in numbers:
        if number != last + 1:
            if last >= 0:
                yield first, last
            first = number
        last = number
    if last >= 0:
        yield first, last


def _span(noun: str, first: int, last: int, prefix: str = "") -> str:
    """`entry 3 is`, `entries 3 to 5 are`"""
    if first == last:
        return f"{noun} {prefix}{first} is"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{plural} {prefix}{first} to {prefix}{last} are"
