"""Obligations: packs that are shipped or adopted, what they ask, how systems stand towards them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from ninja import Query, Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.gate import coverage as coverages
from consilience.domains.gate import pack_impact
from consilience.domains.inventory import queries as inventory
from consilience.domains.policy.models import ObligationPack, PackProposal
from consilience.domains.policy.obligations import actions, queries
from consilience.domains.policy.obligations.pack import Day
from consilience.domains.policy.obligations.pack import day as read_day
from consilience.domains.policy.obligations.terms import WhenOpen
from consilience.domains.release.rules import Stage
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces.api import law_out
from consilience.surfaces.api.law_out import CoverageOut, ImpactOut, ObligationOut, ObligationShown, SystemChangesOut
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
    UrnText,
    operation,
    paged,
    present,
)

router = Router(tags=["obligations"])
PackText = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]
Role = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,63}$")]
DayText = Annotated[str, StringConstraints(min_length=10, max_length=10)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=63)]


class AdoptIn(In):
    roles: list[Role] | None = None
    """In which of its roles the organisation is bound; without it in all that the pack names."""


class PackIn(In):
    text: PackText


class ImpactIn(AdoptIn):
    text: PackText
    as_of: DayText | None = None
    when_open: WhenOpen | None = None
    """What an open obligation of it would mean for a live release."""


class PackTermsIn(In):
    """On which terms a pack is in use. What is left out stays as it is."""

    roles: list[Role] | None = None
    systems: dict[Slug, list[Role] | None] = Field(default_factory=dict, max_length=1000)
    """By system, the roles in which you are bound over it alone; null where the pack's roles hold again."""
    when_open: WhenOpen | Literal["by_law"] | None = None
    """`silent`, `warn` or `block`; `by_law`: what is law is told, what is voluntary is not."""


class DropIn(In):
    reason: Text


class ImpactQuery(In):
    as_of: DayText | None = None
    when_open: WhenOpen | None = None


class OnDay(In):
    as_of: DayText | None = None
    """A day of the law, such as 2026-07-26. Any day but today is a what-if about the law alone."""


class ListedOnDay(Page):
    as_of: DayText | None = None
    pack: Slug | None = None


class CoverageQuery(OnDay):
    version: Reference | None = None
    stage: Stage | None = None


class Between(In):
    since: DayText
    until: DayText | None = None


class AdoptionOut(Out):
    version: int
    edition: str
    roles: list[str]
    by: By
    proposed_by: By | None
    at: str
    digest: str
    ended: bool
    """It was taken out of use by this version."""
    systems: dict[str, list[str]]
    """By system, the roles where they are not those of the pack; systems that you may not know of are left out."""
    when_open: str | None
    """What an open obligation means for a live release; null: what is law is told, what is voluntary is not."""


class PackOut(Out):
    pack: str
    title: str
    edition: str
    summary: str
    source: str
    roles: list[str]
    obligations: int
    clocks: int
    shipped_edition: str | None
    adopted: AdoptionOut | None
    newer: bool
    """The product ships another text than the one in use."""


class PackShown(PackOut):
    text: str
    listed: list[ObligationOut]
    running: list[law_out.ClockOut]
    history: list[AdoptionOut]


class PackProposalOut(Out):
    urn: str
    pack: str
    by: By
    at: str
    text: str


@operation(router.get, "/obligation-packs", action="policy.read")
def packs(request: Request, query: Query[Page]) -> Paged[PackOut]:
    """Every pack that is shipped or in use. None is in use before somebody adopts it."""
    asof = _may_read(request)
    return paged(queries.offers(asof), query, lambda rows: _packs(request, rows))


@operation(router.get, "/obligation-packs/proposals", action="policy.read")
def proposals(request: Request, query: Query[Page]) -> Paged[PackProposalOut]:
    """Packs of one's own that wait for a second person."""
    return paged(queries.open_proposals(_may_read(request)), query, _proposals)


@operation(router.post, "/obligation-packs/proposals", action="policy.adopt_pack")
def propose(request: Request, data: PackIn) -> PackProposalOut:
    """Put a pack of one's own forward. It must load; another person adopts it."""
    return _proposals([actions.propose(actor=request.auth, text=data.text, now=now())])[0]


