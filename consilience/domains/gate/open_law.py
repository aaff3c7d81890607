"""Which obligations are open for a release now, and since when this is told: what `open_obligations` decides, asked here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

Law = tuple[Sequence[InUse], Day]
"""Packs with their terms, and a day of the law."""


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
    used = found.release.once(_used)
    if not used:
        return ()
    (listed,) = open_under(found, [(used, coverage.present_day(found.release.asof))])
    return listed


def open_under(found: Assessment, laws: Iterable[Law]) -> list[tuple[Finding, ...]]:
    """The same for each of these states of the law, with all else as the assessment has it."""
    release = found.release
    asked = [one for each in found.policies for one in each.loaded.requirements]
    cited = open_obligations.cited_for(policy_rules.in_force(asked, release.asof.valid_at), found.outcomes)
    facts = coverage.facts_of(release.system)
    return [open_obligations.findings(used, release.system.urn, facts, day, cited) for used, day in laws]


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
