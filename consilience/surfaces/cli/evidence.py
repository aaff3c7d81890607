"""Attaching, listing and showing evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import BadInput, WrongUse
from consilience.surfaces.cli.computing import compute
from consilience.surfaces.cli.shared import AsJson, address, connect, done, group, pairs, read_json, say_json, table

app = group("Evidence: what is known about a version, its data or its system.")
About = Annotated[str, typer.Argument(help="A version (credit-risk@3), data (data:panel@1) or a system (lending).")]

app.command("compute")(compute)


@app.command("attach")
def attach(
    kind: Annotated[str, typer.Argument(help="Such as dpia or load_test.")],
    about: About,
    method: Annotated[str, typer.Option(help="How it came about; each kind has its methods.")] = "document",
    field: Annotated[list[str] | None, typer.Option(help="NAME=VALUE (repeat); a value may be JSON.")] = None,
    fields: Annotated[Path | None, typer.Option(help="A JSON file with the fields.")] = None,
    file: Annotated[list[Path] | None, typer.Option(help="A file to attach (repeat).")] = None,
    dataset: Annotated[str | None, typer.Option(help="The data it was measured on, such as panel@1.")] = None,
    expires: Annotated[str | None, typer.Option(help="Its last day.")] = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="The files hold personal data: keep their digests from being guessed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Attach what you state. Figures that count as computed come from `consilience evaluate --attach`."""
    said = _fields(fields, field or [])
    with connect() as client:
        made = client.attach_evidence(
            kind,
            method=method,
            about=about,
            fields=said,
            files=file or [],
            dataset=dataset,
            expires_at=expires,
            personal=personal,
        )
    done(made, as_json, f"Attached {made['kind']} to {made['subject']['reference']}: {made['urn']}")


@app.command("list")
def listing(
    about: About,
    kind: Annotated[str | None, typer.Option(help="Only this kind.")] = None,
    as_json: AsJson = False,
) -> None:
    """What counts now, with the attempts behind it."""
    with connect() as client:
        found = client.evidence(about, kind=kind)
    if as_json:
        say_json(found)
        return
    rows = [
        (one["kind"], one["method"], _data(one), one["grade"], one["at"][:10], one["attempts"], one["urn"])
        for one in found
    ]
    columns = ("KIND", "METHOD", "DATA", "GRADE", "AT", "TRIES", "URN")
    table(columns, rows, empty="No evidence yet: consilience evidence attach, or consilience evaluate --attach")


def _data(one: dict[str, Any]) -> str | None:
    """What it was measured on, marked where those data were taken back since."""
    return f"{one['dataset']} (withdrawn)" if one.get("dataset_withdrawn") else one["dataset"]


@app.command("show")
def show(
    urn: Annotated[str, typer.Argument(help="The URN of a record.")],
    download: Annotated[Path | None, typer.Option(help="Save its files into this folder.")] = None,
) -> None:
    """One record, withdrawn or not."""
    with connect() as client:
        found = client.get(address("evidence", urn))
        say_json(found)
        if download is not None:
            if not download.is_dir():
                raise WrongUse(f"--download: {download} is no folder")
            for file in found["files"]:
                client.download_file(urn, file["digest"], download / Path(file["name"]).name)


@app.command("withdraw")
def withdraw(
    urn: Annotated[str, typer.Argument()], reason: Annotated[str, typer.Option(help="Why it should not count.")]
) -> None:
    """Take evidence back that you produced."""
    with connect() as client:
        done(client.post(address("evidence", urn, "withdraw"), {"reason": reason}), False, f"Withdrawn: {urn}")


def _fields(file: Path | None, said: list[str]) -> dict[str, Any]:
    """Fields from the file, then from the options; an option's value is JSON where it reads as JSON, else text."""
    found = read_json(file) if file is not None else {}
    if not isinstance(found, dict):
        raise BadInput(str(file), "expected an object with named fields")
    for name, value in pairs(said, "--field").items():
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found
