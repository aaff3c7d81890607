"""What a release means for the people whom it judges: sentences for everybody and for each group. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.domains.evidence.plain import reading_level
from consilience.domains.evidence.plain.figure import Group, PlainFigure
from consilience.domains.evidence.plain.found import figures
from consilience.domains.evidence.plain.meaning import Meaning
from consilience.domains.evidence.plain.telling import people_of, tell

EVERYBODY = ("accuracy", "recall", "precision")
OF_A_GROUP = ("selection_rate", "fpr", "fnr")
GAPS = ("selection_rate", "fpr", "fnr")
OVERALL, BY_GROUP = "evaluation", "fairness_evaluation"


@dataclass(frozen=True)
class ForGroup:
    """A customer group: what its members are called, how many there are, and what happens to them."""

    attribute: str
    key: str
    people: str
    rows: int | None
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class ByAttribute:
    """The groups of one attribute, and how far they lie apart."""

    attribute: str
    apart: tuple[str, ...]
    groups: tuple[ForGroup, ...]


@dataclass(frozen=True)
class Customers:
    """What a release means for customers, in one language."""

    language: str
    stated: bool
    """Whether somebody said in words what the answers mean; else sentences speak of cases and flags."""
    everybody: tuple[str, ...]
    attributes: tuple[ByAttribute, ...]

    @property
    def text(self) -> str:
        """All of it, one sentence behind the other."""
        return " ".join([*self.everybody, *(line for one in self.attributes for line in _lines(one))])

    @property
    def grade(self) -> float | None:
        """The years of schooling that it takes to read, to one decimal."""
        found = reading_level.grade(self.text, self.language)
        return None if found is None else round(found, 1)


def customers(
    overall: Sequence[Mapping[str, Any]], by_group: Sequence[Mapping[str, Any]], meaning: Meaning, language: str
) -> Customers:
    """Composed from the fields of evaluations and of evaluations by group, the newest of each first.

    Of several records the first with anything to say is taken: two sentences about one thing would confuse.
    """
    everybody: tuple[str, ...] = ()
    for fields in overall:
        found = figures(fields)
        everybody = everybody or tuple(
            tell(found[name], meaning, language) for name in EVERYBODY if name in found and _known(found[name])
        )
    attributes: tuple[ByAttribute, ...] = ()
    for fields in by_group:
        attributes = attributes or tuple(
            _attribute(one, meaning, language) for one in fields.get("attributes") or () if one.get("groups")
        )
    return Customers(language, meaning.stated, everybody, attributes)


def _attribute(measured: Mapping[str, Any], meaning: Meaning, language: str) -> ByAttribute:
    found = figures({"attributes": [measured]})
    name = str(measured.get("name") or "")
    gaps = (found.get(f"attributes[0].gaps.{measure}") for measure in GAPS)
    apart = tuple(tell(one, meaning, language) for one in gaps if one is not None and _known(one))
    groups = tuple(_group(found, number, one, name, meaning, language) for number, one in enumerate(measured["groups"]))
    return ByAttribute(name, apart, groups)


def _group(
    found: Mapping[str, PlainFigure], number: int, group: Mapping[str, Any], attribute: str, meaning: Meaning, language: str
) -> ForGroup:  # fmt: skip
    said = [found.get(f"attributes[0].groups[{number}].{measure}") for measure in OF_A_GROUP]
    sentences = tuple(tell(one, meaning, language) for one in said if one is not None)
    key, rows = str(group.get("key") or ""), group.get("rows")
    people = people_of(Group(attribute, key), meaning, language)
    return ForGroup(attribute, key, people, rows if isinstance(rows, int) else None, sentences)


def _known(figure: PlainFigure) -> bool:
    return figure.reading.value is not None


def _lines(one: ByAttribute) -> list[str]:
    return [*one.apart, *(line for group in one.groups for line in group.sentences)]
