"""Check 6, first part: the grant that carried an act, and the limits of the token or key by which its actor was known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.access import rules as access
from consilience.domains.audit.cases import Case
from consilience.domains.audit.history import Recorded
from consilience.domains.audit.verbs import NEEDS, NOBODYS, OPERATORS, OWN, WHOLE, WHOLE_VERBS
from consilience.domains.ledger.rules import SIGNED, AuthenticatedBy
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.kit.naming import is_urn

LEADS = ("release", "model", "dataset", "subject", "objection", "block")
"""Fields that name what a record is about, where it names no system itself."""
MAKES_KEYS = frozenset({"access.token_made", "keys.bound"})
"""What no token may do: whoever finds one must not be able to make themselves another that outlives it."""


@dataclass(frozen=True)
class Limit:
    """What a token or a key allowed of its holder's rights: scopes and systems, None where it limits nothing."""

    name: str
    urn: str
    scopes: frozenset[str] | None = None
    systems: frozenset[str] | None = None


UNLIMITED = Limit("", "")


def judged(case: Case) -> str | None:
    """Judge the right to the act. Returns what could not be judged: `verb` unknown, or `token` that the entry does not name."""
    verb = case.entry.verb
    limit = _limit(case)
    if verb in OPERATORS:
        if case.entry.authenticated_by != AuthenticatedBy.OPERATOR:
            case.bad("not_granted", "only the operator does this")
    elif verb in OWN:
        _own(case, limit or UNLIMITED)
    elif verb in NEEDS:
        _granted(case, NEEDS[verb], limit or UNLIMITED)
    elif verb not in NOBODYS:
        return "verb"
    return "token" if limit is None else None


def _own(case: Case, limit: Limit) -> None:
    """What everybody may do with what is theirs, and nobody by a token that does not carry it."""
    whose, action = OWN[case.entry.verb]
    others = any(row.body.get(whose) != case.actor for row in case.rows)
    if others:
        _granted(case, action, limit)
    if limit.scopes is None:
        return
    if case.entry.verb in MAKES_KEYS:
        case.bad("scope_exceeded", f"{limit.name} made a token or a key, which none may")
    if case.entry.verb == "access.token_withdrawn" and not others and "manage" not in limit.scopes:
        if any(row.urn != limit.urn for row in case.rows):
            case.bad("scope_exceeded", f"{limit.name} ended another token, and is limited to {_listed(limit.scopes)}")


def _granted(case: Case, action: str, limit: Limit) -> None:
    if case.entry.authenticated_by == AuthenticatedBy.OPERATOR:
        return
    if limit.scopes is not None and not any(action in access.SCOPES.get(scope, ()) for scope in limit.scopes):
        case.bad("scope_exceeded", f"{limit.name} is limited to {_listed(limit.scopes)}, which does not carry {action}")
    whole = action in WHOLE or case.entry.verb in WHOLE_VERBS
    reached = [] if whole else [_systems(case, row) for row in case.rows]
    if limit.systems is not None and (whole or any(one is not None and not one & limit.systems for one in reached)):
        case.bad("scope_exceeded", f"{limit.name} does not reach what the act is about")
        return
    for body in _grants(case, action):
        # Where the archive does not tell which systems a record is about, a grant in any system is believed.
        system = body["system"]
        if system is None or (not whole and all(one is None or system in _within(one, limit) for one in reached)):
            return
    case.bad("not_granted", f"{case.actor} held no grant in force that carries {action}")


def _within(systems: frozenset[str], limit: Limit) -> frozenset[str]:
    return systems if limit.systems is None else systems & limit.systems


def _grants(case: Case, action: str) -> Iterator[Mapping[str, Any]]:
    """Bodies of the actor's grants in force that carry an action."""
    for grant in case.history.of("grant", case.actor, case.moment):
        role, until = grant.body["role"], grant.body.get("until")
        if until is not None and case.moment.at >= until:
            continue
        if role in set(access.Role) and action in access.ACTIONS[access.Role(role)]:
            yield grant.body


