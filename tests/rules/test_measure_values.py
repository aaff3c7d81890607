"""Text forms of values, keys of groups, the positive class, and plans that cannot be meant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import classes
from consilience.measure.plan import Plan, make_plan
from consilience.measure.values import group_key, spellings, text_of, text_of_field

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # kernels compile at first use


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("female", "female"),
        ("", ""),
        (True, "true"),
        (np.True_, "true"),
        (0, "0"),
        (np.int8(-3), "-3"),
        (1.0, "1"),
        (0.1, "0.1"),
        (-0.0, "0"),
        (float("nan"), None),
        (float("inf"), "Infinity"),
        (None, None),
        (Decimal("1.50"), "1.5"),
        (date(2015, 1, 2), "2015-01-02"),
        (datetime(2015, 1, 2, 3, 4, 5), "2015-01-02T03:04:05"),  # noqa: DTZ001
        (datetime(2015, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), "2015-01-02T01:00:00Z"),
        (datetime(2015, 1, 2, tzinfo=UTC), "2015-01-02T00:00:00Z"),
        (timedelta(seconds=1.5), "1.5"),
    ],
)
def test_a_value_has_one_text_form(value: object, text: str | None) -> None:
    assert text_of(value) == text


def test_a_value_that_no_group_can_have_is_refused() -> None:
    with pytest.raises(BadInput, match="a list is not a value that groups or classes can have"):
        text_of(["a"])


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("", None),
        ("True", "true"),
        ("1.0", "1"),
        ("1e3", "1000"),
        ("-0", "0"),
        ("02139", "02139"),
        ("NA", "NA"),
        ("1e999", "1e999"),
        ("0.50", "0.5"),
    ],
)
def test_a_csv_field_has_the_text_form_of_the_value_it_shows(field: str, text: str | None) -> None:
    assert text_of_field(field) == text


def test_a_filter_value_is_understood_as_typed_as_a_field_and_as_a_midnight() -> None:
    assert {"2015-04-30", "2015-04-30T00:00:00"} <= spellings("2015-04-30")
    assert {"True", "true"} <= spellings("True")
    with pytest.raises(BadInput, match="missing value cannot be chosen"):
        spellings(None)


def test_a_missing_group_and_a_group_spelled_missing_have_different_keys() -> None:
    assert group_key((None,)) == "(missing)"
    assert group_key(("(missing)",)) == "((missing))"
    assert group_key(("((missing))",)) == "(((missing)))"


def test_the_key_of_an_intersection_is_its_values_joined_by_x() -> None:
    assert group_key(("female", "White alone")) == "female x White alone"
    assert group_key((None, "a x b")) == "(missing) x a \\x b"


@RELAXED
@given(
    st.lists(
        st.tuples(*[st.none() | st.text("x \\(ab)", max_size=6) | st.sampled_from(["(missing)", "a x", "x"])] * 2),
        max_size=30,
    )
)
def test_no_two_groups_share_a_key(groups: list[tuple[str | None, ...]]) -> None:
    assert len({group_key(group) for group in groups}) == len(set(groups))


@pytest.mark.parametrize(
    ("values", "positive", "expected"),
    [
        (["0", "1"], None, {"0": 0, "1": 1}),
        (["false"], None, {"false": 0}),
        (["no", "yes"], "yes", {"no": 0, "yes": 1}),
        (["no"], "yes", {"no": 0}),
        (["0", "1"], "0", {"0": 1, "1": 0}),
        (["false", "true"], "1", {"false": 0, "true": 1}),
        (["1", "2"], "2", {"1": 0, "2": 1}),
        (["1", "2"], "1", {"1": 1, "2": 0}),
        ([], None, {}),
    ],
)
def test_the_positive_class_is_plain_or_chosen(
    values: list[str], positive: str | None, expected: dict[str, int]
) -> None:
    assert classes.codes(values, positive=positive, where="y") == expected


@pytest.mark.parametrize(
    ("values", "positive", "sentence"),
    [
        (
            ["a", "b", "c"],
            None,
            "y: two classes are expected, there are more: 'a', 'b', 'c' \\(`--task multiclass` takes them\\)",
        ),
        (["a", "b", "c"], "a", "two classes are expected"),
        (["no", "yes"], None, "y: the values are 'no', 'yes': say which one is the positive class"),
        (["1", "2"], None, "say which one is the positive class"),
        (["0", "true"], None, "say which one is the positive class"),
        (["no", "yes"], "Yes", "y: the positive class 'Yes' is not among the values 'no', 'yes'"),
        (["1", "true"], "true", "cannot be told apart"),
        (["1", "1.0"], "1.0", "cannot be told apart"),
    ],
)
def test_a_positive_class_is_never_guessed(values: list[str], positive: str | None, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        classes.codes(values, positive=positive, where="y")


def test_the_class_of_a_value_does_not_depend_on_the_values_beside_it() -> None:
    pool = ["0", "1", "false", "true", "no", "yes", "2"]
    for positive, one, other in product([None, *pool], pool, pool):
        try:
            together = classes.codes([one, other], positive=positive, where="y")
            alone = classes.codes([one], positive=positive, where="y")
        except BadInput:
            continue
        assert together[one] == alone[one], (positive, one, other)


def test_predictions_in_other_words_than_the_labels_are_refused() -> None:
    classes.agree(["0", "1"], ["false", "true"], positive=None)
    classes.agree(["no", "yes"], ["yes"], positive="yes")
    with pytest.raises(BadInput, match="label and prediction together: two classes are expected"):
        classes.agree(["no", "yes"], ["0", "1"], positive="yes")
    with pytest.raises(BadInput, match="label and prediction together"):
        classes.agree(["1", "2"], ["0", "1"], positive="1")


def test_a_plan_that_contradicts_itself_is_wrong_use() -> None:
    for wrong in (
        {},
        {"threshold": 0.5, "label": "y"},
        {"threshold": 0.5, "score": "s", "prediction": "p"},
        {"label": "y", "protected": "sex"},
    ):
        with pytest.raises(WrongUse):
            make_plan(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"protected": ["a x b"]}, "may not contain ' x '"),
        ({"protected": ["y"]}, "column 'y': is named both as label and as protected attribute"),
        ({"protected": ["a", "a"]}, "named twice"),
        ({"score": "y"}, "need columns of their own"),
        ({"score": "s", "threshold": 1.5}, "threshold: 1.5 is not a number from 0 to 1"),
        ({"score": "s", "threshold": float("nan")}, "is not a number from 0 to 1"),
        ({"where": [("a", None)]}, "a missing value cannot be chosen"),
        ({"protected": [str(number) for number in range(13)]}, "at most 12"),
        ({"score_entries": 0}, "score_entries"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_bad_input(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        make_plan(**{"label": "y", **wrong})  # type: ignore[arg-type]


def test_a_filter_is_no_part_of_what_two_states_must_share() -> None:
    plan = make_plan(label="y", prediction="p", where=[("year", 2015)])
    assert plan.where == (("year", "2015"),)
    assert plan.without_filter() == Plan(label="y", prediction="p")
