"""Digests of files and folders."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from consilience.kit import digests
from consilience.kit.errors import BadInput


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_files_digest_is_that_of_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(b"weights")
    assert digests.of_path(file) == sha(b"weights")


def test_a_folders_digest_lists_paths_and_digests_in_order_of_path(tmp_path: Path) -> None:
    for name, data in (("b.txt", b"2"), ("a/z.txt", b"1"), ("a.txt", b"3"), ("é.txt", b"4")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "empty").mkdir()
    rows = [["a.txt", sha(b"3")], ["a/z.txt", sha(b"1")], ["b.txt", sha(b"2")], ["é.txt", sha(b"4")]]
    written = "[" + ",".join(f'["{name}","{digest}"]' for name, digest in rows) + "]"
    assert digests.of_path(tmp_path) == sha(written.encode())


def test_a_renamed_file_changes_the_folders_digest(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    before = digests.of_folder(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert digests.of_folder(tmp_path) != before


@pytest.mark.parametrize("where", ["link", "inside/link"])
def test_a_link_in_a_folder_is_refused(tmp_path: Path, where: str) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / where).symlink_to(tmp_path / "a")
    with pytest.raises(BadInput, match="is a link"):
        digests.of_folder(tmp_path)


def test_a_link_to_a_folder_is_refused_too(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a").write_bytes(b"1")
    (inside / "loop").symlink_to(inside)
    (tmp_path / "linked").symlink_to(inside)
    for path in (inside, tmp_path / "linked"):
        with pytest.raises(BadInput, match="is a link"):
            digests.of_path(path)


def test_a_folder_without_a_file_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="holds no file"):
        digests.of_path(tmp_path)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="neither a file nor a folder"):
        digests.of_folder(tmp_path)


def test_what_is_not_there_was_not_found(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="was not found"):
        digests.of_path(tmp_path / "nothing")


def test_a_folder_that_cannot_be_read_is_refused_and_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "closed").mkdir()
    listing = Path.iterdir

    def closed(path: Path) -> object:  # root reads everything, so the refusal is played
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(BadInput, match=r"closed: cannot be read \(Permission denied\)"):
        digests.of_folder(tmp_path)
