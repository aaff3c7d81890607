"""Evidence of synthetic data: held by the server against the real rows that they were made from, and those held out.

Models and nearest rows cannot be calculated from counts, so what a client found elsewhere is only stated.
"""

from __future__ import annotations

from typing import Any

from consilience.domains.evidence.actions import Said, Subject, record_computed
from consilience.domains.evidence.held import held_file, version_and_data
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import Grade
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput
from consilience.measure import synthetic

KIND, METHOD = "synthetic_evaluation", "held_out"


def from_data(
    *, actor: Actor, version: str, dataset: str, training_dataset: str, held_out_dataset: str, now: Instant, **said: Any
) -> list[Evidence]:
    """Hold three held datasets against one another: "recomputed from data". `said` are arguments of `measure.synthetic.synthetic`."""
    of, data = version_and_data(actor, version, dataset, now)
    asof = ledger.present(now)
    training, held = (inventory.dataset_version(actor, one, asof) for one in (training_dataset, held_out_dataset))
    if len({data.urn, training.urn, held.urn}) < 3:
        raise BadInput(
            "datasets", "name three: the synthetic rows, those they were made from, and real rows that took no part"
        )
    with held_file(data) as made, held_file(training) as real, held_file(held) as out:
        report = synthetic.synthetic(made, real, out, **said)
    fields = synthetic.as_evidence(report, training=training.urn, held_out=held.urn)
    inputs = {
        "dataset": data.row.body["digest"], "training": training.row.body["digest"], "held_out": held.row.body["digest"],
    }  # fmt: skip
    recorded = Said(KIND, METHOD, fields, dataset=data.urn)
    return record_computed(
        actor=actor, subject=Subject(of.urn, of), said=[recorded], grade=Grade.RECOMPUTED_FROM_DATA, inputs=inputs, now=now
    )  # fmt: skip
