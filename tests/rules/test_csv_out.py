"""What a spreadsheet would run is text in every table that the product writes; there is one writer."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

import consilience
from consilience.kit.csv_out import csv_text, read_back, safe

PACKAGE = Path(consilience.__file__).parent


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/C calc'!A0", "-\r\n=1", "-a\r=1"]
)
def test_a_cell_that_begins_like_a_formula_is_text(cell: str) -> None:
    assert safe(cell) == f"'{cell}"
    ((read,),) = csv.reader(io.StringIO(csv_text([[cell]]), newline=""))
    assert read == f"'{cell}"
    assert read_back(read) == cell


def test_other_cells_stay_as_they_are() -> None:
    assert csv_text([["a", 1, None, "it's", "a=b", 'say "x"']]) == 'a,1,,it\'s,a=b,"say ""x"""\n'
    assert read_back("'quoted'") == "'quoted'"


def test_nothing_else_writes_csv() -> None:
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if path.name != "csv_out.py":
            assert "csv.writer" not in source, path
            assert "DictWriter" not in source, path
            assert "write_csv" not in source, path
