"""Sentences for people: plain text with `{expression}` in it, over the facts and the item that decided.

`{e.rows}` prints a value, `{1.0 - g.selection_rate.value | percent}` a share, `{release.proposed_at | date}` a day,
`{model_version.artefact | short}` the start of a digest. `{{` and `}}` are braces. What is unknown prints as a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.policy.language.errors import PolicyError, error_at, nearest
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.facts import Facts
from consilience.domains.policy.language.halts import Failure, UnknownFact
from consilience.domains.policy.language.loops import MAX_STEPS
from consilience.domains.policy.language.names import NOTHING, Vocabulary
from consilience.domains.policy.language.nodes import FACTS, FIRST_SLOT, Frame, Run
from consilience.domains.policy.language.tokens import tokens_of
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    ListType,
    Schema,
    StringType,
    StructType,
    Type,
    describe,
    same,
)
from consilience.domains.policy.language.values import write_duration, write_instant


@dataclass(frozen=True, slots=True)
class Words:
    """How one language writes values."""

    unknown: str
    failed: str
    none: str
    both: str
    yes: str
    no: str
    decimal: str
    thousands: str
    percent: str
    error: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        "not known", "cannot be computed", "none", "and", "yes", "no", ".", ",", "%",
        "This requirement could not be evaluated ({error}). Until that is repaired it does not count as met.",
    ),
    "de": Words(
        "nicht bekannt", "nicht berechenbar", "keine", "und", "ja", "nein", ",", ".", " %",
        "Diese Anforderung konnte nicht ausgewertet werden ({error}). Bis das behoben ist, gilt sie nicht als erfüllt.",
    ),
    "fr": Words(
        "inconnu", "impossible à calculer", "aucun", "et", "oui", "non", ",", "\u202f", " %",
        "Cette exigence n'a pas pu être évaluée ({error}). D'ici là, elle n'est pas considérée comme remplie.",
    ),
}  # fmt: skip
"""Languages whose numbers and words we know; a sentence in another one prints its values as English does."""

Printer = Callable[[Any, Words], str]
_PIECE = re.compile(r"\{\{|\}\}|\{|\}")
_FORMAT = re.compile(r"(?<!\|)\|\s*([a-z]+)\s*$")
SHORT = 12


@dataclass(frozen=True, slots=True, eq=False)
class Placeholder:
    """An expression inside a sentence, and how to print its value."""

    run: Run
    print: Printer


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A sentence, cut into fixed text and placeholders.

    `scope` are the variables that the placeholders use; `frame` is what they run in, before the facts and the variables
    are put in: a variable that the deciding walk never reached has no fields and no value, so what asks for it is
    unknown. `fixed` is the whole sentence where there is nothing to fill in.
    """

    text: str
    parts: tuple[str | Placeholder, ...]
    scope: tuple[str, ...]
    frame: tuple[Any, ...]
    fixed: str | None


def compile_template(
    text: str, schema: Schema, variables: Mapping[str, Type | None], vocabulary: Vocabulary = NOTHING
) -> Template:
    """The sentence that a text means. PolicyError names what no fact and no variable of the rule can fill."""
    pieces = list(_pieces(text))
    scope: dict[str, Type] = {}
    for piece in pieces:
        if isinstance(piece, _Hole):
            scope.update(_names(piece, variables))
    parts: list[str | Placeholder] = []
    slots = FIRST_SLOT + len(scope)
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
            continue
        try:
            expression = compile_expression(piece.source, schema, scope=scope, first_slot=slots, vocabulary=vocabulary)
        except PolicyError as error:
            raise piece.placed(error) from None
        parts.append(Placeholder(expression.root.run, _checked_printer(piece, expression.type)))
        slots = expression.slots
    unbound: list[Mapping[str, Any] | None] = [{} if isinstance(kind, StructType) else None for kind in scope.values()]
    frame = (None, MAX_STEPS, *unbound, *([None] * (slots - FIRST_SLOT - len(scope))))
    fixed = "".join(piece for piece in pieces if isinstance(piece, str)) if len(parts) == 1 else None
    return Template(text, tuple(parts), tuple(scope), frame, fixed if pieces and isinstance(pieces[0], str) else None)


def render(template: Template, facts: Facts, variables: Mapping[str, Any], language: str) -> str:
    """The sentence, filled in from the facts and the items that decided."""
    if template.fixed is not None:
        return template.fixed
    words = WORDS.get(language, WORDS["en"])
    frame: Frame = list(template.frame)
    frame[FACTS] = facts.values
    for at, name in enumerate(template.scope, FIRST_SLOT):
        if name in variables:
            frame[at] = variables[name]
    written: list[str] = []
    for part in template.parts:
        if isinstance(part, str):
            written.append(part)
            continue
        try:
            written.append(part.print(part.run(frame), words))
        except UnknownFact:
            written.append(words.unknown)
        except Failure:
            written.append(words.failed)
    return "".join(written)


