"""Content digests of files and folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from consilience.kit import canonical
from consilience.kit.errors import BadInput

SALTED = b"consilience salted file 1\n"
"""How a personal file begins in the content store; 32 bytes of salt and the file follow."""


def of_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from error


def of_salted_file(path: Path, salt: bytes) -> str:
    """SHA-256 of a personal file as it is recorded: behind its salt. BadInput when it cannot be read."""
    hashing = hashlib.sha256(SALTED + salt)
    try:
        with path.open("rb") as stream:
            while piece := stream.read(2**20):
                hashing.update(piece)
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from error
    return hashing.hexdigest()


def of_folder(path: Path) -> str:
    """SHA-256 of canonical JSON `[[posix path, sha256], ...]`, sorted by path. Links are refused: they name other bytes."""
    listed = sorted([item.relative_to(path).as_posix(), of_file(item)] for item in _files(path))
    if not listed:
        raise BadInput(str(path), "holds no file")
    return canonical.digest(listed)


def _files(path: Path) -> Iterator[Path]:
    try:
        for item in path.iterdir():
            if item.is_symlink():
                raise BadInput(str(item), "is a link; a digest covers real files only")
            if item.is_dir():
                yield from _files(item)
            elif item.is_file():
                yield item
            else:
                raise BadInput(str(item), "is neither a file nor a folder")
    except OSError as error:  # not rglob: it skips folders that it may not read, and the digest would cover less
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from error


def of_path(path: Path) -> str:
    """The content digest of what lies at this path, file or folder."""
    if path.is_symlink():
        raise BadInput(str(path), "is a link; a digest covers real files only")
    if path.is_dir():
        return of_folder(path)
    if path.is_file():
        return of_file(path)
    raise BadInput(str(path), "was not found")
