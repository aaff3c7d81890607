#!/usr/bin/env python3
"""How fast the ledger is on SQLite: `python bench/ledger_append.py [--entries 100000] [--seconds 3]`.

Measured through the product's own calls on a real workspace in a temporary folder (`--folder` chooses the disk):

- write+fdatasync: 700 bytes appended to a file and flushed, one after the other: what the disk allows.
- single appends: canonical statement, leaf, subtrees, head, signed checkpoint, one durable commit each.
- batched appends: the same, 100 and 500 entries to a commit.
- whole acts: `act` with one record, a private value and the checkpoint left outside the database.
- proofs from the stored subtrees, and `verify` of everything, signatures included.

The disk's figure and the single appends are measured in turns, since both move with what else the machine does.
Bars: 2,000 single appends/s, or 0.4 x the disk's figure where that is lower; 15,000 batched appends/s.
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

ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmark of the ledger on SQLite.")
    parser.add_argument("--entries", type=int, default=100_000, help="size of the log for proofs and verify")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each of five rounds takes")
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's temporary folder)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="consilience-bench-", dir=asked.folder) as folder:
        os.environ["CONSILIENCE_HOME"] = folder
        os.environ.pop("CONSILIENCE_DATABASE", None)
        run(Path(folder), asked.entries, asked.seconds)


def run(folder: Path, entries: int, seconds: float) -> None:
    from consilience.config import workspace
    from consilience.config.home import Home

    workspace.init(Home(folder), name="Bench", zone="UTC")
    from consilience.domains.ledger import log, queries
    from consilience.domains.ledger.verify import verify

    single = one_append(batch=1)
    disk_rates, single_rates = [], []
    with (folder / "plain").open("ab", buffering=0) as file:
        for _ in range(ROUNDS):
            disk_rates.append(rate(lambda: flush(file.fileno()), seconds))
            single_rates.append(rate(single, seconds))
    disk, singles = statistics.median(disk_rates), statistics.median(single_rates)
    acts = statistics.median(rate(one_act(), seconds) for _ in range(ROUNDS))
    batched = {}
    for size in (100, 500):
        batch = one_append(batch=size)
        batched[size] = statistics.median(size * rate(batch, seconds) for _ in range(ROUNDS))
    while log.size() < entries:
        batch()
    size = log.size()
    seeded = random.Random(1)
    proofs = timed(lambda: queries.proof(seeded.randrange(size)), 500)
    began = time.perf_counter()
    report = verify()
    took = time.perf_counter() - began
    # The entries of this benchmark name records that were never written; everything else has to fit.
    odd = {finding.code for finding in report.findings} - {"row_missing"}
    if odd:
        sys.exit(f"verify found {odd}")

    bar = min(2000.0, 0.4 * disk)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, SQLite in WAL mode, synchronous=FULL")
    print(f"{'write+fdatasync of 700 bytes':38} {disk:>10,.0f} /s")
    print(f"{'single appends':38} {singles:>10,.0f} /s   bar {bar:,.0f}: {verdict(singles >= bar)}")
    print(f"{'appends in batches of 100':38} {batched[100]:>10,.0f} /s")
    print(f"{'appends in batches of 500':38} {batched[500]:>10,.0f} /s   bar 15,000: {verdict(batched[500] >= 15_000)}")
    print(f"{'whole acts (record, private value)':38} {acts:>10,.0f} /s")
    print(
        f"{f'proof from a log of {size:,} entries':38} {statistics.median(proofs) * 1000:>10.3f} ms  p99 {p99(proofs) * 1000:.3f} ms"
    )
    per = took * 100_000 / report.entries
    print(
        f"{'verify, per 100,000 entries':38} {per:>10.2f} s   with {report.heads:,} signed heads and {report.rows:,} rows"
    )


def one_append(*, batch: int) -> Callable[[], None]:
    """Append `batch` entries in one durable commit, as `act` does beneath its rows."""
    from django.conf import settings
    from django.db import transaction

    from consilience.config.workspace import operator
    from consilience.domains.ledger import act, keys, log, rules
    from consilience.kit.clock import now
    from consilience.kit.naming import new_urn

    uuid, actor = act.workspace_id(), operator()
    origin, key = rules.origin_of(uuid), keys.load(Path(settings.LOG_KEY_FILE))

    def append() -> None:
        with transaction.atomic():
            head = log.lock()
            entries, at = [], now()
            for _ in range(batch):
                subject = (f"{new_urn(uuid, 'evidence')}:1", "5f" * 32)
                exact = rules.statement(
                    workspace=uuid, actor=actor, at=at, verb="bench.appended", subjects=[subject], fields={}
                )
                entries.append(log.NewEntry(exact, "bench.appended", actor.urn, at))
            log.append(head, entries, origin=origin, key=key)

    return append


def one_act() -> Callable[[], None]:
    from consilience.config.workspace import operator
    from consilience.domains.ledger.act import act
    from consilience.domains.people.models import Person
    from consilience.kit.clock import now

    actor = operator()

    def record() -> None:
        with act(actor, verb="bench.acted", at=now()) as opened:
            opened.record(Person, body={"name": opened.private("Ana Aalto"), "active": True})

    return record


def flush(file: int) -> None:
    os.write(file, b"x" * 700)
    os.fdatasync(file)


def rate(call: Callable[[], object], seconds: float) -> float:
    """Calls per second, after a short warm-up."""
    for _ in range(5):
        call()
    began, count = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        call()
        count += 1
    return count / spent


def timed(call: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return found


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def verdict(holds: bool) -> str:
    return "held" if holds else "MISSED"


if __name__ == "__main__":
    main()
