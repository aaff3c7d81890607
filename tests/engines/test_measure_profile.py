"""Profiles: what is counted equals what numpy counts; parts, threads and order change nothing; states add up."""

from __future__ import annotations

import math
import random
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import BadInput
from consilience.measure.engines import learning
from consilience.measure.engines.learning import learn
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.profiling import profile
from consilience.measure.metrics.distance import moments
from consilience.measure.states import categories, profile_wire
from consilience.measure.states.categories import CategoryState
from consilience.measure.states.numbers import HASHES, KEPT_HASHES, distinct
from consilience.measure.states.profile import Kind, Profile, ProfilePlan, merge, merge_all

ROWS = 3_000


def a_table(seed: int = 1, rows: int = ROWS) -> pa.Table:
    generator = np.random.default_rng(seed)
    normal = generator.normal(10, 3, rows)
    awkward = np.where(generator.random(rows) < 0.1, np.nan, normal)
    awkward[:3] = [math.inf, -math.inf, -0.0]
    names = np.array(["a", "b", "ü", ""])
    return pa.table(
        {
            "normal": normal,
            "zeros": np.where(generator.random(rows) < 0.6, 0.0, generator.gamma(2, 50, rows)),
            "whole": generator.poisson(4, rows),
            "awkward": pa.array(awkward, mask=generator.random(rows) < 0.2),
            "word": pa.array(names[generator.integers(0, 4, rows)], mask=generator.random(rows) < 0.05),
            "flag": generator.random(rows) < 0.3,
            "at": pa.array(generator.integers(0, 10**15, rows)).cast(pa.timestamp("us", "UTC")),
            "day": pa.array(generator.integers(10_000, 20_000, rows).astype(np.int32)).cast(pa.date32()),
            "none": pa.nulls(rows),
        }
    )


def written(path: Path, table: pa.Table, **how: Any) -> Path:
    pq.write_table(table, path, **how)
    return path


def halves(table: pa.Table, plan: ProfilePlan, cut: int) -> list[Profile]:
    return [profile(table.slice(0, cut), plan), profile(table.slice(cut), plan)]


def test_every_count_is_what_numpy_counts() -> None:
    table = a_table()
    found = profile(table)
    for name in ("normal", "zeros", "whole", "awkward"):
        column = table[name].combine_chunks()
        values = np.array([value for value in column.to_pylist() if value is not None], dtype=float)
        finite = values[np.isfinite(values)]
        state = found.number(name)
        scale = found.plan.column(name).scale
        assert state is not None
        assert scale is not None
        assert (state.missing, state.nan) == (column.null_count, int(np.isnan(values).sum()))
        assert (state.low_infinite, state.high_infinite) == (
            int((values == -math.inf).sum()),
            int((values == math.inf).sum()),
        )
        assert (state.minimum, state.maximum) == (finite.min(), finite.max())
        edges = np.array([-np.inf, *scale.edges, np.inf])
        expected = [int(((finite >= low) & (finite < high)).sum()) for low, high in pairwise(edges)]
        assert list(state.bins) == expected
        units = [
            math.floor((Fraction(value) - Fraction(scale.origin)) / Fraction(2) ** scale.unit + Fraction(1, 2))
            for value in finite
        ]
        assert abs(state.total - sum(units)) <= len(units) * 2**-20, "each row is rounded once"
        assert dict(state.values or ()) == Counter((finite + 0.0).tolist())
        mean, spread = moments(state, scale) or (0, 0)
        assert mean == pytest.approx(finite.mean(), abs=1e-7)
        assert spread == pytest.approx(finite.std(ddof=1), rel=1e-7)
    words = found.category("word")
    assert words is not None
    assert words.counts == {k: v for k, v in Counter(table["word"].to_pylist()).items() if k is not None}
    assert words.missing == table["word"].null_count


def test_what_a_column_is_counted_as() -> None:
    kinds = {column.name: column.kind for column in learn(open_source(a_table())).columns}
    assert kinds == {
        "normal": Kind.NUMBER, "zeros": Kind.NUMBER, "whole": Kind.NUMBER, "awkward": Kind.NUMBER, "word": Kind.CATEGORY,
        "flag": Kind.CATEGORY, "at": Kind.TIME, "day": Kind.LOCAL_TIME, "none": Kind.CATEGORY,
    }  # fmt: skip


def test_parts_threads_and_order_change_no_byte(tmp_path: Path) -> None:
    table = a_table()
    plan = learn(open_source(table))
    expected = profile_wire.encode(profile(table, plan))
    shuffled = table.take(pa.array(np.random.default_rng(5).permutation(ROWS)))
    for name, rows, source in (("one", 10_000, table), ("many", 137, table), ("shuffled", 500, shuffled)):
        path = written(tmp_path / f"{name}.parquet", source, row_group_size=rows)
        for threads in (1, 2, 3):
            assert profile_wire.encode(profile(path, plan, threads=threads)) == expected


