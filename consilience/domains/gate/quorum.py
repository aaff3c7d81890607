"""Who would have to approve a release, read off the requirements in force, and whether the people who are here can."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.access import rules as access_rules
from consilience.domains.gate.queries import Assessment
from consilience.domains.people import queries as people
from consilience.domains.policy import rules as policy
from consilience.domains.policy.language.expression import roots
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.outcome import Code, Severity
from consilience.domains.policy.requirement import Requirement
from consilience.domains.release import queries as releases
from consilience.domains.release.queries import ReleaseOf
from consilience.domains.review import delegation_queries as delegations
from consilience.domains.review import queries as review
from consilience.domains.review import seating as rules

MOST = 5
"""Approvals of one function beyond this many are not looked for."""
_SETTLED = frozenset({Code.NOT_APPLICABLE, Code.WAIVED, Code.FORCED})


@dataclass(frozen=True)
class Excluded:
    """Somebody who holds a function and cannot decide here: the version is their work, or they have no right to sign."""

    person: str
    function: str
    why: str
    """`own_work` or `no_right`"""


@dataclass(frozen=True)
class Quorum:
    """How many approvals each function has to give, who may give them, whether that is enough, and who is left out."""

    needed: Mapping[str, int]
    able: Mapping[str, tuple[str, ...]]
    seating: rules.Seating
    excluded: tuple[Excluded, ...]

    @property
    def can_be_met(self) -> bool:
        return self.seating.short is None


def quorum(found: Assessment) -> Quorum:
    """Whether the approvals that this release needs can be given by the people who are here, each person once.

    1. How many each function must give follows from the requirements that only sign-offs can meet.
    2. Who holds a function may give one, and who stands in for a holder; unless the version is work of theirs or no grant
       lets them sign here.
    3. Whoever has an approval that stands keeps that seat, whatever they hold by now, and takes no other.
    """
    release = found.release
    needs = needed(_asked(found), found.facts, found.schema, list(people.functions(release.asof)))
    here = _roster(release)
    return Quorum(needs, here.able, rules.seating(needs, here.able, here.voices), here.excluded)


def _asked(found: Assessment) -> list[Requirement]:
    """The requirements that only sign-offs can meet, and that keep this release."""
    blocking = {
        (one.policy, one.requirement)
        for one in found.outcomes
        if one.sign_off and one.severity == Severity.BLOCK and one.code not in _SETTLED
    }
    return [one for each in found.policies for one in each.loaded.requirements if (one.policy, one.id) in blocking]


def needed(
    asked: Collection[Requirement], facts: Mapping[str, Any], schema: Schema, functions: Sequence[str]
) -> dict[str, int]:
    """The fewest approvals of each function without which some requirement cannot be met; `*` those of anybody beside.

    Each requirement is asked over sign-offs as good as they can be: a function's number is the smallest with which it is
    met while all others have plenty. One that no number of approvals meets (it names a person, say) is not counted.
    """
    found: dict[str, int] = {}
    together = 0
    for requirement in asked:
        asks = _Asks(requirement, facts, schema)
        plenty = dict.fromkeys(functions, MOST)
        if not asks.met(plenty):
            continue
        for function in functions:
            least = next(count for count in range(MOST + 1) if asks.met({**plenty, function: count}))
            found[function] = max(found.get(function, 0), least)
        together = max(together, next(n for n in range(MOST + 1) if asks.met(dict.fromkeys(functions, n), people=n)))
    beside = together - sum(found.values())
    wanted = {function: count for function, count in found.items() if count}
    return wanted | ({rules.ANYBODY: beside} if beside > 0 else {})


class _Asks:
    """A requirement, asked over sign-offs that nobody has given; everything else stays as the facts say."""

    def __init__(self, requirement: Requirement, facts: Mapping[str, Any], schema: Schema) -> None:
        self._rule, self._schema, self._now = requirement.satisfied_if, schema, facts["now"]
        self._rest = {name: facts[name] for name in roots(self._rule) if name in facts}
        self._rest |= {"conditions": [], "objections": [], "blocks": []}

    def met(self, approvals: Mapping[str, int], *, people: int | None = None) -> bool:
        """Whether so many approvals of each function are enough: by as many people, or by these few for everything."""
        given = [
            self._approval(function, f"{nth}" if people is not None else f"{function} {nth}")
            for function, count in approvals.items()
            for nth in range(count)
        ]
        known = bind({**self._rest, "signoffs": given}, self._schema)
        return policy.code_of(None, self._rule, known) is Code.SATISFIED

    def _approval(self, function: str, person: str) -> dict[str, Any]:
        return {
            "urn": f"{function} {person}", "function": function, "person": person, "verdict": "approve",
            "standing": "stands", "signed_at": self._now, "expires_at": None, "distinct": True, "conditions": 0,
            "authenticated_by": "passkey", "user_verified": True, "device_bound": True, "delegated": False,
        }  # fmt: skip


@dataclass(frozen=True)
class _Roster:
    """By function who may approve here, and whose voices those are; who holds one and may not approve."""

    able: Mapping[str, tuple[str, ...]]
    voices: Mapping[str, frozenset[str]]
    excluded: tuple[Excluded, ...]


def _roster(release: ReleaseOf) -> _Roster:
    authors, held, lent = releases.authors_of(release), people.holders(release.asof), delegations.stand_ins(release)
    seated = review.standing_approvals(review.said(release).sign_offs(release))
    sitting = {one.person for one in seated}
    listed = {person for holders in held.values() for person in holders} | {one.receiver for one in lent}
    grants = access.grants_of_each(listed, release.asof)
    claims = [(one.function, one.person, one.voice) for one in seated]
    excluded = []
    for function, holders in held.items():
        for person in sorted(set(holders) - sitting):
            why = "own_work" if person in authors else "" if _may_sign(grants[person], release) else "no_right"
            if why:
                excluded.append(Excluded(person, function, why))
            else:
                claims.append((function, person, person))
    for one in lent:
        if one.receiver not in authors | sitting and _may_sign(grants[one.receiver], release):
            claims.append((one.function, one.receiver, one.giver))
    functions = {function for function, _person, _voice in claims}
    able = {each: tuple(dict.fromkeys(who for name, who, _ in claims if name == each)) for each in functions}
    voices = {each: frozenset(voice for name, _, voice in claims if name == each) for each in functions}
    return _Roster(able, voices, tuple(excluded))


def _may_sign(grants: Collection[access_rules.Grant], release: ReleaseOf) -> bool:
    target = release.row.guarded
    return access_rules.allowed(grants, "review.sign_off", target, at=release.asof.valid_at) is None
