"""The manual's table loads, and its limits are those that hold."""

from __future__ import annotations

import re
from pathlib import Path

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.starter_sets import starter_policy
from consilience.domains.policy.tables.columns import MAX_INPUTS
from consilience.domains.policy.tables.document import MAX_CELLS, MAX_ROWS, load_table

MANUAL = (Path(__file__).parents[2] / "docs" / "manual" / "decision-tables.md").read_text(encoding="utf-8")


def test_the_table_in_the_manual_loads() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)
    table = load_table(text, schema=fact_schema(kinds()))
    assert [row.id for row in table.rows] == ["early", "alone", "home"]


def test_the_limits_are_those_that_hold() -> None:
    assert f"more than {MAX_ROWS:,} rows, {MAX_INPUTS} inputs or {MAX_CELLS:,} cells" in " ".join(MANUAL.split())


def test_the_condition_shown_is_that_of_the_starter_set() -> None:
    (condition,) = re.findall(r"^applies_if: .*$", MANUAL, re.MULTILINE)
    assert condition in starter_policy("by-tier", "stage-framing").splitlines()
