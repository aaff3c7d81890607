"""A workspace from before a kind was shipped gets it at its next `init`; what was signed there stands."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from consilience.config import workspace as workspaces_of_ours
from consilience.config.home import Home
from consilience.domains.evidence import actions, definitions, queries
from consilience.domains.evidence.models import FacetPlan, Kind
from consilience.domains.gate import queries as gate
from consilience.domains.ledger import log
from consilience.domains.ledger.models import Entry
from consilience.domains.ledger.verify import verify
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from tests.harness import workspaces
from tests.harness.builders import as_of, later, operator, some_evidence
from tests.harness.check_fixtures import FIXTURES
from tests.harness.credit import Credit, credit
from tests.harness.make_fixture import facts_at
from tests.harness.workspaces import Workspace

NEW = {"kind": "drift_evaluation_of_tomorrow", "title": "Tomorrow", "methods": ["agreed"], "fields": {"rows": "int"}}


@pytest.fixture
def old(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A copy of a workspace that began before drift was a kind; what was written down about it."""
    home = Home(tmp_path / "home")
    with tarfile.open(FIXTURES / "workspace-1.tar.gz") as archive:
        archive.extractall(home.root, filter="data")
    with workspaces.opened(Workspace(home)):
        call_command("migrate", verbosity=0)
        yield json.loads((FIXTURES / "workspace-1.json").read_text(encoding="ascii")) | {"home": home}


def test_an_old_workspace_gets_the_new_kinds_and_stands_as_it_stood(old: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        queries.kind("drift_evaluation", as_of())
    before = facts_at(AsOf(valid_at=later(), known_at=log.size()))
    workspaces_of_ours.init(old["home"], name="ignored", zone="UTC")
    for kind in ("reference_profile", "data_profile", "representativeness_evaluation", "synthetic_evaluation"):
        assert queries.kind(kind, as_of()).version == 1
    for kind in (
        "drift_evaluation",
        "comparison_evaluation",
        "data_validation",
        "weak_segments",
        "window_evaluation",
        "regression_evaluation",
        "multiclass_evaluation",
    ):
        assert queries.kind(kind, as_of()).version == 1
    grown = queries.kind("rollback_plan", as_of())
    assert (grown.version, grown.fields["rehearsed"], grown.units["minutes"]) == (2, "bool", "minutes")
    assert [one.what for one in queries.facet_plan(as_of())["engineering"]].count("drift_evaluation") == 1
    after = facts_at(AsOf(valid_at=before["valid_at"], known_at=log.size()))
    assert after | {"known_at": 0} == before | {"known_at": 0}
    for facts in old["facts"]:
        assert facts_at(AsOf(valid_at=facts["valid_at"], known_at=facts["known_at"])) == facts
    report = verify()
    assert report.good, report.findings
    assert report.entries == old["entries"] + 1


def test_the_second_time_nothing_is_recorded(old: dict[str, Any]) -> None:
    actions.add_shipped_kinds(actor=operator(), now=later())
    size = log.size()
    actions.add_shipped_kinds(actor=operator(), now=later())
    assert log.size() == size
    assert Entry.objects.order_by("position").last().verb == "evidence.kinds_shipped"  # type: ignore[union-attr]


def test_a_new_workspace_has_everything_from_the_start(workspace: Workspace) -> None:
    size = log.size()
    actions.add_shipped_kinds(actor=operator(), now=later())
    assert log.size() == size


def _ship(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release of tomorrow, with one more kind that engineering answers for."""
    kinds, facets = definitions.kinds(), definitions.facets()
    from consilience.domains.evidence.rules import kind_body

    monkeypatch.setattr(definitions, "kinds", lambda: [*kinds, kind_body(NEW)])
    more = facets | {"engineering": [*facets["engineering"], NEW["kind"]]}
    monkeypatch.setattr(definitions, "facets", lambda: more)


@pytest.fixture
def story(workspace: Workspace) -> Credit:
    return credit()


def test_sign_offs_go_stale_by_the_evidence_and_not_by_its_kind(story: Credit, monkeypatch: pytest.MonkeyPatch) -> None:
    story.sign_everything()
    assert story.assess().verdict.allowed
    decision = story.decide()
    _ship(monkeypatch)
    actions.add_shipped_kinds(actor=operator(), now=later())
    assert queries.kind(str(NEW["kind"]), as_of()).title == "Tomorrow"
    assert story.assess().verdict.allowed
    assert gate.replay(operator(), decision.urn, as_of()).same
    some_evidence(story.version, str(NEW["kind"]), method="agreed", fields={"rows": 1})
    assert not story.assess().verdict.allowed


def test_a_plan_that_the_workspace_made_its_own_is_left_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consilience.domains.ledger.act import act

    with act(operator(), verb="evidence.kind_defined", at=later()) as opened:
        row = FacetPlan.objects.as_of(opened.asof).get()
        plan = {**row.body["facets"], "legal": [*row.body["facets"]["legal"], "load_test"]}
        opened.record(FacetPlan, body={"facets": plan}, replaces=row)
    size = log.size()
    _ship(monkeypatch)
    actions.add_shipped_kinds(actor=operator(), now=later())
    assert log.size() == size
    assert not Kind.objects.filter(slug=NEW["kind"]).exists()


def test_a_kind_that_the_workspace_defined_under_that_name_is_left_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consilience.domains.evidence.rules import kind_body
    from consilience.domains.ledger.act import act

    with act(operator(), verb="evidence.kind_defined", at=later()) as opened:
        opened.record(Kind, body=kind_body(NEW | {"title": "Ours"}))
    size = log.size()
    _ship(monkeypatch)
    actions.add_shipped_kinds(actor=operator(), now=later())
    assert log.size() == size
    assert queries.kind(str(NEW["kind"]), as_of()).title == "Ours"


def test_a_kind_grows_where_the_shipped_one_only_adds(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = queries.kind("load_test", as_of())
    _grow(
        monkeypatch,
        "load_test",
        {"fields": {**before.fields, "cold_ms": "double"}, "units": {**before.units, "cold_ms": "milliseconds"}},
    )
    actions.add_shipped_kinds(actor=operator(), now=later())
    after = queries.kind("load_test", as_of())
    assert (after.version, after.fields["cold_ms"], after.units["cold_ms"]) == (
        before.version + 1,
        "double",
        "milliseconds",
    )
    size = log.size()
    actions.add_shipped_kinds(actor=operator(), now=later())
    assert log.size() == size
    assert verify().good


@pytest.mark.parametrize("own", [{"title": "Ours"}, {"fields": {"p99_ms": "int"}}, {"units": {"p50_ms": "seconds"}}])
def test_a_kind_that_is_not_only_added_to_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, own: dict[str, Any]
) -> None:
    _grow(monkeypatch, "load_test", own)
    size = log.size()
    actions.add_shipped_kinds(actor=operator(), now=later())
    assert log.size() == size


def _grow(monkeypatch: pytest.MonkeyPatch, slug: str, changed: dict[str, Any]) -> None:
    """A release of tomorrow, in which one kind says something else."""
    kinds = [one | changed if one["slug"] == slug else one for one in definitions.kinds()]
    monkeypatch.setattr(definitions, "kinds", lambda: kinds)
