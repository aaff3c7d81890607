"""Fairlearn: five rates of 89 groups without intervals, `python -m peers.fairlearn_groups fairness REFERENCE CURRENT`."""

from __future__ import annotations

import argparse

import pandas as pd
from fairlearn import metrics as fair
from sklearn.metrics import accuracy_score

from peers.findings import Findings
from peers.log_columns import GROUPINGS, LABEL, PREDICTION, PROTECTED, group_name

RATES = {
    "accuracy": accuracy_score,
    "selection_rate": fair.selection_rate,
    "tpr": fair.true_positive_rate,
    "fpr": fair.false_positive_rate,
    "fnr": fair.false_negative_rate,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["fairness"])
    parser.add_argument("files", nargs=2)
    asked = parser.parse_args()
    found = Findings("fairlearn", "pandas", "scikit-learn")
    with found.part("read"):
        rows = pd.read_parquet(asked.files[1], columns=[*PROTECTED, LABEL, PREDICTION])
    with found.part("fairness"):
        for chosen in GROUPINGS:
            frame = fair.MetricFrame(
                metrics=RATES, y_true=rows[LABEL], y_pred=rows[PREDICTION], sensitive_features=rows[list(chosen)]
            )
            frame.difference()
            for values, figures in frame.by_group.iterrows():
                found.add("groups", group_name(values if isinstance(values, tuple) else (values,)), **figures)
    found.emit()


if __name__ == "__main__":
    main()
