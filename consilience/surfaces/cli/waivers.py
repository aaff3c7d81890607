"""Waivers: setting a requirement aside for a release, until a day."""

from __future__ import annotations

from typing import Annotated

import typer

from consilience.kit.errors import WrongUse
from consilience.surfaces.cli.release import Stage, Target
from consilience.surfaces.cli.shared import AsJson, connect, done, group, release_of, say_json, table

app = group("Requirements that are set aside for a release.")


@app.command("add")
def add(
    release: Target,
    stage: Stage,
    requirement: Annotated[str, typer.Option(help="POLICY/REQUIREMENT, as `consilience gate` names it.")],
    until: Annotated[str, typer.Option(help="The last day.")],
    reason: Annotated[str, typer.Option(help="Why. It stands on record.")],
    control: Annotated[str, typer.Option(help="What is done in place of the requirement.")],
    as_json: AsJson = False,
) -> None:
    """Set a requirement aside for a release until a day. The requirement itself says who may, and for how long."""
    policy, sign, named = requirement.partition("/")
    if not sign:
        raise WrongUse(f"{requirement!r} is not POLICY/REQUIREMENT")
    with connect() as client:
        system, version, stage = release_of(client, release, stage)
        made = client.waive(
            system, version, stage, policy=policy, requirement=named, until=until, reason=reason, control=control
        )
    done(made, as_json, f"Set aside until {until}: {requirement} for {made['reference']}, {made['urn']}")


@app.command("list")
def listing(
    state: Annotated[str | None, typer.Option(help="in_force, over or withdrawn.")] = None, as_json: AsJson = False
) -> None:
    """What is set aside, the next to end first."""
    with connect() as client:
        found = client.waivers(state=state)
    if as_json:
        say_json(found)
        return
    rows = [
        (one["reference"], f"{one['policy']}/{one['requirement']}", one["by"]["name"], one["until"][:10], one["state"], one["urn"])
        for one in found
    ]  # fmt: skip
    table(("RELEASE", "REQUIREMENT", "BY", "UNTIL", "", "URN"), rows, empty="Nothing is set aside.")


@app.command("withdraw")
def withdraw(
    urn: Annotated[str, typer.Argument(metavar="WAIVER", help="Its URN.")],
    reason: Annotated[str, typer.Option(help="Why it ends before its day.")],
    as_json: AsJson = False,
) -> None:
    """Take a waiver back before its day: the requirement is asked again at once."""
    with connect() as client:
        done(client.withdraw_waiver(urn, reason), as_json, "Taken back. The requirement is asked again.")
