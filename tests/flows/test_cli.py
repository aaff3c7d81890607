"""The command line: it starts at once, says one sentence, and exits with the code that means it."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consilience.client import login_file
from consilience.kit.errors import ConsilienceError, ExitCode
from consilience.surfaces.cli.main import run
from tests.harness.builders import a_person
from tests.harness.processes import command
from tests.harness.strangers import NOT_OURS, OURS, PAGE, WRONG, YES, Handler, error, fake, saying, slow
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")
GATE = ("gate", "lending/credit-risk@1", "--to", "operation")


# Starting


def imported_by(statement: str) -> set[str]:
    said = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in said.stdout.split()[-2000:]} | set(said.stdout.split())


HELP = "from consilience.surfaces.cli.main import run\nassert run(['--help']) == 0"


@pytest.mark.parametrize("statement", ["import consilience", "from consilience import Client", HELP])
def test_nothing_heavy_is_imported_before_it_is_needed(statement: str) -> None:
    loaded = imported_by(statement)
    assert not loaded & {"django", "ninja", "httpx", "numpy", "numba", "pyarrow", "rich", "pydantic"}


@pytest.mark.parametrize("words", [("-c", "import consilience"), ("-m", "consilience.surfaces.cli.main", "--help")])
def test_help_and_import_come_at_once(words: tuple[str, ...]) -> None:
    """Counted in seconds of the processor, which other programs of the machine do not change much."""

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.4


def test_the_manual_names_every_command_and_every_code() -> None:
    manual = Path(__file__).resolve().parents[2] / "docs" / "manual"
    commands_page = " ".join((manual / "cli.md").read_text(encoding="utf-8").split())
    for words in commands():
        named = f"`consilience {' '.join(words)}"
        assert not words or f"{named} " in commands_page or f"{named}`" in commands_page or leads_on(words), words
    codes = (manual / "exit-codes.md").read_text(encoding="utf-8")
    assert {int(row.split("|")[1]) for row in codes.splitlines() if row[2:3].isdigit()} == set(ExitCode)


def leads_on(words: list[str]) -> bool:
    """Whether this is a group of commands, or the gate, which the manual shows as an example."""
    return words == ["gate"] or any(other[: len(words)] == words for other in commands() if len(other) > len(words))


def test_every_command_has_help_that_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    import typer.main

    from consilience.surfaces.cli.main import app

    whole = typer.main.get_command(app)  # made once: making it takes longer than any help
    for words in commands():
        whole.main([*words, "--help"], prog_name="consilience", standalone_mode=False)
        shown = capsys.readouterr().out
        assert "Usage: consilience" in shown
        assert max(map(len, shown.splitlines())) <= 90, words


def commands() -> Iterator[list[str]]:
    import typer.main

    from consilience.surfaces.cli.main import app

    def walk(node: Any, path: list[str]) -> Iterator[list[str]]:
        yield path
        for name, inner in getattr(node, "commands", {}).items():
            yield from walk(inner, [*path, name])

    return walk(typer.main.get_command(app), [])


# Exit codes


@pytest.mark.parametrize(("answer", "kind"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_the_gate_exits_with_the_code_of_what_went_wrong(
    at: Any, capsys: pytest.CaptureFixture[str], answer: Handler, kind: type[ConsilienceError]
) -> None:
    with fake(answer) as url:
        at(url)
        code = run(GATE)
    shown = capsys.readouterr()
    assert code == kind.exit_code
    assert code not in (ExitCode.YES, ExitCode.NO)
    assert shown.out == ""
    assert shown.err.startswith("consilience: ")
    assert "Traceback" not in shown.err


SAID = {
    **YES, "reference": "lending/credit-risk@1", "stage": "operation", "valid_at": "2026-01-01T00:00:00.000000Z",
    "known_at": 7, "requirements": [], "next": [], "blocks": [], "objections": [], "overdue": [], "unmet": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "allowed", "code"), [("allowed", True, 0), ("blocked", False, 1), ("sign_offs_missing", False, 6)]
)
def test_the_gate_exits_with_its_answer(at: Any, verdict: str, allowed: bool, code: int) -> None:
    said = {**SAID, "verdict": verdict, "allowed": allowed, "exit_code": code}
    with fake(saying(200, said)) as url:
        at(url)
        assert run(GATE) == run([*GATE, "--json"]) == code


@pytest.mark.parametrize("answer", [saying(401, b"", {}), saying(500, b"oops", PAGE), slow, saying(200, b"<html>", PAGE), saying(302, b"", {"Location": "/x"}), saying(200, b'{"items": [', OURS), saying(200, {"items": [], "count": 0}, NOT_OURS)])  # fmt: skip
def test_no_other_command_takes_that_for_done_either(
    at: Any, answer: Handler, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ["release", "list"], ["people", "list"], ["policy", "list"], ["evidence", "list", "lending"], ["show", "systems"],
        ["ledger", "show"], ["people", "deactivate", "urn:x"], ["token", "list"], ["gate", "--replay", "urn:x"],
    ):  # fmt: skip
        with fake(answer) as url:
            at(url, timeout="0.3")
            assert run(words) in (ExitCode.NOT_ENTITLED, ExitCode.UNREACHABLE), words
        assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", [
    ["nothing"], ["gate"], ["gate", "--to", "operation"], ["gate", "a b", "--to", "operation"], ["gate", "x@0", "--to", "o"],
    ["gate", "x@1", "--to", "operation", "--known-at", str(2**63)], ["gate", "--replay", "urn:x", "--to", "operation"],
    ["gate", "--nonsense"], ["register", "version", "x"], ["evaluate", "x.csv", "--attach", "x@1"],
    ["register", "version", "x", "--artefact", "x", "--no-git"], ["up", "--port", "0"], ["login"],
    ["evidence", "attach", "dpia", "x@1", "--field", "nothing"], ["init", "--zone", "Mars/Olympus"],
])  # fmt: skip
def test_wrong_use_is_2(words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONSILIENCE_HOME", str(tmp_path / "nowhere"))
    assert run(words) == ExitCode.WRONG_USE
    assert not (tmp_path / "nowhere").exists()


def test_without_a_token_the_sentence_says_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(GATE) == ExitCode.WRONG_USE
    assert "consilience login" in capsys.readouterr().err


def test_bad_data_is_65(at: Any, tmp_path: Path) -> None:
    at("http://127.0.0.1:9")
    notes = tmp_path / "fields.json"
    notes.write_text("{")
    binary = tmp_path / "policy.yaml"
    binary.write_bytes(b"\xff\xfe")
    for words in (
        ["evaluate", str(tmp_path / "missing.csv"), "--label", "y"],
        ["evidence", "attach", "dpia", "x@1", "--fields", str(notes)],
        ["policy", "propose", str(binary)],
        ["policy", "propose", str(tmp_path / "missing.yaml")],
        [*GATE, "--policy", str(tmp_path / "missing")],
        ["condition", "prove", "urn:x", "--proof", "p"],
        [
            "register",
            "version",
            "x",
            "--artefact",
            str(tmp_path / "none"),
            "--no-git",
            "--author",
            "a@b",
            "--code-revision",
            "c",
        ],
    ):
        assert run(words) == ExitCode.BAD_INPUT, words


def test_a_bug_is_70_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, at: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    at("http://127.0.0.1:9")

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of the code")

    monkeypatch.setattr("consilience.client.Client.gate", broken)
    assert run(GATE) == ExitCode.BUG
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 1
    assert "CONSILIENCE_DEBUG" in shown
    monkeypatch.setenv("CONSILIENCE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run(GATE)


def test_control_c_is_130(monkeypatch: pytest.MonkeyPatch, at: Any) -> None:
    at("http://127.0.0.1:9")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("consilience.client.Client.gate", interrupted)
    assert run(GATE) == ExitCode.INTERRUPTED


def test_a_closed_pipe_changes_no_answer() -> None:
    said = {**SAID, "requirements": [
        {"policy": "p", "requirement": f"r{number}", "function": "legal", "severity": "block", "outcome": "satisfied",
         "sentence": "Long enough to fill a pipe. " * 40, "sign_off": False, "reasons": [], "trace": None}
        for number in range(200)
    ]}  # fmt: skip
    with fake(saying(200, said)) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "consilience.surfaces.cli.main", *GATE],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "CONSILIENCE_URL": url, "CONSILIENCE_TOKEN": "cns_token"},
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        code, shown = process.wait(timeout=30), process.stderr.read()
        process.stderr.close()
    assert (code, shown) == (0, "")


def test_what_others_wrote_does_not_steer_the_terminal(at: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with fake(saying(200, {**SAID, "sentence": "Fine.\x1b[2J\x1b]0;owned\x07"})) as url:
        at(url)
        run(GATE)
    assert "\x1b" not in capsys.readouterr().out
    with fake(saying(409, {"error": {"code": "x", "sentence": "No.\x1b[2J", "params": {}}})) as url:
        at(url)
        run(GATE)
    assert "\x1b" not in capsys.readouterr().err


# Logging in


def test_login_keeps_address_and_token_for_its_owner_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with fake(saying(200, {"name": "Eve", "workspace": "Bank"})) as url:
        assert run(["login", "--url", url, "--token", "cns_secret"]) == 0
        kept = login_file()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert json.loads(kept.read_text()) == {"url": url, "token": "cns_secret"}
        assert "cns_secret" not in capsys.readouterr().out
    with fake(saying(401, error("not_authenticated"))) as url:
        assert run(["login", "--url", url, "--token", "cns_wrong"]) == ExitCode.NOT_ENTITLED
    assert json.loads(kept.read_text())["token"] == "cns_secret"


# On this machine


def test_figures_come_without_a_workspace_or_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "scored.csv"
    data.write_text("y,score,sex\n" + "0,0.1,f\n1,0.9,m\n1,0.4,f\n0,0.6,m\n" * 50)
    words = ["evaluate", str(data), "--label", "y", "--score", "score", "--protected", "sex"]
    assert run([*words, "--threshold", "0.5"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 90
    assert "accuracy                0.5000" in shown
    assert "By sex: 2 groups" in shown
    assert run(words) == 0
    assert "undefined because no prediction column was given, and no threshold for the score" in " ".join(
        capsys.readouterr().out.split()
    )
    assert run([*words, "--threshold", "0.5", "--json", "--where", "sex=f"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "urn:consilience:evaluate:1"
    assert report["rows"] == 100
    assert run([*words, "--label", "nothing"]) == ExitCode.BAD_INPUT


def test_costs_are_added_and_small_groups_withheld_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "scored.csv"
    data.write_text("y,score,g\n" + "0,0.1,f\n1,0.9,m\n1,0.4,f\n0,0.6,m\n" * 50 + "1,0.2,x\n1,0.7,z\n")
    words = ["evaluate", str(data), "--label", "y", "--score", "score", "--protected", "g", "--threshold", "0.5"]
    assert run([*words, "--json", "--cost", "fp=1", "--cost", "fn=5", "--minimum-group", "5"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["performance"]["cost"]["value"] == pytest.approx((50 + 5 * 51) / 202)
    assert set(report["fairness"]["g"]["withheld"]) == {"x", "z"}
    assert run([*words, "--minimum-group", "5"]) == 0
    assert "cost " not in capsys.readouterr().out
    assert run([*words, "--cost", "fp=1"]) == ExitCode.BAD_INPUT
    assert run([*words, "--cost", "fp=cheap", "--cost", "fn=5"]) == ExitCode.WRONG_USE


def test_verify_says_good_names_what_does_not_fit_and_cannot_tell_without_a_workspace(
    workspace: Workspace, tmp_path: Path
) -> None:
    import sqlite3

    a_person("Eve")
    home = {"CONSILIENCE_HOME": str(workspace.home.root)}
    good = command("ledger", "verify", **home)
    assert good.returncode == 0, good.stderr
    assert good.stdout.startswith("Good: ")
    with sqlite3.connect(workspace.home.database) as database:
        database.execute("DROP TRIGGER ledger_entry_no_update")
        database.execute(
            "UPDATE ledger_entry SET exact = replace(exact, 'people.invited', 'people.removed') WHERE verb = 'people.invited'"
        )
    database.close()
    bad = command("ledger", "verify", **home)
    assert bad.returncode == ExitCode.NO
    assert "entry" in bad.stdout
    workspace.home.database.write_bytes(b"this is no database " * 100)
    for suffix in ("-wal", "-shm"):
        Path(f"{workspace.home.database}{suffix}").unlink(missing_ok=True)
    assert command("ledger", "verify", **home).returncode == ExitCode.CANNOT_TELL
    empty = command("ledger", "verify", "--home", str(tmp_path / "none"))
    assert empty.returncode == ExitCode.CANNOT_TELL
    assert not (tmp_path / "none").exists()
