"""On which terms a pack is in use: in which roles it binds, system by system, and what an open obligation means. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from consilience.domains.policy.obligations.pack import Obligation, Pack, Status

Roles = tuple[str, ...]


class WhenOpen(StrEnum):
    """What it means for a live release that an obligation is in force and no requirement that cites it is met."""

    SILENT = "silent"
    """It stands on the system's page, and nobody is told."""
    WARN = "warn"
    """It is recorded and told; the release stands as the gate's requirements say."""
    BLOCK = "block"
    """The release does not comply."""


@dataclass(frozen=True)
class Terms:
    """`roles` hold for every system that `systems` (by URN) does not name; `when_open` None leaves it to the obligation."""

    roles: Roles
    systems: Mapping[str, Roles] = field(default_factory=dict)
    when_open: WhenOpen | None = None

    def of(self, system: str) -> Roles:
        """The roles in which the organisation is bound over a system (URN)."""
        return self.systems.get(system, self.roles)

    def weight(self, obligation: Obligation) -> WhenOpen:
        """What the organisation chose; where it chose nothing law is told, and what is voluntary is not."""
        usual = WhenOpen.SILENT if obligation.status is Status.VOLUNTARY else WhenOpen.WARN
        return self.when_open or usual

    def carried(self, roles: Roles, pack: Pack) -> Terms:
        """The same for another edition in these roles: what was said of single systems stays, as far as it names the roles."""
        kept = {urn: tuple(role for role in said if role in pack.roles) for urn, said in self.systems.items()}
        return Terms(roles, {urn: said for urn, said in kept.items() if said or not self.systems[urn]}, self.when_open)

    def as_body(self) -> dict[str, Any]:
        """As an adoption stores them; what was not chosen is left out."""
        said: dict[str, Any] = {"roles": sorted(self.roles)}
        if self.systems:
            said["systems"] = {urn: sorted(roles) for urn, roles in sorted(self.systems.items())}
        return said | ({"when_open": str(self.when_open)} if self.when_open else {})

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Terms:
        said = body.get("when_open")
        systems = {urn: tuple(roles) for urn, roles in body.get("systems", {}).items()}
        return cls(tuple(body["roles"]), systems, WhenOpen(said) if said else None)


@dataclass(frozen=True)
class InUse:
    """A pack and the terms on which it is in use."""

    pack: Pack
    terms: Terms


def bound(used: Sequence[InUse], system: str) -> list[tuple[Pack, Roles]]:
    """The packs with the roles in which they bind over one system (URN)."""
    return [(one.pack, one.terms.of(system)) for one in used]
