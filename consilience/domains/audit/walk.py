"""One walk through entries and their records, side by side: checks 4, 5, 6 and 9, and the leaves for check 2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from consilience.domains.audit import reading
from consilience.domains.audit.entitled import Entitled
from consilience.domains.audit.history import Moment, Recorded
from consilience.domains.audit.layout import Manifest
from consilience.domains.audit.reader import Archive
from consilience.domains.audit.reading import EntryLine, Line, Read, RecordLine
from consilience.domains.audit.report import Check, Report
from consilience.domains.audit.signed import Signed, earliest
from consilience.domains.audit.walked import MALFORMED, Decided, Walked, is_log_key
from consilience.domains.audit.workers import Piece, Workers
from consilience.domains.ledger import epochs, erased, log_keys, rules
from consilience.kit.clock import Instant, is_instant
from consilience.kit.naming import is_urn, noun_of

KEPT = frozenset(
    {"person", "robot", "grant", "holding", "token", "key", "system", "model", "model-version", "dataset", "dataset-version", "release", "sign-off",
     "proof", "panel", "policy", "policy-proposal", "obligation-pack-proposal", "delegation"}
)  # fmt: skip
"""Nouns that later acts are judged by."""
WAYS: Mapping[str, tuple[str, ...]] = {
    rules.AuthenticatedBy.PASSWORD: ("person",),
    rules.AuthenticatedBy.TOKEN: ("person", "robot"),
    rules.AuthenticatedBy.OPERATOR: ("operator",),
    rules.AuthenticatedBy.TOTP: ("person",),
    rules.AuthenticatedBy.PASSKEY: ("person",),
    rules.AuthenticatedBy.SSH: ("person",),
    rules.AuthenticatedBy.ROBOT_KEY: ("robot",),
}
"""Which actors can be known in which way."""


class Walk:
    """Goes through the entries of an archive once."""

    def __init__(self, archive: Archive, made: Manifest, report: Report, workers: Workers) -> None:
        self._archive, self._made, self._report, self._workers = archive, made, report, workers
        self._found = Walked()
        self._entitled = Entitled(report, self._found.history, whole=made.system is None)
        self.signed = Signed(report, self._found.history, made, workers)
        self._newest: dict[
            int, bytes
        ] = {}  # by the hash of names, which is drawn anew in each run: a third of the memory
        self._named: set[int] = set()
        self._ways = Counter[str]()
        self._operator: str | None = None
        self._key: str | None = None
        self._before: tuple[str, str, str] | None = None
        self._rows = self._left_out = 0

    def through(self, leaves: bytearray) -> Walked:
        """Everything that the walk finds. `leaves` are the leaf hashes of the tiles."""
        records, expected = self._records(), 0
        pending = next(records, None)
        for line in self._entries():
            position = line.position
            if self._made.system is None and position > expected:
                self._missing(expected, position - 1)
            expected = position + 1
            if leaves[32 * position : 32 * position + 32] != line.leaf:
                self._found.differing[position] = line.leaf
            rows: dict[int, RecordLine] = {}
            while pending is not None and pending.position <= position:
                if pending.position == position:
                    rows[pending.ordinal] = pending
                else:
                    self._extra(pending)
                pending = next(records, None)
            self._entry(line, rows)
        while pending is not None:
            self._extra(pending)
            pending = next(records, None)
        if self._made.system is None and expected < self._made.size:
            self._missing(expected, self._made.size - 1)
        self._close()
        return self._found

    # Lines

    def _entries(self) -> Iterator[EntryLine]:
        last = -1
        for line in self._read(reading.entries, "entries.txt", Check.TREE, "entry_form"):
            if line is None:
                self._report.tampered(Check.TREE, "entry_form", f"a line of entries.txt behind entry {last} is none")
                continue
            if line.position <= last or line.position >= self._made.size:
                told = f"entry {line.position} stands where it cannot: added, or out of order"
                self._report.tampered(Check.TREE, "entry_order", told)
                continue
            last = line.position
            if line.length > rules.MAX_ENTRY:
                self._report.tampered(Check.TREE, "entry_large", f"entry {last} has {line.length} bytes")
            yield line

    def _records(self) -> Iterator[RecordLine]:
        last = (-1, -1)
        for line in self._read(reading.records, "records.txt", Check.RECORDS, "record_form"):
            if line is None:
                told = f"a line of records.txt behind {last[0]}/{last[1]} is none"
                self._report.tampered(Check.RECORDS, "record_form", told)
                continue
            place = (line.position, line.ordinal)
            if place <= last:
                told = f"the record at {place[0]}/{place[1]} stands out of order"
                self._report.tampered(Check.RECORDS, "record_extra", told)
                continue
            last = place
            self._rows += 1
            yield line

    def _read(
        self, understood: Callable[[Piece], Read[Line]], name: str, check: Check, code: str
    ) -> Iterator[Line | None]:
        for read in self._workers.answers(understood, self._archive.pieces(name)):
            yield from read.found
            if read.stopped is not None:
                self._report.tampered(check, code, read.stopped)
                return

    def _missing(self, first: int, last: int) -> None:
        said = f"entry {first} is" if first == last else f"entries {first} to {last} are"
        self._report.tampered(Check.TREE, "entry_missing", f"{said} missing from an archive of the whole")

    def _extra(self, row: RecordLine) -> None:
        told = f"the record at {row.position}/{row.ordinal} has no entry"
        self._report.tampered(Check.RECORDS, "record_extra", told)

    # An entry

    def _entry(self, line: EntryLine, rows: dict[int, RecordLine]) -> None:
        position, entry = line.position, line.entry
        if entry is None:
            told = f"entry {position} is no statement of an act: it {line.problem}"
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
            # What was signed bears the time at which it was prepared; rights are asked of the moment of its place.
            moment = Moment(Instant(max(entry.at, self._found.last_at)), position)
            self._entitled.judge(entry, moment, written)
        except MALFORMED as error:
            told = f"a record of entry {position} lacks what its noun has ({type(error).__name__}: {error})"
            self._report.tampered(Check.RECORDS, "record_form", told)
        for row in written:
            self._keep(row, entry)

    def _known(self, position: int, entry: rules.Entry) -> None:
        where, way = f"entry {position} ({entry.verb})", entry.authenticated_by
        self._ways[way] += 1
        if way not in WAYS:
            told = f"{where}: this version does not know how to check {way!r}"
            self._report.cannot_tell(Check.SIGNATURES, "way_unknown", told)
        elif not any(is_urn(entry.actor, noun) for noun in WAYS[way]):
            self._report.tampered(Check.SIGNATURES, "way_wrong", f"{where}: {entry.actor} cannot be known by {way}")
        elif way == rules.AuthenticatedBy.OPERATOR and self._operator not in (None, entry.actor):
            told = f"{where}: {entry.actor} is not the workspace's operator"
            self._report.tampered(Check.SIGNATURES, "way_wrong", told)
        if entry.workspace != self._made.workspace:
            self._report.tampered(Check.SIGNATURES, "way_wrong", f"{where} was written for another workspace")
        last_at = self._found.last_at
        formed = is_instant(entry.at)
        if not formed or entry.at < (last_at if entry.envelope is None else earliest(last_at)):
            told = f"{where}: its time lies before the entry before it"
            self._report.tampered(Check.SIGNATURES, "time_backwards", told)
        self.signed.check(where, position, entry, last_at)
        self._found.last_at = max(last_at, entry.at) if formed else last_at
        act = (entry.verb, entry.actor, entry.at)
        if self._made.system is None and self._before not in (None, act):
            self._found.ends.append(position)
        self._before = act

    # A record

    def _row(self, position: int, ordinal: int, name: str, digest: str, row: RecordLine | None) -> Recorded | None:
        if hash(name) in self._named:
            told = f"entry {position} records {name}, which an earlier entry recorded"
            self._report.tampered(Check.RECORDS, "record_extra", told)
        self._named.add(hash(name))
        if row is None:
            self._left_out += 1
            if self._made.system is None:
                told = f"{name}, recorded by entry {position}, is missing"
                self._report.tampered(Check.RECORDS, "record_missing", told)
            return None
        if row.digest != digest:
            told = f"{name} was edited: it is not what entry {position} recorded"
            self._report.tampered(Check.RECORDS, "record_differs", told)
            return None
        document = row.document
        if document is None:
            self._report.tampered(Check.RECORDS, "record_form", f"{name}: {row.problem}")
            return None
        urn = document["urn"]
        if f"{urn}:{document['version']}" != name:
            told = f"{name}: the record says that it is {urn}:{document['version']}"
            self._report.tampered(Check.RECORDS, "record_differs", told)
        before = self._newest.get(hash(urn))
        if document["supersedes"] != (before and before.hex()) and (self._made.system is None or before is not None):
            told = f"{name} does not supersede the version before it"
            self._report.tampered(Check.RECORDS, "supersedes_differs", told)
        self._newest[hash(urn)] = bytes.fromhex(digest)
        self._found.commitments.update(map(bytes.fromhex, row.commitments))
        return Recorded(noun_of(urn), urn, digest, document["valid_from"], position, ordinal, document["body"])

    def _keep(self, row: Recorded, entry: rules.Entry) -> None:
        if row.noun == "workspace" and self._key is None:
            self._key, self._operator = str(row.body.get("log_key")), str(row.body.get("operator"))
            if row.position != 0 or entry.actor != self._operator:
                told = "the workspace's first record was not made by its operator in entry 0"
                self._report.tampered(Check.KEYS, "key_differs", told)
        if row.noun == "workspace":
            self._key_change(row, entry)
            self._found.workspace.append((row.position, row.body))
        if row.noun in KEPT:
            self._found.history.add(row)
        if row.noun == "key":
            self.signed.bound(row)
        if row.noun in (*erased.NOUNS, epochs.NOUN):
            self._tells(row)
        if row.noun == "decision":
            self._found.decisions.append(Decided(row.position, entry, row))

    def _key_change(self, row: Recorded, entry: rules.Entry) -> None:
        """A later version of the workspace's record may bind another key, by the operator and the verbs for it."""
        if not self._found.workspace or row.body.get("log_key") == self._found.workspace[-1][1].get("log_key"):
            return
        if entry.actor != self._operator or entry.verb not in log_keys.CHANGES:
            told = f"entry {row.position} ({entry.verb}) changed the log's key; only the operator rotates or revokes it"
            self._report.tampered(Check.KEYS, "key_differs", told)
        if not is_log_key(row.body.get("log_key"), self._made.origin):
            told = f"entry {row.position} gave the log something that is no key of it"
            self._report.tampered(Check.KEYS, "key_differs", told)
        else:
            self.signed.signs_with(str(row.body["log_key"]))

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
        told = f"{total} entries read strictly; actors known {ways}; what no key signed is what the server recorded"
        self._report.say(Check.SIGNATURES, told)
        self.signed.close()
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
            changed = [bound.position for bound in self._found.log_keys(self._key)[1:]]
            told = f"changed by entries {', '.join(map(str, changed))}" if changed else "it was never rotated"
            self._report.say(Check.KEYS, f"the log's key is the one that entry 0 bound; {told}")
