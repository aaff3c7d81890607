"""`act`: the only way anything is recorded. One transaction: lock the head, read, decide, write rows, append the entry."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction

from consilience.domains.ledger import keys, log, merkle, notes, rules
from consilience.domains.ledger.models import Workspace
from consilience.domains.ledger.seals import Drawn, Prepared, Seal, Sealed, Shown
from consilience.domains.ledger.signing import dsse
from consilience.kit import locks
from consilience.kit.canonical import encode
from consilience.kit.clock import Instant, moment
from consilience.kit.errors import BadInput, Refused, refusal
from consilience.kit.naming import Urn, new_urn
from consilience.kit.records.commitments import Commitment, commit
from consilience.kit.records.models import AsOf, Private, Record

logger = logging.getLogger(__name__)
R = TypeVar("R", bound=Record)
MAX_STATEMENT = 40 * 1024
"""Bytes of a statement that somebody signs: base64 and signatures make its envelope a third larger and more."""
CLOCK_SLACK_S = 60
"""How far a waiting act's clock may lie behind the last entry before the machine's clock is suspected."""


class Act:
    """What one act gathers: rows and private values, all written when its block ends."""

    def __init__(self, actor: rules.Actor, verb: str, at: Instant, head: log.Head, workspace: str) -> None:
        self.actor, self.verb, self.at, self.workspace = actor, verb, at, workspace
        self.position = head.size
        sealed = actor.seal if isinstance(actor.seal, Sealed) else None
        # What is signed was prepared a while ago; rights are asked of the moment in which it is recorded.
        self.asof = AsOf(valid_at=max(at, sealed.received_at) if sealed else at, known_at=head.size)
        self.drawn = Drawn()
        self._again = Drawn(list(sealed.drawn.urns), list(sealed.drawn.salts)) if sealed else None
        self.records: list[Record] = []
        self._named: set[str] = set()
        self.privates: list[Private] = []
        self.fields: dict[str, Any] = {}
        self.key_before: Ed25519PrivateKey | None = None
        """The log's key until now, where this act hands it over: it signs the act's head too."""
        self.shown = b""
        """What the signer is shown, where the act is prepared for signing."""

    @property
    def signed(self) -> bool:
        """Whether the actor signs the statement with a key, so that it should say by itself what is agreed to."""
        return self.actor.seal is not None

    def new_urn(self, noun: str) -> Urn:
        if self._again is None:
            urn = new_urn(self.workspace, noun)
        else:
            urn = Urn(_next(self._again.urns))
        self.drawn.urns.append(urn)
        return urn

    def private(self, text: str) -> Commitment:
        """A commitment for personal text; the text itself goes to the erasable table."""
        commitment, row = commit(text, None if self._again is None else bytes.fromhex(_next(self._again.salts)))
        self.drawn.salts.append(bytes(row.salt).hex())
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
        if row.urn in self._named:
            raise RuntimeError(f"{self.verb} records {row.urn} twice")
        self._named.add(row.urn)
        self.records.append(row)
        return row


@contextmanager
def act(actor: rules.Actor, *, verb: str, at: Instant) -> Iterator[Act]:
    """Open an act. Leaving the block writes rows, private values and the entry in the same transaction, or nothing.

    `at` is the surface's clock; an act that waited for the lock takes the time of the entry before it, so that time
    never runs backwards along the ledger. Raises LedgerUnavailable when the ledger cannot be written,
    and Prepared when the actor's seal asks what would be signed.
    """
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("an act opens its own transaction; acts do not nest")
    try:
        with transaction.atomic():
            head = log.lock()
            opened = Act(actor, verb, _moment(actor, at, head.at), head, workspace_id())
            if isinstance(actor.seal, Sealed):
                actor.seal.check(opened.asof)
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


def _moment(actor: rules.Actor, at: Instant, last: str) -> Instant:
    """The time of the act. What was signed keeps the time at which it was prepared, if that is not long ago."""
    if not isinstance(actor.seal, Sealed):
        return _in_order(at, last)
    if _in_order(actor.seal.received_at, last) >= actor.seal.fields["expires_at"]:
        raise Refused(refusal("signature_expired", expires_at=actor.seal.fields["expires_at"]))
    return actor.seal.at


def _next(drawn: list[str]) -> str:
    """What an act drew when it was prepared; one that asks for more than then is not the one that was signed."""
    if not drawn:
        raise Refused(refusal("signed_otherwise"))
    return drawn.pop(0)


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
    if opened.actor.seal is not None:
        opened.fields |= _seal_fields(opened, opened.actor.seal, head)
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
        if opened.actor.seal is not None:
            exact = _signed(opened, exact, of=len(groups))
        if len(exact) > rules.MAX_ENTRY:
            raise RuntimeError(f"{opened.verb}: an entry of {len(exact)} bytes is over {rules.MAX_ENTRY}")
        entries.append(log.NewEntry(exact, opened.verb, opened.actor.urn, opened.at))
        for ordinal, (name, _) in enumerate(group):
            subjects[name].position, subjects[name].ordinal = head.size + nth, ordinal
    for model, rows in groupby(opened.records, key=_table):
        model.objects.bulk_create(list(rows))
    Private.objects.bulk_create(opened.privates)
    return log.append(
        head, entries, origin=rules.origin_of(opened.workspace), key=_signing_key(), before=opened.key_before
    )


def _signing_key() -> Ed25519PrivateKey:
    """The key that the newest version of the workspace's record names, this act's version included."""
    with transaction.get_connection().cursor() as cursor:  # plain SQL, since each act pays for it
        cursor.execute("SELECT canonical FROM ledger_workspace ORDER BY version DESC LIMIT 1")
        row = cursor.fetchone()
    return keys.holding(Path(settings.LOG_KEY_FILE), _log_key_in(row[0]))


@lru_cache(maxsize=4)
def _log_key_in(exact: str) -> bytes:
    return notes.read_key(str(json.loads(exact)["body"]["log_key"])).public


def _seal_fields(opened: Act, seal: Seal, head: log.Head) -> dict[str, Any]:
    if isinstance(seal, Sealed):
        return dict(seal.fields)
    texts = {row.commitment: row.value for row in opened.privates}
    opened.shown = seal.show(Shown(opened.verb, opened.fields, opened.records, texts))
    return seal.fields(head.size, merkle.root(head.frontier), opened.shown)


def _signed(opened: Act, statement: bytes, *, of: int) -> bytes:
    """The envelope around a statement that is the one that was signed. Raises Prepared where it is yet to be signed."""
    seal = opened.actor.seal
    if of > 1 or len(statement) > MAX_STATEMENT:
        raise BadInput(
            "act", f"is too large to be signed: {len(statement)} bytes; at most {MAX_STATEMENT} in one statement"
        )
    if not isinstance(seal, Sealed):
        raise Prepared(statement, opened.shown, opened.drawn, opened.at)
    if statement != seal.statement:
        raise Refused(refusal("signed_otherwise"))
    key = _signing_key()
    vkey = rules.vkey(rules.origin_of(opened.workspace), keys.public_bytes(key))
    name = "+".join(vkey.split("+", 2)[:2])  # from the left: base64 behind the key id holds a plus, too
    platform = dsse.Signature(name, key.sign(dsse.pae(statement)))
    return dsse.encode(dsse.Envelope(statement, (seal.signature, platform)))


def _table(row: Record) -> type[Record]:
    return type(row)


def _publish(note: str) -> None:
    """Leave the signed head outside the database too, so that a rolled-back database is noticed.

    Of two acts that end together the later head stays. The act stands whatever happens here: a head that cannot be
    left is logged, and `verify` says that the one outside is missing.
    """
    path = Path(settings.CHECKPOINT_FILE)
    try:
        with locks.held(path.parent):
            if path.exists() and rules.covers_more(path.read_text(encoding="utf-8", errors="replace"), note):
                return
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".checkpoint-")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(note)
            Path(name).replace(path)
    except OSError:
        logger.exception("the newest checkpoint could not be left in %s", path)
