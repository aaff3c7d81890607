"""Predictions of one of several classes as a page shows them: how often right, class by class, and group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from consilience.domains.evidence.models import Evidence
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import figures, intervals
from consilience.surfaces.web.charts.figures import Figure, Unit, written
from consilience.surfaces.web.charts.intervals import Group

Shown = dict[str, Any]
Fields = Mapping[str, Any]
OVER_CLASSES = ("balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "kappa", "mcc")
MOST_SHOWN = 40


def charts(record: Evidence) -> list[Shown]:
    """The parts of which something is known; what somebody stated may lack anything."""
    fields = record.body["fields"]
    attributes = [_attribute(one) for one in fields["attributes"] or [] if one["name"] and one["groups"]]
    return [one for one in (_classes(fields), _over(fields), *attributes) if one is not None]


def _classes(fields: Fields) -> Shown | None:
    found = [(str(one["name"]), figures.read(one["recall"])) for one in fields["classes"] or [] if one["name"]]
    if not found:
        return None
    rows = "" if fields["rows"] is None else _("%(rows)s rows.") % {"rows": f"{fields['rows']:,}"}
    return {
        "title": _("How often each class is found"),
        "sub": _("The share of the rows of a class that are predicted to be of it, with 95 %% intervals. %(rows)s") % {"rows": rows},
        "head": _right(figures.read(fields["accuracy"])),
        "text": _hardest(found),
        "chart": intervals.points(
            [Group(name, one) for name, one in found[:MOST_SHOWN]], title=_("Recall by class"), unit=Unit.PERCENT
        ),
    }  # fmt: skip


def _right(accuracy: Figure) -> str:
    if accuracy.value is None:
        return _("How many rows are predicted right cannot be told.")
    said = {"share": _percent(accuracy.value)}
    if accuracy.low is None or accuracy.high is None:
        return _("Of all rows, %(share)s are predicted right.") % said
    said |= {"low": _percent(accuracy.low), "high": _percent(accuracy.high)}
    return _("Of all rows, %(share)s are predicted right; the data fit %(low)s to %(high)s.") % said


def _hardest(found: Sequence[tuple[str, Figure]]) -> str:
    known = [(name, one.value) for name, one in found if one.value is not None]
    if len(known) < 2:
        return ""
    least, most = min(known, key=lambda one: one[1]), max(known, key=lambda one: one[1])
    return _("“%(least)s” is found least often (%(low)s), “%(most)s” most often (%(high)s).") % {
        "least": least[0], "low": _percent(least[1]), "most": most[0], "high": _percent(most[1])
    }  # fmt: skip


def _percent(value: float) -> str:
    return written(value, decimals=2, unit=Unit.PERCENT)


def _over(fields: Fields) -> Shown | None:
    """Figures that weigh every class alike, or that take off what chance alone gives."""
    known = [(name, figures.read(fields[name])) for name in OVER_CLASSES]
    if all(one.value is None for _name, one in known):
        return None
    balanced, beyond = figures.read(fields["balanced_accuracy"]), figures.read(fields["kappa"])
    parts = []
    if balanced.value is not None:
        said = {"share": _percent(balanced.value)}
        parts.append(_("If every class were equally common, %(share)s would be predicted right.") % said)
    if beyond.value is not None:
        said = {"kappa": written(beyond.value, decimals=2)}
        parts.append(_("Beyond what chance gives, agreement is %(kappa)s of what there could be.") % said)
    return {
        "title": _("Over all classes"),
        "sub": _("Each class weighs alike; 1 is best. Kappa and Matthews' coefficient are 0 where chance alone is at work."),
        "head": parts[0] if parts else "",
        "text": " ".join(parts[1:]),
        "chart": intervals.points(
            [Group(words.measure(name), one) for name, one in known], title=_("Figures over all classes"), decimals=3
        ),
    }  # fmt: skip


def _attribute(measured: Mapping[str, Any]) -> Shown:
    name = words.attribute(measured["name"])
    groups = [Group(str(one["key"]), figures.read(one["accuracy"])) for one in measured["groups"] if one["key"]]
    apart = figures.read((measured["gaps"] or {}).get("accuracy"))
    return {
        "title": _("Predicted right by %(attribute)s") % {"attribute": name},
        "sub": _("The share of each group that is predicted right, with 95 % intervals."),
        "head": _least_right(groups),
        "text": " ".join(one for one in (_apart(apart), _by_class(measured["classes"] or [])) if one),
        "chart": intervals.points(
            groups, title=_("Accuracy by %(attribute)s") % {"attribute": name}, unit=Unit.PERCENT
        ),
    }  # fmt: skip


def _least_right(groups: Sequence[Group]) -> str:
    known = [one for one in groups if one.figure.value is not None]
    if len(known) < 2:
        return _("There are not two groups to compare.")
    least, most = (pick(known, key=lambda one: one.figure.value or 0.0) for pick in (min, max))
    return _("“%(most)s” is predicted right most often (%(high)s), “%(least)s” least often (%(low)s).") % {
        "most": most.name, "high": _percent(most.figure.value or 0.0),
        "least": least.name, "low": _percent(least.figure.value or 0.0),
    }  # fmt: skip


def _apart(apart: Figure) -> str:
    if apart.value is None:
        return ""
    said = {"gap": _points(apart.value)}
    if apart.low is None or apart.high is None:
        return _("They lie %(gap)s percentage points apart.") % said
    said |= {"low": _points(apart.low), "high": _points(apart.high)}
    return _("They lie %(gap)s percentage points apart; the data fit %(low)s to %(high)s.") % said


def _points(value: float) -> str:
    return written(value * 100, decimals=1)


def _by_class(of_classes: Sequence[Mapping[str, Any]]) -> str:
    """The class whose share of rows predicted to be of it differs most between groups."""
    known = [(str(one["name"]), figures.read(one["selection_rate"]).value) for one in of_classes if one["name"]]
    defined = [(name, value) for name, value in known if value is not None]
    if not defined:
        return ""
    name, value = max(defined, key=lambda one: one[1])
    return _("Groups differ most in how often they are predicted to be “%(name)s”: by %(gap)s percentage points.") % {
        "name": name, "gap": _points(value)
    }  # fmt: skip
