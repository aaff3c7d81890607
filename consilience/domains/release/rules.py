"""Stages, dossiers and facets: what exactly a decision rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consilience.domains.evidence.rules import Selector, facets_of
from consilience.kit import canonical
from consilience.kit.errors import BadInput, Refusal, refusal


class Stage(StrEnum):
    FRAMING = "framing"
    DATA = "data"
    DEVELOPMENT = "development"
    VALIDATION = "validation"
    OPERATION = "operation"
    RETIREMENT = "retirement"


EVERYTHING = "*"


@dataclass(frozen=True, order=True)
class Item:
    """One thing that a decision rests on, by key and digest."""

    key: str
    digest: str


@dataclass(frozen=True)
class Dossier:
    """All items of a release at a moment, and what they are bound to."""

    system: str
    model_version: str
    artefact: str
    stage: str
    items: tuple[Item, ...]

    def digest(self, facet: str, items: Iterable[Item]) -> str:
        """SHA-256 of canonical JSON {facet, system, model_version, artefact, stage, items sorted by key}."""
        return canonical.digest(
            {
                "facet": facet,
                "system": self.system,
                "model_version": self.model_version,
                "artefact": self.artefact,
                "stage": self.stage,
                "items": [[item.key, item.digest] for item in sorted(items)],
            }
        )

    @property
    def whole(self) -> str:
        """The dossier's own digest: the same with facet `*` and all items once."""
        return self.digest(EVERYTHING, self.items)


@dataclass(frozen=True)
class Facet:
    """The items that one function answers for, and the digest that its sign-off binds to."""

    function: str
    digest: str
    items: tuple[Item, ...]


def facet(dossier: Dossier, function: str, plan: Mapping[str, Sequence[Selector]]) -> Facet:
    chosen = tuple(
        item for item in sorted(dossier.items) if any(one.selects(item.key) for one in plan.get(function, ()))
    )
    return Facet(function, dossier.digest(function, chosen), chosen)


def orphans(dossier: Dossier, plan: Mapping[str, list[Selector]]) -> list[Item]:
    """Items that no function answers for; a dossier that holds one is refused."""
    return [item for item in dossier.items if not facets_of(item.key, plan)]


def stage(text: str) -> Stage:
    try:
        return Stage(text)
    except ValueError as error:
        raise BadInput("stage", f"{text!r} is unknown; expected {', '.join(Stage)}") from error


@dataclass(frozen=True)
class Change:
    """How an item differs between what somebody signed and what stands now. A digest is None where there is none."""

    key: str
    before: str | None
    after: str | None


def changes(signed: Iterable[Item], now: Iterable[Item]) -> list[Change]:
    """Items added, removed or changed, by key."""
    old = {item.key: item.digest for item in signed}
    new = {item.key: item.digest for item in now}
    return [
        Change(key, old.get(key), new.get(key))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def serves(system: str, systems: Sequence[str]) -> Refusal | None:
    """A version may be released only into a system that its model is registered for."""
    return None if system in systems else refusal("model_not_for_system")
