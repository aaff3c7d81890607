"""The report of several classes as a page: how often right, which class is taken for which, and the groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks, words
from consilience.measure.pictures.figures import cell_of, figures_table
from consilience.measure.pictures.marks import Row
from consilience.measure.pictures.page import folded, page, paragraph, section, table

Report = Mapping[str, Any]
NAMES = {
    "accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy", "macro_precision": "Mean precision",
    "macro_recall": "Mean recall", "macro_f1": "Mean F1", "micro_precision": "Precision of all rows",
    "micro_recall": "Recall of all rows", "micro_f1": "F1 of all rows", "weighted_precision": "Weighted precision",
    "weighted_recall": "Weighted recall", "weighted_f1": "Weighted F1", "kappa": "Cohen's kappa", "mcc": "Matthews correlation",
}  # fmt: skip
DRAWN = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "kappa", "mcc")
OF_CLASS = {"precision": "Precision", "recall": "Recall", "f1": "F1", "selection_rate": "Predicted"}
MOST_DRAWN, MOST_CONFUSED, MOST_MATRIX = 30, 20, 12


def multiclass_page(report: Report, *, name: str) -> str:
    """The file; `name` is what the rows are called."""
    facts = [("Rows", f"{report['rows']:,}"), ("Classes", str(len(report["classes"])))]
    facts += [(f"Without {what}", f"{rows:,}") for what, rows in report["missing"].items() if rows]
    sections = [_performance(report), _classes(report["per_class"]), _confusion(report["classes"], report["confusion"])]
    if report["top_k"] is not None:
        sections.append(_top(report["top_k"]))
    sections += [_group(attribute, found) for attribute, found in report["fairness"].items()]
    return page(f"Evaluation of {name}", lead=_lead(report), facts=facts, sections=sections)


def _lead(report: Report) -> str:
    right = report["performance"]["accuracy"]
    if right["value"] is None:
        return f"Nothing could be measured. {words.because(right)}"
    said = f"The prediction is right {words.of_hundred(right['value'])}."
    pairs = _mistakes(report["classes"], report["confusion"])
    return f"{said} Most often “{pairs[0][0]}” is taken for “{pairs[0][1]}”: {pairs[0][2]:,} rows." if pairs else said


def _mistakes(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> list[tuple[str, str, int]]:
    """Which class is taken for which, the most rows first."""
    found = [
        (label, prediction, matrix[down][across])
        for down, label in enumerate(classes)
        for across, prediction in enumerate(classes)
        if down != across and matrix[down][across]
    ]
    return sorted(found, key=lambda one: -one[2])


def _performance(report: Report) -> Markup:
    figures = report["performance"]
    rows = [Row(NAMES[one], figures[one]["value"], figures[one]["low"], figures[one]["high"]) for one in DRAWN]
    kappa = figures["kappa"]["value"]
    said = "Agreement beyond chance cannot be said: see the reason."
    if kappa is not None:
        said = f"Of the agreement that chance would not give, it reaches {kappa * 100:.0f} % (Cohen's kappa)."
    return section(
        "How good are its predictions?", paragraph(said),
        marks.intervals([row for row in rows if row.value is not None], said="performance"),
        folded("Every figure", figures_table(figures, "performance", names=NAMES)),
        note="Each point is the measured value, the line its 95 % interval.",
    )  # fmt: skip


def _classes(per_class: Mapping[str, Report]) -> Markup:
    known = [(name, one["recall"]) for name, one in per_class.items() if one["recall"]["value"] is not None]
    said = "No class has a row, so that none can be found."
    if known:
        name, worst = min(known, key=lambda item: item[1]["value"])
        said = f"Hardest to find is “{name}”: of the rows that are, {words.of_hundred(worst['value'])} one is found."
    rows = [Row(name, one["value"], one["low"], one["high"]) for name, one in known[:MOST_DRAWN]]
    listed = [(name, *(cell_of(found[one]) for one in OF_CLASS)) for name, found in per_class.items()]
    inside = table(
        ("Class", *OF_CLASS.values()), listed, caption="Value and 95 % interval", about="classes", numbers=(1, 2, 3, 4)
    )
    return section(
        "Which classes does it find?", paragraph(said), marks.intervals(rows, said="recall by class"),
        folded("Every class as a table", inside), note="Recall: the share of a class's rows that are predicted to be of it.",
    )  # fmt: skip


def _confusion(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> Markup:
    pairs = _mistakes(classes, matrix)
    wrong = sum(rows for _, _, rows in pairs)
    if not pairs:
        said = "No row is taken for another class."
    else:
        said = f"{wrong:,} rows are taken for another class."
        if len(pairs) > 3:
            share = sum(rows for _, _, rows in pairs[:3]) / wrong
            said += f" The three most frequent mistakes are {share * 100:.0f} % of them."
    parts: list[Markup | str] = [paragraph(said)]
    if pairs:
        listed = [
            (label, prediction, f"{rows:,}", f"{rows / wrong:.1%}") for label, prediction, rows in pairs[:MOST_CONFUSED]
        ]
        heads = ("Is", "Predicted", "Rows", "Of all mistakes")
        parts.append(table(heads, listed, caption="The most frequent mistakes", numbers=(2, 3)))
    if len(classes) <= MOST_MATRIX:
        cells = [(label, *(f"{rows:,}" for rows in matrix[down])) for down, label in enumerate(classes)]
        whole = table(("Is / predicted", *classes), cells, caption="Rows by class", numbers=range(1, len(classes) + 1))
        parts.append(folded("Every pair", whole))
    return section("What does it take for what?", *parts)


def _top(figures: Mapping[str, Report]) -> Markup:
    names = {k: "The first" if k == "1" else f"Among the first {k}" for k in figures}
    rows = [
        Row(names[k], one["value"], one["low"], one["high"]) for k, one in figures.items() if one["value"] is not None
    ]
    last = next((k for k in ("5", "3", "1") if figures.get(k, {}).get("value") is not None), None)
    said = "No row has a rank."
    if last is not None:
        said = f"The true class is among the first {last} {words.of_hundred(figures[last]['value'])}."
    return section(
        "Is the true class among the first?", paragraph(said), marks.intervals(rows, said="top-k accuracy"),
        folded("Table", figures_table(figures, "top-k accuracy", names=names)),
    )  # fmt: skip


def _group(attribute: str, found: Report) -> Markup:
    gap = found["gaps"]["accuracy"]
    said = words.because(gap)
    if gap["value"] is not None:
        said = f"Accuracy differs by up to {gap['value'] * 100:.1f} in 100 between groups"
        tail = (
            ""
            if gap["low"] is None
            else f"; chance alone {'could explain' if gap['low'] <= 0 else 'does not explain'} it"
        )
        said = f"{said}{tail}."
    rows = [
        Row(key, one["accuracy"]["value"], one["accuracy"]["low"], one["accuracy"]["high"])
        for key, one in found["groups"].items()
    ]
    listed = [
        (key, f"{one['rows']:,}", cell_of(one["accuracy"]), cell_of(one["balanced_accuracy"]))
        for key, one in found["groups"].items()
    ]
    heads = ("Group", "Rows", NAMES["accuracy"], NAMES["balanced_accuracy"])
    inside = table(heads, listed, caption="Value and 95 % interval", about=attribute, numbers=(1, 2, 3))
    gaps = [
        (name, cell_of(one["tpr"]), cell_of(one["selection_rate"])) for name, one in found["gaps"]["classes"].items()
    ]
    by_class = table(
        ("Class", "Recall", "Predicted"), gaps, caption="Largest less smallest group", about=attribute, numbers=(1, 2)
    )
    return section(
        f"By {attribute}", paragraph(said), marks.intervals(rows[:MOST_DRAWN], said=f"accuracy by {attribute}"),
        folded("Groups as a table", inside), folded("Gaps by class", by_class),
    )  # fmt: skip