@operation(router.post, "/obligation-packs/proposals/{urn}/adopt", action="policy.adopt_pack", signable=True)
def adopt_proposed(request: Request, urn: UrnText, data: AdoptIn) -> AdoptionOut:
    """Adopt what somebody else put forward."""
    row = actions.adopt_proposed(actor=request.auth, proposal=urn, roles=data.roles, now=now())
    return _adoptions(request, [row])[0]


@operation(router.post, "/obligation-packs/impact", action="policy.read")
def impact_of_text(request: Request, data: ImpactIn) -> ImpactOut:
    """What a text would change if it were adopted. Nothing is recorded."""
    asof = _may_read(request)
    pack = queries.draft(data.text, asof).pack
    found = pack_impact.impact(request.auth, pack, data.roles, asof, day=_day(data.as_of), when_open=data.when_open)
    return law_out.impact(found)


@operation(router.get, "/obligation-packs/{slug}", action="policy.read")
def pack(request: Request, slug: Slug) -> PackShown:
    """One pack: as it is in use, or as it is shipped where it is not."""
    asof = _may_read(request)
    found = queries.offer(slug, asof)
    day = coverages.present_day(asof)
    text = found.adopted.row.body["text"] if found.adopted else queries.shipped(slug)
    return PackShown(
        **_packs(request, [found])[0].model_dump(),
        text=text,
        listed=[law_out.obligation(one, day, adopted=found.adopted is not None) for one in found.pack.obligations],
        running=[law_out.clock(one) for one in found.pack.clocks],
        history=_adoptions(request, queries.history(slug, asof)),
    )


@operation(router.post, "/obligation-packs/{slug}/adopt", action="policy.adopt_pack", signable=True)
def adopt(request: Request, slug: Slug, data: AdoptIn) -> AdoptionOut:
    """Adopt a pack as the product ships it, or its newer edition."""
    return _adoptions(request, [actions.adopt_shipped(actor=request.auth, slug=slug, roles=data.roles, now=now())])[0]


@operation(router.post, "/obligation-packs/{slug}/drop", action="policy.adopt_pack")
def drop(request: Request, slug: Slug, data: DropIn) -> AdoptionOut:
    """Take a pack out of use, with a reason."""
    return _adoptions(request, [actions.drop(actor=request.auth, slug=slug, reason=data.reason, now=now())])[0]


@operation(router.get, "/obligation-packs/{slug}/impact", action="policy.read")
def impact(request: Request, slug: Slug, query: Query[ImpactQuery]) -> ImpactOut:
    """What adopting the shipped edition would change: systems, requirements, sign-offs, who must look again."""
    asof = _may_read(request)
    shipped = queries.draft(queries.shipped(slug), asof).pack
    here = queries.offer(slug, asof).adopted
    roles = [one for one in here.roles if one in shipped.roles] if here else None
    found = pack_impact.impact(request.auth, shipped, roles, asof, day=_day(query.as_of), when_open=query.when_open)
    return law_out.impact(found)


@operation(router.post, "/obligation-packs/{slug}/terms", action="policy.adopt_pack")
def terms(request: Request, slug: Slug, data: PackTermsIn) -> AdoptionOut:
    """Put a pack in use on other terms: in which roles, over which system, and what an open obligation means."""
    asof = present()
    access.ensure(request.auth, "policy.adopt_pack", actions.PACKS, asof)
    keep = queries.adopted_row(slug, asof).body.get("when_open") if data.when_open is None else None
    chosen = None if data.when_open == "by_law" else data.when_open or (WhenOpen(keep) if keep else None)
    row = actions.change_terms(
        actor=request.auth, slug=slug, roles=data.roles, systems=data.systems, when_open=chosen, now=now()
    )
    return _adoptions(request, [row])[0]


