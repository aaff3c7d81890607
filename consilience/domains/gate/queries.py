"""Asking the gate: what it would say, who can act next, and whether a past decision comes out the same again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.content import queries as content
from consilience.domains.gate import rules, tiering, waivers
from consilience.domains.gate.facts import facts as collected
from consilience.domains.gate.models import Decision
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import queries as policy
from consilience.domains.policy.language.types import Schema, schema_from_json, schema_to_json
from consilience.domains.policy.layers import SetAside, set_aside_from
from consilience.domains.policy.outcome import Outcome
from consilience.domains.policy.outcome import from_json as outcome_from_json
from consilience.domains.policy.scope import Bound
from consilience.domains.release import queries as releases
from consilience.domains.release.queries import ReleaseOf, system_facts
from consilience.domains.review import delegation_queries as delegations
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, CannotTell, NotFound
from consilience.kit.records.models import AsOf

RESULT_FORMAT = 1


@dataclass(frozen=True)
class Step:
    """Something that would bring an unmet requirement on: what is missing, of which function, and who could act."""

    requirement: str
    function: str
    sign_off: bool
    people: tuple[str, ...]


@dataclass(frozen=True)
class Assessment:
    """What the gate says about a release at a moment: the inputs, every outcome, the verdict."""

    release: ReleaseOf
    facts: Mapping[str, Any]
    policies: tuple[policy.InForce, ...]
    schema: Schema
    outcomes: tuple[Outcome, ...]
    verdict: rules.Verdict
    set_aside: Mapping[str, SetAside] = field(default_factory=dict)
    """By policy/requirement, what a policy of a narrower scope has set aside for this system."""

    def inputs(self) -> dict[str, bytes]:
        """The exact bytes that a replay starts from."""
        said = [
            {
                "slug": one.slug, "digest": one.digest, "text": one.text, "schema": one.loaded.schema.digest,
                "functions": list(one.functions), "zone": one.zone, **self._without(one.slug),
            }
            for one in self.policies
        ]  # fmt: skip
        return {
            "facts": canonical.encode(dict(self.facts)),
            "policies": canonical.encode(said),
            "schema": canonical.encode(schema_to_json(self.schema)),
        }

    def _without(self, slug: str) -> dict[str, Any]:
        """What of a policy was set aside; nothing where nothing was."""
        named = {one: by.as_json() for one, by in self.set_aside.items() if one.partition("/")[0] == slug}
        return {"set_aside": named} if named else {}

    def result(self) -> bytes:
        return result(self.outcomes, self.verdict)

    def explanation(self) -> bytes:
        """Every outcome with its sentences and trace, as they were said at the time."""
        return canonical.encode([one.to_json() for one in self.outcomes])


def result(outcomes: Sequence[Outcome], verdict: rules.Verdict) -> bytes:
    """What a replay must reproduce byte for byte: the verdict and each requirement's outcome, without the words."""
    said = [[one.policy, one.requirement, one.owner, str(one.severity), str(one.code)] for one in outcomes]
    return canonical.encode({"format": RESULT_FORMAT, "verdict": verdict.as_json(), "outcomes": sorted(said)})


def assess_release(release: ReleaseOf, policies: Sequence[str] | None = None) -> Assessment:
    """What the gate says of a release at its moment; with `policies` (texts), what it would say under those."""
    system = Bound.of(system_facts(release.system))
    if policies is None:
        asked = [one for one in release.once(tiering.in_force) if one.loaded.scope.covers(system)]
    else:
        asked = _drafts(policies, release.asof, system)
    facts, schema, loaded = collected(release), policy.schema(release.asof), [one.loaded for one in asked]
    if policies is not None:
        facts = tiering.under(facts, loaded, schema, release.asof.valid_at)
    aside = policy.set_aside(asked, system)
    outcomes = waivers.applied(policy.outcomes(loaded, facts, schema, release.asof.valid_at, aside), loaded, facts)
    verdict = rules.verdict(outcomes, rules.hindrances(facts), stage=release.row.stage)
    return Assessment(release, facts, tuple(asked), schema, tuple(outcomes), verdict, aside)


def _drafts(texts: Sequence[str], asof: AsOf, system: Bound) -> list[policy.InForce]:
    """Policies that are only asked about, those that bind the system. What is off in one says which: `policies.0` is the first."""
    found = []
    for nth, text in enumerate(texts):
        try:
            found.append(policy.draft(text, asof))
        except BadInput as error:
            raise BadInput(f"policies.{nth}: {error.where}", error.problem) from error
    return [one for one in found if one.loaded.scope.covers(system)]


