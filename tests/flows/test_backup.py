"""Backups: taken while others work, whole or not there, restored into either database; and a restore that says what it lost."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections

from consilience.config.home import Home
from consilience.domains.audit.export import Wanted as ArchiveWanted
from consilience.domains.audit.export import export
from consilience.domains.backup import actions, form, heads, places, reader, restore_actions, rows
from consilience.domains.backup.write import Written, backup
from consilience.domains.content import actions as content
from consilience.domains.content import queries as contents
from consilience.domains.content.verify import findings
from consilience.domains.ledger import actions as key_changes
from consilience.domains.ledger import epochs, keys, log, queries
from consilience.domains.ledger.verify import verify
from consilience.domains.people.models import Account
from consilience.kit.clock import now
from consilience.kit.errors import CannotTell, ExitCode, NotEntitled, Refused, WrongUse
from consilience.kit.records.models import Private
from consilience.kit.records.registry import record_models
from consilience.surfaces.cli.main import run
from tests.conftest import Templates
from tests.harness import workspaces
from tests.harness.archives import reports
from tests.harness.builders import a_person, a_release, a_sign_off, an_erasure, later, operator
from tests.harness.killing import every_step, how_many, killed_before
from tests.harness.processes import command
from tests.harness.workspaces import Workspace

pytestmark = pytest.mark.usefixtures("workspace")
LAST = 24
"""Steps from the end of a restore of which every second is tried."""
FILE = b"rows of people" * 10_000


def fill() -> str:
    """A small life; returns the digest of a file."""
    ana = a_person("Ana Aalto", functions=["ethics"])
    a_sign_off(by=ana, release=a_release(), function="ethics")
    a_person("Eve Engel")
    an_erasure(texts=[_name_of("Eve Engel")])
    return content.put(FILE, now=later())


def _name_of(name: str) -> str:
    return str(Private.objects.get(value=name).commitment)


def a_backup(target: Path, *, log_key: bool = True) -> Written:
    return backup(target, log_key=log_key)


def head_now() -> epochs.Head:
    size = log.size()
    return epochs.Head(size, heads.root_over(size))


@contextmanager
def empty_like(workspace: Workspace, into: Path) -> Iterator[Workspace]:
    """An empty place of the same kind of database, with Django pointing at where a restore is made."""
    into.mkdir(exist_ok=True)
    stage = Home(places.emptied(into))
    stage.make()
    if workspace.server is None:
        place = Workspace(stage)
    else:
        name = f"test_{uuid.uuid4().hex[:12]}"
        workspace.server.run(f'CREATE DATABASE "{name}"')
        place = Workspace(stage, workspace.server, name)
    with workspaces.opened(place):
        yield place


def restored_at(place: Workspace, into: Path) -> Workspace:
    return Workspace(Home(into), place.server, place.database)


def restore(
    file: Path, into: Path, *, lost_head: str | None = None, log_key: Path | None = None
) -> restore_actions.Restored:
    with reader.opened(file) as read:
        wanted = restore_actions.Wanted(into, "the disk failed", lost_head, log_key)
        return restore_actions.restore(read, wanted, now=now())


def counts() -> dict[str, int]:
    return {model._meta.db_table: model._default_manager.count() for model in record_models()}


# Writing and restoring


@pytest.mark.on_both_databases
def test_a_backup_restores_everything_and_the_log_goes_on(workspace: Workspace, tmp_path: Path) -> None:
    digest = fill()
    before, head, accounts = counts(), head_now(), Account.objects.count()
    made = a_backup(tmp_path / "all.backup")
    assert (made.manifest.size, made.manifest.root, made.missing) == (head.size, head.root.hex(), [])
    into = tmp_path / "again"
    with empty_like(workspace, into) as place:
        found = restore(tmp_path / "all.backup", into)
    assert (found.size, found.lost, found.position) == (head.size, None, head.size)
    with workspaces.opened(restored_at(place, into)):
        assert counts() == before | {"ledger_epoch": 1}
        assert Account.objects.count() == accounts
        assert contents.read(digest) == FILE
        assert findings() == []
        report = verify()
        assert report.good, report.findings
        a_person("Bob Berg")
        assert verify().good
        assert not places.stage_of(into).exists()
        workspaces.dropped(restored_at(place, into))


@pytest.mark.on_both_databases
def test_a_backup_moves_to_the_other_database(workspace: Workspace, templates: Templates, tmp_path: Path) -> None:
    digest = fill()
    a_backup(tmp_path / "all.backup")
    before, vendor = counts(), connection.vendor
    other = templates.of("postgresql") if workspace.server is None else Workspace(workspace.home)
    into = tmp_path / "again"
    with empty_like(other, into) as place:
        restore(tmp_path / "all.backup", into)
    with workspaces.opened(restored_at(place, into)):
        assert {connection.vendor, vendor} == {"sqlite", "postgresql"}
        assert counts() == before | {"ledger_epoch": 1}
        assert contents.read(digest) == FILE
        report = verify()
        assert report.good, report.findings
        a_person("Bob Berg")
        assert verify().good
        workspaces.dropped(restored_at(place, into))


@pytest.mark.on_both_databases
def test_a_backup_while_others_write_is_one_moment(workspace: Workspace, tmp_path: Path) -> None:
    fill()
    going = threading.Event()

    def write() -> None:
        try:
            while not going.is_set():
                a_person()
        finally:
            connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for nth in range(3):
            a_backup(tmp_path / f"{nth}.backup")
    finally:
        going.set()
        writer.join()
    into = tmp_path / "again"
    with empty_like(workspace, into) as place:
        restore(tmp_path / "2.backup", into)
    with workspaces.opened(restored_at(place, into)):
        report = verify()
        assert report.good, report.findings
        workspaces.dropped(restored_at(place, into))


def test_a_backup_is_for_its_owner_alone_and_replaces_nothing(workspace: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "all.backup"
    made = a_backup(target, log_key=False)
    assert target.stat().st_mode & 0o077 == 0
    assert not any("log.ed25519" in name for name in zipfile.ZipFile(target).namelist())
    assert made.manifest.log_key is False
    with pytest.raises(WrongUse, match="never replaced"):
        a_backup(target)


def test_without_the_log_key_it_is_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    a_backup(tmp_path / "all.backup", log_key=False)
    into = tmp_path / "again"
    with empty_like(workspace, into), pytest.raises(WrongUse, match="--log-key"):
        restore(tmp_path / "all.backup", into)
    with empty_like(workspace, into):
        restore(tmp_path / "all.backup", into, log_key=workspace.home.log_key)
    with workspaces.opened(Workspace(Home(into))):
        assert verify().good


def test_a_backup_from_before_the_logs_key_was_changed_is_restored_with_the_key_of_that_time(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = workspace.home.log_key
    of_then, old = tmp_path / "of-then.pem", path.read_bytes()
    of_then.write_bytes(old)
    a_backup(tmp_path / "all.backup")
    a_backup(tmp_path / "keyless.backup", log_key=False)
    key_changes.rotate_key(actor=operator(), now=later())
    newest, into = head_now(), lost_home(workspace, tmp_path)
    (into / "keys").mkdir()
    (into / places.LOG_KEY).write_bytes(path.read_bytes())
    for name, given in (("all", None), ("keyless", None), ("keyless", of_then)):
        with (
            empty_like(workspace, into),
            pytest.raises(WrongUse, match="made before the log's key was changed") as said,
        ):
            restore(tmp_path / f"{name}.backup", into, log_key=given)
    pin = f"{newest.size}:{newest.root.hex()}"
    assert f"--lost-head {pin}" in str(said.value)
    shutil.rmtree(into)
    with empty_like(workspace, into), pytest.raises(WrongUse, match="not the key that signed"):
        restore(tmp_path / "keyless.backup", into, log_key=path)
    with empty_like(workspace, into):
        assert restore(tmp_path / "keyless.backup", into, log_key=of_then, lost_head=pin).lost == newest
    with workspaces.opened(Workspace(Home(into))):
        assert verify().good
        key_changes.rotate_key(actor=operator(), now=later())
        assert verify().good


def test_a_backup_holds_the_key_that_its_rows_name(workspace: Workspace, tmp_path: Path) -> None:
    """The log's key changed hands, and the process ended before the new one took the old one's place."""
    path = workspace.home.log_key
    old = path.read_bytes()
    key_changes.rotate_key(actor=operator(), now=later())
    path.replace(keys.beside(path))
    path.write_bytes(old)
    a_backup(tmp_path / "all.backup")
    with empty_like(workspace, tmp_path / "again"):
        restore(tmp_path / "all.backup", tmp_path / "again")
    with workspaces.opened(Workspace(Home(tmp_path / "again"))):
        assert verify().good
        a_person()


def test_heads_signed_by_an_earlier_key_of_the_log_are_known(workspace: Workspace, tmp_path: Path) -> None:
    fill()
    then, note = head_now(), queries.checkpoint()
    key_changes.rotate_key(actor=operator(), now=later())
    a_backup(tmp_path / "all.backup")
    lost = epochs.Head(log.size() + 5, bytes(32))
    row = actions.declare_epoch(
        actor=operator(), restored=then.size, lost=lost, reason="x", backup=None, now=later()
    )  # fmt: skip
    assert row.body["restored"] == then.body()
    into = lost_home(workspace, tmp_path)
    (into / places.CHECKPOINT).write_text(note)
    with empty_like(workspace, into):
        assert restore(tmp_path / "all.backup", into).lost is None


@pytest.mark.parametrize(
    "where", ["tables/ledger_entry.jsonl", "content/", "backup.json", "keys/log.ed25519.pem", "digests.txt"]
)
def test_a_backup_that_was_changed_is_refused_before_anything_is_made(
    workspace: Workspace, tmp_path: Path, where: str
) -> None:
    fill()
    target = tmp_path / "all.backup"
    a_backup(target)
    with zipfile.ZipFile(target) as archive:
        info = next(one for one in archive.infolist() if one.filename.startswith(where))
        data = archive.read(info)
    exact = bytearray(target.read_bytes())
    at = exact.find(data[:64], info.header_offset) + min(20, len(data) - 1)
    exact[at] ^= 1
    target.write_bytes(exact)
    with pytest.raises(CannotTell), reader.opened(target):
        pass
    target.write_bytes(exact[: len(exact) // 2])
    with pytest.raises(CannotTell), reader.opened(target):
        pass


def test_a_later_version_and_a_full_home_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="later version"):
        rows.refuse_newer([("ledger", "9999_future")], "this backup")
    with pytest.raises(WrongUse, match="holds a workspace"):
        places.refuse_full(workspace.home.root)


# No rollback in silence


@pytest.fixture
def rolled_back(workspace: Workspace, tmp_path: Path) -> tuple[Path, epochs.Head, epochs.Head]:
    """A backup, and the heads of then and of three acts later."""
    fill()
    then = head_now()
    a_backup(tmp_path / "all.backup")
    for _nth in range(3):
        a_person()
    return tmp_path / "all.backup", then, head_now()


def lost_home(workspace: Workspace, tmp_path: Path) -> Path:
    """What is left of a home whose database is gone: the newest head and the log's key."""
    into = tmp_path / "again"
    into.mkdir()
    shutil.copy(workspace.home.checkpoint, into / "checkpoint.txt")
    return into


