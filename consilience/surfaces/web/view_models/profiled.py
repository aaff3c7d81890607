"""What data hold, as a page shows it: each column with its spread, and the reference that a version has stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consilience.domains.evidence.models import Evidence
from consilience.measure.metrics.edge_words import FIRST_MOMENT, LAST_MOMENT
from consilience.measure.pictures.words import moment_or_number
from consilience.surfaces.web.charts import distribution, figures, intervals
from consilience.surfaces.web.charts.figures import Unit, written
from consilience.surfaces.web.charts.intervals import Group

Shown = dict[str, Any]
Column = Mapping[str, Any]
MOST_SHOWN = 40
"""So many columns have a picture; the record has all."""
FEW_NAMED = 20


def charts(record: Evidence) -> list[Shown]:
    """A part of the evidence page for each column, in the order of the data."""
    columns = [one for one in record.body["fields"]["columns"] or [] if one["name"]]
    return [_part(one) for one in columns[:MOST_SHOWN]]


def summary(record: Evidence) -> Shown | None:
    """All columns in one picture: how many of the rows have no value. None where no column is named."""
    fields = record.body["fields"]
    columns = [one for one in fields["columns"] or [] if one["name"]]
    if not columns:
        return None
    shares = [(one, figures.read(one["missing_share"])) for one in columns]
    lacking = sorted((one for one in shares if one[1].value), key=lambda one: -(one[1].value or 0.0))
    return {
        "title": _("How the columns are filled"),
        "sub": _("The share of the rows that have no value, with 95 % intervals."),
        "head": _size(fields["rows"], len(columns)),
        "text": _("The column %(column)s lacks most. %(missing)s")
        % {"column": lacking[0][0]["name"], "missing": _missing(lacking[0][0])}
        if lacking
        else _("Every row has a value in every column."),
        "chart": intervals.points(
            [Group(str(one["name"]), share) for one, share in lacking[:FEW_NAMED]],
            title=_("Rows without a value by column"), unit=Unit.PERCENT, decimals=2,
        )
        if lacking
        else SafeString(""),
    }  # fmt: skip


def _size(rows: int | None, columns: int) -> str:
    said = ngettext("%(n)s column", "%(n)s columns", columns) % {"n": columns}
    return f"{said}." if rows is None else _("%(rows)s rows, %(columns)s.") % {"rows": f"{rows:,}", "columns": said}


def reference(row: Evidence | None, earlier: Sequence[Evidence], dataset: str) -> Shown | None:
    """What the page of a version says of its reference; None where none is stored."""
    if row is None:
        return None
    fields = row.body["fields"]
    names = [one["name"] for one in fields["columns"] or []]
    return {
        "url": reverse("evidence", args=[row.urn]),
        "at": row.body["produced_at"],
        "rows": fields["rows"],
        "columns": names[:FEW_NAMED],
        "more_columns": max(0, len(names) - FEW_NAMED),
        "digest": fields["profile"],
        "dataset": dataset,
        "not_counted": (fields["not_counted"] or [])[:FEW_NAMED],
        "replaced": ngettext("%(n)s earlier one was replaced", "%(n)s earlier ones were replaced", len(earlier))
        % {"n": len(earlier)}
        if earlier
        else "",
    }


def _part(column: Column) -> Shown:
    return {
        "title": str(column["name"]),
        "sub": _("Shares of the rows that have a value, by stretches that begin at a tenth of them or at a common value.")
        if column["kind"] != "category"
        else _("Shares of the rows that have a value, the most frequent first."),
        "head": _most(column),
        "text": " ".join(one for one in (_range(column), _missing(column)) if one),
        "chart": distribution.bars(
            *_counted(column), title=_("How the rows of %(column)s lie") % {"column": column["name"]}
        ),
    }  # fmt: skip


def _counted(column: Column) -> tuple[list[str], list[int]]:
    labels, counts = column["labels"] or [], column["counts"] or []
    known = [(label, rows) for label, rows in zip(labels, counts, strict=False) if label and rows is not None]
    return [label for label, _rows in known], [max(rows, 0) for _label, rows in known]


def _most(column: Column) -> str:
    labels, counts = _counted(column)
    whole = sum(counts)
    if not whole:
        return _("No row has a value.")
    most = max(range(len(counts)), key=lambda place: counts[place])
    said = {"value": labels[most], "share": written(counts[most] / whole, decimals=1, unit=Unit.PERCENT)}
    return _("The largest share of the rows has %(value)s: %(share)s.") % said


def _range(column: Column) -> str:
    if column["low"] is None or column["high"] is None or column["kind"] == "category":
        return ""
    low, high = (_value(float(column[end]), str(column["kind"])) for end in ("low", "high"))
    said = _("Values lie from %(low)s to %(high)s, outward to the next edge.") % {"low": low, "high": high}
    if column["mean"] is None or column["kind"] != "number":
        return said
    mean = _("Their mean is %(mean)s.") % {"mean": _value(float(column["mean"]), "number")}
    return f"{said} {mean}"


def _value(value: float, kind: str) -> str:
    if kind != "number" and not FIRST_MOMENT <= value <= LAST_MOMENT:
        return f"{value:.6g} µs"
    return moment_or_number(value, kind)


def _missing(column: Column) -> str:
    share = figures.read(column["missing_share"])
    if not column["missing"] or share.value is None:
        return ""
    said = {"share": written(share.value, decimals=2, unit=Unit.PERCENT)}
    if share.low is None or share.high is None:
        return _("%(share)s have no value.") % said
    said |= {
        end: written(value, decimals=2, unit=Unit.PERCENT) for end, value in (("low", share.low), ("high", share.high))
    }
    return _("%(share)s have no value; for further rows of this kind the data fit %(low)s to %(high)s.") % said
