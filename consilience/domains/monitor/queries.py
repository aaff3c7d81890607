"""Batches of predictions, and what a proof of one of their rows is made with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.queries import VersionOf
from consilience.domains.ledger import proofs
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.monitor.models import PredictionBatch
from consilience.kit.errors import CannotTell, NotFound
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf


@dataclass(frozen=True)
class BatchOf:
    """A batch with the version that predicted it."""

    row: PredictionBatch
    version: VersionOf

    @property
    def body(self) -> dict[str, Any]:
        return self.row.body


def batches(actor: Actor, asof: AsOf, *, version: str | None = None) -> list[BatchOf]:
    """The batches that the actor may know of, newest first; of one version (its URN) or of all."""
    rows = PredictionBatch.objects.as_of(asof).order_by("-position", "-ordinal")
    if version is not None:
        rows = rows.filter(model_version=version)
    listed = list(rows)
    known = _versions(actor, {row.model_version for row in listed}, asof)
    return [BatchOf(row, known[row.model_version]) for row in listed if row.model_version in known]


def batch(actor: Actor, action: str, urn: str, asof: AsOf) -> BatchOf:
    """The batch behind a URN; NotFound where the actor may not know of it, NotEntitled where the action is not theirs."""
    row = PredictionBatch.objects.as_of(asof).filter(urn=urn).first()
    if row is None:
        raise NotFound("batch of predictions", urn)
    version = inventory.version_known(row.model_version, asof)
    access.ensure(actor, action, version, asof, what="batch of predictions", named=urn)
    return BatchOf(row, version)


def file_digests(found: BatchOf) -> list[str | None]:
    """SHA-256 of each file that was read; None for one that was erased."""
    listed = found.body["files"]
    opened = commitments.opened(listed)
    return [opened.get(one["commitment"]) for one in listed]


@dataclass(frozen=True)
class ProofParts:
    """What whoever holds the rows needs from here to prove one of them."""

    secret: str
    entry: str
    entry_proof: str


def proof_parts(found: BatchOf) -> ProofParts:
    """The batch's secret and its entry with the proof of it; CannotTell where the secret was erased."""
    secret = commitments.text(found.body["secret"])
    if secret is None:
        raise CannotTell("the secret of this batch was erased: no row of it can be proved any more")
    entry, proof = ledger.entry(found.row.position), ledger.proof(found.row.position)
    text = proofs.write_inclusion(proofs.InclusionProof(proof.position, proof.path, proof.note))
    return ProofParts(secret, bytes(entry.exact).decode(), text)


def _versions(actor: Actor, urns: Collection[str], asof: AsOf) -> dict[str, VersionOf]:
    found = {urn: inventory.version_known(urn, asof) for urn in urns}
    return {urn: one for urn, one in found.items() if access.can(actor, "predictions.read", one, asof) is None}
