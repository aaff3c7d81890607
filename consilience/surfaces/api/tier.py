"""The risk tier of a system: what the tables say, why, what is unknown, and when and by what it changed."""

from __future__ import annotations

from typing import Any

from ninja import Router

from consilience.domains.gate import tiering
from consilience.domains.inventory import queries as inventory
from consilience.domains.policy.tables.tiering import Tier
from consilience.domains.policy.tables.told import answer_told
from consilience.surfaces.api.shared import Out, Request, Slug, operation, present
from consilience.surfaces.language import told_in

router = Router(tags=["inventory"])


class TierMovedOut(Out):
    fact: str
    was: Any
    now: Any


class TierChangeOut(Out):
    """A tier that became another one, and what did it."""

    was: str | None
    now: str | None
    moved: list[TierMovedOut]
    """Facts of the system that are not what they were."""
    tables: bool
    """Whether another table decides now, or the same one in another version."""
    at: str | None


class TierOut(Out):
    system: str
    level: str | None
    """`minimal`, `limited` or `high`; null where the tables cannot tell."""
    source: str
    """`computed` or `stated`"""
    stated: str | None
    differs: bool
    """A table says something else than was stated."""
    table: str | None
    rows: list[str]
    reasons: list[str]
    unknown: list[str]
    """Inputs of the table that would tell."""
    answers: list[dict[str, Any]]
    """What each table that decides the tier says, in full."""
    change: TierChangeOut | None


@operation(router.get, "/systems/{slug}/tier", action="inventory.read")
def tier(request: Request, slug: Slug) -> TierOut:
    asof = present()
    row = inventory.system(request.auth, slug, asof)
    found = tiering.tier(row, asof)
    language = told_in()
    decided = found.decided
    return TierOut(
        system=slug, level=found.level, source=found.source, stated=found.stated, differs=found.differs,
        table=decided.name if decided else None,
        rows=list(decided.rows) if decided else [],
        reasons=list(decided.reasons(language)) if decided else [],
        unknown=list(decided.unknown) if decided else [],
        answers=_answers(found, language),
        change=change_out(tiering.last_change(row, asof)),
    )  # fmt: skip


def change_out(found: tiering.TierChange | None) -> TierChangeOut | None:
    if found is None:
        return None
    moved = [TierMovedOut(fact=one.fact, was=one.was, now=one.now) for one in found.moved]
    return TierChangeOut(was=found.was, now=found.now, moved=moved, tables=found.tables, at=found.at)


def _answers(found: Tier, language: str) -> list[dict[str, Any]]:
    return [
        {"table": one.name, **answer_told(one.table, one.answer, language)}
        for one in found.asked
        if one.answer is not None
    ]
