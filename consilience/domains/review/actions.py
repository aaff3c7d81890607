"""Giving verdicts; proving conditions; answering objections; ending blocks."""

from __future__ import annotations

from collections.abc import Sequence

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import queries as policy
from consilience.domains.release import queries as releases
from consilience.domains.review import delegation_queries as delegations
from consilience.domains.review import queries, rules, waiving
from consilience.domains.review import waiver_queries as waivers
from consilience.domains.review.delegation import Delegated, may_delegate, may_end, well_dated
from consilience.domains.review.models import Answer, BlockEnd, Delegation, Panel, Proof, SignOff, Waiver
from consilience.domains.review.waiving import may_waive, may_withdraw
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, NotFound, Refused, refusal, require
from consilience.kit.naming import is_urn


def sign_off(
    *,
    actor: Actor,
    release: str,
    function: str,
    verdict: rules.Verdict,
    reason: str,
    seen: str,
    conditions: Sequence[rules.NewCondition] = (),
    expires_at: Instant | None = None,
    now: Instant,
) -> SignOff:
    """Record a function's verdict on the facet whose digest the person saw."""
    with act(actor, verb="review.signed_off", at=now) as opened:
        found = releases.release_by_urn(actor, release, opened.asof)
        access.ensure(actor, "review.sign_off", found, opened.asof)
        if function not in people.functions(opened.asof):
            raise NotFound("function", function)
        held = people.functions_of(actor.urn, opened.asof)
        instead = None if function in held else delegations.stand_in_for(actor.urn, function, found)
        require(
            rules.may_sign(
                actor.urn,
                function,
                verdict=verdict,
                held=held,
                authors=releases.authors_of(found),
                approved_for=queries.approvals_by(actor.urn, found),
                instead=instead,
            )
        )
        rules.well_formed(verdict, reason, conditions, at=opened.at)
        facet = releases.facet(found, function)
        require(rules.same_facet(seen, facet))
        for condition in conditions:
            if people.person(condition.owner, opened.asof) is None:
                raise NotFound("person", condition.owner)
        if expires_at is not None and expires_at <= opened.at:
            raise BadInput("valid until", "must lie ahead")
        body = {
            "release": found.urn,
            "system": found.system.urn,
            "function": function,
            "person": actor.urn,
            "verdict": str(verdict),
            "facet": facet.digest,
            "items": [[item.key, item.digest] for item in facet.items],
            "policies": policy.set_digest(opened.asof),
            "reason": opened.private(reason.strip()),
            "conditions": [
                {"text": opened.private(one.text.strip()), "owner": one.owner, "due_at": one.due_at}
                for one in conditions
            ],
            "signed_at": opened.at,
            "expires_at": expires_at,
        }
        if isinstance(instead, Delegated):
            body |= {"instead_of": instead.giver, "delegation": instead.urn}
            opened.note(instead_of=instead.giver, delegation=instead.urn)
        opened.note(function=function, verdict=str(verdict), release=found.reference, stage=found.row.stage)
        if opened.signed:  # the statement alone says what was agreed to, also to whoever has no record of it
            opened.note(facet=facet.digest, items=[item.digest for item in facet.items], policies=body["policies"])
        return opened.record(SignOff, body=body)


def delegate(
    *,
    actor: Actor,
    function: str,
    to: str,
    system: str | None,
    start: Instant | None,
    until: Instant,
    reason: str,
    now: Instant,
) -> Delegation:
    """Lend one's voice for a function to another person, in a system (URN) or everywhere, until a moment."""
    with act(actor, verb="review.delegated", at=now) as opened:
        target = WORKSPACE if system is None else inventory.system_by_urn(system, opened.asof).guarded
        access.ensure(actor, "review.sign_off", target, opened.asof)
        if function not in people.functions(opened.asof):
            raise NotFound("function", function)
        if not people.is_active(to, opened.asof) or not is_urn(to, "person"):
            raise NotFound("person", to)
        held, theirs = (people.functions_of(one, opened.asof) for one in (actor.urn, to))
        require(may_delegate(actor.urn, to, function, held=held, held_by_receiver=theirs))
        begins = start or opened.at
        well_dated(begins, until, at=opened.at)
        if not reason.strip():
            raise BadInput("reasons", "say why somebody else decides in your stead")
        body = {
            "person": actor.urn,
            "to": to,
            "function": function,
            "system": system,
            "until": until,
            "reason": opened.private(reason.strip()),
        }
        opened.note(function=function)
        return opened.record(Delegation, body=body, valid_from=begins)


