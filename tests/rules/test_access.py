"""`allowed`: every role, action, object and token, against the table as a person would write it."""

from __future__ import annotations

from itertools import product

import pytest

from consilience.domains.access import rules
from consilience.domains.access.rules import Grant, Guarded, Role, allowed
from consilience.kit.clock import Instant, shift

AT = Instant("2026-11-23T10:15:00.000000Z")
A, B = "urn:a", "urn:b"

READING = {
    "inventory.read", "evidence.read", "evidence.download", "release.read", "review.read", "gate.read", "policy.read", "predictions.read",
    "people.read",
}  # fmt: skip
LOOKING_AFTER = {"ledger.read", "access.read"}
BUILDING = {
    "inventory.register", "inventory.correct", "evidence.attach", "evidence.compute", "release.propose", "gate.decide", "predictions.log", "predictions.prove",
}  # fmt: skip
MAY = {
    Role.READER: READING,
    Role.AUDITOR: READING | LOOKING_AFTER | {"predictions.prove"},
    Role.PIPELINE: READING | BUILDING,
    Role.PRIVACY: READING | LOOKING_AFTER | {"content.erase", "content.hold"},
    Role.ENGINEER: READING
    | BUILDING
    | {"ledger.read", "policy.propose", "policy.publish", "policy.discuss", "review.sign_off", "review.close_condition"},
    Role.REVIEWER: READING
    | {"ledger.read", "review.sign_off", "review.answer", "review.close_condition", "evidence.attach", "policy.propose",
       "policy.publish", "policy.discuss", "policy.adopt_pack", "gate.decide", "gate.grandfather", "predictions.prove"},
    Role.ADMINISTRATOR: READING
    | LOOKING_AFTER
    | {"people.manage", "access.manage", "ledger.manage", "policy.publish", "policy.discuss", "policy.adopt_pack", "evidence.define",
       "inventory.register", "inventory.correct", "content.erase", "content.hold", "gate.grandfather"},
}  # fmt: skip

OF_A = Guarded("system", frozenset({A}))
OF_B = Guarded("system", frozenset({B}))
OF_BOTH = Guarded("model", frozenset({A, B}))
OF_NONE = Guarded("model", frozenset())
WORKSPACE = rules.WORKSPACE
OPEN_TO_MEMBERS = [Guarded(noun) for noun in ("policy", "people", "kind")]
EVERYTHING = [OF_A, OF_B, OF_BOTH, OF_NONE, WORKSPACE, *OPEN_TO_MEMBERS]


def answer(*grants: Grant, action: str, target: Guarded, **token: frozenset[str] | None) -> str:
    refused = allowed(grants, action, target, at=AT, **token)
    return refused.code if refused else "yes"


def test_every_role_may_exactly_what_the_table_says_in_the_whole_workspace() -> None:
    for role, action, target in product(Role, rules.EVERY_ACTION, EVERYTHING):
        expected = "yes" if action in MAY[role] else "not_entitled"
        assert answer(Grant(role, None), action=action, target=target) == expected, (role, action, target)


def test_in_one_system_every_role_may_the_same_there_and_knows_nothing_of_the_others() -> None:
    for role, action in product(Role, rules.EVERY_ACTION):
        grant = Grant(role, A)
        here = "yes" if action in MAY[role] else "not_entitled"
        assert answer(grant, action=action, target=OF_A) == here
        assert answer(grant, action=action, target=OF_BOTH) == here, "shared with a system of one's own"
        for elsewhere in (OF_B, OF_NONE, WORKSPACE):
            assert answer(grant, action=action, target=elsewhere) == "not_visible", (role, action, elsewhere)


def test_members_of_a_system_read_policies_people_and_kinds_and_change_none() -> None:
    for role, target, action in product(Role, OPEN_TO_MEMBERS, rules.EVERY_ACTION):
        expected = "yes" if action in READING else "not_entitled"
        assert answer(Grant(role, A), action=action, target=target) == expected, (role, target, action)


def test_nobody_is_closed_out_by_a_second_grant() -> None:
    for first, second in product(Role, Role):
        for action in rules.EVERY_ACTION:
            expected = "yes" if action in MAY[first] | MAY[second] else "not_entitled"
            assert answer(Grant(first, A), Grant(second, A), action=action, target=OF_A) == expected


def test_rights_in_one_system_are_not_lent_to_another() -> None:
    grants = Grant(Role.ENGINEER, A), Grant(Role.READER, B)
    assert answer(*grants, action="inventory.register", target=OF_B) == "not_entitled"
    assert answer(*grants, action="inventory.read", target=OF_B) == "yes"


