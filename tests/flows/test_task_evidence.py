"""Predicted numbers and several classes as evidence: of all rows and over time, counted by a client or here, and on the pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.evidence import compute
from consilience.kit import digests
from consilience.kit.errors import ExitCode
from consilience.measure import multiclass, regression, task_states, windows_wire
from consilience.measure.evaluate import as_record, figures, measure_states
from consilience.measure.states.masking import masked
from consilience.surfaces.cli.main import run
from tests.flows.test_api_measurements import Change, Registered, good, rows
from tests.flows.test_web_drift import page
from tests.flows.test_web_measurements import post, words_of
from tests.harness.api import a_token, sdk
from tests.harness.builders import a_version, some_evidence
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
VERSION, DATA = {"version": "credit-risk@2"}, {"dataset": "panel@2"}
NUMBERS: dict[str, Any] = {"task": "regression", "label": "spent", "prediction": "forecast"}
CLASSES: dict[str, Any] = {"task": "multiclass", "label": "town", "prediction": "guess", "rank": "place"}
BY_DAY: dict[str, Any] = {"by": "day", "time": "at"}
PROTECTED = {"protected": ["sex"]}


def a_log() -> pa.Table:
    """The panel with a predicted amount, a guessed town, and a sex that three rows say otherwise."""
    rng = np.random.Generator(np.random.PCG64(9))
    table = rows()
    spent = np.round(rng.gamma(3, 200, table.num_rows), 2)
    town = np.array(table["town"].to_pylist(), dtype=object)
    guess = np.where(rng.random(table.num_rows) < 0.8, town, "Ulm").tolist()
    sex = rng.choice(["f", "m"], table.num_rows).astype(object)
    sex[:3] = "x"
    more = {
        "spent": spent,
        "forecast": np.round(spent * rng.normal(1.05, 0.2, table.num_rows), 2),
        "guess": guess,
        "place": [1 if one == other else 2 for one, other in zip(town, guess, strict=True)],
        "sex": sex.tolist(),
    }
    for name, values in more.items():
        table = table.append_column(name, pa.array(values))
    return table


class Logged(Registered):
    """The same workspace with the log as the newest version of the panel, and its file here."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.log = folder / "log.parquet"
        pq.write_table(a_log(), self.log)
        self.register(a_log())

    def send(self, place: str, what: str, sent: Any, change: Change | None = None) -> Any:
        body = {
            **DATA,
            "data_digest": digests.of_file(self.log),
            "method": "operation",
            what: json.loads(json.dumps(sent)),
        }
        if change is not None:
            change(body[what])
        return self.caller.post(f"/versions/credit-risk@2/{place}/states", body)


@pytest.fixture
def logged(workspace: Workspace, tmp_path: Path) -> Logged:
    return Logged(tmp_path)


@pytest.mark.parametrize(("said", "kind"), [(NUMBERS, "regression_evaluation"), (CLASSES, "multiclass_evaluation")])
def test_client_and_server_evaluate_other_tasks_bit_for_bit(logged: Logged, said: dict[str, Any], kind: str) -> None:
    with sdk(logged.engineer) as client:
        (counted,) = client.evaluate_and_attach(logged.log, **VERSION, **DATA, **said, **PROTECTED, method="holdout")
        (here,) = client.compute_evaluation(source="data", **VERSION, **DATA, **said, **PROTECTED, method="holdout")
    assert (counted["kind"], counted["grade"], here["grade"]) == (
        kind,
        "recomputed_from_states",
        "recomputed_from_data",
    )
    assert (counted["fields"], counted["files"]) == (here["fields"], here["files"])
    measured = regression.evaluate_regression if kind.startswith("reg") else multiclass.evaluate_classes
    shown = measured(logged.log, **{name: one for name, one in said.items() if name != "task"})
    fields = counted["fields"]
    for name, figure in shown["performance"].items():
        if not name.startswith("micro_"):
            assert float(fields[name]["value"]) == figure["value"], name
    (sex,) = fields["attributes"]
    assert [one["key"] for one in sex["groups"]] == ["(withheld)", "m"] or {one["key"] for one in sex["groups"]} == {
        "(withheld)", "f"
    }  # fmt: skip
    assert min(one["rows"] for one in sex["groups"]) >= 5
    if kind == "multiclass_evaluation":
        assert {one["name"] for one in fields["classes"]} == {"Bonn", "Hof", "Ulm"}
        assert float(fields["top_3"]["value"]) == 1
        assert {one["name"] for one in sex["classes"]} == {"Bonn", "Hof", "Ulm"}


