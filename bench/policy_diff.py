#!/usr/bin/env python3
"""How long it takes to say what another version of a policy does to 10,000 stored decisions.

Bar (two cores): 60 s. The workspace is generated: each decision has a fact document of its own (the demo's release with
other figures, datasets' terms and sign-offs), was judged by the gate's own rules under the fourteen requirements of the
starter set, and is stored as the gate stores it: facts, policies, schema, result and explanation by digest, a record with
its entry in the ledger. Nothing is shared between two replays but loaded policies and schemas: every fact document is
read, hashed, bound and judged under both versions. Run it with `python bench/policy_diff.py [DECISIONS]`.
"""

from __future__ import annotations

import copy
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
DECISIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
A_BATCH, A_SLICE = 100, 250


def varied(facts: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """Another release's facts: figures, group counts, terms and sign-offs differ."""
    made = copy.deepcopy(facts)
    for one in made["evidence"]["fairness_evaluation"]:
        for attribute in one["attributes"]:
            for gap in attribute["gaps"].values():
                gap["high"] = str(round(draw.uniform(0.01, 0.15), 9))
    for one in made["evidence"]["evaluation"]:
        one["roc_auc"]["low"] = str(round(draw.uniform(0.6, 0.9), 9))
    for one in made["evidence"]["load_test"]:
        one["p99_ms"] = str(round(draw.uniform(1, 60), 6))
    for one in made["signoffs"]:
        one["standing"] = draw.choice(["stands", "stands", "stands", "stale"])
    return made


def generate(story: Any, wanted: int) -> None:
    """Decisions as the gate makes and stores them, many in one act."""
    from consilience.domains.content.models import Blob
    from consilience.domains.content.queries import plain_path
    from consilience.domains.gate import queries, rules
    from consilience.domains.gate.models import Decision
    from consilience.domains.ledger.act import act
    from consilience.domains.policy import queries as policy
    from consilience.domains.policy.language.expression import LANGUAGE_VERSION
    from consilience.kit import canonical
    from tests.harness.builders import later, operator

    found, draw = story.assess(), random.Random(11)
    loaded = [one.loaded for one in found.policies]
    story.decide()  # the first one by the gate itself: policies and schemas lie in the content store from then on
    inputs = found.inputs()

    def put(data: bytes) -> str:
        digest = canonical.sha256(data)
        path = plain_path(digest)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)  # unlike the product's own, without waiting for the disk: that is not measured here
        return digest

    for nth in range(0, wanted - 1, A_BATCH):
        with act(operator(), verb="gate.decided", at=later()) as opened:
            for _ in range(min(A_BATCH, wanted - 1 - nth)):
                facts = varied(dict(found.facts), draw)
                outcomes = policy.outcomes(loaded, facts, found.schema, found.release.asof.valid_at)
                verdict = rules.verdict(outcomes, rules.hindrances(facts), stage="operation")
                blobs = {
                    **inputs, "facts": canonical.encode(facts), "result": queries.result(outcomes, verdict),
                    "explanation": canonical.encode([one.to_json() for one in outcomes]),
                }  # fmt: skip
                body = {
                    "release": found.release.urn, "system": found.release.system.urn, "stage": "operation",
                    "valid_at": opened.asof.valid_at, "known_at": opened.asof.known_at, "language": LANGUAGE_VERSION,
                    "dossier": found.release.dossier.whole, "allowed": verdict.allowed, "ground": str(verdict.ground),
                    "exit_code": int(verdict.exit_code), "unmet": list(verdict.unmet),
                    **{name: put(data) for name, data in blobs.items()},
                }  # fmt: skip
                opened.record(Decision, body=body)
    named = {row.body[name] for row in Decision.objects.all() for name in ("facts", "result", "explanation")}
    known = set(Blob.objects.values_list("digest", flat=True))
    Blob.objects.bulk_create([Blob(digest=one, size=0, added_at=later()) for one in named - known], batch_size=500)


def replay_slices(home: str, text: str, offsets: list[int]) -> tuple[int, int, int, float]:
    """(looked at, flips, verdicts that flip, seconds of a core) of these slices, in a process of its own."""
    os.environ["CONSILIENCE_HOME"] = home
    from consilience.config.workspace import set_up_django

    set_up_django()
    from consilience.domains.gate import effect_queries as effects
    from consilience.domains.gate.policy_sets import alone, change
    from consilience.domains.policy import queries as policy
    from tests.harness.builders import as_of, operator

    asof = as_of()
    slug = text.split("\n", 1)[0].removeprefix("policy: ")
    old = next(one for one in policy.in_force(asof) if one.slug == slug)
    difference = change(alone(old, asof.valid_at), alone(policy.draft(text, asof), asof.valid_at))
    looked = flips = verdicts = 0
    for offset in offsets:
        counts = effects.stored_effect(operator(), difference, asof=asof, offset=offset, limit=A_SLICE).counts
        looked, flips, verdicts = (
            looked + counts.looked_at,
            flips + counts.flips,
            verdicts + counts.opened + counts.shut,
        )
    return looked, flips, verdicts, time.process_time()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CONSILIENCE_HOME"] = folder
        from consilience.config.home import home
        from consilience.config.workspace import init

        init(home(), name="Bench", zone="UTC")
        from django.db import connection

        from tests.harness.credit import credit
        from tests.harness.policies import fair_treatment

        story = credit()
        story.sign_everything()
        began = time.perf_counter()
        generate(story, DECISIONS)
        print(f"{DECISIONS:,} decisions generated in {time.perf_counter() - began:.0f} s")
        connection.close()
        text = fair_treatment(bound="0.08")
        offsets = list(range(0, DECISIONS, A_SLICE))
        for workers in (1, 2):
            began = time.perf_counter()
            with ProcessPoolExecutor(workers) as pool:
                parts = [pool.submit(replay_slices, folder, text, offsets[nth::workers]) for nth in range(workers)]
                looked, flips, verdicts, cpu = (
                    sum(column) for column in zip(*(one.result() for one in parts), strict=True)
                )
            took = time.perf_counter() - began
            print(f"{workers} process(es): {looked:,} replayed under both versions in {took:5.1f} s ({cpu:.1f} s of cores), "
                  f"{1000 * took / looked:.2f} ms each; {flips:,} requirements flip, {verdicts:,} verdicts")  # fmt: skip


if __name__ == "__main__":
    main()
