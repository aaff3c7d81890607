"""Declaring a new epoch: what a restore gave up, so that it is no rollback in silence."""

from __future__ import annotations

from consilience.domains.ledger import epochs, log, log_keys, queries
from consilience.domains.ledger.act import act
from consilience.domains.ledger.models import Checkpoint, Epoch
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.kit.clock import Instant
from consilience.kit.errors import NotEntitled, Refused, WrongUse, refusal


def declare_epoch(
    *, actor: Actor, restored: int, lost: epochs.Head | None, reason: str, backup: str | None, now: Instant
) -> Epoch:
    """Record that the log went back to its first `restored` entries, and which later head was lost by that.

    Only the operator restores. Refused where nothing was lost, and where that was declared before.
    """
    if actor.authenticated_by is not AuthenticatedBy.OPERATOR:
        raise NotEntitled(refusal("not_entitled", action="ledger.epoch"))
    if not reason.strip():
        raise WrongUse("--reason: say in a sentence why the log went back")
    with act(actor, verb="ledger.epoch_declared", at=now) as opened:
        head = _head(restored)
        if lost is not None and lost.size <= restored:
            raise Refused(refusal("epoch_lost_nothing", size=lost.size, restored=restored))
        if lost is not None and epochs.that_gave_up(declared(), lost):
            raise Refused(refusal("epoch_declared_already", size=lost.size))
        body = {
            "restored": head.body(), "lost": None if lost is None else lost.body(), "backup": backup,
            "reason": opened.private(reason.strip()),
        }  # fmt: skip
        return opened.record(Epoch, body=body)


def declared() -> list[epochs.Epoch]:
    """The epochs of this log, in order."""
    return [epochs.read(row.position, row.body) for row in Epoch.objects.order_by("position")]


def _head(size: int) -> epochs.Head:
    note = Checkpoint.objects.filter(size=size).values_list("note", flat=True).first()
    if note is None:
        raise WrongUse(f"--restored: no act ended at {size} entries; this log has {log.size()}")
    return epochs.Head(size, log_keys.opened(note, queries.log_keys()).root)