def test_client_and_server_evaluate_two_classes_bit_for_bit_and_withhold_the_same_groups(logged: Logged) -> None:
    said: dict[str, Any] = {"label": "y", "score": "new", "threshold": 0.5, "protected": ["sex", "town"]}
    with sdk(logged.engineer) as client:
        counted, everything = (
            client.evaluate_and_attach(logged.log, **VERSION, **DATA, **said, method="holdout", minimum_group=minimum)
            for minimum in (5, 1)
        )
        here = client.compute_evaluation(source="data", **VERSION, **DATA, **said, method="holdout")
    assert [one["kind"] for one in here] == ["evaluation", "fairness_evaluation"]
    for one, all_sent, by_server in zip(counted, everything, here, strict=True):
        assert (one["fields"], one["files"]) == (all_sent["fields"], all_sent["files"])
        assert (one["fields"], one["files"]) == (by_server["fields"], by_server["files"])
    for attribute in here[1]["fields"]["attributes"]:
        assert min(group["rows"] for group in attribute["groups"]) >= 5
        assert "x" not in {value for group in attribute["groups"] for value in group["values"]}
    shown = as_record(figures(masked(measure_states(logged.log, **said), minimum=5)))
    assert here[0]["fields"] == compute.evaluation(shown)
    assert here[1]["fields"] == compute.fairness(shown)


@pytest.mark.parametrize(
    ("said", "list_", "figure"), [(NUMBERS, "errors", "mae"), (CLASSES, "over_classes", "macro_f1")]
)
def test_client_and_server_measure_windows_of_other_tasks_bit_for_bit(
    logged: Logged, said: dict[str, Any], list_: str, figure: str
) -> None:
    with sdk(logged.engineer) as client:
        (counted,) = client.windows_and_attach(logged.log, **VERSION, **DATA, **said, **BY_DAY, method="operation")
        (here,) = client.compute_windows(**VERSION, **DATA, **said, **BY_DAY, method="operation")
    assert (counted["fields"], counted["files"]) == (here["fields"], here["files"])
    fields = counted["fields"]
    assert fields["task"] == said["task"]
    assert [one["start"] for one in fields[list_]] == [one["start"] for one in fields["windows"]]
    assert (fields[list_][12][figure]["reason"], fields[list_][13][figure]["reason"]) == (
        "no_rows",
        "small_group_withheld",
    )
    assert float(fields[list_][0][figure]["value"]) > 0
    assert fields["windows"][0]["recall"] is None
    assert {one["figure"] for one in fields["alarms"]} >= (
        {"mae"} if list_ == "errors" else {"accuracy", "recall of Ulm"}
    )
    if list_ == "over_classes":
        assert float(fields["windows"][0]["accuracy"]["value"]) > 0.5
        assert {one["name"] for one in fields["of_classes"]} == {"Bonn", "Hof", "Ulm"}


def test_states_that_contradict_themselves_are_refused(logged: Logged) -> None:
    said = {name: one for name, one in NUMBERS.items() if name != "task"}
    states = task_states.states_to_send(logged.log, task="regression", **said)
    classes = task_states.states_to_send(logged.log, **CLASSES)
    windows = windows_wire.windows_to_send(logged.log, **NUMBERS, **BY_DAY)
    good(logged.send("evaluations", "states", states))
    wrong: list[tuple[str, str, Any, Change]] = [
        ("evaluations", "states", states, lambda sent: sent["groups"][0].update(rows=7)),
        ("evaluations", "states", states, lambda sent: sent["groups"][0].update(pp="5")),
        ("evaluations", "states", states, lambda sent: sent.update(schema="urn:consilience:residual-states:2")),
        ("evaluations", "states", classes, lambda sent: sent["groups"][0]["pairs"].reverse()),
        ("evaluations", "states", classes, lambda sent: sent["groups"].append(sent["groups"][0])),
        ("windows", "windows", windows, lambda sent: sent["windows"][0].update(states=classes)),
        ("windows", "windows", windows, lambda sent: sent["windows"][0]["states"].update(schema=5)),
        ("windows", "windows", windows, lambda sent: sent["windows"][0]["states"]["plan"].update(label="other")),
    ]
    for number, (place, what, sent, change) in enumerate(wrong):
        answer = logged.send(place, what, sent, change)
        assert answer.status == 422, (number, answer.said)
        assert answer.params["where"].startswith(("states", "residuals", "classes", "windows")), (number, answer.said)


def test_what_a_task_does_not_take_is_said(logged: Logged) -> None:
    usual = {
        "from": "data",
        **DATA,
        "method": "holdout",
        "label": "spent",
        "prediction": "forecast",
        "task": "regression",
    }
    for change, where in (
        ({"from": "artefact"}, "from"), ({"score": "new"}, "score"), ({"rank": "place"}, "rank"), ({"label": None}, "label"),
    ):  # fmt: skip
        answer = logged.caller.post("/versions/credit-risk@2/evaluations", usual | change)
        assert (answer.status, answer.params["where"]) == (422, where), answer.said


