"""What the pages say: every verb of the ledger has its sentence, and bounds are only read where a rule really sets them."""

from __future__ import annotations

import re
from pathlib import Path

from consilience.surfaces.web.view_models.measured import _BOUND
from consilience.surfaces.web.words import ACTS, and_list

DOMAINS = Path(__file__).resolve().parents[2] / "consilience" / "domains"


def test_every_verb_that_an_action_records_has_its_words() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in DOMAINS.rglob("*.py"))
    verbs = set(re.findall(r'verb="([a-z_.]+)"', written))
    assert len(verbs) > 30
    assert verbs - ACTS.keys() == set()


def test_a_bound_is_a_plain_comparison_of_one_figure_with_a_number() -> None:
    assert _BOUND.findall("n.attributes.all(a, a.gaps.fpr.high <= 0.1)") == [("gaps.", "fpr", "high", "<=", "0.1")]
    assert _BOUND.findall("e.roc_auc.low >= 0.7 && e.rows > 3") == [("", "roc_auc", "low", ">=", "0.7")]
    assert _BOUND.findall("1.0 - g.selection_rate.value >= 0.8 * (1.0 - h.selection_rate.value)") == []
    assert _BOUND.findall("double(g.rows) * g.selection_rate.value >= 10.0") == []
    assert _BOUND.findall("e.brier.value <= 0.2 * f.brier.value") == []


def test_a_list_reads_like_speech() -> None:
    assert [and_list(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
