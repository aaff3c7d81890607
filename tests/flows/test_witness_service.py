"""A witness in a process of its own: what it answers over HTTP and by file, to many at once, and after it was killed."""

from __future__ import annotations

import http.client
import socket
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consilience.domains.ledger import merkle, notes, rules
from consilience.domains.ledger.proofs import ConsistencyProof, write_consistency
from consilience.domains.witness import cosignatures
from consilience.kit.errors import ExitCode
from tests.harness.processes import command
from tests.harness.witnesses import Running, a_witness, serving, trust

LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "consilience/log/0192f0c1-6a7e-7aaa-8bbb-0123456789ab"
VKEY = rules.vkey(ORIGIN, LOG_KEY.public_key().public_bytes_raw())
TREE = merkle.Tree(b"".join(merkle.leaf_hash(b"%d" % nth) for nth in range(200)))
FORK = merkle.Tree(b"".join(merkle.leaf_hash(b"%d" % max(nth, 5)) for nth in range(200)))


def note(size: int, tree: merkle.Tree = TREE, origin: str = ORIGIN) -> str:
    return rules.sign(rules.Checkpoint(origin, size, tree.root(size)), LOG_KEY)


def body(old: int, size: int, tree: merkle.Tree = TREE, origin: str = ORIGIN) -> bytes:
    path = merkle.consistency(old, size, tree.node) if 0 < old <= size else []
    return write_consistency(ConsistencyProof(old, tuple(path), note(size, tree, origin))).encode()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "witness"
    a_witness(folder)
    trust(folder, VKEY)
    return folder


@pytest.fixture
def witness(home: Path) -> Iterator[Running]:
    with serving(home) as running:
        yield running


def test_a_log_is_cosigned_as_long_as_it_only_grows(witness: Running) -> None:
    for old, size in ((0, 1), (1, 64), (64, 64), (64, 200)):
        status, _, answer = witness.post(body(old, size))
        assert status == 200
        cosigned = notes.read(note(size) + answer)
        assert cosignatures.cosigned_at(cosigned, cosignatures.read_key(witness.key)) is not None
        assert rules.opened(note(size) + answer, VKEY).size == size


def test_each_deed_is_refused_with_the_status_of_the_specification(witness: Running) -> None:
    assert witness.post(body(0, 100))[0] == 200
    assert witness.post(body(40, 120)) == (409, "text/x.tlog.size", "100\n")
    assert witness.post(body(0, 100)) == (409, "text/x.tlog.size", "100\n")
    assert witness.post(body(0, 60)) == (409, "text/x.tlog.size", "100\n"), "yesterday's copy of the log"
    assert witness.post(body(100, 60))[0] == 400
    fork = witness.post(body(100, 100, FORK))
    assert (fork[0], fork[1]) == (409, "text/plain; charset=utf-8")
    assert witness.post(body(100, 150, FORK))[0] == 422
    assert witness.post(body(0, 10, origin="consilience/log/another"))[0] == 404
    stranger = rules.sign(rules.Checkpoint(ORIGIN, 120, TREE.root(120)), Ed25519PrivateKey.generate())
    path = tuple(merkle.consistency(100, 120, TREE.node))
    assert witness.post(write_consistency(ConsistencyProof(100, path, stranger)).encode())[0] == 403
    for wrong in (b"", b"old 100\n", b"\xff", b"old 100\n\nnothing\n", body(100, 120)[:-1]):
        assert witness.post(wrong)[0] == 400
    assert witness.post(body(100, 120))[0] == 200, "none of this changed what it had seen"
    kept = (
        sqlite3.connect(witness.home / "witness.sqlite3").execute("SELECT status, note FROM contradiction").fetchall()
    )
    assert sorted(status for status, _ in kept) == [409, 422]
    assert {rules.opened(one, VKEY).size for _, one in kept} == {100, 150}, "what a log signed against itself is kept"


def test_of_many_at_once_one_is_first(home: Path) -> None:
    """Two processes answer for one store, eight clients ask: each round one head is taken, and no size is ever taken back."""
    with serving(home) as one, serving(home) as other, ThreadPoolExecutor(8) as clients:
        seen = 0
        for _ in range(8):
            asked = [((one, other)[nth % 2], seen, seen + 1 + nth) for nth in range(8)]
            answers = list(clients.map(lambda ask: (ask[2], ask[0].post(body(ask[1], ask[2]))), asked))
            taken = [size for size, answer in answers if answer[0] == 200]
            assert Counter(answer[0] for _, answer in answers) == {200: 1, 409: 7}
            assert {answer[2] for _, answer in answers if answer[0] == 409} == {f"{taken[0]}\n"}
            seen = taken[0]


