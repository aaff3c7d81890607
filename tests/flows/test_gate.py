"""The gate on the real credit model: what opens it, what blocks it, and why."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.demo import training
from consilience.domains.content import queries as content
from consilience.domains.evidence import actions as evidence
from consilience.domains.gate import facts as gate_facts
from consilience.domains.gate import queries as gate
from consilience.domains.gate import rules
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.rules import DataTerms
from consilience.domains.policy import queries as policy
from consilience.domains.release import actions as releases
from consilience.domains.release import queries as release_queries
from consilience.domains.review import actions as review
from consilience.domains.review.rules import NewCondition, Verdict
from consilience.kit import canonical
from consilience.kit.clock import Instant, read_instant, shift
from consilience.kit.errors import CannotTell, ExitCode, Refused
from consilience.kit.records.models import AsOf
from consilience.measure import artefact as artefacts
from tests.harness.builders import as_of, later, operator
from tests.harness.credit import FUNCTIONS, Credit, assess, credit
from tests.harness.workspaces import Workspace


@pytest.fixture
def story(workspace: Workspace) -> Credit:
    return credit()


def test_measured_and_signed_the_real_model_is_allowed(story: Credit) -> None:
    before = story.assess().verdict
    assert (before.allowed, before.exit_code) == (False, ExitCode.ONLY_SIGN_OFFS_MISSING)
    story.sign_everything()
    assert story.assess().verdict == rules.Verdict(True, rules.Ground.ALL_MET, ExitCode.YES)


@pytest.mark.on_both_databases
def test_the_gate_gives_one_answer_on_both_databases(workspace: Workspace) -> None:
    story = credit()
    story.sign_everything()
    decision = story.decide()
    assert decision.allowed
    assert gate.replay(operator(), decision.urn, as_of()).same


# Moving one fact across its bound flips exactly its requirement

Change = Callable[[dict[str, Any]], None]


def _evaluation(**figures: str) -> Change:
    def change(facts: dict[str, Any]) -> None:
        for name, said in figures.items():
            metric, part = name.rsplit("_", 1)
            facts["evidence"]["evaluation"][0][metric][part] = said

    return change


def _group(attribute: int, group: int, **said: Any) -> Change:
    def change(facts: dict[str, Any]) -> None:
        found = facts["evidence"]["fairness_evaluation"][0]["attributes"][attribute]["groups"][group]
        for name, value in said.items():
            if name == "rows":
                found["rows"] = value
            else:
                found[name]["value"] = value

    return change


def _gap(facts: dict[str, Any]) -> None:
    facts["evidence"]["fairness_evaluation"][0]["attributes"][0]["gaps"]["fpr"]["high"] = "0.1001"


def _first(kind: str, **fields: Any) -> Change:
    return lambda facts: facts["evidence"][kind][0].update(fields)


def _training(**terms: Any) -> Change:
    return lambda facts: facts["training_datasets"][0].update(terms)


def _same_data(facts: dict[str, Any]) -> None:
    facts["evaluation_datasets"][0]["digest"] = facts["training_datasets"][0]["digest"]


def _expired_retention(facts: dict[str, Any]) -> None:
    facts["training_datasets"][0]["retained_until"] = facts["now"]


FLIPS: dict[str, list[Change]] = {
    "predictive-power": [_evaluation(roc_auc_low="0.6999"), _evaluation(brier_high="0.1324"), _first("evaluation", grade="recomputed_from_states")],
    "approval-ratio": [_group(0, 0, selection_rate="0.4")],
    "equal-chance-for-good-payers": [_gap],
    "enough-people-in-every-group": [_group(1, 0, rows=65)],
    "reproducible-training": [_first("reproducibility_run", artefact="0" * 64), _first("reproducibility_run", reproduced=False)],
    "holdout-kept-apart": [_same_data, _first("training_run", holdout_rows=0)],
    "fast-enough": [_first("load_test", p99_ms="50.1"), _first("load_test", artefact="0" * 64)],
    "success-criteria-met": [_evaluation(roc_auc_value="0.7499")],
    "data-purpose-and-basis": [_training(purposes=["research"]), _training(jurisdictions=["DE"]), _training(lawful_basis="consent")],
    "data-kept-in-time": [_expired_retention],
}  # fmt: skip


def test_moving_only_its_fact_across_the_bound_flips_a_requirement(story: Credit) -> None:
    story.sign_everything()
    found = story.assess()
    for requirement, change in [(name, one) for name, changes in FLIPS.items() for one in changes]:
        facts = copy.deepcopy(dict(found.facts))
        change(facts)
        said = policy.outcomes([one.loaded for one in found.policies], facts, found.schema, found.release.asof.valid_at)
        moved = {one.requirement for one in said if str(one.code) != "satisfied"}
        assert moved == {requirement}


def test_every_computed_requirement_of_the_starter_set_has_a_flip(story: Credit) -> None:
    computed = {one.requirement for one in story.assess().outcomes if not one.sign_off}
    assert computed == set(FLIPS)
    assert len(story.assess().outcomes) == 14


# Bad models are stopped by what is computed


def test_random_scores_are_blocked(workspace: Workspace) -> None:
    exact = artefacts.load(training.shipped().read_bytes())
    drawn = random.Random(7)
    shuffled = tuple(
        artefacts.Numeric(one.name, one.mean, one.scale, drawn.choice([-1, 1]) * 1e-6) for one in exact.numeric
    )
    story = credit(artefact=artefacts.encode(artefacts.Artefact("risk", 0.5, exact.intercept, shuffled, ())))
    story.sign_everything()
    assert story.outcomes()["predictive-power"] == "unsatisfied"
    assert story.assess().verdict.exit_code is ExitCode.NO


def test_scores_biased_against_one_sex_are_blocked(workspace: Workspace) -> None:
    exact = artefacts.load(training.shipped().read_bytes())
    biased = artefacts.Categorical("sex", {"female": 6.0, "male": 0.0}, artefacts.Unseen.REFUSE)
    story = credit(
        artefact=artefacts.encode(artefacts.Artefact("risk", 0.5, exact.intercept, exact.numeric, (biased,)))
    )
    story.sign_everything()
    outcomes = story.outcomes()
    assert outcomes["approval-ratio"] == outcomes["equal-chance-for-good-payers"] == "unsatisfied"
    assert not story.assess().verdict.allowed


def _figures(story: Credit) -> dict[str, Any]:
    said = story.assess().facts["evidence"]["evaluation"][0]
    return {name: said[name]["value"] for name in ("roc_auc", "brier", "log_loss")}


def test_one_coefficient_moves_digest_scores_and_figures(story: Credit) -> None:
    exact = artefacts.load(training.shipped().read_bytes())
    first = exact.numeric[3]
    other = (*exact.numeric[:3], artefacts.Numeric(first.name, first.mean, first.scale, first.coefficient + 0.01))
    changed = artefacts.Artefact(exact.output, exact.threshold, exact.intercept, other, ())
    assert artefacts.digest(changed) != canonical.sha256(training.shipped().read_bytes())
    path = training.data_file("card-holdout.parquet")
    assert artefacts.score(changed, path) != artefacts.score(exact, path)
    report = artefacts.evaluate_artefact(changed, path, label=training.LABEL)
    assert canonical.number(report["calibration"]["brier"]["value"]) != _figures(story)["brier"]


def test_one_raw_value_moves_digest_and_figures(story: Credit, tmp_path: Path) -> None:
    table = pq.read_table(training.data_file("card-holdout.parquet"))
    status = table["pay_status"].to_pylist()
    status[0] += 3
    column = table.schema.get_field_index("pay_status")
    path = tmp_path / "card-holdout.parquet"
    pq.write_table(table.set_column(column, "pay_status", pa.array(status, pa.int8())), path)
    from tests.harness.credit import data

    before = _figures(story)
    other = data("lending", "card-holdout-changed", path)
    assert other.row.body["digest"] != story.holdout.row.body["digest"]
    (evaluation, _) = story.measure(other)
    assert evaluation.body["fields"]["brier"]["value"] != before["brier"]


# What people say


def test_a_changed_card_section_stales_ethics_and_not_engineering(story: Credit) -> None:
    story.sign_everything()
    story.attach("card_section", "limitations", {"section": "limitations", "document": "f" * 64})
    standings = {one["function"]: one["standing"] for one in story.assess().facts["signoffs"]}
    assert standings == {"engineering": "stands", "product": "stands", "legal": "stands", "ethics": "stale"}
    assert story.assess().verdict.exit_code is ExitCode.ONLY_SIGN_OFFS_MISSING


def test_an_identical_re_run_stales_nobody(story: Credit) -> None:
    story.sign_everything()
    story.measure()
    assert story.assess().verdict.allowed


def test_a_block_outlives_approvals_and_facets_until_its_author_withdraws_it(story: Credit) -> None:
    given = story.sign("ethics", Verdict.BLOCK)
    story.sign_everything()
    assert story.assess().verdict.ground is rules.Ground.BLOCKED
    story.attach("card_section", "limitations", {"section": "limitations", "document": "e" * 64})
    assert story.assess().verdict.ground is rules.Ground.BLOCKED
    review.end_block(actor=story.reviewers["ethics"].actor, block=given.urn, reason="Answered", now=later())
    story.sign("ethics")
    assert story.assess().verdict.allowed


def test_a_block_stops_another_model_of_the_system_under_a_new_name(story: Credit) -> None:
    from consilience.domains.inventory.models import System
    from tests.harness.builders import a_model, a_version

    story.sign("legal", Verdict.BLOCK)
    system = System.objects.get(slug="lending")
    renamed = a_version(owner=story.author, model=a_model("limit-risk", systems=[system]))
    releases.propose(
        actor=story.author.actor, system="lending", version=renamed.reference, stage="validation", note="", now=later()
    )
    found = assess("lending", renamed.reference, "validation", as_of())
    assert found.verdict.ground is rules.Ground.BLOCKED


def test_a_block_does_not_hold_up_retirement(story: Credit) -> None:
    story.sign("legal", Verdict.BLOCK)
    releases.propose(
        actor=story.author.actor, system="lending", version="credit-risk@1", stage="retirement", note="", now=later()
    )
    found = assess("lending", "credit-risk@1", "retirement", as_of())
    assert found.verdict.ground is not rules.Ground.BLOCKED


def test_an_overdue_condition_closes_the_gate_again_until_its_proof_is_accepted(story: Credit) -> None:
    due = shift(later(), days=10)
    owner = story.author
    condition = NewCondition("Test the letter with twelve customers", owner.urn, due)
    given = story.sign("product", Verdict.APPROVE_WITH_CONDITIONS, conditions=[condition])
    for function in ("engineering", "legal", "ethics"):
        story.sign(function)
    assert story.assess().verdict.allowed
    overdue = story.assess(at=due)
    assert not overdue.verdict.allowed
    assert overdue.verdict.exit_code is ExitCode.NO
    name = f"{given.urn}#0"
    review.offer_proof(actor=owner.actor, condition=name, proof="Twelve letters tested", now=later())
    assert not story.assess(at=due).verdict.allowed
    review.accept_proof(actor=story.reviewers["product"].actor, condition=name, now=later())
    assert story.assess(at=due).verdict.allowed


def test_an_objection_keeps_the_gate_shut_until_another_person_answers(story: Credit) -> None:
    given = story.sign("legal", Verdict.OBJECT)
    story.sign_everything()
    assert not story.assess().verdict.allowed
    with pytest.raises(Refused, match="own_objection"):
        review.answer(actor=story.reviewers["legal"].actor, objection=given.urn, text="Mine", now=later())
    review.answer(actor=story.reviewers["product"].actor, objection=given.urn, text="Because", now=later())
    assert story.assess().verdict.allowed


def test_an_author_signs_nothing_even_when_they_hold_the_function(story: Credit) -> None:
    from consilience.domains.people import actions as people

    people.hold(actor=operator(), person=story.author.urn, function="engineering", until=None, now=later())
    found = release_queries.release(operator(), **story.address, asof=as_of())
    with pytest.raises(Refused, match="own_work"):
        review.sign_off(
            actor=story.author.actor, release=story.release.urn, function="engineering", verdict=Verdict.APPROVE,
            reason="Mine", seen=release_queries.facet(found, "engineering").digest, now=later(),
        )  # fmt: skip


def test_nobody_signs_what_they_did_not_see(story: Credit) -> None:
    found = release_queries.release(operator(), **story.address, asof=as_of())
    seen = release_queries.facet(found, "ethics").digest
    story.attach("card_section", "limitations", {"section": "limitations", "document": "d" * 64})
    with pytest.raises(Refused, match="facet_changed"):
        review.sign_off(
            actor=story.reviewers["ethics"].actor, release=story.release.urn, function="ethics",
            verdict=Verdict.APPROVE, reason="Seen before", seen=seen, now=later(),
        )  # fmt: skip


def test_a_stage_without_requirements_is_blocked(story: Credit) -> None:
    from consilience.domains.policy.models import Policy

    assert Policy.objects.count() == len(FUNCTIONS)
    empty = gate.assess_release(release_queries.release(operator(), **story.address, asof=as_of()), policies=[])
    assert (empty.verdict.ground, empty.verdict.exit_code) == (rules.Ground.NO_REQUIREMENT, ExitCode.NO)


# Two times and replay


def test_facts_asked_later_for_a_position_are_the_facts_captured_there(story: Credit, workspace: Workspace) -> None:
    captured = []

    def capture() -> None:
        decision = story.decide()
        captured.append((decision.body["valid_at"], decision.body["known_at"], decision.body["facts"]))

    capture()
    story.sign("ethics")
    capture()
    terms = DataTerms("UCI", "public_licence", consent=False, purposes=["limit-increase"], jurisdictions=["TW", "DE"],
                      retained_until=read_instant("2098-01-01", zone="UTC"))  # fmt: skip
    inventory.correct_dataset_terms(
        actor=operator(), reference="card-training@1", terms=terms, wrong_from_the_start=True, now=later()
    )
    capture()
    withdrawn = story.attach("blueprint", "document", {"document": "a" * 64, "title": "Blueprint"})
    capture()
    evidence.withdraw(actor=story.author.actor, urn=withdrawn.urn, reason="wrong file", now=later())
    capture()
    story.measure()
    story.sign("legal", Verdict.BLOCK)
    capture()
    for digest in {digest for _, _, digest in captured}:
        content.path_of(digest).unlink(missing_ok=True)
    for valid_at, known_at, digest in captured:
        then = release_queries.release(
            operator(), **story.address, asof=AsOf(valid_at=Instant(valid_at), known_at=known_at)
        )
        assert canonical.digest(gate_facts.facts(then)) == digest


def test_a_change_that_lies_ahead_counts_only_from_then(story: Credit) -> None:
    from consilience.domains.inventory.models import System
    from consilience.domains.ledger.act import act

    ahead = shift(later(), days=30)
    row = System.objects.newest(story.assess().facts["system"]["urn"])
    assert row is not None
    with act(operator(), verb="inventory.system_corrected", at=later()) as opened:
        opened.record(System, body={**row.body, "jurisdictions": ["TW", "JP"]}, replaces=row, valid_from=ahead)
    assert story.assess().facts["system"]["jurisdictions"] == ["TW"]
    assert story.assess(at=ahead).facts["system"]["jurisdictions"] == ["TW", "JP"]


def test_a_replay_gives_the_same_bytes_and_a_falsified_result_is_a_difference(
    story: Credit, workspace: Workspace
) -> None:
    story.sign_everything()
    decision = story.decide()
    stored = content.path_of(decision.body["result"])
    said = gate.replay(operator(), decision.urn, as_of())
    assert said.same
    assert said.result == content.read(decision.body["result"])
    sealed = stored.read_bytes()
    stored.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert not gate.replay(operator(), decision.urn, as_of()).same


def test_a_replay_without_its_facts_cannot_tell(story: Credit, workspace: Workspace) -> None:
    decision = story.decide()
    content.path_of(decision.body["facts"]).unlink()
    with pytest.raises(CannotTell):
        gate.replay(operator(), decision.urn, as_of())
