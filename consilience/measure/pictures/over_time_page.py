"""The `over-time` report as a page: alarms first, then each figure as a line through the windows, with its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import evaluate_page, marks, multiclass_page, regression_page, words
from consilience.measure.pictures.figures import cell_of
from consilience.measure.pictures.marks import Row
from consilience.measure.pictures.page import folded, page, paragraph, section, table
from consilience.measure.task import Task

Figure = Mapping[str, Any]
Window = Mapping[str, Any]
Report = Mapping[str, Any]

SHOWN = {
    Task.BINARY: ("selection_rate", "accuracy", "precision", "tpr", "fpr", "roc_auc", "brier", "log_loss", "ece"),
    Task.REGRESSION: ("mean_error", "mae", "rmse", "r2", "median_absolute_error", "mape"),
    Task.MULTICLASS: ("accuracy", "balanced_accuracy", "macro_f1", "kappa"),
}
NAMES = {
    Task.BINARY: evaluate_page.NAMES, Task.REGRESSION: regression_page.NAMES, Task.MULTICLASS: multiclass_page.NAMES,
}  # fmt: skip
GAPS = {
    Task.BINARY: (
        "selection_rate", "Gap of predicted positive", "between the groups that are predicted positive most and least often",
    ),
    Task.REGRESSION: ("mean_error", "Gap of the mean error", "between the groups with the highest and the lowest mean error"),
    Task.MULTICLASS: ("accuracy", "Gap of accuracy", "between the groups that are predicted best and worst"),
}  # fmt: skip
WATCHED_AS = {"tpr": "recall"}
"""Figures whose alarm goes by another name."""
MOST_WINDOWS, MOST_COLUMNS, MOST_JUMPS, MOST_CLASSES = 400, 12, 60, 12


def over_time_page(report: Report, *, name: str) -> str:
    """The file; `name` is what the rows are called."""
    windows = report["windows"][-MOST_WINDOWS:]
    facts = [("Rows", f"{report['rows']:,}"), ("Windows", f"{len(report['windows']):,}"), ("Length", str(report["by"]))]
    if report["time"] is not None:
        facts.append(("Time", f"{report['time']}, {report['times']}"))
    if report["without_time"]:
        facts.append(("Rows without a time", f"{report['without_time']:,}"))
    base = report["reference"]
    facts.append(("Reference", f"{'from ' if base['a_window'] else ''}{base['start']}, {base['rows']:,} rows"))
    sections = [_alarms(report["alarms"]), _labels(windows)]
    task = Task(report.get("task", Task.BINARY))
    sections += [_figure(report, windows, one, NAMES[task][one]) for one in SHOWN[task]]
    sections += [_figure(report, windows, one, _of_class(one)) for one in _classes(windows)]
    sections += [_gaps(windows, one, task) for one in next((w["gaps"] for w in windows if w.get("gaps")), {})]
    sections += [_latency(windows), *_drift(windows), _jumps(windows)]
    lead = _lead(report)
    if len(windows) < len(report["windows"]):
        lead += f" Shown are the last {MOST_WINDOWS} windows; the JSON has all of them."
    return page(f"Over time: {name}", lead=lead, facts=facts, sections=[one for one in sections if one])


def _lead(report: Report) -> str:
    looks = report["alarms"]["looks"]
    sounding = [name.replace("_", " ") for name, seen in looks.items() if seen[-1]["alarm"]]
    if not looks:
        return "There was nothing to watch: one window is none to compare."
    if not sounding:
        return f"No alarm: none of the {len(looks)} figures that were watched surely left the reference."
    since = [seen[-1]["since"] for seen in looks.values() if seen[-1]["alarm"]]
    first = min(since, key=lambda start: (len(start), start))  # row numbers by size; dates all have one length
    return (
        f"{len(sounding)} of {len(looks)} figures sound an alarm, the first since {first}: {', '.join(sounding[:4])}."
    )


def _alarms(alarms: Report) -> Markup:
    rows = []
    for name, looks in alarms["looks"].items():
        last = looks[-1]
        tone, word = ("bad", f"since {last['since']}") if last["alarm"] else ("ok", "none")
        interval = " to ".join(marks.DASH if last[end] is None else marks.written(last[end]) for end in ("low", "high"))
        rows.append(
            (name.replace("_", " "), marks.DASH if last["value"] is None else marks.written(last["value"]), interval,
             f"{last['rows']:,}", Markup('<span class="pill {}">{}</span>').format(tone, word))
        )  # fmt: skip
    said = [words.alarm(name, looks[-1]) for name, looks in alarms["looks"].items() if looks[-1]["alarm"]]
    listed = Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(one) for one in said))
    heads = ("Figure", "All windows less reference", "Interval", "Rows", "Alarm")
    return section(
        "Alarms", listed if said else paragraph("None sounds."),
        folded("Every figure that was watched", table(heads, rows, caption="The last look", numbers=(1, 2, 3))) if rows else "",
        note="All windows so far together, against the reference. The intervals hold however often one looks.",
    )  # fmt: skip


def _labels(windows: Sequence[Window]) -> Markup:
    known = [(window, window["labels"]) for window in windows if window["labels"]]
    late = sum(labels["to_come"] for _, labels in known)
    if not late:
        return Markup("")
    rows = [(window["start"], f"{labels['known']:,}", f"{labels['to_come']:,}") for window, labels in known]
    said = f"{late:,} rows have no label yet. Figures that need one are of the rows that have one."
    heads = ("From", "Labels", "To come")
    return section(
        "Labels to come", paragraph(said), folded("Table", table(heads, rows, caption="Labels", numbers=(1, 2)))
    )


def _figure(report: Report, windows: Sequence[Window], name: str, title: str) -> Markup:
    found = [(window["start"], _of(window, name)) for window in windows]
    if all(one is None or one["value"] is None for _, one in found):
        return Markup("")
    base = _level(windows, name)
    looks = report["alarms"]["looks"].get(WATCHED_AS.get(name, name))
    return _lines(title, found, said=_moved(windows, name), level=base, since=looks[-1]["since"] if looks else None)


def _classes(windows: Sequence[Window]) -> list[str]:
    """The figures of single classes that have a chart: those of the most common classes."""
    named: Mapping[str, Any] = next(
        (window["evaluation"]["of_classes"] for window in windows if "of_classes" in (window["evaluation"] or {})), {}
    )
    return list(named)[: 2 * MOST_CLASSES]


def _of_class(name: str) -> str:
    figure, _, of = name.partition(" of ")
    return f"{multiclass_page.OF_CLASS[figure]}: {of}"


def _of(window: Window, name: str) -> Figure | None:
    return next((part[name] for part in (window["evaluation"] or {}).values() if name in part), None)


def _level(windows: Sequence[Window], name: str) -> float | None:
    """The value of the reference: a window's figure less its change."""
    for window in windows:
        one, change = _of(window, name), (window["change"] or {}).get(name)
        if one is not None and change is not None and one["value"] is not None and change["value"] is not None:
            return float(one["value"] - change["value"])
    return None


