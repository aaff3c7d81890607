"""The blanks of a template: `<<limit>>`, `<<limit + 0.001>>`, `<<2026-06-01 - oldest>>`, `<<stages.first>>`.

What a blank becomes depends on where it stands: a literal of the policy language inside a rule, words of the language
inside a sentence, a plain value inside the facts of an example. `<<sections | every in r.sections>>` asks it of each item.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from consilience.domains.policy.sentences import WORDS
from consilience.domains.policy.templates.parameters import STAGES, Parameter, Value
from consilience.kit import canonical
from consilience.kit.errors import BadInput

_BLANK = re.compile(r"<<(.*?)>>", re.DOTALL)
_TOKEN = re.compile(r"\s*(?:(\d{4}-\d{2}-\d{2})|(\d+(?:\.\d+)?)|([a-z][a-z0-9_]*(?:\.[a-z]+)?)|([+*-]))", re.ASCII)
_FORMS = ("code", "duration", "words", "slug")
_EVERY = "every "
Found = Value | date


class NoValue(Exception):
    """A blank has no value for what was filled in: there is no stage outside all stages. What holds it is left out."""


def blanks_of(text: str) -> list[str]:
    """The names that the blanks of a text use."""
    found = [name for blank in _BLANK.findall(text) for _day, _number, name, _sign in _TOKEN.findall(_parts(blank)[0])]
    return [name.split(".")[0] for name in found if name and name != "each"]


class Filler:
    """Puts values into blanks."""

    def __init__(self, parameters: Mapping[str, Parameter], values: Mapping[str, Value], where: str) -> None:
        self.parameters, self.values, self.where = parameters, values, where

    def code(self, text: str) -> str:
        """A rule: every blank becomes a literal of the policy language."""
        return self._each(text, "code", "en")

    def sentence(self, text: str, language: str) -> str:
        """Words for people; `| code` keeps a literal, for a blank inside the braces of a placeholder."""
        return self._each(text, "words", language)

    def slug(self, text: str) -> str:
        """A name in addresses."""
        return re.sub(r"[^a-z0-9-]+", "-", self._each(text, "slug", "en").lower()).strip("-")[:63]

    def value(self, text: str) -> Any:
        """A value of an example: typed where the text is one blank, else the text with its blanks filled in."""
        whole = _BLANK.fullmatch(text.strip())
        if whole:
            return _plain(self.of(whole.group(1)))
        return self._each(text, "slug", "en")

    def of(self, blank: str) -> Found:
        """The value of one blank."""
        tokens, rest = [], _parts(blank)[0].strip()
        at = 0
        while at < len(rest):
            match = _TOKEN.match(rest, at)
            if not match:
                raise BadInput(self.where, f"<<{blank}>> is no blank")
            tokens.append(match)
            at = match.end()
        if len(tokens) % 2 == 0:
            raise BadInput(self.where, f"<<{blank}>> is no blank")
        total = self._operand(tokens[0])
        for sign, operand in zip(tokens[1::2], tokens[2::2], strict=True):
            total = _combined(total, sign.group(4), self._operand(operand), f"{self.where}: <<{blank}>>")
        return total

    def _operand(self, token: re.Match[str]) -> Found:
        day, number, name, _sign = token.groups()
        if day:
            return date.fromisoformat(day)
        if number:
            return float(number) if "." in number else int(number)
        if not name:
            raise BadInput(self.where, f"{token.group()!r} stands where a value is expected")
        name, _dot, part = name.partition(".")
        if name not in self.values:
            raise BadInput(self.where, f"{name!r} is no parameter of this template")
        return self._part(name, part) if part else self.values[name]

    def _part(self, name: str, part: str) -> Value:
        """`.first` of a list; `.others` than `each`; `.outside`, a stage that was not chosen, or a text that no list holds."""
        value = self.values[name]
        if isinstance(value, tuple):
            if part == "first":
                return value[0]
            if part == "others":
                return tuple(one for one in value if one != self.values.get("each")) or ("something else",)
            if part == "outside":
                if self.parameters[name].kind != "stages":
                    return "something else"
                others = [one for one in STAGES if one not in value]
                if not others:
                    raise NoValue(name)
                return others[0]
        if part == "other" and self.parameters[name].kind in ("choice", "text"):
            return next((one for one in self.parameters[name].choices if one != value), "something else")
        raise BadInput(self.where, f"{name}.{part} is no part of a parameter")

    def _each(self, text: str, usual: str, language: str) -> str:
        def filled(match: re.Match[str]) -> str:
            blank, form = _parts(match.group(1))
            if form is not None and form not in _FORMS and not form.startswith(_EVERY):
                raise BadInput(self.where, f"<<{match.group(1)}>> asks for {form!r}; expected {', '.join(_FORMS)}")
            return self._written(blank.strip(), form or usual, language)

        return _BLANK.sub(filled, text)

    def _written(self, blank: str, form: str, language: str) -> str:
        value = self.of(blank)
        if form == "code":
            return _literal(value)
        if form.startswith(_EVERY):
            listed = value if isinstance(value, tuple) else (value,)
            return " && ".join(f"{_literal(one)} {form.removeprefix(_EVERY)}" for one in listed)
        if form == "duration":
            return f'duration("{int(_number(value, self.where)) * 24}h")'
        named = self.parameters.get(blank)
        if form == "slug":
            return str(_plain(value))
        return _words(value, named, language)


def _parts(blank: str) -> tuple[str, str | None]:
    text, bar, form = blank.partition("|")
    return text, form.strip() if bar else None


def _combined(left: Found, sign: str, right: Found, where: str) -> Found:
    if isinstance(left, date):
        days = timedelta(days=int(_number(right, where)))
        return left + days if sign == "+" else left - days
    one, other = _number(left, where), _number(right, where)
    operations: Mapping[str, Callable[[], float | int]] = {
        "+": lambda: one + other,
        "-": lambda: one - other,
        "*": lambda: one * other,
    }
    made = operations[sign]()
    return made if isinstance(made, int) or sign == "*" else float(f"{made:.12g}")


def _number(value: Found, where: str) -> float | int:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise BadInput(where, f"{value!r} is no number")


def _literal(value: Found) -> str:
    """As the policy language writes it."""
    if isinstance(value, date):
        return f'timestamp("{value.isoformat()}T00:00:00Z")'
    if isinstance(value, tuple):
        return f"[{', '.join(_literal(one) for one in value)}]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, int):
        return str(value)
    text = canonical.number(value)
    return text if any(mark in text for mark in ".e") else f"{text}.0"


def _plain(value: Found) -> Any:
    """As a fact document writes it: a number that is not whole is decimal text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else canonical.number(value)
    return value


def _words(value: Found, parameter: Parameter | None, language: str) -> str:
    """As a sentence says it, without braces, which would open a placeholder."""
    known = WORDS.get(language, WORDS["en"])
    if isinstance(value, tuple):
        listed = [_words(one, parameter, language) for one in value]
        return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} {known.both} {listed[-1]}"
    if isinstance(value, str):
        said = parameter.words(value, language) if parameter else value
        return said.replace("{", "{{").replace("}", "}}")
    if isinstance(value, date):
        return value.isoformat()
    share = parameter is not None and parameter.kind == "share"
    text = f"{value * 100 if share else value:,.10g}"
    shown = text.translate({ord(","): known.thousands, ord("."): known.decimal})
    return shown + known.percent if share else shown
