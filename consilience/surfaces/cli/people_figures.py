"""Figures over people, as `consilience evaluate --people` prints them."""

from __future__ import annotations

from typing import Any

from consilience.surfaces.cli.shared import paragraph, say, table

DASH = "\N{EN DASH}"


def show_people(found: Any) -> None:
    """The design effect in a sentence, and each figure with both intervals."""
    from consilience.measure.pictures import sample_words as words

    say(f"\nOver the people of {found['column']}")
    say(paragraph(words.of_people(found)))
    rows = [
        (
            name.replace("_", " "),
            DASH if one["figure"]["value"] is None else f"{one['figure']['value']:.4f}",
            _interval(one["figure"]),
            _interval(one["naive"]),
            DASH if one["design_effect"] is None else f"{one['design_effect']:.2f}",
        )
        for name, one in found["figures"].items()
    ]
    table(("FIGURE", "VALUE", "OVER PEOPLE", "ROWS AS INDEPENDENT", "DESIGN EFFECT"), rows, empty="no figure")
    if words.left_out_of_people(found):
        say(paragraph(words.left_out_of_people(found)))


def _interval(figure: Any) -> str:
    return DASH if figure["low"] is None else f"{figure['low']:.4f} to {figure['high']:.4f}"