def _moved(windows: Sequence[Window], name: str) -> str:
    changes = [
        (w["start"], w["change"][name]) for w in windows if w["change"] and w["change"][name]["value"] is not None
    ]
    if not changes:
        return "There is no other window to compare with the reference."
    sure = [(start, one) for start, one in changes if one["low"] is not None and (one["low"] > 0 or one["high"] < 0)]
    if not sure:
        return f"In none of {len(changes)} windows does it differ from the reference by more than chance explains."
    start, most = max(sure, key=lambda item: abs(item[1]["value"]))
    way = "above" if most["value"] > 0 else "below"
    return (
        f"In {len(sure)} of {len(changes)} windows it differs from the reference by more than chance explains in a single "
        f"look; most from {start}, {marks.written(abs(most['value']))} {way} it."
    )


def _gaps(windows: Sequence[Window], attribute: str, task: Task) -> Markup:
    name, title, between = GAPS[task]
    found = [(window["start"], window["gaps"][attribute][name] if window["gaps"] else None) for window in windows]
    known = [(start, one) for start, one in found if one is not None and one["value"] is not None]
    if not known:
        return Markup("")
    start, widest = max(known, key=lambda item: item[1]["value"])
    wide = marks.written(widest["value"]) if task is Task.REGRESSION else f"{widest['value'] * 100:.1f} in 100"
    return _lines(f"{title} by {attribute}", found, said=f"Widest from {start}: {wide} {between}.")


