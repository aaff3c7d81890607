"""The risk tier of a system: what the tables in force say of it, else what was stated when it was registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.policy.language.expression import State, evaluate
from consilience.domains.policy.language.facts import Facts
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.tables.ask import Answer, ask
from consilience.domains.policy.tables.table import LEVELS, TIER, Table
from consilience.domains.policy.tables.words import in_language

COMPUTED, STATED = "computed", "stated"


@dataclass(frozen=True, slots=True)
class Asked:
    """A table that decides the tier, and what it said. `answer` is None where its policy does not know that it applies."""

    policy: str
    table: Table
    answer: Answer | None

    @property
    def name(self) -> str:
        return f"{self.policy}/{self.table.name}"

    @property
    def level(self) -> str | None:
        """The tier that the table gives; None where it is unknown."""
        if self.answer is None or self.answer.state is not State.VALUE:
            return None
        return str(self.answer.outputs[0]["level"])

    @property
    def rows(self) -> tuple[str, ...]:
        """Ids of the rows that fired, or of those that may."""
        if self.answer is None:
            return ()
        return tuple(self.table.row(row).id for row in self.answer.fired or self.answer.possible)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the inputs that would tell."""
        if self.answer is None:
            return ()
        return tuple(self.table.inputs[at].name for at in self.answer.open)

    def reasons(self, language: str) -> tuple[str, ...]:
        """Why, in the words of the rows that fired."""
        if self.answer is None:
            return ()
        return tuple(in_language(self.table.row(row).reason, language) for row in self.answer.fired)


@dataclass(frozen=True, slots=True)
class Tier:
    """The tier of a system. `level` is None where the tables cannot tell; `decided` is the table that it follows from."""

    level: str | None
    source: str
    stated: str | None
    asked: tuple[Asked, ...] = ()
    decided: Asked | None = None

    @property
    def differs(self) -> bool:
        """Whether the tables say something else than was stated."""
        return self.source == COMPUTED and self.level is not None and self.level != self.stated

    def fact(self) -> dict[str, Any]:
        """The fact `tier`. A level that nobody can tell is absent, so that what rests on it is unknown."""
        if self.decided is None:
            return {"level": self.level, "source": self.source, "table": None, "rows": []}
        return {
            "level": self.level,
            "source": self.source,
            "table": self.decided.name,
            "rows": list(self.decided.rows),
        }


def tier_of(policies: Iterable[Policy], facts: Facts) -> Tier:
    """The tier that these policies give a system by its facts.

    1. Without a table that decides it, the tier is the stated one.
    2. Of several tables the strictest answer holds: who adds a table can tighten, never loosen.
    3. A table that cannot tell leaves the tier unknown, unless another one says the highest already.
    """
    stated = _stated(facts.values)
    asked = [one for one in (_asked(policy, facts) for policy in policies) if one is not None]
    if not asked:
        return Tier(stated, STATED, stated)
    strictest = max(asked, key=lambda one: -1 if one.level is None else LEVELS.index(one.level))
    unknown = next((one for one in asked if one.level is None), None)
    decided = strictest if unknown is None or strictest.level == LEVELS[-1] else unknown
    return Tier(decided.level, COMPUTED, stated, tuple(asked), decided)


def _stated(values: Mapping[str, Any]) -> str | None:
    said = values.get("system", {}).get("tier")
    return said if said in LEVELS else None


def _asked(policy: Policy, facts: Facts) -> Asked | None:
    """What the table of a policy says; None where it has none, or is not for this system."""
    table = next((one for one in policy.tables if one.decides == TIER), None)
    if table is None:
        return None
    if policy.applies_if is not None:
        applies = evaluate(policy.applies_if, facts)
        if applies.state is not State.VALUE:
            return Asked(policy.slug, table, None)
        if not applies.value:
            return None
    return Asked(policy.slug, table, ask(table, facts))
