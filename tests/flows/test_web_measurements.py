"""The pages of comparisons, validations, segments and windows: pictures with a sentence and a table each."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.evidence import definitions
from tests.flows.test_api_measurements import AS_OF, BY_DAY, CONTRACT, DATA, PAIR, TWO, VERSION, Registered, rows
from tests.flows.test_web_drift import page
from tests.harness.api import sdk
from tests.harness.builders import a_person, a_version, some_evidence
from tests.harness.workspaces import Workspace

SEARCH = {"method": "holdout", "label": "y", "score": "new", "without": ["at", "old"]}
NEW = ("comparison_evaluation", "data_validation", "weak_segments", "window_evaluation")


class Recorded(Registered):
    """The same with a record of each kind."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        with sdk(self.engineer) as client:
            made = [
                *client.compare_and_attach(self.file, **VERSION, **DATA, **PAIR, **TWO),
                *client.validate_and_attach(
                    self.file, **VERSION, **DATA, contract=CONTRACT, as_of=AS_OF, minimum_group=1
                ),
                *client.compute_segments("credit-risk@2", **DATA, **SEARCH),
                *client.windows_and_attach(self.file, **VERSION, **DATA, method="operation", **BY_DAY),
            ]
        self.urns = {one["kind"]: one["urn"] for one in made}


@pytest.fixture
def recorded(workspace: Workspace, tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


def words_of(said: str) -> str:
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]*>", " ", said).split())


def test_every_kind_has_pictures_with_a_sentence_and_a_table(recorded: Recorded, client: Client) -> None:
    said = {
        kind: page(client, recorded.engineer, reverse("evidence", args=[urn])) for kind, urn in recorded.urns.items()
    }
    for kind, text in said.items():
        cards = text.count('<section class="card" aria-labelledby="c')
        assert cards >= 1, kind
        assert text.count('class="data"') > cards, kind  # a table under each, and the record itself
        assert len(re.findall(r'<div class="say">|class="say', text)) >= cards, kind
        assert "style=" not in text, kind
        assert "&lt;" not in text.split("As recorded")[0], kind
        assert "_" not in "".join(re.findall(r"undefined[^<]*", text)), kind
    compared = words_of(said["comparison_evaluation"])
    assert "The version less credit-risk@1, on the same rows" in compared
    assert re.search(r"(Better|Worse) than credit-risk@1 in [a-z ,]+, by more than chance explains", compared)
    assert re.search(
        r"Accuracy is 0\.\d{3}, and 0\.\d{3} for credit-risk@1: .0\.\d{3}; the data fit .0\.\d{3} to .0\.\d{3}",
        compared,
    )
    assert "rows only the version gets right" in compared
    validated = words_of(said["data_validation"])
    assert "The data break the contract: 2 of 11 rules that must hold do not." in validated
    assert (
        "Most rows break “income: minimum”: 0.17 %; for further rows of this kind the data fit 0.05 % to 0.61 %."
        in validated
    )
    segments = words_of(said["weak_segments"])
    assert "Where town is Ulm the mean error is" in segments
    assert "err more than chance explains" in segments
    windows = words_of(said["window_evaluation"])
    assert re.search("(In none of|it differs from) .*than chance explains", windows)
    assert "No alarm sounds: 6 figures were watched." in windows or "An alarm sounds for" in windows
    assert "rows have no label yet" in windows
    assert "undefined: no label of these rows is known yet" in windows


def test_the_release_has_a_card_with_a_sentence_for_each_kind(recorded: Recorded, client: Client) -> None:
    with sdk(recorded.engineer) as api:
        api.compute_profile("credit-risk@2", dataset="panel@1")
        api.compute_representativeness("credit-risk@2", dataset="panel@1", population={"town": {"Bonn": 1, "Ulm": 1}})
        api.propose_release("lending", "credit-risk@2", "operation")
    said = page(client, recorded.engineer, reverse("release", args=["lending", "credit-risk@2", "operation"]))
    cards = {
        one.split("</h2>")[0].split(">")[-1]: words_of(one.split("</section>")[0])
        for one in said.split('aria-labelledby="measured')[1:]
    }
    assert "than credit-risk@1 in" in cards["Baseline comparison"]
    assert "The data break the contract" in cards["Data validation"]
    assert "mean error is" in cards["Segments with larger errors"]
    assert "Alarms. All windows together less the reference" in cards["Figures over time"]
    assert "1,200 rows, 6 columns." in cards["Profile of data"]
    assert "The column y lacks most." in cards["Profile of data"]
    assert "groups does the share surely differ" in cards["Data against a stated population"]
    assert len(cards) == 6
    for urn in recorded.urns.values():
        assert reverse("evidence", args=[urn]) in said


