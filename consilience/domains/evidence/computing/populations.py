"""Evidence of rows held against a stated population: counted on a seeded sample of held data, or by a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consilience.domains.content import actions as content
from consilience.domains.evidence.actions import Said, Subject, record_computed
from consilience.domains.evidence.held import held_file, same_bytes, version_and_data
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import Grade
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.measure import population_counts
from consilience.measure.population_counts import PopulationCounts
from consilience.measure.representative import represent
from consilience.measure.samples.populations import read_population

KIND, METHOD = "representativeness_evaluation", "population"


def from_data(
    *, actor: Actor, version: str, dataset: str, population: Mapping[str, Any], people: str | None, now: Instant
) -> list[Evidence]:
    """Hold a sample of a held dataset against a population: "recomputed from data"."""
    of, data = version_and_data(actor, version, dataset, now)
    stated = read_population(population, "population")
    with held_file(data) as path:
        report = represent(path, stated, people=people)
    if people is None:
        counts = population_counts.counts_of(report)
        return _counted(actor, of, data, counts, Grade.RECOMPUTED_FROM_DATA, now)
    fields = population_counts.stated_fields(report)
    said = Said(KIND, METHOD, fields, dataset=data.urn)
    return record_computed(
        actor=actor, subject=Subject(of.urn, of), said=[said], grade=Grade.RECOMPUTED_FROM_DATA,
        inputs={"dataset": data.row.body["digest"]}, now=now,
    )  # fmt: skip


def from_counts(
    *, actor: Actor, version: str, dataset: str, data_digest: str, counts: Mapping[str, Any], now: Instant
) -> list[Evidence]:
    """Calculate the figures again from counts that a client made where the data lie: "recomputed from states"."""
    of, data = version_and_data(actor, version, dataset, now)
    same_bytes(data, data_digest)
    return _counted(actor, of, data, population_counts.from_json(dict(counts)), Grade.RECOMPUTED_FROM_STATES, now)


def _counted(
    actor: Actor,
    of: inventory.VersionOf,
    data: inventory.DataVersionOf,
    counts: PopulationCounts,
    grade: Grade,
    now: Instant,
) -> list[Evidence]:
    kept = content.put(population_counts.encode(counts), now=now)
    said = Said(
        KIND, METHOD, population_counts.fields(counts), dataset=data.urn, files=[("population_counts.json", kept)]
    )
    inputs = {"dataset": data.row.body["digest"], "counts": kept}
    return record_computed(actor=actor, subject=Subject(of.urn, of), said=[said], grade=grade, inputs=inputs, now=now)
