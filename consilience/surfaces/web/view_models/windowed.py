"""A model over time as a page shows it: alarms first, then each figure as a line through the windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from consilience.domains.evidence.computing.windows import ERRORS, FIGURES, OVER_CLASSES
from consilience.domains.evidence.models import Evidence
from consilience.measure.metrics import change
from consilience.measure.metrics.figure import Figure as Measured
from consilience.measure.metrics.figure import Reason
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import differences, figures, through
from consilience.surfaces.web.charts.differences import Difference
from consilience.surfaces.web.charts.figures import DASH, Figure, written
from consilience.surfaces.web.charts.through import Point

Shown = dict[str, Any]
Window = Mapping[str, Any]
TO_COME = Reason.LABELS_TO_COME.value
MOST_WINDOWS = 120
"""So many windows are drawn, the newest; the record has all."""


def charts(record: Evidence) -> list[Shown]:
    """A part for the alarms, then one for each figure that a window has."""
    fields = record.body["fields"]
    windows = [one for one in fields["windows"] or [] if one["start"]]
    alarms = [one for one in fields["alarms"] or [] if one["figure"]]
    listed = [(windows, FIGURES), (_known(fields, "errors"), ERRORS), (_known(fields, "over_classes"), OVER_CLASSES)]
    drawn = [_figure(fields, of, windows, alarms, name) for of, names in listed for name in names if of]
    return [*_alarms(alarms, fields), *(one for one in drawn if one is not None)]


def _known(fields: Mapping[str, Any], name: str) -> list[Window]:
    """The figures of a task by window; records of two classes, and those from before there were others, have none."""
    return [one for one in fields.get(name) or [] if one["start"]]


def _alarms(alarms: Sequence[Mapping[str, Any]], fields: Mapping[str, Any]) -> list[Shown]:
    if not alarms:
        return []
    lines = [
        Difference(words.measure(one["figure"]), _look(one), (_since(one), _e_value(one["e_value"]))) for one in alarms
    ]
    sounding = [one for one in alarms if one["alarm"]]
    return [
        {
            "title": _("Alarms"),
            "sub": _("All windows together less the reference, %(start)s. The intervals hold however often one looks.")
            % {"start": fields["reference"] or DASH},
            "head": _verdict(sounding, alarms),
            "text": _loudest(sounding or alarms),
            "chart": differences.bars(
                lines, title=_("Change against the reference"), first=_("Figure"), heads=(_("Alarm"), _("e-value"))
            ),
        }
    ]


def _look(one: Mapping[str, Any]) -> Figure:
    return figures.read({name: one[name] for name in ("value", "low", "high", "rows")})


def _since(one: Mapping[str, Any]) -> str:
    return _("since %(start)s") % {"start": one["since"]} if one["alarm"] and one["since"] else _("none")


def _e_value(value: str | None) -> str:
    if value is None:
        return DASH
    return _("over 1,000,000") if float(value) > 1e6 else written(float(value), decimals=2)


def _verdict(sounding: Sequence[Mapping[str, Any]], alarms: Sequence[Mapping[str, Any]]) -> str:
    if not sounding:
        return _("No alarm sounds: %(all)s figures were watched.") % {"all": len(alarms)}
    named = [f"{words.measure_within(one['figure'])} ({_since(one)})" for one in sounding]
    return _("An alarm sounds for %(names)s.") % {"names": words.and_list(named)}


def _loudest(alarms: Sequence[Mapping[str, Any]]) -> str:
    """The value and the interval of the figure that moved most."""
    known = [(one["figure"], _look(one)) for one in alarms]
    defined = [(name, found) for name, found in known if found.value is not None]
    if not defined:
        return ""
    name, found = max(defined, key=lambda item: abs(item[1].value or 0.0))
    said = {"measure": words.measure(name), "by": differences.signed(found.value or 0.0)}
    if found.low is None or found.high is None:
        return _("%(measure)s moved most: %(by)s.") % said
    said |= {"low": differences.signed(found.low), "high": differences.signed(found.high)}
    return _("%(measure)s moved most: %(by)s; the data fit %(low)s to %(high)s.") % said


def _figure(
    fields: Mapping[str, Any],
    of: Sequence[Window],
    windows: Sequence[Window],
    alarms: Sequence[Mapping[str, Any]],
    name: str,
) -> Shown | None:
    points = [Point(str(one["start"]), figures.read(one[name])) for one in of]
    known = [one for one in points if one.figure.value is not None]
    if not known:
        return None
    reference = next((one.figure for one in known if one.start == fields["reference"]), None)
    base = None if reference is None else reference.value
    since = next((one["since"] for one in alarms if one["figure"] == name and one["alarm"]), None)
    text = _in_words(known[-1], base, fields["reference"])
    head = _differing([one for one in known if one.start != fields["reference"]], reference)
    return {
        "title": words.measure(name),
        "sub": f"{meaning}." if (meaning := words.measure_meaning(name)) else "",
        "head": head,
        "text": f"{text} {_late(windows)}".strip() if any(one.figure.reason == TO_COME for one in points) else text,
        "chart": through.line(points[-MOST_WINDOWS:], title=words.measure(name), said=head, level=base, since=since),
    }


def _differing(points: Sequence[Point], reference: Figure | None) -> str:
    """In how many windows the figure differs from the reference by more than chance explains."""
    if reference is None or not reference.has_interval or not points:
        return _("There is nothing to compare it with.")
    changes = [change.difference(_measured(reference), _measured(one.figure)) for one in points]
    sure = sum(one.low is not None and one.high is not None and not one.low <= 0 <= one.high for one in changes)
    said = {"sure": sure, "all": len(points)}
    if not sure:
        return _("In none of %(all)s windows does it differ from the reference by more than chance explains.") % said
    return (
        _("In %(sure)s of %(all)s windows it differs from the reference by more than chance explains in a single look.")
        % said
    )


def _measured(one: Figure) -> Measured:
    return Measured(one.value, one.low, one.high, None, one.rows or 0, None)


def _in_words(newest: Point, base: float | None, start: str | None) -> str:
    """The newest value with its interval, beside that of the reference."""
    said = {"start": newest.start, "value": written(newest.figure.value or 0.0, decimals=3)}
    if newest.figure.low is not None and newest.figure.high is not None:
        said |= {"low": written(newest.figure.low, decimals=3), "high": written(newest.figure.high, decimals=3)}
        text = _("From %(start)s it is %(value)s; the data fit %(low)s to %(high)s.") % said
    else:
        text = _("From %(start)s it is %(value)s.") % said
    if base is None or newest.start == start:
        return text
    return text + " " + _("In the reference it was %(value)s.") % {"value": written(base, decimals=3)}


def _late(windows: Sequence[Window]) -> str:
    late = sum(one["labels_to_come"] or 0 for one in windows)
    return _("%(rows)s rows have no label yet.") % {"rows": f"{late:,}"} if late else ""
