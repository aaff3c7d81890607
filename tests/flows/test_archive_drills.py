"""Whatever is done to an archive, both verifiers notice it and name it: the package's, and the one file that shares no code."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consilience.domains.audit import decisions
from consilience.domains.audit.export import Wanted, export
from consilience.domains.audit.history import History, Recorded
from consilience.domains.audit.verify import verify
from consilience.domains.ledger import keys
from consilience.kit import canonical
from tests.harness import workspaces
from tests.harness.archives import ALONE, Unpacked, alone, flipped, good, named, reports, unpacked
from tests.harness.credit import Credit
from tests.harness.workspaces import Workspace


@pytest.fixture(scope="session")
def archive(let_through: tuple[Workspace, Credit], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The credit model's workspace, whole, with files and private texts."""
    made, _ = let_through
    target = tmp_path_factory.mktemp("archives") / "whole.zip"
    with workspaces.opened(made):
        export(Wanted(None, files=True, private=True), target)
    return target


@pytest.fixture(scope="session")
def log_key(let_through: tuple[Workspace, Credit]) -> Ed25519PrivateKey:
    return keys.load(let_through[0].home.log_key)


@pytest.fixture
def parts(archive: Path) -> Unpacked:
    return unpacked(archive)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "tampered.zip"


def test_an_archive_that_nobody_touched_is_good(archive: Path, parts: Unpacked, target: Path) -> None:
    good(archive)
    good(parts.pack(target))
    for said in reports(archive).values():
        outcomes = {one["name"]: one["outcome"] for one in said["checks"]}
        assert outcomes.pop("pin") == "nothing", "no pin was given, so nothing was checked"
        assert set(outcomes.values()) == {"good"}


