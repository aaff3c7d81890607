"""A model card as it is written down: every section, and front matter that Hugging Face's metadata takes."""

from __future__ import annotations

import pytest
import yaml

from consilience.domains.assess.rules import SECTIONS, Card, Result, Section, checked, front_matter, markdown
from consilience.domains.evidence.definitions import facets, kinds
from consilience.domains.evidence.rules import facet_plan, facets_of, item_key
from consilience.kit.errors import BadInput

EMPTY = Card("credit-risk@1", "Credit risk", "", tuple(Section(code, (), None, None, ()) for code in SECTIONS), ())
FULL = Card(
    "credit-risk@1", "Credit risk", "Chance of paying late.",
    (Section("limitations", ("ethics",), "Few customers above 60.", "ab" * 32, ("Rows: 3,000",)), *EMPTY.sections[1:2]),
    (Result("holdout@1", "holdout", {"roc_auc": 0.86, "brier": 0.07}),),
)  # fmt: skip


def test_every_section_of_the_kind_is_on_the_card_and_somebody_answers_for_it() -> None:
    (kind,) = [one for one in kinds() if one["slug"] == "card_section"]
    assert set(kind["methods"]) == set(SECTIONS)
    plan = facet_plan(facets())
    assert all(facets_of(item_key("card_section", "urn:v", code, None), plan) for code in SECTIONS)


def test_the_file_has_front_matter_that_the_published_metadata_takes() -> None:
    text = markdown(FULL)
    _nothing, head, body = text.split("---\n", 2)
    said = yaml.safe_load(head)
    assert said == front_matter(FULL)
    checked(said)
    (result,) = said["model-index"][0]["results"]
    assert result["dataset"] == {"type": "holdout@1", "name": "holdout@1", "split": "holdout"}
    assert result["metrics"] == [{"type": "roc_auc", "value": 0.86}, {"type": "brier_score", "value": 0.07}]
    assert "## Limitations\n\nFew customers above 60.\n\nFrom the record:\n\n- Rows: 3,000" in body
    assert "*Nobody has written this section yet.*" in body
    with pytest.raises(BadInput, match="metrics"):
        checked(
            {
                "model-index": [
                    {"name": "x", "results": [{"task": {"type": "t"}, "dataset": {"type": "d"}, "metrics": []}]}
                ]
            }
        )


def test_an_empty_card_names_what_is_missing_and_claims_no_figure() -> None:
    assert EMPTY.missing == tuple(SECTIONS)
    assert front_matter(EMPTY) == {"tags": ["tabular-classification", "consilience"]}
