"""`act`: the only way anything is recorded. One transaction: lock the head, read, decide, write rows, append the entry."""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction

from consilience.domains.ledger import keys, log, rules
from consilience.domains.ledger.models import Workspace
from consilience.kit.canonical import encode
from consilience.kit.clock import Instant, moment
from consilience.kit.errors import Refused, refusal
from consilience.kit.naming import Urn, new_urn
from consilience.kit.records.commitments import Commitment, commit
from consilience.kit.records.models import AsOf, Private, Record

logger = logging.getLogger(__name__)
R = TypeVar("R", bound=Record)
CLOCK_SLACK_S = 60
"""How far a waiting act's clock may lie behind the last entry before the machine's clock is suspected."""


class Act:
    """What one act gathers: rows and private values, all written when its block ends."""

    def __init__(self, actor: rules.Actor, verb: str, at: Instant, head: log.Head, workspace: str) -> None:
        self.actor, self.verb, self.at, self.workspace = actor, verb, at, workspace
        self.position = head.size
        self.asof = AsOf(valid_at=at, known_at=head.size)
        self.records: list[Record] = []
        self.privates: list[Private] = []
        self.fields: dict[str, Any] = {}

    def new_urn(self, noun: str) -> Urn:
        return new_urn(self.workspace, noun)

    def private(self, text: str) -> Commitment:
        """A commitment for personal text; the text itself goes to the erasable table."""
        commitment, row = commit(text)
        self.privates.append(row)
        return commitment

    def note(self, **fields: Any) -> None:
        """Fields of the verb that the entry carries beside its subjects: slugs, digests, counts; never personal text."""
        self.fields.update(fields)

    def record(
        self,
        model: type[R],
        *,
        body: Mapping[str, Any],
        urn: Urn | None = None,
        replaces: R | None = None,
        valid_from: Instant | None = None,
    ) -> R:
        """Add a version of something: a first one, or the next after `replaces`.

        Refused when `replaces` is no longer the newest version (somebody was faster), or when `valid_from` lies in
        the past of a noun that may not be backdated.
        """
        start = valid_from or self.at
        if model.never_backdated and start < self.at:
            raise Refused(refusal("backdated", noun=model.noun, valid_from=start))
        if replaces is None:
            return self._add(
                model.prepared(
                    urn=urn or self.new_urn(model.noun), version=1, valid_from=start, supersedes=None, body=body
                )
            )
        newest = model.objects.newest(replaces.urn)
        if newest is None or newest.digest != replaces.digest:
            raise Refused(refusal("changed_meanwhile", noun=model.noun, version=replaces.version))
        return self._add(
            model.prepared(
                urn=Urn(replaces.urn),
                version=replaces.version + 1,
                valid_from=start,
                supersedes=replaces.digest,
                body=body,
            )  # fmt: skip
        )

    def withdraw(self, record: R, *, valid_from: Instant | None = None, **why: Any) -> R:
        """Record that something ends: a version with `withdrawn: true` and the reason's commitment.

        What begins later ends before it begins: an earlier start would leave the withdrawn version in force.
        """
        start = valid_from or max(self.at, Instant(record.valid_from))
        return self.record(
            type(record), body={**record.body, **why, "withdrawn": True}, replaces=record, valid_from=start
        )

    def _add(self, row: R) -> R:
        # One version of a thing in an act: within an entry nothing could order two of them.
        if any(other.urn == row.urn for other in self.records):
            raise RuntimeError(f"{self.verb} records {row.urn} twice")
        self.records.append(row)
        return row


@contextmanager
def act(actor: rules.Actor, *, verb: str, at: Instant) -> Iterator[Act]:
    """Open an act. Leaving the block writes rows, private values and the entry in the same transaction, or nothing.

    `at` is the surface's clock; an act that waited for the lock takes the time of the entry before it, so that time
    never runs backwards along the ledger. Raises LedgerUnavailable when the ledger cannot be written.
    """
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("an act opens its own transaction; acts do not nest")
    try:
        with transaction.atomic():
            head = log.lock()
            opened = Act(actor, verb, _in_order(at, head.at), head, workspace_id())
            yield opened
            note = _write(opened, head)
        _publish(note)
    except DatabaseError as error:
        raise rules.LedgerUnavailable(f"the ledger cannot be written ({error}); nothing was recorded") from error


