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


def of_population(found: Found) -> str:
    """Who is missing, which group has the fewest rows beside its share, and what the rows are worth once weighted."""
    missing = [f"{name} {group}" for name, one in found["attributes"].items() for group in one["missing_groups"]]
    few = [
        (group["ratio"]["value"], f"{name} {key}")
        for name, one in found["attributes"].items()
        for key, group in one["groups"].items()
        if group["ratio"]["value"] and group["ratio"]["high"] is not None and group["ratio"]["high"] < 1
    ]
    parts = [f"Nobody is of {', '.join(missing)}."] if missing else []
    if few:
        ratio, name = min(few)
        parts.append(f"{name} has {ratio:.0%} of the rows that its share in the population would give.")
    if not parts:
        parts = ["No group surely has fewer rows than its share in the population would give."]
    worth = found["effective_rows"]
    if worth is not None and worth < 0.995 * found["sample_rows"]:
        parts.append(
            f"Weighted to the population, the rows are worth {worth / found['sample_rows']:.0%} of their number."
        )
    return " ".join(parts)


def whose_rows(found: Found) -> str:
    """Of how many people the sampled rows are."""
    return f"The rows are of {found['people']:,} people ({found['people_column']}); intervals are over the people, shares of the rows."


def of_attribute(shares: Found) -> str:
    """In how many groups of an attribute the share surely differs from the stated one, and where it does most."""
    groups = {key: one["ratio"] for key, one in shares["groups"].items() if one["ratio"]["value"] is not None}
    sure = {key: one for key, one in groups.items() if one["low"] is not None and not one["low"] <= 1 <= one["high"]}
    if not groups:
        return "No row is of a stated group, so there is nothing to compare."
    if not sure:
        return f"In none of {len(groups)} groups does the share surely differ from the stated one."
    key = max(sure, key=lambda name: abs(sure[name]["value"] - 1))
    return (
        f"In {len(sure)} of {len(groups)} groups the share surely differs from the stated one; most in {key}, which has "
        f"{sure[key]['value']:.2f} times the rows that its share would give."
    )


def beside_attribute(shares: Found) -> str:
    """How far the shares are from the stated ones, what the rows are worth weighted, and which rows took no part."""
    said, far = [], shares["distance"]
    if far["value"] is not None:
        limits = "" if far["low"] is None else f" ({far['low']:.3f} to {far['high']:.3f})"
        said.append(
            f"Distance {far['value']:.3f}{limits}; 0 where all shares agree, 0.1 is called small and 0.5 large."
        )
    if shares["effective_rows"] is not None:
        said.append(f"Weighted to these shares, the rows are worth {shares['effective_rows']:,.0f}.")
    if shares["design_effect"] is not None:
        said.append(
            f"Because rows repeat people, the variance of shares is {shares['design_effect']:.1f} times as large."
        )
    if shares["not_stated"]:
        others = ", ".join(f"{value} ({rows:,})" for value, rows in shares["not_stated"].items())
        said.append(f"Not stated, so left out here: {others}.")
    if shares["without_value"]:
        said.append(f"{shares['without_value']:,} rows without a value.")
    return " ".join(said)


def of_synthetic(found: Found) -> str:
    """Whether synthetic rows are of use for training, and whether they give away whom they were made from."""
    parts, useful = [], found["usefulness"]
    if useful is not None and useful["change"]["value"] is not None:
        parts.append(of_usefulness(useful))
    parts.append(of_privacy(found["privacy"]))
    return " ".join(parts)


def of_usefulness(found: Found) -> str:
    """How well a model fitted to synthetic rows does beside one that was fitted to real rows."""
    if found["change"]["value"] is None:
        return "How useful the rows are for training cannot be said."
    return (
        f"A model fitted to the synthetic rows reaches an area of {found['synthetic_area']['value']:.3f} on real rows, one "
        f"fitted to real rows {found['real_area']['value']:.3f}."
    )


def of_privacy(found: Found) -> str:
    """Whether synthetic rows are nearer to the rows that they were made from than to others."""
    given_away = any(
        found[one]["low"] is not None and found[one]["low"] > 0.5 for one in ("closer_to_training", "membership_area")
    )
    return (
        f"{found['closer_to_training']['value']:.0%} of the synthetic rows are nearer to a row that they were made from than to "
        f"one that was held out; 50% would give nothing away{', so they do give something away' if given_away else ''}."
    )


def of_copies(found: Found) -> str:
    """How many synthetic rows are copies, beside how many would be by chance."""
    return (
        f"{found['copies']['value']:.1%} of the synthetic rows equal a row that they were made from, and "
        f"{found['copies_by_chance']['value']:.1%} one that was held out, which is chance."
    )


def of_relations(found: Found) -> str:
    """How far relations of columns changed."""
    if not found["pairs"]:
        return "No pair of columns could be compared."
    worst = found["worst"][0]
    return (
        f"{found['pairs']:,} pairs of columns; on average a relation changed by {found['mean_change']['value']:.3f}. Most changed "
        f"{' and '.join(worst['columns'])}: {worst['reference']:.2f} in the real rows, {worst['current']:.2f} in the synthetic ones."
    )
