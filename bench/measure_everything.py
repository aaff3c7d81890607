"""Our side of the comparison: `python bench/measure_everything.py [JOB REFERENCE CURRENT]`.

"everything" is drift of the features, data quality, performance, calibration and fairness of all groups with intervals:
one call of `consilience.measure.everything` where there is one, else of `evaluate` with a reference. "windows"
is all of it but quality for each day of the current log, where `consilience.measure.over_time` is there.
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from typing import Any

from peers.findings import Findings
from peers.log_columns import CATEGORIES, LABEL, LATENCY, MOMENT, NUMBERS, PREDICTION, PROTECTED, SCORE

MODEL: dict[str, Any] = {"label": LABEL, "score": SCORE, "prediction": PREDICTION}
JOBS = ("drift", "performance", "fairness", "everything", "windows")
OF_ITS_OWN = find_spec("consilience.measure.everything") is not None


def everything(reference: str, current: str, features: list[str]) -> dict[str, Any]:
    """The `evaluate` report with drift (and quality, where it is there), from one scan of each file."""
    if OF_ITS_OWN:
        from consilience.measure.everything import everything as all_of_it

        return dict(all_of_it(current, reference=reference, columns=features, protected=PROTECTED, **MODEL))
    from consilience.measure.evaluate import evaluate

    return dict(evaluate(current, reference=reference, columns=features, protected=PROTECTED, **MODEL))


def asked_report(job: str, reference: str, current: str, features: list[str]) -> dict[str, Any]:
    if job == "everything":
        return everything(reference, current, features)
    if job == "drift":
        from consilience.measure.drifting import drift

        return {"drift": drift(current, reference, columns=features)}
    if job == "windows":
        from consilience.measure.over_time import over_time

        rest = [LABEL, SCORE, PREDICTION, MOMENT, LATENCY, *PROTECTED]
        daily = {"by": "day", "time": MOMENT, "reference": reference, "without": rest}
        return dict(over_time(current, protected=PROTECTED, **daily, **MODEL))
    from consilience.measure.evaluate import evaluate

    return dict(evaluate(current, protected=PROTECTED if job == "fairness" else (), **MODEL))


def keep(report: dict[str, Any], found: Findings) -> None:
    """Keep the figures that a peer might have too, and say in the notes what was done."""
    methods: set[str] = set()
    drift = report.get("drift", {})
    for column, figures in drift.get("features", {}).items():
        found.add("drift", column, **values(figures, methods))
        if "largest_share_shift" in figures:
            found.add("drift", column, l_infinity=abs(figures["largest_share_shift"]["value"]))
    for column, bins in drift.get("bins", {}).items():
        found.add("quality", column, missing=bins["missing"][1])
    for family in ("performance", "calibration", "rates"):
        if report.get(family):
            found.add("performance", "all rows", **values(report[family], methods))
    for attributes in report.get("fairness", {}).values():
        for name, group in attributes["groups"].items():
            found.add("groups", name, **values(group, methods))
        values(attributes["gaps"], methods)
        values(attributes["ratios"], methods)
    found.notes = {
        "features": len(found.figures.get("drift", {})),
        "quality": "quality" in report,
        "groups": len(found.figures.get("groups", {})),
        "windows": len(report.get("windows", ())),
        "intervals": sorted(methods),
    }


def values(figures: dict[str, Any], methods: set[str]) -> dict[str, Any]:
    """The values of the figures among the entries of a report. The methods of their intervals are added to `methods`."""
    found = {}
    for name, figure in figures.items():
        if isinstance(figure, dict) and "value" in figure:
            found[name] = figure["value"]
            methods |= {figure["method"]} - {None}
    return found


def million(numbers: int) -> list[str]:
    """The cached logs of a million rows each."""
    from comparing.logs import logs  # only here: a measured run is told its files, and starts sooner without

    return [str(file) for file in logs(1_000_000, numbers=numbers)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", nargs="?", choices=JOBS, default="everything")
    parser.add_argument("files", nargs="*", metavar="FILE", help="reference and current; else a million rows each")
    parser.add_argument("--numbers", type=int, default=len(NUMBERS), help="numeric columns of the log")
    asked = parser.parse_args()
    if len(asked.files) not in {0, 2}:
        parser.error("name the reference and the current file, or none")
    reference, current = asked.files or million(asked.numbers)
    features = [*(f"n{number:02}" for number in range(asked.numbers)), *CATEGORIES]
    found = Findings("consilience", "numpy", "numba", "pyarrow")
    with found.part(asked.job):
        report = asked_report(asked.job, reference, current, features)
    keep(report, found)
    if asked.files:
        found.emit()
    else:
        print(
            f"{asked.job}, 1,000,000 + 1,000,000 rows: {found.seconds[asked.job]:.2f} s inside the process; {found.notes}"
        )


if __name__ == "__main__":
    main()
