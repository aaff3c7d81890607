"""Tables in words: what a cell asks, where a gap lies, which rows contradict each other. English and German."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.domains.policy.tables.cells import EVERYTHING, Among, Asked, Cell, Members, Span, Spans, joined
from consilience.domains.policy.tables.findings import Findings, Gap, Overlap, Silent
from consilience.domains.policy.tables.inputs import Input, Line, Universe
from consilience.domains.policy.tables.partition import Column, OtherText, bits
from consilience.domains.policy.tables.reading import DAY
from consilience.domains.policy.tables.table import Table

MOST_NAMED = 8
"""Values that are named one by one; more of them are counted."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language."""

    yes: str
    no: str
    any: str
    either: str
    both: str
    negated: str
    others: str
    more: str
    below: str
    up_to: str
    above: str
    least: str
    between: str
    such: str
    between_open: str
    exactly: str
    days: str
    nothing: str
    asked: Mapping[Asked, str]
    thousands: str
    decimal: str
    gap: str
    always: str
    overlap: str
    silent: str
    hard: str
    others_too: str


VOCABULARIES: Mapping[str, Vocabulary] = {
    "en": Vocabulary(
        yes="yes", no="no", any="any", either="or", both="and", negated="not {0}", others="anything else",
        more="{0} and {1} more", below="below {0}", up_to="at most {0}", above="above {0}", least="at least {0}",
        such="a list such as {0}", between="from {0} to {1}", between_open="from {0} to below {1}", exactly="{0}", days="days", nothing="an empty list",
        asked={
            Asked.ANY_OF: "any of {0}", Asked.NONE_OF: "none of {0}", Asked.ALL_OF: "all of {0}", Asked.ONLY: "only {0}",
            Asked.EMPTY: "nothing", Asked.NOT_EMPTY: "something",
        },
        thousands=",", decimal=".",
        gap="no row answers when {0}; for example {1}", always="in any case",
        overlap="rows {0} and {1} both answer for {2}; where one row alone answers, rows may not overlap",
        silent="row {0} never answers: the rows before it ({1}) leave no case for it",
        hard="too many rows overlap for gaps to be looked for; add a default, or make rows narrower",
        others_too=" ({0} more such cases)",
    ),
    "de": Vocabulary(
        yes="ja", no="nein", any="beliebig", either="oder", both="und", negated="nicht {0}", others="etwas anderes",
        more="{0} und {1} weitere", below="unter {0}", up_to="höchstens {0}", above="über {0}", least="mindestens {0}",
        such="eine Liste wie {0}", between="{0} bis {1}", between_open="{0} bis unter {1}", exactly="{0}", days="Tage", nothing="eine leere Liste",
        asked={
            Asked.ANY_OF: "mindestens eines von {0}", Asked.NONE_OF: "keines von {0}", Asked.ALL_OF: "alle von {0}",
            Asked.ONLY: "nur {0}", Asked.EMPTY: "nichts", Asked.NOT_EMPTY: "etwas",
        },
        thousands=".", decimal=",",
        gap="keine Zeile antwortet, wenn {0}; zum Beispiel {1}", always="immer",
        overlap="die Zeilen {0} und {1} antworten beide für {2}; wo nur eine Zeile antwortet, dürfen sich Zeilen nicht überschneiden",
        silent="Zeile {0} antwortet nie: Die Zeilen vor ihr ({1}) lassen ihr keinen Fall",
        hard="zu viele Zeilen überschneiden sich, um nach Lücken zu suchen; ein Standardfall oder engere Zeilen helfen",
        others_too=" ({0} weitere solche Fälle)",
    ),
}  # fmt: skip


