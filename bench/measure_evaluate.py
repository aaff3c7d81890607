"""Evaluating a model: whole processes, best of several, beside scikit-learn and fairlearn in the same run.

Ours does every figure with its interval, for all rows, three attributes and their three pairs (49 groups). The peers
do the figures that they have, for the same groups and without intervals. `--rows N` is what ours counts alone;
the two are compared at a tenth of it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

OURS = """
import resource, sys
from consilience.measure.evaluate import evaluate
report = evaluate(sys.argv[1], label="y", score="s", prediction="p", protected=["sex", "race", "age"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, report["performance"]["roc_auc"]["value"])
"""

PEERS = """
import resource, sys
from itertools import combinations
import pyarrow.parquet as pq
from fairlearn import metrics as fair
from sklearn import metrics as m
rows = pq.read_table(sys.argv[1]).to_pandas()
y, s, p = rows.y, rows.s, rows.p
area = m.roc_auc_score(y, s)
for figure in (m.accuracy_score, m.precision_score, m.recall_score, m.f1_score):
    figure(y, p)
m.brier_score_loss(y, s), m.log_loss(y, s)
names = ("sex", "race", "age")
rates = {f.__name__: f for f in (m.accuracy_score, fair.selection_rate, fair.true_positive_rate, fair.false_positive_rate)}
for chosen in [*((n,) for n in names), *combinations(names, 2)]:
    frame = fair.MetricFrame(metrics=rates, y_true=y, y_pred=p, sensitive_features=rows[list(chosen)])
    frame.by_group, frame.difference()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, area)
"""


def write_rows(path: Path, rows: int) -> None:
    generator = np.random.default_rng(1)
    score = generator.beta(0.8, 2, rows)
    table = pa.table(
        {
            "sex": generator.choice(["female", "male"], rows),
            "race": generator.choice(list("abcde"), rows),
            "age": generator.choice(["18-29", "30-44", "45-64", "65+"], rows),
            "y": (generator.random(rows) < score).astype(np.int8),
            "s": score,
            "p": (score > 0.4).astype(np.int8),
        }
    )
    pq.write_table(table, path, row_group_size=131_072, compression="zstd")


def run(program: str, path: Path) -> tuple[float, int, float]:
    """Seconds of the whole process, its MiB, the area under the curve."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    memory, area = done.stdout.split()
    return seconds, int(memory), float(area)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.parquet", Path(folder) / "small.parquet"
        write_rows(large, asked.rows)
        write_rows(small, asked.rows // 10)
        run(OURS, small)  # compiles the kernels where no cache is there yet
        jobs = {"ours": (OURS, large), "ours, a tenth": (OURS, small), "peers, a tenth": (PEERS, small)}
        seen: dict[str, list[tuple[float, int, float]]] = {name: [] for name in jobs}
        for _, (name, job) in product(range(asked.runs), jobs.items()):
            seen[name].append(run(*job))
        print(f"{'':16}{'rows':>10}{'best s':>8}{'median s':>10}{'MiB':>6}{'AUC':>22}")
        for name, (_, path) in jobs.items():
            seconds = sorted(taken for taken, _, _ in seen[name])
            rows = asked.rows if path == large else asked.rows // 10
            memory, area = max(m for _, m, _ in seen[name]), seen[name][0][2]
            print(f"{name:16}{rows:10,}{seconds[0]:8.2f}{seconds[len(seconds) // 2]:10.2f}{memory:6}{area:22.15f}")
        ratio = min(seen["peers, a tenth"])[0] / min(seen["ours, a tenth"])[0]
        print(f"peers / ours at {asked.rows // 10:,} rows, whole process: {ratio:.1f} x")


if __name__ == "__main__":
    main()
