"""Delegations: lending one's voice for a function to somebody else, until a day."""

from __future__ import annotations

from typing import Annotated

import typer

from consilience.surfaces.cli.shared import AsJson, connect, done, group, say_json, table

app = group("Who decides in whose stead.")
WHAT = {"ahead": "begins later", "in_force": "in force", "over": "over", "ended": "ended early"}


@app.command("add")
def add(
    to: Annotated[str, typer.Argument(help="Who shall decide in your stead: log-in address or URN.")],
    function: Annotated[str, typer.Option(help="For which function that you hold.")],
    until: Annotated[str, typer.Option(help="The last day.")],
    reason: Annotated[str, typer.Option(help="Why. It stands on record.")],
    system: Annotated[str | None, typer.Option(help="In this system only; everywhere without.")] = None,
    starts: Annotated[str | None, typer.Option("--from", help="The first day; at once without.")] = None,
    as_json: AsJson = False,
) -> None:
    """Lend your voice for one function to another person. They cannot lend it on, and you can end it any time."""
    with connect() as client:
        made = client.delegate(to, function=function, until=until, reason=reason, system=system, starts=starts)
    done(made, as_json, f"{made['to']['name']} decides for {function} in your stead until {until}: {made['urn']}")


@app.command("list")
def listing(
    state: Annotated[str | None, typer.Option(help="ahead, in_force, over or ended.")] = None, as_json: AsJson = False
) -> None:
    """Who decides in whose stead, the newest first."""
    with connect() as client:
        found = client.delegations(state=state)
    if as_json:
        say_json(found)
        return
    rows = [
        (one["function"], one["by"]["name"], one["to"]["name"], one["system"] or "everywhere", one["starts"][:10],
         one["until"][:10], WHAT.get(one["state"], one["state"]), one["urn"])
        for one in found
    ]  # fmt: skip
    columns = ("FUNCTION", "WHOSE", "WHO DECIDES", "WHERE", "FROM", "UNTIL", "", "URN")
    table(columns, rows, empty="Nobody decides in another's stead: consilience delegation add …")


@app.command("end")
def end(
    urn: Annotated[str, typer.Argument(metavar="DELEGATION", help="Its URN.")],
    reason: Annotated[str, typer.Option(help="Why it ends before its day.")],
    as_json: AsJson = False,
) -> None:
    """End a delegation before its day: one of yours, or as who manages people."""
    with connect() as client:
        done(client.end_delegation(urn, reason), as_json, "Ended. What was decided by it stays on record.")
