"""What a template asks for: parameters with their kinds and bounds, and what may be said for each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.domains.policy.fields import Fields
from consilience.domains.policy.schema import STAGE
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput

Value = float | int | str | tuple[str, ...]
KINDS = ("share", "number", "count", "days", "text", "texts", "choice", "stages")
"""share: 0 to 1; number: any; count, days: whole; text, texts: as written; choice: one of the named; stages: of a release."""
_NUMBERS = ("share", "number", "count", "days")
_WHOLE = ("count", "days")
MOST_TEXT = 200
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
MOST_TEXTS = 50
STAGES: tuple[str, ...] = STAGE.values
STAGE_WORDS: Mapping[str, Mapping[str, str]] = {
    "framing": {"en": "framing", "de": "Zweckbestimmung"},
    "data": {"en": "data", "de": "Datenauswahl"},
    "development": {"en": "development", "de": "Entwicklung"},
    "validation": {"en": "validation", "de": "Validierung"},
    "operation": {"en": "operation", "de": "Betrieb"},
    "retirement": {"en": "retirement", "de": "Außerbetriebnahme"},
}


@dataclass(frozen=True)
class Parameter:
    """One blank of a template. `least` and `most` bound a number, both included; `choices` are code -> words by language.

    `within` names a parameter of which this one counts a part, so that it is never the larger of the two.
    """

    name: str
    kind: str
    title: Mapping[str, str]
    help: Mapping[str, str]
    default: Value
    least: float
    most: float
    choices: Mapping[str, Mapping[str, str]]
    within: str = ""

    @property
    def numeric(self) -> bool:
        return self.kind in _NUMBERS

    def words(self, code: str, language: str) -> str:
        """What a choice or a stage is called; any other text is itself."""
        named = STAGE_WORDS.get(code, {}) if self.kind == "stages" else self.choices.get(code, {})
        return named.get(language, named.get("en", code))

    @property
    def whole(self) -> bool:
        return self.kind in _WHOLE

    def read(self, said: Json) -> Value:
        """The value that somebody means, from JSON or from text. BadInput says what was expected."""
        if self.numeric:
            return self._number(said)
        if self.kind in ("texts", "stages"):
            return self._several(said)
        text = said.strip() if isinstance(said, str) else ""
        if not text or not _one_line(text):
            raise self._wrong(said, f"expected one line of at most {MOST_TEXT} characters")
        if self.kind == "choice" and text not in self.choices:
            raise self._wrong(said, f"expected one of {', '.join(self.choices)}")
        return text

    def _number(self, said: Json) -> float | int:
        try:
            if isinstance(said, bool) or (isinstance(said, str) and not _NUMBER.fullmatch(said.strip())):
                raise ValueError  # Python also reads 1_0 and digits of other scripts
            value = float(said)
        except (TypeError, ValueError, OverflowError):
            raise self._wrong(said, "expected a number") from None
        if not math.isfinite(value) or (self.whole and value != int(value)):
            raise self._wrong(said, "expected a whole number" if self.whole else "expected a number")
        if not self.least <= value <= self.most:
            raise self._wrong(said, f"expected {self.least:g} to {self.most:g}")
        return int(value) if self.whole else value

    def _several(self, said: Json) -> tuple[str, ...]:
        listed = said.split(",") if isinstance(said, str) else said
        if not isinstance(listed, Sequence) or not all(isinstance(one, str) for one in listed):
            raise self._wrong(said, "expected a list of texts")
        found = tuple(dict.fromkeys(one.strip() for one in listed if one.strip()))
        if not found:
            raise self._wrong(said, "expected at least one")
        if len(found) > MOST_TEXTS or not all(_one_line(one) for one in found):
            raise self._wrong(
                said, f"expected at most {MOST_TEXTS} texts, each one line of at most {MOST_TEXT} characters"
            )
        if self.kind == "stages":
            unknown = [one for one in found if one not in STAGES]
            if unknown:
                raise self._wrong(unknown[0], f"expected stages out of {', '.join(STAGES)}")
            return tuple(one for one in STAGES if one in found)
        return found

    def _wrong(self, said: Json, expected: str) -> BadInput:
        return BadInput(self.name, f"{said!r} is not possible here; {expected}")


def _one_line(text: str) -> bool:
    """A text of the policy language ends on its line."""
    return len(text) <= MOST_TEXT and len(text.splitlines()) <= 1


def parameter(fields: Fields) -> Parameter:
    """A parameter as a template declares it."""
    name, kind = fields.text("name"), fields.one_of("kind", KINDS)
    written = fields.value.get("choices") or {}
    if (kind == "choice") != bool(written):
        raise fields.bad("choices", "belong to a parameter of kind choice, and to no other")
    made = Parameter(
        name=name,
        kind=kind,
        title=fields.words("title"),
        help=fields.words("help") if fields.value.get("help") is not None else {},
        default="",
        least=_bound(fields, "least", 0.0 if kind == "share" else -math.inf),
        most=_bound(fields, "most", 1.0 if kind == "share" else math.inf),
        choices={code: dict(words) for code, words in written.items()},
        within=fields.text("within") if fields.value.get("within") is not None else "",
    )
    try:
        default = made.read(fields.value["default"])
    except BadInput as error:
        raise fields.bad("default", error.problem) from error
    return Parameter(**{**_as_mapping(made), "default": default})


def _bound(fields: Fields, key: str, otherwise: float) -> float:
    found: Any = fields.value.get(key)
    return otherwise if found is None else float(found)


def _as_mapping(made: Parameter) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Parameter.__dataclass_fields__}
