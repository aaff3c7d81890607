"""Policies on the web: proposing a text, publishing by a second person, reading what is in force."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.ledger import log
from consilience.domains.policy import actions, document, queries
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.kit.clock import now, shift
from consilience.kit.errors import Refused
from consilience.surfaces.web import shared
from tests.harness.builders import Someone, a_person, as_of, later
from tests.harness.workspaces import Workspace

TEXT = document.starter_texts()["ethics.yaml"]


@pytest.fixture
def edda(workspace: Workspace, client: Client) -> Someone:
    found = a_person("Edda Roth", functions=["ethics"])
    client.force_login(found.account)
    return found


def test_a_policy_is_proposed_by_one_and_published_by_another(edda: Someone, client: Client) -> None:
    assert b"No policy is published yet" in client.get("/policies").content
    page = client.post("/policies/new", {"text": TEXT.replace("\n", "\r\n")}, follow=True).content.decode()
    row = PolicyProposal.objects.get()
    assert row.body["text"] == TEXT, "a browser's line ends are not part of the policy"
    assert "You proposed it; a second person publishes it." in page
    publish = reverse("proposal_publish", args=[row.urn])
    assert client.post(publish).status_code == 422
    assert not Policy.objects.exists()
    client.force_login(a_person("Paula Lind", functions=["product"]).account)
    assert publish in client.get(reverse("proposal", args=[row.urn])).content.decode()
    shown = client.post(publish, follow=True).content.decode()
    assert "In force" in shown
    assert "No group is approved less than four fifths as often as another" in shown
    assert "exactly four fifths, and a tiny group aside" in shown
    assert b"Fair treatment" in client.get("/policies").content


def test_a_text_that_does_not_load_is_refused_with_its_line(edda: Someone, client: Client) -> None:
    response = client.post("/policies/new", {"text": TEXT.replace("severity: block", "severity: loud", 1)})
    page = response.content.decode()
    assert response.status_code == 422
    assert "severity" in page
    assert "line" in page
    assert not PolicyProposal.objects.exists()


def test_a_publication_begins_on_a_day_that_is_not_past(edda: Someone, client: Client) -> None:
    client.post("/policies/new", {"text": TEXT})
    publish = reverse("proposal_publish", args=[PolicyProposal.objects.get().urn])
    client.force_login(a_person("Paula Lind", functions=["product"]).account)
    assert client.post(publish, {"in_force_from": "2001-01-01"}).status_code == 422
    assert b"Expected a date such as" in client.post(publish, {"in_force_from": "tomorrow"}).content
    client.post(publish, {"in_force_from": "2099-01-01"})
    assert b"Starts later" in client.get("/policies").content


def test_a_proposal_that_knows_nothing_of_a_newer_version_undoes_nothing(edda: Someone, client: Client) -> None:
    paula = a_person("Paula Lind", functions=["product"])
    rows = [actions.propose(actor=paula.actor, text=TEXT, now=later()) for _ in range(2)]
    actions.publish(actor=edda.actor, proposal=rows[0].urn, in_force_from=None, now=later())
    size = log.size()
    refused = client.post(reverse("proposal_publish", args=[rows[1].urn]))
    assert (refused.status_code, log.size()) == (422, size)
    assert "Version 1 of fair-treatment was published after this was proposed" in refused.content.decode()
    again = actions.propose(actor=paula.actor, text=TEXT, now=later())
    actions.publish(actor=edda.actor, proposal=again.urn, in_force_from=None, now=later())


def test_the_page_says_in_force_of_the_version_that_the_gate_asks(edda: Someone, client: Client) -> None:
    """Version 3 is published while version 2 still lies ahead; once that begins, it is version 2 that counts."""
    paula, ahead = a_person("Paula Lind", functions=["product"]), shift(now(), days=2)
    for in_force_from, ahead_of in ((None, None), (ahead, None), (None, 2)):
        row = actions.propose(actor=paula.actor, text=TEXT, now=later())
        publishing = {"proposal": row.urn, "in_force_from": in_force_from, "ahead_of": ahead_of}
        actions.publish(actor=edda.actor, **publishing, now=later())
    address = reverse("policy", args=[row.slug])
    assert states(client.get(address)) == {"3": "in_force", "2": "scheduled", "1": "retired"}
    with patch.object(shared, "now", return_value=shift(ahead, days=1)):
        assert [one.version for one in queries.rows_in_force(as_of(shift(ahead, days=1)))] == [2]
        assert states(client.get(address)) == {"3": "retired", "2": "in_force", "1": "retired"}


def test_a_version_that_a_scheduled_one_would_replace_is_published_only_by_who_says_so(
    edda: Someone, client: Client
) -> None:
    paula, ahead = a_person("Paula Lind", functions=["product"]), shift(now(), days=2)
    said = {"actor": edda.actor, "in_force_from": ahead}
    actions.publish(proposal=actions.propose(actor=paula.actor, text=TEXT, now=later()).urn, **said, now=later())
    row = actions.propose(actor=paula.actor, text=TEXT, now=later())
    size, publish = log.size(), reverse("proposal_publish", args=[row.urn])
    refused = client.post(publish, {"in_force_from": ""})
    assert (refused.status_code, log.size()) == (422, size)
    assert "Version 1 of fair-treatment begins on" in refused.content.decode()
    assert "Version 1 begins, on" in client.get(publish).content.decode()
    with pytest.raises(Refused, match="scheduled_already"):
        actions.publish(proposal=row.urn, **said | {"in_force_from": None}, ahead_of=7, now=later())
    assert client.post(publish, {"ahead_of": "1"}).status_code == 302
    row = actions.propose(actor=paula.actor, text=TEXT, now=later())
    third = actions.publish(proposal=row.urn, **said, now=later())
    assert [one.version for one in queries.scheduled(row.slug, as_of(now()))] == [third.version], "it takes its place"


def states(page: Any) -> dict[str, str]:
    return {one["label"].split()[-1]: one["state"] for one in page.context["versions"]}


def test_a_change_that_no_example_notices_is_listed_on_the_draft_and_keeps_it_from_publication(
    edda: Someone, client: Client
) -> None:
    """Without the example about cross-validation nobody would see that the filter on the method had gone."""
    start = TEXT.index("      - name: cross-validation on the training data")
    loose = TEXT[:start] + TEXT[TEXT.index("      - name:", start + 5) :]
    unproved = loose.replace("language: 1", "language: 2", 1)
    client.post("/policies/new", {"text": unproved})
    row = PolicyProposal.objects.get()
    client.force_login(a_person("Paula Lind", functions=["product"]).account)
    page = client.get(reverse("proposal", args=[row.urn])).content.decode()
    assert "Not proved by its examples" in page
    assert "no example notices that “f.method in [&quot;holdout&quot;, &quot;out_of_time&quot;]” is left out" in page
    refused = client.post(reverse("proposal_publish", args=[row.urn]))
    assert refused.status_code == 422
    assert (
        "The examples of approval-ratio in fair-treatment do not prove it: 1 changes are open"
        in refused.content.decode()
    )
    assert not Policy.objects.exists()
    proved = actions.propose(actor=edda.actor, text=TEXT.replace("language: 1", "language: 2", 1), now=later())
    client.post(reverse("proposal_publish", args=[proved.urn]))
    published = Policy.objects.get()
    assert published.body["language"] == 2
    assert (
        "50 of 50 changes of a threshold or an operator are noticed"
        in client.get(reverse("policy", args=[published.slug])).content.decode()
    )
