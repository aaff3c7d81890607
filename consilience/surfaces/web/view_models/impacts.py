"""What changes for systems, as pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from consilience.domains.gate.law_effect import LawEffect, Moved
from consilience.domains.gate.pack_impact import Impact, OfSystem
from consilience.domains.people import queries as people
from consilience.domains.policy.obligations.changes import Change
from consilience.domains.policy.obligations.pack import Day
from consilience.surfaces import law, law_open, sentences
from consilience.surfaces.web.view_models import lawful, standing

Shown = dict[str, Any]
MOST = 25
"""As many decisions as a page tells of."""


def of_system(one: OfSystem) -> Shown:
    """A system, what it gains, loses or has otherwise, and whose sign-off that concerns."""
    names = people.names(each.sign_off.row.person for each in one.sign_offs)
    return {
        "name": one.system.body["name"],
        "url": reverse("system_obligations", args=[one.system.slug]),
        "changes": [_change(each) for each in one.changes],
        "requirements": [
            {"label": name, "url": reverse("policy", args=[name.split("/")[0]]) + f"#{name.split('/')[1]}"} for name in one.requirements
        ],
        "sign_offs": [
            {
                "who": names.get(each.sign_off.row.person, ""),
                "function": sentences.word(sentences.FUNCTIONS, each.sign_off.row.function),
                "code": each.sign_off.row.function,
                "release": f"{each.release.reference}, {sentences.word(sentences.STAGES, each.release.row.stage)}",
                "url": reverse("release", args=[one.system.slug, each.release.version.reference, each.release.row.stage]),
            }
            for each in one.sign_offs
        ],
    }  # fmt: skip


def look_again(found: Impact, titles: Mapping[str, str]) -> list[Shown]:
    names = people.names(urn for listed in found.look_again.values() for urn in listed)
    return [
        {
            "code": function,
            "function": lawful.function(function, titles),
            "people": [names.get(urn, "") for urn in listed],
        }
        for function, listed in found.look_again.items()
    ]


def replay(found: LawEffect) -> Shown:
    """What becomes of live releases, and what would have been open for those that the gate let through."""
    return {
        "live": [moved(one) for one in found.live],
        "looked_at": found.looked_at,
        "decided": [moved(one) for one in found.decided[:MOST]],
        "decided_all": len(found.decided),
        "decisions_looked_at": found.decisions_looked_at,
        "decisions": found.decisions,
    }


def moved(one: Moved) -> Shown:
    system, _slash, version = one.reference.partition("/")
    return {
        "name": one.reference,
        "stage": one.stage,
        "url": reverse("decision", args=[one.decision]) if one.decision else reverse("release", args=[system, version, one.stage]),
        "at": one.at if one.decision else None,
        "before": str(one.before),
        "after": str(one.after),
        "came": [standing.obligation(each) for each in one.came],
        "went": [law_open.title(each) for each in one.went],
    }  # fmt: skip


def _change(one: Change) -> Shown:
    return {
        **lawful.link(one.obligation),
        "how": str(one.how),
        "state": str(one.after.state) if one.how == "gained" and one.after else "",
        "begins": one.begins,
        "differences": [
            {
                "label": sentences.word(law.PARTS, each.part),
                "old": _said(each.part, each.before),
                "new": _said(each.part, each.after),
            }
            for each in one.differences
        ],
    }


def _said(part: str, value: str) -> str:
    """A part in words: states, functions and roles by their names, days as people write them."""
    if part == "state":
        return sentences.word(law.STATES, value)
    if part in ("from", "until"):
        return "; ".join(law.day(Day(one)) for one in value.split("; ") if one)
    if part == "signs":
        return ", ".join(sentences.word(sentences.FUNCTIONS | law.BEYOND, code) for code in value.split(", ") if code)
    return law.roles(value.split(", ")) if part == "addressed" and value else value
