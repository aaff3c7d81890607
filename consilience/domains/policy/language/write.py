"""A rule written out: one expression without constants and definitions, which any CEL engine reads alike.

Variables get names of their own where a definition would hide one, so that the text loads here as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from consilience.domains.policy.language.expression import Expression
from consilience.domains.policy.language.functions import FUNCTIONS
from consilience.domains.policy.language.nodes import (
    FACTS,
    Binary,
    Call,
    Choice,
    Comparison,
    Comprehension,
    Has,
    Index,
    ListOf,
    Literal,
    Logic,
    Negation,
    Node,
    Quantifier,
    Reference,
    Select,
)
from consilience.domains.policy.language.types import DURATION, TIMESTAMP, Type
from consilience.domains.policy.language.values import write_duration, write_instant

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def written_out(expression: Expression) -> str:
    """The expression in full brackets, with every constant and definition in its place."""
    return _Writer((*expression.scope, *expression.schema.root.fields)).of(expression.root)


class _Writer:
    def __init__(self, taken: Iterable[str]) -> None:
        self.names: dict[int, str] = {}
        self.taken = set(taken)

    def of(self, node: Node) -> str:
        match node:
            case Literal():
                return _literal(node.value, node.type)
            case Reference():
                start = () if node.slot == FACTS else (self.names.get(node.slot, node.name),)
                return ".".join((*start, *node.path))
            case Select():
                return ".".join((self.of(node.operand), *node.path))
            case Has():
                return f"has({self.of(node.operand)}.{node.name})"
            case Index():
                return f"{self.of(node.operand)}[{self.of(node.position)}]"
            case ListOf():
                return f"[{', '.join(map(self.of, node.items))}]"
            case Quantifier() | Comprehension():
                return self.walked(node)
            case Call():
                return self.called(node)
        return self.signed(node)

    def signed(self, node: Node) -> str:
        match node:
            case Negation():
                return f"{node.sign}({self.of(node.operand)})"
            case Binary() | Comparison():
                return f"({self.of(node.left)} {node.sign} {self.of(node.right)})"
            case Logic():
                return f"({f' {node.sign} '.join(map(self.of, node.operands))})"
            case Choice():
                return f"({self.of(node.condition)} ? {self.of(node.chosen)} : {self.of(node.otherwise)})"
        raise AssertionError(f"{type(node).__name__} cannot be written")

    def walked(self, node: Quantifier | Comprehension) -> str:
        source = self.of(node.source)
        name, number = node.variable, 1
        while name in self.taken:
            number += 1
            name = f"{node.variable}_{number}"
        self.names[node.slot] = name
        self.taken.add(name)
        body = self.of(node.body)
        self.taken.discard(name)
        return f"{source}.{node.name}({name}, {body})"

    def called(self, node: Call) -> str:
        args = [self.of(arg) for arg in node.args]
        if FUNCTIONS[node.name].plain:
            return f"{node.name}({', '.join(args)})"
        return f"{args[0]}.{node.name}({', '.join(args[1:])})"


def _literal(value: object, kind: Type) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(sign, sign) for sign in value) + '"'
    if isinstance(value, float):
        return repr(value)
    assert isinstance(value, int)
    if kind == TIMESTAMP:
        return f'timestamp("{write_instant(value)}")'
    return f'duration("{write_duration(value)}")' if kind == DURATION else str(value)
