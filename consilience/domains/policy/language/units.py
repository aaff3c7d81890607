"""Units: two figures of different units are never compared, added or put into one list.

A field's unit comes from its kind, a constant's from the document, a literal has none and fits every unit. What is
computed keeps its unit where that is plain (a sum, a figure times a plain number) and has none otherwise.
"""

from __future__ import annotations

from consilience.domains.policy.language.errors import PolicyError, error_at
from consilience.domains.policy.language.nodes import (
    FACTS,
    Binary,
    Call,
    Choice,
    Comparison,
    Comprehension,
    Index,
    ListOf,
    Literal,
    Negation,
    Node,
    Quantifier,
    Reference,
    Select,
    children,
)
from consilience.domains.policy.language.types import ListType, StructType, Type
from consilience.kit.units import UNITS


def check_units(text: str, root: Node, facts: StructType) -> None:
    """PolicyError where two figures of different units meet. Units inside a definition were checked with it."""
    _Units(text, facts).of(root)


class _Units:
    def __init__(self, text: str, facts: StructType) -> None:
        self.text, self.facts = text, facts
        self.variables: dict[int, tuple[Type, str | None]] = {}

    def of(self, node: Node) -> str | None:
        """The unit of a step's value; of a list, that of its items."""
        match node:
            case Literal():
                return node.unit
            case Reference():
                start, unit = (self.facts, None) if node.slot == FACTS else self.variables.get(node.slot, (None, None))
                return field_unit(start, node.path) if node.path else unit
            case Select():
                self.of(node.operand)
                return field_unit(node.operand.type, node.path)
            case Quantifier() | Comprehension():
                return self.walked(node)
            case Binary():
                return self.computed(node)
            case Comparison():
                self.one(node, node.left, node.right)
                return None
            case ListOf():
                return self.one(node, *node.items)
        return self.kept(node)

    def kept(self, node: Node) -> str | None:
        """The unit of steps that hand on what one of their operands has."""
        match node:
            case Choice():
                self.of(node.condition)
                return self.one(node, node.chosen, node.otherwise)
            case Index():
                self.of(node.position)
                return self.of(node.operand)
            case Negation():
                return self.of(node.operand)
            case Call():
                return self.called(node)
        for child in children(node):
            self.of(child)
        return None

    def walked(self, node: Quantifier | Comprehension) -> str | None:
        unit = self.of(node.source)
        if isinstance(node.source.type, ListType):
            self.variables[node.slot] = (node.source.type.item, unit)
        inner = self.of(node.body)
        if isinstance(node, Quantifier):
            return None
        return unit if node.name == "filter" else inner

    def computed(self, node: Binary) -> str | None:
        if node.sign in "+-%":
            return self.one(node, node.left, node.right)
        left, right = self.of(node.left), self.of(node.right)
        if node.sign == "/":
            return left if right is None and _plain(node.right) else None
        if left is None and right is None:
            return None
        return left if _plain(node.right) else right if _plain(node.left) else None

    def called(self, node: Call) -> str | None:
        units = [self.of(arg) for arg in node.args]
        if node.name == "days_between":
            return "days"
        return units[0] if node.name in ("int", "double", "min", "max", "distinct") else None

    def one(self, at: Node, *parts: Node) -> str | None:
        """The unit that all of these share."""
        found: tuple[Node, str] | None = None
        for part in parts:
            unit = self.of(part)
            if unit is None:
                continue
            if found is not None and found[1] != unit:
                raise self.mixed(at, found, (part, unit))
            found = found or (part, unit)
        return None if found is None else found[1]

    def mixed(self, at: Node, one: tuple[Node, str], other: tuple[Node, str]) -> PolicyError:
        sides = [f"{node.text} ({UNITS[unit].words})" for node, unit in (one, other)]
        return error_at(self.text, at.start, found=" with ".join(sides), expected="two figures of one unit")


def field_unit(kind: Type | None, path: tuple[str, ...]) -> str | None:
    """The unit of the field at the end of a path."""
    unit = None
    for name in path:
        if not isinstance(kind, StructType):
            return None
        unit, kind = kind.units.get(name), kind.fields[name]
    return unit


def _plain(node: Node) -> bool:
    """A number of no unit at all, which keeps the other side's."""
    if isinstance(node, Literal):
        return node.unit in (None, "number", "share", "ratio")
    return isinstance(node, Negation) and _plain(node.operand)
