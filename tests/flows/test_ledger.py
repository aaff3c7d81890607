"""Acts: all or nothing, one behind the other, whoever writes at the same time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from consilience.config import workspace as workspaces
from consilience.domains.evidence import actions as evidence
from consilience.domains.ledger import log, queries, rules
from consilience.domains.ledger.act import act
from consilience.domains.ledger.models import Checkpoint, Entry, Head, Node
from consilience.domains.ledger.models import Workspace as WorkspaceRecord
from consilience.domains.ledger.rules import Actor, AuthenticatedBy, LedgerUnavailable
from consilience.domains.ledger.verify import verify
from consilience.domains.people.models import Function, Person
from consilience.kit.clock import now, shift
from consilience.kit.errors import ExitCode, Refused
from consilience.kit.records.models import Private
from consilience.surfaces.cli.main import run
from tests.harness.builders import a_person, a_release, a_sign_off, later, operator
from tests.harness.rows import a_row, smallest_body
from tests.harness.workspaces import BEGINNING, Workspace

pytestmark = pytest.mark.usefixtures("workspace")
ROOT = Path(__file__).resolve().parents[2]


def state() -> tuple[object, ...]:
    """Everything that an act may change in the ledger, and the checkpoint outside the database."""
    counts = [model.objects.count() for model in (Entry, Node, Checkpoint, Person, Function, Private)]
    return (*counts, Head.objects.get().size, Head.objects.get().at, settings.CHECKPOINT_FILE.read_text())


def test_a_workspace_begins_with_its_own_record_its_functions_and_its_kinds() -> None:
    said = [rules.read(bytes(entry.exact)) for entry in Entry.objects.order_by("position")]
    assert [one.verb for one in said] == ["ledger.begun", "people.functions_founded", "evidence.kinds_founded"]
    assert {one.at for one in said} == {BEGINNING}
    assert {one.authenticated_by for one in said} == {"operator"}
    assert verify().good


@pytest.mark.on_both_databases
def test_of_two_who_begin_a_workspace_at_once_the_second_is_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state()
    monkeypatch.setattr(WorkspaceRecord.objects, "exists", lambda: False)  # as the second saw it before the first wrote
    monkeypatch.setattr(workspaces, "migrate", lambda: None)
    monkeypatch.setenv("CONSILIENCE_HOME", str(workspace.home.root))
    assert run(["init"]) == ExitCode.REFUSED
    assert "is making this workspace" in capsys.readouterr().err
    assert state() == before


def test_a_workspace_is_made_by_one_at_a_time(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state()
    monkeypatch.setenv("CONSILIENCE_HOME", str(workspace.home.root))
    handle = os.open(workspace.home.log_key.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert run(["init"]) == ExitCode.REFUSED
    finally:
        os.close(handle)
    assert "is making this workspace" in capsys.readouterr().err
    assert run(["init"]) == ExitCode.YES
    assert state() == before


@pytest.mark.on_both_databases
def test_an_act_leaves_its_rows_one_entry_and_a_signed_head() -> None:
    before = log.size()
    row = a_row(Person)
    entry = queries.entry(before)
    assert (row.position, row.ordinal, log.size()) == (before, 0, before + 1)
    assert rules.read(bytes(entry.exact)).subjects == ((row.name, row.digest),)
    head = rules.opened(queries.checkpoint(), queries.log_key())
    assert (head.size, head.root) == (before + 1, bytes.fromhex(verify().root))
    assert settings.CHECKPOINT_FILE.read_text() == queries.checkpoint()


@pytest.mark.on_both_databases
def test_an_act_that_raises_leaves_nothing() -> None:
    before = state()
    with pytest.raises(ZeroDivisionError), act(operator(), verb="tests.recorded", at=later()) as opened:
        opened.record(Person, body={"remark": opened.private("Ana"), "part": 1 / 0})
    with pytest.raises(ZeroDivisionError), act(operator(), verb="tests.recorded", at=later()) as opened:
        opened.record(Person, body={"remark": opened.private("Ana")}).part = 1 / 0
    assert state() == before


def test_an_act_that_the_database_refuses_leaves_nothing_and_says_so() -> None:
    slug = a_row(Function).slug
    before = state()
    with (
        pytest.raises(LedgerUnavailable, match="nothing was recorded"),
        act(operator(), verb="tests.recorded", at=later()) as opened,
    ):
        opened.record(Person, body={"remark": opened.private("Ana")})
        opened.record(Function, body={"slug": slug, "title": "again"})
    assert state() == before


def test_an_act_that_records_nothing_is_none() -> None:
    before = state()
    with pytest.raises(RuntimeError, match="recorded nothing"), act(operator(), verb="tests.idle", at=later()):
        pass
    assert state() == before


def test_acts_do_not_nest() -> None:
    before = state()
    with (
        pytest.raises(RuntimeError, match="do not nest"),
        act(operator(), verb="tests.outer", at=later()),
        act(operator(), verb="tests.inner", at=later()),
    ):
        pass
    with (
        pytest.raises(RuntimeError, match="do not nest"),
        transaction.atomic(),
        act(operator(), verb="tests.inner", at=later()),
    ):
        pass
    assert state() == before


@pytest.mark.on_both_databases
def test_an_act_of_many_records_is_several_entries_under_one_head() -> None:
    before, heads = log.size(), Checkpoint.objects.count()
    bodies = [smallest_body(Function) for _ in range(800)]
    with act(operator(), verb="tests.recorded", at=later()) as opened:
        opened.note(reason="many")
        rows = [opened.record(Function, body=body) for body in bodies]
    entries = list(Entry.objects.filter(position__gte=before).order_by("position"))
    assert len(entries) == log.size() - before == 3
    assert all(len(bytes(entry.exact)) <= rules.MAX_ENTRY for entry in entries)
    assert all(rules.read(bytes(entry.exact)).predicate["reason"] == "many" for entry in entries)
    assert len(bytes(entries[0].exact)) > rules.MAX_ENTRY * 0.95, "an entry is filled before the next begins"
    assert sorted((row.position, row.ordinal) for row in rows) == [
        (entry.position, ordinal)
        for entry in entries
        for ordinal in range(len(rules.read(bytes(entry.exact)).subjects))
    ]
    assert Checkpoint.objects.count() == heads + 1
    assert verify().good


def test_notes_that_leave_no_room_for_a_record_are_refused() -> None:
    before = state()
    with (
        pytest.raises(RuntimeError, match="is over"),
        act(operator(), verb="tests.recorded", at=later()) as opened,
    ):
        opened.note(text="x" * rules.MAX_ENTRY)
        opened.record(Function, body=smallest_body(Function))
    assert state() == before


def test_time_never_runs_backwards_along_the_ledger() -> None:
    first = a_row(Person, now=later(hours=1))
    waited = a_row(Person, now=shift(Head.objects.get().at, seconds=-59))
    assert waited.valid_from == first.valid_from
    with pytest.raises(Refused) as refused:
        a_row(Person, now=shift(Head.objects.get().at, seconds=-61))
    assert refused.value.refusal.code == "clock_behind"


def test_no_entry_holds_personal_text() -> None:
    ana = a_person("Ana Aalto", functions=["ethics"])
    a_sign_off(by=ana, release=a_release(), function="ethics", reason="Ana thinks so")
    kept = list(Private.objects.values_list("value", flat=True))
    assert {"Ana Aalto", ana.email, "Ana thinks so"} <= set(kept)
    for exact in (bytes(entry.exact) for entry in Entry.objects.all()):
        assert not [text for text in kept if text.encode() in exact]
    for row in Person.objects.all():
        assert not [text for text in kept if text in row.canonical]


@pytest.mark.on_both_databases
def test_every_entry_is_proved_under_the_newest_head() -> None:
    for _ in range(5):
        a_row(Person)
    for position in range(log.size()):
        proof = queries.proof(position)
        assert proof.holds(queries.log_key())
        assert proof.size == log.size()


def test_no_head_no_act() -> None:
    Head.objects.all().delete()
    with pytest.raises(LedgerUnavailable, match="consilience init"):
        a_row_at_now()
    assert not Person.objects.exists()


def test_no_signing_key_no_act(workspace: Workspace) -> None:
    before = state()
    workspace.home.log_key.rename(workspace.home.root / "elsewhere")
    from consilience.domains.ledger import keys

    keys.load.cache_clear()
    with pytest.raises(LedgerUnavailable, match="signing key"):
        a_row(Person)
    assert state() == before


def test_an_act_stands_though_its_head_cannot_be_left_outside(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "CHECKPOINT_FILE", workspace.home.root / "gone" / "checkpoint.txt")
    row = a_row(Person)
    assert Person.objects.filter(urn=row.urn).exists()
    assert "could not be left" in caplog.text
    assert [finding.code for finding in verify().findings] == ["checkpoint_missing"]


def test_an_older_head_never_takes_the_place_of_a_later_one_outside() -> None:
    a_row(Person)
    later_head = settings.CHECKPOINT_FILE.read_text()
    head = rules.opened(later_head, queries.log_key())
    beyond = later_head.replace(f"\n{head.size}\n", f"\n{head.size + 5}\n")
    settings.CHECKPOINT_FILE.write_text(beyond)  # as if a faster process had left its own meanwhile
    a_row(Person)
    assert settings.CHECKPOINT_FILE.read_text() == beyond


def test_an_init_that_was_cut_off_is_completed_by_the_next(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tests.harness.workspaces import Home, opened

    fresh = Workspace(Home(tmp_path / "fresh"))
    monkeypatch.setattr(evidence, "found_kinds", None)  # the power goes
    with opened(fresh):
        with pytest.raises(TypeError):
            workspaces.init(fresh.home, name="Cut", zone="UTC")
        monkeypatch.undo()
        made = workspaces.init(fresh.home, name="Cut", zone="UTC")
        assert not made.fresh
        verbs = list(Entry.objects.order_by("position").values_list("verb", flat=True))
        assert verbs == ["ledger.begun", "people.functions_founded", "evidence.kinds_founded"]
        assert verify().good


# Many writers


@contextmanager
def writers(workspace: Workspace, *, processes: int, acts_each: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that all begin to write at the same moment, which is when the block is entered."""
    go = workspace.home.root / "go"
    with ExitStack() as running:
        started = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.harness.writer", f"writer-{n}", str(acts_each), str(go)],
                    cwd=ROOT,
                    env=workspace.environment() | {"PATH": ""},
                    text=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    stdin=subprocess.DEVNULL,
                )  # fmt: skip
            )
            for n in range(processes)
        ]
        for one in started:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        go.touch()
        yield started


