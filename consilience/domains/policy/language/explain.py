"""Why an expression came out as it did: the steps that decided, the facts they saw, and what was missing.

The evaluation itself keeps no notes. Expressions are pure and total, so the deciding path is walked again afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.policy.language.expression import Answer, Expression, State
from consilience.domains.policy.language.facts import Facts
from consilience.domains.policy.language.halts import (
    Failure,
    Halt,
    TooCostly,
    UnknownFact,
)
from consilience.domains.policy.language.loops import MAX_STEPS
from consilience.domains.policy.language.nodes import (
    BUDGET,
    Choice,
    Comparison,
    Frame,
    Has,
    Index,
    Literal,
    Logic,
    Negation,
    Node,
    Quantifier,
    Reference,
    Select,
)
from consilience.domains.policy.language.places import Places
from consilience.domains.policy.language.reasons import Reasons, outcome
from consilience.domains.policy.language.values import to_json
from consilience.kit.canonical import Json

MAX_CASES = 3
"""Counterexamples that are explained for one quantifier; the others are counted."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The trace, the reasons of an unknown, and the items that the deciding quantifiers stood at, by variable."""

    trace: Json
    reasons: tuple[Json, ...]
    variables: Mapping[str, Any]


def explain(expression: Expression, facts: Facts, answer: Answer) -> Explanation:
    """The explanation of an answer that `evaluate` gave for a rule (an expression with a truth value)."""
    frame = expression.frame(facts)
    frame[BUDGET] = 20 * MAX_STEPS  # at most a few walks per level of nesting; never the limit in practice
    walk = _Walk(frame)
    result: bool | Halt
    if answer.state is State.VALUE:
        result = bool(answer.value)
    elif answer.state is State.UNKNOWN:
        result = UnknownFact()
    else:
        result = outcome(expression.root, expression.frame(facts))  # the failure itself, to be found again below
    trace = walk.step(expression.root, result)
    return Explanation(trace, tuple(walk.reasons.found), walk.variables)