def end_delegation(*, actor: Actor, urn: str, reason: str, now: Instant) -> Delegation:
    """End a delegation before its day: whoever gave it may, and who manages people."""
    with act(actor, verb="review.delegation_ended", at=now) as opened:
        row = delegations.newest(urn, opened.asof)
        if row is None or access.can(actor, "people.read", row.guarded, opened.asof):
            raise NotFound("delegation", urn)
        if row.person != actor.urn:
            access.ensure(actor, "people.manage", WORKSPACE, opened.asof)
        require(may_end(withdrawn=row.withdrawn, until=row.body["until"], at=opened.at))
        opened.note(function=row.function)
        return opened.withdraw(row, reason=opened.private(reason))


def waive(
    *, actor: Actor, release: str, requirement: str, until: Instant, reason: str, control: str, now: Instant
) -> Waiver:
    """Set a requirement (`policy/id`) aside for a release until a moment, with a control in its place."""
    with act(actor, verb="review.waived", at=now) as opened:
        found = releases.release_by_urn(actor, release, opened.asof)
        access.ensure(actor, "review.sign_off", found, opened.asof)
        asked = waivers.asked(requirement, found)
        if asked is None:
            raise NotFound("requirement", requirement)
        held = people.functions_of(actor.urn, opened.asof)
        authors = releases.authors_of(found)
        require(may_waive(actor.urn, asked.waiver, requirement=requirement, held=held, authors=authors))
        assert asked.waiver is not None
        waiving.well_dated(until, asked.waiver, at=opened.at)
        for where, text in (("reasons", reason), ("control", control)):
            if not text.strip():
                raise BadInput(where, "is empty: say why, and what is done in place of the requirement")
        body = {
            "release": found.urn,
            "system": found.system.urn,
            "policy": asked.policy,
            "requirement": asked.id,
            "person": actor.urn,
            "function": next(one for one in asked.waiver.by if one in held),
            "granted_at": opened.at,
            "until": until,
            "reason": opened.private(reason.strip()),
            "control": opened.private(control.strip()),
        }
        opened.note(function=body["function"], requirement=asked.name, release=found.reference, stage=found.row.stage)
        return opened.record(Waiver, body=body)


def withdraw_waiver(*, actor: Actor, urn: str, reason: str, now: Instant) -> Waiver:
    """Take a waiver back before its day: the requirement is asked again at once."""
    with act(actor, verb="review.waiver_withdrawn", at=now) as opened:
        row = waivers.newest(urn, opened.asof)
        if row is None:
            raise NotFound("waiver", urn)
        access.ensure(actor, "review.sign_off", row.guarded, opened.asof, what="waiver", named=urn)
        found = releases.readable_by_urn(row.release, opened.asof)
        asked = waivers.asked(f"{row.body['policy']}/{row.body['requirement']}", found) if found else None
        require(
            may_withdraw(
                actor.urn,
                granter=row.person,
                terms=asked.waiver if asked else None,
                held=people.functions_of(actor.urn, opened.asof),
                over=waivers.state(row, opened.asof) is not waivers.State.IN_FORCE,
            )
        )
        opened.note(requirement=f"{row.body['policy']}/{row.body['requirement']}")
        return opened.withdraw(row, reason=opened.private(reason))


def offer_proof(*, actor: Actor, condition: str, proof: str, now: Instant) -> Proof:
    """Say how a condition was met. It counts once a holder of the imposing function accepts it."""
    with act(actor, verb="review.proof_offered", at=now) as opened:
        found = _condition(actor, "review.close_condition", condition, opened)
        if not proof.strip():
            raise BadInput("proof", "say how the condition was met")
        if found.state is rules.ConditionState.MET:
            raise Refused(refusal("condition_met_already"))
        body = {
            "condition": condition, "offered_by": actor.urn, "proof": opened.private(proof.strip()),
            "accepted_by": None, "system": found.sign_off.system,
        }  # fmt: skip
        return opened.record(Proof, body=body, replaces=found.proof)


