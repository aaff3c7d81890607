"""Obligations that are open for a live release, in sentences that pages, API and command line share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise

from consilience.domains.gate.models import Standing
from consilience.domains.gate.open_obligations import Finding, from_json
from consilience.domains.policy.obligations.rules import State, Why
from consilience.surfaces import law
from consilience.surfaces.language import said as _now
from consilience.surfaces.language import said_later as _
from consilience.surfaces.sentences import word

CAUSES: dict[str, str | Promise] = {
    "law": _("Its day came"),
    "pack": _("A pack of obligations was put in use, or on other terms"),
    "system": _("What is registered of the system changed, and so it applies"),
    "answer": _("What its requirements come to changed, or the registration of the system"),
    "": _("Open when this was first looked at"),
}
WEIGHTS: dict[str, str | Promise] = {
    "silent": _("Shown on the system's page; nobody is told"),
    "warn": _("Recorded and told to those whom it concerns"),
    "block": _("A live release does not comply while it is open"),
}


def title(one: Finding) -> str:
    return _now("%(title)s (%(article)s)") % {"title": law.text(one.title), "article": one.article}


def sentence(one: Finding) -> str:
    """What is open, since when, and why."""
    said = {"title": title(one), "day": law.day(one.since)}
    if one.state is State.UNKNOWN:
        return _now("Nobody can tell whether it applies: %(title)s.") % said
    if one.state is State.DISPUTED:
        head = (
            _now("Open under one reading of the law since %(day)s: %(title)s.")
            if one.since
            else _now("Open under one reading of the law: %(title)s.")
        )
    else:
        head = _now("Open obligation since %(day)s: %(title)s.") if one.since else _now("Open obligation: %(title)s.")
    return f"{head % said} {_why(one)}"


def _why(one: Finding) -> str:
    if not one.requirements:
        return _now("No requirement in force asks for it.")
    asked = {"names": ", ".join(one.requirements)}
    if one.why is Why.NOT_ASKED_YET:
        return _now("What asks for it is not asked at this stage: %(names)s.") % asked
    if not one.shown:
        return _now("Evidence for it is missing: %(names)s.") % asked
    return _now("Not met: %(names)s.") % asked


def told(row: Standing) -> list[tuple[Finding, str]]:
    """The obligations that a change of standing tells of, each with the cause in words: those that came to be open."""
    body = row.body
    came: Mapping[str, Any] = body.get("came", {})
    listed = [from_json(one) for one in body.get("obligations", ())]
    first = row.version == 1
    return [(one, word(CAUSES, came.get(one.obligation, ""))) for one in listed if first or one.obligation in came]


def went(row: Standing) -> list[Finding]:
    """Those that are open no more."""
    return [from_json(one) for one in row.body.get("went", ())]
