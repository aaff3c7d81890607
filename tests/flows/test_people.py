"""Joining, leaving, speaking for a function."""

from __future__ import annotations

import threading
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, connections
from django.test import Client, RequestFactory

from consilience.domains.access.rules import Role
from consilience.domains.ledger import log
from consilience.domains.people import actions, queries
from consilience.domains.people.models import Account, Person
from consilience.kit.clock import shift
from consilience.kit.errors import BadInput, NotEntitled, NotFound, Refused
from consilience.kit.records.models import Private
from consilience.surfaces.session import actor_of
from tests.harness.builders import PASSWORD, a_person, a_system, an_administrator, as_of, later, operator

pytestmark = pytest.mark.usefixtures("workspace")


def first(secret: str, **changed: Any) -> Person:
    said = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD, "now": later()}
    return actions.become_first_administrator(operator=operator(), secret=secret, **said | changed)


def test_the_first_administrator_joins_by_a_link_that_works_once() -> None:
    secret = actions.make_setup_link(person=None, now=later())
    ada = first(secret)
    assert queries.is_active(ada.urn, as_of())
    with pytest.raises(Refused) as refused:
        first(secret, email="eve@example.org")
    assert refused.value.refusal.code == "has_administrator"


@pytest.mark.parametrize("hours", [72, 100])
def test_a_link_that_is_too_old_opens_nothing(hours: int) -> None:
    made_at = later()
    secret = actions.make_setup_link(person=None, now=made_at)
    with pytest.raises(Refused) as refused:
        first(secret, now=shift(made_at, hours=hours))
    assert refused.value.refusal.code == "link_used_or_expired"
    assert queries.nobody_yet()


def test_only_the_newest_of_several_first_links_opens() -> None:
    old, new = actions.make_setup_link(person=None, now=later()), actions.make_setup_link(person=None, now=later())
    with pytest.raises(Refused):
        first(old)
    assert first(new)


def test_a_first_link_is_nobodys_password_link_and_the_other_way_round() -> None:
    _, invited = actions.invite(
        actor=operator(), name="Ana", email="ana@example.org", functions=[], roles=[], now=later()
    )
    secret = actions.make_setup_link(person=None, now=later())
    with pytest.raises(Refused):
        actions.choose_password(secret=secret, password=PASSWORD, now=later())
    Account.objects.all().delete()
    with pytest.raises(Refused):
        first(invited)


def test_an_invited_person_chooses_a_password_once() -> None:
    person, secret = actions.invite(
        actor=operator(), name="Ana", email="ana@example.org", functions=["ethics"], roles=[(Role.READER, None)],
        now=later(),
    )  # fmt: skip
    assert not Account.objects.get(person=person.urn).has_usable_password()
    account = actions.choose_password(secret=secret, password=PASSWORD, now=later())
    assert account.check_password(PASSWORD)
    with pytest.raises(Refused) as refused:
        actions.choose_password(secret=secret, password="another one entirely", now=later())
    assert refused.value.refusal.code == "link_used_or_expired"
    assert Account.objects.get(person=person.urn).check_password(PASSWORD)


