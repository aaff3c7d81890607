"""Releases: proposing, taking back, listing, and showing everything that a decision rests on."""

from __future__ import annotations

from collections.abc import Sequence

from ninja import Query, Router

from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.release import actions, queries, rules
from consilience.domains.release.models import Release
from consilience.domains.release.rules import Stage
from consilience.kit.clock import now
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf
from consilience.surfaces.api import review
from consilience.surfaces.api.shared import (
    By,
    In,
    Names,
    Out,
    Page,
    Paged,
    Reference,
    Request,
    Slug,
    Text,
    operation,
    paged,
    present,
)
from consilience.surfaces.api.versions import ReasonIn, Withdrawn

router = Router(tags=["release"])


class ReleaseIn(In):
    system: Slug
    version: Reference
    stage: Stage
    note: Text = ""


class ReleaseOut(Out):
    urn: str
    reference: str
    """`lending/credit-risk@3`"""
    system: str
    version: str
    stage: str
    by: By
    at: str


class ItemOut(Out):
    """One thing that the decision rests on, by key and digest."""

    key: str
    noun: str
    subject: str
    method: str
    dataset: str | None
    digest: str


class FacetOut(Out):
    """What one function answers for; a sign-off names this digest as seen."""

    function: str
    title: str
    digest: str
    items: list[ItemOut]


class ReleaseShown(ReleaseOut):
    note: str | None
    artefact: str
    dossier: str
    facets: list[FacetOut]
    sign_offs: list[review.SignOffOut]
    conditions: list[review.ConditionOut]
    objections: list[review.ObjectionOut]
    blocks: list[review.BlockOut]


class ReleasesQuery(Page):
    system: Slug | None = None
    version: Reference | None = None
    stage: Stage | None = None


@operation(router.get, "/releases", action="release.read")
def releases(request: Request, query: Query[ReleasesQuery]) -> Paged[ReleaseOut]:
    """Releases that you may know of, newest first."""
    actor, asof = request.auth, present()
    rows = queries.releases(actor, asof)
    if query.system is not None:
        system = inventory.system(actor, query.system, asof).urn
        rows = [row for row in rows if row.system == system]
    if query.version is not None:
        version = inventory.version_ever(actor, query.version, asof).urn
        rows = [row for row in rows if row.model_version == version]
    if query.stage is not None:
        rows = [row for row in rows if row.stage == query.stage]
    return paged(rows, query, lambda chosen: _releases(chosen, asof))


@operation(router.post, "/releases", action="release.propose", signable=True)
def propose(request: Request, data: ReleaseIn) -> ReleaseOut:
    """Propose to take a version in a system to a stage. The reviews begin; nothing is allowed yet."""
    row = actions.propose(
        actor=request.auth, system=data.system, version=data.version, stage=data.stage, note=data.note, now=now()
    )
    return _releases([row], present())[0]


@operation(router.get, "/releases/{system}/{version}/{stage}", action="release.read")
def release(request: Request, system: Slug, version: Reference, stage: Stage) -> ReleaseShown:
    """The dossier, each function's facet with the digest to sign, and what everybody has said so far."""
    return show(queries.release(request.auth, system, version, stage, present()), request.auth)


@operation(router.post, "/releases/{system}/{version}/{stage}/withdraw", action="release.propose", signable=True)
def withdraw(request: Request, system: Slug, version: Reference, stage: Stage, data: ReasonIn) -> Withdrawn:
    """Take a proposal back. What was signed stays on record."""
    row = actions.withdraw(
        actor=request.auth, system=system, version=version, stage=stage, reason=data.reason, now=now()
    )
    return Withdrawn(urn=row.urn, withdrawn=row.withdrawn)


def show(found: queries.ReleaseOf, actor: Actor) -> ReleaseShown:
    """A release with everything on it. Whoever calls has asked `can`."""
    said = review.Reviews(found, actor)
    dossier, titles = found.dossier, people.functions(found.asof)
    return ReleaseShown(
        **_releases([found.row], found.asof)[0].model_dump(),
        note=commitments.text(found.row.body["note"]),
        artefact=dossier.artefact,
        dossier=dossier.whole,
        facets=[
            FacetOut(
                function=one.function, title=titles[one.function], digest=one.digest,
                items=[_item(item) for item in one.items],
            )
            for one in queries.facets(found).values()
        ],
        sign_offs=said.sign_offs(),
        conditions=said.conditions(),
        objections=said.objections(),
        blocks=said.blocks(),
    )  # fmt: skip


def _item(item: rules.Item) -> ItemOut:
    noun, subject, method, dataset = item.key.split("/")
    return ItemOut(key=item.key, noun=noun, subject=subject, method=method, dataset=dataset or None, digest=item.digest)


def _releases(rows: Sequence[Release], asof: AsOf) -> list[ReleaseOut]:
    names = Names(row.body["proposed_by"] for row in rows)
    systems = {urn: inventory.system_by_urn(urn, asof).slug for urn in {row.system for row in rows}}
    versions = inventory.version_references((row.model_version for row in rows), asof)
    return [
        ReleaseOut(
            urn=row.urn,
            reference=f"{systems[row.system]}/{versions[row.model_version]}",
            system=systems[row.system],
            version=versions[row.model_version],
            stage=row.stage,
            by=names.by(row.body["proposed_by"]),
            at=row.body["proposed_at"],
        )
        for row in rows
    ]
