"""Builders: each test says what it is about and lets these make the rest, by the product's own actions.

    ana = a_person(functions=["ethics"])              # a reviewer of the whole workspace who holds ethics
    eve = a_person(roles=[(Role.ENGINEER, lending)])  # an engineer in one system
    lending = a_system(owner=ana)
    version = a_version(owner=eve, system=lending)    # eve is its author
    release = a_release(version=version)              # to operation, in the version's system
    given = a_sign_off(by=ana, release=release, function="ethics")

What is not named is made: `a_release()` makes a system, a model, a version and an author. Acts happen one microsecond
after each other, behind the newest entry, unless `now` says when; `later(days=30)` is a moment relative to it. Builders
act as the operator, who may do everything; what a person may do is asked by calling the action with `person.actor`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from consilience.domains.access.rules import Role
from consilience.domains.content.erasure import actions as erasing
from consilience.domains.content.erasure import queries as erasures
from consilience.domains.content.models import Erasure
from consilience.domains.evidence import actions as evidence
from consilience.domains.evidence.models import Evidence
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory import queries as inventory_queries
from consilience.domains.inventory.models import RegisteredModel, System
from consilience.domains.inventory.queries import DataVersionOf, VersionOf
from consilience.domains.inventory.rules import DataTerms, SystemFacts
from consilience.domains.ledger import log
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.models import Head
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.people import actions as people
from consilience.domains.people.models import Account
from consilience.domains.release import actions as releases
from consilience.domains.release import queries as release_queries
from consilience.domains.release.models import Release
from consilience.domains.review import actions as review
from consilience.domains.review.models import SignOff
from consilience.domains.review.rules import NewCondition, Verdict
from consilience.kit.clock import Instant, shift
from consilience.kit.records.models import AsOf

_numbers = count(1)
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Someone:
    """A person of a test: who they are, how they act, how they log in."""

    urn: str
    name: str
    email: str

    @property
    def actor(self) -> Actor:
        return Actor(self.urn, AuthenticatedBy.PASSWORD)

    @property
    def account(self) -> Account:
        """For `client.force_login`; the password is PASSWORD."""
        return Account.objects.get(person=self.urn)


def later(**delta: float) -> Instant:
    """A moment after the newest entry: a microsecond, or as far as `delta` says."""
    newest = Instant(Head.objects.get().at)
    return shift(newest, **(delta or {"microseconds": 1}))


def as_of(at: Instant | None = None, *, known_at: int | None = None) -> AsOf:
    """What is true now and known now, or at another moment and tree size."""
    return AsOf(valid_at=at or later(), known_at=log.size() if known_at is None else known_at)


def operator() -> Actor:
    return Actor(str(ledger.workspace().body["operator"]), AuthenticatedBy.OPERATOR)


def a_person(
    name: str = "",
    *,
    functions: Iterable[str] = (),
    roles: Iterable[Role | tuple[Role, System | None]] | None = None,
    now: Instant | None = None,
) -> Someone:
    """A person with a password. Without `roles`: a reviewer when they hold a function, else an engineer, everywhere."""
    number, held = next(_numbers), list(functions)
    name = name or f"Person {number}"
    email = f"{name.lower().replace(' ', '.')}.{number}@example.org"
    wanted = list(roles) if roles is not None else [Role.REVIEWER if held else Role.ENGINEER]
    pairs = [one if isinstance(one, tuple) else (one, None) for one in wanted]
    person, secret = people.invite(
        actor=operator(), name=name, email=email, functions=held,
        roles=[(role, system.urn if system else None) for role, system in pairs], now=now or later(),
    )  # fmt: skip
    people.choose_password(secret=secret, password=PASSWORD, now=Instant(person.valid_from))
    return Someone(person.urn, name, email)


def an_administrator(name: str = "") -> Someone:
    return a_person(name, roles=[Role.ADMINISTRATOR])


def a_system(slug: str = "", *, owner: Someone | None = None, now: Instant | None = None, **facts: Any) -> System:
    """A system; `facts` are fields of SystemFacts that differ from the usual ones."""
    owner = owner or a_person()
    usual = SystemFacts(
        slug=slug or f"system-{next(_numbers)}", name="Consumer lending", purpose="credit-scoring",
        description="Decides whether a card's limit may be raised.", jurisdictions=["DE"], audience=["card holders"],
        affected_groups=["young borrowers"], owner=owner.urn, squad="lending", sponsor=None, tier="high",
    )  # fmt: skip
    said = SystemFacts(**{**usual.__dict__, **facts})
    return inventory.register_system(actor=operator(), facts=said, now=now or later())


def a_model(slug: str = "", *, systems: Sequence[System] | None = None, now: Instant | None = None) -> RegisteredModel:
    within = [a_system()] if systems is None else systems
    return inventory.register_model(
        actor=operator(), slug=slug or f"model-{next(_numbers)}", name="Credit risk", description="Default in a year",
        systems=[one.slug for one in within], now=now or later(),
    )  # fmt: skip


def a_version(
    owner: Someone | None = None,
    *,
    model: RegisteredModel | None = None,
    system: System | None = None,
    training: Sequence[DataVersionOf] = (),
    now: Instant | None = None,
    **said: Any,
) -> VersionOf:
    """The next version of a model; `owner` is its author. `said` are arguments of register_version that differ."""
    author = owner or a_person()
    of = model or a_model(systems=None if system is None else [system])
    usual: dict[str, Any] = {
        "artefact": {"digest": a_digest(), "kind": "file", "held": False, "computed_by": "client"},
        "code_revision": "4f0c2d1", "parameters": {"depth": 4}, "authors": [author.urn], "committers": [],
        "triggered_by": None, "protected_attributes": ["sex"],
    }  # fmt: skip
    return inventory.register_version(
        actor=operator(),
        model=of.slug,
        training=[one.reference for one in training],
        now=now or later(),
        **usual | said,
    )


def a_dataset_version(
    slug: str = "", *, systems: Sequence[System] | None = None, now: Instant | None = None, **terms: Any
) -> DataVersionOf:
    """A version of a dataset, the dataset too where there is none of that name; `terms` are fields of DataTerms."""
    slug = slug or f"dataset-{next(_numbers)}"
    if not inventory_queries.Dataset.objects.filter(slug=slug).exists():
        within = [a_system()] if systems is None else systems
        inventory.register_dataset(
            actor=operator(), slug=slug, name="Card panel", description="Card accounts by month",
            systems=[one.slug for one in within], now=now or later(),
        )  # fmt: skip
    usual = {
        "provenance": "core banking", "lawful_basis": "contract", "consent": False,
        "purposes": ["credit-scoring"], "jurisdictions": ["DE"],
    }  # fmt: skip
    return inventory.register_dataset_version(
        actor=operator(), dataset=slug, digest=a_digest(), rows=1000, columns=[("limit", "int64"), ("default", "bool")],
        file={"name": "panel.parquet", "held": False, "reference": "", "computed_by": "client"},
        terms=DataTerms(**usual | terms), now=now or later(),
    )  # fmt: skip


def some_evidence(
    about: VersionOf | DataVersionOf | System,
    kind: str = "rollback_plan",
    *,
    method: str = "document",
    fields: Mapping[str, Any] | None = None,
    dataset: DataVersionOf | None = None,
    expires_at: Instant | None = None,
    files: Sequence[tuple[str, str]] = (),
    by: Someone | None = None,
    now: Instant | None = None,
) -> Evidence:
    """A stated record about something. By default a document, whose text differs each time."""
    said = evidence.Said(
        kind=kind, method=method, dataset=dataset.urn if dataset else None, expires_at=expires_at,
        fields={"title": "Plan", "document": f"Edition {next(_numbers)}"} if fields is None else fields,
        files=files,
    )  # fmt: skip
    actor = by.actor if by else operator()
    return evidence.attach(actor=actor, subject=evidence.Subject(about.urn, about), said=said, now=now or later())


def a_release(
    version: VersionOf | None = None,
    *,
    system: System | None = None,
    stage: str = "operation",
    now: Instant | None = None,
) -> Release:
    """A proposal; without `system`, in the first that the version's model serves."""
    of = version or a_version(system=system)
    within = system or inventory_queries.system_by_urn(of.model.body["systems"][0], as_of())
    return releases.propose(
        actor=operator(), system=within.slug, version=of.reference, stage=stage, note="", now=now or later()
    )


