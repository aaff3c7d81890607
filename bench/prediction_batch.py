#!/usr/bin/env python3
"""How fast predictions are hashed into a batch: `python bench/prediction_batch.py [--rows 1000000]`.

Two logs made once in a temporary folder: a lean one (an id, a time, a score, the answer, four features) and the wide one of
`bench/prediction_log.py` (38 columns, 670 bytes a row). For each the whole of `consilience predictions log` but the request:
reading Parquet, writing canonical rows, salts, leaves, the tree. Then one proof of a row, which reads the file again.

Bar: 300,000 rows/s, the rate at which traces of predictions come in. Given by the clock and per second of processor time.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import prediction_log
from consilience.domains.monitor import leaves
from consilience.domains.monitor.sealing import Predictions

BAR = 300_000
LEAN = ("ts", "y_score", "y_pred", "n00", "n04", "c00", "c09", "sex")
SECRET = bytes(leaves.SECRET_BYTES)


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmark of batches of predictions.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="consilience-bench-") as folder:
        path = Path(folder) / "log.parquet"
        prediction_log.write(path, asked.rows, seed=1)
        for name, columns in ((f"lean, {len(LEAN)} columns", LEAN), ("wide, 38 columns", ())):
            source = Predictions(str(path), columns)
            source.seal(SECRET)  # files in memory, modules loaded
            clock, processor = spent(lambda source=source: source.seal(SECRET))  # type: ignore[misc]
            held = "held" if asked.rows / clock >= BAR else "MISSED"
            print(
                f"{name:20} {asked.rows / clock:>10,.0f} rows/s by the clock ({held}), {asked.rows / processor:>10,.0f} per processor second"
            )
            clock, processor = spent(lambda source=source: source.prove(SECRET, asked.rows // 2))  # type: ignore[misc]
            print(f"{'  one proof':20} {clock:>10.2f} s by the clock, {processor:.2f} s of processor")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB, making the logs included")


def spent(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of processor time."""
    clock, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - clock, time.process_time() - processor


if __name__ == "__main__":
    main()
