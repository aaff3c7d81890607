"""How a system stands towards the law on a day: each obligation, the requirements that cite it, what they came to.

The law's day moves what is asked and from when; systems, requirements and evidence are those of the moment, so that any
day but today is a what-if about the law alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consilience.domains.evidence import queries as evidence
from consilience.domains.gate.models import Decision
from consilience.domains.gate.queries import assess_release
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.models import System
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy import queries as policy
from consilience.domains.policy import rules as policy_rules
from consilience.domains.policy.language.facts import Facts, bind
from consilience.domains.policy.obligations import queries as packs
from consilience.domains.policy.obligations import rules
from consilience.domains.policy.obligations.facts import of_system, system_schema
from consilience.domains.policy.obligations.pack import Day, today
from consilience.domains.policy.obligations.terms import InUse, bound
from consilience.domains.policy.outcome import Code
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.scope import Bound
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.domains.release.queries import ReleaseOf
from consilience.kit.clock import Instant
from consilience.kit.errors import CannotTell, NotFound
from consilience.kit.records.models import AsOf


@dataclass(frozen=True)
class OnRecord:
    """What is on record of a kind of evidence that an obligation names: URNs that count now, and how many have expired."""

    kind: str
    records: tuple[str, ...]
    expired: int


@dataclass(frozen=True)
class Coverage:
    """A system on a day of the law."""

    system: System
    day: Day
    today: Day
    lines: tuple[rules.Line, ...]
    releases: tuple[ReleaseOf, ...]
    """Those that count: the newest proposal of each model, and the newest that the gate let into operation."""
    evidence: Mapping[str, OnRecord]
    cited: Mapping[str, Sequence[rules.Cited]]
    """By name of an obligation, the requirements in force that cite it."""
    unknown: Mapping[str, tuple[str, ...]]
    """Those of the names that no pack in use explains: name -> requirements."""
    asof: AsOf

    @property
    def what_if(self) -> bool:
        return self.day != self.today

    @property
    def counts(self) -> dict[rules.State, int]:
        return rules.counts(line.state for line in self.lines)


def coverage(
    actor: Actor, system: str, asof: AsOf, *, day: Day | None = None, release: tuple[str, str] | None = None
) -> Coverage:
    """How a system (slug) stands; `release` (version, stage) looks at one release instead of those that count."""
    row = inventory.system(actor, system, asof)
    if release is None:
        counted = that_count([one for one in releases.releases(actor, asof) if one.system == row.urn], asof)
    else:
        counted = [releases.release(actor, system, *release, asof)]
    return of(row, counted, packs.in_use(asof), asof, day=day)


def portfolio(actor: Actor, asof: AsOf, *, day: Day | None = None) -> list[Coverage]:
    """Every system that the actor may know of."""
    proposed: dict[str, list[Release]] = defaultdict(list)
    for one in releases.releases(actor, asof):
        proposed[one.system].append(one)
    used = packs.in_use(asof)
    return [of(row, that_count(proposed[row.urn], asof), used, asof, day=day) for row in inventory.systems(actor, asof)]


Used = Sequence[InUse]


def present_day(asof: AsOf) -> Day:
    return asof.once(_present_day)


def _present_day(asof: AsOf) -> Day:
    return today(asof.valid_at, ledger.zone())


def facts_of(system: System) -> Facts:
    """What obligations may ask about a system."""
    return bind(of_system(system.urn, system.body), system_schema())


def of(system: System, counted: Sequence[ReleaseOf], used: Used, asof: AsOf, *, day: Day | None = None) -> Coverage:
    """The same from what was read already."""
    here = present_day(asof)
    cited = cited_by(counted, asof, Bound.of(system.body))
    explained = {name for one in used for name in one.pack.by_name}
    return Coverage(
        system=system,
        day=day or here,
        today=here,
        lines=tuple(rules.lines(bound(used, system.urn), facts_of(system), day or here, cited)),
        releases=tuple(counted),
        evidence=_on_record(system, counted, asof),
        cited=cited,
        unknown={
            name: tuple(one.name for one in asked) for name, asked in sorted(cited.items()) if name not in explained
        },
        asof=asof,
    )


def that_count(proposed: Sequence[Release], asof: AsOf) -> list[ReleaseOf]:
    """Of these proposals, the newest first: the newest of each model, and the newest that the gate let into operation."""
    allowed = {row.release for row in _latest_decisions(proposed, asof) if row.allowed}
    chosen: dict[tuple[str, str], ReleaseOf] = {}
    for one in proposed:
        read = releases.readable(one, asof)
        if read is None:
            continue
        model = read.version.model.urn
        chosen.setdefault((model, "newest"), read)
        if one.stage == "operation" and one.urn in allowed:
            chosen.setdefault((model, "operating"), read)
    return list({read.urn: read for read in chosen.values()}.values())


def _latest_decisions(proposed: Sequence[Release], asof: AsOf) -> list[Decision]:
    rows = Decision.objects.as_of(asof).filter(release__in=[one.urn for one in proposed]).order_by("position")
    return list({row.release: row for row in rows}.values())


def requirements_in_force(asof: AsOf, system: Bound | None = None) -> list[Requirement]:
    """Every requirement that the gate asks at this moment; with `system` those that bind it."""
    loaded = [requirement for one in policy.in_force(asof, system) for requirement in one.loaded.requirements]
    return list(policy_rules.in_force(loaded, Instant(asof.valid_at)))


def cited_by(counted: Sequence[ReleaseOf], asof: AsOf, system: Bound | None = None) -> dict[str, list[rules.Cited]]:
    """By cited name, the requirements in force with what each came to for the releases that count."""
    outcomes: dict[tuple[str, str], dict[str, Code]] = defaultdict(dict)
    gone: dict[str, Code] = {}
    for release in counted:
        named = f"{release.reference} to {release.row.stage}"
        try:
            found_here = assess_release(release).outcomes
        except CannotTell:  # something that this one rests on is gone: it shows nothing, so nothing is met for it
            gone[named] = Code.NO_EVIDENCE
            continue
        for one in found_here:
            outcomes[one.policy, one.requirement][named] = one.code
    found: dict[str, list[rules.Cited]] = defaultdict(list)
    for asked in requirements_in_force(asof, system):
        cited = rules.Cited(
            asked.policy, asked.id, asked.title, asked.owner, {**outcomes[asked.policy, asked.id], **gone}
        )
        for name in asked.obligations:
            found[name].append(cited)
    return found


def _on_record(system: System, counted: Sequence[ReleaseOf], asof: AsOf) -> dict[str, OnRecord]:
    """By kind, what stands behind the releases that count and the system itself."""
    listed = {one.row.urn: one for release in counted for one in release.evidence}
    listed |= {one.row.urn: one for one in evidence.current([system.urn], asof)}
    good: dict[str, list[str]] = defaultdict(list)
    expired: dict[str, int] = defaultdict(int)
    for urn, one in listed.items():
        until = one.body["expires_at"]
        if until is not None and until <= asof.valid_at:
            expired[one.row.kind] += 1
        else:
            good[one.row.kind].append(urn)
    return {kind: OnRecord(kind, tuple(good[kind]), expired[kind]) for kind in sorted({*good, *expired})}


def line(found: Coverage, name: str) -> rules.Line:
    """One obligation of it, by any of its names."""
    for one in found.lines:
        if name in one.obligation.names:
            return one
    raise NotFound("obligation", name)
