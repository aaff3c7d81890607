"""The risk tier in words: what it is, why, what is unknown, what changed it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.gate.tiering import TierChange
from consilience.domains.policy.tables.tiering import Asked, Tier
from consilience.domains.policy.tables.words import in_language
from consilience.surfaces.language import told_in

Shown = dict[str, Any]
LEVELS = {
    "minimal": gettext_lazy("minimal risk"),
    "limited": gettext_lazy("limited risk"),
    "high": gettext_lazy("high risk"),
}
FACTS = {
    "use": gettext_lazy("what it is used for"),
    "purpose": gettext_lazy("its purpose"),
    "autonomy": gettext_lazy("what is left to people"),
    "people_affected": gettext_lazy("people affected in a year"),
    "data_categories": gettext_lazy("its data"),
    "jurisdictions": gettext_lazy("its market"),
    "audience": gettext_lazy("its audience"),
    "affected_groups": gettext_lazy("affected groups"),
    "line_of_business": gettext_lazy("its line of business"),
    "tier": gettext_lazy("the stated tier"),
}


def level(code: str | None) -> str:
    return str(LEVELS[code]) if code in LEVELS else _("not known")


def status(found: Tier) -> Shown:
    """The tier as a status beside a title."""
    return {"code": found.level, "words": ""} if found.level else {"code": "not_assessed", "words": _("Risk not known")}


def card(found: Tier, changed: TierChange | None, system: str, *, correct_url: str) -> Shown:
    """What the page of a system says of its tier."""
    decided = found.decided
    return {
        **status(found),
        "level": level(found.level),
        "computed": decided is not None,
        "stated": level(found.stated),
        "differs": found.differs,
        "reasons": list(decided.reasons(_language())) if decided else [],
        "unknown": _unknown(decided) if decided else [],
        "possible": _possible(decided) if decided else [],
        "table": _table(decided, system) if decided else None,
        "rows": ", ".join(decided.rows) if decided and found.level else "",
        "change": change(changed),
        "correct_url": correct_url,
    }


def change(found: TierChange | None) -> Shown | None:
    """What the tier was, is, and which facts or tables did it; None where nothing changed."""
    if found is None:
        return None
    because = [
        _("%(fact)s: %(was)s, now %(now)s") % {"fact": FACTS[one.fact], "was": _value(one.was), "now": _value(one.now)}
        for one in found.moved
    ]
    if found.tables:
        because.append(_("another table, or another version of it, decides now"))
    return {"was": level(found.was), "now": level(found.now), "at": found.at, "because": because}


def _language() -> str:
    return told_in()


def _unknown(decided: Asked) -> list[str]:
    if decided.answer is None:
        return [_("whether its policy applies")]
    inputs = decided.table.inputs
    return [in_language(inputs[at].title, _language()) for at in decided.answer.open]


def _possible(decided: Asked) -> list[str]:
    if decided.answer is None:
        return []
    codes = {str(decided.table.row(row).then["level"]) for row in decided.answer.possible}
    return [level(code) for code in LEVELS if code in codes]


def _table(decided: Asked, system: str) -> Shown:
    return {
        "label": in_language(decided.table.title, _language()),
        "url": reverse("table", args=[decided.policy, decided.table.name]) + f"?system={system}",
    }


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one).replace("_", " ") for one in value) or _("none")
    if isinstance(value, int):
        return f"{value:,}"
    return _("not known") if value is None else str(value).replace("_", " ")
