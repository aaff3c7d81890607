"""Every small change of an expression: a threshold, a sign or a word at a time. What each is called, and the changed tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from consilience.domains.policy.language.names import Constant
from consilience.domains.policy.language.parser import Syntax
from consilience.domains.policy.language.tokens import INT_MAX, INT_MIN
from consilience.domains.policy.language.types import DURATION, TIMESTAMP, ListType
from consilience.domains.policy.language.values import (
    DURATION_MAX,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    read_duration,
    read_rfc3339,
    write_double,
    write_duration,
    write_instant,
)

SHARE = 0.05
"""How far a number with a fraction, or a length of time, is moved: a twentieth. A whole number moves by one."""
DAY = 86_400_000_000
OTHER_WORD = "something else"
_SIGNS = {
    "==": ("!=",),
    "!=": ("==",),
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "+": ("-",),
    "-": ("+",),
    "*": ("/",),
    "/": ("*",),
    "%": ("*",),
    "&&": ("||",),
    "||": ("&&",),
}
_WALKS = {"all": "exists", "exists": "all", "exists_one": "exists"}
_CALLS = {"min": "max", "max": "min"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: where it stands in the text, what stood there and what stands there now, and the whole tree with it.

    `word` marks a text that became another one: if the other side has a closed vocabulary, another word of it is due.
    """

    at: int
    before: str
    after: str
    tree: Syntax
    word: bool = False


def changes(text: str, tree: Syntax) -> Iterator[Change]:
    """Every change of an expression, in the order of the text."""
    found = sorted(_of(text, tree), key=lambda one: one.at)
    yield from found


def with_word(change: Change, word: str) -> Change:
    """The same change with another word."""
    return replace(change, after=f'"{word}"', tree=_put(change.tree, change.at, word))


def other_values(constant: Constant) -> Iterator[tuple[str, str, Any]]:
    """Every change of a constant: the value before and after in words, and the value."""
    if isinstance(constant.type, ListType):
        for at, item in enumerate(constant.value):
            shown = _shown(item, constant.type.item)
            yield f"a list with {shown}", f"a list without {shown}", [*constant.value[:at], *constant.value[at + 1 :]]
        return
    before = _shown(constant.value, constant.type)
    for other in _others(constant.value, constant.type):
        yield before, _shown(other, constant.type), other


