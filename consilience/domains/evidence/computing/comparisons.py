"""Evidence of two models on the same rows: scored by both artefacts, from held data, or from counts of a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from consilience.domains.content import actions as content
from consilience.domains.content import queries as content_queries
from consilience.domains.evidence.actions import Said, Subject, record_computed
from consilience.domains.evidence.held import held_file, same_bytes, version_and_data
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import Grade
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refused, refusal
from consilience.measure import artefact as artefacts
from consilience.measure import comparing
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.sources import Want, batches, check_columns
from consilience.measure.states import pairs_wire
from consilience.measure.states.pairs import PairStates

KIND = "comparison_evaluation"
SCORES = ("score of the baseline", "score of the version")
"""What the scores are called that the server calculates itself."""


def from_artefacts(
    *, actor: Actor, version: str, baseline: str, dataset: str, label: str, positive: str | None, method: str, now: Instant
) -> list[Evidence]:  # fmt: skip
    """Score both held artefacts on the raw columns of a held dataset and compare them: "scored from the artefact"."""
    of, data = version_and_data(actor, version, dataset, now)
    before = inventory.version(actor, baseline, ledger.present(now))
    models = [_artefact(one) for one in (before, of)]
    with held_file(data) as path:
        table = pa.table(
            {name: artefacts.score(model, path).column(0) for name, model in zip(SCORES, models, strict=True)}
            | {label: _texts(path, label)}
        )
    states = comparing.pair_states(
        table, label=label, score=SCORES[0], score_other=SCORES[1], threshold=models[0].threshold,
        threshold_other=models[1].threshold, positive=positive,
    )  # fmt: skip
    inputs = {"artefact": of.row.body["artefact"]["digest"]}
    return _record(actor, of, before, data, states, Grade.SCORED_FROM_ARTEFACT, method, inputs, now)


def from_data(
    *, actor: Actor, version: str, baseline: str, dataset: str, method: str, now: Instant, **said: Any
) -> list[Evidence]:
    """Compare two models whose scores or predictions stand in a held dataset: "recomputed from data".

    `said` are arguments of `measure.comparing.compare`: label, score, score_other and so on; `other` is the version.
    """
    of, data = version_and_data(actor, version, dataset, now)
    before = inventory.version(actor, baseline, ledger.present(now))
    with held_file(data) as path:
        states = comparing.pair_states(path, **said)
    return _record(actor, of, before, data, states, Grade.RECOMPUTED_FROM_DATA, method, {}, now)


def from_pairs(
    *, actor: Actor, version: str, baseline: str, dataset: str, data_digest: str, pairs: Mapping[str, Any], method: str, now: Instant
) -> list[Evidence]:  # fmt: skip
    """Compare again from counts that a client made where the data lie: "recomputed from states"."""
    of, data = version_and_data(actor, version, dataset, now)
    before = inventory.version(actor, baseline, ledger.present(now))
    same_bytes(data, data_digest)
    states = pairs_wire.from_json(dict(pairs))
    return _record(actor, of, before, data, states, Grade.RECOMPUTED_FROM_STATES, method, {}, now)


def _record(
    actor: Actor,
    of: inventory.VersionOf,
    before: inventory.VersionOf,
    data: inventory.DataVersionOf,
    states: PairStates,
    grade: Grade,
    method: str,
    inputs: Mapping[str, str],
    now: Instant,
) -> list[Evidence]:
    if before.urn == of.urn:
        raise BadInput("baseline", f"is {of.reference} itself; name another version")
    kept = content.put(pairs_wire.encode(states), now=now)
    fields = comparison(comparing.of_pair_states(states), before)
    said = Said(KIND, method, fields, dataset=data.urn, files=[("pairs.json", kept)])
    named = {"dataset": data.row.body["digest"], "baseline": fields["baseline"], "pairs": kept, **inputs}
    return record_computed(actor=actor, subject=Subject(of.urn, of), said=[said], grade=grade, inputs=named, now=now)


def comparison(report: Mapping[str, Any], baseline: inventory.VersionOf) -> dict[str, Any]:
    """The fields of kind `comparison_evaluation` from a compare report whose other side is the version."""
    test = report["mcnemar"] or {"only_one_right": None, "only_other_right": None, "p_value": None}
    return {
        "rows": report["rows"],
        "left_out": report["left_out"],
        "baseline": baseline.row.body["artefact"]["digest"],
        "baseline_version": baseline.urn,
        "only_baseline_right": test["only_one_right"],
        "only_version_right": test["only_other_right"],
        "mcnemar_p": test["p_value"],
        **{
            name: {"baseline": found["one"], "version": found["other"], "difference": found["difference"]}
            for name, found in report["figures"].items()
        },
    }


def _artefact(of: inventory.VersionOf) -> artefacts.Artefact:
    held = of.row.body["artefact"]
    if not (held["held"] and held["kind"] == "declared"):
        raise Refused(refusal("artefact_not_scorable", version=of.reference))
    return artefacts.load(content_queries.read(held["digest"]))


def _texts(path: Any, column: str) -> pa.ChunkedArray:
    """A column as it is stored, in the order of the rows."""
    source = open_source(path)
    check_columns(source, [column])
    found = [batch.column(column) for batch in batches(source, {column: Want.TEXT})]
    if not found:
        raise BadInput(source.name, "has no rows")
    return pa.chunked_array(found)
