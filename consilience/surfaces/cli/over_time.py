"""`consilience over-time`: a model window by window on this machine, with late labels and alarms, and without a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from consilience.kit.errors import WrongUse
from consilience.measure.task import Task
from consilience.surfaces.cli.attaching import Attach, Dataset, MinimumGroup, attached, refuse_tables, show_computed
from consilience.surfaces.cli.drift import Html
from consilience.surfaces.cli.figures import short, short_number
from consilience.surfaces.cli.files import counting, write_page
from consilience.surfaces.cli.references import ReferenceProfile, ReferenceVersion, compared_with
from consilience.surfaces.cli.shared import connect, listed, pairs, paragraph, say, say_json, table

FIGURES = {
    Task.BINARY: ("selection_rate", "accuracy", "recall", "roc_auc"),
    Task.REGRESSION: ("mean_error", "mae", "rmse", "r2"),
    Task.MULTICLASS: ("accuracy", "balanced_accuracy", "macro_f1"),
}
"""What a window's line has room for; `--json` and `--html` have every figure."""
GAPS = {Task.BINARY: "selection_rate", Task.REGRESSION: "mean_error", Task.MULTICLASS: "accuracy"}
MOST_WINDOWS, MOST_JUMPS = 60, 12


def over_time(
    file: Annotated[str, typer.Argument(help="A .parquet or .csv file, a folder of them, or a glob.")],
    by: Annotated[str, typer.Option(help="The length of a window: day, week, month, or a number of rows.")],
    task: Annotated[
        Task, typer.Option(help="What is predicted: one of two classes, of several, or a number.")
    ] = Task.BINARY,
    time: Annotated[str | None, typer.Option(help="The column of the time; not for windows of rows.")] = None,
    zone: Annotated[str, typer.Option(help="Where days begin at midnight, such as Europe/Berlin.")] = "UTC",
    label: Annotated[str | None, typer.Option(help="The column of what came true; it may be empty for now.")] = None,
    score: Annotated[str | None, typer.Option(help="The column of scores between 0 and 1.")] = None,
    prediction: Annotated[str | None, typer.Option(help="The column of predictions.")] = None,
    rank: Annotated[
        str | None,
        typer.Option(help="With --task multiclass: the place, from 1, at which the model had the true class."),
    ] = None,
    protected: Annotated[str, typer.Option(help="Columns of protected attributes, by commas.")] = "",
    threshold: Annotated[
        float | None, typer.Option(help="Predicted positive from this score on; 0.5 is never assumed.")
    ] = None,
    positive: Annotated[str | None, typer.Option(help="The positive class, where the classes are not 0 and 1.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="COLUMN=VALUE: only these rows (repeat).")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Rows to compare with; without it the first window that has rows.")
    ] = None,
    reference_profile: ReferenceProfile = None,
    version: ReferenceVersion = None,
    without: Annotated[str, typer.Option(help="Columns whose drift is of no interest, by commas.")] = "",
    latency: Annotated[str | None, typer.Option(help="A column of durations: their quantiles.")] = None,
    html: Html = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    attach: Attach = None,
    dataset: Dataset = None,
    minimum_group: MinimumGroup = None,
) -> None:
    """The figures of every window against a reference, labels that are still to come, and alarms since when."""
    said: dict[str, Any] = {
        "by": length(by),
        "time": time,
        "zone": zone,
        "label": label,
        "score": score,
        "prediction": prediction,
        "threshold": threshold,
        "positive": positive,
        "task": task,
        "rank": rank,
    }
    refused = {
        "--protected": protected, "--where": where, "--reference": reference, "--without": without, "--latency": latency,
        "--html": html, "--reference-profile": reference_profile, "--version": version,
    }  # fmt: skip
    minimum = attached({"--attach": attach, "--dataset": dataset}, minimum_group, refused)
    if minimum is not None:
        refuse_tables(file)
        with connect() as client, counting("Counting") as progress:
            made = client.windows_and_attach(
                file, version=str(attach), dataset=str(dataset), method="operation", minimum_group=minimum,
                progress=progress, **said,
            )  # fmt: skip
        show_computed(made, as_json=as_json)
        return
    against = compared_with(reference, reference_profile, version)
    from consilience.measure.over_time import over_time as measured

    with counting("Counting") as progress:
        report = measured(
            file, protected=listed([protected]), where=list(pairs(where or [], "--where").items()), reference=against,
            without=listed([without]), latency=latency, progress=progress, **said,
        )  # fmt: skip
    if html is not None:
        write_page(html, report.html())
    if as_json:
        say_json(report)
        return
    _show(report)
    if html is not None:
        say(f"\nThe report is in {html}.")