def test_a_head_that_was_kept_elsewhere_is_found_again(archive: Path, parts: Unpacked, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(json.loads(parts.members["checkpoints.txt"].splitlines()[7])[1], encoding="utf-8")
    good(archive, pin=str(kept))
    good(archive, pin=f"{parts.manifest['size']}:{parts.manifest['root']}")


# Entries


@pytest.mark.parametrize("position", [0, 11, -1])
def test_a_flipped_byte_of_an_entry_is_named(parts: Unpacked, target: Path, position: int) -> None:
    position %= len(parts.entries)
    exact = parts.entries[position][1]
    for at in (0, len(exact) // 2, len(exact) - 1):
        parts.edit_entry(position, flipped(exact, at))
        named(parts.pack(target), 2, "entry_edited", f"entry {position} was edited")


@pytest.mark.parametrize("position", [0, 11, -1])
def test_a_dropped_entry_is_named(parts: Unpacked, target: Path, position: int) -> None:
    position %= len(parts.entries)
    del parts.entries[position]
    named(parts.pack(target), 2, "entry_missing", f"entry {position} is missing")


@pytest.mark.parametrize("position", [0, 11])
def test_a_dropped_entry_is_named_when_the_rest_close_ranks(parts: Unpacked, target: Path, position: int) -> None:
    kept = [exact for at, exact in parts.entries if at != position]
    parts.entries = list(enumerate(kept))
    named(parts.pack(target), 2, "entry_edited", f"entry {position} was edited")


def test_a_dropped_last_entry_with_a_tree_of_fewer_is_no_head_of_the_log(parts: Unpacked, target: Path) -> None:
    parts.entries.pop()
    parts.seal(Ed25519PrivateKey.generate())
    named(parts.pack(target), 1, "head_signature", "cannot be trusted")


def test_swapped_entries_are_named(parts: Unpacked, target: Path) -> None:
    (first, one), (second, other) = parts.entries[4], parts.entries[9]
    parts.entries[4], parts.entries[9] = (first, other), (second, one)
    for position in (4, 9):
        named(parts.pack(target), 2, "entry_edited", f"entry {position} was edited")


def test_swapped_lines_of_entries_are_named(parts: Unpacked, target: Path) -> None:
    parts.entries[4], parts.entries[9] = parts.entries[9], parts.entries[4]
    named(parts.pack(target), 2, "entry_order", "out of order")


def test_an_inserted_entry_is_named(parts: Unpacked, target: Path) -> None:
    parts.entries.append((len(parts.entries), parts.entries[-1][1]))
    named(parts.pack(target), 2, "entry_order", f"entry {len(parts.entries) - 1} stands where it cannot")


def _spaced(exact: bytes) -> bytes:
    return json.dumps(json.loads(exact), ensure_ascii=False).encode()


def _twice(exact: bytes) -> bytes:
    return exact.replace(b'{"_type":', b'{"_type":"x","_type":', 1)


def _float(exact: bytes) -> bytes:
    return exact.replace(b'"predicate":{', b'"predicate":{"a":1.0,', 1)


def _escaped(exact: bytes) -> bytes:
    return exact.replace(b"Statement", b"\\u0053tatement", 1)


@pytest.mark.parametrize("encoded", [_spaced, _twice, _float, _escaped])
def test_an_entry_that_is_encoded_otherwise_is_named_even_under_the_logs_own_key(
    parts: Unpacked, target: Path, log_key: Ed25519PrivateKey, encoded: Callable[[bytes], bytes]
) -> None:
    again = encoded(parts.entries[11][1])
    assert again != parts.entries[11][1]
    parts.edit_entry(11, again)
    named(parts.pack(target), 2, "entry_edited", "entry 11 was edited")
    parts.seal(log_key)
    named(parts.pack(target), 4, "entry_form", "entry 11 is no statement")


# Tree and heads


def test_a_flipped_byte_of_a_tile_is_named(parts: Unpacked, target: Path) -> None:
    name = next(name for name in parts.members if name.startswith("tile/0/"))
    parts.members[name] = flipped(parts.members[name], 32 * 5 + 3)
    named(parts.pack(target), 2, "tile_differs", "the hash of entry 5 was edited")


def test_a_missing_tile_is_named(parts: Unpacked, target: Path) -> None:
    del parts.members[next(name for name in parts.members if name.startswith("tile/0/"))]
    for said in reports(parts.pack(target)).values():
        assert "tile_missing" in {one["code"] for one in said["checks"][2]["findings"]}
        assert said["outcome"] == "tampered"


def _note_lines(parts: Unpacked) -> list[Any]:
    return [json.loads(line) for line in parts.members["checkpoints.txt"].splitlines()]


def _keep_notes(parts: Unpacked, lines: list[Any]) -> None:
    parts.members["checkpoints.txt"] = b"".join(canonical.encode(line) + b"\n" for line in lines)


@pytest.mark.parametrize("nth", [0, 7, -1])
def test_an_edited_head_is_named(parts: Unpacked, target: Path, nth: int) -> None:
    lines = _note_lines(parts)
    size, note = lines[nth]
    origin, said, root, *rest = note.split("\n")
    lines[nth][1] = "\n".join([origin, said, root.translate(str.maketrans("Aa", "aA")), *rest])
    if lines[nth][1] == note:
        lines[nth][1] = note.replace(root[3], "x" if root[3] != "x" else "y", 1)
    _keep_notes(parts, lines)
    named(parts.pack(target), 1, "head_signature", str(size), "cannot be trusted")


def test_a_flipped_byte_of_a_signature_is_named(parts: Unpacked, target: Path) -> None:
    note = parts.members["checkpoint"]
    parts.members["checkpoint"] = note[:-20] + (b"A" if note[-20:-19] != b"A" else b"B") + note[-19:]
    named(parts.pack(target), 1, "head_signature", "the newest head cannot be trusted")


def test_a_missing_head_is_named(parts: Unpacked, target: Path) -> None:
    lines = _note_lines(parts)
    (size, _) = lines.pop(7)
    _keep_notes(parts, lines)
    named(parts.pack(target), 2, "checkpoint_missing", f"over {size} entries")


def test_a_log_that_was_made_again_with_its_own_key_needs_a_pin(
    archive: Path, parts: Unpacked, target: Path, log_key: Ed25519PrivateKey
) -> None:
    kept = f"{parts.manifest['size']}:{parts.manifest['root']}"
    position = parts.position_of("release.proposed")
    said = json.loads(parts.entries[position][1])
    said["predicate"]["note"] = "another history"
    parts.edit_entry(position, canonical.encode(said))
    parts.seal(log_key)
    good(parts.pack(target))  # nothing inside can tell: the operator holds the key
    named(target, 3, "pin_differs", "another history", pin=kept)
    good(archive, pin=kept)


def test_yesterdays_log_is_no_continuation_of_todays_head(
    parts: Unpacked, target: Path, log_key: Ed25519PrivateKey
) -> None:
    kept, cut = f"{parts.manifest['size']}:{parts.manifest['root']}", len(parts.entries) - 3
    parts.entries = parts.entries[:cut]
    parts.records = [one for one in parts.records if one[0] < cut]
    parts.seal(log_key)
    named(parts.pack(target), 3, "pin_ahead", "entries were removed", pin=kept)


def test_another_key_is_not_the_one_that_the_log_began_with(parts: Unpacked, target: Path) -> None:
    from consilience.domains.ledger import rules

    other = Ed25519PrivateKey.generate()
    parts.seal(other)
    parts.say(log_key=rules.vkey(parts.manifest["origin"], keys.public_bytes(other)))
    named(parts.pack(target), 5, "key_differs", "not the one that entry 0 bound")


# Records, decisions, content


def test_a_sign_off_that_was_moved_to_another_release_is_named(parts: Unpacked, target: Path) -> None:
    position = parts.position_of("review.signed_off")
    parts.edit_record(position, {"release": parts.manifest["log_key"]})
    named(parts.pack(target), 9, "record_differs", f"not what entry {position} recorded")


def test_an_edited_and_a_missing_and_an_added_record_are_named(parts: Unpacked, target: Path) -> None:
    position = parts.position_of("gate.decided")
    whole = list(parts.records)
    parts.edit_record(position, {"allowed": False})
    named(parts.pack(target), 9, "record_differs", f"not what entry {position} recorded")
    parts.records = [one for one in whole if one[0] != position]
    named(parts.pack(target), 9, "record_missing", f"recorded by entry {position}")
    parts.records = [*whole, (whole[-1][0], whole[-1][1] + 1, whole[-1][2])]
    named(parts.pack(target), 9, "record_extra", f"{whole[-1][0]}/{whole[-1][1] + 1}")


def test_a_swapped_file_is_named(parts: Unpacked, target: Path) -> None:
    one, other, *_ = [name for name in parts.members if name.startswith("content/")]
    parts.members[one], parts.members[other] = parts.members[other], parts.members[one]
    for name in (one, other):
        named(parts.pack(target), 8, "content_differs", name.removeprefix("content/"))


def test_an_edited_private_text_is_named(parts: Unpacked, target: Path) -> None:
    lines = [json.loads(line) for line in parts.members["private.txt"].splitlines()]
    lines[0][2] += "!"
    parts.members["private.txt"] = b"".join(canonical.encode(line) + b"\n" for line in lines)
    named(parts.pack(target), 8, "private_differs", lines[0][0][:12], "was edited")


def test_a_decision_whose_facts_are_left_out_cannot_be_told(parts: Unpacked, target: Path) -> None:
    position = parts.position_of("gate.decided")
    (body,) = [json.loads(exact)["body"] for at, _, exact in parts.records if at == position]
    del parts.members[f"content/{body['facts']}"]
    lines = [json.loads(line) for line in parts.members["content.txt"].splitlines()]
    lines = [[digest, size, there and digest != body["facts"]] for digest, size, there in lines]
    parts.members["content.txt"] = b"".join(canonical.encode(line) + b"\n" for line in lines)
    named(parts.pack(target), 7, "input_missing", "facts", outcome="cannot_tell")


def test_a_decisions_file_that_is_too_large_to_read_is_named(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MAX_FILE", 1)
    monkeypatch.setattr(ALONE, "MAX_FILE", 1)
    for said in (verify(archive).as_json(), alone(archive)):
        assert [one["code"] for one in said["checks"][7]["findings"]] == ["input_differs"]


def test_a_grant_to_something_that_is_no_urn_ends_no_verifier() -> None:
    """A record of an archive may hold anything: here a list where the URN of a person belongs."""
    document = {"urn": "urn:x", "body": {"principal": []}, "valid_from": ""}
    ALONE.Things().add("grant", document, 0, 0, "")
    History().add(Recorded("grant", "urn:x", "", "", 0, 0, {"principal": []}))


# The container


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_truncated_archive_cannot_be_told(archive: Path, target: Path, share: float) -> None:
    data = archive.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    named(target, 0, "archive_unreadable", "cut off", outcome="cannot_tell")
    assert all(one["outcome"] == "cannot_tell" for said in reports(target).values() for one in said["checks"])


def test_what_is_no_archive_cannot_be_told(target: Path) -> None:
    target.write_bytes(b"hello")
    named(target, 0, "archive_unreadable", outcome="cannot_tell")
    assert alone(target.with_name("nowhere.zip"))["outcome"] == "cannot_tell"


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "content/../../x", "tile/0/..", "notes.txt", "content/", "C:\\x"]
)
def test_a_member_with_another_name_is_refused(parts: Unpacked, target: Path, name: str) -> None:
    parts.members[name] = b"x"
    named(parts.pack(target), 0, "archive_member", "none that an archive has")


def test_a_member_that_stands_twice_is_refused(archive: Path, target: Path) -> None:
    target.write_bytes(archive.read_bytes())
    with zipfile.ZipFile(target, "a") as again, pytest.warns(UserWarning, match="Duplicate"):
        again.writestr("entries.txt", b"")
    named(target, 0, "archive_member", "stands twice")


def test_a_compressed_member_is_refused_unread(parts: Unpacked, target: Path) -> None:
    parts.pack(target)
    with zipfile.ZipFile(target, "a") as again:
        again.writestr(f"content/{'0' * 64}", bytes(50_000_000), zipfile.ZIP_DEFLATED)
    named(target, 0, "archive_too_large", "members claim")
    parts.pack(target)
    with zipfile.ZipFile(target, "a") as again:
        again.writestr(f"content/{'0' * 64}", bytes(1000), zipfile.ZIP_DEFLATED)
    named(target, 0, "archive_compressed", "compressed")


def test_members_that_lie_over_one_another_are_refused(parts: Unpacked, target: Path) -> None:
    """The bomb that needs no compression: many names for the same bytes."""
    parts.pack(target)
    with zipfile.ZipFile(target, "a") as again:
        (big,) = [one for one in again.infolist() if one.filename == "records.txt"]
        for nth in range(50):
            made = zipfile.ZipInfo(f"content/{nth:064x}")
            made.header_offset, made.CRC = big.header_offset, big.CRC
            made.file_size = made.compress_size = big.file_size
            again.filelist.append(made)
        again._didModify = True  # type: ignore[attr-defined]  # so that the list of members is written
    named(target, 0, "archive_too_large", "members claim")


def test_a_wild_size_costs_no_memory(parts: Unpacked, target: Path) -> None:
    parts.say(size=2**52)
    named(parts.pack(target), 2, "tile_missing", "has no tiles for them")


def test_a_flipped_byte_anywhere_crashes_neither_verifier_and_they_agree(archive: Path, target: Path) -> None:
    data, drawn, vouched = archive.read_bytes(), random.Random(5), _vouched(archive)
    for _ in range(20):
        at = drawn.randrange(len(data))
        target.write_bytes(flipped(data, at))
        outcomes = {name: said["outcome"] for name, said in reports(target).items()}
        assert len(set(outcomes.values())) == 1, f"byte {at}: {outcomes}"
        if any(start <= at < end for start, end in vouched):
            assert set(outcomes.values()) == {"tampered"}, f"byte {at} was not noticed"


def _vouched(archive: Path) -> list[tuple[int, int]]:
    """Where the bytes lie that signed heads or digests stand for."""
    data, places = archive.read_bytes(), []
    with zipfile.ZipFile(archive) as listed:
        for one in listed.infolist():
            names, extra = struct.unpack("<HH", data[one.header_offset + 26 : one.header_offset + 30])
            start = one.header_offset + 30 + names + extra
            if one.filename.startswith(("content/", "entries.txt", "records.txt", "tile/", "private.txt")):
                places.append((start, start + one.file_size))
    return places


def test_the_same_ledger_gives_the_same_bytes(let_through: tuple[Workspace, Credit], tmp_path: Path) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    with workspaces.opened(let_through[0]):
        for target in (first, second):
            export(Wanted(None), target)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(io.BytesIO(first.read_bytes())) as archive:
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        assert "private.txt" not in archive.namelist()
