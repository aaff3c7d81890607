"""The manual says of each figure what its docstring says: one text, so that they cannot drift apart."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from consilience.measure.metrics import (
    agreement,
    disparities,
    impact,
    precision_curve,
    recalibration,
    reliability,
    resampling,
    smooth_ece,
    thresholds,
    unlabelled,
    withholding,
)

MANUAL = (Path(__file__).resolve().parents[2] / "docs/manual/measure.md").read_text()
SECTIONS: dict[str, object] = {
    "`balanced_accuracy`": agreement.balanced_accuracy,
    "`mcc`": agreement.mcc,
    "`cohen_kappa`": agreement.cohen_kappa,
    "`average_precision`": precision_curve.average_precision,
    "`thresholds`": thresholds.table,
    "`cost`": thresholds.cost,
    "`least_cost`": thresholds.least_cost,
    "`reliability`": reliability.reliability,
    "`ece_debiased`": reliability.ece_debiased,
    "`brier_reliability` and the other parts of Brier": reliability.murphy,
    "`calibration_slope`": recalibration.calibration_slope,
    "`calibration_in_the_large`": recalibration.calibration_in_the_large,
    "`smece`": smooth_ece.smece,
    "`without_labels`": unlabelled.estimate,
    "`ratios`": disparities.ratios,
    "`disparities`": disparities.disparities,
    "`simultaneous`": disparities.simultaneous,
    "`impact`": impact.impact,
    "`withheld`": withholding,
    "Resamples": resampling,
}


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_section_of_the_manual_is_the_docstring(heading: str) -> None:
    _, found, rest = MANUAL.partition(f"\n### {heading}\n")
    assert found, f"docs/manual/measure.md has no section {heading}"
    section = rest.split("\n#")[0]
    said = inspect.getdoc(SECTIONS[heading]) or ""
    assert section.split() == said.split()
