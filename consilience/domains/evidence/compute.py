"""Figures that the server computes itself: from the artefact, from data with scores, or from states that a client counted.

The grade follows from which of the three was done here; nothing that a client sends can raise it. Whatever they come from, groups
of fewer rows than `USUAL_MINIMUM` are withheld before anything is calculated or kept, as a client withholds them from what it sends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.domains.content import actions as content
from consilience.domains.content import queries as content_queries
from consilience.domains.evidence import queries
from consilience.domains.evidence.actions import Said, Subject, record_computed
from consilience.domains.evidence.held import held_file, version_and_data
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import Grade, may_learn
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refused, refusal, require
from consilience.measure import artefact as artefacts
from consilience.measure import drifting, evaluate
from consilience.measure.metrics.fairness import OF_GROUPS
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.states import profile_wire, wire
from consilience.measure.states.cube import States
from consilience.measure.states.masking import masked
from consilience.measure.states.profile import Profile
from consilience.measure.values import MISSING

PERFORMANCE = ("accuracy", "precision", "recall", "f1", "roc_auc")
CALIBRATION = ("brier", "log_loss", "ece")
DRIFT = (
    "psi", "psi_by_value", "jensen_shannon", "hellinger", "missing_shift", "ks", "wasserstein_scaled", "mean_shift",
    "total_variation", "cramers_v", "largest_share_shift", "unseen",
)  # fmt: skip
"""Of numbers or of categories. `outside_range` is none of them: profiles that travel have joined their outermost bins."""
DEPTH = 2
"""The fields of a kind are settled: the report has more figures, and intersections of three attributes."""


def from_artefact(
    *, actor: Actor, version: str, dataset: str, label: str, protected: Sequence[str], method: str, now: Instant
) -> list[Evidence]:
    """Score the held artefact on the raw columns of a held dataset, and measure: "scored from the artefact"."""
    of, data = version_and_data(actor, version, dataset, now)
    held = of.row.body["artefact"]
    if not (held["held"] and held["kind"] == "declared"):
        raise Refused(refusal("artefact_not_scorable", version=of.reference))
    model = artefacts.load(content_queries.read(held["digest"]))
    with held_file(data) as path:
        states = artefacts.artefact_states(model, path, label=label, protected=tuple(protected))
    evaluate.refuse_empty_columns(states, data.reference)
    return _record(
        actor, of, data, masked(states, minimum=USUAL_MINIMUM), Grade.SCORED_FROM_ARTEFACT, method,
        {"artefact": held["digest"], "dataset": data.row.body["digest"]}, now,
    )  # fmt: skip


def from_data(
    *,
    actor: Actor,
    version: str,
    dataset: str,
    label: str | None,
    score: str | None,
    prediction: str | None,
    protected: Sequence[str],
    method: str,
    threshold: float | None,
    positive: str | None,
    now: Instant,
) -> list[Evidence]:
    """Measure scores or predictions that stand in a held dataset: "recomputed from data"."""
    of, data = version_and_data(actor, version, dataset, now)
    with held_file(data) as path:
        states = evaluate.measure_states(
            path, label=label, score=score, prediction=prediction, protected=protected,
            threshold=threshold, positive=positive,
        )  # fmt: skip
    evaluate.refuse_empty_columns(states, data.reference)
    return _record(
        actor,
        of,
        data,
        masked(states, minimum=USUAL_MINIMUM),
        Grade.RECOMPUTED_FROM_DATA,
        method,
        {"dataset": data.row.body["digest"]},
        now,
    )


def from_states(
    *,
    actor: Actor,
    version: str,
    dataset: str,
    data_digest: str,
    states: Mapping[str, Any],
    method: str,
    now: Instant,
) -> list[Evidence]:
    """Recompute the figures from states that a client counted where the data lie: "recomputed from states".

    Refused when the client counted other bytes than the dataset version names.
    """
    of, data = version_and_data(actor, version, dataset, now)
    if data_digest != data.row.body["digest"]:
        raise Refused(refusal("other_data", dataset=data.reference, seen=data_digest[:12]))
    counted = masked(wire.from_json(dict(states)), minimum=USUAL_MINIMUM)
    return _record(
        actor, of, data, counted, Grade.RECOMPUTED_FROM_STATES, method,
        {"dataset": data_digest, "states": wire.digest(counted)}, now,
    )  # fmt: skip


def drift_from_profiles(
    *,
    actor: Actor,
    version: str,
    dataset: str,
    reference_dataset: str,
    data_digest: str,
    reference_digest: str,
    profiles: Mapping[str, Any],
    method: str,
    now: Instant,
) -> list[Evidence]:
    """Recompute drift from two profiles that a client counted where the data lie: "recomputed from states".

    `profiles` has `reference` and `current`. Refused when the client counted other bytes than the dataset versions name,
    or counted the two by different plans.
    """
    of, data = version_and_data(actor, version, dataset, now)
    before = inventory.dataset_version(actor, reference_dataset, ledger.present(now))
    for one, seen in ((data, data_digest), (before, reference_digest)):
        if seen != one.row.body["digest"]:
            raise Refused(refusal("other_data", dataset=one.reference, seen=seen[:12]))
    _free_to_learn(of, method, now)
    then, current = drift_sides(profiles)
    sides = DriftOf(before.urn, then, current, {"reference": before.row.body["digest"]})
    return record_drift(actor, of, data, sides, Grade.RECOMPUTED_FROM_STATES, method, now)


def drift_sides(profiles: Mapping[str, Any]) -> tuple[Profile, Profile]:
    """The profiles of the reference and of now, read strictly."""
    if set(profiles) != {"reference", "current"}:
        raise BadInput("profiles", "exactly reference and current are expected")
    then, current = (profile_wire.from_json(profiles[name]) for name in ("reference", "current"))
    return then, current


def _free_to_learn(of: inventory.VersionOf, method: str, now: Instant) -> None:
    """Refuse edges that are learned anew where a reference is stored for what the method measures."""
    row = queries.stored_reference(of.urn, ledger.present(now))
    require(may_learn(None if row is None else row.body["fields"]["profile"], method, of.reference))


def drift_from_data(
    *, actor: Actor, version: str, dataset: str, reference_dataset: str, columns: Sequence[str], without: Sequence[str],
    method: str, now: Instant,
) -> list[Evidence]:  # fmt: skip
    """Count both held datasets here and compare them: "recomputed from data". What is kept of them is what may travel."""
    of, data = version_and_data(actor, version, dataset, now)
    before = inventory.dataset_version(actor, reference_dataset, ledger.present(now))
    _free_to_learn(of, method, now)
    with held_file(data) as path, held_file(before) as reference:
        then, current = drifting.profiles_to_send(path, reference, columns=columns or None, without=without)
    sides = DriftOf(before.urn, then, current, {"reference": before.row.body["digest"]})
    return record_drift(actor, of, data, sides, Grade.RECOMPUTED_FROM_DATA, method, now)


@dataclass(frozen=True)
class DriftOf:
    """Two profiles, the URN of the reference's dataset version, what they were made from by digest, and the digest of the
    reference profile where it was stored before."""

    reference: str
    then: Profile
    current: Profile
    inputs: Mapping[str, str]
    stored: str | None = None


def record_drift(
    actor: Actor,
    of: inventory.VersionOf,
    data: inventory.DataVersionOf,
    sides: DriftOf,
    grade: Grade,
    method: str,
    now: Instant,
) -> list[Evidence]:
    """Record the drift of two profiles, which are kept as files."""
    fields = drift(drifting.report(sides.then, sides.current), sides.reference) | {"reference_profile": sides.stored}
    files, inputs = [], {"dataset": data.row.body["digest"], **sides.inputs}
    for name, profile in (("reference", sides.then), ("current", sides.current)):
        kept = content.put(profile_wire.encode(profile), now=now)
        files.append((f"{name}_profile.json", kept))
        inputs[f"{name}_profile"] = kept
    said = Said("drift_evaluation", method, fields, dataset=data.urn, files=files)
    return record_computed(actor=actor, subject=Subject(of.urn, of), said=[said], grade=grade, inputs=inputs, now=now)


def drift(report: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """The fields of kind `drift_evaluation` from a drift report and the URN of the reference's dataset version.

    Each category stands for itself, so the index by value is there the index.
    """
    return {
        **{name: report[name] for name in ("rows", "reference_rows", "plan")},
        "reference": reference,
        "columns": [
            {
                "name": name,
                "kind": report["bins"][name]["kind"],
                "psi_by_value": figures["psi"],
                **{figure: said for figure, said in figures.items() if figure in DRIFT},
                "labels": report["bins"][name]["labels"],
                "reference_counts": report["bins"][name]["reference"],
                "counts": report["bins"][name]["current"],
            }
            for name, figures in report["features"].items()
        ],
    }


def _record(
    actor: Actor,
    of: inventory.VersionOf,
    data: inventory.DataVersionOf,
    states: States,
    grade: Grade,
    method: str,
    inputs: Mapping[str, str],
    now: Instant,
) -> list[Evidence]:
    report = evaluate.figures(states)
    kept = content.put(wire.encode(states), now=now)
    said = [
        Said(kind, method, fields, dataset=data.urn, files=[("states.json", kept)])
        for kind, fields in (("evaluation", evaluation(report)), ("fairness_evaluation", fairness(report)))
        if kind == "evaluation" or report["fairness"]
    ]
    return record_computed(actor=actor, subject=Subject(of.urn, of), said=said, grade=grade, inputs=inputs, now=now)


def evaluation(report: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of kind `evaluation` from an evaluate report."""
    performance, calibration = report["performance"], report["calibration"]
    return {
        "rows": report["rows"],
        **{name: performance[name] for name in PERFORMANCE},
        **{name: calibration[name] for name in CALIBRATION},
    }


def fairness(report: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of kind `fairness_evaluation`: one element per attribute and per pair of attributes."""
    return {
        "rows": report["rows"],
        "attributes": [
            {
                "name": name,
                "attributes": measured["attributes"],
                "groups": [{"key": key, **_values(group)} for key, group in measured["groups"].items()],
                "gaps": measured["gaps"],
            }
            for name, measured in report["fairness"].items()
            if len(measured["attributes"]) <= DEPTH
        ],
    }


def _values(group: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: group[name] for name in ("values", "rows", *OF_GROUPS)}
    return {**kept, "values": [MISSING if value is None else value for value in group["values"]]}
