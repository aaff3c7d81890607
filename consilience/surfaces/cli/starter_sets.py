"""`consilience policy starter`: policies that belong together, to begin with."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from consilience.kit.errors import NotFound
from consilience.surfaces.cli.shared import AsJson, connect, group, paragraph, say, say_json

app = group("Starter sets: policies that belong together, to begin with.")
SetName = Annotated[str, typer.Argument(help="The set, such as hiring.")]


@app.command("list")
def listing(as_json: AsJson = False) -> None:
    """The sets that are shipped."""
    with connect() as client:
        found = client.starter_sets()
    if as_json:
        say_json(found)
    for one in () if as_json else found:
        say(f"{one['name']}: {one['title']}")
        say(paragraph(one["text"], first="  ", indent="  "))
        say(paragraph(", ".join(one["policies"]), first="  ", indent="  "))


@app.command("show")
def show(
    name: SetName,
    policy: Annotated[str | None, typer.Argument(help="One policy of it: its text, to be changed first.")] = None,
    as_json: AsJson = False,
) -> None:
    """A set at work on a system that passes and on one that fails; or the text of one of its policies."""
    with connect() as client:
        found = client.starter_set(name)
        if policy is not None:
            if policy not in found["texts"]:
                raise NotFound("starter policy", f"{name}/{policy}")
            typer.echo(found["texts"][policy], nl=False)
            return
        worked = client.worked_systems(name)
    if as_json:
        say_json({**found, "worked": worked})
        return
    say(f"{found['title']}")
    say(paragraph(found["text"], first="  ", indent="  "))
    for one in found["states"]:
        say(f"  {one['name']}: {_state(one)}")
    for system in worked:
        _worked(system)


@app.command("propose")
def propose(name: SetName, as_json: AsJson = False) -> None:
    """Propose every policy of a set that is not there yet. A second person publishes each; one of you holds its function."""
    with connect() as client:
        made = client.propose_starter_set(name)
    if as_json:
        say_json(made)
    for one in () if as_json else made:
        if one["proposed_now"]:
            say(f"Proposed {one['policy']}: consilience policy publish {one['urn']}")
        else:
            say(f"Left out {one['policy']}: {_state(one)}")


def _state(one: dict[str, Any]) -> str:
    """Where a policy of a set stands here, in words."""
    if one["problem"]:
        return str(one["problem"])
    same = "as this set has it" if one["same"] else "with another text than this set's"
    if one["state"] == "published":
        return f"published as version {one['version']}, {same}"
    return f"proposed already, {same}" if one["state"] == "proposed" else "not proposed"


def _worked(system: dict[str, Any]) -> None:
    say("")
    say(f"{system['title']}")
    say(paragraph(system["text"], first="  ", indent="  "))
    for stage in system["stages"]:
        say(f"  {stage['stage']}: {'may go ahead' if stage['allowed'] else 'refused'}, {stage['tier']} risk")
        for one in stage["outcomes"]:
            named = f"{one['policy']}/{one['requirement']}"
            say(paragraph(f"{one['outcome']}: {one['sentence']} ({named})", first="    - ", indent="      "))
