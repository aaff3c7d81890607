"""Erasing and legal holds through pages, API and command line: the list first, then the confirmation."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.content import actions as content
from consilience.domains.content.models import Hold
from consilience.domains.ledger.verify import verify
from consilience.domains.people import actions as people
from consilience.domains.people.models import Person
from consilience.kit.records.models import Private
from tests.harness.api import Answer, as_
from tests.harness.builders import (
    Someone,
    a_person,
    a_release,
    a_sign_off,
    a_version,
    an_administrator,
    an_erasure,
    later,
    operator,
    some_evidence,
)
from tests.harness.workspaces import Workspace

pytestmark = pytest.mark.usefixtures("workspace")
WHY = {"basis": "consent_withdrawn", "reason": "They asked us to."}


def good(answer: Answer) -> Any:
    assert answer.status == 200, answer.said
    return answer.said


@pytest.fixture
def ines(workspace: Workspace, client: Client) -> Someone:
    """An administrator who is logged in."""
    someone = an_administrator()
    client.force_login(someone.account)
    return someone


@pytest.fixture
def eve(ines: Someone) -> Someone:
    """Somebody who has left."""
    someone = a_person("Eve Engel")
    people.deactivate(actor=operator(), urn=someone.urn, now=later())
    return someone


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found.group(1)


def test_a_person_is_erased_from_their_page_in_two_steps(eve: Someone, client: Client) -> None:
    a_person("Dana Schutz", roles=[Role.PRIVACY])
    a_person("Rita Reader", roles=[Role.READER])
    address = f"{reverse('erase')}?person={eve.urn}"
    assert address.replace(":", "%3A") in client.get(reverse("person", args=[eve.urn])).content.decode()
    page = client.get(address).content.decode()
    assert "Eve Engel" in page
    assert eve.email in page
    assert "Their log-in" in page
    assert "This cannot be undone" in page
    unsure = client.post(address, {**WHY, "seen": seen_in(page)})
    assert unsure.status_code == 422
    assert Private.objects.filter(value="Eve Engel").exists()
    done = client.post(address, {**WHY, "seen": seen_in(page), "sure": "on"}, follow=True)
    may = client.get(reverse("erasure")).content.decode().partition("Who may erase")[2]
    assert "Dana Schutz" in may
    assert "Rita Reader" not in may
    assert "It is erased, by entry" in done.content.decode()
    assert "They asked us to." in done.content.decode()
    assert not Private.objects.filter(value="Eve Engel").exists()
    assert "Erased person" in client.get(reverse("person", args=[eve.urn])).content.decode()
    assert verify().good


def test_somebody_who_still_acts_is_listed_with_the_reason_why_not(ines: Someone, client: Client) -> None:
    bob = a_person("Bob Berg")
    page = client.get(f"{reverse('erase')}?person={bob.urn}").content.decode()
    assert "Deactivate them first" in page
    assert 'name="seen"' not in page


def test_what_was_erased_is_said_with_day_and_entry_where_the_text_stood(ines: Someone, client: Client) -> None:
    ana = a_person("Ana Aalto", functions=["ethics"])
    release = a_release()
    given = a_sign_off(by=ana, release=release, function="ethics")
    row = an_erasure(texts=[given.body["reason"]["commitment"]])
    page = client.get(reverse("release", args=release_address(release))).content.decode()
    assert f"by entry {row.position}." in page
    assert "Erased on" in page


def release_address(release: object) -> list[str]:
    from tests.harness.builders import read_release

    found = read_release(release)  # type: ignore[arg-type]
    return [found.system.slug, found.version.reference, "operation"]


def test_an_erased_file_of_evidence_says_so_when_asked_for(ines: Someone, client: Client) -> None:
    digest = content.put(b"interviews", now=later())
    version = a_version()
    evidence = some_evidence(version, files=[("interviews.txt", digest)])
    address = reverse("evidence_file", args=[evidence.urn, digest])
    got = client.get(address)
    assert (b"".join(got.streaming_content), got["Content-Length"]) == (b"interviews", "10")  # type: ignore[attr-defined]
    row = an_erasure(files=[digest])
    refused = client.get(address)
    assert refused.status_code == 409
    assert f"by entry {row.position}" in refused.content.decode()


def test_holds_are_placed_and_lifted_on_pages(eve: Someone, client: Client) -> None:
    placed = client.post(reverse("hold_new"), {"about": eve.urn, "reason": "A dispute."}, follow=True)
    assert "Eve Engel" in placed.content.decode()
    page = client.get(f"{reverse('erase')}?person={eve.urn}").content.decode()
    assert "A legal hold stands against this erasure" in page
    lifted = client.post(reverse("hold_lift", args=[Hold.objects.get().urn]), {"reason": "Settled."}, follow=True)
    assert "The legal hold is lifted." in lifted.content.decode()
    assert client.post(reverse("hold_new"), {"about": "nothing known", "reason": "x"}).status_code == 422


def test_a_form_that_names_nothing_or_both_is_sent_back(eve: Someone, client: Client) -> None:
    assert client.get(f"{reverse('erase')}?written=on").status_code == 422
    assert client.get(f"{reverse('erase')}?person={eve.urn}&texts={'0' * 64}").status_code == 422
    assert client.get(f"{reverse('erase')}?texts=nonsense").status_code == 422
    assert client.get(f"{reverse('erase')}?texts={'0' * 64}").status_code == 422
    assert client.get(reverse("erase")).status_code == 200


def test_what_others_wrote_of_somebody_is_found_by_its_words(ines: Someone, client: Client) -> None:
    ana = a_person("Ana Aalto", functions=["ethics"])
    code = a_sign_off(by=ana, release=a_release(), function="ethics", reason="Eve Engel was right.").body["reason"][
        "commitment"
    ]
    page = client.get(f"{reverse('erase')}?words=eve+engel").content.decode()
    assert "Eve Engel was right." in page
    assert f"texts={code}" in page
    assert "No text holds these words." in client.get(f"{reverse('erase')}?words=nobody").content.decode()
    assert client.get(f"{reverse('erase')}?words=ab").status_code == 422
    found = good(as_(ines, scopes=["manage"]).post("/erasures/find", {"words": "eve engel"}))
    assert [one["digest"] for one in found["items"]] == [code]


def test_the_api_lists_then_erases_what_was_seen(eve: Someone, ines: Someone) -> None:
    caller = as_(ines, scopes=["manage"])
    listed = good(caller.post("/erasures/list", {"person": eve.urn}))
    assert {one["text"] for one in listed["items"]} == {"Eve Engel", eve.email}
    assert (listed["log_in"], listed["refused"]) == (True, None)
    wrong = caller.post("/erasures", {"person": eve.urn, **WHY, "seen": "0" * 64})
    assert (wrong.status, wrong.code) == (409, "erasure.changed_meanwhile")
    done = good(caller.post("/erasures", {"person": eve.urn, **WHY, "seen": listed["seen"]}))
    assert done["erasure"]["texts"] == 2
    assert done["waits"] is False
    (one,) = good(caller.get("/erasures"))["items"]
    assert (one["position"], one["reason"]) == (done["erasure"]["position"], WHY["reason"])
    code = Person.objects.get(urn=eve.urn, version=1).body["name"]["commitment"]
    again = caller.post("/erasures", {"texts": [code], **WHY, "seen": listed["seen"]})
    assert again.code == "erasure.nothing_there"


def test_the_api_places_and_lifts_holds(ines: Someone) -> None:
    caller = as_(ines, scopes=["manage"])
    made = good(caller.post("/legal-holds", {"about": "everything", "reason": "An authority asked."}))
    assert [one["about"] for one in good(caller.get("/legal-holds"))["items"]] == ["everything"]
    good(caller.post(f"/legal-holds/{made['urn']}/lift", {"reason": "Done."}))
    assert good(caller.get("/legal-holds"))["items"] == []
    bad = caller.post("/legal-holds", {"about": "whatever", "reason": "x"})
    assert bad.status == 422
