"""Archives at the edges of the tree, forks, foreign logs, and any bytes at all: three verifiers, one answer."""

from __future__ import annotations

import ast
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilience.domains.audit import verbs
from consilience.domains.audit.export import Wanted, export
from consilience.domains.ledger import keys, log, rules
from consilience.domains.ledger.signing import dsse
from consilience.kit import canonical
from consilience.kit.errors import BadInput
from tests.harness.archives import ALONE, Unpacked, flipped, good, named, reports, unpacked
from tests.harness.builders import a_person
from tests.harness.check_fixtures import FIXTURES
from tests.harness.workspaces import Workspace

MOST = 33
EDGES = sorted({size for k in range(6) for size in (2**k - 1, 2**k, 2**k + 1) if 0 < size <= MOST})


@pytest.fixture
def grown(workspace: Workspace) -> Workspace:
    """A workspace with MOST entries; each act is one of them."""
    while log.size() < MOST:
        a_person()
    return workspace


@pytest.fixture
def whole(grown: Workspace, tmp_path: Path) -> Path:
    export(Wanted(None), tmp_path / "whole.zip")
    return tmp_path / "whole.zip"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "made.zip"


@pytest.fixture
def log_key(workspace: Workspace) -> Ed25519PrivateKey:
    return keys.load(workspace.home.log_key)


def cut(whole: Path, size: int, key: Ed25519PrivateKey) -> Unpacked:
    """The log as it was when it had so many entries."""
    parts = unpacked(whole)
    parts.entries = parts.entries[:size]
    parts.records = [one for one in parts.records if one[0] < size]
    parts.seal(key)
    return parts


def test_logs_of_every_size_at_the_edges_are_good_and_a_pin_of_each_is_found(
    whole: Path, target: Path, log_key: Ed25519PrivateKey
) -> None:
    pins = []
    for size in EDGES:
        parts = cut(whole, size, log_key)
        good(parts.pack(target))
        pins.append(f"{size}:{parts.manifest['root']}")
    for pin in pins:
        for said in reports(whole, pin).values():
            assert (said["outcome"], said["checks"][3]["outcome"]) == ("good", "good")


