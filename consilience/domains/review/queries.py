"""What stands: sign-offs, conditions, objections, blocks, as facts and for pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from consilience.domains.access import queries as access
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import item_digest, item_key
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.ledger.signing.known import Known
from consilience.domains.release import queries as releases
from consilience.domains.release import rules as release_rules
from consilience.domains.release.models import Release
from consilience.domains.release.queries import ReleaseOf
from consilience.domains.review import rules
from consilience.domains.review.models import Answer, BlockEnd, Panel, Proof, SignOff
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import NotFound
from consilience.kit.naming import is_urn
from consilience.kit.records.models import AsOf, Record

_R = TypeVar("_R", bound=Record)


@dataclass(frozen=True)
class Standing:
    """A sign-off and what it is worth now."""

    row: SignOff
    given: rules.Given
    standing: rules.Standing
    changes: tuple[release_rules.Change, ...]


@dataclass(frozen=True)
class Condition:
    """A condition of an approval: it binds every later release in the system until its proof is accepted."""

    id: str
    sign_off: SignOff
    text: Any
    owner: str
    due_at: Instant
    state: rules.ConditionState
    proof: Proof | None


@dataclass(frozen=True)
class Objection:
    row: SignOff
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Block:
    row: SignOff
    ended: bool
    ends: tuple[BlockEnd, ...]


def given(row: SignOff) -> rules.Given:
    body = row.body
    return rules.Given(
        urn=row.urn,
        function=row.function,
        person=row.person,
        verdict=rules.Verdict(row.verdict),
        facet=body["facet"],
        items=tuple(release_rules.Item(*item) for item in body["items"]),
        signed_at=body["signed_at"],
        expires_at=body["expires_at"],
        instead_of=body.get("instead_of"),
    )


@dataclass(frozen=True)
class Said:
    """What people said in the reviews of a system, read at one moment."""

    rows: tuple[SignOff, ...]
    asof: AsOf

    def sign_offs(self, release: ReleaseOf) -> list[Standing]:
        """Every sign-off of a release in ledger order, with its standing."""
        rows = [row for row in self.rows if row.release == release.urn]
        listed = [given(row) for row in rows]
        latest = rules.latest_by_person(listed)
        facets = releases.facets(release) if rows else {}
        found = []
        for row, one in zip(rows, listed, strict=True):
            facet = facets[one.function]
            worth = rules.standing(one, facet=facet.digest, latest=one.urn in latest, at=self.asof.valid_at)
            changed = rules.stale_because(one, facet) if worth is rules.Standing.STALE else []
            found.append(Standing(row, one, worth, tuple(changed)))
        return found

    def conditions(self) -> list[Condition]:
        """Every condition imposed in the system, met or not."""
        rows = [row for row in self.rows if row.verdict == rules.Verdict.APPROVE_WITH_CONDITIONS]
        proofs = _proofs(self.asof) if rows else {}
        found = []
        for row in rows:
            for index, said in enumerate(row.body["conditions"]):
                name = f"{row.urn}#{index}"
                proof = proofs.get(name)
                accepted = proof is not None and proof.body["accepted_by"] is not None
                state = rules.condition_state(due_at=said["due_at"], accepted=accepted, at=self.asof.valid_at)
                found.append(Condition(name, row, said["text"], said["owner"], said["due_at"], state, proof))
        return found

    def objections(self, release: ReleaseOf) -> list[Objection]:
        """Objections to a release. They survive changes of the facet and later verdicts; only an answer closes them."""
        rows = [row for row in self.rows if (row.release, row.verdict) == (release.urn, rules.Verdict.OBJECT)]
        answers = _in_order(Answer.objects.as_of(self.asof).filter(objection__in=[row.urn for row in rows]))
        return [Objection(row, tuple(one for one in answers if one.objection == row.urn)) for row in rows]

    def blocks(self) -> list[Block]:
        """Blocks in the system, whatever model they were first given for."""
        rows = [row for row in self.rows if row.verdict == rules.Verdict.BLOCK]
        ends = _in_order(BlockEnd.objects.as_of(self.asof).filter(block__in=[row.urn for row in rows]))
        return [_block(row, [end for end in ends if end.block == row.urn]) for row in rows]


def guarded(actor: Actor, action: str, urn: str, asof: AsOf, *, what: str, named: str = "") -> tuple[SignOff, Release]:
    """A sign-off and its release, after `can`: who may not know of the release hears that there is no such thing.

    `what` is the part of the sign-off that was asked for (the objection, the block, the condition), `named` its name
    where that is not the URN.
    """
    row = SignOff.objects.as_of(asof).filter(urn=urn).first()
    release = Release.objects.filter(urn=row.release).order_by("-version").first() if row else None
    if row is None or release is None:
        raise NotFound(what, named or urn)
    access.ensure(actor, action, release, asof, what=what, named=named or urn)
    return row, release


def spoken(functions: Collection[str], asof: AsOf) -> dict[tuple[str, str], list[SignOff]]:
    """What people said for these functions, in ledger order, by (release URN, function)."""
    found: dict[tuple[str, str], list[SignOff]] = {}
    for row in SignOff.objects.as_of(asof).filter(function__in=functions).order_by("position", "ordinal"):
        found.setdefault((row.release, row.function), []).append(row)
    return found


def recent_of(person: str, systems: Collection[str], asof: AsOf, limit: int) -> list[SignOff]:
    """The newest sign-offs that this person gave in these systems."""
    rows = SignOff.objects.as_of(asof).filter(person=person, system__in=systems)
    return list(rows.order_by("-position")[:limit])


def conditions_in(systems: Collection[str], asof: AsOf) -> list[Condition]:
    """Every condition imposed in any of these systems, met or not."""
    rows = SignOff.objects.as_of(asof).filter(system__in=systems, verdict=rules.Verdict.APPROVE_WITH_CONDITIONS)
    return Said(tuple(_in_order(rows)), asof).conditions()


def said(release: ReleaseOf) -> Said:
    """What was said on a release, with what binds it from the rest of its system: conditions and blocks."""
    return release.once(_said)


def said_in_system(system: str, asof: AsOf) -> Said:
    """What was said on every release in a system."""
    return Said(tuple(_in_order(SignOff.objects.as_of(asof).filter(system=system))), asof)


def unanswered(release_urns: Collection[str], asof: AsOf) -> list[SignOff]:
    """Objections to any of these releases that nobody has answered, oldest first."""
    answered = Answer.objects.as_of(asof).values_list("objection", flat=True)
    rows = SignOff.objects.as_of(asof).filter(release__in=release_urns, verdict=rules.Verdict.OBJECT)
    known = set(answered.filter(objection__in=[row.urn for row in rows]))
    return [row for row in rows.order_by("position", "ordinal") if row.urn not in known]


def _said(release: ReleaseOf) -> Said:
    binding = (rules.Verdict.APPROVE_WITH_CONDITIONS, rules.Verdict.BLOCK)
    rows = SignOff.objects.as_of(release.asof).filter(
        Q(release=release.urn) | Q(verdict__in=binding), system=release.system.urn
    )
    return Said(tuple(_in_order(rows)), release.asof)


def _in_order(rows: QuerySet[_R]) -> list[_R]:
    return list(rows.order_by("position", "ordinal"))


def _proofs(asof: AsOf) -> dict[str, Proof]:
    return {row.condition: row for row in _in_order(Proof.objects.as_of(asof))}


def _block(row: SignOff, ends: Sequence[BlockEnd]) -> Block:
    ended = rules.block_ended(author=row.person, voices=[(end.body["how"], end.body["person"]) for end in ends])
    return Block(row, ended, tuple(ends))


def panel(asof: AsOf) -> list[str]:
    """The persons who may decide a block against its author."""
    row = Panel.objects.as_of(asof).first()
    return list(row.body["people"]) if row else []


def facts(release: ReleaseOf) -> dict[str, Any]:
    """Sign-offs, conditions, objections and blocks, in the shape of the fact schema."""
    spoken = said(release)
    standings = [one for one in spoken.sign_offs(release) if one.standing is not rules.Standing.REPLACED]
    counted = rules.counted_once(standing_approvals(standings))
    known = ledger.known_at(one.row.position for one in standings) if standings else {}
    return {
        "signoffs": [
            {
                "urn": one.row.urn, "function": one.row.function, "person": one.row.person, "verdict": one.row.verdict,
                "standing": str(one.standing), "signed_at": one.given.signed_at, "expires_at": one.given.expires_at,
                "distinct": one.row.urn in counted, "conditions": len(one.row.body["conditions"]),
                "delegated": one.given.instead_of is not None,
                **_known(known[one.row.position]),
            }
            for one in standings
        ],
        "conditions": [
            {"id": one.id, "function": one.sign_off.function, "owner": one.owner, "due_at": one.due_at, "state": str(one.state)}
            for one in spoken.conditions()
        ],
        "objections": [
            {"urn": one.row.urn, "function": one.row.function, "person": one.row.person, "answered": bool(one.answers)}
            for one in spoken.objections(release)
        ],
        "blocks": [
            {"urn": one.row.urn, "function": one.row.function, "person": one.row.person,
             "since": one.row.body["signed_at"], "withdrawn": one.ended}
            for one in spoken.blocks()
        ],
    }  # fmt: skip


def _known(how: Known) -> dict[str, Any]:
    """How the signer was known, as facts: false where nothing was signed, so that a policy is never left without an answer."""
    return {
        "authenticated_by": how.authenticated_by,
        "user_verified": how.user_verified,
        "device_bound": how.device_bound,
    }


def standing_approvals(listed: Iterable[Standing]) -> list[rules.Given]:
    """The approvals among these that stand."""
    return [
        one.given for one in listed if one.standing is rules.Standing.STANDS and one.given.verdict in rules.APPROVALS
    ]


def approvals_by(person: str, release: ReleaseOf) -> set[str]:
    """Functions for which this person's approval stands in this release."""
    return {one.function for one in standing_approvals(said(release).sign_offs(release)) if one.person == person}


