"""What one system is asked before a change of policies and after it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from consilience.domains.gate.policy_sets import Change
from consilience.domains.policy.layers import Layer, SetAside, set_aside
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.scope import Bound


@dataclass(frozen=True)
class Sides:
    """What one system is asked before and after: what both sides ask alike, then what may differ, with what is set aside."""

    shared: Sequence[Requirement]
    asked: tuple[Sequence[Requirement], Sequence[Requirement]]
    aside: tuple[Mapping[str, SetAside], Mapping[str, SetAside]]

    def all(self, side: int) -> list[Requirement]:
        """Everything that is asked before (0) or after (1)."""
        return [*self.shared, *self.asked[side]]

    @classmethod
    def of(cls, base: Iterable[Requirement], unchanged: Sequence[Layer], difference: Change, system: Bound) -> Sides:
        """`base` are the requirements of the policies that do not differ, and `unchanged` those policies."""
        within = difference.within(system)
        before, after = (
            set_aside([*unchanged, *side.values()], system) for side in (within.layers_before, within.layers_after)
        )
        moved = before.keys() | after.keys()
        listed = list(base)
        own = [one for one in listed if one.name in moved]
        asked = (chain.from_iterable(side.values()) for side in (within.before, within.after))
        first, second = ([*own, *side] for side in asked)
        return cls([one for one in listed if one.name not in moved], (first, second), (before, after))
