"""The ledger: checking it on this machine, reading it from a server."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from consilience.kit.errors import CannotTell, ConsilienceError, ExitCode
from consilience.surfaces.cli.local import Where, open_home
from consilience.surfaces.cli.shared import AsJson, connect, group, say, say_json, table

app = group("The record of every act.")


@app.command("verify")
def verify(
    folder: Where = None,
    content: Annotated[bool, typer.Option("--content/--no-content", help="Read every stored file, too.")] = True,
    as_json: AsJson = False,
) -> int:
    """Hash everything again and name what does not fit. Works on this machine, without the server."""
    from consilience.config.workspace import set_up_django

    home = open_home(folder)
    if not os.environ.get("CONSILIENCE_DATABASE") and not home.database.is_file():
        raise CannotTell(f"there is no workspace in {home.root}")
    set_up_django()
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
                "findings": found,
            }
        )
    else:
        for one in report.findings:
            say(f"{one.code}: {one.about}")
        summary = f"{report.entries} entries, {report.rows} rows, {report.erased} erased texts, root {report.root}"
        say(f"Good: {summary}" if report.good else f"Not good, {len(report.findings)} findings: {summary}")
    return ExitCode.YES if report.good else ExitCode.NO


@app.command("show")
def show(
    position: Annotated[int | None, typer.Argument(min=0, max=2**31 - 1, help="One entry, with its proof.")] = None,
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
