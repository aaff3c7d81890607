"""Files of the content store are sealed, each under its own key; a kill between any two steps loses none of them."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from consilience.config import workspace as workspaces
from consilience.domains.content import actions as content
from consilience.domains.content import queries, sealing, upkeep_actions
from consilience.domains.content.models import Blob, Key
from consilience.domains.content.verify import findings
from consilience.kit.errors import BadInput, CannotTell
from tests.harness.builders import later
from tests.harness.killing import every_step
from tests.harness.workspaces import NAME, ZONE, Workspace

pytestmark = pytest.mark.usefixtures("workspace")
DATA = b"salary,label\n" + b"4711,1\n" * 20_000


def plain_file(data: bytes) -> str:
    """A file as earlier versions stored it."""
    digest = hashlib.sha256(data).hexdigest()
    path = queries.plain_path(digest)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    Blob.objects.create(digest=digest, size=len(data), added_at=later())
    return digest


def files(workspace: Workspace) -> list[Path]:
    return sorted(path for path in workspace.home.content.rglob("*") if path.is_file())


def codes() -> list[str]:
    return [one.code for one in findings()]


def test_a_stored_file_is_sealed_under_a_key_of_its_own(workspace: Workspace) -> None:
    one, other = content.put(DATA, now=later()), content.put(DATA + b"x", now=later())
    assert (queries.read(one), queries.read(other)) == (DATA, DATA + b"x")
    assert queries.key_of(one) != queries.key_of(other)
    for path in files(workspace):
        assert b"4711" not in path.read_bytes()
    assert {path.name.split(".")[0] for path in files(workspace)} >= {one, other}
    assert queries.size_of(one) == len(DATA)


def test_a_personal_file_lies_behind_a_salt_that_its_digest_covers_and_goes_with_it() -> None:
    one, other = content.put_personal([DATA], now=later()), content.put_personal([DATA], now=later())
    assert len({one, other, hashlib.sha256(DATA).hexdigest()}) == 3
    salt = queries.salt_of(one)
    assert salt is not None
    assert one == hashlib.sha256(b"consilience salted file 1\n" + salt + DATA).hexdigest()
    assert (queries.read(one), queries.stream(one).read(), queries.size_of(one)) == (DATA, DATA, len(DATA))
    with queries.named(one, "rows.csv") as path:
        assert path.read_bytes() == DATA
    assert queries.read(content.put_personal([], now=later())) == b""
    plain = content.put(b"consilience salted file 1\n too short", now=later())
    assert (queries.salt_of(plain), queries.read(plain)[-9:]) == (None, b"too short")
    with pytest.raises(BadInput, match="is larger than"):
        content.put_personal([DATA], now=later(), limit=10)
    Key.objects.filter(digest=one).delete()
    assert queries.salt_of(one) is None
    assert codes() == ["content_key_missing"]


def test_the_same_bytes_again_keep_the_file_and_its_key(workspace: Workspace) -> None:
    digest = content.put_stream([DATA], now=later())
    before, key = files(workspace), queries.key_of(digest)
    assert content.put_stream([DATA[:5], DATA[5:]], now=later()) == content.put(DATA, now=later()) == digest
    assert (files(workspace), queries.key_of(digest)) == (before, key)


def test_storing_again_heals_what_was_damaged(workspace: Workspace) -> None:
    digest = content.put(DATA, now=later())
    queries.path_of(digest).write_bytes(b"x")
    assert codes() == ["content_changed"]
    content.put(DATA, now=later())
    assert (codes(), queries.read(digest)) == ([], DATA)


def test_readers_get_a_plain_file_that_goes_with_the_block(workspace: Workspace) -> None:
    digest = content.put(DATA, now=later())
    with queries.named(digest, "../rows.csv") as path:
        assert (path.name, path.read_bytes()) == ("rows.csv", DATA)
        assert path.parent.stat().st_mode & 0o077 == 0
        assert upkeep_actions.sweep(now_s=path.stat().st_mtime + 10**6) == 0, "somebody reads it"
        assert path.is_file()
    assert not path.parent.exists()


def test_a_plain_file_of_a_killed_reader_goes_at_the_next_start(workspace: Workspace) -> None:
    digest = content.put(DATA, now=later())

    def read() -> None:
        with queries.named(digest, "rows.csv"):
            os.kill(os.getpid(), 9)

    child = os.fork()
    if not child:
        read()
    os.waitpid(child, 0)
    (left,) = workspace.home.content.glob(".reading-*/rows.csv")
    assert left.read_bytes() == DATA
    assert upkeep_actions.sweep() == 0, "just made: its reader may not have locked it yet"
    upkeep_actions.sweep(now_s=left.parent.stat().st_mtime + 61)
    assert not left.parent.exists()


def test_a_stream_gives_the_bytes_in_any_portions_and_none_that_were_changed(workspace: Workspace) -> None:
    digest = content.put(DATA, now=later())
    with queries.stream(digest) as stream:
        assert (stream.read(5), stream.read()) == (DATA[:5], DATA[5:])
    path = queries.path_of(digest)
    exact = path.read_bytes()
    path.write_bytes(exact[:-1] + bytes([exact[-1] ^ 1]))
    with queries.stream(digest) as stream, pytest.raises(CannotTell, match="was changed"):
        stream.read()


def test_flipped_ciphertext_an_edited_key_and_a_lost_key_are_named(workspace: Workspace) -> None:
    digest = content.put(DATA, now=later())
    path = queries.path_of(digest)
    exact = path.read_bytes()
    path.write_bytes(exact[:1000] + bytes([exact[1000] ^ 1]) + exact[1001:])
    assert codes() == ["content_changed"]
    path.write_bytes(exact)
    assert codes() == []
    kept = queries.key_of(digest)
    Key.objects.filter(digest=digest).update(key=sealing.new_key())
    assert codes() == ["content_key_differs"]
    with pytest.raises(CannotTell):
        queries.read(digest)
    Key.objects.filter(digest=digest).update(key=b"short")
    assert codes() == ["content_key_differs"]
    Key.objects.filter(digest=digest).delete()
    assert codes() == ["content_key_missing"]
    Key.objects.create(digest=digest, key=kept)
    path.rename(path.with_name("kept"))
    assert codes() == ["content_missing"]


def test_a_key_moved_to_another_file_is_named(workspace: Workspace) -> None:
    one, other = content.put(DATA, now=later()), content.put(b"other", now=later())
    key = queries.key_of(other)
    assert key is not None
    Key.objects.filter(digest=one).update(key=key)
    queries.path_of(one).write_bytes(queries.path_of(other).read_bytes())
    assert codes() == ["content_changed"], "it opens, but to other bytes"


def test_files_of_an_earlier_version_are_read_as_they_lie_and_sealed_at_the_next_start(workspace: Workspace) -> None:
    digest = plain_file(DATA)
    assert (queries.read(digest), codes(), queries.has(digest)) == (DATA, [], True)
    with queries.named(digest, "rows.csv") as path:
        assert path.read_bytes() == DATA
    workspaces.init(workspace.home, name=NAME, zone=ZONE)
    assert (queries.read(digest), codes(), queries.has(digest)) == (DATA, [], True)
    assert not queries.plain_path(digest).exists()
    assert all(DATA[:100] not in path.read_bytes() for path in files(workspace))


def test_a_plain_file_that_was_changed_is_left_for_verification(workspace: Workspace) -> None:
    digest = plain_file(DATA)
    queries.plain_path(digest).write_bytes(b"other")
    assert upkeep_actions.seal_plain_files() == 0
    assert codes() == ["content_changed"]


@pytest.mark.on_both_databases
def test_a_kill_between_any_two_steps_of_sealing_loses_nothing(workspace: Workspace) -> None:
    digests = [plain_file(DATA), plain_file(b"")]

    def work() -> None:
        upkeep_actions.seal_plain_files()

    steps = 0
    for _nth in every_step(work):
        steps += 1
        assert [queries.read(one) for one in digests] == [DATA, b""]
        assert codes() == []
        for digest, data in zip(digests, (DATA, b""), strict=True):  # as it was before
            Key.objects.filter(digest=digest).delete()
            queries.plain_path(digest).write_bytes(data)
    assert steps >= 8
    assert [queries.plain_path(one).exists() for one in digests] == [False, False]
    assert [queries.read(one) for one in digests] == [DATA, b""]


@pytest.mark.on_both_databases
def test_a_kill_between_any_two_steps_of_storing_leaves_the_store_whole(workspace: Workspace) -> None:
    for _nth in every_step(lambda: content.put(DATA, now=later())):
        assert codes() == []
        Key.objects.all().delete()
        Blob.objects.all().delete()
        assert codes() == []
    assert queries.read(hashlib.sha256(DATA).hexdigest()) == DATA
    old = max(path.stat().st_mtime for path in workspace.home.content.rglob("*")) + 25 * 3600
    upkeep_actions.sweep(now_s=old)
    (left,) = files(workspace)
    assert left == queries.path_of(hashlib.sha256(DATA).hexdigest())


@pytest.mark.on_both_databases
def test_many_who_store_the_same_at_once_leave_it_readable(workspace: Workspace) -> None:
    from django.db import connections

    def store() -> None:
        try:
            content.put_stream([DATA], now=later())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=store) for _nth in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert queries.read(hashlib.sha256(DATA).hexdigest()) == DATA
    assert codes() == []
