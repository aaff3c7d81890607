"""What was measured on a sample of rows, in plain language, from its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Found = Mapping[str, Any]
ALARM = 0.05


def of_two_sample(found: Found) -> str:
    """Whether a classifier tells the rows of now from the reference, and by which columns."""
    share = f"{found['area']['value']:.0%}"
    if found["p_value"] > ALARM:
        return (
            "A classifier that sees all columns cannot tell the rows of now from the reference: of a pair of one each "
            f"it finds the newer in {share}, and a coin would in 50%."
        )
    telling = telling_columns(found)[:3]
    by = f" It goes by {_listed(telling)}." if telling else ""
    return (
        "A classifier that sees all columns tells the rows of now from the reference: of a pair of one each it finds the "
        f"newer in {share}, and a coin would in 50%.{by}"
    )


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def telling_columns(found: Found) -> list[str]:
    """The columns without which the classifier surely does worse, the most telling first."""
    return [name for name, lost in found["columns"].items() if lost["low"] is not None and lost["low"] > 0]


def sampled_two(found: Found) -> str:
    """From how many rows of each side that is, and how to draw them again."""
    rows = found["sample_rows"]
    left_out = f" Left out, since only one side has them in that kind: {', '.join(found['left_out'])}."
    return (
        f"Measured on {rows['current']:,} rows of now and {rows['reference']:,} of the reference, drawn with seed "
        f"{found['seed']}.{left_out if found['left_out'] else ''}"
    )


def chance(p_value: float) -> str:
    """A p-value as people read it."""
    return "below 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def of_people(found: Found) -> str:
    """How much less sure figures are because rows repeat people."""
    start = f"{found['rows']:,} rows of {found['people']:,} people"
    effects = {name: one["design_effect"] for name, one in found["figures"].items() if one["design_effect"] is not None}
    if found["people"] == found["rows"] or not effects:
        return f"{start}."
    most = max(effects, key=lambda name: effects[name])
    if effects[most] <= 1:
        return f"{start}: no design effect is above 1, so intervals that take rows as independent are wide enough."
    return (
        f"{start}: the design effect is up to {effects[most]:.1f} ({most.replace('_', ' ')}), so intervals that take rows as "
        f"independent are up to {effects[most] ** 0.5:.1f} times too narrow."
    )


def left_out_of_people(found: Found) -> str:
    """Which rows took no part, and what was sampled."""
    said = []
    if found["left_out"]:
        said.append(f"{found['left_out']:,} rows without a {found['column']}, a label or a prediction are left out.")
    if found["sample_rows"] is not None:
        said.append(f"The area is of {found['sample_rows']:,} sampled rows, whole people (seed {found['seed']}).")
    return " ".join(said)


def error_of(report: Found) -> str:
    """What the error of a row is."""
    if report["error_column"] is not None:
        return f"The error of a row is its {report['error_column']}."
    if report["prediction"] is not None:
        return f"The error of a row is 1 where {report['prediction']} differs from {report['label']}, else 0."
    return f"The error of a row is the squared distance of {report['score']} to {report['label']}."


def sampled_slices(report: Found) -> str:
    """From how many rows that is, how they were used, and how to draw them again."""
    whom = "rows" if report["people"] is None else f"ids of {report['people']}"
    return (
        f"{error_of(report)} Searched in one half of {report['sample_rows']:,} sampled rows (seed {report['seed']}); rows, errors and "
        f"intervals are of the other half of the {whom}, and a segment is confirmed where its errors are larger there too, "
        f"allowing for the {len(report['segments'])} tested."
    )


def of_slices(found: Found) -> str:
    """In how many segments errors are surely larger, and which is the weakest."""
    sure = [segment for segment in found["segments"] if segment["confirmed"]]
    if not sure:
        return f"{found['looked_at']:,} segments were looked at; in none are errors surely larger than elsewhere."
    worst = max(sure, key=lambda segment: segment["difference"]["value"] or 0.0)
    return (
        f"{found['looked_at']:,} segments were looked at; in {len(sure)} errors are surely larger than elsewhere. The weakest is "
        f"{worst['predicate']}: its mean error is {worst['error']['value']:.3g}, and {found['error']['value']:.3g} over all rows."
    )
