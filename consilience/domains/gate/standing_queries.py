"""How live releases stand: what was recorded of it, and what the gate would say now."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.content import queries as content
from consilience.domains.gate import effects, open_law, open_obligations, rules, standing, watch
from consilience.domains.gate.effects import Changed, FactChange
from consilience.domains.gate.models import Decision, Standing
from consilience.domains.gate.open_obligations import Finding
from consilience.domains.gate.queries import Assessment, assess_release
from consilience.domains.gate.standing import Passed, State
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy.outcome import Outcome
from consilience.domains.policy.outcome import from_json as outcome_from_json
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.domains.release.rules import Stage
from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, CannotTell, ExitCode, NotFound
from consilience.kit.records.models import AsOf

logger = logging.getLogger("consilience.standing")
Told = tuple[str, str, tuple[str, ...], tuple[tuple[str, ...], ...]]
BY_LAW = "open_obligation"
"""The ground of a standing whose requirements are met while an obligation that decides is open."""
UNREADABLE = "unreadable"
"""The ground of a standing whose release cannot be read at all: something that it rests on is gone."""


# What is live


@dataclass(frozen=True)
class Portfolio:
    """The releases that the gate ever let through, and those of them that are live."""

    passed: tuple[Passed, ...]
    proposed: frozenset[str]
    registered: frozenset[str]

    @property
    def live(self) -> dict[str, Passed]:
        return standing.live(self.passed, self.proposed, self.registered)

    def ending(self, release: str) -> standing.Ending:
        one = next(each for each in self.passed if each.release == release)
        return standing.ending(one, self.passed, self.proposed, self.registered)


def portfolio(asof: AsOf, systems: Collection[str] | None = None) -> Portfolio:
    """What was let through (in some systems), and is live."""
    rows = Decision.objects.filter(allowed=True, position__lt=asof.known_at, valid_from__lte=asof.valid_at)
    if systems is not None:
        rows = rows.filter(system__in=systems)
    last = {
        release: (urn, Instant(at))
        for release, urn, at in rows.order_by("position").values_list("release", "urn", "valid_from")
    }
    about = {
        row.urn: row for row in Release.objects.filter(urn__in=last, position__lt=asof.known_at).order_by("version")
    }
    passed = tuple(
        Passed(urn, about[urn].system, about[urn].model_version, Stage(about[urn].stage), *last[urn]) for urn in last
    )
    proposed = frozenset(Release.objects.as_of(asof).filter(urn__in=last).values_list("urn", flat=True))
    return Portfolio(passed, proposed, inventory.registered({one.model_version for one in passed}, asof))


def live_rows(actor: Actor, asof: AsOf) -> list[Release]:
    """The live releases that the actor may know of, by system and age."""
    return _rows(portfolio(asof, access.visible_systems(actor, asof)).live, asof)


def _rows(live: Collection[str], asof: AsOf) -> list[Release]:
    return list(Release.objects.as_of(asof).filter(urn__in=live).order_by("system", "position", "ordinal"))


def live_stages(actor: Actor, asof: AsOf, *, system: str | None = None) -> dict[str, str]:
    """How far each version went (in one system, or in any that the actor may know of), of those that are live; by URN."""
    rows = [row for row in live_rows(actor, asof) if system is None or row.system == system]
    return {row.model_version: row.stage for row in sorted(rows, key=lambda one: standing.ORDER[Stage(one.stage)])}


# What the gate says of one now


@dataclass(frozen=True)
class Answer:
    """The state of a live release at a moment; no assessment where it cannot be read."""

    state: State
    verdict: rules.Verdict
    assessment: Assessment | None
    misfit: bool = False
    """Its facts or a policy do not fit this program: nothing about the release, and not to be recorded of it."""
    obligations: tuple[Finding, ...] = ()
    """What the law asks beside its requirements, and is open."""

    @property
    def ground(self) -> str:
        if self.assessment is None:
            return UNREADABLE
        return BY_LAW if self.verdict.allowed and self.state is not State.COMPLIANT else str(self.verdict.ground)

    @property
    def told(self) -> Told:
        """What is worth telling: when this differs, the standing has changed."""
        return (str(self.state), self.ground, self.verdict.unmet, open_obligations.told(self.obligations))

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return self.assessment.outcomes if self.assessment else ()


def answer(row: Release, asof: AsOf) -> Answer:
    """What the gate says of a live release. What cannot be read is not known to comply."""
    try:
        found = assess_release(releases.read(row, asof))
    except (NotFound, BadInput, CannotTell) as error:
        logger.warning("release %s cannot be looked at: %s", row.urn, error)
        return Answer(State.CANNOT_TELL, rules.Verdict(False, rules.Ground.NO_REQUIREMENT, ExitCode.CANNOT_TELL), None)
    return answer_of(found)


def answer_of(found: Assessment) -> Answer:
    """How a live release stands by what the gate says of it, and by what the law asks beside."""
    listed = open_law.open_for(found)
    state = open_obligations.standing(standing.state(found.verdict, found.outcomes), listed)
    return Answer(state, found.verdict, found, obligations=listed)


# What was recorded


def newest(release: str) -> Standing | None:
    """The standing of a release as it was last recorded."""
    return Standing.objects.filter(release=release).order_by("-version").first()


def recorded(urns: Collection[str], asof: AsOf) -> dict[str, Standing]:
    """The newest standing of each of these releases, for those that have one."""
    rows = Standing.objects.filter(release__in=urns, position__lt=asof.known_at).order_by("version")
    return {row.release: row for row in rows}


def history(release: str, asof: AsOf) -> list[Standing]:
    """Every change of a release's standing, newest first. Whoever asks has been shown the release."""
    return list(Standing.objects.filter(release=release, position__lt=asof.known_at).order_by("-version"))


