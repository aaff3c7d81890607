"""Who may do what: actions, roles, scopes, and the one decision `allowed`. Values in, a refusal or None out.

Closed by default: an action that no grant carries is refused, and whoever may not even read an object is told that it
does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from consilience.kit.clock import Instant
from consilience.kit.errors import Refusal, refusal
from consilience.kit.naming import is_urn


class Role(StrEnum):
    """What a grant makes somebody. A person's functions are separate: no role lets anybody sign for a function."""

    ADMINISTRATOR = "administrator"
    ENGINEER = "engineer"
    REVIEWER = "reviewer"
    READER = "reader"
    AUDITOR = "auditor"
    PIPELINE = "pipeline"
    PRIVACY = "privacy"


READ = frozenset(
    {"inventory.read", "evidence.read", "evidence.download", "release.read", "review.read", "gate.read", "policy.read", "people.read", "predictions.read"}
)  # fmt: skip
READ_RECORD = frozenset({"ledger.read"})
"""The record is one for the whole workspace: whoever builds or signs may see it, by a workspace-wide grant."""
READ_WORKSPACE = READ_RECORD | {"access.read"}
REGISTER = frozenset(
    {
        "inventory.register",
        "inventory.correct",
        "evidence.attach",
        "evidence.compute",
        "predictions.log",
        "predictions.prove",
    }
)

ACTIONS: Mapping[Role, frozenset[str]] = {
    Role.ADMINISTRATOR: READ
    | READ_WORKSPACE
    | {"people.manage", "access.manage", "ledger.manage", "policy.publish", "policy.discuss", "policy.adopt_pack", "evidence.define", "inventory.register", "inventory.correct",
       "content.erase", "content.hold", "gate.grandfather"},
    Role.ENGINEER: READ | READ_RECORD | REGISTER | {"release.propose", "gate.decide", "policy.propose", "policy.publish", "policy.discuss", "review.sign_off", "review.close_condition"},
    Role.REVIEWER: READ
    | READ_RECORD
    | {"review.sign_off", "review.answer", "review.close_condition", "evidence.attach", "policy.propose", "policy.publish", "policy.discuss", "policy.adopt_pack", "gate.decide", "gate.grandfather", "predictions.prove"},
    Role.READER: READ,
    Role.AUDITOR: READ | READ_WORKSPACE | {"predictions.prove"},
    Role.PIPELINE: READ | REGISTER | {"release.propose", "gate.decide"},
    Role.PRIVACY: READ | READ_WORKSPACE | {"content.erase", "content.hold"},
}  # fmt: skip
EVERY_ACTION = frozenset().union(*ACTIONS.values())

SCOPES: Mapping[str, frozenset[str]] = {
    "read": READ | READ_WORKSPACE,
    "register": REGISTER | READ,
    "release": frozenset({"release.propose"}) | READ,
    "sign": frozenset({"gate.grandfather", "review.sign_off", "review.answer", "review.close_condition"}) | READ,
    "gate": frozenset({"gate.decide"}) | READ,
    "policy": frozenset({"policy.propose", "policy.publish", "policy.discuss", "policy.adopt_pack", "evidence.define"})
    | READ,
    "manage": frozenset({"people.manage", "access.manage", "ledger.manage", "content.erase", "content.hold"})
    | READ
    | READ_WORKSPACE,
}
"""What a token may be limited to; a token never allows more than its owner's grants."""


@dataclass(frozen=True)
class Grant:
    """A role for a principal, in one system or (system None) in the whole workspace, until a moment."""

    role: Role
    system: str | None
    until: Instant | None = None


@dataclass(frozen=True)
class Guarded:
    """What an object carries for `allowed`: its noun, and the systems whose members may know of it.

    `systems` None means the workspace itself (people, policies, the ledger); an empty set means that only holders of
    a workspace-wide grant may know of it.
    """

    noun: str
    systems: frozenset[str] | None = None


WORKSPACE = Guarded("workspace")


def allowed(
    grants: Iterable[Grant],
    action: str,
    target: Guarded,
    *,
    at: Instant,
    scopes: frozenset[str] | None = None,
    scoped_systems: frozenset[str] | None = None,
) -> Refusal | None:
    """None when some grant in force carries the action on this object, within the token's scope; else why not.

    "not_visible" is for the surface to show as not found; "not_entitled" names the action.
    """
    if action not in EVERY_ACTION:
        raise ValueError(f"unknown action {action!r}")
    live = [grant for grant in grants if grant.until is None or at < grant.until]
    if not any(_reaches(grant, target, scoped_systems, acting=False) and ACTIONS[grant.role] & READ for grant in live):
        return refusal("not_visible", noun=target.noun)
    acting = action not in READ
    if not any(
        _reaches(grant, target, scoped_systems, acting=acting) and action in ACTIONS[grant.role] for grant in live
    ):
        return refusal("not_entitled", action=action)
    if scopes is not None and not any(action in SCOPES[scope] for scope in scopes):
        return refusal("outside_token_scope", action=action, scopes=sorted(scopes))
    return None


def visible_systems(grants: Iterable[Grant], *, at: Instant, scoped: frozenset[str] | None) -> frozenset[str] | None:
    """The systems a principal may know of; None means all."""
    live = [grant for grant in grants if grant.until is None or at < grant.until]
    whole = any(grant.system is None for grant in live)
    named = frozenset(grant.system for grant in live if grant.system is not None)
    if whole:
        return scoped
    return named if scoped is None else named & scoped


def may_remove_administrator(others: int) -> Refusal | None:
    """The last active administrator of the workspace stays: without one nobody could ever be entitled again."""
    return None if others > 0 else refusal("last_administrator")


def may_make_token_for(principal: str) -> Refusal | None:
    """A token made by somebody else stands for a robot only: nobody can act as another person."""
    return None if is_urn(principal, "robot") else refusal("token_for_another_person")


def may_withdraw_own_token(urn: str, *, shown: str | None, scopes: frozenset[str] | None) -> Refusal | None:
    """A token that was `shown` ends itself, or with the scope to manage any of its owner's; a password ends them all."""
    if scopes is None or "manage" in scopes or urn == shown:
        return None
    return refusal("token_withdraws_itself", scopes=sorted(scopes))


def _reaches(grant: Grant, target: Guarded, scoped: frozenset[str] | None, *, acting: bool) -> bool:
    if target.systems is None:
        # The workspace's own things: whoever belongs to it may read some of them; to act takes a workspace-wide grant.
        whole = grant.system is None and scoped is None
        return whole or (not acting and target.noun in ("policy", "people", "kind"))
    reachable = target.systems if scoped is None else target.systems & scoped
    if scoped is not None and not reachable:
        return False
    return grant.system is None or grant.system in reachable
