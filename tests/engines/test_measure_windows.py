"""Windows: one scan gives every window what a scan of its rows alone gives; zones, holes and late labels are said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.profiling import profile
from consilience.measure.engines.residuals import ResidualFolder, learn_scale
from consilience.measure.engines.scan import scan
from consilience.measure.engines.sources import BATCH_ROWS, Part, Source, Want
from consilience.measure.engines.windows import WindowFolder, first_window, make_cut
from consilience.measure.evaluate import figures, measure_states
from consilience.measure.following.task import Within
from consilience.measure.following.tasks import SCORE_ENTRIES
from consilience.measure.metrics.jumps import jumps
from consilience.measure.over_time import measure_over_time, over_time, report
from consilience.measure.regression import figures as regression_figures
from consilience.measure.states import cube, wire
from consilience.measure.states.profile import ProfilePlan
from consilience.measure.states.residuals import ResidualPlan

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
SCHEMA = json.loads((ROOT / "docs/schemas/over-time.schema.json").read_text())
START = datetime(2024, 3, 29, 22, tzinfo=UTC)

real_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the development data lies beside the checkout, in ../shared/data"
)


def a_table(rows: int = 2_000, *, ordered: bool = True, zone: str | None = "UTC") -> pa.Table:
    generator = np.random.default_rng(5)
    minutes = np.sort(generator.integers(0, 4 * 1440, rows)) if ordered else generator.integers(0, 4 * 1440, rows)
    score = generator.random(rows)
    at = [START + timedelta(minutes=int(one)) for one in minutes]
    bare = [one.replace(tzinfo=None) for one in at]
    return pa.table(
        {
            "at": pa.array(at if zone else bare, pa.timestamp("us", zone)),
            "y": pa.array((generator.random(rows) < score).astype(np.int8), mask=minutes > 3 * 1440),
            "s": score,
            "g": generator.choice(["a", "b"], rows),
            "x": generator.normal(0, 1, rows),
        }
    )


NAMED: dict[str, Any] = {"label": "y", "score": "s", "threshold": 0.5, "protected": ["g"]}


def test_a_column_that_has_one_value_in_every_window_is_not_looked_at() -> None:
    table = a_table().append_column("same", pa.array(["x"] * 2_000)).append_column("none", pa.nulls(2_000, pa.string()))
    found = over_time(table, by="day", time="at", **NAMED)
    assert {name for name in found["alarms"]["looks"] if name.startswith("drift")} == {
        f"drift of {name}" for name in ("y", "s", "g", "x")
    }
    assert found["windows"][1]["drift"]["same"]["psi"]["value"] == 0


def test_two_columns_of_one_name_are_said(tmp_path: Path) -> None:
    pq.write_table(a_table().append_column("x", pa.array(range(2_000))), tmp_path / "rows.parquet")
    with pytest.raises(BadInput, match="has 2 columns called 'x'"):
        over_time(tmp_path / "rows.parquet", by="day", time="at", **NAMED)


def test_a_score_of_text_is_refused_with_its_column() -> None:
    table = a_table()
    wrong = table.set_column(2, "s", pa.array([f"{one}x" for one in table["s"].to_pylist()]))
    with pytest.raises(BadInput, match="column 's': is no number"):
        over_time(wrong, by="day", time="at", **NAMED)


def test_a_flag_and_a_column_that_is_mostly_zero_raise_an_alarm_when_they_move() -> None:
    generator = np.random.default_rng(3)
    day = np.repeat(np.arange(6), 500)
    flag = (generator.random(3_000) < np.where(day < 3, 0.2, 0.8)).astype(np.int8)
    amount = np.where(generator.random(3_000) < np.where(day < 3, 0.95, 0.5), 0.0, generator.lognormal(3, 1, 3_000))
    table = pa.table({"at": [START + timedelta(days=int(one)) for one in day], "flag": flag, "amount": amount})
    found = over_time(table, by="day", time="at", label="flag")["alarms"]["looks"]
    for name in ("flag", "amount"):
        assert [look["alarm"] for look in found[f"drift of {name}"]][::4] == [False, True], name


def days(table: pa.Table, zone: str = "UTC") -> list[str]:
    local = pc.local_timestamp(table["at"].cast(pa.timestamp("us", zone))) if table["at"].type.tz else table["at"]
    return [one.date().isoformat() for one in local.to_pylist()]


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("group_rows", [10_000, 130])
def test_a_window_holds_what_a_scan_of_its_rows_alone_gives(tmp_path: Path, ordered: bool, group_rows: int) -> None:
    table = a_table(ordered=ordered)
    pq.write_table(table, tmp_path / "log.parquet", row_group_size=group_rows)
    found = measure_over_time(tmp_path / "log.parquet", by="day", time="at", **NAMED)
    day = np.array(days(table))
    assert [one.start for one in found.windows] == sorted(set(day))
    for window in found.windows:
        alone = measure_states(table.filter(pa.array(day == window.start)), score_entries=SCORE_ENTRIES, **NAMED)
        assert window.states is not None
        assert wire.encode(window.states) == wire.encode(alone)
        assert window.columns is not None
        assert window.columns.rows == window.states.rows


def test_any_range_of_windows_is_a_merge() -> None:
    table = a_table()
    found = measure_over_time(table, by="day", time="at", **NAMED)
    day = np.array(days(table))
    middle = found.between("2024-03-30", "2024-04-01")
    chosen = table.filter(pa.array((day >= "2024-03-30") & (day < "2024-04-01")))
    assert middle.states is not None
    assert wire.encode(middle.states) == wire.encode(measure_states(chosen, score_entries=SCORE_ENTRIES, **NAMED))
    whole = cube.merge_all(one.states for one in found.windows if one.states)
    assert figures(whole) == figures(measure_states(table, score_entries=SCORE_ENTRIES, **NAMED))
    with pytest.raises(BadInput, match="have no row"):
        found.between("2025-01-01", "2025-02-01")
    with pytest.raises(WrongUse, match="not written as the windows begin"):
        found.between("1", "100")


def test_an_instant_is_cut_at_midnight_of_the_zone_and_a_bare_time_as_it_is_written() -> None:
    aware = measure_over_time(a_table(), by="day", time="at", zone="Europe/Berlin", **NAMED)
    expected = days(a_table(), "Europe/Berlin")
    assert {w.start: w.states.rows for w in aware.windows if w.states} == {d: expected.count(d) for d in set(expected)}
    assert aware.times == "instants"
    bare = measure_over_time(a_table(zone=None), by="day", time="at", zone="Europe/Berlin", **NAMED)
    assert bare.times == "without a zone, read as Europe/Berlin"
    assert [w.start for w in bare.windows] == sorted(set(days(a_table(zone=None))))
    with pytest.raises(BadInput, match="no time zone"):
        measure_over_time(a_table(), by="day", time="at", zone="Mars/Base", **NAMED)


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    table = a_table()
    assert [w.start for w in measure_over_time(table, by="week", time="at", **NAMED).windows] == [
        "2024-03-25",
        "2024-04-01",
    ]
    months = measure_over_time(table, by="month", time="at", **NAMED).windows
    assert [(w.start, w.end) for w in months] == [("2024-03-01", "2024-04-01"), ("2024-04-01", "2024-05-01")]


def test_windows_of_rows_count_rows(tmp_path: Path) -> None:
    table = a_table()
    pq.write_table(table, tmp_path / "log.parquet", row_group_size=333)
    found = measure_over_time(tmp_path / "log.parquet", by=700, **NAMED)
    assert [(w.start, w.states.rows if w.states else 0) for w in found.windows] == [
        ("1", 700),
        ("701", 700),
        ("1401", 600),
    ]
    second = found.windows[1].states
    assert second is not None
    alone = measure_states(table.slice(700, 700), score_entries=SCORE_ENTRIES, **NAMED)
    assert wire.encode(second) == wire.encode(alone)


class Watched:
    """A source that counts the rows that were read of it."""

    def __init__(self, source: Source) -> None:
        self.source, self.read = source, 0
        self.name, self.untyped = source.name, source.untyped
        self.columns, self.types, self.rows = source.columns, source.types, source.rows

    def parts(self, wanted: Mapping[str, Want]) -> list[Part]:
        return [Part(part.first_row, partial(self._counted, part)) for part in self.source.parts(wanted)]

    def _counted(self, part: Part, rows: int) -> Iterator[pa.RecordBatch]:
        for batch in part.open(rows):
            self.read += batch.num_rows
            yield batch


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(("value", "first"), [("a", 1), ("late", 30_001)])
def test_a_reference_of_rows_is_learned_from_the_first_window_alone(
    tmp_path: Path, kind: str, value: str, first: int
) -> None:
    rows, window = 300_000, 1_500
    table = pa.table({"n": np.arange(rows), "g": np.where(np.arange(rows) < 30_000, "a", "late")})
    if kind == "csv":
        table.to_pandas().to_csv(tmp_path / "log.csv", index=False)
    else:
        pq.write_table(table, tmp_path / "log.parquet", row_group_size=1_000)
    source = Watched(open_source(tmp_path / f"log.{kind}"))
    found = first_window(source, make_cut(source, by=window, time=None), (("g", value),))
    assert found["n"].to_pylist() == list(range(first - 1, first - 1 + window))
    assert source.read < 2 * (first + window + BATCH_ROWS * 4), "what lies behind the first window is not read"


def test_a_window_without_rows_is_one_with_no_rows_and_rows_without_a_time_are_counted() -> None:
    table = a_table()
    kept = table.filter(pa.array(np.array(days(table)) != "2024-03-31"))
    times = pa.array([None, *kept["at"].to_pylist()[1:]], pa.timestamp("us", "UTC"))
    found = over_time(kept.set_column(0, "at", times), by="day", time="at", **NAMED)
    assert found["without_time"] == 1
    assert found["rows"] == kept.num_rows
    empty = next(one for one in found["windows"] if one["start"] == "2024-03-31")
    assert (empty["rows"], empty["evaluation"], empty["labels"]) == (0, None, None)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(found, allow_nan=False)))


def test_late_labels_are_said() -> None:
    found = over_time(a_table(), by="day", time="at", **NAMED)
    last = found["windows"][-1]
    assert last["labels"] == {"known": 0, "to_come": last["rows"]}
    assert last["evaluation"]["performance"]["roc_auc"]["reason"] == "labels_to_come"
    assert last["change"]["accuracy"]["reason"] == "labels_to_come"
    assert last["evaluation"]["rates"]["selection_rate"]["value"] is not None
    assert found["windows"][0]["change"] is None, "the reference is not compared with itself"
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(found, allow_nan=False)))


def test_a_reference_of_its_own_is_compared_with_every_window() -> None:
    table = a_table()
    found = over_time(table, by="day", time="at", reference=table, **NAMED)
    assert found["reference"] == {"start": "reference", "rows": table.num_rows, "a_window": False}
    assert all(one["drift"] is not None for one in found["windows"])
    assert len(found["alarms"]["looks"]["accuracy"]) == len(found["windows"])


def test_an_alarm_says_since_when() -> None:
    generator = np.random.default_rng(2)
    rows = 10_000
    y = (generator.random(rows) < 0.5).astype(np.int8)
    wrong = generator.random(rows) < np.where(np.arange(rows) < 5_000, 0.1, 0.4)
    table = pa.table({"y": y, "p": np.where(wrong, 1 - y, y)})
    looks = over_time(table, by=1_000, label="y", prediction="p")["alarms"]["looks"]["accuracy"]
    assert [one["start"] for one in looks] == [str(number * 1_000 + 1) for number in range(1, 10)]
    assert [one["alarm"] for one in looks[:4]] == [False] * 4
    assert looks[-1]["alarm"]
    assert looks[-1]["since"] in ("5001", "6001", "7001")
    steady = over_time(table.slice(0, 5_000), by=1_000, label="y", prediction="p")["alarms"]["looks"]
    assert not any(one["alarm"] for looks in steady.values() for one in looks)


def test_a_value_that_is_new_is_found_whether_values_are_kept_or_not() -> None:
    old, new = np.repeat([-1, 0, 2], 1_000), np.repeat([-1, 0, 1, 2], 750)
    table = pa.table({"code": np.concatenate([old, new]), "y": np.tile([0, 1], 3_000)})
    found = measure_over_time(table, by=3_000, label="y")
    before, now = (one.columns for one in found.windows)
    assert before is not None
    assert now is not None
    assert next((one.column, one.value) for one in jumps(before, now)) == ("code", "1")
    bare = ProfilePlan(before.plan.columns, exact_rows=0)
    found_bare = jumps(profile(table.slice(0, 3_000), bare), profile(table.slice(3_000), bare))
    assert (found_bare[0].column, found_bare[0].value) == ("code", "between 0 and 2")
    assert found_bare[0].now == 0.25


def test_a_moment_whose_share_jumped_is_written_as_a_moment() -> None:
    usual, default = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC)
    opened = [usual] * 900 + [default] * 100 + [usual] * 500 + [default] * 500
    found = over_time(pa.table({"opened": opened, "y": [0, 1] * 1_000}), by=1_000, label="y")["windows"][1]["jumps"]
    assert [one["value"] for one in found] == ["1900-01-01 00:00:00 UTC", "2026-03-01 12:00:00 UTC"]


@pytest.mark.parametrize("ordered", [True, False])
def test_what_is_wrong_is_said_with_its_own_row(ordered: bool) -> None:
    table = a_table(ordered=ordered)
    score = table["s"].to_numpy().copy()
    score[1_234] = 1.5
    with pytest.raises(BadInput, match="row 1235, column 's'"):
        over_time(table.set_column(2, "s", pa.array(score)), by="day", time="at", **NAMED)


def test_a_cut_that_cannot_be_meant_is_refused() -> None:
    for how, said in (
        ({"by": "year", "time": "at"}, "none of day, week, month"), ({"by": "day"}, "column of the time"), ({"by": 0}, "one row at least"),
    ):  # fmt: skip
        with pytest.raises(WrongUse, match=said):
            over_time(a_table(), **how, **NAMED)
    with pytest.raises(BadInput, match="expected dates or times with a date"):
        over_time(a_table(), by="day", time="x", **NAMED)
    mixed = a_table().set_column(
        0, "at", pa.array(["2026-01-01T10:00:00", "2026-01-02T10:00:00Z"] * 1_000)
    )  # mixed zones
    with pytest.raises(BadInput, match="all with a zone .* or all without"):
        over_time(mixed, by="day", time="at", **NAMED)
    nothing = a_table().set_column(0, "at", pa.nulls(2_000, pa.timestamp("us")))
    with pytest.raises(BadInput, match="has no row with a time"):
        over_time(nothing, by="day", time="at", **NAMED)


@real_data
def test_the_credit_panel_month_by_month() -> None:
    path = DATA / "credit_tw_panel/credit_tw_panel.parquet"
    expected = yaml.safe_load((DATA / "dev_expected.yaml").read_text())["values"]["credit_tw_panel"]
    found = measure_over_time(
        path, by="month", time="timestamp", label="y_true", score="y_score", prediction="y_pred", protected=["sex"],
        where=[("split", "score")], without=["customer_id"],
    )  # fmt: skip
    said = report(found, within=Within())
    for window, values in zip(said["windows"], expected.values(), strict=True):
        model, evaluation = values["model"], window["evaluation"]
        for column, drift in values["drift_vs_2005-04"].items() if window["drift"] else ():
            assert window["drift"][column]["ks"]["value"] == pytest.approx(drift["ks"], abs=1e-6)
            assert window["drift"][column]["wasserstein"]["value"] == pytest.approx(
                drift["wasserstein"], rel=1e-5, abs=1e-6
            )
        assert evaluation["rates"]["selection_rate"]["value"] == pytest.approx(model["selection_rate"], abs=1e-6)
        for name in ("accuracy", "precision", "recall", "f1", "roc_auc") if "accuracy" in model else ():
            assert evaluation["performance"][name]["value"] == pytest.approx(model[name], abs=1e-6)
    september = said["windows"][-1]
    assert september["labels"] == {"known": 0, "to_come": 14991}
    assert {one["reason"] for one in september["evaluation"]["performance"].values()} == {"labels_to_come"}
    assert (september["jumps"][0]["column"], september["jumps"][0]["value"]) == ("pay_status", "1")
    assert september["jumps"][0]["share_now"] == pytest.approx(
        expected["2005-09-30"]["pay_status_share_code_1"], abs=1e-6
    )
    assert said["windows"][4]["change"]["recall"]["value"] == pytest.approx(0.649201 - 0.680082, abs=2e-6)


@real_data
def test_bicycle_hire_month_by_month_in_one_scan() -> None:
    source = open_source(DATA / "bikeshare/bikeshare_scored.csv.gz")
    expected = yaml.safe_load((DATA / "dev_expected.yaml").read_text())["values"]["bikeshare"]
    plan = ResidualPlan("y_true", "y_pred", learn_scale(source, "y_true", "y_pred"))
    cut = make_cut(source, by="month", time="timestamp")
    folder = WindowFolder(cut, [ResidualFolder(plan, source)], source)
    (countings,) = scan(source, [folder])
    found = {cut.start(number)[:7]: states for number, (states,) in folder.states(countings).items()}
    assert list(found) == list(expected)
    for month, states in found.items():
        performance = regression_figures(states)["performance"]
        for name in ("mae", "rmse", "r2"):
            assert performance[name]["value"] == pytest.approx(expected[month][name], abs=1e-6)


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("ns"), pa.timestamp("s"), pa.timestamp("ns", "Asia/Tokyo")])
def test_dates_and_times_of_any_unit_give_the_same_days(kind: pa.DataType) -> None:
    table = a_table(zone=None)
    column = table["at"].cast(
        pa.timestamp(kind.unit, "UTC") if pa.types.is_timestamp(kind) and kind.tz else kind, safe=False
    )
    found = measure_over_time(table.set_column(0, "at", column.cast(kind)), by="day", time="at", **NAMED)
    expected = days(table)
    assert {w.start: w.states.rows for w in found.windows if w.states} == {d: expected.count(d) for d in set(expected)}


def test_a_csv_is_cut_as_its_parquet_is(tmp_path: Path) -> None:
    table = a_table(zone=None)
    table.to_pandas().to_csv(tmp_path / "log.csv", index=False)
    read, whole = (measure_over_time(one, by="day", time="at", **NAMED) for one in (tmp_path / "log.csv", table))
    for one, other in zip(read.windows, whole.windows, strict=True):
        assert one.start == other.start
        assert one.states is not None
        assert other.states is not None
        assert wire.encode(one.states) == wire.encode(other.states)


def test_times_before_1970_fall_into_their_own_windows() -> None:
    at = pa.array([datetime(1969, 12, 31, 23, 59), datetime(1969, 12, 28), datetime(1970, 1, 1)], pa.timestamp("us"))  # noqa: DTZ001
    table = pa.table({"at": at, "y": [0, 1, 1]})
    for by, starts in (
        ("day", ["1969-12-28", "1969-12-29", "1969-12-30", "1969-12-31", "1970-01-01"]),
        ("week", ["1969-12-22", "1969-12-29"]), ("month", ["1969-12-01", "1970-01-01"]),
    ):  # fmt: skip
        assert [one.start for one in measure_over_time(table, by=by, time="at", label="y").windows] == starts
