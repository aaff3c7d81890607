"""Why a step is unknown: which fact is missing, which list was not read, where there is no evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from consilience.domains.policy.language.halts import Halt, UnknownFact
from consilience.domains.policy.language.nodes import (
    FACTS,
    Choice,
    Comprehension,
    Frame,
    Logic,
    Node,
    Quantifier,
    Reference,
    Select,
    children,
    outcome,
)
from consilience.domains.policy.language.places import Places
from consilience.domains.policy.language.types import ListType
from consilience.kit.canonical import Json

Closest = Callable[[Comprehension, list[Any]], Json]
"""Tells of a filter that leaves nothing which item came closest."""
MAX_REASONS = 20
_MAX_ITEMS = 3


class Reasons:
    """Collects reasons, each once: `{"code", "path"}`, with `"where"` for a filter that leaves nothing, and since language 2
    the item that came closest, `"closest": {"path", "because"}`.

    Codes: `missing` a fact is not there; `not_read` a list whose source was not read; `no_evidence` an open list
    without items; `none_matching` an open list none of whose items passes the filter.
    """

    def __init__(self, frame: Frame, places: Places, closest: Closest | None = None) -> None:
        self.frame = frame
        self.places = places
        self.closest = closest
        self.found: list[Json] = []

    def of(self, node: Node) -> list[Json]:
        """The reasons of one step that is unknown, also kept with the others."""
        return self._keep(self._of(node))

    def empty(self, source: Node) -> list[Json]:
        """The reason of a quantifier over an empty open list."""
        return self._keep([self._empty(source)])

    def _keep(self, reasons: list[Json]) -> list[Json]:
        unique: list[Json] = []
        for reason in reasons[:MAX_REASONS]:
            if reason not in unique:
                unique.append(reason)
            if reason not in self.found and len(self.found) < MAX_REASONS:
                self.found.append(reason)
        return unique

    def _of(self, node: Node) -> list[Json]:
        if isinstance(node, Reference):
            return self._missing(node, self.frame[node.slot], self.places.start(node), node.path)
        if isinstance(node, Select):
            operand = outcome(node.operand, self.frame)
            if isinstance(operand, Halt):
                return self._of(node.operand)
            return self._missing(node, operand, self.places.of(node.operand), node.path)
        if isinstance(node, (Quantifier, Comprehension)):
            return self._walked(node)
        parts = children(node)
        if isinstance(node, Choice):
            condition = outcome(node.condition, self.frame)
            parts = (node.condition if isinstance(condition, Halt) else node.chosen if condition else node.otherwise,)
        unknown = [part for part in parts if isinstance(outcome(part, self.frame), UnknownFact)]
        if unknown or isinstance(node, Logic):
            return [reason for part in unknown for reason in self._of(part)]
        return [self._empty(part) for part in parts if isinstance(part.type, ListType) and part.type.open]

    def _walked(self, node: Quantifier | Comprehension) -> list[Json]:
        items = outcome(node.source, self.frame)
        if isinstance(items, Halt):
            return self._of(node.source)
        if not items:
            return [self._empty(node.source)]
        found: list[Json] = []
        cases = 0
        for position, item in enumerate(items):
            self.frame[node.slot] = item
            if isinstance(outcome(node.body, self.frame), UnknownFact):
                self.places.paths[node.slot] = self.places.item(node.source, position, item)
                self.frame[node.slot] = item
                found += self._of(node.body)
                cases += 1
                if cases == _MAX_ITEMS:
                    break
        return found

    def _missing(self, node: Node, value: Any, place: str, path: tuple[str, ...]) -> list[Json]:
        for at, name in enumerate(path, 1):
            place = f"{place}.{name}" if place else name
            if name not in value:
                source = isinstance(node, Reference) and node.slot == FACTS and isinstance(node.type, ListType)
                unread = source and at == len(path)
                return [{"code": "not_read" if unread else "missing", "path": place}]
            value = value[name]
        return []

    def _empty(self, source: Node) -> Json:
        if isinstance(source, Comprehension):
            items = outcome(source.source, self.frame)
            if source.name == "map" or items == []:
                return self._empty(source.source)
            reason = {"code": "none_matching", "path": self.places.of(source.source), "where": source.body.text}
            return {**reason, "closest": self.closest(source, items)} if self.closest is not None else reason
        return {"code": "no_evidence", "path": self.places.of(source)}
