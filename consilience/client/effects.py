"""What a change of policy does; how live releases stand; what one was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from consilience.client.calls import Calls, Json
from consilience.client.places import part

SLICE = 500


class Effects(Calls):
    """Questions about policies that are not in force yet, and about releases that are live."""

    def policy_effect(
        self,
        old: Json,
        new: Json,
        *,
        since: str | None = None,
        at: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Json:
        """What flips between two sets of policies, over every stored decision (since a moment) and every live release.

        A set is one of `{"policy": "fair-treatment@2"}`, `{"proposal": URN}`, `{"text": YAML}`, `{"library_at": "now"}`
        (or a date), or `{}` for none. Decisions are replayed in slices; `progress` is told how many of how many are done.
        """
        asked: dict[str, Any] = {"old": old, "new": new, "since": since, "at": at, "limit": SLICE}
        found = self._json(self.post("/policies/effect", asked))
        while found["next"] is not None:
            if progress:
                progress(found["next"], found["total"])
            asked |= {"offset": found["next"], "known_at": found["known_at"]}
            found = _joined(found, self._json(self.post("/policies/effect", asked)))
        return found

    def standings(self, *, system: str | None = None) -> list[Json]:
        """The live releases and how each stands."""
        return list(self.listed("/standings", **({"system": system} if system else {})))

    def backlog(self, *, system: str | None = None) -> list[Json]:
        """What was live before the gate, with the day until which each may wait for it."""
        return list(self.listed("/backlog", **({"system": system} if system else {})))

    def grandfather(
        self, *, until: str, reason: str, versions: Sequence[str] | None = None, system: str | None = None
    ) -> Json:
        """Let what was live before the gate wait until a day: these versions, or (None) all without a day."""
        named = None if versions is None else list(versions)
        return self._json(
            self.post("/backlog", {"until": until, "reason": reason, "versions": named, "system": system})
        )

    def standing(self, system: str, version: str, stage: str) -> Json:
        """How a release stands, and how that changed."""
        return self._json(self.get(f"/releases/{part(system)}/{part(version)}/{part(stage)}/standing"))

    def notices(self, *, unread: bool = False) -> list[Json]:
        """What you were told of changes of standing, newest first."""
        return list(self.listed("/notices", unread=unread))

    def read_notices(self, notices: Sequence[int] | None = None) -> Json:
        """Mark these notices of yours, or all of them, as read."""
        return self._json(self.post("/notices/read", {"notices": None if notices is None else list(notices)}))


def _joined(one: Json, more: Json) -> Json:
    counts = {name: value + more["counts"][name] for name, value in one["counts"].items()}
    functions = {each["function"]: dict(each) for each in one["functions"]}
    for each in more["functions"]:
        known = functions.setdefault(each["function"], {**each, "flips": 0})
        known["flips"] += each["flips"]
    cases = [*one["cases"], *more["cases"]]
    return {**one, "cases": cases, "counts": counts, "functions": list(functions.values()), "next": more["next"]}
