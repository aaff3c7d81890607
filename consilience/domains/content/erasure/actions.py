"""Erasing, and legal holds. What is erased goes in the transaction that appends the entry; then its bytes go from the disk."""

from __future__ import annotations

from collections.abc import Collection

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.content.erasure import forgetting, queries, rules
from consilience.domains.content.models import Erasure, Hold, Key
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.kit.errors import NotFound, require
from consilience.kit.records.models import Erased, Private

VERB = "content.erased"


def erase(
    *, actor: Actor, texts: Collection[str], files: Collection[str], basis: str, reason: str, seen: str, now: Instant
) -> tuple[Erasure, forgetting.Forgotten]:
    """Erase these texts and files for ever. `seen` is the digest of the list that the actor looked at."""
    with act(actor, verb=VERB, at=now) as opened:
        access.ensure(actor, "content.erase", WORKSPACE, opened.asof)
        row = record_erasure(opened, queries.plan(texts, files), basis=basis, reason=reason, seen=seen)
    return row, forgetting.forget()


def record_erasure(
    opened: Act, plan: rules.Plan, *, basis: str, reason: str, seen: str, active: bool = False
) -> Erasure:
    """The erasure's row, and what it erases is gone with the same commit; for acts of higher rooms too.

    Whoever calls this runs `forgetting.forget` once the act has ended.
    """
    require(rules.may_erase(plan, queries.holds(opened.asof), seen=seen, active=active))
    row = opened.record(
        Erasure,
        body={
            "texts": plan.texts, "files": plan.files, "person": plan.person, "gone_before": list(plan.gone_before),
            "basis": str(rules.basis(basis)), "reason": opened.private(rules.reason(reason)),
        },
    )  # fmt: skip
    forgetting.promise(plan.files)
    Private.objects.filter(commitment__in=plan.texts).delete()
    Key.objects.filter(digest__in=plan.files).delete()
    whats = [*plan.texts, *plan.files, *plan.gone_before]
    Erased.objects.filter(what__in=whats).delete()  # what was stored again since, and is erased again
    Erased.objects.bulk_create([Erased(what=one, position=opened.position, at=opened.at) for one in whats])
    return row


def place_hold(*, actor: Actor, about: str, reason: str, now: Instant) -> Hold:
    """Let nothing of this be erased until the hold is lifted."""
    with act(actor, verb="content.hold_placed", at=now) as opened:
        access.ensure(actor, "content.hold", WORKSPACE, opened.asof)
        body = {"about": rules.about(about), "reason": opened.private(rules.reason(reason))}
        return opened.record(Hold, body=body)


def lift_hold(*, actor: Actor, urn: str, reason: str, now: Instant) -> Hold:
    """End a legal hold."""
    with act(actor, verb="content.hold_lifted", at=now) as opened:
        access.ensure(actor, "content.hold", WORKSPACE, opened.asof)
        row = Hold.objects.as_of(opened.asof).filter(urn=urn).first()
        if row is None:
            raise NotFound("legal hold", urn)
        return opened.withdraw(row, reason_lifted=opened.private(rules.reason(reason)))
