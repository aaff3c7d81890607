"""The `represent` report as a page: for each attribute how the shares of groups compare with the stated ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks
from consilience.measure.pictures import sample_words as words
from consilience.measure.pictures.figures import interval_of, value_of
from consilience.measure.pictures.marks import Row
from consilience.measure.pictures.page import page, paragraph, section, table

Report = Mapping[str, Any]
MOST_DRAWN = 30


def represent_page(report: Report, *, name: str) -> str:
    """The file; `name` is what the rows are called."""
    facts = [
        ("Rows", f"{report['of_rows']:,}"), ("Rows sampled", f"{report['sample_rows']:,}"), ("Seed", str(report["seed"]))
    ]  # fmt: skip
    if report["effective_rows"] is not None:
        facts.append(("Worth, once weighted to all", f"{report['effective_rows']:,.0f}"))
    if report["people"] is not None:
        facts.append((f"People ({report['people_column']})", f"{report['people']:,}"))
    sections = [_attribute(attribute, shares) for attribute, shares in report["attributes"].items()]
    return page(f"Beside the population: {name}", lead=words.of_population(report), facts=facts, sections=sections)


def _attribute(attribute: str, shares: Report) -> Markup:
    groups = shares["groups"]
    drawn = sorted(groups, key=lambda key: -_off(groups[key]["ratio"]))[:MOST_DRAWN]
    note = "" if len(drawn) == len(groups) else f" Drawn are the {MOST_DRAWN} groups that are furthest from theirs."
    picture = marks.intervals(
        [_row(key, groups[key]["ratio"]) for key in groups if key in set(drawn)],
        said=f"For each group of {attribute} its share over the stated share", level=1.0,
    )  # fmt: skip
    rows = [
        (key, f"{one['rows']:,}", f"{one['share']:.1%}", f"{one['stated']:.1%}", value_of(one["ratio"]), interval_of(one["ratio"]))
        for key, one in groups.items()
    ]  # fmt: skip
    return section(
        f"By {attribute}", paragraph(words.of_attribute(shares)), picture,
        table(
            ("Group", "Rows", "Share", "Stated", "Ratio", "95 %, all groups at once"), rows,
            caption="Shares of the rows beside the stated ones", about=attribute, numbers=(1, 2, 3, 4, 5),
        ),
        paragraph(words.beside_attribute(shares)),
        note=f"Share over stated share; dashed: 1, where they agree.{note}",
    )  # fmt: skip


def _off(ratio: Mapping[str, Any]) -> float:
    """How far a ratio is from 1."""
    return 0.0 if ratio["value"] is None else abs(float(ratio["value"]) - 1)


def _row(key: str, ratio: Mapping[str, Any]) -> Row:
    return Row(key, ratio["value"], ratio["low"], ratio["high"])
