"""What a pack of obligations, or another day of the law, does to live releases and to decisions of the past.

The gate's answers never change by it. What changes is which obligations are open, and with that how a live release stands;
of a decision that let a release through it is said what was open then, by what its requirements came to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from consilience.domains.access import queries as access
from consilience.domains.content import queries as content
from consilience.domains.gate import coverage, open_law, open_obligations, standing, standing_queries
from consilience.domains.gate.models import Decision
from consilience.domains.gate.open_law import Law
from consilience.domains.gate.open_obligations import Finding
from consilience.domains.gate.queries import Assessment, assess_release
from consilience.domains.gate.standing import State
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy import queries as policy
from consilience.domains.policy.language.facts import Facts, bind
from consilience.domains.policy.obligations import queries as packs
from consilience.domains.policy.obligations.facts import of_system, system_schema
from consilience.domains.policy.obligations.rules import Cited
from consilience.domains.policy.outcome import Code
from consilience.domains.release import queries as releases
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import CannotTell
from consilience.kit.records.models import AsOf

MOST_DECISIONS = 1000
"""As many decisions that let a release through, the newest, as one answer looks at."""


@dataclass(frozen=True)
class Moved:
    """A live release, or a decision that let one through (`decision`), for which the law asks something else."""

    system: str
    release: str
    reference: str
    stage: str
    came: tuple[Finding, ...]
    went: tuple[Finding, ...]
    before: State
    after: State
    at: Instant
    decision: str | None = None

    @property
    def flips(self) -> bool:
        return self.before is not self.after


@dataclass(frozen=True)
class LawEffect:
    """What differs, and how many were looked at; `decisions` is how many there are."""

    live: tuple[Moved, ...]
    looked_at: int
    decided: tuple[Moved, ...]
    decisions_looked_at: int
    decisions: int
    unreadable: int = 0


def law_effect(actor: Actor, before: Law, after: Law, asof: AsOf, *, decisions: int = MOST_DECISIONS) -> LawEffect:
    """What differs between two states of the law for all that the actor may know of; so many decisions, the newest."""
    rows = standing_queries.live_rows(actor, asof)
    read = [release for release in (releases.readable(row, asof) for row in rows) if release is not None]
    live, unreadable = [], 0
    for release in read:
        try:
            live.append(_live(assess_release(release), before, after))
        except CannotTell:
            unreadable += 1
    visible = access.visible_systems(actor, asof)
    stored = Decision.objects.filter(allowed=True, position__lt=asof.known_at).order_by("-position", "-ordinal")
    stored = stored if visible is None else stored.filter(system__in=visible)
    decided = []
    listed = list(stored[:decisions])
    labels = releases.references({row.release for row in listed}, asof)
    for row in listed:
        try:
            decided.append(_decided(row, labels.get(row.release, ""), before, after))
        except CannotTell:
            unreadable += 1
    return LawEffect(
        tuple(_differing(live)), len(read), tuple(_differing(decided)), len(listed), stored.count(), unreadable
    )


def law_when(actor: Actor, at: Instant, asof: AsOf) -> LawEffect:
    """What becomes of live releases by the law alone until a moment, under the packs in use."""
    used, then = packs.in_use(asof), AsOf(at, asof.known_at)
    days = coverage.present_day(asof), coverage.present_day(then)
    return law_effect(actor, (used, days[0]), (used, days[1]), asof, decisions=0)


def _differing(listed: Sequence[Moved]) -> Iterator[Moved]:
    return (one for one in listed if one.came or one.went)


def _live(found: Assessment, before: Law, after: Law) -> Moved:
    release = found.release
    about = (release.system.urn, release.urn, release.reference, release.row.stage)
    base = standing.state(found.verdict, found.outcomes)
    return _moved(about, base, open_law.open_under(found, (before, after)), release.asof.valid_at)


def _decided(row: Decision, reference: str, before: Law, after: Law) -> Moved:
    """A decision that let a release through, on the system as it was registered then and the stored outcomes."""
    body = row.body
    document = canonical.decode(content.read(body["facts"]))
    facts = _facts(canonical.encode(document["system"]))
    cited = _cited(body["policies"], body["result"])
    sides = [open_obligations.findings(used, row.system, facts, day, cited) for used, day in (before, after)]
    about = (row.system, row.release, reference, body["stage"])
    return _moved(about, State.COMPLIANT, sides, Instant(body["valid_at"]), row.urn)


def _moved(
    about: tuple[str, str, str, str],
    base: State,
    sides: Sequence[tuple[Finding, ...]],
    at: Instant,
    decision: str | None = None,
) -> Moved:
    """`about` is the system, the release, its reference and its stage; `sides` what is open before and after."""
    came, went = open_obligations.came_and_went(*sides)
    before, after = (open_obligations.standing(base, side) for side in sides)
    return Moved(*about, came, went, before, after, at, decision)


@lru_cache(maxsize=256)
def _facts(system: bytes) -> Facts:
    said = canonical.decode(system)
    return bind(of_system(said["urn"], said), system_schema())


def _cited(policies: str, result: str) -> dict[str, list[Cited]]:
    codes = {(one[0], one[1]): Code(one[4]) for one in canonical.decode(content.read(result))["outcomes"]}
    found: dict[str, list[Cited]] = {}
    for slug, requirement, owner, names in _citing(policies):
        code = codes.get((slug, requirement))
        if code is not None:
            for name in names:
                found.setdefault(name, []).append(Cited(slug, requirement, {"en": requirement}, owner, {"": code}))
    return found


@lru_cache(maxsize=64)
def _citing(digest: str) -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    """(policy, requirement, function, obligations) of a stored set of policies."""
    return tuple(
        (one.policy, one.id, one.owner, tuple(one.obligations))
        for each in canonical.decode(content.read(digest))
        for one in policy.published(each["text"], each["schema"], tuple(each["functions"]), each["zone"]).requirements
        if one.obligations
    )
