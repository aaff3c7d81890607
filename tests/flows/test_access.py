"""Need to know: who is not entitled to a system hears that there is none, and finds no trace of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from consilience.domains.access import actions as access
from consilience.domains.access import queries
from consilience.domains.access.models import Grant
from consilience.domains.access.rules import WORKSPACE, Guarded, Role
from consilience.domains.evidence import actions as evidence
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory import queries as inventory_queries
from consilience.domains.ledger import log
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.people import actions as people
from consilience.domains.release import actions as releases
from consilience.domains.release import queries as release_queries
from consilience.domains.review import actions as review
from consilience.domains.review.rules import Verdict
from consilience.kit.clock import Instant, now, shift
from consilience.kit.errors import BadInput, NotEntitled, NotFound, Refused
from tests.harness.api import Caller
from tests.harness.builders import (
    Someone,
    a_dataset_version,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_administrator,
    as_of,
    facet_digest,
    later,
    operator,
    some_evidence,
)

pytestmark = pytest.mark.usefixtures("workspace")


class Two:
    """Two systems with everything in them, and an engineer in each."""

    def __init__(self) -> None:
        self.lending, self.hiring = a_system("lending"), a_system("hiring")
        self.panel = a_dataset_version("panel", systems=[self.lending])
        self.version = a_version(system=self.lending, training=[self.panel])
        self.release = a_release(self.version)
        self.insider = a_person("Ines", roles=[(Role.ENGINEER, self.lending)])
        self.outsider = a_person("Otto", roles=[(Role.ENGINEER, self.hiring)], functions=["ethics"])


@pytest.fixture
def two(workspace: object) -> Two:
    return Two()


def reads(two: Two) -> list[Callable[[Actor], Any]]:
    """Every way to ask for something of the lending system by name."""
    asof = as_of()
    version = two.version.reference
    return [
        lambda actor: inventory_queries.system(actor, "lending", asof),
        lambda actor: inventory_queries.model(actor, two.version.model.slug, asof),
        lambda actor: inventory_queries.version(actor, version, asof),
        lambda actor: inventory_queries.dataset(actor, "panel", asof),
        lambda actor: inventory_queries.dataset_version(actor, "panel@1", asof),
        lambda actor: release_queries.release(actor, "lending", version, "operation", asof),
        lambda actor: release_queries.release_by_urn(actor, two.release.urn, asof),
        lambda actor: release_queries.find_system(actor, version, "operation", asof),
    ]


def test_an_insider_reads_everything_of_their_system(two: Two) -> None:
    for read in reads(two):
        assert read(two.insider.actor)


def test_an_outsider_hears_that_there_is_no_such_thing(two: Two) -> None:
    nowhere = a_person("Nora", roles=[])
    for read in reads(two):
        for actor in (two.outsider.actor, nowhere.actor):
            with pytest.raises(NotFound):
                read(actor)


def test_the_answer_for_a_hidden_thing_is_that_for_a_missing_one(two: Two) -> None:
    asof, actor = as_of(), two.outsider.actor
    pairs: list[tuple[Callable[[str], Any], str, str]] = [
        (lambda name: inventory_queries.system(actor, name, asof), "lending", "absence"),
        (lambda name: inventory_queries.model(actor, name, asof), two.version.model.slug, "absence"),
        (lambda name: inventory_queries.dataset(actor, name, asof), "panel", "absence"),
        (lambda name: release_queries.release_by_urn(actor, name, asof), two.release.urn, two.release.urn[:-1] + "x"),
    ]
    for read, hidden, missing in pairs:
        with pytest.raises(NotFound) as first:
            read(hidden)
        with pytest.raises(NotFound) as second:
            read(missing)
        assert str(first.value).replace(hidden, "X") == str(second.value).replace(missing, "X")


def test_lists_show_no_trace_of_what_is_hidden(two: Two) -> None:
    nowhere, everywhere = a_person(roles=[]), a_person(roles=[Role.READER])
    asof = as_of()
    lists: list[Callable[[Actor], list[Any]]] = [
        lambda actor: inventory_queries.systems(actor, asof),
        lambda actor: inventory_queries.models(actor, asof),
        lambda actor: inventory_queries.datasets(actor, asof),
        lambda actor: release_queries.releases(actor, asof),
    ]
    assert [len(listed(two.insider.actor)) for listed in lists] == [1, 1, 1, 1]
    assert [len(listed(two.outsider.actor)) for listed in lists] == [1, 0, 0, 0]
    assert [len(listed(nowhere.actor)) for listed in lists] == [0, 0, 0, 0]
    assert [len(listed(everywhere.actor)) for listed in lists] == [2, 1, 1, 1]


def test_an_outsider_does_nothing_to_a_hidden_thing_and_leaves_no_entry(two: Two) -> None:
    actor, version = two.outsider.actor, two.version.reference
    attempts: list[Callable[[Instant], object]] = [
        lambda now: inventory.withdraw_version(actor=actor, reference=version, reason="x", now=now),
        lambda now: releases.propose(
            actor=actor, system="lending", version=version, stage="validation", note="", now=now
        ),
        lambda now: releases.withdraw(
            actor=actor, system="lending", version=version, stage="operation", reason="x", now=now
        ),
        lambda now: review.sign_off(
            actor=actor, release=two.release.urn, function="ethics", verdict=Verdict.BLOCK, reason="x",
            seen=facet_digest(two.release, "ethics"), now=now,
        ),
        lambda now: inventory.register_model(
            actor=actor, slug="spy", name="Spy", description="", systems=["lending"], now=now
        ),
    ]  # fmt: skip
    size = log.size()
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt(later())
    assert log.size() == size


def test_a_reader_sees_and_is_told_what_they_may_not_do(two: Two) -> None:
    reader = a_person(roles=[(Role.READER, two.lending)])
    with pytest.raises(NotEntitled) as refused:
        inventory.withdraw_version(actor=reader.actor, reference=two.version.reference, reason="x", now=later())
    assert refused.value.refusal.code == "not_entitled"
    assert refused.value.refusal.params == {"action": "inventory.correct"}


def test_a_token_for_one_system_hides_the_others_from_its_own_owner(two: Two) -> None:
    everywhere = a_person(roles=[Role.ENGINEER])
    token = Actor(
        everywhere.urn, AuthenticatedBy.TOKEN, scopes=frozenset({"read"}), systems=frozenset({two.hiring.urn})
    )
    assert [row.slug for row in inventory_queries.systems(token, as_of())] == ["hiring"]
    for read in reads(two):
        with pytest.raises(NotFound):
            read(token)


def test_a_grant_that_has_ended_hides_again(two: Two) -> None:
    ends = later(days=10)
    guest = a_person(roles=[])
    access.grant(
        actor=operator(), principal=guest.urn, role=Role.READER, system=two.lending.urn, until=ends, now=later()
    )
    assert inventory_queries.systems(guest.actor, as_of(shift(ends, microseconds=-1)))
    assert not inventory_queries.systems(guest.actor, as_of(ends))


def test_a_grant_until_a_moment_that_is_past_is_refused(two: Two) -> None:
    said = {"principal": two.insider.urn, "role": Role.READER, "system": None}
    with pytest.raises(BadInput, match="until: must lie ahead"):
        access.grant(actor=operator(), **said, until=later(days=-1), now=later())


def test_evidence_is_taken_back_by_rights_on_what_it_is_about_and_on_nothing_else(two: Two) -> None:
    eve = a_person(roles=[(Role.ENGINEER, two.lending), (Role.ENGINEER, two.hiring)])
    record = some_evidence(two.lending, by=eve)
    (grant,) = Grant.objects.filter(principal=eve.urn, system=two.lending.urn)
    people.end_grant(actor=operator(), urn=grant.urn, now=later())
    with pytest.raises(NotFound):
        evidence.withdraw(actor=eve.actor, urn=record.urn, reason="mine", now=later())


def test_a_withdrawn_grant_ends_at_once(two: Two) -> None:
    grant = Grant.objects.get(principal=two.insider.urn)
    people.end_grant(actor=operator(), urn=grant.urn, now=later())
    assert not inventory_queries.systems(two.insider.actor, as_of())


# Administrators


def administrator_grant(person: Someone) -> Grant:
    row: Grant = Grant.objects.get(principal=person.urn, role=Role.ADMINISTRATOR)
    return row


def test_the_last_administrator_can_neither_lose_the_grant_nor_be_deactivated() -> None:
    ada = an_administrator("Ada")
    for attempt in (
        lambda: people.end_grant(actor=ada.actor, urn=administrator_grant(ada).urn, now=later()),
        lambda: people.deactivate(actor=ada.actor, urn=ada.urn, now=later()),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.refusal.code == "last_administrator"
    bea = an_administrator("Bea")
    people.end_grant(actor=bea.actor, urn=administrator_grant(ada).urn, now=later())
    assert queries.administrators(as_of()) == {bea.urn}


def test_a_deactivated_administrator_does_not_count_as_another() -> None:
    ada, bea = an_administrator("Ada"), an_administrator("Bea")
    people.deactivate(actor=ada.actor, urn=bea.urn, now=later())
    with pytest.raises(Refused, match="last_administrator"):
        people.end_grant(actor=ada.actor, urn=administrator_grant(ada).urn, now=later())


def test_a_deactivated_administrator_is_no_other_administrator() -> None:
    ada, bea = an_administrator("Ada"), an_administrator("Bea")
    people.deactivate(actor=ada.actor, urn=bea.urn, now=later())
    with pytest.raises(Refused) as refused:
        people.deactivate(actor=ada.actor, urn=ada.urn, now=later())
    assert refused.value.refusal.code == "last_administrator"


def test_only_administrators_of_the_workspace_manage_it(two: Two) -> None:
    local = a_person(roles=[(Role.ADMINISTRATOR, two.lending)])
    assert queries.can(local.actor, "access.manage", WORKSPACE, as_of()) is not None
    for someone, expected in (
        (local, NotFound),
        (two.insider, NotFound),
        (a_person(roles=[Role.ENGINEER]), NotEntitled),
    ):
        with pytest.raises(expected):
            access.grant(
                actor=someone.actor,
                principal=someone.urn,
                role=Role.ADMINISTRATOR,
                system=None,
                until=None,
                now=later(),
            )
    with pytest.raises(NotEntitled):  # kinds are read by everybody and defined for the whole workspace
        queries.ensure(local.actor, "evidence.define", Guarded("kind"), as_of())


# Tokens


def make(actor: Actor, principal: str, **changed: Any) -> tuple[str, Any]:
    usual: dict[str, Any] = {"label": "laptop", "scopes": ["read"], "systems": None, "days": 30, "now": later()}
    return access.make_token(actor=actor, principal=principal, **usual | changed)


def test_a_token_stands_for_its_owner_until_it_expires_or_is_withdrawn() -> None:
    ana = a_person()
    secret, row = make(ana.actor, ana.urn)
    use = queries.token(secret, as_of())
    assert use is not None
    assert (use.principal, use.scopes, use.systems) == (ana.urn, {"read"}, None)
    assert queries.token(secret, as_of(shift(use.expires_at, microseconds=-1))) is not None
    assert queries.token(secret, as_of(use.expires_at)) is None
    access.withdraw_token(actor=ana.actor, urn=row.urn, now=later())
    assert queries.token(secret, as_of()) is None
    assert queries.token("cns_guess", as_of()) is None


def test_the_secret_itself_is_kept_nowhere() -> None:
    ana = a_person()
    secret, row = make(ana.actor, ana.urn)
    assert secret not in row.canonical
    assert row.secret_digest == queries.digest_of_secret(secret)


@pytest.mark.parametrize("changed", [{"scopes": []}, {"scopes": ["everything"]}, {"days": 0}, {"days": 367}])
def test_a_token_says_what_for_and_how_long(changed: dict[str, Any]) -> None:
    ana = a_person()
    with pytest.raises(BadInput):
        make(ana.actor, ana.urn, **changed)


def test_a_token_makes_no_token() -> None:
    ana = a_person()
    with pytest.raises(Refused) as refused:
        make(Actor(ana.urn, AuthenticatedBy.TOKEN, scopes=frozenset({"manage"})), ana.urn)
    assert refused.value.refusal.code == "token_makes_no_token"


def test_nobody_makes_a_token_in_another_persons_name_not_even_an_administrator() -> None:
    ada, ana = an_administrator(), a_person()
    with pytest.raises(Refused) as refused:
        make(ada.actor, ana.urn)
    assert refused.value.refusal.code == "token_for_another_person"
    with pytest.raises(NotEntitled):
        make(ana.actor, ada.urn)


def test_an_administrator_makes_tokens_for_robots() -> None:
    ada = an_administrator()
    robot = people.add_robot(
        actor=ada.actor, slug="trainer", purpose="trains", owner=ada.urn, roles=[(Role.PIPELINE, None)], now=later()
    )
    secret, _ = make(ada.actor, robot.urn, scopes=["register"])
    use = queries.token(secret, as_of())
    assert use is not None
    assert use.principal == robot.urn


def test_a_token_is_withdrawn_by_its_owner_or_an_administrator_and_hidden_from_others() -> None:
    ada, ana, eve = an_administrator(), a_person(), a_person(roles=[])
    _, first = make(ana.actor, ana.urn)
    with pytest.raises(NotFound):
        access.withdraw_token(actor=eve.actor, urn=first.urn, now=later())
    access.withdraw_token(actor=ada.actor, urn=first.urn, now=later())
    with pytest.raises(NotFound):
        access.withdraw_token(actor=ana.actor, urn=first.urn, now=later())


def test_a_token_without_the_scope_to_manage_withdraws_itself_and_no_other() -> None:
    ana = a_person()
    (secret, mine), (_, other) = (make(ana.actor, ana.urn, now=now()) for _ in range(2))
    caller = Caller(secret)
    refused = caller.post(f"/tokens/{other.urn}", method="DELETE")
    assert (refused.status, refused.code) == (403, "token_withdraws_itself"), refused.said
    assert "read" in refused.said["error"]["sentence"]
    assert caller.post(f"/tokens/{mine.urn}", method="DELETE").status == 200
    managing, _ = make(ana.actor, ana.urn, scopes=["manage"], now=now())
    assert Caller(managing).post(f"/tokens/{other.urn}", method="DELETE").status == 200


def test_a_sign_off_in_a_shared_workspace_needs_a_grant_in_that_system(two: Two) -> None:
    ana = a_person(functions=["ethics"], roles=[(Role.REVIEWER, two.hiring)])
    with pytest.raises(NotFound):
        a_sign_off(by=ana, release=two.release, function="ethics")
    access.grant(
        actor=operator(), principal=ana.urn, role=Role.REVIEWER, system=two.lending.urn, until=None, now=later()
    )
    assert a_sign_off(by=ana, release=two.release, function="ethics").person == ana.urn
