"""Where a value comes from: paths such as `evidence.evaluation[1].roc_auc.low`, in the document's own positions."""

from __future__ import annotations

from typing import Any

from consilience.domains.policy.language.halts import Halt
from consilience.domains.policy.language.nodes import (
    FACTS,
    Binary,
    Call,
    Choice,
    Comprehension,
    Frame,
    Index,
    ListOf,
    Node,
    Reference,
    Select,
)


class Places:
    """The paths of steps while a trace is written; the variables' paths are set as the walk enters their items."""

    __slots__ = ("frame", "paths")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.paths: list[str] = [""] * len(frame)

    def start(self, node: Reference) -> str:
        """Where a reference begins: nothing for the facts themselves, the item's path for a variable."""
        return "" if node.slot == FACTS else self.paths[node.slot] or node.name

    def of(self, node: Node) -> str:
        """The path of a step's value; the step's own text where the value was computed."""
        if isinstance(node, Reference):
            return node.tail if node.slot == FACTS else (self.paths[node.slot] or node.name) + node.tail
        if isinstance(node, Comprehension) and node.name == "filter":
            return self.of(node.source)
        if isinstance(node, Select):
            return ".".join((self.of(node.operand), *node.path))
        if isinstance(node, Index):
            try:
                position = node.position.run(self.frame)
            except Halt:
                return node.text
            return self.item(node.operand, position) if position >= 0 else node.text
        return node.text

    def item(self, node: Node, position: int, value: Any = None) -> str:
        """The path of one item of a list, found again in the list it was taken from; `value` is the item, if at hand."""
        if isinstance(node, Reference):
            return f"{self.of(node)}[{position}]"
        try:
            if isinstance(node, Comprehension) and node.name == "filter" and type(value) is dict:
                for at, kept in enumerate(node.source.run(self.frame)):
                    if kept is value:  # a record of the document is one object, wherever it is listed
                        return self.item(node.source, at, value)
            return self._item(node, position)
        except (Halt, IndexError):  # no such list, or no such item in it; say what was asked for
            return f"{node.text}[{position}]"

    def _item(self, node: Node, position: int) -> str:
        match node:
            case Comprehension(name="filter"):
                return self._item(node.source, self._kept(node, position + 1)[position])
            case Comprehension():
                return self._mapped(node, position)
            case Binary(sign="+"):
                before = len(node.left.run(self.frame))
                inside = position < before
                return self._item(node.left, position) if inside else self._item(node.right, position - before)
            case Choice():
                return self._item(node.chosen if node.condition.run(self.frame) else node.otherwise, position)
            case ListOf() if position < len(node.items):
                return self.of(node.items[position])
            case Call(name="distinct"):
                wanted = node.run(self.frame)[position]
                return self._item(node.args[0], node.args[0].run(self.frame).index(wanted))
        return f"{self.of(node)}[{position}]"

    def _kept(self, node: Comprehension, enough: int) -> list[int]:
        kept: list[int] = []
        for at, item in enumerate(node.source.run(self.frame)):
            if len(kept) == enough:
                break
            self.frame[node.slot] = item
            if node.body.run(self.frame):
                kept.append(at)
        return kept

    def _mapped(self, node: Comprehension, position: int) -> str:
        origin = self._item(node.source, position)
        self.frame[node.slot] = node.source.run(self.frame)[position]
        self.paths[node.slot] = origin
        return self.of(node.body)
