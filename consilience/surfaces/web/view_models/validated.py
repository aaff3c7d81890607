"""Data held to a contract as a page shows them: which rules rows break and how many do, then every rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.domains.evidence.models import Evidence
from consilience.surfaces.web.charts import figures, rows, tables
from consilience.surfaces.web.charts.figures import DASH, Figure, Unit, because, interval, written
from consilience.surfaces.web.charts.scales import scale

Shown = dict[str, Any]
Rule = Mapping[str, Any]
MOST_SHOWN = 30


def charts(record: Evidence) -> list[Shown]:
    """One part: a picture of the rules that rows break, the worst first, and a table of all."""
    rules = [one for one in record.body["fields"]["rules"] or [] if one["name"]]
    if not rules:
        return []
    broken = sorted((one for one in rules if _share(one).value), key=lambda one: -(_share(one).value or 0.0))
    picture = SafeString("")
    if broken:
        picture = _picture([rows.Mark(_called(one), _share(one), start=0.0) for one in broken[:MOST_SHOWN]])
    return [
        {
            "title": _("Rules of the contract"),
            "sub": _("The share of the rows asked that break each rule, with 95 % intervals."),
            "head": _verdict(record.body["fields"], rules),
            "text": _worst(broken),
            "chart": picture + tables.folded(_table(rules)),
        }
    ]


def _picture(marks: Sequence[rows.Mark]) -> SafeString:
    known = [number for mark in marks for number in mark.figure.numbers]
    style = rows.Style(scale=scale([0.0, *known], marks=2), decimals=3, unit=Unit.PERCENT)
    legend = rows.key(has_intervals=any(mark.figure.has_interval for mark in marks))
    return rows.chart(marks, style, title=_("Share of the rows asked that break each rule"), key=legend)


def _verdict(fields: Mapping[str, Any], rules: Sequence[Rule]) -> str:
    must = [one for one in rules if one["severity"] != "warn"]
    said = {"broken": sum(one["passed"] is False for one in must), "all": len(must)}
    if fields["passed"] is None:
        return _("Nobody said whether the data keep the contract.")
    if fields["passed"]:
        return _("The data keep the contract: all %(all)s rules that must hold do.") % said
    return _("The data break the contract: %(broken)s of %(all)s rules that must hold do not.") % said


def _worst(broken: Sequence[Rule]) -> str:
    """The value and the interval of the rule that most rows break."""
    if not broken:
        return _("No rule is broken by rows that are counted here.")
    one, share = broken[0], _share(broken[0])
    said = {"rule": _called(one), "share": written(share.value or 0.0, decimals=3, unit=Unit.PERCENT)}
    if share.low is None or share.high is None:
        return _("Most rows break “%(rule)s”: %(share)s.") % said
    said |= {
        "low": written(share.low, decimals=3, unit=Unit.PERCENT),
        "high": written(share.high, decimals=3, unit=Unit.PERCENT),
    }
    return (
        _("Most rows break “%(rule)s”: %(share)s; for further rows of this kind the data fit %(low)s to %(high)s.")
        % said
    )


def _table(rules: Sequence[Rule]) -> SafeString:
    heads = [_("Rule"), _("Asks"), _("Stands"), _("Broken"), _("95 % interval")]
    return tables.plain(_("Every rule"), heads, [_line(one) for one in rules])


def _line(one: Rule) -> SafeString:
    share = _share(one)
    cells = [one["asks"] or "", _stands(one), _count(one, share), interval(share, decimals=3, unit=Unit.PERCENT)]
    return format_html(
        '<th scope="row">{}</th>{}', _called(one), format_html_join("", "<td>{}</td>", ((cell,) for cell in cells))
    )


def _stands(one: Rule) -> str:
    if one["passed"] is None:
        return DASH
    if one["passed"]:
        return _("kept")
    return _("broken, only warns") if one["severity"] == "warn" else _("broken")


def _count(one: Rule, share: Figure) -> str:
    if one["broken"] is not None and one["rows"] is not None:
        return _("%(broken)s of %(rows)s rows") % {"broken": f"{one['broken']:,}", "rows": f"{one['rows']:,}"}
    return because(share) if share.reason == "small_group_withheld" else DASH


def _called(one: Rule) -> str:
    rule = str(one["name"]).replace("_", " ")
    return f"{one['column']}: {rule}" if one["column"] else rule


def _share(one: Rule) -> Figure:
    return figures.read(one["share"])