def told(row: Standing) -> Told:
    body = row.body
    return (row.state, body["ground"], tuple(body["unmet"]), open_obligations.told(obligations(row)))


def obligations(row: Standing) -> tuple[Finding, ...]:
    """What was open of the law; nothing in records from before that was looked at."""
    return tuple(open_obligations.from_json(one) for one in row.body.get("obligations", ()))


class Cause(StrEnum):
    """What made a requirement come out otherwise."""

    FACT = "fact"
    POLICY = "policy"
    TIME = "time"


@dataclass(frozen=True)
class Reason:
    """A requirement that came out otherwise, and the facts behind it that changed."""

    changed: Changed
    facts: tuple[FactChange, ...]
    cause: Cause


def reasons(row: Standing) -> list[Reason]:
    """Why a standing changed: requirements that decide, with the facts that differ from those it was held against.

    No fact makes a requirement come or go: its policy did, or its dates.

    Empty where an input is gone from the content store; the codes stay in the record.
    """
    body, against = row.body, row.body["compared_with"]
    if against is None or body["explanation"] is None:
        return []
    try:
        before, after = explained(against["explanation"]), explained(body["explanation"])
        old, new = _document(against["facts"]), _document(body["facts"])
    except CannotTell as error:
        logger.warning("standing %s cannot be explained: %s", row.name, error)
        return []
    asked = {tuple(each[:2]): each[2] for each in body["asked"]}
    found = []
    for one in _changed(before, after):
        about = asked.get((one.outcome.policy, one.outcome.requirement), ())
        came_or_went = one.before is None or one.after is None
        moved = () if came_or_went else tuple(effects.fact_changes(old, new, about))
        other = against["policies"] != body["policies"]
        found.append(Reason(one, moved, Cause.FACT if moved else Cause.POLICY if other else Cause.TIME))
    return found


def explained(digest: str) -> list[Outcome]:
    return [outcome_from_json(one) for one in canonical.decode(content.read(digest))]


def _document(digest: str) -> Json:
    return canonical.decode(content.read(digest))


def compared_with(let_through: Passed, known: Standing | None) -> dict[str, str]:
    """What a new standing is held against, by digest: what the last was drawn from, else the decision."""
    last = known if known is not None and known.body["explanation"] is not None else None
    row = last or Decision.objects.get(urn=let_through.decision)
    return {name: row.body[name] for name in ("facts", "policies", "explanation")}