def _systems(case: Case, row: Recorded) -> frozenset[str] | None:
    """The systems that a record is about, by itself or by what it names; None where the archive does not tell."""
    body: Mapping[str, Any] = row.body
    noun, urn = row.noun, row.urn
    for _ in range(len(LEADS)):
        if noun == "system":
            return frozenset({urn})
        if isinstance(body.get("system"), str):
            return frozenset({body["system"]})
        if noun in ("model", "dataset"):
            before = case.in_force(urn)
            return frozenset(body["systems"]) | frozenset(before.body["systems"] if before is not None else ())
        named = next((body[name] for name in LEADS if isinstance(body.get(name), str)), None)
        if named is None:
            return None
        if is_urn(named, "system"):
            return frozenset({named})
        found = case.in_force(named)
        if found is None:
            return None
        body, noun, urn = found.body, found.noun, found.urn
    return None


# By what the actor was known


def _limit(case: Case) -> Limit | None:
    """What limited the actor besides their grants. None where a token was shown and the entry does not say which."""
    way, said = case.entry.authenticated_by, case.entry.predicate
    if way in SIGNED:  # whether the key counted at all is check 5
        bound = _bound(case, str(said.get("key")))
        return _of_key(bound[-1]) if bound else UNLIMITED
    if way != AuthenticatedBy.TOKEN:
        return UNLIMITED
    if "token" not in said:
        return None  # earlier versions did not record it
    urn = str(said["token"])
    if is_urn(urn, "token"):
        return _token(case, urn)
    if is_urn(urn, "key"):
        return _key(case, urn)
    case.bad("token_unknown", f"it was done by {urn[:100]}, which is neither a token nor a key")
    return UNLIMITED


def _token(case: Case, urn: str) -> Limit:
    if not _bound(case, urn):
        case.absent("token_unknown", f"no entry before it made the token {urn}")
        return UNLIMITED
    found = case.in_force(urn)
    if found is None or case.moment.at >= found.body["expires_at"]:
        case.bad("token_ended", f"the token {urn} had been withdrawn or had expired")
        return UNLIMITED
    body = found.body
    if body["principal"] != case.actor:
        case.bad("token_of_another", f"the token {urn} stands for {body['principal']}, not for {case.actor}")
    return Limit(f"its token {urn}", urn, frozenset(body["scopes"]), _set(body["systems"]))


def _key(case: Case, urn: str) -> Limit:
    """A robot's key that signed a token of a few minutes, of which nothing is kept."""
    bound = _bound(case, urn)
    if not bound:
        case.absent("token_unknown", f"no entry before it bound the key {urn}")
        return UNLIMITED
    until = bound[-1].body.get("until")
    if any(row.withdrawn for row in bound) or (until is not None and case.moment.at >= until):
        case.bad("token_ended", f"the key {urn} had been revoked or had expired")
    if bound[-1].body["kind"] != KeyKind.ED25519 or any(row.body["holder"] != case.actor for row in bound):
        case.bad("token_of_another", f"the key {urn} is no key of {case.actor} that makes tokens")
    limit = _of_key(bound[-1])
    return Limit(limit.name, urn, limit.scopes or frozenset(), limit.systems)


def _of_key(row: Recorded) -> Limit:
    return Limit(f"its key {row.urn}", row.urn, _set(row.body.get("scopes")), _set(row.body.get("systems")))


def _bound(case: Case, urn: str) -> list[Recorded]:
    """What the log held of a token or key before the act, in the order of the log."""
    return [row for row in case.history.versions(urn) if row.position < case.moment.position]


def _set(said: Any) -> frozenset[str] | None:
    return None if said is None else frozenset(said)


def _listed(scopes: frozenset[str]) -> str:
    return ", ".join(sorted(scopes)) or "nothing"
