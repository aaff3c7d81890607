"""The ledger: its newest signed head, its entries, and the proof that an entry stands in it."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Path, Query, Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.ledger import proofs, queries, rules
from consilience.domains.ledger.models import Entry
from consilience.domains.witness import queries as witness
from consilience.surfaces.api.shared import (
    MAX_INT,
    By,
    In,
    Names,
    Out,
    Page,
    Paged,
    Request,
    UrnText,
    operation,
    present,
)

router = Router(tags=["ledger"])
COMMON = ("workspace", "actor", "at", "verb", "authenticated_by")
Position = Annotated[int, Field(ge=0, le=MAX_INT)]
Size = Annotated[int, Field(ge=0, le=MAX_INT)]


class CheckpointOut(Out):
    note: str
    """The signed note (C2SP tlog-checkpoint), exactly."""
    size: int
    root: str
    log_key: str


class RecordedOut(Out):
    name: str
    sha256: str


class EntryOut(Out):
    position: int
    verb: str
    by: By
    at: str
    authenticated_by: str
    subjects: list[RecordedOut]
    fields: dict[str, Any]
    """What the verb says beside that."""


class InclusionProofOut(Out):
    """An RFC 6962 inclusion proof; hashes are hexadecimal."""

    position: int
    size: int
    leaf: str
    path: list[str]
    checkpoint: str


class EntryShown(EntryOut):
    statement: str
    """The exact bytes that were hashed, as text."""
    proof: InclusionProofOut


class EntryProofOut(InclusionProofOut):
    text: str
    """The same as a file that holds on its own (C2SP tlog-proof)."""


class ConsistencyProofOut(Out):
    """An RFC 6962 consistency proof; hashes are hexadecimal."""

    old: int
    size: int
    path: list[str]
    checkpoint: str
    text: str
    """The same as a witness takes it (C2SP tlog-witness, add-checkpoint)."""


class ProofQuery(In):
    size: Size | None = None


class ConsistencyQuery(ProofQuery):
    old: Size


class EntriesQuery(Page):
    verb: Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z_]+$", max_length=64)] | None = None
    actor: UrnText | None = None


@operation(router.get, "/ledger/checkpoint", action="ledger.read")
def checkpoint(request: Request) -> CheckpointOut:
    access.ensure(request.auth, "ledger.read", WORKSPACE, present())
    note, key = queries.checkpoint(), queries.log_key()
    head = rules.opened(note, key)
    return CheckpointOut(note=note, size=head.size, root=head.root.hex(), log_key=key)


@operation(router.get, "/ledger/entries", action="ledger.read")
def entries(request: Request, query: Query[EntriesQuery]) -> Paged[EntryOut]:
    """Entries, newest first."""
    access.ensure(request.auth, "ledger.read", WORKSPACE, present())
    rows = queries.entries()
    if query.verb is not None:
        rows = rows.filter(verb=query.verb)
    if query.actor is not None:
        rows = rows.filter(actor=query.actor)
    chosen = list(rows[query.offset : query.offset + query.limit])
    names = Names(row.actor for row in chosen)
    items = [_entry(row, names) for row in chosen]
    return Paged[EntryOut](items=items, count=rows.count(), limit=query.limit, offset=query.offset)


@operation(router.get, "/ledger/entries/{position}", action="ledger.read")
def entry(request: Request, position: Path[Position]) -> EntryShown:
    """One entry, byte for byte, with the proof that it stands under the newest checkpoint."""
    access.ensure(request.auth, "ledger.read", WORKSPACE, present(), what="ledger entry", named=str(position))
    row, found = queries.entry(position), queries.proof(position)
    said = _entry(row, Names([row.actor])).model_dump()
    return EntryShown(**said, statement=bytes(row.exact).decode("utf-8"), proof=_inclusion(found))


@operation(router.get, "/ledger/entries/{position}/proof", action="ledger.read")
def entry_proof(request: Request, position: Path[Position], query: Query[ProofQuery]) -> EntryProofOut:
    """The proof that an entry stands in the log.

    It leads to the head over `size` entries; else to the newest that the witnesses' quorum cosigned and that covers the
    entry; else to the newest. The text carries what witnesses signed.
    """
    access.ensure(request.auth, "ledger.read", WORKSPACE, present(), what="ledger entry", named=str(position))
    found = queries.proof(position, witness.head_for(position) if query.size is None else query.size)
    note = witness.with_cosignatures(found.size, found.note)
    text = proofs.write_inclusion(proofs.InclusionProof(found.position, found.path, note))
    return EntryProofOut(**_inclusion(found).model_dump(), text=text)


@operation(router.get, "/ledger/consistency", action="ledger.read")
def consistency(request: Request, query: Query[ConsistencyQuery]) -> ConsistencyProofOut:
    """The proof that the log of `old` entries is the beginning of the newest checkpoint, or of the one over `size`."""
    access.ensure(request.auth, "ledger.read", WORKSPACE, present())
    found = queries.consistency(query.old, query.size)
    return ConsistencyProofOut(
        old=found.old, size=found.size, path=[one.hex() for one in found.path], checkpoint=found.note,
        text=proofs.write_consistency(proofs.ConsistencyProof(found.old, found.path, found.note)),
    )  # fmt: skip


def _inclusion(found: queries.Proof) -> InclusionProofOut:
    return InclusionProofOut(
        position=found.position, size=found.size, leaf=found.leaf.hex(),
        path=[one.hex() for one in found.path], checkpoint=found.note,
    )  # fmt: skip


def _entry(row: Entry, names: Names) -> EntryOut:
    said = rules.read(bytes(row.exact))
    return EntryOut(
        position=row.position,
        verb=said.verb,
        by=names.by(said.actor),
        at=said.at,
        authenticated_by=said.authenticated_by,
        subjects=[RecordedOut(name=name, sha256=digest) for name, digest in said.subjects],
        fields={name: value for name, value in said.predicate.items() if name not in COMMON},
    )
