"""Starter sets: policies that belong together, proposed at once."""

from __future__ import annotations

from consilience.client.calls import Calls, Json
from consilience.client.places import part


class StarterSets(Calls):
    """Sets of policies for a use, such as hiring."""

    def starter_sets(self) -> Json:
        return self._json(self.get("/starter-sets"))

    def starter_set(self, name: str) -> Json:
        """A set with the text of each policy, and what of it the library has already."""
        return self._json(self.get(f"/starter-sets/{part(name)}"))

    def worked_systems(self, name: str) -> Json:
        """The set at work: a system that passes every stage and one that is refused, in sentences."""
        return self._json(self.get(f"/starter-sets/{part(name)}/worked"))

    def propose_starter_set(self, name: str) -> Json:
        """Propose what is missing of a set; says of every policy what came of it."""
        return self._json(self.post(f"/starter-sets/{part(name)}/propose"))
