"""The log's key is rotated and revoked: what each step leaves, what both verifiers say, and what somebody else cannot do."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consilience.domains.audit.export import Wanted, export
from consilience.domains.audit.verify import verify as check
from consilience.domains.ledger import actions, keys, rules
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.act import act
from consilience.domains.ledger.models import Checkpoint
from consilience.domains.ledger.models import Workspace as Row
from consilience.domains.ledger.publish import publish
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.domains.ledger.verify import verify
from consilience.domains.witness import rules as policies
from consilience.kit import canonical
from consilience.kit.clock import now
from consilience.kit.errors import BadInput, ExitCode, Refused
from consilience.surfaces.cli.main import run
from tests.harness.archives import ALONE, alone, good, named, unpacked
from tests.harness.builders import a_person, later, operator
from tests.harness.processes import command
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")


def an_archive(tmp_path: Path, name: str = "whole.zip") -> Path:
    target = tmp_path / name
    export(Wanted(None, files=True), target)
    return target


def test_the_log_goes_on_under_a_new_key(workspace: Workspace, tmp_path: Path) -> None:
    old = ledger.log_key()
    publish(tmp_path / "log", entries=True)
    row = actions.rotate_key(actor=operator(), now=later())
    a_person("Lea New")
    new = ledger.log_key()
    assert new == row.body["log_key"] != old
    handed_over = Checkpoint.objects.get(size=row.position + 1).note
    assert rules.opened(handed_over, old) == rules.opened(handed_over, new)
    assert rules.opened(ledger.checkpoint(), new).size == row.position + 2
    with pytest.raises(BadInput, match="another key"):
        rules.opened(ledger.checkpoint(), old)
    assert verify().good
    assert publish(tmp_path / "log", entries=True).size == row.position + 2
    path = workspace.home.log_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not keys.beside(path).exists(), "the old key is gone, and the new one in its place"


def test_both_verifiers_follow_the_keys_through_the_log(workspace: Workspace, tmp_path: Path) -> None:
    good(an_archive(tmp_path, "before.zip"))
    pin = tmp_path / "kept"
    pin.write_text(ledger.checkpoint())
    for _ in range(2):
        actions.rotate_key(actor=operator(), now=later())
        a_person("Lea New")
    whole = an_archive(tmp_path)
    good(whole, str(pin))
    pin.write_text(ledger.checkpoint())
    good(whole, str(pin))
    assert unpacked(whole).manifest["format"] == "urn:consilience:archive:2"
    assert unpacked(tmp_path / "before.zip").manifest["format"] == "urn:consilience:archive:1"
    assert any("changed by entries" in one for one in alone(whole)["checks"][5]["about"])


def test_a_head_by_the_old_key_counts_for_nothing_after_the_change(workspace: Workspace, tmp_path: Path) -> None:
    old = keys.load(workspace.home.log_key)
    row = actions.rotate_key(actor=operator(), now=later())
    a_person("Lea New")
    head = rules.read_checkpoint(ledger.checkpoint().partition("\n\n")[0] + "\n")
    pin = tmp_path / "kept"
    pin.write_text(rules.sign(head, old))
    whole = an_archive(tmp_path)
    named(whole, 3, "pin_differs", pin=str(pin))
    parts = unpacked(whole)
    parts.members["checkpoint"] = rules.sign(head, old).encode()
    named(parts.pack(tmp_path / "tampered.zip"), 1, "head_signature")
    parts = unpacked(whole)
    lines = [json.loads(line) for line in parts.members["checkpoints.txt"].splitlines()]
    by_new_alone = [
        [
            size,
            "\n".join(part for nth, part in enumerate(note.split("\n")) if nth != 4)
            if size == row.position + 1
            else note,
        ]
        for size, note in lines
    ]
    parts.members["checkpoints.txt"] = b"".join(canonical.encode(line) + b"\n" for line in by_new_alone)
    named(parts.pack(tmp_path / "without.zip"), 1, "head_signature")


def test_whoever_holds_the_database_alone_cannot_give_the_log_a_key_of_theirs(
    workspace: Workspace, tmp_path: Path
) -> None:
    """A revocation needs no signature of the key that it ends; so without one, nobody has to believe the new key."""
    workspace.home.log_key.unlink()
    keys.load.cache_clear()
    row = actions.revoke_key(actor=operator(), reason="The disk is gone.", now=later())
    a_person("Lea New")
    assert verify().good
    whole = an_archive(tmp_path)
    named(whole, 5, "key_unvouched", f"entry {row.position}", outcome="cannot_tell")
    trusted = f"log {row.body['log_key']}\nquorum none\n"
    assert check(whole, policy=policies.read(trusted)).exit_code == ExitCode.YES
    assert ALONE.verify(whole, None, ALONE.Policy(trusted)).exit_code == 0
    foreign = f"log {rules.vkey('consilience/log/x', bytes(32))}\nquorum none\n"
    assert check(whole, policy=policies.read(foreign)).exit_code == ExitCode.NO
    assert ALONE.verify(whole, None, ALONE.Policy(foreign)).exit_code == 1


def test_a_revoked_key_that_is_at_hand_hands_over(workspace: Workspace, tmp_path: Path) -> None:
    old = ledger.log_key()
    row = actions.revoke_key(actor=operator(), reason="It was copied.", now=later())
    assert row.body["revoked_log_keys"] == [old]
    assert "It was copied" not in row.canonical
    good(an_archive(tmp_path))
    again = actions.rotate_key(actor=operator(), now=later())
    assert "reason" not in again.body
    assert again.body["revoked_log_keys"] == [old]
    good(an_archive(tmp_path, "again.zip"))
    assert verify().good


def test_another_key_under_another_verb_is_no_change_of_key(workspace: Workspace, tmp_path: Path) -> None:
    path = workspace.home.log_key
    new = keys.make(keys.beside(path))
    with act(operator(), verb="evidence.kinds_shipped", at=later()) as opened:
        before = ledger.workspace()
        opened.key_before = keys.load(path)
        vkey = rules.vkey(old_name(), keys.public_bytes(new))
        opened.record(Row, body={**before.body, "log_key": vkey}, replaces=before)
    named(an_archive(tmp_path), 5, "key_differs", "only the operator rotates or revokes it")


def old_name() -> str:
    return ledger.log_key().partition("+")[0]


@pytest.mark.parametrize("step", ["made", "recorded"])
def test_an_attempt_that_was_cut_off_leaves_a_ledger_that_works(workspace: Workspace, step: str) -> None:
    """After the next key was made; after the entry that binds it, before it took the old one's place."""
    where = {"made": "consilience.domains.ledger.actions.act", "recorded": "pathlib.Path.replace"}[step]
    before = ledger.log_key()
    broken = patch(where, side_effect=KeyboardInterrupt)
    if step == "recorded":
        real = Path.replace

        def only_the_checkpoint(self: Path, target: Path) -> Path:
            if self.name.startswith(".checkpoint"):
                return real(self, target)
            raise KeyboardInterrupt

        broken = patch(where, only_the_checkpoint)  # type: ignore[assignment]
    with broken, pytest.raises(KeyboardInterrupt):
        actions.rotate_key(actor=operator(), now=later())
    assert (ledger.log_key() == before) is (step == "made")
    a_person("Lea New")
    assert verify().good, verify().findings
    actions.rotate_key(actor=operator(), now=later())
    a_person("Mia New")
    assert verify().good
    assert not keys.beside(workspace.home.log_key).exists()
    assert len(ledger.log_keys()) == (2 if step == "made" else 3)


