"""Every address of the web: closed to strangers, no page without a declared action, none that breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from consilience.config.urls import accounts
from consilience.domains.access import actions as access
from consilience.domains.access.rules import EVERY_ACTION, Role
from consilience.domains.content.erasure import actions as erasing
from consilience.domains.gate import actions as gate
from consilience.domains.keys import actions as keys
from consilience.domains.monitor import actions as monitor
from consilience.domains.monitor import rules as monitor_rules
from consilience.domains.policy import actions as policies
from consilience.domains.policy import document
from consilience.domains.review import actions as reviewing
from consilience.domains.review.rules import Verdict
from consilience.surfaces.web import urls
from consilience.surfaces.web.shared import OWN
from tests.harness.builders import (
    PASSWORD,
    a_condition,
    a_dataset_version,
    a_model,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_administrator,
    later,
    operator,
    some_evidence,
)
from tests.harness.signers import Passkey
from tests.harness.workspaces import Workspace

OPEN = {"health", "ready", "metrics", "setup", "verify"}
"""Addresses of ours that whoever holds them may open; those of allauth are beside them."""
ONLY_SENT = {
    "release_ask",
    "table_try",
    "starter_propose",
    "starter_propose_all",
    "notices_read",
    "requirement_preview",
}


def patterns(listed: list[Any]) -> Iterator[URLPattern]:
    for one in listed:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns)
        else:
            yield one


def test_every_page_declares_the_action_that_it_takes() -> None:
    undeclared = [
        one.name
        for one in urls.urlpatterns
        if one.name not in OPEN and getattr(one.callback, "action", None) not in EVERY_ACTION | {OWN}
    ]
    assert undeclared == []


def test_every_address_is_a_page_of_ours_the_api_or_a_known_page_of_allauth() -> None:
    known = {one.name for one in urls.urlpatterns} | {one.name for one in patterns(accounts)}
    names = {one.name for one in patterns(get_resolver().url_patterns) if not str(one.pattern).startswith("/")}
    ours = {name for name in names if (name and not hasattr(name, "startswith")) or name in known}
    assert known <= names
    assert ours == known


def test_what_only_its_owner_sees_is_the_home_page_and_their_own_tokens() -> None:
    own = {one.name for one in urls.urlpatterns if getattr(one.callback, "action", None) == OWN}
    assert own == {
        "home",
        "token_new",
        "token_withdraw",
        "delegation_end",
        "notices",
        "notices_read",
        "prediction_check",
        "ledger_proves",
        "keys",
        "key_passkey_new",
        "key_ssh_new",
        "key_revoke",
        "onetime_new",
        "onetime_end",
    }


class Everything:
    """A workspace with one of each thing, and the addresses of all of them."""

    def __init__(self) -> None:
        self.engineer, self.ethicist = a_person("Eve Engineer"), a_person("Edda Roth", functions=["ethics"])
        self.lawyer = a_person("Lars Dahl", functions=["legal"])
        self.system = a_system("lending", owner=self.engineer)
        data = a_dataset_version("panel", systems=[self.system])
        version = a_version(self.engineer, model=a_model("credit-risk", systems=[self.system]), training=[data])
        evidence = some_evidence(version)
        release = a_release(version=version)
        imposed = a_sign_off(
            by=self.ethicist, release=release, function="ethics", verdict=Verdict.APPROVE_WITH_CONDITIONS,
            conditions=[a_condition(self.engineer)],
        )  # fmt: skip
        objected = a_sign_off(by=self.lawyer, release=release, function="legal", verdict=Verdict.OBJECT)
        blocked = a_sign_off(by=self.ethicist, release=release, function="ethics", verdict=Verdict.BLOCK)
        texts = document.starter_texts()
        for name in ("ethics.yaml", "legal.yaml"):
            self.proposal = policies.propose(actor=operator(), text=texts[name], now=later())
        ethics = policies.propose(actor=self.lawyer.actor, text=texts["ethics.yaml"], now=later())
        policies.publish(actor=self.ethicist.actor, proposal=ethics.urn, in_force_from=None, now=later())
        decided = gate.decide(
            actor=operator(), system="lending", version=version.reference, stage="operation", now=later()
        )
        _secret, token = access.make_token(
            actor=self.engineer.actor,
            principal=self.engineer.urn,
            label="ci",
            scopes=["read"],
            systems=None,
            days=9,
            now=later(),
        )
        grant = access.grant(
            actor=operator(), principal=self.engineer.urn, role=Role.READER, system=None, until=None, now=later()
        )
        said = monitor_rules.Said(rows=3, root="ab" * 32, columns={"id": "text"}, files=["cd" * 32], secret="ef" * 32)
        batch = monitor.log_batch(actor=self.engineer.actor, version=version.reference, said=said, now=later())
        held = erasing.place_hold(actor=operator(), about="everything", reason="a dispute", now=later())
        lent = reviewing.delegate(
            actor=self.lawyer.actor, function="legal", to=self.engineer.urn, system=self.system.urn, start=None,
            until=later(days=9), reason="away", now=later(),
        )  # fmt: skip
        key = keys.bind(
            actor=self.ethicist.actor, holder=self.ethicist.urn, key=Passkey().new_key(), label="Laptop", now=later()
        )
        self.named: dict[str, Any] = {
            "urn": {
                "key_revoke": key.urn, "delegation_end": lent.urn, "waiver_withdraw": lent.urn,
                "evidence": evidence.urn, "evidence_file": evidence.urn, "condition": imposed.urn, "objection": objected.urn,
                "block_end": blocked.urn, "decision": decided.urn, "proposal": self.proposal.urn,
                "prediction_batch": batch.urn,
                "proposal_publish": self.proposal.urn, "proposal_take_back": self.proposal.urn, "token_withdraw": token.urn, "grant_end": grant.urn, "hold_lift": held.urn,
            },
            "slug": {"policy": "fair-treatment", "model": "credit-risk", "version_new": "credit-risk",
                     "dataset_version_new": "panel", "system": "lending", "system_attach": "lending", "system_correct": "lending",
                     "model_correct": "credit-risk", "dataset_correct": "panel", "system_obligations": "lending",
                     "system_obligations_csv": "lending", "policy_effect": "fair-treatment", **dict.fromkeys(
                         ("policy_compare", "policy_export", "policy_review", "requirement"), "fair-treatment"), "table": "risk-tiering",
                     "table_try": "risk-tiering", "pack": "gdpr", "pack_export": "gdpr", "pack_impact": "gdpr", "pack_drop": "gdpr",
                     "pack_terms": "gdpr"},
            "about": {"proposal_comment": self.proposal.urn, "policy_comment": "fair-treatment"},
            "requirement": {"requirement": "approval-ratio", "waive": "approval-ratio"},
            "name": {"obligation": "gdpr-6", "starter_propose": "by-tier", "starter_set": "by-tier", "starter_propose_all": "by-tier"},
            "template": dict.fromkeys(("requirement_template", "requirement_preview"), "fairness-gap"),
            "table": dict.fromkeys(("table", "table_try"), "risk-tier"),
            "reference": dict.fromkeys(("dataset", "dataset_attach", "terms_correct", "dataset_withdraw"), "panel@1"),
        }  # fmt: skip

    def addresses(self) -> dict[str, str]:
        made = {}
        for one in urls.urlpatterns:
            name = str(one.name)
            values = {key: self._value(name, key) for key in one.pattern.converters}
            if name not in OPEN:
                made[name] = reverse(name, kwargs=values)
        return made

    def _value(self, name: str, key: str) -> Any:
        usual = {"system": "lending", "version": "credit-risk@1", "stage": "operation", "function": "ethics", "index": 0,
                 "position": 3, "reference": "credit-risk@1", "urn": self.ethicist.urn, "digest": "0" * 64, "made": "0" * 32}  # fmt: skip
        usual["policy"] = "fair-treatment" if name == "waive" else "risk-tiering"
        return self.named.get(key, {}).get(name, usual.get(key))


@pytest.fixture
def everything(workspace: Workspace) -> Everything:
    return Everything()


def answers(client: Client, addresses: dict[str, str]) -> dict[str, int]:
    """The status of every page: asked for, or for what is only sent, sent."""
    return {
        name: (client.post(address) if name in ONLY_SENT else client.get(address)).status_code
        for name, address in addresses.items()
    }


def test_anonymous_people_are_sent_to_log_in(everything: Everything, client: Client) -> None:
    for name, address in everything.addresses().items():
        response = client.post(address) if name in ONLY_SENT else client.get(address)
        assert response.status_code == 302, name
        assert response["Location"].startswith("/accounts/login/"), name


def test_somebody_without_any_grant_sees_nothing_of_the_workspace(everything: Everything, client: Client) -> None:
    client.force_login(a_person("Nobody", roles=[]).account)
    said = answers(client, everything.addresses())
    lists = {"home", "systems", "models", "datasets", "model_new", "dataset_new", "token_new", "standings", "backlog", "notices",
             "predictions", "prediction_check", "ledger_proves", "keys", "waivers"}  # fmt: skip
    assert {name for name, status in said.items() if status == 200} == lists
    assert {name: status for name, status in said.items() if name not in lists and status not in (403, 404)} == {
        # What binds a key asks for the password first; passkeys are made under a name, which the test's host is not.
        **dict.fromkeys(("notices_read", "key_passkey_new", "key_ssh_new", "onetime_new", "onetime_end"), 302)
    }
    for name in lists:
        page = client.get(everything.addresses()[name]).content.decode()
        assert "lending" not in page.lower()
        assert "credit-risk" not in page.replace("such as credit-risk", "")


def test_an_engineer_of_another_system_sees_nothing_of_this_one(everything: Everything, client: Client) -> None:
    other = a_system("fraud", owner=everything.engineer)
    client.force_login(a_person("Ola Other", roles=[(Role.ENGINEER, other)]).account)
    said = answers(client, everything.addresses())
    of_lending = {"system", "system_attach", "system_correct", "model_correct", "dataset_correct", "terms_correct", "dataset_withdraw",
                  "version_withdraw", "model", "version_new", "version", "version_attach", "version_compute", "propose", "dataset",
                  "dataset_attach", "dataset_version_new", "evidence", "evidence_file", "release", "release_ask",
                  "release_withdraw", "customers", "card", "sign", "condition", "objection", "block_end", "decision", "prediction_batch", "delegation_end", "waive"}  # fmt: skip
    assert {name: said[name] for name in of_lending} == dict.fromkeys(of_lending, 404)


def test_a_version_that_serves_two_systems_tells_nothing_of_the_other(workspace: Workspace, client: Client) -> None:
    lending, fraud = a_system("lending"), a_system("fraud", name="Fraud desk")
    secret = a_dataset_version("secret-panel", systems=[fraud])
    version = a_version(model=a_model("credit-risk", systems=[lending, fraud]), training=[secret])
    a_release(version=version, system=lending)
    a_release(version=version, system=fraud)
    some_evidence(version, "evaluation", method="holdout", dataset=secret, fields={"rows": 10})
    client.force_login(a_person("Eve Engineer", roles=[(Role.ENGINEER, lending)]).account)
    for address in ("/", "/systems", "/models", "/models/credit-risk", "/datasets", "/systems/lending", "/versions/credit-risk@1",
                    "/releases/lending/credit-risk@1/operation", "/releases/lending/credit-risk@1/operation/customers",
                    "/releases/lending/credit-risk@1/operation/sign/ethics"):  # fmt: skip
        response = client.get(address)
        assert response.status_code == 200, address
        page = response.content.decode().lower()
        assert "fraud" not in page, address
        assert "secret-panel" not in page, address


def test_an_auditor_reads_everything_and_changes_nothing(everything: Everything, client: Client) -> None:
    client.force_login(a_person("Maren Voss", roles=[Role.AUDITOR]).account)
    said = answers(client, everything.addresses())
    assert 500 not in said.values()
    read = {"home", "systems", "system", "models", "model", "version", "datasets", "dataset", "evidence", "release", "customers", "card", "sign",
            "condition", "decision", "policies", "policy", "proposal", "ledger", "ledger_entry", "checkpoint", "witnesses", "people", "person",
            "predictions", "prediction_batch", "prediction_check", "ledger_proves", "erasure", "archives"}  # fmt: skip
    assert {name: said[name] for name in read} == dict.fromkeys(read, 200)
    acts = {"system_new", "system_import", "backlog_decide", "system_correct", "model_correct", "dataset_correct", "terms_correct", "dataset_withdraw", "version_withdraw", "version_attach", "version_compute", "release_ask", "release_withdraw", "objection", "block_end", "policy_new",
            "proposal_publish", "invite", "robot_new", "grant_new", "hold", "hold_end", "person_state", "grant_end", "witness_policy", "erase", "hold_new", "hold_lift"}  # fmt: skip
    assert {name: said[name] for name in acts} == dict.fromkeys(acts, 403)


def test_an_administrator_opens_every_page_that_is_there(everything: Everything, client: Client) -> None:
    client.force_login(an_administrator().account)
    said = answers(client, everything.addresses())
    assert not {name: status for name, status in said.items() if status not in (200, 302, 403, 404, 405)}
    assert said["person"] == said["invite"] == said["person_state"] == said["grant_end"] == 200


def test_whatever_stands_in_an_address_no_page_breaks(everything: Everything, client: Client) -> None:
    client.force_login(an_administrator().account)
    odd = ["/ledger/999999999", "/ledger?before=999999999999999999999&verb=%00&actor=%00x&object=a@b@c", "/systems?text=%00&page=99999",
           "/versions/credit-risk@999999999", "/models/-", "/policies/fair-treatment?version=9999999999999999999999",
           "/systems/lending/attach?kind=%27", "/models/new?system=%3Cscript%3E", "/setup/" + "x" * 20, "/accounts/signup/"]  # fmt: skip
    for address in odd:
        assert client.get(address).status_code in (200, 403, 404, 410), address


def test_pages_are_not_kept_by_caches_and_run_no_inline_script(everything: Everything, client: Client) -> None:
    client.force_login(everything.ethicist.account)
    response = client.get(everything.addresses()["release"])
    assert response["Cache-Control"] == "no-store"
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert "style=" not in page
    assert "onclick" not in page


def test_a_system_shows_what_it_is_used_for_and_what_the_gate_said_when_it_was_last_asked(
    everything: Everything, client: Client
) -> None:
    client.force_login(an_administrator().account)
    page = client.get(everything.addresses()["system"]).content.decode()
    assert "<dt>Used for</dt><dd>credit-scoring</dd>" in page
    assert "what the gate said when it was last asked" in page, "an old answer is never told as one of now"


def test_logging_in_says_no_identifier(workspace: Workspace, client: Client) -> None:
    someone = a_person("Lea Legal")
    shown = client.post("/accounts/login/", {"login": someone.email, "password": PASSWORD}, follow=True)
    assert shown.status_code == 200
    assert "Successfully signed in" not in shown.content.decode()


def test_the_page_that_checks_archives_is_open_and_can_load_and_send_nothing(client: Client) -> None:
    response = client.get("/verify")
    assert response.status_code == 200
    assert b"Check an archive" in response.content
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert "http" not in policy
    assert client.post("/verify").status_code == 405


def test_health_says_whether_the_workspace_is_there(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
