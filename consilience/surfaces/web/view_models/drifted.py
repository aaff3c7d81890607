"""Measured drift as a page shows it: for each column a picture, a sentence and the figures, the most moved first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.domains.evidence.compute import DRIFT
from consilience.domains.evidence.models import Evidence
from consilience.measure.pictures import words as said
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import figures, paired, tables
from consilience.surfaces.web.charts.tables import Line

Shown = dict[str, Any]
Column = Mapping[str, Any]
MOST_SHOWN = 40
"""So many columns have a picture; the record has all."""

ENDS = ("value", "low", "high")


def charts(record: Evidence, reference: str) -> list[Shown]:
    """A part of the evidence page for each column; `reference` is what the reference's data are called, or nothing.

    What somebody stated may lack anything; then the part lacks it too.
    """
    columns = [one for one in record.body["fields"]["columns"] or [] if one["name"]]
    stored = record.body["fields"].get("reference_profile")  # records from before it was a field have none
    return [_part(one, reference, stored) for one in sorted(columns, key=_moved, reverse=True)[:MOST_SHOWN]]


def card(record: Evidence | None) -> Shown | None:
    """What the release page says of drift: a sentence, and the columns that moved for sure."""
    if record is None:
        return None
    columns = sorted((one for one in record.body["fields"]["columns"] or [] if one["name"]), key=_moved, reverse=True)
    sizes = [(one, _size(one)) for one in columns]
    return {
        "text": said.overall({one["name"]: _read(one) for one in columns if _index(one) is not None}),
        "rows": [
            {"name": one["name"], "size": size, "figure": _index(one)}
            for one, (size, tone) in sizes
            if tone in ("warn", "bad")
        ],
        "evidence": {"label": _("All figures"), "url": reverse("evidence", args=[record.urn])},
    }


def _part(column: Column, reference: str, stored: str | None) -> Shown:
    sub = _("Shares of the rows in the reference and now.")
    if reference:
        sub = _("Shares of the rows in the reference, %(reference)s, and now.") % {"reference": reference}
    if stored:
        edges = _("Its edges are those of the stored profile %(digest)s….") % {"digest": str(stored)[:12]}
        sub = f"{sub} {edges}"
    return {
        "title": _("Drift of %(column)s") % {"column": column["name"]},
        "sub": sub,
        "head": _size(column)[0].capitalize() + ".",
        "text": _sentence(column),
        "chart": _picture(column),
    }


def _picture(column: Column) -> SafeString:
    name, bars, shares = column["name"], SafeString(""), SafeString("")
    if _counted(column) and column["labels"]:
        counted = column["labels"], column["reference_counts"], column["counts"]
        title = _("Shares of %(column)s") % {"column": name}
        bars = paired.bars(*counted, title=title, said=_sentence(column))
        shares = paired.table(*counted, title=title)
    lines = [Line(words.measure(one), figures.read(column[one])) for one in DRIFT if column.get(one) is not None]
    inside = tables.table(lines, caption=_("Figures of %(column)s") % {"column": name}, first=_("Figure"), decimals=4)
    return bars + tables.folded(inside + shares)


def _counted(column: Column) -> bool:
    """Whether there are counts: as many as labels on both sides, none missing or negative."""
    sides = [column["labels"], column["reference_counts"], column["counts"]]
    if any(side is None or any(one is None for one in side) for side in sides):
        return False
    return len({len(side) for side in sides}) == 1 and all(rows >= 0 for side in sides[1:] for rows in side)


def _sentence(column: Column) -> str:
    """What happened, in words; nothing where the record lacks what the sentence is made of."""
    found = _read(column)
    needed = ["missing_shift", *(["mean_shift", "wasserstein_scaled"] if "mean_shift" in found else [])]
    if not _counted(column) or _index(column) is None or any(name not in found for name in needed):
        return ""
    comparable = bool(sum(column["reference_counts"]) and sum(column["counts"]))
    if comparable != (said.stability(found)["value"] is not None):
        return ""  # somebody states an index of nothing, or none of something
    bins = {"labels": column["labels"], "reference": column["reference_counts"], "current": column["counts"]}
    return said.shift(found, bins)


def _read(column: Column) -> dict[str, dict[str, Any]]:
    """The figures of a column as numbers; an interval has both ends or none, and shifts of shares have one or no value."""
    found = {}
    for name in DRIFT:
        if column.get(name) is not None:
            one = {end: None if column[name][end] is None else float(column[name][end]) for end in ENDS}
            if one["low"] is None or one["high"] is None:
                one |= {"low": None, "high": None} | ({"value": None} if name == "missing_shift" else {})
            found[name] = one
    return found


def _index(column: Column) -> Mapping[str, Any] | None:
    """The stability index by which a column is judged, as it is recorded."""
    one: Mapping[str, Any] | None = column.get("psi_by_value") or column.get("psi")
    return one


def _size(column: Column) -> tuple[str, str]:
    found = _read(column)
    return said.size_of_shift(said.stability(found)) if _index(column) is not None else (_("not known"), "none")


def _moved(column: Column) -> float:
    index = _index(column)
    return -1.0 if index is None or index["value"] is None else float(index["value"])