@pytest.mark.parametrize("size", EDGES)
def test_an_edited_first_and_last_entry_of_any_size_is_named(
    size: int, whole: Path, target: Path, log_key: Ed25519PrivateKey
) -> None:
    for position in {0, size // 2, size - 1}:
        parts = cut(whole, size, log_key)
        parts.edit_entry(position, flipped(parts.entries[position][1], 20))
        named(parts.pack(target), 2, "entry_edited", f"entry {position} was edited")


def test_every_hash_of_the_leaves_that_is_flipped_is_named(whole: Path, target: Path) -> None:
    parts = unpacked(whole)
    (name,) = [name for name in parts.members if name.startswith("tile/0/")]
    kept = parts.members[name]
    for position in range(MOST):
        parts.members[name] = flipped(kept, 32 * position + position % 32)
        named(parts.pack(target), 2, "tile_differs", f"the hash of entry {position} was edited")


def test_a_log_of_nothing_cannot_be_told(whole: Path, target: Path) -> None:
    parts = unpacked(whole)
    parts.say(size=0)
    named(parts.pack(target), 0, "archive_unreadable", outcome="cannot_tell")


@pytest.mark.parametrize("size", [34, 256, 2**32, 2**52, 2**53 - 1])
def test_a_log_that_claims_more_entries_than_it_has_is_named(size: int, whole: Path, target: Path) -> None:
    parts = unpacked(whole)
    parts.say(size=size)
    for said in reports(parts.pack(target)).values():
        assert said["outcome"] == "tampered"
        assert {one["code"] for one in said["checks"][2]["findings"]} & {"tile_missing", "entry_missing"}


def test_two_views_of_one_log_contradict_each_other(whole: Path, target: Path, log_key: Ed25519PrivateKey) -> None:
    """A fork: the same beginning, signed by the same key, and two ends. Each is good alone."""
    forked = cut(whole, 20, log_key)
    exact = json.loads(forked.entries[-1][1])
    exact["predicate"]["note"] = "shown to somebody else"
    forked.edit_entry(19, canonical.encode(exact))
    forked.seal(log_key)
    good(forked.pack(target))
    good(whole)
    named(whole, 3, "pin_differs", "another history", pin=f"20:{forked.manifest['root']}")
    mine = cut(whole, 20, log_key).manifest
    named(target, 3, "pin_differs", "another history", pin=f"20:{mine['root']}")


def test_an_entry_that_was_put_between_others_is_named(whole: Path, target: Path) -> None:
    parts = unpacked(whole)
    exact = [one for _, one in parts.entries]
    exact.insert(10, exact[10])
    parts.entries = list(enumerate(exact))
    named(parts.pack(target), 2, "entry_edited", "entry 11 was edited")


def test_heads_of_another_log_are_named(whole: Path, target: Path, tmp_path: Path) -> None:
    other = Ed25519PrivateKey.generate()
    parts = unpacked(whole)
    size, root = parts.manifest["size"], bytes.fromhex(parts.manifest["root"])
    origin = rules.origin_of("0192f0c1-6a7e-7aaa-8bbb-000000000000")
    note = rules.sign(rules.Checkpoint(origin, size, root), other)
    parts.members["checkpoint"] = note.encode()
    named(parts.pack(target), 1, "head_signature", "the newest head cannot be trusted")
    kept = tmp_path / "kept.txt"
    kept.write_text(note, encoding="utf-8")
    named(whole, 3, "pin_differs", "the head that was kept", pin=str(kept))


def test_a_head_with_the_origin_of_another_log_under_the_logs_own_key_is_named(
    whole: Path, target: Path, log_key: Ed25519PrivateKey
) -> None:
    parts = unpacked(whole)
    note = parts.members["checkpoint"].decode()
    text = note.partition("\n\n")[0].replace("consilience/log/", "other/log/", 1) + "\n"
    name, key_id = parts.manifest["log_key"].split("+")[:2]
    signed = base64.b64encode(bytes.fromhex(key_id) + log_key.sign(text.encode())).decode()
    parts.members["checkpoint"] = f"{text}\n\N{EM DASH} {name} {signed}\n".encode()
    named(parts.pack(target), 1, "head_signature", "another log")


# What it takes is known of every verb that the product writes


def test_every_verb_that_is_written_is_known_to_every_verifier() -> None:
    written = set[str]()
    for path in Path(log.__file__).parents[1].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "verb" and isinstance(node.value, ast.Constant):
                written.add(node.value.value)
    assert len(written) > 40
    package = {*verbs.NEEDS, *verbs.OWN, *verbs.OPERATORS, *verbs.NOBODYS}
    alone = {*ALONE.NEEDS, *ALONE.OWN, *ALONE.OPERATORS, *ALONE.NOBODYS}
    assert (written - package, written - alone) == (set(), set())
    assert package == alone


# Any bytes

SIGNED = [exact for _, exact in unpacked(FIXTURES / "archive-1.zip").entries if exact.startswith(dsse.BEGINS)]
BARE = unpacked(FIXTURES / "archive-1.zip").entries[20][1]
PIECES = st.sampled_from(
    [b'"payload"', b'"payloadType"', b'"signatures"', b'"webauthn"', b'"keyid"', b'"sig"', b'""', b"null", b"[]", b"{}", b",", b":",
     b"0", b'"=="', b'"AA=="', b'"application/vnd.in-toto+json"', b'"predicate"', b'"_type"', b'"subject"']
)  # fmt: skip


def _told(read: Any, exact: bytes, refused: type[Exception]) -> str:
    try:
        found = read(exact)
    except refused:
        return "refused"
    if isinstance(found, rules.Entry):
        return repr((found.verb, found.actor, found.subjects, found.envelope is not None))
    said, subjects, envelope = found
    return repr((said["verb"], said["actor"], tuple(subjects), envelope is not None))


def _same(exact: bytes) -> None:
    package, alone = _told(rules.read, exact, BadInput), _told(ALONE.act_of, exact, ALONE.Bad)
    assert package == alone, exact


@pytest.mark.parametrize("exact", [BARE, *SIGNED])
def test_entries_are_read_alike(exact: bytes) -> None:
    _same(exact)
    assert _told(rules.read, exact, BadInput) != "refused"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_an_entry_with_pieces_cut_out_doubled_or_put_in_is_read_alike_or_refused(data: st.DataObject) -> None:
    exact = data.draw(st.sampled_from([BARE, *SIGNED]))
    start, end = sorted((data.draw(st.integers(0, len(exact))), data.draw(st.integers(0, len(exact)))))
    at, piece = data.draw(st.integers(0, len(exact))), data.draw(PIECES)
    for other in (
        exact[:start] + exact[end:], exact[:at] + exact[start:end] + exact[at:], exact[:start] + piece + exact[end:],
    ):  # fmt: skip
        _same(other)


def _paths(value: Any, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [where, *(path for key, item in inner for path in _paths(item, (*where, key)))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.none() | st.booleans() | st.integers(-1, 3) | st.text(max_size=5) | st.just([]) | st.just({}))
def test_an_entry_in_which_one_value_is_another_is_read_alike_or_refused(data: st.DataObject, value: Any) -> None:
    said = json.loads(data.draw(st.sampled_from([BARE, *SIGNED])))
    inside = "payload" in said and data.draw(st.booleans())
    document = json.loads(base64.b64decode(said["payload"])) if inside else said
    *way, last = data.draw(st.sampled_from(_paths(document)[1:]))
    place = document
    for step in way:
        place = place[step]
    place[last] = value
    if inside:
        said["payload"] = base64.b64encode(canonical.encode(document)).decode()
    _same(canonical.encode(said))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_no_ssh_signature_and_crash_nothing(data: bytes) -> None:
    from consilience.domains.ledger.signing import sshsig

    for blob in (data, b"SSHSIG\x00\x00\x00\x01" + data):
        with pytest.raises(BadInput):
            sshsig.check(blob, b"message", b"key")
        with pytest.raises((ALONE.Bad, *ALONE.MALFORMED)):
            ALONE.by_ssh(b"key", blob, b"message")
