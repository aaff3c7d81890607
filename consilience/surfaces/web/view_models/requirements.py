"""Requirements of a policy for its page: words, where they follow from, examples, what the examples prove."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.policy.obligations import queries as obligations
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.requirement import Requirement
from consilience.surfaces import law
from consilience.surfaces.language import told_in
from consilience.surfaces.web.view_models.answer import in_language
from consilience.surfaces.web.view_models.proved import proved

Shown = dict[str, Any]
NO_PAGES: Mapping[str, str] = {}


def requirements(
    loaded: Loaded,
    titles: dict[str, str],
    known: Mapping[str, obligations.Found],
    report: Shown,
    pages: Mapping[str, str] = NO_PAGES,
) -> list[Shown]:
    """`pages` are the addresses of the requirements that have one of their own, by id."""
    found = proved(report)
    return [
        {**requirement(one, titles, known), "proved": found[one.id], "url": pages.get(one.id, "")}
        for one in loaded.requirements
    ]


def requirement(one: Requirement, titles: dict[str, str], known: Mapping[str, obligations.Found]) -> Shown:
    expression = one.satisfied_if.text.strip()
    if one.applies_if is not None:
        expression = f"applies_if: {one.applies_if.text.strip()}\n\nsatisfied_if: {expression}"
    return {
        "code": one.id,
        "sentence": in_language(one.title, told_in()),
        "reason": in_language(one.why, told_in()),
        "applies": "" if one.applies_if else _("always"),
        "severity": str(one.severity),
        "expression": expression,
        "function": {"code": one.owner, "name": titles.get(one.owner, one.owner)},
        "stages": [],
        "thresholds": [],
        "obligations": cited(one, known),
        "examples": [
            {
                "name": each.name,
                "outcome": str(each.expect),
                "facts": json.dumps(each.facts, indent=2, ensure_ascii=False),
            }
            for each in one.examples
        ],
    }


def cited(one: Requirement, known: Mapping[str, obligations.Found]) -> list[Shown]:
    """Where it follows from: the source in words, and the obligations that it cites; a name that nobody explains says so."""
    listed: list[Shown] = [{"label": one.source.rstrip("."), "url": ""}] if one.source else []
    for name in one.obligations:
        found = known.get(name)
        if found is None:
            listed.append({"label": _("%(name)s, which no pack explains") % {"name": name}, "url": ""})
        else:
            label = f"{law.text(found.obligation.title)} ({name})"
            listed.append({"label": label, "url": reverse("obligation", args=[found.obligation.id])})
    return listed
