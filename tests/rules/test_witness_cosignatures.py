"""Cosignatures, byte for byte as C2SP tlog-cosignature has them, and requests as a witness reads them."""

from __future__ import annotations

import base64
import hashlib
import struct
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consilience.domains.ledger import merkle, notes, rules
from consilience.domains.ledger.proofs import ConsistencyProof, write_consistency
from consilience.domains.witness import cosignatures
from consilience.domains.witness.service import requests
from consilience.domains.witness.service.requests import Head
from consilience.kit.errors import BadInput

LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
PUBLIC = KEY.public_key().public_bytes_raw()
NAME = "witness.example/w1"
ORIGIN = "consilience/log/0192f0c1-6a7e-7aaa-8bbb-0123456789ab"
TREE = merkle.Tree(b"".join(merkle.leaf_hash(b"%d" % nth) for nth in range(70)))
AT_S = 1679315147
TRUSTED = [notes.read_key(rules.vkey(ORIGIN, LOG_KEY.public_key().public_bytes_raw()))]


def head(size: int) -> Head:
    return Head(size, TREE.root(size))


def note(size: int, root: bytes | None = None, key: Ed25519PrivateKey = LOG_KEY) -> str:
    return rules.sign(rules.Checkpoint(ORIGIN, size, root or TREE.root(size)), key)


def request(old: int, size: int, path: list[bytes] | None = None, signed: str | None = None) -> requests.Request:
    if path is None:
        path = merkle.consistency(old, size, TREE.node) if 0 < old <= size else []
    return requests.read(write_consistency(ConsistencyProof(old, tuple(path), signed or note(size))).encode())


def status(asked: requests.Request, seen: Head) -> int:
    refused = requests.refusal(asked, TRUSTED, seen)
    return 200 if refused is None else refused.status


# Cosignatures


def test_the_key_the_message_and_the_line_are_those_of_the_specification() -> None:
    text = f"{ORIGIN}\n70\n{base64.b64encode(TREE.root(70)).decode()}\n"
    key_id = hashlib.sha256(NAME.encode() + b"\n\x04" + PUBLIC).digest()[:4]
    encoded_key = base64.b64encode(b"\x04" + PUBLIC).decode()
    assert cosignatures.vkey(NAME, PUBLIC) == f"{NAME}+{key_id.hex()}+{encoded_key}"
    line = cosignatures.cosign(text, name=NAME, key=KEY, at_s=AT_S)
    dash, name, encoded = line.split(" ")
    raw = base64.b64decode(encoded)
    assert (dash, name, len(raw)) == ("\N{EM DASH}", NAME, 4 + 8 + 64)
    assert raw[:12] == key_id + struct.pack(">Q", AT_S)
    KEY.public_key().verify(raw[12:], f"cosignature/v1\ntime {AT_S}\n{text}".encode())


def test_a_cosigned_head_stays_a_head_of_its_log() -> None:
    signed = note(70)
    line = cosignatures.cosign(notes.read(signed).text, name=NAME, key=KEY, at_s=AT_S)
    cosigned = cosignatures.added(signed, [line, line])
    assert cosigned.count(line) == 1
    assert rules.opened(cosigned, rules.vkey(ORIGIN, LOG_KEY.public_key().public_bytes_raw())).size == 70
    key = cosignatures.read_key(cosignatures.vkey(NAME, PUBLIC))
    assert cosignatures.cosigned_at(notes.read(cosigned), key) == AT_S
    assert cosignatures.cosigned_at(notes.read(signed), key) is None


def test_a_cosignature_fits_one_text_one_time_and_one_key() -> None:
    text = notes.read(note(70)).text
    line = cosignatures.cosign(text, name=NAME, key=KEY, at_s=AT_S)
    key = cosignatures.read_key(cosignatures.vkey(NAME, PUBLIC))
    other = notes.read(cosignatures.added(note(69), [line]))
    with pytest.raises(BadInput, match="does not match"):
        cosignatures.cosigned_at(other, key)
    raw = bytearray(base64.b64decode(line.split(" ")[2]))
    for at in range(4, len(raw)):
        raw[at] ^= 1
        spoilt = f"\N{EM DASH} {NAME} {base64.b64encode(bytes(raw)).decode()}"
        raw[at] ^= 1
        with pytest.raises(BadInput):
            cosignatures.cosigned_at(notes.read(cosignatures.added(note(70), [spoilt])), key)


def test_the_key_of_a_log_is_no_key_of_a_witness() -> None:
    with pytest.raises(BadInput, match="witness key"):
        cosignatures.read_key(rules.vkey(ORIGIN, PUBLIC))
    with pytest.raises(BadInput):
        notes.read_key(cosignatures.vkey(NAME, PUBLIC))


def test_a_signature_as_a_log_is_no_cosignature() -> None:
    """The same key under both types: a signed head must never pass as a statement of a witness."""
    signed = rules.sign(rules.Checkpoint(NAME, 70, TREE.root(70)), KEY)
    assert cosignatures.cosigned_at(notes.read(signed), cosignatures.read_key(cosignatures.vkey(NAME, PUBLIC))) is None


# Requests


