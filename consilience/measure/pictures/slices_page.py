"""The `slices` report as a page: each weak segment in words, with its error and how sure that it is larger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks
from consilience.measure.pictures import sample_words as words
from consilience.measure.pictures.marks import Row
from consilience.measure.pictures.page import page, paragraph, section, table


def slices_page(report: Mapping[str, Any], *, name: str) -> str:
    """The file; `name` is what the rows are called."""
    return page(
        f"Where errors are larger: {name}",
        lead=words.of_slices(report),
        facts=[
            ("Rows", f"{report['rows']:,}"), ("Rows sampled", f"{report['sample_rows']:,}"), ("Seed", str(report["seed"])),
            ("Mean error", marks.written(report["error"]["value"])), ("Segments looked at", f"{report['looked_at']:,}"),
        ],
        sections=[_segments(report["segments"], words.sampled_slices(report))],
    )  # fmt: skip


def _segments(segments: list[Mapping[str, Any]], note: str) -> Markup:
    if not segments:
        return section("Segments", paragraph("No segment errs enough to be listed."), note=note)
    picture = marks.intervals(
        [
            Row(f"{number}. {', '.join(one['columns'])}", *(one["difference"][key] for key in ("value", "low", "high")))
            for number, one in enumerate(segments, start=1)
        ],
        said="The difference of each segment's mean error to that of all other rows",
    )
    heads = ("No.", "Segment", "Rows", "Mean error", "Above the others by", "95 %", "Larger on the other half")
    rows = [_line(number, one) for number, one in enumerate(segments, start=1)]
    return section(
        "Segments", picture, table(heads, rows, caption="The best scores of the search first", numbers=(0, 2, 3, 4, 5)),
        note=note, anchor="segments",
    )  # fmt: skip


def _line(number: int, segment: Mapping[str, Any]) -> list[Markup | str]:
    difference, sure = segment["difference"], segment["confirmed"]
    chance = f"p {words.chance(segment['p_value'])}"
    return [
        str(number),
        segment["predicate"],
        f"{segment['rows']:,}",
        _written(segment["error"]["value"]),
        _written(difference["value"]),
        marks.DASH
        if difference["low"] is None
        else f"{marks.written(difference['low'])} to {marks.written(difference['high'])}",
        Markup('<span class="pill {}">{}</span> {}').format(
            "bad" if sure else "none", "confirmed" if sure else "not confirmed", chance
        ),
    ]


def _written(value: float | None) -> str:
    return marks.DASH if value is None else marks.written(value)
