"""Policies that say that they tighten or loosen what stands above them, and do so no more since that changed.

Nothing is loosened by it: what stands above is asked in any case. It is told, so that whoever owns the narrower policy
puts a text in its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from consilience.domains.inventory.models import System
from consilience.domains.policy import layers, queries
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.scope import Bound
from consilience.kit.errors import Refusal
from consilience.kit.records.models import AsOf


@dataclass(frozen=True)
class Broken:
    """A policy that could not be published today by what stands above it, and why."""

    policy: str
    why: Refusal


def no_longer_kept(changed: Policy, asof: AsOf) -> list[Broken]:
    """The policies, this one among them, that would not keep to what is above with this text in the library."""
    published = {row.slug: queries.loaded(row) for row in queries.library(asof)}
    published[changed.slug] = changed
    found = []
    for slug, one in sorted(published.items()):
        named = _named(one)
        if slug != changed.slug and not any(name.startswith(f"{changed.slug}/") for name in named):
            continue
        others = [each for other, each in published.items() if other != slug]
        why = layers.check_layers(one, others, _bound(one, asof)) if named else None
        if why is not None:
            found.append(Broken(slug, why))
    return found


def _named(policy: Policy) -> list[str]:
    """The requirements above that a policy names, as policy/requirement."""
    tightened = [one.tightens for one in policy.requirements if one.tightens is not None]
    return [*tightened, *(one.requirement for one in policy.loosens)]


def _bound(policy: Policy, asof: AsOf) -> Bound | None:
    row = System.objects.as_of(asof).filter(slug=policy.scope.system).first() if policy.scope.system else None
    return Bound.of(row.body) if row else None
