"""The load test: single requests scored one after the other, each timed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from consilience.kit import canonical
from consilience.measure import artefact

REQUESTS, WARM_UP = 1000, 20


def load_test(model: bytes, data: Path) -> dict[str, Any]:
    """Fields of kind `load_test`: quantiles of the time from a row to its score, in milliseconds, in one process."""
    import pyarrow.parquet as pq

    loaded, table = artefact.load(model), pq.read_table(data)
    rows = [table.slice(number % table.num_rows, 1) for number in range(REQUESTS + WARM_UP)]
    taken = []
    for row in rows:
        began = time.perf_counter()
        artefact.score(loaded, row)
        taken.append(1000 * (time.perf_counter() - began))
    taken = sorted(taken[WARM_UP:])
    return {
        "p50_ms": taken[len(taken) // 2],
        "p99_ms": taken[int(len(taken) * 0.99)],
        "requests": len(taken),
        "artefact": canonical.sha256(model),
    }
