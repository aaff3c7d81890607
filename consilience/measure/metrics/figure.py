"""A figure: a value, how sure it is, by which method, over how many rows, or why it is undefined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from consilience.kit.canonical import Json

LEVEL = 0.95
Z = 1.959963984540054  # the normal quantile at 0.975


class Method(StrEnum):
    """How the interval of a figure was made. `+bracket` is added where scores were binned: it covers the bins as well."""

    WILSON = "wilson"
    JACCARD = "jaccard-wilson"
    DELONG = "delong-logit"
    NEWCOMBE_RANK = "newcombe-5"
    SKEWED_T = "hall-t"
    ECE_INVERSION = "ece-inversion"
    SMOOTH_INVERSION = "smooth-inversion"
    SQUARES_INVERSION = "squares-inversion"
    SQUARE_AND_ADD = "newcombe"
    RANGE_INVERSION = "range-inversion"
    MOVER = "mover-wilson"
    FISHER = "fisher-z"
    RESAMPLED = "cube_bootstrap"
    MAX_T = "max-t"
    WALD = "wald"
    WALD_LOGIT = "wald-logit"
    POISSON_BINOMIAL = "poisson-binomial"
    NONCENTRAL = "noncentral-chi-square"
    BRETAGNOLLE_HUBER = "bretagnolle-huber-carol"
    KOLMOGOROV = "kolmogorov"
    LIPSCHITZ = "lipschitz"
    WELCH = "welch"
    STUDENT = "student"
    DELTA = "delta"
    ORDER_STATISTICS = "order-statistics"
    ALL_PAIRS = "bonferroni-pairs"
    PAIRED_SHARES = "newcombe-paired"
    PAIRED_DELONG = "delong-paired"
    PAIRED_MEAN = "paired-hall-t"
    MULTINOMIAL = "multinomial-delta"
    DIRICHLET = "dirichlet-draws"
    BRACKET = "bracket"
    TWO_WAY = "two-way-clusters"
    BONFERRONI = "wilson-bonferroni"
    CLUSTERED_BONFERRONI = "wilson-bonferroni-clusters"
    RAO_SCOTT = "noncentral-chi-square-clusters"
    CLUSTERED_WILSON = "wilson-clusters"
    CLUSTERED_JACCARD = "jaccard-wilson-clusters"
    CLUSTER_BOOTSTRAP = "cluster-bootstrap"
    BOOTSTRAP = "bootstrap"
    COUNTED = "counted"
    """About these rows only, each of which was counted: nothing is uncertain."""
    K_MINIMUM = "k-minimum-values"


class Reason(StrEnum):
    """Why a figure, or only its interval, is undefined. `SENTENCES` says it in words."""

    NO_LABEL = "no_label"
    NO_SCORE = "no_score"
    NO_PREDICTION = "no_prediction"
    NO_ROWS = "no_rows"
    NO_POSITIVES = "no_positives"
    NO_NEGATIVES = "no_negatives"
    NONE_PREDICTED_POSITIVE = "none_predicted_positive"
    NONE_PREDICTED_NEGATIVE = "none_predicted_negative"
    NO_POSITIVES_AT_ALL = "no_positives_at_all"
    FEW_OF_A_CLASS = "few_of_a_class"
    FEWER_THAN_TWO_GROUPS = "fewer_than_two_groups"
    A_GROUP_IS_SMALL = "a_group_is_small"
    TOO_MANY_GROUPS = "too_many_groups"
    BIAS_DEPENDS_ON_SIZE = "bias_depends_on_size"
    ALL_VALUES_ZERO = "all_values_zero"
    IS_THE_REFERENCE = "is_the_reference"
    NOT_ESTIMABLE = "not_estimable"
    PART_OF_THE_BRIER_SCORE = "part_of_the_brier_score"
    NO_INTERVAL_KNOWN = "no_interval_known"
    SMALL_GROUP_WITHHELD = "small_group_withheld"
    WITHHELD_FOR_ANOTHER = "withheld_for_another"
    EVERY_ROW_HAS_ITS_LABEL = "every_row_has_its_label"
    FEW_ROWS = "few_rows"
    CONSTANT = "constant"
    BEYOND_SCALE = "beyond_scale"
    TOO_MANY_VALUES = "too_many_values"
    LABELS_TO_COME = "labels_to_come"
    ZERO_LABELS = "zero_labels"
    CLASS_ABSENT = "class_absent"
    CLASS_NEVER_PREDICTED = "class_never_predicted"
    ONE_SIDE_UNDEFINED = "one_side_undefined"
    NO_DIFFERENCE_AT_ALL = "no_difference_at_all"
    ONE_LIST = "one_list"
    FEW_CLUSTERS = "few_clusters"
    ABOUT_ALL_ROWS = "about_all_rows"


SENTENCES: dict[Reason, str] = {
    Reason.NO_LABEL: "No label column was given.",
    Reason.NO_SCORE: "No score column was given.",
    Reason.NO_PREDICTION: "No prediction column was given, and no threshold for the score; 0.5 is never assumed.",
    Reason.NO_ROWS: "No row has all the values that this needs.",
    Reason.NO_POSITIVES: "No row is labelled positive.",
    Reason.NO_NEGATIVES: "No row is labelled negative.",
    Reason.NONE_PREDICTED_POSITIVE: "No row is predicted positive.",
    Reason.NONE_PREDICTED_NEGATIVE: "No row is predicted negative.",
    Reason.NO_POSITIVES_AT_ALL: "No row is labelled or predicted positive.",
    Reason.FEW_OF_A_CLASS: "The value stands, but a class has too few rows for an interval that could be trusted.",
    Reason.FEWER_THAN_TWO_GROUPS: "Fewer than two groups have a value.",
    Reason.A_GROUP_IS_SMALL: "The value stands, but a group is too small for an interval of the gap.",
    Reason.TOO_MANY_GROUPS: "The value stands, but there are too many groups for an interval of the gap.",
    Reason.BIAS_DEPENDS_ON_SIZE: (
        "The value stands, but a calibration error is larger in smaller groups by chance alone, so the gap has no interval."
    ),
    Reason.ALL_VALUES_ZERO: "The value is 0 in every group, and a ratio of zeros says nothing.",
    Reason.IS_THE_REFERENCE: "The value stands: this is the group that the others are compared with.",
    Reason.NOT_ESTIMABLE: "Scores and labels of these rows fit no finite curve: the classes are apart, or all scores are one.",
    Reason.PART_OF_THE_BRIER_SCORE: "The value stands as a part of the Brier score; its interval is made for all rows together only.",
    Reason.NO_INTERVAL_KNOWN: "The value stands; its interval is made for all rows together only.",
    Reason.SMALL_GROUP_WITHHELD: "The group has so few rows that its figures would speak about single people.",
    Reason.WITHHELD_FOR_ANOTHER: "Withheld because a smaller group could be found from this one by subtraction.",
    Reason.EVERY_ROW_HAS_ITS_LABEL: "Every row that has a score has its label: there is nothing to estimate.",
    Reason.FEW_ROWS: "There are too few rows for an interval.",
    Reason.CONSTANT: "The reference has one value only, so there is no spread to measure by.",
    Reason.BEYOND_SCALE: "A value is too large to be added up beside the others, so there is no mean and no spread.",
    Reason.TOO_MANY_VALUES: "The column has more different values than are listed, so nobody can tell which are new.",
    Reason.LABELS_TO_COME: "No label of these rows is known yet.",
    Reason.ZERO_LABELS: "A label is 0, or too near to it: an error in per cent of it means nothing.",
    Reason.CLASS_ABSENT: "No row has this class.",
    Reason.CLASS_NEVER_PREDICTED: "No row is predicted to be of this class.",
    Reason.ONE_SIDE_UNDEFINED: "One of the two figures is undefined, or has no interval.",
    Reason.ONE_LIST: "The value stands; a list as a whole is one observation, so there is no interval.",
    Reason.NO_DIFFERENCE_AT_ALL: "The two agree in every row, so there is nothing to take an interval of.",
    Reason.FEW_CLUSTERS: "The value stands, but the rows are of too few people for an interval that could be trusted.",
    Reason.ABOUT_ALL_ROWS: "The rule is about all rows together, so there is no share of rows that break it.",
}


@dataclass(frozen=True)
class Figure:
    """A number with its 95 % interval. Without a value there is a reason; without an interval there is a reason too."""

    value: float | None
    low: float | None
    high: float | None
    method: str | None
    rows: int
    reason: Reason | None

    def as_json(self) -> Json:
        """The FIGURE of a report."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "level": LEVEL,
            "method": None if self.method is None else str(self.method),
            "rows": self.rows,
            "reason": None if self.reason is None else self.reason.value,
        }


def figure(value: float, low: float, high: float, *, method: str, rows: int) -> Figure:
    """A figure with its interval. Limits are rounded to nine decimals, and never leave the value outside."""
    return Figure(value, min(round(low, 9), value), max(round(high, 9), value), method, rows, None)


def bare(value: float, *, rows: int, reason: Reason) -> Figure:
    """A value whose interval is undefined."""
    return Figure(value, None, None, None, rows, reason)


def undefined(reason: Reason, *, rows: int = 0) -> Figure:
    """No value, and why."""
    return Figure(None, None, None, None, rows, reason)
