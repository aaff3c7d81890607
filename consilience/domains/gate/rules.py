"""The verdict: from what every requirement came to, whether the release may go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from consilience.domains.policy.outcome import Code, Outcome
from consilience.kit.errors import ExitCode

PASSES = frozenset({Code.SATISFIED, Code.NOT_APPLICABLE, Code.WAIVED, Code.FORCED})
UNSTOPPABLE = "retirement"
"""The stage that no block holds up: taking a model out of use is always possible."""


class Ground(StrEnum):
    """Why the gate answers as it does."""

    ALL_MET = "all_met"
    NO_REQUIREMENT = "no_requirement"
    UNMET = "unmet"
    BLOCKED = "blocked"
    ONLY_SIGN_OFFS = "only_sign_offs"


@dataclass(frozen=True)
class Verdict:
    """The gate's answer: allowed or not, on which ground, with which exit code, and which requirements stand against it."""

    allowed: bool
    ground: Ground
    exit_code: ExitCode
    unmet: tuple[str, ...] = ()
    """Blocking requirements that are not met, as policy/requirement."""

    def as_json(self) -> dict[str, Any]:
        return {
            "allowed": self.allowed,
            "ground": str(self.ground),
            "exit_code": int(self.exit_code),
            "unmet": list(self.unmet),
        }


@dataclass(frozen=True)
class Hindrances:
    """What people said that no requirement needs to name: standing blocks, open objections, overdue conditions."""

    blocks: int
    objections: int
    overdue: int

    @property
    def any(self) -> bool:
        return bool(self.blocks or self.objections or self.overdue)


def hindrances(facts: Mapping[str, Any]) -> Hindrances:
    """Counted from the facts, so that a replay finds the same."""
    return Hindrances(
        blocks=sum(not one["withdrawn"] for one in facts["blocks"]),
        objections=sum(not one["answered"] for one in facts["objections"]),
        overdue=sum(one["state"] == "overdue" for one in facts["conditions"]),
    )


def verdict(outcomes: Iterable[Outcome], against: Hindrances, *, stage: str) -> Verdict:
    """Yes only when some requirement applies, every blocking one is met, and no block stands.

    1. No requirement in force for the stage is "no evidence": blocked.
    2. A standing block stops every stage but retirement, whatever the requirements say.
    3. Only severity block decides; "no evidence" and "error" are not met.
    4. When all that is missing is sign-offs, and nobody has said no, the exit code says so.
    """
    listed = list(outcomes)
    applying = [one for one in listed if one.code is not Code.NOT_APPLICABLE]
    if not applying:
        return Verdict(False, Ground.NO_REQUIREMENT, ExitCode.NO)
    unmet = [one for one in applying if one.severity == "block" and one.code not in PASSES]
    names = tuple(sorted(f"{one.policy}/{one.requirement}" for one in unmet))
    if against.blocks and stage != UNSTOPPABLE:
        return Verdict(False, Ground.BLOCKED, ExitCode.NO, names)
    if not unmet:
        return Verdict(True, Ground.ALL_MET, ExitCode.YES)
    if all(one.sign_off for one in unmet) and not against.any:
        return Verdict(False, Ground.ONLY_SIGN_OFFS, ExitCode.ONLY_SIGN_OFFS_MISSING, names)
    return Verdict(False, Ground.UNMET, ExitCode.NO, names)
