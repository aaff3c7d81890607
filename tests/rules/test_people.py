"""Addresses and names of people."""

from __future__ import annotations

import pytest

from consilience.domains.people import rules
from consilience.kit.errors import BadInput


def test_a_log_in_address_is_kept_in_one_spelling() -> None:
    assert rules.email("  Ana.Aalto@Example.ORG ") == "ana.aalto@example.org"


@pytest.mark.parametrize(
    "text", ["", "ana", "@example.org", "ana@", "a b@example.org", "a@b@c", "x" * 65 + "@example.org"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="e-mail"):
        rules.email(text)


def test_a_name_is_kept_without_stray_spaces() -> None:
    assert rules.full_name("  Ana \n  Aalto ") == "Ana Aalto"


@pytest.mark.parametrize("text", ["", "   ", "x" * 201])
def test_a_name_has_1_to_200_characters(text: str) -> None:
    with pytest.raises(BadInput, match="name"):
        rules.full_name(text)