def test_a_restore_names_what_it_lost_and_pins_of_it_cannot_be_told(
    workspace: Workspace, tmp_path: Path, rolled_back: tuple[Path, epochs.Head, epochs.Head]
) -> None:
    file, then, newest = rolled_back
    between = epochs.Head(newest.size - 1, heads.root_over(newest.size - 1))
    into = lost_home(workspace, tmp_path)
    with empty_like(workspace, into):
        found = restore(file, into)
    assert (found.size, found.lost) == (then.size, newest)
    assert (into / f"checkpoint-lost-{newest.size}.txt").exists()
    with workspaces.opened(Workspace(Home(into))):
        report = verify()
        assert report.good, report.findings
        assert report.epochs == [
            f"the epoch of entry {then.size} went back to {then.size} entries and declared lost: heads of {then.size + 1} to {newest.size}"
        ]
        for _nth in range(5):
            a_person()
        assert verify().good
        export(ArchiveWanted(None), tmp_path / "whole.zip")
        pins = {
            "good": then, "lost": newest, "between": between,
            "forged": epochs.Head(newest.size, bytes(32)), "beyond": epochs.Head(newest.size + 2, newest.root),
        }  # fmt: skip
        expected = {
            "good": ("good", None), "lost": ("cannot_tell", "pin_declared_lost"), "between": ("cannot_tell", "pin_declared_lost"),
            "forged": ("tampered", "pin_differs"), "beyond": ("tampered", "pin_differs"),
        }  # fmt: skip
        for name, head in pins.items():
            for said in reports(tmp_path / "whole.zip", pin=f"{head.size}:{head.root.hex()}").values():
                third = said["checks"][3]
                codes = [one["code"] for one in third["findings"]]
                assert (third["outcome"], codes[0] if codes else None) == expected[name], (name, said)


