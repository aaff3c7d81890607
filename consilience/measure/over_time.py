"""A model over time: every window's figures from one scan, against a reference window, with alarms that may be looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.classes import UNKNOWN
from consilience.measure.metrics import change, fairness
from consilience.measure.metrics.counts import RollUp
from consilience.measure.metrics.fairness import CALIBRATION, PERFORMANCE, RATES
from consilience.measure.metrics.figure import Reason
from consilience.measure.metrics.jumps import jumps
from consilience.measure.plan import Plan, make_plan
from consilience.measure.report import Report
from consilience.measure.report import report as called
from consilience.measure.states import cube, profile
from consilience.measure.watching import Within, watch

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Folder, Progress
    from consilience.measure.engines.windows import Cut
    from consilience.measure.states.cube import States
    from consilience.measure.states.profile import Profile

SCHEMA = "urn:consilience:over-time:1"
SCORE_ENTRIES = 16_000
EXACT_ROWS = 16_384
RATES_OF_GROUPS = {name: fairness.OF_GROUPS[name] for name in ("selection_rate", "tpr", "fpr", "accuracy")}
COMPARED = {"performance": PERFORMANCE, "calibration": CALIBRATION, "rates": RATES}


@dataclass(frozen=True)
class Window:
    """What was counted in one window; both are None where it has no row."""

    number: int
    start: str
    end: str
    states: States | None
    columns: Profile | None


@dataclass(frozen=True)
class OverTime:
    """The states of all windows, in order and without a hole, and those of the reference.

    The states have the protected attributes: `evaluate.figures` makes of those of any window, or range of windows, the whole
    report with its groups. `without_time` counts rows that lie in no window. `between` adds windows up, so that no range needs a second scan.
    """

    plan: Plan
    cut: Cut
    times: str | None
    windows: list[Window]
    without_time: int
    reference: Window
    own_reference: bool = field(default=True)
    """Whether the reference is one of the windows."""

    def between(self, start: str, end: str) -> Window:
        """All windows that begin at `start` or later, and before `end`, as one. BadInput where none has a row."""
        chosen = [one for one in self.windows if _at_least(one.start, start) and not _at_least(one.start, end)]
        states = [one.states for one in chosen if one.states is not None]
        columns = [one.columns for one in chosen if one.columns is not None]
        if not states:
            raise BadInput("windows", f"have no row from {start} to before {end}")
        return Window(
            chosen[0].number, chosen[0].start, chosen[-1].end, cube.merge_all(states), profile.merge_all(columns)
        )


def over_time(
    source: Any,
    *,
    by: str | int,
    time: str | None = None,
    zone: str = "UTC",
    label: str | None = None,
    score: str | None = None,
    prediction: str | None = None,
    protected: Iterable[str] = (),
    threshold: float | None = None,
    positive: object = None,
    where: Iterable[tuple[str, object]] = (),
    reference: Any = None,
    without: Collection[str] = (),
    within: Within | None = None,
    latency: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """The `over-time` report: for each window the figures, the drift and the change against the reference.

    `by` is "day", "week", "month" (of the column `time`), or a number of rows. Times with a zone are cut at midnight of
    `zone`; times without one are read as of `zone`. The reference is a source of its own, or else the first window that
    has rows. `without` are columns whose drift is of no interest. `within` says which changes are too small for an alarm.
    `latency` is a column of durations whose quantiles are of interest.
    """
    measured = measure_over_time(
        source, by=by, time=time, zone=zone, label=label, score=score, prediction=prediction, protected=protected,
        threshold=threshold, positive=positive, where=where, reference=reference, without=without, progress=progress,
    )  # fmt: skip
    return called(report(measured, within=within or Within(), latency=latency), source)


def measure_over_time(
    source: Any,
    *,
    by: str | int,
    time: str | None = None,
    zone: str = "UTC",
    label: str | None = None,
    score: str | None = None,
    prediction: str | None = None,
    protected: Iterable[str] = (),
    threshold: float | None = None,
    positive: object = None,
    where: Iterable[tuple[str, object]] = (),
    reference: Any = None,
    without: Collection[str] = (),
    score_entries: int = SCORE_ENTRIES,
    progress: Progress | None = None,
) -> OverTime:
    """The states of each window, from one scan; the reference's bins are learned from some of its rows before.

    `score_entries` is how many different (cell, score) pairs of a window are kept exactly.
    """
    from consilience.measure.engines import windows as engine
    from consilience.measure.engines.profiling import reopenable

    plan = make_plan(
        label=label, score=score, prediction=prediction, protected=protected, threshold=threshold, positive=positive,
        where=where, score_entries=score_entries,
    )  # fmt: skip
    opened = reopenable(source)
    cut = engine.make_cut(opened, by=by, time=time, zone=zone)
    left_out = [*without, *(column for column, _ in plan.where), *([time] if time else [])]
    found, own = _counted(opened, plan, cut, reference, left_out, progress)
    missing = found.pop(engine.NO_TIME, None)
    first, last = min(found), max(found)
    if last - first >= engine.MOST_WINDOWS:  # a date such as 9999-12-31 would make a window of every day until then
        raise BadInput(
            "windows",
            f"from {cut.start(first)} to {cut.start(last)} are more than {engine.MOST_WINDOWS}; take longer ones, or mend "
            "the times",
        )
    windows = [_window(cut, number, found.get(number)) for number in range(first, last + 1)]
    times = engine.how_read(cut, opened.types().get(time or ""))["times"]
    return OverTime(
        plan.without_filter(), cut, times, windows, 0 if missing is None else missing[1].rows, own or windows[0],
        own is None,
    )  # fmt: skip


def report(measured: OverTime, *, within: Within, latency: str | None = None) -> dict[str, Json]:
    """The `over-time` report from states alone."""
    base = _evaluation(measured.reference)
    looked = [one for one in measured.windows if not (measured.own_reference and one is measured.reference)]
    return {
        "schema": SCHEMA,
        "by": measured.cut.by if isinstance(measured.cut.by, int) else str(measured.cut.by),
        "time": measured.cut.time,
        "zone": measured.cut.zone if measured.cut.time else None,
        "times": measured.times,
        "rows": sum(one.states.rows for one in measured.windows if one.states) + measured.without_time,
        "without_time": measured.without_time,
        "reference": {
            "start": measured.reference.start,
            "rows": _rows(measured.reference),
            "a_window": measured.own_reference,
        },
        "within": within.as_json(),
        "windows": [_reported(one, measured, base, within, latency) for one in measured.windows],
        "alarms": watch(measured.reference, looked, measured.plan, within),
    }


def _counted(
    opened: Any, plan: Plan, cut: Cut, reference: Any, left_out: Sequence[str], progress: Progress | None
) -> tuple[dict[int, list[Any]], Window | None]:
    """The states by window, and the reference where it is a source of its own."""
    from consilience.measure.engines import windows as engine
    from consilience.measure.engines.arrow import CubeFolder
    from consilience.measure.engines.learning import learn
    from consilience.measure.engines.opening import open_source
    from consilience.measure.engines.profiling import ProfileFolder, reopenable
    from consilience.measure.engines.scan import scan
    from consilience.measure.engines.sources import check_columns

    check_columns(opened, [*left_out, *([cut.time] if cut.time else [])])
    inner = plan.without_filter()
    there = None if reference is None else reopenable(reference)
    sample = open_source(engine.first_window(opened, cut, plan.where, left_out)) if there is None else there
    columns = learn(sample, without=[name for name in left_out if name in sample.columns()], exact_rows=EXACT_ROWS)

    def fold(what: Any, how: Cut) -> dict[int, list[Any]]:
        folders: list[Folder] = [CubeFolder(inner, what), ProfileFolder(columns, what)]
        folder = engine.WindowFolder(how, folders, what, plan.where if what is opened else ())
        (countings,) = scan(what, [folder], progress=progress)
        return folder.states(countings)

    own = None
    if there is not None:
        ((states, profiled),) = fold(there, engine.Cut(1 << 62)).values()
        own = Window(0, "reference", "reference", states, profiled)
    return fold(opened, cut), own


def _window(cut: Cut, number: int, found: list[Any] | None) -> Window:
    states, columns = found or (None, None)
    return Window(number, cut.start(number), cut.start(number + 1), states, columns)


def _reported(
    window: Window, measured: OverTime, base: Mapping[str, Any] | None, within: Within, latency: str | None
) -> dict[str, Json]:
    from consilience.measure.metrics import drift
    from consilience.measure.metrics import latency as quantiles

    said: dict[str, Json] = {"start": window.start, "end": window.end, "rows": _rows(window), "labels": labels(window)}
    nothing: dict[str, Json] = {"drift": None, "jumps": [], "latency": None}
    if window.states is None:
        return said | {"evaluation": None, "change": None, "gaps": None} | nothing
    evaluation = _evaluation(window)
    itself = measured.own_reference and window is measured.reference
    said |= {
        "evaluation": evaluation,
        "change": None if itself or base is None or evaluation is None else _changes(base, evaluation, within),
        "gaps": _gaps(window.states),
    }
    if window.columns is None or measured.reference.columns is None:  # states that travelled have no columns
        return said | nothing
    return said | {
        "latency": None if latency is None else quantiles.as_json(quantiles.latency(window.columns, latency)),
        "drift": None if itself else drift.as_json(drift.drift(measured.reference.columns, window.columns)),
        "jumps": []
        if itself
        else [one.as_json() for one in jumps(measured.reference.columns, window.columns, least=within.share)],
    }


def labels(window: Window) -> dict[str, int] | None:
    """How many rows of a window have a label, and how many are still to come; None where no label was named."""
    if window.states is None or window.states.plan.label is None:
        return None
    to_come = sum(tally.rows for key, tally in window.states.cells if key.label == UNKNOWN)
    return {"known": window.states.rows - to_come, "to_come": to_come}


def _evaluation(window: Window) -> dict[str, Any] | None:
    """The figures of all rows of a window; where no label is known yet, that is the reason, and not that there are no rows."""
    if window.states is None:
        return None
    (everything,) = RollUp(window.states).groups(()).values()
    made: dict[str, Any] = {
        part: {name: metric(everything).as_json() for name, metric in metrics.items()}
        for part, metrics in COMPARED.items()
    }
    counted = labels(window)
    if counted is not None and counted["known"] == 0:
        for one in (one for part in made.values() for one in part.values()):
            if one["reason"] == Reason.NO_ROWS:
                one["reason"] = Reason.LABELS_TO_COME.value
    return made


def _gaps(states: States) -> dict[str, Json]:
    """How far apart the groups of each protected attribute are in a window."""
    rolled = RollUp(states)
    return {
        name: {
            one: fairness.gap(one, [RATES_OF_GROUPS[one](of) for of in rolled.groups((position,)).values()]).as_json()
            for one in RATES_OF_GROUPS
        }
        for position, name in enumerate(states.plan.protected)
    }


def _changes(base: Mapping[str, Any], now: Mapping[str, Any], within: Within) -> dict[str, Json]:
    """Each figure less that of the reference, and whether that is surely for the worse."""
    made: dict[str, Json] = {}
    for part in COMPARED:
        for name, one in now[part].items():
            found = change.difference(change.from_json(base[part][name]), change.from_json(one))
            made[name] = {**found.as_json()}
            if part != "rates":
                made[name]["worse"] = change.worse(name, found, within.rate)
    return made


def _rows(window: Window) -> int:
    return 0 if window.states is None else window.states.rows


def _at_least(one: str, other: str) -> bool:
    """Whether a window's start is at or after another: dates by their text, row numbers by their size."""
    if one.isdigit() != other.isdigit():
        raise WrongUse(f"{other!r} is not written as the windows begin, such as {one!r}")
    return (int(one) >= int(other)) if one.isdigit() else one >= other