def next_steps(assessment: Assessment) -> list[Step]:
    """For each blocking requirement that is not met, whose turn it is: who speaks for its function and is no author."""
    release = assessment.release
    holders = {function: list(listed) for function, listed in people.holders(release.asof).items()}
    for lent in delegations.stand_ins(release):
        if lent.receiver not in holders[lent.function]:
            holders[lent.function].append(lent.receiver)
    authors = releases.authors_of(release)
    steps = []
    for one in assessment.outcomes:
        if one.code in rules.PASSES or one.severity != "block":
            continue
        able = [person for person in holders.get(one.owner, []) if not one.sign_off or person not in authors]
        steps.append(Step(f"{one.policy}/{one.requirement}", one.owner, one.sign_off, tuple(able)))
    return steps


def decision(actor: Actor, urn: str, asof: AsOf) -> Decision:
    row = Decision.objects.as_of(asof).filter(urn=urn).first()
    if row is None:
        raise NotFound("decision", urn)
    access.ensure(actor, "gate.read", row, asof, named=urn)
    return row


def decisions(release: str, asof: AsOf) -> list[Decision]:
    """Decisions on a release, newest first. Whoever asks has been shown the release."""
    return list(Decision.objects.as_of(asof).filter(release=release).order_by("-position"))


def recent(actor: Actor, asof: AsOf, limit: int) -> list[Decision]:
    visible = access.visible_systems(actor, asof)
    rows = Decision.objects.as_of(asof).order_by("-position")
    return list((rows if visible is None else rows.filter(system__in=visible))[:limit])


def explanation(row: Decision) -> list[Outcome]:
    """The outcomes as they were said when the decision was made."""
    return [outcome_from_json(one) for one in canonical.decode(content.read(row.body["explanation"]))]


def tier_change(found: Assessment, row: Decision | None = None) -> tiering.TierChange | None:
    """How the tier of the release's system changed since the gate was last asked: before `row`, where that is this answer."""
    asof = found.release.asof
    earlier = [one for one in decisions(found.release.urn, asof) if row is None or one.position < row.position]
    if not earlier:
        return None
    return tiering.since(canonical.decode(content.read(earlier[0].body["facts"])), found.facts)


@dataclass(frozen=True)
class Replay:
    """Whether evaluating a decision's stored inputs again gives what was stored, and where not."""

    decision: Decision
    result: bytes
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not self.differences


def replay(actor: Actor, urn: str, asof: AsOf) -> Replay:
    """Evaluate a decision again from its stored facts, policies and schema, and compare every stored result.

    CannotTell when an input is gone; an input or result that was altered is a difference.
    """
    row = decision(actor, urn, asof)
    body = row.body
    facts = canonical.decode(content.read(body["facts"]))
    schema = schema_from_json(canonical.decode(content.read(body["schema"])))
    stored = canonical.decode(content.read(body["policies"]))
    loaded = [policy.published(one["text"], one["schema"], tuple(one["functions"]), one["zone"]) for one in stored]
    said = policy.outcomes(loaded, facts, schema, Instant(body["valid_at"]), stored_aside(stored))
    outcomes = waivers.applied(said, loaded, facts)
    verdict = rules.verdict(outcomes, rules.hindrances(facts), stage=body["stage"])
    again = result(outcomes, verdict)
    return Replay(row, again, tuple(_differences(row, again, verdict)))


def stored_aside(stored: Sequence[Mapping[str, Any]]) -> dict[str, SetAside]:
    """What stored policies had set aside, by policy/requirement."""
    return {name: set_aside_from(by) for one in stored for name, by in one.get("set_aside", {}).items()}


def _differences(row: Decision, again: bytes, verdict: rules.Verdict) -> list[str]:
    found = []
    if canonical.sha256(again) != row.body["result"]:
        found.append("the decision names another result than its facts and policies give")
    try:
        if content.read(row.body["result"]) != again:
            found.append("the stored result says something else than its facts and policies give")
    except CannotTell as error:
        found.append(str(error))
    for column, value in (("allowed", verdict.allowed), ("exit_code", int(verdict.exit_code))):
        if row.body[column] != value:
            found.append(f"the decision says {column} {row.body[column]}, its facts and policies give {value}")
    if row.allowed != verdict.allowed:
        found.append(f"the table says allowed {row.allowed}, the facts and policies give {verdict.allowed}")
    return found
