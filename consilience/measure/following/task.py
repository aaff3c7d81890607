"""What is followed over time: the roles of the columns, which changes are too small to matter, and what every task can say of a window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self, TypedDict

from consilience.kit.canonical import Json
from consilience.measure.metrics.jumps import LEAST_JUMP

if TYPE_CHECKING:
    from consilience.measure.engines.sources import Source
    from consilience.measure.metrics.figure import Figure
    from consilience.measure.metrics.mean_sequences import Moments
    from consilience.measure.task import Task

Share = tuple[int, int]
"""How many rows of how many."""


class Roles(TypedDict, total=False):
    """What the columns of the rows are, and which rows are meant, as `make_plan` takes them."""

    label: str | None
    score: str | None
    prediction: str | None
    protected: Iterable[str]
    threshold: float | None
    positive: object
    where: Iterable[tuple[str, object]]


@dataclass(frozen=True)
class Within:
    """Changes that are too small to matter: of a rate, of the share of rows that moved to other bins, of one value's share.

    `error` is of an error in units of the label, as a share of the reference's mean absolute error.
    """

    rate: float = 0.02
    moved: float = 0.1
    share: float = LEAST_JUMP
    error: float = 0.1

    def as_json(self) -> Json:
        return {"rate": self.rate, "moved": self.moved, "share": self.share, "error": self.error}


class Followed(Protocol):
    """A model of some task: what is counted of it in a window, and what the counts say. States are those of its folder."""

    @property
    def task(self) -> Task: ...

    @property
    def label(self) -> str | None: ...

    @property
    def where(self) -> tuple[tuple[str, str], ...]:
        """The filter, which is applied before rows are put into windows."""
        ...

    def learned(self, reference: Source, whole: Source, /) -> Self:
        """The same, with whatever must be known before counting learned from a reference, or where that says nothing from all rows."""
        ...

    def knowing(self, states: Sequence[Any], /) -> Self:
        """The same, with what only the states of all windows say, those of the reference first."""
        ...

    def folder(self, source: Source, /) -> Any:
        """What counts the rows of a window, without the filter."""
        ...

    def merged(self, states: Iterable[Any], /) -> Any:
        """The states of several windows together."""
        ...

    def to_come(self, states: Any, /) -> int:
        """How many rows have no label yet."""
        ...

    def figures(self, states: Any, /) -> dict[str, dict[str, Figure]]:
        """The figures of all rows of a window, by part. No name is in two parts."""
        ...

    def gaps(self, states: Any, /) -> dict[str, dict[str, Figure]]:
        """By protected attribute, how far apart its groups are."""
        ...

    def least(self, name: str, base: Figure, within: Within, /) -> float | None:
        """The change of a figure from which on it matters; None for a figure of which neither more nor less is worse."""
        ...

    def rates(self, states: Any, /) -> dict[str, Share]:
        """The rates that are watched."""
        ...

    def means(self, states: Any, /) -> dict[str, Moments]:
        """The means that are watched, in units of the label; a mean that cannot be told has no rows."""
        ...
