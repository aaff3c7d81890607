"""Where what stands in an archive: names of members, the manifest. Defined in docs/formats/archive.md. Pure."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from consilience.kit import canonical
from consilience.kit.errors import BadInput

FORMAT = "urn:consilience:archive:1"
SECOND = "urn:consilience:archive:2"
"""Written where readers of version 1 would take something for tampering that is none: the log's key was changed."""
FORMATS = (FORMAT, SECOND)
VERIFICATION = "urn:consilience:verification:1"
MAX_LINE = 64 * 2**20
TEXTS = ("archive.json", "checkpoint", "checkpoints.txt", "entries.txt", "records.txt", "content.txt", "index.html")
"""Members that every archive has."""
PRIVATE = "private.txt"
RESTS_ON = ("facts", "policies", "schema", "result", "explanation")
"""Fields of a decision that name the files it was drawn from."""
_TILE_NAME = re.compile(r"tile/(0|[1-7])/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?")
_CONTENT_NAME = re.compile(r"content/([0-9a-f]{64})")


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself. Everything but the options is checked against the rest."""

    workspace: str
    origin: str
    log_key: str
    size: int
    root: str
    at: str
    system: str | None
    files: bool
    private: bool

    def encoded(self, version: str = FORMAT) -> bytes:
        return canonical.encode({"format": version, **asdict(self)})


def manifest(data: bytes) -> Manifest:
    """The manifest in these bytes; BadInput when it is none of a version that is known."""
    said = canonical.read(data)
    if not isinstance(said, dict) or said.get("format") not in FORMATS:
        raise BadInput("archive.json", f"is no manifest of a format {' or '.join(FORMATS)}")
    types: dict[str, tuple[type, ...]] = {
        "system": (str, type(None)),
        "size": (int,),
        "files": (bool,),
        "private": (bool,),
    }
    fields: dict[str, Any] = {name: said.get(name) for name in Manifest.__dataclass_fields__}
    wrong = [name for name, value in fields.items() if type(value) not in types.get(name, (str,))]
    if wrong or len(said) != len(fields) + 1:
        raise BadInput("archive.json", f"is not as this format writes it ({', '.join(wrong) or 'other fields'})")
    return Manifest(**fields)


def is_member(name: str) -> bool:
    """Whether an archive may hold a member of this name."""
    return name in TEXTS or name == PRIVATE or bool(_TILE_NAME.fullmatch(name) or _CONTENT_NAME.fullmatch(name))


def content_name(digest: str) -> str:
    return f"content/{digest}"
