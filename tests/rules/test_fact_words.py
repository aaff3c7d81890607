"""Facts that changed are told in sentences, in English and German, without signs of code."""

from __future__ import annotations

from consilience.domains.gate.effects import FactChange, fact_changes
from consilience.surfaces.fact_words import sentence, sentences


def test_a_sign_off_that_went_out_of_date_is_told_by_its_function_and_once() -> None:
    before = {"signoffs": [
        {"function": "legal", "person": "a", "standing": "stands", "distinct": True, "urn": "1"},
        {"function": "ethics", "person": "b", "standing": "stands", "distinct": True, "urn": "2"},
    ]}  # fmt: skip
    after = {"signoffs": [before["signoffs"][0], before["signoffs"][1] | {"standing": "stale", "distinct": False}]}
    found = fact_changes(before, after, ["signoffs"])
    assert sentences(found) == [
        "Sign-off of ethics: what it is worth was stands, now out of date, since what was signed changed."
    ]
    assert sentences(found, "de") == [
        "Freigabe ethics: was sie wert ist war gilt, jetzt überholt, weil sich das Freigegebene geändert hat."
    ]


def test_what_only_follows_is_told_where_nothing_else_says_it() -> None:
    alone = FactChange("signoffs[1].distinct", before=True, after=False, about="legal")
    assert sentences([alone]) == ["Sign-off of legal: counts as one of its own was yes, now no."]


def test_evidence_is_told_by_its_method_and_numbers_as_people_write_them() -> None:
    change = FactChange("evidence.load_test[0].p99_ms", before=0.61, after=80, about="single_process")
    assert sentence(change) == "Load test of single process: 99 of 100 answers within (ms) was 0.61, now 80."
    assert sentence(change, "de").startswith("Load test single process: 99 von 100 Antworten binnen (ms) war 0,61")


def test_lists_and_what_came_or_went() -> None:
    moved = FactChange("system.jurisdictions", before=["TW"], after=["DE", "AT"])
    assert sentence(moved) == "System: jurisdictions was TW, now DE, AT."
    came = FactChange("training_datasets[0]", before=None, after={"slug": "panel"}, about="panel")
    assert sentence(came) == "Training data of panel is there now."
    went = FactChange("system.use", before="credit_scoring", after=None)
    assert sentence(went) == "System: use is there no more; it was credit scoring."
