"""How live releases stand, and what one was told of it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any

import typer

from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.shared import AsJson, connect, paragraph, say, say_json, table

STATES = {
    "compliant": "compliant",
    "not_compliant": "NOT COMPLIANT",
    "cannot_tell": "cannot tell",
    "ended": "no longer live",
}

CAUSES = {"policy": "The policy changed.", "time": "Nothing changed but the day."}


def standings(
    system: Annotated[str | None, typer.Option(help="Only of this system.")] = None, as_json: AsJson = False
) -> int:
    """List live releases and how each stands. Exits with 1 when one does not comply, 7 when one cannot be told."""
    with connect() as client:
        found = client.standings(system=system)
    if as_json:
        say_json(found)
    else:
        rows = [
            (
                one["reference"],
                one["stage"],
                STATES.get(one["state"], one["state"]),
                one["since"][:19],
                ", ".join([*one["unmet"], *(each["obligation"] for each in one["obligations"])]),
            )
            for one in found
        ]
        empty = "No release that you may know of is live: the gate has let none through yet."
        table(("RELEASE", "STAGE", "STANDING", "SINCE (UTC)", "NOT MET OR OPEN"), rows, empty=empty)
    states = {one["state"] for one in found}
    if "not_compliant" in states:
        return ExitCode.NO
    return ExitCode.CANNOT_TELL if "cannot_tell" in states else ExitCode.YES


def notices(
    unread: Annotated[bool, typer.Option("--unread", help="Only what you have not read.")] = False,
    read: Annotated[bool, typer.Option("--read", help="Mark what is shown as read.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what you were told: releases of yours that stand otherwise than before, and why."""
    with connect() as client:
        found = client.notices(unread=unread)
        if read and found:
            client.read_notices([one["id"] for one in found][:200])
    if as_json:
        say_json(found)
        return
    if not found:
        say("Nothing: no release that concerns you stands otherwise than before.")
    for one in found:
        _show(one)


def _show(one: Mapping[str, Any]) -> None:
    mark = " " if one["read_at"] else "*"
    state = STATES.get(one["state"], one["state"])
    say(f"{mark} {one['at'][:19]}  {one['reference']} to {one['stage']}: {state} since {one['since'][:19]} UTC")
    say(paragraph(one["sentence"], first="    ", indent="    "))
    for cause, listed in groupby(sorted(one["obligations"], key=itemgetter("cause")), itemgetter("cause")):
        say(paragraph(f"{cause}:", first="    ", indent="    "))
        for each in listed:
            say(paragraph(f"{each['obligation']}: {each['sentence']}", first="    - ", indent="      "))
    for each in one["closed"]:
        say(paragraph(f"{each['obligation']} is open no more: {each['title']}.", first="    - ", indent="      "))
    for each in one["changes"]:
        after = each["after"] or each["before"]
        say(
            paragraph(
                f"{each['policy']}/{each['requirement']} ({each['function']}): {after['sentence']}",
                first="    - ",
                indent="      ",
            )
        )
        if each["cause"] in CAUSES:
            say(f"      {CAUSES[each['cause']]}")
        for said in dict.fromkeys(fact["sentence"] for fact in each["facts"]):
            say(paragraph(said, first="      ", indent="      "))
