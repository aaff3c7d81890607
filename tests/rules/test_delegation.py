"""Delegation: who may lend their voice, and when a lent one counts."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.review.delegation import Delegated, may_delegate, may_end, stand_in, well_dated
from consilience.domains.review.rules import Given, Verdict, latest_by_person
from consilience.domains.review.seating import seating
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, Refusal

AT = Instant("2026-11-23T10:15:00.000000Z")
END = shift(AT, days=7)


def lent(urn: str = "d1", giver: str = "ann", **said: Any) -> Delegated:
    usual = {"receiver": "bob", "function": "legal", "system": None, "start": AT, "until": END}
    return Delegated(urn, giver, **usual | said)


def asked(*offered: Delegated, **said: Any) -> Any:
    usual = {"function": "legal", "system": "lending", "at": AT, "holders": {"ann", "ada"}, "authors": (), "spoken": ()}
    found = stand_in(offered, **usual | said)
    return found.code if isinstance(found, Refusal) else found and found.urn


def test_only_who_holds_a_function_lends_it_so_it_is_never_lent_on() -> None:
    def code(giver: str, receiver: str, held: set[str], theirs: set[str]) -> str | None:
        refused = may_delegate(giver, receiver, "legal", held=held, held_by_receiver=theirs)
        return refused.code if refused else None

    assert code("ann", "bob", {"legal"}, set()) is None
    assert code("bob", "cleo", set(), set()) == "function_not_held", "bob decides for legal only in the stead of ann"
    assert code("ann", "ann", {"legal"}, {"legal"}) == "delegated_to_oneself"
    assert code("ann", "bob", {"legal"}, {"legal"}) == "delegate_holds_it"


@pytest.mark.parametrize(
    ("start", "until", "where"), [(shift(AT, days=-1), END, "from"), (AT, AT, "until"), (END, AT, "until")]
)
def test_a_delegation_begins_now_or_later_and_ends_after_that(start: Instant, until: Instant, where: str) -> None:
    well_dated(AT, END, at=AT)
    with pytest.raises(BadInput, match=where):
        well_dated(start, until, at=AT)


def test_it_counts_from_its_first_moment_until_its_last_for_its_function_and_its_system() -> None:
    assert asked(lent()) == "d1"
    assert asked(lent(), at=shift(END, microseconds=-1)) == "d1"
    assert [asked(lent(), at=END), asked(lent(start=END, until=shift(END, days=1)))] == [None, None]
    assert [asked(lent(system="lending")), asked(lent(system="fraud")), asked(lent(function="ethics"))] == [
        "d1",
        None,
        None,
    ]


def test_a_voice_that_its_giver_lost_or_used_or_may_not_use_does_not_count() -> None:
    assert asked(lent(), holders={"ada"}) == "delegation_lapsed"
    assert asked(lent(), authors={"ann"}) == "delegated_by_author"
    assert asked(lent(), spoken={"ann"}) == "one_voice"
    assert asked(lent(), lent("d2", "ada"), spoken={"ann"}) == "d2", "the next one that counts"


def test_giver_and_stand_in_have_one_voice_whoever_speaks_last() -> None:
    def given(urn: str, person: str, instead_of: str | None = None) -> Given:
        return Given(urn, "legal", person, Verdict.APPROVE, "f", (), AT, None, False, instead_of)

    both = [given("1", "bob", "ann"), given("2", "ann")]
    assert latest_by_person(both) == {"2"}
    assert latest_by_person([*both, given("3", "bob", "ada")]) == {"2", "3"}, "of two givers he has two voices"


def test_a_stand_in_fills_a_seat_and_adds_no_voice() -> None:
    able = {"legal": ["ann", "bob"]}
    assert seating({"legal": 2}, able, {"legal": {"ann", "ada"}}).short is None
    found = seating({"legal": 2}, able, {"legal": {"ann"}}).short
    assert found is not None
    assert (found.functions, found.needed) == (("legal",), 2)


def test_what_has_ended_is_not_ended_again() -> None:
    assert may_end(withdrawn=False, until=END, at=AT) is None
    assert [bool(may_end(withdrawn=True, until=END, at=AT)), bool(may_end(withdrawn=False, until=END, at=END))] == [
        True,
        True,
    ]
