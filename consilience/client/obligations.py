"""Packs of obligations: adopting them, and how systems stand towards what the law asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from consilience.client.calls import Calls, Json, given
from consilience.client.places import part


class Obligations(Calls):
    """What the law asks, on a day of the law; any day but today is a what-if."""

    def obligation_packs(self) -> Iterator[Json]:
        """Every pack that is shipped or in use."""
        return self.listed("/obligation-packs")

    def obligation_pack(self, pack: str) -> Json:
        """One pack with its text, obligations, clocks and history."""
        return self._json(self.get(f"/obligation-packs/{part(pack)}"))

    def adopt_pack(self, pack: str, *, roles: Sequence[str] | None = None) -> Json:
        """Adopt a shipped pack, or its newer edition; `roles` are those in which the organisation is bound."""
        return self._json(self.post(f"/obligation-packs/{part(pack)}/adopt", _roles(roles)))

    def propose_pack(self, text: str) -> Json:
        """Put a pack of one's own forward, as YAML. Another person adopts it."""
        return self._json(self.post("/obligation-packs/proposals", {"text": text}))

    def adopt_proposed_pack(self, proposal: str, *, roles: Sequence[str] | None = None) -> Json:
        return self._json(self.post(f"/obligation-packs/proposals/{part(proposal)}/adopt", _roles(roles)))

    def drop_pack(self, pack: str, reason: str) -> Json:
        """Take a pack out of use."""
        return self._json(self.post(f"/obligation-packs/{part(pack)}/drop", {"reason": reason}))

    def pack_terms(
        self,
        pack: str,
        *,
        roles: Sequence[str] | None = None,
        systems: Mapping[str, Sequence[str] | None] | None = None,
        when_open: str | None = None,
    ) -> Json:
        """Put a pack in use on other terms: its roles, those over single systems (None: the pack's again), and what an open
        obligation means for a live release: "silent", "warn", "block" or "by_law"."""
        said = {name: None if one is None else list(one) for name, one in (systems or {}).items()}
        body = {**_roles(roles), "systems": said, **given({"when_open": when_open})}
        return self._json(self.post(f"/obligation-packs/{part(pack)}/terms", body))

    def pack_impact(self, pack: str, *, as_of: str | None = None, when_open: str | None = None) -> Json:
        """What adopting the shipped edition would change; `when_open` as if an open obligation of it meant that."""
        asked = given({"as_of": as_of, "when_open": when_open})
        return self._json(self.get(f"/obligation-packs/{part(pack)}/impact", **asked))

    def text_impact(
        self, text: str, *, roles: Sequence[str] | None = None, as_of: str | None = None, when_open: str | None = None
    ) -> Json:
        """What a text of one's own would change. Nothing is recorded."""
        body = {"text": text, **_roles(roles), **given({"as_of": as_of, "when_open": when_open})}
        return self._json(self.post("/obligation-packs/impact", body))

    def obligations(self, *, pack: str | None = None, as_of: str | None = None) -> Iterator[Json]:
        """The obligations of the packs in use, as the law of a day had them."""
        return self.listed("/obligations", **given({"pack": pack, "as_of": as_of}))

    def obligation(self, name: str, *, as_of: str | None = None) -> Json:
        """One obligation with its history, by its id or another of its names."""
        return self._json(self.get(f"/obligations/{part(name)}", **given({"as_of": as_of})))

    def obligation_changes(self, since: str, until: str | None = None) -> list[Json]:
        """What the law itself changed for each system between two days."""
        found: list[Json] = self.get("/obligations/changes", since=since, **given({"until": until}))
        return found

    def coverage(
        self, system: str, *, as_of: str | None = None, version: str | None = None, stage: str | None = None
    ) -> Json:
        """How a system stands towards each obligation; with version and stage for one release."""
        asked = given({"as_of": as_of, "version": version, "stage": stage})
        return self._json(self.get(f"/systems/{part(system)}/obligations", **asked))


def _roles(roles: Sequence[str] | None) -> Json:
    return {} if roles is None else {"roles": list(roles)}
