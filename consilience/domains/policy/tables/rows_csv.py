"""Rows of a table as CSV, for whoever thinks in spreadsheets: out, edited, and in again.

The first line names the columns: `id`, `when NAME` for each input, `then NAME` for each output, `reason LANGUAGE`. An empty
cell, like `-`, means that the input does not matter. A cell that a spreadsheet would take for a formula begins with `'`.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import yaml

from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.tables.columns import read_outputs
from consilience.domains.policy.tables.document import MAX_ROWS
from consilience.domains.policy.tables.reading import ANY, write_cell
from consilience.domains.policy.tables.table import Output, Table
from consilience.kit.canonical import Json
from consilience.kit.csv_out import csv_text, read_back
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import Path, read_yaml

_PARTS = ("when", "then", "reason")
_OTHER_KEYS = ("table", "title", "inputs", "hit", "default", "decides")


def rows_to_csv(table: Table) -> str:
    """The rows of a table, without its default."""
    languages = sorted({language for row in table.rows for language in row.reason})
    written = [[
        "id", *(f"when {one.name}" for one in table.inputs), *(f"then {one.name}" for one in table.outputs),
        *(f"reason {language}" for language in languages),
    ]]  # fmt: skip
    for row in table.rows:
        cells = [write_cell(cell, of.domain, of.unit) for cell, of in zip(row.cells, table.inputs, strict=True)]
        then = [_plain(row.then[one.name]) for one in table.outputs]
        said = [row.id, *("" if cell == ANY else cell for cell in cells), *then]
        written.append([*said, *(row.reason.get(language, "") for language in languages)])
    return csv_text(written)


def rows_from_csv(text: str, outputs: tuple[Output, ...], name: str = "rows") -> list[Json]:
    """The `rows` of a table document, as CSV holds them. BadInput names the line."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    rows: list[Json] = []
    try:
        columns = _columns(next(reader, []), name)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) == MAX_ROWS:
                raise BadInput(name, f"more than {MAX_ROWS:,} rows")
            if len(cells) != len(columns):
                raise BadInput(f"{name}, line {reader.line_num}", f"{len(cells)} cells; expected {len(columns)}")
            rows.append(_row(columns, [_read(cell) for cell in cells], {one.name: one.kind for one in outputs}))
    except csv.Error as error:
        raise BadInput(f"{name}, line {reader.line_num}", f"is not CSV ({error})") from error
    return rows


def with_rows(text: str, rows_text: str, *, table: str | None = None, name: str = "table") -> str:
    """A table document (or the policy that holds the table) with its rows as CSV has them; all else stays as written."""
    written, lines = read_yaml(text, name)
    path = _place(written, table, name)
    outputs = Fields(_part(written, path), path, Source(name, lines), what="table", required=("outputs", "rows"),
                     optional=_OTHER_KEYS)  # fmt: skip
    rows = rows_from_csv(rows_text, read_outputs(outputs), "rows")
    start, body = lines[(*path, "rows")], text.splitlines()
    head = body[start - 1]
    if not head.lstrip(" -").startswith("rows:"):
        raise BadInput(f"{name}, line {start}", "the rows do not begin on a line of their own")
    within = (*path, "rows")
    after = [line for at, line in lines.items() if line > start and at[: len(within)] != within]
    end = min(after, default=len(body) + 1)
    indent = " " * head.index("rows:")
    listed = yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=110).splitlines()
    made = [f"{head[: head.index('rows:')]}rows:", *(f"{indent}  {line}" for line in listed)]
    return "\n".join([*body[: start - 1], *made, *body[end - 1 :]]) + "\n"


def _place(written: Json, table: str | None, name: str) -> Path:
    """Where the table stands in the document: at its root, or in the list of a policy."""
    if not isinstance(written, dict) or "policy" not in written:
        return ()
    listed = written.get("tables") or []
    named = [at for at, one in enumerate(listed) if table is None or one.get("table") == table]
    if len(named) != 1:
        raise BadInput(name, f"holds {len(named)} tables{f' called {table!r}' if table else ''}; name one")
    return ("tables", named[0])


def _part(written: Json, path: Path) -> Json:
    for key in path:
        written = written[key]
    return written


def _columns(header: list[str], name: str) -> list[tuple[str, str]]:
    """What each column holds: ("id", ""), or one of `when`, `then`, `reason` with its name."""
    found: list[tuple[str, str]] = []
    for cell in header:
        part, _space, of = cell.strip().partition(" ")
        if (part, of) != ("id", "") and (part not in _PARTS or not of):
            raise BadInput(
                f"{name}, line 1", f"column {cell!r} is none of id, when INPUT, then OUTPUT, reason LANGUAGE"
            )
        if (part, of.strip()) in found:
            raise BadInput(f"{name}, line 1", f"column {cell!r} stands twice")
        found.append((part, of.strip()))
    if ("id", "") not in found:
        raise BadInput(f"{name}, line 1", "has no column 'id'")
    return found


def _row(columns: list[tuple[str, str]], cells: list[str], kinds: dict[str, str]) -> Json:
    made: dict[str, Any] = {"when": {}, "then": {}, "reason": {}}
    for (part, of), cell in zip(columns, cells, strict=True):
        if part == "id":
            made["id"] = cell
        elif cell:
            made[part][of] = _value(cell, kinds.get(of, "string")) if part == "then" else cell
    return {key: value for key, value in made.items() if value or key in ("id", "then")}


def _value(cell: str, kind: str) -> Json:
    if kind == "int" and cell.removeprefix("-").isdecimal():
        return int(cell)
    return {"true": True, "false": False}.get(cell, cell) if kind == "bool" else cell


def _plain(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _read(cell: str) -> str:
    return read_back(cell.strip())
