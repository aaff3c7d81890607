"""A realistic prediction log for the measuring benches: `write(path, rows, seed, shift)`.

20 numeric columns (normal, skewed, zero-inflated, rounded, integers), 10 categorical with 2 to 2,000 values, missing values
in a third of them, label, score and prediction, three protected attributes (40 cells, 89 groups with all their
intersections), a timestamp over 30 days, and a latency. `shift` moves some columns, as a month later would.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

ROW_GROUP = 131_072
NUMERIC = 20
CARDINALITIES = (2, 3, 5, 8, 13, 30, 80, 250, 800, 2_000)
DAYS = 30
PROTECTED = ("sex", "race", "age_band")
Floats = NDArray[np.float64]


def numeric(generator: np.random.Generator, number: int, rows: int, shift: float) -> Floats:
    """One of the numeric columns."""
    kind = number % 5
    if kind == 0:
        return generator.normal(100 + 10 * number, 15, rows) + 15 * shift * (number == 0)
    if kind == 1:
        return generator.lognormal(3, 0.8, rows) * (1 + shift * (number == 1))
    if kind == 2:  # zero-inflated amounts
        return np.where(generator.random(rows) < 0.6, 0.0, generator.gamma(2, 50, rows))
    if kind == 3:  # rounded money
        return np.round(generator.lognormal(4, 1, rows), 0)
    return generator.poisson(4 + shift * (number == 4), rows).astype(np.float64)


def chunk(generator: np.random.Generator, first: int, rows: int, total: int, shift: float, columns: int) -> pa.Table:
    """`rows` rows, of which the first is row `first` of `total`."""
    made: dict[str, pa.Array] = {}
    hidden = generator.normal(0, 1, rows)
    for number in range(columns):
        values = numeric(generator, number, rows, shift)
        missing = generator.random(rows) < (0.05 if number % 3 == 0 else 0.0)
        made[f"n{number:02}"] = pa.array(values, mask=missing)
    for number, size in enumerate(CARDINALITIES):
        codes = np.minimum((size * generator.random(rows) ** 2).astype(np.int32), size - 1)
        if shift and number == 2:
            codes = np.where(generator.random(rows) < 0.2, 0, codes)
        missing = generator.random(rows) < (0.03 if number % 3 == 0 else 0.0)
        texts = pa.array([f"c{number}-{code}" for code in range(size)])
        made[f"c{number:02}"] = pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing), texts).cast(pa.string())
    for name, size in zip(PROTECTED, (2, 5, 4), strict=True):
        codes = np.minimum((size * generator.random(rows) ** 1.5).astype(np.int32), size - 1)
        texts = pa.array([f"{name}{code}" for code in range(size)])
        made[name] = pa.DictionaryArray.from_arrays(pa.array(codes), texts).cast(pa.string())
    score = 1 / (1 + np.exp(-(hidden - 1 + 0.3 * shift)))
    made["y_score"] = pa.array(score)
    made["y_true"] = pa.array((generator.random(rows) < score).astype(np.int8))
    made["y_pred"] = pa.array((score >= 0.5).astype(np.int8))
    start = 1_767_225_600_000_000  # 2026-01-01 in microseconds
    moments = start + ((first + np.arange(rows)) * (DAYS * 86_400_000_000 // total)).astype(np.int64)
    made["ts"] = pa.array(moments).cast(pa.timestamp("us", "UTC"))
    made["latency_ms"] = pa.array(generator.gamma(3, 8, rows))
    return pa.table(made)


def write(path: Path, rows: int, *, seed: int, shift: float = 0.0, columns: int = NUMERIC) -> None:
    """Write the log as Parquet (zstd, row groups of 131,072)."""
    generator = np.random.default_rng(seed)
    writer: pq.ParquetWriter | None = None
    for first in range(0, rows, ROW_GROUP):
        table = chunk(generator, first, min(ROW_GROUP, rows - first), rows, shift, columns)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=ROW_GROUP)
    if writer is not None:
        writer.close()
