"""A reference that is kept: later rows on its edges give the figures of the rows it was learned from."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import consilience
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import drifting, profiling_evidence, references
from consilience.measure.contract_learning import learn_contract
from consilience.measure.evaluate import evaluate
from consilience.measure.over_time import over_time
from consilience.measure.states import profile_wire, stored
from consilience.measure.states.profile import Profile
from consilience.measure.states.travelling import REST

MINIMUM = 5


def a_table(seed: int, rows: int = 3000, *, shift: float = 0.0, rare: int = 0) -> pa.Table:
    rng = np.random.Generator(np.random.PCG64(seed))
    towns = rng.choice(["Bonn", "Ulm", "Hof"], rows, p=[0.6, 0.3, 0.1]).tolist()
    towns[:rare] = ["Rarity"] * rare
    return pa.table(
        {
            "income": np.round(rng.normal(30_000 + shift, 7_000, rows), -2),
            "late": rng.poisson(0.4, rows),
            "town": towns,
            "email": [f"{number}@example.org" for number in range(rows)],
        }
    )


def again(profile: Profile) -> Profile:
    return profile_wire.decode(profile_wire.encode(profile))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.sampled_from([7, 40, 900]), shift=st.sampled_from([0.0, 4000.0]))
def test_a_kept_profile_gives_the_figures_of_its_rows_bit_for_bit(seed: int, rows: int, shift: float) -> None:
    then, now = a_table(seed, rows, rare=2), a_table(seed + 1, rows, shift=shift, rare=3)
    kept = again(drifting.reference_profile(then))
    from_kept = dict(drifting.drift(now, kept))
    assert from_kept.pop("reference_profile") == references.digest(kept)
    assert from_kept == dict(drifting.drift(now, then))


def test_an_evaluation_takes_a_kept_profile_too() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    then, now = a_table(1), a_table(2, shift=900)
    for name, values in (("s", rng.random(3000)), ("y", rng.integers(0, 2, 3000))):
        now = now.append_column(name, pa.array(values))
    said: dict[str, Any] = {"label": "y", "score": "s", "threshold": 0.5}
    by_rows = evaluate(now, reference=then, **said)
    by_kept = evaluate(now, reference=again(drifting.reference_profile(then)), **said)
    assert by_kept["drift"].pop("reference_profile")  # type: ignore[union-attr,call-arg,arg-type]
    assert dict(by_kept) == dict(by_rows)


@pytest.mark.parametrize("minimum", [1, MINIMUM])
def test_where_nothing_is_withheld_the_stored_reference_gives_what_its_rows_give(minimum: int) -> None:
    then, now = a_table(1, 6000), a_table(2, 6000, shift=1500)
    by_rows = drifting.profiles_to_send(now, then, minimum_group=minimum)
    kept = again(references.to_keep(then, minimum_group=minimum))
    by_kept = references.to_send(now, kept, minimum_group=minimum)
    assert drifting.report(*by_kept) == drifting.report(*by_rows)
    assert profile_wire.encode(by_kept[1]) == profile_wire.encode(by_rows[1])


@pytest.mark.parametrize(("before", "after"), [(60, 8), (60, 60), (4000, 23), (4000, 4000)])
def test_what_is_stored_and_what_is_sent_tell_of_no_fewer_rows(before: int, after: int) -> None:
    kept = references.to_keep(a_table(1, before, rare=3), minimum_group=MINIMUM)
    profiling_evidence.check(kept, minimum=MINIMUM)
    sides = references.to_send(a_table(2, after, shift=900, rare=2), kept, minimum_group=MINIMUM)
    for side in sides:
        profiling_evidence.check(side, minimum=MINIMUM)
        sent = profile_wire.encode(side)
        assert b"@example.org" not in sent
        assert b"Rarity" not in sent
    stored.check_on(kept, *map(again, sides))


def test_a_value_that_the_reference_withholds_is_never_called_unseen() -> None:
    kept = references.to_keep(a_table(1, rare=3), minimum_group=MINIMUM)
    town = kept.category("town")
    assert town is not None
    assert REST in town.counts
    assert "Rarity" not in town.counts
    found = drifting.drift(a_table(2, rare=400), kept)
    unseen, shift = (found.figure("features", "town", name) for name in ("unseen", "total_variation"))
    assert (unseen.value, unseen.reason) == (None, "small_group_withheld")
    assert shift.value is not None
    assert shift.value > 0.1
    assert found.figure("features", "income", "outside_range").reason == "small_group_withheld"
    whole = references.to_keep(a_table(1), minimum_group=MINIMUM)
    assert drifting.drift(a_table(2, rare=400), whole).figure("features", "town", "unseen").value == pytest.approx(
        400 / 3000
    )


def _sides() -> tuple[Profile, Profile, Profile]:
    kept = references.to_keep(a_table(1, rare=3), minimum_group=MINIMUM)
    return kept, *references.to_send(a_table(2, 400, shift=900), kept, minimum_group=MINIMUM)


def test_counts_on_other_edges_than_the_stored_are_refused() -> None:
    kept, then, now = _sides()
    stored.check_on(kept, then, now)
    other = references.to_keep(a_table(9, shift=50), minimum_group=MINIMUM)
    strange = references.to_send(a_table(2, 400), other, minimum_group=MINIMUM)
    with pytest.raises(BadInput, match="edges|counts"):
        stored.check_on(kept, *strange)


def test_a_reference_with_changed_counts_is_refused() -> None:
    kept, then, now = _sides()
    town, income = then.category("town"), then.number("income")
    assert town is not None
    assert income is not None
    moved = {**town.counts, "Bonn": town.counts["Bonn"] - 1, "Ulm": town.counts["Ulm"] + 1}
    bins = (income.bins[0] + 1, income.bins[1] - 1, *income.bins[2:])
    for name, state in (("town", replace(town, counts=moved)), ("income", replace(income, bins=bins))):
        forged = replace(then, columns={**then.columns, name: state})
        with pytest.raises(BadInput, match="other counts"):
            stored.check_on(kept, forged, now)
    with pytest.raises(BadInput, match="other rows"):
        stored.check_on(kept, replace(then, rows=then.rows + 1), now)


def test_a_name_that_the_stored_reference_lacks_is_refused_beside_its_rest() -> None:
    kept, then, now = _sides()
    town = now.category("town")
    assert town is not None
    named = replace(now, columns={**now.columns, "town": replace(town, counts={**town.counts, "Elsewhere": 5})})
    with pytest.raises(BadInput, match="names values"):
        stored.check_on(kept, then, named)


def test_only_some_columns_and_none_that_is_not_there() -> None:
    kept = references.to_keep(a_table(1))
    assert set(drifting.drift(a_table(2), kept, columns=["late"])["features"]) == {"late"}  # type: ignore[call-overload,arg-type]
    assert "late" not in drifting.drift(a_table(2), kept, without=["late"])["features"]  # type: ignore[operator]
    with pytest.raises(BadInput, match="did you mean 'income'"):
        drifting.drift(a_table(2), kept, columns=["incom"])
    with pytest.raises(WrongUse, match="no rows"):
        drifting.drift(a_table(2), kept, multivariate=True)


def test_windows_drift_from_the_kept_profile() -> None:
    rng = np.random.Generator(np.random.PCG64(6))
    rows = a_table(3, 2000, shift=2500).append_column("s", pa.array(rng.random(2000)))
    rows = rows.append_column("y", pa.array(rng.integers(0, 2, 2000)))
    kept = again(drifting.reference_profile(a_table(1)))
    found: Any = over_time(rows, by=1000, label="y", score="s", threshold=0.5, reference=kept)
    assert found["reference"]["profile"] == references.digest(kept)
    assert found["reference"]["profile_rows"] == 3000
    for number, window in enumerate(found["windows"]):
        alone: Any = drifting.drift(rows.slice(number * 1000, 1000), kept)
        assert window["drift"]["income"] == alone["features"]["income"]
        assert window["drift"]["town"] == alone["features"]["town"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-9], "no profile"),
        (lambda text: b"[]", "no profile"),
        (lambda text: text.replace(b'"rows":3000', b'"rows":3001', 1), "no profile"),
        (lambda text: json.dumps(json.loads(text) | {"more": 1}).encode(), "no profile"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Any, change: Any, said: str) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(change(profile_wire.encode(drifting.reference_profile(a_table(1)))))
    with pytest.raises(BadInput, match=said) as refused:
        consilience.read_profile(path)
    assert refused.value.where == str(path)
    with pytest.raises(BadInput, match="cannot be read"):
        consilience.read_profile(tmp_path / "none.json")


def test_a_reference_without_rows_is_refused(tmp_path: Any) -> None:
    then, now = a_table(1), a_table(2)
    for reference in (then.slice(0, 0), drifting.reference_profile(then.slice(0, 0))):
        with pytest.raises(BadInput, match="has no rows"):
            drifting.drift(now, reference)
        with pytest.raises(BadInput, match="has no rows"):
            evaluate(now.append_column("y", pa.array([0, 1] * 1500)), label="y", reference=reference)
    with pytest.raises(BadInput, match="no contract can be learned"):
        learn_contract(drifting.reference_profile(then.slice(0, 0)))
    with pytest.raises(BadInput, match="has no rows"):
        references.to_keep(then.slice(0, 0))


def test_columns_that_cannot_be_compared_are_named() -> None:
    then = a_table(1)
    now = then.drop_columns(["town"]).set_column(0, "income", pa.array(["much"] * then.num_rows))
    assert drifting.drift(now, then)["not_compared"] == ["income", "town"]
    assert drifting.drift(then, then)["not_compared"] == []


def test_another_spelling_of_the_positive_class_is_said() -> None:
    table = pa.table({"y": [">50K.", "<=50K."] * 10, "s": [0.5] * 20})
    with pytest.raises(BadInput, match="'>50K.' is another class"):
        evaluate(table, label="y", score="s", positive=">50K")
