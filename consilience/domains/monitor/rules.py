"""What a record of a batch of predictions says. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consilience.domains.monitor.kinds import Kind, ordered
from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput

ROW_FORMAT = "urn:consilience:prediction-row:1"
Commitment = Mapping[str, str]
MAX_FILES = 1_000
MAX_COLUMNS = 10_000


@dataclass(frozen=True)
class Said:
    """What whoever holds the rows says of them: they stay where they are."""

    rows: int
    root: str
    columns: Mapping[str, str]
    """By name, the kind that each is written as."""
    files: Sequence[str]
    """SHA-256 of each file's bytes, in the order in which they were read."""
    secret: str
    """What the salts of the rows are made from, 64 hexadecimal digits; kept where it can be erased."""
    id_column: str | None = None
    period: tuple[Instant, Instant] | None = None


def check(said: Said) -> None:
    """BadInput where what is said cannot be."""
    if not 1 <= said.rows <= canonical.MAX_INTEGER:
        raise BadInput("rows", "expected at least one row")
    if not 1 <= len(said.columns) <= MAX_COLUMNS:
        raise BadInput("columns", f"expected 1 to {MAX_COLUMNS} columns")
    for name, kind in said.columns.items():
        if kind not in set(Kind):
            raise BadInput("columns", f"{name!r} is {kind!r}; expected one of {', '.join(Kind)}")
    if said.id_column is not None and said.id_column not in said.columns:
        raise BadInput("id column", f"{said.id_column!r} is not among the columns")
    if not 1 <= len(said.files) <= MAX_FILES:
        raise BadInput("files", f"expected the digests of 1 to {MAX_FILES} files")
    if said.period is not None and not said.period[0] < said.period[1]:
        raise BadInput("period", "ends before it begins")


def body(version: str, said: Said, *, files: Sequence[Commitment], secret: Commitment) -> dict[str, Json]:
    """The body of the record. What would tell of the rows stands in it as commitments."""
    return {
        "model_version": version,
        "row_format": ROW_FORMAT,
        "rows": said.rows,
        "root": said.root,
        "columns": [[name, str(said.columns[name])] for name in ordered(said.columns)],
        "id_column": said.id_column,
        "period": None if said.period is None else {"from": said.period[0], "until": said.period[1]},
        "files": list(files),
        "secret": secret,
    }
