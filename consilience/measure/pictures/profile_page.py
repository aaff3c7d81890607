"""The `profile` report as a page: what each column holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks, words
from consilience.measure.pictures.page import page, section, table


def profile_page(report: Mapping[str, Any], *, name: str) -> str:
    """The file; `name` is what the rows are called."""
    columns = report["columns"]
    holes = [column for column, said in columns.items() if said["missing"]]
    lead = f"{len(columns)} columns; {len(holes) or 'none'} of them with missing values."
    if report["not_counted"]:
        lead += f" Not counted, since they hold lists or raw bytes: {', '.join(report['not_counted'])}."
    rows = [_line(column, said, report["rows"]) for column, said in columns.items()]
    heads = ("Column", "Kind", "Missing", "Different values", "From", "Mean", "To", "Shape")
    return page(
        f"Profile of {name}", lead=lead, facts=[("Rows", f"{report['rows']:,}"), ("Columns", str(len(columns)))],
        sections=[section("Columns", table(heads, rows, caption="One line a column", numbers=(2, 3, 4, 5, 6)))],
    )  # fmt: skip


def _line(column: str, said: Mapping[str, Any], rows: int) -> list[Markup | str]:
    missing = f"{said['missing'] / rows:.1%}" if rows and said["missing"] else marks.DASH
    if said["kind"] == "category":
        values = said["values"]
        shape = _bars([one["rows"] for one in values], column) if values else Markup("")
        most = values[0]["value"] if values else ""
        number = "more than 4,096" if said["distinct"] is None else f"{said['distinct']:,}"
        return [column, "category", missing, number, most and f"most often “{most[:24]}”", "", "", shape]
    about = "" if said["distinct_low"] == said["distinct_high"] else "about "
    shown = [words.moment_or_number(said[one], said["kind"]) for one in ("minimum", "mean", "maximum")]
    shape = _bars(said["histogram"]["rows"], column) if said["histogram"] else Markup("")
    return [column, said["kind"].replace("_", " "), missing, f"{about}{said['distinct']:,}", *shown, shape]


def _bars(rows: list[int], column: str) -> Markup:
    return marks.steps(rows, said=f"how the values of {column} are spread")
