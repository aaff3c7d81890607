"""Figures in pages: a table of them with their intervals and reasons, and how one is written in a cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks, words
from consilience.measure.pictures.page import table

Figure = Mapping[str, Any]


def figures_table(figures: Mapping[str, Figure], about: str, *, names: Mapping[str, str]) -> Markup:
    """Every figure with its interval, how it was made, and why it is undefined where it is."""
    rows = [
        (names.get(name, name.replace("_", " ")), value_of(one), interval_of(one), f"{one['rows']:,}",
         str(one["method"] or ""), words.because(one))
        for name, one in figures.items()
    ]  # fmt: skip
    return table(
        ("Figure", "Value", "95 %", "Rows", "How", "Note"), rows, caption="Figures", about=about, numbers=(1, 2, 3)
    )


def value_of(one: Figure) -> str:
    """The value, or a dash."""
    return marks.DASH if one["value"] is None else marks.written(one["value"])


def interval_of(one: Figure) -> str:
    """The interval, or a dash."""
    return marks.DASH if one["low"] is None else f"{marks.written(one['low'])} to {marks.written(one['high'])}"


def cell_of(one: Figure) -> str:
    """The value with its interval, for a table with many figures in a line."""
    return value_of(one) if one["low"] is None else f"{value_of(one)} ({interval_of(one)})"