class _Walk:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.places = Places(frame)
        self.reasons = Reasons(frame, self.places)
        self.variables: dict[str, Any] = {}
        self.binding = True

    def step(self, node: Node, result: bool | Halt) -> dict[str, Json]:
        """The trace of one step whose result is known."""
        trace: dict[str, Json] = {
            "text": node.text,
            "at": [node.start, node.end],
            "result": _word(result),
        }
        if isinstance(result, Failure):
            trace["error"] = str(result)
            if isinstance(result, TooCostly):
                return trace
        if isinstance(node, Logic):
            trace["step"] = "and" if node.sign == "&&" else "or"
            trace["because"] = self.operands(node, result)
        elif isinstance(node, Quantifier):
            trace["step"] = node.name
            self.quantifier(node, result, trace)
        elif isinstance(node, Negation):
            trace["step"] = "not"
            trace["because"] = [self.step(node.operand, result if isinstance(result, Halt) else not result)]
        elif isinstance(node, Choice):
            trace["step"] = "choice"
            trace["because"] = self.choice(node, result)
        else:
            self.leaf(node, result, trace)
        return trace

    def operands(self, node: Logic, result: bool | Halt) -> list[Json]:
        """The operands that made it so: all of them, or those that share the result."""
        stop = node.sign == "||"
        if result is (not stop):
            return [self.step(operand, result) for operand in node.operands]
        found: list[Json] = []
        for operand in node.operands:
            part = outcome(operand, self.frame)
            if _alike(part, result):
                found.append(self.step(operand, part))
        return found

    def choice(self, node: Choice, result: bool | Halt) -> list[Json]:
        condition = outcome(node.condition, self.frame)
        found: list[Json] = [self.step(node.condition, condition)]
        if not isinstance(condition, Halt):
            found.append(self.step(node.chosen if condition else node.otherwise, result))
        return found

    def quantifier(self, node: Quantifier, result: bool | Halt, trace: dict[str, Json]) -> None:
        over: dict[str, Json] = {
            "text": node.source.text,
            "path": self.places.of(node.source),
        }
        trace["over"] = over
        items = outcome(node.source, self.frame)
        if isinstance(items, Halt):
            if isinstance(items, UnknownFact):
                trace["reasons"] = self.reasons.of(node.source)
            return
        over["items"] = len(items)
        if not items:
            if isinstance(result, UnknownFact):
                trace["reasons"] = self.reasons.empty(node.source)
            return
        role, positions = self.cases(node, items, result, trace)
        if positions:
            trace["cases"] = [self.case(node, items, at, role, first=at == positions[0]) for at in positions]

    def cases(
        self,
        node: Quantifier,
        items: list[Any],
        result: bool | Halt,
        trace: dict[str, Json],
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
            return "witness", [next(at for at in range(len(items)) if self.at(node, items, at) is True)]
        held = self.alike(node, items, True) if node.name == "exists_one" else []
        trace["held"] = len(held)
        if held:
            return "witness", held[:MAX_CASES]
        return "nearest_miss", [self.nearest(node, items, list(range(len(items))))]

    def at(self, node: Quantifier, items: list[Any], position: int) -> Any:
        self.frame[node.slot] = items[position]
        return outcome(node.body, self.frame)

    def alike(self, node: Quantifier, items: list[Any], result: bool | Halt) -> list[int]:
        return [at for at in range(len(items)) if _alike(self.at(node, items, at), result)]

    def nearest(self, node: Quantifier, items: list[Any], positions: list[int]) -> int:
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

    def case(
        self,
        node: Quantifier,
        items: list[Any],
        position: int,
        role: str,
        *,
        first: bool,
    ) -> Json:
        """The trace of one item. The first one lends its items to the sentence; a mere example only if it is alone."""
        path = self.places.item(node.source, position)
        self.frame[node.slot] = items[position]
        self.places.set(node.slot, path)
        before = self.binding
        self.binding = before and first and (role != "example" or len(items) == 1)
        if self.binding:
            self.variables.setdefault(node.variable, items[position])
        because = self.step(node.body, outcome(node.body, self.frame))
        self.binding = before
        return {
            "role": role,
            "variable": node.variable,
            "position": position,
            "path": path,
            "because": because,
        }

    def leaf(self, node: Node, result: bool | Halt, trace: dict[str, Json]) -> None:
        if isinstance(node, Comparison):
            trace["step"] = "compare"
            trace["left"], trace["right"] = (
                self.value(node.left),
                self.value(node.right),
            )
        elif isinstance(node, Has):
            trace["step"] = "has"
            trace["path"] = f"{self.places.of(node.operand)}.{node.name}"
        else:
            trace["step"] = "value"
        if node.leaves and not isinstance(node, Has):
            trace["seen"] = [self.seen(leaf) for leaf in node.leaves]
        if isinstance(result, UnknownFact):
            trace["reasons"] = self.reasons.of(node)

    def seen(self, leaf: Node) -> Json:
        """One fact as it was; what was computed from several has no path of its own."""
        if isinstance(leaf, (Reference, Select, Index)):
            return {
                "text": leaf.text,
                "path": self.places.of(leaf),
                "value": self.value(leaf),
            }
        return {"text": leaf.text, "value": self.value(leaf)}

    def value(self, node: Node) -> Json:
        if isinstance(node, Literal):
            return to_json(node.value, node.type)
        found = outcome(node, self.frame)
        return None if isinstance(found, Halt) else to_json(found, node.type)


def _alike(part: Any, result: bool | Halt) -> bool:
    if isinstance(result, Failure):
        return isinstance(part, Failure)
    if isinstance(result, UnknownFact):
        return isinstance(part, UnknownFact)
    return part is result


def _word(result: bool | Halt) -> str:
    if isinstance(result, Halt):
        return "unknown" if isinstance(result, UnknownFact) else "error"
    return "true" if result else "false"
