"""NannyML: `python -m peers.nannyml_jobs drift|performance|cbpe|everything REFERENCE CURRENT`.

Each file is one chunk, so that its figures answer the question that ours do. It fits on the reference; without that it
calculates nothing.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import nannyml
import pandas as pd

from peers.findings import Findings
from peers.log_columns import CATEGORIES, FEATURES, LABEL, NUMBERS, PREDICTION, SCORE

METRICS = ("accuracy", "precision", "recall", "f1", "roc_auc", "specificity", "average_precision")
MODEL = {"problem_type": "classification_binary", "y_true": LABEL, "y_pred": PREDICTION, "y_pred_proba": SCORE}
PARTS = {
    "drift": ("drift",),
    "performance": ("performance",),
    "cbpe": ("cbpe",),
    "everything": ("drift", "quality", "performance", "cbpe"),
}


def drift(reference: pd.DataFrame, current: pd.DataFrame, found: Findings, chunks: int) -> None:
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=list(FEATURES),
        continuous_methods=["jensen_shannon", "wasserstein", "kolmogorov_smirnov"],
        categorical_methods=["jensen_shannon", "chi2", "l_infinity"],
        chunk_number=chunks,
    )
    table = calculator.fit(reference).calculate(current).filter(period="analysis").to_df()
    for column in FEATURES:
        for ours, theirs in (
            ("jensen_shannon", "jensen_shannon"),
            ("wasserstein", "wasserstein"),
            ("ks", "kolmogorov_smirnov"),
            ("l_infinity", "l_infinity"),
        ):
            if (column, theirs, "value") in table.columns:
                found.add("drift", column, **{ours: last(table[(column, theirs, "value")])})


def quality(reference: pd.DataFrame, current: pd.DataFrame, found: Findings, chunks: int) -> None:
    missing = nannyml.MissingValuesCalculator(column_names=list(FEATURES), normalize=False, chunk_number=chunks)
    unseen = nannyml.UnseenValuesCalculator(column_names=list(CATEGORIES), normalize=False, chunk_number=chunks)
    numbers = {"column_names": list(NUMBERS), "chunk_number": chunks}
    calculators: dict[str, Any] = {
        "missing": missing,
        "unseen": unseen,
        "outside": nannyml.NumericalRangeCalculator(**numbers, normalize=False),
        "mean": nannyml.SummaryStatsAvgCalculator(**numbers),
        "standard_deviation": nannyml.SummaryStatsStdCalculator(**numbers),
        "median": nannyml.SummaryStatsMedianCalculator(**numbers),
    }
    for name, calculator in calculators.items():
        table = calculator.fit(reference).calculate(current).filter(period="analysis").to_df()
        for column in FEATURES:
            if (column, "value") in table.columns:
                found.add("quality", column, **{name: last(table[(column, "value")])})


def performance(reference: pd.DataFrame, current: pd.DataFrame, found: Findings, chunks: int) -> None:
    calculator = nannyml.PerformanceCalculator(metrics=list(METRICS), chunk_number=chunks, **MODEL)
    table = calculator.fit(reference).calculate(current).filter(period="analysis").to_df()
    for metric in METRICS:
        found.add("performance", "all rows", **{metric: last(table[(metric, "value")])})


def cbpe(reference: pd.DataFrame, current: pd.DataFrame, found: Findings, chunks: int) -> None:
    estimator = nannyml.CBPE(metrics=list(METRICS[:-1]), chunk_number=chunks, **MODEL)
    table = estimator.fit(reference).estimate(current).filter(period="analysis").to_df()
    for metric in METRICS[:-1]:
        found.add("cbpe", "all rows", **{metric: last(table[(metric, "value")])})


def last(values: pd.Series) -> float:
    return float(values.iloc[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=list(PARTS))
    parser.add_argument("files", nargs=2)
    parser.add_argument("--chunks", type=int, default=1)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    found = Findings("nannyml", "pandas", "statsmodels")
    wants = PARTS[asked.job]
    columns = [*(FEATURES if {"drift", "quality"} & {*wants} else ())]
    columns += [LABEL, SCORE, PREDICTION] if {"performance", "cbpe"} & {*wants} else []
    with found.part("read"):
        reference, current = (pd.read_parquet(file, columns=columns) for file in asked.files)
    jobs = {"drift": drift, "quality": quality, "performance": performance, "cbpe": cbpe}
    for name in wants:
        with found.part(name):
            jobs[name](reference, current, found, asked.chunks)
    found.emit()


if __name__ == "__main__":
    main()
