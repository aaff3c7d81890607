"""Comparisons, validations, segments and windows as evidence: counted by a client or here, recomputed, refused where they contradict."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.domains.access.rules import Role
from consilience.kit import digests
from consilience.kit.errors import BadInput
from consilience.measure import artefact as artefacts
from consilience.measure import comparing, validation_counts, windows_wire
from consilience.measure.contract_reading import read_contract
from consilience.measure.engines.validating import validate
from consilience.measure.states import pairs_wire
from tests.harness.api import Answer, Caller, as_, sdk
from tests.harness.builders import Someone, a_digest, a_model, a_person, a_system
from tests.harness.workspaces import Workspace

TERMS = {"provenance": "bank", "lawful_basis": "contract", "consent": False, "jurisdictions": ["DE"]}
VERSION, DATA = {"version": "credit-risk@2"}, {"dataset": "panel@1"}
TWO = {"label": "y", "score": "old", "score_other": "new", "threshold": 0.5}
Change = Callable[[dict[str, Any]], object]
OF_ONE = {"label": "y", "score": "new", "threshold": 0.5}
PAIR = {"baseline": "credit-risk@1", "method": "holdout"}
BY_DAY = {"by": "day", "time": "at", **OF_ONE}
AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
CONTRACT = """\
schema: urn:consilience:contract:1
rows_at_least: 100
other_columns: warn
columns:
  income: {type: number, minimum: 0, missing_at_most: 0.01}
  at: {type: time, fresh_within: 4w}
  town: {values: [Bonn, Ulm]}
rules:
  - {left: new, compare: ">=", value: 0}
