"""Witnesses of the log: which there are, how far they have cosigned, and taking in what one signed by file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from ninja import Router
from pydantic import StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.witness import actions, queries, rules
from consilience.kit.clock import now
from consilience.surfaces.api.shared import In, Out, Request, operation, present

router = Router(tags=["ledger"])
PolicyText = Annotated[str, StringConstraints(min_length=1, max_length=rules.MAX_LENGTH)]
NoteText = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]


class WitnessOut(Out):
    name: str
    key: str
    url: str
    """Empty for a witness that cosigns by file."""
    size: int | None
    """Entries of the newest head that it cosigned."""
    cosigned_at: str | None
    behind: int | None
    """Entries that it has not covered yet."""
    outcome: str | None
    """What came of asking it last: cosigned, unreachable, unknown_log, key_refused, ahead, contradicted, bad_answer."""
    asked_at: str | None
    seen: int | None
    """Entries that it says to have seen, where it refused and said so."""


class WitnessesOut(Out):
    size: int
    """Entries of the newest head."""
    policy: str
    """Empty before one was set."""
    wants: str
    quorum_reached: bool
    """Whether some head is cosigned as the policy asks; never where it asks for nothing."""
    quorum_size: int | None
    """Entries of the newest head that is."""
    quorum_at: str | None
    witnesses: list[WitnessOut]


class WitnessPolicyIn(In):
    text: PolicyText
    """A trust policy as C2SP tlog-policy writes it."""


class CosignedIn(In):
    note: NoteText
    """The head with the witness's line, as `consilience witness cosign` writes it."""


class CosignaturesOut(Out):
    size: int
    witnesses: list[str]
    """Public keys of the witnesses whose lines were kept."""


@operation(router.get, "/ledger/witnesses", action="ledger.read")
def witnesses(request: Request) -> WitnessesOut:
    """How far witnesses have cosigned this log, and what came of asking each last."""
    access.ensure(request.auth, "ledger.read", WORKSPACE, present())
    return _shown()


@operation(router.post, "/ledger/witness-policy", action="ledger.manage")
def witness_policy(request: Request, said: WitnessPolicyIn) -> WitnessesOut:
    """Name the witnesses that this log relies on, and their quorum."""
    actions.set_policy(actor=request.auth, text=said.text, now=now())
    return _shown()


@operation(router.post, "/ledger/cosignatures", action="ledger.manage")
def cosignatures(request: Request, said: CosignedIn) -> CosignaturesOut:
    """Take in a head that a witness cosigned by file. Each line is checked; only those of the policy's witnesses are kept."""
    kept = actions.take_in(actor=request.auth, note=said.note, asof=present())
    return CosignaturesOut(size=kept[0].size, witnesses=[one.key for one in kept])


def _shown() -> WitnessesOut:
    found = queries.standing()
    return WitnessesOut(
        size=found.size, policy=found.text, wants=found.policy.wants() if found.policy else "",
        quorum_reached=found.quorum_size is not None, quorum_size=found.quorum_size, quorum_at=_when(found.quorum_at_s),
        witnesses=[_witness(one, found.size) for one in found.witnesses],
    )  # fmt: skip


def _witness(one: queries.Seen, size: int) -> WitnessOut:
    contact = one.contact
    return WitnessOut(
        name=one.name, key=one.key, url=one.url, size=one.size, cosigned_at=_when(one.at_s),
        behind=None if one.size is None else max(0, size - one.size),
        outcome=contact.outcome if contact else None, asked_at=contact.asked_at if contact else None,
        seen=contact.seen if contact else None,
    )  # fmt: skip


def _when(at_s: int | None) -> str | None:
    """An instant, from a witness's clock in whole seconds. One that no calendar has is not shown."""
    if at_s is None or at_s >= 253_402_300_800:
        return None
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
