"""Lending one's voice: by API, command and page; shown on every use, ended early, and known to everybody who verifies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from consilience.domains.audit.export import Wanted, export
from consilience.domains.ledger.act import act
from consilience.domains.people import actions as people
from consilience.domains.review import actions, queries
from consilience.domains.review.models import Delegation, SignOff
from consilience.kit.errors import Refused
from consilience.kit.naming import Urn
from tests.harness import workspaces
from tests.harness.api import as_
from tests.harness.archives import good, named
from tests.harness.builders import (
    Someone,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_administrator,
    later,
    operator,
    read_release,
)
from tests.harness.credit import Credit
from tests.harness.workspaces import Workspace

END = "2099-12-31"


class Story:
    def __init__(self) -> None:
        self.lending = a_system("lending")
        self.author = a_person("Eve Engineer")
        self.release = a_release(a_version(self.author, system=self.lending))
        self.lea, self.bob = a_person("Lea Legal", functions=["legal"]), a_person("Bob Deputy", functions=["ethics"])

    def lent(self, by: Someone | None = None, to: Someone | None = None, **said: Any) -> Delegation:
        usual = {"function": "legal", "system": None, "start": None, "until": later(days=9), "reason": "On leave."}
        giver, receiver = by or self.lea, to or self.bob
        return actions.delegate(actor=giver.actor, to=receiver.urn, now=later(), **usual | said)

    def refused(self, by: Someone) -> str:
        with pytest.raises(Refused) as raised:
            a_sign_off(by=by, release=self.release, function="legal")
        return raised.value.refusal.code


@pytest.fixture
def story(workspace: Workspace) -> Story:
    return Story()


def test_lent_by_the_api_used_on_the_page_and_shown_wherever_it_counts(story: Story, client: Client) -> None:
    lea, address = as_(story.lea), f"/releases/lending/{story.release.body and _version(story)}/operation"
    made = lea.post(
        "/delegations",
        {"function": "legal", "to": story.bob.email, "system": "lending", "until": END, "reason": "On leave."},
    )
    assert (made.status, made.said["state"], made.said["system"]) == (200, "in_force", "lending"), made.said
    client.force_login(story.bob.account)
    assert "Lea Legal" in client.get("/delegations").content.decode()
    assert "You decide in the stead of Lea Legal." in client.get(f"{address}/sign/legal").content.decode()
    assert f"{address}/sign/legal" in client.get("/").content.decode(), "it waits among their decisions"

    given = a_sign_off(by=story.bob, release=story.release, function="legal")
    assert (given.body["instead_of"], given.body["delegation"]) == (story.lea.urn, made.said["urn"])
    assert "Bob Deputy for Lea Legal, by delegation" in client.get(address).content.decode()
    said = lea.get(address).said["sign_offs"][0]
    assert (said["by"]["urn"], said["instead_of"]["urn"]) == (story.bob.urn, story.lea.urn)
    assert queries.facts(read_release(story.release))["signoffs"][0]["delegated"] is True

    other = as_(a_person("Otto Other"))
    assert other.post(f"/delegations/{made.said['urn']}/end", {"reason": "No."}).status == 403
    ended = lea.post(f"/delegations/{made.said['urn']}/end", {"reason": "Back early."}).said
    assert (ended["state"], lea.get("/delegations", state="ended").said["count"]) == ("ended", 1)
    assert lea.post(f"/delegations/{made.said['urn']}/end", {"reason": "Again."}).code == "delegation_ended_already"
    assert story.refused(story.bob) == "function_not_held"
    assert queries.said(read_release(story.release)).sign_offs(read_release(story.release))[0].standing == "stands"


def _version(story: Story) -> str:
    return read_release(story.release).version.reference


def test_it_is_never_lent_on_never_to_an_author_never_by_one_and_gives_no_second_voice(story: Story) -> None:
    story.lent()
    with pytest.raises(Refused) as raised:
        story.lent(by=story.bob, to=a_person())
    assert raised.value.refusal.code == "function_not_held"
    story.lent(to=story.author)
    assert story.refused(story.author) == "own_work"
    people.hold(actor=operator(), person=story.author.urn, function="legal", until=None, now=later())
    cleo = a_person("Cleo", functions=["ethics"])
    story.lent(by=story.author, to=cleo)
    assert story.refused(cleo) == "delegated_by_author"
    a_sign_off(by=story.lea, release=story.release, function="legal")
    assert story.refused(story.bob) == "one_voice"
    people.end_holding(actor=operator(), person=story.lea.urn, function="legal", now=later())
    assert story.refused(story.bob) == "delegation_lapsed"


def test_the_page_lends_and_an_administrator_ends(story: Story, client: Client) -> None:
    client.force_login(story.lea.account)
    sent = {
        "function": "legal",
        "to": story.bob.urn,
        "system": story.lending.urn,
        "starts": "2098-01-01",
        "until": END,
        "reasons": "Leave",
    }
    assert client.post("/delegations/new", sent | {"until": "2097-01-01"}).status_code == 422
    assert client.post("/delegations/new", sent).status_code == 302
    (row,) = Delegation.objects.all()
    assert "Starts later" in client.get("/delegations").content.decode()
    assert story.refused(story.bob) == "function_not_held", "it has not begun"
    client.force_login(an_administrator().account)
    assert (
        "Bob Deputy decides for Legal in the stead of Lea Legal."
        in client.get(f"/delegations/{row.urn}/end").content.decode()
    )
    assert client.post(f"/delegations/{row.urn}/end", {"reasons": "Wrong person."}).status_code == 302
    assert Delegation.objects.newest(Urn(row.urn)).withdrawn  # type: ignore[union-attr]


@pytest.fixture
def passed(let_through: tuple[Workspace, Credit], tmp_path: Path) -> Any:
    made, told = let_through
    with workspaces.opened(workspaces.copied(made, tmp_path / "home")):
        yield told


def test_who_verifies_an_archive_judges_what_was_signed_by_delegation(passed: Credit, tmp_path: Path) -> None:
    legal, deputy = passed.reviewers["legal"], passed.reviewers["ethics"]
    lent = actions.delegate(
        actor=legal.actor, function="legal", to=deputy.urn, system=None, start=None, until=later(hours=1), reason="away", now=later(),
    )  # fmt: skip
    template = SignOff.objects.get(person=legal.urn).body
    body = {**template, "person": deputy.urn, "instead_of": legal.urn, "delegation": lent.urn}
    _forged(deputy, body)
    export(Wanted(None), tmp_path / "good.zip")
    good(tmp_path / "good.zip")
    actions.end_delegation(actor=legal.actor, urn=lent.urn, reason="back", now=later())
    position = _forged(deputy, body)
    export(Wanted(None), tmp_path / "bad.zip")
    named(tmp_path / "bad.zip", 6, "not_delegated", f"entry {position}", "without a delegation in force")


def _forged(person: Someone, body: dict[str, Any]) -> int:
    with act(person.actor, verb="review.signed_off", at=later()) as opened:
        row = opened.record(SignOff, body={**body, "signed_at": opened.at})
    return row.position
