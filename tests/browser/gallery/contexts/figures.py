"""Invented figures of a release: fairness by two attributes, performance, calibration."""

from __future__ import annotations

from consilience.surfaces.web.charts import gaps, intervals
from consilience.surfaces.web.charts.calibration import Bin
from consilience.surfaces.web.charts.figures import Figure, Unit
from consilience.surfaces.web.charts.gaps import Gap
from consilience.surfaces.web.charts.intervals import Group
from consilience.surfaces.web.charts.scales import Range

AGES = [
    Group("18 to 25", Figure(0.86, 0.79, 0.93, 4210)),
    Group("26 to 45", Figure(1.0, None, None, 21880), is_reference=True),
    Group("46 to 64", Figure(0.97, 0.94, 1.0, 15034)),
    Group("65 and older", Figure(0.74, 0.67, 0.81, 2961)),
    Group("(missing)", Figure(None, rows=12, reason="12 cases are too few to say anything")),
]
DISABILITY = [
    Group("declared", Figure(0.412, 0.366, 0.459, 1106)),
    Group("not declared", Figure(0.451, 0.446, 0.456, 42979)),
]
GAPS = [
    Gap("Approval rate", Figure(0.16, 0.11, 0.21, 44085), 0.1),
    Gap("Missed good customers", Figure(0.07, 0.03, 0.12, 30120), 0.1),
    Gap("Wrongly approved", Figure(None, reason="one group has no customer who defaulted"), 0.1),
]
BINS = [
    Bin(f"{low / 10:.1f} to {low / 10 + 0.1:.1f}", low / 10 + 0.05, Figure(rate, rate - 0.03, rate + 0.03, 4400))
    for low, rate in enumerate([0.04, 0.13, 0.24, 0.33, 0.43, 0.56, 0.67, 0.79, 0.9])
] + [Bin("0.9 to 1.0", None, Figure(None, rows=0, reason="no score fell into this stretch"))]

FAIRNESS = [
    {
        "attribute": "age",
        "sub": "Approval rate of each group relative to people aged 26 to 45. Test set of 44,085 decisions.",
        "chart": intervals.ratios(
            AGES,
            title="Approval rate relative to people aged 26 to 45",
            reference_name="People aged 26 to 45",
            agreed=Range(low=0.8),
        ),
        "gaps": gaps.bars(GAPS, title="Largest difference between two age groups"),
        "head": "People over 65 are approved about a quarter less often than those aged 26 to 45.",
        "plain": [
            "About 9 in 100 more customers over 65 who would repay are refused. Chance alone does not explain it."
        ],
        "text": "With 2,961 cases, chance alone does not explain it.",
        "evidence": {"label": "Fairness report of 14 Nov", "url": "/evidence"},
    },
    {
        "attribute": "declared disability",
        "sub": "Approval rate of each group. The line is the rate of all customers.",
        "chart": intervals.points(
            DISABILITY,
            title="Approval rate by declared disability",
            reference=0.45,
            reference_name="All customers",
            agreed=Range(low=0.36, high=0.54),
            unit=Unit.PERCENT,
        ),
        "gaps": "",
        "head": "Both groups are approved about equally often.",
        "plain": [],
        "text": "The interval of the smaller group is wide: 1,106 cases.",
        "evidence": None,
    },
]
PERFORMANCE = [
    {
        "name": "Area under the curve",
        "meaning": "How often a customer who repays is ranked above one who does not",
        "figure": {"value": "0.781", "low": "0.774", "high": "0.788", "rows": 44085},
        "bound": "0.750 or more",
        "outcome": "satisfied",
        "plain": "It ranks about 78 of 100 pairs the right way round. A pure guess would get 50 of 100.",
    },
    {
        "name": "Recall",
        "meaning": "Share of defaults that were found",
        "figure": {"value": "0.613", "low": "0.598", "high": "0.628"},
        "bound": "",
        "plain": "",
        "outcome": "",
    },
    {
        "name": "Precision for 18 to 25",
        "meaning": "Share of warnings that were right",
        "figure": {"value": None, "reason": "nobody in this group was warned about"},
        "bound": "0.500 or more",
        "outcome": "no_evidence",
        "plain": "",
    },
]
