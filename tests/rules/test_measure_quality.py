"""Quality against a reference: numpy and pandas agree, brackets hold the truth, renamed and recoded columns are suggested."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import BadInput
from consilience.measure.engines.comparing import quality_of
from consilience.measure.engines.learning import learn
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.profiling import profile
from consilience.measure.metrics.figure import Figure, Method, Reason
from consilience.measure.metrics.quality import Quality, quality
from consilience.measure.spelling import look_alike

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "validate.schema.json").read_text())
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the development data lies beside the checkout, in ../shared/data"
)
ROWS = 4_000


def a_frame(seed: int = 1, rows: int = ROWS, shift: float = 0.0) -> pa.Table:
    generator = np.random.default_rng(seed)
    number = generator.normal(10 + shift, 3, rows)
    awkward = np.where(generator.random(rows) < 0.1, np.nan, number)
    awkward[:3] = [np.inf, -np.inf, 0.0]
    return pa.table(
        {
            "number": number,
            "awkward": pa.array(awkward, mask=generator.random(rows) < 0.2),
            "few": generator.integers(0, 4, rows),
            "word": pa.array(
                np.array(["a", "b", "c"])[generator.integers(0, 3, rows)], mask=generator.random(rows) < 0.05
            ),
            "id": np.arange(rows),
            "same": np.full(rows, 7.0),
        }
    )


def between(current: pa.Table, reference: pa.Table, **named: Any) -> Quality:
    return quality_of(current, profile(reference), **named)


def renamed(found: Quality) -> set[tuple[str, str, str]]:
    return {(one.lost, one.added, one.reason) for one in found.renamed}


def the(figure: Figure) -> float:
    assert figure.value is not None, figure.reason
    return figure.value


def test_every_figure_is_what_pandas_counts() -> None:
    reference, current = a_frame(1), a_frame(2, shift=2.0)
    columns = between(current, reference).columns
    then, now = reference.to_pandas(), current.to_pandas()
    raw = current["awkward"].combine_chunks()
    nan = sum(value is not None and math.isnan(value) for value in raw.to_pylist())
    assert the(columns["awkward"]["missing_share"]) == raw.null_count / ROWS
    assert the(columns["awkward"]["nan_share"]) == nan / ROWS, "NaN is not missing"
    assert the(columns["awkward"]["infinite_share"]) == 2 / ROWS
    low, high = then["number"].min(), then["number"].max()
    assert the(columns["number"]["outside_range"]) == (~now["number"].between(low, high)).mean()
    first, third = then["number"].quantile(0.25), then["number"].quantile(0.75)
    reach = 1.5 * (third - first)
    outliers = columns["number"]["outlier_share"]
    assert the(outliers) == (~now["number"].between(first - reach, third + reach)).mean()
    assert outliers.method == Method.WILSON, "exact while all values are kept"
    for name in ("number", "few", "word", "id"):
        distinct = columns[name]["distinct"]
        assert (the(distinct), distinct.low, distinct.method) == (now[name].nunique(), now[name].nunique(), "counted")
        assert the(columns[name]["uniqueness"]) == now[name].nunique() / now[name].count()
    assert [the(columns[name]["constant"]) for name in ("same", "few", "word")] == [1.0, 0.0, 0.0]
    assert columns["same"]["outlier_share"].reason is Reason.CONSTANT


@pytest.mark.parametrize("shift", [0.0, 1.0, 6.0])
def test_the_bracket_of_outliers_holds_the_truth_when_values_are_not_kept(shift: float) -> None:
    reference, current = a_frame(1), a_frame(2, shift=shift)
    plan = learn(open_source(reference), exact_rows=0)
    found = quality(profile(reference, plan), profile(current, plan)).columns["number"]["outlier_share"]
    exact = between(current, reference).columns["number"]["outlier_share"]
    assert found.method == "wilson+bracket"
    assert found.low is not None
    assert found.high is not None
    assert exact.low is not None
    assert exact.high is not None
    assert found.low <= exact.low <= exact.high <= found.high
    assert shift > 1 or found.high - found.low < 0.1, "only far rows are in a bin too wide to tell"


def test_what_is_surely_an_outlier_is_one_and_what_may_be_is_not_left_out() -> None:
    for seed in range(40):
        reference = pa.table({"x": np.random.default_rng(seed).standard_t(2, 90)})
        current = pa.table({"x": np.linspace(-9, 9, 3_001)})
        plan = learn(open_source(reference), exact_rows=0)
        found = quality(profile(reference, plan), profile(current, plan)).columns["x"]["outlier_share"]
        exact = between(current, reference).columns["x"]["outlier_share"]
        assert found.low is not None
        assert found.high is not None
        assert exact.low is not None
        assert exact.high is not None
        assert found.low <= exact.low <= exact.high <= found.high, seed


def test_many_different_values_are_estimated_and_say_so() -> None:
    rows = 60_000
    table = pa.table({"id": np.arange(rows) * 3, "name": [f"n{number}" for number in range(rows)]})
    plan = learn(open_source(table), exact_rows=0)
    columns = quality(profile(table, plan), profile(table, plan)).columns
    for name in ("id", "name"):
        found = columns[name]["distinct"]
        assert found.method == Method.K_MINIMUM
        assert found.low is not None
        assert found.high is not None
        assert found.low <= rows <= found.high
        assert abs(the(found) / rows - 1) < 0.1
        assert the(columns[name]["uniqueness"]) <= 1


def test_columns_are_added_lost_and_retyped_but_not_for_how_they_are_stored() -> None:
    reference = a_frame()
    current = reference.drop_columns(["few"]).append_column("new", pa.array(["x"] * ROWS))
    current = current.set_column(current.schema.get_field_index("id"), "id", reference["id"].cast(pa.string()))
    current = current.set_column(
        current.schema.get_field_index("word"), "word", reference["word"].combine_chunks().dictionary_encode()
    )
    found = between(current, reference)
    assert found.added == (("new", "string"),)
    assert found.lost == (("few", "int64"),)
    assert [(one.column, one.reference, one.current) for one in found.retyped] == [("id", "int64", "string")]
    assert "id" not in found.columns, "what is of another kind cannot be held against the reference's bins"


def test_labels_that_become_texts_or_booleans_are_retyped() -> None:
    reference = pa.table({"label": [0, 1] * 50, "flag": [True, False] * 50})
    current = pa.table({"label": [False, True] * 50, "flag": ["True", "False"] * 50})
    found = between(current, reference)
    assert {(one.column, one.reference, one.current) for one in found.retyped} == {
        ("label", "int64", "bool"), ("flag", "bool", "string"),
    }  # fmt: skip


def test_times_with_a_zone_and_without_are_not_the_same_type() -> None:
    moments = pa.array(range(100)).cast(pa.timestamp("us"))
    found = between(pa.table({"at": moments.cast(pa.timestamp("us", "UTC"))}), pa.table({"at": moments}))
    assert [(one.reference, one.current) for one in found.retyped] == [("timestamp[us]", "timestamp[us, tz=UTC]")]
    assert not found.columns


def test_a_renamed_column_is_suggested_by_its_values_and_only_once() -> None:
    reference, current = a_frame(1), a_frame(2)
    current = current.rename_columns(["amount", "awkward", "few", "letter", "id", "same"])
    assert renamed(between(current, reference)) == {
        ("number", "amount", "same_values"),
        ("word", "letter", "same_values"),
    }
    other = a_frame(3, shift=5.0).rename_columns(["amount", "awkward", "few", "word", "id", "same"])
    assert not renamed(between(other, reference)), "another distribution is another column"


def test_a_constant_is_no_reason_to_suggest_a_name() -> None:
    reference = pa.table({"a": [1.0] * 100, "b": ["x"] * 100, "keep": range(100)})
    current = pa.table({"c": [1.0] * 100, "d": ["x"] * 100, "keep": range(100)})
    assert not renamed(between(current, reference))


def test_nearly_known_spellings_are_said_and_never_taken_for_known() -> None:
    reference = pa.table({"income": [">50K", "<=50K"] * 50})
    current = pa.table({"income": [">50K."] * 30 + ["<=50K"] * 70})
    found = between(current, reference)
    assert the(found.columns["income"]["unseen"]) == 0.3
    (note,) = found.notes
    assert (note.reason, note.value, note.like) == ("looks_like", ">50K.", ">50K")
    assert "not taken for one another" in note.sentence
    assert not between(current, reference, withheld=["income"]).notes


@pytest.mark.parametrize(
    ("value", "like"),
    [
        (">50K.", ">50K"),
        ("Female ", "female"),
        ("divorcd", "divorced"),
        ("A12", None),
        ("no", None),
        ("x1234567", None),
    ],
)
def test_what_is_nearly_the_same(value: str, like: str | None) -> None:
    found = look_alike(value, [">50K", "<=50K", "female", "divorced", "A11", "yes", "x1234568"])
    assert (None if found is None else found[0]) == like


def test_states_of_two_plans_are_refused_and_no_rows_are_undefined() -> None:
    with pytest.raises(BadInput, match="different plans"):
        quality(profile(a_frame(1)), profile(a_frame(2)))
    reference = a_frame()
    for figures in between(reference.slice(0, 0), reference).columns.values():
        assert {figures[name].reason for name in ("missing_share", "distinct", "constant")} == {Reason.NO_ROWS}


@pytest.mark.parametrize("cut", [1, 1_700, ROWS - 1])
def test_parts_and_their_order_change_nothing(cut: int, tmp_path: Path) -> None:
    reference, current = profile(a_frame(1)), a_frame(2)
    swapped = pa.concat_tables([current.slice(cut), current.slice(0, cut)])
    pq.write_table(swapped, tmp_path / "swapped.parquet", row_group_size=500)
    assert quality_of(tmp_path / "swapped.parquet", reference).as_json() == quality_of(current, reference).as_json()


@needs_data
def test_the_german_credit_data_under_other_names_are_recognised() -> None:
    folder = DATA / "german_schema_pair"
    found = quality_of(folder / "german_v2_readable.csv", profile(folder / "german_v1_coded.csv"))
    assert renamed(found) == {
        ("checking_status", "checking_account", "same_shares"),
        ("savings_status", "saving_accounts", "same_shares"),
        ("class", "risk", "same_shares"),
    }
    assert (len(found.added), len(found.lost), [one.column for one in found.retyped]) == (4, 15, ["job"])
    assert {one.column for one in found.notes if one.reason == "values_changed"} == {"purpose", "housing", "job"}
    jsonschema.Draft202012Validator({"$ref": "#/$defs/quality", "$defs": SCHEMA["$defs"]}).validate(found.as_json())


@needs_data
def test_septembers_change_of_coding_is_a_share_that_jumped() -> None:
    panel = pq.read_table(DATA / "credit_tw_panel" / "credit_tw_panel.parquet", columns=["timestamp", "pay_status"])
    september = np.array(panel["timestamp"].to_pandas().dt.month == 9)
    found = between(panel.filter(pa.array(september)), panel.filter(pa.array(~september)))
    (note,) = [one for one in found.notes if one.column == "pay_status"]
    assert (note.reason, note.value) == ("share_jumped", "1")
    assert note.reference is not None
    assert note.current is not None
    assert (the(note.reference), the(note.current)) == (34 / 150_000, 3_688 / 30_000)
    assert the(found.columns["pay_status"]["outside_range"]) == 0, "no value is new, only its share"


def test_pandas_nullable_and_plain_frames_say_the_same() -> None:
    frame = pd.DataFrame({"whole": [1, 2, None, 4] * 25, "word": ["a", None, "b", "b"] * 25})
    reference = profile(frame)
    one, other = quality_of(frame, reference), quality_of(frame.convert_dtypes(), reference)
    assert one.columns["word"] == other.columns["word"]
    assert one.columns["whole"]["missing_share"] == other.columns["whole"]["missing_share"]