def test_yesterdays_database_put_back_in_silence_is_refused_until_it_is_declared(
    workspace: Workspace, tmp_path: Path, rolled_back: tuple[Path, epochs.Head, epochs.Head]
) -> None:
    file, then, newest = rolled_back
    into = tmp_path / "again"
    with empty_like(workspace, into):
        restore(file, into)
    shutil.copy(workspace.home.checkpoint, into / "checkpoint.txt")  # the database went back, the head outside did not
    with workspaces.opened(Workspace(Home(into))):
        assert [one.code for one in verify().findings] == ["head_differs"]
        with pytest.raises(NotEntitled):
            actions.declare_epoch(
                actor=a_person().actor, restored=then.size, lost=newest, reason="x", backup=None, now=later()
            )
    place = {"CONSILIENCE_HOME": str(into)}
    pin = f"{newest.size}:{newest.root.hex()}"
    said = command(
        "ledger", "epoch", "--lost-head", pin, "--restored", str(then.size), "--reason", "disk failed", **place
    )
    assert said.returncode == ExitCode.YES, said.stderr
    with workspaces.opened(Workspace(Home(into))):
        report = verify()
        assert report.good, report.findings
        with pytest.raises(Refused, match="declared_already"):
            actions.declare_epoch(
                actor=operator(), restored=then.size, lost=newest, reason="x", backup=None, now=later()
            )
        with pytest.raises(Refused, match="lost_nothing"):
            actions.declare_epoch(actor=operator(), restored=then.size, lost=then, reason="x", backup=None, now=later())
        with pytest.raises(WrongUse, match="no act ended"):
            actions.declare_epoch(actor=operator(), restored=10**6, lost=newest, reason="x", backup=None, now=later())


