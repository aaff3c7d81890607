"""How lists are walked: `all`, `exists`, `exists_one`, `filter`, `map`, and what walking costs."""

from __future__ import annotations

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


def items_of(node: Quantifier | Comprehension) -> Run:
    """The items of a list, paid for; unknown when an open list that a quantifier walks is empty."""
    source = node.source.run
    unknown_if_empty = isinstance(node, Quantifier) and node.open

    def items(frame: Frame) -> list[Any]:
        found: list[Any] = source(frame)
        if unknown_if_empty and not found:
            raise UnknownFact
        left = frame[BUDGET] = frame[BUDGET] - len(found)
        if left < 0:
            spend(frame, 0)
        return found

    return items


def quantifier(node: Quantifier, *, stop: bool) -> Run:
    slot, body, items = node.slot, node.body.run, items_of(node)

    def step(frame: Frame) -> Any:
        halted: Halt | None = None
        for item in items(frame):
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
    verdicts = mapped(node)
    return lambda frame: sum(verdicts(frame)) == 1


def filtered(node: Comprehension) -> Run:
    """The items that pass. Nothing is absorbed: every item is looked at."""
    slot, body, items = node.slot, node.body.run, items_of(node)

    def step(frame: Frame) -> list[Any]:
        kept: list[Any] = []
        halted: Halt | None = None
        for item in items(frame):
            frame[slot] = item
            try:
                if body(frame):
                    kept.append(item)
            except Halt as halt:
                halted = worse(halted, halt)
        if halted is not None:
            raise halted
        return kept

    return step


def mapped(node: Quantifier | Comprehension) -> Run:
    """The body's value for each item. Nothing is absorbed here either."""
    slot, body, items = node.slot, node.body.run, items_of(node)

    def step(frame: Frame) -> list[Any]:
        found: list[Any] = []
        halted: Halt | None = None
        for item in items(frame):
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