def test_a_baseline_that_one_may_not_know_of_is_not_named(recorded: Recorded, client: Client) -> None:
    fields = {"rows": 5, "baseline_version": "urn:consilience:00000000-0000-4000-8000-000000000000:model-version:00000000-0000-7000-8000-000000000000",
              "accuracy": {"difference": {"value": 0.1}}}  # fmt: skip
    row = some_evidence(a_version(), "comparison_evaluation", method="holdout", fields=fields)
    assert "The version less the baseline" in page(client, recorded.engineer, reverse("evidence", args=[row.urn]))


ODD: list[tuple[str, dict[str, Any]]] = [
    ("comparison_evaluation", {"accuracy": {"difference": {"value": 0.1, "low": -1}}}),
    ("comparison_evaluation", {"brier": {"baseline": {"value": 0.1}}, "mcnemar_p": 0.5}),
    ("data_validation", {"rules": [{"name": "type"}]}),
    ("data_validation", {"passed": True, "rules": [{"name": "<b>x</b>", "share": {"value": 0.5}, "severity": "warn"}, {}]}),
    ("weak_segments", {"segments": []}),
    ("weak_segments", {"segments": [{"conditions": "a"}, {}], "sample_rows": 5}),
    ("window_evaluation", {"windows": [{"start": "x"}, {}], "alarms": [{"figure": "f1"}, {}]}),
    ("window_evaluation", {"windows": [{"start": "a", "accuracy": {"value": 1}}], "alarms": [{"figure": "accuracy", "alarm": True}]}),
]  # fmt: skip


def test_what_somebody_states_is_shown_as_far_as_it_goes(recorded: Recorded, client: Client) -> None:
    methods = {one["slug"]: one["methods"][0] for one in definitions.kinds()}
    version = a_version()
    for kind in NEW:
        asks = page(client, recorded.engineer, reverse("version_attach", args=[version.reference]) + f"?kind={kind}")
        assert "Attach it" in asks, kind
    for kind, fields in [*ODD, *((kind, {"rows": 5}) for kind in NEW)]:
        row = some_evidence(version, kind, method=methods[kind], fields=fields)
        said = page(client, recorded.engineer, reverse("evidence", args=[row.urn]))
        assert "<b>x</b>" not in said, fields


def post(client: Client, someone: Any, address: str, said: dict[str, Any]) -> Any:
    client.force_login(someone.account)
    return client.post(address, said)


