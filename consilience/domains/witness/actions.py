"""Naming the witnesses that a workspace relies on, and taking in what they signed."""

from __future__ import annotations

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.ledger import log_keys, notes, tile_queries
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger import rules as ledger_rules
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import Actor
from consilience.domains.witness import keeping, queries, rules
from consilience.domains.witness.models import Cosignature, WitnessPolicy
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refused, refusal
from consilience.kit.records.models import AsOf


def set_policy(*, actor: Actor, text: str, now: Instant) -> WitnessPolicy:
    """Record which witnesses this log relies on, and how many of them must have cosigned a head."""
    policy = rules.read(text)
    with act(actor, verb="ledger.witness_policy_set", at=now) as opened:
        access.ensure(actor, "ledger.manage", WORKSPACE, opened.asof)
        present = queries.policy_row()
        if present is not None and present.body.get("text") == text:
            raise Refused(refusal("witness_policy_same"))
        _names_this_log(policy)
        opened.note(witnesses=len(policy.witnesses), quorum=policy.asks_for_cosignatures)
        return opened.record(WitnessPolicy, body={"text": text}, replaces=present)


def take_in(*, actor: Actor, note: str, asof: AsOf) -> list[Cosignature]:
    """Keep the cosignatures in a cosigned head that came by file; returns those of witnesses that the policy names.

    BadInput where the note is no head of this log as it stands, or no such witness cosigned it.
    """
    access.ensure(actor, "ledger.manage", WORKSPACE, asof)
    head = log_keys.opened(note, ledger.log_keys())
    _of_this_log(head)
    kept = keeping.keep(notes.read(note), head.size)
    if not kept:
        raise BadInput("checkpoint", "bears no cosignature of a witness that the policy names")
    return kept


def _names_this_log(policy: rules.Policy) -> None:
    """A policy that lists logs lists this one, or it would refuse every head that it is for."""
    if policy.logs and ledger.log_key() not in {one.key for one in policy.logs}:
        raise BadInput("policy", f"lists logs, and this one is not among them: log {ledger.log_key()}")


def _of_this_log(head: ledger_rules.Checkpoint) -> None:
    present = ledger_rules.covered(ledger.checkpoint())
    if head.size > present:
        raise BadInput("checkpoint", f"covers {head.size} entries, but this log has {present}: keep it, and ask why")
    if tile_queries.root(head.size) != head.root:
        raise BadInput(
            "checkpoint", f"has another root than the first {head.size} entries of this log: keep it, and ask why"
        )
