"""Importing an existing inventory from Excel or CSV."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.csv_out import csv_text
from consilience.kit.errors import BadInput, ExitCode
from consilience.surfaces.cli.shared import AsJson, confirm, connect, group, pairs, say, say_json, table

app = group("Bring an inventory over that exists already.")
SHOWN = 40
"""As many findings as are printed; all of them go to --report."""


@app.callback()
def inventory() -> None:
    """Bring an inventory over that exists already."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An .xlsx or .csv file: a row for each version of a model in a system.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be registered.")] = False,
    sheet: Annotated[str | None, typer.Option(help="The sheet, where the file has several.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="FIELD=HEADING, where the guess is wrong (repeat).")] = None,
    default: Annotated[list[str] | None, typer.Option(help="FIELD=VALUE for rows that say nothing (repeat).")] = None,
    shared_models: Annotated[
        bool, typer.Option("--shared-models", help="One model name in two systems is one model.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Write every finding to this CSV file.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> int:
    """Register systems, models and versions from a list. With any error nothing is registered, and the code is 65."""
    with connect() as client:
        found = client.check_inventory(
            file, sheet=sheet, columns=pairs(column or [], "--column"), defaults=pairs(default or [], "--default"),
            shared_models=shared_models,
        )  # fmt: skip
        if report is not None:
            _write(report, found["findings"])
        if not as_json:
            _show(found)
        if found["errors"] or dry_run:
            if as_json:
                say_json(found)
            return ExitCode.BAD_INPUT if found["errors"] else ExitCode.YES
        if not as_json:
            confirm("Register all of this?", yes=yes)
        made = client.import_inventory(found["plan"], progress=_progress)
    if as_json:
        say_json({**found, "made": made})
    else:
        say(f"Registered {made['systems']} systems, {made['models']} models and {made['versions']} versions.")
    return ExitCode.YES


def _show(found: Mapping[str, Any]) -> None:
    say(f"{found['rows']} rows of {found['sheet']}, headings in row {found['headings_row']}")
    rows = [(one["field"], one["heading"], "" if one["guessed"] else "as you said") for one in found["columns"]]
    table(("FIELD", "COLUMN", ""), rows, empty="")
    if found["unused"]:
        say(f"Not used: {', '.join(found['unused'])}")
    listed = found["findings"]
    if listed:
        say()
        shown = [(one["row"], one["column"], ("" if one["error"] else "(note) ") + one["sentence"]) for one in listed]
        table(("ROW", "COLUMN", "FINDING"), shown[:SHOWN], empty="")
    if len(listed) > SHOWN:
        kinds = ", ".join(f"{count} {code}" for code, count in Counter(one["code"] for one in listed).most_common())
        say(f"… and {len(listed) - SHOWN} more ({kinds}); --report FILE.csv has all of them.")
    say()
    if found["errors"]:
        say(f"{found['errors']} errors: nothing is registered.")
    else:
        say(f"Would register {found['systems']} systems, {found['models']} models and {found['versions']} versions.")


def _write(path: Path, findings: Sequence[Mapping[str, Any]]) -> None:
    lines = [
        (one["row"], one["column"], "error" if one["error"] else "note", one["code"], one["sentence"])
        for one in findings
    ]
    try:
        path.write_text(csv_text([("row", "column", "kind", "code", "sentence"), *lines]), encoding="utf-8")
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror})") from error


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\r\033[K{done} of {total} registered", end=end, file=sys.stderr, flush=True)
