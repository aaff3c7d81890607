"""The model card: its sections, who answers for each, and how it is written down. Pure.

The front matter follows Hugging Face's model-card metadata (`modelcard.md` of huggingface/hub-docs): `tags`, `metrics` and
`model-index`, whose results each name a task, a dataset (`type` and `name`) and metrics (`type` and `value`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from consilience.kit.errors import BadInput

KIND = "card_section"
SECTIONS: Mapping[str, tuple[str, str]] = {
    "intended_use": ("Intended use", "For what, by whom and for whom it was made."),
    "out_of_scope_use": ("Out-of-scope use", "What it must not be used for, and why."),
    "assumptions": ("Assumptions", "What has to hold for its answers to mean something."),
    "technical": ("Technical design", "How it works, what it learned from, what it needs to run."),
    "data": ("Data", "Where the rows come from, on what terms, and whom they leave out."),
    "performance": ("Performance", "How well it does, under which conditions it does worse."),
    "fairness": ("Fairness", "Whom it treats otherwise than others, and how that is judged."),
    "limitations": ("Limitations", "Where it fails, and what it cannot know."),
    "trade_offs": ("Trade-offs", "What was given up for what."),
    "value": ("Value for customers", "What customers get from it, in their own words."),
    "explanation": ("Explanation", "How a decision is explained, and to whom that is owed."),
}
"""Sections in the order in which they are read: a title, and what belongs there."""
METRICS: Mapping[str, str] = {
    "accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1": "f1", "roc_auc": "roc_auc", "brier": "brier_score",
}  # fmt: skip
"""Figures that Hugging Face has a metric id for."""


@dataclass(frozen=True)
class Section:
    """One section as it stands: what people wrote, and what was drawn up from the inventory and the evidence."""

    code: str
    owners: tuple[str, ...]
    """Codes of the functions that answer for it."""
    text: str | None
    """What somebody wrote, or None where nobody did or the text was erased."""
    document: str | None
    """The digest of what was written."""
    drawn: tuple[str, ...]
    """Sentences and facts from the record; they change when the record does."""

    @property
    def title(self) -> str:
        return SECTIONS[self.code][0]


@dataclass(frozen=True)
class Result:
    """Figures of one evaluation: on which data, by which method."""

    dataset: str
    method: str
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Card:
    """The model card of a version."""

    reference: str
    name: str
    description: str
    sections: tuple[Section, ...]
    results: tuple[Result, ...]
    languages: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Sections that nobody has written yet."""
        return tuple(one.code for one in self.sections if one.text is None)


def front_matter(card: Card) -> dict[str, Any]:
    """The metadata of the card, as Hugging Face publishes it; what nobody stated, such as a licence, is left out."""
    made: dict[str, Any] = {"tags": ["tabular-classification", "consilience"]}
    named = sorted({METRICS[name] for one in card.results for name in one.figures if name in METRICS})
    if named:
        made["metrics"] = named
        made["model-index"] = [
            {"name": card.reference, "results": [_result(one) for one in card.results if one.figures]}
        ]
    return made


def _result(one: Result) -> dict[str, Any]:
    return {
        "task": {"type": "tabular-classification"},
        "dataset": {
            "type": one.dataset or "not-named",
            "name": one.dataset or "Data that nobody named",
            "split": one.method,
        },
        "metrics": [{"type": METRICS[name], "value": value} for name, value in one.figures.items() if name in METRICS],
    }


def markdown(card: Card) -> str:
    """The card as a README: front matter, then each section with what people wrote and what was drawn up."""
    head = yaml.safe_dump(front_matter(card), sort_keys=False, allow_unicode=True)
    parts = [f"---\n{head}---\n", f"# {card.name} ({card.reference})\n"]
    if card.description:
        parts.append(f"{card.description}\n")
    for one in card.sections:
        parts.append(f"## {one.title}\n")
        parts.append(f"{(one.text or '*Nobody has written this section yet.*').strip()}\n")
        if one.drawn:
            parts.append("From the record:\n\n" + "\n".join(f"- {line}" for line in one.drawn) + "\n")
    return "\n".join(parts)


def checked(metadata: Mapping[str, Any]) -> None:
    """BadInput names what the published model-card metadata would not take: a part that is required and missing."""
    for index in metadata.get("model-index", ()):
        _need(index, ("name", "results"), "model-index")
        for result in index["results"]:
            _need(result, ("task", "dataset", "metrics"), "model-index.results")
            _need(result["task"], ("type",), "model-index.results.task")
            _need(result["dataset"], ("type", "name"), "model-index.results.dataset")
            for metric in result["metrics"]:
                _need(metric, ("type", "value"), "model-index.results.metrics")


def _need(part: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    missing = [name for name in names if part.get(name) in (None, "", [])]
    if missing:
        raise BadInput(where, f"lacks {', '.join(missing)}")
