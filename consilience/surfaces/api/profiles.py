"""The one reference profile of a version, and profiles of any data: counted by the server, or by a client."""

from __future__ import annotations

from typing import Any

from ninja import Router
from pydantic import Field

from consilience.domains.evidence import queries
from consilience.domains.evidence.computing import profiles
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import REFERENCE
from consilience.kit.clock import now
from consilience.surfaces.api.evaluations import Computed
from consilience.surfaces.api.evidence import EvidenceOut, show
from consilience.surfaces.api.inventory import Listed
from consilience.surfaces.api.shared import MAX_INT, In, Out, Reference, Request, Sha256, operation, present
from consilience.surfaces.api.versions import Reason

router = Router(tags=["evidence"])


class StoredReference(Out):
    """The record of the reference of a version; null where none is stored."""

    reference: EvidenceOut | None


class DataProfileIn(In):
    """Data that the server holds, with all columns that can be counted or some."""

    dataset: Reference
    columns: Listed = Field(default_factory=list, max_length=10_000)
    without: Listed = Field(default_factory=list, max_length=10_000)


class DataProfileCountsIn(In):
    """The profile of rows with this digest, as `consilience.measure.references.to_keep` counts it."""

    dataset: Reference
    data_digest: Sha256
    profile: dict[str, Any]
    minimum_group: int = Field(ge=1, le=MAX_INT)
    """The profile tells of no fewer rows."""


class ReferenceProfileIn(DataProfileIn):
    """Data that the server holds and from which everything later is measured."""

    reason: Reason | None = None
    """Why another reference takes the place of the one that is stored; not where none is."""


class ReferenceCountsIn(DataProfileCountsIn):
    """The profile of the rows from which everything later is measured."""

    reason: Reason | None = None


@operation(router.get, "/versions/{reference}/reference", action="evidence.read")
def reference(request: Request, reference: Reference) -> StoredReference:
    """The reference that is stored for a version; its profile is the file `profile.json` of the record."""
    row = profiles.record_of(request.auth, reference, now())
    shown = [] if row is None else show(request.auth, [queries.Current(row, 0)], present(), attempts=False)
    return StoredReference(reference=shown[0] if shown else None)


@operation(router.post, "/versions/{reference}/reference", action="evidence.compute")
def store_reference(request: Request, reference: Reference, data: ReferenceProfileIn) -> Computed:
    """Have the reference of a version learned from held data, once, and stored."""
    said = data.model_dump()
    return _shown(
        request,
        profiles.from_data(actor=request.auth, version=reference, kind=REFERENCE, now=now(), **said),
    )


@operation(router.post, "/versions/{reference}/reference/states", action="evidence.compute")
def store_reference_counts(request: Request, reference: Reference, data: ReferenceCountsIn) -> Computed:
    """Have a reference stored that was counted where the rows are."""
    said = data.model_dump()
    return _shown(
        request,
        profiles.from_profile(actor=request.auth, version=reference, kind=REFERENCE, now=now(), **said),
    )


@operation(router.post, "/versions/{reference}/profiles", action="evidence.compute")
def profile(request: Request, reference: Reference, data: DataProfileIn) -> Computed:
    """Have held data profiled, and the profile recorded."""
    said = data.model_dump()
    return _shown(
        request,
        profiles.from_data(actor=request.auth, version=reference, kind=profiles.KIND, now=now(), **said),
    )


@operation(router.post, "/versions/{reference}/profiles/states", action="evidence.compute")
def profile_counts(request: Request, reference: Reference, data: DataProfileCountsIn) -> Computed:
    """Have a profile recorded that was counted where the rows are."""
    said = data.model_dump()
    return _shown(
        request,
        profiles.from_profile(actor=request.auth, version=reference, kind=profiles.KIND, now=now(), **said),
    )


def _shown(request: Request, rows: list[Evidence]) -> Computed:
    counted = [queries.Current(row, 0) for row in rows]
    return Computed(evidence=show(request.auth, counted, present(), attempts=False))