def test_without_a_grant_nothing_is_there() -> None:
    for action, target in product(rules.EVERY_ACTION, EVERYTHING):
        assert answer(action=action, target=target) == "not_visible"


@pytest.mark.parametrize(
    ("until", "expected"), [(shift(AT, microseconds=1), "yes"), (AT, "not_visible"), (None, "yes")]
)
def test_a_grant_ends_with_the_instant_that_it_names(until: Instant | None, expected: str) -> None:
    assert answer(Grant(Role.ENGINEER, None, until), action="inventory.register", target=OF_A) == expected
    assert rules.visible_systems([Grant(Role.READER, A, until)], at=AT, scoped=None) == (
        frozenset({A}) if expected == "yes" else frozenset()
    )


def test_a_token_allows_no_more_than_its_scopes_and_its_owner() -> None:
    for role, action, scope in product(Role, rules.EVERY_ACTION, rules.SCOPES):
        code = answer(Grant(role, None), action=action, target=OF_A, scopes=frozenset({scope}))
        if action not in MAY[role]:
            assert code == "not_entitled"
        else:
            assert code == ("yes" if action in rules.SCOPES[scope] else "outside_token_scope"), (role, action, scope)


def test_every_scope_can_read_and_every_action_is_in_some_scope() -> None:
    for actions in rules.SCOPES.values():
        assert actions >= READING
    assert frozenset().union(*rules.SCOPES.values()) == rules.EVERY_ACTION


def test_a_token_without_scopes_does_nothing() -> None:
    assert answer(Grant(Role.READER, None), action="inventory.read", target=OF_A, scopes=frozenset()) == (
        "outside_token_scope"
    )


def test_a_token_for_one_system_reaches_nothing_else_whatever_its_owner_may() -> None:
    token = frozenset({A})
    for action in rules.EVERY_ACTION:
        anywhere = Grant(Role.ADMINISTRATOR, None)
        here = "yes" if action in MAY[Role.ADMINISTRATOR] else "not_entitled"
        assert answer(anywhere, action=action, target=OF_A, scoped_systems=token) == here
        assert answer(anywhere, action=action, target=OF_BOTH, scoped_systems=token) == here
        for elsewhere in (OF_B, OF_NONE, WORKSPACE):
            assert answer(anywhere, action=action, target=elsewhere, scoped_systems=token) == "not_visible"
    # Its owner belongs to A, the token to B: what both serve is out of reach too.
    assert answer(
        Grant(Role.ENGINEER, A), action="inventory.read", target=OF_BOTH, scoped_systems=frozenset({B})
    ) == "not_visible"  # fmt: skip


def test_an_action_that_nobody_defined_is_a_bug_and_not_a_refusal() -> None:
    with pytest.raises(ValueError, match="unknown action"):
        allowed([Grant(Role.ADMINISTRATOR, None)], "inventory.destroy", OF_A, at=AT)


@pytest.mark.parametrize(
    ("grants", "scoped", "expected"),
    [
        ([], None, frozenset()),
        ([Grant(Role.READER, A)], None, frozenset({A})),
        ([Grant(Role.READER, A), Grant(Role.ENGINEER, B)], None, frozenset({A, B})),
        ([Grant(Role.READER, None)], None, None),
        ([Grant(Role.READER, None), Grant(Role.ENGINEER, A)], None, None),
        ([Grant(Role.READER, None)], frozenset({A}), frozenset({A})),
        ([Grant(Role.READER, A)], frozenset({B}), frozenset()),
        ([], frozenset({A}), frozenset()),
    ],
)
def test_what_is_visible_is_what_is_granted_and_within_the_token(
    grants: list[Grant], scoped: frozenset[str] | None, expected: frozenset[str] | None
) -> None:
    assert rules.visible_systems(grants, at=AT, scoped=scoped) == expected


def test_the_last_administrator_stays() -> None:
    refused = rules.may_remove_administrator(0)
    assert refused is not None
    assert refused.code == "last_administrator"
    assert rules.may_remove_administrator(1) is None


def test_a_token_for_somebody_else_stands_for_a_robot_only() -> None:
    uuid = "0192f0c1-6a7e-7aaa-8bbb-0123456789ab"
    assert rules.may_make_token_for(f"urn:consilience:{uuid}:robot:{uuid}") is None
    for noun in ("person", "operator", "system"):
        refused = rules.may_make_token_for(f"urn:consilience:{uuid}:{noun}:{uuid}")
        assert refused is not None
        assert refused.code == "token_for_another_person"
