"""`consilience evaluate`: figures from a file on this machine, without a workspace or a server; or sent as counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import WrongUse
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.task import Task
from consilience.surfaces.cli.attaching import show_computed
from consilience.surfaces.cli.drift import Html, show_features
from consilience.surfaces.cli.evaluate_tasks import Record, evaluate_task
from consilience.surfaces.cli.figures import line, short
from consilience.surfaces.cli.files import counting, write_page
from consilience.surfaces.cli.people_figures import show_people
from consilience.surfaces.cli.references import ReferenceProfile, ReferenceVersion, compared_with
from consilience.surfaces.cli.shared import connect, listed, pairs, say, say_json, table

OF_GROUPS = ("selection_rate", "tpr", "fpr", "accuracy")
"""What a row of the groups' table has room for; `--json` has every figure."""


def evaluate(
    file: Annotated[
        str,
        typer.Argument(
            help="A .parquet, .csv or .csv.gz file, a folder of them, duckdb:///PATH#TABLE or postgresql://HOST/DB#TABLE."
        ),
    ],
    label: Annotated[str | None, typer.Option(help="The column of what came true.")] = None,
    task: Annotated[
        Task, typer.Option(help="What is predicted: one of two classes, of several, or a number.")
    ] = Task.BINARY,
    score: Annotated[str | None, typer.Option(help="The column of scores between 0 and 1.")] = None,
    prediction: Annotated[str | None, typer.Option(help="The column of predictions.")] = None,
    protected: Annotated[str, typer.Option(help="Columns of protected attributes, by commas.")] = "",
    threshold: Annotated[
        float | None, typer.Option(help="Predicted positive from this score on; 0.5 is never assumed.")
    ] = None,
    positive: Annotated[str | None, typer.Option(help="The positive class, where the classes are not 0 and 1.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="COLUMN=VALUE: only these rows (repeat).")] = None,
    cost: Annotated[
        list[str] | None, typer.Option(help="fp=COST and fn=COST of a wrong decision: adds the mean cost (repeat).")
    ] = None,
    minimum_group: Annotated[
        int | None,
        typer.Option(min=1, help="Withhold groups with fewer rows: 1 unless said, with --attach 5."),
    ] = None,
    top: Annotated[
        list[float] | None,
        typer.Option(help="Per cent of the highest scores: how well they find the positives (repeat)."),
    ] = None,
    rank: Annotated[
        str | None, typer.Option(help="With several classes: the column of the place, from 1, that the true class had.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Rows to compare with, such as those of the training: adds drift.")
    ] = None,
    reference_profile: ReferenceProfile = None,
    version: ReferenceVersion = None,
    people: Annotated[
        str | None, typer.Option(help="An id column, where rows repeat people: adds intervals over people.")
    ] = None,
    html: Html = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    attach: Annotated[
        str | None, typer.Option(help="Attach to this version: counts go to the server, no row does.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="With --attach: the registered data, such as panel@1.")] = None,
    method: Annotated[
        str | None, typer.Option(help="With --attach: holdout, out_of_time, cross_validation, operation.")
    ] = None,
) -> None:
    """Performance, calibration and fairness with intervals, for all rows, each group and each intersection of up to three attributes."""
    if (attach is None) != (dataset is None) or (attach is None) != (method is None):
        raise WrongUse("--attach, --dataset and --method belong together")
    plan: dict[str, Any] = {
        "label": label, "score": score, "prediction": prediction, "protected": listed([protected]),
        "threshold": threshold, "positive": positive, "where": list(pairs(where or [], "--where").items()),
    }  # fmt: skip
    if task is not Task.BINARY:
        binary = {
            "--score": score, "--threshold": threshold, "--positive": positive, "--cost": cost, "--top": top,
            "--reference": reference, "--people": people, "--reference-profile": reference_profile, "--version": version,
        }  # fmt: skip
        if attach is not None:
            _refuse_beside_attach(file, where, ["--html"] if html is not None else [])
        elif minimum_group is not None:
            binary["--minimum-group"] = minimum_group
        evaluate_task(
            task, file, label=label, prediction=prediction, protected=plan["protected"], where=plan["where"], rank=rank,
            refused=[name for name, given in binary.items() if given not in (None, [])], html=html, as_json=as_json,
            record=None if attach is None else Record(attach, str(dataset), str(method), minimum_group or USUAL_MINIMUM),
        )  # fmt: skip
        return
    if rank is not None:
        raise WrongUse("--rank belongs to --task multiclass")
    if attach is not None:
        refused = {
            "--reference": reference, "--html": html, "--people": people, "--top": top, "--cost": cost,
            "--reference-profile": reference_profile, "--version": version,
        }  # fmt: skip
        _refuse_beside_attach(file, where, [name for name, given in refused.items() if given not in (None, [])])
        with connect() as client:
            made = client.evaluate_and_attach(
                Path(file), version=attach, dataset=str(dataset), method=str(method),
                minimum_group=minimum_group or USUAL_MINIMUM, **plan,
            )  # fmt: skip
        show_computed(made, as_json=as_json)
        return
    against = compared_with(reference, reference_profile, version)
    from consilience.measure.evaluate import evaluate as measured
    from consilience.measure.metrics.withholding import WITHHOLD_NOTHING

    with counting("Counting") as progress:
        report = measured(
            file, **plan, costs=_costs(cost), minimum_group=minimum_group or WITHHOLD_NOTHING, reference=against,
            people=people, top=top or (), progress=progress,
        )  # fmt: skip
    if html is not None:
        write_page(html, report.html())
    if as_json:
        say_json(report)
        return
    _show(report)
    if people is not None:
        show_people(report["by_people"])
    if against is not None:
        say("\nAgainst the reference")
        show_features(report["drift"]["features"], report["drift"]["bins"])
    if html is not None:
        say(f"\nThe report is in {html}.")


def _refuse_beside_attach(file: str, where: Sequence[str] | None, refused: Sequence[str]) -> None:
    if refused:
        raise WrongUse(f"--attach sends counts and prints what the server made of them: no {', no '.join(refused)}")
    if where:
        raise WrongUse("--where leaves rows out, but the registered data are all rows: register the part as a version")
    if "://" in file:
        raise WrongUse("--attach needs a file, whose digest stands for the registered data; a table has none")


def _costs(given: Sequence[str] | None) -> dict[str, float] | None:
    if not given:
        return None
    try:
        return {kind: float(value) for kind, value in pairs(given, "--cost").items()}
    except ValueError as error:
        raise WrongUse(f"--cost: {error}") from error


def _show(report: Mapping[str, Any]) -> None:
    decided = f", predicted positive from a score of {report['threshold']}" if report["threshold"] is not None else ""
    positive = f", positive class {report['positive']}" if report["positive"] is not None else ""
    say(f"{report['rows']:,} rows{positive}{decided}. Intervals are 95 %.", tone="blue")
    for title in ("performance", "calibration"):
        say(f"\n{title.capitalize()}")
        for name, figure in report[title].items():
            if not name.startswith("brier_"):  # the parts of the Brier score: `--json` and `--html` have them
                say(line(name, figure))
    if "ranking" in report:
        say("\nThe top of the list")
        for name, figure in report["ranking"].items():
            say(line(f"{name} %" if "_at_" in name else "NDCG", figure))
    for name, measured in report["fairness"].items():
        single = len(measured["attributes"]) == 1
        say(f"\nBy {name}: {len(measured['groups'])} groups")
        if single:
            columns = (name.upper(), "ROWS", *(one.replace("_", " ").upper() for one in OF_GROUPS))
            rows = [
                (key, f"{group['rows']:,}", *(short(group[one]) for one in OF_GROUPS))
                for key, group in measured["groups"].items()
            ]
            table(columns, rows, empty="no group")
        for metric in OF_GROUPS:
            say(line(f"gap of {metric}", measured["gaps"][metric]))
