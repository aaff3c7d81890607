"""Systems, registered models and their versions, datasets and their versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ninja import Query, Router
from pydantic import Field

from consilience.domains.inventory import actions, queries, rules
from consilience.domains.inventory.models import Dataset, DatasetVersion, ModelVersion, RegisteredModel, System
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces.api.people import person_urn
from consilience.surfaces.api.shared import (
    By,
    In,
    Line,
    Names,
    Out,
    Page,
    Paged,
    Request,
    Sha256,
    Slug,
    Text,
    operation,
    paged,
    present,
)

router = Router(tags=["inventory"])
Listed = list[Line]
Named = RegisteredModel | Dataset


class SystemIn(In):
    slug: Slug
    name: Line
    purpose: Slug
    description: Text = ""
    jurisdictions: Listed = Field(max_length=300)
    audience: Listed = Field(max_length=100)
    affected_groups: Listed = Field(max_length=100)
    owner: Line = "me"
    """URN, log-in address, or `me`."""
    squad: Line
    sponsor: Line | None = None
    tier: Line
    use: Line | None = None
    autonomy: Line | None = None
    people_affected: int | None = Field(None, ge=0, le=rules.MOST_PEOPLE)
    """In a year."""
    data_categories: Listed = Field([], max_length=100)
    line_of_business: Slug | None = None


class Correction(In):
    """How something registered is corrected."""

    wrong_from_the_start: bool = False
    """True corrects what was never right; false says that something changed now."""
    seen: Sha256 | None = None
    """Digest of the registration that you looked at, the last of its `history`; another one is not corrected (409)."""


class SystemCorrection(SystemIn, Correction):
    """All that is said of a system, anew."""


class Revision(Out):
    """One recorded version of a registration: what was corrected stays to be seen."""

    version: int
    digest: str
    valid_from: str
    position: int
    withdrawn: bool


class SystemOut(Out):
    urn: str
    slug: str
    name: str
    purpose: str
    description: str
    jurisdictions: list[str]
    audience: list[str]
    affected_groups: list[str]
    owner: By
    squad: str
    sponsor: By | None
    tier: str
    use: str | None = None
    autonomy: str | None = None
    people_affected: int | None = None
    data_categories: list[str] = []
    line_of_business: str | None = None


class SystemShown(SystemOut):
    models: list[str]
    history: list[Revision]


class NamedIn(In):
    """A model or a dataset by name, for the systems that it belongs to."""

    slug: Slug
    name: Line
    description: Text = ""
    systems: list[Slug] = Field(max_length=500)


class NamedCorrection(Correction):
    """All that is said of a model or a dataset, anew; its slug stays, and so do systems that you may not know of."""

    name: Line
    description: Text = ""
    systems: list[Slug] = Field(max_length=500)

    def facts(self) -> rules.NamedFacts:
        return rules.NamedFacts(self.name, self.description, self.systems)


class NamedOut(Out):
    urn: str
    slug: str
    name: str
    description: str
    systems: list[str]
    """Those that you may know of."""


class NamedShown(NamedOut):
    versions: list[str]
    history: list[Revision]


@operation(router.get, "/systems", action="inventory.read")
def systems(request: Request, query: Query[Page]) -> Paged[SystemOut]:
    asof = present()
    return paged(queries.systems(request.auth, asof), query, _systems)


@operation(router.post, "/systems", action="inventory.register")
def register_system(request: Request, data: SystemIn) -> SystemOut:
    actor = request.auth
    return _systems([actions.register_system(actor=actor, facts=_facts(actor, data, present()), now=now())])[0]


@operation(router.get, "/systems/{slug}", action="inventory.read")
def system(request: Request, slug: Slug) -> SystemShown:
    actor, asof = request.auth, present()
    row = queries.system(actor, slug, asof)
    models = [model.slug for model in queries.models(actor, asof) if row.urn in model.body["systems"]]
    return SystemShown(**_systems([row])[0].model_dump(), models=models, history=history(row.urn))


@operation(router.put, "/systems/{slug}", action="inventory.correct")
def correct_system(request: Request, slug: Slug, data: SystemCorrection) -> SystemOut:
    actor, asof = request.auth, present()
    queries.system(actor, slug, asof)
    row = actions.correct_system(actor=actor, facts=_facts(actor, data, asof), **how(data), now=now())
    return _systems([row])[0]


@operation(router.get, "/models", action="inventory.read")
def models(request: Request, query: Query[Page]) -> Paged[NamedOut]:
    return _listed(request.auth, queries.models, query)


@operation(router.post, "/models", action="inventory.register")
def register_model(request: Request, data: NamedIn) -> NamedOut:
    return _registered(request.auth, actions.register_model, data)


@operation(router.get, "/models/{slug}", action="inventory.read")
def model(request: Request, slug: Slug) -> NamedShown:
    asof = present()
    row = queries.model(request.auth, slug, asof)
    return _shown(request.auth, row, queries.versions(row, asof), asof)


@operation(router.put, "/models/{slug}", action="inventory.correct")
def correct_model(request: Request, slug: Slug, data: NamedCorrection) -> NamedOut:
    """Replace what is said of a model. It keeps the systems in which a release of it is proposed."""
    return _corrected(request.auth, actions.correct_model, slug, data)


@operation(router.get, "/datasets", action="inventory.read")
def datasets(request: Request, query: Query[Page]) -> Paged[NamedOut]:
    return _listed(request.auth, queries.datasets, query)


@operation(router.post, "/datasets", action="inventory.register")
def register_dataset(request: Request, data: NamedIn) -> NamedOut:
    return _registered(request.auth, actions.register_dataset, data)


@operation(router.get, "/datasets/{slug}", action="inventory.read")
def dataset(request: Request, slug: Slug) -> NamedShown:
    asof = present()
    row = queries.dataset(request.auth, slug, asof)
    return _shown(request.auth, row, queries.dataset_versions(row, asof), asof)


@operation(router.put, "/datasets/{slug}", action="inventory.correct")
def correct_dataset(request: Request, slug: Slug, data: NamedCorrection) -> NamedOut:
    """Replace what is said of a dataset; its versions stay as they are."""
    return _corrected(request.auth, actions.correct_dataset, slug, data)


def history(urn: str) -> list[Revision]:
    """Every recorded version of a thing that was asked `can` about already."""
    return [
        Revision(
            version=row.version, digest=row.digest, valid_from=row.valid_from,
            position=row.position, withdrawn=row.withdrawn,
        )
        for row in queries.histories(urn)
    ]  # fmt: skip


def how(data: Correction) -> dict[str, Any]:
    """Since when a correction holds, and what its author had looked at."""
    return {"wrong_from_the_start": data.wrong_from_the_start, "seen": data.seen}


def _facts(actor: Actor, data: SystemIn, asof: AsOf) -> rules.SystemFacts:
    said: dict[str, Any] = data.model_dump(exclude={*Correction.model_fields, "owner", "sponsor"})
    return rules.SystemFacts(
        **said,
        owner=person_urn(actor, data.owner, asof),
        sponsor=person_urn(actor, data.sponsor, asof) if data.sponsor else None,
    )


def _systems(rows: Sequence[System]) -> list[SystemOut]:
    names = Names(urn for row in rows for urn in (row.body["owner"], row.body["sponsor"]))
    return [
        SystemOut(
            **{**row.body, "owner": names.by(row.body["owner"]), "sponsor": names.maybe(row.body["sponsor"])},
            urn=row.urn,
        )
        for row in rows
    ]


# Models and datasets are named, listed and shown alike


def _listed(actor: Actor, read: Callable[[Actor, AsOf], Sequence[Named]], query: Page) -> Paged[NamedOut]:
    asof = present()
    return paged(read(actor, asof), query, lambda rows: _named(actor, rows, asof))


def _registered(actor: Actor, register: Callable[..., Named], data: NamedIn) -> NamedOut:
    row = register(actor=actor, **data.model_dump(), now=now())
    return _named(actor, [row], present())[0]


def _corrected(actor: Actor, correct: Callable[..., Named], slug: str, data: NamedCorrection) -> NamedOut:
    row = correct(actor=actor, slug=slug, facts=data.facts(), **how(data), now=now())
    return _named(actor, [row], present())[0]


def _shown(actor: Actor, row: Named, versions: Sequence[ModelVersion | DatasetVersion], asof: AsOf) -> NamedShown:
    return NamedShown(
        **_named(actor, [row], asof)[0].model_dump(),
        versions=[f"{row.slug}@{version.number}" for version in versions],
        history=history(row.urn),
    )


def _named(actor: Actor, rows: Sequence[Named], asof: AsOf) -> list[NamedOut]:
    slugs = {row.urn: row.slug for row in queries.systems(actor, asof)}
    return [
        NamedOut(
            urn=row.urn,
            slug=row.slug,
            name=row.body["name"],
            description=row.body["description"],
            systems=sorted(slugs[urn] for urn in row.body["systems"] if urn in slugs),
        )
        for row in rows
    ]
