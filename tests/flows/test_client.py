"""The SDK: the story through it in this process, and what it makes of servers that are not ours."""

from __future__ import annotations

import json
import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from consilience.client import Client, GateAnswer, kept_login, login_file
from consilience.demo import training
from consilience.domains.access.rules import Role
from consilience.domains.evidence import compute
from consilience.kit import answers
from consilience.kit.errors import (
    BadInput,
    ConsilienceError,
    ExitCode,
    NotEntitled,
    NotFound,
    Refused,
    Unreachable,
    WrongUse,
)
from consilience.measure.evaluate import figures, measure_states
from consilience.measure.states import wire
from consilience.measure.states.masking import masked
from tests.harness.api import sdk
from tests.harness.builders import a_person, a_system
from tests.harness.credit import FUNCTIONS, Credit, credit, publish_starter
from tests.harness.strangers import OURS, WRONG, YES, Handler, dripping, error, fake, saying
from tests.harness.workspaces import Workspace

TERMS = {"provenance": "bank", "lawful_basis": "contract", "consent": False, "jurisdictions": ["DE"]}


@pytest.mark.parametrize(("answer", "kind"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_what_is_not_our_yes_is_never_a_yes(answer: Handler, kind: type[ConsilienceError]) -> None:
    with (
        fake(answer) as url,
        Client(url, "cns_token", timeout=0.5) as client,
        pytest.raises(ConsilienceError) as raised,
    ):
        client.gate("credit-risk@1", to="operation", system="lending")
    assert type(raised.value) is kind, raised.value
    assert str(raised.value)


def test_an_answer_that_never_ends_is_not_waited_for() -> None:
    with fake(dripping) as url, Client(url, "cns_token", timeout=0.5) as client:
        began = time.monotonic()
        with pytest.raises(Unreachable, match="did not finish"):
            client.me()
        assert time.monotonic() - began < 6


def test_our_own_yes_is_one() -> None:
    with fake(saying(200, YES)) as url, Client(url, "cns_token", timeout=5) as client:
        answer = client.gate("credit-risk@1", to="operation", preview=True)
    assert (answer.allowed, answer.exit_code, answer.what_if) == (True, ExitCode.YES, True)


def test_a_redirect_is_not_followed_even_to_a_server_that_would_say_yes() -> None:
    with fake(saying(200, YES)) as there:
        away = saying(302, b"", {**OURS, "Location": f"{there}/api/v1/gate"})
        with (
            fake(away) as url,
            Client(url, "cns_token", timeout=5) as client,
            pytest.raises(Unreachable, match="redirect"),
        ):
            client.gate("credit-risk@1", to="operation")


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}", "cns_token", timeout=2) as client, pytest.raises(Unreachable):
        client.me()


def test_errors_carry_what_the_server_said() -> None:
    said = error("function_not_held", function="legal")
    with pytest.raises(Refused, match="That is function_not_held") as refused:
        answers.read(409, {"x-consilience": "1"}, json.dumps(said).encode(), url="u")
    assert (refused.value.refusal.code, refused.value.refusal.params) == ("function_not_held", {"function": "legal"})
    with pytest.raises(BadInput, match="days: too many"):
        bad = error("bad_input", where="days", problem="too many")
        answers.read(422, {"x-consilience": "1"}, json.dumps(bad).encode(), url="u")


def test_a_client_without_address_or_token_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("CONSILIENCE_URL", "CONSILIENCE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(WrongUse, match="consilience login"):
        Client()
    for url in ("ftp://x", "localhost:8600", "http://", "//x"):
        with pytest.raises(WrongUse, match="no address"):
            Client(url, "cns_token")
    with pytest.raises(WrongUse, match="characters"):
        Client("http://127.0.0.1", "cns_a\r\nX-Evil: 1")


def test_a_kept_token_goes_only_to_the_server_it_was_kept_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("CONSILIENCE_TOKEN", raising=False)
    monkeypatch.setenv("CONSILIENCE_URL", "http://elsewhere.example.org")
    login_file().parent.mkdir(parents=True)
    login_file().write_text(json.dumps({"url": "http://127.0.0.1:8600", "token": "cns_kept"}))
    with pytest.raises(WrongUse, match="no token for http://elsewhere"):
        Client()
    monkeypatch.delenv("CONSILIENCE_URL")
    with Client() as client:
        assert client.url == "http://127.0.0.1:8600"
    login_file().write_text("{")
    with pytest.raises(BadInput, match="login"):
        kept_login()


# The story, in this process


def test_register_evidence_release_sign_off_and_gate(workspace: Workspace, tmp_path: Path) -> None:
    people = {function: a_person(f"{function} reviewer", functions=[function]) for function in FUNCTIONS}
    publish_starter(people)
    eve = a_person("Eve Engineer")
    weights = tmp_path / "model.bin"
    weights.write_bytes(b"weights")
    with sdk(eve) as client:
        client.register_system(
            slug="lending", name="Lending", purpose="credit-scoring", jurisdictions=["DE"], audience=["all"],
            affected_groups=["all"], squad="lending", tier="high",
        )  # fmt: skip
        client.register_model("credit-risk", name="Credit risk", systems=["lending"])
        client.register_dataset("panel", name="Panel", systems=["lending"])
        holdout = training.data_file("card-holdout.parquet")
        data = client.register_dataset_version("panel", holdout, **TERMS)
        assert (data["file"]["held"], data["rows"] > 0) == (False, True)
        version = client.register_version("credit-risk", artefact=weights, code_revision="c0de", training=["panel@1"])
        assert version["artefact"]["computed_by"] == "client"
        held = client.register_version("credit-risk", artefact=weights, upload=True, code_revision="c0de")
        assert held["artefact"] == {**version["artefact"], "held": True, "computed_by": "server"}
        proof = tmp_path / "plan.md"
        proof.write_text("Switch back.")
        record = client.attach_evidence(
            "rollback_plan", method="document", about="credit-risk@1", fields={"title": "Plan"}, files=[proof]
        )
        assert [one["urn"] for one in client.evidence("credit-risk@1")] == [record["urn"]]
        saved = client.download_file(record["urn"], record["files"][0]["digest"], tmp_path / "saved.md")
        assert saved.read_text() == "Switch back."
        with pytest.raises(BadInput, match="is there already"):
            client.download_file(record["urn"], record["files"][0]["digest"], saved)
        client.propose_release("lending", "credit-risk@1", "operation")
        answer = client.gate("credit-risk@1", to="operation")
        assert (answer.allowed, answer.exit_code) == (False, ExitCode.NO)
        assert client.replay(str(answer.decision))["same"] is True
    with sdk(people["ethics"]) as ethics:
        facets = ethics.release("lending", "credit-risk@1", "operation")["facets"]
        seen = next(one["digest"] for one in facets if one["function"] == "ethics")
        given = ethics.sign_off(
            "lending", "credit-risk@1", "operation", function="ethics", verdict="approve_with_conditions", reason="Nearly.",
            seen=seen, conditions=[{"text": "Watch it.", "owner": eve.email, "due_at": "2099-01-01"}],
        )  # fmt: skip
        with pytest.raises(Refused) as refused:
            ethics.accept_condition(f"{given['urn']}#0")
        assert refused.value.refusal.code == "no_proof_offered"
        assert "Nobody has said yet" in str(refused.value)
    with sdk(eve) as client:
        client.prove_condition(f"{given['urn']}#0", "Watched.")
    with sdk(people["ethics"]) as ethics:
        assert ethics.condition(f"{given['urn']}#0")["proof"]["proof"] == "Watched."
        with pytest.raises(Refused) as refused:
            ethics.accept_condition(f"{given['urn']}#0", seen="0" * 64)
        assert refused.value.refusal.code == "proof_changed"


@pytest.fixture
def story(workspace: Workspace) -> Credit:
    return credit()


def test_rows_stay_here_and_the_server_recomputes_from_counts(story: Credit, tmp_path: Path) -> None:
    rows = tmp_path / "scored.csv"
    rows.write_text("y,score,sex\n0,0.1,f\n1,0.9,m\n1,0.4,f\n0,0.6,m\n")
    plan = {"label": "y", "score": "score", "threshold": 0.5, "protected": ["sex"]}
    with sdk(story.author) as client:
        client.register_dataset_version("card-holdout", rows, **TERMS)
        attached = {"version": "credit-risk@1", "dataset": "card-holdout@2", "method": "out_of_time"}
        made = client.evaluate_and_attach(rows, **attached, **plan)
        assert {one["grade"] for one in made} == {"recomputed_from_states"}
        assert made[0]["fields"]["accuracy"]["value"] == "0.5"
        rows.write_text(rows.read_text().replace("0.6", "0.2"))  # one score better than what was registered
        with pytest.raises(Refused) as refused:
            client.evaluate_and_attach(rows, **attached, **plan)
        assert refused.value.refusal.code == "other_data"


def test_small_groups_stay_here_and_the_figures_are_those_of_what_was_sent(story: Credit, tmp_path: Path) -> None:
    rows = tmp_path / "scored.csv"
    lines = [f"{n % 2},0.{n % 9 + 1},{'f' if n % 2 else 'm'},{'Hof' if n < 3 else 'Ulm'}\n" for n in range(40)]
    rows.write_text("y,score,sex,town\n" + "".join(lines))
    plan = {"label": "y", "score": "score", "threshold": 0.5, "protected": ["sex", "town"]}
    with sdk(story.author) as client:
        client.register_dataset_version("card-holdout", rows, **TERMS)
        attached = {"version": "credit-risk@1", "dataset": "card-holdout@2", "method": "out_of_time"}
        made = {one["kind"]: one for one in client.evaluate_and_attach(rows, **attached, **plan)}
        (file,) = made["evaluation"]["files"]
        sent = client.download_file(made["evaluation"]["urn"], file["digest"], tmp_path / "states.json").read_bytes()
        everything = {one["kind"]: one for one in client.evaluate_and_attach(rows, **attached, **plan, minimum_group=1)}
    here = masked(measure_states(rows, **plan), minimum=5)
    assert sent == wire.encode(here)
    assert b"Hof" not in sent
    report = figures(here)
    recorded = compute.fairness(report)["attributes"]
    said = made["fairness_evaluation"]["fields"]["attributes"]
    assert [one["name"] for one in said] == [one["name"] for one in recorded] == ["sex", "town", "sex x town"]
    for one, other in zip(said, recorded, strict=True):
        assert [group["key"] for group in one["groups"]] == [group["key"] for group in other["groups"]]
        for group, mine in zip(one["groups"], other["groups"], strict=True):
            assert float(group["selection_rate"]["value"]) == mine["selection_rate"]["value"]
    for kind, one in made.items():  # who sends all has the same small groups withheld by the server
        assert (one["fields"], one["files"]) == (everything[kind]["fields"], everything[kind]["files"])


def test_a_client_lists_more_than_a_page_holds(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = a_person()
    for number in range(5):
        a_system(f"system-{number}", owner=owner)
    monkeypatch.setattr("consilience.client.calls.MAX_PAGE", 2)
    with sdk(owner) as client:
        assert [one["slug"] for one in client.listed("/systems")] == [f"system-{number}" for number in range(5)]


def test_what_one_may_not_know_of_is_not_there(story: Credit) -> None:
    with sdk(a_person(roles=[])) as stranger:
        with pytest.raises(NotFound) as missing:
            stranger.release("lending", "credit-risk@1", "operation")
        assert missing.value.exit_code is ExitCode.NOT_FOUND
        with pytest.raises(NotFound):
            stranger.gate("credit-risk@1", to="operation")
    with sdk(a_person(roles=[Role.READER])) as reader, pytest.raises(NotEntitled):
        reader.gate("credit-risk@1", to="operation")


def test_a_download_that_fails_leaves_what_was_there_before_and_nothing_half_written(tmp_path: Path) -> None:
    mine = tmp_path / "mine.md"
    mine.write_text("Mine.")
    with Client("http://127.0.0.1:9", "cns_token") as client:
        for target in (mine, tmp_path / "new.md"):
            with pytest.raises(Unreachable):
                client.download_file("urn", "0" * 64, target)

    def cut_off(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in (OURS | {"Content-Length": "1000"}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(b"half")

    with fake(cut_off) as url, Client(url, "cns_token") as client:
        with pytest.raises(Unreachable):
            client.download_file("urn", "0" * 64, tmp_path / "new.md")
        with pytest.raises(BadInput, match="cannot be written"):
            client.download_file("urn", "0" * 64, tmp_path / "no folder" / "new.md")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.md"]
    assert mine.read_text() == "Mine."


def test_names_cannot_leave_their_place_in_an_address() -> None:
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        saying(200, {})(handler)

    with fake(answer) as url, Client(url, "cns_token") as client:
        for name in ("../people", "a/b", "a?limit=1", "a#b", "a%2Fb", "ä b"):
            client.release("lending", name, "operation")
        for name in ("", ".", ".."):
            with pytest.raises(BadInput, match="names nothing"):
                client.release("lending", name, "operation")
    assert asked == [
        f"/api/v1/releases/lending/{name}/operation"
        for name in ("..%2Fpeople", "a%2Fb", "a%3Flimit=1".replace("=", "%3D"), "a%23b", "a%252Fb", "%C3%A4%20b")
    ]


def test_the_answer_of_a_gate_is_read_as_a_whole_or_not_at_all() -> None:
    assert GateAnswer.read(YES).exit_code is ExitCode.YES
    for missing in YES:
        with pytest.raises(Unreachable):
            GateAnswer.read({name: value for name, value in YES.items() if name != missing})
