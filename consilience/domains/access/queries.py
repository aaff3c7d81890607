"""`can`, and what somebody may know of."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from consilience.domains.access import models, rules
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.kit.clock import Instant
from consilience.kit.errors import NotEntitled, NotFound, Refusal
from consilience.kit.records.models import AsOf


@runtime_checkable
class Carries(Protocol):
    """An object that says itself what `can` needs to know of it."""

    @property
    def guarded(self) -> rules.Guarded: ...


def grants_of(principal: str, asof: AsOf) -> list[rules.Grant]:
    rows = models.Grant.objects.as_of(asof).filter(principal=principal)
    return [rules.Grant(rules.Role(row.role), row.system, row.body.get("until")) for row in rows]


def grants_of_each(principals: Collection[str], asof: AsOf) -> dict[str, list[rules.Grant]]:
    """The grants of several principals, read at once."""
    found: dict[str, list[rules.Grant]] = {principal: [] for principal in principals}
    for row in models.Grant.objects.as_of(asof).filter(principal__in=list(found)):
        found[row.principal].append(rules.Grant(rules.Role(row.role), row.system, row.body.get("until")))
    return found


def can(actor: Actor, action: str, target: Carries | rules.Guarded, asof: AsOf) -> Refusal | None:
    """None when the actor may do this to that, at this moment; else the refusal that says why not."""
    if actor.authenticated_by is AuthenticatedBy.OPERATOR:
        return None  # whoever runs commands on the machine holds the database; what they do is recorded as such
    guarded = target if isinstance(target, rules.Guarded) else target.guarded
    return rules.allowed(
        grants_of(actor.urn, asof), action, guarded,
        at=asof.valid_at, scopes=actor.scopes, scoped_systems=actor.systems,
    )  # fmt: skip


def ensure(
    actor: Actor, action: str, target: Carries | rules.Guarded, asof: AsOf, *, named: str = "", what: str = ""
) -> None:
    """Pass when `can`; else NotFound (may not even know of it) or NotEntitled (may know, may not do).

    `what` and `named` are how the caller calls the thing when it does not exist, so that the two answers are one.
    """
    refused = can(actor, action, target, asof)
    if refused is None:
        return
    noun = target.noun if isinstance(target, rules.Guarded) else target.guarded.noun
    if refused.code == "not_visible":
        raise NotFound(what or noun, named)
    raise NotEntitled(refused)


def visible_systems(actor: Actor, asof: AsOf) -> frozenset[str] | None:
    """The URNs of the systems the actor may know of; None means all of them."""
    if actor.authenticated_by is AuthenticatedBy.OPERATOR:
        return None
    return rules.visible_systems(grants_of(actor.urn, asof), at=asof.valid_at, scoped=actor.systems)


def entitled(action: str, asof: AsOf) -> set[str]:
    """Principals who hold a workspace-wide grant in force that carries this action."""
    roles = [role for role, actions in rules.ACTIONS.items() if action in actions]
    rows = models.Grant.objects.as_of(asof).filter(role__in=roles, system=None)
    return {row.principal for row in rows if row.body.get("until") is None or asof.valid_at < row.body["until"]}


def administrators(asof: AsOf) -> set[str]:
    """Principals who hold a workspace-wide administrator's grant in force."""
    rows = models.Grant.objects.as_of(asof).filter(role=rules.Role.ADMINISTRATOR, system=None)
    return {row.principal for row in rows if row.body.get("until") is None or asof.valid_at < row.body["until"]}


def digest_of_secret(secret: str) -> str:
    # The secret has 256 random bits, so a plain hash is enough: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class TokenUse:
    """A token that was shown: its URN, whom it stands for, and what it is limited to."""

    urn: str
    principal: str
    scopes: frozenset[str]
    systems: frozenset[str] | None
    expires_at: Instant


def token(secret: str, asof: AsOf) -> TokenUse | None:
    """What this secret stands for now; None when it is unknown, withdrawn or expired."""
    row = models.Token.objects.as_of(asof).filter(secret_digest=digest_of_secret(secret)).first()
    if row is None or asof.valid_at >= row.body["expires_at"]:
        return None
    body = row.body
    systems = None if body["systems"] is None else frozenset(body["systems"])
    return TokenUse(row.urn, body["principal"], frozenset(body["scopes"]), systems, body["expires_at"])


def tokens(asof: AsOf) -> list[models.Token]:
    return list(models.Token.objects.as_of(asof).order_by("urn"))


def grants(asof: AsOf) -> list[models.Grant]:
    return list(models.Grant.objects.as_of(asof).order_by("urn"))
