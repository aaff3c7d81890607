#!/usr/bin/env python3
"""How fast the ledger is: `python bench/ledger_append.py [--database postgresql] [--entries 100000] [--seconds 3]`.

Measured through the product's own calls on a real workspace in a temporary folder (`--folder` chooses the disk):

- write+fdatasync: 700 bytes appended to a file and flushed, one after the other: what the disk allows.
- single appends: canonical statement, leaf, subtrees, head, signed checkpoint, one durable commit each.
- batched appends: the same, 100 and 500 entries to a commit.
- whole acts: `act` with one record, a private value and the checkpoint left outside the database.
- whole acts that wait for no flush, which is no way to run it: as much as group commit could ever gain.
- whole acts of eight processes at once: each waits for the head that another holds.
- the first act of a new process, at the size that the log has then.
- proofs from the stored subtrees, and `verify` of everything, signatures included.

The disk's figure and the single appends are measured in turns, since both move with what else the machine does.
Bars: 2,000 single appends/s, or 0.4 x the disk's figure where that is lower; 15,000 batched appends/s. On PostgreSQL, a server of
its own with fsync=on, 300 and 10,000.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):
    sys.path.insert(0, str(ROOT))
ROUNDS, WRITERS = 5, 8


BARS = {"sqlite": (2000.0, 15_000), "postgresql": (300.0, 10_000)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmark of the ledger.")
    parser.add_argument("--database", choices=tuple(BARS), default="sqlite")
    parser.add_argument("--entries", type=int, default=100_000, help="size of the log for proofs and verify")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each of five rounds takes")
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's temporary folder)")
    asked = parser.parse_args()
    with ExitStack() as until_the_end:
        folder = until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="consilience-bench-", dir=asked.folder))
        os.environ["CONSILIENCE_HOME"] = folder
        os.environ.pop("CONSILIENCE_DATABASE", None)
        if asked.database == "postgresql":
            from tests.harness import postgres

            server = until_the_end.enter_context(postgres.server(durable=True))
            server.run("CREATE DATABASE bench")
            os.environ["CONSILIENCE_DATABASE"] = server.url("bench")
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
    disk, singles = middle(disk_rates), middle(single_rates)
    acts = middle(rate(one_act(), seconds) for _ in range(ROUNDS))
    with no_flush():
        unflushed = middle(rate(one_act(), seconds) for _ in range(ROUNDS))
    together = at_once(folder, 3 * seconds)
    starts = [first_act()]
    batched = {}
    for size in (100, 500):
        batch = one_append(batch=size)
        batched[size] = middle(rate(batch, seconds).times(size) for _ in range(ROUNDS))
    while log.size() < entries:
        batch()
    size = log.size()
    starts.append(first_act())
    seeded = random.Random(1)
    proofs = timed(lambda: queries.proof(seeded.randrange(size)), 500)
    began = time.perf_counter()
    report = verify()
    took = time.perf_counter() - began
    # The entries of this benchmark name records that were never written; everything else has to fit.
    odd = {finding.code for finding in report.findings} - {"row_missing"}
    if odd:
        sys.exit(f"verify found {odd}")

    single_bar, batch_bar = BARS[connection.vendor]
    bar = min(single_bar, 0.4 * disk.clock)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {flushing()}, load {os.getloadavg()[0]:.1f}")
    print(f"{'a second':38} {'by the clock':>14} {'of processor':>14}")
    line("write+fdatasync of 700 bytes", disk)
    line("single appends", singles, bar=bar)
    line("appends in batches of 100", batched[100])
    line("appends in batches of 500", batched[500], bar=batch_bar)
    line("whole acts (record, private value)", acts)
    line("the same without a flush", unflushed)
    print(f"{f'the same, {WRITERS} processes at once':38} {together:>14,.0f}")
    print(f"{'first act of a new process':38} {starts[0]:>10.2f} s of processor, {starts[1]:.2f} s at {size:,} entries")
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


def line(name: str, found: Rate, *, bar: float | None = None) -> None:
    held = "" if bar is None else f"   bar {bar:,.0f}: {verdict(found.clock >= bar)}"
    print(f"{name:38} {found.clock:>14,.0f} {found.processor:>14,.0f}{held}")


@contextmanager
def no_flush() -> Iterator[None]:
    """Commits that come back before they are on the disk."""
    lax, strict = ("PRAGMA synchronous=OFF", "PRAGMA synchronous=FULL")
    if connection.vendor == "postgresql":
        lax, strict = "SET synchronous_commit=off", "SET synchronous_commit=on"
    with connection.cursor() as cursor:
        cursor.execute(lax)
        yield
        cursor.execute(strict)


def flushing() -> str:
    if connection.vendor == "sqlite":
        return "SQLite in WAL mode, synchronous=FULL"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')"
        )
        version, fsync, commit = cursor.fetchone()
    return f"PostgreSQL {version}, fsync={fsync}, synchronous_commit={commit}"


def at_once(folder: Path, seconds: float) -> float:
    """Acts a second of several processes that act as fast as they are let."""
    from consilience.domains.ledger import log

    go = folder / "go"
    words = [sys.executable, "-m", "tests.harness.writer"]
    writers = [
        subprocess.Popen([*words, f"writer-{n}", "1000000", str(go)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for n in range(WRITERS)
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    before = log.size()
    go.touch()
    time.sleep(seconds)
    after = log.size()
    for writer in writers:
        writer.kill()
        writer.communicate()
    return (after - before) / seconds


def first_act() -> float:
    """Processor seconds of a process that starts, acts once and ends."""
    before = os.times()
    (Path(os.environ["CONSILIENCE_HOME"]) / "go").touch()
    name = f"start-{time.time_ns()}"
    words = [sys.executable, "-m", "tests.harness.writer", name, "1", f"{os.environ['CONSILIENCE_HOME']}/go"]
    subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def flush(file: int) -> None:
    os.write(file, b"x" * 700)
    os.fdatasync(file)


@dataclass(frozen=True)
class Rate:
    """Calls a second by the clock, and per second of this process's processor time."""

    clock: float
    processor: float

    def times(self, count: int) -> Rate:
        return Rate(self.clock * count, self.processor * count)


def rate(call: Callable[[], object], seconds: float) -> Rate:
    """After a short warm-up."""
    for _ in range(5):
        call()
    began, began_cpu, count = time.perf_counter(), time.process_time(), 0
    while (spent := time.perf_counter() - began) < seconds:
        call()
        count += 1
    return Rate(count / spent, count / max(time.process_time() - began_cpu, 1e-6))


def middle(rates: Iterable[Rate]) -> Rate:
    """The median of both figures."""
    listed = list(rates)
    return Rate(*(statistics.median(getattr(one, name) for one in listed) for name in ("clock", "processor")))


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
