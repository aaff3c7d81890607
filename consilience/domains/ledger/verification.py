"""What `verify` gathers and reports, and reading a column of which nothing is trusted: SQLite lets any hold any type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from consilience.domains.ledger import epochs, erased, merkle
from consilience.kit.records.models import Record

CHUNK = 2000


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit: a stable code, and what it is about in words."""

    code: str
    about: str


@dataclass
class Report:
    entries: int = 0
    heads: int = 0
    rows: int = 0
    erased: int = 0
    erased_by: str = ""
    """Which entries erased them, as far as entries did: earlier versions recorded none."""
    root: str = ""
    epochs: list[str] = field(default_factory=list)
    """What epochs declared lost, in words."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.findings

    def add(self, code: str, about: str) -> None:
        printable = about.encode("utf-8", "backslashreplace").decode()  # a row may hold bytes that are no text
        self.findings.append(Finding(code, printable))


@dataclass(frozen=True)
class Place:
    """Where an entry says that a record version stands, and with which digest."""

    digest: str
    position: int
    ordinal: int


@dataclass
class Log:
    """What walking the entries gathers for the later steps."""

    tree: merkle.Tree
    placed: dict[str, Place]
    workspace: str
    last_at: str
    act_ends: list[int]
    """Sizes at which one act ended and another began, as far as entries tell."""
    explained: erased.Explained = field(default_factory=erased.Explained)
    epochs: list[epochs.Epoch] = field(default_factory=list)


def bytes_of(value: object) -> bytes:
    """Bytes of a binary column; text or a number that was put there is none."""
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else b""


def number_of(value: object) -> int | None:
    return value if isinstance(value, int) else None


def exact_of(row: Record) -> bytes:
    """The bytes of `canonical` as the database holds them."""
    text: object = row.canonical
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else b""


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    first = last = -2
    for number in numbers:
        if number != last + 1:
            if last >= 0:
                yield first, last
            first = number
        last = number
    if last >= 0:
        yield first, last


def span(noun: str, first: int, last: int, prefix: str = "") -> str:
    """`entry 3 is`, `entries 3 to 5 are`"""
    if first == last:
        return f"{noun} {prefix}{first} is"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{plural} {prefix}{first} to {prefix}{last} are"
