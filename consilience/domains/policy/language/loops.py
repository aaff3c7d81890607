"""How lists are walked: `all`, `exists`, `exists_one`, `filter`, `map`, and what walking costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from consilience.domains.policy.language.halts import Halt, TooCostly, UnknownFact, worse
from consilience.domains.policy.language.nodes import BUDGET, Comprehension, Frame, Quantifier, Run

MAX_STEPS = 1_000_000
"""Items looked at in one evaluation. A rule that needs more ends in an error, never in a long wait."""


def spend(frame: Frame, steps: int) -> None:
    """Pay for looking at so many items."""
    frame[BUDGET] -= steps
    if frame[BUDGET] < 0:
        raise TooCostly(f"the rule needs more than {MAX_STEPS:,} steps over these facts")


def items_of(node: Quantifier | Comprehension, frame: Frame) -> list[Any]:
    """The items of a list, paid for; unknown when an open list that a quantifier walks is empty."""
    items: list[Any] = node.source.run(frame)
    if not items and isinstance(node, Quantifier) and node.open:
        raise UnknownFact
    frame[BUDGET] -= len(items)
    if frame[BUDGET] < 0:
        spend(frame, 0)
    return items


def quantifier(node: Quantifier, *, stop: bool) -> Run:
    slot, body = node.slot, node.body.run

    def step(frame: Frame) -> Any:
        halted: Halt | None = None
        for item in items_of(node, frame):
            frame[slot] = item
            try:
                if body(frame) is stop:
                    return stop
            except Halt as halt:
                halted = worse(halted, halt)
        if halted is not None:
            raise halted
        return not stop

    return step


def exists_one(node: Quantifier) -> Run:
    verdicts = _verdicts(node)
    return lambda frame: sum(verdicts(frame, items_of(node, frame))) == 1


def filtered(node: Comprehension) -> Run:
    verdicts = _verdicts(node)

    def step(frame: Frame) -> list[Any]:
        items = items_of(node, frame)
        return [item for item, keep in zip(items, verdicts(frame, items), strict=True) if keep]

    return step


def mapped(node: Comprehension) -> Run:
    verdicts = _verdicts(node)
    return lambda frame: verdicts(frame, items_of(node, frame))


def _verdicts(node: Quantifier | Comprehension) -> Callable[[Frame, list[Any]], list[Any]]:
    """The body's value for each item. Nothing is absorbed: these look at every item."""
    slot, body = node.slot, node.body.run

    def step(frame: Frame, items: list[Any]) -> list[Any]:
        found: list[Any] = []
        halted: Halt | None = None
        for item in items:
            frame[slot] = item
            try:
                found.append(body(frame))
            except Halt as halt:
                halted = worse(halted, halt)
        if halted is not None:
            raise halted
        return found

    return step


def remembered(run: Run, memo: int) -> Run:
    """A list that is the same wherever it is asked for over one set of facts: computed once, also for the trace."""

    def step(frame: Frame) -> Any:
        kept = frame[memo]
        if kept is None:
            kept = frame[memo] = run(frame)
        return kept

    return step
