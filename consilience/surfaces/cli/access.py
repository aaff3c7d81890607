"""Grants and tokens."""

from __future__ import annotations

from typing import Annotated

import typer

from consilience.surfaces.cli import session
from consilience.surfaces.cli.shared import AsJson, address, connect, done, group, listed, say, say_json, table

token = group("Tokens: secrets that stand for somebody on the API.")
grant = group("Grants: who may do what, where.")


@token.command("make")
def make(
    label: Annotated[str, typer.Option(help="What it is for, in your words.")],
    scope: Annotated[
        list[str], typer.Option(help="read, register, release, sign, gate, policy, manage (repeat, or commas).")
    ],
    principal: Annotated[str, typer.Option("--for", help="me, or a robot's name.")] = "me",
    system: Annotated[list[str] | None, typer.Option(help="Only these systems (repeat, or commas).")] = None,
    days: Annotated[int, typer.Option(min=1, max=366)] = 90,
    email: Annotated[str, typer.Option(prompt="E-mail", help="Your log-in address.")] = "",
    password: Annotated[
        str,
        typer.Option(
            prompt="Password",
            hide_input=True,
            envvar="CONSILIENCE_PASSWORD",
            help="Asked for; better never written here.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Make a token, with your password: a token makes no token. The secret is printed this once, alone."""
    body = {
        "principal": principal, "label": label, "scopes": listed(scope),
        "systems": listed(system) if system else None, "days": days,
    }  # fmt: skip
    made = session.make_token(email, password, body)
    if as_json:
        say_json(made)
    else:
        say(made["secret"])


@token.command("list")
def tokens(
    everybody: Annotated[bool, typer.Option("--everybody", help="All tokens, for those who may see grants.")] = False,
    as_json: AsJson = False,
) -> None:
    """Your tokens, without their secrets."""
    with connect() as client:
        found = list(client.listed("/tokens", everybody=everybody))
    if as_json:
        say_json(found)
        return
    rows = [
        (one["label"], one["principal"]["name"], ", ".join(one["scopes"]), one["expires_at"][:10], one["urn"])
        for one in found
    ]
    table(("LABEL", "FOR", "SCOPES", "EXPIRES", "URN"), rows, empty="No token yet: consilience token make …")


@token.command("withdraw")
def withdraw(urn: Annotated[str, typer.Argument()]) -> None:
    """End a token at once."""
    with connect() as client:
        done(client.post(address("tokens", urn), method="DELETE"), False, f"Withdrawn: {urn}")


@grant.command("add")
def add(
    principal: Annotated[str, typer.Argument(help="A log-in address, or a robot's name.")],
    role: Annotated[str, typer.Argument(help="administrator, engineer, reviewer, reader, auditor or pipeline.")],
    system: Annotated[str | None, typer.Option(help="Only in this system.")] = None,
    until: Annotated[str | None, typer.Option(help="Its last day.")] = None,
    as_json: AsJson = False,
) -> None:
    """Entitle somebody to a role, in one system or everywhere."""
    with connect() as client:
        made = client.post("/grants", {"principal": principal, "role": role, "system": system, "until": until})
    where = f"in {made['system']}" if made["system"] else "everywhere"
    done(made, as_json, f"{made['principal']['name']} is {made['role']} {where}: {made['urn']}")


@grant.command("list")
def grants(as_json: AsJson = False) -> None:
    """Every grant in force."""
    with connect() as client:
        found = list(client.listed("/grants"))
    if as_json:
        say_json(found)
        return
    rows = [
        (one["principal"]["name"], one["role"], one["system"] or "everywhere", one["until"], one["urn"])
        for one in found
    ]
    table(("WHO", "ROLE", "WHERE", "UNTIL", "URN"), rows, empty="No grant yet: consilience grant add …")


@grant.command("end")
def end(urn: Annotated[str, typer.Argument()]) -> None:
    """End a grant at once."""
    with connect() as client:
        done(client.post(address("grants", urn), method="DELETE"), False, f"Ended: {urn}")
