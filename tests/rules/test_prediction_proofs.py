"""The tree over a batch, and the proof file of one row: what holds, and that whatever was changed is found."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consilience.domains.ledger import keys, merkle, proofs, rules
from consilience.domains.monitor import batch_proofs, leaves
from consilience.kit import canonical
from consilience.kit.clock import Instant

SECRET = bytes(range(32))
ROWS = [canonical.encode({"id": n, "score": f"0.{n}"}) for n in range(5)]
WORKSPACE = "00000000-0000-4000-8000-000000000000"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
ORIGIN = rules.origin_of(WORKSPACE)
VKEY = rules.vkey(ORIGIN, keys.public_bytes(KEY))


def verifier() -> Any:
    """The one-file verifier, loaded as a file: it is no part of the package."""
    spec = importlib.util.spec_from_file_location("verify", Path(__file__).parents[2] / "verifier" / "verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFIER = verifier()


def test_the_salt_of_a_row_is_the_hmac_of_its_index() -> None:
    for index in (0, 1, 255, 256, 2**40):
        expected = hmac.new(SECRET, index.to_bytes(8, "big"), hashlib.sha256).digest()
        assert leaves.Salts(SECRET).of(index) == expected


def test_two_equal_rows_have_different_leaves() -> None:
    assert len(set(leaves.leaves([b"{}"] * 100, 0, leaves.Salts(SECRET)))) == 100


@pytest.mark.parametrize("height", [2, 3])
def test_a_tree_that_forgets_chunks_is_the_whole_tree(height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaves, "HEIGHT", height)
    monkeypatch.setattr(leaves, "CHUNK", 1 << height)
    for size in range(1, 40):
        hashes = [hashlib.sha256(bytes([n])).digest() for n in range(size)]
        whole = merkle.Tree(b"".join(hashes))
        for index in range(size):
            tree = leaves.BatchTree(index)
            for start in range(0, size, 5):
                tree.add(hashes[start : start + 5])
            assert (tree.count, tree.root()) == (size, whole.root(size))
            assert tree.path(index) == merkle.inclusion(index, size, whole.node)
            assert merkle.includes(hashes[index], index, size, tree.path(index), tree.root())


def a_proof(index: int = 3, *, verb: str = "predictions.batch_logged") -> bytes:
    """The proof of one of five rows, whose batch was logged as entry 1 of three."""
    salts, tree = leaves.Salts(SECRET), leaves.BatchTree(index)
    tree.add(leaves.leaves(ROWS, 0, salts))
    actor = rules.Actor(f"urn:consilience:{WORKSPACE}:robot:{WORKSPACE}", rules.AuthenticatedBy.TOKEN)
    entry = rules.statement(
        workspace=WORKSPACE, actor=actor, at=Instant("2026-11-23T10:00:00.000000Z"), verb=verb,
        subjects=[(f"urn:consilience:{WORKSPACE}:prediction-batch:{WORKSPACE}:1", "5f" * 32)],
        fields={"root": tree.root().hex(), "rows": 5, "model_version": "urn"},
    )  # fmt: skip
    log = merkle.Tree(b"".join(map(merkle.leaf_hash, [b"zero", entry, b"two"])))
    note = rules.sign(rules.Checkpoint(ORIGIN, 3, log.root(3)), KEY)
    under = proofs.write_inclusion(proofs.InclusionProof(1, tuple(merkle.inclusion(1, 3, log.node)), note))
    return batch_proofs.write(
        batch_proofs.RowProof(ROWS[index], salts.of(index), index, tuple(tree.path(index)), entry, under)
    )


def both(data: bytes, key: str | None = VKEY) -> str:
    """What both verifiers say, which must be the same, step by step."""
    ours = batch_proofs.check(data, key)
    theirs = VERIFIER.prediction(data, key)
    assert {name: holds for name, holds, _ in ours.steps} == {name: holds for name, holds, _ in theirs}, (ours, theirs)
    return ours.outcome


@pytest.mark.parametrize("index", range(5))
def test_each_row_of_a_batch_is_proved(index: int) -> None:
    assert both(a_proof(index)) == "good"


def test_without_the_key_nobody_can_tell_who_signed() -> None:
    assert both(a_proof(), None) == "cannot_tell"


def changed(**members: Any) -> Callable[[dict[str, Any]], Any]:
    def change(said: dict[str, Any]) -> None:
        said.update({name: new(said[name]) for name, new in members.items()})

    return change


def flipped(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


TAMPERED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "another score": (changed(row=lambda row: row.replace("0.3", "0.4")), "batch"),
    "a row with a space": (changed(row=lambda row: row.replace(":", ": ")), "row"),
    "a key twice": (changed(row=lambda row: row.replace("{", '{"id":3,', 1)), "row"),
    "another salt": (changed(salt=flipped), "batch"),
    "another index": (changed(index=lambda index: index - 1), "batch"),
    "an index beyond": (changed(index=lambda index: index + 5), "batch"),
    "a hash of the path": (changed(path=lambda path: [flipped(path[0]), *path[1:]]), "batch"),
    "a hash too few": (changed(path=lambda path: path[:-1]), "batch"),
    "a hash too many": (changed(path=lambda path: [*path, "0" * 64]), "batch"),
    "another root in the entry": (changed(entry=lambda entry: entry.replace('"root":"', '"root":"00')), "entry"),
    "another number of rows": (changed(entry=lambda entry: entry.replace('"rows":5', '"rows":4')), "entry"),
    "an entry that is none": (changed(entry=lambda entry: entry + " "), "entry"),
    "another place of the entry": (changed(entry_proof=lambda text: text.replace("index 1", "index 0")), "entry"),
    "another size of the log": (changed(entry_proof=lambda text: text.replace("\n3\n", "\n4\n")), "head"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_whatever_was_changed_is_named_by_both_verifiers(name: str) -> None:
    change, step = TAMPERED[name]
    said = json.loads(a_proof())
    change(said)
    data = canonical.encode(said) + b"\n"
    assert both(data) == "tampered"
    assert {found: holds for found, holds, _ in batch_proofs.check(data, VKEY).steps}[step] is False


def test_a_head_that_another_key_signed_is_found() -> None:
    other = rules.vkey(ORIGIN, keys.public_bytes(Ed25519PrivateKey.generate()))
    assert both(a_proof(), other) == "tampered"


def test_an_entry_of_another_act_is_no_batch() -> None:
    assert both(a_proof(verb="evidence.attached")) == "tampered"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}\n", b"null\n", b"[]\n", a_proof()[:-1], a_proof() + b"\n", b" " + a_proof(),
        a_proof().replace(b"prediction-proof:1", b"prediction-proof:9"), a_proof().replace(b'"index":3', b'"index":true'),
        a_proof().replace(b'"index":3', b'"index":-3'), a_proof().replace(b'"salt":"', b'"salt":"x'),
        a_proof().replace(b"c2sp.org/tlog-proof@v1", b"c2sp.org/tlog-proof@v2"),
    ],
)  # fmt: skip
def test_what_is_no_proof_cannot_be_told(data: bytes) -> None:
    assert both(data) == "cannot_tell"


def test_every_byte_that_is_flipped_is_noticed() -> None:
    data = a_proof()
    for at in range(len(data)):
        broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        steps = [holds for _, holds, _ in VERIFIER.prediction(broken, VKEY)]
        assert batch_proofs.check(broken, VKEY).outcome != "good", at
        assert not all(steps), at
