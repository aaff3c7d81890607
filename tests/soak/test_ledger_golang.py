"""Go's note and tlog packages open our heads, authenticate our tiles, check our proofs, and refuse each changed byte."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from consilience.domains.ledger import actions, keys, log, notes, proofs, queries, rules
from consilience.domains.ledger.models import Checkpoint
from consilience.domains.ledger.publish import publish
from consilience.domains.witness import cosignatures
from consilience.kit.clock import now
from tests.conftest import Templates
from tests.harness import golang, workspaces
from tests.harness.builders import a_release, operator

SOURCE = Path(__file__).parent / "golang" / "main.go"
SIZES = [255, 256, 257, 511, 512, 513, 5000, 65_535, 65_536, 65_537, 66_000]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return golang.program(SOURCE, tmp_path_factory.mktemp("go"))


@pytest.fixture(scope="module")
def published(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A log of 66,000 entries as files, with proofs of some entries and of all pairs of heads at the edges; and its key."""
    root = tmp_path_factory.mktemp("log")
    with workspaces.opened(workspaces.copied(templates.of("sqlite"), root / "home")):
        a_release()
        for size in SIZES:
            grow(size)
        folder = root / "log"
        publish(folder, entries=True)
        write_proofs(folder)
        yield folder, queries.log_key()


def grow(size: int) -> None:
    origin = rules.opened(queries.checkpoint(), queries.log_key()).origin
    with transaction.atomic():
        head, at = log.lock(), now()
        entries = [
            log.NewEntry(b"entry %d" % nth * (nth % 9), "tests.appended", "urn:x", at) for nth in range(head.size, size)
        ]
        log.append(head, entries, origin=origin, key=keys.load(Path(settings.LOG_KEY_FILE)))


def write_proofs(folder: Path) -> None:
    for name in ("proofs", "heads", "consistency"):
        (folder / name).mkdir()
    heads = list(Checkpoint.objects.order_by("size"))
    for head in heads:
        (folder / "heads" / str(head.size)).write_text(head.note)
        for position in {0, head.size // 3, head.size - 1}:
            found = queries.proof(position, head.size)
            text = proofs.write_inclusion(proofs.InclusionProof(position, found.path, found.note))
            (folder / "proofs" / f"{position}-{head.size}.tlog-proof").write_text(text)
    for old in heads:
        for new in (one for one in heads if one.size > old.size):
            pair = queries.consistency(old.size, new.size)
            text = proofs.write_consistency(proofs.ConsistencyProof(pair.old, pair.path, pair.note))
            (folder / "consistency" / f"{old.size}-{new.size}").write_text(text)


def read_by_go(reader: Path, folder: Path, key: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(reader), str(folder), key], capture_output=True, text=True, check=False, timeout=300)


def test_go_reads_the_whole_log_and_finds_every_proof_good(reader: Path, published: tuple[Path, str]) -> None:
    folder, key = published
    said = read_by_go(reader, folder, key)
    assert said.returncode == 0, said.stderr
    proved, pairs = (len(list((folder / name).iterdir())) for name in ("proofs", "consistency"))
    assert said.stdout == f"entries 66000, proofs {proved}, pairs {pairs}\n"
    assert proved > 30
    assert pairs > 100


def test_go_refuses_every_file_in_which_a_byte_was_changed(
    reader: Path, published: tuple[Path, str], tmp_path: Path
) -> None:
    folder, key = published
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    seeded = random.Random(7)
    everything = sorted(path for path in copy.rglob("*") if path.is_file())
    chosen = [copy / "checkpoint", *seeded.sample(everything, 40)]
    missed = []
    for path in chosen:
        good = path.read_bytes()
        at = seeded.randrange(len(good))
        path.chmod(0o600)
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        said = read_by_go(reader, copy, key)
        if said.returncode == 0:
            missed.append(f"{path.relative_to(copy)}, byte {at}")
        path.write_bytes(good)
    assert missed == []
    assert read_by_go(reader, copy, key).returncode == 0


def test_go_takes_no_other_key(reader: Path, published: tuple[Path, str], tmp_path: Path) -> None:
    folder, key = published
    other = rules.vkey(key.partition("+")[0], keys.public_bytes(keys.make(tmp_path / "other.pem")))
    said = read_by_go(reader, folder, other)
    assert said.returncode == 1
    assert "a signed head" in said.stderr


# Cosigned heads, and heads of a log whose key was changed


@pytest.fixture(scope="module")
def opener(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return golang.program(SOURCE.parent / "cosigned" / "main.go", tmp_path_factory.mktemp("go-cosigned"))


def opened_by_go(opener: Path, note: bytes, folder: Path, *keys_given: str) -> subprocess.CompletedProcess[str]:
    (folder / "note").write_bytes(note)
    words = [str(opener), str(folder / "note"), *keys_given]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def test_go_opens_heads_with_the_lines_of_witnesses_and_of_both_keys_of_a_change(
    opener: Path, templates: Templates, tmp_path: Path
) -> None:
    witness = Ed25519PrivateKey.generate()
    key = cosignatures.vkey("witness.example/w1", witness.public_key().public_bytes_raw())
    with workspaces.opened(workspaces.copied(templates.of("sqlite"), tmp_path / "home")):
        before = queries.log_key()
        row = actions.rotate_key(actor=operator(), now=now())
        note = Checkpoint.objects.get(size=row.position + 1).note
        after = queries.log_key()
    line = cosignatures.cosign(notes.read(note).text, name="witness.example/w1", key=witness, at_s=1_795_000_000)
    cosigned = cosignatures.added(note, [line]).encode()
    said = opened_by_go(opener, cosigned, tmp_path, before, after, key)
    origin = before.partition("+")[0]
    assert said.stdout == f"{origin}\n{origin}\nwitness.example/w1 1795000000\n", said.stderr
    assert opened_by_go(opener, cosigned, tmp_path, after).stdout == f"{origin}\n", "lines of others are passed over"
    other = cosignatures.vkey("witness.example/w1", Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert "1795000000" not in opened_by_go(opener, cosigned, tmp_path, after, other).stdout
    missed = []
    for at in range(len(cosigned)):
        changed = cosigned[:at] + bytes([cosigned[at] ^ 1]) + cosigned[at + 1 :]
        spare = (
            cosigned[at + 1 : at + 2] == b"="
        )  # bits behind the last byte, which Go's base64 passes over and ours refuses
        if not spare and opened_by_go(opener, changed, tmp_path, before, after, key).stdout == said.stdout:
            missed.append(at)
    assert missed == []
