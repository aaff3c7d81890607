"""Figures in plain words: what the sentence says, in two languages, whether people can read it, and that nothing is left out."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from consilience.domains.evidence.plain import reading_level
from consilience.domains.evidence.plain.figure import Group, Limit, PlainFigure, Reading, Shape
from consilience.domains.evidence.plain.found import figures
from consilience.domains.evidence.plain.meaning import LANGUAGES, NEUTRAL, Meaning, read
from consilience.domains.evidence.plain.phrases import COUNTED, RATES
from consilience.domains.evidence.plain.reasons import REASONS
from consilience.domains.evidence.plain.telling import PHRASES, tell
from consilience.domains.policy.plainly import MOST, Plainly
from consilience.domains.release.customers import customers
from consilience.measure.metrics.figure import Reason
from tests.rules.test_policy_narrate import STARTERS, outcome

APPLICANTS = {
    "en": Meaning("applicants", "who", "would not repay", "would repay", "are refused", "are accepted", {("age", "65+"): "over 65"}),
    "de": Meaning("Antragstellende", "die", "nicht zurückzahlen würden", "zurückzahlen würden", "abgelehnt werden",
                  "angenommen werden", {("age", "65+"): "über 65"}),
}  # fmt: skip
OLD, YOUNG = Group("age", "65+", 312), Group("age", "30-65", 2011)
GAP = PlainFigure("fpr", Reading(0.09, 0.02, 0.16), Shape.GAP, higher=OLD, lower=YOUNG)


def figure(value: Any, low: Any = None, high: Any = None, rows: int = 450, reason: str | None = None) -> dict[str, Any]:
    return {
        "value": value,
        "low": low,
        "high": high,
        "level": "0.95",
        "method": "wilson",
        "rows": rows,
        "reason": reason,
    }


def test_a_gap_says_whom_it_hits_how_much_of_it_is_chance_and_what_the_rule_asks() -> None:
    assert tell(GAP, APPLICANTS["en"], "en", Limit("high", "<=", 0.1)) == (
        "About 9 in 100 more applicants over 65 who would repay are refused than applicants in the group “30-65” (age). "
        "Chance alone does not explain it. It could be as few as 2 or as many as 16. Behind this stand 312 and 2,011 cases. "
        "The rule allows 10 in 100 at most. To be safe, the rule takes the high end, 16 in 100. The rule is not met."
    )
    assert tell(GAP, APPLICANTS["de"], "de", Limit("high", "<=", 0.2)) == (
        "Auf 100 Antragstellende über 65, die zurückzahlen würden, kommen etwa 9 mehr, die abgelehnt werden, als auf 100 "
        "Antragstellende der Gruppe „30-65“ (age). Zufall allein erklärt das nicht. Es könnten auch nur 2 oder gar 16 sein. "
        "Dahinter stehen 312 und 2.011 Fälle. Die Regel lässt höchstens 20 von 100 zu. Zur Vorsicht zählt für die Regel das "
        "obere Ende, 16 von 100. Die Regel ist erfüllt."
    )


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (PlainFigure("selection_rate", Reading(0.0)), "Of 100 applicants, none are refused."),
        (PlainFigure("selection_rate", Reading(1.0)), "Of 100 applicants, all are refused."),
        (PlainFigure("selection_rate", Reading(0.0004)), "Of 10,000 applicants, about 4 are refused."),
        (PlainFigure("selection_rate", Reading(0.00001)), "Of 10,000 applicants, fewer than 1 are refused."),
        (PlainFigure("fnr", Reading(0.3, rows=12), group=OLD),
         "Of 100 applicants over 65 who would not repay, about 30 are accepted. This rests on only 12 cases, so it is rough."),
        (PlainFigure("fpr", Reading(0.001, 0.0, 0.03), Shape.GAP, higher=OLD, lower=YOUNG),
         ("Between applicants over 65 and applicants in the group “30-65” (age) who would repay, there is hardly a gap in how many"
         " are refused. Chance alone could explain it. It could be as few as 0 or as many as 300. Behind this stand 312 and 2,011 cases.")),
        (PlainFigure("fpr", Reading(-0.03, -0.06, 0.01), Shape.CHANGE),
         ("Next to the earlier model, about 3 in 100 fewer applicants who would repay are refused. Chance alone could explain it."
         " It could be anything from 6 fewer to 1 more.")),
        (PlainFigure("roc_auc", Reading(0.8, 0.75, 0.85)),
         ("The model should rank applicants who would not repay above those who would repay. It does so in about 80 of 100 pairs."
         " A pure guess would get 50 of 100. It could be as few as 75 or as many as 85.")),
        (PlainFigure("fnr", Reading(None, reason="no_positives"), group=OLD),
         "No one can tell how many applicants over 65 who would not repay are accepted. The reason: no case turned out positive."),
        (PlainFigure("psi", Reading(0.4, 0.3, 0.5), thing="income"),
         "Set next to the reference, “income” has moved a lot. Chance alone does not explain it."),
        (PlainFigure("f_beta", Reading(0.25)), "The figure “f beta” stands at 0.25."),
        (PlainFigure("p99_ms", Reading(50.1)), "99 of 100 answers come within 50.1 milliseconds."),
    ],
)  # fmt: skip
def test_each_measure_is_told_by_what_it_means(said: PlainFigure, sentence: str) -> None:
    assert tell(said, APPLICANTS["en"], "en") == sentence


def test_a_language_that_is_not_here_is_told_in_english() -> None:
    assert tell(GAP, APPLICANTS["en"], "fr") == tell(GAP, APPLICANTS["en"], "en")


def test_words_of_which_one_is_missing_are_not_taken() -> None:
    half = {
        "people": "applicants",
        "positive": "would not repay",
        "negative": "",
        "flagged": "are refused",
        "passed": "x",
    }
    assert read(half, "en") is NEUTRAL["en"]
    assert read(None, "de") is NEUTRAL["de"]
    whole = read(
        {**half, "negative": "would repay", "groups": [{"attribute": "age", "group": "65+", "words": "over 65"}]}, "en"
    )
    assert (whole.stated, whole.who, whole.groups) == (True, "who", {("age", "65+"): "over 65"})


def every_sentence(language: str) -> list[str]:
    """One sentence of every kind there is, with everything behind it."""
    meaning, made = APPLICANTS[language], []
    for measure in (*RATES, *PHRASES[language].measures, "psi", "f_beta"):
        for shape in Shape:
            ends = {"higher": OLD, "lower": YOUNG} if shape is Shape.GAP else {}
            said = PlainFigure(measure, Reading(0.123, 0.1, 0.146, 1234), shape, thing="income", **ends)
            made.append(tell(said, meaning, language, Limit("high", "<=", 0.2)))
    made += [tell(PlainFigure("recall", Reading(None, reason=one)), meaning, language) for one in REASONS[language]]
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_take_no_more_than_nine_years_of_school_to_read(language: str) -> None:
    told = every_sentence(language)
    grades = [reading_level.grade(one, language) or 0.0 for one in told]
    hardest = max(zip(grades, told, strict=True))
    assert hardest[0] <= reading_level.PLAIN[language], hardest
    assert sum(grades) / len(grades) < 6
    assert not [one for one in told if "{" in one or "None" in one]


def test_the_formulas_give_what_they_are_published_to_give() -> None:
    # By hand: 10 words in 2 sentences, 12 syllables. 0.39 * 5 + 11.8 * 1.2 - 15.59
    text = "The cat sat on the mat. Many people saw it."
    assert reading_level.grade(text, "en") == pytest.approx(0.39 * 5 + 11.8 * 1.2 - 15.59)
    # 5 words in 1 sentence: Die(1) Regel(2) ist(1) nicht(1) erfüllt(2); one of 5 has more than 6 letters, 3 have one syllable.
    german = 0.1672 * 5 + 0.1297 * 20 - 0.0327 * 60 - 0.875
    assert reading_level.grade("Die Regel ist nicht erfüllt.", "de") == pytest.approx(german)
    assert reading_level.grade("…", "en") is None
    hard = "Notwithstanding considerable heterogeneity, discriminatory miscalibration necessitates recalibration procedures."
    assert (reading_level.grade(hard, "en") or 0) > 20


def test_both_languages_have_every_phrase_and_every_reason() -> None:
    english, german = PHRASES["en"], PHRASES["de"]
    for name in (one.name for one in fields(english)):
        ours, theirs = getattr(english, name), getattr(german, name)
        assert bool(ours) == bool(theirs)
        if isinstance(ours, dict):
            assert ours.keys() == theirs.keys()
    assert REASONS["en"].keys() == REASONS["de"].keys() <= {str(one) for one in Reason}
    assert english.measures.keys() >= COUNTED


def test_every_figure_of_a_record_is_found_by_its_path() -> None:
    said = {
        "rows": 900, "roc_auc": figure("0.8"),
        "attributes": [{"name": "age", "groups": [
            {"key": "65+", "rows": 450, "fpr": figure("0.2", rows=312)}, {"key": "30-65", "rows": 450, "fpr": figure("0.11", rows=99)},
        ], "gaps": {"fpr": figure("0.09"), "fnr": None}}],
        "columns": [{"name": "income", "psi": figure("0.02")}],
        "recall": {"baseline": figure("0.5"), "version": figure("0.6"), "difference": figure("0.1")},
        "alarms": [{"figure": "recall", "value": "0.1", "low": None, "high": None, "rows": 3}],
        "corruptions": [{"name": "noise", "drop": figure("0.03")}],
    }  # fmt: skip
    found = figures(said, {"rows": "rows"})
    assert [name for name in found if name != "rows"] == [
        "roc_auc", "attributes[0].groups[0].fpr", "attributes[0].groups[1].fpr", "attributes[0].gaps.fpr", "columns[0].psi",
        "recall.baseline", "recall.version", "recall.difference", "corruptions[0].drop",
    ]  # fmt: skip
    gap = found["attributes[0].gaps.fpr"]
    assert (gap.shape, gap.higher, gap.lower) == (Shape.GAP, Group("age", "65+", 312), Group("age", "30-65", 99))
    assert (found["recall.difference"].measure, found["recall.difference"].shape) == ("recall", Shape.CHANGE)
    assert (found["columns[0].psi"].thing, found["corruptions[0].drop"].thing) == ("income", "noise")


def test_a_requirement_tells_the_figures_that_decided_it_with_what_it_asks() -> None:
    (example,) = [one for one in STARTERS["fast-enough"].examples if one.name == "too slow"]
    plainly = Plainly(example.facts["evidence"], NEUTRAL["en"], "en")
    assert plainly.told(outcome("fast-enough", "too slow")) == [
        "99 of 100 answers come within 50.1 milliseconds. The rule allows 50 at most. The rule is not met."
    ]
    told = {one.name: _told("approval-ratio", one.name) for one in STARTERS["approval-ratio"].examples}
    assert told["just below four fifths"] == [
        "Of 100 cases in the group “female” (sex), about 60 are flagged.",
        "Of 100 cases in the group “male” (sex), about 50 are flagged.",
    ]
    assert all(len(sentences) <= MOST for sentences in told.values())


def _told(requirement: str, example: str) -> list[str]:
    (found,) = [one for one in STARTERS[requirement].examples if one.name == example]
    return Plainly(found.facts.get("evidence", {}), NEUTRAL["en"], "en").told(outcome(requirement, example))


def test_what_customers_are_told_is_composed_by_group_and_says_how_hard_it_is_to_read() -> None:
    groups = [
        {"key": key, "rows": 450, "selection_rate": figure(rate), "fpr": None}
        for key, rate in (("65+", "0.3"), ("30-65", "0.2"))
    ]
    by_group = {
        "attributes": [{"name": "age", "groups": groups, "gaps": {"selection_rate": figure("0.1", "0.04", "0.16")}}]
    }
    made = customers([{"accuracy": figure("0.9")}], [by_group], APPLICANTS["en"], "en")
    assert made.everybody[0].startswith("The model is right for about 90 in 100 applicants.")
    (age,) = made.attributes
    assert age.apart[0].startswith("About 10 in 100 more applicants over 65 are refused than applicants in the group")
    assert [(one.people, one.rows, len(one.sentences)) for one in age.groups] == [
        ("applicants over 65", 450, 1), ("applicants in the group “30-65” (age)", 450, 1),
    ]  # fmt: skip
    assert made.grade is not None
    assert made.grade < 9
    empty = customers([], [], NEUTRAL["de"], "de")
    assert (empty.everybody, empty.attributes, empty.grade, empty.stated) == ((), (), None, False)
