"""Granting, ending grants, making and withdrawing tokens."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from consilience.domains.access import queries, rules
from consilience.domains.access.models import Grant, Token
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, NotEntitled, NotFound, Refused, refusal, require

MAX_TOKEN_DAYS = 366


def grant(
    *, actor: Actor, principal: str, role: rules.Role, system: str | None, until: Instant | None, now: Instant
) -> Grant:
    """Entitle a principal to a role, in one system or in the workspace."""
    with act(actor, verb="access.granted", at=now) as opened:
        queries.ensure(actor, "access.manage", rules.WORKSPACE, opened.asof)
        return record_grant(opened, principal=principal, role=role, system=system, until=until)


def record_grant(
    opened: Act, *, principal: str, role: rules.Role, system: str | None, until: Instant | None = None
) -> Grant:
    """The grant's row, for acts of higher rooms that entitle somebody as part of what they do."""
    if until is not None and until <= opened.at:
        raise BadInput("until", "must lie ahead")
    body = {"principal": principal, "role": str(role), "system": system, "until": until}
    return opened.record(Grant, body=body)


def make_token(
    *,
    actor: Actor,
    principal: str,
    label: str,
    scopes: Collection[str],
    systems: Collection[str] | None,
    days: int,
    now: Instant,
) -> tuple[str, Token]:
    """A new secret and its record. People make tokens for themselves; administrators also for robots."""
    if not scopes or set(scopes) - rules.SCOPES.keys():
        raise BadInput("scopes", f"expected one or more of {', '.join(sorted(rules.SCOPES))}")
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise BadInput("days", f"expected 1 to {MAX_TOKEN_DAYS}, got {days}")
    secret = "cns_" + secrets.token_urlsafe(32)
    with act(actor, verb="access.token_made", at=now) as opened:
        if actor.scopes is not None:
            raise Refused(refusal("token_makes_no_token"))
        if principal != actor.urn:
            queries.ensure(actor, "access.manage", rules.WORKSPACE, opened.asof)
            require(rules.may_make_token_for(principal))
        body = {
            "principal": principal,
            "label": opened.private(label),
            "scopes": sorted(scopes),
            "systems": None if systems is None else sorted(systems),
            "expires_at": shift(opened.at, days=days),
            "secret_digest": queries.digest_of_secret(secret),
        }
        return secret, opened.record(Token, body=body)


def withdraw_token(*, actor: Actor, urn: str, now: Instant) -> Token:
    """End a token at once: its owner may, and administrators. By a token it takes the scope `manage`, or that token."""
    with act(actor, verb="access.token_withdrawn", at=now) as opened:
        row = Token.objects.as_of(opened.asof).filter(urn=urn).first()
        if row is None:
            raise NotFound("token", urn)
        if row.principal != actor.urn:
            queries.ensure(actor, "access.manage", rules.WORKSPACE, opened.asof, what="token", named=urn)
        refused = rules.may_withdraw_own_token(urn, shown=actor.token, scopes=actor.scopes)
        if refused is not None:
            raise NotEntitled(refused)
        return opened.withdraw(row)
