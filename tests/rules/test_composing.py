"""Composing a policy of a starter set: what is written wrongly is refused with its line, and what is written is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.composing import Asked, asked, composed
from consilience.domains.policy.document import load
from consilience.domains.policy.fields import Source
from consilience.domains.policy.mutation import coverage
from consilience.domains.policy.outcome import Severity
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.schema import fact_schema
from consilience.kit.errors import BadInput, ConsilienceError
from consilience.kit.strict_yaml import read_yaml

SCHEMA = fact_schema(kinds())
ITEM: dict[str, Any] = {"template": "monitoring-plan", "values": {"days": 10}, "source": "House rule"}
POLICY: dict[str, Any] = {"policy": "ours", "title": {"en": "Ours"}, "owner": "product", "requirements": [ITEM]}
HIGH = Asked(("high",), ("hiring", "education"), {"en": "Asked of high risk.", "de": "Verlangt bei hohem Risiko."})


def text(usual: Asked | None = None, **changes: Any) -> str:
    written, lines = read_yaml(json.dumps({**POLICY, **changes}, indent=1), "set")
    return composed(written, Source("set", lines), (), usual)


def policy(usual: Asked | None = None, **changes: Any) -> Policy:
    functions = ("engineering", "ethics", "legal", "product")
    return load(text(usual, **changes), schema=SCHEMA, functions=functions)


def test_it_asks_only_of_the_tiers_and_uses_named_and_proves_it() -> None:
    made = policy(HIGH)
    assert made.applies_if is not None
    assert made.applies_if.text == 'tier.level == "high" && system.use in ["hiring", "education"]'
    assert all(one.complete for one in coverage(made))
    names = {one.name for one in made.requirements[0].examples}
    assert {
        "of minimal risk",
        "of limited risk",
        "used for something else",
        "everything as asked, used for education",
    } <= names
    assert text(HIGH) == text(HIGH)


def test_a_set_that_names_none_asks_of_every_system() -> None:
    assert policy().applies_if is None


def test_what_a_policy_says_of_its_systems_takes_the_place_of_the_sets() -> None:
    own = {"use": ["marketing"], "said": {"en": "Of marketing.", "de": "Bei Werbung."}}
    made = policy(HIGH, applies_if=own)
    assert made.applies_if is not None
    assert made.applies_if.text == 'system.use == "marketing"'


def test_owner_severity_source_and_reason_are_the_sets() -> None:
    (one,) = policy(
        requirements=[{**ITEM, "id": "watched", "severity": "warn", "obligations": ["aia-72"], "why": {"en": "More.", "de": "Mehr."}}]
    ).requirements  # fmt: skip
    assert (one.id, one.owner, one.severity, one.source) == ("watched", "product", Severity.WARN, "House rule")
    assert one.obligations == ("aia-72",)
    assert one.why["en"].endswith(" More.")
    assert one.why["de"].endswith(" Mehr.")


def test_what_is_said_in_english_only_is_said_so() -> None:
    whom = Asked(("high",), (), {"en": "Asked of high risk."})
    (one,) = policy(whom, requirements=[{**ITEM, "why": {"en": "More."}}]).requirements
    assert one.why["de"].endswith(" More.")


def test_the_stage_of_a_policy_is_that_of_every_template_that_names_none() -> None:
    other = {**ITEM, "id": "elsewhere", "values": {"stages": ["data"]}}
    first, second = policy(stage=["validation"], requirements=[ITEM, other]).requirements
    assert first.own_applies_if is not None
    assert second.own_applies_if is not None
    assert first.own_applies_if.text == 'release.stage in ["validation"]'
    assert second.own_applies_if.text == 'release.stage in ["data"]'


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"requirements": [{**ITEM, "template": "no-such"}]}, "no-such"),
        ({"requirements": [{**ITEM, "values": {"days": 0}}]}, "days"),
        ({"requirements": [{**ITEM, "values": {"weeks": 1}}]}, "weeks"),
        ({"requirements": [{**ITEM, "sentence": "x"}]}, "sentence"),
        ({"owner": 7}, "owner"),
        ({"stage": ["launch"]}, "launch"),
        ({"applies_if": {"tier": ["huge"], "said": {"en": "x"}}}, "huge"),
        ({"applies_if": {"use": ["dating"], "said": {"en": "x"}}}, "dating"),
        ({"applies_if": {"tier": ["high"]}}, "said"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConsilienceError, match=said):
        text(**changes)


def test_a_tier_that_is_no_list_is_refused() -> None:
    with pytest.raises(BadInput, match="tier"):
        asked({"tier": "high", "said": {"en": "x"}}, Source("set", {}), ("applies_if",))
