"""`consilience show tier`: the risk tier of a system, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from consilience.surfaces.cli.shared import AsJson, connect, paragraph, say, say_json
from consilience.surfaces.cli.tables import show_answer


def tier(slug: Annotated[str, typer.Argument(help="The system.")], as_json: AsJson = False) -> None:
    """The risk tier of a system: what the tables in force say, why, what is unknown, and what changed it last."""
    with connect() as client:
        found = client.tier(slug)
    if as_json:
        say_json(found)
        return
    if found["source"] == "stated":
        say(f"{slug}: {found['level'] or 'not known'}, as stated; no table in force decides the tier")
    else:
        say(f"{slug}: {found['level'] or 'not known'}, computed by {found['table']}")
        for answer in found["answers"]:
            show_answer(answer)
    if found["differs"]:
        say(paragraph(f"! Stated is {found['stated']}: correct the one or the other.", indent="  ", first="  "))
    if found["change"]:
        say(paragraph(f"  Changed {found['change']['at'][:10]}: {change(found['change'])}", indent="  "))


def change(said: Mapping[str, Any]) -> str:
    """What a tier was and is, and what did it."""
    moved = [f"{one['fact'].replace('_', ' ')} {_value(one['was'])} -> {_value(one['now'])}" for one in said["moved"]]
    if said["tables"]:
        moved.append("another table or version of one decides")
    return f"{said['was'] or 'not known'} -> {said['now'] or 'not known'}, since {'; '.join(moved)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "not known" if value is None else str(value)
