"""How far predictions of a number were off, by group: sums of fixed point and a histogram, in integers that add up.

Labels and predictions are counted in *units*: v = round((x - origin) / 2^unit), rounded once a row; the residual is
e = v(prediction) - v(label). All sums are exact, so two states merge to the same bytes in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import reduce
from typing import Any

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.plan import MAX_PROTECTED
from consilience.measure.states.cube import check_groups
from consilience.measure.values import group_order

UNIT_BITS = 40
"""The spread of the labels is this many bits of units wide."""
LARGEST_UNITS = 1 << 59
FINE_BITS = 20
"""Squares, for the spread of squares, are counted in 2^-20 of what is typical."""
RATIO_BITS = 40
LARGEST_RATIO = 1 << 60
"""|e| / |y| is counted in 2^-40, up to 2^20."""

Group = tuple[str | None, ...]


@dataclass(frozen=True)
class ResidualScale:
    """How residuals are counted. Learned once, from the reference, then stored.

    `edges` are sizes of residuals in units, rising from 1: bin i holds edges[i - 1] <= |e| < edges[i], bin 0 the residuals of 0
    exactly. `error_bits` is the size of a typical residual in bits of units.
    """

    origin: float
    unit: int
    error_bits: int
    edges: tuple[int, ...]


UNKNOWN_SCALE = ResidualScale(0.0, -UNIT_BITS, FINE_BITS, (1,))
"""The scale of a source that has no label with a prediction: nothing could be learned."""


@dataclass(frozen=True)
class ResidualPlan:
    """Columns of the label, the prediction and the protected attributes; how residuals are counted; which rows."""

    label: str
    prediction: str
    scale: ResidualScale
    protected: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ResidualTally:
    """What is added up over the rows of a group.

    `no_label` and `no_prediction` count rows without one (a row may lack both); `beyond` rows too far away for the scale:
    where there is one, no mean can be told. The other numbers are over the rest, the `counted` rows. `over` and `under` are
    the bins of |e| where the prediction is too high (or right), and where it is too low; `most_over` and `most_under` the
    largest of either. `y`, `p`, `yy`, `pp`, `yp` and `size` are the sums of v(label), v(prediction), their products and |e|.
    `ee4`, `eey2`, `eey`, `y4`, `y3` are sums of products of the coarse e^2, y^2 and y. `ratio` and `ratio2` are the sums of
    |e| / |label| and its square, over the rows whose label is not 0; `zeros` counts those where it is 0, or too near to it.
    """

    rows: int
    no_label: int
    no_prediction: int
    beyond: int
    over: tuple[int, ...]
    under: tuple[int, ...]
    most_over: int
    most_under: int
    y: int
    p: int
    yy: int
    pp: int
    yp: int
    size: int
    ee4: int
    eey2: int
    eey: int
    y4: int
    y3: int
    ratio: int
    ratio2: int
    zeros: int

    def __add__(self, other: ResidualTally) -> ResidualTally:
        made: dict[str, Any] = {
            name: max(getattr(self, name), getattr(other, name))
            if name in ("most_over", "most_under")
            else tuple(map(int.__add__, getattr(self, name), getattr(other, name)))
            if name in ("over", "under")
            else getattr(self, name) + getattr(other, name)
            for name in NAMES
        }
        return ResidualTally(**made)

    @property
    def counted(self) -> int:
        """Rows with a label and a prediction that take part in the sums."""
        return sum(self.over) + sum(self.under)

    @property
    def ee(self) -> int:
        """The sum of squared residuals, in squared units. Exact, since e = v(prediction) - v(label)."""
        return self.yy + self.pp - 2 * self.yp


NAMES = tuple(one.name for one in fields(ResidualTally))
SUMS = ("y", "p", "yy", "pp", "yp", "size", "ee4", "eey2", "eey", "y4", "y3", "ratio", "ratio2")


@dataclass(frozen=True)
class Residuals:
    """What was counted: the plan, and a tally for each group, in the order of the groups' values."""

    plan: ResidualPlan
    groups: tuple[tuple[Group, ResidualTally], ...]

    @property
    def rows(self) -> int:
        return sum(tally.rows for _, tally in self.groups)


def merge(one: Residuals, other: Residuals) -> Residuals:
    """The states of both sets of rows. Associative and commutative, byte for byte; BadInput for different plans."""
    if one.plan != other.plan:
        raise BadInput("residuals", "cannot be added: they were counted by different plans")
    added = dict(one.groups)
    for group, tally in other.groups:
        added[group] = added[group] + tally if group in added else tally
    check_groups(one.plan.protected, added)
    return Residuals(one.plan, tuple(sorted(added.items(), key=lambda item: group_order(item[0]))))


def merge_all(found: Iterable[Residuals]) -> Residuals:
    """The states of all the sets of rows together; at least one is expected."""
    return reduce(merge, found)


def nothing(bins: int) -> ResidualTally:
    """The tally of no row, for so many bins."""
    none: dict[str, Any] = dict.fromkeys(NAMES, 0)
    return ResidualTally(**{**none, "over": (0,) * bins, "under": (0,) * bins})


def check(plan: ResidualPlan) -> None:
    """Refuse a plan that cannot be meant."""
    named = [plan.label, plan.prediction, *plan.protected]
    if len(set(named)) != len(named):
        raise WrongUse(f"label, prediction and protected attributes need columns of their own, got {named}")
    if len(plan.protected) > MAX_PROTECTED:
        raise BadInput("protected", f"names {len(plan.protected)} columns; at most {MAX_PROTECTED} can be crossed")
    if any(" x " in name for name in plan.protected):
        raise BadInput("protected", "the name of a protected attribute may not contain ' x '; rename the column")
