"""The pages of measured drift: pictures with a sentence each, a card on the release; and of figures by group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.evidence import compute
from consilience.domains.evidence.models import Evidence
from consilience.domains.inventory.queries import DataVersionOf, VersionOf
from consilience.domains.release.models import Release
from consilience.kit.clock import now
from consilience.measure import drifting
from consilience.measure.states import profile_wire
from tests.harness.builders import (
    Someone,
    a_dataset_version,
    a_model,
    a_person,
    a_release,
    a_system,
    a_version,
    some_evidence,
)
from tests.harness.workspaces import Workspace


class Measured:
    """A release whose version has drift on record."""

    def __init__(self) -> None:
        system = a_system("lending")
        self.then, self.now = (
            a_dataset_version("panel", systems=[system]),
            a_dataset_version("panel-now", systems=[system]),
        )
        self.version: VersionOf = a_version(model=a_model("credit-risk", systems=[system]), training=[self.then])
        self.release: Release = a_release(version=self.version)
        self.person: Someone = a_person("Eve")

    def record(self, then: pa.Table, current: pa.Table) -> Evidence:
        sides = drifting.profiles_to_send(current, then)
        (row,) = compute.drift_from_profiles(
            actor=self.person.actor, version=self.version.reference, dataset=self.now.reference,
            reference_dataset=self.then.reference, data_digest=_digest(self.now), reference_digest=_digest(self.then),
            profiles={name: profile_wire.to_json(one) for name, one in zip(("reference", "current"), sides, strict=True)},
            method="training_against_now", now=now(),
        )  # fmt: skip
        return row


def _digest(data: DataVersionOf) -> str:
    return str(data.row.body["digest"])


def a_table(shift: float, *, seed: int) -> pa.Table:
    rng = np.random.Generator(np.random.PCG64(seed))
    return pa.table(
        {
            "income": rng.normal(30_000 + shift, 7_000, 900),
            "<b>town</b>": rng.choice(["Bonn", "Ulm"], 900, p=[0.7, 0.3]),
            "empty": pa.array([None] * 900, pa.float64()),
        }
    )


@pytest.fixture
def measured(workspace: Workspace) -> Measured:
    return Measured()


def page(client: Client, someone: Someone, address: str) -> str:
    client.force_login(someone.account)
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_evidence_page_has_a_picture_a_sentence_and_a_table_for_each_column(
    measured: Measured, client: Client
) -> None:
    row = measured.record(a_table(0, seed=1), a_table(7_000, seed=2))
    said = page(client, measured.person, reverse("evidence", args=[row.urn]))
    assert said.count('class="f-now"') > 10
    assert "Drift of income" in said
    assert "in the reference, panel@1, and now" in said
    assert "On average the values are" in said
    assert "What differs may be chance." in said
    assert "there is nothing to compare" in said
    assert "&lt;b&gt;town&lt;/b&gt;" in said
    assert "<b>town</b>" not in said
    assert "style=" not in said
    assert "Population stability index" in said
    assert "the training rows against those of now" in said.lower()


def test_the_release_shows_the_columns_that_moved(measured: Measured, client: Client) -> None:
    address = reverse("release", args=["lending", "credit-risk@1", "operation"])
    assert 'id="drift"' not in page(client, measured.person, address)
    row = measured.record(a_table(0, seed=1), a_table(7_000, seed=2))
    said = page(client, measured.person, address)
    card = said[said.index('id="drift"') :]
    card = card[: card.index("</section>")]
    assert "income moved much." in card
    assert "large shift" in card
    assert "town" not in card
    assert reverse("evidence", args=[row.urn]) in card


@pytest.mark.parametrize(
    "fields",
    [
        {"rows": 5},
        {"columns": []},
        {"columns": [{"name": "x"}]},
        {"columns": [{"name": "x", "psi": {"value": 0.3}, "labels": ["a"], "counts": [1]}]},
        {"columns": [{"name": "x", "psi": {}, "labels": ["a", "b"], "reference_counts": [1, 2], "counts": [0, 0]}]},
        {
            "columns": [
                {
                    "name": "x", "psi": {"value": 0.3, "low": 0.2, "high": 0.4}, "missing_shift": {"value": 0.1},
                    "labels": ["a"], "reference_counts": [-1], "counts": [5],
                }
            ]
        },
        {
            "columns": [
                {
                    "name": "x", "psi": {"value": 0.3, "low": 0.2}, "missing_shift": {"value": 0.1}, "mean_shift": {"value": 1.0},
                    "wasserstein_scaled": {}, "labels": ["a", "b"], "reference_counts": [1, 0], "counts": [0, 5],
                }
            ]
        },
        {
            "columns": [
                {"name": "x", "psi": {"value": 0.3}, "missing_shift": {}, "labels": ["a"], "reference_counts": [0], "counts": [0]}
            ]
        },
    ],
)  # fmt: skip
def test_what_somebody_states_of_drift_is_shown_as_far_as_it_goes(
    measured: Measured, client: Client, fields: dict[str, Any]
) -> None:
    row = some_evidence(measured.version, "drift_evaluation", method="training_against_now", fields=fields)
    page(client, measured.person, reverse("evidence", args=[row.urn]))
    page(client, measured.person, reverse("release", args=["lending", "credit-risk@1", "operation"]))


def test_drift_can_be_stated_on_a_page(measured: Measured, client: Client) -> None:
    address = reverse("version_attach", args=[measured.version.reference])
    assert "Drift against a reference" in page(client, measured.person, f"{address}?kind=drift_evaluation")


def test_figures_and_gaps_are_said_in_a_sentence(measured: Measured, client: Client) -> None:
    def figure(value: float) -> dict[str, Any]:
        return {
            "value": value,
            "low": value - 0.02,
            "high": value + 0.02,
            "level": 0.95,
            "method": "wilson",
            "rows": 900,
        }

    row = some_evidence(
        measured.version,
        "evaluation",
        method="holdout",
        fields={"rows": 900, "accuracy": figure(0.8), "roc_auc": figure(0.75)},
    )
    said = page(client, measured.person, reverse("evidence", args=[row.urn]))
    assert "are predicted right" in said
    assert "75 times in 100" in said
    groups = [{"key": key, "values": [key], "rows": 450, "selection_rate": figure(0.3)} for key in ("f", "m")]
    gaps = {"selection_rate": figure(0.03), "fpr": figure(0.071)}
    attributes = [{"name": "sex", "attributes": ["sex"], "groups": groups, "gaps": gaps}]
    row = some_evidence(
        measured.version, "fairness_evaluation", method="holdout", fields={"rows": 900, "attributes": attributes}
    )
    said = page(client, measured.person, reverse("evidence", args=[row.urn]))
    assert "furthest apart in false positive rate: 7.1 percentage points" in said
