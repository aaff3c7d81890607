"""What the API says to what it cannot use: one shape, the field named, never a 500, and nothing half-written."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from consilience.domains.access.rules import Role
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import log
from consilience.surfaces.api.root import api
from tests.harness.api import Caller, as_
from tests.harness.builders import a_person, a_release, a_system, a_version, an_administrator
from tests.harness.workspaces import Workspace

HUGE = (2**31, 2**63, 10**30, -1)


@pytest.fixture
def admin(workspace: Workspace) -> Caller:
    return as_(a_person("Ann", functions=["ethics"], roles=[Role.ADMINISTRATOR, Role.ENGINEER, Role.REVIEWER]))


def test_every_error_has_the_same_shape(admin: Caller) -> None:
    a_release(a_version(system=a_system("lending"), model=None))
    for answer, status, code in [
        (Caller(None).get("/me"), 401, "not_authenticated"),
        (as_(a_person(roles=[Role.READER])).post("/kinds", _kind()), 403, "not_entitled"),
        (admin.get("/systems/nothing"), 404, "not_found"),
        (admin.get("/no/such/address"), 404, "not_found"),
        (admin.post("/systems", {"slug": "x"}), 422, "bad_input"),
        (admin.post("/people", {"name": "A", "email": "no address"}), 422, "bad_input"),
        (admin.post("/robots", {"name": "r", "purpose": "p", "owner": "nobody@example.org"}), 404, "not_found"),
    ]:
        assert (answer.status, answer.code) == (status, code), answer.said
        assert answer.said.keys() == {"error"}
        assert answer.said["error"].keys() == {"code", "sentence", "params"}
        assert answer.said["error"]["sentence"]
        assert answer.headers["x-consilience"] == "1"
        assert answer.headers["cache-control"] == "no-store"


def test_a_method_that_an_address_does_not_take_is_said_in_the_same_shape(admin: Caller) -> None:
    for caller in (admin, Caller(None)):
        answer = caller.post("/systems/lending", {}, method="DELETE")
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert answer.params == {"method": "DELETE", "allowed": ["GET", "PUT"]}
        assert answer.said["error"]["sentence"] == "This address takes GET, PUT, not DELETE."
        assert answer.headers["allow"] == "GET, PUT"
        assert (answer.headers["x-consilience"], answer.headers["cache-control"]) == ("1", "no-store")
    assert admin.post("/openapi.json", {}).code == "method_not_allowed"


def _kind() -> dict[str, Any]:
    return {"kind": "k", "title": "K", "methods": ["document"], "fields": {"a": "int"}}


def test_a_field_that_does_not_fit_is_named(admin: Caller) -> None:
    answer = admin.post("/tokens", {"label": "t", "scopes": ["read"], "days": "soon"})
    assert answer.params["where"] == "days"
    many = admin.post("/systems", {"slug": "Not A Slug", "tier": 3})
    assert {one["where"] for one in many.params["problems"]} >= {"slug", "tier", "name"}


@pytest.mark.parametrize("body", [
    b"", b"[]", b"null", b"1", b"{", b'{"a": NaN}', b'{"a": 1e999}', b'{"name": "x", "name": "y"}', b"\xff\xfe",
    b'{"name": "\\ud800"}', b'{"name": "a\\u0000b"}', b"[" * 100_000, b"1" * 5000, b'{"a": ' + b"9" * 5000 + b"}",
])  # fmt: skip
def test_hostile_json_is_refused_with_a_sentence(admin: Caller, body: bytes) -> None:
    before = log.size()
    for path in ("/systems", "/people", "/gate", "/evidence"):
        answer = admin.post(path, body)
        assert (answer.status, answer.code) == (422, "bad_input"), answer.said
    assert log.size() == before


def test_a_body_that_says_two_things_at_once_is_refused(admin: Caller) -> None:
    before = log.size()
    twice = b'{"name": "Ann", "name": "Ben", "email": "new@example.org"}'
    answer = admin.post("/people", twice)
    assert (answer.status, answer.params["where"]) == (422, "JSON")
    assert "'name' stands twice" in answer.said["error"]["sentence"]
    nul = admin.post("/people", b'{"name": "A\\u0000", "email": "new@example.org"}')
    assert (nul.status, nul.params["where"]) == (422, "JSON")
    not_a_number = b'{"artefact": {"digest": "%s"}, "code_revision": "c", "parameters": {"a": NaN}}' % (b"0" * 64)
    assert admin.post("/models/any/versions", not_a_number).params["where"] == "JSON"
    assert log.size() == before


def test_unknown_fields_are_refused_in_bodies_and_in_queries(admin: Caller) -> None:
    person = {"name": "A", "email": "a@example.org", "admin": True}
    assert admin.post("/people", person).params["where"] == "admin"
    # A misspelt as_of must not be answered as if nothing had been asked.
    answer = admin.get("/gate", system="lending", version="a@1", to="operation", asof="2024-01-01")
    assert (answer.status, answer.params["where"]) == (422, "asof")
    assert admin.post("/people?dry_run=true", {"name": "A", "email": "a@example.org"}).status == 422


def test_another_content_type_is_no_json(workspace: Workspace) -> None:
    browser = Client()
    browser.force_login(an_administrator().account)
    answer = browser.post("/api/v1/people", {"name": "A", "email": "a@example.org"})
    assert answer.status_code == 422


def integer_parameters() -> list[tuple[str, str, str]]:
    """(operation, in, name) of every integer in a path or a query."""
    found = []
    for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items():
        for method, operation in methods.items():
            for one in operation.get("parameters", ()):
                kinds = [one["schema"], *one["schema"].get("anyOf", ())]
                if any(kind.get("type") == "integer" for kind in kinds):
                    found.append((f"{method.upper()} {path}", one["in"], one["name"]))
    return found


def test_there_are_integers_to_try() -> None:
    names = {name for _, _, name in integer_parameters()}
    assert names == {"limit", "offset", "known_at", "index", "position", "number", "old", "new", "size"}


@pytest.mark.parametrize(("operation", "place", "name"), integer_parameters())
def test_no_huge_integer_reaches_the_database(admin: Caller, operation: str, place: str, name: str) -> None:
    method, path = operation.split()
    for value in HUGE:
        urn = "urn:consilience:00000000-0000-4000-8000-000000000000:sign-off:00000000-0000-7000-8000-000000000000"
        filled = (
            path.replace("{urn}", urn)
            .replace("{slug}", "x")
            .replace("{index}", str(value))
            .replace("{position}", str(value))
        )
        query = f"?{name}={value}" if place == "query" else ""
        answer = admin.post(f"{filled}{query}", {"proof": "x"}, method=method)
        assert answer.status == 422, (operation, name, value, answer.said)
        assert name in answer.params["where"] or any(name in one["where"] for one in answer.params["problems"])


def integer_fields(schema: dict[str, Any]) -> list[str]:
    """Integers of request bodies that have no upper bound."""
    unbounded = []
    for name, model in schema["components"]["schemas"].items():
        if not name.endswith("In"):
            continue
        for field, said in model.get("properties", {}).items():
            for kind in [said, *said.get("anyOf", ())]:
                if kind.get("type") == "integer" and "maximum" not in kind:
                    unbounded.append(f"{name}.{field}")
    return unbounded


def test_every_integer_of_a_body_is_bounded() -> None:
    assert integer_fields(api.get_openapi_schema(path_prefix="")) == []


def test_a_huge_row_count_is_refused(admin: Caller) -> None:
    a_system("lending")
    admin.post("/datasets", {"slug": "panel", "name": "P", "systems": ["lending"]})
    for rows in HUGE:
        data = {
            "file": {"name": "p.parquet", "digest": "0" * 64, "rows": rows, "columns": []},
            "provenance": "bank", "lawful_basis": "contract", "consent": False, "jurisdictions": ["DE"],
        }  # fmt: skip
        assert admin.post("/datasets/panel/versions", data).params["where"] == "file.rows"


def test_an_address_that_is_no_ours_tells_nothing_to_nobody(admin: Caller) -> None:
    assert Caller(None).get("/systemz").status == 401
    assert admin.get("/systemz").params["what"] == "address"


def test_a_ledger_that_cannot_be_written_is_503_and_says_nothing_of_the_machine(admin: Caller) -> None:
    with patch("consilience.domains.ledger.log.append", side_effect=OperationalError("disk I/O error at /srv/db")):
        answer = admin.post("/people", {"name": "A", "email": "a@example.org"})
    assert (answer.status, answer.code) == (503, "ledger_unavailable")
    assert "/srv" not in json.dumps(answer.said)


def test_a_database_that_cannot_be_read_is_503(admin: Caller) -> None:
    with patch.object(inventory, "systems", side_effect=OperationalError("database is locked")):
        assert admin.get("/systems").status == 503


def test_our_own_error_is_500_without_details(admin: Caller) -> None:
    with patch.object(inventory, "systems", side_effect=ZeroDivisionError("secret of the code")):
        answer = admin.get("/systems")
    assert (answer.status, answer.code) == (500, "bug")
    assert "secret of the code" not in json.dumps(answer.said)


def test_a_body_larger_than_memory_allows_is_refused(admin: Caller) -> None:
    text = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    assert admin.post("/policies/proposals", {"text": text}).status == 422


def test_a_session_works_with_the_pages_token_and_not_without(workspace: Workspace) -> None:
    ann = an_administrator()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ann.account)
    assert browser.get("/api/v1/me").json()["authenticated_by"] == "password"
    body = json.dumps({"label": "t", "scopes": ["read"]})
    without = browser.post("/api/v1/tokens", body, content_type="application/json")
    assert (without.status_code, without.json()["error"]["code"]) == (403, "csrf")
    browser.cookies["csrftoken"] = "a" * 32
    made = browser.post("/api/v1/tokens", body, content_type="application/json", headers={"X-CSRFToken": "a" * 32})
    assert made.status_code == 200, made.content
    assert made.json()["secret"].startswith("cns_")


def test_a_bad_token_is_not_made_good_by_a_session(workspace: Workspace) -> None:
    browser = Client()
    browser.force_login(an_administrator().account)
    assert browser.get("/api/v1/me").status_code == 200
    assert browser.get("/api/v1/me", headers={"Authorization": "Bearer cns_wrong"}).status_code == 401
    assert browser.get("/api/v1/me", headers={"Authorization": "Basic abc"}).status_code == 401


def test_the_secret_of_a_token_is_said_once_and_kept_as_a_digest(workspace: Workspace) -> None:
    browser = Client()
    browser.force_login(an_administrator().account)
    body = json.dumps({"label": "ci", "scopes": ["gate"], "days": 7})
    made = browser.post("/api/v1/tokens", body, content_type="application/json").json()
    assert made["token"]["scopes"] == ["gate"]
    listed = browser.get("/api/v1/tokens").json()
    assert [one["label"] for one in listed["items"]] == ["ci"]
    assert made["secret"] not in json.dumps(listed)
    assert browser.delete(f"/api/v1/tokens/{made['token']['urn']}").json()["withdrawn"] is True
    assert Caller(made["secret"]).get("/me").status == 401
