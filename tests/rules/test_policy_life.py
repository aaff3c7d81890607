"""Reviews that are due, what is found in the library, and since when a requirement is asked."""

from __future__ import annotations

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.changes import Difference, differences
from consilience.domains.policy.document import load
from consilience.domains.policy.life.rules import Review, due, may_review
from consilience.domains.policy.life.search import search
from consilience.domains.policy.life.story import Edition, since, story
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.schema import fact_schema
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput
from tests.harness.layered import ABOVE, LOOSENING, a_policy

SCHEMA = fact_schema(kinds())
FUNCTIONS = ("engineering", "product", "legal", "ethics")
AT = Instant("2026-11-23T10:00:00.000000Z")


def read(text: str) -> Policy:
    return load(text, schema=SCHEMA, functions=FUNCTIONS)


@pytest.mark.parametrize(
    ("in_days", "state"), [(0, Review.OVERDUE), (-1, Review.OVERDUE), (30, Review.SOON), (31, Review.SET)]
)
def test_a_review_is_soon_within_thirty_days_and_overdue_from_its_end_on(in_days: int, state: Review) -> None:
    assert due(shift(AT, days=in_days), [], AT).state is state


def test_the_last_review_counts_before_the_day_in_the_text() -> None:
    assert due(None, [], AT).state is Review.NONE
    assert due(shift(AT, days=-5), [shift(AT, days=1), shift(AT, days=400)], AT).state is Review.SET
    assert due(shift(AT, days=400), [shift(AT, days=-1)], AT).state is Review.OVERDUE


def test_only_the_owner_function_finds_a_policy_right_and_only_until_a_day_ahead() -> None:
    assert may_review({"legal"}, "legal", next_look=shift(AT, days=1), at=AT) is None
    codes = [
        may_review({"ethics"}, "legal", next_look=shift(AT, days=1), at=AT),
        may_review({"legal"}, "legal", next_look=AT, at=AT),
    ]
    assert [one and one.code for one in codes] == ["policy.owner_reviews", "policy.review_in_the_past"]


def test_a_day_of_review_is_a_day_with_its_end() -> None:
    text = ABOVE.replace("language: 2", "language: 2\nreview_by: 2027-06-30")
    assert read(text).review_by == "2027-07-01T00:00:00.000000Z"
    with pytest.raises(BadInput, match="review_by"):
        read(ABOVE.replace("language: 2", "language: 2\nreview_by: soon"))


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("power", ("name",)),
        ("HARDLY separates", ("why",)),
        ("evidence.evaluation", ("evidence",)),
        ("evaluation", ("evidence",)),
        ("sr262", ("obligation",)),
        ("house", ("source",)),
        ("may be", ("sentence",)),
        ("engineering", ("owner",)),
    ],
)
def test_a_requirement_is_found_by_any_word_of_it(words: str, where: tuple[str, ...]) -> None:
    hits = [one for one in search([read(ABOVE)], words) if one.requirement is not None]
    assert [one.where for one in hits] == [where]


def test_what_lacks_one_of_the_words_is_not_found() -> None:
    assert search([read(ABOVE)], "power drift") == []
    assert search([read(ABOVE)], "  ") == []


def test_a_requirement_is_asked_since_the_version_that_brought_it() -> None:
    first, second, third = (shift(AT, days=10 * n) for n in range(3))
    other = a_policy("power", "Power", "0.7", "0.69").replace("id: enough-power", "id: other-power")
    stricter = a_policy("power", "Power", "0.8", "0.79", extra="    may_be_loosened_by: [legal]\n")
    editions = [Edition(1, first, read(other)), Edition(2, second, read(ABOVE)), Edition(3, third, read(stricter))]
    assert since(editions, "enough-power") == second
    told = story(editions, "enough-power")
    assert [(one.edition.number, [each.what for each in one.changes]) for one in told] == [
        (2, []),
        (3, [Difference.THRESHOLD]),
    ]
    assert story(editions, "other-power") == [], "it is asked no more"
    dated = Edition(
        2,
        second,
        read(ABOVE.replace("    severity: block\n", f"    severity: block\n    effective: {{from: {third[:10]}}}\n")),
    )
    assert since([dated], "enough-power") == f"{third[:10]}T00:00:00.000000Z"


def test_whom_a_policy_binds_and_what_it_sets_aside_is_told_as_a_difference() -> None:
    found = differences(read(ABOVE), read(LOOSENING))
    assert {one.what for one in found} >= {Difference.SCOPE, Difference.LOOSENED, Difference.MAY_LOOSEN}
    assert Difference.LOOSENED_NO_MORE in {one.what for one in differences(read(LOOSENING), read(ABOVE))}
