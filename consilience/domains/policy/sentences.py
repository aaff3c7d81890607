"""Sentences for people: plain text with `{expression}` in it, over the facts and the item that decided.

`{e.rows}` prints a value, `{1.0 - g.selection_rate.value | percent}` a share, `{release.proposed_at | date}` a day,
`{model_version.artefact | short}` the start of a digest. `{{` and `}}` are braces. What is unknown prints as a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.policy.language.errors import PolicyError, error_at
from consilience.domains.policy.language.expression import Expression, State, compile_expression, run
from consilience.domains.policy.language.facts import Facts
from consilience.domains.policy.language.nodes import FIRST_SLOT
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

_PIECE = re.compile(r"\{\{|\}\}|\{|\}")
_FORMAT = re.compile(r"(?<!\|)\|\s*([a-z]+)\s*$")
_FORMATS: Mapping[str, Type] = {"percent": DOUBLE, "date": TIMESTAMP, "short": STRING}
SHORT = 12


@dataclass(frozen=True, slots=True, eq=False)
class Placeholder:
    """An expression inside a sentence, and how to print it."""

    expression: Expression
    format: str | None
    unbound: tuple[Mapping[str, Any] | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A sentence, cut into fixed text and placeholders."""

    text: str
    parts: tuple[str | Placeholder, ...]


def compile_template(text: str, schema: Schema, variables: Mapping[str, Type | None]) -> Template:
    """The sentence that a text means. PolicyError names what no fact and no variable of the rule can fill."""
    parts: list[str | Placeholder] = []
    fixed, at = "", 0
    while at < len(text):
        match = _PIECE.search(text, at)
        if match is None:
            fixed += text[at:]
            break
        fixed += text[at : match.start()]
        at = match.end()
        if match.group() in ("{{", "}}"):
            fixed += match.group()[0]
        elif match.group() == "}":
            raise error_at(text, match.start(), found="a single '}'", expected="'}}' for a brace")
        else:
            end = _closing(text, match.start())
            parts += [fixed, _placeholder(text, at, end, schema, variables)]
            fixed, at = "", end + 1
    return Template(text, tuple(part for part in (*parts, fixed) if part != ""))


def render(template: Template, facts: Facts, variables: Mapping[str, Any], language: str) -> str:
    """The sentence, filled in from the facts and the items that decided."""
    words = WORDS.get(language, WORDS["en"])
    written: list[str] = []
    for part in template.parts:
        written.append(part if isinstance(part, str) else _value(part, facts, variables, words))
    return "".join(written)


def render_error(error: str, language: str) -> str:
    """The sentence of a requirement that ended in an error."""
    return WORDS.get(language, WORDS["en"]).error.format(error=error)


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


def _placeholder(text: str, start: int, end: int, schema: Schema, variables: Mapping[str, Type | None]) -> Placeholder:
    inside = text[start:end]
    match = _FORMAT.search(inside)
    source = inside[: match.start()] if match else inside
    try:
        for token in tokens_of(source):
            if token.kind == "name" and token.text in variables and variables[token.text] is None:
                found = f"{token.text!r}, which stands for two kinds of things in the rule"
                raise error_at(source, token.start, found=found, expected="a name that is used once there")
        scope = {name: kind for name, kind in variables.items() if kind is not None}
        expression = compile_expression(source, schema, scope=scope)
    except PolicyError as error:
        line, column = text[:start].count("\n"), start - (text[:start].rfind("\n") + 1)
        raise PolicyError(
            found=error.found,
            expected=error.expected,
            line=line + error.line,
            column=error.column + (column if error.line == 1 else 0),
            suggestion=error.suggestion,
        ) from None
    _check_format(text, start, expression.type, match.group(1) if match else None)
    unbound: tuple[Mapping[str, Any] | None, ...] = tuple(
        {} if isinstance(kind, StructType) else None for kind in scope.values()
    )
    return Placeholder(expression, match.group(1) if match else None, unbound)


def _check_format(text: str, start: int, kind: Type, chosen: str | None) -> None:
    if chosen is not None and chosen not in _FORMATS:
        raise error_at(text, start, found=f"format {chosen!r}", expected=" or ".join(sorted(_FORMATS)))
    if chosen is not None and not same(kind, _FORMATS[chosen]):
        raise error_at(text, start, found=f"{describe(kind)} as {chosen}", expected=describe(_FORMATS[chosen]))
    inner = kind.item if isinstance(kind, ListType) else kind
    if isinstance(inner, (StructType, ListType)) or inner == NULL:
        raise error_at(text, start, found=describe(kind), expected="something that can be printed, such as one field")


def _value(part: Placeholder, facts: Facts, variables: Mapping[str, Any], words: Words) -> str:
    expression = part.expression
    frame = expression.frame(facts)
    for at, name in enumerate(expression.scope):
        # A variable that the deciding walk never reached has no fields and no value: what asks for it is unknown.
        frame[FIRST_SLOT + at] = variables[name] if name in variables else part.unbound[at]
    answer = run(expression.root, frame)
    if answer.state is not State.VALUE:
        return words.unknown if answer.state is State.UNKNOWN else words.failed
    return _printed(answer.value, expression.type, part.format, words)


def _printed(value: Any, kind: Type, chosen: str | None, words: Words) -> str:
    if isinstance(kind, ListType):
        items = [_printed(item, kind.item, None, words) for item in value]
        if not items:
            return words.none
        return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {words.both} {items[-1]}"
    if chosen == "percent":
        return _decimal(value * 100, 2, words) + words.percent
    if chosen == "date":
        return write_instant(value)[:10]
    if chosen == "short":
        return str(value)[:SHORT]
    printer = _PRINTERS.get(kind) if not same(kind, STRING) else None
    return printer(value, words) if printer else str(value)


def _decimal(value: float, places: int, words: Words) -> str:
    """At most this many places, no zeros at the end; what would round to nothing keeps its first digits."""
    shown = f"{value:,.{places}f}" if value == 0 or abs(value) >= 10**-places else f"{value:.2g}"
    if "." in shown and "e" not in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown.translate({ord(","): words.thousands, ord("."): words.decimal})


_PRINTERS: Mapping[Type, Callable[[Any, Words], str]] = {
    INT: lambda value, words: f"{value:,}".replace(",", words.thousands),
    DOUBLE: lambda value, words: _decimal(value, 4, words),
    BOOL: lambda value, words: words.yes if value else words.no,
    TIMESTAMP: lambda value, _words: f"{write_instant(value)[:16].replace('T', ' ')} UTC",
    DURATION: lambda value, _words: write_duration(value),
}
