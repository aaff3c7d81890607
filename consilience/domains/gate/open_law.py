"""Which obligations are open for a release now, and since when this is told: what `open_obligations` decides, asked here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from consilience.domains.gate import coverage, open_obligations
from consilience.domains.gate.open_obligations import Finding
from consilience.domains.gate.queries import Assessment
from consilience.domains.ledger import queries as ledger
from consilience.domains.policy import rules as policy_rules
from consilience.domains.policy.models import ObligationPack
from consilience.domains.policy.obligations import queries as packs
from consilience.domains.policy.obligations.pack import Day
from consilience.domains.policy.obligations.terms import InUse
from consilience.domains.release.queries import ReleaseOf
from consilience.kit.clock import Instant, instant
from consilience.kit.records.models import AsOf


class Cause(StrEnum):
    """Why an obligation is open that was not, or in another way."""

    LAW = "law"
    """Its day came."""
    PACK = "pack"
    """A pack was adopted, or put in use on other terms."""
    ANSWER = "answer"
    """What the requirements that cite it came to, or the registration of the system."""


def open_for(found: Assessment) -> tuple[Finding, ...]:
    """The obligations that are open for a release at the moment of its assessment."""
    release = found.release
    used = release.once(_used)
    if not used:
        return ()
    asked = [one for each in found.policies for one in each.loaded.requirements]
    in_force = policy_rules.in_force(asked, release.asof.valid_at)
    day, facts = coverage.present_day(release.asof), coverage.facts_of(release.system)
    cited = open_obligations.cited_for(in_force, found.outcomes)
    return open_obligations.findings(used, release.system.urn, facts, day, cited)


def _used(release: ReleaseOf) -> list[InUse]:
    return packs.in_use(release.asof)


def cause(one: Finding, *, since: AsOf, until: AsOf) -> Cause:
    """Why it is open at `until` and was not, or not so, at `since`."""
    before, now = coverage.present_day(since), coverage.present_day(until)
    if one.since is not None and before < one.since <= now:
        return Cause.LAW
    spoken = ObligationPack.objects.filter(slug=one.pack, position__gte=since.known_at, position__lt=until.known_at)
    return Cause.PACK if spoken.exists() else Cause.ANSWER


def beginnings(listed: Iterable[Finding], *, after: Instant, until: Instant) -> list[Instant]:
    """The moments between two at which the days of these obligations began, where the workspace is."""
    zone = ZoneInfo(ledger.zone())
    days = {one.since for one in listed if one.since is not None}
    moments = {begins(day, zone) for day in days}
    return sorted(at for at in moments if after < at < until)


def begins(day: Day, zone: ZoneInfo) -> Instant:
    year, month, of = (int(part) for part in day.split("-"))
    return instant(datetime(year, month, of, tzinfo=zone))