def test_an_epoch_that_goes_back_to_another_log_is_named(workspace: Workspace, tmp_path: Path) -> None:
    from consilience.domains.ledger.act import act
    from consilience.domains.ledger.models import Epoch

    with act(operator(), verb="ledger.epoch_declared", at=later()) as opened:
        forged = {"size": 3, "root": "0" * 64}
        body = {
            "restored": forged,
            "lost": {"size": 9, "root": "1" * 64},
            "backup": None,
            "reason": opened.private("x"),
        }
        opened.record(Epoch, body=body)
    assert [one.code for one in verify().findings] == ["epoch_differs"]
    export(ArchiveWanted(None), tmp_path / "whole.zip")
    for said in reports(tmp_path / "whole.zip", pin=f"9:{'1' * 64}").values():
        assert "epoch_differs" in [one["code"] for one in said["checks"][1]["findings"]]
        assert said["checks"][3]["outcome"] == "tampered"


# Killed


@pytest.mark.on_sqlite
def test_a_kill_between_any_two_steps_of_a_backup_leaves_none_or_a_whole_one(
    workspace: Workspace, tmp_path: Path
) -> None:
    fill()
    for nth in every_step(lambda: a_backup(tmp_path / "all.backup")):
        if (tmp_path / "all.backup").exists():
            with reader.opened(tmp_path / "all.backup") as read:
                assert read.manifest.size == log.size()
            (tmp_path / "all.backup").unlink()
        assert nth < 500