@pytest.mark.on_both_databases
def test_eight_processes_that_write_at_once_lose_nothing_and_leave_no_gap(workspace: Workspace) -> None:
    processes, acts_each = 8, 15
    before = log.size()
    checked = 0
    with writers(workspace, processes=processes, acts_each=acts_each) as started:
        while any(one.poll() is None for one in started):
            report = verify()  # a reader in the middle of it all sees one moment, in which everything fits
            assert report.good, report.findings
            checked += 1
        told = [one.communicate() for one in started]
    assert [error for _, error in told] == [""] * processes
    positions = [int(line) for output, _ in told for line in output.split()]
    assert sorted(positions) == list(range(before, before + processes * acts_each))
    slugs = {f"writer-{n}-{number}" for n in range(processes) for number in range(acts_each)}
    assert slugs == set(Function.objects.filter(position__gte=before).values_list("slug", flat=True))
    assert settings.CHECKPOINT_FILE.read_text() == queries.checkpoint(), "the head outside is the last one"
    report = verify()
    assert report.good, report.findings
    assert report.entries == before + processes * acts_each
    assert checked > 0


def a_row_at_now() -> None:
    actor = Actor("urn:consilience:x:operator:y", AuthenticatedBy.OPERATOR)
    with act(actor, verb="tests.recorded", at=now()) as opened:
        opened.record(Person, body={})
