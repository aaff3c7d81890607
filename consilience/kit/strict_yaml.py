"""YAML without surprises: plain JSON values, the line of each, and nothing that means two things.

Refused: duplicate keys, aliases, tags of one's own, several documents in one file. Only `true`, `false` and `null` are
words of the language, so `NO` stays a country; a date stays text; a number with a fraction becomes the canonical
decimal text that facts use.
"""

from __future__ import annotations

import math
import re

import yaml

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput

Path = tuple[str | int, ...]
Lines = dict[Path, int]
MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 50
"""How deep lists and mappings may stand in one another: composing calls itself, and would end the process."""
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONGEST = 40
"""Characters of a number that are shown; whole numbers that fit have fewer."""
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "~": None, "": None}
_TAGS = frozenset({"str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value"})
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str, name: str) -> tuple[Json, Lines]:
    """The value of a YAML text and the line of every part of it. BadInput says where it is wrong."""
    if len(text) > MAX_CHARACTERS:
        raise BadInput(name, f"{len(text):,} characters; at most {MAX_CHARACTERS:,} are read")
    if not text.isascii():
        _check_characters(text, name)
    try:
        _check_events(text, name)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        said = str(error.problem)
        if said.startswith("but "):  # the other half of the sentence
            said = f"{error.context} {said}"
        raise BadInput(name, f"line {line}: {said}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, max(error.position, 0)) + 1
        raise BadInput(name, f"line {line}: {chr(error.character)!r} is no character of a text") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput(name, f"is not YAML ({error})") from error
    if root is None:
        raise BadInput(name, "is empty")
    reader = _Reader(name)
    return reader.value(root, ()), reader.lines


def _check_characters(text: str, name: str) -> None:
    """BadInput where half a pair of surrogates stands, which is no character."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise BadInput(name, f"line {line}: {text[error.start]!r} is no character") from error


def _check_events(text: str, name: str) -> None:
    """BadInput where parts stand too deep in one another, or one stands for another; the events alone need no depth."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise BadInput(name, f"line {line}: an alias; write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise BadInput(name, f"line {line}: deeper than {MAX_DEPTH} lists and mappings")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: Lines = {}

    def value(self, node: yaml.Node, path: Path) -> Json:
        line = node.start_mark.line + 1
        self.lines[path] = line
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _TAGS:
            raise BadInput(self.name, f"line {line}: tag {node.tag!r} is not allowed")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, at)) for at, item in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode):
            raise BadInput(self.name, f"line {line}: neither a value, a list nor a mapping")
        return self.scalar(node, line)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Json]:
        made: dict[str, Json] = {}
        for key, part in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise BadInput(self.name, f"line {line}: a key must be a word")
            if key.value in made:
                raise BadInput(self.name, f"line {line}: key {key.value!r} stands twice")
            made[key.value] = self.value(part, (*path, key.value))
            self.lines[(*path, key.value)] = line
        return made

    def scalar(self, node: yaml.ScalarNode, line: int) -> Json:
        text: str = node.value
        if node.style:  # quoted, or a block of text
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            if len(text) > _LONGEST or abs(int(text)) > canonical.MAX_INTEGER:
                raise BadInput(self.name, f"line {line}: {_cut(text)} is too large a whole number")
            return int(text)
        if not _DECIMAL.fullmatch(text):
            return text
        number = float(text)
        if not math.isfinite(number):
            raise BadInput(self.name, f"line {line}: {_cut(text)} is a number that binary64 cannot hold")
        return canonical.number(number)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