def length(by: str) -> str | int:
    """The length of a window, as `--by` says it."""
    if by in ("day", "week", "month"):
        return by
    if not by.isascii() or not by.isdigit() or int(by) < 1:
        raise WrongUse(f"--by: {by!r} is none of day, week, month, and no number of rows")
    return int(by)


def _show(report: Mapping[str, Any]) -> None:
    windows, reference = report["windows"], report["reference"]
    said = f"{report['rows']:,} rows in {len(windows)} windows"
    if report["time"] is not None:
        said += f" by {report['by']} of {report['time']} ({report['times']})"
    against = f"the window from {reference['start']}" if reference["a_window"] else "the rows given as a reference"
    kept = (
        f" Columns drift from a kept profile of {reference['profile_rows']:,} rows." if "profile" in reference else ""
    )
    said = f"{said}, against {against} with {reference['rows']:,} rows.{kept} Intervals are 95 %."
    say(paragraph(said), tone="blue")
    if report["without_time"]:
        say(f"{report['without_time']:,} rows have no time and lie in no window.")
    say("")
    if len(windows) > MOST_WINDOWS:
        say(f"The last {MOST_WINDOWS} windows; --json has them all.")
    _show_windows(windows[-MOST_WINDOWS:], Task(report["task"]))
    _show_jumps(windows)
    _show_alarms(report["alarms"])


def _show_windows(windows: list[Mapping[str, Any]], task: Task) -> None:
    shown = [one for one in FIGURES[task] if any(_value(window, one) is not None for window in windows)]
    labelled = any(window["labels"] for window in windows)
    attributes = list(next((one["gaps"] for one in windows if one["gaps"]), {}))
    timed = any(window["latency"] for window in windows)
    titles = ["FROM", "ROWS", *(["LABELS"] if labelled else []), *(one.replace("_", " ").upper() for one in shown)]
    titles += [f"GAP OF {one.upper()}" for one in attributes] + (["P95"] if timed else [])
    rows = []
    for window in windows:
        cells = [window["start"], f"{window['rows']:,}", *([_labels(window)] if labelled else [])]
        cells += [_cell(window, one, task) for one in shown]
        cells += [_short(window["gaps"][one][GAPS[task]], task) if window["gaps"] else "" for one in attributes]
        if timed:
            value = window["latency"]["p95"]["value"] if window["latency"] else None
            cells.append("" if value is None else f"{value:.4g}")
        rows.append(cells)
    table(titles, rows, empty="No window has a row.")


def _figure(window: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    parts = (window["evaluation"] or {}).values()
    return next((part[name] for part in parts if name in part), None)


def _value(window: Mapping[str, Any], name: str) -> float | None:
    found = _figure(window, name)
    return None if found is None else found["value"]


def _cell(window: Mapping[str, Any], name: str, task: Task) -> str:
    """A figure, or why there is none; a star where it surely became worse than in the reference."""
    found = _figure(window, name)
    if found is None:
        return ""
    if found["value"] is None:
        return "labels to come" if found["reason"] == "labels_to_come" else "undefined"
    worse = window["change"] is not None and window["change"][name].get("worse")
    return f"{_short(found, task)}{' *' if worse else ''}"


def _short(figure: Mapping[str, Any], task: Task) -> str:
    """A figure as a cell: a rate, or a number in the label's units."""
    return short_number(figure) if task is Task.REGRESSION else short(figure)


def _labels(window: Mapping[str, Any]) -> str:
    found = window["labels"]
    if not found:
        return ""
    return f"{found['known']:,}" + (f" ({found['to_come']:,} to come)" if found["to_come"] else "")


def _show_jumps(windows: list[Mapping[str, Any]]) -> None:
    found = [(window["start"], jump) for window in windows for jump in window["jumps"]]
    if found:
        say("\nValues whose share changed")
    for start, jump in found[:MOST_JUMPS]:
        change = f"{jump['share_before']:.1%} in the reference, {jump['share_now']:.1%} now"
        say(paragraph(f"{jump['column']} “{jump['value']}”: {change}", first=f"  {start}  ", indent="    "))
    if len(found) > MOST_JUMPS:
        say(f"  {len(found) - MOST_JUMPS} more; --json and --html have them all.")


def _show_alarms(alarms: Mapping[str, Any]) -> None:
    from consilience.measure.pictures.words import alarm

    say("\nAlarms (they may be looked at after every window)")
    sounding = [(name, looks[-1]) for name, looks in alarms["looks"].items() if looks[-1]["alarm"]]
    for name, look in sounding:
        say(paragraph(alarm(name, look), first="  ", indent="    "))
    if not sounding:
        say(
            f"  none: {len(alarms['looks'])} figures were watched"
            if alarms["looks"]
            else "  there was nothing to watch"
        )
