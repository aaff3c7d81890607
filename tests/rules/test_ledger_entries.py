"""Entries byte for byte, their batches, and checkpoints as C2SP's signed notes."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from consilience.domains.ledger import merkle, rules
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput

WORKSPACE = "0192f0c1-6a7e-7aaa-8bbb-0123456789ab"
AT = Instant("2026-11-23T10:15:00.000000Z")
ROBOT = rules.Actor(f"urn:consilience:{WORKSPACE}:robot:{WORKSPACE}", rules.AuthenticatedBy.TOKEN)


def statement(**changed: Any) -> bytes:
    said = {
        "workspace": WORKSPACE,
        "actor": ROBOT,
        "at": AT,
        "verb": "inventory.version_registered",
        "subjects": [("urn:b:1", "b" * 64), ("urn:a:2", "a" * 64)],
        "fields": {"model": "credit-risk", "number": 3},
    }
    return rules.statement(**said | changed)


def test_an_entry_is_exactly_these_bytes() -> None:
    assert statement() == (
        b'{"_type":"https://in-toto.io/Statement/v1",'
        b'"predicate":{"actor":"urn:consilience:0192f0c1-6a7e-7aaa-8bbb-0123456789ab:robot:'
        b'0192f0c1-6a7e-7aaa-8bbb-0123456789ab","at":"2026-11-23T10:15:00.000000Z","authenticated_by":"token",'
        b'"model":"credit-risk","number":3,"verb":"inventory.version_registered",'
        b'"workspace":"0192f0c1-6a7e-7aaa-8bbb-0123456789ab"},"predicateType":"urn:consilience:act:1",'
        b'"subject":[{"digest":{"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},'
        b'"name":"urn:a:2"},{"digest":{"sha256":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},'
        b'"name":"urn:b:1"}]}'
    )
    assert merkle.leaf_hash(statement()).hex() == hashlib.sha256(b"\0" + statement()).hexdigest()


def test_an_entry_reads_back_as_what_was_said() -> None:
    read = rules.read(statement())
    assert (read.verb, read.actor, read.at) == ("inventory.version_registered", ROBOT.urn, AT)
    assert (read.authenticated_by, read.workspace) == ("token", WORKSPACE)
    assert read.subjects == (("urn:a:2", "a" * 64), ("urn:b:1", "b" * 64))
    assert read.predicate["number"] == 3


def test_an_entry_without_a_record_is_none() -> None:
    with pytest.raises(ValueError, match="at least one record"):
        statement(subjects=[])


@pytest.mark.parametrize("verb", ["registered", "Inventory.registered", "inventory.", "inventory.re gistered", "a.b.c"])
def test_a_verb_is_domain_and_past_tense(verb: str) -> None:
    with pytest.raises(ValueError, match=r"domain\.past_tense"):
        statement(verb=verb)


@pytest.mark.parametrize("field", ["workspace", "actor", "at", "verb", "authenticated_by"])
def test_a_verbs_own_fields_replace_none_of_the_common_ones(field: str) -> None:
    with pytest.raises(ValueError, match="may not replace"):
        statement(fields={field: "other"})


def changed(change: Any) -> bytes:
    document = json.loads(statement())
    change(document)
    return canonical.encode(document)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'"text"',
        b"{}",
        statement()[:-1],
        statement() + b"\n",
        statement().replace(b":3,", b": 3,"),
        statement().replace(b'"number":3', b'"number":3.0'),
        statement().replace(b'"number":3', b'"number":3,"number":3'),
        statement().replace(b"credit-risk", b"credit\\u002drisk"),
        changed(lambda said: said.pop("subject")),
        changed(lambda said: said["subject"].clear()),
        changed(lambda said: said["subject"].reverse()),
        changed(lambda said: said["subject"][0].update(name=1)),
        changed(lambda said: said["subject"][0].update(digest="text")),
        changed(lambda said: said["predicate"].pop("at")),
        changed(lambda said: said["predicate"].update(verb=["x"])),
        changed(lambda said: said.update(predicate="text")),
        changed(lambda said: said.update(_type="https://in-toto.io/Statement/v0.1")),
        changed(lambda said: said.update(predicateType="urn:consilience:act:2")),
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    ],
)
def test_other_bytes_are_no_entry_of_ours(data: bytes) -> None:
    with pytest.raises(BadInput):
        rules.read(data)


@given(
    st.lists(st.integers(min_value=20, max_value=200), max_size=300),
    st.integers(min_value=1000, max_value=8000),
)
def test_batches_lose_nothing_keep_the_order_and_fit(lengths: list[int], room: int) -> None:
    subjects = [(f"{n:020d}".ljust(length, "x"), "a" * 64) for n, length in enumerate(lengths)]
    groups = rules.batches(subjects, room)
    assert [one for group in groups for one in group] == subjects
    empty = len(statement(subjects=[("", "")], fields={})) - len('{"digest":{"sha256":""},"name":""}')
    for group in groups:
        if group:
            assert len(statement(subjects=group, fields={})) - empty <= room


def test_subjects_that_fit_one_entry_are_one_batch() -> None:
    assert len(rules.batches([("urn", "a" * 64)] * 10, 10_000)) == 1


# Checkpoints

SEED = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = rules.origin_of(WORKSPACE)
HEAD = rules.Checkpoint(ORIGIN, 7, hashlib.sha256(b"root").digest())


def test_a_vkey_is_the_one_that_go_writes() -> None:
    # The example of golang.org/x/mod/sumdb/note, whose private seed is published with it.
    seed = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert rules.vkey("PeterNeumann", public) == ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")


def test_a_checkpoint_is_a_signed_note_as_c2sp_defines_it() -> None:
    # Parsed here from the words of C2SP signed-note and tlog-checkpoint; nothing of the product is used to read it.
    note = rules.sign(HEAD, KEY)
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    assert text.split("\n") == [ORIGIN, "7", base64.b64encode(HEAD.root).decode(), ""]
    assert signatures.endswith("\n")
    assert signatures.count("\n") == 1
    dash, name, encoded = signatures[:-1].split(" ")
    assert dash == "\N{EM DASH}"
    assert name == ORIGIN
    assert not {" ", "+", "\n"} & set(name)
    raw = base64.b64decode(encoded, validate=True)
    key_hash = hashlib.sha256(name.encode() + b"\n" + b"\x01" + PUBLIC).digest()[:4]
    assert raw[:4] == key_hash
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(raw[4:], text.encode())
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(PUBLIC).verify(raw[4:], text.replace("7", "8", 1).encode())


def test_a_checkpoint_opens_with_its_key_and_says_what_was_signed() -> None:
    assert rules.opened(rules.sign(HEAD, KEY), rules.vkey(ORIGIN, PUBLIC)) == HEAD


def test_no_byte_of_a_checkpoint_can_be_changed() -> None:
    note, key = rules.sign(HEAD, KEY), rules.vkey(ORIGIN, PUBLIC)
    for at in range(len(note)):
        other = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]
        with pytest.raises(BadInput, match="checkpoint"):
            rules.opened(other, key)


def test_a_checkpoint_of_another_key_or_log_is_refused() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(BadInput, match="another key"):
        rules.opened(rules.sign(HEAD, other), rules.vkey(ORIGIN, PUBLIC))
    elsewhere = rules.Checkpoint("consilience/log/elsewhere", HEAD.size, HEAD.root)
    with pytest.raises(BadInput, match="not a signed note of this log"):
        rules.opened(rules.sign(elsewhere, KEY), rules.vkey(ORIGIN, PUBLIC))


@pytest.mark.parametrize("note", ["", "\n", "\n\n", "a\nb\nc\n\n— x y\n", "consilience", "\N{EM DASH}", "x" * 100_000])
def test_text_that_is_no_note_is_refused_with_a_sentence(note: str) -> None:
    with pytest.raises(BadInput, match="checkpoint"):
        rules.opened(note, rules.vkey(ORIGIN, PUBLIC))


def test_cosignatures_of_others_do_not_disturb() -> None:
    witness = Ed25519PrivateKey.from_private_bytes(bytes(32))
    note = rules.sign(HEAD, KEY)
    signature = base64.b64encode(b"1234" + witness.sign(note.partition("\n\n")[0].encode())).decode()
    assert rules.opened(f"{note}\N{EM DASH} witness.example {signature}\n", rules.vkey(ORIGIN, PUBLIC)) == HEAD


@pytest.mark.parametrize(
    ("note", "more"),
    [("", False), ("x", False), (f"{ORIGIN}\n8\nroot\n", True), (f"{ORIGIN}\n7\nroot\n", False),
     ("elsewhere\n9\nroot\n", False), (f"{ORIGIN}\nmany\nroot\n", False)],
)  # fmt: skip
def test_only_a_later_head_of_the_same_log_covers_more(note: str, more: bool) -> None:
    assert rules.covers_more(note, rules.sign(HEAD, KEY)) is more
