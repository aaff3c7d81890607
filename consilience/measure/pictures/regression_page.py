"""The report of predicted numbers as a page: how far off, which way, and whether it is so for every group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks, words
from consilience.measure.pictures.figures import cell_of, figures_table
from consilience.measure.pictures.marks import Row
from consilience.measure.pictures.page import folded, page, paragraph, section, table

Report = Mapping[str, Any]
NAMES = {
    "mae": "Mean absolute error", "rmse": "Root mean squared error", "r2": "R squared", "mean_error": "Mean error",
    "median_absolute_error": "Median absolute error", "mape": "Mean absolute percentage error",
    "p05": "5 % lie below", "p25": "25 % lie below", "p50": "Half lie below", "p75": "75 % lie below", "p95": "95 % lie below",
}  # fmt: skip
IN_UNITS = ("mean_error", "mae", "rmse", "median_absolute_error")
OF_GROUPS = ("mean_error", "mae", "rmse")
MOST_GROUPS = 24


def regression_page(report: Report, *, name: str) -> str:
    """The file; `name` is what the rows are called."""
    facts = [("Rows", f"{report['rows']:,}")]
    facts += [(f"Without {what}", f"{rows:,}") for what, rows in report["missing"].items() if rows]
    if report["beyond_scale"]:
        facts.append(("Too far off to be added up", f"{report['beyond_scale']:,}"))
    sections = [_performance(report["performance"]), _residuals(report["residuals"])]
    sections += [_group(attribute, found) for attribute, found in report["fairness"].items()]
    return page(f"Evaluation of {name}", lead=_lead(report["performance"]), facts=facts, sections=sections)


def _lead(figures: Report) -> str:
    off, explained = figures["mae"], figures["r2"]
    if off["value"] is None:
        return f"How far predictions are off cannot be said. {words.because(off)}"
    said = f"A prediction is off by {marks.written(off['value'])} on average, in the units of the label."
    if explained["value"] is None:
        return said
    if explained["value"] <= 0:
        return f"{said} That is no better than always saying the mean."
    return f"{said} It explains {explained['value'] * 100:.0f} % of how the labels vary."


def _performance(figures: Report) -> Markup:
    rows = [Row(NAMES[one], figures[one]["value"], figures[one]["low"], figures[one]["high"]) for one in IN_UNITS]
    return section(
        "How far off are its predictions?", paragraph(_bias(figures["mean_error"])),
        marks.intervals([row for row in rows if row.value is not None], said="errors in the units of the label"),
        folded("Every figure", figures_table(figures, "performance", names=NAMES)),
        note="An error is the prediction less the label. Each point is the measured value, the line its 95 % interval.",
    )  # fmt: skip


def _bias(mean: Report) -> str:
    if mean["value"] is None or mean["low"] is None:
        return f"Whether it leans one way cannot be said. {words.because(mean)}".strip()
    if mean["low"] <= 0 <= mean["high"]:
        return "It leans neither way by more than chance explains."
    way = "high" if mean["value"] > 0 else "low"
    return f"It predicts too {way}: by {marks.written(abs(mean['value']))} on average."


def _residuals(figures: Report) -> Markup:
    rows = [Row(NAMES[name], one["value"], one["low"], one["high"]) for name, one in figures.items()]
    low, high = figures["p05"]["value"], figures["p95"]["value"]
    said = "Where errors lie cannot be said: see the reasons."
    if low is not None and high is not None:
        said = f"Nine of ten errors lie between {marks.written(low)} and {marks.written(high)}."
    return section(
        "How are the errors spread?", paragraph(said),
        marks.intervals([row for row in rows if row.value is not None], said="quantiles of the errors"),
        folded("Table", figures_table(figures, "errors", names=NAMES)),
    )  # fmt: skip


def _group(attribute: str, found: Report) -> Markup:
    parts: list[Markup | str] = [paragraph(_gap(found["gaps"]["mae"]))]
    if len(found["groups"]) <= MOST_GROUPS:
        for metric in ("mean_error", "mae"):
            rows = [
                Row(key, one[metric]["value"], one[metric]["low"], one[metric]["high"])
                for key, one in found["groups"].items()
            ]
            parts.append(Markup("<h3>{}</h3>").format(NAMES[metric]))
            parts.append(marks.intervals(rows, said=f"{NAMES[metric]} by {attribute}"))
    listed = [
        (key, f"{one['rows']:,}", *(cell_of(one[metric]) for metric in OF_GROUPS))
        for key, one in found["groups"].items()
    ]
    heads = ("Group", "Rows", *(NAMES[metric] for metric in OF_GROUPS))
    inside = table(heads, listed, caption="Value and 95 % interval", about=attribute, numbers=range(1, len(heads)))
    parts.append(folded("Groups as a table", inside))
    parts.append(folded("Gaps", figures_table(found["gaps"], f"gaps by {attribute}", names=NAMES)))
    return section(f"By {attribute}", *parts)


def _gap(gap: Report) -> str:
    if gap["value"] is None:
        return words.because(gap)
    said = f"The mean absolute error differs by up to {marks.written(gap['value'])} between groups"
    if gap["low"] is None:
        return f"{said}."
    return f"{said}; chance alone {'could explain' if gap['low'] <= 0 else 'does not explain'} it."
