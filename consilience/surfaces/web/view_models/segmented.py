"""Segments in which a model errs more as a page shows them: how much more than elsewhere, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from consilience.domains.evidence.models import Evidence
from consilience.measure.pictures.sample_words import chance
from consilience.surfaces.web.charts import differences, figures
from consilience.surfaces.web.charts.differences import Difference, of_cells
from consilience.surfaces.web.charts.figures import DASH, written

Shown = dict[str, Any]
Segment = Mapping[str, Any]


def charts(record: Evidence) -> list[Shown]:
    """One part: the segments as they were found, the best score of the search first."""
    fields = record.body["fields"]
    if fields["segments"] is None:
        return []
    segments = [one for one in fields["segments"] if one["conditions"]]
    return [
        {
            "title": _("Segments with larger errors"),
            "sub": _sampled(fields),
            "head": _verdict(segments),
            "text": _largest(segments, fields),
            "chart": differences.bars(
                [_line(one) for one in segments], title=_("Mean error above that of all other rows"), first=_("Segment"),
                heads=(_("Rows"), _("Mean error"), _("Confirmed")),
            ),
        }
    ]  # fmt: skip


def _sampled(fields: Mapping[str, Any]) -> str:
    """On which rows, out of how many, and what was looked at."""
    said = {
        name: f"{fields[name]:,}" if fields[name] is not None else DASH for name in ("sample_rows", "rows", "searched")
    }
    return (
        _(
            "Found on one half of a sample of %(sample_rows)s of %(rows)s rows among %(searched)s segments, and tested on the other half."
        )
        % said
    )


def _verdict(segments: Sequence[Segment]) -> str:
    sure = sum(bool(one["confirmed"]) for one in segments)
    if not segments:
        return _("No segment errs enough to be listed.")
    if not sure:
        return _("No segment errs more by more than chance explains, allowing for how many were tested.")
    said = {"sure": sure, "all": len(segments)}
    return _("%(sure)s of %(all)s segments err more than chance explains, allowing for how many were tested.") % said


def _largest(segments: Sequence[Segment], fields: Mapping[str, Any]) -> str:
    """The value and the interval of the first confirmed segment, or of the first."""
    one = next((one for one in segments if one["confirmed"]), segments[0] if segments else None)
    if one is None:
        return ""
    error, above, overall = (figures.read(said) for said in (one["error"], one["difference"], fields["error"]))
    if error.value is None or above.value is None:
        return ""
    said = {
        "conditions": one["conditions"], "error": written(error.value, decimals=3),
        "above": differences.signed(above.value), "all": DASH if overall.value is None else written(overall.value, decimals=3),
    }  # fmt: skip
    start = (
        _("Where %(conditions)s the mean error is %(error)s, %(above)s against all other rows (all rows: %(all)s)")
        % said
    )
    if above.low is None or above.high is None:
        return f"{start}."
    ends = {"low": differences.signed(above.low), "high": differences.signed(above.high)}
    return _("%(start)s; the data fit %(low)s to %(high)s.") % {"start": start, **ends}


def _line(one: Segment) -> Difference:
    rows = DASH if one["rows"] is None else f"{one['rows']:,}"
    p_value = "" if one["p_value"] is None else f" (p {chance(float(one['p_value']))})"
    sure = _("yes") if one["confirmed"] else _("no")
    return Difference(
        str(one["conditions"]),
        figures.read(one["difference"]),
        (rows, of_cells(figures.read(one["error"])), f"{sure}{p_value}"),
    )
