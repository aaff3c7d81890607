"""Keys on the command line, against a real server: binding, signing, robots that sign what they attach."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.access.rules import Role
from consilience.domains.ledger import log, rules
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.verify import verify
from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.flows.test_api_measurements import CONTRACT, Registered
from tests.harness.api import a_robot, a_token
from tests.harness.builders import PASSWORD, Someone, a_person, a_release, an_administrator, read_release
from tests.harness.signers import SshKey
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]


def newest() -> rules.Entry:
    return rules.read(bytes(ledger.entry(log.size() - 1).exact))


def log_in(who: Someone) -> list[str]:
    return ["--email", who.account.email, "--password", PASSWORD]


def test_somebody_binds_their_ssh_key_and_signs_with_it(
    workspace: Workspace, server: str, at: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ana = a_person("Ana Aalto", functions=["ethics"])
    found = read_release(a_release())
    at(server, a_token(ana), timeout="60")
    key = str(SshKey.make(tmp_path).path)
    sign = [
        "sign",
        f"{found.system.slug}/{found.version.reference}",
        "--to",
        "operation",
        "--function",
        "ethics",
        "--verdict",
        "approve",
    ]
    sign += ["--reason", "Sound.", "--yes", "--ssh-key", key]
    assert run(sign) == ExitCode.REFUSED
    assert "consilience key add" in capsys.readouterr().err
    assert run(["key", "add", "--label", "laptop", "--ssh-key", key, *log_in(ana)]) == ExitCode.YES
    assert run(["key", "list"]) == ExitCode.YES
    assert "laptop" in capsys.readouterr().out
    assert run(sign) == ExitCode.YES
    shown = capsys.readouterr().out
    assert "Reason: Sound." in shown
    assert newest().authenticated_by == "ssh"
    (urn,) = [one["urn"] for one in json.loads(_said(["key", "list", "--json"], capsys))]
    assert run(["key", "revoke", urn, "--reason", "lost", "--yes"]) == ExitCode.YES
    assert run(sign) == ExitCode.REFUSED
    assert run(["key", "add", "--label", "again", "--ssh-key", key, *log_in(ana)]) == ExitCode.REFUSED
    assert run(["key", "allowed-signers"]) == ExitCode.YES
    assert "valid-before" in capsys.readouterr().out


def test_a_robot_with_a_key_signs_figures_and_evidence(
    workspace: Workspace, server: str, at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    made, boss, file = Registered(tmp_path), an_administrator(), tmp_path / "ci.pem"
    at(server, a_token(boss), timeout="60")
    a_robot("ci", made.engineer, (Role.PIPELINE, None))
    assert run(["key", "make", str(file)]) == ExitCode.YES
    assert run(["key", "make", str(file)]) == ExitCode.BAD_INPUT
    assert file.stat().st_mode & 0o777 == 0o600
    bind = ["key", "add", "--robot", "ci", "--key-file", str(file), "--scope", "register", "--label", "runner"]
    bound = json.loads(_said([*bind, *log_in(boss), "--json"], capsys))
    monkeypatch.delenv("CONSILIENCE_TOKEN", raising=False)
    monkeypatch.setenv("CONSILIENCE_ROBOT_KEY_FILE", str(file))
    monkeypatch.setenv("CONSILIENCE_ROBOT_KEY", bound["urn"])
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    monkeypatch.chdir(tmp_path)
    to = ["--attach", "credit-risk@2", "--dataset", "panel@1"]
    for command in (
        ["evaluate", str(made.file), "--label", "y", "--score", "new", "--threshold", "0.5", "--method", "holdout"],
        ["validate", str(made.file), "--contract", "contract.yaml", "--as-of", "2026-02-01T00:00:00Z"],
        [
            "over-time",
            str(made.file),
            "--by",
            "day",
            "--time",
            "at",
            "--label",
            "y",
            "--score",
            "new",
            "--threshold",
            "0.5",
        ],
    ):
        assert run([*command, *to]) in (ExitCode.YES, ExitCode.NO), command
        entry = newest()
        assert (entry.authenticated_by, entry.predicate["key"]) == ("robot_key", bound["urn"]), command
    report = verify()
    assert report.good, report.findings


def test_options_that_contradict_one_another_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["key", "add", "--label", "x", "--email", "a@b.c", "--password", "x"]
    for wrong in ([], ["--robot", "ci"], ["--robot", "ci", "--ssh-key", "x"], ["--key-file", "x"]):
        assert run([*asked, *wrong]) == ExitCode.WRONG_USE
    assert "--ssh-key" in capsys.readouterr().err
    assert os.environ.get("CONSILIENCE_ROBOT_KEY") is None


def _said(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(command) == ExitCode.YES
    return capsys.readouterr().out