def _latency(windows: Sequence[Window]) -> Markup:
    found = [(window["start"], (window["latency"] or {}).get("p95")) for window in windows]
    known = [(start, one["value"]) for start, one in found if one is not None and one["value"] is not None]
    if not known:
        return Markup("")
    start, slowest = max(known, key=lambda item: item[1])
    return _lines(
        "Duration, 95th of 100", found, said=f"Slowest from {start}: 95 of 100 took at most {marks.written(slowest)}."
    )


def _drift(windows: Sequence[Window]) -> list[Markup]:
    """The columns that moved most in any window."""
    columns: dict[str, list[tuple[str, Figure | None]]] = {}
    for name in next((window["drift"] for window in windows if window["drift"]), {}):
        columns[name] = [(w["start"], words.stability(w["drift"][name]) if w["drift"] else None) for w in windows]
    worst = {
        name: max((one["value"] or 0.0 for _, one in found if one), default=0.0) for name, found in columns.items()
    }
    made = []
    for name in sorted(columns, key=lambda one: -worst[one])[:MOST_COLUMNS]:
        sizes = [(start, words.size_of_shift(one)[0]) for start, one in columns[name] if one is not None]
        moved = [start for start, size in sizes if size in ("large shift", "moderate shift")]
        said = f"Surely moved in {len(moved)} of {len(sizes)} windows, first from {moved[0]}." if moved else (
            f"In none of {len(sizes)} windows did its values surely move by what is usually called a shift."
        )  # fmt: skip
        made.append(_lines(f"Stability index of {name}", columns[name], said=said))
    return made


def _jumps(windows: Sequence[Window]) -> Markup:
    rows = [
        (window["start"], jump["column"], jump["value"], f"{jump['share_before']:.1%}", f"{jump['share_now']:.1%}")
        for window in windows
        for jump in window["jumps"]
    ]
    if not rows:
        return Markup("")
    said = f"{len(rows)} times a single value's share surely changed by more than a little: a new coding, a default."
    heads = ("From", "Column", "Value", "Reference", "Window")
    inside = table(heads, rows[:MOST_JUMPS], caption=f"The first {min(len(rows), MOST_JUMPS)}", numbers=(3, 4))
    return section("Values whose share jumped", paragraph(said), folded("Table", inside))


def _lines(
    title: str,
    found: Sequence[tuple[str, Figure | None]],
    *,
    said: str,
    level: float | None = None,
    since: str | None = None,
) -> Markup:
    rows = [Row(start) if one is None else Row(start, one["value"], one["low"], one["high"]) for start, one in found]
    listed = [
        (
            start,
            *(("no row", marks.DASH, "") if one is None else (cell_of(one), f"{one['rows']:,}", words.because(one))),
        )
        for start, one in found
    ]
    inside = table(("From", "Value and 95 %", "Rows", "Note"), listed, caption="By window", about=title, numbers=(1, 2))
    note = "Dashed: the reference" if level is not None else ""
    if since is not None:
        note += f"{', and upright ' if note else 'Dashed: '}where the alarm began"
    picture = marks.over_time(rows, said=f"{title}: {said}", level=level, since=since)
    return section(title, paragraph(said), picture, folded("Table", inside), note=f"{note}." if note else "")
