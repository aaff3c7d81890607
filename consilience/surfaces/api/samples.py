"""Rows against a population, and synthetic rows against real ones: measured on seeded samples of held data, or counted by a client."""

from __future__ import annotations

from typing import Any

from ninja import Router
from pydantic import Field

from consilience.domains.evidence import queries
from consilience.domains.evidence.computing import populations, synthetics
from consilience.domains.evidence.models import Evidence
from consilience.kit.clock import now
from consilience.surfaces.api.evaluations import Computed
from consilience.surfaces.api.evidence import show
from consilience.surfaces.api.inventory import Listed
from consilience.surfaces.api.shared import In, Line, Reference, Request, Sha256, operation, present

router = Router(tags=["evidence"])


class PopulationIn(In):
    """Data that the server holds, and for each attribute the share or the count of each group of the population."""

    dataset: Reference
    population: dict[str, dict[str, float]] = Field(min_length=1, max_length=1000)
    people: Line | None = None
    """An id column, where rows repeat people."""


class PopulationCountsIn(In):
    """Counts of rows with this digest, as `consilience.measure.population_counts` writes them."""

    dataset: Reference
    data_digest: Sha256
    counts: dict[str, Any]


class SyntheticIn(In):
    """Three datasets that the server holds: the synthetic rows, those they were made from, and real rows that took no part."""

    dataset: Reference
    training_dataset: Reference
    held_out_dataset: Reference
    label: Line | None = None
    positive: Line | None = None
    columns: Listed = Field(default_factory=list, max_length=10_000)
    without: Listed = Field(default_factory=list, max_length=10_000)


@operation(router.post, "/versions/{reference}/representativeness", action="evidence.compute")
def represent(request: Request, reference: Reference, data: PopulationIn) -> Computed:
    """Have held data compared with a stated population, and recorded."""
    return _shown(request, populations.from_data(actor=request.auth, version=reference, now=now(), **data.model_dump()))


@operation(router.post, "/versions/{reference}/representativeness/states", action="evidence.compute")
def represent_counts(request: Request, reference: Reference, data: PopulationCountsIn) -> Computed:
    """Have the comparison calculated from counts: the rows stay where they are."""
    return _shown(
        request, populations.from_counts(actor=request.auth, version=reference, now=now(), **data.model_dump())
    )


@operation(router.post, "/versions/{reference}/synthetic", action="evidence.compute")
def synthetic(request: Request, reference: Reference, data: SyntheticIn) -> Computed:
    """Have synthetic data held against real data, and recorded."""
    said = data.model_dump() | {"columns": data.columns or None}
    return _shown(request, synthetics.from_data(actor=request.auth, version=reference, now=now(), **said))


def _shown(request: Request, rows: list[Evidence]) -> Computed:
    counted = [queries.Current(row, 0) for row in rows]
    return Computed(evidence=show(request.auth, counted, present(), attempts=False))
