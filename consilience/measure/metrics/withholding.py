"""Which groups' figures are withheld, so that nobody reads in them, or gets by subtraction, what single people did.

1. A group with fewer rows than the smallest allowed is withheld.
2. Groups add up: the groups of an attribute set are split further by each other attribute, and all rows by each single one.
   Where exactly one term of such a sum (the whole or a part) is withheld, it could be got by subtraction, so the smallest
   term that is not withheld is withheld too; and again, until no sum has exactly one.
3. Several sums together can give away what no single one does. So the sums are solved as the linear equations that they
   are: as long as a withheld group has only one possible value, the smallest shown group beside it is withheld too, or
   beside another withheld one if it has none.
4. Where there are more attributes than a report crosses, single people can hide in a group of all attributes together, which no
   report names, and a group that has no row tells of the others. So, up to 600 such groups, the groups that are shown are held
   against them: as long as a small one has only one possible value, the smallest shown group that has rows of it is withheld too.

All rows together are always shown. A group that is all rows can therefore not be protected, and stays withheld only in name.
How many rows a group has is not withheld; what is protected is what these rows were labelled, scored and predicted. Nor is it
counted that labels are never fewer than none: bounds that follow from this are not looked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

import numpy as np

from consilience.measure.metrics.counts import Group
from consilience.measure.metrics.figure import Reason

WITHHOLD_NOTHING = 1
"""The default: a report is first read by those who hold the rows. Whoever passes it on says a minimum."""

MANY_WITHHELD = 600
Attributes = tuple[int, ...]
Term = tuple[Attributes, Group]
ALL_ROWS: Term = ((), ())


def withheld(
    sizes: Mapping[Attributes, Mapping[Group, int]], *, minimum: int, finest: Mapping[Group, int] | None = None
) -> dict[Term, Reason]:
    """The withheld groups with the reason, from the rows of every group of every attribute set that is reported.

    `finest` are the rows of the groups of all attributes together, where those are no set that is reported.
    """
    rows = {(attributes, group): size for attributes, of in sizes.items() for group, size in of.items()}
    found = {term: Reason.SMALL_GROUP_WITHHELD for term, size in rows.items() if size < minimum}
    sums = _Sums(rows)
    if found:
        _solve(sums, rows, found)
    if finest is not None and len(finest) <= MANY_WITHHELD and min(finest.values(), default=minimum) < minimum:
        _hold_against(finest, sums, rows, found, minimum)
    return found


def _solve(sums: _Sums, rows: Mapping[Term, int], found: dict[Term, Reason]) -> None:
    """Withhold more, until no withheld group follows from what is shown (steps 2 and 3)."""
    sums.protect(found, found)
    if (
        len(found) > MANY_WITHHELD
    ):  # too many to solve: intersections are withheld whole, and singles alone need no solving
        more = [term for term in rows if len(term[0]) > 1 and term not in found]
        found |= dict.fromkeys(more, Reason.WITHHELD_FOR_ANOTHER)
        sums.protect(found, found)
        return
    hopeless: set[Term] = set()
    while True:
        known = next((term for term in sums.determined(found) if term not in hopeless), None)
        if known is None:
            return
        beside = sums.smallest_shown(sums.of[known], found)
        if beside is None:  # it follows from sums further away
            beside = sums.smallest_shown({number for term in found for number in sums.of[term]}, found)
        if beside is None:
            hopeless.add(known)
        else:
            found[beside] = Reason.WITHHELD_FOR_ANOTHER
            sums.protect([beside], found)


def _hold_against(
    finest: Mapping[Group, int], sums: _Sums, rows: Mapping[Term, int], found: dict[Term, Reason], minimum: int
) -> None:
    """Withhold more, until no small group follows from what is shown and from which finest groups there are (step 4)."""
    cells = list(finest)
    part = {term: np.array([_within(cell, term) for cell in cells]) for term in rows}
    everyone = np.ones(len(cells), dtype=np.bool_)
    small = [of for term, of in part.items() if rows[term] < minimum]
    small += [
        of for of, size in zip(np.eye(len(cells), dtype=np.bool_), finest.values(), strict=True) if size < minimum
    ]
    small = [of for of in small if not of.all()]
    while True:
        shown = [term for term in rows if term not in found]
        told = np.array([everyone, *(part[term] for term in shown)], dtype=np.float64)
        _, values, vectors = np.linalg.svd(told, full_matrices=True)
        free = vectors[int((values > 1e-9).sum()) :]
        known = [of for of in small if np.abs(free @ of).max(initial=0.0) < 1e-9]
        if not known:
            return
        # One beside each at a time; where none shown has rows of it, it follows from others.
        beside = {
            min((term for term in shown if (part[term] & of).any()), key=sums.order, default=min(shown, key=sums.order))
            for of in known
        }
        found |= dict.fromkeys(sorted(beside, key=sums.order), Reason.WITHHELD_FOR_ANOTHER)
        sums.protect(beside, found)


def _within(cell: Group, term: Term) -> bool:
    return all(cell[attribute] == value for attribute, value in zip(*term, strict=True))


class _Sums:
    """Every "this group is the sum of those" among the groups: each a list of terms, the whole first."""

    def __init__(self, rows: Mapping[Term, int]) -> None:
        self._rows = rows
        parts: dict[tuple[Term, int], list[Term]] = {}
        for attributes, group in rows:
            for place, attribute in enumerate(attributes):
                whole = (attributes[:place] + attributes[place + 1 :], group[:place] + group[place + 1 :])
                parts.setdefault((whole, attribute), []).append((attributes, group))
        self.sums = [[whole, *of] for (whole, _), of in parts.items() if whole in rows or whole == ALL_ROWS]
        self.of: dict[Term, list[int]] = {}
        for number, terms in enumerate(self.sums):
            for term in terms:
                self.of.setdefault(term, []).append(number)

    def protect(self, changed: Iterable[Term], found: dict[Term, Reason]) -> None:
        """Withhold more, until no sum has exactly one withheld term (step 2)."""
        waiting = deque(number for term in sorted(changed, key=self.order) for number in self.of[term])
        while waiting:
            number = waiting.popleft()
            if sum(term in found for term in self.sums[number]) == 1:
                beside = self.smallest_shown([number], found)
                if beside is not None:
                    found[beside] = Reason.WITHHELD_FOR_ANOTHER
                    waiting.extend(self.of[beside])

    def smallest_shown(self, numbers: Iterable[int], found: Mapping[Term, Reason]) -> Term | None:
        """The smallest term of these sums that is shown and may be withheld."""
        shown = [t for n in numbers for t in self.sums[n] if t not in found and t != ALL_ROWS]
        return min(shown, key=self.order, default=None)

    def determined(self, found: Mapping[Term, Reason]) -> list[Term]:
        """The withheld terms that have only one possible value given all that is shown (step 3)."""
        place = {term: number for number, term in enumerate(sorted(found, key=self.order))}
        used = sorted({number for term in found for number in self.of[term]})
        matrix = np.zeros((len(used), len(place)))
        for row, number in enumerate(used):
            for position, term in enumerate(self.sums[number]):
                if term in place:
                    matrix[row, place[term]] = -1.0 if position == 0 else 1.0
        _, values, vectors = np.linalg.svd(matrix, full_matrices=True)
        free = vectors[int((values > 1e-9).sum()) :]
        fixed = np.abs(free).max(axis=0, initial=0.0) < 1e-9
        return [term for term, number in place.items() if fixed[number]]

    def order(self, term: Term) -> tuple[object, ...]:
        """The smallest first."""
        attributes, group = term
        return self._rows[term], attributes, tuple((value is not None, value or "") for value in group)
