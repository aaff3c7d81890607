"""`consilience ledger timestamp`: a time-stamping authority's word (RFC 3161) for when a head was there, kept beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.kit.errors import BadInput, ExitCode, WrongUse
from consilience.surfaces.cli.home import Where, open_workspace
from consilience.surfaces.cli.ledger import MOST
from consilience.surfaces.cli.shared import AsJson, done, read_text, say_json, table

if TYPE_CHECKING:
    from consilience.domains.witness.timestamps import Stamp

MAX_RESPONSE = 64 * 1024


def timestamp(
    tsa: Annotated[
        str | None, typer.Option(help="Ask the authority at this address, and keep what it answers.")
    ] = None,
    query_file: Annotated[Path | None, typer.Option(help="Write the request to this file; send it yourself.")] = None,
    response_file: Annotated[Path | None, typer.Option(help="Keep the answer in this file.")] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="The authority's own certificate (PEM), got by a way that you trust.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=1, max=MOST, help="The head over so many entries; else the newest.")
    ] = None,
    folder: Where = None,
    as_json: AsJson = False,
) -> None:
    """Have a head time-stamped (RFC 3161): over the network with --tsa, or by files."""
    chosen = [one for one in (tsa, query_file, response_file) if one is not None]
    if len(chosen) != 1 or (query_file is None) is (certificate is None):
        raise WrongUse("use --tsa or --response-file, each with --certificate; or --query-file alone")
    open_workspace(folder)
    from consilience.domains.witness import stamping, timestamps

    covers, text = stamping.text_of(size)
    if query_file is not None:
        _write(query_file, timestamps.query(text))
        done(
            {"size": covers},
            as_json,
            f"Wrote {query_file}: a request for the head over {covers} entries (--size {covers})",
        )
        return
    response = stamping.ask(tsa, text) if tsa is not None else _read(response_file)
    pem = read_text(certificate) if certificate is not None else ""
    _tell(covers, stamping.keep(covers, text, response, pem), as_json)


def timestamps(folder: Where = None, as_json: AsJson = False) -> int:
    """The time-stamps that are kept, each checked again; 1 where one does not hold."""
    open_workspace(folder)
    from consilience.domains.witness import stamping

    found = list(stamping.kept())
    if as_json:
        say_json(
            [{"size": one.size, "at": one.at, "authority": one.authority, "problem": one.problem} for one in found]
        )
    else:
        rows = [(one.size, one.at[:19], one.authority, one.problem or "holds") for one in found]
        table(
            ("ENTRIES", "AT (UTC)", "AUTHORITY", ""),
            rows,
            empty="No head was time-stamped yet: `consilience ledger timestamp`.",
        )
    return ExitCode.NO if any(one.problem for one in found) else ExitCode.YES


def _tell(covers: int, stamp: Stamp, as_json: bool) -> None:
    said = {"size": covers, "at": stamp.at, "authority": stamp.authority}
    done(said, as_json, f"The head over {covers} entries was there at {stamp.at[:19]} UTC, says {stamp.authority}")


def _read(path: Path | None) -> bytes:
    if path is None:
        return b""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_RESPONSE + 1)
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror})") from error
