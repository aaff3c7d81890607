"""Sets of policies that are held against each other: the library at a moment, one version, a proposal, a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from consilience.domains.policy import queries as policy
from consilience.domains.policy import rules as policy_rules
from consilience.domains.policy.changes import TextChange, differences
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.layers import Layer
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.scope import Bound
from consilience.domains.policy.tables.table import TIER
from consilience.kit.clock import Instant
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf

Asked = tuple[Requirement, ...]


@dataclass(frozen=True)
class PolicySet:
    """Policies by name, and the moment at which the dates of their requirements are asked.

    `whole` sets are the library: what is not in one is not in force. Others speak of the policies in them alone.
    """

    name: str
    policies: Mapping[str, policy.InForce]
    at: Instant
    whole: bool = False


def library(asof: AsOf, at: Instant | None = None) -> PolicySet:
    """The policies in force now, or those that will be in force at a moment, as far as they are published."""
    moment = at or asof.valid_at
    found = policy.in_force(AsOf(moment, asof.known_at))
    return PolicySet("library", {one.slug: one for one in found}, moment, whole=True)


def alone(one: policy.InForce | None, at: Instant, name: str = "") -> PolicySet:
    """One policy by itself; None where there is none, so that all it asks is new."""
    return PolicySet(name or (one.slug if one else ""), {one.slug: one} if one else {}, at)


def version(reference: str, asof: AsOf) -> policy.InForce:
    """The policy that `fair-treatment` (as it is in force, else as it will be) or `fair-treatment@2` names."""
    slug, sign, number = reference.partition("@")
    if not sign:
        in_force = [row for row in policy.rows_in_force(asof) if row.slug == slug]
        return policy.as_asked(in_force[0] if in_force else policy.policy(slug, asof))
    for row in policy.history(slug):
        if str(row.version) == number and row.position < asof.known_at:
            return policy.as_asked(row)
    raise NotFound("policy", reference)


def proposed(urn: str, asof: AsOf) -> policy.InForce:
    """A proposal, as it would be asked."""
    return policy.draft(policy.proposal(urn, asof).body["text"], asof)


@dataclass(frozen=True)
class Change:
    """What is asked before and after, by the policies that differ; all others are asked as they were.

    `tiered_before` and `tiered_after` are those of them whose tables decide the risk tier.
    """

    before: Mapping[str, Asked]
    after: Mapping[str, Asked]
    tiered_before: tuple[Loaded, ...] = ()
    tiered_after: tuple[Loaded, ...] = ()
    layers_before: Mapping[str, Layer] = field(default_factory=dict)
    layers_after: Mapping[str, Layer] = field(default_factory=dict)
    """The policies that differ, whole, by name: whom they bind, and what they set aside."""

    @property
    def tiers(self) -> bool:
        """Whether systems may get another tier, so that the fact itself differs on the two sides."""
        return bool(self.tiered_before or self.tiered_after)

    def within(self, system: Bound) -> Change:
        """The same of the policies that bind a system."""
        before, after = (
            {slug: tuple(one for one in asked if one.scope.covers(system)) for slug, asked in side.items()}
            for side in (self.before, self.after)
        )
        layers_before, layers_after = (
            {slug: one for slug, one in side.items() if one.policy.scope.covers(system)}
            for side in (self.layers_before, self.layers_after)
        )
        return Change(before, after, self.tiered_before, self.tiered_after, layers_before, layers_after)

    @property
    def slugs(self) -> frozenset[str]:
        return frozenset(self.before) | frozenset(self.after)

    @property
    def schemas(self) -> list[Schema]:
        asked = [one for each in (*self.before.values(), *self.after.values()) for one in each]
        tiered = (*self.tiered_before, *self.tiered_after)
        schemas = [*(one.satisfied_if.schema for one in asked), *(one.schema for one in tiered)]
        return list({schema.digest: schema for schema in schemas}.values())


def change(old: PolicySet, new: PolicySet) -> Change:
    """The policies that say something else in the new set than in the old one."""
    before: dict[str, Asked] = {}
    after: dict[str, Asked] = {}
    layers: tuple[dict[str, Layer], dict[str, Layer]] = ({}, {})
    for slug in old.policies.keys() | new.policies.keys():
        was, now = old.policies.get(slug), new.policies.get(slug)
        asked, asks = _asked(was, old.at), _asked(now, new.at)
        same_text = was is not None and now is not None and was.text == now.text
        if not same_text or [one.id for one in asked] != [one.id for one in asks]:
            before[slug], after[slug] = asked, asks
            for one, side in zip((was, now), layers, strict=True):
                if one is not None:
                    side[slug] = one.layer
    return Change(before, after, _tiered(old, before), _tiered(new, after), *layers)


def _tiered(of: PolicySet, differing: Mapping[str, Asked]) -> tuple[Loaded, ...]:
    loaded = [of.policies[slug].loaded for slug in sorted(differing) if slug in of.policies]
    return tuple(one for one in loaded if any(table.decides == TIER for table in one.tables))


def _asked(one: policy.InForce | None, at: Instant) -> Asked:
    return policy_rules.in_force(one.loaded.requirements, at) if one else ()


def not_yet(asked: PolicySet) -> list[Requirement]:
    """Requirements of a set that are not in force at its moment, since their dates say so."""
    return [
        one for each in asked.policies.values() for one in each.loaded.requirements if not one.effective.holds(asked.at)
    ]


def text_changes(old: PolicySet, new: PolicySet) -> list[TextChange]:
    """What the two sets say otherwise, policy by policy."""
    found: list[TextChange] = []
    for slug in sorted(old.policies.keys() | new.policies.keys()):
        was, now = old.policies.get(slug), new.policies.get(slug)
        if was is None or now is None or was.text != now.text:
            found += differences(was.loaded if was else None, now.loaded if now else None)
    return found
