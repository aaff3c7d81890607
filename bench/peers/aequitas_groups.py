"""Aequitas: the crosstabs of 89 groups, `python -m peers.aequitas_groups fairness REFERENCE CURRENT`.

It knows no intersections: they are made by hand as columns of joined values, as its users do.
"""

from __future__ import annotations

import argparse

import pandas as pd
from aequitas.group import Group

from peers.findings import Findings
from peers.log_columns import GROUPINGS, LABEL, PREDICTION, PROTECTED

NAMES = {"accuracy": "accuracy", "selection_rate": "pprev", "tpr": "tpr", "fpr": "fpr", "fnr": "fnr"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["fairness"])
    parser.add_argument("files", nargs=2)
    asked = parser.parse_args()
    found = Findings("aequitas", "pandas")
    with found.part("read"):
        rows = pd.read_parquet(asked.files[1], columns=[*PROTECTED, LABEL, PREDICTION])
    with found.part("fairness"):
        made = pd.DataFrame({"label_value": rows[LABEL], "score": rows[PREDICTION]})
        for chosen in GROUPINGS:
            joined = rows[chosen[0]]
            for name in chosen[1:]:
                joined = joined + " x " + rows[name]
            made["*".join(chosen)] = joined
        table, _ = Group().get_crosstabs(made, attr_cols=["*".join(chosen) for chosen in GROUPINGS])
        for row in table.to_dict("records"):
            there = {ours: row[theirs] for ours, theirs in NAMES.items() if theirs in row}
            found.add("groups", row["attribute_value"], **there)
    found.emit()


if __name__ == "__main__":
    main()
