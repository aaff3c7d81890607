"""The ledger: checking and publishing it on this machine, reading it and its proofs from a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import BadInput, CannotTell, ConsilienceError, ExitCode
from consilience.surfaces.cli.home import Where, open_workspace
from consilience.surfaces.cli.shared import AsJson, connect, done, group, say, say_json, table

app = group("The record of every act.")
MOST = 2**31 - 1
Out = Annotated[Path | None, typer.Option("--out", help="Write the proof to this file.")]


@app.command("verify")
def verify(
    folder: Where = None,
    content: Annotated[bool, typer.Option("--content/--no-content", help="Read every stored file, too.")] = True,
    as_json: AsJson = False,
) -> int:
    """Hash everything again and name what does not fit. Works on this machine, without the server."""
    open_workspace(folder)
    from django.db import DatabaseError

    from consilience.domains.content.verify import findings as content_findings
    from consilience.domains.ledger.verify import verify as check

    try:
        report = check()
        if content:
            report.findings += content_findings()
    except (DatabaseError, OSError, ConsilienceError) as error:
        raise CannotTell(f"the ledger cannot be read ({error})") from error
    if as_json:
        found = [{"code": one.code, "about": one.about} for one in report.findings]
        say_json(
            {
                "good": report.good,
                "entries": report.entries,
                "rows": report.rows,
                "root": report.root,
                "erased": report.erased,
                "erased_by": report.erased_by,
                "epochs": report.epochs,
                "findings": found,
            }
        )
    else:
        for told in report.epochs:
            say(f"Restored: {told}")
        for one in report.findings:
            say(f"{one.code}: {one.about}")
        erased = f"{report.erased} erased texts" + (f" ({report.erased_by})" if report.erased_by else "")
        summary = f"{report.entries} entries, {report.rows} rows, {erased}, root {report.root}"
        say(f"Good: {summary}" if report.good else f"Not good, {len(report.findings)} findings: {summary}")
    return ExitCode.YES if report.good else ExitCode.NO


@app.command("tiles")
def tiles(
    out: Annotated[Path, typer.Option("--out", help="The folder that the files go to; made where there is none.")],
    folder: Where = None,
    entries: Annotated[bool, typer.Option("--entries/--no-entries", help="The entries, too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Write checkpoint, tiles and entry bundles as plain files (C2SP tlog-tiles), from the workspace on this machine."""
    open_workspace(folder)
    from django.db import DatabaseError

    from consilience.domains.ledger.publish import publish

    try:
        found = publish(out, entries=entries)
    except DatabaseError as error:
        raise CannotTell(f"the ledger cannot be read ({error})") from error
    sentence = f"{out} holds the log of {found.size} entries; {found.written} tiles written"
    done({"size": found.size, "written": found.written}, as_json, sentence)


@app.command("proof")
def proof(
    position: Annotated[int, typer.Argument(min=0, max=MOST, help="The entry.")],
    size: Annotated[
        int | None, typer.Option(min=1, max=MOST, help="Under the checkpoint over so many entries.")
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """The proof that an entry stands under the newest checkpoint (C2SP tlog-proof)."""
    with connect() as client:
        _proof(client.get(f"/ledger/entries/{position}/proof", size=size), out, as_json)


@app.command("consistency")
def consistency(
    old: Annotated[int, typer.Argument(min=0, max=MOST, help="The number of entries then.")],
    new: Annotated[int | None, typer.Argument(min=1, max=MOST, help="And later; else the newest checkpoint's.")] = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """The proof that nothing among the first OLD entries changed since, as a witness takes it (C2SP tlog-witness)."""
    with connect() as client:
        _proof(client.get("/ledger/consistency", old=old, size=new), out, as_json)


@app.command("show")
def show(
    position: Annotated[int | None, typer.Argument(min=0, max=MOST, help="One entry, with its proof.")] = None,
    verb: Annotated[str | None, typer.Option(help="Only this verb, such as review.signed_off.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    as_json: AsJson = False,
) -> None:
    """The newest entries, or one entry with the proof that it stands in the ledger."""
    with connect() as client:
        if position is not None:
            say_json(client.get(f"/ledger/entries/{position}"))
            return
        page = client.get("/ledger/entries", verb=verb, limit=limit)
    if as_json:
        say_json(page)
        return
    rows = [
        (one["position"], one["at"][:19], one["verb"], one["by"]["name"] or one["by"]["urn"]) for one in page["items"]
    ]
    table(("ENTRY", "AT (UTC)", "VERB", "BY"), rows, empty="No entry of that kind yet.")


def _proof(found: dict[str, Any], out: Path | None, as_json: bool) -> None:
    if out is not None:
        try:
            out.write_text(found["text"], encoding="utf-8")
        except OSError as error:
            raise BadInput(str(out), f"cannot be written ({error.strerror})") from error
    if as_json:
        say_json(found)
    elif out is not None:
        say(f"Wrote {out}, which leads to the checkpoint over {found['size']} entries")
    else:
        say(found["text"].removesuffix("\n"))
