"""What a registration must say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from consilience.domains.inventory import rules
from consilience.domains.inventory.rules import RISK_FACTS, Authorship, DataTerms, SystemFacts
from consilience.kit.errors import BadInput

FACTS = SystemFacts(
    slug="lending", name="Lending", purpose="credit-scoring", description="", jurisdictions=["DE", "US-NY"],
    audience=["card holders"], affected_groups=["young borrowers"], owner="urn:p", squad="lending", sponsor=None,
    tier="high",
)  # fmt: skip
TERMS = DataTerms(
    provenance="core banking", lawful_basis="contract", consent=False, purposes=["credit-scoring"], jurisdictions=["DE"]
)


def test_what_is_said_of_a_system_is_its_body() -> None:
    body = FACTS.body()
    assert body["slug"] == "lending"
    assert body["jurisdictions"] == ["DE", "US-NY"]
    assert body.keys() == SystemFacts.__dataclass_fields__.keys() - set(RISK_FACTS)


def test_what_is_said_of_its_risk_is_kept_and_what_is_not_said_is_unknown() -> None:
    said = {"use": "credit_scoring", "autonomy": "recommends", "people_affected": 0, "line_of_business": "retail"}
    body = replace(FACTS, **said, data_categories=["personal", "financial", "personal"]).body()
    assert {name: body[name] for name in RISK_FACTS} == {**said, "data_categories": ["financial", "personal"]}
    assert "use" not in FACTS.body()


@pytest.mark.parametrize(
    "changed",
    [{"slug": "Lending"}, {"slug": ""}, {"purpose": "credit scoring"}, {"name": " "}, {"tier": "huge"},
     {"jurisdictions": []}, {"jurisdictions": ["Germany"]}, {"jurisdictions": ["de"]}, {"audience": [" "]},
     {"affected_groups": []}, {"use": "fun"}, {"autonomy": "none"}, {"people_affected": -1},
     {"people_affected": 10**11}, {"data_categories": ["secrets"]}, {"line_of_business": "Retail banking"}],
)  # fmt: skip
def test_a_system_that_leaves_out_what_matters_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        replace(FACTS, **changed).body()


def test_terms_of_data_are_kept() -> None:
    assert TERMS.body()["purposes"] == ["credit-scoring"]
    assert TERMS.body().keys() == DataTerms.__dataclass_fields__.keys()


@pytest.mark.parametrize(
    "changed",
    [{"provenance": ""}, {"lawful_basis": "because"}, {"lawful_basis": "consent", "consent": False},
     {"purposes": ["credit scoring"]}, {"jurisdictions": []}],
)  # fmt: skip
def test_terms_that_cannot_be_right_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        replace(TERMS, **changed).body()


def test_a_version_has_a_human_author() -> None:
    assert rules.has_human_author(Authorship(frozenset({"urn:p"}))) is None
    refused = rules.has_human_author(Authorship(frozenset(), ("ana@example.org",)))
    assert refused is not None
    assert (refused.code, refused.params) == ("no_human_author", {"unknown": 1})


@pytest.mark.parametrize(
    ("text", "expected"), [("credit-risk@3", ("credit-risk", 3)), ("a@999999999", ("a", 999999999))]
)
def test_a_reference_is_a_name_and_a_number(text: str, expected: tuple[str, int]) -> None:
    assert rules.reference(text, "model version") == expected


@pytest.mark.parametrize(
    "text", ["", "credit-risk", "credit-risk@", "credit-risk@0", "credit-risk@01", "@3", "a@1@2", "a@9999999999", "A@1", "a@1\n"]
)  # fmt: skip
def test_other_text_is_no_reference(text: str) -> None:
    with pytest.raises(BadInput, match="model version"):
        rules.reference(text, "model version")


@pytest.mark.parametrize("text", ["", "a" * 63, "A" * 64, "g" * 64, "a" * 65])
def test_a_digest_is_64_lower_case_hexadecimal_digits(text: str) -> None:
    with pytest.raises(BadInput, match="artefact"):
        rules.sha256(text, "artefact")


def test_parameters_are_kept_as_text_in_order() -> None:
    assert list(rules.parameters({"b": 1, "a": 0.5}).items()) == [("a", "0.5"), ("b", "1")]


def test_only_what_was_seen_is_corrected() -> None:
    assert rules.same_registration("system", None, "a", 2) is None
    assert rules.same_registration("system", "a", "a", 2) is None
    refused = rules.same_registration("system", "a", "b", 2)
    assert refused is not None
    assert (refused.code, refused.params) == ("corrected_meanwhile", {"noun": "system", "version": 2})


def test_a_model_leaves_only_systems_in_which_nothing_is_proposed() -> None:
    assert rules.stays_where_proposed("risk", {}, {"urn:a"}) is None
    assert rules.stays_where_proposed("risk", {"urn:b": "b"}, {"urn:a"}) is None
    refused = rules.stays_where_proposed("risk", {"urn:b": "b", "urn:a": "a"}, {"urn:a", "urn:b"})
    assert refused is not None
    assert refused.params == {"model": "risk", "systems": ["a", "b"]}


def test_a_correction_keeps_the_name() -> None:
    assert rules.same_slug("lending", "lending") is None
    refused = rules.same_slug("lending", "loans")
    assert refused is not None
    assert refused.code == "name_is_fixed"
