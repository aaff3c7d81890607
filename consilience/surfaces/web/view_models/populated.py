"""Rows against a stated population as a page shows them: of each attribute the groups, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from consilience.domains.evidence.models import Evidence
from consilience.measure.pictures.sample_words import chance
from consilience.measure.states.travelling import POOLED
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import figures, intervals
from consilience.surfaces.web.charts.figures import DASH, Figure, written
from consilience.surfaces.web.charts.intervals import Group

Shown = dict[str, Any]


def charts(record: Evidence) -> list[Shown]:
    """A part for each attribute; what somebody stated may lack anything, and then the part lacks it too."""
    fields = record.body["fields"]
    return [_part(one, fields) for one in fields["attributes"] or [] if one["name"] and one["groups"]]


def _part(one: Mapping[str, Any], fields: Mapping[str, Any]) -> Shown:
    groups = [Group(_name(str(group["key"])), figures.read(group["ratio"])) for group in one["groups"] if group["key"]]
    name = words.attribute(one["name"])
    return {
        "title": _("Rows by %(attribute)s beside the population") % {"attribute": name},
        "sub": _sampled(fields),
        "head": _head(groups),
        "text": " ".join(text for text in (_apart(one), _worth(one), _by_chance(one)) if text),
        "chart": intervals.ratios(
            groups, title=_("Share of the rows over the stated share, by %(attribute)s") % {"attribute": name},
            reference_name=_("as in the population"),
        ),
    }  # fmt: skip


def _name(key: str) -> str:
    return _("groups of too few rows, together") if key == POOLED else key


def _sampled(fields: Mapping[str, Any]) -> str:
    said = {name: DASH if fields[name] is None else f"{fields[name]:,}" for name in ("sample_rows", "rows")}
    text = _(
        "Share of each group over the share that was stated for it; 1 where they agree. %(sample_rows)s of %(rows)s rows."
    )
    if fields["people"] is None:
        return text % said
    more = _("The rows are of %(people)s people, and intervals are over the people.") % {
        "people": f"{fields['people']:,}"
    }
    return f"{text % said} {more}"


def _head(groups: list[Group]) -> str:
    """How many groups surely differ, and which does most."""
    known = [one for one in groups if one.figure.value is not None]
    if not known:
        return _("No row is of a stated group, so there is nothing to compare.")
    sure = [one for one in known if _surely(one.figure)]
    if not sure:
        return _("In none of %(n)s groups does the share surely differ from the stated one.") % {"n": len(known)}
    most = max(sure, key=lambda one: abs((one.figure.value or 0.0) - 1))
    said = {
        "sure": len(sure), "n": len(known), "group": most.name, "times": written(most.figure.value or 0.0, decimals=2),
        "low": written(most.figure.low or 0.0, decimals=2), "high": written(most.figure.high or 0.0, decimals=2),
    }  # fmt: skip
    return (
        _(
            "In %(sure)s of %(n)s groups the share surely differs. Most in %(group)s: %(times)s times the rows that its share would give; the data fit %(low)s to %(high)s."
        )
        % said
    )


def _surely(figure: Figure) -> bool:
    return figure.low is not None and figure.high is not None and not figure.low <= 1 <= figure.high


def _apart(one: Mapping[str, Any]) -> str:
    far = figures.read(one["distance"])
    if far.value is None:
        return ""
    said = {"value": written(far.value, decimals=3)}
    if far.low is None or far.high is None:
        return _("Together they are %(value)s apart (0 agrees, 0.1 is called small, 0.5 large).") % said
    said |= {"low": written(far.low, decimals=3), "high": written(far.high, decimals=3)}
    return (
        _(
            "Together they are %(value)s apart, the data fit %(low)s to %(high)s (0 agrees, 0.1 is called small, 0.5 large)."
        )
        % said
    )


def _worth(one: Mapping[str, Any]) -> str:
    if one["effective_rows"] is None:
        return ""
    return _("Weighted to these shares, the rows are worth %(n)s.") % {"n": f"{float(one['effective_rows']):,.0f}"}


def _by_chance(one: Mapping[str, Any]) -> str:
    if one["p_value"] is None:
        return ""
    return _("The chance of shares so far apart by luck is %(p)s.") % {"p": chance(float(one["p_value"]))}
