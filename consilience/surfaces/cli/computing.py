"""`consilience evidence compute`: figures that the server computes itself, from artefacts and data that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.kit.errors import WrongUse
from consilience.measure.task import Task
from consilience.surfaces.cli.attaching import METHODS, show_computed
from consilience.surfaces.cli.over_time import length
from consilience.surfaces.cli.represent import population_of
from consilience.surfaces.cli.shared import AsJson, connect, listed, read_text

if TYPE_CHECKING:
    from consilience.client import Client


class What(StrEnum):
    """What is computed."""

    EVALUATION = "evaluation"
    DRIFT = "drift"
    REFERENCE = "reference"
    PROFILE = "profile"
    REPRESENT = "represent"
    SYNTHETIC = "synthetic"
    COMPARISON = "comparison"
    VALIDATION = "validation"
    SEGMENTS = "segments"
    WINDOWS = "windows"


ROLES = ("label", "score", "prediction", "positive")
NEEDS: dict[What, tuple[str, ...]] = {
    What.EVALUATION: ("method", "label"),
    What.DRIFT: ("method",),
    What.REFERENCE: (),
    What.PROFILE: (),
    What.REPRESENT: ("population",),
    What.SYNTHETIC: ("training_dataset", "holdout_dataset"),
    What.COMPARISON: ("method", "baseline", "label"),
    What.VALIDATION: ("contract",),
    What.SEGMENTS: ("method",),
    What.WINDOWS: ("by",),
}
TAKES: dict[What, tuple[str, ...]] = {
    What.EVALUATION: (*ROLES, "threshold", "protected", "task", "rank"),
    What.DRIFT: ("reference_dataset", "columns", "without"),
    What.REFERENCE: ("columns", "without", "reason"),
    What.PROFILE: ("columns", "without"),
    What.REPRESENT: ("people",),
    What.SYNTHETIC: ("label", "positive", "columns", "without"),
    What.COMPARISON: (*ROLES, "threshold", "score_other", "prediction_other", "threshold_other"),
    What.VALIDATION: ("as_of",),
    What.SEGMENTS: (*ROLES, "error", "columns", "without", "people"),
    What.WINDOWS: (*ROLES, "threshold", "time", "zone", "method", "task", "rank"),
}
"""Options beside those that are needed."""


def compute(
    version: Annotated[str, typer.Argument(help="Such as credit-risk@3.")],
    dataset: Annotated[str, typer.Option(help="Rows that the server holds, such as panel@1.")],
    what: Annotated[What, typer.Option(metavar="WHAT", help=f"What to compute: {', '.join(What)}.")] = What.EVALUATION,
    method: Annotated[str | None, typer.Option(help=f"{METHODS}; for drift training_against_now.")] = None,
    label: Annotated[str | None, typer.Option(help="The column that holds what came true.")] = None,
    protected: Annotated[str, typer.Option(help="Columns of protected attributes, by commas.")] = "",
    score: Annotated[str | None, typer.Option(help="The column of scores; without one the artefact is scored.")] = None,
    prediction: Annotated[str | None, typer.Option(help="The column of predictions.")] = None,
    threshold: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    positive: Annotated[str | None, typer.Option(help="The positive class.")] = None,
    reference_dataset: Annotated[
        str | None,
        typer.Option(
            help="Drift: the rows it is compared with, as panel@1; without them the version's stored reference."
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Reference: why it takes the place of the one that is stored.")
    ] = None,
    columns: Annotated[
        str, typer.Option(help="Drift, segments, profiles, synthetic: only these columns, by commas.")
    ] = "",
    without: Annotated[
        str, typer.Option(help="Drift, segments, profiles, synthetic: all columns but these, by commas.")
    ] = "",
    baseline: Annotated[
        str | None, typer.Option(help="Comparison: the version that --score, --prediction and --threshold are of.")
    ] = None,
    score_other: Annotated[str | None, typer.Option(help="Comparison: the scores of VERSION.")] = None,
    prediction_other: Annotated[str | None, typer.Option(help="Comparison: the predictions of VERSION.")] = None,
    threshold_other: Annotated[float | None, typer.Option(min=0, max=1, help="Comparison: that of VERSION.")] = None,
    contract: Annotated[Path | None, typer.Option(help="Validation: the contract, a YAML file.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Validation: the moment that ages are counted to.")] = None,
    error: Annotated[str | None, typer.Option(help="Segments: a column that is the error of each row.")] = None,
    people: Annotated[
        str | None, typer.Option(help="Segments, represent: an id column, where rows repeat people.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Windows: day, week, month, or a number of rows.")] = None,
    time: Annotated[str | None, typer.Option(help="Windows: the column of the time.")] = None,
    zone: Annotated[str | None, typer.Option(help="Windows: where days begin at midnight; UTC unless said.")] = None,
    task: Annotated[
        Task | None, typer.Option(help="Evaluation, windows: what is predicted; one of two classes unless said.")
    ] = None,
    rank: Annotated[
        str | None, typer.Option(help="Evaluation, windows of several classes: the place that the true class had.")
    ] = None,
    population: Annotated[
        Path | None, typer.Option(help="Represent: YAML or JSON, for each column the share or count of each group.")
    ] = None,
    training_dataset: Annotated[
        str | None, typer.Option(help="Synthetic: the real rows that VERSION's --dataset was made from, as panel@1.")
    ] = None,
    holdout_dataset: Annotated[
        str | None, typer.Option(help="Synthetic: real rows that took no part, as panel@2.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have the server compute evidence from what it holds: performance and fairness, unless --what says something else."""
    said: dict[str, Any] = {
        "method": method, "label": label, "protected": listed([protected]) or None, "score": score, "prediction": prediction,
        "threshold": threshold, "positive": positive, "reference_dataset": reference_dataset,
        "columns": listed([columns]) or None, "without": listed([without]) or None, "baseline": baseline,
        "score_other": score_other, "prediction_other": prediction_other, "threshold_other": threshold_other,
        "contract": contract, "as_of": as_of, "error": error, "people": people, "by": by, "time": time, "zone": zone,
        "reason": reason, "task": None if task is None else str(task), "rank": rank, "population": population, "training_dataset": training_dataset, "holdout_dataset": holdout_dataset,
    }  # fmt: skip
    given = {name: value for name, value in said.items() if value is not None}
    _check(what, given)
    with connect() as client:
        made = _computed(client, what, version, {"dataset": dataset, **given})
    show_computed(made, as_json=as_json)


