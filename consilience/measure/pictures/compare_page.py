"""The `compare` report as a page: each figure's difference with its interval, for all rows and each group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks, words
from consilience.measure.pictures.evaluate_page import NAMES
from consilience.measure.pictures.figures import cell_of, interval_of
from consilience.measure.pictures.marks import Row
from consilience.measure.pictures.page import folded, page, paragraph, section, table

Report = Mapping[str, Any]
BETTER_BELOW = {"brier", "log_loss", "fpr"}
NEITHER = {"selection_rate"}
"""Figures of which neither more nor less is better."""


def compare_page(report: Report, *, name: str) -> str:
    """The file; `name` is what the rows are called."""
    facts = [
        (place, f"{_called(side)}, {side['rows']:,} rows")
        for place, side in zip(("The one", "The other"), report["sides"], strict=True)
    ]
    if report["paired"]:
        facts = [("Rows of both", f"{report['rows']:,}"), ("Left out", f"{report['left_out']:,}"), *facts]
    sections = [_differences("All rows", report["figures"], about="all rows"), _mcnemar(report["mcnemar"])]
    for attribute, groups in report["groups"].items():
        for key, group in groups.items():
            title = f"{attribute}: {key}, {group['rows'][0]:,} and {group['rows'][1]:,} rows"
            sections.append(_differences(title, group["figures"], about=f"{attribute} {key}"))
    return page(f"Comparison: {name}", lead=_lead(report), facts=facts, sections=[one for one in sections if one])


def _called(side: Report) -> str:
    return ", ".join(f"{part} {side[part]}" for part in ("score", "prediction", "threshold") if side[part] is not None)


def _lead(report: Report) -> str:
    how = "of the same rows" if report["paired"] else "of different rows, side by side"
    return f"Two results {how}. {_verdict(report['figures'])}"


def _verdict(figures: Report) -> str:
    """What differs by more than chance explains, each figure by itself, as better and worse."""
    better: list[str] = []
    worse: list[str] = []
    changed: list[str] = []
    for name, found in figures.items():
        one = found["difference"]
        if one["value"] is None or one["low"] is None or one["low"] <= 0 <= one["high"]:
            continue
        above = (one["value"] > 0) != (name in BETTER_BELOW)
        (changed if name in NEITHER else better if above else worse).append(NAMES[name])
    said = [
        f"The other is {way} than chance explains in {', '.join(names)}."
        for way, names in (("better", better), ("worse", worse))
        if names
    ]
    if changed:
        said.append("How often it says yes differs by more than chance explains.")
    if said:
        return " ".join(said)
    if all(found["difference"]["low"] is None for found in figures.values()):
        return "No difference has an interval: see the reasons."
    return "No figure differs by more than chance explains."


def _differences(title: str, figures: Report, *, about: str) -> Markup:
    rows = [
        Row(NAMES[name], one["value"], one["low"], one["high"])
        for name, found in figures.items()
        if (one := found["difference"])["value"] is not None
    ]
    listed = [
        (NAMES[name], cell_of(found["one"]), cell_of(found["other"]), _signed(found["difference"]),
         interval_of(found["difference"]), str(found["difference"]["method"] or ""), words.because(found["difference"]))
        for name, found in figures.items()
    ]  # fmt: skip
    heads = ("Figure", "The one", "The other", "Difference", "95 %", "How", "Note")
    inside = table(heads, listed, caption="Figures of both", about=about, numbers=(1, 2, 3, 4))
    return section(
        title, paragraph(_verdict(figures)), marks.intervals(rows, said=f"{about}: the other less the one"),
        folded("Table", inside), note="The other less the one. Where a line does not cross 0, chance alone does not explain that figure; of twenty figures, one does so by chance.",
    )  # fmt: skip


def _signed(one: Report) -> str:
    return marks.DASH if one["value"] is None else f"{'+' if one['value'] > 0 else ''}{marks.written(one['value'])}"


def _mcnemar(found: Report | None) -> Markup:
    if found is None:
        return Markup("")
    sure = "chance alone does not explain that" if found["p_value"] < 0.05 else "chance alone could explain that"
    said = f"{found['only_one_right']:,} rows only the one gets right, {found['only_other_right']:,} only the other; {sure}."
    rows = [(f"{found['only_one_right']:,}", f"{found['only_other_right']:,}", marks.written(found["p_value"]))]
    heads = ("Only the one is right", "Only the other is right", "p")
    return section(
        "Where only one of them is right", paragraph(said),
        table(heads, rows, caption="McNemar's exact test", numbers=(0, 1, 2)),
    )  # fmt: skip
