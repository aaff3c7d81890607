"""What an evaluation may cost, known before it runs: a bound as a polynomial in the sizes of lists.

A step is one item looked at, as `loops` counts them. A list's size is written as its path, `evidence.evaluation` or
`evidence.fairness_evaluation.attributes`; texts that are joined cost their characters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod

from consilience.domains.policy.language.expression import Expression
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
    Node,
    Quantifier,
    Reference,
    Select,
    children,
)
from consilience.domains.policy.language.shortcuts import constants_of
from consilience.domains.policy.language.types import ListType, StringType, StructType, Type

LIST_SIZE, INNER_SIZE, TEXT_SIZE = 100, 20, 1_000
"""How long a list of the fact document, a list inside an item and a text are taken to be where nobody says."""
MAX_TERMS, SHOWN_TERMS = 64, 4
TEXT = "(a text)"

Terms = dict[tuple[str, ...], int]
"""A polynomial: how often each product of sizes counts; `()` is the constant."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An upper bound of the steps: its terms, and its value where lists are as long as stated."""

    terms: Mapping[tuple[str, ...], int]
    steps: int

    def words(self) -> str:
        """The polynomial, the largest products first: `2 x evidence.evaluation + 3`."""
        shown = []
        for sizes, count in sorted(self.terms.items(), key=lambda one: (-len(one[0]), one[0])):
            factors = [str(count)] if count != 1 or not sizes else []
            shown.append(" x ".join((*factors, *sizes)))
        more = len(shown) - SHOWN_TERMS
        return " + ".join(shown[:SHOWN_TERMS]) + (f" + {more} smaller terms" if more > 0 else "") or "0"


def bound(expression: Expression, sizes: Mapping[str, int] | None = None) -> Bound:
    """The bound of a rule, for lists of these sizes (`list_paths` names them) or of the usual ones."""
    counted = _Counted(sizes or {})
    total = counted.add(counted.cost(expression.root)[0], counted.once)
    return Bound(total, counted.value(total))


