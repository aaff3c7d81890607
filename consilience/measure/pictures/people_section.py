"""The figures of rows that repeat people, as a section of an evaluation's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks
from consilience.measure.pictures import sample_words as words
from consilience.measure.pictures.page import paragraph, section, table


def people_section(found: Mapping[str, Any]) -> Markup:
    """The design effect in a sentence, and each figure with both intervals."""
    heads = ("Figure", "Value", "95 % over people", "95 % as if rows were independent", "Design effect")
    rows = [
        (
            name.replace("_", " "),
            _written(one["figure"]["value"]),
            _interval(one["figure"]),
            _interval(one["naive"]),
            _written(one["design_effect"]),
        )
        for name, one in found["figures"].items()
    ]
    return section(
        f"Over the people of {found['column']}", paragraph(words.of_people(found)),
        table(heads, rows, caption="Figures of rows that repeat people", numbers=(1, 2, 3, 4)),
        note=words.left_out_of_people(found), anchor="people",
    )  # fmt: skip


def _written(value: float | None) -> str:
    return marks.DASH if value is None else marks.written(value)


def _interval(one: Mapping[str, Any]) -> str:
    return marks.DASH if one["low"] is None else f"{marks.written(one['low'])} to {marks.written(one['high'])}"
