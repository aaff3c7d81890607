"""Check 1, second half: what witnesses signed under the heads of an archive, held against the policy that the reader brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from consilience.domains.audit.report import Check, Report
from consilience.domains.ledger import notes
from consilience.domains.ledger.log_keys import Bound
from consilience.domains.witness import cosignatures
from consilience.domains.witness.rules import Policy
from consilience.kit.errors import BadInput

MAX_NAMED = 5


@dataclass(frozen=True)
class Signed:
    """A head whose own signature holds, as its note."""

    size: int
    note: str


def judged(heads: Sequence[Signed], keys: Sequence[Bound], policy: Policy | None, report: Report) -> int:
    """How many entries the policy's quorum covers: 0 where there is none, or no policy was given."""
    strangers, reached, best = set[str](), 0, dict[str, int]()
    if policy is not None and policy.logs and not {one.key for one in policy.logs} & {one.key for one in keys}:
        report.tampered(Check.HEADS, "log_unknown", "the policy names other logs than the one of this archive")
    for head in heads:
        signed, others = _by_whom(head, policy, keys, report)
        strangers |= others
        if _counts(policy, signed) and head.size >= reached:
            reached, best = head.size, signed
    if policy is not None and policy.asks_for_cosignatures:
        _tell(reached, best, strangers, policy, report)
    elif policy is None and strangers:
        told = f"{len(strangers)} keys signed, and nothing says whose they are (--policy, --witness)"
        report.say(Check.HEADS, f"cosignatures of witnesses: {told}")
    elif policy is None:
        report.say(Check.HEADS, "cosignatures of witnesses: nothing of this kind in the archive")
    return reached


def _counts(policy: Policy | None, signed: dict[str, int]) -> bool:
    return policy is not None and policy.asks_for_cosignatures and policy.reached(signed.keys())


def _by_whom(
    head: Signed, policy: Policy | None, keys: Sequence[Bound], report: Report
) -> tuple[dict[str, int], set[str]]:
    """When each witness of the policy cosigned this head, by vkey; and who else signed that is not the log."""
    note, signed = notes.read(head.note), dict[str, int]()
    known = {tuple(bound.key.split("+")[:2]) for bound in keys}
    for witness in policy.witnesses if policy else ():
        key = cosignatures.read_key(witness.key)
        known.add((key.name, key.key_id.hex()))
        try:
            at_s = cosignatures.cosigned_at(note, key)
        except BadInput as error:
            report.tampered(Check.HEADS, "cosignature_bad", f"the head over {head.size} entries: {error}")
            continue
        if at_s is not None:
            signed[witness.key] = at_s
    others = {(one.name, one.key_id.hex()) for one in note.signatures} - known
    return signed, {"+".join(other) for other in others}


def _tell(reached: int, best: dict[str, int], strangers: set[str], policy: Policy, report: Report) -> None:
    if reached:
        names = {witness.key: witness.name for witness in policy.witnesses}
        who = ", ".join(f"{names[key]} at {_when(at_s)}" for key, at_s in best.items())
        report.say(Check.HEADS, f"the quorum ({policy.wants()}) cosigned the head over {reached} entries: {who}")
        if reached < report.size:
            report.say(Check.HEADS, f"the {report.size - reached} entries after it rest on the log's signature alone")
        return
    if strangers:
        shown = ", ".join(sorted(strangers)[:MAX_NAMED])
        report.cannot_tell(
            Check.HEADS, "witness_unknown", f"heads are signed by keys that the policy does not name: {shown}"
        )
    report.cannot_tell(Check.HEADS, "quorum_missing", f"no head is cosigned as the policy asks ({policy.wants()})")


def _when(at_s: int) -> str:
    try:
        return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"second {at_s}"
