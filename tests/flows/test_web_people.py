"""People on the web: the first administrator, invitations, functions, grants, tokens, ending them."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access import queries as access
from consilience.domains.access.models import Token
from consilience.domains.access.rules import Role
from consilience.domains.people import actions, queries
from consilience.domains.people.models import Person, Robot
from tests.harness.builders import PASSWORD, Someone, a_person, a_system, an_administrator, as_of, later
from tests.harness.workspaces import Workspace


@pytest.fixture
def ines(workspace: Workspace, client: Client) -> Someone:
    found = an_administrator("Ines Keller")
    client.force_login(found.account)
    return found


@pytest.mark.parametrize("until", ["2099-02-31", "2099-13-01", "0000-01-01", "tomorrow"])
def test_a_day_that_no_calendar_has_is_said_at_its_field(ines: Someone, client: Client, until: str) -> None:
    answer = client.post(reverse("hold", args=[ines.urn]), {"function": "ethics", "until": until})
    assert answer.status_code == 422
    assert "Expected a date such as" in answer.content.decode()


def test_a_page_beyond_the_last_is_the_last(ines: Someone, client: Client) -> None:
    for number in range(3):
        a_system(f"system-{number}")
    assert client.get("/systems?page=99").context["paging"]["text"] == "1 to 3 of 3"


def test_addresses_are_shown_to_who_manages_people_and_to_oneself(workspace: Workspace, client: Client) -> None:
    ana, auditor = a_person("Ana Aalto"), a_person("Otto Auditor", roles=[Role.AUDITOR])
    client.force_login(auditor.account)
    for page in (client.get("/people"), client.get(reverse("person", args=[ana.urn]))):
        assert ana.email not in page.content.decode()
    assert auditor.email in client.get(reverse("person", args=[auditor.urn])).content.decode()
    client.force_login(an_administrator().account)
    assert ana.email in client.get("/people").content.decode()


def test_the_first_administrator_is_set_up_once_by_the_link(workspace: Workspace, client: Client) -> None:
    from consilience.kit.clock import now

    address = f"/setup/{actions.make_setup_link(person=None, now=now())}"
    said = {"name": "Ines Keller", "e_mail": "ines@example.org", "password": "short"}
    assert client.post(address, said).status_code == 422
    assert client.post(address, said | {"password": PASSWORD}, follow=True).redirect_chain == [
        ("/accounts/login/", 302)
    ]
    assert client.get(address).status_code == 410
    assert client.post(address, said | {"e_mail": "two@example.org", "password": PASSWORD}).status_code == 410
    client.post("/accounts/login/", {"login": "ines@example.org", "password": PASSWORD})
    assert b"Invite a person" in client.get("/people").content


def test_an_invitation_shows_its_link_once_and_opens_an_account(ines: Someone, client: Client) -> None:
    said = {
        "name": "Edda Roth",
        "e_mail": "edda@example.org",
        "functions": ["ethics"],
        "role": "reviewer",
        "system": "",
    }
    page = client.post("/people/invite", said).content.decode()
    link = html.unescape(re.search(r"http://testserver(/setup/[\w-]+)", page).group(1))  # type: ignore[union-attr]
    edda = Client()
    assert b"Choose your password" in edda.get(link).content
    assert edda.post(link, {"password": PASSWORD}).status_code == 302
    assert edda.get(link).status_code == 410
    edda.post("/accounts/login/", {"login": "edda@example.org", "password": PASSWORD})
    assert b"You decide for" in edda.get("/").content
    assert client.post("/people/invite", said).status_code == 422


def test_functions_and_grants_are_given_and_ended(ines: Someone, client: Client) -> None:
    tomas = a_person("Tomas Birk", roles=[])
    person = reverse("person", args=[tomas.urn])
    client.post(f"{person}/hold", {"function": "legal"})
    assert queries.functions_of(tomas.urn, as_of()) == {"legal"}
    again = client.post(f"{person}/hold", {"function": "legal"})
    assert b"This person holds the function Legal already." in again.content
    client.post(f"{person}/functions/legal/end")
    assert not queries.functions_of(tomas.urn, as_of())
    client.post(f"{person}/grant", {"role": "auditor", "system": "", "until": "2099-12-31"})
    page = client.get(person).content.decode()
    assert "Auditor" in page
    row = next(one for one in access.grants(as_of()) if one.principal == tomas.urn)
    client.post(reverse("grant_end", args=[row.urn]))
    assert not [one for one in access.grants(as_of()) if one.principal == tomas.urn]


def test_the_last_administrator_stays(ines: Someone, client: Client) -> None:
    response = client.post(reverse("person_state", args=[ines.urn]), {"what": "deactivate"})
    assert response.status_code == 422
    assert b"This is the last administrator." in response.content
    assert queries.is_active(ines.urn, as_of())


def test_somebody_is_deactivated_and_comes_back(ines: Someone, client: Client) -> None:
    tomas = a_person("Tomas Birk")
    address = reverse("person_state", args=[tomas.urn])
    client.post(address, {"what": "deactivate"})
    assert not queries.is_active(tomas.urn, as_of())
    client.post(address, {"what": "deactivate"})
    assert not queries.is_active(tomas.urn, as_of()), "sending the same form again does not undo it"
    client.post(address, {"what": "reactivate"})
    assert queries.is_active(tomas.urn, as_of())


def test_a_robot_gets_a_token_whose_secret_is_shown_once(ines: Someone, client: Client) -> None:
    said = {"slug": "ml-pipeline", "purpose": "Trains", "owner": ines.urn, "role": "pipeline", "system": ""}
    client.post("/people/robots/new", said)
    robot = Robot.objects.get()
    page = client.post(reverse("robot_token_new", args=[robot.urn]), {"label": "ci", "scopes": ["gate"], "days": "30"})
    assert page["Cache-Control"] == "no-store"
    secret = re.search(r"<code>(cns_[\w-]{20,})</code>", page.content.decode()).group(1)  # type: ignore[union-attr]
    assert access.token(secret, as_of()) is not None
    assert secret not in client.get(reverse("person", args=[robot.urn])).content.decode()
    client.post(reverse("token_withdraw", args=[Token.objects.get().urn]))
    assert access.token(secret, as_of()) is None


def test_people_make_and_withdraw_their_own_tokens_and_nobody_elses(ines: Someone, client: Client) -> None:
    eve, mallory = a_person("Eve Engineer"), a_person("Mallory")
    client.force_login(eve.account)
    assert client.post("/people/tokens/new", {"label": "laptop", "scopes": ["read"], "days": "9"}).status_code == 200
    row = Token.objects.get()
    assert (
        client.post(
            reverse("robot_token_new", args=[mallory.urn]), {"label": "x", "scopes": ["read"], "days": "9"}
        ).status_code
        == 403
    )
    client.force_login(mallory.account)
    assert client.post(reverse("token_withdraw", args=[row.urn])).status_code == 403
    client.force_login(eve.account)
    assert client.post(reverse("token_withdraw", args=[row.urn])).status_code == 302


def test_an_erased_name_is_called_so(ines: Someone, client: Client) -> None:
    from consilience.kit.records.models import Private

    tomas = a_person("Tomas Birk")
    row = Person.objects.get(urn=tomas.urn)
    Private.objects.filter(commitment=row.body["name"]["commitment"]).delete()
    page = client.get("/people").content.decode()
    assert "Erased person" in page
    assert "Tomas Birk" not in page


def test_only_whoever_may_see_grants_sees_addresses_and_roles(ines: Someone, client: Client) -> None:
    tomas = a_person("Tomas Birk")
    client.force_login(a_person("Rita", functions=["ethics"]).account)
    page = client.get("/people").content.decode()
    assert "Tomas Birk" in page
    assert tomas.email not in page
    assert tomas.email not in client.get(reverse("person", args=[tomas.urn])).content.decode()
    assert later() > row_time(tomas)


def row_time(someone: Someone) -> str:
    return str(Person.objects.get(urn=someone.urn).valid_from)
