"""Small tables that are hard to count, for every engine to give equal states on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

ROWS = 700
NAN, INFINITY = float("nan"), float("inf")


@dataclass(frozen=True)
class Data:
    """A table, and what is evaluated in it: the arguments of `make_plan`, none where there is nothing to evaluate."""

    table: pa.Table
    cube: dict[str, Any] = field(default_factory=dict)


def _random() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(11))


def _holes(values: Any, share: float = 0.1) -> pa.Array:
    return pa.array(values, mask=_random().random(len(values)) < share)


def normal() -> Data:
    random = _random()
    values = random.normal(size=ROWS)
    return Data(
        pa.table(
            {
                "x": values,
                "wide": random.normal(1e9, 3e7, ROWS),
                "small": values * 1e-30,
                "f": pa.array(values.astype(np.float32)),
            }
        )
    )


def zero_inflated() -> Data:
    random = _random()
    values = np.where(random.random(ROWS) < 0.6, 0.0, random.gamma(0.4, 900.0, ROWS))
    return Data(pa.table({"x": values, "holes": _holes(values)}))


def rounded() -> Data:
    random = _random()
    return Data(
        pa.table({"tenths": random.integers(0, 30, ROWS) / 10, "hundredths": np.round(random.normal(size=ROWS), 2)})
    )


def integers() -> Data:
    random = _random()
    return Data(
        pa.table(
            {
                "age": _holes(random.integers(18, 90, ROWS)),
                "small": pa.array(random.integers(-100, 100, ROWS), pa.int16()),
                "middle": pa.array(random.integers(-(2**31), 2**31 - 1, ROWS), pa.int32()),
                "large": random.integers(-(2**52), 2**52, ROWS),
            }
        )
    )


def negative() -> Data:
    values = -_random().gamma(2.0, 50.0, ROWS)
    return Data(pa.table({"x": values, "whole": np.floor(values).astype(np.int64)}))


def negative_zero() -> Data:
    return Data(pa.table({"x": [0.0, -0.0, 0.0, -0.0, 1.5, -1.5, 5e-324, -5e-324], "only": [-0.0] * 8}))


def nan_and_null() -> Data:
    values = [1.0, NAN, None, 2.0, NAN, None, None, 3.0]
    return Data(
        pa.table({"x": values, "nan": [NAN] * 8, "g": values, "y": [1, 0, 1, 0, None, 1, 0, 1]}),
        {"label": "y", "protected": ["g"]},
    )


def infinite() -> Data:
    return Data(
        pa.table(
            {
                "x": [1.0, INFINITY, -INFINITY, 2.0, 1.7976931348623157e308, -1.7976931348623157e308, None, NAN],
                "only": [INFINITY, -INFINITY] * 4,
                "far": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1e300, -1e300],
                "huge": [1e308, 1.5e308, -1e308, 1e307, 2e307, 3e307, None, 0.0],
                "tiny": [5e-324, 1e-320, 2e-310, -1e-315, 3e-308, 4e-308, 0.0, None],
            }
        )
    )


def booleans() -> Data:
    random = _random()
    flags = random.random(ROWS) < 0.3
    return Data(
        pa.table({"b": _holes(flags), "y": pa.array(flags), "p": _holes(random.random(ROWS) < 0.5)}),
        {"label": "y", "prediction": "p", "protected": ["b"]},
    )


def decimals() -> Data:
    cents = _random().integers(-(10**7), 10**7, ROWS).tolist()
    made = [Decimal(one) / 100 for one in cents]
    return Data(
        pa.table(
            {
                "money": pa.array(made, pa.decimal128(12, 2)),
                "long": pa.array([one * 10**18 + Decimal("0.123456789") for one in made], pa.decimal128(38, 9)),
                "holes": pa.array([None, *made[1:]], pa.decimal128(15, 4)),
                "g": pa.array([Decimal(one % 5) / 2 for one in cents], pa.decimal128(4, 2)),
                "p": [one % 2 for one in cents],
            }
        ),
        {"prediction": "p", "protected": ["g"]},
    )


def beyond_doubles() -> Data:
    keys = [2**53, 2**53 + 1, 2**53 + 2, -(2**53) - 1, 2**63 - 1, -(2**63), 2**53 + 1, None]
    return Data(
        pa.table(
            {"id": pa.array(keys, pa.int64()), "p": [0, 1] * 4, "x": pa.array([2**53 - 1, 5, None, 6, 7, 8, 9, 10])}
        ),
        {"prediction": "p", "protected": ["id"]},
    )


def texts() -> Data:
    words = ["", "'", '"', 'says "x", and\nmore', "it's", "Ünïcode ☃", "名前", "#hash", "#0123456789abcdef", " ", "a ", "a",
             "%s", "\\", "A", "null", None, "é" * 150, "z" * 300, "(missing)"]  # fmt: skip
    random = _random()
    return Data(
        pa.table(
            {
                "w": pa.array([words[one] for one in random.integers(0, len(words), ROWS)]),
                "p": random.integers(0, 2, ROWS),
            }
        ),
        {"prediction": "p", "protected": ["w"]},
    )


def dictionaries() -> Data:
    kind = pa.dictionary(pa.int8(), pa.string())
    chunks = [pa.array(words).cast(kind) for words in (["b", "a"] * 20, ["a", "c", None] * 20, ["d", "b", "c"] * 20)]
    column = pa.chunked_array(chunks)
    return Data(pa.table({"g": column, "p": [0, 1] * (len(column) // 2)}), {"prediction": "p", "protected": ["g"]})


def dates() -> Data:
    days = _random().integers(-40_000, 20_000, ROWS).tolist()
    made = [date(1970, 1, 1) + timedelta(days=one) for one in days]
    return Data(
        pa.table(
            {
                "d": pa.array(made),
                "holes": _holes(np.array(days, dtype="datetime64[D]")),
                "g": pa.array([date(2024, 2, 1 + one % 3) for one in days]),
                "p": [one % 2 for one in days],
            }
        ),
        {"prediction": "p", "protected": ["g"], "where": [("g", "2024-02-02")]},
    )


def times() -> Data:
    random = _random()
    local = random.integers(-(10**15), 2 * 10**15, ROWS)
    holes = pa.array(local, pa.timestamp("us"), mask=random.random(ROWS) < 0.2)
    hours = [datetime(2024, 3, 31, one % 5, 30, 0, 250_000, UTC) for one in range(ROWS)]
    return Data(
        pa.table(
            {
                "local": pa.array(local, pa.timestamp("us")),
                "zoned": pa.array(local, pa.timestamp("us", "UTC")),
                "holes": holes,
                "g": pa.array(hours, pa.timestamp("us", "UTC")),
                "clock": pa.array([time(one % 24, 5, 6, 500_000) for one in range(ROWS)], pa.time64("us")),
                "p": random.integers(0, 2, ROWS),
            }
        ),
        {"prediction": "p", "protected": ["g", "clock"]},
    )


def constant() -> Data:
    return Data(
        pa.table({"x": [7.25] * 50, "n": [3] * 50, "g": ["one"] * 50, "y": [1] * 50}),
        {"label": "y", "protected": ["g"]},
    )


def all_missing() -> Data:
    return Data(
        pa.table(
            {
                "x": pa.array([None] * 9, pa.float64()),
                "n": pa.array([None] * 9, pa.int32()),
                "g": pa.array([None] * 9, pa.string()),
                "t": pa.array([None] * 9, pa.timestamp("us")),
                "s": pa.array([None] * 9, pa.float64()),
                "y": [0, 1, 1] * 3,
            }
        ),
        {"label": "y", "score": "s", "protected": ["g"]},
    )


def many_categories() -> Data:
    random = _random()
    rows = 12_000
    names = [f"customer {one}" for one in random.integers(0, 9_000, rows)]
    return Data(
        pa.table(
            {
                "name": names,
                "few": pa.array([one[-1] for one in names]),
                "long": pa.array([one + "ß" * 250 for one in names]),
            }
        )
    )


def _scored(rows: int, generator: np.random.Generator, scores: np.ndarray) -> dict[str, Any]:
    return {
        "y": _holes((generator.random(rows) < scores).astype(np.int64), 0.05),
        "s": _holes(scores, 0.05),
        "sex": _holes(generator.choice(["female", "male", "it's x"], rows), 0.05),
        "age": generator.integers(2, 6, rows) * 10,
    }


def small_group() -> Data:
    random = _random()
    table = pa.table(_scored(ROWS, random, random.random(ROWS)))
    rare = pa.table({"y": [1, 0, 1], "s": [0.0, 1.0, 0.5], "sex": ["rare"] * 3, "age": [20] * 3})
    return Data(
        pa.concat_tables([table, rare.cast(table.schema)]),
        {"label": "y", "score": "s", "threshold": 0.5, "protected": ["sex", "age"]},
    )


def tied_scores() -> Data:
    random = _random()
    table = pa.table(_scored(20_000, random, np.round(random.random(20_000), 2)))
    return Data(table, {"label": "y", "score": "s", "protected": ["sex"], "where": [("age", 30)]})


def more_scores_than_entries() -> Data:
    random = _random()
    scores = random.beta(0.3, 2.0, ROWS)
    return Data(
        pa.table(_scored(ROWS, random, scores)),
        {"label": "y", "score": "s", "threshold": 0.25, "protected": ["sex"], "score_entries": 200},
    )


def one_row() -> Data:
    return Data(
        pa.table({"x": [0.1], "n": [1], "g": ["a"], "y": ["yes"], "s": [0.75], "t": pa.array([0], pa.timestamp("us"))}),
        {"label": "y", "score": "s", "positive": "yes", "protected": ["g"]},
    )


ALL: dict[str, Callable[[], Data]] = {
    one.__name__: one
    for one in (
        normal, zero_inflated, rounded, integers, negative, negative_zero, nan_and_null, infinite, booleans, decimals,
        beyond_doubles, texts, dictionaries, dates, times, constant, all_missing, many_categories, small_group, tied_scores,
        more_scores_than_entries, one_row,
    )
}  # fmt: skip
