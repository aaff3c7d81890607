"""Evidence of segments in which a model errs more: searched by the server on a seeded sample of a held dataset.

Which segments there are cannot be told from counts, so what a client found elsewhere is only stated.
"""

from __future__ import annotations

from typing import Any

from consilience.domains.evidence.actions import Said, Subject, record_computed
from consilience.domains.evidence.held import held_file, version_and_data
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import Grade
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.measure import segments

KIND = "weak_segments"


def from_data(*, actor: Actor, version: str, dataset: str, method: str, now: Instant, **said: Any) -> list[Evidence]:
    """Search a held dataset: "recomputed from data". `said` are arguments of `measure.segments.slices`."""
    of, data = version_and_data(actor, version, dataset, now)
    with held_file(data) as path:
        report = segments.slices(path, **said)
    made = Said(KIND, method, segments.as_evidence(report), dataset=data.urn)
    return record_computed(
        actor=actor, subject=Subject(of.urn, of), said=[made], grade=Grade.RECOMPUTED_FROM_DATA,
        inputs={"dataset": data.row.body["digest"]}, now=now,
    )  # fmt: skip
