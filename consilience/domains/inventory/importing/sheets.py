"""What a file of rows says, cell by cell: Excel or CSV in, text out, with what cannot be taken as it stands.

A cell that holds a formula, an error or part of a merged range is named and not guessed at. A day is `2024-03-01`.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from consilience.kit.csv_out import read_back
from consilience.kit.errors import BadInput

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MAX_ROWS = 50_000
MAX_COLUMNS = 200
MAX_CELL = 10_000
"""Characters of a cell."""
MAX_UNPACKED = 300 * 2**20
"""Bytes of an Excel file once it is unpacked: a small file may hold a very large one."""
SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Row:
    """A row of the file by its number there, from 1; `problems` are codes by column, counted from 0."""

    number: int
    cells: tuple[str, ...]
    problems: Mapping[int, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not any(self.cells) and not self.problems


@dataclass(frozen=True)
class Sheet:
    """All rows of one sheet as they stand; `others` are the names of the sheets beside it."""

    name: str
    rows: tuple[Row, ...]
    others: tuple[str, ...] = ()


def read(data: bytes, name: str, *, sheet: str | None = None) -> Sheet:
    """The rows of a file that is called `name`. BadInput where it is neither Excel (.xlsx) nor CSV, or too large."""
    ending = name.lower().rpartition(".")[2]
    if ending in ("xlsx", "xlsm"):
        return _excel(data, name, sheet)
    if ending in ("csv", "txt", "tsv"):
        return Sheet(name, tuple(_limited(_csv_rows(data, name), name)))
    if ending == "xls":
        raise BadInput(name, "is of an old form of Excel; save it as .xlsx or as CSV")
    raise BadInput(name, "has an unknown ending; expected .xlsx or .csv")


# CSV


def _csv_rows(data: bytes, name: str) -> Iterator[Row]:
    text = _text(data, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        before = 0
        for cells in reader:
            number, before = before + 1, reader.line_num
            found = tuple(read_back(cell.strip()) for cell in cells)
            formulas = {nth: "formula" for nth, cell in enumerate(cells) if cell.strip().startswith("=")}
            yield Row(number, found, formulas)
    except csv.Error as error:
        raise BadInput(f"{name}, line {reader.line_num}", f"is not CSV ({error})") from error


def _text(data: bytes, name: str) -> str:
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls “Unicode text”
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(name, f"is not text in UTF-8 (byte {error.start}); in Excel save it as “CSV UTF-8”") from error


def _separator(text: str) -> str:
    """The sign that most cells of the first lines have between them: a semicolon where Excel speaks German."""
    first = text.splitlines()[:5]
    return max(SEPARATORS, key=lambda one: sum(line.count(one) for line in first))


# Excel


def _excel(data: bytes, name: str, wanted: str | None) -> Sheet:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _refuse_bomb(data, name)
        book = load_workbook(io.BytesIO(data), data_only=False, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError) as error:
        raise BadInput(name, f"is no Excel file that can be read ({type(error).__name__})") from error
    names = [one.title for one in book.worksheets]
    if wanted is not None and wanted not in names:
        raise BadInput("sheet", f"there is no sheet {wanted!r}; there are: {', '.join(names)}")
    if not names:
        raise BadInput(name, "has no sheet with cells")
    chosen = wanted or next((one.title for one in book.worksheets if one.max_row > 1), names[0])
    rows = tuple(_limited(_excel_rows(book[chosen]), name))
    return Sheet(chosen, rows, tuple(one for one in names if one != chosen))


def _refuse_bomb(data: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        size = sum(one.file_size for one in packed.infolist())
    if size > MAX_UNPACKED:
        raise BadInput(name, f"holds {size // 2**20} MB once unpacked; at most {MAX_UNPACKED // 2**20}")


def _excel_rows(sheet: Worksheet) -> Iterator[Row]:
    merged = _merged(sheet)
    if sheet.max_column > MAX_COLUMNS:
        raise BadInput(sheet.title, f"has {sheet.max_column} columns; at most {MAX_COLUMNS}")
    for number, cells in enumerate(sheet.iter_rows(max_row=min(sheet.max_row, MAX_ROWS + 2)), 1):
        problems = dict.fromkeys(merged.get(number, ()), "merged")
        said = []
        for nth, cell in enumerate(cells):
            if cell.data_type == "f":
                problems[nth] = "formula"
            elif cell.data_type == "e":
                problems[nth] = "error_value"
            said.append("" if nth in problems and problems[nth] != "merged" else _said(cell.value))
        yield Row(number, tuple(said), problems)


def _merged(sheet: Worksheet) -> dict[int, list[int]]:
    """Columns by row, of all cells that lie in a merged range; one beyond the most rows is not looked at."""
    found: dict[int, list[int]] = {}
    for area in sheet.merged_cells.ranges:
        for row in range(area.min_row, min(area.max_row, MAX_ROWS + 2) + 1):
            found.setdefault(row, []).extend(range(area.min_col - 1, min(area.max_col, MAX_COLUMNS)))
    return found


def _said(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
    return str(value).strip()


def _limited(rows: Iterable[Row], name: str) -> Iterator[Row]:
    """The rows without the empty ones behind the last. BadInput beyond the most rows, columns or characters."""
    waiting: list[Row] = []
    seen = 0
    for row in rows:
        waiting.append(row)
        if row.empty:
            continue
        seen += len(waiting)
        if seen > MAX_ROWS + 1:
            raise BadInput(name, f"has more than {MAX_ROWS:,} rows; import it in parts")
        if len(row.cells) > MAX_COLUMNS:
            raise BadInput(f"{name}, row {row.number}", f"has {len(row.cells)} columns; at most {MAX_COLUMNS}")
        if any(len(cell) > MAX_CELL for cell in row.cells):
            raise BadInput(f"{name}, row {row.number}", f"has a cell of more than {MAX_CELL:,} characters")
        yield from waiting
        waiting = []