def test_the_command_line_attaches_and_computes_other_tasks(
    workspace: Workspace, server: str, at: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logged = Logged(tmp_path)
    at(server, a_token(logged.engineer), timeout="60")
    to = ["--attach", "credit-risk@2", "--dataset", "panel@2"]
    numbers = ["--task", "regression", "--label", "spent", "--prediction", "forecast"]
    assert run(["evaluate", str(logged.log), *numbers, *to, "--method", "holdout", "--minimum-group", "9"]) == 0
    assert "regression_evaluation" in capsys.readouterr().out
    assert run(["over-time", str(logged.log), *numbers, "--by", "week", "--time", "at", *to]) == 0
    assert "window_evaluation" in capsys.readouterr().out
    compute = [
        "evidence",
        "compute",
        "credit-risk@2",
        "--dataset",
        "panel@2",
        "--task",
        "multiclass",
        "--label",
        "town",
    ]
    assert run([*compute, "--prediction", "guess", "--method", "holdout", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["kind"] == "multiclass_evaluation"
    refused = ["evaluate", str(logged.log), *numbers, *to, "--method", "holdout", "--html", "x.html"]
    assert run(refused) == ExitCode.WRONG_USE
    assert "no --html" in capsys.readouterr().err


def test_the_pages_draw_other_tasks_with_a_sentence_each(logged: Logged, client: Client) -> None:
    address, made = reverse("version_compute", args=["credit-risk@2"]), {}
    usual = {"dataset": "panel@2", "method": "holdout", "protected": "sex"}
    forms: list[tuple[str, dict[str, Any]]] = [
        ("regression_evaluation", usual | {"label": "spent", "prediction": "forecast"}),
        ("multiclass_evaluation", usual | {"label": "town", "prediction": "guess", "rank": "place"}),
        ("window_evaluation", {"dataset": "panel@2", "each": "day", "time": "at", "task": "regression", "label": "spent", "prediction": "forecast"}),
    ]  # fmt: skip
    for kind, said in forms:
        done = post(client, logged.engineer, f"{address}?what={kind}", said)
        assert done.status_code == 302, (kind, words_of(done.content.decode()))
        made[kind] = page(client, logged.engineer, done.headers["Location"])
    numbers, classes, windows = (words_of(made[kind]) for kind, _ in forms)
    assert "On average a prediction is off by" in numbers
    assert "On the whole they are too high, by" in numbers
    assert "Nine errors in ten lie between" in numbers
    assert "Errors by sex" in numbers
    assert "are predicted right; the data fit" in classes
    assert "“Bonn” is found least often" in classes
    assert "If every class were equally common" in classes
    assert "Mean absolute error" in windows
    assert "the reference by more than chance explains" in windows
    scores = {"dataset": "panel@2", "each": "day", "time": "at", "task": "regression", "label": "spent", "score": "new"}
    refused = post(client, logged.engineer, f"{address}?what=window_evaluation", scores)
    assert refused.status_code == 422
    assert "only for two classes" in words_of(refused.content.decode())


ODD: list[tuple[str, dict[str, Any]]] = [
    ("regression_evaluation", {"mae": {"value": 2}, "attributes": [{"name": "<b>x</b>", "groups": [{"key": "a"}]}, {}]}),
    ("regression_evaluation", {"errors": {"p05": {"value": -1}}, "r2": {"value": -0.5}, "mean_error": {"value": 1, "low": 0.5, "high": 2}}),
    ("multiclass_evaluation", {"classes": [{"name": "<b>x</b>", "recall": {"value": 0.5}}, {}], "attributes": [{"name": "g", "groups": [{}]}]}),
    ("multiclass_evaluation", {"kappa": {"value": 0.5}, "accuracy": {"value": 0.5}}),
    ("window_evaluation", {"errors": [{"start": "a", "mae": {"value": 1}}, {}], "over_classes": [{}], "of_classes": [{}]}),
]  # fmt: skip


def test_what_somebody_states_of_other_tasks_is_shown_as_far_as_it_goes(logged: Logged, client: Client) -> None:
    version = a_version()
    kinds = [("regression_evaluation", {"rows": 5}), ("multiclass_evaluation", {"rows": 5})]
    for kind, fields in [*ODD, *kinds]:
        row = some_evidence(version, kind, method="operation", fields=fields)
        assert "<b>x</b>" not in page(client, logged.engineer, reverse("evidence", args=[row.urn])), fields
