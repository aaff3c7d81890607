"""Why an expression came out as it did: the steps that decided, the facts they saw, and what was missing.

The evaluation itself keeps no notes. Expressions are pure and total, so the deciding path is walked again afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from consilience.domains.policy.language.expression import Answer, Expression, answer_of
from consilience.domains.policy.language.facts import Facts
from consilience.domains.policy.language.halts import Failure, Halt, TooCostly, UnknownFact
from consilience.domains.policy.language.loops import MAX_STEPS
from consilience.domains.policy.language.nodes import (
    BUDGET,
    FACTS,
    Choice,
    Comparison,
    Comprehension,
    Frame,
    Has,
    Index,
    Logic,
    Negation,
    Node,
    Quantifier,
    Reference,
    Select,
    outcome,
)
from consilience.domains.policy.language.places import Places
from consilience.domains.policy.language.reasons import Reasons
from consilience.kit.canonical import Json

MAX_CASES = 3
"""Counterexamples that are explained for one quantifier; the others are counted."""


_HELD: Mapping[str, bool] = {"counterexample": False, "nearest_miss": False, "example": True, "witness": True}
"""What the body said of an item in this role; of the others it has to be asked again."""


class Explanation(NamedTuple):
    """The trace, the reasons of an unknown, and the items that the deciding quantifiers stood at, by variable."""

    trace: Json
    reasons: tuple[Json, ...]
    variables: Mapping[str, Any]


def judge(expression: Expression, facts: Facts) -> tuple[Answer, Explanation]:
    """A rule's answer over these facts, and why: the lists that the evaluation computed serve the explanation too."""
    frame = expression.frame(facts)
    result = outcome(expression.root, frame)
    frame[BUDGET] = 20 * MAX_STEPS  # at most a few walks per level of nesting; never the limit in practice
    walk = _Walk(frame, detailed=expression.vocabulary.units)
    trace = walk.step(expression.root, result)
    reasons = tuple(walk.reasoned.found) if walk.reasoned is not None else ()
    return answer_of(result), Explanation(trace, reasons, walk.variables)


