"""Proposing a release, and taking a proposal back."""

from __future__ import annotations

from consilience.domains.access import queries as access
from consilience.domains.evidence import queries as evidence
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import Actor
from consilience.domains.release import queries, rules
from consilience.domains.release.models import Release
from consilience.kit.clock import Instant
from consilience.kit.errors import Refused, refusal, require
from consilience.kit.records.models import AsOf


def propose(*, actor: Actor, system: str, version: str, stage: str, note: str, now: Instant) -> Release:
    """Propose to take a version in a system to a stage. The reviews begin; nothing is allowed yet."""
    with act(actor, verb="release.proposed", at=now) as opened:
        within = inventory.system(actor, system, opened.asof)
        of = inventory.version(actor, version, opened.asof)
        access.ensure(actor, "release.propose", within, opened.asof, named=version)
        require(rules.serves(within.urn, of.model.body["systems"]))
        known = Release.objects.filter(system=within.urn, model_version=of.urn, stage=rules.stage(stage))
        newest = known.order_by("-version").first()
        if newest is not None and not newest.withdrawn:
            raise Refused(refusal("proposed_already", release=f"{system}/{version}", stage=stage))
        body = {
            "system": within.urn,
            "model_version": of.urn,
            "stage": rules.stage(stage),
            "proposed_by": actor.urn,
            "proposed_at": opened.at,
            "note": opened.private(note) if note else None,
        }
        opened.note(system=within.slug, version=of.reference, stage=stage)
        row = opened.record(Release, body=body, replaces=newest)
        _refuse_orphans(row, opened.asof)
        return row


def withdraw(*, actor: Actor, system: str, version: str, stage: str, reason: str, now: Instant) -> Release:
    """Take a proposal back, that of a withdrawn version too. Sign-offs given to it stay on record."""
    with act(actor, verb="release.withdrawn", at=now) as opened:
        found = queries.proposal(actor, system, version, stage, opened.asof)
        access.ensure(actor, "release.propose", found, opened.asof)
        return opened.withdraw(found, reason=opened.private(reason))


def _refuse_orphans(row: Release, asof: AsOf) -> None:
    left = rules.orphans(queries.read(row, asof).dossier, evidence.facet_plan(asof))
    if left:
        raise Refused(refusal("in_no_facet", kind=left[0].key.split("/")[0], method=left[0].key.split("/")[2]))