def test_somebody_has_evidence_computed_on_the_pages(recorded: Recorded, client: Client) -> None:
    recorded.register(rows().slice(0, 600))
    address, engineer = reverse("version_compute", args=["credit-risk@2"]), recorded.engineer
    assert address in page(client, engineer, reverse("version", args=["credit-risk@2"]))
    assert "data-wait" not in page(client, engineer, address)
    chosen = post(client, engineer, address, {"what": "drift_evaluation"})
    assert chosen.headers["Location"] == f"{address}?what=drift_evaluation"
    asks = page(client, engineer, f"{address}?what=drift_evaluation")
    assert 'value="panel@1"' in asks
    assert "Keep this page open" in asks
    forms: dict[str, dict[str, Any]] = {
        "drift_evaluation": {"reference_dataset": "panel@2", "method": "training_against_now", "without": "town, at"},
        "comparison_evaluation": {"baseline": "credit-risk@1", "method": "holdout", "label": "y"},
        "data_validation": {"contract": CONTRACT},
        "evaluation": {"method": "holdout", "label": "y", "score": "new", "threshold": "0.5", "protected": "town"},
        "weak_segments": {"method": "holdout", "label": "y", "score": "new", "without": "at, old"},
        "window_evaluation": {"each": "day", "time": "at", "label": "y", "score": "new", "threshold": "0.5"},
    }
    for kind, said in forms.items():
        done = post(client, engineer, f"{address}?what={kind}", {"dataset": "panel@1", **said})
        assert done.status_code == 302, (kind, words_of(done.content.decode()))
        assert "As recorded" in page(client, engineer, done.headers["Location"]), kind
    with sdk(engineer) as api:
        made = {one["kind"]: one for one in api.evidence("credit-risk@2")}
    assert [one["name"] for one in made["drift_evaluation"]["fields"]["columns"]] == ["income", "y", "old", "new"]
    assert made["comparison_evaluation"]["grade"] == "scored_from_artefact"
    for kind in ("data_validation", "evaluation", "fairness_evaluation", "weak_segments", "window_evaluation"):
        assert made[kind]["grade"] == "recomputed_from_data", kind
    assert made["window_evaluation"]["fields"]["by"] == "day"
    by_rows = {"dataset": "panel@1", "each": "rows", "rows": "400", "label": "y", "score": "new", "threshold": "0.5"}
    assert post(client, engineer, f"{address}?what=window_evaluation", by_rows).status_code == 302
    scored = {"dataset": "panel@1", "method": "holdout", "label": "y"}
    assert post(client, engineer, f"{address}?what=evaluation", scored).status_code == 302
    with sdk(engineer) as api:
        (newest,) = [one for one in api.evidence("credit-risk@2") if one["kind"] == "evaluation"]
    assert newest["grade"] == "scored_from_artefact"


def test_what_cannot_be_computed_is_said_on_the_form(recorded: Recorded, client: Client) -> None:
    recorded.register(rows().slice(0, 600))
    address, engineer = reverse("version_compute", args=["credit-risk@2"]), recorded.engineer
    usual = {"dataset": "panel@1", "baseline": "credit-risk@1", "method": "holdout", "label": "y"}
    wrong = [
        ("comparison_evaluation", usual | {"label": "yy"}, "has no column 'yy'"),
        ("comparison_evaluation", usual | {"score": "old"}, "Name both columns of scores, or neither."),
        ("comparison_evaluation", usual | {"score": "old", "score_other": "old", "threshold": "0.5"}, "both are the same model"),
        ("comparison_evaluation", usual | {"baseline": "credit-risk@2"}, "credit-risk@2"),
        ("data_validation", {"dataset": "panel@1", "contract": "columns: {"}, "contract"),
        ("evaluation", {"dataset": "panel@1", "method": "holdout", "label": "y", "threshold": "0.5"}, "The artefact says how it scores"),
        ("evaluation", {"dataset": "panel@1", "method": "holdout", "label": "yy", "score": "old"}, "has no column 'yy'"),
        ("weak_segments", {"dataset": "panel@1", "method": "holdout"}, "label"),
        ("window_evaluation", {"dataset": "panel@1", "each": "day", "label": "y", "score": "new"}, "Name the column of the time."),
        ("window_evaluation", {"dataset": "panel@1", "each": "rows", "label": "y", "score": "new"}, "Say how many rows"),
        ("window_evaluation", {"dataset": "panel@1", "each": "day", "time": "town", "label": "y", "score": "new"}, "town"),
        ("drift_evaluation", {"dataset": "panel@1", "reference_dataset": "panel@9", "method": "training_against_now"}, "panel@9"),
        ("drift_evaluation", {"dataset": "panel@1", "reference_dataset": "panel@1", "method": "training_against_now"}, "These are the same rows"),
        ("drift_evaluation", {"dataset": "panel@1", "reference_dataset": "panel@2", "columns": "salary", "method": "training_against_now"}, "salary"),
    ]  # fmt: skip
    for kind, said, sentence in wrong:
        answer = post(client, engineer, f"{address}?what={kind}", said)
        assert answer.status_code == 422, kind
        assert sentence.lower() in html.unescape(words_of(answer.content.decode())).lower(), (kind, sentence)
    assert post(client, a_person(roles=[Role.READER]), address, {"what": "drift_evaluation"}).status_code == 403
