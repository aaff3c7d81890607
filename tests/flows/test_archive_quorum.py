"""Archives held against a trust policy: the quorum is found, and whatever is done to cosignatures every verifier names it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from consilience.domains.audit.export import Wanted, export
from consilience.domains.audit.verify import verify
from consilience.domains.ledger import keys, notes, rules
from consilience.domains.ledger import queries as ledger
from consilience.domains.witness import actions, cosignatures
from consilience.domains.witness import rules as policies
from consilience.kit import canonical
from consilience.kit.clock import now
from consilience.kit.errors import BadInput, ExitCode
from consilience.surfaces.cli.main import run
from tests.conftest import Templates
from tests.harness import verify_page, workspaces
from tests.harness.archives import ALONE, ONE_FILE, Unpacked, flipped, unpacked
from tests.harness.builders import a_person, later, operator
from tests.harness.workspaces import Workspace
from tests.rules.test_witness_policy import TEXTS, TWO_LEVELS

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([nth]) * 32) for nth in (1, 2, 3)]
VKEYS = [
    cosignatures.vkey(f"witness.example/w{nth}", key.public_key().public_bytes_raw()) for nth, key in enumerate(KEYS, 1)
]
TWO_OF_THREE = policies.at_least(2, VKEYS)
AT_S = 1_795_000_000


def lines_over(text: str, *which: int) -> list[str]:
    return [cosignatures.cosign(text, name=f"witness.example/w{nth + 1}", key=KEYS[nth], at_s=AT_S) for nth in which]


@pytest.fixture(scope="session")
def cosigned(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path, int]:
    """A workspace whose head two of three witnesses cosigned before its last entry, its archive, and the size of that head."""
    made = workspaces.copied(templates.of("sqlite"), tmp_path_factory.mktemp("cosigned") / "home")
    target = tmp_path_factory.mktemp("cosigned") / "whole.zip"
    with workspaces.opened(made):
        text = "".join(f"witness W{nth} {key}\n" for nth, key in enumerate(VKEYS, 1)) + "group g 2 W1 W2 W3\nquorum g\n"
        actions.set_policy(actor=operator(), text=text, now=later())
        note = ledger.checkpoint()
        asof = ledger.present(now())
        for nth in (0, 2):
            added = cosignatures.added(note, lines_over(notes.read(note).text, nth))
            actions.take_in(actor=operator(), note=added, asof=asof)
        size = rules.covered(note)
        a_person("Lea New")
        export(Wanted(None, files=True), target)
    workspaces.settle(made)
    return made, target, size


@pytest.fixture
def parts(cosigned: tuple[Workspace, Path, int]) -> Unpacked:
    return unpacked(cosigned[1])


def reports(path: Path, policy: policies.Policy | None, text: str) -> list[dict[str, Any]]:
    said = [
        verify(path, policy=policy).as_json(),
        ALONE.verify(path, None, ALONE.Policy(text) if text else None).as_json(),
    ]
    return [*said, verify_page.in_browser(path, policy=text)] if verify_page.available() else said


def text_of(needed: int, vkeys: list[str]) -> str:
    lines = [f"witness w{nth} {key}" for nth, key in enumerate(vkeys, 1)]
    names = " ".join(f"w{nth}" for nth in range(1, len(vkeys) + 1))
    return "\n".join([*lines, f"group all-of-them {needed} {names}", "quorum all-of-them", ""])


def said(path: Path, needed: int = 2, vkeys: list[str] = VKEYS) -> list[dict[str, Any]]:
    return reports(path, policies.at_least(needed, vkeys), text_of(needed, vkeys))


def codes(report: dict[str, Any]) -> set[str]:
    return {found["code"] for found in report["checks"][1]["findings"]}


def test_the_quorum_is_found_and_what_it_does_not_cover_is_said(cosigned: tuple[Workspace, Path, int]) -> None:
    _, path, size = cosigned
    for report in said(path):
        assert report["outcome"] == "good", codes(report)
        about = " ".join(report["checks"][1]["about"])
        assert f"over {size} entries" in about
        assert "the 1 entries after it" in about
    assert unpacked(path).manifest["format"] == "urn:consilience:archive:1", (
        "readers of version 1 pass over witnesses' lines"
    )


def test_without_a_policy_nobody_vouches_for_the_witnesses(cosigned: tuple[Workspace, Path, int]) -> None:
    for report in reports(cosigned[1], None, ""):
        assert report["outcome"] == "good"
        assert "2 keys signed, and nothing says whose they are" in " ".join(report["checks"][1]["about"])


def test_too_few_witnesses_or_others_than_asked_for(cosigned: tuple[Workspace, Path, int]) -> None:
    stranger = cosignatures.vkey("x", Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    for report in said(cosigned[1], 3):
        assert report["outcome"] == "cannot_tell"
        assert codes(report) == {"quorum_missing"}
    for report in said(cosigned[1], 1, [stranger]):
        assert report["outcome"] == "cannot_tell"
        assert codes(report) == {"quorum_missing", "witness_unknown"}


def test_every_changed_byte_of_a_cosignature_is_named(
    parts: Unpacked, tmp_path: Path, cosigned: tuple[Workspace, Path, int]
) -> None:
    lines = [json.loads(line) for line in parts.members["checkpoints.txt"].splitlines()]
    nth = next(nth for nth, (size, _) in enumerate(lines) if size == cosigned[2])
    note = lines[nth][1]
    line = note.rstrip("\n").split("\n")[-1]
    raw = base64.b64decode(line.split(" ")[2])
    for at in range(4, len(raw), 5):
        spoilt = f"\N{EM DASH} {line.split(' ')[1]} {base64.b64encode(flipped(raw, at)).decode()}"
        lines[nth][1] = note.replace(line, spoilt)
        parts.members["checkpoints.txt"] = b"".join(canonical.encode(one) + b"\n" for one in lines)
        for report in said(parts.pack(tmp_path / "tampered.zip")):
            assert report["outcome"] == "tampered"
            assert "cosignature_bad" in codes(report)
    for at in range(4):  # another key id: nobody's line
        spoilt = f"\N{EM DASH} {line.split(' ')[1]} {base64.b64encode(flipped(raw, at)).decode()}"
        lines[nth][1] = note.replace(line, spoilt)
        parts.members["checkpoints.txt"] = b"".join(canonical.encode(one) + b"\n" for one in lines)
        for report in said(parts.pack(tmp_path / "tampered.zip")):
            assert codes(report) == {"quorum_missing", "witness_unknown"}


def test_a_log_made_again_with_its_own_key_keeps_no_quorum(
    parts: Unpacked, tmp_path: Path, cosigned: tuple[Workspace, Path, int]
) -> None:
    """Every check but the witnesses passes over it, and no pin was given."""
    made, _, size = cosigned
    position = parts.entries[-1][0]
    exact = json.loads(parts.entries[0][1])
    exact["predicate"]["at"] = "2026-01-01T00:00:00.000000Z"
    parts.edit_entry(0, canonical.encode(exact))
    old = parts.members["checkpoints.txt"]
    parts.seal(keys.load(made.home.log_key))
    assert position == len(parts.entries) - 1
    for report in reports(parts.pack(tmp_path / "without.zip"), None, ""):
        assert not codes(report)
    for report in said(parts.pack(tmp_path / "without.zip")):
        assert codes(report) == {"quorum_missing"}
    kept = next(note for at, note in map(json.loads, old.splitlines()) if at == size).split("\n\n")[1].split("\n")[1:-1]
    lines = [json.loads(line) for line in parts.members["checkpoints.txt"].splitlines()]
    moved = [[at, cosignatures.added(note, kept) if at == size else note] for at, note in lines]
    parts.members["checkpoints.txt"] = b"".join(canonical.encode(one) + b"\n" for one in moved)
    for report in said(parts.pack(tmp_path / "with.zip")):
        assert report["outcome"] == "tampered"
        assert "cosignature_bad" in codes(report)


def test_a_cosigned_head_that_does_not_fit_the_entries_is_named(
    parts: Unpacked, tmp_path: Path, cosigned: tuple[Workspace, Path, int]
) -> None:
    """A fork: the witnesses signed another root over as many entries, the log's key too."""
    made, _, size = cosigned
    head = rules.Checkpoint(parts.manifest["origin"], size, bytes(32))
    fork = rules.sign(head, keys.load(made.home.log_key))
    fork = cosignatures.added(fork, lines_over(notes.read(fork).text, 0, 1))
    lines = [json.loads(line) for line in parts.members["checkpoints.txt"].splitlines()]
    lines = [[at, fork if at == size else note] for at, note in lines]
    parts.members["checkpoints.txt"] = b"".join(canonical.encode(one) + b"\n" for one in lines)
    for report in said(parts.pack(tmp_path / "fork.zip")):
        assert report["outcome"] == "tampered"
        assert "head_differs" in {found["code"] for found in report["checks"][2]["findings"]}


