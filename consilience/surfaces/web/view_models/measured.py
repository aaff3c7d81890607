"""Figures of a version as a page shows them: performance, calibration, and for each protected attribute its groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.plain.figure import Limit, PlainFigure, read
from consilience.domains.evidence.plain.found import figures as plain_figures
from consilience.domains.policy.outcome import Outcome
from consilience.domains.policy.plainly import Plainly
from consilience.domains.policy.requirement import Requirement
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import figures, gaps, intervals
from consilience.surfaces.web.charts.figures import Figure, Unit, written
from consilience.surfaces.web.charts.gaps import Gap
from consilience.surfaces.web.charts.intervals import Group

Shown = dict[str, Any]
PERFORMANCE = ("roc_auc", "accuracy", "precision", "recall", "f1")
CALIBRATION = ("brier", "log_loss", "ece")
GAPS = ("selection_rate", "fpr", "fnr")
_BOUND = re.compile(
    r"(?<![-+*/]\s)\b[a-z_]\w*\.(gaps\.)?([a-z_0-9]+)\.(value|low|high)\s*(>=|<=|>|<)\s*(\d*\.?\d+)(?![\d.]*\s*[-+*/])"
)


@dataclass(frozen=True)
class Bound:
    """What a rule asks of a figure: which end of it, how it is compared, and how the rule came out."""

    end: str
    comparison: str
    limit: float
    outcome: str

    @property
    def limit_of(self) -> Limit:
        return Limit(self.end, self.comparison, self.limit)

    @property
    def in_words(self) -> str:
        number = written(self.limit, decimals=2)
        more = self.comparison in (">=", ">")
        said = _("%(n)s or more") % {"n": number} if more else _("%(n)s or less") % {"n": number}
        ends = {"low": _("low end of the interval"), "high": _("high end of the interval")}
        return f"{said}, {ends[self.end]}" if self.end in ends else said


def bounds(requirements: Mapping[tuple[str, str], Requirement], outcomes: Iterable[Outcome]) -> dict[str, Bound]:
    """Bounds that rules in force put on single figures, by measure (`gaps.fpr` for a gap), as their text says them.

    Only plain comparisons with a number are found, of gaps where a rule looks at groups, else of figures for all;
    whatever else a rule asks stands with the requirement itself.
    """
    made: dict[str, Bound] = {}
    for one in outcomes:
        said = requirements.get((one.policy, one.requirement))
        if said is None or one.code == "not_applicable":
            continue
        for of_gap, measure, end, comparison, limit in _BOUND.findall(said.satisfied_if.text):
            if bool(of_gap) is ("evidence.fairness_evaluation" in said.satisfied_if.text):
                made.setdefault(f"{of_gap}{measure}", Bound(end, comparison, float(limit), str(one.code)))
    return made


def performance(record: Evidence | None, agreed: Mapping[str, Bound], plainly: Plainly) -> list[Shown]:
    return [] if record is None else [_row(record.body["fields"], name, agreed, plainly) for name in PERFORMANCE]


def calibration(record: Evidence | None, agreed: Mapping[str, Bound], plainly: Plainly) -> list[Shown]:
    return [] if record is None else [_row(record.body["fields"], name, agreed, plainly) for name in CALIBRATION]


def _row(fields: Mapping[str, Any], name: str, agreed: Mapping[str, Bound], plainly: Plainly) -> Shown:
    bound, given = agreed.get(name), fields.get(name)
    return {
        "name": words.measure(name),
        "meaning": words.measure_meaning(name),
        "figure": given,
        "plain": plainly.figure(PlainFigure(name, read(given)), bound.limit_of if bound else None) if given else "",
        "bound": bound.in_words if bound else "",
        "outcome": bound.outcome if bound else "",
    }


def fairness(record: Evidence | None, agreed: Mapping[str, Bound], plainly: Plainly | None = None) -> list[Shown]:
    """For each protected attribute: how often each group is predicted positive, and how far groups lie apart."""
    if record is None:
        return []
    url = reverse("evidence", args=[record.urn])
    listed = record.body["fields"]["attributes"] or []
    single = [one for one in listed if len(one["attributes"] or [one["name"]]) == 1]
    return [
        _attribute(one, agreed)
        | {"evidence": {"label": _("All figures"), "url": url}, "plain": _apart(one, agreed, plainly)}
        for one in single
    ]


def _apart(measured: Mapping[str, Any], agreed: Mapping[str, Bound], plainly: Plainly | None) -> list[str]:
    """How far the groups lie apart, in words for everybody."""
    if plainly is None:
        return []
    found = plain_figures({"attributes": [measured]})
    told = []
    for measure in GAPS:
        one, bound = found.get(f"attributes[0].gaps.{measure}"), agreed.get(f"gaps.{measure}")
        if one is not None and one.reading.value is not None:
            told.append(plainly.figure(one, bound.limit_of if bound else None))
    return told


def combined(record: Evidence) -> list[Shown]:
    """The same for combinations of two attributes."""
    listed = record.body["fields"]["attributes"] or []
    return [_attribute(one, {}) for one in listed if len(one["attributes"] or []) > 1]


def _attribute(measured: Mapping[str, Any], agreed: Mapping[str, Bound]) -> Shown:
    name = words.attribute(measured["name"])
    groups = [group_of(one, "selection_rate") for one in measured["groups"] or []]
    overall = _overall(measured["groups"] or [])
    chart = intervals.points(
        groups,
        title=_("Share predicted positive by %(attribute)s") % {"attribute": name},
        reference=overall,
        reference_name=_("All rows"),
        unit=Unit.PERCENT,
    )
    head, text = in_short(groups, measured["gaps"] or {})
    return {
        "attribute": name,
        "sub": _(
            "Share of each group that is predicted positive, with 95 % intervals; beside it, how far the groups lie apart."
        ),
        "chart": chart,
        "gaps": gaps.bars(
            [gap_of(measured["gaps"] or {}, measure, agreed) for measure in GAPS],
            title=_("Largest difference between two groups by %(attribute)s") % {"attribute": name},
        ),
        "head": head,
        "text": text,
        "widest": widest(measured["gaps"] or {}),
        "evidence": None,
    }


def group_of(group: Mapping[str, Any], measure: str) -> Group:
    return Group(str(group["key"]), figures.read(group.get(measure)))


def gap_of(measured: Mapping[str, Any], measure: str, agreed: Mapping[str, Bound]) -> Gap:
    bound = agreed.get(f"gaps.{measure}")
    limit = bound.limit if bound and bound.comparison in ("<=", "<") else None
    return Gap(words.measure(measure), figures.read(measured.get(measure)), limit)


def _overall(groups: Sequence[Mapping[str, Any]]) -> float | None:
    """The share over all rows: each group's share weighted by the rows behind it."""
    known = [(figures.read(one.get("selection_rate")), one["rows"]) for one in groups]
    defined = [(found.value, rows) for found, rows in known if found.value is not None and rows]
    total = sum(rows for _value, rows in defined)
    return sum(value * rows for value, rows in defined) / total if total else None


