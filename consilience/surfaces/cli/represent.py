"""`consilience represent`: whether the rows of a file look like the population that they are to speak for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.surfaces.cli.attaching import Attach, Dataset, MinimumGroup, attached, refuse_tables, show_computed
from consilience.surfaces.cli.drift import Html
from consilience.surfaces.cli.files import counting, write_page
from consilience.surfaces.cli.shared import AsJson, connect, paragraph, read_json, read_text, say, say_json, table

DASH = "\N{EN DASH}"


def represent(
    file: Annotated[str, typer.Argument(help="A .parquet or .csv file, a folder of them, a glob, or a table.")],
    population: Annotated[
        Path, typer.Option(help="YAML or JSON: for each column the share, or the count, of each group.")
    ],
    people: Annotated[
        str | None, typer.Option(help="An id column, where rows repeat people: intervals are over the people.")
    ] = None,
    html: Html = None,
    as_json: AsJson = False,
    attach: Attach = None,
    dataset: Dataset = None,
    minimum_group: MinimumGroup = None,
) -> None:
    """How the shares of groups compare with those stated for the population, and what the rows are worth once weighted."""
    minimum = attached({"--attach": attach, "--dataset": dataset}, minimum_group, {"--html": html})
    stated = population_of(population)
    if minimum is not None:
        refuse_tables(file)
        with connect() as client, counting("Reading") as progress:
            made = client.represent_and_attach(
                file, stated, version=str(attach), dataset=str(dataset), people=people, minimum_group=minimum, progress=progress
            )  # fmt: skip
        show_computed(made, as_json=as_json)
        return
    from consilience.measure.representative import represent as measured

    with counting("Reading") as progress:
        report = measured(file, stated, people=people, progress=progress)
    if html is not None:
        write_page(html, report.html())
    if as_json:
        say_json(report)
        return
    _show(report)
    if html is not None:
        say(f"\nThe report is in {html}.")


def population_of(path: Path) -> dict[str, dict[str, float]]:
    """The population that a YAML or JSON file states."""
    from consilience.kit.strict_yaml import read_yaml
    from consilience.measure.samples.populations import read_population

    written: Any = read_json(path) if path.suffix == ".json" else read_yaml(read_text(path), str(path))[0]
    return read_population(written, str(path))


def _show(report: Mapping[str, Any]) -> None:
    from consilience.measure.pictures import sample_words as words

    say(
        f"{report['sample_rows']:,} of {report['of_rows']:,} rows (seed {report['seed']}). Intervals are 95 %.",
        tone="blue",
    )
    say(paragraph(words.of_population(report)))
    if report["people"] is not None:
        say(paragraph(words.whose_rows(report)))
    for name, shares in report["attributes"].items():
        say(f"\nBy {name}")
        rows = [
            (key, f"{group['rows']:,}", f"{group['share']:.1%}", f"{group['stated']:.1%}", *_ratio(group["ratio"]))
            for key, group in shares["groups"].items()
        ]
        table((name.upper(), "ROWS", "SHARE", "STATED", "RATIO", "95 %"), rows, empty="no group")
        say(paragraph(words.beside_attribute(shares)))


def _ratio(ratio: Mapping[str, Any]) -> tuple[str, str]:
    if ratio["value"] is None:
        return DASH, DASH
    return f"{ratio['value']:.3f}", DASH if ratio["low"] is None else f"{ratio['low']:.3f} to {ratio['high']:.3f}"
