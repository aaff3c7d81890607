"""The `validate` report as a page: what is broken first, with its rows; then every rule, and what changed in the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks
from consilience.measure.pictures.figures import interval_of
from consilience.measure.pictures.marks import Row
from consilience.measure.pictures.page import folded, page, paragraph, section, table
from consilience.measure.pictures.quality_section import quality_section

Report = Mapping[str, Any]
MOST_BARS = 30


def validate_page(report: Report, *, name: str) -> str:
    """The file; `name` is what the rows are called."""
    rules = report["rules"]
    broken = [one for one in rules if not one["passed"]]
    facts = [("Rows", f"{report['rows']:,}"), ("Rules", str(len(rules))), ("Broken", str(report["failed"]))]
    facts.append(("Warnings", str(report["warned"])))
    if report["as_of"] is not None:
        facts.append(("Ages counted to", report["as_of"]))
    sections = [_broken(broken), _all(rules)]
    if report["quality"] is not None:
        sections.append(quality_section(report["quality"]))
        sections.append(_columns(report["quality"]["columns"]))
    if report["quality_problem"] is not None:
        sections.append(
            section("Against the reference", paragraph(f"Could not be compared: {report['quality_problem']}"))
        )
    return page(f"Validation of {name}", lead=_lead(report), facts=facts, sections=[one for one in sections if one])


def _lead(report: Report) -> str:
    kept = sum(one["passed"] for one in report["rules"])
    if report["passed"]:
        warned = f" {report['warned']} of them only warn and are broken." if report["warned"] else ""
        return f"The data pass: {kept} of {len(report['rules'])} rules are kept.{warned}"
    return f"The data fail: {report['failed']} of {len(report['rules'])} rules that can fail them are broken."


def _broken(rules: Sequence[Report]) -> Markup:
    if not rules:
        return section("What is broken", paragraph("Nothing: every rule is kept."))
    shares = [one for one in rules if one["violations"]["value"] is not None]
    rows = [
        Row(_called(one), one["violations"]["value"], one["violations"]["low"], one["violations"]["high"])
        for one in shares[:MOST_BARS]
    ]
    picture = marks.intervals(rows, said="the share of rows that break each rule", low=0.0) if rows else ""
    listed = [
        (
            _pill(one),
            one["column"] or "",
            one["rule"].replace("_", " "),
            one["asks"],
            _count(one),
            _seen(one),
            " ".join(one["notes"]),
        )
        for one in rules
    ]
    heads = ("Stands", "Column", "Rule", "Asks", "Broken", "Found", "Note")
    return section(
        "What is broken", paragraph(_worst(rules, shares)), picture,
        table(heads, listed, caption="Broken rules, with the first rows that break them", numbers=(4,)),
        note="The share of rows that break a rule, with its 95 % interval." if rows else "",
    )  # fmt: skip


def _worst(rules: Sequence[Report], shares: Sequence[Report]) -> str:
    said = "One rule is broken." if len(rules) == 1 else f"{len(rules)} rules are broken."
    if not shares:
        return said
    worst = max(shares, key=lambda one: one["violations"]["value"])
    return f"{said} Most rows break “{_called(worst)}”: {_count(worst)}."


def _called(one: Report) -> str:
    rule = one["rule"].replace("_", " ")
    return f"{one['column']}: {rule}" if one["column"] else str(rule)


def _count(one: Report) -> str:
    return marks.DASH if one["broken"] is None else f"{one['broken']:,} of {one['rows']:,}"


def _seen(one: Report) -> str:
    if one["observed"] is not None:
        return str(one["observed"])
    shown = (f"row {ex['row']:,}" + ("" if ex["value"] is None else f": {ex['value']}") for ex in one["examples"])
    return ", ".join(shown)


def _pill(one: Report) -> Markup:
    tone, word = (
        ("ok", "kept") if one["passed"] else ("warn", "warns") if one["severity"] == "warn" else ("bad", "broken")
    )
    return Markup('<span class="pill {}">{}</span>').format(tone, word)


def _all(rules: Sequence[Report]) -> Markup:
    rows = [
        (
            _pill(one),
            one["column"] or "",
            one["rule"].replace("_", " "),
            one["asks"],
            _count(one),
            interval_of(one["violations"]),
        )
        for one in rules
    ]
    heads = ("Stands", "Column", "Rule", "Asks", "Broken", "95 %")
    said = f"{sum(one['passed'] for one in rules)} of {len(rules)} are kept."
    inside = table(heads, rows, caption="Rules in the order of the contract", numbers=(4, 5))
    return section("Every rule", paragraph(said), folded("Table", inside))


def _columns(columns: Mapping[str, Mapping[str, Report]]) -> Markup:
    keys = ("missing_share", "outside_range", "unseen", "outlier_share")
    rows = [(name, *(_share(figures.get(key)) for key in keys)) for name, figures in columns.items()]
    if not rows:
        return Markup("")
    heads = ("Column", "Missing", "Outside the reference's range", "Never seen before", "Outliers")
    holes = sum(1 for figures in columns.values() if (figures.get("missing_share") or {}).get("value"))
    inside = table(heads, rows, caption="Shares of the rows", numbers=(1, 2, 3, 4))
    return section("The columns against the reference", paragraph(f"{holes} of {len(rows)} columns have missing values."), folded("Table", inside))  # fmt: skip


def _share(one: Report | None) -> str:
    return marks.DASH if one is None or one["value"] is None else f"{one['value']:.2%}"
