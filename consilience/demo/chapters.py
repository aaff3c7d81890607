"""The chapters: each acts over HTTP as the person or robot whose turn it is."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from consilience.demo import training
from consilience.demo.desk import DemoFailed, Desk, log_in, open_link, with_token
from consilience.demo.load import load_test
from consilience.demo.server import command, environment
from consilience.demo.telling import Telling, figure, percent
from consilience.kit import canonical

FUNCTIONS = ("engineering", "product", "legal", "ethics")
LOGINS = {
    "Administrator": "administrator@demo.example",
    "Model engineer": "model.engineer@demo.example",
    "Engineering reviewer": "engineering.reviewer@demo.example",
    "Product lead": "product.lead@demo.example",
    "Legal counsel": "legal.counsel@demo.example",
    "Ethics reviewer": "ethics.reviewer@demo.example",
    "Auditor": "auditor@demo.example",
}
REVIEWERS = {
    "engineering": "Engineering reviewer", "product": "Product lead", "legal": "Legal counsel", "ethics": "Ethics reviewer",
}  # fmt: skip
DATA_TERMS = {
    "provenance": "UCI Machine Learning Repository, Default of Credit Card Clients, doi:10.24432/C55S3H",
    "lawful_basis": "public_licence",
    "consent": False,
    "agreement": "",
    "purposes": ["limit-increase", "research"],
    "jurisdictions": ["TW"],
    "retained_until": "2031-12-31",
    "personal_data": True,
}
RELEASE = {"system": "lending", "version": "credit-risk@1"}
STAGE = "operation"


WORDING: dict[str, dict[str, Any]] = {
    "english": {
        "people": "customers",
        "positive": "would pay late",
        "negative": "would pay on time",
        "flagged": "are turned down",
        "passed": "get the higher limit",
        "groups": [{"attribute": "age_band", "group": "45 and over", "words": "aged 45 or more"}],
    },
    "german": {
        "people": "Kundinnen und Kunden",
        "positive": "zu spät zahlen würden",
        "negative": "pünktlich zahlen würden",
        "flagged": "abgelehnt werden",
        "passed": "mehr Kredit bekommen",
        "groups": [{"attribute": "age_band", "group": "45 and over", "words": "ab 45"}],
    },
}
"""What the answers mean for customers: sentences about figures are made from it (demo texts)."""


class Story:
    """What the chapters share: the server, the people's desks, the telling."""

    def __init__(self, url: str, password: str, tell: Telling) -> None:
        self.url, self.password, self.tell = url, password, tell
        self.desks: dict[str, Desk] = {}

    def people(self, setup_link: str) -> None:
        """The one-time link makes the administrator, who invites the others; a robot gets a token."""
        self.tell.chapter("People: four functions, an author, an auditor, a pipeline")
        role = "Administrator"
        open_link(setup_link, self._chosen({"name": role, "e_mail": LOGINS[role]}))
        administrator = self.desks[role] = log_in(self.url, role, LOGINS[role], self.password)
        self._invite("Model engineer", [], "engineer")
        for function, name in REVIEWERS.items():
            self._invite(name, [function], "reviewer")
        self._invite("Auditor", [], "auditor")
        administrator.post("/robots", {
            "name": "training-pipeline", "purpose": "Registers what training made", "owner": LOGINS["Model engineer"],
            "roles": [{"role": "pipeline"}],
        })  # fmt: skip
        secret = administrator.make_token("training-pipeline", ["read", "register", "release", "gate"])
        self.desks["pipeline"] = with_token(self.url, "Pipeline", secret)
        administrator.post("/panel", {"people": [LOGINS["Administrator"], LOGINS["Auditor"]]})
        self.tell.line(f"{len(LOGINS)} people and a robot; nobody holds two functions, the author holds none")

    def policies(self) -> None:
        """Each function's policy is proposed by its reviewer and published by a second person."""
        self.tell.chapter("Policies: one a function, each published by two people")
        folder = files("consilience.domains.policy").joinpath("starter")
        for function in FUNCTIONS:
            owner = self.desks[REVIEWERS[function]]
            second = self.desks[REVIEWERS["legal" if function != "legal" else "ethics"]]
            text = folder.joinpath(f"{function}.yaml").read_text(encoding="utf-8")
            proposal = owner.post("/policies/proposals", {"text": text})
            published = second.post(f"/policies/proposals/{proposal['urn']}/publish")
            self.tell.line(f"{function:12} {published['policy']}, proposed by {owner.who}, published by {second.who}")

    def inventory(self) -> None:
        """System, data with their terms, model and version; the server computes digests, rows and columns itself."""
        self.tell.chapter("Inventory: the system, its data, the model and who made it")
        engineer, administrator = self.desks["Model engineer"], self.desks["Administrator"]
        administrator.post("/systems", {
            "slug": "lending", "name": "Card limits", "purpose": "limit-increase",
            "description": "Proposes whether a request for a higher card limit is turned down. A clerk sees every refusal.",
            "jurisdictions": ["TW"], "audience": ["card customers"], "affected_groups": ["women", "young adults", "people over 60"],
            "owner": LOGINS["Product lead"], "squad": "cards", "sponsor": LOGINS["Administrator"], "tier": "high",
            "use": "credit_scoring", "autonomy": "recommends", "people_affected": 30_000, "data_categories": ["personal", "financial"],
        })  # fmt: skip
        for slug in ("card-training", "card-holdout"):
            engineer.post("/datasets", {"slug": slug, "name": slug.replace("-", " "), "systems": ["lending"]})
            path = training.data_file(f"{slug}.parquet")
            made = engineer.post(
                f"/datasets/{slug}/versions",
                {**DATA_TERMS, "file": {"name": path.name, "upload": engineer.upload(path)}},
            )
            self.tell.line(
                f"{made['reference']:16} {made['rows']} rows, digest {made['digest'][:12]}, counted by the {made['file']['computed_by']}"
            )
        engineer.post("/models", {"slug": "credit-risk", "name": "Credit risk", "systems": ["lending"],
                                  "description": "Chance that a customer is two months late next month"})  # fmt: skip
        pipeline = self.desks["pipeline"]
        made = pipeline.post("/models/credit-risk/versions", {
            "artefact": {"upload": pipeline.upload(training.shipped()), "kind": "declared"},
            "code_revision": training.code_revision(), "parameters": training.PARAMETERS, "training": ["card-training@1"],
            "authors": [], "triggered_by": LOGINS["Model engineer"], "protected_attributes": list(training.PROTECTED),
        })  # fmt: skip
        self.tell.line(
            f"{made['reference']:16} artefact {made['artefact']['digest'][:12]}, author {made['authors'][0]['name']}, registered by the pipeline"
        )

    def measured(self) -> None:
        """The training run is recorded and repeated; the server scores the artefact on rows it never saw."""
        self.tell.chapter("Evidence: computed in this run, on 3,000 customers the model never saw")
        pipeline = self.desks["pipeline"]
        self._evidence(pipeline, "training_run", "recorded", {
            "code_revision": training.code_revision(), "split_digest": training.split_digest(),
            "train_rows": 2000, "holdout_rows": 3000, "seed": 0,
        }, dataset="card-training@1")  # fmt: skip
        said = pipeline.post("/versions/credit-risk@1/evaluations", {
            "from": "artefact", "dataset": "card-holdout@1", "label": training.LABEL,
            "protected": list(training.PROTECTED), "method": "holdout",
        })  # fmt: skip
        measured = {one["kind"]: one for one in said["evidence"]}
        fields = measured["evaluation"]["fields"]
        self.tell.line(
            f"grade           {measured['evaluation']['grade'].replace('_', ' ')}: the server scored the raw columns itself"
        )
        self.tell.line(f"ROC AUC         {figure(fields['roc_auc'])}    Brier {figure(fields['brier'])}")
        for attribute in measured["fairness_evaluation"]["fields"]["attributes"][:2]:
            shares = ", ".join(
                f"{g['key']} {percent(g['selection_rate']['value'])} of {g['rows']}" for g in attribute["groups"]
            )
            self.tell.line(f"turned down     by {attribute['name']}: {shares}")
            self.tell.line(f"                gap among those who would have paid {figure(attribute['gaps']['fpr'])}")
        self.desks["Model engineer"].post("/releases", {**RELEASE, "stage": STAGE, "note": "First release (demo)"})

    def blocked(self) -> None:
        self.tell.chapter("The gate, first time: blocked, and it says why for each function")
        answer = self._gate()
        self.tell.gate(answer, FUNCTIONS)
        if answer["allowed"]:
            raise DemoFailed("nobody has signed, so the gate must not open")

    def supplied(self) -> None:
        """What is missing is measured or written; texts of people are marked as the demo's."""
        self.tell.chapter("What was missing: measured where it can be, written (as demo texts) where people decide")
        pipeline, product = self.desks["pipeline"], self.desks["Product lead"]
        again = canonical.sha256(training.train())
        same = again == canonical.sha256(training.shipped().read_bytes())
        self._evidence(pipeline, "reproducibility_run", "retrained", {
            "artefact": again, "reproduced": same, "code_revision": training.code_revision(),
        }, dataset="card-training@1")  # fmt: skip
        self.tell.line(f"trained again   {'the same bytes' if same else 'OTHER BYTES'}, digest {again[:12]}")
        load = load_test(training.shipped().read_bytes(), training.data_file("card-holdout.parquet"))
        self._evidence(pipeline, "load_test", "single_process", load)
        self.tell.line(
            f"load test       {load['requests']} single requests, p50 {load['p50_ms']:.2f} ms, p99 {load['p99_ms']:.2f} ms"
        )
        self._evidence(product, "performance_budget", "agreed", {"p99_ms": 50})
        self._evidence(
            product,
            "success_criteria",
            "agreed",
            {"criteria": [{"metric": "roc_auc", "minimum": "0.75"}, {"metric": "recall", "minimum": "0.5"}]},
        )
        self.tell.line(
            "product         budget p99 50 ms; goals: ROC AUC 0.75, half of the late payers found (demo decisions)"
        )
        for kind, who in (("rollback_plan", "Model engineer"), ("monitoring_plan", "Model engineer"), ("blueprint", "Product lead"),
                          ("value_narrative", "Product lead"), ("dpia", "Legal counsel"), ("impact_assessment", "Ethics reviewer")):  # fmt: skip
            self._document(self.desks[who], kind)
        for method, fields in WORDING.items():
            self._evidence(product, "outcome_wording", method, fields)
        self._card("intended_use", "intended-use.md", "Product lead")
        self._card("limitations", "limitations.md", "Model engineer")
        self.tell.line(
            "documents       rollback, monitoring, blueprint, value, DPIA, impact, two card sections (demo texts)"
        )
        answer = self._gate()
        self.tell.gate(answer, FUNCTIONS)

    def signed(self) -> None:
        """Each function signs exactly what it sees; the author is refused."""
        self.tell.chapter("Sign-offs: each over the digest of exactly what that function answers for")
        facets = self._facets()
        refusal = self.desks["Model engineer"].refused(
            f"/releases/{self._address()}/sign-offs",
            {
                "function": "engineering",
                "verdict": "approve",
                "reason": "Demo",
                "seen": facets["engineering"]["digest"],
            },
        )
        self.tell.line(f"author tries    refused: {refusal}")
        for function in FUNCTIONS:
            self._sign(function, facets[function]["digest"], "Demo decision: the evidence meets what our policy asks.")

    def allowed(self) -> None:
        self.tell.chapter("The gate, second time")
        answer = self._gate()
        self.tell.gate(answer, FUNCTIONS)
        if not answer["allowed"]:
            raise DemoFailed(f"expected an open gate, got {answer['sentence']}")
        said = self.desks["Auditor"].post(f"/decisions/{answer['decision']}/replay")
        self.tell.line(
            f"replay by the auditor from stored facts and policies: {'the same bytes' if said['same'] else said['differences']}"
        )

    def changed(self) -> None:
        """The card's limitations change: ethics went stale, engineering did not."""
        self.tell.chapter("The model card's limitations change: who must look again?")
        self._card("limitations", "limitations-after-review.md", "Model engineer")
        shown = self.desks["Auditor"].get(f"/releases/{self._address()}")
        for one in shown["sign_offs"]:
            changed = ", ".join(
                change["key"].split("/")[0] + " " + change["key"].split("/")[2] for change in one["changes"]
            )
            self.tell.line(f"{one['function']:12} {one['standing']}{': ' + changed + ' changed' if changed else ''}")
            fields = [field for change in one["changes"] for field in change["fields"]]
            for field in fields[-1:]:  # of a text the digest comes first, then the file in words
                self.tell.line(f"             {field['field']}: {_short(field['before'])} -> {_short(field['after'])}")
        answer = self._gate()
        self.tell.line(f"gate: {answer['verdict'].upper().replace('_', ' ')} (exit code {answer['exit_code']})")
        self._sign(
            "ethics",
            self._facets()["ethics"]["digest"],
            "Demo decision: the stricter limitation protects older customers.",
        )
        self.tell.gate(self._gate(), FUNCTIONS)

    def _chosen(self, fields: dict[str, str]) -> dict[str, str]:
        return {**fields, "password": self.password}

    def _invite(self, role: str, functions: list[str], grant: str) -> None:
        invited = self.desks["Administrator"].post("/people", {
            "name": role, "email": LOGINS[role], "functions": functions, "roles": [{"role": grant}],
        })  # fmt: skip
        address = str(invited["setup_url"])
        open_link(self.url + "/setup/" + address.rsplit("/setup/", 1)[1], self._chosen({}))
        self.desks[role] = log_in(self.url, role, LOGINS[role], self.password)

    def _evidence(self, desk: Desk, kind: str, method: str, fields: dict[str, Any], **more: Any) -> Any:
        about = {"noun": "model-version", "reference": RELEASE["version"]}
        return desk.post("/evidence", {"kind": kind, "method": method, "subject": about, "fields": fields, **more})

    def _document(self, desk: Desk, kind: str) -> None:
        name = kind.replace("_", "-") + ".md"
        data = _text(name)
        fields: dict[str, Any] = {
            "document": canonical.sha256(data),
            "title": data.decode().splitlines()[0].lstrip("# "),
        }
        if kind == "dpia":
            fields["approved"] = True
        ticket = desk.upload_bytes(name, data)["upload"]
        self._evidence(desk, kind, "document", fields, files=[{"name": name, "upload": ticket}])

    def _card(self, section: str, name: str, who: str) -> None:
        desk, data = self.desks[who], _text(name)
        ticket = desk.upload_bytes(name, data)["upload"]
        self._evidence(desk, "card_section", section, {"section": section, "document": canonical.sha256(data)},
                       files=[{"name": name, "upload": ticket}])  # fmt: skip

    def _gate(self) -> Any:
        return self.desks["pipeline"].post("/gate", {**RELEASE, "to": STAGE})

    def _address(self) -> str:
        return f"{RELEASE['system']}/{RELEASE['version']}/{STAGE}"

    def _facets(self) -> dict[str, Any]:
        shown = self.desks["Auditor"].get(f"/releases/{self._address()}")
        return {one["function"]: one for one in shown["facets"]}

    def _sign(self, function: str, seen: str, reason: str) -> None:
        who = REVIEWERS[function]
        self.desks[who].post(f"/releases/{self._address()}/sign-offs",
                             {"function": function, "verdict": "approve", "reason": reason, "seen": seen})  # fmt: skip
        self.tell.line(f"{function:12} approved by {who}, over {seen[:12]}")


