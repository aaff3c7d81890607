"""`consilience policy starter`: policies that belong together, to begin with."""

from __future__ import annotations

from typing import Annotated

import typer

from consilience.kit.errors import NotFound
from consilience.surfaces.cli.shared import AsJson, address, connect, group, paragraph, say, say_json

app = group("Starter sets: policies that belong together, to begin with.")
SetName = Annotated[str, typer.Argument(help="The set, such as by-tier.")]


@app.command("list")
def listing(as_json: AsJson = False) -> None:
    """The sets that are shipped."""
    with connect() as client:
        found = client.get("/starter-sets")
    if as_json:
        say_json(found)
    for one in () if as_json else found:
        say(f"{one['name']}: {one['title']}")
        say(paragraph(one["text"], first="  ", indent="  "))
        say(paragraph(", ".join(one["policies"]), first="  ", indent="  "))


@app.command("show")
def show(name: SetName, policy: Annotated[str, typer.Argument(help="The policy.")]) -> None:
    """The text of one policy, to be changed before it is proposed."""
    with connect() as client:
        texts = client.get(address("starter-sets", name))["texts"]
    if policy not in texts:
        raise NotFound("starter policy", f"{name}/{policy}")
    typer.echo(texts[policy], nl=False)


@app.command("propose")
def propose(name: SetName, as_json: AsJson = False) -> None:
    """Propose every policy of a set. A second person publishes each; one of you holds the function that owns it."""
    with connect() as client:
        texts = client.get(address("starter-sets", name))["texts"]
        made = [client.propose_policy(text) for text in texts.values()]
    if as_json:
        say_json(made)
    for one in () if as_json else made:
        say(f"Proposed {one['policy']}, owned by {one['owner']}: consilience policy publish {one['urn']}")
