"""`consilience represent`: whether the rows of a file look like the population that they are to speak for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.surfaces.cli.files import counting
from consilience.surfaces.cli.shared import AsJson, paragraph, read_json, read_text, say, say_json, table

if TYPE_CHECKING:
    from consilience.measure.samples.representative import AttributeShares, Representativeness

DASH = "\N{EN DASH}"


def represent(
    file: Annotated[str, typer.Argument(help="A .parquet or .csv file, a folder of them, a glob, or a table.")],
    population: Annotated[
        Path, typer.Option(help="YAML or JSON: for each column the share, or the count, of each group.")
    ],
    as_json: AsJson = False,
) -> None:
    """How the shares of groups compare with those stated for the population, and what the rows are worth once weighted."""
    from consilience.measure.samples.populations import read_population
    from consilience.measure.samples.representative import representativeness

    stated = read_population(_read(population), str(population))
    with counting("Reading") as progress:
        found = representativeness(file, stated, progress=progress)
    if as_json:
        say_json(found.as_json())
    else:
        _show(found)


def _read(path: Path) -> Any:
    from consilience.kit.strict_yaml import read_yaml

    return read_json(path) if path.suffix == ".json" else read_yaml(read_text(path), str(path))[0]


def _show(found: Representativeness) -> None:
    say(f"{found.sample_rows:,} of {found.of_rows:,} rows (seed {found.seed}). Intervals are 95 %.", tone="blue")
    say(paragraph(found.sentence()))
    for name, shares in found.attributes.items():
        say(f"\nBy {name}: {_summary(shares)}")
        rows = [
            (key, f"{group.rows:,}", f"{group.share:.1%}", f"{group.stated:.1%}", *_ratio(group.ratio))
            for key, group in shares.groups.items()
        ]
        table((name.upper(), "ROWS", "SHARE", "STATED", "RATIO", "95 %"), rows, empty="no group")
        if shares.not_stated:
            others = ", ".join(f"{value} ({rows:,})" for value, rows in shares.not_stated.items())
            say(paragraph(f"Not stated, so left out here: {others}."))
        if shares.without_value:
            say(f"{shares.without_value:,} rows without a value.")


def _summary(shares: AttributeShares) -> str:
    """How far the shares are from the stated ones, and what the rows are worth."""
    far = shares.distance
    if far.value is None:
        return "nothing to compare"
    limits = f" ({far.low:.3f} to {far.high:.3f})" if far.low is not None else ""
    worth = "" if shares.effective_rows is None else f"; once weighted worth {shares.effective_rows:,.0f} rows"
    return f"distance {far.value:.3f}{limits}{worth}"


def _ratio(ratio: Any) -> tuple[str, str]:
    if ratio.value is None:
        return DASH, DASH
    return f"{ratio.value:.3f}", DASH if ratio.low is None else f"{ratio.low:.3f} to {ratio.high:.3f}"
