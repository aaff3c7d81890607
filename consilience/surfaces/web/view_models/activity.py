"""What happened, from the entries of the ledger: who did what and when, with what they wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger import rules
from consilience.domains.ledger.models import Entry
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.kit.naming import noun_of
from consilience.kit.records.models import AsOf, Record
from consilience.surfaces.web import words

Shown = dict[str, Any]
RECENT = 8


def of_rows(
    actor: Actor,
    rows: Iterable[Record],
    asof: AsOf,
    *,
    quotes: Mapping[int, str] | None = None,
    known: Mapping[str, str] | None = None,
    objects: Mapping[int, str] | None = None,
) -> Shown:
    """The newest acts that wrote these rows, and the foot that says where the newest stands in the record.

    Whoever calls has shown the rows' object, so its acts may be told; the record itself opens for those who may read it.
    """
    positions = sorted({row.position for row in rows}, reverse=True)
    chosen = list(ledger.entries().filter(position__in=positions[:RECENT]))
    sees = access.can(actor, "ledger.read", WORKSPACE, asof) is None
    return {
        "activity": shown(chosen, quotes or {}, linked=sees, known=known, objects=objects),
        "record_url": reverse("ledger") if sees else "",
        "ledger": foot(positions[0], asof, linked=sees) if positions else None,
    }


def about(actor: Actor, urns: Iterable[str], asof: AsOf) -> Shown:
    """The same for every version of these things."""
    positions = sorted(ledger.positions_about(urns), reverse=True)
    chosen = list(ledger.entries().filter(position__in=positions[:RECENT]))
    sees = access.can(actor, "ledger.read", WORKSPACE, asof) is None
    return {
        "activity": shown(chosen, {}, linked=sees),
        "record_url": reverse("ledger") if sees else "",
        "ledger": foot(positions[0], asof, linked=sees) if positions else None,
    }


def foot(position: int, asof: AsOf, *, linked: bool) -> Shown:
    url = reverse("ledger_entry", args=[position]) if linked else ""
    return {"position": position, "size": asof.known_at, "verified": False, "url": url}


def shown(
    entries: Sequence[Entry],
    quotes: Mapping[int, str],
    *,
    linked: bool,
    known: Mapping[str, str] | None = None,
    objects: Mapping[int, str] | None = None,
) -> list[Shown]:
    """`known` are names that the page has read already, `objects` what an act was about, by position."""
    about = objects or {}
    read = [(row.position, rules.read(bytes(row.exact))) for row in entries]
    names = dict(known or {})
    missing = {said.actor for _position, said in read} - names.keys()
    if missing:
        names.update(people.names(missing))
    return [
        {
            "function": function_of(said),
            "who": names.get(said.actor, ""),
            "text": words.act(said, here=objects is not None) + (f": {about[position]}" if position in about else ""),
            "quote": quotes.get(position, ""),
            "at": said.at,
            "url": reverse("ledger_entry", args=[position]) if linked else "",
        }
        for position, said in read
    ]


def function_of(said: rules.Entry) -> str:
    """The hue of whoever acted: the function they spoke for, a robot, or the machine."""
    if "function" in said.predicate:
        return str(said.predicate["function"])
    noun = noun_of(said.actor)
    return {"robot": "robot", "operator": "system"}.get(noun, "")