@pytest.mark.on_sqlite
def test_a_kill_between_any_two_steps_of_a_restore_leaves_nothing_or_ends_at_the_next(
    workspace: Workspace, tmp_path: Path, rolled_back: tuple[Path, epochs.Head, epochs.Head]
) -> None:
    file, then, newest = rolled_back
    kept, into, seen = lost_home(workspace, tmp_path), tmp_path / "into", set[str]()

    def fresh() -> None:
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(kept, into)

    def work() -> None:
        Home(places.emptied(into)).make()
        restore(file, into)

    beside = Workspace(Home(places.stage_of(into)))
    fresh()
    with workspaces.opened(beside):
        steps = how_many(work)
    # The tables take hundreds of steps, all of them beside; then those of the end, where things get their names.
    for nth in [*range(1, steps - LAST, steps // 2), *range(steps - LAST, steps + 1, 4)]:
        fresh()
        with workspaces.opened(beside):
            assert killed_before(nth, work)
        ready = places.is_ready(into)
        seen.add("ready" if ready else "begun")
        if ready:
            places.put_in_place(into)
        elif not (into / places.DATABASE).exists():
            assert (into / places.CHECKPOINT).read_text() == (kept / places.CHECKPOINT).read_text()
            continue
        assert_restored(into, then, newest)
    assert seen == {"ready", "begun"}


def test_a_restore_into_postgresql_that_was_killed_is_ended_by_the_next(templates: Templates, tmp_path: Path) -> None:
    copy = workspaces.copied(templates.of("postgresql"), tmp_path / "postgresql")
    into, file = tmp_path / "into", tmp_path / "all.backup"
    with workspaces.opened(copy):
        fill()
        size = log.size()
        a_backup(file)
    workspaces.dropped(copy)

    def work() -> None:
        restore(file, into)

    for before_the_end in (60, 30, 22):
        shutil.rmtree(into, ignore_errors=True)
        with empty_like(copy, into) as place:
            if before_the_end == 60:
                steps = how_many(work)
            else:
                assert killed_before(steps - before_the_end, work)
                if places.is_ready(into):
                    places.put_in_place(into)
                else:
                    work()
        with workspaces.opened(restored_at(place, into)):
            report = verify()
            assert report.good, report.findings
            assert (log.size(), len(actions.declared())) == (size + 1, 1)
            assert queries.checkpoint() == (into / places.CHECKPOINT).read_text()
            assert findings() == []
        workspaces.dropped(restored_at(place, into))


def assert_restored(into: Path, then: epochs.Head, newest: epochs.Head) -> None:
    with workspaces.opened(Workspace(Home(into))):
        report = verify()
        assert report.good, report.findings
        assert [one.lost for one in actions.declared()] == [newest]
        assert log.size() == then.size + 1
        assert findings() == []


# The command line


def test_the_commands_back_up_restore_and_upgrade(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill()
    workspaces.settle(workspace)
    home, file, into = {"CONSILIENCE_HOME": str(workspace.home.root)}, tmp_path / "all.backup", tmp_path / "again"
    made = command("backup", str(file), "--json", **home)
    assert made.returncode == ExitCode.YES, made.stderr
    assert json.loads(made.stdout)["sha256"] == _sha256(file)
    refused = command("restore", str(file), "--reason", "x", **home)
    assert (refused.returncode, "holds a workspace" in refused.stderr) == (ExitCode.WRONG_USE, True)
    elsewhere = ("--into", str(into), "--reason", "a test of the backup")
    none = command("restore", str(file), *elsewhere, "--database", "mysql://there/it", **home)
    assert (none.returncode, "expected postgresql://" in none.stderr) == (ExitCode.WRONG_USE, True)
    done = command("restore", str(file), *elsewhere, "--database", "sqlite", **home)
    assert done.returncode == ExitCode.YES, done.stderr
    assert "No later head was known" in done.stdout
    good = command("ledger", "verify", "--home", str(into), **home)
    assert good.returncode == ExitCode.YES, good.stdout
    up = command("upgrade", str(tmp_path / "second.backup"), "--home", str(into), **home)
    assert up.returncode == ExitCode.YES, up.stderr
    assert (tmp_path / "second.backup").exists()
    assert run(["restore", str(tmp_path / "nothing"), "--into", str(tmp_path / "new"), "--reason", "x"]) != ExitCode.YES
    capsys.readouterr()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_backup_holds_no_open_session_and_no_word_of_other_formats(workspace: Workspace, tmp_path: Path) -> None:
    made = a_backup(tmp_path / "all.backup")
    assert not form.LEFT_OUT & made.manifest.tables.keys()
    assert queries.workspace().urn.split(":")[2] == made.manifest.workspace
