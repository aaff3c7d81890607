"""What a model's answers mean for the people it judges: the words that sentences about figures are built from.

Somebody who knows the use states them as evidence of the kind `outcome_wording`, once for each language. Without them
sentences speak of cases and flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KIND = "outcome_wording"
METHODS: Mapping[str, str] = {"en": "english", "de": "german"}
"""The method of the kind that states the words of a language."""
LANGUAGES = tuple(METHODS)
_CLAUSES = ("people", "positive", "negative", "flagged", "passed")


@dataclass(frozen=True)
class Meaning:
    """Words of one language. The four clauses follow "who" (German "die"): "would repay", "are refused"."""

    people: str
    who: str
    positive: str
    negative: str
    flagged: str
    passed: str
    groups: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """What members of a group are called, by attribute and group: ("age", "65+") is "over 65"."""
    stated: bool = True


NEUTRAL: Mapping[str, Meaning] = {
    "en": Meaning(
        "cases", "that", "turn out positive", "turn out negative", "are flagged", "are not flagged", stated=False
    ),
    "de": Meaning(
        "Fälle", "die", "sich als positiv erweisen", "sich als negativ erweisen", "gemeldet werden",
        "nicht gemeldet werden", stated=False,
    ),
}  # fmt: skip


def known(language: str) -> str:
    """The language itself where sentences can be told in it, else English."""
    return language if language in METHODS else "en"


def read(fields: Mapping[str, Any] | None, language: str) -> Meaning:
    """The meaning that a record's fields state. Where one of the five phrases is missing, the neutral words are taken:
    half of either would make no sentence."""
    neutral = NEUTRAL[known(language)]
    said = {name: " ".join(str((fields or {}).get(name) or "").split()) for name in _CLAUSES}
    if not all(said.values()):
        return neutral
    listed = [one for one in (fields or {}).get("groups") or () if one.get("words")]
    groups = {(str(one.get("attribute") or ""), str(one.get("group") or "")): str(one["words"]) for one in listed}
    who = "who" if known(language) == "en" else neutral.who
    people, positive, negative, flagged, passed = (said[name] for name in _CLAUSES)
    return Meaning(people, who, positive, negative, flagged, passed, groups)