def list_paths(root: StructType) -> frozenset[str]:
    """Every list of the fact document, by the path that states its size."""
    found: set[str] = set()

    def walk(kind: Type, path: str) -> None:
        if isinstance(kind, ListType):
            found.add(path)
            walk(kind.item, path)
        elif isinstance(kind, StructType):
            for name, part in kind.fields.items():
                walk(part, f"{path}.{name}" if path else name)

    walk(root, "")
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is known of a value: where it lies in the document, and of a list or text its size and its items."""

    path: str | None = None
    size: Terms = field(default_factory=dict)
    item: _Shape | None = None


_NONE = _Shape()


class _Counted:
    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = sizes
        self.variables: dict[int, _Shape] = {}
        self.once: Terms = {}

    def size(self, name: str) -> int:
        usual = TEXT_SIZE if name == TEXT else LIST_SIZE if _outer(name) else INNER_SIZE
        return self.sizes.get(name, usual)

    def value(self, terms: Terms) -> int:
        return sum(count * prod(self.size(name) for name in names) for names, count in terms.items())

    def add(self, *parts: Terms) -> Terms:
        total: Terms = {}
        for part in parts:
            for names, count in part.items():
                total[names] = total.get(names, 0) + count
        return total if len(total) <= MAX_TERMS else {(): self.value(total)}

    def times(self, one: Terms, other: Terms) -> Terms:
        total: Terms = {}
        for names, count in one.items():
            for others, more in other.items():
                both = tuple(sorted((*names, *others)))
                total[both] = total.get(both, 0) + count * more
        return total if len(total) <= MAX_TERMS else {(): self.value(total)}

    def cost(self, node: Node) -> tuple[Terms, _Shape]:
        """What a step costs with all it rests on, and the shape of its value."""
        tell = _COSTS.get(type(node))
        if tell is not None:
            return tell(self, node)
        return self.add(*(self.cost(child)[0] for child in children(node))), _NONE

    def reference(self, node: Reference) -> tuple[Terms, _Shape]:
        start = _Shape("") if node.slot == FACTS else self.variables.get(node.slot, _NONE)
        return {}, start if not node.path else self.lying(start, node.path, node.type)

    def select(self, node: Select) -> tuple[Terms, _Shape]:
        cost, start = self.cost(node.operand)
        return cost, self.lying(start, node.path, node.type)

    def lying(self, start: _Shape, path: tuple[str, ...], kind: Type) -> _Shape:
        place = ".".join(part for part in (start.path or "", *path) if part)
        return self.shaped(place, kind)

    def shaped(self, place: str, kind: Type) -> _Shape:
        if isinstance(kind, ListType):
            return _Shape(place, {(place,): 1}, self.shaped(place, kind.item))
        return _Shape(place, {(TEXT,): 1} if isinstance(kind, StringType) else {})

    def walked(self, node: Quantifier | Comprehension) -> tuple[Terms, _Shape]:
        cost, source = self.cost(node.source)
        self.variables[node.slot] = source.item or _NONE
        body, made = self.cost(node.body)
        total = self.add(cost, source.size, self.times(source.size, body))
        shape = _NONE
        if isinstance(node, Comprehension):
            shape = source if node.name == "filter" else _Shape(None, source.size, made)
            if not node.free:  # computed once, however often it is asked for
                self.once = self.add(self.once, total)
                return {}, shape
        return total, shape

    def binary(self, node: Binary) -> tuple[Terms, _Shape]:
        (left, one), (right, other) = self.cost(node.left), self.cost(node.right)
        if node.sign != "+" or not isinstance(node.type, (ListType, StringType)):
            return self.add(left, right), _NONE
        size = self.add(one.size, other.size)
        return self.add(left, right, size), _Shape(None, size, self.larger(one.item, other.item))

    def larger(self, one: _Shape | None, other: _Shape | None) -> _Shape | None:
        """A shape that is as large as either."""
        if one is None or other is None:
            return one or other
        path = one.path if one.path == other.path else one.path or other.path
        return _Shape(path, self.add(one.size, other.size), self.larger(one.item, other.item))

    def comparison(self, node: Comparison) -> tuple[Terms, _Shape]:
        (left, one), (right, other) = self.cost(node.left), self.cost(node.right)
        looked = one.size if isinstance(node.left.type, ListType) else {}
        if node.sign == "in":
            looked = other.size if constants_of(node) is None else {}
        return self.add(left, right, looked), _NONE

    def choice(self, node: Choice) -> tuple[Terms, _Shape]:
        (condition, _), (one, first), (other, second) = map(self.cost, (node.condition, node.chosen, node.otherwise))
        return self.add(condition, one, other), self.larger(first, second) or _NONE

    def index(self, node: Index) -> tuple[Terms, _Shape]:
        (cost, source), (position, _) = self.cost(node.operand), self.cost(node.position)
        return self.add(cost, position), source.item or _NONE

    def listed(self, node: ListOf) -> tuple[Terms, _Shape]:
        parts = [self.cost(item) for item in node.items]
        item: _Shape | None = None
        for _cost, shape in parts:
            item = self.larger(item, shape)
        return self.add(*(cost for cost, _shape in parts)), _Shape(None, {(): len(parts)}, item)

    def literal(self, node: Literal) -> tuple[Terms, _Shape]:
        return {}, _Shape(None, {(): len(node.value)}) if isinstance(node.value, str) else _NONE

    def call(self, node: Call) -> tuple[Terms, _Shape]:
        parts = [self.cost(arg) for arg in node.args]
        cost, first = self.add(*(cost for cost, _shape in parts)), parts[0][1]
        if node.name in ("min", "max", "distinct"):
            return self.add(cost, first.size), first if node.name == "distinct" else first.item or _NONE
        return cost, _Shape(None, {(): 20}) if node.name == "string" else _NONE


def _outer(path: str) -> bool:
    return "." not in path or (path.startswith("evidence.") and path.count(".") == 1)


_COSTS: Mapping[type[Node], Callable[..., tuple[Terms, _Shape]]] = {
    Reference: _Counted.reference,
    Select: _Counted.select,
    Quantifier: _Counted.walked,
    Comprehension: _Counted.walked,
    Binary: _Counted.binary,
    Comparison: _Counted.comparison,
    Choice: _Counted.choice,
    Index: _Counted.index,
    ListOf: _Counted.listed,
    Literal: _Counted.literal,
    Call: _Counted.call,
}
