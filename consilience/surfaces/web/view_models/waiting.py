"""What waits for a person: decisions of functions they hold, conditions they own, proofs to accept, objections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.domains.release.queries import ReleaseOf
from consilience.domains.review import delegation_queries as delegations
from consilience.domains.review import queries as review
from consilience.domains.review import rules
from consilience.domains.review.delegation import Delegated
from consilience.domains.review.models import SignOff
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.view_models.gathered import Voices

MOST = 50
"""As many releases as one page of a person's decisions opens."""
RECENT = 8


@dataclass
class Waiting:
    """A release in which a function has to decide, or to decide again."""

    release: ReleaseOf
    function: str
    standing: str
    said: review.Standing | None


@dataclass
class Mine:
    """Everything that waits for one person."""

    held: frozenset[str]
    decide: list[Waiting] = field(default_factory=list)
    again: list[Waiting] = field(default_factory=list)
    owned: list[review.Condition] = field(default_factory=list)
    proofs: list[review.Condition] = field(default_factory=list)
    objections: list[SignOff] = field(default_factory=list)
    recent: list[SignOff] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(len(one) for one in (self.decide, self.again, self.owned, self.proofs, self.objections))


def mine(actor: Actor, asof: AsOf) -> Mine:
    """What waits for this person, among what they may know of."""
    found = Mine(people.functions_of(actor.urn, asof))
    rows = releases.releases(actor, asof)
    systems = {row.system for row in rows}
    lent = {one.function for one in delegations.to_person(actor.urn, asof)}
    if rows and (found.held or lent):
        _decisions(actor, found, rows, asof, found.held | lent)
    _conditions(actor, found, systems, asof)
    _objections(actor, found, rows, asof)
    found.recent = review.recent_of(actor.urn, systems, asof, RECENT)
    return found


def _decisions(actor: Actor, found: Mine, rows: Sequence[Release], asof: AsOf, speaks_for: frozenset[str]) -> None:
    """A release whose function spoke is only opened where something was recorded since: else its facet is the same."""
    spoken = review.spoken(speaks_for, asof)
    of_interest = {release for release, _function in spoken}
    changed_at = releases.newest_changes([row for row in rows if row.urn in of_interest], asof)
    opened = 0
    for row in rows:
        open_for = [
            code
            for code in sorted(speaks_for)
            if not _rests(spoken.get((row.urn, code), ()), changed_at.get(row.urn, -1))
        ]
        if not open_for or opened >= MOST or access.can(actor, "review.sign_off", row, asof) is not None:
            continue
        release = releases.readable(row, asof)
        if release is None or actor.urn in releases.authors_of(release):
            continue
        opened += 1
        heard = review.said(release)
        blocks = [one for one in heard.blocks() if one.row.release == row.urn]
        voices = Voices(tuple(heard.sign_offs(release)), (), tuple(heard.objections(release)), tuple(blocks))
        for function in open_for:
            standing, said = voices.standing(function)
            if function not in found.held and not _stands_in(actor, function, release):
                continue
            if standing == "waiting":
                found.decide.append(Waiting(release, function, standing, said))
            elif standing in ("stale", "expired"):
                found.again.append(Waiting(release, function, standing, said))


def _stands_in(actor: Actor, function: str, release: ReleaseOf) -> bool:
    return isinstance(delegations.stand_in_for(actor.urn, function, release), Delegated)


def _rests(said: Sequence[SignOff], changed_at: int) -> bool:
    """Whether what a function said still stands without a closer look: nothing changed, runs out, or may have ended."""
    if not said or any(row.body["expires_at"] or row.verdict == rules.Verdict.BLOCK for row in said):
        return False
    return min(row.position for row in said) > changed_at


def _conditions(actor: Actor, found: Mine, systems: set[str], asof: AsOf) -> None:
    """Conditions that this person owns, and proofs that wait for a function of theirs."""
    for one in review.conditions_in(systems, asof):
        if one.state is rules.ConditionState.MET:
            continue
        if one.proof is None and one.owner == actor.urn:
            found.owned.append(one)
        elif one.proof is not None and not rules.may_accept_proof(
            actor.urn, function=one.sign_off.function, held=found.held, owner=one.owner,
            offered_by=one.proof.body["offered_by"],
        ):  # fmt: skip
            found.proofs.append(one)
    found.owned.sort(key=lambda one: one.due_at)
    found.proofs.sort(key=lambda one: one.due_at)


def _objections(actor: Actor, found: Mine, rows: Sequence[Release], asof: AsOf) -> None:
    """Unanswered objections of others to releases that this person may answer in."""
    known = {row.urn: row for row in rows}
    found.objections = [
        row
        for row in review.unanswered(known.keys(), asof)
        if row.person != actor.urn and access.can(actor, "review.answer", known[row.release], asof) is None
    ]


def release_url(release: ReleaseOf) -> str:
    return reverse("release", args=[release.system.slug, release.version.reference, release.row.stage])


def note_of(release: ReleaseOf, names: dict[str, str]) -> str:
    """Who asks, as the line under a release."""
    return _("Proposed by %(name)s.") % {"name": names.get(release.row.body["proposed_by"], "")}


def people_in(found: Mine) -> list[Any]:
    """Everybody whom the page names."""
    waits = [*found.decide, *found.again]
    owned = [one.owner for one in (*found.owned, *found.proofs)]
    offered = [one.proof.body["offered_by"] for one in found.proofs if one.proof]
    return [
        *(one.release.row.body["proposed_by"] for one in waits),
        *owned,
        *offered,
        *(row.person for row in found.objections),
    ]
