"""The bare scan: DuckDB reads every column of both files once, `python -m peers.duckdb_scan scan REFERENCE CURRENT`.

Of a text the length of its longest value, of anything else its sum (of a moment its latest), and the count of values.
"""

from __future__ import annotations

import argparse

import duckdb

from peers.findings import Findings


def wanted(name: str, kind: str) -> str:
    """The expressions that make DuckDB decode a column."""
    if kind == "VARCHAR":
        return f"count({name}), max(strlen({name}))"
    if kind.startswith("TIMESTAMP"):
        return f"count({name}), max(epoch_us({name}))"
    return f"count({name}), sum({name})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["scan"])
    parser.add_argument("files", nargs=2)
    asked = parser.parse_args()
    found = Findings("duckdb")
    with found.part("scan"):
        for file in asked.files:
            relation = duckdb.read_parquet(file)
            columns = list(zip(relation.columns, map(str, relation.types), strict=True))
            rows = relation.aggregate(", ".join(["count(*)", *(wanted(*column) for column in columns)])).fetchall()[0]
            found.notes[file] = {"rows": rows[0], "values": sum(rows[1::2])}
    found.emit()


if __name__ == "__main__":
    main()