def _others(value: Any, kind: Any) -> list[Any]:
    """The values that stand for a threshold's neighbours."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str):
        return [OTHER_WORD]
    if isinstance(value, float):
        return [value * (1 + SHARE), value * (1 - SHARE)] if value else [SHARE, -SHARE]
    if kind == DURATION:
        step = max(round(abs(value) * SHARE), 1)
        return [other for other in (value + step, value - step) if abs(other) <= DURATION_MAX]
    if kind == TIMESTAMP:
        return [other for other in (value + DAY, value - DAY) if TIMESTAMP_MIN <= other <= TIMESTAMP_MAX]
    return [other for other in (value + 1, value - 1) if INT_MIN <= other <= INT_MAX]


def _shown(value: Any, kind: Any) -> str:
    if kind == TIMESTAMP:
        return write_instant(value)
    if kind == DURATION:
        return write_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return write_double(float(f"{value:.12g}"))
    return f'"{value}"' if isinstance(value, str) else str(value)


def _of(text: str, tree: Syntax) -> Iterator[Change]:
    """The changes of one step, then those inside it, each as the whole step with the change."""
    make = _MAKERS.get(tree.op)
    if make is not None:
        yield from make(text, tree)
    if tree.op == "call" and tree.name in ("timestamp", "duration"):
        return
    for at, arg in enumerate(tree.args):
        if tree.op == "list" and arg.op == "literal":
            continue  # told as a list without it
        for inner in _of(text, arg):
            args = (*tree.args[:at], inner.tree, *tree.args[at + 1 :])
            yield replace(inner, tree=replace(tree, args=args))


def _literal(text: str, tree: Syntax) -> Iterator[Change]:
    if tree.value is None:
        return
    before = text[tree.start : tree.end]
    for other in _others(tree.value, None):
        word = isinstance(other, str)
        yield Change(tree.start, before, _shown(other, None), replace(tree, value=other), word)


def _signed(_text: str, tree: Syntax) -> Iterator[Change]:
    for sign in _SIGNS.get(tree.name, ()):
        yield Change(tree.name_at, tree.name, sign, replace(tree, name=sign))
    if tree.name == "in":
        yield Change(tree.name_at, "in", "not in", _not(tree))


def _logic(text: str, tree: Syntax) -> Iterator[Change]:
    yield from _signed(text, tree)
    for at, arg in enumerate(tree.args):
        rest = (*tree.args[:at], *tree.args[at + 1 :])
        left = rest[0] if len(rest) == 1 else replace(tree, args=rest)
        yield Change(arg.start, _written(text, arg), "nothing", left)


def _unary(text: str, tree: Syntax) -> Iterator[Change]:
    yield Change(tree.start, _written(text, tree), _written(text, tree.args[0]), tree.args[0])


def _list(text: str, tree: Syntax) -> Iterator[Change]:
    for at, arg in enumerate(tree.args):
        rest = (*tree.args[:at], *tree.args[at + 1 :])
        shown = _written(text, arg)
        yield Change(arg.start, f"a list with {shown}", f"a list without {shown}", replace(tree, args=rest))


def _choice(_text: str, tree: Syntax) -> Iterator[Change]:
    condition, chosen, otherwise = tree.args
    swapped = replace(tree, args=(condition, otherwise, chosen))
    yield Change(condition.start, "the choice", "the choice the other way round", swapped)


def _method(_text: str, tree: Syntax) -> Iterator[Change]:
    if tree.name in _WALKS:
        yield Change(tree.name_at, tree.name, _WALKS[tree.name], replace(tree, name=_WALKS[tree.name]))
    if tree.name == "filter":
        yield Change(tree.name_at, "filter", "no filter", tree.args[0])


def _call(text: str, tree: Syntax) -> Iterator[Change]:
    if tree.name in _CALLS:
        yield Change(tree.start, tree.name, _CALLS[tree.name], replace(tree, name=_CALLS[tree.name]))
    elif tree.name == "distinct":
        yield Change(tree.start, "distinct", "with repeats", tree.args[0])
    elif tree.name == "has":
        yield Change(tree.start, _written(text, tree), f"!{_written(text, tree)}", _not(tree))
    elif tree.name in ("timestamp", "duration"):
        yield from _moment(text, tree)


def _moment(text: str, tree: Syntax) -> Iterator[Change]:
    kind, read = (TIMESTAMP, read_rfc3339) if tree.name == "timestamp" else (DURATION, read_duration)
    (literal,) = tree.args
    value = read(literal.value) if isinstance(literal.value, str) else None
    if value is None:
        return
    for other in _others(value, kind):
        said = _shown(other, kind)
        written = replace(tree, args=(replace(literal, value=said),))
        yield Change(tree.start, _written(text, tree), f'{tree.name}("{said}")', written)


def _not(tree: Syntax) -> Syntax:
    return Syntax("unary", tree.start, tree.end, "!", (tree,), height=tree.height + 1, name_at=tree.start)


def _written(text: str, tree: Syntax) -> str:
    return " ".join(text[tree.start : tree.end].split())


def _put(tree: Syntax, at: int, word: str) -> Syntax:
    """The same tree with another text at this place."""
    if tree.op == "literal" and tree.start == at:
        return replace(tree, value=word)
    return replace(tree, args=tuple(_put(arg, at, word) for arg in tree.args))


_MAKERS: dict[str, Callable[[str, Syntax], Iterator[Change]]] = {
    "literal": _literal,
    "binary": _signed,
    "logic": _logic,
    "unary": _unary,
    "list": _list,
    "choice": _choice,
    "method": _method,
    "call": _call,
}
