"""Packs of obligations: what is shipped, what was adopted, and what a name of an obligation means here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from consilience.domains.content import queries as content
from consilience.domains.evidence import definitions
from consilience.domains.evidence import queries as evidence
from consilience.domains.people import queries as people
from consilience.domains.policy.language.types import Schema, schema_from_json
from consilience.domains.policy.models import ObligationPack, PackProposal
from consilience.domains.policy.obligations import document
from consilience.domains.policy.obligations import shipped as packs
from consilience.domains.policy.obligations.facts import system_schema
from consilience.domains.policy.obligations.pack import Obligation, Pack
from consilience.domains.policy.obligations.terms import InUse, Terms
from consilience.kit import canonical
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf


@dataclass(frozen=True)
class Adopted:
    """A pack in use, and the terms on which it is."""

    row: ObligationPack
    pack: Pack

    @property
    def terms(self) -> Terms:
        return Terms.from_body(self.row.body)

    @property
    def roles(self) -> tuple[str, ...]:
        return self.terms.roles


@dataclass(frozen=True)
class Drafted:
    """A text that loads here and now, with what it loaded under."""

    text: str
    pack: Pack
    schema: Schema
    kinds: tuple[str, ...]
    functions: tuple[str, ...]


@dataclass(frozen=True)
class Offer:
    """A pack by name: as it is shipped, as it was adopted, or both."""

    slug: str
    shipped: Pack | None
    adopted: Adopted | None
    same: bool
    """Whether the adopted text is the shipped one, letter for letter."""

    @property
    def pack(self) -> Pack:
        found = self.adopted.pack if self.adopted else self.shipped
        assert found is not None
        return found

    @property
    def newer(self) -> bool:
        """Whether the product ships an edition that is not in use here."""
        return self.shipped is not None and self.adopted is not None and not self.same


def shipped(slug: str) -> str:
    """The text of a shipped pack."""
    text = packs.texts().get(slug)
    if text is None:
        raise NotFound("pack of obligations", slug)
    return text


def draft(text: str, asof: AsOf) -> Drafted:
    """A text held to every rule of loading, under the kinds and functions of this moment. BadInput says what is off.

    A shipped kind may be named where a workspace keeps a plan of its own and does not have it: it can be shown at once.
    """
    kinds = tuple(sorted({*evidence.kind_names(asof), *(kind["slug"] for kind in definitions.kinds())}))
    functions = tuple(people.functions(asof))
    return Drafted(text, _loaded(text, system_schema(), kinds, functions), system_schema(), kinds, functions)


def adopted(asof: AsOf) -> list[Adopted]:
    """The packs in use, by name."""
    rows = ObligationPack.objects.as_of(asof).order_by("slug")
    return [Adopted(row, pack_of(row)) for row in rows]


def in_use(asof: AsOf) -> list[InUse]:
    """The packs in use, each with its terms, by name. Records never change, so each is read once."""
    return list(asof.once(_packs_in_use))


def _packs_in_use(asof: AsOf) -> list[InUse]:
    return [
        _in_use(one) for one in ObligationPack.objects.as_of(asof).order_by("slug").values_list("digest", flat=True)
    ]


@lru_cache(maxsize=64)
def _in_use(digest: str) -> InUse:
    row = ObligationPack.objects.get(digest=digest)
    return InUse(pack_of(row), Terms.from_body(row.body))


def adopted_row(slug: str, asof: AsOf) -> ObligationPack:
    row = ObligationPack.objects.as_of(asof).filter(slug=slug).first()
    if row is None:
        raise NotFound("pack of obligations", slug)
    return row


def pack_of(row: ObligationPack) -> Pack:
    """The pack of a record, under what was stored with it."""
    body = row.body
    return _published(body["text"], body["schema"], tuple(body["kinds"]), tuple(body["functions"]))


@lru_cache(maxsize=64)
def _published(text: str, schema: str, kinds: tuple[str, ...], functions: tuple[str, ...]) -> Pack:
    stored = schema_from_json(canonical.decode(content.read(schema)))
    return document.load(text, schema=stored, kinds=kinds, functions=functions, name="adopted pack")


@lru_cache(maxsize=64)
def _loaded(text: str, schema: Schema, kinds: tuple[str, ...], functions: tuple[str, ...]) -> Pack:
    return document.load(text, schema=schema, kinds=kinds, functions=functions)


def offers(asof: AsOf) -> list[Offer]:
    """Every pack that is shipped or in use, by name."""
    here = {one.pack.slug: one for one in adopted(asof)}
    return [_offer(slug, here.get(slug), asof) for slug in sorted({*packs.texts(), *here})]


def offer(slug: str, asof: AsOf) -> Offer:
    """One of them."""
    here = {one.pack.slug: one for one in adopted(asof)}
    if slug not in here and slug not in packs.texts():
        raise NotFound("pack of obligations", slug)
    return _offer(slug, here.get(slug), asof)


def _offer(slug: str, here: Adopted | None, asof: AsOf) -> Offer:
    text = packs.texts().get(slug)
    ships = draft(text, asof).pack if text is not None else None
    return Offer(slug, ships, here, same=here is not None and here.row.body["text"] == text)


def history(slug: str, asof: AsOf) -> list[ObligationPack]:
    """Every version of a pack that was in use here, the newest first."""
    return list(ObligationPack.objects.filter(slug=slug, position__lt=asof.known_at).order_by("-version"))


def proposal(urn: str, asof: AsOf) -> PackProposal:
    row = PackProposal.objects.as_of(asof).filter(urn=urn).first()
    if row is None:
        raise NotFound("proposed pack", urn)
    return row


def open_proposals(asof: AsOf) -> list[PackProposal]:
    """Texts of one's own that nobody has adopted yet, the newest first."""
    taken = {row.body["proposal"] for row in ObligationPack.objects.filter(position__lt=asof.known_at)}
    return [row for row in PackProposal.objects.as_of(asof).order_by("-position") if row.urn not in taken]


@dataclass(frozen=True)
class Found:
    """An obligation with its pack; `roles` None where the pack is shipped and not in use here."""

    pack: Pack
    obligation: Obligation
    roles: tuple[str, ...] | None


def known(asof: AsOf) -> dict[str, Found]:
    """Every obligation under each of its names: of the packs in use, else of those that are shipped."""
    found: dict[str, Found] = {}
    for one in offers(asof):
        if one.shipped is not None:
            found |= {name: Found(one.shipped, each, None) for name, each in one.shipped.by_name.items()}
    for used in adopted(asof):
        found |= {name: Found(used.pack, each, used.roles) for name, each in used.pack.by_name.items()}
    return found


def find(name: str, asof: AsOf) -> Found:
    """The obligation behind a name."""
    found = known(asof).get(name)
    if found is None:
        raise NotFound("obligation", name)
    return found
