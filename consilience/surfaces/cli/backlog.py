"""What was live before the gate, and until when it may wait for it."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from consilience.kit.errors import ExitCode, WrongUse
from consilience.surfaces.cli.shared import AsJson, connect, done, say, say_json, table

OneSystem = Annotated[str | None, typer.Option("--system", help="Only of this system.")]
DUE = {"overdue": "OVERDUE", "undated": "no day yet", "soon": "within 90 days", "later": "later"}


def backlog(system: OneSystem = None, as_json: AsJson = False) -> int:
    """List what was live before the gate and still waits for it. Exits with 1 when something is overdue."""
    with connect() as client:
        found = client.backlog(system=system)
    if as_json:
        say_json(found)
    else:
        rows = [
            (one["version"], one["system"], one["live_since"], (one["until"] or "")[:10], DUE[one["due"]])
            for one in found
        ]
        table(
            ("VERSION", "SYSTEM", "LIVE SINCE", "UNTIL", "DUE"),
            rows,
            empty="Nothing waits: everything live went through the gate.",
        )
        if found:
            say(", ".join(f"{count} {DUE[name]}" for name, count in Counter(one["due"] for one in found).items()))
    return ExitCode.NO if any(one["due"] == "overdue" for one in found) else ExitCode.YES


def grandfather(
    until: Annotated[str, typer.Option(help="The last day on which it may wait, such as 2027-06-30.")],
    reason: Annotated[str, typer.Option(help="Why it may wait.")],
    versions: Annotated[list[str] | None, typer.Argument(help="Such as credit-risk@1; or --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that have no day yet.")] = False,
    system: OneSystem = None,
    as_json: AsJson = False,
) -> None:
    """Let versions that were live before the gate wait for it until a day. One act, never for work of your own."""
    if bool(versions) == everything:
        raise WrongUse("name versions, or --all; one of the two")
    with connect() as client:
        made = client.grandfather(until=until, reason=reason, versions=versions or None, system=system)
    own = f"; {made['own']} are work of your own and left to somebody else" if made["own"] else ""
    done(
        made, as_json, f"{made['versions']} version{'' if made['versions'] == 1 else 's'} may wait until {until}{own}."
    )