def begin(workspace: str, *, zone: str, name: str, operator: Urn, at: Instant) -> Workspace:
    """Write entry 0 of a new workspace: its record, which names the log's public key and the operator.

    Refused where somebody else has begun it since the caller looked: the head exists once.
    """
    origin = rules.origin_of(workspace)
    public = keys.public_bytes(keys.load(Path(settings.LOG_KEY_FILE)))
    actor = rules.Actor(operator, rules.AuthenticatedBy.OPERATOR)
    with transaction.atomic():
        try:
            log.create_head(at)
        except IntegrityError as error:
            raise Refused(refusal("workspace_begun_already")) from error
        opened = Act(actor, "ledger.begun", at, log.lock(), workspace)
        body = {
            "name": name,
            "zone": zone,
            "operator": operator,
            "log_key": rules.vkey(origin, public),
            "erasures": "recorded",
        }
        row = opened.record(Workspace, body=body, urn=new_urn(workspace, Workspace.noun))
        note = _write(opened, log.lock())
    _publish(note)
    return row


def workspace_id() -> str:
    """The workspace's UUID, read from its record's URN."""
    with transaction.get_connection().cursor() as cursor:  # plain SQL, since each act pays for it
        cursor.execute("SELECT urn FROM ledger_workspace ORDER BY version LIMIT 1")
        row = cursor.fetchone()
    if row is None:
        raise rules.LedgerUnavailable("this workspace has not been initialised: run `consilience init` first")
    return str(row[0]).split(":")[2]


def _in_order(at: Instant, last: str) -> Instant:
    if at >= last:
        return at
    behind = (moment(Instant(last)) - moment(at)).total_seconds()
    if behind > CLOCK_SLACK_S:
        raise Refused(refusal("clock_behind", at=at, last=last))
    return Instant(last)


def _write(opened: Act, head: log.Head) -> str:
    """Write everything that the act gathered. Returns the signed head."""
    if not opened.records:
        raise RuntimeError(f"{opened.verb} recorded nothing; an act without a record is not an act")
    subjects = {row.name: row for row in opened.records}
    fields_size = len(encode(opened.fields)) + 1024  # type, predicate and the five common fields stay under 1 KiB
    named = sorted((row.name, row.digest) for row in opened.records)
    groups = rules.batches(named, rules.MAX_ENTRY - fields_size)
    entries = []
    for nth, group in enumerate(groups):
        exact = rules.statement(
            workspace=opened.workspace, actor=opened.actor, at=opened.at, verb=opened.verb,
            subjects=group, fields=opened.fields,
        )  # fmt: skip
        if len(exact) > rules.MAX_ENTRY:
            raise RuntimeError(f"{opened.verb}: an entry of {len(exact)} bytes is over {rules.MAX_ENTRY}")
        entries.append(log.NewEntry(exact, opened.verb, opened.actor.urn, opened.at))
        for ordinal, (name, _) in enumerate(group):
            subjects[name].position, subjects[name].ordinal = head.size + nth, ordinal
    for model, rows in groupby(opened.records, key=_table):
        model.objects.bulk_create(list(rows))
    Private.objects.bulk_create(opened.privates)
    key = keys.load(Path(settings.LOG_KEY_FILE))
    return log.append(head, entries, origin=rules.origin_of(opened.workspace), key=key)


def _table(row: Record) -> type[Record]:
    return type(row)


def _publish(note: str) -> None:
    """Leave the signed head outside the database too, so that a rolled-back database is noticed.

    Of two acts that end together the later head stays. The act stands whatever happens here: a head that cannot be
    left is logged, and `verify` says that the one outside is missing.
    """
    path = Path(settings.CHECKPOINT_FILE)
    try:
        with _locked(path.parent):
            if path.exists() and rules.covers_more(path.read_text(encoding="utf-8", errors="replace"), note):
                return
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".checkpoint-")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(note)
            Path(name).replace(path)
    except OSError:
        logger.exception("the newest checkpoint could not be left in %s", path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