def accept_proof(*, actor: Actor, condition: str, seen: str | None = None, now: Instant) -> Proof:
    """Accept the proof of a condition, for the function that imposed it. `seen` is the digest of the proof they read."""
    with act(actor, verb="review.proof_accepted", at=now) as opened:
        found = _condition(actor, "review.sign_off", condition, opened)
        if found.proof is None:
            raise Refused(refusal("no_proof_offered"))
        if found.state is rules.ConditionState.MET:
            raise Refused(refusal("condition_met_already"))
        if seen is not None:
            require(rules.same_proof(seen, found.proof.digest))
        require(
            rules.may_accept_proof(
                actor.urn,
                function=found.sign_off.function,
                held=people.functions_of(actor.urn, opened.asof),
                owner=found.owner,
                offered_by=found.proof.body["offered_by"],
            )
        )
        return opened.record(Proof, body={**found.proof.body, "accepted_by": actor.urn}, replaces=found.proof)


def answer(*, actor: Actor, objection: str, text: str, now: Instant) -> Answer:
    """Answer an objection in writing."""
    with act(actor, verb="review.objection_answered", at=now) as opened:
        row = _given(actor, "review.answer", objection, rules.Verdict.OBJECT, opened, what="objection")
        require(rules.may_answer(actor.urn, objector=row.person))
        if not text.strip():
            raise BadInput("answer", "is empty")
        body = {
            "objection": objection,
            "person": actor.urn,
            "text": opened.private(text.strip()),
            "release": row.release,
        }
        return opened.record(Answer, body=body)


def end_block(*, actor: Actor, block: str, reason: str, now: Instant) -> BlockEnd:
    """Withdraw one's own block, or say as a member of the panel that it should end."""
    with act(actor, verb="review.block_ended", at=now) as opened:
        row = _given(actor, "review.sign_off", block, rules.Verdict.BLOCK, opened, what="block")
        require(rules.may_end_block(actor.urn, author=row.person, panel=queries.panel(opened.asof)))
        if not reason.strip():
            raise BadInput("reasons", "say why the block should end")
        if any(one.row.urn == block and one.ended for one in queries.said_in_system(row.system, opened.asof).blocks()):
            raise Refused(refusal("block_ended_already"))
        how = "withdrawn" if actor.urn == row.person else "panel"
        opened.note(how=how)
        body = {"block": block, "person": actor.urn, "how": how, "reason": opened.private(reason.strip())}
        return opened.record(BlockEnd, body=body)


def name_panel(*, actor: Actor, people_urns: Sequence[str], now: Instant) -> Panel:
    """Name who may decide a block against its author, until a charter says so."""
    with act(actor, verb="review.panel_named", at=now) as opened:
        access.ensure(actor, "access.manage", WORKSPACE, opened.asof)
        members = sorted(set(people_urns))
        if len(members) < rules.PANEL_VOICES:
            raise BadInput("panel", f"expected at least {rules.PANEL_VOICES} people")
        for urn in members:
            if people.person(urn, opened.asof) is None:
                raise NotFound("person", urn)
        return opened.record(Panel, body={"people": members}, replaces=Panel.objects.as_of(opened.asof).first())


def _given(actor: Actor, action: str, urn: str, verdict: rules.Verdict, opened: Act, *, what: str) -> SignOff:
    row, _release = queries.guarded(actor, action, urn, opened.asof, what=what)
    if row.verdict != verdict:
        raise NotFound(what, urn)
    return row


def _condition(actor: Actor, action: str, name: str, opened: Act) -> queries.Condition:
    row, _release = queries.guarded(actor, action, name.partition("#")[0], opened.asof, what="condition", named=name)
    found = [one for one in queries.said_in_system(row.system, opened.asof).conditions() if one.id == name]
    if not found:
        raise NotFound("condition", name)
    return found[0]