class _Walk(Places):
    """One walk along the deciding path of one expression over one frame."""

    __slots__ = ("binding", "detailed", "reasoned", "variables")

    def __init__(self, frame: Frame, *, detailed: bool) -> None:
        """`detailed` walks tell what only rules of language 2 and later are told with."""
        super().__init__(frame)
        self.detailed = detailed
        self.reasoned: Reasons | None = None
        self.variables: dict[str, Any] = {}
        self.binding = True

    @property
    def reasons(self) -> Reasons:
        """Made when the first one is needed: most walks find none."""
        if self.reasoned is None:
            self.reasoned = Reasons(self.frame, self, self.closest if self.detailed else None)
        return self.reasoned

    def step(self, node: Node, result: bool | Halt) -> dict[str, Json]:
        """The trace of one step whose result is known."""
        trace: dict[str, Json]
        if result is True or result is False:
            word = "true" if result else "false"
            if node.fact is not None:
                if node.named:
                    return self.named(node, word)
                return {"text": node.text, "result": word, "step": "fact", "seen": [self.seen(node.fact)]}
            trace = {"text": node.text, "result": word}
        elif isinstance(result, UnknownFact):
            trace = {"text": node.text, "result": "unknown"}
        else:
            trace = {"text": node.text, "result": "error", "error": str(result)}
            if isinstance(result, TooCostly):
                return trace
        tell = _TELLERS.get(type(node))
        if tell is None:
            self.leaf(node, result, trace)
        else:
            tell(self, node, result, trace)
        return trace

    def logic(self, node: Logic, result: bool | Halt, trace: dict[str, Json]) -> None:
        """The operands that made it so: all of them, or those that share the result.

        Where all had to agree, those that are explained by one fact are told by that fact alone.
        """
        stop = node.sign == "||"
        trace["step"] = "or" if stop else "and"
        if result is (not stop):
            if node.facts:
                trace["seen"] = [self.seen(fact) for fact in node.facts]
            if node.others:
                trace["because"] = [self.step(operand, result) for operand in node.others]
            return
        found: list[Json] = []
        for operand in node.operands:
            part = outcome(operand, self.frame)
            if _alike(part, result):
                found.append(self.step(operand, part))
        trace["because"] = found

    def negation(self, node: Negation, result: bool | Halt, trace: dict[str, Json]) -> None:
        trace["step"] = "not"
        trace["because"] = [self.step(node.operand, result if isinstance(result, Halt) else not result)]

    def choice(self, node: Choice, result: bool | Halt, trace: dict[str, Json]) -> None:
        condition = outcome(node.condition, self.frame)
        found: list[Json] = [self.step(node.condition, condition)]
        if not isinstance(condition, Halt):
            found.append(self.step(node.chosen if condition else node.otherwise, result))
        trace["step"], trace["because"] = "choice", found

    def quantifier(self, node: Quantifier, result: bool | Halt, trace: dict[str, Json]) -> None:
        trace["step"] = node.name
        trace["over"] = self.of(node.source)
        items = outcome(node.source, self.frame)
        if isinstance(items, Halt):
            if isinstance(items, UnknownFact):
                trace["reasons"] = self.reasons.of(node.source)
            return
        trace["items"] = len(items)
        if not items:
            if isinstance(result, UnknownFact):
                trace["reasons"] = self.reasons.empty(node.source)
            return
        role, positions = self.cases(node, items, result, trace)
        if positions:
            trace["cases"] = [self.case(node, items, at, role, first=at == positions[0]) for at in positions]

    def cases(
        self, node: Quantifier, items: list[Any], result: bool | Halt, trace: dict[str, Json]
    ) -> tuple[str, list[int]]:
        """Which items to explain, and what they are: counterexamples, a witness, the nearest miss, ..."""
        if isinstance(result, Failure):
            return "error", self.alike(node, items, result)[:1]
        if isinstance(result, UnknownFact):
            unknown = self.alike(node, items, result)
            trace["unknown"] = len(unknown)
            return "unknown", [self.nearest(node, items, unknown)] if node.name == "exists" else unknown[:MAX_CASES]
        if node.name == "all":
            if result:
                return "example", [0]
            against = self.alike(node, items, False)
            trace["failed"] = len(against)
            return "counterexample", against[:MAX_CASES]
        if node.name == "exists" and result:
            return "witness", [self.witness(node, items)]
        held = self.alike(node, items, True) if node.name == "exists_one" else []
        trace["held"] = len(held)
        if held:
            return "witness", held[:MAX_CASES]
        return "nearest_miss", [self.nearest(node, items, list(range(len(items))))]

    def at(self, node: Quantifier, items: list[Any], position: int) -> Any:
        self.frame[node.slot] = items[position]
        return outcome(node.body, self.frame)

    def witness(self, node: Quantifier, items: list[Any]) -> int:
        body, slot, frame = node.body, node.slot, self.frame
        for position, item in enumerate(items):
            frame[slot] = item
            if outcome(body, frame) is True:
                return position
        raise AssertionError("an item was found before, and facts do not change")

    def alike(self, node: Quantifier, items: list[Any], result: bool | Halt) -> list[int]:
        return [at for at in range(len(items)) if _alike(self.at(node, items, at), result)]

    def nearest(self, node: Quantifier | Comprehension, items: list[Any], positions: list[int]) -> int:
        """The item that came closest: it matches the most equality keys, then fails the fewest other tests."""
        tests = node.body.operands if isinstance(node.body, Logic) and node.body.sign == "&&" else (node.body,)
        keyed = [(test, isinstance(test, Comparison) and test.sign in ("==", "in")) for test in tests]
        best: tuple[int, int, int] | None = None
        chosen = positions[0]
        for position in positions:
            self.frame[node.slot] = items[position]
            keys = failed = unknown = 0
            for test, is_key in keyed:
                part = outcome(test, self.frame)
                if part is True:
                    continue
                if isinstance(part, UnknownFact):
                    unknown += 1
                elif is_key:
                    keys += 1
                else:
                    failed += 1
            score = (keys, failed, unknown)
            if best is None or score < best:
                best, chosen = score, position
        return chosen

    def closest(self, node: Comprehension, items: list[Any]) -> Json:
        """Of a filter that leaves nothing, the item that failed the fewest tests, and those tests."""
        position = self.nearest(node, items, list(range(len(items))))
        path = self.item(node.source, position, items[position])
        self.frame[node.slot] = items[position]
        self.paths[node.slot] = path
        before, self.binding = self.binding, False
        because = self.step(node.body, False)
        self.binding = before
        return {"path": path, "because": because}

    def case(self, node: Quantifier, items: list[Any], position: int, role: str, *, first: bool) -> Json:
        """The trace of one item. The first one lends its items to the sentence; a mere example only if it is alone."""
        item = items[position]
        path = self.item(node.source, position, item)
        self.frame[node.slot] = item
        self.paths[node.slot] = path
        before = self.binding
        self.binding = before and first and (role != "example" or len(items) == 1)
        if self.binding:
            self.variables.setdefault(node.variable, item)
        held = _HELD.get(role)
        because = self.step(node.body, outcome(node.body, self.frame) if held is None else held)
        self.binding = before
        return {"role": role, "variable": node.variable, "position": position, "path": path, "because": because}

    def leaf(self, node: Node, result: bool | Halt, trace: dict[str, Json]) -> None:
        """A step that is explained by the facts it looked at, and by what a comparison computed from them."""
        if type(node) is Comparison:
            trace["step"] = "compare" if node.fact is None else "fact"
            trace["seen"] = [self.seen(leaf) for leaf in node.leaves]
            self.sides(node, trace)
        elif isinstance(node, Has):
            trace["step"] = "has"
            trace["path"] = f"{self.of(node.operand)}.{node.name}"
        else:
            trace["step"] = "value" if node.fact is None else "fact"
            trace["seen"] = [self.seen(leaf) for leaf in node.leaves]
        if isinstance(result, UnknownFact):
            trace["reasons"] = self.reasons.of(node)

    def named(self, node: Node, word: str) -> dict[str, Json]:
        """A fact held against a named constant: with its value, which the text does not show."""
        assert isinstance(node, Comparison)
        assert node.fact is not None
        trace: dict[str, Json] = {"text": node.text, "result": word, "step": "fact", "seen": [self.seen(node.fact)]}
        self.sides(node, trace)
        return trace

    def sides(self, node: Comparison, trace: dict[str, Json]) -> None:
        for side, operand in node.computed:
            trace[side] = self.value(operand)

    def seen(self, leaf: Node) -> Json:
        """One fact as it was; what was computed from several has no path of its own."""
        value = self.value(leaf)
        if type(leaf) is Reference:
            slot = leaf.slot
            path = leaf.tail if slot == FACTS else (self.paths[slot] or leaf.name) + leaf.tail
            return {"text": leaf.text, "path": path, "value": value}
        if isinstance(leaf, (Select, Index)):
            return {"text": leaf.text, "path": self.of(leaf), "value": value}
        return {"text": leaf.text, "value": value}

    def value(self, node: Node) -> Json:
        try:
            value = node.run(self.frame)
        except Halt:
            return None
        return value if node.write is None else node.write(value)


def _alike(part: Any, result: bool | Halt) -> bool:
    if isinstance(result, Failure):
        return isinstance(part, Failure)
    if isinstance(result, UnknownFact):
        return isinstance(part, UnknownFact)
    return part is result


_TELLERS: Mapping[type[Node], Callable[..., None]] = {
    Logic: _Walk.logic,
    Quantifier: _Walk.quantifier,
    Negation: _Walk.negation,
    Choice: _Walk.choice,
}
