"""The reference and the current log of so many rows, written once and kept in the cache folder."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from comparing.environments import cache
from comparing.processes import BENCH, run

WRITER = """
import sys
from pathlib import Path
from prediction_log import write
write(Path(sys.argv[1]), int(sys.argv[2]), seed=int(sys.argv[3]), shift=float(sys.argv[4]), columns=int(sys.argv[5]))
"""
SHIFT = 0.5


def logs(rows: int, *, numbers: int = 20) -> tuple[Path, Path]:
    """The files of the reference and of the current rows. A changed generator makes them anew."""
    generator = hashlib.sha256((BENCH / "prediction_log.py").read_bytes()).hexdigest()[:12]
    folder = cache() / "logs" / generator
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, seed, shift in (("reference", 1, 0.0), ("current", 2, SHIFT)):
        file = folder / f"{name}-{rows}-{numbers}.parquet"
        if not file.exists():
            print(f"writing {file.name}", file=sys.stderr)
            unfinished = file.with_suffix(f".{os.getpid()}")
            run([sys.executable, "-c", WRITER, str(unfinished), str(rows), str(seed), str(shift), str(numbers)])
            unfinished.rename(file)
        made.append(file)
    return made[0], made[1]
