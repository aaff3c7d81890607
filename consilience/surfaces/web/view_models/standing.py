"""How a live release stands, in the words of the pages: since when, why, and which facts changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import ngettext

from consilience.domains.gate import standing_queries
from consilience.domains.gate.effects import Changed, FactChange
from consilience.domains.gate.models import Standing
from consilience.domains.gate.open_obligations import Finding
from consilience.domains.gate.standing import State
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant
from consilience.surfaces import effects as words
from consilience.surfaces import fact_words, law_open
from consilience.surfaces.changes import written
from consilience.surfaces.language import told_in
from consilience.surfaces.web.view_models.gathered import Gathered

Shown = dict[str, Any]
MOST_FACTS = 4


def card(found: Gathered) -> Shown | None:
    """The standing of a release on its own page; None where the gate never let it through, or it is live no more.

    What it says now was just worked out; since when comes from the record.
    """
    release, assessment = found.release, found.assessment
    passed = standing_queries.portfolio(found.asof, [release.system.urn]).live.get(release.urn)
    if passed is None:
        return None
    answer = standing_queries.answer_of(assessment)
    state = answer.state
    known = standing_queries.newest(release.urn)
    fits = known is not None and standing_queries.told(known) == answer.told
    return {
        "state": str(state),
        "since": standing_queries.since(state, known, passed, found.asof),
        "sentence": words.standing(str(state), answer.ground, None),
        "noticed": fits or (state is State.COMPLIANT and not answer.obligations),
        "obligations": [obligation(one) for one in answer.obligations],
        "reasons": reasons(known, found.titles) if known and fits and state is not State.COMPLIANT else [],
        "changes": len(standing_queries.history(release.urn, found.asof)),
    }


def stands_row(one: standing_queries.Stands, system: str) -> Shown:
    """A live release in a list."""
    slug, _slash, version = one.reference.partition("/")
    return {
        "name": version,
        "system": system or slug,
        "url": reverse("release", args=[slug, version, one.release.stage]),
        "stage": one.release.stage,
        "state": str(one.state),
        "since": one.since,
        "unmet": ngettext("%(n)s requirement is not met", "%(n)s requirements are not met", len(one.unmet)) % {"n": len(one.unmet)}
        if one.unmet else "",
        "open": ngettext("%(n)s obligation is open", "%(n)s obligations are open", len(one.obligations)) % {"n": len(one.obligations)}
        if one.obligations else "",
    }  # fmt: skip


def obligation(one: Finding, cause: str = "") -> Shown:
    """An obligation that is open for a release."""
    return {
        "code": one.obligation,
        "url": reverse("obligation", args=[one.obligation]),
        "sentence": law_open.sentence(one),
        "weight": "block" if one.decides else str(one.weight),
        "cause": cause,
    }


def reasons(row: Standing, titles: Mapping[str, str]) -> list[Shown]:
    """The requirements behind a change of standing, and what changed in the facts."""
    return [
        _reason(one.changed, one.facts, titles) | {"cause": str(words.CAUSES[one.cause])}
        for one in standing_queries.reasons(row)
    ]


def _reason(one: Changed, facts: Sequence[FactChange], titles: Mapping[str, str]) -> Shown:
    code = one.outcome.owner
    return {
        "code": one.name,
        "function": titles.get(code, code),
        "before": str(one.before.code) if one.before else "",
        "after": str(one.after.code) if one.after else "",
        "sentence": _sentence(one),
        "facts": fact_words.sentences(facts, told_in())[:MOST_FACTS],
    }


def _sentence(one: Changed) -> str:
    return one.outcome.sentence(told_in())


def short(value: Json) -> str:
    """A fact's value as short text; a record by how many fields it has would say nothing, so it is named as one."""
    if isinstance(value, Mapping) and "value" not in value:
        return str(value.get("title") or value.get("method") or value.get("function") or "…")
    return written(value, {}) or ""


def change(row: Standing, reference: str, titles: Mapping[str, str]) -> Shown:
    """A recorded change of standing."""
    body = row.body
    system, _slash, version = reference.partition("/")
    return {
        "name": version,
        "system": system,
        "url": reverse("release", args=[system, version, body["stage"]]) if row.state != State.ENDED else "",
        "stage": body["stage"],
        "state": row.state,
        "since": Instant(body["since"]),
        "at": row.valid_from,
        "sentence": words.standing(row.state, body["ground"], body["ending"]),
        "reasons": reasons(row, titles),
        "obligations": [
            obligation(each, cause) for each, cause in sorted(law_open.told(row), key=lambda told: told[1])
        ],
        "closed": [law_open.title(each) for each in law_open.went(row)],
    }
