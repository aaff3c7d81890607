"""Proofs as texts: as C2SP writes them, read strictly, and shown to hold or refused with a sentence."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consilience.domains.ledger import merkle, notes, proofs, rules
from consilience.domains.ledger.proofs import ConsistencyProof, InclusionProof
from consilience.kit.errors import BadInput

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = rules.origin_of("0192f0c1-6a7e-7aaa-8bbb-0123456789ab")
VKEY = rules.vkey(ORIGIN, KEY.public_key().public_bytes_raw())
MOST = 130
ENTRIES = [b"entry %d" % nth for nth in range(MOST)]
TREE = merkle.Tree(b"".join(map(merkle.leaf_hash, ENTRIES)))
EDGES = sorted({size for k in range(8) for size in (2**k - 1, 2**k, 2**k + 1) if 0 < size <= MOST})


def note(size: int, root: bytes | None = None, origin: str = ORIGIN) -> str:
    return rules.sign(rules.Checkpoint(origin, size, TREE.root(size) if root is None else root), KEY)


NOTES = [note(size) for size in range(MOST + 1)]


def inclusion(index: int, size: int) -> str:
    path = merkle.inclusion(index, size, TREE.node)
    return proofs.write_inclusion(InclusionProof(index, tuple(path), NOTES[size]))


def consistency(old: int, size: int) -> str:
    path = merkle.consistency(old, size, TREE.node) if old else []
    return proofs.write_consistency(ConsistencyProof(old, tuple(path), NOTES[size]))


# As C2SP writes them


def test_a_proof_of_an_entry_is_a_tlog_proof() -> None:
    lines = inclusion(2, 5).split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 2"]
    assert [base64.b64decode(line) for line in lines[2:5]] == merkle.inclusion(2, 5, TREE.node)
    assert lines[5] == ""
    assert "\n".join(lines[6:]) == NOTES[5]


def test_the_proof_of_the_only_entry_has_no_hashes() -> None:
    assert inclusion(0, 1) == f"c2sp.org/tlog-proof@v1\nindex 0\n\n{NOTES[1]}"
    assert proofs.entry_under(inclusion(0, 1), ENTRIES[0], VKEY).size == 1


def test_a_proof_of_two_heads_is_what_a_witness_takes() -> None:
    lines = consistency(3, 5).split("\n")
    assert lines[0] == "old 3"
    assert [base64.b64decode(line) for line in lines[1:5]] == merkle.consistency(3, 5, TREE.node)
    assert lines[5] == ""
    assert "\n".join(lines[6:]) == NOTES[5]
    assert consistency(0, 5) == f"old 0\n\n{NOTES[5]}"


def test_extra_data_is_carried_and_proves_nothing() -> None:
    path = tuple(merkle.inclusion(2, 5, TREE.node))
    text = proofs.write_inclusion(InclusionProof(2, path, NOTES[5], extra=b"about the entry"))
    assert text.split("\n")[1] == "extra YWJvdXQgdGhlIGVudHJ5"
    assert proofs.read_inclusion(text).extra == b"about the entry"
    assert proofs.entry_under(text, ENTRIES[2], VKEY).root == TREE.root(5)


def test_proofs_are_checked_without_django_or_a_workspace() -> None:
    code = "import sys, consilience.domains.ledger.proofs; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Every small log


@pytest.mark.parametrize("size", EDGES)
def test_every_entry_stands_under_a_head_at_the_edges_and_no_other_bytes_do(size: int) -> None:
    for index in range(size):
        text = inclusion(index, size)
        assert proofs.entry_under(text, ENTRIES[index], VKEY) == rules.Checkpoint(ORIGIN, size, TREE.root(size))
        with pytest.raises(BadInput, match="does not lead"):
            proofs.entry_under(text, ENTRIES[index] + b" ", VKEY)


@pytest.mark.parametrize("old", [0, *EDGES])
def test_every_later_head_follows_one_at_the_edges(old: int) -> None:
    for size in (one for one in EDGES if one >= old):
        assert proofs.follows(consistency(old, size), NOTES[old], VKEY).size == size


def test_a_fork_does_not_follow() -> None:
    other = note(7, root=bytes(32))
    with pytest.raises(BadInput, match="does not show"):
        proofs.follows(consistency(7, 12), other, VKEY)
    path = tuple(merkle.consistency(7, 12, TREE.node))
    forked = proofs.write_consistency(ConsistencyProof(7, path, note(12, root=bytes(32))))
    with pytest.raises(BadInput, match="does not show"):
        proofs.follows(forked, NOTES[7], VKEY)


def test_two_heads_over_as_many_entries_are_the_same_or_do_not_follow() -> None:
    assert proofs.follows(consistency(7, 7), NOTES[7], VKEY).size == 7
    with pytest.raises(BadInput, match="does not show"):
        proofs.follows(consistency(7, 7), note(7, root=bytes(32)), VKEY)


def test_an_earlier_head_never_follows_a_later_one() -> None:
    backwards = proofs.write_consistency(ConsistencyProof(12, (), NOTES[7]))
    with pytest.raises(BadInput, match="does not show"):
        proofs.follows(backwards, NOTES[12], VKEY)


def test_a_head_other_than_the_one_the_proof_begins_at_does_not_do() -> None:
    with pytest.raises(BadInput, match="begins at 7 entries, but the older checkpoint covers 6"):
        proofs.follows(consistency(7, 12), NOTES[6], VKEY)


def test_a_head_over_nothing_with_another_root_has_no_followers() -> None:
    assert proofs.follows(consistency(0, 12), NOTES[0], VKEY).size == 12
    with pytest.raises(BadInput, match="does not show"):
        proofs.follows(consistency(0, 12), note(0, root=bytes(32)), VKEY)


@pytest.mark.parametrize("size", EDGES)
def test_a_path_that_is_too_long_or_too_short_is_refused(size: int) -> None:
    for index in range(size):
        path = merkle.inclusion(index, size, TREE.node)
        for wrong in ([*path, bytes(32)], path[:-1], path[1:]):
            if wrong != path:
                text = proofs.write_inclusion(InclusionProof(index, tuple(wrong), NOTES[size]))
                with pytest.raises(BadInput, match="does not lead"):
                    proofs.entry_under(text, ENTRIES[index], VKEY)


@pytest.mark.parametrize("index", [5, 6, 2**53, 10**18 - 1])
def test_an_index_outside_the_log_is_refused(index: int) -> None:
    text = proofs.write_inclusion(InclusionProof(index, tuple(merkle.inclusion(4, 5, TREE.node)), NOTES[5]))
    with pytest.raises(BadInput, match="does not lead"):
        proofs.entry_under(text, ENTRIES[4], VKEY)


# Strictly read


def changed(old: str, new: str) -> str:
    text = inclusion(2, 5)
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "\n\n", "c2sp.org/tlog-proof@v1\n", inclusion(2, 5)[:-1], inclusion(2, 5) + "\n", "\n" + inclusion(2, 5),
        changed("@v1", "@v2"), changed("index 2", "index 02"), changed("index 2", "index -2"), changed("index 2", "index"),
        changed("index 2", "index 2 "), changed("index 2", f"index {10**18}"), changed("index 2", "index \N{ARABIC-INDIC DIGIT TWO}"),
        changed("index 2\n", ""), changed("index 2\n", "index 2\nextra YQ==\n"), changed("index 2\n", "extra \nindex 2\n"),
        changed("index 2\n", "extra YR==\nindex 2\n"), changed("index 2\n", "extra YQ==\nextra YQ==\nindex 2\n"),
        changed("index 2\n", "index 2\nAAAA\n"), changed("index 2\n", "index 2\n" + "A" * 43 + "=\n" * 2),
        changed("index 2\n", "index 2\n" + ("A" * 43 + "=\n") * 61), changed("\n", "\r\n"), changed("index", "Index"),
        changed(f"\n\n{ORIGIN}", f"\n\n\n{ORIGIN}"), changed("\n5\n", "\n05\n"), changed("index 2", "old 2"),
    ],
)  # fmt: skip
def test_another_text_is_no_proof_of_an_entry(text: str) -> None:
    with pytest.raises(BadInput):
        proofs.entry_under(text, ENTRIES[2], VKEY)


def test_no_character_of_a_proof_can_be_changed() -> None:
    text = inclusion(2, 5)
    for at in range(len(text)):
        for other in "A", "B", "\n":
            if text[at] != other:
                with pytest.raises(BadInput):
                    proofs.entry_under(text[:at] + other + text[at + 1 :], ENTRIES[2], VKEY)


@pytest.mark.parametrize(
    "text", ["", "old 3", inclusion(2, 5), consistency(3, 5)[:-1], consistency(3, 5).replace("old 3", "old 03")]
)
def test_another_text_is_no_proof_of_two_heads(text: str) -> None:
    with pytest.raises(BadInput):
        proofs.follows(text, NOTES[3], VKEY)


# Signed by whom


def test_a_head_signed_by_another_key_shows_nothing() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    head = rules.sign(rules.Checkpoint(ORIGIN, 5, TREE.root(5)), other)
    text = proofs.write_inclusion(InclusionProof(2, tuple(merkle.inclusion(2, 5, TREE.node)), head))
    with pytest.raises(BadInput, match="another key"):
        proofs.entry_under(text, ENTRIES[2], VKEY)


def test_a_signature_by_another_key_under_the_logs_name_is_passed_over() -> None:
    stranger = base64.b64encode(b"1234" + bytes(64)).decode()
    line = f"\N{EM DASH} {ORIGIN} {stranger}\n"
    above = NOTES[5].replace("\n\n", f"\n\n{line}")
    assert rules.opened(above, VKEY) == rules.opened(NOTES[5] + line, VKEY) == rules.opened(NOTES[5], VKEY)


def test_a_false_signature_by_the_logs_key_beside_a_good_one_is_refused() -> None:
    good = notes.read(NOTES[5]).signatures[0]
    line = f"\N{EM DASH} {ORIGIN} {base64.b64encode(good.key_id + bytes(64)).decode()}\n"
    with pytest.raises(BadInput, match="does not match"):
        rules.opened(NOTES[5] + line, VKEY)


def test_a_note_of_sixteen_signatures_is_read_and_one_of_a_hundred_and_one_is_not() -> None:
    line = f"\N{EM DASH} witness.example {base64.b64encode(bytes(9)).decode()}\n"
    assert len(notes.read(NOTES[5] + line * 15).signatures) == 16
    with pytest.raises(BadInput, match="more than 100"):
        notes.read(NOTES[5] + line * 100)


def test_the_published_example_of_a_signed_note_is_read() -> None:
    text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
    signature = "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc="
    found = notes.read(f"{text}\n\N{EM DASH} quasimodo.example/salvatore {signature}\n")
    assert found.text == text, "an empty line within the text is part of it: the last one separates"
    assert [(one.name, one.key_id.hex()) for one in found.signatures] == [("quasimodo.example/salvatore", "367ba04b")]


@pytest.mark.parametrize(
    "key", ["", "a", "a+b", "a+b+c", VKEY[:-1], VKEY.replace("+", " ", 1), VKEY.replace("log", "lot"), f"{VKEY}=="]
)
def test_what_is_no_key_opens_nothing(key: str) -> None:
    with pytest.raises(BadInput):
        rules.opened(NOTES[5], key)


# Any text and any bytes: read as it is written, or refused; never a crash, never a hang

PIECES = st.sampled_from(
    ["\n", "\n\n", " ", "\N{EM DASH} ", ORIGIN, "5", "0", "old 3\n", "index 2\n", "extra ", proofs.FORMAT, "=", "\x00",
     "\u2028", "\ud800", "A" * 43 + "=", *NOTES[5].split("\n"), *inclusion(2, 5).split("\n"), NOTES[5]]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=14).map("".join)


@settings(max_examples=500)
@given(TEXTS)
@example("\n" * 1_000_001)
@example("c2sp.org/tlog-proof@v1\n" * 40_000)
def test_any_text_is_a_note_a_checkpoint_and_a_proof_or_is_refused(text: str) -> None:
    for read in (
        notes.read, notes.read_key, rules.read_checkpoint, proofs.read_inclusion, proofs.read_consistency,
        lambda said: rules.opened(said, VKEY), lambda said: proofs.follows(said, NOTES[3], VKEY),
        lambda said: proofs.follows(consistency(3, 5), said, VKEY), lambda said: rules.opened(NOTES[5], said),
    ):  # fmt: skip
        try:
            read(text)
        except BadInput:
            continue


@settings(max_examples=300)
@given(st.data())
def test_a_proof_with_pieces_cut_out_doubled_or_moved_is_refused_or_the_same_proof(data: st.DataObject) -> None:
    text = inclusion(2, 5)
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    at = data.draw(st.integers(0, len(text)))
    other = data.draw(st.sampled_from([text[:start] + text[end:], text[:at] + text[start:end] + text[at:]]))
    try:
        proofs.entry_under(other, ENTRIES[2], VKEY)
    except BadInput:
        return
    read = proofs.read_inclusion(other)
    assert (read.index, read.path) == (2, proofs.read_inclusion(text).path)
    assert rules.opened(read.note, VKEY) == rules.opened(NOTES[5], VKEY)


@given(st.integers(0, 2**53), st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.binary(max_size=50))
def test_every_proof_reads_back_as_it_was_written(index: int, path: list[bytes], extra: bytes) -> None:
    proof = InclusionProof(index, tuple(path), NOTES[5], extra)
    assert proofs.read_inclusion(proofs.write_inclusion(proof)) == proof
    pair = ConsistencyProof(index, tuple(path), NOTES[5])
    assert proofs.read_consistency(proofs.write_consistency(pair)) == pair
