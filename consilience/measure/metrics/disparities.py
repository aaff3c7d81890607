"""How unlike groups are: ratios and differences by their usual names, and intervals that hold for all groups at once.

The intervals come from all pairs of groups: a quantile c such that in 95 % of the resamples no pair lies farther from its own
distance than c standard errors (Tukey's idea, by resampling, on the arcsine scale), and then for each pair the limits of Wilson at c, put
together by squares (MOVER: Zou and Donner 2008; Donner and Zou 2012). What holds for all pairs at once holds for the pair that is
farthest apart, whichever it is, so picking the largest and the smallest group costs nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.measure.metrics import resampling, resampling_kernels
from consilience.measure.metrics.fairness import COUNTED, MANY_GROUPS, OF_GROUPS, SAME_AS, SMALL_GROUP
from consilience.measure.metrics.figure import LEVEL, Figure, Method, Reason, Z, bare, figure, undefined
from consilience.measure.metrics.resampling import Share

FOUR_FIFTHS = 0.8
Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats, Floats]
"""Values of the groups with the lower and the upper limit of each."""


@dataclass(frozen=True)
class Compared:
    """The groups of one attribute set: their figures in order, and their shares with resamples where these were drawn."""

    figures: Sequence[Mapping[str, Figure]]
    shares: Mapping[str, Share]
    seed: int

    def defined(self, metric: str) -> list[int]:
        return [number for number, of in enumerate(self.figures) if of[metric].value is not None]


def ratios(compared: Compared) -> dict[str, Figure]:
    """The smallest value of each group metric over the largest, over the groups where it is defined, from 0 to 1.

    *Exact*, but for areas from a histogram that mixes scores. 1 is equal. Undefined where every value is 0. The interval is of
    the true ratio, and may reach 1. `cube_bootstrap` for shares of rows, `max-t` (normals instead of resamples) for the
    area, Brier score and log loss; none for the calibration error, which is larger in smaller groups by chance.
    """
    made: dict[str, Figure] = {}
    for metric in OF_GROUPS:
        same = SAME_AS.get(metric)
        made[metric] = made[same] if same else _ratio(metric, compared)
    return made


def disparities(compared: Compared, gaps: Mapping[str, Figure], found: Mapping[str, Figure]) -> dict[str, Json]:
    """The differences and ratios by the names that they are known by, from gaps and ratios, each with its interval.

    `demographic_parity_*` is of selection rates, `equal_opportunity_difference` of true positive rates,
    `predictive_parity_difference` of positive predictive values, and `equalized_odds_*` the worse one of true and false
    positive rates, as in fairlearn. `four_fifths` holds the ratio of selection rates against 0.8 (29 CFR 1607.4 D): "below" or
    "at_least" where the whole interval is on that side, "undecided" where it is on both, "undefined" without a ratio.
    """
    made: dict[str, Json] = {
        "demographic_parity_difference": gaps["selection_rate"].as_json(),
        "demographic_parity_ratio": found["selection_rate"].as_json(),
        "equalized_odds_difference": _equalized_odds(compared, gaps, ratio=False).as_json(),
        "equalized_odds_ratio": _equalized_odds(compared, found, ratio=True).as_json(),
        "equal_opportunity_difference": gaps["tpr"].as_json(),
        "predictive_parity_difference": gaps["ppv"].as_json(),
    }
    ratio = found["selection_rate"]
    made["four_fifths"] = {"limit": FOUR_FIFTHS, "ratio": ratio.as_json(), "verdict": verdict(ratio)}
    return made


def verdict(ratio: Figure) -> str:
    """Where a ratio stands to four fifths, with its uncertainty."""
    if ratio.value is None:
        return "undefined"
    if ratio.low is not None and ratio.low >= FOUR_FIFTHS:
        return "at_least"
    return "below" if ratio.high is not None and ratio.high < FOUR_FIFTHS else "undecided"


def simultaneous(compared: Compared, keys: Sequence[str]) -> dict[str, dict[str, list[float]]]:
    """For each metric an interval of each group such that all groups of the attribute set have theirs right at once, 95 %.

    For shares of rows Wilson's at the quantile of the largest distance in the resamples (max-t, on the arcsine scale), at
    least the quantile of the largest of so many independent normals (Sidak 1967: groups share no row). That one alone
    beyond 200 groups, and for area, Brier score and log loss. Groups without an interval of their own have none here, calibration errors neither.
    """
    made: dict[str, dict[str, list[float]]] = {}
    for metric in OF_GROUPS:
        kept = [n for n in compared.defined(metric) if compared.figures[n][metric].low is not None]
        if metric == "ece":
            continue
        if metric in SAME_AS:
            made[metric] = made[SAME_AS[metric]]
            continue
        low, high = _at_once(metric, compared, kept) if kept else (np.zeros(0), np.zeros(0))
        made[metric] = {
            keys[n]: [round(float(a), 9), round(float(b), 9)] for n, a, b in zip(kept, low, high, strict=True)
        }
    return made


def ratios_to(reference: int, share: Share) -> tuple[Floats, Floats]:
    """Limits of each group's share over that of the reference group, right for all pairs at once."""
    c = resampling.quantile(resampling.largest_pair(share))
    low, high = _pairs_of_logs(_limits(share, c))
    return low[:, reference], high[:, reference]