def test_what_was_cosigned_is_kept_when_the_process_is_killed(home: Path) -> None:
    with serving(home) as witness:
        assert witness.post(body(0, 100))[0] == 200
        witness.process.kill()
        witness.process.wait()
    with serving(home) as again:
        assert again.post(body(0, 60)) == (409, "text/x.tlog.size", "100\n")


def test_a_witness_answers_nothing_else(witness: Running) -> None:
    assert witness.post(body(0, 10), "/elsewhere")[0] == 404
    there = http.client.HTTPConnection(urlsplit(witness.url).netloc, timeout=20)
    there.request("GET", "/add-checkpoint")
    assert there.getresponse().status == 405
    there.close()
    with socket.create_connection(urlsplit(witness.url).netloc.split(":"), timeout=20) as raw:
        raw.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n")
        assert b" 400 " in raw.recv(4096)
    assert witness.post(body(0, 10))[0] == 200


def test_connections_are_kept_open_for_the_next_head(witness: Running) -> None:
    there = http.client.HTTPConnection(urlsplit(witness.url).netloc, timeout=20)
    for old, size in ((0, 10), (10, 20)):
        there.request("POST", "/add-checkpoint", body(old, size))
        answer = there.getresponse()
        assert answer.status == 200
        answer.read()
    there.close()


def test_key_and_store_are_closed_to_other_accounts(home: Path) -> None:
    for path in (home, home / "witness.ed25519.pem", home / "witness.sqlite3"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_by_file_without_a_network(home: Path, tmp_path: Path) -> None:
    first, later, proof, out = (tmp_path / name for name in ("first", "later", "proof", "cosigned"))
    first.write_text(note(60))
    later.write_text(note(100))
    words = ("witness", "cosign", "--home", str(home), "--checkpoint")
    cosigned = command(*words, str(first))
    assert cosigned.returncode == ExitCode.YES, cosigned.stderr
    assert rules.opened(cosigned.stdout, VKEY).size == 60
    without = command(*words, str(later))
    assert without.returncode == ExitCode.REFUSED
    assert "consilience ledger consistency 60" in without.stderr
    proof.write_bytes(body(60, 100))
    wrong = command(*words, str(first), "--proof", str(proof))
    assert wrong.returncode == ExitCode.BAD_INPUT
    assert "another head" in wrong.stderr
    good = command(*words, str(later), "--proof", str(proof), "--out", str(out))
    assert good.returncode == ExitCode.YES, good.stderr
    key = cosignatures.read_key(command("witness", "key", "--home", str(home)).stdout.strip())
    assert cosignatures.cosigned_at(notes.read(out.read_text()), key) is not None
    later.write_text(note(100, FORK))
    proof.write_bytes(body(100, 100, FORK))
    fork = command(*words, str(later), "--proof", str(proof))
    assert fork.returncode == ExitCode.REFUSED
    assert "two histories" in fork.stderr
    later.write_text(note(150, FORK))
    proof.write_bytes(body(100, 150, FORK))
    assert "keep both heads" in command(*words, str(later), "--proof", str(proof)).stderr


def test_wrong_calls_get_one_sentence(home: Path, tmp_path: Path) -> None:
    for words, code, said in (
        (("init", "--name", "x y"), ExitCode.WRONG_USE, "holds a space"),
        (("key",), ExitCode.CANNOT_TELL, "there is no witness"),
        (("trust", "no key"), ExitCode.BAD_INPUT, "log key"),
        (("serve", "--listen", "8081"), ExitCode.WRONG_USE, "HOST:PORT"),
    ):
        answer = command("witness", *words, "--home", str(tmp_path / "none"))
        assert answer.returncode == code, answer.stderr
        assert said in answer.stderr
        assert answer.stderr.count("\n") == 1
    assert command("witness", "init", "--home", str(home), "--name", "w").returncode == ExitCode.WRONG_USE
    unknown = command("witness", "distrust", rules.vkey("x", bytes(32)), "--home", str(home))
    assert unknown.returncode == ExitCode.NOT_FOUND
    assert command("witness", "distrust", VKEY, "--home", str(home)).returncode == ExitCode.YES
    assert "No log is trusted yet" in command("witness", "list", "--home", str(home)).stdout
