"""Every operation of the API, as nobody, as somebody without a grant, in another system, and as an auditor.

EXAMPLES holds one well-formed call of each operation on things that exist; an operation without an example fails the
first test, so a new endpoint cannot be forgotten here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pytest

from consilience.domains.access import actions as access
from consilience.domains.access.rules import EVERY_ACTION, Role
from consilience.domains.content.erasure import actions as erasing
from consilience.domains.gate import actions as gate
from consilience.domains.ledger.act import act
from consilience.domains.monitor import actions as monitor
from consilience.domains.monitor import rules as monitor_rules
from consilience.domains.people import actions as people
from consilience.domains.policy import actions as policy
from consilience.domains.policy import document
from consilience.domains.policy.obligations import actions as packs
from consilience.domains.policy.obligations import shipped
from consilience.domains.policy.starter_sets import starter_policy
from consilience.domains.review import actions as reviewing
from consilience.domains.review.models import Waiver
from consilience.domains.review.rules import Verdict
from consilience.kit.clock import Instant, now, shift
from consilience.surfaces.api.root import api
from consilience.surfaces.api.shared import OWN
from tests.harness.api import Answer, Caller, a_robot, a_token, as_
from tests.harness.builders import (
    Someone,
    a_condition,
    a_dataset_version,
    a_digest,
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
from tests.harness.workspaces import Workspace

NOWHERE = "urn:consilience:00000000-0000-4000-8000-000000000000:person:00000000-0000-7000-8000-000000000000"
REASON = {"reason": "Because."}
PREDICTED = monitor_rules.Said(
    rows=3, root="ab" * 32, columns={"id": "text"}, files=["cd" * 32], secret="ef" * 32, id_column="id"
)


@dataclass(frozen=True)
class Call:
    """A well-formed call of one operation."""

    path: str
    body: Any = None
    query: dict[str, Any] = field(default_factory=dict)


def operations() -> dict[str, str]:
    """`GET /systems` -> its action, for every operation of the API."""
    schema = api.get_openapi_schema(path_prefix="")
    return {
        f"{method.upper()} {path}": operation["x-action"]
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


@dataclass
class World:
    """One of everything, in the system lending, and nothing that anybody else may know of."""

    examples: dict[str, Call]
    secrets: list[str]
    """Names and identifiers that nobody without a grant in lending may ever be shown."""

    def call(self, caller: Caller, operation: str) -> Answer:
        method = operation.partition(" ")[0]
        example = self.examples[operation]
        if operation == "POST /content/files":
            return caller.upload()
        if method == "GET":
            return caller.get(example.path, **example.query)
        return caller.post(example.path, example.body, method=method)


@pytest.fixture
def world(workspace: Workspace) -> World:
    legal, ethics = a_person("Lea Legal", functions=["legal"]), a_person("Ida Ethics", functions=["ethics"])
    author = a_person("Eve Engineer")
    lending = a_system("lending", owner=legal)
    model = a_model("credit-risk", systems=[lending])
    data = a_dataset_version("panel", systems=[lending])
    version = a_version(author, model=model, training=[data])
    release = a_release(version, system=lending)
    evidence = some_evidence(version)
    given = a_sign_off(
        by=legal,
        release=release,
        function="legal",
        verdict=Verdict.APPROVE_WITH_CONDITIONS,
        conditions=[a_condition(author)],
    )
    objection = a_sign_off(by=ethics, release=release, function="ethics", verdict=Verdict.OBJECT)
    block = a_sign_off(by=ethics, release=release, function="ethics", verdict=Verdict.BLOCK)
    decision = gate.decide(actor=operator(), system="lending", version="credit-risk@1", stage="operation", now=later())
    text = document.starter_texts()["legal.yaml"]
    proposal = policy.propose(actor=legal.actor, text=text, now=later())
    policy.publish(actor=ethics.actor, proposal=proposal.urn, in_force_from=None, now=later())
    packs.adopt_shipped(actor=legal.actor, slug="gdpr", roles=None, now=later())
    own = packs.propose(actor=legal.actor, text=shipped.texts()["us-ugesp"], now=later())
    a_robot("ci", legal, (Role.PIPELINE, lending.urn))
    batch = monitor.log_batch(actor=author.actor, version="credit-risk@1", said=PREDICTED, now=later())
    grant = access.grant(
        actor=operator(), principal=author.urn, role=Role.READER, system=lending.urn, until=None, now=later()
    )
    _, token = access.make_token(
        actor=legal.actor, principal=legal.urn, label="mine", scopes=["read"], systems=None, days=30, now=later()
    )
    lent = reviewing.delegate(
        actor=legal.actor, function="legal", to=author.urn, system=lending.urn, start=None, until=later(days=9),
        reason="away", now=later(),
    )  # fmt: skip
    with act(legal.actor, verb="review.waived", at=later()) as opened:
        said = {"policy": "p", "requirement": "r", "function": "legal", "granted_at": opened.at, "until": later(days=9)}
        texts = {name: opened.private("words") for name in ("reason", "control")}
        waived = opened.record(
            Waiver, body={**said, **texts, "release": release.urn, "system": lending.urn, "person": legal.urn}
        )
    hold = erasing.place_hold(actor=operator(), about=lending.urn, reason="a dispute", now=later())
    urns = {
        "hold": hold.urn, "lent": lent.urn, "waived": waived.urn, "person": legal.urn, "evidence": evidence.urn, "given": given.urn, "objection": objection.urn, "block": block.urn,
        "decision": decision.urn, "proposal": proposal.urn, "grant": grant.urn, "token": token.urn, "policy": text,
        "batch": batch.urn, "pack": own.urn, "pack_text": shipped.texts()["us-ugesp"],
    }  # fmt: skip
    secrets = [
        "lending",
        "credit-risk",
        "panel",
        lending.urn,
        version.urn,
        release.urn,
        evidence.urn,
        decision.urn,
        batch.urn,
    ]
    return World(_examples(urns), secrets)


def _examples(of: dict[str, str]) -> dict[str, Call]:
    release = {"system": "lending", "version": "credit-risk@1"}
    at = "/releases/lending/credit-risk@1/operation"
    named = {"slug": "new-one", "name": "New", "systems": ["lending"]}
    renamed = {"name": "New", "systems": ["lending"]}
    subject = {"noun": "model-version", "reference": "credit-risk@1"}
    terms = {"provenance": "bank", "lawful_basis": "contract", "consent": False, "jurisdictions": ["DE"]}
    system = {
        "slug": "lending", "name": "Lending", "purpose": "credit-scoring", "jurisdictions": ["DE"], "audience": ["all"],
        "affected_groups": ["all"], "squad": "lending", "tier": "high", "owner": of["person"],
    }  # fmt: skip
    sign = {"function": "ethics", "verdict": "approve", "reason": "Good.", "seen": a_digest()}
    return {
        "GET /me": Call("/me"),
        "GET /people": Call("/people"),
        "POST /people": Call("/people", {"name": "New", "email": "new@example.org"}),
        "GET /people/{urn}": Call(f"/people/{of['person']}"),
        "POST /people/{urn}/deactivate": Call(f"/people/{of['person']}/deactivate"),
        "POST /people/{urn}/reactivate": Call(f"/people/{of['person']}/reactivate"),
        "POST /people/{urn}/functions": Call(f"/people/{of['person']}/functions", {"function": "ethics"}),
        "DELETE /people/{urn}/functions/{function}": Call(f"/people/{of['person']}/functions/legal"),
        "GET /functions": Call("/functions"),
        "GET /panel": Call("/panel"),
        "POST /panel": Call("/panel", {"people": [of["person"], NOWHERE]}),
        "GET /robots": Call("/robots"),
        "POST /robots": Call("/robots", {"name": "new-robot", "purpose": "Builds", "owner": of["person"]}),
        "GET /grants": Call("/grants"),
        "POST /grants": Call("/grants", {"principal": of["person"], "role": "administrator"}),
        "DELETE /grants/{urn}": Call(f"/grants/{of['grant']}"),
        "GET /tokens": Call("/tokens", query={"everybody": True}),
        "POST /tokens": Call("/tokens", {"principal": of["person"], "label": "theirs", "scopes": ["sign"]}),
        "DELETE /tokens/{urn}": Call(f"/tokens/{of['token']}"),
        "GET /systems": Call("/systems"),
        "POST /systems": Call("/systems", {**system, "slug": "new-one"}),
        "GET /systems/{slug}": Call("/systems/lending"),
        "PUT /systems/{slug}": Call("/systems/lending", system),
        "POST /inventory/imports/check": Call("/inventory/imports/check", {"upload": "x", "name": "models.csv"}),
        "POST /inventory/imports": Call("/inventory/imports", {"plan": "x"}),
        "GET /models": Call("/models"),
        "POST /models": Call("/models", named),
        "GET /models/{slug}": Call("/models/credit-risk"),
        "PUT /models/{slug}": Call("/models/credit-risk", renamed),
        "GET /models/{slug}/versions": Call("/models/credit-risk/versions"),
        "POST /models/{slug}/versions": Call(
            "/models/credit-risk/versions", {"artefact": {"digest": a_digest()}, "code_revision": "c0de"}
        ),
        "GET /versions/{reference}": Call("/versions/credit-risk@1"),
        "POST /versions/{reference}/withdraw": Call("/versions/credit-risk@1/withdraw", REASON),
        "GET /datasets": Call("/datasets"),
        "POST /datasets": Call("/datasets", named),
        "GET /datasets/{slug}": Call("/datasets/panel"),
        "PUT /datasets/{slug}": Call("/datasets/panel", renamed),
        "POST /datasets/{slug}/versions": Call(
            "/datasets/panel/versions",
            {**terms, "file": {"name": "p.parquet", "digest": a_digest(), "rows": 1, "columns": []}},
        ),
        "GET /dataset-versions/{reference}": Call("/dataset-versions/panel@1"),
        "PUT /dataset-versions/{reference}/terms": Call("/dataset-versions/panel@1/terms", terms),
        "POST /dataset-versions/{reference}/withdraw": Call("/dataset-versions/panel@1/withdraw", REASON),
        "POST /content/files": Call("/content/files"),
        "POST /predictions/batches": Call(
            "/predictions/batches",
            {
                "model_version": "credit-risk@1",
                "rows": 3,
                "root": "ab" * 32,
                "columns": [{"name": "id", "kind": "text"}],
                "files": ["cd" * 32],
                "secret": "ef" * 32,
            },
        ),
        "GET /predictions/batches": Call("/predictions/batches"),
        "GET /predictions/batches/{urn}": Call(f"/predictions/batches/{of['batch']}"),
        "GET /predictions/batches/{urn}/proof-parts": Call(f"/predictions/batches/{of['batch']}/proof-parts"),
        "POST /evidence": Call("/evidence", {"kind": "rollback_plan", "method": "document", "subject": subject}),
        "GET /evidence": Call("/evidence", query={"version": "credit-risk@1"}),
        "GET /evidence/{urn}": Call(f"/evidence/{of['evidence']}"),
        "POST /evidence/{urn}/withdraw": Call(f"/evidence/{of['evidence']}/withdraw", REASON),
        "GET /evidence/{urn}/files/{digest}": Call(f"/evidence/{of['evidence']}/files/{a_digest()}"),
        "GET /kinds": Call("/kinds"),
        "POST /kinds": Call(
            "/kinds", {"kind": "new_kind", "title": "New", "methods": ["document"], "fields": {"a": "int"}}
        ),
        "POST /versions/{reference}/evaluations": Call(
            "/versions/credit-risk@1/evaluations",
            {"from": "data", "dataset": "panel@1", "label": "y", "method": "holdout"},
        ),
        "POST /versions/{reference}/drift": Call(
            "/versions/credit-risk@1/drift",
            {"dataset": "panel@1", "reference_dataset": "panel@1", "method": "training_against_now"},
        ),
        "POST /versions/{reference}/drift/states": Call(
            "/versions/credit-risk@1/drift/states",
            {
                "dataset": "panel@1",
                "reference_dataset": "panel@1",
                "method": "training_against_now",
                "data_digest": "0" * 64,
                "reference_digest": "0" * 64,
                "profiles": {"reference": {}, "current": {}},
            },
        ),
        "GET /versions/{reference}/reference": Call("/versions/credit-risk@1/reference"),
        "POST /versions/{reference}/reference": Call("/versions/credit-risk@1/reference", {"dataset": "panel@1"}),
        "POST /versions/{reference}/reference/states": Call(
            "/versions/credit-risk@1/reference/states",
            {"dataset": "panel@1", "data_digest": a_digest(), "profile": {}, "minimum_group": 5},
        ),
        "POST /versions/{reference}/profiles": Call("/versions/credit-risk@1/profiles", {"dataset": "panel@1"}),
        "POST /versions/{reference}/profiles/states": Call(
            "/versions/credit-risk@1/profiles/states",
            {"dataset": "panel@1", "data_digest": a_digest(), "profile": {}, "minimum_group": 5},
        ),
        "POST /versions/{reference}/representativeness": Call(
            "/versions/credit-risk@1/representativeness",
            {"dataset": "panel@1", "population": {"sex": {"f": 0.5, "m": 0.5}}},
        ),
        "POST /versions/{reference}/representativeness/states": Call(
            "/versions/credit-risk@1/representativeness/states",
            {"dataset": "panel@1", "data_digest": a_digest(), "counts": {}},
        ),
        "POST /versions/{reference}/synthetic": Call(
            "/versions/credit-risk@1/synthetic",
            {"dataset": "panel@1", "training_dataset": "panel@1", "held_out_dataset": "panel@1"},
        ),
        "POST /versions/{reference}/evaluations/states": Call(
            "/versions/credit-risk@1/evaluations/states",
            {"dataset": "panel@1", "data_digest": a_digest(), "states": {}, "method": "holdout"},
        ),
        "POST /versions/{reference}/comparisons": Call(
            "/versions/credit-risk@1/comparisons",
            {"from": "data", "baseline": "credit-risk@1", "dataset": "panel@1", "method": "holdout"},
        ),
        "POST /versions/{reference}/comparisons/states": Call(
            "/versions/credit-risk@1/comparisons/states",
            {
                "baseline": "credit-risk@1",
                "dataset": "panel@1",
                "data_digest": a_digest(),
                "pairs": {},
                "method": "holdout",
            },
        ),
        "POST /versions/{reference}/validations": Call(
            "/versions/credit-risk@1/validations", {"dataset": "panel@1", "contract": ""}
        ),
        "POST /versions/{reference}/validations/states": Call(
            "/versions/credit-risk@1/validations/states",
            {"dataset": "panel@1", "data_digest": a_digest(), "counts": {}},
        ),
        "POST /versions/{reference}/segments": Call(
            "/versions/credit-risk@1/segments", {"dataset": "panel@1", "method": "holdout"}
        ),
        "POST /versions/{reference}/windows": Call(
            "/versions/credit-risk@1/windows", {"dataset": "panel@1", "method": "operation", "by": "day"}
        ),
        "POST /versions/{reference}/windows/states": Call(
            "/versions/credit-risk@1/windows/states",
            {"dataset": "panel@1", "data_digest": a_digest(), "windows": {}, "method": "operation"},
        ),
        "GET /policies": Call("/policies"),
        "GET /policies/proposals": Call("/policies/proposals"),
        "POST /policies/proposals": Call("/policies/proposals", {"text": of["policy"]}),
        "GET /policy-search": Call("/policy-search?words=fair"),
        "GET /policy-reviews": Call("/policy-reviews"),
        "POST /policies/status": Call("/policies/status", {"text": of["policy"]}),
        "POST /policies/proposals/{urn}/take-back": Call(f"/policies/proposals/{of['proposal']}/take-back", {}),
        "GET /policies/proposals/{urn}/comments": Call(f"/policies/proposals/{of['proposal']}/comments"),
        "POST /policies/proposals/{urn}/comments": Call(
            f"/policies/proposals/{of['proposal']}/comments", {"text": "Why four fifths?"}
        ),
        "GET /policies/{slug}/comments": Call(f"/policies/{of['policy'].split()[1]}/comments"),
        "POST /policies/{slug}/comments": Call(
            f"/policies/{of['policy'].split()[1]}/comments", {"text": "Why four fifths?"}
        ),
        "POST /policies/{slug}/review": Call(f"/policies/{of['policy'].split()[1]}/review", {"next": "2099-01-01"}),
        "GET /policies/{slug}/versions/{number}": Call(f"/policies/{of['policy'].split()[1]}/versions/1"),
        "GET /policies/{slug}/compare": Call(f"/policies/{of['policy'].split()[1]}/compare?old=1&new=1"),
        "GET /policies/{slug}/requirements/{requirement}": Call(
            f"/policies/{of['policy'].split()[1]}/requirements/data-purpose-and-basis"
        ),
        "POST /policies/check": Call("/policies/check", {"text": of["policy"]}),
        "GET /policies/proposals/{urn}": Call(f"/policies/proposals/{of['proposal']}"),
        "POST /policies/proposals/{urn}/publish": Call(f"/policies/proposals/{of['proposal']}/publish"),
        "GET /requirement-templates": Call("/requirement-templates"),
        "GET /requirement-templates/{template}": Call("/requirement-templates/fairness-gap"),
        "POST /requirement-templates/{template}/fill": Call("/requirement-templates/fairness-gap/fill", {}),
        "POST /requirement-templates/{template}/propose": Call(
            "/requirement-templates/fairness-gap/propose",
            {"new": {"slug": "gaps", "title": "Gaps", "owner": "ethics"}},
        ),
        "GET /starter-sets/{name}/worked": Call("/starter-sets/marketing/worked"),
        "POST /starter-sets/{name}/propose": Call("/starter-sets/marketing/propose"),
        "GET /policies/{slug}": Call(f"/policies/{of['policy'].split()[1]}"),
        "GET /tables": Call("/tables"),
        "GET /keys": Call("/keys", query={"everybody": True}),
        "POST /keys": Call("/keys", {"kind": "ssh", "public": "ssh-ed25519 AAAA", "possession": "x", "label": "x"}),
        "POST /keys/{urn}/revoke": Call(f"/keys/{NOWHERE.replace(':person:', ':key:')}/revoke", REASON),
        "GET /keys/allowed-signers": Call("/keys/allowed-signers"),
        "GET /ledger/entries/{position}/shown": Call("/ledger/entries/0/shown"),
        "POST /tables/check": Call("/tables/check", {"text": TIERING}),
        "POST /tables/export": Call("/tables/export", {"text": TIERING, "form": "csv"}),
        "POST /tables/ask": Call("/tables/ask", {"text": TIERING, "system": "lending"}),
        "GET /starter-sets": Call("/starter-sets"),
        "GET /starter-sets/{name}": Call("/starter-sets/by-tier"),
        "GET /systems/{slug}/tier": Call("/systems/lending/tier"),
        "GET /obligation-packs": Call("/obligation-packs"),
        "GET /obligation-packs/proposals": Call("/obligation-packs/proposals"),
        "POST /obligation-packs/proposals": Call("/obligation-packs/proposals", {"text": of["pack_text"]}),
        "POST /obligation-packs/proposals/{urn}/adopt": Call(f"/obligation-packs/proposals/{of['pack']}/adopt"),
        "POST /obligation-packs/impact": Call("/obligation-packs/impact", {"text": of["pack_text"]}),
        "GET /obligation-packs/{slug}": Call("/obligation-packs/gdpr"),
        "POST /obligation-packs/{slug}/adopt": Call("/obligation-packs/eu-ai-act/adopt"),
        "POST /obligation-packs/{slug}/drop": Call("/obligation-packs/gdpr/drop", REASON),
        "POST /obligation-packs/{slug}/terms": Call("/obligation-packs/gdpr/terms", {"when_open": "block"}),
        "GET /obligation-packs/{slug}/impact": Call("/obligation-packs/eu-ai-act/impact"),
        "GET /obligations": Call("/obligations"),
        "GET /obligations/changes": Call("/obligations/changes", query={"since": "2026-07-26"}),
        "GET /obligations/{name}": Call("/obligations/gdpr-6"),
        "GET /systems/{slug}/obligations": Call("/systems/lending/obligations"),
        "POST /policies/effect": Call("/policies/effect", {"old": {}, "new": {"text": of["policy"]}}),
        "GET /backlog": Call("/backlog"),
        "POST /backlog": Call("/backlog", {"until": "2027-06-30", "reason": "Because.", "versions": ["credit-risk@1"]}),
        "GET /standings": Call("/standings"),
        "GET /releases/{system}/{version}/{stage}/standing": Call(f"{at}/standing"),
        "GET /notices": Call("/notices"),
        "POST /notices/read": Call("/notices/read"),
        "GET /releases": Call("/releases"),
        "POST /releases": Call("/releases", {**release, "stage": "validation"}),
        "GET /releases/{system}/{version}/{stage}": Call(at),
        "GET /versions/{reference}/card": Call("/versions/credit-risk@1/card"),
        "GET /releases/{system}/{version}/{stage}/customers": Call(f"{at}/customers", query={"language": "de"}),
        "POST /releases/{system}/{version}/{stage}/withdraw": Call(f"{at}/withdraw", REASON),
        "POST /releases/{system}/{version}/{stage}/sign-offs": Call(f"{at}/sign-offs", sign),
        "GET /sign-offs/{urn}/conditions/{index}": Call(f"/sign-offs/{of['given']}/conditions/0"),
        "POST /sign-offs/{urn}/conditions/{index}/proof": Call(
            f"/sign-offs/{of['given']}/conditions/0/proof", {"proof": "Done."}
        ),
        "POST /sign-offs/{urn}/conditions/{index}/accept": Call(f"/sign-offs/{of['given']}/conditions/0/accept"),
        "POST /objections/{urn}/answers": Call(f"/objections/{of['objection']}/answers", {"text": "So."}),
        "GET /waivers": Call("/waivers"),
        "POST /releases/{system}/{version}/{stage}/waivers": Call(
            "/releases/lending/credit-risk@1/operation/waivers",
            {"policy": "p", "requirement": "r", "until": "2099-01-01", "control": "None.", **REASON},
        ),
        "POST /waivers/{urn}/withdraw": Call(f"/waivers/{of['waived']}/withdraw", REASON),
        "GET /delegations": Call("/delegations"),
        "POST /delegations": Call(
            "/delegations", {"function": "legal", "to": "me", "system": "lending", "until": "2099-01-01", **REASON}
        ),
        "POST /delegations/{urn}/end": Call(f"/delegations/{of['lent']}/end", REASON),
        "POST /blocks/{urn}/end": Call(f"/blocks/{of['block']}/end", REASON),
        "POST /gate": Call("/gate", {**release, "to": "operation"}),
        "GET /gate": Call("/gate", query={**release, "to": "operation", "preview": True}),
        "POST /gate/what-if": Call("/gate/what-if", {**release, "to": "operation", "policies": [of["policy"]]}),
        "GET /decisions": Call("/decisions", query={**release, "stage": "operation"}),
        "GET /decisions/{urn}": Call(f"/decisions/{of['decision']}"),
        "POST /decisions/{urn}/replay": Call(f"/decisions/{of['decision']}/replay"),
        "POST /erasures/list": Call("/erasures/list", {"person": of["person"]}),
        "POST /erasures/find": Call("/erasures/find", {"words": "Lea"}),
        "POST /erasures": Call(
            "/erasures", {"person": of["person"], "basis": "not_needed", "seen": a_digest(), **REASON}
        ),
        "GET /erasures": Call("/erasures"),
        "GET /legal-holds": Call("/legal-holds"),
        "POST /legal-holds": Call("/legal-holds", {"about": "everything", **REASON}),
        "POST /legal-holds/{urn}/lift": Call(f"/legal-holds/{of['hold']}/lift", REASON),
        "GET /ledger/checkpoint": Call("/ledger/checkpoint"),
        "GET /ledger/entries": Call("/ledger/entries"),
        "GET /ledger/entries/{position}": Call("/ledger/entries/0"),
        "GET /ledger/entries/{position}/proof": Call("/ledger/entries/0/proof"),
        "GET /ledger/consistency": Call("/ledger/consistency", query={"old": 1}),
        "GET /ledger/witnesses": Call("/ledger/witnesses"),
        "POST /ledger/witness-policy": Call("/ledger/witness-policy", {"text": "quorum none\n"}),
        "POST /ledger/cosignatures": Call("/ledger/cosignatures", {"note": "nothing"}),
    }


TIERING = starter_policy("by-tier", "risk-tiering")
READS_BY_POST = {
    "POST /tables/check", "POST /tables/export", "POST /tables/ask", "POST /requirement-templates/{template}/fill",
    "POST /gate/what-if", "POST /decisions/{urn}/replay", "POST /obligation-packs/impact", "POST /policies/effect", "POST /policies/status",
    "POST /notices/read",
}  # fmt: skip
"""They carry a body or cost something, and change nothing."""
LISTS = {
    "GET /systems",
    "GET /models",
    "GET /datasets",
    "GET /releases",
    "GET /standings",
    "GET /backlog",
    "GET /notices",
    "GET /waivers",
    "GET /predictions/batches",
}
"""Open to whoever is known here; they hold what the asker may know of."""


def test_every_operation_declares_an_action_and_has_an_example_here() -> None:
    declared = operations()
    assert (
        declared.keys() == _examples(dict.fromkeys(("person", "policy", "pack", "pack_text"), "a b") | _urns()).keys()
    )
    assert set(declared.values()) <= EVERY_ACTION | {OWN}


def _urns() -> dict[str, str]:
    return dict.fromkeys(
        (
            "evidence",
            "given",
            "objection",
            "block",
            "decision",
            "proposal",
            "grant",
            "token",
            "batch",
            "hold",
            "lent",
            "waived",
        ),
        NOWHERE,
    )


def test_nobody_gets_anything(world: World) -> None:
    for operation in operations():
        answer = world.call(Caller(None), operation)
        assert (answer.status, answer.code) == (401, "not_authenticated"), operation


@pytest.mark.parametrize("how", ["unknown", "expired", "withdrawn", "deactivated"])
def test_a_token_that_is_worth_nothing_is_as_good_as_none(world: World, how: str) -> None:
    someone = an_administrator()
    secret = _worthless(someone, how)
    for operation in operations():
        answer = world.call(Caller(secret), operation)
        assert (answer.status, answer.code) == (401, "not_authenticated"), operation


def _worthless(someone: Someone, how: str) -> str:
    if how == "unknown":
        return "cns_" + "x" * 43
    if how == "expired":
        return a_token(someone, days=1, made_at=shift(now(), days=-1, seconds=-1))
    secret, row = access.make_token(
        actor=someone.actor, principal=someone.urn, label="t", scopes=["read"], systems=None, days=30, now=now()
    )
    assert Caller(secret).get("/me").status == 200
    if how == "withdrawn":
        access.withdraw_token(actor=someone.actor, urn=row.urn, now=now())
    else:
        an_administrator()  # somebody has to stay
        people.deactivate(actor=operator(), urn=someone.urn, now=now())
    return secret


def test_without_a_grant_one_may_know_of_nothing(world: World) -> None:
    stranger = as_(a_person("Sam Stranger", roles=[]))
    _learns_nothing(world, stranger)


def test_in_another_system_nothing_of_this_one_can_be_known(world: World) -> None:
    other = a_system("other", name="Other", squad="other")
    member = as_(
        a_person("Olaf Other", roles=[(Role.ENGINEER, other), (Role.REVIEWER, other), (Role.ADMINISTRATOR, other)])
    )
    assert member.get("/systems").said["count"] == 1
    open_here = {name for name, action in operations().items() if action in ("people.read", "policy.read")}
    open_here |= {"GET /kinds", "POST /content/files"}
    _learns_nothing(world, member, but=open_here)


def test_a_token_limited_to_another_system_opens_nothing_of_this_one(world: World) -> None:
    other = a_system("other", name="Other", squad="other")
    limited = as_(an_administrator(), systems=[other.urn])
    open_here = {name for name, action in operations().items() if action in ("people.read", "policy.read")}
    _learns_nothing(world, limited, but=open_here | {"GET /kinds", "POST /content/files"})


def _learns_nothing(world: World, caller: Caller, but: Collection[str] = ()) -> None:
    for operation in operations().keys() - {"GET /me", "POST /notices/read", *but}:
        answer = world.call(caller, operation)
        if operation in LISTS:
            assert answer.status == 200, operation
            assert answer.said["count"] == len(answer.said["items"])
        elif operation == "POST /tokens":
            assert answer.code in ("token_makes_no_token", "not_found"), answer.said
        elif operation == "POST /keys":
            assert answer.code == "token_makes_no_key"
        else:
            assert answer.status in {403, 404}, (operation, answer.said)
        shown = str(answer.said).lower()
        asked = str(world.examples[operation]).lower()
        for secret in world.secrets:
            assert secret.lower() not in shown or secret.lower() in asked, (operation, secret, answer.said)


def test_not_there_and_not_to_be_known_are_one_answer(world: World) -> None:
    stranger = as_(a_person("Sam Stranger", roles=[]))
    for there, not_there in [
        ("/systems/lending", "/systems/nothing"),
        ("/versions/credit-risk@1", "/versions/nothing@1"),
        ("/dataset-versions/panel@1", "/dataset-versions/nothing@1"),
        ("/releases/lending/credit-risk@1/operation", "/releases/nothing/credit-risk@1/operation"),
    ]:
        known, unknown = stranger.get(there), stranger.get(not_there)
        assert known.status == unknown.status == 404
        assert known.params["what"] == unknown.params["what"], there
    for name in ("evidence", "objection", "block", "decision", "given", "batch"):
        for operation, example in world.examples.items():
            if f"/{name}" in example.path or (name == "given" and "sign-offs/urn" in example.path):
                urn = next((part for part in example.path.split("/") if part.startswith("urn:")), None)
                if urn is None or operation.startswith("GET /evidence/{urn}/files"):
                    continue
                method = operation.partition(" ")[0]
                other = urn[:-12] + "0" * 12
                known = world.call(stranger, operation)
                path = example.path.replace(urn, other)
                unknown = stranger.get(path) if method == "GET" else stranger.post(path, example.body, method=method)
                assert known.status == unknown.status == 404, operation
                assert known.params["what"] == unknown.params["what"], operation


def test_an_auditor_reads_everything_and_changes_nothing(world: World) -> None:
    auditor = as_(a_person("Aud Auditor", roles=[Role.AUDITOR]))
    for operation, action in operations().items():
        answer = world.call(auditor, operation)
        reads = operation.startswith("GET ") or operation in READS_BY_POST
        if operation == "GET /evidence/{urn}/files/{digest}":
            assert answer.code == "not_found"  # this evidence has no such file
        elif operation in ("GET /ledger/entries/{position}/shown", "POST /keys/{urn}/revoke"):
            assert answer.code == "not_found"  # nobody signed that entry; there is no such key
        elif operation == "POST /keys":
            assert answer.code == "token_makes_no_key"
        elif reads:
            assert answer.status == 200, (operation, answer.said)
        elif operation == "POST /tokens":
            assert answer.code in ("token_makes_no_token", "not_entitled")
        else:
            assert (answer.status, answer.code) == (403, "not_entitled"), (operation, action, answer.said)


def test_a_token_may_do_no_more_than_its_scopes(world: World) -> None:
    read_only = as_(a_person("Eva Engineer"), scopes=["read"])
    assert world.call(read_only, "GET /releases/{system}/{version}/{stage}").status == 200
    refused = world.call(read_only, "POST /releases")
    assert (refused.status, refused.code) == (403, "outside_token_scope")
    assert "propose a release" in refused.said["error"]["sentence"]


def test_what_a_grant_opened_is_closed_once_it_has_ended(world: World) -> None:
    ben = a_person("Ben", roles=[])
    asking = as_(ben)
    assert asking.get("/releases").said["count"] == 0
    grant = access.grant(actor=operator(), principal=ben.urn, role=Role.READER, system=None, until=None, now=now())
    before = now()
    assert asking.get("/releases").said["count"] == 1
    people.end_grant(actor=operator(), urn=grant.urn, now=now())
    gate_query = {"system": "lending", "version": "credit-risk@1", "to": "operation"}
    assert asking.get("/gate", **gate_query).status == 404
    # A past in which one was entitled opens nothing: what may be known is asked of the present.
    assert asking.get("/gate", **gate_query, as_of=before).status == 404


def test_somebody_new_may_ask_of_the_past_what_they_may_know_now(world: World) -> None:
    known_at = as_(an_administrator()).get("/ledger/checkpoint").said["size"]
    moment: Instant = now()
    new = as_(a_person("Nina New", roles=[Role.READER], now=now()))
    answer = new.get(
        "/gate", system="lending", version="credit-risk@1", to="operation", as_of=moment, known_at=known_at
    )
    assert answer.status == 200, answer.said
    assert (answer.said["what_if"], answer.said["decision"], answer.said["known_at"]) == (True, None, known_at)


def test_an_administrator_cannot_act_as_somebody_else(world: World) -> None:
    from consilience.kit.errors import Refused

    lea = a_person("Lena Legal", functions=["legal"])
    with pytest.raises(Refused) as refused:
        access.make_token(
            actor=an_administrator().actor,
            principal=lea.urn,
            label="t",
            scopes=["sign"],
            systems=None,
            days=1,
            now=now(),
        )
    assert refused.value.refusal.code == "token_for_another_person"
