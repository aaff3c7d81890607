"""What was erased is gone from the database and the disk, everything else still verifies, and the log says who did it and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from consilience.config import workspace as workspaces
from consilience.domains.access.rules import Role
from consilience.domains.content import actions as content
from consilience.domains.content import queries, upkeep_actions
from consilience.domains.content.erasure import actions, forgetting, rules
from consilience.domains.content.erasure import queries as erasures
from consilience.domains.content.models import Key
from consilience.domains.content.verify import findings
from consilience.domains.ledger.verify import verify
from consilience.domains.people import actions as people
from consilience.domains.people import queries as people_queries
from consilience.domains.people.models import Account, Person
from consilience.kit.errors import BadInput, CannotTell, NotEntitled, NotFound, Refused
from consilience.kit.records import commitments
from consilience.kit.records.models import Erased, Private
from tests.harness.builders import (
    Someone,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_erasure,
    as_of,
    later,
    operator,
    some_evidence,
)
from tests.harness.credit import credit
from tests.harness.killing import every_step
from tests.harness.workspaces import NAME, ZONE, Workspace

pytestmark = pytest.mark.usefixtures("workspace")


def refused(code: str, **named: object) -> None:
    with pytest.raises(Refused) as raised:
        actions.erase(**{**asked(), **named})  # type: ignore[arg-type]
    assert raised.value.refusal.code == code


def asked(texts: tuple[str, ...] = (), files: tuple[str, ...] = ()) -> dict[str, object]:
    return {
        "actor": operator(), "texts": texts, "files": files, "basis": "not_needed", "reason": "asked for",
        "seen": erasures.plan(texts, files).seen, "now": later(),
    }  # fmt: skip


def code_of_name(who: Someone) -> str:
    return str(Person.objects.get(urn=who.urn, version=1).body["name"]["commitment"])


def a_file(data: bytes = b"salaries of everybody") -> str:
    """A file that evidence names."""
    digest = content.put(data, now=later())
    some_evidence(a_version(artefact={"digest": digest, "kind": "file", "held": True, "computed_by": "server"}))
    return digest


def erase_person(who: Someone, *, written: bool = False) -> None:
    people.erase_person(
        actor=operator(), urn=who.urn, written=written, basis="consent_withdrawn", reason="asked us to",
        seen=people_queries.erasure_of(who.urn, written=written).seen, now=later(),
    )  # fmt: skip


# What goes


@pytest.mark.on_both_databases
def test_an_erased_text_is_gone_and_the_log_verifies_and_says_so(workspace: Workspace) -> None:
    eve = a_person("Eve Engel")
    code, before = code_of_name(eve), verify()
    row = an_erasure(texts=[code])
    assert not Private.objects.filter(commitment=code).exists()
    assert commitments.text({"commitment": code}) is None
    report = verify()
    assert report.good, report.findings
    assert (report.erased, report.erased_by) == (before.erased + 1, f"by entry {row.position}: 1")
    assert commitments.erased([code])[code].position == row.position
    assert people_queries.names([eve.urn]) == {eve.urn: "Erased person"}


@pytest.mark.on_sqlite
def test_salt_text_and_key_are_on_the_disk_no_more(workspace: Workspace) -> None:
    eve = a_person("Evelina Quitzdorf")
    for nth in range(40):  # pages that are split and moved leave copies behind
        a_person(f"Somebody {nth}")
    code, digest = code_of_name(eve), a_file()
    row, key = Private.objects.get(commitment=code), queries.key_of(digest)
    secrets = [bytes(row.salt), row.value.encode(), key or b""]
    assert len(forgetting.traces(secrets)) >= 1
    an_erasure(texts=[code], files=[digest])
    assert forgetting.traces(secrets) == []
    assert not forgetting.is_due()


@pytest.mark.on_both_databases
def test_an_erased_file_is_gone_and_whoever_asks_is_told_by_which_entry(workspace: Workspace) -> None:
    digest = a_file()
    path = queries.path_of(digest)
    sealed = path.read_bytes()
    row = an_erasure(files=[digest])
    assert not path.exists()
    assert not queries.has(digest)
    with pytest.raises(CannotTell, match=f"was erased on .*, by entry {row.position}"):
        queries.read(digest)
    assert findings() == []
    path.write_bytes(sealed)  # a copy that somebody kept: without the key nobody reads it
    with pytest.raises(CannotTell):
        queries.read(digest)
    assert findings() == []


def test_an_erased_file_may_be_stored_again_and_erased_again(workspace: Workspace) -> None:
    digest = a_file()
    an_erasure(files=[digest])
    content.put(b"salaries of everybody", now=later())
    assert queries.read(digest) == b"salaries of everybody"
    again = an_erasure(files=[digest])
    assert commitments.erased([digest])[digest].position == again.position
    assert verify().good


def test_a_person_is_erased_with_their_log_in_and_what_they_decided_stays() -> None:
    ana = a_person("Ana Aalto", functions=["ethics"])
    given = a_sign_off(by=ana, release=a_release(), function="ethics")
    people.deactivate(actor=operator(), urn=ana.urn, now=later())
    erase_person(ana)
    assert people_queries.names([ana.urn]) == {ana.urn: "Erased person"}
    assert not Account.objects.filter(person=ana.urn).exists()
    assert not Private.objects.filter(value__in=[ana.name, ana.email]).exists()
    assert commitments.text(given.body["reason"]) is not None, "what they wrote was not asked for"
    assert verify().good
    erase_person(ana, written=True)
    assert commitments.text(given.body["reason"]) is None
    report = verify()
    assert report.good, report.findings


def test_the_address_of_a_person_goes_wherever_it_was_kept() -> None:
    ana = a_person("Ana Aalto")
    version = a_version()
    people.deactivate(actor=operator(), urn=ana.urn, now=later())
    plan = people_queries.erasure_of(ana.urn, written=False)
    assert {one.text for one in plan.items} == {ana.name, ana.email}
    assert plan.log_in
    assert version.row.name not in {name for one in plan.items for name in one.held_by}


# What stands against it


def test_somebody_active_a_held_thing_and_what_decisions_rest_on_are_not_erased() -> None:
    ana = a_person("Ana Aalto")
    with pytest.raises(Refused) as raised:
        erase_person(ana)
    assert raised.value.refusal.code == "erasure.person_active"
    story = credit()
    story.sign_everything()
    decided = story.decide()
    facts = (decided.body["facts"],)
    refused("erasure.decision_rests_on_it", files=facts, seen=erasures.plan((), facts).seen)


@pytest.mark.parametrize("about", ["everything", "person", "text", "system"])
def test_a_legal_hold_refuses_until_it_is_lifted(about: str) -> None:
    ana = a_person("Ana Aalto")
    system = a_system("lending", owner=ana)
    code = code_of_name(ana)
    named = {"everything": rules.EVERYTHING, "person": ana.urn, "text": code, "system": system.urn}[about]
    if about == "system":
        code = content.put(b"a file of the system", now=later())
        some = a_version(
            system=system, artefact={"digest": code, "kind": "file", "held": True, "computed_by": "server"}
        )
        named = some.row.urn
    texts, files = ((), (code,)) if about == "system" else ((code,), ())
    hold = actions.place_hold(actor=operator(), about=named, reason="a dispute", now=later())
    refused("erasure.on_hold", texts=texts, files=files, seen=erasures.plan(texts, files).seen)
    assert [one.reason for one in erasures.holds(as_of())] == ["a dispute"]
    actions.lift_hold(actor=operator(), urn=hold.urn, reason="it is settled", now=later())
    an_erasure(texts=texts, files=files)
    assert verify().good


def test_a_list_that_changed_since_it_was_looked_at_is_not_erased() -> None:
    ana, eve = a_person("Ana Aalto"), a_person("Eve Engel")
    refused(
        "erasure.changed_meanwhile",
        texts=(code_of_name(ana), code_of_name(eve)),
        seen=erasures.plan((code_of_name(ana),), ()).seen,
    )
    assert Erased.objects.count() == 0


def test_nothing_twice_and_nothing_that_never_was() -> None:
    code = code_of_name(a_person("Ana Aalto"))
    an_erasure(texts=[code])
    refused("erasure.nothing_there", texts=(code,), seen=erasures.plan((code,), ()).seen)
    with pytest.raises(NotFound):
        erasures.plan(("0" * 64,), ())
    with pytest.raises(NotFound):
        erasures.plan((), ("0" * 64,))
    with pytest.raises(BadInput, match="64 hexadecimal digits"):
        erasures.plan(("name",), ())


@pytest.mark.parametrize(("field", "value"), [("basis", "because"), ("reason", "  "), ("reason", "x" * 2001)])
def test_a_ground_and_a_reason_are_asked_for(field: str, value: str) -> None:
    texts = (code_of_name(a_person("Ana Aalto")),)
    with pytest.raises(BadInput):
        actions.erase(**{**asked(texts), field: value})  # type: ignore[arg-type]
    assert Private.objects.filter(commitment=texts[0]).exists()


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.REVIEWER, Role.READER, Role.AUDITOR])
def test_these_roles_neither_erase_nor_hold(role: Role) -> None:
    eve, texts = a_person("Eve Engel", roles=[(role, None)]), (code_of_name(a_person("Ana Aalto")),)
    with pytest.raises(NotEntitled):
        actions.erase(**{**asked(texts), "actor": eve.actor})  # type: ignore[arg-type]
    with pytest.raises(NotEntitled):
        actions.place_hold(actor=eve.actor, about="everything", reason="x", now=later())


def test_whoever_answers_for_data_protection_erases_and_holds_and_manages_nothing_else() -> None:
    eve, texts = a_person("Eve Engel", roles=[(Role.PRIVACY, None)]), (code_of_name(a_person("Ana Aalto")),)
    row, _forgotten = actions.erase(**{**asked(texts), "actor": eve.actor})  # type: ignore[arg-type]
    assert row.body["texts"] == list(texts)
    with pytest.raises(NotEntitled):
        people.deactivate(actor=eve.actor, urn=eve.urn, now=later())
    assert verify().good


def test_a_file_that_lay_there_plain_goes_too_and_does_not_come_back(workspace: Workspace) -> None:
    data = b"salaries of everybody"
    digest = a_file(data)
    queries.path_of(digest).rename(queries.plain_path(digest))
    queries.plain_path(digest).write_bytes(data)
    Key.objects.filter(digest=digest).delete()  # as an earlier version left it
    an_erasure(files=[digest])
    assert not queries.plain_path(digest).exists()
    workspaces.init(workspace.home, name=NAME, zone=ZONE)
    assert not queries.has(digest)
    report = verify()
    assert report.good, report.findings


def test_what_is_stored_again_while_it_is_forgotten_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, sweep = b"salaries of everybody", upkeep_actions.sweep
    digest = a_file(data)

    def stored_again(**said: Any) -> int:
        content.put(data, now=later())
        Key.objects.filter(digest=digest).update(digest="0" * 64)  # its key is not seen yet: the act has not ended
        removed = sweep(**said)
        Key.objects.filter(digest="0" * 64).update(digest=digest)
        return removed

    monkeypatch.setattr(upkeep_actions, "sweep", stored_again)
    an_erasure(files=[digest])
    assert queries.read(digest) == data


def test_word_that_is_left_meanwhile_is_kept(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = upkeep_actions.sweep
    monkeypatch.setattr(upkeep_actions, "sweep", lambda **said: (sweep(**said), forgetting.promise([]))[0])
    an_erasure(texts=[code_of_name(a_person("Eve Engel"))])
    assert forgetting.is_due(), "another erasure began while this one was forgotten"


# An erasure that was cut off


@pytest.mark.on_both_databases
def test_a_kill_between_any_two_steps_leaves_it_erased_or_untouched(workspace: Workspace) -> None:
    digest, codes = a_file(), [code_of_name(a_person(f"Somebody {nth}")) for nth in range(60)]
    data, steps, done = queries.read(digest), 0, 0

    def work() -> None:
        an_erasure(texts=[codes[steps]], files=[digest])

    for _nth in every_step(work):
        gone = not Private.objects.filter(commitment=codes[steps]).exists()
        assert gone == (Key.objects.filter(digest=digest).count() == 0)
        assert gone == (codes[steps] in commitments.erased([codes[steps]]))
        report = verify()
        assert report.good, report.findings
        if gone:
            done += 1
            workspaces.init(workspace.home, name=NAME, zone=ZONE)
            assert not forgetting.is_due(), "the next start ends it"
            assert not queries.path_of(digest).exists()
            content.put(data, now=later())
        assert findings() == []
        steps += 1
    assert steps >= 10
    assert done >= 2
    connections.close_all()


# Workspaces that recorded no erasures


def test_the_first_erasure_of_an_old_workspace_says_what_was_gone_before() -> None:
    ana, eve = a_person("Ana Aalto"), a_person("Eve Engel")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("consilience.domains.content.erasure.queries.RECORDED", "another")
        patched.setattr("consilience.domains.ledger.erased.RECORDED", "another")
        Private.objects.filter(commitment=code_of_name(ana)).delete()
        assert verify().good, "as earlier versions had it"
        row = an_erasure(texts=[code_of_name(eve)])
        assert row.body["gone_before"] == [code_of_name(ana)]
        assert verify().good
        code = str(Person.objects.get(urn=ana.urn).body["email"]["commitment"])
        Private.objects.filter(commitment=code).delete()
        assert [one.code for one in verify().findings] == ["private_missing"], "from now on each is an entry"
        assert erasures.plan([code_of_name(eve)], ()).items == ()


def test_the_folder_holds_no_word_of_an_erasure_that_ended(workspace: Workspace) -> None:
    an_erasure(texts=[code_of_name(a_person("Ana Aalto"))])
    assert not Path(workspace.home.content / forgetting.PROMISE).exists()
