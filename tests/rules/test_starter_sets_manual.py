"""The manual's table of starter sets says what the sets ask."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from consilience.domains.evidence.definitions import kinds
from consilience.domains.gate.worked import STAGES, loaded, stages_of
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.starter_sets import starter_sets
from consilience.kit.strict_yaml import read_yaml

MANUAL = (Path(__file__).parents[2] / "docs" / "manual" / "starter-sets.md").read_text(encoding="utf-8")
FUNCTIONS = ("engineering", "product", "legal", "ethics")
SHARED = ("risk-tiering", "light-track")


def test_the_table_counts_what_each_function_asks_before_each_stage() -> None:
    schema = fact_schema(kinds())
    lines = [f"| set | {' | '.join(STAGES)} |", f"|---|{'---|' * len(STAGES)}"]
    for name, one in starter_sets().items():
        if not one.worked:
            continue
        asked = {stage: Counter[str]() for stage in STAGES}
        for policy in loaded(one, schema):
            for requirement in policy.requirements if policy.slug not in SHARED else ():
                for stage in stages_of(requirement):
                    asked[stage][requirement.owner] += 1
        cells = [", ".join(f"{who} {asked[at][who]}" for who in FUNCTIONS if asked[at][who]) for at in STAGES]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    table = "\n".join(lines)
    assert table in MANUAL, table


def test_the_set_that_is_shown_reads() -> None:
    text = MANUAL.split("```yaml\n")[1].split("```")[0]
    body, _lines = read_yaml(text, "manual")
    own = starter_sets()["hiring"].policies
    for item in body["policies"]:
        name = item.rpartition("/")[2] if isinstance(item, str) else item["policy"]
        assert name in own


def test_every_set_is_named() -> None:
    for name in starter_sets():
        assert f"| `{name}` |" in MANUAL
