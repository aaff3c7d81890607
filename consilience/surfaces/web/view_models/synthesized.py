"""Synthetic rows against real ones as a page shows them: use for training, privacy, columns and relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from consilience.domains.evidence.models import Evidence
from consilience.measure.pictures import words as said_of
from consilience.surfaces.web.charts import differences, figures, intervals
from consilience.surfaces.web.charts.differences import Difference
from consilience.surfaces.web.charts.figures import DASH, Figure, Unit, written
from consilience.surfaces.web.charts.intervals import Group

Shown = dict[str, Any]
Fields = Mapping[str, Any]
MOST_SHOWN = 40


def charts(record: Evidence) -> list[Shown]:
    """The parts of which something is known; what somebody stated may lack anything."""
    fields = record.body["fields"]
    parts = [_useful(fields), _private(fields), _copies(fields), _columns(fields), _relations(fields)]
    return [one for one in parts if one is not None]


def _useful(fields: Fields) -> Shown | None:
    made, real, change = (figures.read(fields[name]) for name in ("synthetic_area", "real_area", "area_change"))
    if made.value is None or real.value is None:
        return None
    head = _("A model fitted to the synthetic rows reaches an area of %(made)s on real rows, one fitted to real rows %(real)s.") % {
        "made": written(made.value, decimals=3), "real": written(real.value, decimals=3)
    }  # fmt: skip
    return {
        "title": _("Useful in place of real rows"),
        "sub": _("Area under the ROC curve on real rows that were held out; 0.5 is chance."),
        "head": head,
        "text": "" if change.value is None else _change(change),
        "chart": intervals.points(
            [Group(_("fitted to synthetic rows"), made), Group(_("fitted to real rows"), real)],
            title=_("Area under the ROC curve"), reference=0.5, reference_name=_("Chance"), decimals=3,
        ),
    }  # fmt: skip


def _change(change: Figure) -> str:
    text = _("The change is %(value)s") % {"value": differences.signed(change.value or 0.0)}
    return f"{text}{_fits(change)}."


def _fits(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return _("; the data fit %(low)s to %(high)s") % {
        "low": written(figure.low, decimals=3), "high": written(figure.high, decimals=3)
    }  # fmt: skip


def _private(fields: Fields) -> Shown | None:
    near, member = (figures.read(fields[name]) for name in ("closer_to_training", "membership_area"))
    if near.value is None:
        return None
    given_away = [one for one in (near, member) if one.low is not None and one.low > 0.5]
    head = _("%(share)s of the synthetic rows are nearer to a row that they were made from than to one that was held out%(fits)s.") % {
        "share": written(near.value, decimals=1, unit=Unit.PERCENT), "fits": _fits(near)
    }  # fmt: skip
    text = (
        _("That is more than the half that would give nothing away, so they give something away.")
        if given_away
        else _("A half would give nothing away; these data do not show that they give anything away.")
    )
    groups = [Group(_("nearer to a row they were made from"), near)]
    if member.value is not None:
        groups.append(Group(_("guessing who took part (area)"), member))
    return {
        "title": _("What they give away"),
        "sub": _("0.5 gives nothing away, 1 everything."),
        "head": head,
        "text": text,
        "chart": intervals.points(
            groups, title=_("Signs of those that the rows were made from"), reference=0.5,
            reference_name=_("Nothing given away"), decimals=3,
        ),
    }  # fmt: skip


def _copies(fields: Fields) -> Shown | None:
    copies, chance = (figures.read(fields[name]) for name in ("copies", "copies_by_chance"))
    if copies.value is None:
        return None
    head = _("%(copies)s of the synthetic rows equal a row that they were made from.") % {
        "copies": written(copies.value, decimals=2, unit=Unit.PERCENT)
    }
    by_luck = "" if chance.value is None else _("%(chance)s equal one that was held out, which is chance.") % {
        "chance": written(chance.value, decimals=2, unit=Unit.PERCENT)
    }  # fmt: skip
    return {
        "title": _("Copies"),
        "sub": _("Shares of the synthetic rows that equal a real row in every column compared."),
        "head": head,
        "text": by_luck,
        "chart": intervals.points(
            [Group(_("rows that they were made from"), copies), Group(_("rows held out"), chance)],
            title=_("Copies of real rows"), unit=Unit.PERCENT,
        ),
    }  # fmt: skip


def _columns(fields: Fields) -> Shown | None:
    known = [(str(one["name"]), figures.read(one["psi"])) for one in fields["columns"] or [] if one["name"]]
    known = [(name, figure) for name, figure in known if figure.value is not None]
    if not known:
        return None
    known.sort(key=lambda one: -(one[1].value or 0.0))
    name, most = known[0]
    moved = sum(said_of.size_of_shift(_plain(figure))[1] in ("warn", "bad") for _name, figure in known)
    head = (
        _("Each column is spread as in the real rows, as far as the data can tell.")
        if not moved
        else _("%(moved)s of %(n)s columns are spread otherwise than in the real rows.")
        % {"moved": moved, "n": len(known)}
    )
    return {
        "title": _("Alike, column by column"),
        "sub": _("Stability index of each column against the rows that they were made from: 0 is equal, 0.1 moderate, 0.25 large."),
        "head": head,
        "text": _("The furthest is %(name)s: %(value)s%(fits)s.")
        % {"name": name, "value": written(most.value or 0.0, decimals=3), "fits": _fits(most)},
        "chart": intervals.points(
            [Group(one, figure) for one, figure in known[:MOST_SHOWN]], title=_("Stability index by column"), decimals=3
        ),
    }  # fmt: skip


def _plain(figure: Figure) -> dict[str, Any]:
    return {"value": figure.value, "low": figure.low, "high": figure.high}


def _relations(fields: Fields) -> Shown | None:
    found = [
        one for one in fields["relations"] or [] if one["columns"] and figures.read(one["change"]).value is not None
    ]
    if not found:
        return None
    worst = found[0]
    change = figures.read(worst["change"])
    pairs = DASH if fields["pairs"] is None else f"{fields['pairs']:,}"
    return {
        "title": _("Alike in how columns go together"),
        "sub": _("The relations that changed most, of %(pairs)s pairs of columns.") % {"pairs": pairs},
        "head": _("Most changed is the relation of %(pair)s: by %(value)s%(fits)s.")
        % {"pair": _pair(worst), "value": differences.signed(change.value or 0.0), "fits": _fits(change)},
        "text": "",
        "chart": differences.bars(
            [Difference(_pair(one), figures.read(one["change"]), _cells(one)) for one in found[:MOST_SHOWN]],
            title=_("Change of relations"), first=_("Columns"), heads=(_("Measure"), _("Real"), _("Synthetic")),
        ),
    }  # fmt: skip


def _pair(one: Mapping[str, Any]) -> str:
    return _(" and ").join(str(name) for name in one["columns"])


def _cells(one: Mapping[str, Any]) -> tuple[str, str, str]:
    numbers = [DASH if one[side] is None else written(float(one[side]), decimals=3) for side in ("real", "synthetic")]
    return (str(one["measure"] or DASH).replace("_", " "), *numbers)  # type: ignore[return-value]
