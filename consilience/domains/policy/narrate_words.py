"""The words of an explanation, by language. A language is complete or it is not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """How one language tells an explanation; every phrase is a template of `str.format`."""

    looked: str
    looked_none: str
    counterexample: str
    nearest_miss: str
    witness: str
    example: str
    error: str
    unknown: str
    more: str
    missing: str
    not_read: str
    no_evidence: str
    none_matching: str
    is_: str
    asked: Mapping[str, str]
    short: str
    over: str
    holds: str
    holds_not: str
    there: str
    not_there: str
    cannot: str
    of: str
    item: str
    lower_end: str
    upper_end: str
    days: str
    nothing: str
    empty: str
    count: str
    named: str
    computed: str
    relation: Mapping[str, str]


PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        looked="Looked at {list}: {n} in all.",
        looked_none="Looked at {list}: there is nothing in it.",
        counterexample="counterexample: {item}",
        nearest_miss="nearest miss: {item}",
        witness="found: {item}",
        example="all of them pass, {item} for instance",
        error="at {item}",
        unknown="not known for {item}",
        more="and {n} more like it",
        missing="Missing: {fact}.",
        not_read="Nobody has read {fact} yet.",
        no_evidence="There is no {fact} on record.",
        none_matching="There is {fact}, but none of which this holds: {where}.",
        is_="{fact} is {value}",
        asked={
            ">=": "at least {limit} is asked", ">": "more than {limit} is asked", "<=": "at most {limit} is allowed",
            "<": "less than {limit} is allowed", "==": "{limit} is asked", "!=": "anything but {limit} is asked",
            "in": "one of {limit} is asked", "contains": "it does not hold {limit}",
        },
        short="{by} too little",
        over="{by} too much",
        holds="“{text}” holds",
        holds_not="“{text}” does not hold",
        there="{fact} is there",
        not_there="{fact} is not there",
        cannot="“{text}” cannot be computed ({error})",
        of="{part} of {whole}",
        item="{list} {n}",
        lower_end="{figure} (lower end)",
        upper_end="{figure} (upper end)",
        days="{n} days",
        nothing="nothing that is known",
        empty="empty",
        count="the number of {list}",
        named="{value} ({fact})",
        computed="{facts}, which makes {value}",
        relation={
            ">=": "at least {limit}", ">": "more than {limit}", "<=": "at most {limit}", "<": "less than {limit}",
            "==": "{limit}", "!=": "not {limit}", "in": "one of {limit}",
        },
    ),
    "de": Phrases(
        looked="Angesehen wurde {list}: insgesamt {n}.",
        looked_none="Angesehen wurde {list}: Es steht nichts darin.",
        counterexample="Gegenbeispiel: {item}",
        nearest_miss="am nächsten kam {item}",
        witness="gefunden: {item}",
        example="alle bestehen, zum Beispiel {item}",
        error="bei {item}",
        unknown="nicht bekannt für {item}",
        more="und {n} weitere",
        missing="Es fehlt: {fact}.",
        not_read="{fact} hat noch niemand gelesen.",
        no_evidence="Es liegt kein Nachweis vor: {fact}.",
        none_matching="Es gibt {fact}, aber für keinen Eintrag gilt: {where}.",
        is_="{fact} ist {value}",
        asked={
            ">=": "verlangt ist mindestens {limit}", ">": "verlangt ist mehr als {limit}", "<=": "erlaubt ist höchstens {limit}",
            "<": "erlaubt ist weniger als {limit}", "==": "verlangt ist {limit}", "!=": "{limit} ist ausgeschlossen",
            "in": "verlangt ist eines von {limit}", "contains": "{limit} ist nicht darin",
        },
        short="{by} zu wenig",
        over="{by} zu viel",
        holds="„{text}“ trifft zu",
        holds_not="„{text}“ trifft nicht zu",
        there="{fact} ist vorhanden",
        not_there="{fact} ist nicht vorhanden",
        cannot="„{text}“ lässt sich nicht berechnen ({error})",
        of="{part} von {whole}",
        item="{list} {n}",
        lower_end="{figure} (unteres Ende)",
        upper_end="{figure} (oberes Ende)",
        days="{n} Tage",
        nothing="nichts Bekanntes",
        empty="leer",
        count="die Anzahl von {list}",
        named="{value} ({fact})",
        computed="{facts}, das macht {value}",
        relation={
            ">=": "mindestens {limit}", ">": "mehr als {limit}", "<=": "höchstens {limit}", "<": "weniger als {limit}",
            "==": "{limit}", "!=": "nicht {limit}", "in": "eines von {limit}",
        },
    ),
}  # fmt: skip
