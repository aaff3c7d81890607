"""`consilience policy table`: checking, asking and converting decision tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import BadInput, ExitCode
from consilience.surfaces.cli.shared import AsJson, connect, group, pairs, paragraph, read_text, say, say_json

app = group("Decision tables: gaps and overlaps, what one answers and why.")
File = Annotated[Path, typer.Argument(help="A table, or a policy with tables, as YAML.")]
Name = Annotated[str | None, typer.Option("--table", help="Which one, where the file holds several.")]


@app.command("check")
def check(file: File, as_json: AsJson = False) -> int:
    """Find gaps, overlaps and rows that never answer. Exits with 0 when the tables are whole, 1 when not."""
    text = read_text(file)
    with _naming(file), connect() as client:
        found = client.check_tables(text)
    if as_json:
        say_json(found)
    for one in () if as_json else found:
        state = "whole: every case has an answer" if one["whole"] else f"{len(one['findings'])} findings"
        say(f"{one['table']}: {one['rows']} rows, {one['inputs']} inputs; {state}")
        for sentence in one["findings"]:
            say(paragraph(sentence, first="  - ", indent="    "))
    return ExitCode.YES if all(one["whole"] for one in found) else ExitCode.NO


@app.command("ask")
def ask(
    file: File,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="INPUT=VALUE (repeat); what is left out is unknown.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="Ask for this system.")] = None,
    name: Name = None,
    as_json: AsJson = False,
) -> int:
    """What the table answers, and why. Exits with 0 for an answer, 7 where it cannot tell."""
    text = read_text(file)
    with _naming(file), connect() as client:
        found = client.ask_table(text, table=name, system=system, values=pairs(values or [], "--set"))
    if as_json:
        say_json(found)
    else:
        _show(found)
    return ExitCode.YES if found["state"] == "value" else ExitCode.CANNOT_TELL


@app.command("export")
def export(
    file: File,
    form: Annotated[str, typer.Option("--as", help="csv (the rows) or dmn (DMN 1.3 XML).")] = "csv",
    name: Name = None,
) -> None:
    """Print the rows as CSV, or the table as DMN XML."""
    text = read_text(file)
    with _naming(file), connect() as client:
        typer.echo(client.export_table(text, table=name, form=form), nl=False)


@app.command("import")
def import_rows(
    file: File,
    rows: Annotated[Path, typer.Argument(help="The rows as CSV, as `export` prints them.")],
    name: Name = None,
) -> None:
    """Print FILE with the rows of a CSV in place of its own. Check it before it is proposed."""
    from consilience.domains.policy.tables.rows_csv import with_rows

    typer.echo(with_rows(read_text(file), read_text(rows), table=name, name=str(file)), nl=False)


def show_answer(found: Mapping[str, Any]) -> None:
    """An answer in words: what it is, why, what kept the nearest other row, what is unknown."""
    for row in found["fired"]:
        said = ", ".join(f"{name} {value}" for name, value in row["then"].items())
        say(paragraph(f"{said} (row {row['row']}). {row['reason']}".rstrip(), indent="  "))
    if found["state"] == "value" and found["possible"]:
        same = [", ".join(f"{name} {value}" for name, value in one.items()) for one in found["outputs"]]
        rows = ", ".join(row["row"] for row in found["possible"])
        said = f"{'; '.join(same) or 'nothing'}, whatever is not known: one of the rows {rows}"
        say(paragraph(said, indent="  "))
    if found["state"] == "unknown":
        titles = {one["input"]: one for one in found["inputs"]}
        for name in found["open"]:
            one = titles[name]
            outside = f" knows nothing of {one['value']!r}" if one["known"] == "outside" else " is not known"
            say(paragraph(f"? {one['title']}{outside}", indent="  ", first="  "))
        maybe = sorted({f"{name} {value}" for row in found["possible"] for name, value in row["then"].items()})
        if maybe:
            say(paragraph(f"It may be: {', '.join(maybe)}", indent="  ", first="  "))
    if found["state"] == "error":
        for one in found["inputs"]:
            if one["known"] == "error":
                say(paragraph(f"! {one['title']}: {one['reasons'][0]}", indent="  ", first="  "))


def _show(found: Mapping[str, Any]) -> None:
    states = {"value": "answers", "unknown": "cannot tell", "error": "cannot be computed"}
    say(f"{found['table']} {states[found['state']]}")
    show_answer(found)
    for miss in found["missed"]:
        say(paragraph(f"  row {miss['row']} is not for this: {_because(miss['because'])}", indent="      "))
    if found["nearest"] and found["nearest"] not in found["missed"]:
        miss = found["nearest"]
        say(paragraph(f"  nearest: row {miss['row']}, but {_because(miss['because'])}", indent="      "))


def _because(said: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(f"{one['title']} is {one['is']}, asked is {one['asked']}" for one in said)


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """What is off in a text that was sent is said of its file."""
    try:
        yield
    except BadInput as error:
        if error.where.startswith("values."):
            raise
        raise BadInput(f"{file}: {error.where}", error.problem) from error
