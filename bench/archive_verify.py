#!/usr/bin/env python3
"""Checking an archive of a million entries: `python bench/archive_verify.py [--entries 1000000] [--act 10] [--folder PATH]`.

The archive is made here, seeded and without a database: an operator, one engineer with a grant, and evidence of hers, as many
records as entries; --act says how many entries one act has, since each act leaves a signed head. Both verifiers read
it, each as a process of its own, and have to find it good. Printed are seconds of the clock, seconds of processors (this
process and its helpers: the figure to go by where others use the machine) and the most memory that one process held.

Bars: bodies and root of a million entries in 10 s; signatures at 8,000 a second and core.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consilience.domains.audit import layout, reading, workers
from consilience.domains.audit.container import Container, writing
from consilience.domains.ledger import log_keys, merkle, rules, tiles
from consilience.kit import canonical
from consilience.kit.clock import Instant

ROOT = Path(__file__).resolve().parents[1]
WORKSPACE = "0192f0c1-6a7e-7aaa-8bbb-0123456789ab"
ORIGIN = rules.origin_of(WORKSPACE)
SAID = """
import json, resource, sys, time
began = time.perf_counter()
{run}
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({{"outcome": outcome, "clock": time.perf_counter() - began,
    "processor": sum(one.ru_utime + one.ru_stime for one in used), "memory": max(one.ru_maxrss for one in used)}}))
"""
PACKAGE = """
from pathlib import Path
from consilience.config.workspace import set_up_django
set_up_django()
from consilience.domains.audit.verify import verify
outcome = str(verify(Path(sys.argv[1]), jobs=int(sys.argv[2])).outcome)
"""
ALONE = """
sys.path.insert(0, sys.argv[3])
import verify
outcome = verify.verify(sys.argv[1], jobs=int(sys.argv[2])).outcome
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmark of checking an archive.")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--act", type=int, default=10, help="entries of one act, which leaves one signed head")
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's temporary folder)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="consilience-bench-", dir=asked.folder) as folder:
        target = Path(folder) / "archive.zip"
        began = time.process_time()
        signed = make(target, asked.entries, asked.act)
        made, size = time.process_time() - began, target.stat().st_size
        print(
            f"Python {sys.version.split()[0]}, {workers.cores()} cores; {asked.entries:,} entries, {signed:,} signed heads,"
        )
        print(f"{size / 2**20:,.0f} MiB, made in {made:.0f} s of a processor", flush=True)
        hashed(target, asked.entries)
        heads(target, signed)
        for name, code in (("the package", PACKAGE), ("the one file", ALONE)):
            for jobs in sorted({1, workers.cores()}):
                whole(name, code, target, jobs, asked.entries)


def hashed(target: Path, entries: int) -> None:
    """Bodies and root: each entry hashed as it lies, then the tree. And what strict reading of each adds."""
    began = time.process_time()
    split = (line.partition(b" ")[2] for piece in pieces(target, "entries.txt") for line in workers.lines(piece))
    merkle.Tree(b"".join(map(merkle.leaf_hash, split))).root(entries)
    took = time.process_time() - began
    print(f"bodies and root, one core      {took:7.1f} s  {entries / took:>10,.0f} entries/s   bar 10 s a million: "
          f"{'held' if took * 1e6 / entries <= 10 else 'MISSED'}")  # fmt: skip
    began = time.process_time()
    for piece in pieces(target, "entries.txt"):
        reading.entries(piece)
    took = time.process_time() - began
    print(f"bodies, read strictly as well  {took:7.1f} s  {entries / took:>10,.0f} entries/s", flush=True)


def heads(target: Path, signed: int) -> None:
    with zipfile.ZipFile(target) as archive:
        key = json.loads(archive.read("archive.json"))["log_key"]
    began = time.process_time()
    for piece in pieces(target, "checkpoints.txt"):
        reading.heads(reading.HeadTask(log_keys.bound([(0, {"log_key": key})]), ORIGIN, piece))
    took = time.process_time() - began
    rate = signed / took
    print(f"signatures of heads, one core  {took:7.1f} s  {rate:>10,.0f} /s          bar 8,000/s: "
          f"{'held' if rate >= 8000 else 'MISSED'}", flush=True)  # fmt: skip


def whole(name: str, code: str, target: Path, jobs: int, entries: int) -> None:
    """All nine checks, as a process of its own."""
    command = [sys.executable, "-c", SAID.format(run=code), str(target), str(jobs), str(ROOT / "verifier")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )
    said = json.loads(done.stdout)
    if said["outcome"] != "good":
        sys.exit(f"{name} says that the archive is {said['outcome']}")
    print(f"all checks, {name:12} {jobs} job{'s' if jobs > 1 else ' '} {said['clock']:6.1f} s  {said['processor']:6.1f} s of processors, "
          f"{entries / said['processor']:>8,.0f} entries/s and core, {said['memory'] / 1024:,.0f} MiB", flush=True)  # fmt: skip


