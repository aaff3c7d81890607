"""Making a checked tree ready to run: closures, and what the explanation will want to know of every step."""

from __future__ import annotations

from consilience.domains.policy.language.loops import remembered
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
    Logic,
    Negation,
    Node,
    Quantifier,
    Reference,
    Select,
    children,
)
from consilience.domains.policy.language.run import CLOSURES
from consilience.domains.policy.language.shortcuts import single, test_of
from consilience.domains.policy.language.types import ListType
from consilience.domains.policy.language.values import writer


def link(node: Node) -> Node:
    """The same tree, with every step ready to run."""
    for child in children(node):
        link(child)
    test = test_of(node)
    node.run = CLOSURES[type(node)](node) if test is None else single(test)
    node.leaves = _leaves(node)
    node.write = writer(node.type)
    node.fact = _only_fact(node)
    node.free = _free(node)
    if isinstance(node, Comprehension) and not node.free:
        node.run = remembered(node.run, node.memo)
    if isinstance(node, Comparison):
        sides = (("left", node.left), ("right", node.right))
        node.computed = tuple((name, side) for name, side in sides if _told(side))
        node.named = node.fact is not None and bool(node.computed)
    if isinstance(node, Logic):
        node.facts = tuple(operand.fact for operand in node.operands if operand.fact is not None)
        node.others = tuple(operand for operand in node.operands if operand.fact is None)
    return node


def _told(side: Node) -> bool:
    """Whether the text of a side does not show its value: it is computed, or the name of a constant."""
    if isinstance(side, ListOf):
        return bool(side.items) and all(isinstance(item, Literal) and item.name for item in side.items)
    return isinstance(side, (Binary, Negation, Choice)) or (isinstance(side, Literal) and bool(side.name))


def _free(node: Node) -> frozenset[int]:
    """The slots of the variables that a step needs from outside itself."""
    if isinstance(node, Reference):
        return frozenset() if node.slot == FACTS else frozenset({node.slot})
    inside = frozenset[int]().union(*(child.free for child in children(node)))
    return inside - {node.slot} if isinstance(node, (Quantifier, Comprehension)) else inside


def _only_fact(node: Node) -> Reference | None:
    """The one fact that explains a step whole: a truth value, its opposite, or what is held against a constant."""
    if isinstance(node, Comparison):
        other = node.right
        constant = isinstance(other, Literal) or (isinstance(other, ListOf) and not other.leaves)
        return node.left if constant and isinstance(node.left, Reference) else None
    tested = node.operand if isinstance(node, Negation) else node
    return tested if isinstance(tested, Reference) else None


def _leaves(node: Node) -> tuple[Node, ...]:
    """The facts that a step looks at: what a reader wants to see beside its result."""
    if isinstance(node, (Reference, Select, Index, Quantifier, Comprehension)):
        return (node,)
    if isinstance(node, Call) and isinstance(node.args[0].type, ListType):
        return (node,)
    return tuple(dict.fromkeys(leaf for child in children(node) for leaf in child.leaves))
