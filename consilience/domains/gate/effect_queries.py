"""What a change does, asked of this workspace: stored decisions are replayed, live releases are looked at.

old, new = library(asof), library(asof, at=day)             # nothing is published, a requirement comes into force
old, new = alone(published), alone(draft)                   # another version of one policy
report = effect_of(actor, old, new, asof=asof)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from django.db.models import QuerySet

from consilience.domains.access import queries as access
from consilience.domains.content import queries as content
from consilience.domains.gate import effects, standing_queries, tiering
from consilience.domains.gate.effect_facts import AskedFacts, moved_facts, retiered
from consilience.domains.gate.effects import Effect, FactChange
from consilience.domains.gate.facts import facts as collected
from consilience.domains.gate.models import Decision
from consilience.domains.gate.policy_sets import Change, PolicySet, change
from consilience.domains.gate.sides import Sides
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy import queries as policy
from consilience.domains.policy import rules as policy_rules
from consilience.domains.policy.language.types import Schema, schema_from_json
from consilience.domains.policy.layers import Layer
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.scope import Bound
from consilience.domains.release import queries as releases
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import CannotTell
from consilience.kit.records.models import AsOf

SLICE = 500
"""As many stored decisions as one request replays, so that whoever waits is told how far it is."""


@dataclass(frozen=True)
class Case:
    """One decision or live release, and what becomes of it."""

    release: str
    reference: str
    stage: str
    at: Instant
    effect: Effect
    decision: str | None = None
    facts: Mapping[str, tuple[FactChange, ...]] = field(default_factory=dict)
    """Facts that differ on the two sides, by requirement (policy/requirement); only where time passes."""


@dataclass
class Counts:
    """How many cases came to what. `lacking` are those where nothing else changed."""

    looked_at: int = 0
    unchanged: int = 0
    flips: int = 0
    opened: int = 0
    shut: int = 0
    lacking: int = 0
    unreadable: int = 0
    """Decisions whose stored inputs are gone or were altered, and live releases of which something is gone."""

    def add(self, effect: Effect) -> None:
        self.looked_at += 1
        self.flips += effect.flips
        self.lacking += effect.only_lacking
        self.unchanged += not effect.flips and not effect.only_lacking
        self.opened += effect.verdict_flips and effect.after.allowed
        self.shut += effect.verdict_flips and effect.before.allowed


@dataclass
class Report:
    """What a change does to what was looked at: the cases in which something differs, and counts of all."""

    cases: list[Case]
    counts: Counts
    total: int
    """Stored decisions in all; a slice looks at some of them."""
    next: int | None = None
    """Where the next slice begins."""

    @property
    def flips(self) -> bool:
        return self.counts.flips > 0


def effect_of(
    actor: Actor, old: PolicySet, new: PolicySet, *, asof: AsOf, since: Instant | None = None, at: Instant | None = None
) -> Report:
    """What flips between two sets of policies: live releases first, then every stored decision (since a moment).

    With `at`, live releases are held against themselves at that moment: what becomes of them when time passes.
    Only what the actor may know of is looked at.
    """
    difference = change(old, new)
    report = live_effect(actor, difference, asof=asof, at=at)
    start: int | None = 0
    while start is not None:
        part = stored_effect(actor, difference, asof=asof, since=since, offset=start, limit=SLICE)
        report = joined(report, part)
        start = part.next
    return report


def joined(one: Report, other: Report) -> Report:
    """Two reports as one; the second says how far stored decisions were replayed."""
    counts = Counts(**{name: value + getattr(other.counts, name) for name, value in vars(one.counts).items()})
    return Report([*one.cases, *other.cases], counts, other.total, other.next)


# Stored decisions


def stored(actor: Actor, asof: AsOf, since: Instant | None = None) -> QuerySet[Decision]:
    """The recorded decisions that the actor may know of, oldest first."""
    visible = access.visible_systems(actor, asof)
    rows = Decision.objects.filter(position__lt=asof.known_at).order_by("position", "ordinal")
    if visible is not None:
        rows = rows.filter(system__in=visible)
    return rows if since is None else rows.filter(valid_from__gte=since)


def stored_effect(
    actor: Actor, difference: Change, *, asof: AsOf, since: Instant | None = None, offset: int = 0, limit: int = SLICE
) -> Report:
    """A slice of the stored decisions, each replayed on its own stored facts under the old and the new policies."""
    rows = stored(actor, asof, since)
    total = rows.count()
    report = Report([], Counts(), total, offset + limit if offset + limit < total else None)
    if not difference.slugs:
        report.counts.looked_at = report.counts.unchanged = max(0, min(limit, total - offset))
        return report
    changed: list[tuple[Decision, Effect]] = []
    for row in rows[offset : offset + limit].iterator(chunk_size=200):
        try:
            found = replayed(row, difference)
        except CannotTell:
            report.counts.unreadable += 1
            continue
        report.counts.add(found)
        if found.changed:
            changed.append((row, found))
    report.cases = list(_decided(changed, asof))
    return report


def _decided(changed: Sequence[tuple[Decision, Effect]], asof: AsOf) -> Iterator[Case]:
    named = releases.references({row.release for row, _effect in changed}, asof)
    for row, found in changed:
        reference = named.get(row.release, "")
        yield Case(row.release, reference, row.body["stage"], Instant(row.body["valid_at"]), found, row.urn)


def replayed(row: Decision, difference: Change) -> Effect:
    """A stored decision under the policies before and after: its own, but for those that differ.

    Its facts are read by the widest schema that a rule was checked against: fields are only ever added, and what they
    hold was not recorded then, which is told apart. CannotTell when an input is gone or cannot be read so.
    """
    body = row.body
    then = _schema(body["schema"])
    wide = _wide(then, difference)
    own = [one for one in _policies(body["policies"]) if one.slug not in difference.slugs]
    at = Instant(body["valid_at"])
    base = policy_rules.in_force(chain.from_iterable(one.requirements for one in own), at)
    document, lacks = canonical.decode(content.read(body["facts"])), effects.lacking_in(then, wide)
    sides = Sides.of(base, [Layer(one, None) for one in own], difference, Bound.of(document["system"]))
    if difference.tiers:
        facts = tuple(AskedFacts(one, wide, body["stage"]) for one in retiered(document, own, difference, wide, at))
        return effects.effect(facts[0].answer(sides, 0), facts[1].answer(sides, 1), lacks)
    before, after = AskedFacts(document, wide, body["stage"]).sides(sides)
    return effects.effect(before, after, lacks)


def _wide(then: Schema, difference: Change) -> Schema:
    found = effects.widest([then, *difference.schemas])
    if found is None:
        raise CannotTell("the policies were checked against facts of another shape than these")
    return found


@lru_cache(maxsize=16)
def _schema(digest: str) -> Schema:
    return schema_from_json(canonical.decode(content.read(digest)))


@lru_cache(maxsize=64)
def _policies(digest: str) -> tuple[Loaded, ...]:
    """A stored set of policies. A published text loads for ever as it was published."""
    return tuple(
        policy.published(one["text"], one["schema"], tuple(one["functions"]), one["zone"])
        for one in canonical.decode(content.read(digest))
    )


# Live releases


def live_effect(actor: Actor, difference: Change, *, asof: AsOf, at: Instant | None = None) -> Report:
    """The live releases that the actor may know of, on their facts of now; after the change on those of `at`."""
    report = Report([], Counts(), 0)
    for row in standing_queries.live_rows(actor, asof):
        release = releases.readable(row, asof)
        if release is None:
            continue
        try:
            case = _live_case(release, difference, asof, at)
        except CannotTell:  # of this one; the others are told
            report.counts.unreadable += 1
            continue
        report.counts.add(case.effect)
        if case.effect.changed:
            report.cases.append(case)
    return report


def _live_case(release: releases.ReleaseOf, difference: Change, asof: AsOf, at: Instant | None) -> Case:
    schema, stage = policy.schema(asof), release.row.stage
    wide = _wide(schema, difference)
    if difference.tiers:
        return _retiered_case(release, difference, wide, asof, at)
    lacks = effects.lacking_in(schema, wide)
    now = AskedFacts(collected(release), wide, stage)
    sides = _sides(difference, now.system, asof, asof.valid_at)
    if at is None:
        before, after = now.sides(sides)
        return Case(release.urn, release.reference, stage, asof.valid_at, effects.effect(before, after, lacks))
    then = AskedFacts(collected(releases.read(release.row, AsOf(at, asof.known_at))), wide, stage)
    later = _sides(difference, then.system, asof, at)
    found = effects.effect(now.answer(sides, 0), then.answer(later, 1), lacks)
    return Case(release.urn, release.reference, stage, at, found, facts=moved_facts(found, now, then, later.all(1)))


def _retiered_case(
    release: releases.ReleaseOf, difference: Change, wide: Schema, asof: AsOf, at: Instant | None
) -> Case:
    """A live release whose system may get another tier, and with it other requirements."""
    stage, moment = release.row.stage, at or asof.valid_at
    kept = [one.loaded for one in policy.in_force(asof) if one.slug not in difference.slugs]
    later = release if at is None else releases.read(release.row, AsOf(at, asof.known_at))
    was = tiering.under(collected(release), [*kept, *difference.tiered_before], wide, asof.valid_at)
    will = tiering.under(collected(later), [*kept, *difference.tiered_after], wide, moment)
    now, then = AskedFacts(was, wide, stage), AskedFacts(will, wide, stage)
    first, second = _sides(difference, now.system, asof, asof.valid_at), _sides(difference, then.system, asof, moment)
    lacks = effects.lacking_in(policy.schema(asof), wide)
    found = effects.effect(now.answer(first, 0), then.answer(second, 1), lacks)
    return Case(
        release.urn, release.reference, stage, moment, found, facts=moved_facts(found, now, then, second.all(1))
    )


def _sides(difference: Change, system: Bound, asof: AsOf, at: Instant) -> Sides:
    """What a system is asked, where the policies that do not differ are those in force; their requirements, at a moment."""
    kept = [one for one in policy.in_force(asof, system) if one.slug not in difference.slugs]
    base = [one for each in kept for one in policy_rules.in_force(each.loaded.requirements, at)]
    return Sides.of(base, [one.layer for one in kept], difference, system)
