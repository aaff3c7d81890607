"""Options that attach what was measured here as evidence: what goes with them, and what the server made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from consilience.kit.errors import WrongUse
from consilience.measure.plan import USUAL_MINIMUM
from consilience.surfaces.cli.shared import say_json, table

METHODS = "holdout, out_of_time, cross_validation, operation"
Attach = Annotated[
    str | None, typer.Option(help="Attach to this version, such as credit-risk@3: no row goes to the server.")
]
Dataset = Annotated[str | None, typer.Option(help="With --attach: the registered data of FILE, as panel@2.")]
Method = Annotated[str | None, typer.Option(help=f"With --attach: {METHODS}.")]
MinimumGroup = Annotated[
    int | None, typer.Option(min=1, help="With --attach: do not tell of fewer rows than this; 5 unless said.")
]


def attached(named: Mapping[str, str | None], minimum_group: int | None, beside: Mapping[str, Any]) -> int | None:
    """The minimum group where the options say to attach, None where they do not. WrongUse where they are half said.

    `named` are the options that attach, all or none of them; `beside` those that a record cannot take.
    """
    given = [name for name, value in named.items() if value is not None]
    if not given:
        if minimum_group is not None:
            raise WrongUse("--minimum-group is about what is sent: it needs --attach")
        return None
    if len(given) < len(named):
        raise WrongUse(f"{', '.join(named)} belong together")
    refused = [name for name, value in beside.items() if value not in (None, False, "", [], ())]
    if refused:
        raise WrongUse(f"--attach prints what the server made of it: no {', no '.join(refused)}")
    return minimum_group or USUAL_MINIMUM


def refuse_tables(source: str) -> None:
    """Only a file has a digest that stands for the registered data."""
    if "://" in source:
        raise WrongUse("--attach needs a file, whose digest stands for the registered data; a table has none")


def show_computed(made: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """The evidence that was recorded."""
    if as_json:
        say_json(made)
        return
    rows = [(one["kind"], one["method"], one["dataset"], one["grade"], one["urn"]) for one in made]
    table(("KIND", "METHOD", "DATA", "GRADE", "URN"), rows, empty="Nothing was computed.")
