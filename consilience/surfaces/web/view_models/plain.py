"""Figures in plain words as pages show them: below a requirement, beside a record's figures, and of a whole release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from consilience.domains.evidence import queries as evidence
from consilience.domains.evidence.plain import reading_level
from consilience.domains.evidence.plain.figure import Shape
from consilience.domains.evidence.plain.found import figures
from consilience.domains.evidence.plain.meaning import LANGUAGES, Meaning, known
from consilience.domains.evidence.plain.telling import tell
from consilience.domains.policy.plainly import Plainly
from consilience.domains.release import customer_queries
from consilience.domains.release.customers import Customers
from consilience.domains.release.queries import ReleaseOf
from consilience.surfaces.language import told_in

Shown = dict[str, Any]
FIRST, MOST = 6, 60
"""Sentences about one record that are shown at once, and with a click."""
NAMES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
HEADINGS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "What does this mean for customers?", "everybody": "For everybody", "by": "By {attribute}",
        "apart": "How far the groups lie apart", "cases": "{n} cases were looked at",
        "neutral": "Nobody has said yet what an answer of this model means for people, so the text speaks of cases and flags.",
        "level": "Years of school that it takes to read this: about {grade} ({formula}).",
    },
    "de": {
        "title": "Was bedeutet das für die Kundschaft?", "everybody": "Für alle", "by": "Nach {attribute}",
        "apart": "Wie weit die Gruppen auseinander liegen", "cases": "{n} Fälle wurden angesehen",
        "neutral": "Noch hat niemand gesagt, was eine Antwort des Modells für Menschen heißt. Darum ist von Fällen und Meldungen die Rede.",
        "level": "So viele Jahre Schule braucht man, um das zu lesen: etwa {grade} ({formula}).",
    },
}  # fmt: skip


def language_of(asked: str) -> str:
    """The language that a page was asked in, else the reader's own, where sentences can be told in it; else English."""
    return known(asked or told_in())


def of_release(release: ReleaseOf, facts: Mapping[str, Any], language: str = "") -> Plainly:
    """What tells the figures that requirements of a release looked at."""
    chosen = language_of(language)
    meaning = customer_queries.meaning(release, chosen)
    return Plainly(facts.get("evidence") or {}, meaning, chosen, evidence.units(release.asof))


def of_record(fields: Mapping[str, Any], units: Mapping[str, str], meaning: Meaning, language: str) -> Shown | None:
    """The figures of one record in sentences: first how far groups lie apart, then the others. None where it has none."""
    found = figures(fields, units)
    ordered = sorted(found.values(), key=lambda one: one.shape is not Shape.GAP)
    told = list(dict.fromkeys(tell(one, meaning, language) for one in ordered if one.reading.value is not None))
    if not told:
        return None
    return {
        "first": told[:FIRST], "more": told[FIRST:MOST], "left_out": max(0, len(told) - MOST), "stated": meaning.stated,
        "languages": languages(language), "language": language,
    }  # fmt: skip


def languages(chosen: str) -> list[Shown]:
    return [{"code": one, "name": NAMES[one], "current": one == chosen} for one in LANGUAGES]


def customers(found: Customers) -> Shown:
    """The page of what a release means for customers."""
    said, grade = HEADINGS[found.language], found.grade
    level = (
        said["level"].format(grade=max(1, round(grade)), formula=reading_level.FORMULAS[found.language])
        if grade is not None
        else ""
    )
    return {
        "language": found.language, "languages": languages(found.language), "title": said["title"],
        "everybody_title": said["everybody"], "everybody": list(found.everybody), "apart_title": said["apart"],
        "neutral": "" if found.stated else said["neutral"], "level": level,
        "attributes": [
            {
                "title": said["by"].format(attribute=one.attribute.replace("_", " ")), "apart": list(one.apart),
                "groups": [
                    {"people": group.people[:1].upper() + group.people[1:], "sentences": list(group.sentences),
                     "cases": said["cases"].format(n=f"{group.rows:,}") if group.rows is not None else ""}
                    for group in one.groups
                ],
            }
            for one in found.attributes
        ],
        "nothing": _("Nobody has measured this version yet, so there is nothing to tell. The page fills when somebody evaluates "
                     "it and attaches the result; figures by group appear when protected attributes were named."),
    }  # fmt: skip
