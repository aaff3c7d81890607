"""A model over time: every window's figures from one scan, against a reference window, with alarms that may be looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Required, Unpack

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure import references
from consilience.measure.following.task import Followed, Roles, Within
from consilience.measure.following.tasks import follow
from consilience.measure.following.watching import watch
from consilience.measure.following.windows import OverTime, Window
from consilience.measure.metrics import change
from consilience.measure.metrics.figure import Figure, Reason
from consilience.measure.metrics.jumps import jumps
from consilience.measure.report import Report
from consilience.measure.report import report as called
from consilience.measure.states import stored
from consilience.measure.states.profile import Profile
from consilience.measure.task import Task

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress
    from consilience.measure.engines.windows import Cut

SCHEMA = "urn:consilience:over-time:1"
EXACT_ROWS = 16_384

Parts = Mapping[str, Mapping[str, Figure]]


class Model(Roles, total=False):
    """The task of a model, and what its columns are; `rank` is for several classes (`evaluate_classes` says what it is)."""

    task: Task | str
    rank: str | None
    score_entries: int


class How(Model, total=False):
    """How rows are cut into windows, and with what they are compared: the arguments of `measure_over_time`."""

    by: Required[str | int]
    time: str | None
    zone: str
    reference: Any
    without: Collection[str]
    progress: Progress | None


def over_time(source: Any, *, within: Within | None = None, latency: str | None = None, **how: Unpack[How]) -> Report:
    """The `over-time` report: for each window the figures, the drift and the change against the reference.

    What is measured, and by which windows, `measure_over_time` says. `within` says which changes are too small for an alarm.
    `latency` is a column of durations whose quantiles are of interest.
    """
    return called(report(measure_over_time(source, **how), within=within or Within(), latency=latency), source)


def measure_over_time(
    source: Any,
    *,
    by: str | int,
    time: str | None = None,
    zone: str = "UTC",
    reference: Any = None,
    without: Collection[str] = (),
    progress: Progress | None = None,
    **model: Unpack[Model],
) -> OverTime:
    """The states of each window, from one scan; the reference's bins are learned from some of its rows before.

    `by` is "day", "week", "month" (of the column `time`), or a number of rows. Times with a zone are cut at midnight of
    `zone`; times without one are read as of `zone`. The reference is a source of its own, or else the first window that
    has rows; or a Profile that was kept (`references.read_profile`), from which columns drift, while figures are held against the
    first window. `without` are columns whose drift is of no interest. The other arguments are those of `evaluate`, or with
    `task="regression"` and `task="multiclass"` of `evaluate_regression` and `evaluate_classes`.
    """
    from consilience.measure.engines import windows as engine
    from consilience.measure.engines.profiling import reopenable

    followed = follow(**model)
    kept = reference if isinstance(reference, Profile) else None
    opened = reopenable(source)
    cut = engine.make_cut(opened, by=by, time=time, zone=zone)
    left_out = [*without, *(column for column, _ in followed.where), *([time] if time else [])]
    followed, found, own = _counted(opened, followed, cut, reference, left_out, progress)
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
    base = own or windows[0]
    return OverTime(
        followed.knowing([one.states for one in (base, *windows) if one.states is not None]), cut, times, windows,
        0 if missing is None else missing[1].rows, base, own is None,
        *((_of_interest(kept, left_out), references.digest(kept)) if kept else ()),
    )  # fmt: skip


def report(measured: OverTime, *, within: Within, latency: str | None = None) -> dict[str, Json]:
    """The `over-time` report from states alone."""
    base = _figures(measured.reference, measured.followed)
    looked = [one for one in measured.windows if not (measured.own_reference and one is measured.reference)]
    return {
        "schema": SCHEMA,
        "task": str(measured.followed.task),
        "by": measured.cut.by if isinstance(measured.cut.by, int) else str(measured.cut.by),
        "time": measured.cut.time,
        "zone": measured.cut.zone if measured.cut.time else None,
        "times": measured.times,
        "rows": sum(one.rows for one in measured.windows) + measured.without_time,
        "without_time": measured.without_time,
        "reference": {
            "start": measured.reference.start,
            "rows": measured.reference.rows,
            "a_window": measured.own_reference,
            **({} if measured.kept is None else {"profile": measured.kept_digest, "profile_rows": measured.kept.rows}),
        },
        "within": within.as_json(),
        "windows": [_reported(one, measured, base, within, latency) for one in measured.windows],
        "alarms": watch(measured.reference, looked, measured.followed, within),
    }


def _counted(
    opened: Any, followed: Followed, cut: Cut, reference: Any, left_out: Sequence[str], progress: Progress | None
) -> tuple[Followed, dict[int, list[Any]], Window | None]:
    """The model as it was counted, the states by window, and the reference where it is a source of its own."""
    from consilience.measure.engines import windows as engine
    from consilience.measure.engines.learning import learn
    from consilience.measure.engines.opening import open_source
    from consilience.measure.engines.profiling import ProfileFolder, reopenable
    from consilience.measure.engines.scan import Reading, scan_all
    from consilience.measure.engines.sources import check_columns

    check_columns(opened, [*left_out, *([cut.time] if cut.time else []), *followed.folder(opened).wants()])
    there = None if reference is None or isinstance(reference, Profile) else reopenable(reference)
    not_read = [name for name in left_out if name not in followed.folder(opened).wants()]
    sample = open_source(engine.first_window(opened, cut, followed.where, not_read)) if there is None else there
    columns = (
        _of_interest(reference, left_out).plan
        if isinstance(reference, Profile)
        else learn(sample, without=[name for name in left_out if name in sample.columns()], exact_rows=EXACT_ROWS)
    )
    learned = followed.learned(sample, opened)

    def folder(what: Any, how: Cut, where: Any = ()) -> engine.WindowFolder:
        return engine.WindowFolder(how, [learned.folder(what), ProfileFolder(columns, what)], what, where)

    folders = [] if there is None else [folder(there, engine.Cut(1 << 62))]
    folders.append(folder(opened, cut, followed.where))
    readings = [Reading(one.source, [one]) for one in folders]
    found = [one.states(of) for one, (of,) in zip(folders, scan_all(readings, progress=progress), strict=True)]
    if there is None:
        return learned, found[0], None
    ((states, profiled),) = found[0].values()
    return learned, found[1], Window(0, "reference", "reference", states, profiled)


def _of_interest(kept: Profile, left_out: Collection[str]) -> Profile:
    known = {one.name for one in kept.plan.columns}
    return stored.restricted(kept, without=[name for name in left_out if name in known])


def _window(cut: Cut, number: int, found: list[Any] | None) -> Window:
    states, columns = found or (None, None)
    return Window(number, cut.start(number), cut.start(number + 1), states, columns)


def _reported(
    window: Window, measured: OverTime, base: Parts | None, within: Within, latency: str | None
) -> dict[str, Json]:
    from consilience.measure.metrics import drift
    from consilience.measure.metrics import latency as quantiles

    followed = measured.followed
    said: dict[str, Json] = {
        "start": window.start, "end": window.end, "rows": window.rows, "labels": labels(window, followed),
    }  # fmt: skip
    figures = _figures(window, followed)
    nothing: dict[str, Json] = {"drift": None, "jumps": [], "latency": None}
    if figures is None:
        return said | {"evaluation": None, "change": None, "gaps": None} | nothing
    itself = measured.own_reference and window is measured.reference
    said |= {
        "evaluation": _as_json(figures),
        "change": None if itself or base is None else _changes(base, figures, followed, within),
        "gaps": _as_json(followed.gaps(window.states)),
    }
    then = measured.kept or measured.reference.columns
    if window.columns is None or then is None:  # states that travelled have no columns
        return said | nothing
    if measured.kept is not None:
        itself = False
    now = stored.aligned(then, window.columns)
    return said | {
        "latency": None if latency is None else quantiles.as_json(quantiles.latency(window.columns, latency)),
        "drift": None if itself else drift.as_json(drift.drift(then, now)),
        "jumps": [] if itself else [one.as_json() for one in jumps(then, now, least=within.share)],
    }


def labels(window: Window, followed: Followed) -> dict[str, int] | None:
    """How many rows of a window have a label, and how many are still to come; None where no label was named."""
    if window.states is None or followed.label is None:
        return None
    to_come = followed.to_come(window.states)
    return {"known": window.rows - to_come, "to_come": to_come}


def _figures(window: Window, followed: Followed) -> Parts | None:
    """The figures of all rows of a window; where no label is known yet, that is the reason, and not that there are no rows."""
    if window.states is None:
        return None
    made, counted = followed.figures(window.states), labels(window, followed)
    if counted is None or counted["known"]:
        return made
    return {part: {name: _late(one) for name, one in figures.items()} for part, figures in made.items()}


def _late(found: Figure) -> Figure:
    return replace(found, reason=Reason.LABELS_TO_COME) if found.reason is Reason.NO_ROWS else found


def _as_json(parts: Parts) -> dict[str, Json]:
    return {part: {name: one.as_json() for name, one in figures.items()} for part, figures in parts.items()}


def _changes(base: Parts, now: Parts, followed: Followed, within: Within) -> dict[str, Json]:
    """Each figure less that of the reference, and whether that is surely for the worse."""
    made: dict[str, Json] = {}
    for part, figures in now.items():
        for name, one in figures.items():
            found = change.difference(base[part][name], one)
            least = followed.least(name, base[part][name], within)
            made[name] = found.as_json() | ({} if least is None else {"worse": change.worse(name, found, least)})
    return made
