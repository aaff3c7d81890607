"""The `evaluate` report as a page: how good, how honest, how even-handed; each chart with a sentence and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks, words
from consilience.measure.pictures.drift_page import drift_sections
from consilience.measure.pictures.figures import figures_table
from consilience.measure.pictures.marks import Point, Row
from consilience.measure.pictures.page import folded, page, paragraph, section, table
from consilience.measure.pictures.people_section import people_section
from consilience.measure.pictures.quality_section import quality_section

Figure = Mapping[str, Any]
Report = Mapping[str, Any]

NAMES = {
    "accuracy": "Accuracy", "precision": "Precision", "recall": "Recall", "f1": "F1", "roc_auc": "ROC AUC",
    "balanced_accuracy": "Balanced accuracy", "mcc": "Matthews correlation", "cohen_kappa": "Cohen's kappa",
    "average_precision": "Average precision", "cost": "Cost per row", "brier": "Brier score", "log_loss": "Log loss",
    "ece": "Calibration error", "ece_debiased": "… corrected for chance", "calibration_slope": "Calibration slope",
    "calibration_in_the_large": "Calibration in the large", "smece": "Smooth calibration error",
    "selection_rate": "Predicted positive", "tpr": "True positive rate", "fpr": "False positive rate",
    "fnr": "False negative rate", "tnr": "True negative rate", "ppv": "Positive predictive value",
    "npv": "Negative predictive value",
}  # fmt: skip
OF_GROUPS = ("selection_rate", "tpr", "fpr")
MOST_GROUPS = 24
MOST_CHARTS = 12


def evaluate_page(report: Report, *, name: str) -> str:
    """The file; `name` is what the rows are called."""
    facts = [("Rows", f"{report['rows']:,}")]
    if report["positive"] is not None:
        facts.append(("Positive class", str(report["positive"])))
    if report["threshold"] is not None:
        facts.append(("Predicted positive from", str(report["threshold"])))
    sections = [_performance(report), _thresholds(report), _calibration(report), *_fairness(report)]
    if "ranking" in report:
        sections.insert(2, _ranking(report["ranking"]))
    if "by_people" in report:
        sections.append(people_section(report["by_people"]))
    if "quality" in report:
        sections.append(quality_section(report["quality"]))
    drift = report.get("drift")
    if drift:
        sections.append(section("Against the reference", paragraph(words.overall(drift["features"]))))
        sections += drift_sections(drift["features"], drift["bins"])
    return page(f"Evaluation of {name}", lead=_lead(report), facts=facts, sections=[one for one in sections if one])


def _lead(report: Report) -> str:
    said = []
    auc, accuracy = report["performance"]["roc_auc"], report["performance"]["accuracy"]
    if auc["value"] is not None:
        said.append(
            f"Of a positive and a negative row drawn at random, the positive one has the higher score {words.of_hundred(auc['value'])}."
        )
    if accuracy["value"] is not None:
        said.append(f"The prediction is right {words.of_hundred(accuracy['value'])}.")
    widest = _widest(report)
    if widest:
        said.append(widest)
    return " ".join(said) or "Nothing could be measured: see the reasons below."


def _widest(report: Report) -> str:
    """The largest gap of a selection rate between the groups of one attribute, in words."""
    singles = [one for one in report["fairness"].values() if len(one["attributes"]) == 1]
    found = [
        (one["gaps"]["selection_rate"]["value"], one)
        for one in singles
        if one["gaps"]["selection_rate"]["value"] is not None
    ]
    if not found:
        return ""
    gap, one = max(found, key=lambda item: item[0])
    figure = one["gaps"]["selection_rate"]
    if figure["low"] is not None and figure["low"] <= 0:
        return "How often it says yes differs between groups by no more than chance explains."
    return f"How often it says yes differs by up to {gap * 100:.1f} in 100 between groups of {one['attributes'][0]}."


def _performance(report: Report) -> Markup:
    figures = report["performance"]
    return section(
        "How good are its predictions?", _chart(figures, "performance"), folded("Every figure", figures_table(figures, "performance", names=NAMES)),
        note="Each point is the measured value, the line its 95 % interval.",
    )  # fmt: skip


def _thresholds(report: Report) -> Markup:
    rows = report.get("thresholds") or []
    kept = [row for row in rows if row.get("precision") is not None and row.get("recall") is not None]
    if len(kept) < 3:
        return Markup("")
    curve = [Point(row["recall"], row["precision"]) for row in kept]
    trade = [Point(row["fpr"], row["recall"]) for row in kept if row.get("fpr") is not None]
    said = "Moving the threshold trades missed positives against false alarms; each point is one threshold."
    listed = [
        (f"{row['threshold']:.2f}", f"{row['precision']:.3f}", f"{row['recall']:.3f}", f"{row['selection_rate']:.3f}")
        for row in kept[:: max(1, len(kept) // 20)]
    ]
    inside = table(
        ("Threshold", "Precision", "Recall", "Predicted positive"), listed, caption="Thresholds", numbers=(0, 1, 2, 3)
    )
    pictures = Markup('<div class="pair">{}{}</div>').format(
        marks.curve([("", curve)], said="precision against recall", across="recall", up="precision"),
        marks.curve(
            [("", trade)], said="recall against false alarms", across="false positive rate", up="recall", diagonal=True
        ),
    )
    return section("What if the threshold were another?", paragraph(said), pictures, folded("Table", inside))


def _ranking(figures: Mapping[str, Figure]) -> Markup:
    named = {name: name.capitalize().replace("_at_", " in the top ") + " %" for name in figures if "_at_" in name}
    named["ndcg"] = "NDCG"
    rows = [
        Row(named[name], one["value"], one["low"], one["high"])
        for name, one in figures.items()
        if one["value"] is not None and not name.startswith("lift")
    ]
    tops = [
        (name.removeprefix("precision_at_"), one["value"])
        for name, one in figures.items()
        if name.startswith("precision")
    ]
    said = [
        f"Of the highest {top} % of scores {words.of_hundred(value)} is a positive."
        for top, value in tops
        if value is not None
    ]
    return section(
        "Does it put the positives first?", paragraph(" ".join(said) or "The list cannot be measured: see the reasons."),
        marks.intervals(rows, said="the top of the list"), folded("Table", figures_table(figures, "the top of the list", names=named)),
    )  # fmt: skip


def _calibration(report: Report) -> Markup:
    figures = report["calibration"]
    bins = [one for one in report.get("reliability") or [] if one.get("rate") is not None]
    parts: list[Markup | str] = []
    if bins:
        points = [Point(one["mean_score"], one["rate"], one["low"], one["high"]) for one in bins]
        parts.append(paragraph(_calibration_words(bins)))
        parts.append(
            marks.curve(
                [("", points)], said="score against what came true", across="score", up="came true", diagonal=True
            )
        )
        listed = [
            (f"{one['from']:g} to {one['to']:g}", f"{one['mean_score']:.3f}", f"{one['rate']:.3f}",
             f"{one['low']:.3f} to {one['high']:.3f}", f"{one['rows']:,}")
            for one in bins
        ]  # fmt: skip
        heads = ("Score", "Mean score", "Came true", "95 %", "Rows")
        parts.append(folded("Table", table(heads, listed, caption="The bins", numbers=(1, 2, 3, 4))))
    parts.append(folded("Every figure", figures_table(figures, "calibration", names=NAMES)))
    return section("Do its scores mean what they say?", *parts)


def _calibration_words(bins: Sequence[Report]) -> str:
    off = [one for one in bins if not one["low"] <= one["mean_score"] <= one["high"]]
    if not off:
        return "In every bin the score lies inside the interval of what came true: a score of 0.7 means about 7 in 10."
    worst = max(off, key=lambda one: abs(one["rate"] - one["mean_score"]) * one["rows"])
    way = "more often" if worst["rate"] > worst["mean_score"] else "less often"
    return (
        f"In {len(off)} of {len(bins)} bins the score is not what came true. Most of all: rows with scores of about "
        f"{worst['mean_score']:.2f} came true {way}, {worst['rate'] * 100:.0f} times in 100."
    )


def _fairness(report: Report) -> list[Markup]:
    made, attributes = [], list(report["fairness"].items())
    for number, (name, measured) in enumerate(attributes):
        single = len(measured["attributes"]) == 1
        parts: list[Markup | str] = [paragraph(_fairness_words(name, measured))]
        if (single or number < MOST_CHARTS) and len(measured["groups"]) <= MOST_GROUPS:
            for metric in OF_GROUPS:
                parts.append(Markup("<h3>{}</h3>").format(NAMES[metric]))
                parts.append(_groups_chart(name, metric, measured))
        parts.append(folded("Groups as a table", _groups_table(name, measured)))
        parts.append(folded("Gaps", figures_table(measured["gaps"], f"gaps by {name}", names=NAMES)))
        made.append(section(f"By {name}", *parts))
    return made


def _fairness_words(name: str, measured: Report) -> str:
    said = []
    for metric, words_of in (("selection_rate", "predicted positive"), ("tpr", "recognised when they are positive")):
        gap = measured["gaps"][metric]
        if gap["value"] is None:
            continue
        ends = sorted(
            (
                (group[metric]["value"], key)
                for key, group in measured["groups"].items()
                if group[metric]["value"] is not None
            )
        )
        chance = gap["low"] is None or gap["low"] <= 0
        tail = "chance alone could explain it" if chance else "chance alone does not explain it"
        said.append(
            f"{ends[0][1]} are {words_of} {ends[0][0] * 100:.0f} times in 100, {ends[-1][1]} {ends[-1][0] * 100:.0f} times; {tail}."
        )
    return " ".join(said) or f"No group of {name} has enough rows to compare."


def _groups_chart(name: str, metric: str, measured: Report) -> Markup:
    rows = [
        Row(key, group[metric]["value"], group[metric]["low"], group[metric]["high"], note="withheld or undefined")
        for key, group in measured["groups"].items()
    ]
    return marks.intervals(rows, said=f"{NAMES[metric]} by {name}")


def _groups_table(name: str, measured: Report) -> Markup:
    heads = ("Group", "Rows", *(NAMES[metric] for metric in (*OF_GROUPS, "accuracy")))
    rows = [
        (
            key,
            f"{group['rows']:,}" if group.get("rows") is not None else marks.DASH,
            *(_short(group[m]) for m in (*OF_GROUPS, "accuracy")),
        )
        for key, group in measured["groups"].items()
    ]
    return table(heads, rows, caption="Value and 95 % interval", about=name, numbers=range(1, len(heads)))


def _chart(figures: Mapping[str, Figure], said: str) -> Markup:
    rows = [
        Row(NAMES.get(name, name), one["value"], one["low"], one["high"])
        for name, one in figures.items()
        if name != "cost"
    ]
    return marks.intervals([row for row in rows if row.value is not None], said=said)


def _short(one: Figure) -> str:
    if one["value"] is None:
        return marks.DASH
    return (
        f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
        if one["low"] is not None
        else f"{one['value']:.3f}"
    )