def test_both_commands_take_a_policy(
    cosigned: tuple[Workspace, Path, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy"
    policy.write_text(text_of(2, VKEYS))
    by_keys = [word for key in VKEYS for word in ("--witness", key)]
    for words, code, wrong in (
        (["--policy", str(policy)], ExitCode.YES, False),
        (["--policy", "2-of-3", *by_keys], ExitCode.YES, False),
        (["--policy", "3-of-3", *by_keys], ExitCode.CANNOT_TELL, False),
        (by_keys, ExitCode.CANNOT_TELL, False),
        (["--policy", "2-of-2", *by_keys], ExitCode.BAD_INPUT, True),
        (["--policy", "no-such-file"], ExitCode.BAD_INPUT, True),
        (["--policy", str(policy), *by_keys], ExitCode.WRONG_USE, True),
        (["--witness", ledger_key()], ExitCode.BAD_INPUT, True),
    ):
        assert run(["verify", str(cosigned[1]), *words]) == code, words
        capsys.readouterr()
        alone = subprocess.run(
            [sys.executable, str(ONE_FILE), str(cosigned[1]), *words], capture_output=True, text=True, check=False
        )
        assert alone.returncode == (2 if wrong else code), alone.stderr
        assert "Traceback" not in alone.stderr


def ledger_key() -> str:
    return rules.vkey("log.example", bytes(32))


def test_an_archive_of_one_system_knows_the_policy(cosigned: tuple[Workspace, Path, int]) -> None:
    nouns = {json.loads(exact)["urn"].split(":")[3] for _, _, exact in unpacked(cosigned[1]).records}
    assert "witness-policy" in nouns


@profile(max_examples=300, deadline=None)
@given(TEXTS | st.text(max_size=60))
def test_both_verifiers_take_and_refuse_the_same_policies(text: str) -> None:
    for one in (text, TWO_LEVELS + text, f"{text}\nquorum none"):
        try:
            ours = policies.read(one)
        except BadInput:
            with pytest.raises(ValueError, match="policy"):
                ALONE.Policy(one)
            continue
        theirs = ALONE.Policy(one)
        for keys_ in ((), VKEYS[:1], VKEYS):
            assert ours.reached(keys_) is theirs.reached(keys_)
