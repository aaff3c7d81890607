"""Exports of real workspaces, and acts that the ledger holds but nobody was entitled to: both verifiers name those."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.access.models import Grant
from consilience.domains.audit.export import Wanted, export
from consilience.domains.evidence.models import Evidence
from consilience.domains.ledger import log
from consilience.domains.ledger.act import act
from consilience.domains.people import actions as people
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.domains.review.models import SignOff
from consilience.kit.errors import NotFound, WrongUse
from consilience.kit.records.models import Private
from consilience.surfaces.cli.main import run
from tests.harness import workspaces
from tests.harness.archives import ONE_FILE, good, named, reports, unpacked
from tests.harness.builders import (
    Someone,
    a_dataset_version,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_erasure,
    later,
    operator,
)
from tests.harness.credit import Credit
from tests.harness.workspaces import Workspace


@pytest.fixture
def story(let_through: tuple[Workspace, Credit], tmp_path: Path) -> Any:
    made, told = let_through
    with workspaces.opened(workspaces.copied(made, tmp_path / "home")):
        yield told


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "archive.zip"


def _signs(person: Someone, body: dict[str, Any]) -> int:
    """A sign-off recorded past the rules, as whoever runs other code on the server can. Returns its position."""
    with act(person.actor, verb="review.signed_off", at=later()) as opened:
        row = opened.record(SignOff, body={**body, "person": person.urn, "signed_at": opened.at})
    return row.position


# Who was entitled


def test_a_sign_off_after_the_function_was_taken_away_is_named(story: Credit, target: Path) -> None:
    reviewer = story.reviewers["ethics"]
    body = SignOff.objects.get(person=reviewer.urn).body
    people.end_holding(actor=operator(), person=reviewer.urn, function="ethics", now=later())
    position = _signs(reviewer, body)
    export(Wanted(None), target)
    named(target, 6, "function_not_held", f"entry {position}", "ethics without holding it")


def test_a_sign_off_after_the_role_was_taken_away_is_named(story: Credit, target: Path) -> None:
    reviewer = story.reviewers["legal"]
    body = SignOff.objects.get(person=reviewer.urn).body
    people.end_grant(actor=operator(), urn=Grant.objects.get(principal=reviewer.urn).urn, now=later())
    position = _signs(reviewer, body)
    export(Wanted(None), target)
    named(target, 6, "not_granted", f"entry {position}", "review.sign_off")


def test_a_sign_off_by_somebody_deactivated_is_named(story: Credit, target: Path) -> None:
    reviewer = story.reviewers["legal"]
    body = SignOff.objects.get(person=reviewer.urn).body
    people.deactivate(actor=operator(), urn=reviewer.urn, now=later())
    position = _signs(reviewer, body)
    export(Wanted(None), target)
    named(target, 6, "not_granted", f"entry {position}", "was deactivated before")


def test_a_sign_off_on_work_of_ones_own_is_named(story: Credit, target: Path) -> None:
    body = SignOff.objects.get(person=story.reviewers["legal"].urn).body
    people.hold(actor=operator(), person=story.author.urn, function="legal", until=None, now=later())
    position = _signs(story.author, body)
    export(Wanted(None), target)
    named(target, 6, "own_work", f"entry {position}", "work of their own")


def test_a_sign_off_in_another_persons_name_is_named(story: Credit, target: Path) -> None:
    body = SignOff.objects.get(person=story.reviewers["legal"].urn).body
    with act(story.reviewers["ethics"].actor, verb="review.signed_off", at=later()) as opened:
        row = opened.record(SignOff, body=dict(body))
    export(Wanted(None), target)
    named(target, 6, "actor_differs", f"entry {row.position}")


def test_evidence_that_somebody_else_took_back_is_named(story: Credit, target: Path) -> None:
    row = Evidence.objects.filter(withdrawn=False).first()
    assert row is not None
    other = story.author if row.body["producer"] != story.author.urn else story.reviewers["legal"]
    with act(other.actor, verb="evidence.withdrawn", at=later()) as opened:
        made = opened.withdraw(row, reason=opened.private("It is in my way."))
    export(Wanted(None), target)
    named(target, 6, "not_its_producer", f"entry {made.position}", "somebody else produced")


def test_a_policy_that_one_person_published_alone_is_named(story: Credit, target: Path) -> None:
    one = story.reviewers["legal"]
    proposal = PolicyProposal.objects.first()
    published = Policy.objects.order_by("version").first()
    assert proposal is not None
    assert published is not None
    with act(one.actor, verb="policy.proposed", at=later()) as opened:
        again = opened.record(PolicyProposal, body={**proposal.body, "proposed_by": one.urn})
    alone = {"proposal": again.urn, "proposed_by": one.urn, "published_by": one.urn, "text": proposal.body["text"]}
    with act(one.actor, verb="policy.published", at=later()) as opened:
        row = opened.record(Policy, body={**published.body, **alone}, replaces=Policy.objects.newest(published.urn))
    export(Wanted(None), target)
    named(target, 6, "own_publication", f"entry {row.position}", "a proposal of their own")


def test_a_decision_that_says_more_than_its_facts_give_is_named(story: Credit, target: Path) -> None:
    from consilience.domains.gate.models import Decision

    body = Decision.objects.get().body
    with act(operator(), verb="gate.decided", at=later()) as opened:
        opened.note(allowed=True, ground="all_met")
        row = opened.record(Decision, body={**body, "exit_code": 6, "known_at": opened.position, "valid_at": opened.at})
    export(Wanted(None), target)
    named(target, 7, "verdict_differs", f"entry {row.position}")


# Scope


@pytest.mark.on_both_databases
def test_an_archive_of_one_system_tells_nothing_of_another(workspace: Workspace, target: Path) -> None:
    lending, secret = a_system("lending"), a_system("secret-plan")
    ana, bob = a_person("Ana", functions=["ethics"]), a_person("Bob", functions=["legal"])
    panel = a_dataset_version("panel", systems=[lending, secret])
    ours = a_release(a_version(system=lending, training=[panel]))
    theirs = a_release(a_version(system=secret, training=[panel]))
    a_sign_off(by=ana, release=ours, function="ethics")
    other = a_sign_off(by=bob, release=theirs, function="legal")
    export(Wanted("lending"), target)
    good(target)
    parts = unpacked(target)
    written = b"\n".join(exact for *_, exact in parts.records)
    assert b'"secret-plan"' not in written
    assert bob.urn.encode() not in written, "who acts only elsewhere is not told of"
    assert other.position not in {position for position, _ in parts.entries}
    assert len(parts.entries) < log.size() == parts.manifest["size"]
    assert ours.position in {position for position, _ in parts.entries}
    assert any(b'"review.signed_off"' in exact for _, exact in parts.entries)
    assert b"secret-plan" not in parts.members["index.html"]
    for said in reports(target).values():
        assert "cannot show that it is complete" in " ".join(said["checks"][9]["about"])


def test_erased_texts_are_absent_and_break_nothing(story: Credit, target: Path) -> None:
    kept = Private.objects.count()
    an_erasure(texts=[Private.objects.order_by("commitment")[0].commitment])
    export(Wanted(None, private=True), target)
    good(target)
    assert len(unpacked(target).members["private.txt"].splitlines()) == kept, "one is erased, and the reason is kept"
    for said in reports(target).values():
        about = " ".join(said["checks"][8]["about"])
        assert "1 were erased" in about
        assert f"texts that were erased, by entry {log.size() - 1}: 1" in about


def test_a_text_that_is_gone_without_an_erasure_is_named(story: Credit, target: Path) -> None:
    code = Private.objects.order_by("commitment")[0].commitment
    Private.objects.filter(commitment=code).delete()
    export(Wanted(None, private=True), target)
    for said in reports(target).values():
        found = [one for one in said["checks"][8]["findings"] if one["code"] == "private_missing"]
        assert [code[:12] in one["about"] for one in found] == [True]
        assert said["outcome"] == "tampered"


def test_the_page_lists_what_was_decided_with_entry_numbers(story: Credit, target: Path) -> None:
    export(Wanted(None, private=True), target)
    parts = unpacked(target)
    page = parts.members["index.html"].decode()
    assert f"<td>{parts.position_of('gate.decided')}</td>" in page
    assert "credit-risk@1 to operation" in page
    assert "ethics reviewer" in page
    assert "http" not in page.replace("http-equiv", ""), "nothing is fetched from elsewhere"


@pytest.mark.on_both_databases
def test_more_than_one_tile(workspace: Workspace, target: Path) -> None:
    with_people = 256 - log.size() + 2
    for _ in range(with_people):
        a_person()
    export(Wanted(None), target)
    good(target)
    names = {name for name in unpacked(target).members if name.startswith("tile/")}
    assert names == {"tile/0/000", "tile/0/001.p/2", "tile/1/000.p/1"}


def test_the_hash_of_a_tile_above_the_leaves_is_named(workspace: Workspace, target: Path) -> None:
    for _ in range(256 - log.size()):
        a_person()
    export(Wanted(None), target)
    parts = unpacked(target)
    parts.members["tile/1/000.p/1"] = bytes(32)
    named(parts.pack(target), 2, "tile_differs", "tile/1/000.p/1")


# The commands


def test_the_commands_write_and_check_an_archive(
    workspace: Workspace, target: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in workspace.environment().items():
        monkeypatch.setenv(name, value)
    assert run(["export", "--all", "-o", str(target)]) == 0
    head = capsys.readouterr().out.rsplit(" ", 1)[1].strip()
    assert run(["verify", str(target), "--pin", head, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["outcome"], f"{said['size']}:{said['root']}") == ("good", head)
    assert run(["verify", str(target), "--pin", f"3:{'0' * 64}"]) == 1
    assert run(["verify", str(target.with_name("nowhere.zip"))]) == 7
    assert run(["export", "--all", "-o", str(target)]) == 2, "an archive is never replaced"
    assert run(["export", "-o", str(target)]) == 2
    assert run(["export", "--system", "nobody-knows", "-o", str(target.with_name("b.zip"))]) == 3
    assert sorted(path.name for path in target.parent.iterdir()) == ["archive.zip", "home"], "nothing half-written"


def test_export_refuses_what_it_cannot_name(workspace: Workspace, target: Path) -> None:
    with pytest.raises(NotFound):
        export(Wanted("nowhere"), target)
    with pytest.raises(WrongUse):
        export(Wanted(None), target.parent / "no-folder" / "archive.zip")
    assert not target.exists()


def test_the_one_file_runs_alone(workspace: Workspace, target: Path) -> None:
    export(Wanted(None), target)
    done = subprocess.run(
        [sys.executable, "-I", str(ONE_FILE), str(target), "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "good"), done.stderr
    target.write_bytes(target.read_bytes()[:2000])
    cut = subprocess.run(
        [sys.executable, "-I", str(ONE_FILE), str(target)], capture_output=True, text=True, check=False
    )
    assert (cut.returncode, cut.stderr) == (7, "")


def test_the_one_file_imports_nothing_of_the_product() -> None:
    imported = set[str]()
    for node in ast.walk(ast.parse(ONE_FILE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported - sys.stdlib_module_names == {"cryptography"}


def test_an_archive_never_holds_more_than_was_asked(story: Credit, target: Path) -> None:
    export(Wanted(None), target)
    with zipfile.ZipFile(target) as archive:
        data = b"".join(archive.read(name) for name in archive.namelist())
    for text in Private.objects.values_list("value", flat=True):
        if len(text) > 8:
            assert text.encode() not in data
