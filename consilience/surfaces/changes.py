"""What changed in an item since somebody decided on it: field by field, the old and the new value, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.people import queries as people
from consilience.domains.release.rules import Change
from consilience.domains.review import queries as review
from consilience.domains.review import rules
from consilience.kit.naming import is_urn
from consilience.kit.records.models import AsOf

MAX_TEXT = 200
"""Characters of a value; what is longer is cut and ends in an ellipsis."""


@dataclass(frozen=True)
class FieldChange:
    """A field that differs. None where that side has no such field, or a value that no short text can say."""

    field: str
    before: str | None
    after: str | None


def fields(change: Change, asof: AsOf, visible: frozenset[str] | None) -> list[FieldChange]:
    """The fields that differ between what was signed and what stands now, for who may know of the `visible` systems."""
    found = review.explained(change, asof, visible)
    differ = rules.differences(found.before, found.after)
    names = people.names({urn for _name, *values in differ for value in values for urn in _people(value)})
    made = [FieldChange(name, written(old, names), written(new, names)) for name, old, new in differ]
    return [one for one in made if one.before != one.after]


def written(value: Any, names: Mapping[str, str]) -> str | None:
    """A value as short text: a figure by its value, a list by its items, a person by name."""
    if isinstance(value, Mapping):
        return written(value.get("value"), names)
    if isinstance(value, list):
        parts = [written(item, names) for item in value]
        return None if None in parts else _cut(", ".join(map(str, parts))) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else _cut(names.get(str(value), str(value)))


def _people(value: Any) -> Iterable[str]:
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, str) and is_urn(item, "person")]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
