"""`consilience slices`: in which segments a model errs more than elsewhere, from a file on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from consilience.surfaces.cli.attaching import (
    Attach,
    Dataset,
    Method,
    MinimumGroup,
    attached,
    refuse_tables,
    show_computed,
)
from consilience.surfaces.cli.drift import Columns, Html, Without
from consilience.surfaces.cli.files import counting, write_page
from consilience.surfaces.cli.shared import AsJson, connect, listed, paragraph, say, say_json

DASH = "\N{EN DASH}"


def slices(
    file: Annotated[str, typer.Argument(help="A .parquet or .csv file, a folder of them, a glob, or a table.")],
    label: Annotated[str | None, typer.Option(help="The column of what came true.")] = None,
    score: Annotated[str | None, typer.Option(help="The column of scores: the error is the squared distance.")] = None,
    prediction: Annotated[str | None, typer.Option(help="The column of predictions: wrong ones are errors.")] = None,
    error: Annotated[str | None, typer.Option(help="A column that is the error of each row, from 0.")] = None,
    positive: Annotated[str | None, typer.Option(help="The positive class, where the classes are not 0 and 1.")] = None,
    columns: Columns = "",
    without: Without = "",
    people: Annotated[str | None, typer.Option(help="An id column, where rows repeat people.")] = None,
    html: Html = None,
    as_json: AsJson = False,
    attach: Attach = None,
    dataset: Dataset = None,
    method: Method = None,
    minimum_group: MinimumGroup = None,
) -> None:
    """The segments with the largest errors: found on one half of a sample of rows, tested on the other."""
    said: dict[str, Any] = {
        "label": label, "score": score, "prediction": prediction, "error": error, "positive": positive,
        "columns": listed([columns]) or None, "without": listed([without]), "people": people,
    }  # fmt: skip
    named = {"--attach": attach, "--dataset": dataset, "--method": method}
    minimum = attached(named, minimum_group, {"--html": html})
    if minimum is not None:
        refuse_tables(file)
        with connect() as client, counting("Reading") as progress:
            made = client.slices_and_attach(
                file, version=str(attach), dataset=str(dataset), method=str(method), minimum_group=minimum,
                progress=progress, **said,
            )  # fmt: skip
        show_computed(made, as_json=as_json)
        return
    from consilience.measure.segments import slices as measured

    with counting("Reading") as progress:
        report = measured(file, progress=progress, **said)
    if html is not None:
        write_page(html, report.html())
    if as_json:
        say_json(report)
        return
    _show(report)
    if html is not None:
        say(f"\nThe report is in {html}.")


def _show(report: Mapping[str, Any]) -> None:
    from consilience.measure.pictures import sample_words as words

    error = report["error"]
    say(f"{report['rows']:,} rows, mean error {_figure(error)}. Intervals are 95 %.", tone="blue")
    say(paragraph(words.of_slices(report)))
    for number, segment in enumerate(report["segments"], start=1):
        start = f"{number:>3}. "
        say()
        say(paragraph(segment["predicate"], first=start, indent=" " * len(start)))
        confirmed = "confirmed on the other half" if segment["confirmed"] else "not confirmed on the other half"
        said = (
            f"{segment['rows']:,} rows, mean error {_figure(segment['error'])}, above the others by "
            f"{_figure(segment['difference'])}; {confirmed} (p {words.chance(segment['p_value'])})"
        )
        say(paragraph(said, first=" " * len(start), indent=" " * len(start)))
    say()
    say(paragraph(words.sampled_slices(report)))


def _figure(figure: Mapping[str, Any]) -> str:
    if figure["value"] is None:
        return DASH
    if figure["low"] is None:
        return f"{figure['value']:.4f} (no interval)"
    return f"{figure['value']:.4f} ({figure['low']:.4f} to {figure['high']:.4f})"
