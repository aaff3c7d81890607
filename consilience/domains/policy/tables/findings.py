"""Is a table whole and free of contradictions? Gaps, overlaps and rows that never answer, each with an example case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

from consilience.domains.policy.tables.partition import Column, bits, columns_of, runs
from consilience.domains.policy.tables.table import Hit, Table

AT_MOST = 5
"""Findings of one sort that are told; the others are only known to be there."""
MAX_STEPS = 200_000
"""How far a search for a gap goes where rows overlap. Without overlaps none is needed."""

Box = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Cases for which no row answers: a box of pieces, and one of its cases, as values of the inputs."""

    box: Box
    case: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows, by number, that both answer for a case."""

    first: int
    second: int
    case: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Silent:
    """A row, by number, that never answers: those before it, or its own cells, leave no case for it."""

    row: int
    before: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check of a table found. `too_hard` where a search had to be given up."""

    columns: tuple[Column, ...]
    gaps: tuple[Gap, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    overlapping: int = 0
    """Pairs of rows that overlap, all of them."""
    silent: tuple[Silent, ...] = ()
    too_hard: bool = False


class _TooHard(Exception):
    """The search ran out of steps."""


def check(table: Table) -> Findings:
    """Everything that is wrong with a table.

    1. Overlaps, where one row alone may answer: pairs of boxes that share a case.
    2. Rows that never answer, where the first one does.
    3. Gaps, where no default answers.
    """
    columns = columns_of(table)
    boxes = list(zip(*(column.masks for column in columns), strict=True))
    beside = _beside(columns, boxes)
    pairs = sum(rows.bit_count() for rows in beside) // 2
    overlaps: list[Overlap] = []
    if table.hit is Hit.UNIQUE:
        overlaps = _overlaps(columns, boxes, beside)
    try:
        silent = _silent(columns, boxes, beside) if table.hit is Hit.FIRST else []
        gaps = _gaps(columns, boxes, disjoint=pairs == 0) if table.default is None else []
    except _TooHard:
        return Findings(tuple(columns), (), tuple(overlaps), pairs, (), too_hard=True)
    return Findings(tuple(columns), tuple(gaps), tuple(overlaps), pairs, tuple(silent))


def _beside(columns: Sequence[Column], boxes: Sequence[Box]) -> list[int]:
    """For each row the others that share a case with it."""
    everybody = (1 << len(boxes)) - 1
    meeting = [_meeting(column) for column in columns]
    found = []
    for row, box in enumerate(boxes):
        rows = everybody & ~(1 << row)
        for by_mask, mask in zip(meeting, box, strict=True):
            rows &= by_mask[mask]
        found.append(rows)
    return found


def _meeting(column: Column) -> dict[int, int]:
    """For each distinct cell the rows whose cell shares a piece with it.

    Cells of numbers are runs of pieces; the rows along a run come from runs of doubled length, made once.
    """
    doubled = [column.rows_at]
    while 1 << len(doubled) <= column.size:
        last, step = doubled[-1], 1 << (len(doubled) - 1)
        doubled.append([last[at] | last[at + step] for at in range(len(last) - step)])
    found: dict[int, int] = {}
    for mask in set(column.masks):
        rows = 0
        for first, last_piece in runs(mask):
            level = (last_piece - first + 1).bit_length() - 1
            rows |= doubled[level][first] | doubled[level][last_piece - (1 << level) + 1]
        found[mask] = rows
    return found


def _overlaps(columns: Sequence[Column], boxes: Sequence[Box], beside: Sequence[int]) -> list[Overlap]:
    found: list[Overlap] = []
    for row, rows in enumerate(beside):
        for other in bits(rows >> (row + 1)):
            second = row + 1 + other
            shared = [one & two for one, two in zip(boxes[row], boxes[second], strict=True)]
            found.append(Overlap(row, second, _case(columns, shared)))
            if len(found) == AT_MOST:
                return found
    return found


def _silent(columns: Sequence[Column], boxes: Sequence[Box], beside: Sequence[int]) -> list[Silent]:
    """Rows that those before them leave nothing. A row larger than all that overlaps it has something for sure."""
    found: list[Silent] = []
    for row, box in enumerate(boxes):
        before = beside[row] & ((1 << row) - 1)
        if not before:
            continue
        parts = [tuple(one & two for one, two in zip(box, boxes[other], strict=True)) for other in bits(before)]
        if sum(map(_volume, parts)) >= _volume(box) and _Search(columns, parts, box).point() is None:
            found.append(Silent(row, tuple(bits(before))[:AT_MOST]))
            if len(found) == AT_MOST:
                break
    return found


def _gaps(columns: Sequence[Column], boxes: Sequence[Box], *, disjoint: bool) -> list[Gap]:
    """Boxes that no row covers. Where rows do not overlap there is a gap exactly when their sizes add up to less."""
    whole = tuple(column.full for column in columns)
    covered, found = list(boxes), list[Gap]()
    while len(found) < AT_MOST:
        if disjoint and sum(map(_volume, covered)) == _volume(whole):
            break
        point = _Search(columns, covered, whole).point()
        if point is None:
            break
        box = _grown(columns, covered, point)
        found.append(Gap(box, _case(columns, [1 << at for at in point])))
        covered.append(box)
    return found


def _volume(box: Box) -> int:
    return prod(mask.bit_count() for mask in box)


def _case(columns: Sequence[Column], box: Sequence[int]) -> tuple[Any, ...]:
    """The first case of a box."""
    return tuple(column.samples[(mask & -mask).bit_length() - 1] for column, mask in zip(columns, box, strict=True))


def _grown(columns: Sequence[Column], covered: Sequence[Box], point: Sequence[int]) -> Box:
    """The uncovered box around a case, made as wide as it goes, input by input."""
    box = [1 << at for at in point]
    for at in range(len(columns)):
        taken = 0
        for other in covered:
            if all(one & two for nth, (one, two) in enumerate(zip(box, other, strict=True)) if nth != at):
                taken |= other[at]
        box[at] = columns[at].full & ~taken
    return tuple(box)


class _Search:
    """Looks for a case of a box that none of some other boxes covers, input by input.

    Where the sizes of what is left add up to less than there is to cover, a case is there for sure, and the way to it
    leads through a piece where they add up to less again. Otherwise every group of pieces that the same boxes hold is
    tried once; what was found to be covered is remembered.
    """

    def __init__(self, columns: Sequence[Column], boxes: Sequence[Box], within: Box) -> None:
        self.boxes, self.within = boxes, within
        self.depth = len(columns)
        self.room = [prod(mask.bit_count() for mask in within[at:]) for at in range(self.depth + 1)]
        self.rest = [[prod(mask.bit_count() for mask in box[at:]) for at in range(self.depth + 1)] for box in boxes]
        self.whole = [
            sum(1 << nth for nth, box in enumerate(boxes) if box[at:] == within[at:]) for at in range(self.depth + 1)
        ]
        self.covered: set[tuple[int, int]] = set()
        self.steps = 0

    def point(self) -> list[int] | None:
        """A piece of each input, or None when everything is covered."""
        return self._from(0, (1 << len(self.boxes)) - 1)

    def _from(self, at: int, alive: int) -> list[int] | None:
        if alive & self.whole[at]:
            return None
        if not alive:
            return [(mask & -mask).bit_length() - 1 for mask in self.within[at:]]
        if (at, alive) in self.covered:
            return None
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _TooHard
        groups = self._groups(at, alive)
        short = min(groups, key=lambda rows: self._size(at + 1, rows))
        certain = self._size(at + 1, short) < self.room[at + 1]
        for rows in [short] if certain else sorted(groups, key=int.bit_count):
            found = self._from(at + 1, rows)
            if found is not None:
                return [groups[rows], *found]
        self.covered.add((at, alive))
        return None

    def _groups(self, at: int, alive: int) -> dict[int, int]:
        """Sets of boxes that hold the same pieces of an input, each with one such piece."""
        begin: dict[int, int] = {}
        end: dict[int, int] = {}
        for mask, rows in self._by_mask(at, alive).items():
            for first, last in runs(mask):
                begin[first] = begin.get(first, 0) | rows
                end[last + 1] = end.get(last + 1, 0) | rows
        groups: dict[int, int] = {}
        holding, within = 0, self.within[at]
        edges = sorted({0, within.bit_length(), *begin, *end})
        for first, past in pairwise(edges):
            holding = (holding & ~end.get(first, 0)) | begin.get(first, 0)
            pieces = within & ((1 << past) - (1 << first))
            if pieces:
                groups.setdefault(holding, (pieces & -pieces).bit_length() - 1)
        return groups

    def _by_mask(self, at: int, alive: int) -> dict[int, int]:
        found: dict[int, int] = {}
        for nth in bits(alive):
            mask = self.boxes[nth][at]
            found[mask] = found.get(mask, 0) | 1 << nth
        return found

    def _size(self, at: int, rows: int) -> int:
        return sum(self.rest[nth][at] for nth in bits(rows))
