"""Finding entries: by act, actor, time, and by what they wrote. Every page costs what the first does, however long the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from consilience.domains.ledger.models import Entry
from consilience.kit.clock import Instant, shift

FEW, SOME = 2_000, 100_000
"""So many of the newest entries are looked up by their positions first; so many are read as a list; of more, each row is asked whether its entry fits."""
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
    if _is_open(wanted):
        return _at(_written(wanted.wrote, Q(position__lt=before), limit))
    newest_few = list(entries.order_by("-position").values_list("position", flat=True)[: FEW + 1])
    if not newest_few:
        return []
    lowest = newest_few[:FEW][-1]
    # Asked for again as a subquery: thousands of numbers as parameters cost more than reading them from an index.
    among = entries.filter(position__gte=lowest).values("position")
    found = _written(wanted.wrote, Q(position__gte=lowest, position__lt=before, position__in=among), limit)
    if len(newest_few) <= FEW or len(found) == limit:  # all there are, or the newest of them hold a page
        return _at(found)
    return _at(_written(wanted.wrote, Q(position__lt=before) & _condition(entries), limit))


def _is_open(wanted: Wanted) -> bool:
    return not wanted.verb and wanted.actors is None and wanted.since is None and wanted.until is None


def _written(wrote: Sequence[QuerySet[Any]], fits: Q, limit: int) -> list[int]:
    """The newest positions of rows that fit."""
    # Each table gives its newest few: no list of everything that was ever written about a thing is made.
    found: set[int] = set()
    for rows in wrote:
        found.update(_few(rows.filter(fits).order_by("-position"), limit))
    return sorted(found, reverse=True)[:limit]


def _at(places: Sequence[int]) -> list[Entry]:
    return list(Entry.objects.filter(position__in=places).order_by("-position"))


def _condition(entries: QuerySet[Entry]) -> Q:
    """What a row has to fulfil so that its entry is one of these: read once for each table, or asked of each row."""
    if entries.values("position")[: SOME + 1].count() <= SOME:
        return Q(position__in=entries.values("position"))  # from an index
    return Q(Exists(entries.filter(position=OuterRef("position"))))


def _few(rows: QuerySet[Any], limit: int) -> list[int]:
    """The newest positions of these rows, each once. An act that wrote many of them stands in many rows."""
    listed: list[int] = []
    while len(listed) < limit:
        known = rows.filter(position__lt=listed[-1]) if listed else rows
        more = list(known.values_list("position", flat=True)[: 4 * limit])
        listed += dict.fromkeys(more)
        if len(more) < 4 * limit:
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
