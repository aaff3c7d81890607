"""`consilience synthetic`: synthetic rows held against the real ones that they were made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from consilience.surfaces.cli.attaching import Attach, Dataset, attached, refuse_tables, show_computed
from consilience.surfaces.cli.drift import Columns, Html, Without
from consilience.surfaces.cli.files import counting, write_page
from consilience.surfaces.cli.shared import AsJson, connect, listed, paragraph, say, say_json, table

Figure = Mapping[str, Any]
DASH = "\N{EN DASH}"
FEW = 10


def synthetic(
    file: Annotated[str, typer.Argument(help="The synthetic rows: a .parquet or .csv file, a folder, a glob.")],
    real: Annotated[str, typer.Option(help="The real rows that they were made from.")],
    holdout: Annotated[str, typer.Option(help="Real rows that took no part in making them.")],
    label: Annotated[str | None, typer.Option(help="A binary column: adds how useful they are for training.")] = None,
    positive: Annotated[str | None, typer.Option(help="The positive class, where the classes are not 0 and 1.")] = None,
    columns: Columns = "",
    without: Without = "",
    html: Html = None,
    as_json: AsJson = False,
    attach: Attach = None,
    dataset: Dataset = None,
    real_dataset: Annotated[
        str | None, typer.Option(help="With --attach: the registered data of --real, as panel@1.")
    ] = None,
    holdout_dataset: Annotated[
        str | None, typer.Option(help="With --attach: the registered data of --holdout, as panel@2.")
    ] = None,
) -> None:
    """Whether synthetic rows are like the real ones, useful in their place, and whether they give away whom they were made from."""
    named = {
        "--attach": attach, "--dataset": dataset, "--real-dataset": real_dataset, "--holdout-dataset": holdout_dataset,
    }  # fmt: skip
    if attached(named, None, {"--html": html}) is not None:
        for source in (file, real, holdout):
            refuse_tables(source)
        with connect() as client, counting("Reading") as progress:
            made = client.synthetic_and_attach(
                file, real, holdout, version=str(attach), dataset=str(dataset), training_dataset=str(real_dataset),
                held_out_dataset=str(holdout_dataset), label=label, positive=positive, columns=listed([columns]) or None,
                without=listed([without]), progress=progress,
            )  # fmt: skip
        show_computed(made, as_json=as_json)
        return
    from consilience.measure.synthetic import synthetic as measured

    with counting("Reading") as progress:
        report = measured(
            file, real, holdout, label=label, positive=positive, columns=listed([columns]) or None,
            without=listed([without]), progress=progress,
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
    from consilience.measure.pictures import sample_words as words

    rows, useful, private = report["sample_rows"], report["usefulness"], report["privacy"]
    said = (
        f"{rows['synthetic']:,} synthetic rows, {rows['training']:,} that they were made from, {rows['held_out']:,} held out "
        f"(sampled, seed {report['seed']}). Intervals are 95 %."
    )
    say(paragraph(said), tone="blue")
    say(paragraph(words.of_synthetic(report)))
    if useful is not None:
        say("\nUseful: area under the ROC curve on the rows held out")
        _figures(
            [("fitted to synthetic rows", useful["synthetic_area"]), ("fitted to real rows", useful["real_area"]),
             ("change", useful["change"])]
        )  # fmt: skip
    say("\nPrivate")
    _figures(
        [("closer to training (0.5)", private["closer_to_training"]), ("copies of training rows", private["copies"]),
         ("copies by chance", private["copies_by_chance"]), ("membership area (0.5)", private["membership_area"]),
         ("members found (0.01)", private["membership_found"])]
    )  # fmt: skip
    _alike(report)


def _alike(report: Mapping[str, Any]) -> None:
    """The columns and the pairs that changed most."""
    from consilience.measure.pictures import words

    say("\nAlike, column by column: the stability index, the most changed first")
    indices = {name: words.stability(figures) for name, figures in report["marginals"].items()}
    order = sorted(indices, key=lambda name: -(indices[name]["value"] or 0.0))[:FEW]
    table(
        ("COLUMN", "", "PSI"),
        [
            (name, words.size_of_shift(indices[name])[0], DASH if indices[name]["value"] is None else f"{indices[name]['value']:.4f}")
            for name in order
        ],
        empty="No column could be compared.",
    )  # fmt: skip
    say(f"\nAlike, {report['relations']['pairs']:,} pairs of columns: the most changed first")
    table(
        ("PAIR", "MEASURE", "REAL", "SYNTHETIC", "CHANGE"),
        [
            (
                " x ".join(one["columns"]),
                one["measure"],
                f"{one['reference']:.3f}",
                f"{one['current']:.3f}",
                _said(one["change"]),
            )
            for one in report["relations"]["worst"]
        ],
        empty="No pair could be compared.",
    )
    if report["left_out"]:
        say(paragraph(f"Left out, since not all three have them in one kind: {', '.join(report['left_out'])}."))


def _figures(figures: Iterable[tuple[str, Figure]]) -> None:
    for name, figure in figures:
        say(f"  {name:<26}{_said(figure)}")


def _said(figure: Figure) -> str:
    if figure["value"] is None:
        return DASH
    if figure["low"] is None or figure["high"] is None:
        return _number(figure["value"])
    return f"{_number(figure['value'])} ({_number(figure['low'])} to {_number(figure['high'])})"


def _number(value: float) -> str:
    return f"{round(value, 4) + 0.0:.4f}"  # never -0.0000