@operation(router.get, "/obligations", action="policy.read")
def listing(request: Request, query: Query[ListedOnDay]) -> Paged[ObligationOut]:
    """The obligations of the packs in use, as the law of a day had them."""
    asof = _may_read(request)
    day = _day(query.as_of) or coverages.present_day(asof)
    chosen = [one for one in queries.adopted(asof) if query.pack in (None, one.pack.slug)]
    found = [one for each in chosen for one in each.pack.obligations if one.on(day) is not None]
    return paged(found, query, lambda rows: [law_out.obligation(one, day, adopted=True) for one in rows])


@operation(router.get, "/obligations/changes", action="policy.read")
def changes(request: Request, query: Query[Between]) -> list[SystemChangesOut]:
    """What the law itself changed for each system from one day to another, under the packs in use. A what-if."""
    asof = _may_read(request)
    until = _day(query.until) or coverages.present_day(asof)
    found = pack_impact.between(request.auth, asof, since=read_day(query.since, "since"), until=until)
    return law_out.of_systems(found)


@operation(router.get, "/obligations/{name}", action="policy.read")
def shown(request: Request, name: Name, query: Query[OnDay]) -> ObligationShown:
    """One obligation with its history, by its id or another of its names."""
    asof = _may_read(request)
    found = queries.find(name, asof)
    day = _day(query.as_of) or coverages.present_day(asof)
    cited = coverages.cited_by((), asof)
    names = {one.name for each in found.obligation.names for one in cited.get(each, ())}
    return law_out.obligation_shown(found, day, sorted(names))


@operation(router.get, "/systems/{slug}/obligations", action="inventory.read")
def coverage(request: Request, slug: Slug, query: Query[CoverageQuery]) -> CoverageOut:
    """How a system stands towards each obligation; with `version` and `stage` for that release alone."""
    if (query.version is None) != (query.stage is None):
        raise BadInput("version" if query.version is None else "stage", "version and stage name a release together")
    release = (query.version, str(query.stage)) if query.version and query.stage else None
    found = coverages.coverage(request.auth, slug, present(), day=_day(query.as_of), release=release)
    return law_out.coverage(found)


def _may_read(request: Request) -> AsOf:
    asof = present()
    access.ensure(request.auth, "policy.read", actions.PACKS, asof)
    return asof


def _day(text: str | None) -> Day | None:
    return None if text is None else read_day(text, "as of")


def _packs(request: Request, offers: Iterable[queries.Offer]) -> list[PackOut]:
    made = []
    for one in offers:
        pack = one.pack
        made.append(
            PackOut(
                pack=pack.slug, title=law_out.words(pack.title), edition=pack.edition, summary=law_out.words(pack.summary),
                source=pack.source, roles=list(pack.roles), obligations=len(pack.obligations), clocks=len(pack.clocks),
                shipped_edition=one.shipped.edition if one.shipped else None,
                adopted=_adoptions(request, [one.adopted.row])[0] if one.adopted else None, newer=one.newer,
            )
        )  # fmt: skip
    return made


def _adoptions(request: Request, rows: Sequence[ObligationPack]) -> list[AdoptionOut]:
    names = Names(urn for row in rows for urn in (row.body["adopted_by"], row.body["proposed_by"]))
    single = any(row.body.get("systems") for row in rows)
    slugs = {one.urn: one.slug for one in inventory.systems(request.auth, present())} if single else {}
    return [
        AdoptionOut(
            version=row.version, edition=row.body["edition"], roles=row.body["roles"],
            by=names.by(row.body["adopted_by"]), proposed_by=names.maybe(row.body["proposed_by"]),
            at=row.valid_from, digest=row.digest, ended=row.withdrawn,
            systems={slugs[urn]: said for urn, said in row.body.get("systems", {}).items() if urn in slugs},
            when_open=row.body.get("when_open"),
        )
        for row in rows
    ]  # fmt: skip


def _proposals(rows: Sequence[PackProposal]) -> list[PackProposalOut]:
    names = Names(row.body["proposed_by"] for row in rows)
    return [
        PackProposalOut(
            urn=row.urn, pack=row.slug, by=names.by(row.body["proposed_by"]), at=row.valid_from, text=row.body["text"]
        )
        for row in rows
    ]