def vocabulary(language: str) -> Vocabulary:
    return VOCABULARIES.get(language, VOCABULARIES["en"])


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text in a language, else in English, else none."""
    return texts.get(language) or texts.get("en", "")


def cell_words(cell: Cell, of: Input, language: str = "en") -> str:
    """What a cell asks, in words."""
    words = vocabulary(language)
    if isinstance(cell, Among):
        listed = _listed([value_words(value, of, language) for value in cell.values], words.either)
        return words.negated.format(listed) if cell.negated else listed
    if isinstance(cell, Members):
        members = [value_words(member, of, language) for member in cell.members]
        return words.asked[cell.asked].format(_listed(members, words.both))
    if isinstance(cell, Spans):
        return f" {words.either} ".join(_span(span, of, words) for span in cell.spans)
    return words.any


def value_words(value: Any, of: Input, language: str = "en") -> str:
    """One value of an input, in words."""
    words = vocabulary(language)
    if isinstance(value, OtherText):
        return words.others
    if isinstance(value, bool):
        return words.yes if value else words.no
    if isinstance(value, (list, tuple)):
        return _listed([value_words(one, of, language) for one in value], words.both) or words.nothing
    if isinstance(value, (int, float)):
        return _number(value, of, words)
    titles = (of.words or {}).get(language) or (of.words or {}).get("en") or {}
    return titles.get(value) or str(value)


def case_words(table: Table, case: Sequence[Any], language: str = "en") -> str:
    """A case, input by input."""
    return ", ".join(
        f"{in_language(one.title, language)}: {value_words(value, one, language)}"
        for one, value in zip(table.inputs, case, strict=True)
    )


def gap_words(table: Table, columns: Sequence[Column], gap: Gap, language: str = "en") -> str:
    """Where no row answers; inputs that do not matter there are left out."""
    words, told = vocabulary(language), []
    for one, column, mask in zip(table.inputs, columns, gap.box, strict=True):
        if mask != column.full:
            told.append(f"{in_language(one.title, language)}: {_pieces(one, column, mask, language)}")
    return words.gap.format("; ".join(told) or words.always, case_words(table, gap.case, language))


def overlap_words(table: Table, overlap: Overlap, language: str = "en") -> str:
    one, other = table.rows[overlap.first].id, table.rows[overlap.second].id
    return vocabulary(language).overlap.format(one, other, case_words(table, overlap.case, language))


def silent_words(table: Table, silent: Silent, language: str = "en") -> str:
    before = ", ".join(table.rows[row].id for row in silent.before)
    return vocabulary(language).silent.format(table.rows[silent.row].id, before)


def finding_words(table: Table, found: Findings, language: str = "en") -> list[str]:
    """Everything that a check found, a sentence each."""
    told = [overlap_words(table, one, language) for one in found.overlaps]
    told += [silent_words(table, one, language) for one in found.silent]
    told += [gap_words(table, found.columns, one, language) for one in found.gaps]
    return [*told, vocabulary(language).hard] if found.too_hard else told


def first_finding(table: Table, found: Findings) -> str:
    """The first thing that is wrong with a table, in one sentence with how many more there are; empty where nothing is."""
    told = finding_words(table, found)
    if not told:
        return ""
    more = max(found.overlapping - 1, 0) if found.overlaps else len(told) - 1
    return told[0] + (vocabulary("en").others_too.format(more) if more else "")


def _pieces(of: Input, column: Column, mask: int, language: str) -> str:
    words = vocabulary(language)
    if isinstance(of.domain, Line):
        spans = [column.spans[at] for at in bits(mask)]
        touching = joined(spans)
        return f" {words.either} ".join(_span(span, of, words) for span in touching)
    samples = [value_words(column.samples[at], of, language) for at in bits(mask)]
    if isinstance(of.domain, Universe):
        samples = [words.such.format(one) if one != words.nothing else one for one in samples]
    return _shortened(samples, words.either, words)


def _span(span: Span, of: Input, words: Vocabulary) -> str:
    (low, after), (high, before) = span
    domain = of.domain
    if span == EVERYTHING or (isinstance(domain, Line) and span == domain.span):
        return words.any
    if isinstance(domain, Line) and domain.kind == "int":
        # Whole numbers are told by their first and last, so that "above 9" reads "at least 10".
        low, after = domain.first(span[0]), 0
        high, before = domain.last(span[1]), 1
        if span[1][1] == 0 and not math.isinf(high):
            high, before = high + 1, 0
    if math.isinf(low):
        return (words.up_to if before else words.below).format(_number(high, of, words))
    if math.isinf(high):
        return (words.above if after else words.least).format(_number(low, of, words))
    if low == high or (before == 0 and isinstance(domain, Line) and domain.kind == "int" and high == low + 1):
        return words.exactly.format(_number(low, of, words))
    if after:
        upper = (words.up_to if before else words.below).format(_number(high, of, words))
        return f"{words.above.format(_number(low, of, words))} {words.both} {upper}"
    return (words.between if before else words.between_open).format(
        _number(low, of, words, bare=True), _number(high, of, words)
    )


def _number(value: float, of: Input, words: Vocabulary, *, bare: bool = False) -> str:
    """A number with its unit, or `bare` where one follows that has it."""
    domain, unit = of.domain, of.unit
    if isinstance(domain, Line) and domain.kind == "duration":
        value, unit = value / DAY, words.days
    shown = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"
    shown = shown.translate({ord(","): words.thousands, ord("."): words.decimal})
    return shown if bare else f"{shown} {unit}".strip()


def _shortened(texts: Sequence[str], last: str, words: Vocabulary) -> str:
    if len(texts) > MOST_NAMED:
        return words.more.format(", ".join(texts[: MOST_NAMED - 1]), len(texts) - MOST_NAMED + 1)
    return _listed(texts, last)


def _listed(texts: Sequence[str], last: str) -> str:
    if len(texts) < 2:
        return texts[0] if texts else ""
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"
