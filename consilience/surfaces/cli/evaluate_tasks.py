"""`consilience evaluate --task regression` and `--task multiclass`: figures of predicted numbers, and of several classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consilience.kit.errors import WrongUse
from consilience.measure.task import Task
from consilience.surfaces.cli.attaching import show_computed
from consilience.surfaces.cli.figures import line, short, short_number
from consilience.surfaces.cli.files import counting, write_page
from consilience.surfaces.cli.shared import connect, say, say_json, table

if TYPE_CHECKING:
    from consilience.measure.report import Report

MOST_CLASSES = 20
"""Classes that a terminal has room for; `--json` has all of them."""


@dataclass(frozen=True)
class Record:
    """As what the counts are recorded: of which version, data and method, and what they tell of no fewer rows than."""

    version: str
    dataset: str
    method: str
    minimum_group: int


def evaluate_task(
    task: Task,
    file: str,
    *,
    label: str | None,
    prediction: str | None,
    protected: Sequence[str],
    where: Sequence[tuple[str, object]],
    rank: str | None,
    refused: Sequence[str],
    html: Path | None,
    as_json: bool,
    record: Record | None,
) -> None:
    """Measure and print. WrongUse where a column is not named, or for options that only two classes have (`refused`)."""
    if refused:
        raise WrongUse(f"{', '.join(refused)}: only for two classes; --task {task} takes --label and --prediction")
    if label is None or prediction is None:
        raise WrongUse(f"--task {task} needs --label and --prediction")
    if rank is not None and task is Task.REGRESSION:
        raise WrongUse("--rank belongs to --task multiclass")
    named: dict[str, Any] = {"label": label, "prediction": prediction, "protected": protected, "where": where}
    if record is not None:
        _attach(task, file, record, named | ({} if rank is None else {"rank": rank}), as_json=as_json)
        return
    report = _classes(file, rank, named) if task is Task.MULTICLASS else _numbers(file, named)
    if html is not None:
        write_page(html, report.html())
    if as_json:
        say_json(report)
        return
    if task is Task.MULTICLASS:
        _show_classes(report)
    else:
        _show_numbers(report)
    if html is not None:
        say(f"\nThe report is in {html}.")


def _attach(task: Task, file: str, record: Record, named: Mapping[str, Any], *, as_json: bool) -> None:
    with connect() as client:
        made = client.evaluate_and_attach(
            file, version=record.version, dataset=record.dataset, method=record.method, minimum_group=record.minimum_group,
            task=task, **named,
        )  # fmt: skip
    show_computed(made, as_json=as_json)


def _classes(file: str, rank: str | None, named: Mapping[str, Any]) -> Report:
    from consilience.measure.multiclass import evaluate_classes

    with counting("Counting") as progress:
        return evaluate_classes(file, rank=rank, progress=progress, **named)


def _numbers(file: str, named: Mapping[str, Any]) -> Report:
    from consilience.measure.regression import evaluate_regression

    with counting("Counting") as progress:
        return evaluate_regression(file, progress=progress, **named)


def _show_head(report: Mapping[str, Any], more: str = "") -> None:
    without = [f"{rows:,} without {name}" for name, rows in report["missing"].items() if rows]
    said = f" ({', '.join(without)})" if without else ""
    say(f"{report['rows']:,} rows{said}{more}. Intervals are 95 %.", tone="blue")


def _show_numbers(report: Mapping[str, Any]) -> None:
    from consilience.measure.pictures.marks import written

    _show_head(report)
    say("\nPerformance, in the label's units (an error is prediction less label)")
    for name, figure in report["performance"].items():
        say(line(name, figure, written=written))
    say("\nErrors: this share of the rows lies below")
    for name, figure in report["residuals"].items():
        say(line(f"{name[1:].lstrip('0')} %", figure, written=written))
    if report["beyond_scale"]:
        say(f"\n{report['beyond_scale']:,} rows are so far off that no mean can hold them beside the others.")
    for name, measured in report["fairness"].items():
        say(f"\nBy {name}: {len(measured['groups'])} groups")
        if len(measured["attributes"]) == 1:
            shown = ("mean_error", "mae", "rmse")
            rows = [
                (key, f"{group['rows']:,}", *(short_number(group[one]) for one in shown))
                for key, group in measured["groups"].items()
            ]
            table((name.upper(), "ROWS", "MEAN ERROR", "MAE", "RMSE"), rows, empty="no group")
        for one, figure in measured["gaps"].items():
            say(line(f"gap of {one}", figure, written=written))


def _show_classes(report: Mapping[str, Any]) -> None:
    _show_head(report, f", {len(report['classes'])} classes")
    say("\nPerformance")
    for name, figure in report["performance"].items():
        say(line(name, figure))
    for k, figure in (report["top_k"] or {}).items():
        say(line(f"among the first {k}", figure))
    say("")
    shown = ("precision", "recall", "f1", "selection_rate")
    rows = [(name, *(short(found[one]) for one in shown)) for name, found in report["per_class"].items()]
    table(("CLASS", "PRECISION", "RECALL", "F1", "PREDICTED"), rows[:MOST_CLASSES], empty="no class")
    if len(rows) > MOST_CLASSES:
        say(f"{len(rows) - MOST_CLASSES} more classes; --json and --html have them all.")
    for name, measured in report["fairness"].items():
        say(f"\nBy {name}: {len(measured['groups'])} groups")
        if len(measured["attributes"]) == 1:
            groups = [
                (key, f"{group['rows']:,}", short(group["accuracy"]), short(group["balanced_accuracy"]))
                for key, group in measured["groups"].items()
            ]
            table((name.upper(), "ROWS", "ACCURACY", "BALANCED ACCURACY"), groups, empty="no group")
        say(line("gap of accuracy", measured["gaps"]["accuracy"]))
        widest = _widest(measured["gaps"]["classes"])
        if widest is not None:
            say(line(f"gap of recall, {widest[0]}"[:21], widest[1]))


def _widest(gaps: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """The class whose recall differs most between groups."""
    known = [(name, one["tpr"]) for name, one in gaps.items() if one["tpr"]["value"] is not None]
    return max(known, key=lambda item: float(item[1]["value"])) if known else None
