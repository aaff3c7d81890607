"""One walk through entries and their records, side by side: checks 4, 5, 6 and 9, and the leaves for check 2."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from consilience.domains.audit.entitled import Entitled
from consilience.domains.audit.history import History, Recorded
from consilience.domains.audit.layout import Manifest
from consilience.domains.audit.reader import Archive
from consilience.domains.audit.report import Check, Report
from consilience.domains.ledger import epochs, erased, merkle, rules
from consilience.kit import canonical
from consilience.kit.errors import BadInput
from consilience.kit.naming import is_urn, noun_of

MALFORMED = (KeyError, TypeError, AttributeError, ValueError, IndexError)
"""What reading a body brings about that has not the form of its noun."""
KEPT = frozenset(
    {"person", "robot", "grant", "holding", "model-version", "release", "sign-off", "panel", "policy", "policy-proposal",
     "obligation-pack-proposal"}
)  # fmt: skip
"""Nouns that later acts are judged by."""
WAYS = {
    rules.AuthenticatedBy.PASSWORD: ("person",),
    rules.AuthenticatedBy.TOKEN: ("person", "robot"),
    rules.AuthenticatedBy.OPERATOR: ("operator",),
}
"""Which actors can be known in which way."""
_DECIMAL = re.compile(rb"0|[1-9][0-9]{0,17}")
_COMMITMENT = re.compile(rb'\{"commitment":"([0-9a-f]{64})"\}')
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_FIELDS = {"body", "schema", "supersedes", "urn", "valid_from", "version"}


@dataclass(frozen=True)
class Decided:
    """A decision and the entry that recorded it."""

    position: int
    entry: rules.Entry
    row: Recorded


@dataclass
class Walked:
    """What the walk gathers for the other checks."""

    history: History = field(default_factory=History)
    differing: dict[int, bytes] = field(default_factory=dict)
    """Leaf hashes that entries give and the tiles do not have."""
    ends: list[int] = field(default_factory=list)
    """Sizes at which one act ended and another began."""
    decisions: list[Decided] = field(default_factory=list)
    commitments: set[str] = field(default_factory=set)
    explained: erased.Explained = field(default_factory=erased.Explained)
    """What erasures say is gone."""
    epochs: list[epochs.Epoch] = field(default_factory=list)
    last_at: str = ""


class Walk:
    """Goes through the entries of an archive once."""

    def __init__(self, archive: Archive, made: Manifest, report: Report) -> None:
        self._archive, self._made, self._report = archive, made, report
        self._found = Walked()
        self._entitled = Entitled(report, self._found.history)
        self._newest: dict[str, str] = {}
        self._named: set[str] = set()
        self._ways = Counter[str]()
        self._operator: str | None = None
        self._key: str | None = None
        self._before: tuple[str, str, str] | None = None
        self._rows = self._left_out = 0

    def through(self, leaves: bytearray) -> Walked:
        """Everything that the walk finds. `leaves` are the leaf hashes of the tiles."""
        records, expected = self._records(), 0
        pending = next(records, None)
        for position, exact in self._entries():
            if self._made.system is None and position > expected:
                self._missing(expected, position - 1)
            expected = position + 1
            leaf = merkle.leaf_hash(exact)
            if leaves[32 * position : 32 * position + 32] != leaf:
                self._found.differing[position] = leaf
            rows: dict[int, bytes] = {}
            while pending is not None and pending[0] <= position:
                if pending[0] == position:
                    rows[pending[1]] = pending[2]
                else:
                    self._extra(pending[0], pending[1])
                pending = next(records, None)
            self._entry(position, exact, rows)
        while pending is not None:
            self._extra(pending[0], pending[1])
            pending = next(records, None)
        if self._made.system is None and expected < self._made.size:
            self._missing(expected, self._made.size - 1)
        self._close()
        return self._found

    # Lines

    def _entries(self) -> Iterator[tuple[int, bytes]]:
        last = -1
        for line in self._lines("entries.txt", Check.TREE, "entry_form"):
            number, gap, exact = line.partition(b" ")
            if not gap or not _DECIMAL.fullmatch(number):
                self._report.tampered(Check.TREE, "entry_form", f"a line of entries.txt behind entry {last} is none")
                continue
            position = int(number)
            if position <= last or position >= self._made.size:
                told = f"entry {position} stands where it cannot: added, or out of order"
                self._report.tampered(Check.TREE, "entry_order", told)
                continue
            last = position
            if len(exact) > rules.MAX_ENTRY:
                self._report.tampered(Check.TREE, "entry_large", f"entry {position} has {len(exact)} bytes")
            yield position, exact

    def _records(self) -> Iterator[tuple[int, int, bytes]]:
        last = (-1, -1)
        for line in self._lines("records.txt", Check.RECORDS, "record_form"):
            parts = line.split(b" ", 2)
            if len(parts) != 3 or not all(map(_DECIMAL.fullmatch, parts[:2])):
                told = f"a line of records.txt behind {last[0]}/{last[1]} is none"
                self._report.tampered(Check.RECORDS, "record_form", told)
                continue
            place = (int(parts[0]), int(parts[1]))
            if place <= last:
                told = f"the record at {place[0]}/{place[1]} stands out of order"
                self._report.tampered(Check.RECORDS, "record_extra", told)
                continue
            last = place
            self._rows += 1
            yield *place, parts[2]

    def _lines(self, name: str, check: Check, code: str) -> Iterator[bytes]:
        try:
            yield from self._archive.lines(name)
        except BadInput as error:
            self._report.tampered(check, code, str(error))

    def _missing(self, first: int, last: int) -> None:
        said = f"entry {first} is" if first == last else f"entries {first} to {last} are"
        self._report.tampered(Check.TREE, "entry_missing", f"{said} missing from an archive of the whole")

    def _extra(self, position: int, ordinal: int) -> None:
        self._report.tampered(Check.RECORDS, "record_extra", f"the record at {position}/{ordinal} has no entry")

    # An entry

    def _entry(self, position: int, exact: bytes, rows: dict[int, bytes]) -> None:
        try:
            if _is_envelope(exact):
                told = f"entry {position} is signed in a way that this version does not know"
                self._report.cannot_tell(Check.SIGNATURES, "way_unknown", told)
                return
            entry = rules.read(exact)
        except BadInput as error:
            told = f"entry {position} is no statement of an act: it {error.problem}"
            self._report.tampered(Check.SIGNATURES, "entry_form", told)
            return
        self._known(position, entry)
        written: list[Recorded] = []
        for ordinal, (name, digest) in enumerate(entry.subjects):
            row = self._row(position, ordinal, name, digest, rows.pop(ordinal, None))
            if row is not None:
                written.append(row)
        for ordinal in rows:
            told = f"the record at {position}/{ordinal} is not named by its entry"
            self._report.tampered(Check.RECORDS, "record_extra", told)
        try:
            self._entitled.judge(entry, position, written)
        except MALFORMED as error:
            told = f"a record of entry {position} lacks what its noun has ({type(error).__name__}: {error})"
            self._report.tampered(Check.RECORDS, "record_form", told)
        for row in written:
            self._keep(row, entry)

    def _known(self, position: int, entry: rules.Entry) -> None:
        where, way = f"entry {position} ({entry.verb})", entry.authenticated_by
        self._ways[way] += 1
        if way not in set(rules.AuthenticatedBy):
            told = f"{where}: this version does not know how to check {way!r}"
            self._report.cannot_tell(Check.SIGNATURES, "way_unknown", told)
        elif not any(is_urn(entry.actor, noun) for noun in WAYS[rules.AuthenticatedBy(way)]):
            self._report.tampered(Check.SIGNATURES, "way_wrong", f"{where}: {entry.actor} cannot be known by {way}")
        elif way == rules.AuthenticatedBy.OPERATOR and self._operator not in (None, entry.actor):
            told = f"{where}: {entry.actor} is not the workspace's operator"
            self._report.tampered(Check.SIGNATURES, "way_wrong", told)
        if entry.workspace != self._made.workspace:
            self._report.tampered(Check.SIGNATURES, "way_wrong", f"{where} was written for another workspace")
        if not _INSTANT.fullmatch(entry.at) or entry.at < self._found.last_at:
            told = f"{where}: its time lies before the entry before it"
            self._report.tampered(Check.SIGNATURES, "time_backwards", told)
        self._found.last_at = entry.at
        act = (entry.verb, entry.actor, entry.at)
        if self._made.system is None and self._before not in (None, act):
            self._found.ends.append(position)
        self._before = act

    # A record

    def _row(self, position: int, ordinal: int, name: str, digest: str, exact: bytes | None) -> Recorded | None:
        if name in self._named:
            told = f"entry {position} records {name}, which an earlier entry recorded"
            self._report.tampered(Check.RECORDS, "record_extra", told)
        self._named.add(name)
        if exact is None:
            self._left_out += 1
            if self._made.system is None:
                told = f"{name}, recorded by entry {position}, is missing"
                self._report.tampered(Check.RECORDS, "record_missing", told)
            return None
        if canonical.sha256(exact) != digest:
            told = f"{name} was edited: it is not what entry {position} recorded"
            self._report.tampered(Check.RECORDS, "record_differs", told)
            return None
        try:
            document = _document(exact)
        except BadInput as error:
            self._report.tampered(Check.RECORDS, "record_form", f"{name}: {error.problem}")
            return None
        urn = document["urn"]
        if f"{urn}:{document['version']}" != name:
            told = f"{name}: the record says that it is {urn}:{document['version']}"
            self._report.tampered(Check.RECORDS, "record_differs", told)
        before = self._newest.get(urn)
        if document["supersedes"] != before and (self._made.system is None or before is not None):
            told = f"{name} does not supersede the version before it"
            self._report.tampered(Check.RECORDS, "supersedes_differs", told)
        self._newest[urn] = digest
        self._found.commitments.update(code.decode() for code in _COMMITMENT.findall(exact))
        return Recorded(noun_of(urn), urn, digest, document["valid_from"], position, ordinal, document["body"])

    def _keep(self, row: Recorded, entry: rules.Entry) -> None:
        if row.noun == "workspace" and self._key is None:
            self._key, self._operator = str(row.body.get("log_key")), str(row.body.get("operator"))
            if row.position != 0 or entry.actor != self._operator:
                told = "the workspace's first record was not made by its operator in entry 0"
                self._report.tampered(Check.KEYS, "key_differs", told)
        if row.noun in KEPT:
            self._found.history.add(row)
        if row.noun in (*erased.NOUNS, epochs.NOUN):
            self._tells(row)
        if row.noun == "decision":
            self._found.decisions.append(Decided(row.position, entry, row))

    def _tells(self, row: Recorded) -> None:
        """A record that says what is gone for a reason: texts and files that were erased, heads that were given up."""
        try:
            if row.noun == epochs.NOUN:
                self._found.epochs.append(epochs.read(row.position, row.body))
            else:
                self._found.explained.notice(row.noun, row.position, row.body)
        except MALFORMED:
            told = f"the {row.noun} of entry {row.position} lacks what its noun has"
            self._report.tampered(Check.RECORDS, "record_form", told)

    def _close(self) -> None:
        ways = ", ".join(f"{count} by {way}" for way, count in sorted(self._ways.items())) or "in no way"
        total = sum(self._ways.values())
        told = f"{total} entries read strictly; actors known {ways}: what the server recorded, signed by nobody"
        self._report.say(Check.SIGNATURES, told)
        told = "passkeys, SSH keys, robots' keys, witnesses: nothing of this kind in the archive"
        self._report.say(Check.SIGNATURES, told)
        self._bound()
        self._entitled.close()
        left = f"; {self._left_out} records of these entries are left out" if self._left_out else ""
        self._report.say(Check.RECORDS, f"{self._rows} records of {total} entries{left}")
        if self._made.system is not None:
            self._report.say(Check.RECORDS, "an archive of one system cannot show that it is complete")

    def _bound(self) -> None:
        if self._key is None:
            told = "the workspace's first record, which binds the log's key, is not in the archive"
            self._report.cannot_tell(Check.KEYS, "key_differs", told)
        elif self._key != self._made.log_key:
            self._report.tampered(Check.KEYS, "key_differs", "the archive's key is not the one that entry 0 bound")
        else:
            self._report.say(Check.KEYS, "the log's key is the one that entry 0 bound; it was never rotated")
        self._report.say(Check.KEYS, "keys of people and robots: nothing of this kind in the archive")


def _is_envelope(exact: bytes) -> bool:
    """Whether an entry is a signed envelope; BadInput when it is not canonical JSON."""
    if b'"payloadType"' not in exact:
        return False
    said = canonical.decode(exact)
    if canonical.encode(said) != exact:
        raise BadInput("entry", "is not canonical JSON")
    return isinstance(said, dict) and "payloadType" in said


def _document(exact: bytes) -> dict[str, Any]:
    """The record in these bytes; BadInput unless they are exactly one in canonical JSON."""
    said = canonical.decode(exact)
    if canonical.encode(said) != exact:
        raise BadInput("record", "is not canonical JSON")
    if not isinstance(said, dict) or said.keys() != _FIELDS or not isinstance(said["body"], dict):
        raise BadInput("record", "has other fields than a record")
    if not isinstance(said["valid_from"], str) or not _INSTANT.fullmatch(said["valid_from"]):
        raise BadInput("record", "begins at no instant")
    if not isinstance(said["urn"], str) or not is_urn(said["urn"]):
        raise BadInput("record", "has no URN")
    return said
