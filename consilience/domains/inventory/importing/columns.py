"""Which column of a file means what: guessed from its heading, shown, and corrected by whoever imports."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consilience.domains.inventory.importing.sheets import Row, Sheet
from consilience.kit.errors import BadInput

FIELDS: Mapping[str, tuple[str, ...]] = {
    "system": ("system", "ai system", "system name", "application", "use case", "ki system", "anwendung", "anwendungsfall"),
    "model": ("model", "model name", "ml model", "modell", "modellname"),
    "version": ("version", "model version", "version number", "release", "modellversion"),
    "owner": ("owner", "system owner", "model owner", "owner e mail", "owner email", "responsible", "accountable", "verantwortlich",
              "verantwortliche", "verantwortlicher", "eigner", "eigentumer"),
    "live_since": ("live since", "go live", "go live date", "in production since", "production date", "deployed", "deployed on",
                   "deployment date", "live", "produktiv seit", "live seit", "in betrieb seit", "produktionsdatum"),
    "purpose": ("purpose", "use", "business purpose", "zweck", "verwendungszweck"),
    "description": ("description", "comment", "notes", "beschreibung", "bemerkung"),
    "tier": ("tier", "risk", "risk tier", "risk class", "risk level", "risiko", "risikoklasse", "risikostufe"),
    "jurisdictions": ("jurisdiction", "jurisdictions", "country", "countries", "market", "markets", "land", "lander", "markte"),
    "audience": ("audience", "users", "user group", "zielgruppe", "nutzer"),
    "affected_groups": ("affected groups", "affected", "affected people", "betroffene", "betroffene gruppen"),
    "squad": ("squad", "team", "department", "unit", "abteilung", "bereich"),
    "sponsor": ("sponsor", "executive sponsor", "business owner", "auftraggeber"),
    "authors": ("author", "authors", "developer", "developers", "built by", "modeler", "entwickler"),
    "artefact": ("artefact digest", "artifact digest", "digest", "sha256", "sha 256", "checksum", "hash"),
    "code_revision": ("code revision", "commit", "git commit", "revision", "git sha"),
    "model_description": ("model description", "modellbeschreibung"),
}  # fmt: skip
"""Every field that an import knows, with the headings that mean it: small letters, words apart by one space, no accents."""
NEEDED = ("system",)
WITHIN = 20
"""The headings stand in one of as many first rows: above them there may be a title."""
_NO_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Asked:
    """How a file is to be read: the sheet, headings by field, what holds for all rows, and whether one name is one model."""

    sheet: str | None = None
    columns: Mapping[str, str] | None = None
    defaults: Mapping[str, str] | None = None
    shared: bool = False


@dataclass(frozen=True)
class Mapped:
    """The headings' row, the column (from 0) of each field that has one, and the headings that nothing takes."""

    row: int
    headings: tuple[str, ...]
    columns: Mapping[str, int]
    guessed: frozenset[str]
    """Fields whose column was found by its heading; the others were named."""

    @property
    def unused(self) -> list[str]:
        taken = set(self.columns.values())
        return [one for nth, one in enumerate(self.headings) if one and nth not in taken]

    def heading(self, field: str) -> str:
        return self.headings[self.columns[field]] if field in self.columns else ""


def mapped(sheet: Sheet, named: Mapping[str, str]) -> Mapped:
    """What each column means. `named` gives the heading of a field, or "" for none, and wins over every guess.

    BadInput where no row looks like headings, or one that is named is not there or there twice.
    """
    unknown = sorted(named.keys() - FIELDS.keys())
    if unknown:
        raise BadInput("columns", f"{unknown[0]!r} is no field; known are: {', '.join(FIELDS)}")
    row = _headings(sheet, named)
    guesses = _guesses(row.cells)
    columns: dict[str, int] = {}
    for field, heading in named.items():
        if heading:
            columns[field] = _column(field, heading, row.cells)
    for field, nth in guesses.items():
        if field not in named and nth not in columns.values():
            columns[field] = nth
    missing = [field for field in NEEDED if field not in columns]
    if missing:
        said = ", ".join(repr(one) for one in row.cells if one)
        raise BadInput("columns", f"none means {missing[0]!r}; the headings in row {row.number} are {said}")
    return Mapped(row.number, row.cells, columns, frozenset(columns.keys() - named.keys()))


def plain(text: str) -> str:
    """A heading as it is compared: `Go-Live  Datum` is `go live datum`."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return _NO_WORD.sub(" ", "".join(one for one in letters if not unicodedata.combining(one))).strip()


def _headings(sheet: Sheet, named: Mapping[str, str]) -> Row:
    """Of the first rows the one with the most headings that mean something; the first of equals."""
    wanted = {plain(one) for one in named.values() if one}
    first = [row for row in sheet.rows[: WITHIN * 2] if any(row.cells)][:WITHIN]
    if not first:
        raise BadInput(sheet.name, "is empty")
    best = max(first, key=lambda row: len(_guesses(row.cells)) + sum(plain(cell) in wanted for cell in row.cells))
    if not _guesses(best.cells) and not any(plain(cell) in wanted for cell in best.cells):
        raise BadInput(
            sheet.name, f"no row among the first {WITHIN} has headings such as System, Model, Version, Owner"
        )
    return best


def _guesses(cells: Sequence[str]) -> dict[str, int]:
    """The column of each field whose heading is among those that mean it; the heading that comes first in the list wins."""
    said = [plain(cell) for cell in cells]
    found: dict[str, int] = {}
    for field, headings in FIELDS.items():
        nth = next((said.index(one) for one in headings if one in said), None)
        if nth is not None:
            found[field] = nth
    return found


def _column(field: str, heading: str, cells: Sequence[str]) -> int:
    found = [nth for nth, cell in enumerate(cells) if cell and plain(cell) == plain(heading)]
    if len(found) != 1:
        raise BadInput("columns", f"{field}: {len(found)} columns are called {heading!r}; expected one")
    return found[0]
