"""What adopting a pack would mean, before it is adopted: systems, requirements, sign-offs, and who must look again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from consilience.domains.gate import coverage
from consilience.domains.gate.coverage import Coverage, Used
from consilience.domains.gate.law_effect import LawEffect, Moved, law_effect
from consilience.domains.inventory.models import System
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy.obligations import changes, rules
from consilience.domains.policy.obligations import queries as packs
from consilience.domains.policy.obligations.changes import Change
from consilience.domains.policy.obligations.pack import Day, Pack
from consilience.domains.policy.obligations.terms import InUse, Terms, WhenOpen, bound
from consilience.domains.release.queries import ReleaseOf
from consilience.domains.review import queries as review
from consilience.domains.review.queries import Standing
from consilience.kit.records.models import AsOf


@dataclass(frozen=True)
class Concerned:
    """A sign-off that stands over a release, given for a function that signs for something that changes."""

    release: ReleaseOf
    sign_off: Standing
    obligations: tuple[str, ...]


@dataclass(frozen=True)
class OfSystem:
    """What changes for one system."""

    system: System
    changes: tuple[Change, ...]
    sign_offs: tuple[Concerned, ...]
    live: tuple[Moved, ...] = ()
    """Live releases for which an obligation comes to be open, or is open no more."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements in force that cite what changes, as policy/requirement."""
        found = {one.name for each in self.changes for line in (each.before, each.after) if line for one in line.cited}
        return tuple(sorted(found))


@dataclass(frozen=True)
class Impact:
    """What changes for every system that the asker may know of, and who must look again."""

    pack: Pack
    before: Pack | None
    day: Day
    today: Day
    systems: tuple[OfSystem, ...]
    look_again: Mapping[str, tuple[str, ...]]
    """Function -> persons: those whose sign-off is concerned, else everybody who holds the function."""
    replay: LawEffect
    """What becomes of live releases, and what would have been open for those that the gate let through."""

    @property
    def what_if(self) -> bool:
        return self.day != self.today


def impact(
    actor: Actor, pack: Pack, roles: Collection[str] | None, asof: AsOf, *,
    day: Day | None = None, when_open: WhenOpen | None = None,
) -> Impact:  # fmt: skip
    """What adopting this pack in these roles (None: all that it names) would change on a day of the law.

    `when_open` is asked as if the pack were in use on that term; None leaves it as it is.
    """
    rules.check_roles(pack, roles or ())
    before = coverage.portfolio(actor, asof, day=day)
    used = packs.in_use(asof)
    replaced = next((one for one in used if one.pack.slug == pack.slug), None)
    chosen = tuple(pack.roles if roles is None else sorted(roles))
    terms = replaced.terms.carried(chosen, pack) if replaced else Terms(chosen)
    if when_open is not None:
        terms = replace(terms, when_open=when_open)
    after_used: Used = [*(one for one in used if one is not replaced), InUse(pack, terms)]
    here = coverage.present_day(asof)
    replay = law_effect(actor, (used, day or here), (after_used, day or here), asof)
    found = [_of_system(one, _again(one, after_used, one.day), replay) for one in before]
    concerned = tuple(one for one in found if one.changes or one.live)
    return Impact(
        pack, replaced.pack if replaced else None, day or here, here, concerned, _look_again(concerned, asof), replay
    )


def between(actor: Actor, asof: AsOf, *, since: Day, until: Day | None = None) -> list[OfSystem]:
    """What the law itself changed for every system from one day to another, under the packs in use: a what-if."""
    then, used = coverage.portfolio(actor, asof, day=since), packs.in_use(asof)
    replay = law_effect(actor, (used, since), (used, until or coverage.present_day(asof)), asof, decisions=0)
    found = [_of_system(one, _again(one, used, until or one.today), replay) for one in then]
    return [one for one in found if one.changes or one.live]


def _again(found: Coverage, used: Used, day: Day) -> tuple[rules.Line, ...]:
    """The system's lines under other packs or on another day of the law, with what was read already."""
    return tuple(rules.lines(bound(used, found.system.urn), coverage.facts_of(found.system), day, found.cited))


def _of_system(before: Coverage, after: tuple[rules.Line, ...], replay: LawEffect) -> OfSystem:
    listed = tuple(changes.changes(before.lines, after))
    live = tuple(one for one in replay.live if one.system == before.system.urn)
    return OfSystem(before.system, listed, tuple(_concerned(before.releases, listed)) if listed else (), live)


def _concerned(released: tuple[ReleaseOf, ...], listed: tuple[Change, ...]) -> list[Concerned]:
    signed_for: dict[str, list[str]] = {}
    for one in listed:
        for function in one.obligation.signs:
            signed_for.setdefault(function, []).append(one.obligation.id)
    found = []
    for release in released:
        for given in review.said(release).sign_offs(release):
            if given.standing == "stands" and given.row.function in signed_for:
                found.append(Concerned(release, given, tuple(signed_for[given.row.function])))
    return found


def _look_again(systems: tuple[OfSystem, ...], asof: AsOf) -> dict[str, tuple[str, ...]]:
    signing = {function for one in systems for each in one.changes for function in each.obligation.signs}
    signed: dict[str, set[str]] = {}
    for one in systems:
        for each in one.sign_offs:
            signed.setdefault(each.sign_off.row.function, set()).add(each.sign_off.row.person)
    holders = people.holders(asof)
    return {one: tuple(sorted(signed[one] if one in signed else holders.get(one, ()))) for one in sorted(signing)}
