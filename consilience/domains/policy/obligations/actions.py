"""Adopting packs of obligations. A shipped one takes one person; a text of one's own takes two."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from consilience.domains.access import queries as access
from consilience.domains.access.rules import Guarded
from consilience.domains.content import actions as content
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy import rules as policy_rules
from consilience.domains.policy.language.expression import LANGUAGE_VERSION
from consilience.domains.policy.language.types import schema_to_json
from consilience.domains.policy.models import ObligationPack, PackProposal
from consilience.domains.policy.obligations import queries, rules
from consilience.domains.policy.obligations.terms import Terms, WhenOpen
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import Refused, refusal, require

PACKS = Guarded("policy")
"""Packs belong to the library of policies: whoever may read that may read them."""


def propose(*, actor: Actor, text: str, now: Instant) -> PackProposal:
    """Put a pack of one's own forward. It must load; another person adopts it."""
    with act(actor, verb="policy.pack_proposed", at=now) as opened:
        access.ensure(actor, "policy.adopt_pack", PACKS, opened.asof)
        drafted = queries.draft(text, opened.asof)
        opened.note(pack=drafted.pack.slug)
        body = {"slug": drafted.pack.slug, "text": text, "proposed_by": actor.urn}
        return opened.record(PackProposal, body=body)


def adopt_shipped(*, actor: Actor, slug: str, roles: Collection[str] | None, now: Instant) -> ObligationPack:
    """Adopt a pack as the product ships it, or its newer edition. `roles` None: bound in every role that it names."""
    with act(actor, verb="policy.pack_adopted", at=now) as opened:
        access.ensure(actor, "policy.adopt_pack", PACKS, opened.asof)
        drafted = queries.draft(queries.shipped(slug), opened.asof)
        return _adopt(opened, drafted, roles, proposal=None, proposed_by=None)


def adopt_proposed(*, actor: Actor, proposal: str, roles: Collection[str] | None, now: Instant) -> ObligationPack:
    """Adopt a text that somebody else put forward."""
    with act(actor, verb="policy.pack_adopted", at=now) as opened:
        access.ensure(actor, "policy.adopt_pack", PACKS, opened.asof)
        row = queries.proposal(proposal, opened.asof)
        if row.urn not in {one.urn for one in queries.open_proposals(opened.asof)}:
            raise Refused(refusal("policy.pack_adopted_already", pack=row.slug))
        if actor.urn == row.body["proposed_by"]:
            raise Refused(refusal("policy.second_person_adopts"))
        require(policy_rules.two_people(row.body["proposed_by"], actor.urn))
        drafted = queries.draft(row.body["text"], opened.asof)
        return _adopt(opened, drafted, roles, proposal=row.urn, proposed_by=row.body["proposed_by"])


def drop(*, actor: Actor, slug: str, reason: str, now: Instant) -> ObligationPack:
    """Take a pack out of use: from now on it asks for nothing here. Requirements that cite it stay as they are."""
    with act(actor, verb="policy.pack_dropped", at=now) as opened:
        access.ensure(actor, "policy.adopt_pack", PACKS, opened.asof)
        row = queries.adopted_row(slug, opened.asof)
        opened.note(pack=slug)
        return opened.withdraw(row, reason=opened.private(reason))


def change_terms(
    *, actor: Actor, slug: str, roles: Collection[str] | None, systems: Mapping[str, Collection[str] | None],
    when_open: WhenOpen | None, now: Instant,
) -> ObligationPack:  # fmt: skip
    """Put a pack in use on other terms, with its text as it stands.

    `roles` None keeps them; `systems` (by slug) says what holds for single ones, None that the pack's roles hold again.
    """
    with act(actor, verb="policy.pack_adopted", at=now) as opened:
        access.ensure(actor, "policy.adopt_pack", PACKS, opened.asof)
        row = queries.adopted_row(slug, opened.asof)
        before, pack = Terms.from_body(row.body), queries.pack_of(row)
        said = dict(before.systems)
        for name, chosen in systems.items():
            urn = inventory.system(actor, name, opened.asof).urn
            said.pop(urn, None)
            if chosen is not None:
                said[urn] = tuple(sorted(set(chosen)))
        terms = Terms(before.roles if roles is None else tuple(sorted(set(roles))), said, when_open)
        rules.check_terms(pack, terms)
        if terms == before:
            raise Refused(refusal("policy.pack_adopted_already", pack=slug))
        kept = {name: value for name, value in row.body.items() if name not in TERMS}
        opened.note(pack=slug, edition=pack.edition)
        body = {**kept, **terms.as_body(), "adopted_by": actor.urn}
        return opened.record(ObligationPack, body=body, replaces=row)


TERMS = ("roles", "systems", "when_open")
"""The parts of an adoption that its terms are."""


def _adopt(
    opened: Act,
    drafted: queries.Drafted,
    roles: Collection[str] | None,
    *,
    proposal: str | None,
    proposed_by: str | None,
) -> ObligationPack:
    pack = drafted.pack
    chosen = tuple(sorted(set(pack.roles if roles is None else roles)))
    others = [one for one in queries.adopted(opened.asof) if one.pack.slug != pack.slug]
    taken = {name: one.pack.slug for one in others for name in one.pack.by_name}
    standing = ObligationPack.objects.as_of(opened.asof).filter(slug=pack.slug).first()
    before = Terms.from_body(standing.body) if standing is not None else None
    terms = before.carried(chosen, pack) if before else Terms(chosen)
    stands = standing.body["text"] if standing is not None and before == terms else None
    require(rules.may_adopt(pack, terms, text=drafted.text, stands=stands, taken=taken))
    body = {
        "slug": pack.slug,
        "edition": pack.edition,
        "text": drafted.text,
        **terms.as_body(),
        "language": LANGUAGE_VERSION,
        "schema": content.put(canonical.encode(schema_to_json(drafted.schema)), now=opened.at),
        "kinds": list(drafted.kinds),
        "functions": list(drafted.functions),
        "proposal": proposal,
        "proposed_by": proposed_by,
        "adopted_by": opened.actor.urn,
    }
    opened.note(pack=pack.slug, edition=pack.edition)
    last = ObligationPack.objects.filter(slug=pack.slug).order_by("-version").first()
    return opened.record(ObligationPack, body=body, replaces=last)