def _ratio(metric: str, compared: Compared) -> Figure:
    kept = compared.defined(metric)
    of = [compared.figures[number][metric] for number in kept]
    if len(of) < 2:
        return undefined(Reason.FEWER_THAN_TWO_GROUPS)
    values, rows = [one.value for one in of if one.value is not None], sum(one.rows for one in of)
    if max(values) == 0:
        return undefined(Reason.ALL_VALUES_ZERO, rows=rows)
    value = min(values) / max(values)
    if metric == "ece":
        return bare(value, rows=rows, reason=Reason.BIAS_DEPENDS_ON_SIZE)
    if len(of) > MANY_GROUPS:
        return bare(value, rows=rows, reason=Reason.TOO_MANY_GROUPS)
    if metric in COUNTED:
        share = _kept(compared.shares[metric], kept)
        c = resampling.quantile(resampling.largest_pair(share))
        low, high = _pairs_of_logs(_as_metric(metric, _limits(share, c)))
        return figure(value, float(low.min()), min(float(high.min()), 1.0), method=Method.RESAMPLED, rows=rows)
    if any(one.low is None or one.low <= 0 or one.rows < SMALL_GROUP for one in of):
        return bare(value, rows=rows, reason=Reason.A_GROUP_IS_SMALL)
    low, high = _pairs_of_logs(_scaled(of, compared.seed))
    return figure(value, float(low.min()), min(float(high.min()), 1.0), method=Method.MAX_T, rows=rows)


def _equalized_odds(compared: Compared, parts: Mapping[str, Figure], *, ratio: bool) -> Figure:
    both = [parts["tpr"], parts["fpr"]]
    defined = [one for one in both if one.value is not None]
    if len(defined) < 2:
        (missing,) = [one for one in both if one.value is None][:1]
        return undefined(missing.reason or Reason.FEWER_THAN_TWO_GROUPS)
    pick = min if ratio else max
    value, rows = pick(one.value for one in defined if one.value is not None), sum(one.rows for one in defined)
    if any(one.reason is Reason.TOO_MANY_GROUPS for one in defined):
        return bare(value, rows=rows, reason=Reason.TOO_MANY_GROUPS)
    own = [_kept(compared.shares[SAME_AS.get(name, name)], compared.defined(name)) for name in ("tpr", "fpr")]
    c = resampling.quantile(np.maximum(*(resampling.largest_pair(share) for share in own)))
    pairs = [(_pairs_of_logs if ratio else _pairs_of_differences)(_limits(share, c)) for share in own]
    if ratio:
        low, high = (min(float(side[place].min()) for side in pairs) for place in (0, 1))
    else:
        low, high = (max(float(side[place].max()) for side in pairs) for place in (0, 1))
    return figure(value, max(low, 0.0), min(high, 1.0), method=Method.RESAMPLED, rows=rows)