def test_of_two_who_open_a_link_at_once_one_chooses_the_password() -> None:
    person, secret = actions.invite(
        actor=operator(), name="Ana", email="ana@example.org", functions=[], roles=[], now=later()
    )
    now, ready, chosen = later(), threading.Barrier(4), []

    def choose(password: str) -> None:
        ready.wait()
        try:
            actions.choose_password(secret=secret, password=password, now=now)
            chosen.append(password)
        except Refused:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=choose, args=(f"password number {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(chosen) == 1
    assert Account.objects.get(person=person.urn).check_password(chosen[0])


def test_an_address_belongs_to_one_person() -> None:
    ana = a_person("Ana")
    size = log.size()
    with pytest.raises(Refused) as refused:
        actions.invite(actor=operator(), name="Other", email=ana.email.upper(), functions=[], roles=[], now=later())
    assert refused.value.refusal.code == "email_taken"
    assert log.size() == size


def test_an_invitation_that_names_no_function_of_ours_leaves_nothing() -> None:
    before = Person.objects.count(), Account.objects.count(), Private.objects.count()
    with pytest.raises(BadInput, match="'magic' is unknown; expected one of engineering, product, legal, ethics"):
        actions.invite(
            actor=operator(), name="Ana", email="ana@example.org", functions=["magic"], roles=[], now=later()
        )
    assert (Person.objects.count(), Account.objects.count(), Private.objects.count()) == before


def test_only_administrators_manage_people() -> None:
    eve, ana = a_person(roles=[Role.ENGINEER]), a_person()
    attempts = [
        lambda: actions.invite(actor=eve.actor, name="X", email="x@example.org", functions=[], roles=[], now=later()),
        lambda: actions.deactivate(actor=eve.actor, urn=ana.urn, now=later()),
        lambda: actions.hold(actor=eve.actor, person=eve.urn, function="ethics", until=None, now=later()),
        lambda: actions.add_robot(actor=eve.actor, slug="r", purpose="x", owner=eve.urn, roles=[], now=later()),
    ]
    size = log.size()
    for attempt in attempts:
        with pytest.raises(NotEntitled):
            attempt()
    assert log.size() == size


# Leaving


def test_a_deactivated_person_loses_every_right_and_gets_them_back_with_the_activation(client: Client) -> None:
    ada, ana = an_administrator(), a_person("Ana", functions=["ethics"])
    request = RequestFactory().get("/")
    request.user = ana.account
    assert actor_of(request) == ana.actor
    assert client.login(request=request, username=ana.email, password=PASSWORD)

    actions.deactivate(actor=ada.actor, urn=ana.urn, now=later())
    assert not queries.is_active(ana.urn, as_of())
    assert actor_of(request) is None, "a session that is open already stands for nobody"
    assert not Client().login(request=request, username=ana.email, password=PASSWORD)
    assert ana.urn not in queries.holders(as_of()).get("ethics", [])

    actions.reactivate(actor=ada.actor, urn=ana.urn, now=later())
    assert actor_of(request) == ana.actor
    assert queries.holders(as_of())["ethics"] == [ana.urn]


def test_somebody_unknown_is_not_active_and_cannot_be_deactivated() -> None:
    nobody = a_person().urn[:-4] + "ffff"
    assert not queries.is_active(nobody, as_of())
    with pytest.raises(NotFound):
        actions.deactivate(actor=operator(), urn=nobody, now=later())


# Functions


def test_a_function_is_held_until_its_day_or_until_it_is_ended() -> None:
    ana, ends = a_person(roles=[]), later(days=5)
    actions.hold(actor=operator(), person=ana.urn, function="legal", until=ends, now=later())
    assert queries.functions_of(ana.urn, as_of(shift(ends, microseconds=-1))) == {"legal"}
    assert queries.functions_of(ana.urn, as_of(ends)) == frozenset()
    actions.hold(actor=operator(), person=ana.urn, function="ethics", until=None, now=later())
    actions.end_holding(actor=operator(), person=ana.urn, function="ethics", now=later())
    assert queries.functions_of(ana.urn, as_of()) == {"legal"}


def test_a_function_is_not_held_until_a_moment_that_is_past() -> None:
    ana = a_person(roles=[])
    with pytest.raises(BadInput, match="until: must lie ahead"):
        actions.hold(actor=operator(), person=ana.urn, function="legal", until=later(days=-1), now=later())


def test_a_function_named_twice_in_an_invitation_is_held_once_and_ends_at_once() -> None:
    ana = a_person(functions=["legal", "legal"])
    actions.end_holding(actor=operator(), person=ana.urn, function="legal", now=later())
    assert queries.functions_of(ana.urn, as_of()) == frozenset()


def test_a_link_stays_usable_when_the_password_could_not_be_kept() -> None:
    person, secret = actions.invite(
        actor=operator(), name="Ana", email="ana@example.org", functions=[], roles=[], now=later()
    )
    with patch.object(Account, "save", side_effect=OperationalError("disk full")), pytest.raises(OperationalError):
        actions.choose_password(secret=secret, password=PASSWORD, now=later())
    assert actions.choose_password(secret=secret, password=PASSWORD, now=later()).person == person.urn


def test_a_function_is_not_held_twice_nor_ended_unheld() -> None:
    ana = a_person(functions=["ethics"])
    with pytest.raises(Refused) as refused:
        actions.hold(actor=operator(), person=ana.urn, function="ethics", until=None, now=later())
    assert refused.value.refusal.code == "holds_already"
    with pytest.raises(NotFound):
        actions.end_holding(actor=operator(), person=ana.urn, function="legal", now=later())
    with pytest.raises(NotFound):
        actions.hold(actor=operator(), person=ana.urn, function="magic", until=None, now=later())


def test_the_four_functions_are_there_from_the_start() -> None:
    assert list(queries.functions(as_of())) == ["engineering", "product", "legal", "ethics"]


# Robots


def test_a_robot_has_a_person_who_answers_for_it_and_a_name_of_its_own() -> None:
    ana = a_person()
    said: dict[str, Any] = {"actor": operator(), "slug": "trainer", "purpose": "trains", "owner": ana.urn, "roles": []}
    robot = actions.add_robot(**said, now=later())
    assert queries.is_active(robot.urn, as_of())
    with pytest.raises(Refused) as refused:
        actions.add_robot(**said, now=later())
    assert refused.value.refusal.code == "name_taken"
    with pytest.raises(NotFound):
        actions.add_robot(**said | {"slug": "other", "owner": robot.urn}, now=later())
    with pytest.raises(BadInput, match="stands for whoever asks"):
        actions.add_robot(**said | {"slug": "me"}, now=later())


# Names


def test_names_are_opened_for_pages_and_an_erased_one_is_called_so() -> None:
    ana, eve = a_person("Ana Aalto"), a_person("Eve Engel")
    erased = Person.objects.get(urn=eve.urn).body["name"]["commitment"]
    Private.objects.filter(commitment=erased).delete()
    system = a_system(owner=ana)
    said = queries.names([ana.urn, eve.urn, operator().urn, system.urn, ""])
    assert said == {ana.urn: "Ana Aalto", eve.urn: "Erased person", operator().urn: "Operator"}


def test_people_are_found_by_their_address_in_any_spelling() -> None:
    found = [a_person(f"Person {n}") for n in range(3)]
    assert queries.by_email([f" {one.email.upper()} " for one in found] + ["nobody@example.org"]) == {
        one.email: one.urn for one in found
    }
