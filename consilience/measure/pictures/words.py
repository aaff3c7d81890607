"""What figures mean, in a sentence: from the value, its interval and what it is about, never only the number again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from consilience.measure.pictures.marks import DASH, written

Figure = Mapping[str, Any]

SMALL, LARGE = 0.1, 0.25
"""The marks by which the field calls a stability index a moderate or a large shift (see `psi`)."""


def stability(figures: Mapping[str, Figure]) -> Figure:
    """The stability index by which a column is judged: with common values apart, where it is made of numbers."""
    return figures.get("psi_by_value") or figures["psi"]


def size_of_shift(psi: Figure) -> tuple[str, str]:
    """How much a column moved, in two words, and the colour of it: judged by what the interval leaves no doubt about."""
    if psi["value"] is None:
        return "not known", "none"
    sure = psi["value"] if psi["low"] is None else psi["low"]
    if sure >= LARGE:
        return "large shift", "bad"
    if sure >= SMALL:
        return "moderate shift", "warn"
    return ("small shift", "ok") if sure > 0 else ("no shift seen", "ok")


def shift(figures: Mapping[str, Figure], bins: Mapping[str, Any]) -> str:
    """What happened to a column, in words."""
    psi = stability(figures)
    if psi["value"] is None:
        gone = "now" if not sum(bins["current"]) else "in the reference"
        return f"No row has a value {gone}, so there is nothing to compare."
    if psi["low"] is not None and psi["low"] <= 0:
        said = "What differs may be chance."
    elif "mean_shift" in figures and not _codes(bins):
        said = _numbers(figures)
    else:
        said = _largest(bins)
    return " ".join([said, *_also(figures)]).strip()


def _codes(bins: Mapping[str, Any]) -> bool:
    """Whether a column of numbers is rather one of codes: single values hold most of the reference."""
    then = zip(bins["labels"], bins["reference"], strict=True)
    single = sum(
        rows for label, rows in then if not any(mark in label for mark in (" to ", "under ", " and more", "all"))
    )
    return bool(single > 0.8 * sum(bins["reference"]))


def _numbers(figures: Mapping[str, Figure]) -> str:
    mean, scaled = figures["mean_shift"], figures["wasserstein_scaled"]
    if mean["value"] is None:
        return "The shares of its tenths changed."
    if mean["low"] is None or mean["low"] <= 0 <= mean["high"]:
        words = "On average the values are where they were"
    else:
        way = "higher" if mean["value"] > 0 else "lower"
        bounds = sorted((abs(mean["low"]), abs(mean["high"])))
        words = f"On average the values are {written(abs(mean['value']))} {way} ({written(bounds[0])} to {written(bounds[1])})"
    if scaled["value"] is None:
        return f"{words}."
    return f"{words}; a value moved by {written(scaled['value'])} of the reference's usual spread."


def _largest(bins: Mapping[str, Any]) -> str:
    then, now = (sum(bins[side]) for side in ("reference", "current"))
    changes = [
        (after / now - before / then, label, before / then, after / now)
        for label, before, after in zip(bins["labels"], bins["reference"], bins["current"], strict=True)
    ]
    change, label, before, after = max(changes, key=lambda one: abs(one[0]))
    if abs(change) < 0.005:
        return "No value's share changed by half a percentage point."
    verb = "rose" if change > 0 else "fell"
    return f"The share of “{label}” {verb} from {_percent(before)} to {_percent(after)}, the largest change."


def _also(figures: Mapping[str, Figure]) -> list[str]:
    found = []
    missing = figures["missing_shift"]
    if missing["value"] is not None and (missing["low"] > 0 or missing["high"] < 0) and abs(missing["value"]) >= 0.005:
        way = "more" if missing["value"] > 0 else "fewer"
        found.append(f"{_percent(abs(missing['value']))} {way} of the rows have no value.")
    new = figures.get("unseen")
    if new is not None and new["value"]:
        found.append(f"{_percent(new['value'])} of the values never occurred in the reference.")
    outside = figures.get("outside_range")
    if outside is not None and outside["value"] is not None and outside["value"] >= 0.01:
        found.append(f"{_percent(outside['value'])} lie outside the range of the reference.")
    return found


def _percent(share: float) -> str:
    hundred = share * 100
    if hundred == 0:
        return "0 %"
    return f"{hundred:.0f} %" if hundred >= 10 else f"{hundred:.1f} %" if hundred >= 0.1 else f"{hundred:.2g} %"


def overall(features: Mapping[str, Mapping[str, Figure]]) -> str:
    """The whole comparison in one or two sentences."""
    sizes = {column: size_of_shift(stability(figures))[1] for column, figures in features.items()}
    large = [column for column, size in sizes.items() if size == "bad"]
    moderate = [column for column, size in sizes.items() if size == "warn"]
    new = [column for column, figures in features.items() if (figures.get("unseen") or {}).get("value")]
    said = []
    if large:
        said.append(f"{_listed(large)} moved much.")
    if moderate:
        said.append(f"{_listed(moderate)} moved noticeably.")
    if not said and features and all(stability(figures)["value"] is None for figures in features.values()):
        return "No column can be compared: on one of the two sides no row has a value."
    if not said:
        said.append(f"None of the {len(features)} columns moved by what is usually called a shift.")
    if new:
        said.append(f"{_listed(new)} {'has' if len(new) == 1 else 'have'} values that the reference never had.")
    return " ".join(said)


def _listed(names: list[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more columns"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def moment_or_number(value: float | None, kind: str) -> str:
    """A value of a column as a person reads it: a number, or a moment of a column of times."""
    if value is None:
        return DASH
    if kind == "number":
        return written(value)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)).strftime("%Y-%m-%d %H:%M")


def of_hundred(share: float) -> str:
    """A share as so many times of a hundred."""
    times = round(share * 100)
    return "every time" if share == 1 else "never" if share == 0 else f"about {times} times in 100"


def because(figure: Figure) -> str:
    """Why a figure, or its interval, is undefined; nothing where it is not."""
    from consilience.measure.metrics.figure import SENTENCES, Reason

    return SENTENCES[Reason(figure["reason"])] if figure["reason"] else ""


def alarm(name: str, look: Mapping[str, Any]) -> str:
    """An alarm in words: since when, and how far the figure of all windows so far is from the reference."""
    called = name.replace("_", " ")
    if look["value"] is None:
        return f"{called}: since {look['since']}."
    moved = f"{look['value']:.1%} of the rows moved" if name.startswith("drift of ") else f"{look['value']:+.4f}"
    ends = [DASH if end is None else written(end) for end in (look["low"], look["high"])]
    interval = "" if look["low"] is None and look["high"] is None else f" ({ends[0]} to {ends[1]})"
    return f"{called}: since {look['since']}; all windows so far: {moved}{interval} against the reference."