def test_merging_is_associative_and_commutative_and_equals_one_count() -> None:
    table = a_table()
    plan = learn(open_source(table))
    whole = profile(table, plan)
    shuffled = random.Random(3)
    for _ in range(5):
        one, two, three = sorted(shuffled.sample(range(ROWS), 3))
        a, b, c, d = (profile(table.slice(s, e - s), plan) for s, e in pairwise((0, one, two, three, ROWS)))
        assert merge(merge(a, b), merge(c, d)) == merge(d, merge(c, merge(b, a))) == whole
    assert merge_all(halves(table, plan, 1_000)) == whole


def test_values_are_kept_exactly_up_to_a_limit_of_rows_and_not_beyond() -> None:
    table = a_table().select(["normal"])
    plan = ProfilePlan(learn(open_source(table)).columns, exact_rows=2_000)
    first, second = halves(table, plan, 1_500)
    assert first.number("normal").values is not None  # type: ignore[union-attr]
    assert merge(first, second).number("normal").values is None  # type: ignore[union-attr]
    assert merge(first, second) == profile(table, plan)


@pytest.mark.parametrize("rows", [5_000, 40_000])
def test_many_values_are_kept_by_hash_whatever_the_order(rows: int) -> None:
    words = [f"customer {number % 9_000}" for number in range(rows)]
    words[7], words[8] = "#0123456789abcdef", "x" * 900
    plan = learn(open_source(pa.table({"id": words})))
    whole = profile(pa.table({"id": words}), plan)
    state = whole.category("id")
    assert state is not None
    expected = Counter(categories.key_of(word) for word in words)
    listed = sorted(expected, key=categories.hash_of)[: categories.KEPT_VALUES]
    assert state.counts == {f"#{categories.hash_of(key):016x}": expected[key] for key in listed}
    assert state.present == rows
    backwards = pa.table({"id": words[::-1]})
    assert (
        profile(backwards, plan)
        == whole
        == merge_all(profile(backwards.slice(s, 1_777), plan) for s in range(0, rows, 1_777))
    )
    assert "customer" not in profile_wire.encode(whole).decode(), "names and identifiers do not travel"


def test_distinct_values_are_counted_within_the_stated_error() -> None:
    errors = []
    for seed in range(12):
        values = np.random.default_rng(seed).integers(0, 10**9, 50_000).astype(float) / 7
        state = profile(pa.table({"x": values})).number("x")
        assert state is not None
        assert len(state.hashes) == KEPT_HASHES
        estimate, low, high = distinct(state.hashes, keep=KEPT_HASHES, space=HASHES)
        assert low < estimate < high
        errors.append(estimate / len(set(values.tolist())) - 1)
    assert abs(np.mean(errors)) < 0.03
    assert np.abs(errors).max() < 4 / math.sqrt(KEPT_HASHES)


def test_few_distinct_values_are_counted_exactly() -> None:
    state = profile(pa.table({"x": np.arange(20_000) % 700})).number("x")
    assert state is not None
    assert distinct(state.hashes, keep=KEPT_HASHES, space=HASHES) == (700, 700, 700)


def test_a_value_far_beyond_the_others_is_counted_and_takes_no_part_in_sums() -> None:
    plan = learn(open_source(pa.table({"x": np.linspace(0, 1, 101)})))
    state = profile(pa.table({"x": [0.5, 1e300]}), plan).number("x")
    assert state is not None
    assert (state.present, state.beyond, state.maximum) == (2, 1, 1e300)


def test_whole_numbers_beyond_doubles_are_identifiers() -> None:
    ids = pa.table({"id": pa.array([2**53 + 1, 2**53 + 2, 2**53 + 1])})
    found = profile(ids).category("id")
    assert found is not None
    assert found.counts == {str(2**53 + 1): 2, str(2**53 + 2): 1}


def test_a_column_of_another_type_is_not_counted_and_one_that_is_not_there_is_absent() -> None:
    plan = learn(open_source(pa.table({"a": [1.0, 2.0], "b": ["x", "y"], "c": [1, 2]})))
    found = profile(pa.table({"a": ["one", "two"], "b": ["x", "z"], "d": [1, 2]}), plan)
    assert set(found.columns) == {"b"}
    assert found.types == {"a": "string", "b": "string", "d": "int64"}


def test_a_table_without_rows_has_a_profile() -> None:
    table = a_table()
    plan = learn(open_source(table))
    empty = profile(table.slice(0, 0), plan)
    assert empty.rows == 0
    assert merge(empty, profile(table, plan)) == profile(table, plan)
    assert profile_wire.decode(profile_wire.encode(empty)) == empty


def test_a_csv_and_a_parquet_of_the_same_rows_give_the_same_states(tmp_path: Path) -> None:
    table = a_table().select(["normal", "zeros", "whole", "word"])
    import pyarrow.csv as pc

    table = table.set_column(3, "word", pa.array([word or "z" for word in table["word"].to_pylist()]))
    pc.write_csv(table, tmp_path / "rows.csv")
    plan = learn(open_source(table))
    of_csv, of_table = profile(tmp_path / "rows.csv", plan), profile(table, plan)
    assert of_csv.columns == of_table.columns


