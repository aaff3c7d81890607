"""Small groups are withheld, and what is shown does not give them away by subtraction."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilience.measure.evaluate import evaluate
from consilience.measure.metrics import withholding
from consilience.measure.metrics.fairness import OF_GROUPS
from consilience.measure.metrics.figure import Reason

Sizes = dict[tuple[int, ...], dict[tuple[str | None, ...], int]]
RELAXED = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def sizes_of(rows: list[tuple[str, ...]]) -> Sizes:
    made: Sizes = {}
    for depth in range(1, min(len(rows[0]), 3) + 1):
        for chosen in combinations(range(len(rows[0])), depth):
            of = made.setdefault(chosen, {})
            for row in rows:
                group = tuple(row[place] for place in chosen)
                of[group] = of.get(group, 0) + 1
    return made


def given_away(sizes: Sizes, hidden: set[Any], cells: list[tuple[str, ...]]) -> list[Any]:
    """The hidden groups whose sum over the finest cells follows from those of the groups that are shown."""

    def row(attributes: tuple[int, ...], group: tuple[str | None, ...]) -> list[float]:
        return [float(all(cell[a] == v for a, v in zip(attributes, group, strict=True))) for cell in cells]

    shown = [row((), ())] + [row(a, g) for a, of in sizes.items() for g in of if (a, g) not in hidden]
    rank = np.linalg.matrix_rank(np.array(shown))
    return [term for term in hidden if np.linalg.matrix_rank(np.array([*shown, row(*term)])) == rank]


def test_with_four_attributes_empty_groups_give_no_small_one_away() -> None:
    generator, hidden_of_all = np.random.default_rng(7), 0
    for _ in range(25):
        draws = [np.minimum(generator.integers(0, 4, 60), generator.integers(0, 4, 60)) for _ in range(4)]
        rows = [tuple(str(one) for one in row) for row in zip(*draws, strict=True)]
        sizes, finest = sizes_of(rows), {cell: rows.count(cell) for cell in sorted(set(rows))}
        hidden = withholding.withheld(sizes, minimum=5, finest=finest)
        small = {(a, g) for a, of in sizes.items() for g, size in of.items() if size < 5}
        small |= {((0, 1, 2, 3), cell) for cell, size in finest.items() if size < 5}
        shown = {(a, g) for a, of in sizes.items() for g in of if (a, g) not in hidden}
        known = given_away(sizes, set(hidden) | small, list(finest))
        assert not [term for term in known if term in small]
        hidden_of_all += bool(shown)
    assert hidden_of_all > 20, "something is still shown"


@RELAXED
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("uvw"), st.sampled_from("xyz")), min_size=6, max_size=60),
    st.integers(2, 5),
)
def test_no_withheld_group_follows_from_those_that_are_shown(rows: list[tuple[str, ...]], minimum: int) -> None:
    sizes, cells = sizes_of(rows), sorted(set(rows))
    hidden = withholding.withheld(sizes, minimum=minimum)
    small = {(a, g) for a, of in sizes.items() for g, size in of.items() if size < minimum}
    assert {term for term, reason in hidden.items() if reason is Reason.SMALL_GROUP_WITHHELD} == small
    away = given_away(sizes, set(hidden), cells)
    shown = [(a, g) for a, of in sizes.items() for g in of if (a, g) not in hidden]
    for attributes, group in away:  # only where nothing is left that could be withheld beside it
        assert sizes[attributes][group] == len(rows) or not shown


def test_where_one_of_a_line_is_withheld_the_smallest_other_one_is_too() -> None:
    rows = [("a",)] * 3 + [("b",)] * 10 + [("c",)] * 20
    hidden = withholding.withheld(sizes_of(rows), minimum=5)
    assert hidden == {
        ((0,), ("a",)): Reason.SMALL_GROUP_WITHHELD,
        ((0,), ("b",)): Reason.WITHHELD_FOR_ANOTHER,
    }


def test_a_small_intersection_is_protected_in_both_directions() -> None:
    rows = [("a", "u")] * 2 + [("a", "v")] * 10 + [("b", "u")] * 11 + [("b", "v")] * 12
    hidden = set(withholding.withheld(sizes_of(rows), minimum=5))
    assert hidden == {((0, 1), (a, b)) for a in "ab" for b in "uv"}, "each of the four follows from any three"


def test_sums_that_give_away_only_together_are_found() -> None:
    # In every line two are withheld, but the withheld groups of one block have as many equations as unknowns.
    rows = [(a, b) for a, b, n in (
        ("a", "x", 1), ("a", "y", 1), ("a", "z", 9), ("b", "x", 1), ("b", "y", 1), ("b", "z", 9),
        ("c", "x", 9), ("c", "y", 9), ("c", "z", 9),
    ) for _ in range(n)]  # fmt: skip
    hidden = withholding.withheld(sizes_of(rows), minimum=5)
    assert not given_away(sizes_of(rows), set(hidden), sorted(set(rows)))


def test_nothing_is_withheld_where_all_groups_are_large_enough() -> None:
    assert withholding.withheld(sizes_of([("a", "u"), ("b", "v")] * 9), minimum=5) == {}


def test_many_small_groups_withhold_the_intersections_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withholding, "MANY_WITHHELD", 3)
    rows = [(a, b) for a in "abcdef" for b in "uv" for _ in range(2 if a < "d" else 20)]
    sizes = sizes_of(rows)
    hidden = withholding.withheld(sizes, minimum=5)
    assert all(((0, 1), group) in hidden for group in sizes[0, 1])
    assert not given_away(sizes, set(hidden), sorted(set(rows)))


def a_report(minimum: int | None) -> dict[str, Any]:
    generator = np.random.default_rng(4)
    s = generator.random(200)
    table = pa.table({
        "y": (generator.random(200) < s).astype(int), "s": s,
        "g": ["tiny"] * 3 + ["small"] * 20 + ["large"] * 77 + ["most"] * 100,
    })  # fmt: skip
    named: dict[str, Any] = {} if minimum is None else {"minimum_group": minimum}
    report: Any = evaluate(table, label="y", score="s", threshold=0.4, protected=["g"], **named)
    part: dict[str, Any] = report["fairness"]["g"]
    return part


def test_a_withheld_group_has_its_rows_and_the_reason_and_no_figure_anywhere() -> None:
    part = a_report(5)
    assert part["withheld"] == {"tiny": "small_group_withheld", "small": "withheld_for_another"}
    for key, reason in part["withheld"].items():
        group = part["groups"][key]
        assert group["rows"] == {"tiny": 3, "small": 20}[key]
        assert all((group[name]["value"], group[name]["reason"]) == (None, reason) for name in OF_GROUPS)
        assert all(found["value"] is None for found in group["calibration"].values())
        assert group["reliability"] == []
        assert all(key not in of for of in part["simultaneous"].values())
        assert all(key not in part["impact"][of]["groups"] for of in ("selection", "scoring"))
    shown = [part["groups"][key]["selection_rate"]["value"] for key in ("large", "most")]
    assert part["gaps"]["selection_rate"]["value"] == max(shown) - min(shown)


def test_without_a_minimum_nothing_is_withheld() -> None:
    part = a_report(None)
    assert part["withheld"] == {}
    assert part["groups"]["tiny"]["selection_rate"]["value"] is not None
