"""The risk tier of a system at a moment, by the tables in force then; and when it last changed, and by what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from consilience.domains.inventory.models import System
from consilience.domains.ledger import queries as ledger
from consilience.domains.policy import queries as policy
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.models import Policy
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.tables.ask import Answer, ask, ask_values, given_value
from consilience.domains.policy.tables.table import Table
from consilience.domains.policy.tables.tiering import Tier, tier_of
from consilience.domains.release.queries import ReleaseOf, system_facts
from consilience.kit.clock import Instant
from consilience.kit.records.models import AsOf


@dataclass(frozen=True)
class Moved:
    """A fact of the system that is not what it was."""

    fact: str
    was: Any
    now: Any


@dataclass(frozen=True)
class TierChange:
    """A tier became another one: what it was, what it is, the facts of the system that moved, and whether tables did."""

    was: str | None
    now: str | None
    moved: tuple[Moved, ...]
    tables: bool
    at: Instant | None = None


def facts(release: ReleaseOf) -> dict[str, Any]:
    """The fact `tier` of a release's system."""
    return {"tier": _tier(release.system, release.asof, release.once(in_force)).fact()}


def in_force(release: ReleaseOf) -> list[policy.InForce]:
    """The policies in force at the release's moment; asked through `release.once`, since facts and outcomes both need them."""
    return policy.in_force(release.asof)


def tier(system: System, asof: AsOf) -> Tier:
    """The tier of a system, release or none, by the policies in force."""
    return _tier(system, asof, policy.in_force(asof))


def tiers(systems: Iterable[System], asof: AsOf) -> dict[str, Tier]:
    """The tier of each system, by URN; the policies are read once for all of them."""
    policies, schema = [one.loaded for one in policy.in_force(asof)], policy.schema(asof)
    return {one.urn: tier_of(policies, _bound(system_facts(one), schema, asof.valid_at)) for one in systems}


def asked(table: Table, system: System, asof: AsOf, *, replaced: Mapping[int, Any]) -> Answer:
    """What any table says of a system, with the values of some inputs (by number) replaced: a what-if."""
    facts = _bound(system_facts(system), policy.schema(asof), asof.valid_at)
    own = ask(table, facts).given
    given = [given_value(table, at, replaced[at]) if at in replaced else one for at, one in enumerate(own)]
    return ask_values(table, given)


def under(collected: Mapping[str, Any], policies: Iterable[Loaded], schema: Schema, at: Instant) -> dict[str, Any]:
    """A fact document with the tier that other policies give the same system."""
    found = tier_of([one for one in policies if one.scope.whole], _bound(collected["system"], schema, at))
    return {**collected, "tier": found.fact()}


def since(before: Mapping[str, Any], now: Mapping[str, Any]) -> TierChange | None:
    """How the tier changed between two fact documents of one system; None where it did not.

    A document from before there were tables has the stated tier only.
    """
    was, here = _level(before), _level(now)
    if was == here:
        return None
    tables = before.get("tier", {}).get("table") != now.get("tier", {}).get("table")
    return TierChange(was, here, _moved(before["system"], now["system"]), tables)


def last_change(system: System, asof: AsOf) -> TierChange | None:
    """The last time that the tier of a system changed: as it was known then, whatever was corrected since."""
    seen = [(moment, _then(system.urn, moment)) for moment in _moments(system, asof)]
    known = [(moment, row) for moment, row in seen if row is not None]
    for (before, first), (after, second) in reversed(list(pairwise(known))):
        was, here = tier(first, before), tier(second, after)
        if was.level != here.level:
            moved = _moved(system_facts(first), system_facts(second))
            return TierChange(was.level, here.level, moved, _named(was) != _named(here) or not moved, after.valid_at)
    return None


def _tier(system: System, asof: AsOf, policies: Iterable[policy.InForce]) -> Tier:
    loaded = [one.loaded for one in policies if one.loaded.scope.whole]
    return tier_of(loaded, _bound(system_facts(system), policy.schema(asof), asof.valid_at))


def _bound(system: Mapping[str, Any], schema: Schema, at: Instant) -> Any:
    return bind({"system": dict(system), "now": at}, schema)


def _level(document: Mapping[str, Any]) -> str | None:
    if "tier" in document:
        level: str | None = document["tier"]["level"]
        return level
    stated: str | None = document["system"]["tier"]
    return stated


def _named(of: Tier) -> str | None:
    return of.decided.name if of.decided else None


def _moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Moved, ...]:
    names = [name for name in now if name in _ASKED] + [name for name in before if name in _ASKED and name not in now]
    return tuple(Moved(name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name))


_ASKED = (
    "use", "purpose", "autonomy", "people_affected", "data_categories", "jurisdictions", "audience", "affected_groups",
    "line_of_business", "tier",
)  # fmt: skip
"""Facts of a system that a tier may follow from."""


def _moments(system: System, asof: AsOf) -> list[AsOf]:
    """When something was recorded or came into force that a tier may rest on."""
    rows = [*System.objects.filter(urn=system.urn, position__lt=asof.known_at), *_with_tables(asof)]
    entered = {row.position: Instant(ledger.entry(row.position).at) for row in rows}
    found: set[tuple[Instant, int]] = set()
    for row in rows:
        begins = max(entered[row.position], Instant(row.valid_from))
        if begins > asof.valid_at:
            continue
        known = 1 + max(position for position, at in entered.items() if at <= begins)
        found.add((begins, known))
    return [AsOf(begins, known) for begins, known in sorted(found)]


def _with_tables(asof: AsOf) -> list[Policy]:
    """Versions of every policy that has ever had a table that decides a tier."""
    rows = list(Policy.objects.filter(position__lt=asof.known_at))
    slugs = {row.slug for row in rows if "decides:" in row.body["text"]}
    return [row for row in rows if row.slug in slugs]


def _then(urn: str, asof: AsOf) -> System | None:
    return System.objects.as_of(asof).filter(urn=urn).first()
