"""Starter sets: policies that belong together, proposed at once."""

from __future__ import annotations

from consilience.client.calls import Calls, Json
from consilience.client.places import part


class StarterSets(Calls):
    """Sets of policies for a use, such as hiring."""

    def starter_sets(self) -> list[Json]:
        found: list[Json] = self.get("/starter-sets")
        return found

    def starter_set(self, name: str) -> Json:
        """A set with the text of each policy, and what of it the library has already."""
        return self._json(self.get(f"/starter-sets/{part(name)}"))

    def worked_systems(self, name: str) -> list[Json]:
        """The set at work: a system that passes every stage and one that is refused, in sentences."""
        found: list[Json] = self.get(f"/starter-sets/{part(name)}/worked")
        return found

    def propose_starter_set(self, name: str) -> list[Json]:
        """Propose what is missing of a set; says of every policy what came of it."""
        made: list[Json] = self.post(f"/starter-sets/{part(name)}/propose")
        return made
