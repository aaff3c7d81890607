"""Reading a backup: every member against its digest before anything of it is used."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from consilience.domains.backup import form
from consilience.kit import canonical
from consilience.kit.errors import BadInput, CannotTell

PIECE = 2**20
MOST_MANIFEST = 2**24


class Backup:
    """An open backup whose members are all there and are what was written."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self.manifest = form.read_manifest(self._read(form.MANIFEST, most=MOST_MANIFEST))
        self.digests = self._digests()
        self._check()

    def rows(self, table: str) -> Iterator[list[Any]]:
        """The rows of a table, each as a list of what `form.from_text` takes."""
        with self._archive.open(form.table_name(table)) as stream:
            for line in stream:
                yield json.loads(line)

    def content(self) -> list[str]:
        return sorted(name for name in self.digests if form.CONTENT.fullmatch(name))

    def has(self, name: str) -> bool:
        return name in self.digests

    def pieces(self, name: str) -> Iterator[bytes]:
        with self._archive.open(name) as stream:
            while piece := stream.read(PIECE):
                yield piece

    def _read(self, name: str, *, most: int) -> bytes:
        try:
            info = self._archive.getinfo(name)
        except KeyError as error:
            raise CannotTell(f"{self._path} is no backup: it has no {name}") from error
        if info.file_size > most or info.compress_type != zipfile.ZIP_STORED:
            raise CannotTell(f"{self._path}: {name} is larger than it can be, or compressed")
        return self._archive.read(info)

    def _digests(self) -> dict[str, str]:
        found: dict[str, str] = {}
        with self._archive.open(form.DIGESTS) as stream:
            for line in stream:
                name, digest = form.read_digest_line(line.rstrip(b"\n"))
                found[name] = digest
        return found

    def _check(self) -> None:
        names = [one.filename for one in self._archive.infolist()]
        wrong = {*names} ^ {*self.digests, form.DIGESTS}
        if wrong or len(names) != len(set(names)):
            raise CannotTell(
                f"{self._path} was cut off or changed: {min(wrong, default='a name')} is there twice, too many or missing"
            )
        for name, digest in self.digests.items():
            if not form.is_member(name, self.manifest):
                raise CannotTell(f"{self._path}: no backup has a member {name}")
            hashing = hashlib.sha256()
            for piece in self.pieces(name):
                hashing.update(piece)
            if hashing.hexdigest() != digest:
                raise CannotTell(f"{self._path} was changed: {name} has another digest")


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """The backup at this path, after all of it was read once. CannotTell where it is none, or no longer what was written."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield Backup(path, archive)
    except zipfile.BadZipFile as error:
        raise CannotTell(f"{path} is no backup, or was cut off ({error})") from error
    except BadInput as error:
        raise CannotTell(f"{path}: {error}") from error
    except FileNotFoundError as error:
        raise CannotTell(f"{path} cannot be read ({error.strerror})") from error


def said(made: form.Manifest) -> str:
    """What tells this backup from another: its manifest's digest."""
    return canonical.sha256(made.encoded())
