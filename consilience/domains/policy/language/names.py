"""What a document of language 2 gives a name: constants, and definitions that stand for an expression.

Both are written out wherever their name stands, so a rule means the same as one that spells everything out. Neither may
take the name of a fact, a function or a variable; a definition may rest on others, never on itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from consilience.domains.policy.language.errors import PolicyError, error_at
from consilience.domains.policy.language.functions import FUNCTIONS, MACROS
from consilience.domains.policy.language.parser import MAX_TREE, RESERVED, Syntax, parse
from consilience.domains.policy.language.types import Schema, Type
from consilience.kit import canonical

MAX_SIZE = 4_000
"""Steps of an expression once its definitions are written out: doubling one thirty times must not fill the memory."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_WORDS = frozenset({"true", "false", "null", "in", "has", "timestamp", "duration"})


@dataclass(frozen=True, slots=True)
class Constant:
    """A named value of a type, with its unit (`units.UNITS`)."""

    name: str
    value: Any
    type: Type
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A named expression."""

    name: str
    text: str
    tree: Syntax


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The names that expressions of one document may use beside the facts. `units` says whether units are checked."""

    constants: Mapping[str, Constant] = field(default_factory=dict)
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    units: bool = False

    def __contains__(self, name: object) -> bool:
        return name in self.constants or name in self.definitions

    def __iter__(self) -> Iterator[str]:
        yield from self.constants
        yield from self.definitions

    @cached_property
    def digest(self) -> str:
        """What tells two vocabularies apart; the empty one has an empty digest."""
        if not self.constants and not self.definitions:
            return ""
        constants = [[name, repr(one.type), repr(one.value)] for name, one in self.constants.items()]
        return canonical.digest([constants, [[name, one.text] for name, one in self.definitions.items()]])

    @cached_property
    def weights(self) -> dict[str, tuple[int, int]]:
        """Of every definition how many steps it has and how high they stand, with those it rests on written out."""
        found: dict[str, tuple[int, int]] = {}
        for name in ordered(self.definitions):
            found[name] = weight(self.definitions[name].tree, found)
        return found


NOTHING = Vocabulary()


def define(texts: Mapping[str, str]) -> dict[str, Definition]:
    """The definitions of these texts, in the given order. PolicyError when one cannot be read; see also `ordered`."""
    return {name: Definition(name, text, parse(text)) for name, text in texts.items()}


def taken(name: str, schema: Schema) -> str | None:
    """Why a constant or definition cannot have this name, or None."""
    if not _NAME.fullmatch(name):
        return "must be small letters, digits and _, beginning with a letter"
    if name in _WORDS or name in RESERVED:
        return "is a word of the language"
    if name in FUNCTIONS or name in MACROS:
        return "is a function"
    return "is a fact" if name in schema.root.fields else None


def uses(tree: Syntax, known: Vocabulary | Mapping[str, Any]) -> tuple[str, ...]:
    """The known names that an expression uses itself, each once, in the order of the text."""
    return tuple(dict.fromkeys(step.name for step in steps(tree) if step.op == "name" and step.name in known))


def needed(vocabulary: Vocabulary, trees: Iterable[Syntax]) -> frozenset[str]:
    """The constants and definitions that these expressions need, directly or through another definition."""
    found: set[str] = set()
    todo = [name for tree in trees for name in uses(tree, vocabulary)]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += uses(vocabulary.definitions[name].tree, vocabulary) if name in vocabulary.definitions else ()
    return frozenset(found)


def steps(tree: Syntax) -> Iterator[Syntax]:
    """Every step of an expression, itself first."""
    yield tree
    for arg in tree.args:
        yield from steps(arg)


def cycle(definitions: Mapping[str, Definition]) -> tuple[str, ...]:
    """The first definitions that rest on one another in a ring, the first again at the end; empty where there is none."""
    done: set[str] = set()
    for start in definitions:
        path: list[str] = []
        todo: list[tuple[str, Iterator[str]]] = []
        if start not in done:
            path.append(start)
            todo.append((start, iter(uses(definitions[start].tree, definitions))))
        while todo:
            name, others = todo[-1]
            other = next(others, None)
            if other is None:
                done.add(name)
                path.pop()
                todo.pop()
            elif other in path:
                return (*path[path.index(other) :], other)
            elif other not in done:
                path.append(other)
                todo.append((other, iter(uses(definitions[other].tree, definitions))))
    return ()


def ordered(definitions: Mapping[str, Definition]) -> list[str]:
    """The definitions, each after those it rests on. There is no ring among them."""
    found: dict[str, None] = {}
    todo = list(definitions)[::-1]
    while todo:
        name = todo[-1]
        missing = [other for other in uses(definitions[name].tree, definitions) if other not in found]
        if missing and name not in found:
            todo += missing
            continue
        found[name] = None
        todo.pop()
    return list(found)


def weight(tree: Syntax, known: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """How many steps an expression has and how high they stand, with definitions of these weights written out."""
    if tree.op == "name" and tree.name in known:
        return known[tree.name]
    size, height = 1, 0
    for arg in tree.args:
        inner = weight(arg, known)
        size, height = size + inner[0], max(height, inner[1])
    return size, height + 1


def check_weight(text: str, tree: Syntax, vocabulary: Vocabulary) -> None:
    """PolicyError where definitions make an expression larger than any rule may be."""
    if not vocabulary.definitions:
        return
    size, height = weight(tree, vocabulary.weights)
    if size > MAX_SIZE:
        raise _too_large(text, f"{size:,} steps, definitions written out", f"at most {MAX_SIZE:,}")
    if height > MAX_TREE:
        raise _too_large(text, "too long a chain of steps, definitions written out", f"at most {MAX_TREE}")


def _too_large(text: str, found: str, expected: str) -> PolicyError:
    return error_at(text, 0, found=found, expected=expected)
