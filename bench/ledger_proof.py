"""Proofs from a log of a million entries on SQLite: drawn from the database, as text, and verified.

    .venv/bin/python bench/ledger_proof.py [--entries 1000000] [--times 3000] [--folder PATH]

Bars: an inclusion proof from the database (head, leaf and nodes, each time read anew) under 1 ms at the 99th percentile,
and verifying one (hashes alone) under 0.1 ms. Entries are appended by the ledger's own code, 5,000 in a commit, each with
its statement; every proof that is timed is verified, too, against the signed head. Positions and sizes are drawn with a
fixed seed. Checking the head's signature is measured apart: it is paid once for a head, not for each proof. Beside the
time that passed stands the processor time of the call: where others use the machine, the two differ at the percentile.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ledger_append import one_append, p99, verdict

BATCH = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmark of proofs on SQLite.")
    parser.add_argument("--entries", type=int, default=1_000_000, help="size of the log")
    parser.add_argument("--times", type=int, default=3000, help="how many proofs of each sort")
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's temporary folder)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="consilience-bench-", dir=asked.folder) as folder:
        os.environ["CONSILIENCE_HOME"] = folder
        os.environ.pop("CONSILIENCE_DATABASE", None)
        run(Path(folder), asked.entries, asked.times)


def run(folder: Path, entries: int, times: int) -> None:
    from consilience.config import workspace
    from consilience.config.home import Home

    workspace.init(Home(folder), name="Bench", zone="UTC")
    from consilience.domains.ledger import log, queries

    began = time.perf_counter()
    append = one_append(batch=BATCH)
    while log.size() + BATCH <= entries:
        append()
    if log.size() < entries:
        one_append(batch=entries - log.size())()
    made = time.perf_counter() - began
    size = log.size()
    print(
        f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, SQLite; {size:,} entries made in {made:.0f} s",
        flush=True,
    )
    inclusion(queries.log_key(), size, times)
    consistency(queries.log_key(), times)
    others(size, times)


def inclusion(key: str, size: int, times: int) -> None:
    from consilience.domains.ledger import merkle, queries, rules

    head = rules.opened(queries.checkpoint(), key)
    seeded = random.Random(1)
    positions = [seeded.randrange(size) for _ in range(times)]
    drawn = iter(positions)
    report("inclusion proof from the database", timed(lambda: queries.proof(next(drawn)), times), bar_ms=1.0)
    found = [queries.proof(position) for position in positions]
    left = iter(found)

    def verify() -> None:
        one = next(left)
        if not merkle.includes(one.leaf, one.position, one.size, one.path, head.root):
            sys.exit(f"the proof of entry {one.position} does not hold")

    report(f"verifying one ({len(found[0].path)} hashes)", timed(verify, times), bar_ms=0.1)


def consistency(key: str, times: int) -> None:
    from consilience.domains.ledger import merkle, queries, rules
    from consilience.domains.ledger.models import Checkpoint

    seeded = random.Random(2)
    heads = [rules.opened(note, key) for note in Checkpoint.objects.order_by("size").values_list("note", flat=True)]
    pairs = [sorted(seeded.choices(heads, k=2), key=lambda head: head.size) for _ in range(times)]
    drawn = iter(pairs)

    def prove() -> queries.Consistency:
        old, new = next(drawn)
        return queries.consistency(old.size, new.size)

    report("consistency proof of two heads", timed(prove, times), bar_ms=1.0)
    left = iter([(old, new, queries.consistency(old.size, new.size).path) for old, new in pairs])

    def verify() -> None:
        old, new, path = next(left)
        if not merkle.consistent(old.size, new.size, old.root, new.root, path):
            sys.exit(f"the proof from {old.size} to {new.size} does not hold")

    report("verifying one", timed(verify, times), bar_ms=0.1)


def others(size: int, times: int) -> None:
    """What has no bar: the proof as a text, the signature of a head, a tile, a bundle."""
    from consilience.domains.ledger import proofs, queries, rules, tile_queries
    from consilience.domains.ledger.tiles import Tile

    seeded = random.Random(3)
    one, key = queries.proof(size // 2), queries.log_key()
    report("writing a proof as text", timed(lambda: proofs.write_inclusion(
        proofs.InclusionProof(one.position, one.path, one.note)), times))  # fmt: skip
    report("opening a head, signature included", timed(lambda: rules.opened(one.note, key), times))
    full = size // 256
    if full:
        report(
            "full tile from the database",
            timed(lambda: tile_queries.data(Tile(0, seeded.randrange(full))), times // 10),
        )
        report("full bundle", timed(lambda: tile_queries.data(Tile(None, seeded.randrange(full))), times // 10))


def timed(call: Callable[[], object], times: int) -> list[tuple[float, float]]:
    """Of each call the seconds that passed, and those of the processor."""
    found = []
    for _ in range(times):
        began, began_cpu = time.perf_counter(), time.thread_time()
        call()
        cpu = time.thread_time() - began_cpu
        found.append((time.perf_counter() - began, cpu))
    return found


def report(name: str, found: list[tuple[float, float]], *, bar_ms: float | None = None) -> None:
    passed, cpu = ([1000 * one for one in column] for column in zip(*found, strict=True))
    held = "" if bar_ms is None else f"   bar {bar_ms} ms: {verdict(p99(passed) < bar_ms)}"
    print(
        f"{name:38} {statistics.median(passed):>9.4f} ms  p99 {p99(passed):.4f} ms (processor {p99(cpu):.4f}){held}",
        flush=True,
    )


if __name__ == "__main__":
    main()
