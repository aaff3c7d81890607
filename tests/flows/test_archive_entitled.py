"""Who was entitled, judged from an archive alone: tokens and their limits, keys, and the rules of the review.

Each deed is recorded past the rules, as whoever runs other code on the server can. All stand in one log, one behind the other;
three verifiers name each by its entry, and find nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from consilience.domains.access import actions as access
from consilience.domains.access.models import Grant, Token
from consilience.domains.access.rules import SCOPES, Role
from consilience.domains.audit.export import Wanted, export
from consilience.domains.evidence import actions as evidence
from consilience.domains.keys import actions as keys
from consilience.domains.keys.models import Key
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.people import actions as people
from consilience.domains.release import queries as release_queries
from consilience.domains.review import actions as review
from consilience.domains.review.models import Answer, BlockEnd, Panel, Proof, SignOff
from consilience.domains.review.rules import Verdict
from consilience.kit import canonical
from consilience.kit.records.models import Record
from tests.harness.api import a_robot
from tests.harness.archives import ALONE, good, reports, unpacked
from tests.harness.builders import (
    Someone,
    a_condition,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_administrator,
    later,
    operator,
    read_release,
    some_evidence,
)
from tests.harness.signed_story import Holder, bound, signing_off
from tests.harness.signers import Passkey, RobotKey
from tests.harness.workspaces import Workspace

Deeds = dict[int, tuple[str, str]]
"""Position of an entry -> code and words by which it has to be named."""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "archive.zip"


def exported(target: Path) -> None:
    """The whole log, in the place of what was there."""
    target.unlink(missing_ok=True)
    export(Wanted(None), target)


def _told(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["code"], one["about"]) for one in report["checks"][6]["findings"]}


def all_named(target: Path, deeds: Deeds) -> None:
    """Every verifier names each deed, and of no other entry anything."""
    for name, said in reports(target).items():
        found = _told(said)
        for position, (code, words) in deeds.items():
            about = [text for kind, text in found if kind == code and text.startswith(f"entry {position} (")]
            assert any(words in text for text in about), f"{name}: {code} of entry {position} not in {found}"
        others = {text for _, text in found if not any(text.startswith(f"entry {at} (") for at in deeds)}
        assert others == set(), name
        assert said["outcome"] == "tampered"


# Tokens and keys


def a_token(of: Someone, **limits: Any) -> tuple[Actor, Token]:
    """Somebody with a token of theirs, as the API knows them."""
    usual: dict[str, Any] = {"scopes": sorted(SCOPES), "systems": None, "days": 30}
    asked = usual | limits
    _, row = access.make_token(actor=of.actor, principal=of.urn, label="mine", now=later(), **asked)
    systems = None if asked["systems"] is None else frozenset(asked["systems"])
    return Actor(of.urn, AuthenticatedBy.TOKEN, frozenset(asked["scopes"]), systems, row.urn), row


def _attach(actor: Actor, release: Any) -> int:
    """Evidence attached by an actor, whatever their token says."""
    whatever = replace(actor, scopes=None, systems=None)
    said = evidence.Said(kind="rollback_plan", method="document", fields={"title": "Plan", "document": f"{later()}"})
    version = release.version
    return evidence.attach(
        actor=whatever, subject=evidence.Subject(version.urn, version), said=said, now=later()
    ).position


def test_an_act_by_a_token_names_it_and_is_judged_by_its_scopes_systems_owner_and_end(
    workspace: Workspace, target: Path
) -> None:
    lending, elsewhere = a_system("lending"), a_system("elsewhere")
    release = read_release(a_release(a_version(system=lending)))
    eve, ida = a_person("Eve"), a_person("Ida")
    root = an_administrator("Root")
    able, _ = a_token(eve, scopes=["register"], systems=[lending.urn])
    narrow, _ = a_token(eve, scopes=["gate"])
    away, _ = a_token(eve, systems=[elsewhere.urn])
    foreign, _ = a_token(ida)
    short, ended = a_token(eve)
    managing, _ = a_token(root, systems=[lending.urn])
    allowed = _attach(able, release)
    own, mine = a_token(eve, scopes=["read"])
    access.withdraw_token(actor=own, urn=mine.urn, now=later())
    exported(target)
    good(target)
    export(Wanted("lending"), target.with_name("lending.zip"))
    good(target.with_name("lending.zip"))
    for archive in (target, target.with_name("lending.zip")):
        (entry,) = [exact for at, exact in unpacked(archive).entries if at == allowed]
        assert canonical.decode(entry)["predicate"]["token"] == able.token
    access.withdraw_token(actor=eve.actor, urn=ended.urn, now=later())
    stranger = f"{able.token[:-12]}000000000000" if able.token else ""
    deeds = {
        _attach(narrow, release): ("scope_exceeded", "limited to gate, which does not carry evidence.attach"),
        _attach(away, release): ("scope_exceeded", "does not reach what the act is about"),
        _attach(replace(eve.actor, authenticated_by=AuthenticatedBy.TOKEN, token=foreign.token), release): (
            "token_of_another", f"stands for {ida.urn}"),
        _attach(short, release): ("token_ended", "had been withdrawn"),
        _attach(replace(able, token=stranger), release): ("token_unknown", stranger),
        _attach(replace(able, token="a token"), release): ("token_unknown", "neither a token nor a key"),
        access.grant(actor=replace(managing, systems=None), principal=eve.urn, role=Role.READER, system=None, until=None, now=later()).position: (
            "scope_exceeded", "does not reach"),
        access.make_token(actor=replace(able, scopes=None), principal=eve.urn, label="x", scopes=["read"], systems=None, days=1, now=later())[1].position: (
            "scope_exceeded", "which none may"),
        access.withdraw_token(actor=replace(narrow, scopes=None), urn=str(away.token), now=later()).position: (
            "scope_exceeded", "ended another token"),
    }  # fmt: skip
    exported(target)
    all_named(target, deeds)


def test_acts_by_tokens_that_earlier_versions_did_not_name_are_counted_as_not_judged(
    workspace: Workspace, target: Path
) -> None:
    eve = a_person("Eve")
    with act(Actor(eve.urn, AuthenticatedBy.TOKEN), verb="access.token_made", at=later()) as opened:
        body = {
            "principal": eve.urn,
            "label": None,
            "scopes": ["read"],
            "systems": None,
            "expires_at": later(days=1),
            "secret_digest": "0" * 64,
        }
        opened.record(Token, body=body)  # fmt: skip
    exported(target)
    good(target)
    for said in reports(target).values():
        assert "scopes of 1 acts by tokens that earlier versions did not name" in said["checks"][6]["about"][1]


def test_what_a_robots_key_may_sign_and_what_its_tokens_may_do_is_judged(workspace: Workspace, target: Path) -> None:
    lending, elsewhere = a_system("lending"), a_system("elsewhere")
    release = read_release(a_release(a_version(system=lending)))
    robot = a_robot("ci", a_person(), (Role.PIPELINE, None))

    def a_key(scopes: list[str], systems: list[str] | None = None) -> Holder:
        signer = RobotKey()
        limits = keys.Limits(scopes, systems, None)
        row = keys.bind(
            actor=operator(), holder=robot.urn, key=signer.new_key(), label="ci", limits=limits, now=later()
        )
        return Holder(Actor(robot.urn, AuthenticatedBy.TOKEN), signer, row)

    able, narrow, away = a_key(["register"], [lending.urn]), a_key(["gate"]), a_key(["register"], [elsewhere.urn])
    said = evidence.Said(kind="rollback_plan", method="document", fields={"title": "Plan", "document": "Signed"})
    about, at = evidence.Subject(release.version.urn, release.version), later()

    def attaching(actor: Actor) -> Any:
        return evidence.attach(actor=replace(actor, scopes=None, systems=None), subject=about, said=said, now=at)

    def by_token(holder: Holder) -> Actor:
        return replace(holder.actor, authenticated_by=AuthenticatedBy.TOKEN, token=holder.key.urn)

    able.signs(attaching)
    _attach(by_token(able), release)
    exported(target)
    good(target)
    person = bound(a_person("Ana"), Passkey())
    deeds = {
        narrow.signs(attaching).position: ("scope_exceeded", "limited to gate"),
        away.signs(attaching).position: ("scope_exceeded", "does not reach"),
        _attach(by_token(narrow), release): ("scope_exceeded", "limited to gate"),
        _attach(by_token(person), release): ("token_of_another", "is no key of"),
    }
    keys.revoke(actor=operator(), urn=able.key.urn, reason="lost", now=later())
    deeds[_attach(by_token(able), release)] = ("token_ended", "had been revoked")
    exported(target)
    all_named(target, deeds)


def recorded(
    actor: Actor, verb: str, model: type[Record], body: Mapping[str, Any], *, before: Any = None, **said: Any
) -> int:
    """The position of an act that no rule was asked of."""
    with act(actor, verb=verb, at=later()) as opened:
        opened.note(**said)
        row = opened.record(model, body=body, replaces=before)
    return row.position


def test_a_key_or_a_token_made_in_another_persons_name_is_named(workspace: Workspace, target: Path) -> None:
    root, eve = an_administrator("Root"), a_person("Eve")
    held = {**bound(eve, Passkey()).key.body, "bound_by": root.urn}
    key, robots = {**held, "public": "1", "fingerprint": "1"}, {**held, "public": "2", "kind": "ed25519"}
    token = {
        "principal": eve.urn,
        "label": None,
        "scopes": ["sign"],
        "systems": None,
        "expires_at": later(days=1),
        "secret_digest": "0" * 64,
    }
    deeds = {
        recorded(root.actor, "keys.bound", Key, key): ("for_another_person", "could sign as"),
        recorded(root.actor, "keys.bound", Key, robots): ("for_another_person", "a key of kind ed25519"),
        recorded(root.actor, "access.token_made", Token, token): ("for_another_person", "could act as"),
    }  # fmt: skip
    exported(target)
    all_named(target, deeds)


# The review


def test_a_grant_in_another_system_carries_no_evidence_and_no_version(workspace: Workspace, target: Path) -> None:
    lending, elsewhere = a_system("lending"), a_system("elsewhere")
    release = read_release(a_release(a_version(system=lending)))
    eve = a_person("Eve", roles=[(Role.ENGINEER, lending)])
    ida = a_person("Ida", roles=[(Role.ENGINEER, elsewhere)])
    row = some_evidence(release.version, by=eve)
    exported(target)
    good(target)
    position = recorded(ida.actor, "evidence.attached", type(row), {**row.body, "producer": ida.urn})
    exported(target)
    all_named(target, {position: ("not_granted", "evidence.attach")})


def test_sign_offs_that_the_rules_of_the_review_refuse_are_named(workspace: Workspace, target: Path) -> None:
    ana, bob = a_person("Ana", functions=["ethics", "legal"]), a_person("Bob", functions=["ethics"])
    release, other = (
        a_release(a_version(system=a_system("lending"))),
        a_release(a_version(system=a_system("elsewhere"))),
    )
    given = a_sign_off(by=ana, release=release, function="ethics").body
    mine = a_sign_off(by=bob, release=release, function="ethics").body
    exported(target)
    good(target)

    def signs(by: Someone, body: Mapping[str, Any], **changed: Any) -> int:
        with act(by.actor, verb="review.signed_off", at=later()) as opened:
            row = opened.record(SignOff, body={**body, "signed_at": opened.at, "person": by.urn, **changed})
        return row.position

    deeds = {
        signs(bob, mine, release=other.urn, system=other.body["system"]): ("facet_differs", "is not that of these items"),
        signs(bob, mine, items=[["evidence/x//", "0" * 64]]): ("facet_differs", "is not that of these items"),
        signs(bob, mine, policies="0" * 64): ("policy_differs", "not those that were in force"),
        signs(bob, mine, verdict="approve_with_conditions"): ("sign_off_form", "with 0 conditions"),
        signs(bob, mine, expires_at=mine["signed_at"]): ("sign_off_form", "had ended before"),
        signs(bob, mine, signed_at=mine["signed_at"]): ("sign_off_form", "it says that it was signed at"),
        recorded(bob.actor, "review.signed_off", SignOff, {**mine, "signed_at": later()}, verdict="object"): (
            "statement_differs", "of verdict"),
    }  # fmt: skip
    legal = release_queries.facet(read_release(release), "legal")
    items = [[item.key, item.digest] for item in legal.items]
    deeds[signs(ana, given, function="legal", facet=legal.digest, items=items)] = (
        "counts_once", "approved this release for ethics already")  # fmt: skip
    exported(target)
    all_named(target, deeds)


def test_an_approval_for_a_second_function_stands_once_the_first_may_have_gone_stale(
    workspace: Workspace, target: Path
) -> None:
    ana = a_person("Ana", functions=["ethics", "legal"])
    version = a_version(system=a_system("lending"))
    release = a_release(version)
    a_sign_off(by=ana, release=release, function="ethics")
    body = a_sign_off(by=ana, release=release, function="ethics", verdict=Verdict.ABSTAIN).body
    a_sign_off(by=ana, release=release, function="legal")
    assert body["verdict"] == "abstain"
    exported(target)
    good(target)


def test_what_ends_conditions_objections_and_blocks_past_the_rules_is_named(workspace: Workspace, target: Path) -> None:
    ana, bob, eve = a_person("Ana", functions=["ethics"]), a_person("Bob", functions=["ethics"]), a_person("Eve")
    lea, max_ = a_person("Lea", functions=["legal"]), a_person("Max", functions=["legal"])
    review.name_panel(actor=operator(), people_urns=[lea.urn, max_.urn], now=later())
    release = a_release(a_version(system=a_system("lending")))
    approval = a_sign_off(
        by=ana,
        release=release,
        function="ethics",
        verdict=Verdict.APPROVE_WITH_CONDITIONS,
        conditions=[a_condition(eve), a_condition(eve)],
    )
    objection = a_sign_off(by=bob, release=release, function="ethics", verdict=Verdict.OBJECT)
    block = a_sign_off(by=lea, release=release, function="legal", verdict=Verdict.BLOCK)
    offered = review.offer_proof(actor=eve.actor, condition=f"{approval.urn}#0", proof="Done.", now=later())
    exported(target)
    good(target)
    accepted = {**offered.body, "accepted_by": bob.urn}
    unasked = {**accepted, "condition": f"{approval.urn}#1"}
    nowhere = {**accepted, "condition": f"{approval.urn}#7"}
    answer = {"objection": block.urn, "person": ana.urn, "text": None, "release": release.urn}
    end = {"block": block.urn, "person": max_.urn, "how": "panel", "reason": None}
    deeds = {
        recorded(bob.actor, "review.proof_accepted", Proof, unasked): ("proof_differs", "not the proof that was offered"),
        recorded(bob.actor, "review.proof_accepted", Proof, nowhere): ("own_condition", "imposes no such condition"),
        recorded(max_.actor, "review.proof_accepted", Proof, {**accepted, "accepted_by": max_.urn}): ("function_not_held", "for ethics without"),
        recorded(ana.actor, "review.objection_answered", Answer, answer): ("own_objection", "is no objection"),
        recorded(bob.actor, "review.objection_answered", Answer, {**answer, "objection": objection.urn, "person": bob.urn}): (
            "own_objection", "of their own"),
        recorded(max_.actor, "review.block_ended", BlockEnd, {**end, "how": "withdrawn"}): ("not_on_panel", "withdrawn by its author"),
        recorded(lea.actor, "review.block_ended", BlockEnd, {**end, "person": lea.urn}): ("not_on_panel", "withdrawn by its author"),
        recorded(max_.actor, "review.block_ended", BlockEnd, {**end, "block": objection.urn}): ("not_on_panel", "is no block"),
        recorded(ana.actor, "review.block_ended", BlockEnd, {**end, "person": ana.urn}): ("not_on_panel", "speaks for the panel"),
        recorded(operator(), "review.panel_named", Panel, {"people": [lea.urn, lea.urn]}): ("not_on_panel", "fewer than 2"),
    }  # fmt: skip
    exported(target)
    all_named(target, deeds)


def test_a_right_that_was_taken_away_before_a_signed_act_was_recorded_counts_for_nothing(
    workspace: Workspace, target: Path
) -> None:
    """A server that keeps a signature back until its signer's role is gone: the order of the log decides."""
    ana = bound(a_person("Ana", functions=["ethics"]), Passkey())
    release = a_release(a_version(system=a_system("lending")))
    run = signing_off(release, "ethics")
    waiting = keys.prepare(actor=ana.actor, key=ana.key.urn, run=run, show=lambda _: b"shown", now=later())
    grant = Grant.objects.get(principal=ana.actor.urn)
    people.end_grant(actor=operator(), urn=grant.urn, now=later(seconds=1))
    signature = ana.signer.sign(bytes(waiting.statement))
    with _everything_allowed():
        made = keys.complete(actor=ana.actor, nonce=waiting.nonce, signature=signature, run=run, now=later())
    exported(target)
    all_named(target, {made.position: ("not_granted", "review.sign_off")})


def _everything_allowed() -> Any:
    return patch("consilience.domains.access.queries.can", lambda *_: None)


def test_a_schema_of_facts_that_is_not_the_published_policys_is_named() -> None:
    """Of the three files that say which rules were asked: text and schema of each policy."""
    published = {"text": "t", "schema": "a" * 64, "slug": "p"}

    class Walk:
        things = ALONE.Things()

    document = {"urn": "urn:consilience:x:policy:y", "body": published, "valid_from": "2024"}
    Walk.things.add("policy", document, 1, 0, "d")
    for said, codes in (({"schema": "a" * 64}, []), ({"schema": "b" * 64}, ["policy_differs"])):
        report = ALONE.Report()
        listed = [{"digest": "d", "text": "t", "slug": "p", **said}]
        stored = {"policies": listed, "facts": {"system": {"slug": "lending"}}}
        ALONE._policies(Walk, report, "there", 2, {"valid_at": "2025", "known_at": 2}, stored)
        assert [one["code"] for one in report.found[7]] == codes


def test_the_scopes_that_verifiers_know_are_those_of_the_product() -> None:
    reading = SCOPES["read"]
    assert {name: set(actions) - reading for name, actions in SCOPES.items()} == ALONE.SCOPES
