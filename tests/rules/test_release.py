"""Dossiers and facets: what exactly a decision rests on, to the byte."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from consilience.domains.evidence.rules import Selector, facet_plan
from consilience.domains.release import rules
from consilience.domains.release.rules import Dossier, Item
from consilience.kit.errors import BadInput

PLAN = facet_plan({"ethics": ["system", "card_section/limitations"], "legal": ["system"], "product": []})
SYSTEM = Item("system/urn:s//", "1" * 64)
LIMITATIONS = Item("card_section/urn:v/limitations/", "2" * 64)
VALUE = Item("card_section/urn:v/value/", "3" * 64)
DOSSIER = Dossier("urn:s", "urn:v", "f" * 64, "operation", (LIMITATIONS, SYSTEM))


def test_a_facets_digest_is_that_of_exactly_these_bytes() -> None:
    written = (
        '{"artefact":"' + "f" * 64 + '","facet":"ethics","items":[["card_section/urn:v/limitations/","' + "2" * 64
        + '"],["system/urn:s//","' + "1" * 64 + '"]],"model_version":"urn:v","stage":"operation","system":"urn:s"}'
    )  # fmt: skip
    assert rules.facet(DOSSIER, "ethics", PLAN).digest == hashlib.sha256(written.encode()).hexdigest()
    assert DOSSIER.whole == hashlib.sha256(written.replace('"ethics"', '"*"').encode()).hexdigest()


def test_a_facet_holds_the_items_that_its_function_answers_for() -> None:
    assert rules.facet(DOSSIER, "ethics", PLAN).items == (LIMITATIONS, SYSTEM)
    assert rules.facet(DOSSIER, "legal", PLAN).items == (SYSTEM,)
    assert rules.facet(DOSSIER, "product", PLAN).items == ()
    assert rules.facet(DOSSIER, "security", PLAN).items == ()


def test_functions_with_the_same_items_have_different_digests() -> None:
    plan = {"ethics": [Selector("system")], "legal": [Selector("system")]}
    assert rules.facet(DOSSIER, "ethics", plan).digest != rules.facet(DOSSIER, "legal", plan).digest


@pytest.mark.parametrize("name", ["system", "model_version", "artefact", "stage"])
def test_a_facet_is_bound_to_everything_that_it_is_about(name: str) -> None:
    other = replace(DOSSIER, **{name: "other"})
    assert rules.facet(other, "legal", PLAN).digest != rules.facet(DOSSIER, "legal", PLAN).digest


def test_the_order_in_which_items_were_found_does_not_matter() -> None:
    assert replace(DOSSIER, items=(SYSTEM, LIMITATIONS)).whole == DOSSIER.whole


def test_a_change_outside_a_facet_leaves_it_as_it_is() -> None:
    changed = replace(DOSSIER, items=(SYSTEM, Item(LIMITATIONS.key, "9" * 64)))
    assert rules.facet(changed, "legal", PLAN) == rules.facet(DOSSIER, "legal", PLAN)
    assert rules.facet(changed, "ethics", PLAN).digest != rules.facet(DOSSIER, "ethics", PLAN).digest
    assert changed.whole != DOSSIER.whole


def test_an_item_that_nobody_answers_for_is_an_orphan() -> None:
    assert rules.orphans(DOSSIER, PLAN) == []
    assert rules.orphans(replace(DOSSIER, items=(SYSTEM, VALUE)), PLAN) == [VALUE]


def test_changes_name_what_was_added_removed_and_changed_by_key() -> None:
    before = [SYSTEM, LIMITATIONS]
    after = [replace(SYSTEM, digest="9" * 64), VALUE]
    assert [(one.key, one.before, one.after) for one in rules.changes(before, after)] == [
        (LIMITATIONS.key, "2" * 64, None),
        (VALUE.key, None, "3" * 64),
        (SYSTEM.key, "1" * 64, "9" * 64),
    ]
    assert rules.changes(before, list(reversed(before))) == []


def test_a_version_goes_only_where_its_model_is_registered() -> None:
    assert rules.serves("urn:s", ["urn:s", "urn:t"]) is None
    refused = rules.serves("urn:s", ["urn:t"])
    assert refused is not None
    assert refused.code == "model_not_for_system"


@pytest.mark.parametrize("text", ["operation", "framing", "retirement"])
def test_a_stage_is_one_of_the_six(text: str) -> None:
    assert rules.stage(text) == text


@pytest.mark.parametrize("text", ["", "Operation", "shadow", "production"])
def test_other_words_are_no_stage(text: str) -> None:
    with pytest.raises(BadInput, match="stage"):
        rules.stage(text)