@dataclass(frozen=True)
class ItemChange:
    """A changed item in words: what it is, and its body as signed and as it stands."""

    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def explained(change: release_rules.Change, asof: AsOf, visible: frozenset[str] | None) -> ItemChange:
    """The records behind both digests of a change, for showing old and new values; None where there is none.

    `visible` are the systems that the reader may know of (None: all): data of others keep their words to themselves.
    """
    what, subject, method, _dataset = change.key.split("/")
    if is_urn(subject, "dataset-version") and not _may_know(subject, asof, visible):
        return ItemChange(change.key, None, None)
    if method:
        rows = Evidence.objects.filter(kind=what, subject=subject, position__lt=asof.known_at).order_by("position")
        same = [row for row in rows if item_key(row.kind, row.subject, row.method, row.dataset) == change.key]
        bodies = {item_digest(row.body): row.body for row in same}
    else:
        known = [row for row in inventory.histories(subject) if row.position < asof.known_at]
        bodies = {canonical.digest(dict(row.body)): row.body for row in known}
    return ItemChange(change.key, bodies.get(change.before or ""), bodies.get(change.after or ""))


def _may_know(dataset_version: str, asof: AsOf, visible: frozenset[str] | None) -> bool:
    of = inventory.dataset_versions_by_urn([dataset_version], asof)
    return visible is None or any(visible & set(data.dataset.body["systems"]) for data in of)
