"""`consilience compare`: two models on the same rows, or one model on two files, on this machine and without a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from consilience.surfaces.cli.attaching import Attach, Dataset, Method, attached, refuse_tables, show_computed
from consilience.surfaces.cli.drift import Html
from consilience.surfaces.cli.files import counting, write_page
from consilience.surfaces.cli.shared import connect, listed, pairs, paragraph, say, say_json

NAME_WIDTH = 16


def compare(
    file: Annotated[str, typer.Argument(help="A .parquet or .csv file, a folder of them, or a glob.")],
    other: Annotated[str | None, typer.Argument(help="A second one, with other rows.")] = None,
    label: Annotated[str | None, typer.Option(help="The column of what came true.")] = None,
    score: Annotated[str | None, typer.Option(help="The column of scores between 0 and 1.")] = None,
    score_other: Annotated[str | None, typer.Option(help="The scores of the other model.")] = None,
    prediction: Annotated[str | None, typer.Option(help="The column of predictions.")] = None,
    prediction_other: Annotated[str | None, typer.Option(help="The predictions of the other model.")] = None,
    protected: Annotated[str, typer.Option(help="Columns of protected attributes, by commas.")] = "",
    threshold: Annotated[
        float | None, typer.Option(help="Predicted positive from this score on; 0.5 is never assumed.")
    ] = None,
    threshold_other: Annotated[float | None, typer.Option(help="The threshold of the other model.")] = None,
    positive: Annotated[str | None, typer.Option(help="The positive class, where the classes are not 0 and 1.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="COLUMN=VALUE: only these rows (repeat).")] = None,
    html: Html = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    attach: Attach = None,
    baseline: Annotated[
        str | None, typer.Option(help="With --attach: the version that the one is; --attach names the other.")
    ] = None,
    dataset: Dataset = None,
    method: Method = None,
) -> None:
    """How much the other is above the one, with intervals: of the same rows paired, of two files side by side."""
    said: dict[str, Any] = {
        "label": label, "score": score, "score_other": score_other, "prediction": prediction,
        "prediction_other": prediction_other, "threshold": threshold, "threshold_other": threshold_other, "positive": positive,
    }  # fmt: skip
    named = {"--attach": attach, "--baseline": baseline, "--dataset": dataset, "--method": method}
    refused = {"second file": other, "--protected": protected, "--where": where, "--html": html}
    if attached(named, None, refused):
        refuse_tables(file)
        with connect() as client, counting("Comparing") as progress:
            made = client.compare_and_attach(
                file, version=str(attach), baseline=str(baseline), dataset=str(dataset), method=str(method),
                progress=progress, **said,
            )  # fmt: skip
        show_computed(made, as_json=as_json)
        return
    from consilience.measure.comparing import compare as compared

    with counting("Comparing") as progress:
        report = compared(
            file, other, protected=listed([protected]), where=list(pairs(where or [], "--where").items()), progress=progress,
            **said,
        )  # fmt: skip
    if html is not None:
        write_page(html, report.html())
    if as_json:
        say_json(report)
        return
    _show(report)
    if html is not None:
        say(f"\nThe report is in {html}.")


def _show(report: Mapping[str, Any]) -> None:
    if report["paired"]:
        left_out = f"; {report['left_out']:,} more are left out, where one says nothing" if report["left_out"] else ""
        say(f"{report['rows']:,} rows that both models speak about{left_out}.", tone="blue")
    else:
        say(" and ".join(f"{side['rows']:,} rows" for side in report["sides"]) + ", side by side.", tone="blue")
    for place, side in zip(("one", "other"), report["sides"], strict=True):
        named = [f"{part} {side[part]}" for part in ("score", "prediction", "threshold") if side[part] is not None]
        say(f"  the {place}: {', '.join(named)}")
    say("Differences are the other less the one. Intervals are 95 %.\n")
    _table(report["figures"])
    for name, groups in report["groups"].items():
        for key, group in groups.items():
            say(f"\n{name} {key}: {group['rows'][0]:,} and {group['rows'][1]:,} rows")
            _table(group["figures"])


def _table(figures: Mapping[str, Any]) -> None:
    say(f"  {'':<{NAME_WIDTH}}{'ONE':>9}{'OTHER':>9}{'DIFFERENCE':>12}  INTERVAL")
    for name, found in figures.items():
        difference = found["difference"]
        start = f"  {name.replace('_', ' '):<{NAME_WIDTH}}{_number(found['one'])}{_number(found['other'])}"
        if difference["value"] is None:
            say(paragraph(_because(difference), first=f"{start}  ", indent=" " * len(start)))
        elif difference["low"] is None:
            first = f"{start}{difference['value']:>+12.4f}  "
            say(paragraph(_because(difference), first=first, indent=" " * len(first)))
        else:
            say(f"{start}{difference['value']:>+12.4f}  {difference['low']:+.4f} to {difference['high']:+.4f}")


def _number(figure: Mapping[str, Any]) -> str:
    return f"{'':>9}" if figure["value"] is None else f"{figure['value']:>9.4f}"


def _because(figure: Mapping[str, Any]) -> str:
    from consilience.measure.metrics.figure import SENTENCES, Reason

    return SENTENCES[Reason(figure["reason"])]
