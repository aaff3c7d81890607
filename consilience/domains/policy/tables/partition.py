"""A table cut into pieces: each input falls into a few pieces within which no cell can tell two values apart.

A cell is then a set of pieces and a row a box, so that gaps and overlaps are found by set arithmetic over boxes and never
by trying the product of all values. Sets of pieces and of rows are whole numbers, bit by bit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from consilience.domains.policy.tables.cells import Among, Anything, Asked, Cell, Cut, Members, Span, Spans
from consilience.domains.policy.tables.inputs import Choice, Line, Universe
from consilience.domains.policy.tables.table import Table

MAX_PIECES = 20_000


class TooManyPieces(Exception):
    """An input whose cells tell more values apart than a check can go through."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


class OtherText(str):
    """A text besides those that the domain names, as an example of it."""

    __slots__ = ()


@dataclass(slots=True)
class Column:
    """One input: a sample of each piece, the pieces of each row's cell, and the rows at each piece.

    `spans` are the pieces of a number, in order.
    """

    samples: tuple[Any, ...]
    masks: tuple[int, ...]
    rows_at: list[int]
    spans: tuple[Span, ...] = ()

    @property
    def size(self) -> int:
        return len(self.samples)

    @property
    def full(self) -> int:
        return (1 << len(self.samples)) - 1


def columns_of(table: Table) -> list[Column]:
    """The columns of a table. TooManyPieces names an input that cannot be gone through."""
    made = []
    for at, source in enumerate(table.inputs):
        cells = [row.cells[at] for row in table.rows]
        domain = source.domain
        if isinstance(domain, Line):
            column = _line(domain, cells)
        elif isinstance(domain, Universe):
            column = _universe(domain, cells, source.name)
        else:
            column = _choice(domain, cells)
        if column.size > MAX_PIECES:
            raise TooManyPieces(source.name)
        made.append(column)
    return made


def bits(mask: int) -> Iterator[int]:
    """The positions of the bits that are set, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def runs(mask: int) -> Iterator[tuple[int, int]]:
    """The unbroken runs of set bits, as first and last position."""
    at = 0
    while mask:
        zeros = (mask & -mask).bit_length() - 1
        mask >>= zeros
        at += zeros
        ones = (~mask & (mask + 1)).bit_length() - 1
        yield at, at + ones - 1
        mask >>= ones
        at += ones


def _column(
    samples: Sequence[Any], cells: Sequence[Cell], by_cell: dict[Cell, int], spans: Sequence[Span] = ()
) -> Column:
    masks = tuple(by_cell[cell] for cell in cells)
    return Column(tuple(samples), masks, _rows_at(len(samples), masks), tuple(spans))


def _rows_at(size: int, masks: Sequence[int]) -> list[int]:
    """Which rows hold each piece: a sweep over where the runs of their cells begin and end."""
    rows_with: dict[int, int] = {}
    for row, mask in enumerate(masks):
        rows_with[mask] = rows_with.get(mask, 0) | 1 << row
    begin, end = [0] * (size + 1), [0] * (size + 1)
    for mask, rows in rows_with.items():
        for first, last in runs(mask):
            begin[first] |= rows
            end[last + 1] |= rows
    made, alive = [], 0
    for piece in range(size):
        alive = (alive & ~end[piece]) | begin[piece]
        made.append(alive)
    return made


def _choice(domain: Choice, cells: Sequence[Cell]) -> Column:
    samples = [*domain.values, *([OtherText(another(domain.values))] if domain.others else [])]
    full, position = (1 << len(samples)) - 1, {value: at for at, value in enumerate(domain.values)}
    by_cell: dict[Cell, int] = {}
    for cell in set(cells):
        mask = full
        if isinstance(cell, Among):
            mask = sum(1 << position[value] for value in set(cell.values))
            mask = full & ~mask if cell.negated else mask
        by_cell[cell] = mask
    return _column(samples, cells, by_cell)


def another(values: Sequence[Any]) -> str:
    """A text that is none of these."""
    text = "something else"
    while text in values:
        text += "…"
    return text


def _line(domain: Line, cells: Sequence[Cell]) -> Column:
    distinct = set(cells)
    cuts: set[Cut] = set(domain.span)
    for cell in distinct:
        if isinstance(cell, Spans):
            cuts.update(cut for span in cell.spans for cut in span if domain.span[0] <= cut <= domain.span[1])
    ordered = sorted(cuts)
    pieces = [piece for piece in pairwise(ordered) if domain.holds_any(piece)]
    starts = [low for low, _high in pieces]
    full = (1 << len(pieces)) - 1
    by_cell: dict[Cell, int] = {}
    for cell in distinct:
        mask = 0
        for low, high in cell.spans if isinstance(cell, Spans) else ():
            first, past = bisect_left(starts, low), bisect_left(starts, high)
            mask |= (1 << past) - (1 << first) if past > first else 0
        by_cell[cell] = mask if isinstance(cell, Spans) else full
    return _column([domain.sample(piece) for piece in pieces], cells, by_cell, pieces)


_FALSE_AT_FIRST = (Asked.ANY_OF, Asked.NOT_EMPTY)
"""What is false of a list of which no member was looked at yet; everything else holds until something breaks it."""


def _universe(domain: Universe, cells: Sequence[Cell], name: str) -> Column:
    """Lists, told apart by what each distinct cell says of them.

    Members that occur in the same cells are one class, of which a list may hold none, one or all. Every cell's answer is
    an `or` or an `and` over the classes, so lists are told apart class by class and never one by one.
    """
    asked = [cell for cell in dict.fromkeys(cells) if isinstance(cell, Members)]
    classes: dict[tuple[bool, ...], list[str]] = {}
    for member in domain.members:
        classes.setdefault(tuple(member in cell.members for cell in asked), []).append(member)
    if domain.others:
        other = OtherText(another(domain.members))
        classes.setdefault(tuple(False for _ in asked), []).append(other)
    known: dict[int, tuple[str, ...]] = {
        sum(1 << at for at, cell in enumerate(asked) if cell.asked not in _FALSE_AT_FIRST): ()
    }
    for inside, members in classes.items():
        following: dict[int, tuple[str, ...]] = {}
        for held in sorted({0, 1, len(members)}):
            for state, sample in known.items():
                after = _after(state, asked, inside, held, len(members))
                if not following.get(after):  # an empty list says less than one with members
                    following[after] = (*sample, *members[:held])
        known = following
        if len(known) > MAX_PIECES:
            raise TooManyPieces(name)
    samples, states = [list(sample) for sample in known.values()], list(known)
    by_cell: dict[Cell, int] = {cell: (1 << len(samples)) - 1 for cell in cells if isinstance(cell, Anything)}
    for at, cell in enumerate(asked):
        by_cell[cell] = sum(1 << piece for piece, state in enumerate(states) if state >> at & 1)
    return _column(samples, cells, by_cell)


def _after(state: int, asked: Sequence[Members], inside: Sequence[bool], held: int, of: int) -> int:
    """What the cells say once it is known how many members of one class a list holds."""
    for at, (cell, named) in enumerate(zip(asked, inside, strict=True)):
        bit = 1 << at
        match cell.asked:
            case Asked.ANY_OF if named and held:
                state |= bit
            case Asked.NOT_EMPTY if held:
                state |= bit
            case Asked.ALL_OF if named and held < of:
                state &= ~bit
            case Asked.NONE_OF if named and held:
                state &= ~bit
            case Asked.ONLY if held and not named:
                state &= ~bit
            case Asked.EMPTY if held:
                state &= ~bit
    return state
