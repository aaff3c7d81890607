"""Finding entries: by act, actor, time, and by what they wrote. Every page costs what the first does, however long the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from consilience.domains.ledger.models import Entry
from consilience.kit.clock import Instant, shift

FEW, SOME = 2_000, 100_000
"""So many entries are looked up by their positions, or read as a list of them; of more, each row is asked whether its entry fits."""
PREPARED_MINUTES = 15
"""How far the time of a signed entry may lie before that of the entry before it: it was prepared, then signed."""


@dataclass(frozen=True)
class Wanted:
    """What to look for. `wrote` are rows of record tables: entries that wrote one of them are wanted; None for all."""

    verb: str = ""
    actors: Sequence[str] | None = None
    since: Instant | None = None
    until: Instant | None = None
    wrote: Sequence[QuerySet[Any]] | None = None


def newest(wanted: Wanted, *, before: int, limit: int) -> list[Entry]:
    """The newest entries below position `before` that fit, newest first."""
    entries = _fitting(wanted, before)
    if wanted.wrote is None:
        return list(entries.order_by("-position")[:limit])
    fits = _condition(wanted, entries)
    # Each table gives its newest few: no list of everything that was ever written about a thing is made.
    found: set[int] = set()
    for rows in wanted.wrote:
        found.update(_few(rows.filter(fits, position__lt=before).order_by("-position"), limit))
    places = sorted(found, reverse=True)[:limit]
    return list(Entry.objects.filter(position__in=places).order_by("-position"))


def _condition(wanted: Wanted, entries: QuerySet[Entry]) -> Q | Exists:
    """What a row has to fulfil so that its entry fits, too: read from the few entries that do, or asked of each row."""
    if not wanted.verb and wanted.actors is None and wanted.since is None and wanted.until is None:
        return Q()
    few = list(entries.values_list("position", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return Q(position__in=few)
    if entries.values("position")[: SOME + 1].count() <= SOME:
        return Q(position__in=entries.values("position"))  # read once for each table, from an index
    return Exists(entries.filter(position=OuterRef("position")))


def _few(rows: QuerySet[Any], limit: int) -> list[int]:
    """The newest positions of these rows, each once. An act that wrote many of them stands in many rows."""
    listed: list[int] = []
    while len(listed) < limit:
        known = rows.filter(position__lt=listed[-1]) if listed else rows
        more = list(dict.fromkeys(known.values_list("position", flat=True)[: 4 * limit]))
        listed += more
        if not more:
            break
    return listed[:limit]


def _fitting(wanted: Wanted, before: int) -> QuerySet[Entry]:
    rows = Entry.objects.filter(position__lt=before)
    if wanted.verb:
        rows = rows.filter(verb=wanted.verb)
    if wanted.actors is not None:
        rows = rows.filter(actor__in=list(wanted.actors))
    if wanted.since is not None:
        rows = rows.filter(position__gte=_first(shift(wanted.since, minutes=-PREPARED_MINUTES)), at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(position__lt=_first(shift(wanted.until, minutes=PREPARED_MINUTES)), at__lt=wanted.until)
    return rows


def _first(at: Instant) -> int:
    """The position of the first entry of this time or later; times hardly ever decrease along the log, so it bounds a search."""
    found = Entry.objects.filter(at__gte=at).order_by("at", "position").values_list("position", flat=True).first()
    return found if found is not None else 2**62
