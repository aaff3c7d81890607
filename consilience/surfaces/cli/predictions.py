"""Predictions: logging a batch by its root, proving one row of it, checking such a proof without a server."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.kit.errors import BadInput, CannotTell, ExitCode, WrongUse
from consilience.surfaces.cli.shared import AsJson, connect, done, group, listed, public_key, say, say_json, table

if TYPE_CHECKING:
    from consilience.client import Client
    from consilience.domains.monitor.batch_proofs import Checked

app = group("Batches of predictions: logged by one hash, so that a single prediction can be proved later.")
MOST = 2**53 - 1
Rows = Annotated[str, typer.Argument(metavar="FILE", help="A .parquet or .csv file, a folder of them, or a glob.")]
_WORDS = {True: "holds", False: "DOES NOT HOLD", None: "cannot tell"}
_OUTCOMES = {"good": ExitCode.YES, "tampered": ExitCode.NO, "cannot_tell": ExitCode.CANNOT_TELL}


@app.command("log")
def log(
    file: Rows,
    version: Annotated[str, typer.Option(help="The version that predicted, such as credit-risk@3.")],
    day: Annotated[str | None, typer.Option(help="The day of the predictions, such as 2026-11-23.")] = None,
    columns: Annotated[list[str] | None, typer.Option(help="Only these columns (repeat, or by commas).")] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="The column that names a prediction.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hash every row where it lies and log the root of the batch. The rows are not sent."""
    from consilience.domains.monitor.sealing import Predictions, digests

    found = Predictions(file, listed(columns or []))
    if id_column is not None and id_column not in found.kinds:
        raise WrongUse(f"--id: {id_column!r} is not among the columns that are logged")
    secret = secrets.token_bytes(32)
    sealed = found.seal(secret)
    with connect() as client:
        made = client.log_predictions(
            version, rows=sealed.rows, root=sealed.root.hex(), columns=found.kinds, files=digests(file),
            secret=secret.hex(), id_column=id_column, since=day, until=day,
        )  # fmt: skip
    told = (
        f"Logged {sealed.rows} predictions of {version} as entry {made['position']}, root {made['root']}: {made['urn']}"
    )
    done(made, as_json, told)


@app.command("list")
def listing(
    version: Annotated[str | None, typer.Option(help="Only of this version.")] = None, as_json: AsJson = False
) -> None:
    """The batches that were logged, newest first."""
    with connect() as client:
        found = client.prediction_batches(version)
    if as_json:
        say_json(found)
        return
    rows = [
        (one["position"], one["at"][:10], one["model_version"], one["rows"], one["root"][:12], one["urn"])
        for one in found
    ]
    empty = "No batch yet: consilience predictions log FILE --version REF"
    table(("ENTRY", "LOGGED", "VERSION", "ROWS", "ROOT", "URN"), rows, empty=empty)


@app.command("prove")
def prove(
    file: Rows,
    row: Annotated[str | None, typer.Option("--row", help="The value of the batch's id column.")] = None,
    index: Annotated[int | None, typer.Option(min=0, max=MOST, help="The number of the row, from 0.")] = None,
    batch: Annotated[str | None, typer.Option(help="The batch's URN; else the newest one of these files.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write; else prediction-NUMBER.proof.json.")
    ] = None,
) -> None:
    """Write the proof that one row stands in a batch that was logged. Take the same files as then."""
    if (row is None) is (index is None):
        raise WrongUse("name the row by --row ID or by --index N")
    from consilience.domains.monitor import batch_proofs
    from consilience.domains.monitor.sealing import Predictions

    with connect() as client:
        logged = client.prediction_batch(batch) if batch else _of_files(client, file)
        parts = client.prediction_proof_parts(logged["urn"])
    source = Predictions(file, [one["name"] for one in logged["columns"]])
    if row is not None:
        if logged["id_column"] is None:
            raise WrongUse("this batch was logged without --id, so no column names a row: take --index N")
        index = source.index_of(logged["id_column"], row)
    found = source.prove(bytes.fromhex(parts["secret"]), index or 0)
    if (found.sealed.rows, found.sealed.root.hex()) != (logged["rows"], logged["root"]):
        problem = f"holds other rows than were logged as {logged['urn']} ({found.sealed.rows}, {logged['rows']} then)"
        raise BadInput(file, problem)
    proof = batch_proofs.RowProof(
        found.row, found.salt, found.index, found.path, parts["entry"].encode(), parts["entry_proof"]
    )
    target = out or Path(f"prediction-{found.index}.proof.json")
    _written(target, batch_proofs.write(proof))
    say(f"Wrote {target}: row {found.index} of {found.sealed.rows} in the batch of entry {logged['position']}")


@app.command("check")
def check(
    proof: Annotated[Path, typer.Argument(help="What `consilience predictions prove` wrote.")],
    log_key: Annotated[
        str | None, typer.Option("--log-key", help="The log's public key (name+id+base64), or a file that holds it.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check a proof without a server: 0 good, 1 tampered, 7 cannot tell."""
    from consilience.domains.monitor import batch_proofs

    try:
        data = proof.read_bytes()
    except OSError as error:
        raise CannotTell(f"{proof} cannot be read ({error.strerror})") from error
    checked = batch_proofs.check(data, public_key(log_key) if log_key else None)
    if as_json:
        say_json(_as_json(checked))
    else:
        _tell(checked)
    return _OUTCOMES[checked.outcome]


def _of_files(client: Client, file: str) -> dict[str, Any]:
    """The newest batch of exactly these files."""
    from consilience.domains.monitor.sealing import digests

    wanted = digests(file)
    for one in client.listed("/predictions/batches"):
        if one["files"] == wanted:
            return dict(one)
    raise BadInput(file, "was not logged as it is now, or you may not know of the batch; name it with --batch URN")


def _written(target: Path, data: bytes) -> None:
    try:
        target.write_bytes(data)
    except OSError as error:
        raise BadInput(str(target), f"cannot be written ({error.strerror})") from error


def _as_json(checked: Checked) -> dict[str, Any]:
    steps = [{"step": name, "holds": holds, "about": about} for name, holds, about in checked.steps]
    return {
        "outcome": checked.outcome,
        "steps": steps,
        "row": checked.row,
        "position": checked.position,
        "size": checked.size,
    }


def _tell(checked: Checked) -> None:
    for name, holds, about in checked.steps:
        say(f"{name}: {_WORDS[holds]}: {about}")
    if checked.row:
        say(f"The row: {checked.row}")
    if checked.entry is not None:
        say(f"Logged by {checked.entry.actor} at {checked.entry.at}, as the server's clock said")
    say({"good": "Good", "tampered": "TAMPERED", "cannot_tell": "Cannot tell"}[checked.outcome])
