"""Batches of predictions: logging one by its root, listing, and what a proof of one of their rows is made with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from ninja import Query, Router
from pydantic import Field, StringConstraints

from consilience.domains.inventory import queries as inventory
from consilience.domains.monitor import actions, queries, rules
from consilience.domains.monitor.kinds import Kind
from consilience.kit.clock import Instant, now
from consilience.kit.errors import BadInput
from consilience.surfaces.api.shared import (
    In,
    Moment,
    Out,
    Page,
    Paged,
    Reference,
    Request,
    Sha256,
    UrnText,
    operation,
    paged,
    present,
    read_time,
)

router = Router(tags=["predictions"])
MAX_ROWS = 2**53 - 1
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class ColumnOfRows(In):
    """A column and what it holds."""

    name: ColumnName
    kind: Kind


class BatchIn(In):
    """What is said of rows that stay where they are."""

    model_version: Reference
    rows: int = Field(ge=1, le=MAX_ROWS)
    root: Sha256
    """The root over the salted rows, see docs/formats/predictions.md."""
    columns: list[ColumnOfRows] = Field(min_length=1, max_length=rules.MAX_COLUMNS)
    id_column: ColumnName | None = None
    since: Moment | None = None
    until: Moment | None = None
    """The period of the predictions; both or neither. A bare date is a day of the workspace's zone, the last one included."""
    files: list[Sha256] = Field(min_length=1, max_length=rules.MAX_FILES)
    secret: Sha256
    """32 random bytes in hexadecimal, from which the salts of the rows are made. Kept where it can be erased."""


class BatchOut(Out):
    urn: str
    model_version: str
    rows: int
    root: str
    columns: list[ColumnOfRows]
    id_column: str | None
    since: str | None
    until: str | None
    files: list[str | None]
    """SHA-256 of each file that was read; null for one that was erased."""
    at: str
    position: int
    """The entry of the ledger."""


class ProofPartsOut(Out):
    """What whoever holds the rows makes the proof of one of them with."""

    secret: str
    entry: str
    """The exact bytes of the entry that logged the batch, as text."""
    entry_proof: str
    """C2SP tlog-proof under the newest signed head."""


class BatchesQuery(Page):
    version: Reference | None = None


@operation(router.post, "/predictions/batches", action="predictions.log")
def log(request: Request, data: BatchIn) -> BatchOut:
    """Log a batch of predictions by its root. The rows themselves are not sent."""
    columns = {one.name: one.kind for one in data.columns}
    if len(columns) < len(data.columns):
        raise BadInput("columns", "name one column twice")
    said = rules.Said(
        rows=data.rows, root=data.root, columns=columns, files=data.files, secret=data.secret,
        id_column=data.id_column, period=_period(data),
    )  # fmt: skip
    row = actions.log_batch(actor=request.auth, version=data.model_version, said=said, now=now())
    return _shown([queries.batch(request.auth, "predictions.read", row.urn, present())])[0]


@operation(router.get, "/predictions/batches", action="predictions.read")
def batches(request: Request, query: Query[BatchesQuery]) -> Paged[BatchOut]:
    """The batches that were logged, newest first."""
    asof = present()
    version = inventory.version_ever(request.auth, query.version, asof).urn if query.version else None
    return paged(queries.batches(request.auth, asof, version=version), query, _shown)


@operation(router.get, "/predictions/batches/{urn}", action="predictions.read")
def batch(request: Request, urn: UrnText) -> BatchOut:
    return _shown([queries.batch(request.auth, "predictions.read", urn, present())])[0]


@operation(router.get, "/predictions/batches/{urn}/proof-parts", action="predictions.prove")
def proof_parts(request: Request, urn: UrnText) -> ProofPartsOut:
    """The batch's secret, its entry and the proof of it. With the secret a guess at any row can be tested."""
    found = queries.proof_parts(queries.batch(request.auth, "predictions.prove", urn, present()))
    return ProofPartsOut(secret=found.secret, entry=found.entry, entry_proof=found.entry_proof)


def _period(data: BatchIn) -> tuple[Instant, Instant] | None:
    since, until = read_time(data.since), read_time(data.until, end=True)
    if since is None and until is None:
        return None
    if since is None or until is None:
        raise BadInput("period", "expected both since and until, or neither")
    return since, until


def _shown(found: Sequence[queries.BatchOf]) -> list[BatchOut]:
    return [
        BatchOut(
            urn=one.row.urn,
            model_version=one.version.reference,
            rows=one.body["rows"],
            root=one.body["root"],
            columns=[ColumnOfRows(name=name, kind=Kind(kind)) for name, kind in one.body["columns"]],
            id_column=one.body["id_column"],
            since=(one.body["period"] or {}).get("from"),
            until=(one.body["period"] or {}).get("until"),
            files=queries.file_digests(one),
            at=one.row.valid_from,
            position=one.row.position,
        )
        for one in found
    ]
