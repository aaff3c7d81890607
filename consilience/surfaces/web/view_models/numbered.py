"""Errors of predicted numbers as a page shows them: how far off on average, how the errors lie, and group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from consilience.domains.evidence.models import Evidence
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import differences, figures, intervals
from consilience.surfaces.web.charts.figures import Figure, Unit, written
from consilience.surfaces.web.charts.intervals import Group

Shown = dict[str, Any]
Fields = Mapping[str, Any]
IN_UNITS = ("mae", "rmse", "median_absolute_error", "mean_error")
QUANTILES = ("p05", "p25", "p50", "p75", "p95")


def charts(record: Evidence) -> list[Shown]:
    """The parts of which something is known; what somebody stated may lack anything."""
    fields = record.body["fields"]
    attributes = [_attribute(one) for one in fields["attributes"] or [] if one["name"] and one["groups"]]
    return [one for one in (_sizes(fields), _spread(fields), *attributes) if one is not None]


def _sizes(fields: Fields) -> Shown | None:
    known = [(name, figures.read(fields[name])) for name in IN_UNITS]
    if all(one.value is None and not one.reason for _name, one in known):
        return None
    return {
        "title": _("How far predictions are off"),
        "sub": _("In the units of the label; an error is the prediction less the label. %(rows)s") % {"rows": _rows(fields)},
        "head": _off(figures.read(fields["mae"])),
        "text": " ".join(one for one in (_side(figures.read(fields["mean_error"])), _explained(figures.read(fields["r2"]))) if one),
        "chart": intervals.points(
            [Group(words.measure(name), one) for name, one in known], title=_("Errors in the units of the label"),
            reference=0.0, reference_name=_("no error"), decimals=3,
        ),
    }  # fmt: skip


def _rows(fields: Fields) -> str:
    without = sum(fields[name] or 0 for name in ("without_label", "without_prediction"))
    if fields["rows"] is None:
        return ""
    said = {"rows": f"{fields['rows']:,}", "without": f"{without:,}"}
    if without:
        return _("%(rows)s rows, of which %(without)s times a label or a prediction is missing.") % said
    return _("%(rows)s rows.") % said


def _off(mae: Figure) -> str:
    if mae.value is None:
        return _("How far predictions are off on average cannot be told.")
    return _("On average a prediction is off by %(value)s%(fits)s.") % {
        "value": written(mae.value, decimals=3), "fits": _fits(mae)
    }  # fmt: skip


def _side(error: Figure) -> str:
    """Whether predictions are too high or too low, where the data can tell."""
    if error.value is None:
        return ""
    if error.low is None or error.high is None or error.low <= 0 <= error.high:
        return _("Whether they are too high or too low on the whole, the data do not tell.")
    said = {"value": written(abs(error.value), decimals=3)}
    too_high, too_low = (
        _("On the whole they are too high, by %(value)s."),
        _("On the whole they are too low, by %(value)s."),
    )
    return (too_high if error.value > 0 else too_low) % said


def _explained(r2: Figure) -> str:
    if r2.value is None:
        return ""
    if r2.value <= 0:
        return _("They explain nothing of how labels differ: the mean of the labels would be nearer.")
    return _("They explain %(share)s of how much labels differ.") % {
        "share": written(r2.value, decimals=1, unit=Unit.PERCENT)
    }  # fmt: skip


def _fits(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return _("; the data fit %(low)s to %(high)s") % {
        "low": written(figure.low, decimals=3), "high": written(figure.high, decimals=3)
    }  # fmt: skip


def _spread(fields: Fields) -> Shown | None:
    errors = fields["errors"] or {}
    known = [(name, figures.read(errors.get(name))) for name in QUANTILES]
    low, middle, high = (dict(known)[name].value for name in ("p05", "p50", "p95"))
    if low is None or middle is None or high is None:
        return None
    ends = {name: written(one, decimals=3) for name, one in (("low", low), ("middle", middle), ("high", high))}
    return {
        "title": _("How the errors lie"),
        "sub": _("The error below which this share of the rows lies."),
        "head": _("Nine errors in ten lie between %(low)s and %(high)s; half of them below %(middle)s.") % ends,
        "text": "",
        "chart": intervals.points(
            [Group(_share(name), one) for name, one in known], title=_("Errors by the share of rows below them"),
            reference=0.0, reference_name=_("no error"), decimals=3,
        ),
    }  # fmt: skip


def _share(name: str) -> str:
    return _("%(share)s of the rows") % {"share": written(int(name[1:]) / 100, decimals=0, unit=Unit.PERCENT)}


def _attribute(measured: Mapping[str, Any]) -> Shown:
    name = words.attribute(measured["name"])
    groups = [Group(str(one["key"]), figures.read(one["mean_error"])) for one in measured["groups"] if one["key"]]
    return {
        "title": _("Errors by %(attribute)s") % {"attribute": name},
        "sub": _("The mean error of each group, prediction less label, with 95 % intervals."),
        "head": _furthest(groups),
        "text": _gap(figures.read((measured["gaps"] or {}).get("mean_error"))),
        "chart": intervals.points(
            groups, title=_("Mean error by %(attribute)s") % {"attribute": name}, reference=0.0,
            reference_name=_("no error"), decimals=3,
        ),
    }  # fmt: skip


def _furthest(groups: Sequence[Group]) -> str:
    known = [one for one in groups if one.figure.value is not None]
    if len(known) < 2:
        return _("There are not two groups to compare.")
    least, most = (pick(known, key=lambda one: one.figure.value or 0.0) for pick in (min, max))
    return _("Predictions are highest against what came true for “%(most)s” (%(high)s), lowest for “%(least)s” (%(low)s).") % {
        "most": most.name, "high": differences.signed(most.figure.value or 0.0),
        "least": least.name, "low": differences.signed(least.figure.value or 0.0),
    }  # fmt: skip


def _gap(apart: Figure) -> str:
    if apart.value is None:
        return ""
    return _("They lie %(value)s apart%(fits)s.") % {"value": written(apart.value, decimals=3), "fits": _fits(apart)}
