"""What waits for a person: decisions of functions they hold, conditions they own, proofs to accept, objections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.evidence import queries as evidence
from consilience.domains.evidence.models import Evidence, FacetPlan
from consilience.domains.inventory.models import DatasetVersion, ModelVersion, System
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.domains.release.queries import ReleaseOf
from consilience.domains.review import queries as review
from consilience.domains.review import rules
from consilience.domains.review.models import Answer, SignOff
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.view_models.gathered import Voices

MOST = 50
"""As many releases as one page of a person's decisions opens."""


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
    if found.held and rows:
        _decisions(actor, found, rows, asof)
    _conditions(actor, found, systems, asof)
    _objections(actor, found, rows, asof)
    signed = SignOff.objects.as_of(asof).filter(person=actor.urn, system__in=systems).order_by("-position")
    found.recent = list(signed[:8])
    return found


def _decisions(actor: Actor, found: Mine, rows: Sequence[Release], asof: AsOf) -> None:
    """A release whose function spoke is only opened where something was recorded since: else its facet is the same."""
    spoken: dict[tuple[str, str], list[SignOff]] = {}
    for one in SignOff.objects.as_of(asof).filter(function__in=found.held).order_by("position"):
        spoken.setdefault((one.release, one.function), []).append(one)
    quiet = _Quiet(rows, {release for release, _function in spoken}, asof)
    opened = 0
    for row in rows:
        open_for = [code for code in sorted(found.held) if not quiet.since(row, spoken.get((row.urn, code), []))]
        if not open_for or opened >= MOST or access.can(actor, "review.sign_off", row, asof) is not None:
            continue
        release = releases.readable(row, asof)
        if release is None or actor.urn in releases.authors_of(release):
            continue
        opened += 1
        voices = Voices(tuple(review.sign_offs(release)), (), tuple(review.objections(release)), ())
        for function in open_for:
            standing, said = voices.standing(function)
            if standing == "waiting":
                found.decide.append(Waiting(release, function, standing, said))
            elif standing in ("stale", "expired"):
                found.again.append(Waiting(release, function, standing, said))


class _Quiet:
    """Whether nothing was recorded, since somebody spoke, that could change what they spoke about."""

    def __init__(self, rows: Sequence[Release], spoken: set[str], asof: AsOf) -> None:
        self._asof = asof
        of_interest = [row for row in rows if row.urn in spoken]
        versions = {row.model_version for row in of_interest}
        bodies = {row.urn: row.body for row in ModelVersion.objects.as_of(asof).filter(urn__in=versions)}
        self._rests_on = {
            row.urn: {row.system, row.model_version, *bodies.get(row.model_version, {}).get("training", [])}
            for row in of_interest
        }
        urns = {urn for rests in self._rests_on.values() for urn in rests}
        self._newest: dict[str, int] = {}
        for table, column in ((Evidence, "subject"), (System, "urn"), (ModelVersion, "urn"), (DatasetVersion, "urn")):
            found = table._default_manager.filter(**{f"{column}__in": urns})
            for urn, position in found.values_list(column).annotate(Max("position")):
                self._newest[urn] = max(position, self._newest.get(urn, -1))
        self._plan = FacetPlan.objects.aggregate(newest=Max("position"))["newest"] or 0

    def since(self, release: Release, said: Iterable[SignOff]) -> bool:
        spoken = list(said)
        if not spoken or any(row.body["expires_at"] for row in spoken):
            return False
        at = min(row.position for row in spoken)
        touched = max((self._newest.get(urn, -1) for urn in self._rests_on.get(release.urn, ())), default=-1)
        return at > touched and at > self._plan


def _conditions(actor: Actor, found: Mine, systems: set[str], asof: AsOf) -> None:
    """Conditions that this person owns, and proofs that wait for a function of theirs."""
    imposed = SignOff.objects.as_of(asof).filter(verdict=rules.Verdict.APPROVE_WITH_CONDITIONS, system__in=systems)
    for system in sorted(set(imposed.values_list("system", flat=True))):
        for one in review.conditions(system, asof):
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
    objected = SignOff.objects.as_of(asof).filter(verdict=rules.Verdict.OBJECT).order_by("position")
    listed = [row for row in objected if row.release in known and row.person != actor.urn]
    answered = set(
        Answer.objects.as_of(asof).filter(objection__in=[row.urn for row in listed]).values_list("objection", flat=True)
    )
    for row in listed:
        if row.urn not in answered and access.can(actor, "review.answer", known[row.release], asof) is None:
            found.objections.append(row)


def kinds(asof: AsOf) -> dict[str, str]:
    return {kind.slug: kind.title for kind in evidence.kinds(asof)}


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