def in_short(groups: Sequence[Group], gap: Mapping[str, Any]) -> tuple[str, str]:
    """What the chart says, in one plain sentence, and how sure it is."""
    defined = sorted((one for one in groups if one.figure.value is not None), key=lambda one: one.figure.value or 0.0)
    if len(defined) < 2:
        return _("There are not two groups to compare."), ""
    least, most = defined[0], defined[-1]
    head = _("“%(most)s” is predicted positive most often (%(high)s), “%(least)s” least often (%(low)s).") % {
        "most": most.name, "high": _percent(most.figure), "least": least.name, "low": _percent(least.figure),
    }  # fmt: skip
    apart = figures.read(gap.get("selection_rate"))
    if apart.value is None:
        return head, ""
    text = _("They lie %(gap)s percentage points apart.") % {"gap": written(apart.value * 100, decimals=1)}
    if apart.low is not None and apart.high is not None:
        text = _("They lie %(gap)s percentage points apart; the data fit %(low)s to %(high)s.") % {
            "gap": written(apart.value * 100, decimals=1),
            "low": written(apart.low * 100, decimals=1),
            "high": written(apart.high * 100, decimals=1),
        }
    return head, text


def widest(gap: Mapping[str, Any]) -> str:
    """What the chart of gaps says: in which measure the groups lie furthest apart."""
    known = [(name, found) for name in GAPS if (found := figures.read(gap.get(name))).value is not None]
    if not known:
        return _("There are not two groups to compare.")
    name, found = max(known, key=lambda one: one[1].value or 0.0)
    said = {"measure": words.measure(name).lower(), "gap": written((found.value or 0.0) * 100, decimals=1)}
    if found.low is None or found.high is None:
        return _("Groups lie furthest apart in %(measure)s: %(gap)s percentage points.") % said
    said |= {"low": written(found.low * 100, decimals=1), "high": written(found.high * 100, decimals=1)}
    return (
        _("Groups lie furthest apart in %(measure)s: %(gap)s percentage points; the data fit %(low)s to %(high)s.")
        % said
    )


def in_words(fields: Mapping[str, Any]) -> str:
    """The performance of a record in a sentence or two; nothing where neither figure is known."""
    accuracy, area = (figures.read(fields.get(name)) for name in ("accuracy", "roc_auc"))
    parts = []
    if accuracy.value is not None:
        parts.append(_("Of all rows, %(share)s are predicted right.") % {"share": _percent(accuracy)})
    if area.value is not None:
        times = {"times": written(area.value * 100, decimals=0)}
        parts.append(_("A positive is ranked above a negative %(times)s times in 100; 50 would be chance.") % times)
    return " ".join(parts)


def _percent(figure: Figure) -> str:
    return written(figure.value or 0.0, decimals=2, unit=Unit.PERCENT)
