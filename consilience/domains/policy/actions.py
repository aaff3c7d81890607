"""Proposing and publishing policies: two people, one of the function that owns the policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from consilience.domains.access import queries as access
from consilience.domains.access.rules import Guarded
from consilience.domains.content import actions as content
from consilience.domains.inventory.models import System
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import layers, mutation, queries, rules
from consilience.domains.policy.adopting import Held, State, states
from consilience.domains.policy.language.types import schema_to_json
from consilience.domains.policy.life import queries as life
from consilience.domains.policy.life import rules as life_rules
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.scope import Bound, Scope
from consilience.domains.policy.starter_sets import StarterSet
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refused, refusal, require
from consilience.kit.records.models import AsOf

LIBRARY = Guarded("policy")
TAKEN_NAMES = frozenset({"new", "proposals"})
"""Pages and endpoints beside those of policies: a policy of that name could never be read."""


def propose(*, actor: Actor, text: str, replaces: str | None = None, now: Instant) -> PolicyProposal:
    """Put a draft forward. It must load: types, sentences, examples that come out as stated; and keep to what is above.

    `replaces` is a proposal of one's own of the same policy, which is taken back in the same act.
    """
    with act(actor, verb="policy.proposed", at=now) as opened:
        access.ensure(actor, "policy.propose", LIBRARY, opened.asof)
        loaded = queries.draft(text, opened.asof).loaded
        if loaded.slug in TAKEN_NAMES:
            raise BadInput("policy", f"{loaded.slug!r} names a page of the library; choose another name")
        _above(loaded, opened.asof)
        body = {"slug": loaded.slug, "owner": loaded.owner, "text": text, "proposed_by": actor.urn}
        opened.note(policy=loaded.slug)
        if replaces is None:
            return opened.record(PolicyProposal, body=body)
        row = life.open_proposal(replaces, opened.asof)
        require(life_rules.may_take_back(actor.urn, row.body["proposed_by"]))
        require(life_rules.same_policy(loaded.slug, row.slug))
        made = opened.record(PolicyProposal, body={**body, "replaces": row.urn})
        opened.withdraw(row, replaced_by=made.urn)
        return made


def publish(
    *, actor: Actor, proposal: str, in_force_from: Instant | None, ahead_of: int | None = None, now: Instant
) -> Policy:
    """Publish a proposal, in force from a moment that is not past. The second of two people; one holds the owner function.

    `ahead_of` is the number of a scheduled version before which this one begins, and which will replace it.
    """
    with act(actor, verb="policy.published", at=now) as opened:
        access.ensure(actor, "policy.publish", LIBRARY, opened.asof)
        row = life.open_proposal(proposal, opened.asof)
        require(rules.two_people(row.body["proposed_by"], actor.urn))
        pair = {actor.urn, row.body["proposed_by"]}
        owner = row.body["owner"]
        if not any(owner in people.functions_of(person, opened.asof) for person in pair):
            raise Refused(refusal("owner_function_publishes", function=owner))
        drafted = queries.draft(row.body["text"], opened.asof)
        loaded = drafted.loaded
        require(rules.check_publication(loaded, opened.at))
        require(mutation.check_noticed(loaded))
        others = _above(loaded, opened.asof)
        require(layers.check_loosening(loaded, others, people.functions_of(actor.urn, opened.asof)))
        before = Policy.objects.filter(slug=loaded.slug).order_by("-version").first()
        newest = (before.version, before.position) if before else None
        require(rules.loses_nothing(loaded.slug, proposed=row.position, newest=newest, ahead_of=ahead_of))
        coming = [(one.version, Instant(one.valid_from)) for one in queries.scheduled(loaded.slug, opened.asof)]
        start = in_force_from or opened.at
        require(rules.in_order(loaded.slug, start=start, scheduled=coming, ahead_of=ahead_of))
        under = canonical.encode(schema_to_json(loaded.schema))
        body = {
            "slug": loaded.slug,
            "owner": loaded.owner,
            "text": row.body["text"],
            "language": loaded.language,
            "schema": content.put(under, now=opened.at),
            "functions": list(drafted.functions),
            "zone": drafted.zone,
            "proposal": row.urn,
            "proposed_by": row.body["proposed_by"],
            "published_by": actor.urn,
        }
        opened.note(policy=loaded.slug)
        return opened.record(Policy, body=body, replaces=before, valid_from=in_force_from)


def propose_missing(*, actor: Actor, of: StarterSet, asof: AsOf, clock: Callable[[], Instant]) -> list[State]:
    """Propose every policy of a set whose name the library has not; each is an act of its own.

    A policy that does not load here, such as one of a function that there is not, is told and left out. Refused where this
    person may not propose.
    """
    return [_proposed(actor, of, one, clock) if one.held is Held.ABSENT else one for one in states(of, asof)]


def _proposed(actor: Actor, of: StarterSet, one: State, clock: Callable[[], Instant]) -> State:
    try:
        row = propose(actor=actor, text=of.policies[one.name], now=clock())
    except BadInput as error:
        return replace(one, problem=str(error))
    return replace(one, held=Held.PROPOSED, same=True, urn=row.urn, proposed_now=True)


def _above(policy: Loaded, asof: AsOf) -> list[Loaded]:
    """The other policies of the library; Refused where this one does not keep to those above it, or to its own scope."""
    require(layers.same_scope(policy.slug, queries.first_scope(policy.slug), policy.scope))
    others = [queries.loaded(row) for row in queries.library(asof) if row.slug != policy.slug]
    require(layers.check_layers(policy, others, _named(policy.scope, asof)))
    return others


def _named(scope: Scope, asof: AsOf) -> Bound | None:
    """The system that a scope names, which must exist."""
    if scope.system is None:
        return None
    row = System.objects.as_of(asof).filter(slug=scope.system).first()
    if row is None:
        raise BadInput("scope", f"there is no system {scope.system!r}")
    return Bound.of(row.body)
