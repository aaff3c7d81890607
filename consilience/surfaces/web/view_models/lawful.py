"""Obligations and how systems stand towards them, as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from consilience.domains.gate.coverage import Coverage
from consilience.domains.policy.obligations.pack import Clock, Day, Obligation, Pack, Reading, Status, Wording
from consilience.domains.policy.obligations.rules import ASLEEP, Consequence, Line, State, counts, phase
from consilience.surfaces import law, sentences
from consilience.surfaces.language import said
from consilience.surfaces.web.charts import dates, shares

Shown = dict[str, Any]
COLOURS = {
    State.MET: "#2f9e66", State.OPEN: "#c93a32", State.NO_REQUIREMENT: "#e08a3c", State.DISPUTED: "#7c5cc4",
    State.UNKNOWN: "#d9b53c", State.NOT_YET: "#8fa9d9",
}  # fmt: skip
"""The parts of the bar in their order; what asks for nothing is not in it."""
ORDER = [State.OPEN, State.NO_REQUIREMENT, State.DISPUTED, State.UNKNOWN, State.MET, State.NOT_YET, *ASLEEP]
YEARS_BACK = 2


def bar(tally: Mapping[State, int], title: str) -> SafeString:
    parts = [shares.Part(str(one), colour, str(law.STATES[one]), tally[one]) for one, colour in COLOURS.items()]
    return shares.bar(parts, title=title)


def timeline(readings: Iterable[tuple[Obligation, Reading]], day: Day, today: Day, title: str) -> Shown:
    """The picture of what begins when, from two years before the day that is looked at, and its list."""
    since = f"{int(day[:4]) - YEARS_BACK}{day[4:]}"
    begins: dict[str, dict[str, Obligation]] = {}
    for one, reading in readings:
        if reading.starts is not None and reading.starts >= since:
            begins.setdefault(reading.starts, {})[one.id] = one
    days = [dates.Day(date.fromisoformat(on), tuple(found)) for on, found in sorted(begins.items())]
    picture = dates.axis(days, today=date.fromisoformat(today), chosen=date.fromisoformat(day), title=title)
    listed = [
        {"day": on, "past": on <= day, "obligations": [link(one) for one in found.values()]}
        for on, found in sorted(begins.items())
    ]
    return {"picture": picture if days else "", "days": listed}


def link(one: Obligation) -> Shown:
    return {"id": one.id, "label": law.text(one.title), "url": reverse("obligation", args=[one.id])}


def line(one: Line, found: Coverage, kinds: Mapping[str, str], titles: Mapping[str, str]) -> Shown:
    """One row of a system's page."""
    recorded: list[Shown] = [
        {
            "label": kinds.get(kind, kind),
            "count": len(found.evidence[kind].records) if kind in found.evidence else 0,
            "url": reverse("evidence", args=[found.evidence[kind].records[0]]) if _any(found, kind) else "",
        }
        for kind in one.obligation.evidence
    ]
    return {
        **link(one.obligation),
        "article": one.obligation.article,
        "state": str(one.state),
        "sentence": law.sentence(one)
        if one.state is not State.DISPUTED
        else said("The law is read in more than one way."),
        "readings": [_consequence(each, one) for each in one.consequences] if one.wording.disputed else [],
        "requirements": [
            {
                "label": law.text(each.title),
                "url": reverse("policy", args=[each.policy]) + f"#{each.requirement}",
                "outcomes": [{"release": release, "code": str(code)} for release, code in each.outcomes.items()],
            }
            for each in one.cited
        ],
        "evidence": recorded,
        "on_record": sum(each["count"] > 0 for each in recorded),
        "signs": [function(code, titles) for code in one.obligation.signs],
        "voluntary": one.obligation.status == "voluntary",
    }


def _any(found: Coverage, kind: str) -> bool:
    return kind in found.evidence and bool(found.evidence[kind].records)


def _consequence(one: Consequence, of: Line) -> Shown:
    return {"text": law.text(one.reading.text), "state": str(one.state), "sentence": law.follows(one, of)}


def groups(found: Coverage, kinds: Mapping[str, str], titles: Mapping[str, str], packs: Sequence[Pack]) -> list[Shown]:
    """The rows by pack, law before what is voluntary; what is open first, what asks for nothing apart."""
    made = []
    for pack in packs:
        mine = [one for one in found.lines if one.obligation.pack == pack.slug]
        mine.sort(key=lambda one: ORDER.index(one.state))
        awake = [one for one in mine if one.state not in ASLEEP]
        asleep = [
            {**link(one.obligation), "state": str(one.state), "sentence": law.sentence(one)}
            for one in mine
            if one.state in ASLEEP
        ]
        if mine:
            tally = counts(one.state for one in awake)
            made.append({
                "title": law.text(pack.title), "url": reverse("pack", args=[pack.slug]), "asleep": asleep,
                "rows": [line(one, found, kinds, titles) for one in awake],
                "tally": [{"state": str(one), "words": f"{law.STATES[one]}: {tally[one]}"} for one in ORDER if tally[one]],
                "voluntary": bool(awake) and all(one.obligation.status is Status.VOLUNTARY for one in awake),
            })  # fmt: skip
    return sorted(made, key=lambda one: (one["voluntary"], not one["rows"]))


def wording(one: Obligation, each: Wording, pack: Pack, day: Day) -> Shown:
    """One wording of an obligation's page."""
    return {
        "since": each.since,
        "current": one.on(day) is each,
        "text": law.text(each.text),
        "note": law.text(each.note),
        "roles": law.roles(each.applies_to),
        "disputed": each.disputed,
        "readings": [
            {
                "text": law.text(reading.text), "starts": reading.starts, "ends": reading.ends,
                "phase": str(phase(reading, one.status, day)), "applies": law.applies_if(reading, pack),
                "code": "\n".join(rule.text for rule in reading.rules),
            }
            for reading in each.readings
        ],
    }  # fmt: skip


def clock(one: Clock) -> Shown:
    return {
        "id": one.id, "law": one.law, "who": one.who, "to": one.to, "start": one.start, "rule": law.text(one.rule),
        "limit": law.limit(one), "starts": one.starts, "note": one.note,
        "checked": sentences.word(law.CHECKED, one.checked),
    }  # fmt: skip


def function(code: str, titles: Mapping[str, str]) -> str:
    """What a function is called here; one that the law wants and nobody has here is called by its own name."""
    return titles.get(code) or sentences.word(law.BEYOND, code)
