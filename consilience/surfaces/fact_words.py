"""Facts that changed, in sentences, in English and German: "Sign-off of ethics: what it is worth was stands, now stale."

Names that the tables below do not know are told by their own words, without signs of code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from consilience.domains.gate.effects import FactChange
from consilience.domains.policy.narrate_values import Spoken
from consilience.domains.policy.sentences import WORDS
from consilience.kit.canonical import Json

_POSITION = re.compile(r"\[\d+\]")
_THINGS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "signoffs": "sign-off", "system": "system", "version": "version", "release": "release", "training_datasets": "training data",
        "conditions": "condition", "objections": "objection", "blocks": "block", "tier": "risk tier", "operation": "what is in operation",
        "incidents": "incident", "evidence": "evidence",
    },
    "de": {
        "signoffs": "Freigabe", "system": "System", "version": "Version", "release": "Release", "training_datasets": "Trainingsdaten",
        "conditions": "Bedingung", "objections": "Einwand", "blocks": "Sperre", "tier": "Risikostufe", "operation": "was in Betrieb ist",
        "incidents": "Vorfall", "evidence": "Nachweis",
    },
}  # fmt: skip
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "standing": "what it is worth", "distinct": "counts as one of its own", "expires_at": "valid until", "due_at": "due",
        "state": "state", "level": "level", "use": "use", "autonomy": "autonomy", "jurisdictions": "jurisdictions",
        "people_affected": "people affected", "data_categories": "categories of data", "withdrawn": "withdrawn", "answered": "answered",
        "p50_ms": "half of the answers within (ms)", "p99_ms": "99 of 100 answers within (ms)", "consent": "consent", "purposes": "purposes",
        "about_this_version": "about this very version", "low": "lower end", "high": "upper end",
    },
    "de": {
        "standing": "was sie wert ist", "distinct": "zählt eigens", "expires_at": "gültig bis", "due_at": "fällig", "state": "Stand",
        "level": "Stufe", "use": "Verwendung", "autonomy": "Selbständigkeit", "jurisdictions": "Rechtsräume",
        "people_affected": "betroffene Menschen", "data_categories": "Arten von Daten", "withdrawn": "zurückgezogen",
        "answered": "beantwortet", "p50_ms": "die Hälfte der Antworten binnen (ms)", "p99_ms": "99 von 100 Antworten binnen (ms)",
        "consent": "Einwilligung", "purposes": "Zwecke", "about_this_version": "über genau diese Version", "low": "unteres Ende",
        "high": "oberes Ende",
    },
}  # fmt: skip
_VALUES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "stands": "stands", "stale": "out of date, since what was signed changed", "expired": "expired", "withdrawn": "withdrawn",
        "replaced": "replaced", "overdue": "overdue", "met": "met", "open": "open",
    },
    "de": {
        "stands": "gilt", "stale": "überholt, weil sich das Freigegebene geändert hat", "expired": "abgelaufen",
        "withdrawn": "zurückgezogen", "replaced": "ersetzt", "overdue": "überfällig", "met": "erfüllt", "open": "offen",
    },
}  # fmt: skip
_SAID: Mapping[str, Mapping[str, str]] = {
    "en": {"moved": "{what} was {before}, now {after}.", "came": "{what} is there now: {after}.", "went": "{what} is there no more; it was {before}.",
           "there": "{what} is there now.", "gone": "{what} is there no more.", "of": "{thing} of {name}", "field": "{thing}: {field}"},
    "de": {"moved": "{what} war {before}, jetzt {after}.", "came": "{what} gibt es jetzt: {after}.", "went": "{what} gibt es nicht mehr; vorher {before}.",
           "there": "{what} gibt es jetzt.", "gone": "{what} gibt es nicht mehr.", "of": "{thing} {name}", "field": "{thing}: {field}"},
}  # fmt: skip
_DERIVED = "distinct"
"""Says again what another field of the same sign-off says."""


def sentences(changes: Iterable[FactChange], language: str = "en") -> list[str]:
    """What changed, a sentence each; what only follows from another of these is left out, and so is what reads alike."""
    listed = list(changes)
    whole = {one.path.rpartition(".")[0] for one in listed if not one.path.endswith(f".{_DERIVED}")}
    kept = [one for one in listed if not (one.path.endswith(f".{_DERIVED}") and one.path.rpartition(".")[0] in whole)]
    return list(dict.fromkeys(sentence(one, language) for one in kept))


def sentence(one: FactChange, language: str = "en") -> str:
    """One fact that changed."""
    said = _SAID.get(language, _SAID["en"])
    what = _what(one, language)
    what = what[:1].upper() + what[1:]
    before, after = (_value(each, language) for each in (one.before, one.after))
    if one.before is None:
        return (said["came"] if after else said["there"]).format(what=what, after=after)
    if one.after is None:
        return (said["went"] if before else said["gone"]).format(what=what, before=before)
    return said["moved"].format(what=what, before=before or "…", after=after or "…")


def _what(one: FactChange, language: str) -> str:
    said, things, fields = (each.get(language, each["en"]) for each in (_SAID, _THINGS, _FIELDS))
    parts = _POSITION.sub("", one.path).split(".")
    if parts[0] == "evidence" and len(parts) > 1:
        thing, rest = parts[1].replace("_", " "), parts[2:]
    else:
        thing, rest = things.get(parts[0], parts[0].replace("_", " ")), parts[1:]
    if one.about:
        thing = said["of"].format(thing=thing, name=one.about.replace("_", " "))
    names = ", ".join(fields.get(part, part.replace("_", " ")) for part in rest)
    return said["field"].format(thing=thing, field=names) if names else thing


def _value(value: Json, language: str) -> str:
    """A value in words; empty for a record, which no short word says."""
    known = _VALUES.get(language, _VALUES["en"])
    if isinstance(value, Mapping):
        inner = value.get("value")
        return _value(inner, language) if inner is not None else ""
    if isinstance(value, str) and value in known:
        return known[value]
    if isinstance(value, list):
        named = [_value(each, language) for each in value]
        return ", ".join(one for one in named if one) or WORDS.get(language, WORDS["en"]).none
    spoken = Spoken(language).value(value)
    return spoken.replace("_", " ") if isinstance(value, str) else spoken
