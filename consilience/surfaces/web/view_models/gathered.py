"""A release with everything that its pages say about it, read once: answers, voices, names, texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.evidence import queries as evidence
from consilience.domains.gate import queries as gate
from consilience.domains.gate.models import Decision
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.ledger.signing.known import Known
from consilience.domains.people import queries as people
from consilience.domains.policy.plainly import Plainly
from consilience.domains.policy.requirement import Requirement
from consilience.domains.release import queries as releases
from consilience.domains.review import delegation_queries as delegations
from consilience.domains.review import queries as review
from consilience.domains.review import rules
from consilience.domains.review import waiver_queries as waivers
from consilience.domains.review.delegation import Delegated
from consilience.domains.review.models import SignOff, Waiver
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web.view_models import plain
from consilience.surfaces.web.view_models.texts import shown as shown_texts

ANSWERS = {0: "allowed", 6: "sign_offs_missing"}
"""The gate's exit codes that have a status of their own; every other one is "blocked"."""


def answer_code(exit_code: int) -> str:
    return ANSWERS.get(exit_code, "blocked")


@dataclass(frozen=True)
class Voices:
    """What people have said about a release and in its system."""

    sign_offs: tuple[review.Standing, ...]
    conditions: tuple[review.Condition, ...]
    objections: tuple[review.Objection, ...]
    blocks: tuple[review.Block, ...]

    def of(self, function: str) -> list[review.Standing]:
        """A function's last words, person by person, in the order in which they were given."""
        over = (rules.Standing.REPLACED, rules.Standing.WITHDRAWN)
        return [one for one in self.sign_offs if one.row.function == function and one.standing not in over]

    def stands_blocked(self, function: str) -> bool:
        return any(one.row.function == function and not one.ended for one in self.blocks)

    def standing(self, function: str) -> tuple[str, review.Standing | None]:
        """How a function stands, as a status code, and the sign-off that says so.

        What keeps the gate shut comes first: a block, an open objection; then an approval; then what must be given again.
        """
        said, open_objections = self.of(function), {one.row.urn for one in self.objections if not one.answers}
        ended = {one.row.urn for one in self.blocks if one.ended}
        if self.stands_blocked(function):
            return "block", next((one for one in reversed(said) if one.row.verdict == rules.Verdict.BLOCK), None)
        for one in reversed(said):
            if one.row.urn in open_objections:
                return "object", one
        for wanted in (rules.Standing.STANDS, rules.Standing.STALE, rules.Standing.EXPIRED):
            for one in sorted(said, key=lambda each: each.given.verdict in rules.APPROVALS, reverse=True):
                if one.standing is wanted and one.row.urn not in ended:
                    return (one.row.verdict if wanted is rules.Standing.STANDS else str(wanted)), one
        return "waiting", None


def voices(release: releases.ReleaseOf) -> Voices:
    said = review.said(release)
    return Voices(
        tuple(said.sign_offs(release)), tuple(said.conditions()), tuple(said.objections(release)), tuple(said.blocks())
    )


