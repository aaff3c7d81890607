"""A comparison with a baseline as a page shows it: the differences by measure, those alike in what is better in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from consilience.domains.evidence.models import Evidence
from consilience.measure.pictures.sample_words import ALARM, chance
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import differences, figures
from consilience.surfaces.web.charts.differences import Difference, of_cells
from consilience.surfaces.web.charts.figures import Figure, written

Shown = dict[str, Any]
MORE = ("accuracy", "precision", "recall", "f1", "roc_auc")
LESS = ("brier", "log_loss", "fpr")
NEITHER = ("selection_rate",)


@dataclass(frozen=True)
class Compared:
    """A measure of both, and the version less the baseline."""

    name: str
    baseline: Figure
    version: Figure
    difference: Figure

    @property
    def sure(self) -> int:
        """The way in which it differs by more than chance explains: 1, -1, or 0 for none."""
        low, high = self.difference.low, self.difference.high
        return 0 if low is None or high is None or low <= 0 <= high else 1 if low > 0 else -1


def charts(record: Evidence, baseline: str) -> list[Shown]:
    """A part of the page for each picture; `baseline` is what that version is called, or nothing."""
    fields, called = record.body["fields"], baseline or _("the baseline")
    parts = [
        (_("Where more is better"), MORE, 1),
        (_("Where less is better"), LESS, -1),
        (_("How often it says yes"), NEITHER, 0),
    ]
    made = [_part(title, [_read(fields, name) for name in names], better, called) for title, names, better in parts]
    shown = [one for one in made if one is not None]
    if shown:
        shown[0]["text"] = f"{shown[0]['text']} {_only_one_right(fields, called)}".strip()
    return shown


def _read(fields: Mapping[str, Any], name: str) -> Compared:
    found = fields.get(name) or {}
    return Compared(name, *(figures.read(found.get(side)) for side in ("baseline", "version", "difference")))


def _part(title: str, found: Sequence[Compared], better: int, baseline: str) -> Shown | None:
    known = [one for one in found if one.difference.value is not None]
    if not known:
        return None
    lines = [
        Difference(words.measure(one.name), one.difference, (of_cells(one.baseline), of_cells(one.version)))
        for one in found
        if one.difference.value is not None or one.difference.reason
    ]
    return {
        "title": title,
        "sub": _("The version less %(baseline)s, on the same rows, with 95 %% intervals.") % {"baseline": baseline},
        "head": _verdict(known, better, baseline),
        "text": _largest(known, baseline),
        "chart": differences.bars(
            lines, title=_("Difference to %(baseline)s") % {"baseline": baseline}, first=_("Measure"),
            heads=(_("Baseline"), _("Version")),
        ),
    }  # fmt: skip


def _verdict(found: Sequence[Compared], better: int, baseline: str) -> str:
    """What differs by more than chance explains, each measure by itself."""
    if not any(one.difference.has_interval for one in found):
        return _("No difference has an interval.")
    sides = {way: [words.measure_within(one.name) for one in found if one.sure == way] for way in (1, -1)}
    if not any(sides.values()):
        return _("Nothing here differs from %(baseline)s by more than chance explains.") % {"baseline": baseline}
    if not better:
        more = bool(sides[1])
        said = (
            _("It says yes more often than %(baseline)s.") if more else _("It says yes less often than %(baseline)s.")
        )
        return said % {"baseline": baseline}
    good, bad = words.and_list(sides[better]), words.and_list(sides[-better])
    if good and bad:
        return _("Better than %(baseline)s in %(good)s, worse in %(bad)s, by more than chance explains.") % {
            "baseline": baseline, "good": good, "bad": bad,
        }  # fmt: skip
    said = _("Better than %(baseline)s in %(names)s, by more than chance explains.") if good else _(
        "Worse than %(baseline)s in %(names)s, by more than chance explains."
    )  # fmt: skip
    return said % {"baseline": baseline, "names": good or bad}


def _largest(found: Sequence[Compared], baseline: str) -> str:
    """The value and the interval of the first measure that surely differs, or of the first of all."""
    one = next((one for one in found if one.sure), found[0])
    value, low, high = one.difference.value or 0.0, one.difference.low, one.difference.high
    said = {"measure": words.measure(one.name), "by": differences.signed(value), "baseline": baseline}
    if one.version.value is not None and one.baseline.value is not None:
        said |= {"now": written(one.version.value, decimals=3), "then": written(one.baseline.value, decimals=3)}
        start = _("%(measure)s is %(now)s, and %(then)s for %(baseline)s: %(by)s") % said
    else:
        start = _("%(measure)s differs by %(by)s") % said
    if low is None or high is None:
        return f"{start}."
    ends = {"low": differences.signed(low), "high": differences.signed(high)}
    return _("%(start)s; the data fit %(low)s to %(high)s.") % {"start": start, **ends}


def _only_one_right(fields: Mapping[str, Any], baseline: str) -> str:
    """McNemar's test in words; nothing where it was not made."""
    mine, other, p_value = (fields.get(name) for name in ("only_version_right", "only_baseline_right", "mcnemar_p"))
    if mine is None or other is None or p_value is None:
        return ""
    said = {"mine": f"{mine:,}", "other": f"{other:,}", "baseline": baseline, "p": chance(float(p_value))}
    if float(p_value) < ALARM:
        return (
            _(
                "%(mine)s rows only the version gets right, %(other)s only %(baseline)s; chance alone does not explain that (p %(p)s)."
            )
            % said
        )
    return (
        _(
            "%(mine)s rows only the version gets right, %(other)s only %(baseline)s; chance alone could explain that (p %(p)s)."
        )
        % said
    )
