"""Names that a pack gives to conditions, so that "a bank in the Union" is written and explained once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.tokens import MAX_LENGTH, Token, tokens_of
from consilience.domains.policy.language.types import BOOL, Schema, Type
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_JOINED = {
    "en": {"&&": "and", "||": "or", "!": "not:", "(": "(", ")": ")"},
    "de": {"&&": "und", "||": "oder", "!": "nicht:", "(": "(", ")": ")"},
}


class Definitions:
    """Each is `{title: words, if: expression}` and may use those before it, so none can go in a circle."""

    def __init__(self, said: Json, source: Source, schema: Schema) -> None:
        self.titles: dict[str, Mapping[str, str]] = {}
        self.scope: dict[str, Type] = {}
        self._texts: dict[str, str] = {}
        if not isinstance(said, Mapping):
            raise BadInput(source.at(("definitions",), "definitions"), "must name conditions")
        for name, value in said.items():
            path = ("definitions", name)
            fields = Fields(value, path, source, what=f"definition {name}", required=("title", "if"))
            if not _NAME.fullmatch(name) or name in schema.root.fields:
                raise fields.wrong(path, "is no free name of small letters, digits and _")
            text = fields.text("if")
            try:
                compile_expression(text, schema, expect=BOOL, scope=self.scope)
            except PolicyError as error:
                raise error.within(source.at((*path, "if"), f"definition {name}")) from None
            self._texts[name] = self.inlined(text)
            if len(self._texts[name]) > MAX_LENGTH:  # each could double the one before it
                raise fields.bad("if", f"comes to more than {MAX_LENGTH:,} characters with all that it uses")
            self.titles[name] = fields.words("title")
            self.scope[name] = BOOL

    def inlined(self, text: str) -> str:
        """The expression with every defined name written out, so that what is missing is told of the system's facts."""
        written, at = "", 0
        for token in _names(text):
            if token.text in self._texts:
                written += f"{text[at : token.start]}({self._texts[token.text]})"
                at = token.end
        return written + text[at:]


def in_words(text: str, titles: Mapping[str, Mapping[str, str]]) -> dict[str, str] | None:
    """An expression of defined names, `&&`, `||`, `!` and brackets as words; None where it asks anything else."""
    tokens = tokens_of(text)[:-1]
    if not all(one.text in titles if one.kind == "name" else one.text in _JOINED["en"] for one in tokens):
        return None
    said: dict[str, str] = {}
    for language, joined in _JOINED.items():
        parts = [
            titles[one.text].get(language, titles[one.text]["en"]) if one.kind == "name" else joined[one.text]
            for one in tokens
        ]
        said[language] = " ".join(parts).replace("( ", "(").replace(" )", ")")
    return said


def _names(text: str) -> Iterator[Token]:
    """The names of an expression that are no field of something."""
    before = ""
    for token in tokens_of(text):
        if token.kind == "name" and before != ".":
            yield token
        before = token.text
