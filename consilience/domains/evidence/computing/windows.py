"""Evidence of a model over time: the windows of a held dataset, or those that a client counted."""

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
from consilience.measure import windows_wire
from consilience.measure.following.multiclass import MOST_WATCHED
from consilience.measure.metrics import regression
from consilience.measure.metrics.figure import Reason, undefined
from consilience.measure.task import Task

KIND = "window_evaluation"
ERRORS = tuple(regression.REGRESSION)
OVER_CLASSES = (
    "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "weighted_precision", "weighted_f1", "kappa", "mcc",
)  # fmt: skip
FIGURES = ("selection_rate", "accuracy", "precision", "recall", "f1", "fpr", "roc_auc", "brier", "log_loss", "ece")
OF_TASK: Mapping[Task, tuple[str, ...]] = {Task.BINARY: FIGURES, Task.REGRESSION: (), Task.MULTICLASS: ("accuracy",)}
"""Which of the figures of two classes the windows of a task have."""
OF_CLASS, RECALL = ("recall", "selection_rate"), "recall of "


def from_data(*, actor: Actor, version: str, dataset: str, method: str, now: Instant, **said: Any) -> list[Evidence]:
    """Count the windows of a held dataset: "recomputed from data". `said` are arguments of `measure.windows_wire.windows_to_send`."""
    of, data = version_and_data(actor, version, dataset, now)
    with held_file(data) as path:
        counted = windows_wire.windows_to_send(path, **said)
    return _record(actor, of, data, counted, Grade.RECOMPUTED_FROM_DATA, method, now)


def from_states(
    *, actor: Actor, version: str, dataset: str, data_digest: str, windows: Mapping[str, Any], method: str, now: Instant
) -> list[Evidence]:
    """Calculate the windows again from states that a client counted where the data lie: "recomputed from states"."""
    of, data = version_and_data(actor, version, dataset, now)
    same_bytes(data, data_digest)
    return _record(actor, of, data, dict(windows), Grade.RECOMPUTED_FROM_STATES, method, now)


def _record(
    actor: Actor,
    of: inventory.VersionOf,
    data: inventory.DataVersionOf,
    counted: Any,
    grade: Grade,
    method: str,
    now: Instant,
) -> list[Evidence]:
    fields = over_time(windows_wire.windows_report(counted))
    kept = content.put(windows_wire.encode(counted), now=now)
    said = Said(KIND, method, fields, dataset=data.urn, files=[("windows.json", kept)])
    inputs = {"dataset": data.row.body["digest"], "windows": kept}
    return record_computed(actor=actor, subject=Subject(of.urn, of), said=[said], grade=grade, inputs=inputs, now=now)


def over_time(report: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of kind `window_evaluation` from a report of windows; of each alarm the last look stands.

    Figures that a task does not have are null.
    """
    task = Task(report["task"])
    return {
        "rows": report["rows"],
        "by": str(report["by"]),
        "time": report["time"],
        "zone": report["zone"],
        "reference": report["reference"]["start"],
        "reference_rows": report["reference"]["rows"],
        "alpha": report["alarms"]["alpha"],
        "windows": [_window(one, task) for one in report["windows"]],
        "alarms": [_alarm(name, looks[-1]) for name, looks in report["alarms"]["looks"].items()],
        "task": str(task),
        **_of_task(report, task),
    }


def _of_task(report: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """The figures by window that two classes do not have; of single classes as many as are watched, the most common first."""
    windows = report["windows"]
    if task is Task.REGRESSION:
        return {"errors": [_at(one, {name: _figure(one, name) for name in ERRORS}) for one in windows]}
    if task is Task.MULTICLASS:
        listed: Mapping[str, Any] = next((one["evaluation"]["of_classes"] for one in windows if one["evaluation"]), {})
        named = [name.removeprefix(RECALL) for name in listed if name.startswith(RECALL)][:MOST_WATCHED]
        return {
            "over_classes": [_at(one, {name: _figure(one, name) for name in OVER_CLASSES}) for one in windows],
            "of_classes": [
                _at(one, {"name": name, **{what: _figure(one, f"{what} of {name}") for what in OF_CLASS}})
                for name in named
                for one in windows
            ],
        }
    return {}


def _at(window: Mapping[str, Any], figures: Mapping[str, Any]) -> dict[str, Any]:
    return {"start": window["start"], **figures}


def _window(window: Mapping[str, Any], task: Task) -> dict[str, Any]:
    counted = window["labels"] or {"known": None, "to_come": None}
    return {
        "start": window["start"],
        "until": window["end"],
        "rows": window["rows"],
        "labels": counted["known"],
        "labels_to_come": counted["to_come"],
        **{name: _figure(window, name) for name in OF_TASK[task]},
    }


def _figure(window: Mapping[str, Any], name: str) -> Any:
    """A figure of a window; of one without rows, or whose rows are withheld, the reason."""
    found = next((part[name] for part in (window["evaluation"] or {}).values() if name in part), None)
    if found is not None:
        return found
    reason = Reason.SMALL_GROUP_WITHHELD if window["withheld"] else Reason.NO_ROWS
    return undefined(reason, rows=window["rows"]).as_json()


def _alarm(name: str, look: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("rows", "value", "low", "high", "e_value", "alarm", "since")
    return {"figure": name, **{one: look[one] for one in kept}}
