"""People and robots."""

from __future__ import annotations

from typing import Annotated

import typer

from consilience.surfaces.cli.shared import AsJson, address, connect, done, group, listed, say_json, table

app = group("People, and the functions that they hold.")
robot = group("Robots: pipelines and services that act with tokens.")
Roles = Annotated[
    list[str] | None, typer.Option("--role", help="ROLE or ROLE:SYSTEM, such as engineer:lending (repeat, or commas).")
]


@app.command("invite")
def invite(
    email: Annotated[str, typer.Argument(help="Their log-in address.")],
    name: Annotated[str, typer.Option()],
    function: Annotated[list[str] | None, typer.Option(help="Functions they speak for (repeat, or commas).")] = None,
    role: Roles = None,
    as_json: AsJson = False,
) -> None:
    """Invite a person. Prints the link by which they choose their password; hand it to them yourself."""
    body = {"email": email, "name": name, "functions": listed(function or []), "roles": roles(role)}
    with connect() as client:
        made = client.post("/people", body)
    done(made, as_json, f"Invited {made['person']['name']}. Their link, shown this once: {made['setup_url']}")


@app.command("list")
def people(as_json: AsJson = False) -> None:
    """Who is here, and which functions they hold."""
    with connect() as client:
        found = list(client.listed("/people"))
    if as_json:
        say_json(found)
        return
    rows = [
        (one["name"], one["email"], ", ".join(one["functions"]), "" if one["active"] else "deactivated", one["urn"])
        for one in found
    ]
    table(("NAME", "E-MAIL", "FUNCTIONS", "", "URN"), rows, empty="Nobody yet: consilience people invite …")


@app.command("deactivate")
def deactivate(urn: Annotated[str, typer.Argument(help="A person's or robot's URN.")]) -> None:
    """End every right of a person or robot at once."""
    with connect() as client:
        done(client.post(address("people", urn, "deactivate")), False, f"Deactivated: {urn}")


@app.command("hold")
def hold(
    urn: Annotated[str, typer.Argument(help="The person's URN.")], function: Annotated[str, typer.Argument()]
) -> None:
    """Let a person speak for a function."""
    with connect() as client:
        made = client.post(address("people", urn, "functions"), {"function": function})
    done(made, False, f"{made['name']} holds: {', '.join(made['functions'])}")


@robot.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Its name: a-z, 0-9 and -.")],
    purpose: Annotated[str, typer.Option(help="What it does.")],
    owner: Annotated[str, typer.Option(help="The person who answers for it: log-in address, or me.")] = "me",
    role: Roles = None,
    as_json: AsJson = False,
) -> None:
    """Add a robot. Then make it a token: consilience token make --for NAME."""
    with connect() as client:
        made = client.post("/robots", {"name": name, "purpose": purpose, "owner": owner, "roles": roles(role)})
    done(
        made,
        as_json,
        f"Added robot {made['name']}. Next: consilience token make --for {made['name']} --label … --scope gate",
    )


@robot.command("list")
def robots(as_json: AsJson = False) -> None:
    """The robots, and who answers for them."""
    with connect() as client:
        found = list(client.listed("/robots"))
    if as_json:
        say_json(found)
        return
    rows = [(one["name"], one["purpose"], one["owner"]["name"], one["urn"]) for one in found]
    table(("ROBOT", "PURPOSE", "OWNER", "URN"), rows, empty="No robot yet: consilience robot add …")


def roles(said: list[str] | None) -> list[dict[str, str | None]]:
    """`engineer:lending` as role and system."""
    found: list[dict[str, str | None]] = []
    for one in listed(said or []):
        role, _, system = one.partition(":")
        found.append({"role": role, "system": system or None})
    return found
