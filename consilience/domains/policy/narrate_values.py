"""How an explanation speaks of values, of places in the fact document and of conditions, in one language."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.parser import RELATIONS, Syntax, parse
from consilience.domains.policy.language.values import read_double, read_duration, read_instant, read_rfc3339
from consilience.domains.policy.narrate_words import PHRASES, Phrases
from consilience.domains.policy.sentences import WORDS, decimal
from consilience.kit.canonical import Json

OTHER_WAY = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""The sign that means the same with its sides swapped."""
_POSITION = re.compile(r"(.*)\[(\d+)\]")
_PATH = re.compile(r"[A-Za-z0-9_.\[\]]+")
_SIZE = re.compile(r"size\(([A-Za-z0-9_.]+)\)|([A-Za-z0-9_.]+)\.size\(\)")


class Spoken:
    """The words of one language; `inside` is the path of the item that is spoken of, which need not be named again."""

    def __init__(self, language: str) -> None:
        self.phrases: Phrases = PHRASES.get(language, PHRASES["en"])
        self.words = WORDS.get(language if language in PHRASES else "en", WORDS["en"])
        self.inside = ""

    def distance(self, value: Any, limit: Any, sign: str) -> str:
        """By how much a number, a moment or a length of time misses what was asked; nothing where that has no size."""
        if sign not in ("<", "<=", ">", ">="):
            return ""
        by = _size(value, limit)
        if by is None:
            return ""
        shown = self.days(by) if isinstance(by, timedelta) else self.number(float(f"{by:.12g}"))
        return (self.phrases.short if sign in (">", ">=") else self.phrases.over).format(by=shown)

    def days(self, by: timedelta) -> str:
        return self.phrases.days.format(n=self.number(abs(by) / timedelta(days=1)))

    def number(self, value: float) -> str:
        return decimal(value, 4, self.words)

    def fact(self, seen: Json) -> str:
        return self.phrases.is_.format(fact=self.fact_name(seen), value=self.value(seen["value"]))

    def fact_name(self, seen: Json) -> str:
        """A fact by its place; what was computed by its text, a number of items in words."""
        if "path" in seen:
            return self.place(seen["path"])
        counted = _SIZE.fullmatch(seen["text"])
        if counted is not None:
            return self.phrases.count.format(list=self.place(counted.group(1) or counted.group(2)))
        return f"“{seen['text']}”"

    def value(self, value: Any) -> str:
        if value is None:
            return self.words.unknown
        if isinstance(value, bool):
            return self.words.yes if value else self.words.no
        if isinstance(value, int):
            return f"{value:,}".replace(",", self.words.thousands)
        if isinstance(value, float):
            return self.number(value)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return ", ".join(self.value(item) for item in value) or self.words.none
        if isinstance(value, dict) and "items" in value:
            return str(value["items"])
        return self.phrases.nothing

    def text(self, value: str) -> str:
        """A text, a number with a fraction or a moment, as the trace writes all three."""
        number = read_double(value) if "." in value else None
        if number is not None:
            return self.number(number)
        if not value:
            return self.phrases.empty
        return f"{value[:16].replace('T', ' ')} UTC" if read_instant(value) is not None else value

    def place(self, path: str) -> str:
        """A path in words, from the inside out: `evidence.evaluation[1].roc_auc.low`, the lower end of its figure."""
        if not _PATH.fullmatch(path):
            return f"“{path}”"
        if self.inside and path.startswith(f"{self.inside}."):
            path = path[len(self.inside) + 1 :]
        parts = path.removeprefix("evidence.").split(".")
        end = parts[-1] if len(parts) > 1 and parts[-1] in ("low", "high", "value") else ""
        named = [self.part(part) for part in (parts[:-1] if end else parts)]
        told = named[-1]
        if end in ("low", "high"):
            told = (self.phrases.lower_end if end == "low" else self.phrases.upper_end).format(figure=told)
        for whole in reversed(named[:-1]):
            told = self.phrases.of.format(part=told, whole=whole)
        return told

    def part(self, part: str) -> str:
        match = _POSITION.fullmatch(part)
        name = (match.group(1) if match else part).replace("_", " ")
        return self.phrases.item.format(list=name, n=int(match.group(2)) + 1) if match else name

    def condition(self, text: str) -> str:
        """A condition on an item in words, as far as words go: its text where it is more than tests joined by `&&`."""
        tree = parsed(text)
        if tree is None:
            return f"“{text}”"
        tests = tree.args if tree.op == "logic" and tree.name == "&&" else (tree,)
        return ", ".join(self.test(text, test) for test in tests)

    def test(self, text: str, tree: Syntax) -> str:
        name = _field(tree)
        if name is not None:
            return self.phrases.is_.format(fact=self.part(name), value=self.words.yes)
        if tree.op == "unary" and tree.name == "!":
            name = _field(tree.args[0])
            if name is not None:
                return self.phrases.is_.format(fact=self.part(name), value=self.words.no)
        if tree.op == "binary" and tree.name in RELATIONS:
            name, limit = _field(tree.args[0]), literal_of(tree.args[1])
            if name is not None and limit is not None:
                asked = self.phrases.relation[tree.name].format(limit=self.value(limit))
                return self.phrases.is_.format(fact=self.part(name), value=asked)
        return f"“{text[tree.start : tree.end]}”"


def parsed(text: str) -> Syntax | None:
    """The syntax of a step's text; None where a remark swallowed its end, since steps stand on one line."""
    try:
        return parse(text)
    except PolicyError:
        return None


def literal_of(tree: Syntax) -> Any:
    """The value that a text spells out: a literal, a list of them, a moment or a length of time; else None."""
    if tree.op == "literal":
        return tree.value
    if tree.op == "list" and all(arg.op == "literal" for arg in tree.args):
        return [arg.value for arg in tree.args]
    if tree.op == "call" and tree.name in ("timestamp", "duration") and tree.args:
        return tree.args[0].value
    return None


def _field(tree: Syntax) -> str | None:
    """The fields of a variable, innermost first: `roc_auc.low` of `e.roc_auc.low` is `low`, told with its figure."""
    names: list[str] = []
    while tree.op == "field":
        names.append(tree.name)
        tree = tree.args[0]
    return " ".join(reversed(names)) if names and tree.op == "name" else None


def _size(value: Any, limit: Any) -> float | timedelta | None:
    numbers = [_number(one) for one in (value, limit)]
    if None not in numbers:
        return abs(numbers[0] - numbers[1]) or None  # type: ignore[operator]
    moments = [_microseconds(one) for one in (value, limit)]
    if None in moments:
        return None
    return timedelta(microseconds=abs(moments[0] - moments[1])) or None  # type: ignore[operator]


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return read_double(value) if isinstance(value, str) else None


def _microseconds(value: Any) -> int | None:
    if not isinstance(value, str):
        return None
    moment = read_instant(value)
    moment = read_rfc3339(value) if moment is None else moment
    return read_duration(value) if moment is None else moment
