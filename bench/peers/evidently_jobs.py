"""Evidently: `python -m peers.evidently_jobs drift|performance|everything REFERENCE CURRENT`.

Its presets as they come. Its rates by group (`GroupBy`) are left out: in 0.7.23 every group got the figure of all rows.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from math import log, sqrt
from typing import Any

import pandas as pd
from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.presets import ClassificationPreset, DataDriftPreset, DataSummaryPreset

from peers.findings import Findings
from peers.log_columns import CATEGORIES, FEATURES, LABEL, NUMBERS, PREDICTION, SCORE

PARTS = {
    "drift": ("drift",),
    "performance": ("performance",),
    "everything": ("drift", "quality", "performance"),
}
PRESETS: dict[str, Callable[[], Any]] = {
    "drift": lambda: DataDriftPreset(columns=list(FEATURES)),
    "quality": lambda: DataSummaryPreset(columns=list(FEATURES)),
    "performance": ClassificationPreset,
}
DISTANCES = {"Wasserstein distance (normed)": "wasserstein_scaled", "Jensen-Shannon distance": "jensen_shannon"}
QUALITY = {"MissingValueCount": "missing", "MeanValue": "mean", "StdValue": "standard_deviation"}
PERFORMANCE = {
    "Accuracy": "accuracy",
    "Precision": "precision",
    "Recall": "recall",
    "F1Score": "f1",
    "RocAuc": "roc_auc",
    "LogLoss": "log_loss",
}


def keep(metric: dict[str, Any], found: Findings) -> None:
    """Keep a metric of a report that ours has too."""
    kind, said, value = metric["config"]["type"].rsplit(":", 1)[-1], metric["config"], metric["value"]
    if kind == "ValueDrift" and said["method"] in DISTANCES:
        name = DISTANCES[said["method"]]
        # Its Jensen-Shannon distance is of natural logarithms, ours and NannyML's of base 2.
        found.add("drift", said["column"], **{name: value / sqrt(log(2)) if name == "jensen_shannon" else value})
    elif kind in QUALITY:
        found.add("quality", said["column"], **{QUALITY[kind]: value["count"] if isinstance(value, dict) else value})
    elif kind in PERFORMANCE:
        found.add("performance", "all rows", **{PERFORMANCE[kind]: value})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=list(PARTS))
    parser.add_argument("files", nargs=2)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    found = Findings("evidently", "pandas", "scikit-learn")
    wants = PARTS[asked.job]
    features, model = "drift" in wants, "performance" in wants
    classes = BinaryClassification(target=LABEL, prediction_labels=PREDICTION, prediction_probas=SCORE, pos_label=1)
    definition = DataDefinition(
        numerical_columns=list(NUMBERS) if features else [],
        categorical_columns=list(CATEGORIES) if features else [],
        classification=[classes] if model else None,
    )
    columns = [*(FEATURES if features else ()), *((LABEL, SCORE, PREDICTION) if model else ())]
    # Performance is asked of the current rows alone, as of ours.
    files = asked.files if features else asked.files[1:]
    with found.part("read"):
        *reference, current = (
            Dataset.from_pandas(pd.read_parquet(file, columns=columns), data_definition=definition) for file in files
        )
    for name in wants:
        with found.part(name):
            compared = reference[0] if name != "performance" else None
            for metric in Report([PRESETS[name]()]).run(current, compared).dict()["metrics"]:
                keep(metric, found)
    found.emit()


if __name__ == "__main__":
    main()
