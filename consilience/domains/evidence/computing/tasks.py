"""Evidence of models that predict a number, or one of several classes: from held data, or from states of a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consilience.domains.content import actions as content
from consilience.domains.evidence.actions import Said, Subject, record_computed
from consilience.domains.evidence.held import held_file, same_bytes, version_and_data
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import Grade
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.measure import task_states
from consilience.measure.metrics import regression
from consilience.measure.task import Task
from consilience.measure.task_states import Counted
from consilience.measure.values import MISSING

REGRESSION, MULTICLASS = "regression_evaluation", "multiclass_evaluation"
KINDS = {Task.REGRESSION: REGRESSION, Task.MULTICLASS: MULTICLASS}
OF_NUMBERS = tuple(regression.REGRESSION)
OF_CLASSES = (
    "accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "weighted_precision", "weighted_recall",
    "weighted_f1", "kappa", "mcc",
)  # fmt: skip
"""What micro precision, recall and F1 are is the accuracy."""


def from_data(
    *,
    actor: Actor,
    version: str,
    dataset: str,
    task: Task,
    label: str,
    prediction: str,
    protected: Sequence[str],
    rank: str | None = None,
    method: str,
    now: Instant,
) -> list[Evidence]:
    """Measure predictions that stand in a held dataset: "recomputed from data". What is kept of them is what may travel."""
    of, data = version_and_data(actor, version, dataset, now)
    said: dict[str, Any] = {
        "label": label,
        "prediction": prediction,
        "protected": protected,
        **({} if rank is None else {"rank": rank}),
    }
    with held_file(data) as path:
        states = task_states.states_to_send(path, task=task, **said)
    return _record(actor, of, data, task_states.counted(states), Grade.RECOMPUTED_FROM_DATA, method, now)


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
    """Calculate the figures again from states that a client counted where the data lie: "recomputed from states"."""
    of, data = version_and_data(actor, version, dataset, now)
    same_bytes(data, data_digest)
    return _record(actor, of, data, task_states.counted(states), Grade.RECOMPUTED_FROM_STATES, method, now)


def _record(
    actor: Actor, of: inventory.VersionOf, data: inventory.DataVersionOf, counted: Counted, grade: Grade, method: str, now: Instant
) -> list[Evidence]:  # fmt: skip
    fields = (of_numbers if counted.task is Task.REGRESSION else of_classes)(counted.report)
    kept = content.put(counted.data, now=now)
    said = Said(KINDS[counted.task], method, fields, dataset=data.urn, files=[("states.json", kept)])
    inputs = {"dataset": data.row.body["digest"], "states": kept}
    return record_computed(actor=actor, subject=Subject(of.urn, of), said=[said], grade=grade, inputs=inputs, now=now)


def of_numbers(report: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of kind `regression_evaluation` from an `evaluate-regression` report."""
    return {
        **_rows(report),
        "beyond_scale": report["beyond_scale"],
        **{name: report["performance"][name] for name in OF_NUMBERS},
        "errors": report["residuals"],
        "attributes": [_attribute(name, one, regression.OF_GROUPS) for name, one in report["fairness"].items()],
    }


def of_classes(report: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of kind `multiclass_evaluation` from an `evaluate-multiclass` report."""
    return {
        **_rows(report),
        **{name: report["performance"][name] for name in OF_CLASSES},
        **{f"top_{k}": found for k, found in (report["top_k"] or {}).items()},
        "classes": [{"name": name, **found} for name, found in report["per_class"].items()],
        "attributes": [_of_groups(name, one) for name, one in report["fairness"].items()],
    }


def _rows(report: Mapping[str, Any]) -> dict[str, Any]:
    missing = report["missing"]
    return {"rows": report["rows"], "without_label": missing["label"], "without_prediction": missing["prediction"]}


def _of_groups(name: str, measured: Mapping[str, Any]) -> dict[str, Any]:
    gaps = measured["gaps"]
    of_classes = [{"name": one, **found} for one, found in gaps["classes"].items()]
    whole = {**measured, "gaps": {"accuracy": gaps["accuracy"]}}
    return {**_attribute(name, whole, ("accuracy", "balanced_accuracy")), "classes": of_classes}


def _attribute(name: str, measured: Mapping[str, Any], figures: Any) -> dict[str, Any]:
    """One attribute, or two together: its groups and the gaps between them."""
    groups = [
        {
            "key": key,
            "values": [MISSING if value is None else value for value in group["values"]],
            **{one: group[one] for one in ("rows", *figures)},
        }
        for key, group in measured["groups"].items()
    ]
    return {"name": name, "attributes": measured["attributes"], "groups": groups, "gaps": measured["gaps"]}
