#!/usr/bin/env python3
"""How long the gate takes on the demo's credit model: facts from the database, 14 and 60 requirements, full trace.

Bars (two cores): 60 requirements over 500 facts evaluated in 2 ms, 10 ms with the facts collected from the database.
Median of 20, warm, in processor time of this process: other work on the machine does not count. Prints a table; run it with `python bench/gate_decide.py`.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
ROUNDS = 20


def median_ms(work: Callable[[], object]) -> float:
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - began))
    return statistics.median(taken)


def leaves(value: object) -> int:
    if isinstance(value, dict):
        return sum(leaves(item) for item in value.values())
    if isinstance(value, list):
        return sum(leaves(item) for item in value)
    return 1


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CONSILIENCE_HOME"] = folder
        from consilience.config.home import home
        from consilience.config.workspace import init

        init(home(), name="Bench", zone="UTC")
        from consilience.domains.gate.facts import facts
        from consilience.domains.policy import queries as policy
        from consilience.domains.release import queries as releases
        from tests.harness.builders import as_of, operator
        from tests.harness.credit import credit

        story = credit()
        story.sign_everything()
        found = story.assess()
        sixty = [one.loaded for one in found.policies] * 5
        requirements = sum(len(one.requirements) for one in sixty[: len(sixty)])

        def collect() -> object:
            return facts(releases.release(operator(), **story.address, asof=as_of()))

        def evaluate() -> object:
            return policy.outcomes(sixty, found.facts, found.schema, found.release.asof.valid_at)

        print(f"facts of the release: {leaves(found.facts)} values")
        print(f"collect the facts from the database   {median_ms(collect):7.2f} ms")
        print(f"evaluate {requirements} requirements, traced      {median_ms(evaluate):7.2f} ms")
        whole = median_ms(story.assess)
        print(f"ask the gate, 14 requirements         {whole:7.2f} ms")


if __name__ == "__main__":
    main()