def _at_once(metric: str, compared: Compared, kept: list[int]) -> tuple[Floats, Floats]:
    of = [compared.figures[number][metric] for number in kept]
    sidak = NormalDist().inv_cdf((1 + LEVEL ** (1 / len(kept))) / 2)
    if metric not in COUNTED:
        return _wider(of, sidak / Z, largest=np.inf if metric == "log_loss" else 1.0)
    if compared.shares:
        share = _kept(compared.shares[metric], kept)
        c = max(resampling.quantile(resampling.largest_single(share)), sidak)
        _, low, high = _as_metric(metric, _limits(share, c))
        return low, high
    return _wider(of, sidak / Z, largest=1.0)


def _wider(of: Sequence[Figure], times: float, *, largest: float) -> tuple[Floats, Floats]:
    value, low, high = np.array([(one.value, one.low, one.high) for one in of], dtype=np.float64).T
    return np.maximum(value - (value - low) * times, 0.0), np.minimum(value + (high - value) * times, largest)


def _kept(share: Share, kept: list[int]) -> Share:
    chosen = np.zeros(len(share.part), dtype=np.bool_)
    chosen[kept] = True
    return share.of(chosen)


def _limits(share: Share, c: float) -> Limits:
    low, high = resampling.wilson(share.part, share.whole, c)
    value = np.where(share.part > 0, share.part / share.whole, (share.part + 0.5) / (share.whole + 1))
    return value, low, high


def _as_metric(metric: str, limits: Limits) -> Limits:
    if metric != "f1":
        return limits
    value, low, high = (2 * side / (1 + side) for side in limits)
    return value, low, high


def _scaled(of: Sequence[Figure], seed: int) -> Limits:
    """Limits on the log scale, as much wider as the largest pair of normals with these errors is."""
    value, low, high = np.log(np.array([(one.value, one.low, one.high) for one in of], dtype=np.float64).T)
    error = np.maximum((high - low) / (2 * Z), 1e-9)
    drawn = resampling.normals(len(of), seed=seed) * error
    times = resampling.quantile(resampling_kernels.widest(drawn, np.broadcast_to(error**2, drawn.shape).copy())) / Z
    return np.exp(value), np.exp(value - (value - low) * times), np.exp(value + (high - value) * times)


def _pairs_of_logs(limits: Limits) -> tuple[Floats, Floats]:
    """Limits of the ratio of each group (row) to each other one (column); the diagonal is nothing (infinite)."""
    with np.errstate(divide="ignore"):
        value, low, high = (np.log(side) for side in limits)
    down, up = value - low, high - value
    apart = value[:, None] - value[None, :]
    least = np.exp(apart - np.hypot(down[:, None], up[None, :]))
    with np.errstate(over="ignore"):
        most = np.exp(apart + np.hypot(up[:, None], down[None, :]))
    np.fill_diagonal(least, np.inf)
    np.fill_diagonal(most, np.inf)
    return least, most


def _pairs_of_differences(limits: Limits) -> tuple[Floats, Floats]:
    """Limits of the difference of each group (row) to each other one (column), folded at 0."""
    value, low, high = limits
    down, up = value - low, high - value
    apart = value[:, None] - value[None, :]
    least = apart - np.hypot(down[:, None], up[None, :])
    most = apart + np.hypot(up[:, None], down[None, :])
    np.fill_diagonal(least, 0.0)
    np.fill_diagonal(most, 0.0)
    return np.maximum(least, 0.0), most
