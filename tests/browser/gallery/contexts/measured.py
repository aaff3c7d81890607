"""Records of evidence whose pages are pictures: a comparison, a contract of data, segments, a model over time."""

from __future__ import annotations

from consilience.surfaces.web.charts import differences, rows, tables, through
from consilience.surfaces.web.charts.differences import Difference
from consilience.surfaces.web.charts.figures import DASH, Figure, Unit
from consilience.surfaces.web.charts.scales import scale
from consilience.surfaces.web.charts.through import Point
from tests.browser.gallery.contexts.common import Context
from tests.browser.gallery.contexts.data import EVIDENCE_PAGE
from tests.browser.gallery.contexts.strained import HOSTILE, LONG


def part(title: str, sub: str, head: str, text: str, chart: str) -> Context:
    return {"title": title, "sub": sub, "head": head, "text": text, "chart": chart}


def record(kind: str, *parts: Context) -> Context:
    """A current record of this kind with these pictures and nothing else."""
    said = {"kind": kind, "text": f"{kind} of credit-limit v14.", "standing": "current", "replaced_by": None}
    return EVIDENCE_PAGE | {"record": EVIDENCE_PAGE["record"] | said, "figures": [], "charts": list(parts)}


UNDEFINED = Figure(None, reason="no_positives")
BETTER = differences.bars(
    [
        Difference("Area under the curve", Figure(0.021, 0.012, 0.031, 41_287), ("0.762", "0.783")),
        Difference("Recall", Figure(-0.004, -0.017, 0.009, 41_287), ("0.611", "0.607")),
        Difference("Precision", UNDEFINED, (DASH, DASH)),
    ],
    title="Difference to credit-limit v13", first="Measure", heads=("Baseline", "Version"),
)  # fmt: skip
COMPARISON: Context = record(
    "Comparison with a baseline",
    part(
        "Where more is better", "The version less credit-limit v13, on the same rows, with 95 % intervals.",
        "Better than credit-limit v13 in area under the curve, by more than chance explains.",
        "Area under the curve is 0.783, and 0.762 for credit-limit v13: +0.021; the data fit +0.012 to +0.031.", BETTER,
    ),
    part("Where less is better", "The version less credit-limit v13.", "", "", differences.bars([], title="", first="", heads=())),
)  # fmt: skip

RULES = [
    ("income: is a number", Figure(0.0412, 0.0391, 0.0434, 412_873), "broken"),
    (
        f"{LONG}: lies between two bounds that somebody wrote down",
        Figure(0.0009, 0.0006, 0.0012, 412_873),
        "broken, only warns",
    ),
    ("town: is one of", Figure(None, reason="small_group_withheld"), "kept"),
]
KEPT = rows.chart(
    [rows.Mark(name, share, start=0.0) for name, share, _stands in RULES],
    rows.Style(scale=scale([0.0, 0.0434], marks=2), decimals=3, unit=Unit.PERCENT),
    title="Share of the rows asked that break each rule", key=rows.key(has_intervals=True),
) + tables.folded(tables.table(
    [tables.Line(name, share) for name, share, _stands in RULES], caption="Every rule", first="Rule", decimals=3, unit=Unit.PERCENT,
))  # fmt: skip
VALIDATION: Context = record(
    "Data held to a contract",
    part(
        "Rules of the contract", "The share of the rows asked that break each rule, with 95 % intervals.",
        "The data break the contract: 1 of 9 rules that must hold do not.",
        "Most rows break “income: is a number”: 4.12 %; for further rows of this kind the data fit 3.91 % to 4.34 %.", KEPT,
    ),
)  # fmt: skip

SEGMENTS: Context = record(
    "Segments with larger errors",
    part(
        "Segments with larger errors",
        "Found on one half of a sample of 200,000 of 412,873 rows among 1,204 segments, and tested on the other half.",
        "1 of 3 segments err more than chance explains, allowing for how many were tested.",
        "Where age < 26 and town = Bonn the mean error is 0.412, +0.143 against all other rows (all rows: 0.269).",
        differences.bars(
            [
                Difference("age < 26 and town = Bonn", Figure(0.143, 0.098, 0.188, 1_402), ("1,402", "0.412", "yes (p < 0.001)")),
                Difference(f"{LONG} = {HOSTILE}", Figure(0.061, -0.011, 0.133, 210), ("210", "0.330", "no (p 0.094)")),
                Difference("town = Ulm", Figure(0.02), ("87", "0.289", "no")),
            ],
            title="Mean error above that of all other rows", first="Segment", heads=("Rows", "Mean error", "Confirmed"),
        ),
    ),
)  # fmt: skip

WEEKS = [Point(f"2026-{1 + week // 4:02d}-{1 + 7 * (week % 4):02d}", Figure(0.78 - 0.002 * week, 0.77 - 0.002 * week, 0.79 - 0.002 * week, 900))
         for week in range(40)]  # fmt: skip
WEEKS[12] = Point(WEEKS[12].start, Figure(None, reason="labels_to_come"))
OVER_TIME: Context = record(
    "A model over time",
    part(
        "Alarms", "All windows together less the reference, 2026-01-01. The intervals hold however often one looks.",
        "An alarm sounds for area under the curve (since 2026-05-08).", "Area under the curve moved most: -0.041.",
        differences.bars(
            [
                Difference("Area under the curve", Figure(-0.041, -0.061, -0.021, 36_000), ("since 2026-05-08", "over 1,000,000")),
                Difference("Selection rate", Figure(0.003, -0.014, 0.02, 36_000), ("none", "0.12")),
            ],
            title="Change against the reference", first="Figure", heads=("Alarm", "e-value"),
        ),
    ),
    part(
        "Area under the curve", "How well scores order the cases.",
        "In 31 of 39 windows it differs from the reference by more than chance explains in a single look.",
        "From 2026-10-22 it is 0.702; the data fit 0.692 to 0.712. In the reference it was 0.780.",
        through.line(WEEKS, title="Area under the curve", said="It falls.", level=0.78, since="2026-05-08"),
    ),
)  # fmt: skip