def changed_since(against: Mapping[str, str], found: Answer) -> list[Changed]:
    """The deciding requirements that came out otherwise before; none where that can no longer be read."""
    if found.assessment is None:
        return []
    try:
        return _changed(explained(against["explanation"]), found.outcomes)
    except CannotTell as error:
        logger.warning("nothing to hold %s against: %s", found.assessment.release.urn, error)
        return []


def _changed(before: Sequence[Outcome], after: Sequence[Outcome]) -> list[Changed]:
    found = effects.effect((before, _NO_VERDICT), (after, _NO_VERDICT), lambda _path: False)
    return [one for one in found.changed if one.decides and one.nature is not effects.Nature.QUIET]


_NO_VERDICT = rules.Verdict(False, rules.Ground.UNMET, ExitCode.NO)
"""Stands where only outcomes are held against each other."""


def asked_about(found: Answer, changed: Sequence[Changed]) -> list[list[Any]]:
    """[policy, requirement, parts of the facts that it asks about] for each requirement that changed."""
    names = {(one.outcome.policy, one.outcome.requirement) for one in changed}
    policies = found.assessment.policies if found.assessment else ()
    requirements = [one for each in policies for one in each.loaded.requirements]
    return [
        [one.policy, one.id, sorted(standing.subjects(one))] for one in requirements if (one.policy, one.id) in names
    ]


def gone(found: Portfolio, asof: AsOf) -> list[Standing]:
    """Standings that did not end though their release is live no more."""
    rows = Standing.objects.as_of(asof).exclude(state=State.ENDED)
    live = found.live
    return [row for row in rows if row.release not in live]


# Lists


@dataclass(frozen=True)
class Stands:
    """A live release and how it stands; `row` None where that was never recorded."""

    release: Release
    reference: str
    state: State
    since: Instant
    row: Standing | None
    unmet: tuple[str, ...]
    obligations: tuple[Finding, ...] = ()


def standings(actor: Actor, asof: AsOf, *, system: str | None = None) -> list[Stands]:
    """The live releases that the actor may know of, those that do not comply first.

    What is recorded is believed where nothing was written since that the release could feel, and it is not due; else the
    release is looked at now.
    """
    let_through = portfolio(asof, _asked_for(access.visible_systems(actor, asof), system)).live
    rows = _rows(let_through, asof)
    last = recorded([row.urn for row in rows], asof)
    labels = releases.references([row.urn for row in rows], asof)
    doubtful = watch.out_of_date(rows, asof)
    found = []
    for row in rows:
        one = last.get(row.urn)
        found.append(
            stands(
                row, labels[row.urn], one if row.urn not in doubtful else None, let_through[row.urn], asof, known=one
            )
        )
    return sorted(found, key=lambda each: (_URGENT.index(each.state), each.reference))


def _asked_for(visible: Collection[str] | None, system: str | None) -> Collection[str] | None:
    """The systems to look at, by URN: one of those that may be known of, or all of them (None: the workspace's)."""
    if system is None:
        return visible
    return [system] if visible is None or system in visible else []


_URGENT = (State.NOT_COMPLIANT, State.CANNOT_TELL, State.COMPLIANT, State.ENDED)


def stands(
    row: Release, reference: str, believed: Standing | None, let_through: Passed, asof: AsOf, *, known: Standing | None
) -> Stands:
    """How a live release stands: as recorded where that is believed, else as the gate says now."""
    if believed is not None:
        unmet = tuple(believed.body["unmet"])
        begun, listed = Instant(believed.body["since"]), obligations(believed)
        return Stands(row, reference, State(believed.state), begun, believed, unmet, listed)
    found = answer(row, asof)
    begun = since(found.state, known, let_through, asof)
    return Stands(row, reference, found.state, begun, known, found.verdict.unmet, found.obligations)


def since(
    state: State, known: Standing | None, let_through: Passed, asof: AsOf, *, noticed: Instant | None = None
) -> Instant:
    """Since when a state holds: as recorded; since the gate let it through; from the moment it flipped at, or from now."""
    if known is not None and known.state == state:
        return Instant(known.body["since"])
    begins = known is None or known.state == State.ENDED
    return let_through.at if begins and state is State.COMPLIANT else noticed or asof.valid_at
