"""The phrases that sentences about figures are built from, by language. A language is complete or it is not here.

`{n}` is a number of cases ("about 12") of `{base}` (100, or more where that would be less than two), `{x}` a number as it
is; `{people}` are everybody or the members of a group, `{condition}` whom of them it is about, `{result}` what happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RATES: Mapping[str, tuple[str, str]] = {
    "selection_rate": ("", "flagged"),
    "recall": ("positive", "flagged"),
    "tpr": ("positive", "flagged"),
    "fpr": ("negative", "flagged"),
    "fnr": ("positive", "passed"),
    "tnr": ("negative", "passed"),
    "precision": ("flagged", "positive"),
    "ppv": ("flagged", "positive"),
    "npv": ("passed", "negative"),
}
"""Measures that are a share of people: of whom (nobody in particular: ""), and what happens to them."""
COUNTED = frozenset(
    {"accuracy", "roc_auc", "f1", "ece", "total_variation", "missing_shift", "largest_share_shift", "unseen", "share",
     "missing_share", "ratio", "synthetic_area", "real_area", "area_change", "closer_to_training", "copies",
     "copies_by_chance", "membership_area", "membership_found", "worst_drop", "drop", "jensen_shannon", "hellinger", "ks",
     "cramers_v", "error_share", "covered_share", "duplicate_share", "reviewed_share", "prevalence"}
)  # fmt: skip
"""Further measures that are told as so many in a hundred."""
SIGNED = frozenset({"missing_shift", "largest_share_shift", "mean_shift", "difference", "area_change"})
"""Measures that go both ways: more or fewer, higher or lower."""
INDICES = frozenset({"psi", "psi_by_value"})
"""Stability indices: told by their size, since nobody has a feeling for the number."""


@dataclass(frozen=True)
class Phrases:
    """How one language tells a figure; every phrase is a template of `str.format`."""

    decimal: str
    thousands: str
    condition: str
    group: str
    no_value: str
    about: str
    none: str
    every: str
    fewer: str
    more: str
    less: str
    higher: str
    lower: str
    rate: str
    rate_gap: str
    rate_gap_unnamed: str
    rate_level: str
    rate_change: str
    right_gap: str
    right_change: str
    gap: str
    gap_unnamed: str
    change: str
    level: str
    share: str
    milliseconds: str
    index: str
    sizes: tuple[str, str, str]
    only: str
    between_rate: str
    between: str
    between_ways: str
    chance_not: str
    chance: str
    chance_unknown: str
    rests: str
    rests_few: str
    group_sizes: str
    asks: Mapping[str, str]
    ends: Mapping[str, str]
    kept: str
    not_kept: str
    in_base: str
    undefined: str
    undefined_rate: str
    undefined_gap: str
    measures: Mapping[str, str]
    names: Mapping[str, str]


ENGLISH = Phrases(
    decimal=".",
    thousands=",",
    condition=" {who} {clause}",
    group="{people} in the group “{key}” ({attribute})",
    no_value="{people} with no known {attribute}",
    about="about {n}",
    none="none",
    every="all",
    fewer="fewer than 1",
    more="more",
    less="fewer",
    higher="higher",
    lower="lower",
    rate="Of {base} {people}{condition}, {n} {result}.",
    rate_gap="{n} in {base} more {higher}{condition} {result} than {lower}.",
    rate_gap_unnamed="In one group {n} in {base} more {people}{condition} {result} than in another.",
    rate_level="Between {higher} and {lower}{condition}, there is hardly a gap in how many {result}.",
    rate_change="Next to the earlier model, {n} in {base} {way} {people}{condition} {result}.",
    right_gap="The model is right for {n} in {base} more {higher} than {lower}.",
    right_change="Next to the earlier model, it is right for {n} in {base} {way} {people}.",
    gap="For {higher}, {name} is {x} higher than for {lower}.",
    gap_unnamed="Between two groups, {name} lies {x} apart.",
    change="Next to the earlier model, {name} is {x} {way}.",
    level="The figure “{name}” stands at {x}.",
    share="“{name}” holds for {n} in {base}.",
    milliseconds="“{name}” takes {x} milliseconds.",
    index="Set next to the reference, “{thing}” has {size}.",
    sizes=("hardly moved", "moved to some degree", "moved a lot"),
    only="This is about {people}.",
    between_rate="It could be as few as {low} or as many as {high}.",
    between="It could be as low as {low} or as high as {high}.",
    between_ways="It could be anything from {low} to {high}.",
    chance_not="Chance alone does not explain it.",
    chance="Chance alone could explain it.",
    chance_unknown="How much of it is chance is not known.",
    rests="This rests on {rows} cases.",
    rests_few="This rests on only {rows} cases, so it is rough.",
    group_sizes="Behind this stand {one} and {other} cases.",
    asks={
        ">=": "The rule asks for {limit} or more.", ">": "The rule asks for more than {limit}.",
        "<=": "The rule allows {limit} at most.", "<": "The rule allows less than {limit}.",
    },
    ends={"low": "To be safe, the rule takes the low end, {end}.", "high": "To be safe, the rule takes the high end, {end}."},
    kept="The rule is met.",
    not_kept="The rule is not met.",
    in_base="{n} in {base}",
    undefined="No one can tell {name}. The reason: {reason}.",
    undefined_rate="No one can tell how many {people}{condition} {result}. The reason: {reason}.",
    undefined_gap="No one can tell how far groups lie apart here. The reason: {reason}.",
    measures={
        "accuracy": "The model is right for {n} in {base} {people}.",
        "roc_auc": (
            "The model should rank {people} {who} {positive} above those {who} {negative}. It does so in {n} of {base} pairs. "
            "A pure guess would get 50 of 100."
        ),
        "f1": "The model should find the right ones and raise no false alarm. For both it gets {n} of {base} points.",
        "brier": "When the model states a chance, it is off. The squared miss is {x}; 0 is best, and to say “half” each time gives 0.25.",
        "log_loss": "When the model states a chance, it is off. Its surprise is {x}; 0 is best, and to say “half” each time gives 0.69.",
        "ece": "When the model states a chance, it is off by {n} in {base}.",
        "total_variation": "To look like the reference, {n} in {base} rows would need some other value of “{thing}”.",
        "jensen_shannon": "On a scale where 0 is the same and {base} has nothing in common, “{thing}” lies at {n}.",
        "hellinger": "On a scale where 0 is the same and {base} has nothing in common, “{thing}” lies at {n}.",
        "ks": "On a scale where 0 is the same and {base} has nothing in common, “{thing}” lies at {n}.",
        "cramers_v": "On a scale where 0 is the same and {base} has nothing in common, “{thing}” lies at {n}.",
        "missing_shift": "Next to the reference, {n} in {base} {way} rows have no value of “{thing}”.",
        "largest_share_shift": "One value of “{thing}” is now in {n} in {base} {way} rows than in the reference.",
        "unseen": "{n} in {base} values of “{thing}” never came up before.",
        "mean_shift": "On the whole, “{thing}” is {x} {way} than in the reference.",
        "wasserstein_scaled": "A value of “{thing}” moved by {x} of its usual spread.",
        "error": "The mean error is {x}.",
        "difference": "The error there is {x} {way} than in all other rows.",
        "share": "{n} in {base} rows break the rule “{thing}”.",
        "missing_share": "{n} in {base} rows have no value of “{thing}”.",
        "ratio": "Where 100 of “{thing}” should be, the data hold {n}.",
        "distance": "The mix of “{thing}” is off by {x}; 0 is a perfect match, and up to 0.1 counts as small.",
        "synthetic_area": "Taught on made-up rows, a model ranks {n} of {base} pairs right. A pure guess would get 50 of 100.",
        "real_area": "Taught on real rows, the same model ranks {n} of {base} pairs right. A pure guess would get 50 of 100.",
        "area_change": "Taught on made-up rows, it ranks {n} in {base} {way} pairs right than on real ones.",
        "closer_to_training": (
            "{n} in {base} made-up rows lie closer to a row they were made from than to one they never saw. At 50 in 100 they give nothing away."
        ),
        "copies": "{n} in {base} made-up rows are the same as a real row they were made from.",
        "copies_by_chance": "{n} in {base} made-up rows are the same as a real row that was held back. That is chance.",
        "membership_area": "A guess who took part is right in {n} of {base} pairs. At 50 of 100 the rows give nothing away.",
        "membership_found": "Of {base} people who took part, {n} can be found. By chance it would be 1 in 100.",
        "worst_drop": "In the worst test with spoiled input, the result falls by {n} of {base} points.",
        "drop": "With spoiled input (“{thing}”), the result falls by {n} of {base} points.",
        "p50_ms": "Half of all answers come within {x} milliseconds.",
        "p99_ms": "99 of 100 answers come within {x} milliseconds.",
        "error_share": "{n} in {base} requests fail.",
        "covered_share": "Consent covers {n} in {base} people.",
        "duplicate_share": "{n} in {base} rows are there twice.",
        "reviewed_share": "A person looks at {n} in {base} answers.",
        "prevalence": "{n} in {base} cases turn out positive.",
        "minutes": "It takes {x} minutes.",
    },
    names={
        "accuracy": "the share of right answers",
        "roc_auc": "the mark for telling cases apart",
        "f1": "the mark for finding the right ones",
        "brier": "the squared miss of stated chances",
        "log_loss": "the surprise at what came",
        "ece": "the miss of stated chances",
        "psi": "how far “{thing}” moved",
        "psi_by_value": "how far “{thing}” moved",
    },
)  # fmt: skip
