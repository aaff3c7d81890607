"""Commands against the product: each story as somebody tells it on the command line."""

from __future__ import annotations

import json
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.access.rules import Role
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.models import System
from consilience.domains.inventory.rules import SystemFacts
from consilience.domains.ledger import log
from consilience.domains.policy.document import starter_texts
from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token
from tests.harness.builders import PASSWORD, a_person, a_system, later, operator
from tests.harness.credit import FUNCTIONS, Credit, credit
from tests.harness.strangers import PAGE, Handler, fake, saying
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")
GATE = ("gate", "lending/credit-risk@1", "--to", "operation")


@pytest.fixture
def story(workspace: Workspace) -> Credit:
    return credit()


@pytest.fixture
def as_someone(server: str, at: Any) -> Any:
    def point(someone: Any, **token: Any) -> None:
        at(server, a_token(someone, **token), timeout="30")

    return point


def test_the_gate_tells_each_function_what_is_missing_within_the_terminal(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    as_someone(story.author)
    assert run(GATE) == ExitCode.ONLY_SIGN_OFFS_MISSING
    shown = capsys.readouterr().out
    assert shown.startswith("NOT YET: lending/credit-risk@1 to operation. Only sign-offs are missing.")
    assert max(map(len, shown.splitlines())) <= 120
    for function in FUNCTIONS:
        assert f"\n{function}: " in shown
        assert story.reviewers[function].name in shown
    assert "/ethics-sign-off" in shown
    story.sign_everything()
    assert run(GATE) == ExitCode.YES
    shown = capsys.readouterr().out
    assert shown.startswith("YES: ")
    decision = shown.split("Decision ")[1].strip()
    assert run(["gate", "--replay", decision]) == ExitCode.YES
    assert "The same" in capsys.readouterr().out


def test_a_stale_approval_is_named_with_what_changed_the_old_value_and_the_new(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    story.sign_everything()
    said = System.objects.get(slug=story.system).body
    old, new = ", ".join(said["jurisdictions"]), "DE, FR"
    facts = {name: said[name] for name in SystemFacts.__dataclass_fields__ if name in said}
    inventory.correct_system(
        actor=operator(), facts=SystemFacts(**facts | {"jurisdictions": ["DE", "FR"]}), wrong_from_the_start=False,
        now=later(),
    )  # fmt: skip
    as_someone(story.author)
    run(GATE)
    for shown in (capsys.readouterr().out, run(["release", "show", *GATE[1:]]) or capsys.readouterr().out):
        words = " ".join(shown.split())
        assert words.count(f"changed since: system: jurisdictions was {old}, is now {new}") == 2, shown


def test_what_is_off_in_a_policy_is_said_of_its_file(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = starter_texts()["product.yaml"]
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(text.replace("p99_ms", "p98_ms"))
    as_someone(story.reviewers["legal"])
    for command in ([*GATE, "--policy", str(tmp_path)], ["policy", "propose", str(tmp_path / "b.yaml")]):
        assert run(command) == ExitCode.BAD_INPUT
        said = capsys.readouterr().err
        assert said.startswith(f"consilience: {tmp_path / 'b.yaml'}: policy, line "), said
        assert "did you mean 'p99_ms'?" in said


def test_evidence_that_says_nothing_is_refused(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    as_someone(story.author)
    size = log.size()
    assert run(["evidence", "attach", "dpia", "credit-risk@1"]) == ExitCode.BAD_INPUT
    assert "says nothing: give at least one field of dpia, or a file" in capsys.readouterr().err
    assert log.size() == size


def test_a_member_of_one_system_hears_that_the_ledger_is_not_theirs_and_no_riddle(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lending = System.objects.get(slug=story.system)
    as_someone(a_person("Mia Member", roles=[(Role.ENGINEER, lending)]))
    for command in (["ledger", "show"], ["grant", "list"]):
        assert run(command) == ExitCode.NOT_FOUND
        assert "this belongs to the workspace as a whole" in capsys.readouterr().err


def test_a_name_that_cannot_be_one_is_answered_with_an_example(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    as_someone(story.author)
    assert run(["gate", "--replay", "urn:nope"]) == ExitCode.BAD_INPUT
    assert "urn: expected a URN, urn:consilience:…" in capsys.readouterr().err


def test_a_wrong_registration_is_superseded_and_its_history_stays(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    as_someone(story.author)
    first = System.objects.get(slug=story.system)
    named = ["--jurisdiction", "DE,FR", "--wrong-from-the-start"]
    assert run(["correct", "system", story.system, *named]) == ExitCode.YES
    assert "Corrected system lending: jurisdictions" in capsys.readouterr().out
    second = System.objects.get(slug=story.system, version=2)
    assert second.body == {**first.body, "jurisdictions": ["DE", "FR"]}, "what was not named stays"
    assert (second.supersedes, second.valid_from) == (first.digest, first.valid_from)
    data, before = story.training.reference, story.training.row.body
    assert run(["correct", "terms", data, "--retained-until", "2031-12-31"]) == ExitCode.YES
    assert run(["show", "data-version", data]) == ExitCode.YES
    shown = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert [one["version"] for one in shown["history"]] == [1, 2]
    assert (shown["provenance"], shown["agreement"]) == (before["provenance"], before["agreement"])
    for noun, slug in (("model", "credit-risk"), ("dataset", data.partition("@")[0])):
        assert run(["correct", noun, slug, "--description", "Said better"]) == ExitCode.YES
        assert f"Corrected {noun} {slug}: description" in capsys.readouterr().out
        assert run(["show", noun, slug]) == ExitCode.YES
        shown = json.loads(capsys.readouterr().out)
        assert (shown["description"], shown["systems"]) == ("Said better", [story.system])
    a_system("cards")
    assert run(["correct", "model", "credit-risk", "--system", "cards"]) == ExitCode.REFUSED
    assert "Take the proposal back first" in " ".join(capsys.readouterr().err.split())
    assert run(["correct", "data-version", data, "--reason", "the wrong month"]) == ExitCode.YES
    assert f"Withdrawn: {data}" in capsys.readouterr().out
    assert run(["show", "data-version", data]) == ExitCode.NOT_FOUND
    assert run(["show", "version", "credit-risk@1"]) == ExitCode.YES
    assert json.loads(capsys.readouterr().out)["training_withdrawn"] == [data]
    assert run(["correct", "version", "credit-risk@1", "--reason", "the wrong file"]) == ExitCode.YES
    assert run(["show", "version", "credit-risk@1"]) == ExitCode.NOT_FOUND
    assert run(["correct", "system", story.system]) == ExitCode.WRONG_USE
    assert run(["show", "system", story.system]) == ExitCode.YES


def test_a_block_names_its_author_and_how_it_ends(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from consilience.domains.review.rules import Verdict

    block = story.sign("ethics", Verdict.BLOCK)
    as_someone(story.author)
    assert run(GATE) == ExitCode.NO
    shown = capsys.readouterr().out
    assert shown.startswith("NO: lending/credit-risk@1 to operation. A block stands.")
    assert f"! {story.reviewers['ethics'].name} (ethics) blocks since" in shown
    assert "Only they can withdraw it" in shown
    assert f"\n  {block.urn}\n" in shown


def test_what_ifs_on_the_command_line_are_marked(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    as_someone(story.author)
    assert run([*GATE, "--preview"]) == ExitCode.ONLY_SIGN_OFFS_MISSING
    shown = capsys.readouterr().out
    assert "What if: " in shown
    assert "Decision " not in shown
    from consilience.domains.policy import document

    (tmp_path / "policies").mkdir()
    for name, text in document.starter_texts().items():
        if name == "product.yaml":
            (tmp_path / "policies" / name).write_text(text)
    assert run([*GATE, "--policy", str(tmp_path / "policies"), "--json"]) == ExitCode.ONLY_SIGN_OFFS_MISSING
    said = json.loads(capsys.readouterr().out)
    assert said["what_if"] is True
    assert {one["function"] for one in said["requirements"]} == {"product"}
    assert run([*GATE, "--as-of", "2001-01-01"]) == ExitCode.NOT_FOUND


def test_nobody_entitled_and_nothing_there_have_codes_of_their_own(story: Credit, as_someone: Any) -> None:
    from consilience.domains.access.rules import Role

    as_someone(a_person(roles=[]))
    assert run(GATE) == ExitCode.NOT_FOUND
    as_someone(a_person(roles=[Role.READER]))
    assert run(GATE) == ExitCode.NOT_ENTITLED
    as_someone(story.author)
    assert run(["gate", "lending/credit-risk@9", "--to", "operation"]) == ExitCode.NOT_FOUND
    assert run(["gate", "lending/credit-risk@1", "--to", "heaven"]) == ExitCode.BAD_INPUT
    assert run(["gate", "credit-risk@1", "--to", "operation", "--preview"]) == ExitCode.ONLY_SIGN_OFFS_MISSING


def test_explain_says_of_each_requirement_what_decided_it(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    as_someone(story.author)
    assert run([*GATE, "--preview"]) == ExitCode.ONLY_SIGN_OFFS_MISSING
    assert "Looked at" not in capsys.readouterr().out
    assert run([*GATE, "--preview", "--explain"]) == ExitCode.ONLY_SIGN_OFFS_MISSING
    said = capsys.readouterr().out
    assert "- Looked at signoffs: there is nothing in it." in said
    assert "- Looked at evaluation: 1 in all." in said


def test_signing_shows_the_facet_and_needs_a_yes(
    story: Credit, as_someone: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    as_someone(story.reviewers["ethics"])
    words = ["sign", "lending/credit-risk@1", "--to", "operation", "--function", "ethics", "--verdict"]
    assert run([*words, "approve", "--reason", "Fair."]) == ExitCode.WRONG_USE
    shown = capsys.readouterr()
    assert "Ethics answers for" in shown.out
    assert "--yes" in shown.err
    conditions = ["--condition", "Watch it.", "--owner", story.author.email, "--due", "2099-01-01"]
    assert run([*words, "approve_with_conditions", "--reason", "Nearly.", *conditions, "--yes", "--json"]) == 0
    given = json.loads(capsys.readouterr().out)["urn"]
    assert run(["condition", "accept", f"{given}#0"]) == ExitCode.REFUSED
    assert "Nobody has said yet" in capsys.readouterr().err
    as_someone(story.author)
    assert run(["condition", "prove", f"{given}#0", "--proof", "Watched."]) == 0
    as_someone(story.reviewers["ethics"])
    capsys.readouterr()
    assert run(["condition", "accept", f"{given}#0"]) == ExitCode.WRONG_USE
    shown = capsys.readouterr()
    assert f"{story.author.name} says how it was met: Watched." in shown.out
    assert "--yes" in shown.err
    assert run(["condition", "accept", f"{given}#0", "--yes"]) == 0
    assert run([*words, "block", "--reason", "No.", "--yes"]) == 0
    capsys.readouterr()
    assert run(["release", "show", "lending/credit-risk@1", "--to", "operation"]) == 0
    shown = capsys.readouterr().out
    assert "(ethics) blocks: No." in shown
    assert run(["release", "show", "lending/credit-risk@1", "--to", "operation", "--json"]) == 0
    (block,) = json.loads(capsys.readouterr().out)["blocks"]
    assert run(["block", "end", block["urn"], "--reason", "Mended."]) == 0
    as_someone(story.author)
    assert run([*words, "approve", "--reason", "Mine.", "--yes"]) == ExitCode.REFUSED
    assert "You do not hold the function Ethics." in capsys.readouterr().err


def test_registering_a_version_names_the_committers_since_the_last_one(
    story: Credit, as_someone: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = tmp_path / "code"
    repository.mkdir()
    ethics = story.reviewers["ethics"]
    first = commit(repository, "stranger@example.org")
    weights = tmp_path / "model.bin"
    weights.write_bytes(b"weights")
    as_someone(story.author)
    words = [
        "register",
        "version",
        "credit-risk",
        "--artefact",
        str(weights),
        "--repository",
        str(repository),
        "--json",
    ]
    assert run(words) == ExitCode.BAD_INPUT  # version 1 says that it was built from a revision that is not here
    assert "shallow clone" in capsys.readouterr().err
    plain = ["--no-git", "--author", story.author.email, "--code-revision", first]
    assert run([*words, *plain]) == 0
    capsys.readouterr()
    second = commit(repository, ethics.email)
    assert run(words) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["code_revision"] == second
    assert {one["urn"] for one in made["authors"]} == {story.author.urn, ethics.urn}
    assert made["unknown_authors"] == 0  # the stranger's commit came before
    assert run([*words, "--code-revision", "--output=/tmp/x"]) == ExitCode.BAD_INPUT


def commit(repository: Path, email: str) -> str:
    git = ["git", "-C", str(repository), "-c", "user.name=Somebody", "-c", f"user.email={email}"]
    if not (repository / ".git").exists():
        subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "Change"], check=True)
    return subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()


def test_the_whole_story_with_commands_alone(
    workspace: Workspace, as_someone: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from consilience.domains.access.rules import Role

    admin = a_person("Ann Admin", roles=[Role.ADMINISTRATOR])
    as_someone(admin)
    assert (
        run(["people", "invite", "eve@example.org", "--name", "Eve", "--role", "engineer", "--function", "product"])
        == 0
    )
    assert "/setup/" in capsys.readouterr().out
    assert run(["people", "list"]) == 0
    assert "eve@example.org" in capsys.readouterr().out
    assert run(["robot", "add", "ci", "--purpose", "Builds", "--owner", "eve@example.org", "--role", "pipeline"]) == 0
    assert run(["grant", "list", "--json"]) == 0
    capsys.readouterr()
    engineer = a_person("Ed Engineer")
    as_someone(engineer)
    system = [
        "register",
        "system",
        "lending",
        "--name",
        "Lending",
        "--purpose",
        "credit-scoring",
        "--jurisdiction",
        "DE,US-NY",
    ]
    system += ["--audience", "all", "--affected", "all", "--squad", "lending", "--tier", "high"]
    data = tmp_path / "panel.csv"
    data.write_text("y,score,sex\n0,0.1,f\n1,0.9,m\n1,0.4,f\n0,0.6,m\n")
    weights = tmp_path / "model.bin"
    weights.write_bytes(b"weights")
    evaluate = ["evaluate", str(data), "--label", "y", "--score", "score", "--threshold", "0.5", "--protected", "sex"]
    attach = ["--attach", "credit-risk@1", "--dataset", "panel@1", "--method", "holdout"]
    terms = ["--provenance", "bank", "--lawful-basis", "contract", "--jurisdiction", "DE"]
    built = [
        "--no-git",
        "--author",
        engineer.email,
        "--code-revision",
        "c0de",
        "--training",
        "panel@1",
        "--parameter",
        "depth=4",
    ]
    for words in (
        system,
        ["register", "model", "credit-risk", "--name", "Credit risk", "--system", "lending"],
        ["register", "dataset", "panel", "--name", "Panel", "--system", "lending"],
        ["register", "data-version", "panel", str(data), *terms, "--upload"],
        ["register", "version", "credit-risk", "--artefact", str(weights), "--upload", *built],
        ["evidence", "attach", "rollback_plan", "credit-risk@1", "--field", "title=Plan", "--file", str(weights)],
        ["evidence", "compute", "credit-risk@1", "--dataset", "panel@1", "--method", "holdout", "--label", "y", "--score", "score", "--threshold", "0.5"],
        [*evaluate, *attach],
        ["release", "propose", "lending/credit-risk@1", "--to", "operation", "--note", "First"],
        ["release", "list"], ["release", "show", "credit-risk@1", "--to", "operation"], ["show", "systems"], ["show", "models"],
        ["show", "datasets"], ["show", "version", "credit-risk@1"], ["show", "data-version", "panel@1"], ["policy", "list"],
        ["policy", "list", "--proposals"], ["evidence", "list", "credit-risk@1"], ["evidence", "list", "lending"], ["robot", "list"],
    ):  # fmt: skip
        assert run(words) == 0, (words, capsys.readouterr())
        assert capsys.readouterr().out, words
    assert run(["evidence", "list", "credit-risk@1", "--json"]) == 0
    grades = {one["kind"]: one["grade"] for one in json.loads(capsys.readouterr().out)}
    assert grades["evaluation"] == "recomputed_from_states"
    assert run(["gate", "credit-risk@1", "--to", "operation"]) == ExitCode.NO
    assert "nothing says what would be enough" in capsys.readouterr().out


def test_a_policy_goes_from_a_file_into_force(
    workspace: Workspace, as_someone: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from consilience.domains.policy import document

    file = tmp_path / "ethics.yaml"
    file.write_text(document.starter_texts()["ethics.yaml"])
    product, ethics = a_person(functions=["product"]), a_person(functions=["ethics"])
    as_someone(product)
    assert run(["policy", "propose", str(file), "--json"]) == 0
    proposal = json.loads(capsys.readouterr().out)
    assert run(["policy", "publish", proposal["urn"]]) == ExitCode.REFUSED
    as_someone(ethics)
    assert run(["policy", "publish", proposal["urn"]]) == 0
    capsys.readouterr()
    assert run(["policy", "show", proposal["policy"]]) == 0
    assert capsys.readouterr().out.startswith(file.read_text()[:40])


def test_a_secret_is_made_with_a_password_and_printed_alone(
    at: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONSILIENCE_PASSWORD", "correct horse")
    words = ["token", "make", "--for", "ci", "--label", "ci", "--scope", "gate,read", "--email", "ann@example.org"]
    for accepted, code in ((302, 0), (200, ExitCode.NOT_ENTITLED), (500, ExitCode.NOT_ENTITLED)):
        seen: list[str] = []
        with fake(a_login(accepted, seen)) as url:
            at(url)
            assert run(words) == code
        assert ("/api/v1/tokens" in seen) is (accepted == 302)
    assert capsys.readouterr().out == "cns_made\n"
    with fake(saying(404, b"<h1>Nothing</h1>", PAGE)) as url:
        at(url)
        assert run(words) == ExitCode.UNREACHABLE


def test_a_token_made_on_the_command_line_works(
    workspace: Workspace, server: str, at: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    eve = a_person("Eve")
    words = ["token", "make", "--label", "laptop", "--scope", "read", "--email", eve.email]
    at(server, timeout="30")
    monkeypatch.setenv("CONSILIENCE_PASSWORD", "wrong")
    assert run(words) == ExitCode.NOT_ENTITLED
    monkeypatch.setenv("CONSILIENCE_PASSWORD", PASSWORD)
    assert run(words) == 0
    assert run(["login", "--url", server, "--token", capsys.readouterr().out.strip()]) == 0
    assert "You are Eve in Meridian Bank." in capsys.readouterr().out


def a_login(accepted: int, seen: list[str]) -> Handler:
    """A server with a page to log in on, which answers the form with this status."""
    form = b'<input type="hidden" name="csrfmiddlewaretoken" value="abc">'

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.path)
        if handler.path == "/api/v1/tokens":
            saying(200, {"secret": "cns_made", "token": {}})(handler)
        elif handler.command == "GET":
            saying(200, form, PAGE)(handler)
        else:
            saying(accepted, b"", {"Location": "/"})(handler)

    return answer