def test_learning_from_a_large_file_takes_a_few_rows_and_gives_the_same_edges_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "SAMPLE_OF_ALL", 1_000)
    monkeypatch.setattr(learning, "SAMPLE", 512)
    path = written(tmp_path / "rows.parquet", a_table(), row_group_size=200)
    assert learn(open_source(path)) == learn(open_source(path))
    table = a_table()
    assert learn(open_source(table)) == learn(open_source(table)), "every second row of what has no parts"


def test_states_come_back_from_their_bytes() -> None:
    found = profile(a_table())
    data = profile_wire.encode(found)
    assert profile_wire.decode(data) == found
    assert profile_wire.encode(profile_wire.decode(data)) == data


LIES = {
    "a bin more": lambda c: c["normal"].update(bins=c["normal"]["bins"] + " 1"),
    "a row moved": lambda c: c["normal"].update(bins=moved(c["normal"]["bins"])),
    "fewer missing": lambda c: c["awkward"].update(missing=c["awkward"]["missing"] - 1),
    "a sum that cannot be": lambda c: c["normal"].update(total="9" * 30),
    "squares below the sum's": lambda c: c["whole"].update(squares="0"),
    "another minimum": lambda c: c["normal"].update(minimum="11"),
    "extremes of nothing": lambda c: c["normal"].update(minimum=None, maximum=None),
    "hashes out of order": lambda c: c["normal"].update(hashes=" ".join(c["normal"]["hashes"].split()[::-1])),
    "no hash": lambda c: c["normal"].update(hashes=""),
    "a value more": lambda c: c["normal"].update(value_rows="2" + c["normal"]["value_rows"][1:]),
    "no values": lambda c: [c["normal"].pop(name) for name in ("values", "value_rows")],
    "a category of no row": lambda c: c["word"]["counts"].update(q=0),
    "a negative count": lambda c: c["word"].update(other=-1),
    "a column left out": lambda c: c.update(normal=c["word"]),
}


def moved(bins: str) -> str:
    counts = [int(rows) for rows in bins.split()]
    place = next(number for number, rows in enumerate(counts[1:-1], 1) if rows)
    counts[place] -= 1
    counts[place + 1] += 1
    return " ".join(map(str, counts))


@pytest.mark.parametrize("lie", LIES)
def test_states_that_contradict_themselves_are_refused(lie: str) -> None:
    given = profile_wire.to_json(profile(a_table()))
    LIES[lie](given["columns"])
    with pytest.raises(BadInput):
        profile_wire.from_json(given)


def test_profiles_of_different_plans_do_not_add_up() -> None:
    one, other = profile(a_table(1)), profile(a_table(2))
    with pytest.raises(BadInput, match="different plans"):
        merge(one, other)


def test_merging_incomplete_categories_keeps_only_exact_counts() -> None:
    listed = {f"w{number}": 1 for number in range(6_000)}
    many = categories.kept(CategoryState(0, listed))
    few = CategoryState(2, {"w1": 5, "w2": 5, "new": 1})
    together = categories.merge_categories(many, few)
    expected = categories.kept(CategoryState(2, Counter(listed) + Counter(few.counts)))
    assert together == expected == categories.merge_categories(few, many)


def test_files_of_one_folder_are_one_source(tmp_path: Path) -> None:
    table = a_table()
    for month, start in (("2024-01", 0), ("2024-02", 1_000), ("2024-03", 2_000)):
        (tmp_path / f"month={month}").mkdir()
        written(tmp_path / f"month={month}" / "part.parquet", table.slice(start, 1_000), row_group_size=300)
    plan = learn(open_source(table))
    assert profile(tmp_path, plan).columns == profile(table, plan).columns
    months = profile(tmp_path).category("month")
    assert months is not None
    assert months.counts == {"2024-01": 1_000, "2024-02": 1_000, "2024-03": 1_000}
    assert profile(f"{tmp_path}/*/*.parquet", plan).columns == profile(table, plan).columns


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (pa.table({"a": [1.0]}), "has no column 'b', which"),
        (pa.table({"a": ["x"], "b": ["y"]}), "column 'a' holds string, and double in"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(tmp_path: Path, second: pa.Table, sentence: str) -> None:
    written(tmp_path / "1.parquet", pa.table({"a": [1.0], "b": ["x"]}))
    written(tmp_path / "2.parquet", second)
    with pytest.raises(BadInput, match=sentence):
        profile(f"{tmp_path}/*.parquet")


def test_dictionaries_that_differ_by_row_group_are_the_same_values(tmp_path: Path) -> None:
    words = ["b", "a"] * 50 + ["c", "a"] * 50
    path = written(tmp_path / "rows.parquet", pa.table({"w": pa.array(words).dictionary_encode()}), row_group_size=100)
    state = profile(path).category("w")
    assert state is not None
    assert state.counts == {"a": 100, "b": 50, "c": 50}
