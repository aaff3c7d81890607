"""Tables for other people's programs: the one place of the product that writes CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def csv_text(rows: Iterable[Iterable[object]], *, line_end: str = "\n") -> str:
    """The rows as CSV, every cell made safe for spreadsheets; None is an empty cell."""
    return "".join(_line(row) + line_end for row in rows)


def _line(row: Iterable[object]) -> str:
    out = io.StringIO()
    # With this end of line a cell with either half of it is quoted: a bare one would begin a row, and a formula in it.
    csv.writer(out, lineterminator="\r\n").writerow(["" if cell is None else safe(str(cell)) for cell in row])
    return out.getvalue().removesuffix("\r\n")


def safe(cell: str) -> str:
    """A cell that no spreadsheet runs: one that begins like a formula gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def read_back(cell: str) -> str:
    """The cell as it was before `safe`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