def test_what_continues_the_last_head_is_cosigned() -> None:
    for old in range(71):
        for size in range(max(old, 1), 71):
            assert status(request(old, size), head(old) if old else Head()) == 200, (old, size)


def test_each_refusal_has_its_status() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert status(request(40, 60, signed=note(60, key=stranger)), head(40)) == 403
    assert status(request(50, 40), head(50)) == 400
    assert status(request(30, 60), head(40)) == 409
    assert status(request(40, 40, [], note(40, bytes(32))), head(40)) == 409
    assert status(request(40, 60, [bytes(32)]), head(40)) == 422
    assert status(request(40, 60, merkle.consistency(40, 60, TREE.node)[:-1]), head(40)) == 422
    assert status(request(40, 60, [*merkle.consistency(40, 60, TREE.node), bytes(32)]), head(40)) == 422
    assert status(request(40, 40, [bytes(32)]), head(40)) == 422
    assert status(request(0, 40, [bytes(32)]), Head()) == 422
    assert status(request(40, 60, signed=note(60, bytes(32))), head(40)) == 422
    unknown = requests.refusal(request(40, 60), [], head(40))
    assert unknown is not None
    assert unknown.status == 404


def test_a_wrong_old_size_is_answered_with_the_right_one() -> None:
    refused = requests.refusal(request(30, 60), TRUSTED, head(40))
    assert refused == requests.Answer(409, "40\n", "text/x.tlog.size")
    fork = requests.refusal(request(40, 40, [], note(40, bytes(32))), TRUSTED, head(40))
    assert fork is not None
    assert fork.contradicts
    assert not refused.contradicts


def test_an_empty_log_has_one_root() -> None:
    assert status(request(0, 0, signed=note(0, merkle.EMPTY_ROOT)), Head()) == 200
    assert status(request(0, 0, signed=note(0, bytes(32))), Head()) == 409


def test_a_second_signature_of_a_trusted_key_that_is_wrong_spoils_the_note() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    trusted = [*TRUSTED, notes.read_key(rules.vkey(ORIGIN, other.public_key().public_bytes_raw()))]
    foreign = note(50, key=other).rsplit("\n", 2)[1]
    both = cosignatures.added(note(60), [foreign])
    asked = request(40, 60, signed=both)
    assert requests.refusal(asked, TRUSTED, head(40)) is None, "to those who do not know that key, it is no signature"
    refused = requests.refusal(asked, trusted, head(40))
    assert refused is not None
    assert refused.status == 403


def test_extension_lines_are_signed_with_the_rest() -> None:
    text = f"{ORIGIN}\n60\n{base64.b64encode(TREE.root(60)).decode()}\nextension 1\n"
    public = LOG_KEY.public_key().public_bytes_raw()
    encoded = base64.b64encode(notes.key_id(ORIGIN, public) + LOG_KEY.sign(text.encode())).decode()
    asked = request(40, 60, signed=f"{text}\n\N{EM DASH} {ORIGIN} {encoded}\n")
    assert status(asked, head(40)) == 200


GOOD = write_consistency(ConsistencyProof(40, tuple(merkle.consistency(40, 60, TREE.node)), note(60)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("old 40", "old 040"), ("old 40", "old  40"), ("old 40", "old -1"), ("old 40", "old ٤٠"), ("old 40\n", ""),
        ("old 40", "Old 40"), ("old 40", "old 9223372036854775808"), ("old 40", "old 40 "), ("\n60\n", "\n060\n"),
        ("\n60\n", "\n60\r\n"), ("\n\n", "\n"), ("old 40\n", "old 40\nAAAA\n"), ("old 40\n", "old 40\n" + "A" * 44 + "\n"),
        ("\N{EM DASH}", "-"), (ORIGIN + "\n60", "\n60"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(old: str, new: str) -> None:
    assert old in GOOD
    with pytest.raises(BadInput):
        requests.read(GOOD.replace(old, new).encode())


def test_more_hashes_than_any_log_needs_are_refused() -> None:
    line = base64.b64encode(bytes(32)).decode()
    requests.read(GOOD.replace("old 40\n", "old 40\n" + f"{line}\n" * 50).encode())
    with pytest.raises(BadInput, match="more than 63"):
        requests.read(GOOD.replace("old 40\n", "old 40\n" + f"{line}\n" * 63).encode())


@given(
    st.binary(max_size=300)
    | st.builds(
        lambda at, byte: GOOD.encode()[:at] + bytes([byte]) + GOOD.encode()[at + 1 :],
        st.integers(0, len(GOOD) - 1),
        st.integers(0, 255),
    )
)
def test_any_bytes_are_a_request_or_refused_and_a_changed_one_is_never_cosigned(body: bytes) -> None:
    try:
        asked = requests.read(body)
    except BadInput:
        return
    refused = requests.refusal(asked, TRUSTED if asked.origin == ORIGIN else [], head(40))
    assert refused is not None or body == GOOD.encode()


@given(st.text(max_size=200))
def test_any_answer_of_a_witness_is_lines_or_refused(text: str) -> None:
    try:
        found = cosignatures.read_lines(text)
    except BadInput:
        return
    assert "".join(f"{cosignatures.line(one)}\n" for one in found) == text


def test_a_witness_needs_no_django() -> None:
    code = "import sys, consilience.domains.witness.service.server; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
