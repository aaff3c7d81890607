"""The columns of the prediction log, and the rows' groups that fairness is asked about: what every program is told."""

from __future__ import annotations

from itertools import combinations

NUMBERS = tuple(f"n{number:02}" for number in range(20))
CATEGORIES = tuple(f"c{number:02}" for number in range(10))
FEATURES = NUMBERS + CATEGORIES
LABEL, SCORE, PREDICTION = "y_true", "y_score", "y_pred"
MOMENT, LATENCY = "ts", "latency_ms"
PROTECTED = ("sex", "race", "age_band")
GROUPINGS = tuple(chosen for size in (1, 2, 3) for chosen in combinations(PROTECTED, size))
"""Seven groupings, which make 2 + 5 + 4 + 10 + 8 + 20 + 40 = 89 groups."""


def group_name(values: tuple[object, ...]) -> str:
    """The name of a group in the findings, from its values in the order of `PROTECTED`."""
    return " x ".join(str(value) for value in values)
