"""The windows of a model: what was counted in each, in order and without a hole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.states import profile

if TYPE_CHECKING:
    from consilience.measure.engines.windows import Cut
    from consilience.measure.following.task import Followed
    from consilience.measure.states.profile import Profile


@dataclass(frozen=True)
class Window:
    """What was counted in one window; both are None where it has no row. The states are those of the task."""

    number: int
    start: str
    end: str
    states: Any
    columns: Profile | None

    @property
    def rows(self) -> int:
        return 0 if self.states is None else int(self.states.rows)


@dataclass(frozen=True)
class OverTime:
    """The states of all windows, in order and without a hole, and those of the reference.

    The states have the protected attributes: the `figures` of the task (`evaluate.figures` for two classes) make of those of any
    window, or range of windows, the whole report with its groups. `without_time` counts rows that lie in no window. `between`
    adds windows up, so that no range needs a second scan.
    """

    followed: Followed
    cut: Cut
    times: str | None
    windows: list[Window]
    without_time: int
    reference: Window
    own_reference: bool = True
    """Whether the reference is one of the windows."""
    kept: Profile | None = None
    """The profile that was kept and from which columns drift, without those of no interest."""
    kept_digest: str | None = None

    def between(self, start: str, end: str) -> Window:
        """All windows that begin at `start` or later, and before `end`, as one. BadInput where none has a row."""
        chosen = [one for one in self.windows if _at_least(one.start, start) and not _at_least(one.start, end)]
        states = [one.states for one in chosen if one.states is not None]
        columns = [one.columns for one in chosen if one.columns is not None]
        if not states:
            raise BadInput("windows", f"have no row from {start} to before {end}")
        return Window(
            chosen[0].number, chosen[0].start, chosen[-1].end, self.followed.merged(states), profile.merge_all(columns)
        )


def _at_least(one: str, other: str) -> bool:
    """Whether a window's start is at or after another: dates by their text, row numbers by their size."""
    if one.isdigit() != other.isdigit():
        raise WrongUse(f"{other!r} is not written as the windows begin, such as {one!r}")
    return (int(one) >= int(other)) if one.isdigit() else one >= other
