"""Figures in a terminal: a value with its interval, or the sentence that says why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from consilience.surfaces.cli.shared import paragraph

Figure = Mapping[str, Any]


def line(name: str, figure: Figure, *, written: Callable[[float], str] | None = None) -> str:
    """A figure with its interval, or why it is undefined. `written` is how its numbers are: four decimals, if not said."""
    start = f"  {name.replace('_', ' '):<22}"
    if figure["value"] is None:
        return paragraph(f"undefined because {because(figure)}", first=start, indent=" " * len(start))
    shown = written or number
    interval = f"{shown(figure['low'])} to {shown(figure['high'])}" if figure["low"] is not None else "no interval"
    said = f"{shown(figure['value']):>8}  {interval:<18}  {figure['rows']:>11,} rows"
    if figure["low"] is None and figure["reason"]:
        return f"{start}{said}\n" + paragraph(because(figure), first=" " * 34, indent=" " * 34)
    return f"{start}{said}"


def short(figure: Figure) -> str:
    """A figure as a cell of a table."""
    if figure["value"] is None:
        return "undefined"
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} ({figure['low']:.2f}-{figure['high']:.2f})"


def short_number(figure: Figure) -> str:
    """A figure in the units of its column, as a cell of a table."""
    from consilience.measure.pictures.marks import written

    if figure["value"] is None:
        return "undefined"
    interval = f" ({written(figure['low'])} to {written(figure['high'])})" if figure["low"] is not None else ""
    return f"{written(figure['value'])}{interval}"


def number(value: float) -> str:
    """A rate as figures are printed."""
    return f"{value:.4f}"


def because(figure: Figure) -> str:
    """The sentence of a reason, as the end of one that goes on."""
    from consilience.measure.metrics.figure import SENTENCES, Reason

    said = SENTENCES[Reason(figure["reason"])].rstrip(".")
    return said[:1].lower() + said[1:]