def pieces(target: Path, name: str) -> Iterator[workers.Piece]:
    with zipfile.ZipFile(target) as archive, target.open("rb") as stream:
        one = archive.getinfo(name)
        stream.seek(one.header_offset + 26)
        lengths = stream.read(4)
    start = one.header_offset + 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    return workers.pieces(target, name, start, one.file_size)


# The archive


def make(target: Path, entries: int, act: int) -> int:
    """Write the archive; the number of its signed heads."""
    key, story = Ed25519PrivateKey.from_private_bytes(bytes(range(32))), Story(act)
    log_key = rules.vkey(ORIGIN, key.public_key().public_bytes_raw())
    with writing(target) as archive, tempfile.TemporaryFile(dir=target.parent) as records:
        leaves, at, ends = bytearray(), "", []
        made = story.acts(entries, log_key)

        def entry_lines() -> Iterator[bytes]:
            nonlocal at
            for position, (exact, record, ended, when) in enumerate(made):
                leaves.extend(merkle.leaf_hash(exact))
                records.write(b"%d 0 %b\n" % (position, record))
                at = when
                if ended:
                    ends.append(position + 1)
                yield b"%d %b" % (position, exact)

        archive.add_lines("entries.txt", entry_lines())
        records.seek(0)
        archive.add_lines("records.txt", (line.rstrip(b"\n") for line in records))
        return close(archive, merkle.Tree(leaves), ends, key, log_key, at)


def close(archive: Container, tree: merkle.Tree, ends: list[int], key: Ed25519PrivateKey, log_key: str, at: str) -> int:
    def note(size: int) -> str:
        return rules.sign(rules.Checkpoint(ORIGIN, size, tree.root(size)), key)

    archive.add_lines("checkpoints.txt", (canonical.encode([size, note(size)]) for size in ends))
    archive.add("checkpoint", note(tree.size).encode())
    for tile in tiles.of_tree(tree.size):
        archive.add(tiles.address(tile), bytes(tree.levels[8 * (tile.level or 0)][32 * tile.start : 32 * tile.end]))
    manifest = layout.Manifest(
        WORKSPACE, ORIGIN, log_key, tree.size, tree.root(tree.size).hex(), at, None, False, False
    )
    archive.add("archive.json", manifest.encoded())
    archive.add("content.txt", b"")
    archive.add("index.html", b"<!doctype html>\n")
    return len(ends)


Act = tuple[bytes, bytes, bool, str]
"""Exact bytes of an entry, its record, whether the act ends with it, its instant."""


class Story:
    """Acts of a small cast, each entry with one record."""

    def __init__(self, act: int) -> None:
        self._drawn, self._act = Random(1), act
        self._operator, self._engineer = self._urn("operator"), self._urn("person")

    def acts(self, entries: int, log_key: str) -> Iterator[Act]:
        begun = {"log_key": log_key, "operator": self._operator, "name": "Bench", "zone": "UTC"}
        yield self._made("workspace", begun, "ledger.begun", self._operator, "operator", 0, ended=True)
        grant = {"principal": self._engineer, "role": "engineer", "system": None, "until": None}
        yield self._made("grant", grant, "access.granted", self._operator, "operator", 1, ended=True)
        for nth in range(2, entries):
            ended = (nth - 1) % self._act == 0 or nth == entries - 1
            seconds = 1 + (nth - 2) // self._act
            body = {"kind": "model_evaluation", "subject": self._urn("model-version"), "producer": self._engineer,
                    "fields": {"rows": nth, "recall": "0.8123", "note": {"commitment": self._hex(64)}}, "files": {}}  # fmt: skip
            yield self._made("evidence", body, "evidence.attached", self._engineer, "password", seconds, ended=ended)

    def _made(
        self, noun: str, body: dict[str, Any], verb: str, actor: str, way: str, seconds: int, *, ended: bool
    ) -> Act:
        urn, minutes = self._urn(noun), seconds // 60
        at = f"2026-{1 + minutes // 40320 % 12:02}-{1 + minutes // 1440 % 28:02}T{minutes // 60 % 24:02}:{minutes % 60:02}:{seconds % 60:02}.000000Z"
        record = canonical.encode(
            {"body": body, "schema": f"{noun}:1", "supersedes": None, "urn": urn, "valid_from": at, "version": 1}
        )
        who = rules.Actor(actor, rules.AuthenticatedBy(way))
        subjects = [(f"{urn}:1", canonical.sha256(record))]
        exact = rules.statement(workspace=WORKSPACE, actor=who, at=Instant(at), verb=verb, subjects=subjects, fields={})
        return exact, record, ended, at

    def _urn(self, noun: str) -> str:
        drawn = self._hex(32)
        return (
            f"urn:consilience:{WORKSPACE}:{noun}:{drawn[:8]}-{drawn[8:12]}-7{drawn[13:16]}-8{drawn[17:20]}-{drawn[20:]}"
        )

    def _hex(self, digits: int) -> str:
        return f"{self._drawn.getrandbits(4 * digits):0{digits}x}"


if __name__ == "__main__":
    main()