def read_release(release: Release, at: AsOf | None = None) -> release_queries.ReleaseOf:
    """A release with all that it rests on, as it stands."""
    return release_queries.read(release, at or as_of())


def facet_digest(release: Release, function: str) -> str:
    """What somebody who looks at the release now sees of it."""
    return release_queries.facet(read_release(release), function).digest


def a_sign_off(
    *,
    by: Someone,
    release: Release,
    function: str,
    verdict: Verdict = Verdict.APPROVE,
    conditions: Sequence[NewCondition] = (),
    expires_at: Instant | None = None,
    reason: str = "The evidence supports it.",
    now: Instant | None = None,
) -> SignOff:
    """A verdict on the facet as it stands, under the person's own rights."""
    return review.sign_off(
        actor=by.actor, release=release.urn, function=function, verdict=verdict, reason=reason,
        seen=facet_digest(release, function), conditions=conditions, expires_at=expires_at, now=now or later(),
    )  # fmt: skip


def a_condition(owner: Someone, *, due_in_days: float = 30, text: str = "Watch the limit.") -> NewCondition:
    return NewCondition(text, owner.urn, later(days=due_in_days))


def a_digest() -> str:
    """A SHA-256 that nothing else has."""
    return hashlib.sha256(str(next(_numbers)).encode()).hexdigest()


def an_erasure(
    by: Someone | None = None, *, texts: Sequence[str] = (), files: Sequence[str] = (), now: Instant | None = None
) -> Erasure:
    """These texts and files erased, as somebody does who has looked at the list."""
    row, _ = erasing.erase(
        actor=by.actor if by else operator(), texts=texts, files=files, basis="not_needed", reason="nobody needs it",
        seen=erasures.plan(texts, files).seen, now=now or later(),
    )  # fmt: skip
    return row
