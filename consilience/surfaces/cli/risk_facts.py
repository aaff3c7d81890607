"""What a registration may say of a system's risk: the options that `register system` and `correct system` share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from consilience.domains.inventory.rules import AUTONOMY, DATA_CATEGORIES, USES
from consilience.surfaces.cli.shared import listed

Use = Annotated[str | None, typer.Option(help=f"What it is used for: {', '.join(USES)}.")]
Autonomy = Annotated[str | None, typer.Option(help=f"What is left to people: {', '.join(AUTONOMY)}.")]
PeopleAffected = Annotated[int | None, typer.Option(min=0, help="How many people its decisions touch in a year.")]
Data = Annotated[
    list[str] | None,
    typer.Option("--data", help=f"What its data tell of whom (repeat, or commas): {', '.join(DATA_CATEGORIES)}."),
]
LineOfBusiness = Annotated[str | None, typer.Option(help="The part of the organisation, such as retail-banking.")]


def said_of_risk(
    use: str | None,
    autonomy: str | None,
    people_affected: int | None,
    data: list[str] | None,
    line_of_business: str | None,
) -> dict[str, Any]:
    """What was said of it; what was not said is left out."""
    said = {
        "use": use, "autonomy": autonomy, "people_affected": people_affected,
        "data_categories": None if data is None else listed(data), "line_of_business": line_of_business,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}
