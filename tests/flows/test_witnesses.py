"""The workspace and its witnesses: real processes that cosign its heads, and what is found when the log is not what they saw."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client

from consilience.domains.access.rules import Role
from consilience.domains.ledger import keys, notes, proofs, rules
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.models import Checkpoint
from consilience.domains.ledger.verify import verify
from consilience.domains.witness import actions, cosignatures, push, queries
from consilience.domains.witness.models import Contact, Cosignature
from consilience.domains.witness.push import Asked, Outcome
from consilience.domains.witness.sending import Reply
from consilience.kit import canonical
from consilience.kit.clock import now, shift
from consilience.kit.errors import BadInput, ExitCode
from consilience.surfaces.cli import worker
from consilience.surfaces.cli.main import run
from tests.harness import workspaces
from tests.harness.api import a_token, as_
from tests.harness.builders import Someone, a_person, a_release, a_system, later, operator, read_release
from tests.harness.drills import make_tree_again, sign_heads_again
from tests.harness.processes import command
from tests.harness.rows import sql, unguarded
from tests.harness.witnesses import Running, a_witness, serving, trust
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")


@pytest.fixture
def witnesses(workspace: Workspace, tmp_path: Path) -> Iterator[list[Running]]:
    """Three witnesses that trust this log, running."""
    with ExitStack() as running:
        found = []
        for nth in (1, 2, 3):
            home = tmp_path / f"witness-{nth}"
            a_witness(home, f"witness.example/w{nth}")
            trust(home, ledger.log_key())
            found.append(running.enter_context(serving(home)))
        yield found


def policy_of(witnesses: list[Running], *, needed: int = 2) -> str:
    lines = [f"witness W{nth} {one.key} {one.url}" for nth, one in enumerate(witnesses, 1)]
    names = " ".join(f"W{nth}" for nth in range(1, len(witnesses) + 1))
    return "\n".join([f"log {ledger.log_key()}", *lines, f"group most {needed} {names}", "quorum most", ""])


def named(witnesses: list[Running], *, needed: int = 2) -> None:
    actions.set_policy(actor=operator(), text=policy_of(witnesses, needed=needed), now=later())


def sent() -> list[Asked]:
    return push.push(now=now(), always=True)


def outcomes() -> set[Outcome]:
    return {one.outcome for one in sent()}


def an_administrator() -> Someone:
    return a_person("Ada Admin", roles=[Role.ADMINISTRATOR])


def page() -> str:
    browser = Client()
    browser.force_login(a_person(f"Maren {now()}", roles=[Role.AUDITOR]).account)
    return browser.get("/ledger/witnesses").content.decode()


# As it should go


def test_the_newest_head_is_cosigned_and_others_are_given_it_with_the_lines(witnesses: list[Running]) -> None:
    auditor = as_(a_person("Maren Voss", roles=[Role.AUDITOR]))
    named(witnesses)
    assert [one.outcome for one in sent()] == [Outcome.COSIGNED] * 3
    size = rules.covered(ledger.checkpoint())
    served = queries.served()
    assert (served.quorum, served.newest) == ("reached", size)
    head = notes.read(served.note)
    for one in witnesses:
        assert cosignatures.cosigned_at(head, cosignatures.read_key(one.key)) is not None
    a_person("Lea New")
    assert queries.served().note == served.note, "the newest head waits until its quorum is there"
    assert queries.served().newest == size + 1
    proof = auditor.get(f"/ledger/entries/{size - 1}/proof").said
    assert proof["size"] == size
    shown = proofs.read_inclusion(proof["text"])
    assert cosignatures.cosigned_at(notes.read(shown.note), cosignatures.read_key(witnesses[0].key)) is not None
    assert proofs.entry_under(proof["text"], bytes(ledger.entry(size - 1).exact), ledger.log_key()).size == size
    assert auditor.get(f"/ledger/entries/{size}/proof").said["size"] == size + 1, "not covered yet: the newest head"
    assert outcomes() == {Outcome.COSIGNED}
    assert queries.quorum_size() == size + 1
    found = auditor.get("/ledger/witnesses").said
    assert (found["quorum_reached"], found["quorum_size"], found["wants"]) == (True, size + 1, "2 of W1, W2, W3")
    assert {one["behind"] for one in found["witnesses"]} == {0}
    assert verify().good


def test_the_log_says_how_the_head_that_it_serves_stands(witnesses: list[Running]) -> None:
    browser = Client()
    browser.force_login(a_person("Maren Voss", roles=[Role.AUDITOR]).account)
    assert browser.get("/log/checkpoint")["Consilience-Quorum"].startswith("none; newest=")
    named(witnesses, needed=3)
    size = rules.covered(ledger.checkpoint())
    assert browser.get("/log/checkpoint")["Consilience-Quorum"] == f"missing; newest={size}"
    sent()
    answer = browser.get("/log/checkpoint")
    assert answer["Consilience-Quorum"] == f"reached; newest={size}"
    assert answer.content.decode().count("\N{EM DASH} witness.example/") == 3
    witnesses[0].process.terminate()
    witnesses[0].process.wait()
    a_person("Lea New")
    assert sorted(one.outcome for one in sent()) == ["cosigned", "cosigned", "unreachable"]
    answer = browser.get("/log/checkpoint")
    assert answer["Consilience-Quorum"] == f"reached; newest={size + 1}"
    assert rules.opened(answer.content.decode(), ledger.log_key()).size == size


def test_a_witness_is_sent_a_proof_and_a_head_and_nothing_else(workspace: Workspace) -> None:
    witness = cosignatures.vkey("witness.example/w1", Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    text = f"witness A {witness} https://witness.example/x/\nquorum A\n"
    actions.set_policy(actor=operator(), text=text, now=later())
    asked: list[tuple[str, bytes]] = []

    def post(url: str, body: bytes) -> None:
        asked.append((url, body))

    assert push.push(now=now(), post=post)[0].outcome is Outcome.UNREACHABLE
    ((url, body),) = asked
    assert url == "https://witness.example/x/add-checkpoint"
    assert body.decode() == f"old 0\n\n{ledger.checkpoint()}"


def test_who_does_not_answer_is_asked_again_later_and_later(witnesses: list[Running]) -> None:
    named(witnesses[:1], needed=1)
    witnesses[0].process.kill()
    witnesses[0].process.wait()
    at = now()
    asked = []
    for _ in range(2000):
        if push.push(now=at, post=lambda _url, _body: None):
            asked.append(at)
        at = shift(at, seconds=10)
    assert len(asked) < 16, "after 5 hours"
    assert Contact.objects.get().failures == len(asked)
    assert "does not answer" in page()


def test_an_unchanged_head_is_cosigned_again_after_a_day(witnesses: list[Running]) -> None:
    named(witnesses[:1], needed=1)
    at = now()
    assert push.push(now=at)
    assert not push.push(now=shift(at, hours=23))
    assert push.push(now=shift(at, hours=25))[0].outcome is Outcome.COSIGNED


def test_the_worker_sends_new_heads_and_survives_that_nobody_answers(witnesses: list[Running]) -> None:
    named(witnesses)
    worker._send_to_witnesses()
    assert queries.quorum_size() == rules.covered(ledger.checkpoint())
    for one in witnesses:
        one.process.kill()
        one.process.wait()
    a_system("lending")
    worker._send_to_witnesses()
    assert {one.outcome for one in Contact.objects.all()} == {"unreachable"}


def test_the_command_sends_now_and_says_whether_the_quorum_is_there(
    witnesses: list[Running], workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIENCE_HOME", str(workspace.home.root))
    assert run(["ledger", "witness-push"]) == ExitCode.YES
    assert "No witness has an address" in capsys.readouterr().out
    named(witnesses)
    assert run(["ledger", "witness-push", "--json"]) == ExitCode.YES
    said = json.loads(capsys.readouterr().out)
    assert {one["outcome"] for one in said["asked"]} == {"cosigned"}
    assert said["quorum_size"] == said["size"]
    for one in witnesses[:2]:
        one.process.kill()
        one.process.wait()
    a_system("lending")
    assert run(["ledger", "witness-push"]) == ExitCode.NO
    assert "unreachable" in capsys.readouterr().out


# By file


def test_an_auditor_off_the_network_cosigns_by_file(
    workspace: Workspace, server: str, tmp_path: Path, at: object, capsys: pytest.CaptureFixture[str]
) -> None:
    home, note, proof, cosigned = (tmp_path / name for name in ("auditor", "note", "proof", "cosigned"))
    key = a_witness(home, "auditor.example/office")
    trust(home, ledger.log_key())
    at(server, a_token(an_administrator()), "20")  # type: ignore[operator]
    policy = tmp_path / "policy"
    policy.write_text(f"witness office {key}\nquorum office\n")
    assert run(["ledger", "witness-policy", str(policy)]) == ExitCode.YES
    assert "1 witnesses are named" in capsys.readouterr().out
    for old in (0, rules.covered(ledger.checkpoint())):
        note.write_text(ledger.checkpoint())
        assert run(["ledger", "consistency", str(old), "--out", str(proof)]) == ExitCode.YES
        words = ("witness", "cosign", "--home", str(home), "--checkpoint", str(note), "--proof", str(proof))
        made = command(*words, "--out", str(cosigned))
        assert made.returncode == ExitCode.YES, made.stderr
        assert run(["ledger", "cosignatures", "add", str(cosigned)]) == ExitCode.YES
        assert queries.quorum_size() == rules.covered(ledger.checkpoint())
        a_system(f"lending-{old}")
    capsys.readouterr()
    assert run(["ledger", "witnesses"]) == ExitCode.YES
    assert "by file" in capsys.readouterr().out
    assert run(["ledger", "cosignatures", "add", str(note)]) == ExitCode.BAD_INPUT
    assert "no cosignature of a witness that the policy names" in capsys.readouterr().err


def test_a_cosigned_head_of_something_else_is_not_taken_in(workspace: Workspace) -> None:
    witness = Ed25519PrivateKey.generate()
    key = cosignatures.vkey("w", witness.public_key().public_bytes_raw())
    actions.set_policy(actor=operator(), text=f"witness A {key}\nquorum A\n", now=later())
    admin = as_(an_administrator())
    note = ledger.checkpoint()
    line = cosignatures.cosign(notes.read(note).text, name="w", key=witness, at_s=1)
    raw = base64.b64decode(line.split(" ")[2])
    spoilt = f"\N{EM DASH} w {base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()}"
    early = Checkpoint.objects.order_by("size")[0].note
    foreign = rules.sign(rules.Checkpoint("consilience/log/another", 3, bytes(32)), Ed25519PrivateKey.generate())
    for wrong, said in (
        (cosignatures.added(note, [spoilt]), "does not match"),
        (cosignatures.added(early, [line]), "does not match"),
        (cosignatures.added(foreign, [line]), "not a signed note of this log"),
        ("nothing", "not a signed note"),
    ):
        answer = admin.post("/ledger/cosignatures", {"note": wrong})
        assert answer.status == 422, answer.said
        assert said in json.dumps(answer.said)
    assert not Cosignature.objects.exists()
    assert admin.post("/ledger/cosignatures", {"note": cosignatures.added(note, [line])}).status == 200


def test_a_stored_line_that_was_edited_is_named(
    witnesses: list[Running], workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIENCE_HOME", str(workspace.home.root))
    named(witnesses)
    sent()
    assert run(["ledger", "verify"]) == ExitCode.YES
    sql("UPDATE witness_cosignature SET at_s = at_s + 1 WHERE id = (SELECT min(id) FROM witness_cosignature)")
    sql("UPDATE witness_cosignature SET line = 'x' WHERE id = (SELECT max(id) FROM witness_cosignature)")
    capsys.readouterr()
    assert run(["ledger", "verify"]) == ExitCode.NO
    said = capsys.readouterr().out
    assert "cosignature_bad: the cosignature over" in said
    assert "is not what that witness signed" in said
    assert "does not hold" in said


def test_a_policy_is_a_record_that_names_this_log(workspace: Workspace) -> None:
    other = rules.vkey("consilience/log/another", bytes(32))
    with pytest.raises(BadInput, match="not among them"):
        actions.set_policy(actor=operator(), text=f"log {other}\nquorum none\n", now=later())
    admin = as_(an_administrator())
    text = f"log {ledger.log_key()}\nquorum none\n"
    assert admin.post("/ledger/witness-policy", {"text": text}).status == 200
    again = admin.post("/ledger/witness-policy", {"text": text})
    assert again.code == "witness_policy_same"
    assert admin.post("/ledger/witness-policy", {"text": "quorum nobody\n"}).status == 422
    assert rules.read(bytes(ledger.entries()[0].exact)).verb == "ledger.witness_policy_set"
    assert verify().good


def test_the_page_says_how_to_begin_and_takes_the_policy(workspace: Workspace) -> None:
    browser = Client()
    browser.force_login(an_administrator().account)
    begin = browser.get("/ledger/witnesses").content.decode()
    assert "Nobody watches this record yet" in begin
    assert ledger.log_key() in begin
    wrong = browser.post("/ledger/witnesses/policy", {"text": "quorum nobody"})
    assert wrong.status_code == 422
    assert "which no line above defines" in wrong.content.decode()
    key = cosignatures.vkey("witness.example/w1", Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    sent = browser.post("/ledger/witnesses/policy", {"text": f"witness A {key}\r\nquorum A\r\n"}, follow=True)
    assert "The witnesses are named" in sent.content.decode()
    assert "Not reached" in sent.content.decode()


def test_pages_that_are_printed_bear_the_head_for_those_who_may_read_the_record(workspace: Workspace) -> None:
    released = read_release(a_release())
    address = f"/releases/{released.system.slug}/{released.version.reference}/{released.row.stage}"
    head = rules.read_checkpoint(notes.read(ledger.checkpoint()).text)
    line = f"{head.size}:{head.root.hex()}"
    browser = Client()
    for role, shown in ((Role.AUDITOR, True), (Role.READER, False)):
        browser.force_login(a_person(f"As {role}", roles=[role]).account)
        page = browser.get(address).content.decode()
        assert ("Head of the record:" in page) is shown
        if shown:
            newest = rules.read_checkpoint(notes.read(ledger.checkpoint()).text)
            assert f"{newest.size}:{newest.root.hex()}" in page
            assert newest.size > int(line.partition(":")[0])


# When the log is not what they saw


def test_yesterdays_copy_of_the_database_is_refused_and_the_page_says_what_to_do(
    witnesses: list[Running], workspace: Workspace, tmp_path: Path
) -> None:
    named(witnesses)
    sent()
    workspaces.settle(workspace)
    yesterday = workspaces.copied(workspace, tmp_path / "yesterday")
    a_system("lending")
    a_system("fraud")
    sent()
    seen = rules.covered(ledger.checkpoint())
    with workspaces.opened(yesterday):
        assert outcomes() == {Outcome.AHEAD}
        assert {one.seen for one in Contact.objects.all()} == {seen}
        told = page()
        assert f"has seen {seen} entries; this record has" in told
        assert "the record was rolled back" in told
        for nth in range(4):
            a_system(f"other-{nth}")
        assert outcomes() == {Outcome.CONTRADICTED}
        assert "has seen another history of this record" in page()
        assert verify().good, "nothing on this machine remembers"


def test_a_log_made_again_with_its_own_key_is_refused(witnesses: list[Running], workspace: Workspace) -> None:
    """Whoever holds database, key and checkpoint.txt makes another log, whole: `verify` finds nothing, a witness does."""
    a_system("lending")
    named(witnesses)
    sent()
    key = keys.load(settings.LOG_KEY_FILE)
    with unguarded():
        exact = bytes(ledger.entry(1).exact)
        said = json.loads(exact)
        said["predicate"]["at"] = said["predicate"]["at"][:-4] + "001Z"
        sql(
            "UPDATE ledger_entry SET exact = %s, at = %s WHERE position = 1",
            canonical.encode(said),
            said["predicate"]["at"],
        )
        make_tree_again()
        sign_heads_again(key, outside=True)
    assert "head_differs" not in {one.code for one in verify().findings}
    assert outcomes() == {Outcome.CONTRADICTED}
    a_system("fraud")
    assert outcomes() == {Outcome.CONTRADICTED}


def test_a_witness_that_does_not_know_the_log_or_its_key_is_named(witnesses: list[Running]) -> None:
    named(witnesses[:1], needed=1)
    command("witness", "distrust", ledger.log_key(), "--home", str(witnesses[0].home))
    assert outcomes() == {Outcome.UNKNOWN_LOG}
    origin = ledger.log_key().partition("+")[0]
    trust(witnesses[0].home, rules.vkey(origin, Ed25519PrivateKey.generate().public_key().public_bytes_raw()))
    assert outcomes() == {Outcome.KEY_REFUSED}
    assert "trust the new one, too" in page()


@pytest.mark.parametrize(
    ("status", "content_type", "text"),
    [
        (200, "text/plain", ""),
        (200, "text/plain", "\N{EM DASH} w AAAA\n"),
        (200, "text/plain", "OTHER"),
        (200, "text/plain", "LINE\n\nmore\n\nLINE"),
        (409, "text/x.tlog.size", "many\n"),
        (409, "text/x.tlog.size", "0\n"),
        (409, "text/x.tlog.size", "1\n"),
        (500, "text/plain", "down\n"),
        (302, "text/plain", ""),
    ],
)
def test_an_answer_that_no_witness_gives_is_kept_by_nobody(
    workspace: Workspace, status: int, content_type: str, text: str
) -> None:
    witness, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    key = cosignatures.vkey("w", witness.public_key().public_bytes_raw())
    actions.set_policy(actor=operator(), text=f"witness A {key} http://127.0.0.1:1/\nquorum A\n", now=later())
    said = notes.read(ledger.checkpoint()).text
    line = cosignatures.cosign(said, name="w", key=witness, at_s=1)
    stranger = cosignatures.cosign(said, name="w", key=other, at_s=1)
    said_back = text.replace("LINE", line).replace("OTHER", f"{stranger}\n")
    reply = Reply(status, content_type, said_back.encode())
    assert push.push(now=now(), post=lambda _url, _body: reply)[0].outcome is Outcome.BAD_ANSWER
    assert not Cosignature.objects.exists()


def test_only_the_address_of_the_policy_is_asked_and_no_redirect_is_followed(witnesses: list[Running]) -> None:
    with patch("httpx.Client", wraps=__import__("httpx").Client) as made:
        assert push.over_http(f"{witnesses[0].url}/elsewhere", b"x") is not None
    assert made.call_args.kwargs["follow_redirects"] is False
    assert made.call_args.kwargs["trust_env"] is False
    assert push.over_http("http://127.0.0.1:1/add-checkpoint", b"x") is None
    assert push.over_http("http://[::1", b"x") is None
