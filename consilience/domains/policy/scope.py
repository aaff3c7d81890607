"""Whom a policy binds: the whole organisation, one line of business, or one system. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Both None: the organisation. Else a line of business, or one system by its name."""

    line_of_business: str | None = None
    system: str | None = None

    @property
    def whole(self) -> bool:
        return self.line_of_business is None and self.system is None

    def covers(self, system: Bound) -> bool:
        """Whether a policy of this scope binds a system."""
        if self.system is not None:
            return system.slug == self.system
        return self.line_of_business is None or system.line_of_business == self.line_of_business

    def above(self, other: Scope, system: Bound | None = None) -> bool:
        """Whether this scope is wider than the other, and holds it.

        `system` is the one that the other names: a line of business is above those systems that belong to it.
        """
        if self.system is not None or other.whole:
            return False
        if self.whole:
            return True
        return other.system is not None and system is not None and self.covers(system)

    def as_json(self) -> dict[str, str]:
        """`{}`, `{"line_of_business": ...}` or `{"system": ...}`, as a document writes it."""
        said = {"line_of_business": self.line_of_business, "system": self.system}
        return {name: value for name, value in said.items() if value is not None}

    def __str__(self) -> str:
        """`organisation`, `line_of_business retail-banking` or `system lending`."""
        return next((f"{name} {value}" for name, value in self.as_json().items()), "organisation")


ORGANISATION = Scope()


@dataclass(frozen=True, slots=True)
class Bound:
    """A system as scopes see it: its name, and the line of business that it belongs to, if that was said."""

    slug: str
    line_of_business: str | None = None

    @classmethod
    def of(cls, facts: Mapping[str, object]) -> Bound:
        """From the fact `system` of a fact document."""
        line = facts.get("line_of_business")
        return cls(str(facts["slug"]), str(line) if line is not None else None)


@dataclass(frozen=True, slots=True)
class Loosening:
    """A requirement of a wider policy (`policy/requirement`) that is set aside within this one's scope, and why.

    `instead` is the requirement of this policy that is asked in its place, if there is one.
    """

    requirement: str
    why: Mapping[str, str]
    instead: str | None = None
