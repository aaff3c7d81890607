"""The checked tree: every step knows its type, its text and, once linked, how to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from consilience.domains.policy.language.halts import Halt
from consilience.domains.policy.language.types import Type

Frame = list[Any]
"""Slot 0 holds the facts, slot 1 the steps left, the others the variables of `all exists exists_one filter map`."""
Run = Callable[[Frame], Any]
FACTS, BUDGET, FIRST_SLOT = 0, 1, 2


def _not_linked(_argument: Any) -> Any:
    raise AssertionError("this tree was never linked")


@dataclass(slots=True, eq=False)
class Node:
    """What every step has: its type, its place in the text, that text on one line.

    Once linked also its closure, the facts it looks at (`fact` where one is all there is to tell, `named` where that is held
    against a named constant), the slots of variables it needs from outside, and how to write its value.
    """

    type: Type
    start: int
    end: int
    text: str
    run: Run = field(default=_not_linked, init=False, repr=False)
    leaves: tuple[Node, ...] = field(default=(), init=False, repr=False)
    fact: Reference | None = field(default=None, init=False, repr=False)
    named: bool = field(default=False, init=False, repr=False)
    free: frozenset[int] = field(default=frozenset(), init=False, repr=False)
    write: Callable[[Any], Any] | None = field(default=None, init=False, repr=False)


@dataclass(slots=True, eq=False)
class Literal(Node):
    """A value of the text, or of a constant: then with its name and unit."""

    value: Any
    unit: str | None = None
    name: str = ""


@dataclass(slots=True, eq=False)
class Reference(Node):
    """A path from the facts (slot 0) or from a variable."""

    slot: int
    name: str
    path: tuple[str, ...]
    tail: str = field(init=False)
    """What follows the variable's own path; for the facts, the whole path."""

    def __post_init__(self) -> None:
        self.tail = ".".join(self.path) if self.slot == FACTS else "".join(f".{name}" for name in self.path)


@dataclass(slots=True, eq=False)
class Select(Node):
    """Fields of something computed."""

    operand: Node
    path: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Has(Node):
    operand: Node
    name: str


@dataclass(slots=True, eq=False)
class Index(Node):
    operand: Node
    position: Node


@dataclass(slots=True, eq=False)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Negation(Node):
    """`!` or unary `-`."""

    sign: str
    operand: Node


@dataclass(slots=True, eq=False)
class Binary(Node):
    """Arithmetic and concatenation."""

    sign: str
    left: Node
    right: Node


@dataclass(slots=True, eq=False)
class Comparison(Node):
    """`== != < <= > >= in`; once linked, the sides that are computed or named, so that a trace shows their values."""

    sign: str
    left: Node
    right: Node
    computed: tuple[tuple[str, Node], ...] = field(default=(), init=False, repr=False)


@dataclass(slots=True, eq=False)
class Logic(Node):
    """`&&` or `||` over two or more; once linked, the facts that explain some of them whole, and the others."""

    sign: str
    operands: tuple[Node, ...]
    facts: tuple[Reference, ...] = field(default=(), init=False, repr=False)
    others: tuple[Node, ...] = field(default=(), init=False, repr=False)


@dataclass(slots=True, eq=False)
class Choice(Node):
    condition: Node
    chosen: Node
    otherwise: Node


@dataclass(slots=True, eq=False)
class Quantifier(Node):
    """`all`, `exists` or `exists_one`."""

    name: str
    source: Node
    variable: str
    slot: int
    body: Node
    open: bool


@dataclass(slots=True, eq=False)
class Comprehension(Node):
    """`filter` or `map`. One that needs no variable from outside is computed once per frame and kept in slot `memo`."""

    name: str
    source: Node
    variable: str
    slot: int
    body: Node
    memo: int


@dataclass(slots=True, eq=False)
class Call(Node):
    """A function of the closed list."""

    name: str
    args: tuple[Node, ...]
    apply: Callable[..., Any]


def children(node: Node) -> tuple[Node, ...]:
    """The steps that this one rests on, in the order of the text."""
    match node:
        case Select() | Has() | Negation():
            return (node.operand,)
        case Index():
            return (node.operand, node.position)
        case ListOf():
            return node.items
        case Binary() | Comparison():
            return (node.left, node.right)
        case Logic():
            return node.operands
        case Choice():
            return (node.condition, node.chosen, node.otherwise)
        case Quantifier() | Comprehension():
            return (node.source, node.body)
        case Call():
            return node.args
    return ()


def outcome(node: Node, frame: Frame) -> Any:
    """A step's value, or how it halted."""
    try:
        return node.run(frame)
    except Halt as halt:
        return halt