"""


def a_model_of(coefficient: float) -> bytes:
    """An artefact that the server can score."""
    return artefacts.encode(
        artefacts.Artefact("y_score", 0.5, 0.0, (artefacts.Numeric("income", 30_000.0, 7_000.0, coefficient),), ())
    )


def rows() -> pa.Table:
    rng = np.random.Generator(np.random.PCG64(5))
    income = rng.normal(30_000, 7_000, 1_200)
    income[:2] = -5
    truth = 1 / (1 + np.exp(-(income - 30_000) / 7_000))
    y = (rng.random(1_200) < truth).astype(int)
    day = np.sort(rng.integers(0, 12, 1_200))
    day[-3:] = 13
    late = pa.array([None if when >= 11 else int(one) for when, one in zip(day, y, strict=True)], pa.int64())
    town = rng.choice(["Bonn", "Ulm"], 1_200)
    town[7:9] = "Hof"
    start = datetime(2026, 1, 10, tzinfo=UTC)
    return pa.table(
        {
            "income": income,
            "town": town,
            "at": pa.array([start + timedelta(days=int(one)) for one in day]),
            "y": late,
            "old": np.clip(truth * 0.4 + 0.6 * rng.random(1_200), 0, 1),
            "new": np.where(town == "Ulm", 1 - truth, truth),
        }
    )


class Registered:
    """A panel with the scores of two versions, each with an artefact that the server holds."""

    def __init__(self, folder: Path) -> None:
        lending = a_system("lending")
        a_model("credit-risk", systems=[lending])
        self.engineer: Someone = a_person("Eve")
        self.caller: Caller = as_(self.engineer)
        self.file = folder / "panel.parquet"
        pq.write_table(rows(), self.file)
        good(self.caller.post("/datasets", {"slug": "panel", "name": "Panel", "systems": ["lending"]}))
        self.register(rows())
        for coefficient in (0.2, 1.0):
            artefact = {"kind": "declared", "upload": self.upload(a_model_of(coefficient))}
            said = {"artefact": artefact, "code_revision": "c0de"}
            good(self.caller.post("/models/credit-risk/versions", said))

    def register(self, table: pa.Table) -> None:
        """One more version of the panel, with its file."""
        file = io.BytesIO()
        pq.write_table(table, file)
        body = {**TERMS, "file": {"name": "panel.parquet", "upload": self.upload(file.getvalue())}}
        good(self.caller.post("/datasets/panel/versions", body))

    def upload(self, data: bytes) -> str:
        stream = io.BytesIO(data)
        stream.name = "file.parquet"
        return str(good(self.caller.upload(stream))["files"][0]["upload"])

    def sent(self, what: str) -> tuple[str, dict[str, Any]]:
        """What a client posts: the address, and the body."""
        digest = digests.of_file(self.file)
        usual = {**DATA, "data_digest": digest}
        if what == "pairs":
            states = pairs_wire.to_json(comparing.pair_states(self.file, **TWO))
            return "comparisons/states", {**usual, **PAIR, "pairs": states}
        if what == "counts":
            found = validate(self.file, read_contract(CONTRACT, "contract"), as_of=AS_OF)
            counts = validation_counts.counts_of(found, self.file, contract=CONTRACT, as_of=AS_OF)
            return "validations/states", {**usual, "counts": validation_counts.to_json(counts)}
        windows = windows_wire.windows_to_send(self.file, **BY_DAY)
        return "windows/states", {**usual, "method": "operation", "windows": windows}

    def post(self, what: str, change: Change | None = None) -> Answer:
        place, body = self.sent(what)
        if change is not None:
            change(body)
        return self.caller.post(f"/versions/credit-risk@2/{place}", body)


def good(answer: Answer) -> Any:
    assert answer.status == 200, answer.said
    return answer.said


@pytest.fixture
def registered(workspace: Workspace, tmp_path: Path) -> Registered:
    return Registered(tmp_path)


def test_client_and_server_compare_two_models_bit_for_bit(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        (counted,) = client.compare_and_attach(registered.file, **VERSION, **DATA, **PAIR, **TWO)
        (here,) = client.compute_comparison("credit-risk@2", source="data", **DATA, **PAIR, **TWO)
        first = client.get("/versions/credit-risk@1")
    assert (counted["grade"], here["grade"]) == ("recomputed_from_states", "recomputed_from_data")
    assert counted["fields"] == here["fields"]
    assert counted["files"] == here["files"]
    fields = counted["fields"]
    shown = comparing.of_pair_states(comparing.pair_states(registered.file, **TWO))
    for name, found in shown["figures"].items():  # type: ignore[union-attr]
        for side, kept in (("one", "baseline"), ("other", "version"), ("difference", "difference")):
            said = found[side]["value"]  # type: ignore[index,call-overload]
            assert float(fields[name][kept]["value"]) == said, (name, side)
    assert fields["baseline"] == first["artefact"]["digest"]
    assert fields["rows"] == 1_200
    assert fields["only_version_right"] + fields["only_baseline_right"] > 0
    alone = comparing.compare(registered.file, **TWO)
    assert float(fields["roc_auc"]["difference"]["low"]) == pytest.approx(
        alone.figure("figures", "roc_auc", "difference").low, abs=1e-9
    )


def test_two_artefacts_that_the_server_holds_are_scored_by_it(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        (made,) = client.compute_comparison("credit-risk@2", source="artefact", label="y", **DATA, **PAIR)
    assert made["grade"] == "scored_from_artefact"
    value = float(made["fields"]["brier"]["difference"]["value"])
    scores = [artefacts.score(artefacts.load(a_model_of(one)), registered.file).column(0) for one in (0.2, 1.0)]
    table = pa.table({"y": rows()["y"], "a": scores[0], "b": scores[1]})
    own = comparing.compare(table, label="y", score="a", score_other="b", threshold=0.5)
    assert value == pytest.approx(own.figure("figures", "brier", "difference").value, abs=1e-12)
    answer = registered.caller.post(
        "/versions/credit-risk@2/comparisons", {"from": "artefact", **DATA, **PAIR, "label": "y", "score": "old"}
    )
    assert answer.status == 422
    assert "leave scores" in str(answer.said)


def test_a_version_is_not_its_own_baseline(registered: Registered) -> None:
    answer = registered.post("pairs", lambda body: body.update(baseline="credit-risk@2"))
    assert (answer.status, answer.params["where"]) == (422, "baseline")


def test_client_and_server_judge_a_contract_alike(registered: Registered) -> None:
    said = {"contract": CONTRACT, **DATA}
    with sdk(registered.engineer) as client:
        (counted,) = client.validate_and_attach(registered.file, **VERSION, **said, as_of=AS_OF)
        (here,) = client.compute_validation("credit-risk@2", **said, as_of=AS_OF.isoformat())
    assert (counted["grade"], here["grade"]) == ("recomputed_from_states", "recomputed_from_data")
    assert counted["fields"] == here["fields"]
    fields = counted["fields"]
    found = {(one["name"], one["column"]): one for one in fields["rules"]}
    assert not fields["passed"]
    assert fields["failed"] == 2
    assert fields["warned"] == 3  # y, old and new are columns of no rule
    assert found["values", "town"]["share"]["reason"] == "small_group_withheld"
    assert found["values", "town"]["broken"] is None
    assert not found["values", "town"]["passed"]
    assert found["missing_at_most", "income"]["share"]["value"] == "0"
    assert found["fresh_within", "at"]["passed"]
    assert "Hof" not in str(counted)


def test_every_broken_row_is_counted_where_the_minimum_is_one(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        (made,) = client.validate_and_attach(
            registered.file, **VERSION, **DATA, contract=CONTRACT, as_of=AS_OF, minimum_group=1
        )
    found = {(one["name"], one["column"]): one for one in made["fields"]["rules"]}
    assert found["minimum", "income"]["broken"] == 2
    assert float(found["minimum", "income"]["share"]["value"]) == 2 / 1_200


def test_client_and_server_measure_windows_bit_for_bit(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        (counted,) = client.windows_and_attach(registered.file, **VERSION, **DATA, method="operation", **BY_DAY)
        (here,) = client.compute_windows("credit-risk@2", **DATA, method="operation", **BY_DAY)
    assert (counted["grade"], here["grade"]) == ("recomputed_from_states", "recomputed_from_data")
    assert counted["fields"] == here["fields"]
    windows = counted["fields"]["windows"]
    assert [one["start"] for one in windows][:2] == ["2026-01-10", "2026-01-11"]
    assert (windows[11]["labels"], windows[11]["accuracy"]["reason"]) == (0, "labels_to_come")
    assert windows[11]["labels_to_come"] == windows[11]["rows"]
    assert (windows[12]["rows"], windows[12]["accuracy"]["reason"]) == (0, "no_rows")
    assert (windows[13]["rows"], windows[13]["accuracy"]["reason"]) == (3, "small_group_withheld")
    assert sum(one["rows"] for one in windows) == counted["fields"]["rows"] == 1_200
    assert {one["figure"] for one in counted["fields"]["alarms"]} >= {"accuracy", "selection_rate"}


def test_segments_are_stated_by_a_client_and_computed_by_the_server(registered: Registered) -> None:
    said = {"method": "holdout", "label": "y", "score": "new", "without": ["at", "old"]}
    with sdk(registered.engineer) as client:
        (stated,) = client.slices_and_attach(registered.file, **VERSION, **DATA, **said)
        (here,) = client.compute_segments("credit-risk@2", **DATA, **said)
        other = registered.file.with_name("other.parquet")
        pq.write_table(rows().slice(1), other)
        with pytest.raises(BadInput, match="other bytes"):
            client.slices_and_attach(other, **VERSION, **DATA, **said)
    assert (stated["grade"], here["grade"]) == ("stated", "recomputed_from_data")
    assert stated["fields"] == here["fields"]
    assert stated["fields"]["segments"][0]["conditions"].startswith("town is Ulm")
    assert stated["fields"]["segments"][0]["confirmed"]
    assert stated["fields"]["sample_rows"] <= 1_200


def test_counts_of_other_bytes_are_refused_and_readers_have_nothing_computed(registered: Registered) -> None:
    reader = as_(a_person(roles=[Role.READER]))
    for what in ("pairs", "counts", "windows"):
        answer = registered.post(what, lambda body: body.update(data_digest=a_digest()))
        assert (answer.status, answer.code) == (409, "other_data"), answer.said
        place, body = registered.sent(what)
        answer = reader.post(f"/versions/credit-risk@2/{place}", body)
        assert (answer.status, answer.code) == (403, "not_entitled")


def _numbers(body: dict[str, Any], part: str, change: Callable[[list[int]], list[int]]) -> None:
    body["pairs"][part] = " ".join(map(str, change([int(one) for one in body["pairs"][part].split()])))


NO_PAIRS: list[Change] = [
    lambda body: _numbers(body, "labels", lambda found: [1 - min(one, 1) for one in found]),
    lambda body: _numbers(body, "predictions", lambda found: [1 - one for one in found]),
    lambda body: _numbers(body, "scores", lambda found: [one + 1 for one in found][::-1]),
    lambda body: _numbers(body, "rows", lambda found: [0, *found[1:]]),
    lambda body: _numbers(body, "rows", lambda found: found[1:]),
    lambda body: _numbers(body, "rows", lambda found: [2**40, *found[1:]]),
    lambda body: body["pairs"].update(more=1),
    lambda body: body["pairs"]["sides"].pop(),
    lambda body: body["pairs"]["sides"][1].update(score="old"),
    lambda body: body["pairs"].update(label=None),
    lambda body: body["pairs"].update(rows=""),
]


def test_pairs_that_no_rows_can_have_are_refused(registered: Registered) -> None:
    for place, change in enumerate(NO_PAIRS):
        answer = registered.post("pairs", change)
        assert answer.status == 422, (place, answer.said)
        assert answer.params["where"].startswith("pairs"), (place, answer.said)


def _rule(body: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in body["counts"]["rules"] if one["rule"] == name)
    return found


NO_COUNTS: list[Change] = [
    lambda body: _rule(body, "values").update(passed=True),
    lambda body: _rule(body, "missing_at_most").update(broken=13),
    lambda body: _rule(body, "type").update(broken=2_000),
    lambda body: _rule(body, "rows_at_least").update(passed=False),
    lambda body: _rule(body, "required").update(passed=False),
    lambda body: _rule(body, "fresh_within").update(broken=1, rows=5),
    lambda body: body["counts"]["rules"].pop(),
    lambda body: body["counts"]["rules"].reverse(),
    lambda body: body["counts"].update(rows=5),
    lambda body: body["counts"]["columns"].pop("old"),
    lambda body: body["counts"]["columns"].update(old="gold"),
    lambda body: body["counts"].update(as_of="yesterday"),
    lambda body: body["counts"].update(minimum=1),
    lambda body: body["counts"].update(contract=CONTRACT.replace("0.01", "1.5")),
]


def test_counts_that_contradict_the_contract_are_refused(registered: Registered) -> None:
    for place, change in enumerate(NO_COUNTS):
        answer = registered.post("counts", change)
        assert answer.status == 422, (place, answer.said)
        assert answer.params["where"].startswith(("counts", "contract")), (place, answer.said)


NO_WINDOWS: list[Change] = [
    lambda body: body["windows"]["windows"].pop(3),
    lambda body: body["windows"]["windows"][0].update(rows=5),
    lambda body: body["windows"]["windows"][2].update(states=None),
    lambda body: body["windows"].update(by="week"),
    lambda body: body["windows"].update(by=500),
    lambda body: body["windows"].update(minimum=5_000),
    lambda body: body["windows"].update(windows=[]),
    lambda body: body["windows"]["windows"][1]["states"]["plan"].update(threshold="0.6"),
    lambda body: body["windows"]["windows"][0].update(start="soon"),
]


def test_windows_that_contradict_themselves_are_refused(registered: Registered) -> None:
    for place, change in enumerate(NO_WINDOWS):
        answer = registered.post("windows", change)
        assert answer.status == 422, (place, answer.said)
        assert answer.params["where"].startswith(("windows", "states")), (place, answer.said)