def _check(what: What, given: Mapping[str, Any]) -> None:
    missing = [name for name in NEEDS[what] if name not in given]
    if missing:
        raise WrongUse(f"--what {what} needs {', '.join(map(_option, missing))}")
    odd = [name for name in given if name not in (*NEEDS[what], *TAKES[what])]
    if odd:
        raise WrongUse(f"--what {what} takes no {', no '.join(map(_option, odd))}")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _computed(client: Client, what: What, version: str, said: dict[str, Any]) -> list[dict[str, Any]]:
    if what is What.DRIFT:
        return client.compute_drift(version, **said)
    if what is What.REFERENCE:
        return client.compute_reference(version, **said)
    if what is What.PROFILE:
        return client.compute_profile(version, **said)
    if what is What.REPRESENT:
        return client.compute_representativeness(version, **{**said, "population": population_of(said["population"])})
    if what is What.SYNTHETIC:
        return client.compute_synthetic(version, held_out_dataset=said.pop("holdout_dataset"), **said)
    if what is What.VALIDATION:
        return client.compute_validation(version, **{**said, "contract": read_text(said["contract"])})
    if what is What.SEGMENTS:
        return client.compute_segments(version, **said)
    if what is What.WINDOWS:
        return client.compute_windows(version, **{"method": "operation", **said, "by": length(said["by"])})
    columns = ("score", "prediction", "score_other", "prediction_other", "threshold_other")
    if said.get("task", Task.BINARY) != Task.BINARY:
        return client.compute_evaluation(version, source="data", **said)
    source = "data" if any(name in said for name in columns) else "artefact"
    if what is What.COMPARISON:
        return client.compute_comparison(version, source=source, **said)
    return client.compute_evaluation(version, source=source, **said)
