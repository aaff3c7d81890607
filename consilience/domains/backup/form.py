"""What a backup is: a ZIP file of the rows of every table, the sealed files, the keys, and a digest of each (docs/formats/backup.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.kit import canonical
from consilience.kit.errors import CannotTell

FORMAT = "urn:consilience:backup:1"
MANIFEST, DIGESTS, LOG_KEY, SECRET_KEY = "backup.json", "digests.txt", "keys/log.ed25519.pem", "keys/secret_key"
LEFT_OUT = frozenset(
    {"django_migrations", "django_content_type", "django_session", "auth_permission", "auth_group", "auth_group_permissions"}
)  # fmt: skip
"""Tables that are made with the others, or hold what must not outlive a restore: open sessions."""
CONTENT = re.compile(r"content/[0-9a-f]{2}/[0-9a-f]{64}(\.[0-9a-f]{16})?")
_TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DIGEST_LINE = re.compile(r"([0-9a-f]{64})  ([ -~]{1,200})")

Columns = Sequence[tuple[str, str]]
"""Name and kind of each column of a table."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `head` is the newest signed head at its moment."""

    workspace: str
    product: str
    at: str
    size: int
    root: str
    head: str
    log_key: bool
    migrations: tuple[tuple[str, str], ...]
    tables: Mapping[str, Columns]

    def encoded(self) -> bytes:
        said = {
            "format": FORMAT, "workspace": self.workspace, "product": self.product, "at": self.at, "size": self.size,
            "root": self.root, "head": self.head, "log_key": self.log_key,
            "migrations": [list(one) for one in self.migrations],
            "tables": {name: [list(one) for one in columns] for name, columns in self.tables.items()},
        }  # fmt: skip
        return canonical.encode(said)


def read_manifest(data: bytes) -> Manifest:
    """The manifest in these bytes. CannotTell where it is none, or of a later format."""
    said = canonical.decode(data)
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise CannotTell(f"this is no backup that this version reads: expected the format {FORMAT}")
    try:
        made = Manifest(
            workspace=said["workspace"], product=said["product"], at=said["at"], size=said["size"], root=said["root"],
            head=said["head"], log_key=said["log_key"], migrations=tuple((app, name) for app, name in said["migrations"]),
            tables={name: [(column, kind) for column, kind in columns] for name, columns in said["tables"].items()},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CannotTell(f"the backup's {MANIFEST} lacks what it needs ({error})") from error
    names = [*made.tables, *(column for columns in made.tables.values() for column, _ in columns)]
    if not all(_TABLE.fullmatch(str(name)) for name in names):
        raise CannotTell(f"the backup's {MANIFEST} names a table or column that none can have")
    return made


def table_name(table: str) -> str:
    return f"tables/{table}.jsonl"


def digest_line(digest: str, name: str) -> bytes:
    return f"{digest}  {name}".encode()


def read_digest_line(line: bytes) -> tuple[str, str]:
    """Name and digest; CannotTell where the line is none."""
    found = _DIGEST_LINE.fullmatch(line.decode("latin-1"))
    if found is None:
        raise CannotTell(f"{DIGESTS} has a line that is none")
    return found.group(2), found.group(1)


def is_member(name: str, made: Manifest) -> bool:
    """Whether a backup may hold a member of this name: none ever becomes another path."""
    known = {MANIFEST, DIGESTS, LOG_KEY, SECRET_KEY, *map(table_name, made.tables)}
    return name in known or CONTENT.fullmatch(name) is not None


def to_text(value: Any, kind: str) -> Any:
    """A column's value for JSON, the same for either database."""
    if value is None:
        return None
    if kind == "BinaryField":
        return bytes(value).hex()
    if kind == "BooleanField":
        return bool(value)
    if kind == "DateTimeField":
        return value if isinstance(value, str) else value.isoformat(sep=" ")
    return value


def from_text(value: Any, kind: str) -> Any:
    """What `to_text` made a text of, for the column of whichever database."""
    return bytes.fromhex(value) if kind == "BinaryField" and value is not None else value
