"""How long 60 requirements over 500 facts take, with full traces and sentences: `python bench/policy_evaluate.py`.

The requirements are the starter set, repeated; the facts are those of one release with figures by group. Bar: 2 ms,
median of 20 warm runs, one thread. Binding the fact document is inside the time.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from dataclasses import replace
from typing import Any

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load, starter_texts
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.rules import evaluate
from consilience.domains.policy.schema import fact_schema
from consilience.kit.clock import Instant

REQUIREMENTS, FACTS, RUNS, BAR_MS = 60, 500, 20, 2.0
NOW = Instant("2026-11-23T10:00:00.000000Z")
FUNCTIONS = ("engineering", "ethics", "legal", "product")


def figure(value: float) -> dict[str, Any]:
    return {"value": str(value), "low": str(value - 0.02), "high": str(value + 0.02), "level": "0.95", "method": "bootstrap",
            "rows": 4000}  # fmt: skip


def record(method: str, **fields: Any) -> dict[str, Any]:
    about = {"urn": f"urn:{method}", "method": method, "grade": "recomputed_from_data", "recorded_at": NOW}
    return {**about, "expired": False, "attempts": 2, "about_this_version": True, **fields}


def fairness(method: str, worst: float) -> dict[str, Any]:
    names = {"sex": ["female", "male"], "age": ["under 30", "30 to 60", "over 60"]}
    attributes = [
        {
            "name": name,
            "attributes": [name],
            "groups": [
                {"key": key, "values": [key], "rows": 3000, "selection_rate": figure(0.1), "fpr": figure(0.04),
                 "tpr": figure(worst)}
                for key in keys
            ],
            "gaps": {"fpr": figure(0.03), "selection_rate": figure(0.01)},
        }
        for name, keys in names.items()
    ]  # fmt: skip
    return record(method, rows=15000, attributes=attributes)


def dataset(name: str) -> dict[str, Any]:
    return {
        "urn": f"urn:{name}", "dataset": name, "version": 3, "digest": name, "rows": 90000, "provenance": "branch",
        "lawful_basis": "contract", "consent": False, "agreement": "", "purposes": ["credit-scoring"],
        "jurisdictions": ["DE", "NO"], "retained_until": "2031-01-01T00:00:00.000000Z", "personal_data": True,
    }  # fmt: skip


def facts() -> dict[str, Any]:
    """One release before operation: measured, signed by three functions, with one figure too low."""
    scores = {name: figure(0.8) for name in ("accuracy", "precision", "recall", "f1", "roc_auc")}
    evaluation = {"rows": 15000, **scores, "brier": figure(0.09), "log_loss": figure(0.3), "ece": figure(0.03)}
    low = {**evaluation, "roc_auc": figure(0.69)}
    return {
        "release": {"urn": "urn:r", "stage": "operation", "proposed_at": NOW, "proposed_by": "urn:p"},
        "system": {"urn": "urn:s", "slug": "lending", "purpose": "credit-scoring", "jurisdictions": ["DE", "NO"]},
        "model": {"urn": "urn:m", "slug": "credit-risk", "name": "Credit risk"},
        "model_version": {"urn": "urn:v", "number": 3, "artefact": "a1", "code_revision": "c1", "registered_at": NOW,
                          "authors": ["urn:p"], "protected_attributes": ["sex", "age"]},
        "training_datasets": [dataset("d1"), dataset("d2")],
        "evaluation_datasets": [dataset("d3")],
        "evidence": {
            "evaluation": [record("holdout", **evaluation), record("out_of_time", **low)],
            "fairness_evaluation": [fairness("holdout", 0.6), fairness("out_of_time", 0.5)],
            "load_test": [record("cluster", p50_ms="8", p99_ms="31", requests=20000, artefact="a1")],
            "performance_budget": [record("agreed", p99_ms="40")],
            "reproducibility_run": [record("retrained", artefact="a1", reproduced=True, code_revision="c1")],
            "training_run": [record("recorded", code_revision="c1", split_digest="s", holdout_rows=15000)],
            "success_criteria": [],
        },
        "signoffs": [{"function": one, "person": f"urn:{one}", "verdict": "approve", "standing": "stands",
                      "signed_at": NOW, "distinct": True, "conditions": 0} for one in FUNCTIONS[:3]],
        "conditions": [], "objections": [], "blocks": [], "now": NOW,
    }  # fmt: skip


def leaves(value: Any) -> int:
    """How many single facts a document holds."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 1 if parts is None else sum(leaves(part) for part in parts)


def requirements() -> list[Requirement]:
    schema = fact_schema(kinds())
    texts = starter_texts().values()
    shipped = [one for text in texts for one in load(text, schema=schema, functions=FUNCTIONS).requirements]
    return [replace(shipped[at % len(shipped)], id=f"requirement-{at}") for at in range(REQUIREMENTS)]


def main() -> None:
    asked, document = requirements(), facts()
    schema = asked[0].satisfied_if.schema
    count = leaves(document)
    taken: list[float] = []
    for _ in range(RUNS + 5):
        start = time.perf_counter()
        outcomes = evaluate(asked, document, schema, NOW)
        taken.append((time.perf_counter() - start) * 1000)
    start = time.perf_counter()
    bind(document, schema)
    binding = (time.perf_counter() - start) * 1000
    warm = taken[5:]
    median = statistics.median(warm)
    size = len(json.dumps([outcome.to_json() for outcome in outcomes]))
    print(f"{len(asked)} requirements over {count} facts (at least {FACTS}: {count >= FACTS})")
    print(
        "outcomes:", dict(Counter(outcome.code.value for outcome in outcomes)), f"; traces and sentences {size:,} bytes"
    )
    print(f"median of {RUNS} warm: {median:.2f} ms (bar {BAR_MS} ms), best {min(warm):.2f}, worst {max(warm):.2f}")
    print(f"of which binding the facts: {binding:.2f} ms")


if __name__ == "__main__":
    main()
