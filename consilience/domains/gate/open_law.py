"""Which obligations are open for a release now, and since when this is told: what `open_obligations` decides, asked here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from consilience.domains.gate import coverage, open_obligations
from consilience.domains.gate.open_obligations import Finding
from consilience.domains.gate.queries import Assessment
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.policy import rules as policy_rules
from consilience.domains.policy.models import ObligationPack
from consilience.domains.policy.obligations import queries as packs
from consilience.domains.policy.obligations.pack import Day
from consilience.domains.policy.obligations.rules import State, lines
from consilience.domains.policy.obligations.terms import InUse, bound
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
    SYSTEM = "system"
    """What is registered of the system became something to which it applies."""
    ANSWER = "answer"
    """What the requirements that cite it came to."""


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


def causes(came: Sequence[Finding], release: ReleaseOf, since: AsOf) -> dict[str, Cause]:
    """By obligation, why each of these is open for a release now and was not, or not so, at `since`.

    1. Its day came in between.
    2. By what was registered of the system then it would not apply; or nobody could have told.
    3. Its pack was adopted since, or put on other terms.
    4. Else the requirements that cite it came to something else.
    """
    if not came:
        return {}
    until = release.asof
    before, now = coverage.present_day(since), coverage.present_day(until)
    applied = _applying(release, since)
    spoken = ObligationPack.objects.filter(position__gte=since.known_at, position__lt=until.known_at)
    packs_moved = set(spoken.values_list("slug", flat=True))
    found = {}
    for one in came:
        if one.since is not None and before < one.since <= now:
            found[one.obligation] = Cause.LAW
        elif _as_little(one) not in applied.get(one.name, ()):
            found[one.obligation] = Cause.SYSTEM
        else:
            found[one.obligation] = Cause.PACK if one.pack in packs_moved else Cause.ANSWER
    return found


def _as_little(one: Finding) -> bool | None:
    """What is known of whether it applies: that it does, or nothing."""
    return None if one.state is State.UNKNOWN else True


def _applying(release: ReleaseOf, since: AsOf) -> dict[tuple[str, str], frozenset[bool | None]]:
    """By (pack, obligation), whether each reading of today's law would apply by the registration of back then."""
    system, used = inventory.system_by_urn(release.system.urn, since), release.once(_used)
    listed = lines(bound(used, system.urn), coverage.facts_of(system), coverage.present_day(release.asof), {})
    return {
        (one.obligation.pack, one.obligation.id): frozenset(each.applies.known for each in one.consequences)
        for one in listed
    }


def beginnings(listed: Iterable[Finding], *, after: Instant, until: Instant) -> list[Instant]:
    """The moments between two at which the days of these obligations began, where the workspace is."""
    zone = ZoneInfo(ledger.zone())
    days = {one.since for one in listed if one.since is not None}
    moments = {begins(day, zone) for day in days}
    return sorted(at for at in moments if after < at < until)


def begins(day: Day, zone: ZoneInfo) -> Instant:
    year, month, of = (int(part) for part in day.split("-"))
    return instant(datetime(year, month, of, tzinfo=zone))
