"""The ledger: checking and publishing it on this machine, reading it and its proofs from a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import BadInput, CannotTell, ConsilienceError, ExitCode
from consilience.surfaces.cli.home import Where, open_workspace
from consilience.surfaces.cli.shared import (
    AsJson,
    connect,
    done,
    group,
    public_key,
    read_text,
    say,
    say_json,
    table,
)

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
    from consilience.domains.ledger.verify import Finding
    from consilience.domains.ledger.verify import verify as check
    from consilience.domains.witness.stamping import kept
    from consilience.domains.witness.verify import problems

    try:
        report = check()
        report.findings += [Finding("cosignature_bad", about) for about in problems()]
        stamps = [one for one in kept() if one.problem]
        report.findings += [Finding("timestamp_bad", f"{one.size} entries, {one.at}: {one.problem}") for one in stamps]
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
    from consilience.domains.witness.queries import with_cosignatures

    try:
        found = publish(out, entries=entries, with_lines=with_cosignatures)
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


@app.command("check")
def check(
    entry: Annotated[Path, typer.Argument(help="The exact bytes of an entry.")],
    proof: Annotated[Path, typer.Argument(help="Its proof, a .tlog-proof.")],
    log_key: Annotated[str, typer.Option("--log-key", help="The log's public key: name+id+base64, or a file with it.")],
) -> int:
    """Check the proof of an entry without a server: 0 good, 1 it does not hold, 7 cannot tell."""
    from consilience.domains.ledger import proofs

    try:
        exact, text = entry.read_bytes(), read_text(proof)
        proofs.read_inclusion(text)
    except (OSError, BadInput) as error:
        raise CannotTell(f"there is nothing to check ({error})") from error
    try:
        head = proofs.entry_under(text, exact, public_key(log_key))
    except BadInput as error:
        say(f"Does not hold: {error.problem}")
        return ExitCode.NO
    say(f"Good: these bytes stand, unchanged, under a head of {head.size} entries, root {head.root.hex()}")
    return ExitCode.YES


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