def render_error(error: str, language: str) -> str:
    """The sentence of a requirement that ended in an error."""
    return WORDS.get(language, WORDS["en"]).error.format(error=error)


@dataclass(frozen=True, slots=True)
class _Hole:
    """A placeholder as it is written: the whole sentence, where its expression starts, the expression, the format."""

    text: str
    start: int
    source: str
    format: str | None

    def placed(self, error: PolicyError) -> PolicyError:
        """An error of the expression, told at its place in the sentence."""
        before = self.text[: self.start]
        column = self.start - (before.rfind("\n") + 1) if error.line == 1 else 0
        return PolicyError(
            found=error.found,
            expected=error.expected,
            line=before.count("\n") + error.line,
            column=column + error.column,
            suggestion=error.suggestion,
        )

    def wrong(self, found: str, expected: str) -> PolicyError:
        return error_at(self.text, self.start, found=found, expected=expected)


def _pieces(text: str) -> Iterator[str | _Hole]:
    fixed, at = "", 0
    while match := _PIECE.search(text, at):
        fixed += text[at : match.start()]
        at = match.end()
        if match.group() in ("{{", "}}"):
            fixed += match.group()[0]
        elif match.group() == "}":
            raise error_at(text, match.start(), found="a single '}'", expected="'}}' for a brace")
        else:
            end = _closing(text, match.start())
            form = _FORMAT.search(text[at:end])
            if fixed:
                yield fixed
            yield _Hole(text, at, text[at : at + form.start() if form else end], form.group(1) if form else None)
            fixed, at = "", end + 1
    if fixed + text[at:]:
        yield fixed + text[at:]


def _closing(text: str, start: int) -> int:
    """Where the brace that opens at `start` closes; braces inside quotes do not count."""
    quote = ""
    at = start + 1
    while at < len(text):
        if quote:
            if text[at] == "\\":
                at += 1
            elif text[at] == quote:
                quote = ""
        elif text[at] in "\"'":
            quote = text[at]
        elif text[at] == "}":
            return at
        at += 1
    raise error_at(text, start, found="a '{' that is not closed", expected="'}', or '{{' for a brace")


def _names(hole: _Hole, variables: Mapping[str, Type | None]) -> Iterator[tuple[str, Type]]:
    """The rule's variables that a placeholder uses, with their types."""
    try:
        words = [token for token in tokens_of(hole.source) if token.kind == "name" and token.text in variables]
    except PolicyError as error:
        raise hole.placed(error) from None
    for token in words:
        kind = variables[token.text]
        if kind is None:
            raise hole.wrong(
                f"{token.text!r}, which stands for two kinds of things in the rule", "a name used once there"
            )
        yield token.text, kind


def _checked_printer(hole: _Hole, kind: Type) -> Printer:
    if hole.format is not None:
        if hole.format not in _FORMATS:
            found, expected = f"format {hole.format!r}", " or ".join(sorted(_FORMATS))
            raise error_at(
                hole.text, hole.start, found=found, expected=expected, suggestion=nearest(hole.format, _FORMATS)
            )
        wanted, printer = _FORMATS[hole.format]
        if not same(kind, wanted):
            raise hole.wrong(f"{describe(kind)} as {hole.format}", describe(wanted))
        return printer
    inner = kind.item if isinstance(kind, ListType) else kind
    if isinstance(inner, (StructType, ListType)) or inner == NULL:
        raise hole.wrong(describe(kind), "something that can be printed, such as one field")
    one = _as_text if isinstance(inner, StringType) else _PRINTERS.get(inner, _as_text)
    return _listed(one) if isinstance(kind, ListType) else one


def _listed(one: Printer) -> Printer:
    def print_list(values: list[Any], words: Words) -> str:
        items = [one(value, words) for value in values]
        if not items:
            return words.none
        return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {words.both} {items[-1]}"

    return print_list


def _as_text(value: Any, _words: Words) -> str:
    return str(value)


def decimal(value: float, places: int, words: Words) -> str:
    """At most this many places, no zeros at the end; what would round to nothing keeps its first digits."""
    shown = f"{value:,.{places}f}" if value == 0 or abs(value) >= 10**-places else f"{value:.2g}"
    if "." in shown and "e" not in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown.translate({ord(","): words.thousands, ord("."): words.decimal})


_PRINTERS: Mapping[Type, Printer] = {
    INT: lambda value, words: f"{value:,}".replace(",", words.thousands),
    DOUBLE: lambda value, words: decimal(value, 4, words),
    BOOL: lambda value, words: words.yes if value else words.no,
    TIMESTAMP: lambda value, _words: f"{write_instant(value)[:16].replace('T', ' ')} UTC",
    DURATION: lambda value, _words: write_duration(value),
}
_FORMATS: Mapping[str, tuple[Type, Printer]] = {
    "percent": (DOUBLE, lambda value, words: decimal(value * 100, 2, words) + words.percent),
    "date": (TIMESTAMP, lambda value, _words: write_instant(value)[:10]),
    "short": (STRING, lambda value, _words: str(value)[:SHORT]),
}
