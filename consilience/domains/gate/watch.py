"""What has to be looked at: the ledger from a cursor on, and releases that time alone asks for."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Min

from consilience.domains.gate import standing
from consilience.domains.gate.models import Cursor, Decision, Looked
from consilience.domains.gate.queries import Assessment
from consilience.domains.gate.standing import Reach
from consilience.domains.ledger import log
from consilience.domains.ledger import queries as ledger
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.domains.review.models import SignOff, Waiver
from consilience.kit.clock import Instant
from consilience.kit.records.models import AsOf
from consilience.kit.records.registry import record_models

CURSOR = "standing"


def cursor() -> int:
    row = Cursor.objects.filter(name=CURSOR).first()
    return row.position if row else 0


def touched(rows: Sequence[Release], asof: AsOf, *, since: int) -> set[str]:
    """URNs of the live releases whose facts the entries from `since` on may have changed."""
    reached = _reached(asof, since)
    if Reach.ALL in reached:
        return {row.urn for row in rows}
    found: set[str] = set()
    if Reach.SYSTEM in reached:
        spoken = {
            system
            for said in (SignOff, Waiver, Decision)
            for system in said.objects.filter(position__gte=since, position__lt=asof.known_at).values_list(
                "system", flat=True
            )
        }
        found |= {row.urn for row in rows if row.system in spoken}
    if Reach.ITEMS in reached:
        written = releases.newest_changes(rows, asof)
        found |= {row.urn for row in rows if written[row.urn] >= since}
    return found


def _reached(asof: AsOf, since: int) -> set[Reach]:
    """How far the entries from a position on reach."""
    entries = ledger.entries().filter(position__gte=since, position__lt=asof.known_at)
    return {standing.reach(verb) for verb in set(entries.values_list("verb", flat=True))}


def due_now(rows: Sequence[Release], at: Instant) -> dict[str, Instant | None]:
    """Live releases that time alone asks for, with the moment that did; None for one that was never looked at."""
    last = dict(Looked.objects.filter(release__in=[row.urn for row in rows]).values_list("release", "due_at"))
    return {
        row.urn: Instant(last[row.urn]) if row.urn in last else None
        for row in rows
        if row.urn not in last or last[row.urn] <= at
    }


def next_due() -> Instant | None:
    """When the first live release has to be looked at again."""
    found = Looked.objects.aggregate(first=Min("due_at"))["first"]
    return Instant(found) if found else None


def out_of_date(rows: Sequence[Release], asof: AsOf) -> set[str]:
    """Those of these live releases of which the record may not be what stands: touched since the last look, or due."""
    return touched(rows, asof, since=cursor()) | due_now(rows, asof.valid_at).keys()


def anything_to_do(at: Instant) -> bool:
    """Whether a look at the releases can find anything: something was recorded, or some release is due."""
    first = next_due()
    return cursor() < log.size() or (first is not None and first <= at)


def due(found: Assessment | None, asof: AsOf, boundaries: Sequence[Instant]) -> Instant:
    """When this release has to be looked at again though nothing is recorded: within a day in any case."""
    daily = standing.next_day(asof.valid_at, ledger.zone())
    if found is None:
        return daily
    requirements = [one for each in found.policies for one in each.loaded.requirements]
    first = standing.next_instant(found.facts, requirements, boundaries, after=asof.valid_at)
    return min(daily, first or daily)


def boundaries(asof: AsOf) -> list[Instant]:
    """For each noun the next moment at which something begins that is recorded already: a policy, a correction."""
    found = []
    for model in record_models():
        ahead = model._default_manager.filter(valid_from__gt=asof.valid_at, position__lt=asof.known_at)
        first = ahead.aggregate(first=Min("valid_from"))["first"]
        if first is not None:
            found.append(Instant(first))
    return found
