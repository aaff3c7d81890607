"""What came of one requirement over one set of facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput


class Severity(StrEnum):
    """Whether an unmet requirement keeps the gate shut or is only told."""

    BLOCK = "block"
    WARN = "warn"


class Code(StrEnum):
    """The seven answers. `evaluate` gives the first four and `error`; people give the other two."""

    SATISFIED = "satisfied"
    UNSATISFIED = "unsatisfied"
    NO_EVIDENCE = "no_evidence"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"
    FORCED = "forced"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One requirement's answer, with everything needed to say why.

    `sign_off` marks a requirement that asks for nothing but what people have said, so that what it lacks is a sign-off.
    `trace` is `{"applies_if": TRACE or null, "satisfied_if": TRACE or null}`; `reasons` says what was missing where the
    code is NO_EVIDENCE; `sentences` is the requirement's own sentence, filled in, by language.
    """

    policy: str
    requirement: str
    owner: str
    severity: Severity
    sign_off: bool
    code: Code
    reasons: tuple[Json, ...]
    sentences: Mapping[str, str]
    trace: Json

    def sentence(self, language: str = "en") -> str:
        """The sentence in this language, or in English."""
        return self.sentences.get(language, self.sentences["en"])

    def to_json(self) -> Json:
        """The canonical form, as decisions store it."""
        return {
            "policy": self.policy,
            "requirement": self.requirement,
            "owner": self.owner,
            "severity": self.severity.value,
            "sign_off": self.sign_off,
            "outcome": self.code.value,
            "reasons": list(self.reasons),
            "sentences": dict(self.sentences),
            "trace": self.trace,
        }


def from_json(stored: Json) -> Outcome:
    """The outcome that `to_json` wrote."""
    try:
        return Outcome(
            policy=stored["policy"],
            requirement=stored["requirement"],
            owner=stored["owner"],
            severity=Severity(stored["severity"]),
            sign_off=stored["sign_off"],
            code=Code(stored["outcome"]),
            reasons=tuple(stored["reasons"]),
            sentences=dict(stored["sentences"]),
            trace=stored["trace"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput("outcome", f"is not one that was stored by this product ({error})") from error