def _text(name: str) -> bytes:
    return files("consilience.demo.texts").joinpath(name).read_bytes()


def tampered(home: Path, tell: Telling) -> None:
    """In a copy, past the product: a verdict is turned round by raw SQL, and `ledger verify` names it."""
    tell.chapter("The ledger: verified, then a row is edited by raw SQL in a copy")
    checked = _verify(home)
    tell.line(f"workspace       {checked.stdout.strip().splitlines()[-1]}")
    if checked.returncode != 0:
        raise SystemExit(checked.returncode)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(home, copy)
        with sqlite3.connect(copy / "consilience.sqlite3") as database:
            database.execute("DROP TRIGGER review_sign_off_no_update")
            database.execute(
                "UPDATE review_sign_off SET canonical = replace(canonical, '\"approve\"', '\"block\"') WHERE function = 'legal'"
            )
        caught = _verify(copy)
    if caught.returncode != 1:
        raise SystemExit(f"the edited row was not caught (exit code {caught.returncode})")
    named = [line.strip() for line in caught.stdout.splitlines() if "review_sign_off" in line and "row" in line]
    shown = re.sub(r"urn:consilience:[0-9a-f-]+:([a-z-]+):\S+", r"(a \1)", named[0].partition(": ")[2])
    tell.line(f"edited copy     exit code 1: {shown}")


def _verify(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        command("ledger", "verify"), env=environment(home), capture_output=True, text=True, check=False
    )


def _short(text: str | None) -> str:
    said = "nothing" if text is None else " ".join(text.split())
    return said if len(said) <= 44 else f"{said[:43]}…"
