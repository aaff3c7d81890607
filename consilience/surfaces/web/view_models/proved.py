"""What the examples of a requirement prove, in words: which changes nobody would notice, and what it may cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Shown = dict[str, Any]


def proved(report: Mapping[str, Any]) -> dict[str, Shown]:
    """By requirement: `{summary, complete, open: [text], declared: [{text, why}], cost}`."""
    return {one["id"]: _requirement(one) for one in report["requirements"]}


def _requirement(one: Mapping[str, Any]) -> Shown:
    unnoticed = [_("%(where)s: no example notices %(change)s.") % _said(each) for each in one["survivors"]]
    contradicted = [
        _("%(where)s: declared to make no difference, but the example “%(example)s” notices %(change)s.")
        % {**_said(each), "example": each["noticed_by"]}
        for each in one["contradicted"]
    ]
    unknown = [_("“%(name)s” is declared, but there is no such change.") % {"name": name} for name in one["unknown"]]
    steps = sum(each["steps"] for each in one["cost"].values())
    return {
        "summary": _("%(noticed)s of %(changes)s changes of a threshold or an operator are noticed.")
        % {"noticed": one["noticed"], "changes": one["changes"]},
        "complete": not (unnoticed or contradicted or unknown),
        "open": [*unnoticed, *contradicted, *unknown],
        "declared": [
            {"text": _("%(where)s: %(change)s.") % _said(each), "why": each["why"]} for each in one["declared"]
        ],
        "cost": ngettext(
            "It looks at %(steps)s item at most.", "It looks at %(steps)s items at most.", steps
        ) % {"steps": f"{steps:,}"} if steps else "",
    }  # fmt: skip


def _said(change: Mapping[str, Any]) -> dict[str, str]:
    return {"where": _where(change), "change": _change(change)}


def _where(change: Mapping[str, Any]) -> str:
    kind, _dot, name = str(change["place"]).partition(".")
    if kind == "constants":
        return _("Constant %(name)s") % {"name": name}
    place = {
        "applies_if": _("When it applies"),
        "satisfied_if": _("What it asks"),
        "policy": _("When the policy applies"),
        "definitions": _("Definition %(name)s") % {"name": name},
    }[kind]
    at = {"place": place, "line": change["line"], "column": change["column"]}
    return _("%(place)s, line %(line)s, column %(column)s") % at


def _change(change: Mapping[str, Any]) -> str:
    if change["after"] == "nothing":
        return _("that “%(before)s” is left out") % {"before": change["before"]}
    return _("“%(before)s” becoming “%(after)s”") % {"before": change["before"], "after": change["after"]}
