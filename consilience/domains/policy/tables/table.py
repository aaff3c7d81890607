"""A decision table: inputs on the left, rows that ask something of each, outputs on the right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from consilience.domains.inventory.rules import TIERS
from consilience.domains.policy.tables.cells import Cell
from consilience.domains.policy.tables.inputs import Input

TIER = "tier"
LEVELS = TIERS
"""Risk tiers, the lowest first."""


class Hit(StrEnum):
    """How rows answer: one row alone, the first that matches, or all that match."""

    UNIQUE = "unique"
    FIRST = "first"
    COLLECT = "collect"


@dataclass(frozen=True, slots=True)
class Output:
    """A column on the right. `values` are the only ones that it may have, where they are stated."""

    name: str
    title: Mapping[str, str]
    kind: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What a row asks of each input in turn, what it answers, and why, by language."""

    id: str
    cells: tuple[Cell, ...]
    then: Mapping[str, Any]
    reason: Mapping[str, str]
    line: int | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """A decision table that was read and checked. `default` answers where no row does."""

    name: str
    title: Mapping[str, str]
    hit: Hit
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rows: tuple[Row, ...]
    default: Row | None = None
    decides: str | None = None

    def row(self, number: int) -> Row:
        """A row by its number; the number after the last is the default's."""
        if number == len(self.rows) and self.default is not None:
            return self.default
        return self.rows[number]
