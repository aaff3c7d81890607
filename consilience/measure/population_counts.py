"""What of a comparison with a population may leave the place where the rows lie: the rows of each group, and what was stated.

No row is in it. Groups of fewer rows than a minimum are one group together, POOLED, as is their stated share. An attribute of
several columns is taken only alone, since beside its parts small groups could be found by subtraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import reading
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.samples import stated_shares
from consilience.measure.states.travelling import POOLED

SCHEMA = "urn:consilience:population-counts:1"
MOST_ATTRIBUTES, MOST_GROUPS = 1000, 10_000
ADDS_UP = 1e-6


@dataclass(frozen=True)
class AttributeCounts:
    """Of each group what share was stated and how many rows it has; `apart` are rows without a value or of none of the groups."""

    name: str
    stated: Mapping[str, float]
    rows: Mapping[str, int]
    apart: int


@dataclass(frozen=True)
class PopulationCounts:
    """The counts of a sample of so many rows, and the least rows that they tell of."""

    of_rows: int
    sample_rows: int
    seed: int
    minimum: int
    attributes: tuple[AttributeCounts, ...]


def counts_of(report: Mapping[str, Any], *, minimum: int = USUAL_MINIMUM) -> PopulationCounts:
    """The counts behind a `represent` report. Raises BadInput where nothing is left."""
    if minimum < 1:
        raise WrongUse("the smallest group has one row at least")
    if report["people"] is not None:
        raise WrongUse("intervals over people cannot be calculated from counts")
    of_several = [name for name in report["attributes"] if " x " in name]
    if of_several and len(report["attributes"]) > 1:
        raise BadInput(
            "population", f"{of_several[0]!r} combines columns: have it recorded by itself, without other attributes"
        )
    found = [_attribute(name, one, minimum) for name, one in report["attributes"].items()]
    left = tuple(one for one in found if one is not None)
    if not left:
        raise BadInput("population", f"no attribute is left once groups of fewer than {minimum} rows are one")
    return PopulationCounts(report["of_rows"], report["sample_rows"], report["seed"], minimum, left)


def _attribute(name: str, found: Mapping[str, Any], minimum: int) -> AttributeCounts | None:
    rows = {key: int(group["rows"]) for key, group in found["groups"].items()}
    stated = {key: float(group["stated"]) for key, group in found["groups"].items()}
    order = sorted((key for key in rows if rows[key]), key=lambda key: (rows[key], key))
    pool = [key for key in order if rows[key] < minimum]
    common = [key for key in order if rows[key] >= minimum]
    while common and 0 < sum(rows[key] for key in pool) < minimum:
        pool.append(common.pop(0))
    if not common:
        return None
    kept = [key for key in rows if key not in set(pool)]
    extra = {POOLED: pool} if pool else {}
    return AttributeCounts(
        name,
        {key: stated[key] for key in kept} | {label: sum(stated[key] for key in keys) for label, keys in extra.items()},
        {key: rows[key] for key in kept} | {label: sum(rows[key] for key in keys) for label, keys in extra.items()},
        int(found["without_value"]) + sum(found["not_stated"].values()),
    )


def fields(counts: PopulationCounts) -> dict[str, Any]:
    """The fields of kind `representativeness_evaluation`, calculated from the counts alone."""
    made = [_calculated(one) for one in counts.attributes]
    return {
        "rows": counts.of_rows,
        "sample_rows": counts.sample_rows,
        "seed": str(counts.seed),
        "people": None,
        "effective_rows": made[0]["effective_rows"] if len(made) == 1 else None,
        "attributes": made,
    }


def stated_fields(report: Mapping[str, Any], *, minimum: int = USUAL_MINIMUM) -> dict[str, Any]:
    """The fields from a report over people, which cannot be calculated from counts. BadInput for a group of few rows."""
    for name, one in report["attributes"].items():
        few = [key for key, group in one["groups"].items() if 0 < group["rows"] < minimum]
        if few:
            raise BadInput(
                f"population, {name!r}",
                f"{few[0]!r} has fewer than {minimum} rows, which would be told: state it together with another",
            )
    return {
        "rows": report["of_rows"],
        "sample_rows": report["sample_rows"],
        "seed": str(report["seed"]),
        "people": report["people"],
        "effective_rows": report["effective_rows"],
        "attributes": [
            {
                "name": name,
                **{part: one[part] for part in ("distance", "p_value", "effective_rows", "design_effect")},
                "apart": one["without_value"] + sum(one["not_stated"].values()),
                "groups": [
                    {"key": key} | {part: group[part] for part in ("rows", "share", "stated", "ratio")}
                    for key, group in one["groups"].items()
                ],
            }
            for name, one in report["attributes"].items()
        ],
    }


def _calculated(one: AttributeCounts) -> dict[str, Any]:
    names = list(one.stated)
    rows = np.array([one.rows[name] for name in names], dtype=np.int64)
    stated = np.array([one.stated[name] for name in names], dtype=np.float64)
    whole = int(rows.sum())
    distance, p_value, _effect = stated_shares.distance(rows, stated)
    ratios = stated_shares.ratios(rows, stated)
    return {
        "name": one.name,
        "distance": distance.as_json(),
        "p_value": p_value,
        "effective_rows": _worth(rows.tolist(), stated.tolist()),
        "design_effect": None,
        "apart": one.apart,
        "groups": [
            {
                "key": name,
                "rows": one.rows[name],
                "share": one.rows[name] / whole if whole else 0.0,
                "stated": one.stated[name],
                "ratio": ratio.as_json(),
            }
            for name, ratio in zip(names, ratios, strict=True)
        ],
    }


def _worth(rows: list[int], stated: list[float]) -> float | None:
    """What rows are worth once weighted so that the shares of the groups that have rows agree (Kish 1965)."""
    there = [(count, share) for count, share in zip(rows, stated, strict=True) if count]
    whole = sum(share for _count, share in there)
    if whole <= 0:
        return None
    return 1.0 / sum((share / whole) ** 2 / count for count, share in there)


def to_json(counts: PopulationCounts) -> dict[str, Json]:
    """The one JSON form of these counts, ready for `canonical.encode`."""
    return {
        "schema": SCHEMA,
        "of_rows": counts.of_rows,
        "sample_rows": counts.sample_rows,
        "seed": str(counts.seed),
        "minimum": counts.minimum,
        "attributes": [
            {
                "name": one.name,
                "apart": one.apart,
                "groups": [
                    {"key": key, "rows": one.rows[key], "stated": canonical.number(share)}
                    for key, share in one.stated.items()
                ],
            }
            for one in counts.attributes
        ],
    }


def encode(counts: PopulationCounts) -> bytes:
    """The canonical bytes."""
    return canonical.encode(to_json(counts))


def from_json(given: Json) -> PopulationCounts:
    """Counts from parsed JSON. Raises BadInput for what no rows can give, and for what tells of fewer rows than it says."""
    parts = reading.fields(given, "counts", ("schema", "of_rows", "sample_rows", "seed", "minimum", "attributes"))
    if parts["schema"] != SCHEMA:
        raise BadInput("counts.schema", f"{SCHEMA!r} is expected")
    of_rows, sample = (reading.count(parts[name], f"counts.{name}") for name in ("of_rows", "sample_rows"))
    if sample > of_rows:
        raise BadInput("counts.sample_rows", "is more than the rows that there are")
    minimum = reading.count(parts["minimum"], "counts.minimum")
    listed = reading.items(parts["attributes"], "counts.attributes", longest=MOST_ATTRIBUTES)
    made = tuple(_read(one, f"counts.attributes[{number}]", sample, minimum) for number, one in enumerate(listed))
    if minimum < 1 or not made or len({one.name for one in made}) < len(made):
        raise BadInput("counts", "need a minimum from 1, at least one attribute, and none twice")
    if len(made) > 1 and any(" x " in one.name for one in made):
        raise BadInput("counts.attributes", "combine columns beside others: small groups could be found by subtraction")
    counts = PopulationCounts(of_rows, sample, reading.whole(parts["seed"], "counts.seed"), minimum, made)
    if to_json(counts) != given:
        raise BadInput("counts", "are not in their canonical form")
    return counts


def _read(given: Json, where: str, sample: int, minimum: int) -> AttributeCounts:
    parts = reading.fields(given, where, ("name", "apart", "groups"))
    rows: dict[str, int] = {}
    stated: dict[str, float] = {}
    for number, one in enumerate(reading.items(parts["groups"], f"{where}.groups", longest=MOST_GROUPS)):
        place = f"{where}.groups[{number}]"
        group = reading.fields(one, place, ("key", "rows", "stated"))
        key = reading.text(group["key"], f"{place}.key")
        if key in rows:
            raise BadInput(place, f"{key!r} is named twice")
        rows[key] = reading.count(group["rows"], f"{place}.rows")
        stated[key] = reading.decimal(group["stated"], f"{place}.stated")
        if not 0 <= stated[key] <= 1:
            raise BadInput(f"{place}.stated", "a share from 0 to 1 is expected")
        if 0 < rows[key] < minimum:
            raise BadInput(f"{place}.rows", f"tells of fewer than {minimum} rows")
    apart = reading.count(parts["apart"], f"{where}.apart")
    if abs(sum(stated.values()) - 1) > ADDS_UP:
        raise BadInput(where, "states shares that do not add up to 1")
    if sum(rows.values()) + apart != sample:
        raise BadInput(where, f"counts {sum(rows.values()) + apart} rows where the sample has {sample}")
    return AttributeCounts(reading.text(parts["name"], f"{where}.name"), stated, rows, apart)