def test_a_server_that_runs_meanwhile_signs_with_the_new_key(workspace: Workspace) -> None:
    """Another process rotates; this one holds the old key in memory."""
    a_person("Lea New")
    rotated = command("ledger", "rotate-key", "--yes", "--json", CONSILIENCE_HOME=str(workspace.home.root))
    assert rotated.returncode == ExitCode.YES, rotated.stderr
    a_person("Mia New")
    assert rules.opened(ledger.checkpoint(), json.loads(rotated.stdout)["log_key"])
    assert verify().good


def test_a_key_file_that_was_exchanged_signs_nothing(workspace: Workspace) -> None:
    path = workspace.home.log_key
    path.unlink()
    keys.make(path)
    keys.load.cache_clear()
    size = rules.covered(ledger.checkpoint())
    with pytest.raises(LedgerUnavailable, match="not the key that the ledger names"):
        a_person("Lea New")
    assert rules.covered(ledger.checkpoint()) == size
    assert "log_key_differs" in {one.code for one in verify().findings}


def test_only_the_operator_changes_the_key(workspace: Workspace) -> None:
    with pytest.raises(Refused, match="operator_only"):
        actions.rotate_key(actor=a_person("Ada").actor, now=now())


def test_by_command(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CONSILIENCE_HOME", str(workspace.home.root))
    assert run(["ledger", "rotate-key"]) == ExitCode.WRONG_USE, "nobody can be asked here"
    assert run(["ledger", "rotate-key", "--yes"]) == ExitCode.YES
    assert ledger.log_key() in capsys.readouterr().out
    assert run(["ledger", "revoke-key", "--reason", " ", "--yes"]) == ExitCode.BAD_INPUT
    assert run(["ledger", "revoke-key", "--reason", "It was copied.", "--yes", "--json"]) == ExitCode.YES
    assert json.loads(capsys.readouterr().out)["log_key"] == ledger.log_key()


def test_two_workspaces_do_not_share_a_key_by_name(workspace: Workspace, tmp_path: Path) -> None:
    """The archive of another log, with that log's key under this one's name, is not this log's."""
    stranger = Ed25519PrivateKey.generate()
    trusted = f"log {rules.vkey(old_name(), stranger.public_key().public_bytes_raw())}\nquorum none\n"
    whole = an_archive(tmp_path)
    assert "log_unknown" in json.dumps(check(whole, policy=policies.read(trusted)).as_json())
    assert "log_unknown" in json.dumps(ALONE.verify(whole, None, ALONE.Policy(trusted)).as_json())