@dataclass(frozen=True)
class Gathered:
    """What the pages of one release need. Names and texts of everybody in it are read in one go each."""

    actor: Actor
    asof: AsOf
    assessment: gate.Assessment
    voices: Voices
    decisions: tuple[Decision, ...]
    others: tuple[str, ...] = ()
    """Principals whom a page names beside those of the release itself."""

    @property
    def release(self) -> releases.ReleaseOf:
        return self.assessment.release

    @cached_property
    def titles(self) -> dict[str, str]:
        return people.functions(self.asof)

    @cached_property
    def visible(self) -> frozenset[str] | None:
        return access.visible_systems(self.actor, self.asof)

    @cached_property
    def held(self) -> frozenset[str]:
        return people.functions_of(self.actor.urn, self.asof)

    @cached_property
    def stand_ins(self) -> list[Delegated]:
        """By which delegations somebody may decide here."""
        return delegations.stand_ins(self.release)

    @cached_property
    def waivers(self) -> list[Waiver]:
        """What is set aside for this release, the newest first."""
        in_force = [
            one for one in waivers.of_release(self.release) if waivers.state(one, self.asof) is waivers.State.IN_FORCE
        ]
        return in_force[::-1]

    def speaks_for(self, function: str) -> bool:
        """Whether this person holds a function, or stands in for somebody who does."""
        lent = any((one.receiver, one.function) == (self.actor.urn, function) for one in self.stand_ins)
        return function in self.held or lent

    def signer(self, said: review.Standing) -> str:
        """Who gave a decision, and in whose stead where they did so by delegation."""
        who = self.name(said.row.person)
        if said.given.instead_of is None:
            return who
        return _("%(who)s for %(giver)s, by delegation") % {"who": who, "giver": self.name(said.given.instead_of)}

    @cached_property
    def holders(self) -> dict[str, list[str]]:
        return people.holders(self.asof)

    @cached_property
    def authors(self) -> frozenset[str]:
        return releases.authors_of(self.release)

    @cached_property
    def steps(self) -> list[gate.Step]:
        return gate.next_steps(self.assessment)

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Titles of kinds of evidence."""
        return evidence.kind_titles(self.asof)

    @cached_property
    def known(self) -> dict[int, Known]:
        """How everybody who has decided was known, by the position of the entry."""
        return ledger.known_at(row.position for row in self._signed())

    def signed_with(self, row: SignOff) -> str:
        """What a decision was signed with, in words."""
        return sentences.word(sentences.SIGNED_WITH, self.known[row.position].grade)

    @cached_property
    def requirements(self) -> dict[tuple[str, str], Requirement]:
        return {(policy.slug, one.id): one for policy in self.assessment.policies for one in policy.loaded.requirements}

    @cached_property
    def plainly(self) -> Plainly:
        """What tells the figures that requirements looked at."""
        return plain.of_release(self.release, self.assessment.facts)

    @cached_property
    def names(self) -> dict[str, str]:
        return people.names(self._principals())

    @cached_property
    def texts(self) -> dict[str, str]:
        return shown_texts(self._commitments())

    def name(self, urn: str | None) -> str:
        return self.names.get(urn, "") if urn else ""

    def text(self, commitment: Any) -> str:
        return self.texts.get(commitment["commitment"], "") if commitment else ""

    def function(self, code: str) -> dict[str, str]:
        return {"code": code, "name": self.titles.get(code, code)}

    def may(self, action: str) -> bool:
        if action not in self._may:
            self._may[action] = access.can(self.actor, action, self.release.row, self.asof) is None
        return self._may[action]

    @cached_property
    def _may(self) -> dict[str, bool]:
        return {}

    def _principals(self) -> Iterable[str]:
        yield self.actor.urn
        yield self.release.row.body["proposed_by"]
        yield from (self.release.system.body["owner"], *self.authors)
        yield from (person for held in self.holders.values() for person in held)
        yield from (one.body["producer"] for one in self.release.evidence)
        yield from self.others
        yield from (row.person for row in self._signed())
        yield from (one.given.instead_of or "" for one in self.voices.sign_offs)
        yield from (one.receiver for one in self.stand_ins)
        yield from (one.person for one in self.waivers)
        for condition in self.voices.conditions:
            yield condition.owner
            if condition.proof:
                yield condition.proof.body["offered_by"]
                yield condition.proof.body["accepted_by"] or ""
        yield from (one.body["person"] for objection in self.voices.objections for one in objection.answers)
        yield from (one.body["person"] for block in self.voices.blocks for one in block.ends)

    def _commitments(self) -> Iterable[Any]:
        yield self.release.row.body["note"]
        yield from (row.body["reason"] for row in self._signed())
        yield from (one.text for one in self.voices.conditions)
        yield from (one.body[name] for one in self.waivers for name in ("reason", "control"))
        yield from (one.proof.body["proof"] for one in self.voices.conditions if one.proof)
        yield from (one.body["text"] for objection in self.voices.objections for one in objection.answers)
        yield from (one.body["reason"] for block in self.voices.blocks for one in block.ends)

    def _signed(self) -> Iterable[SignOff]:
        yield from (one.row for one in self.voices.sign_offs)
        yield from (one.row for one in self.voices.blocks)


def gather(actor: Actor, system: str, version: str, stage: str, asof: AsOf) -> Gathered:
    """The release that an address names, for somebody who may see it."""
    found = releases.release(actor, system, version, stage, asof)
    return Gathered(actor, asof, gate.assess_release(found), voices(found), tuple(gate.decisions(found.urn, asof)[:50]))
