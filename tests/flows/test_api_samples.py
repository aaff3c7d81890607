"""Rows against a population and synthetic rows as evidence: counted or stated by a client, computed here, shown."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.evidence import definitions
from consilience.kit.errors import BadInput, ExitCode
from consilience.measure.states.travelling import POOLED
from consilience.surfaces.cli.main import run
from tests.flows.test_api_drift import TERMS, good
from tests.flows.test_web_drift import page
from tests.harness.api import a_token, as_, sdk
from tests.harness.builders import a_digest, a_model, a_person, a_system, a_version, some_evidence
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
POPULATION = {"town": {"Bonn": 0.5, "Ulm": 0.3, "Hof": 0.15, "Lahr": 0.05}, "sex": {"f": 0.51, "m": 0.49}}
VERSION = {"version": "credit-risk@1"}
REAL = {"training_dataset": "panel@1", "held_out_dataset": "panel@2"}


def rows(seed: int, *, few: int = 3) -> pa.Table:
    rng = np.random.Generator(np.random.PCG64(seed))
    income = rng.normal(30_000, 7_000, 300).round(-2)
    town = rng.choice(["Bonn", "Ulm", "Hof"], 300, p=[0.7, 0.2, 0.1]).tolist()
    town[:few] = ["Lahr"] * few
    late = (rng.random(300) < 1 / (1 + np.exp((income - 28_000) / 4_000))).astype(int)
    return pa.table({"income": income, "town": town, "sex": rng.choice(["f", "m"], 300), "late": late,
                     "who": [number // 3 for number in range(300)]})  # fmt: skip


class Sampled:
    """Two panels of real rows and a synthetic one, registered with their files."""

    def __init__(self, folder: Path) -> None:
        a_model("credit-risk", systems=[a_system("lending")])
        self.engineer = a_person("Eve")
        self.caller = as_(self.engineer)
        self.files = []
        for slug, seeds in (("panel", (1, 2)), ("made", (3,))):
            good(self.caller.post("/datasets", {"slug": slug, "name": slug, "systems": ["lending"]}))
            for seed in seeds:
                path = folder / f"{slug}{seed}.parquet"
                pq.write_table(rows(seed), path)
                self.files.append(path)
                stream = io.BytesIO(path.read_bytes())
                stream.name = path.name
                ticket = good(self.caller.upload(stream))["files"][0]["upload"]
                good(
                    self.caller.post(
                        f"/datasets/{slug}/versions", {**TERMS, "file": {"name": path.name, "upload": ticket}}
                    )
                )
        self.real, self.held, self.made = self.files
        good(
            self.caller.post(
                "/models/credit-risk/versions", {"artefact": {"digest": a_digest()}, "code_revision": "c0de"}
            )
        )


@pytest.fixture
def sampled(workspace: Workspace, tmp_path: Path) -> Sampled:
    return Sampled(tmp_path)


def test_rows_beside_a_population_here_and_there(sampled: Sampled) -> None:
    with sdk(sampled.engineer) as client:
        (counted,) = client.represent_and_attach(sampled.real, POPULATION, **VERSION, dataset="panel@1")
        (here,) = client.compute_representativeness("credit-risk@1", dataset="panel@1", population=POPULATION)
    assert (counted["grade"], here["grade"]) == ("recomputed_from_states", "recomputed_from_data")
    assert counted["fields"] == here["fields"]
    assert counted["files"] == here["files"]
    town, sex = counted["fields"]["attributes"]
    assert [one["key"] for one in town["groups"]] == ["Bonn", "Ulm", POOLED]
    assert float(sex["groups"][0]["ratio"]["low"]) < 1
    assert counted["fields"]["effective_rows"] is None


def test_over_people_it_is_the_clients_word(sampled: Sampled) -> None:
    only = {"sex": POPULATION["sex"]}
    with sdk(sampled.engineer) as client:
        (said,) = client.represent_and_attach(sampled.real, only, **VERSION, dataset="panel@1", people="who")
        (here,) = client.compute_representativeness("credit-risk@1", dataset="panel@1", population=only, people="who")
        with pytest.raises(BadInput, match="other bytes"):
            client.represent_and_attach(sampled.real, only, **VERSION, dataset="panel@2", people="who")
    assert (said["grade"], here["grade"]) == ("stated", "recomputed_from_data")
    assert said["fields"] == here["fields"]
    assert said["fields"]["people"] == 100
    assert said["fields"]["effective_rows"] is not None


def test_counts_of_other_bytes_and_counts_that_no_rows_give_are_refused(sampled: Sampled) -> None:
    from consilience.kit import digests
    from consilience.measure import population_counts
    from consilience.measure.representative import represent

    counts: Any = population_counts.to_json(population_counts.counts_of(represent(sampled.real, POPULATION)))
    body = {"dataset": "panel@1", "data_digest": digests.of_file(sampled.real), "counts": counts}
    address = "/versions/credit-risk@1/representativeness/states"
    answer = sampled.caller.post(address, {**body, "data_digest": a_digest()})
    assert (answer.status, answer.code) == (409, "other_data")
    counts["attributes"][0]["apart"] += 1
    answer = sampled.caller.post(address, body)
    assert (answer.status, answer.params["where"]) == (422, "counts.attributes[0]")


def test_synthetic_rows_here_and_there(sampled: Sampled) -> None:
    said: dict[str, Any] = {"label": "late", "without": ["who"]}
    with sdk(sampled.engineer) as client:
        (stated,) = client.synthetic_and_attach(
            sampled.made, sampled.real, sampled.held, **VERSION, dataset="made@1", **REAL, **said
        )
        (here,) = client.compute_synthetic("credit-risk@1", dataset="made@1", **REAL, **said)
        with pytest.raises(BadInput, match="other bytes"):
            client.synthetic_and_attach(sampled.made, sampled.held, sampled.held, **VERSION, dataset="made@1", **REAL)
        with pytest.raises(BadInput, match="name three"):
            client.compute_synthetic("credit-risk@1", dataset="panel@1", **REAL)
    assert (stated["grade"], here["grade"]) == ("stated", "recomputed_from_data")
    assert stated["fields"] == here["fields"]
    assert {one["name"] for one in here["fields"]["columns"]} == {"income", "town", "sex", "late"}
    assert float(here["fields"]["closer_to_training"]["value"]) < 1


def test_every_page_has_pictures_with_a_sentence_and_a_table(sampled: Sampled, client: Client) -> None:
    compute, engineer = reverse("version_compute", args=["credit-risk@1"]), sampled.engineer
    client.force_login(engineer.account)
    population = "sex: {f: 0.51, m: 0.49}\ntown: {Bonn: 0.5, Ulm: 0.3, Hof: 0.2}"
    forms: dict[str, dict[str, str]] = {
        "representativeness_evaluation": {"dataset": "panel@1", "population": population},
        "synthetic_evaluation": {"dataset": "made@1", **REAL, "label": "late", "without": "who"},
    }
    for kind, said in forms.items():
        assert client.get(f"{compute}?what={kind}").status_code == 200
        done = client.post(f"{compute}?what={kind}", said)
        assert done.status_code == 302, re.sub(r"<[^>]*>", " ", done.content.decode())
        text = page(client, engineer, done.headers["Location"])
        cards = text.count('<section class="card" aria-labelledby="c')
        assert cards >= 2, kind
        assert text.count("Show as table") == cards, kind
        assert len(re.findall(r'class="say', text)) >= cards, kind
        assert "style=" not in text
        assert "&lt;" not in text.split("As recorded")[0]
    wrong = client.post(f"{compute}?what=representativeness_evaluation", {"dataset": "panel@1", "population": "sex: ["})
    assert wrong.status_code == 422
    wrong = client.post(
        f"{compute}?what=representativeness_evaluation", {"dataset": "panel@1", "population": "sex: {f: 0.2}"}
    )
    assert "add up to 0.2" in wrong.content.decode()


ODD: list[tuple[str, dict[str, Any]]] = [
    ("representativeness_evaluation", {"attributes": [{}]}),
    ("representativeness_evaluation", {"attributes": [{"name": "<b>x</b>", "groups": [{}, {"key": "<b>x</b>", "ratio": {"value": 2}}]}]}),
    ("synthetic_evaluation", {"columns": [{}], "relations": [{}, {"columns": ["<b>x</b>"], "change": {"value": 1}}]}),
    ("synthetic_evaluation", {"closer_to_training": {"value": 0.6, "low": 0.55}, "copies": {"value": 0.1}}),
    ("synthetic_evaluation", {"synthetic_area": {"value": 0.6}, "real_area": {"value": 0.7}}),
    ("data_profile", {"rows": 5}),
    ("data_profile", {"columns": [{"name": "<b>x</b>", "labels": ["a"], "counts": [1, 2]}, {"name": "t", "kind": "time", "low": -1e300, "high": 1e300}]}),
    ("data_profile", {"columns": [{"name": "a", "labels": ["b"], "counts": [-4], "missing": 3}]}),
]  # fmt: skip


def test_what_somebody_states_is_shown_as_far_as_it_goes(workspace: Workspace, client: Client) -> None:
    methods = {one["slug"]: one["methods"][0] for one in definitions.kinds()}
    version, reader = a_version(), a_person()
    for kind, fields in ODD:
        row = some_evidence(version, kind, method=methods[kind], fields=fields)
        assert "<b>x</b>" not in page(client, reader, reverse("evidence", args=[row.urn])), fields


def test_in_a_terminal(server: str, at: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sampled = Sampled(tmp_path)
    at(server, a_token(sampled.engineer), timeout="60")
    stated = tmp_path / "population.json"
    stated.write_text(json.dumps(POPULATION))
    words = ["represent", str(sampled.real), "--population", str(stated)]
    attach = ["--attach", "credit-risk@1", "--dataset"]
    assert run([*words, *attach, "panel@1"]) == 0
    assert "representativeness_evaluation" in capsys.readouterr().out
    assert run([*words, *attach, "panel@2"]) == ExitCode.REFUSED
    for wrong in (attach[:2], [*attach, "panel@1", "--html", "x.html"], ["--minimum-group", "5"]):
        assert run([*words, *wrong]) == ExitCode.WRONG_USE, wrong
    three = ["synthetic", str(sampled.made), "--real", str(sampled.real), "--holdout", str(sampled.held)]
    assert run([*three, *attach, "made@1"]) == ExitCode.WRONG_USE
    capsys.readouterr()
    named = ["--real-dataset", "panel@1", "--holdout-dataset", "panel@2"]
    assert run([*three, *attach, "made@1", *named, "--json"]) == 0
    (made,) = json.loads(capsys.readouterr().out)
    assert (made["kind"], made["grade"]) == ("synthetic_evaluation", "stated")
    compute = ["evidence", "compute", "credit-risk@1", "--what"]
    assert run([*compute, "represent", "--dataset", "panel@1", "--population", str(stated)]) == 0
    assert (
        run(
            [
                *compute,
                "synthetic",
                "--dataset",
                "made@1",
                "--training-dataset",
                "panel@1",
                "--holdout-dataset",
                "panel@2",
            ]
        )
        == 0
    )
    assert run([*compute, "represent", "--dataset", "panel@1"]) == ExitCode.WRONG_USE
