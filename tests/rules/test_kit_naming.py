"""Identifiers, URNs and slugs."""

from __future__ import annotations

import threading
import time
import uuid
from itertools import pairwise

import pytest

from consilience.kit import naming
from consilience.kit.errors import BadInput

WORKSPACE = "0192f0c1-6a7e-7aaa-8bbb-0123456789ab"


def test_identifiers_made_one_after_the_other_are_in_order() -> None:
    made = [naming.uuid7() for _ in range(20_000)]
    assert all(earlier < following for earlier, following in pairwise(made))


def test_identifiers_of_many_threads_are_all_different_and_in_order_within_each() -> None:
    by_thread: list[list[uuid.UUID]] = [[] for _ in range(4)]

    def make(into: list[uuid.UUID]) -> None:
        into.extend(naming.uuid7() for _ in range(2000))

    threads = [threading.Thread(target=make, args=(into,)) for into in by_thread]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for made in by_thread for one in made}) == 8000
    assert all(made == sorted(made) for made in by_thread)


def test_an_identifier_holds_its_time_version_and_variant() -> None:
    before = time.time_ns() // 1_000_000
    made = naming.uuid7()
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before - 1 <= made.int >> 80 <= after + 1


def test_a_clock_that_is_set_back_does_not_set_identifiers_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = naming.uuid7()
    monkeypatch.setattr(naming.time, "time_ns", lambda: 1_000_000_000)
    assert naming.uuid7() > first


def test_a_urn_says_workspace_noun_and_nothing_about_a_person() -> None:
    urn = naming.new_urn(WORKSPACE, "model-version")
    assert urn.startswith(f"urn:consilience:{WORKSPACE}:model-version:")
    assert naming.noun_of(urn) == naming.noun_of(f"{urn}:12") == "model-version"
    assert naming.is_urn(urn, "model-version")
    assert not naming.is_urn(urn, "model")


@pytest.mark.parametrize(
    "text",
    ["", "urn:isbn:1", f"urn:consilience:{WORKSPACE}:Person:{WORKSPACE}", f"urn:consilience:x:person:{WORKSPACE}",
     f"urn:consilience:{WORKSPACE}:person:{WORKSPACE}:0", f"urn:consilience:{WORKSPACE}:person:{WORKSPACE}\n"],
)  # fmt: skip
def test_other_text_is_no_urn(text: str) -> None:
    assert not naming.is_urn(text)
    with pytest.raises(BadInput, match="URN"):
        naming.noun_of(text)


@pytest.mark.parametrize("text", ["a", "credit-risk", "a" * 63, "3"])
def test_a_slug_stands_as_it_is(text: str) -> None:
    assert naming.slug(text) == text


@pytest.mark.parametrize("text", ["", "a" * 64, "Credit", "a b", "a/b", "a@b", "ä", "a\n", ".."])
def test_what_cannot_stand_in_an_address_is_no_slug(text: str) -> None:
    with pytest.raises(BadInput, match="system: .* must be 1 to 63"):
        naming.slug(text, "system")
