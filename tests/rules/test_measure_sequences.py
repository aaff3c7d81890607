"""Sequences equal their definitions integrated by scipy, and the figures that the authors' own package and ville publish.

How often they raise a false alarm, and how soon a true one, is in tests/soak.
"""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from consilience.measure.metrics import fixed_tests, sequence_kernels
from consilience.measure.metrics import histogram_sequences as histograms
from consilience.measure.metrics import looks as watching
from consilience.measure.metrics import mean_sequences as means
from consilience.measure.metrics import sequences as rates
from consilience.measure.metrics.mean_sequences import Moments

LIMIT = math.log(20)
BINARY = [1.0 if (i * i + 3 * i) % 7 in (1, 4) else 0.0 for i in range(1, 2001)]
CUBES = [float(x) for x in ((np.arange(1, 2001) * 0.6180339887498949) % 1) ** 3]


def plain_log_e(k: int, n: int, p: float, m: float) -> float:
    return float(special.betaln(m * p + k, m * (1 - p) + n - k) - special.betaln(m * p, m * (1 - p))) - float(
        special.xlogy(k, p) + special.xlog1py(n - k, -p)
    )


def test_the_evidence_about_a_rate_is_the_likelihood_averaged_over_a_beta_prior() -> None:
    for k, n, p, m in ((3, 20, 0.3, 5.0), (0, 15, 0.1, 12.0), (40, 40, 0.8, 7.5), (30, 120, 0.2, 40.0)):
        prior = stats.beta(m * p, m * (1 - p))

        def ratio(x: float, k: int = k, n: int = n, p: float = p, prior: object = prior) -> float:
            return float(math.exp(stats.binom.logpmf(k, n, x) - stats.binom.logpmf(k, n, p)) * prior.pdf(x))  # type: ignore[attr-defined]

        mean, _ = integrate.quad(ratio, 0, 1, epsabs=0, epsrel=1e-10, limit=400, points=(k / n, p))
        assert rates.rate_log_e((k, n), p, strength=m) == pytest.approx(math.log(mean), abs=1e-8)


def test_the_beta_binomial_mixture_equals_that_of_confseq() -> None:
    """The target values in the unit tests of confseq 0.0.11: v = 100, g = 0.2, h = 0.8, so 625 rows and strength rho / gh - 1."""
    strength = 12.60056 / 0.16 - 1
    assert rates.rate_log_e((135, 625), 0.2, strength=strength) == pytest.approx(-0.6941012, abs=1e-5)
    above = sequence_kernels.log_e_rate(125 + 31.4308, 625, 0.2, strength)
    assert above == pytest.approx(LIMIT, abs=1e-4)


def test_the_normal_mixture_equals_that_of_confseq() -> None:
    assert rates.tuned_strength(100) == pytest.approx(12.60056, abs=1e-5)
    seen = Moments(100, 10.0, 101.0)  # mean 0.1 and variance 1
    assert means.asymptotic_mean_log_e(seen, 0.0, rows=100) == pytest.approx(-0.6510052, abs=1e-5)
    low, high = means.asymptotic_mean_interval(seen, rows=100) or (0, 0)
    assert (high - low) / 2 * 100 == pytest.approx(30.35209, abs=1e-5)


def test_the_average_of_an_e_value_over_all_outcomes_of_the_null_is_1() -> None:
    for p, m in ((0.2, 3.0), (0.5, 40.0), (0.01, 9.0)):
        parts = [math.exp(rates.rate_log_e((k, 30), p, strength=m)) * stats.binom.pmf(k, 30, p) for k in range(31)]
        assert math.fsum(parts) == pytest.approx(1, abs=1e-10)


def test_the_average_over_a_composite_null_with_a_finite_reference_is_at_most_1() -> None:
    """Every outcome of 12 reference rows and 15 current rows, for several pairs of rates up to 0.1 apart."""
    pairs = [(a, b) for a in range(13) for b in range(16)]
    log_e = {(a, b): rates.difference_log_e((a, 12), (b, 15), within=0.1, strengths=(12.0, 3.0)) for a, b in pairs}
    for p, q in ((0.3, 0.4), (0.05, 0.15), (0.5, 0.4), (0.9, 0.9)):
        mean = math.fsum(
            math.exp(log_e[a, b]) * stats.binom.pmf(a, 12, p) * stats.binom.pmf(b, 15, q) for a, b in pairs
        )
        assert mean <= 1 + 1e-9


def test_the_interval_of_a_rate_ends_where_the_evidence_reaches_the_limit() -> None:
    for k, n in ((200, 1000), (3, 50), (46, 50), (700_000, 10**9)):
        low, high = rates.rate_interval((k, n), strength=100.0)
        assert low < k / n < high
        for end in (low, high):
            assert plain_log_e(k, n, end, 100.0) == pytest.approx(LIMIT, abs=1e-4)
    assert rates.rate_interval((0, 0), strength=10.0) == (0.0, 1.0)
    assert rates.rate_interval((0, 500), strength=10.0)[0] == 0.0
    assert rates.rate_interval((500, 500), strength=10.0)[1] == 1.0


def test_the_least_evidence_over_a_band_equals_a_search_by_scipy() -> None:
    for k, n, target, within in ((260, 1000, 0.2, 0.03), (200, 1000, 0.21, 0.03), (1, 400, 0.05, 0.01)):
        grid = np.linspace(target - within, target + within, 20_001)
        least = min(plain_log_e(k, n, float(p), 90.0) for p in grid[::10])
        assert rates.rate_log_e((k, n), target, within=within, strength=90.0) == pytest.approx(least, abs=1e-5)


def test_the_least_evidence_over_pairs_of_rates_equals_a_search_by_scipy() -> None:
    for one, other, within in (
        ((200, 1000), (260, 900), 0.02),
        ((4, 50), (2, 900), 0.0),
        ((200, 1000), (205, 990), 0.03),
    ):

        def both(x: np.ndarray, one: tuple[int, int] = one, other: tuple[int, int] = other) -> float:
            return plain_log_e(*one, float(x[0]), 300.0) + plain_log_e(*other, float(x[1]), 90.0)

        away = {"type": "ineq", "fun": lambda x, within=within: within - abs(x[1] - x[0])}
        band = optimize.minimize(
            both, [0.2, 0.2], method="COBYLA", constraints=[away], tol=1e-10, bounds=[(1e-6, 0.99)] * 2
        )
        found = rates.difference_log_e(one, other, within=within, strengths=(300.0, 90.0))
        assert found == pytest.approx(band.fun, abs=2e-4)


def test_a_finite_reference_limits_what_any_number_of_rows_can_show() -> None:
    """The trap: against the share as if it were known, a reference that is off by 2.5 errors alarms for sure in the end."""
    reference, current = (2_316, 10_000), (22 * 10**7, 10**9)
    strength, strengths = rates.tuned_strength(), rates.tuned_strengths(10_000)
    assert rates.rate_log_e(current, reference[0] / reference[1], strength=strength) > 1000
    assert rates.difference_log_e(reference, current, strengths=strengths) < LIMIT
    low, high = rates.difference_interval(reference, current, strengths=strengths)
    assert low < 0 < high


def test_the_product_is_narrower_than_two_joined_intervals() -> None:
    reference, current = (2_000, 10_000), (2_000, 10_000)
    strengths = rates.tuned_strengths(10_000)
    low, high = rates.difference_interval(reference, current, strengths=strengths)
    one, other = (
        rates.rate_interval(seen, alpha=0.025, strength=rates.tuned_strength()) for seen in (reference, current)
    )
    assert high - low < 0.85 * ((one[1] - one[0]) + (other[1] - other[0]))


def test_shares_of_two_bins_are_a_rate() -> None:
    found = histograms.known_shares_log_e([30, 90], [0.2, 0.8], strength=40.0)
    assert found == pytest.approx(rates.rate_log_e((30, 120), 0.2, strength=40.0), abs=1e-9)
    same = histograms.same_shares_log_e([200, 800], [260, 640])
    strengths = rates.tuned_strengths(1000)
    assert same == pytest.approx(rates.difference_log_e((200, 1000), (260, 900), strengths=strengths), abs=1e-6)


def test_the_average_evidence_about_known_shares_is_1_over_all_outcomes() -> None:
    shares = [0.5, 0.3, 0.2]
    outcomes = [(a, b, 8 - a - b) for a in range(9) for b in range(9 - a)]
    mean = math.fsum(
        math.exp(histograms.known_shares_log_e(seen, shares, strength=4.0)) * stats.multinomial.pmf(seen, 8, shares)
        for seen in outcomes
    )
    assert mean == pytest.approx(1, abs=1e-10)


def test_the_least_evidence_over_shared_shares_equals_a_search_by_scipy_and_is_never_above() -> None:
    generator = np.random.default_rng(5)
    for bins, reference_rows, rows in ((3, 50, 80), (6, 5000, 900), (12, 10_000, 20_000)):
        shares = generator.dirichlet(np.full(bins, 0.7))
        one = generator.multinomial(reference_rows, shares)
        other = generator.multinomial(rows, generator.dirichlet(200 * shares + 0.1))
        m0, m1 = rates.tuned_strengths(reference_rows, dimensions=bins - 1)

        def evidence(
            q: np.ndarray, one: np.ndarray = one, other: np.ndarray = other, m: tuple[float, float] = (m0, m1)
        ) -> float:
            made = 0.0
            for seen, strength in zip((one, other), m, strict=True):
                kept = seen > 0
                rising = special.gammaln(strength * q[kept] + seen[kept]) - special.gammaln(strength * q[kept])
                made += (rising - seen[kept] * np.log(q[kept])).sum()
                made -= special.gammaln(strength + seen.sum()) - special.gammaln(strength)
            return float(made)

        def of_logs(x: np.ndarray, evidence: object = evidence) -> float:
            return float(evidence(special.softmax(x)))  # type: ignore[operator]

        start = np.log((one + other + 0.5) / (one + other + 0.5).sum())
        least = optimize.minimize(of_logs, start, method="BFGS", options={"gtol": 1e-7}).fun
        found = histograms.same_shares_log_e(one.tolist(), other.tolist())
        assert found == pytest.approx(least, abs=1e-3)
        assert found <= least + 1e-7


def test_derivatives_of_log_gamma_equal_those_of_scipy() -> None:
    for x in (1e-6, 0.3, 1.0, 9.99, 55.5, 1e7):
        assert sequence_kernels.digamma(x) == pytest.approx(float(special.digamma(x)), rel=1e-11, abs=1e-11)
        assert sequence_kernels.trigamma(x) == pytest.approx(float(special.polygamma(1, x)), rel=1e-11)


def test_total_variation_within_the_threshold_is_no_evidence_and_above_it_is() -> None:
    reference = [10_000] * 10
    small = [10_300] * 5 + [9_700] * 5  # 1.5 % of rows moved
    large = [11_500] * 5 + [8_500] * 5  # 7.5 %
    assert histograms.total_variation_log_e(reference, small, within=0.02, ordered=True) < 0
    assert histograms.total_variation_log_e(reference, large, within=0.02, ordered=True) > LIMIT
    assert 0.05 < histograms.moved_share_at_least(reference, large, ordered=True) < 0.075
    where = histograms.set_log_e(reference, large, within=0.02, ordered=True)
    assert max(where, key=lambda bins: where[bins]) == range(5)


def test_a_set_of_bins_and_its_complement_count_once() -> None:
    sets = [frozenset(bins) for bins in histograms.bin_sets(6, ordered=True)]
    whole = frozenset(range(6))
    assert len({min(one, whole - one, key=sorted) for one in sets}) == len(sets) == 9
    assert histograms.bin_sets(2, ordered=True) == [range(1)]


def test_no_pair_of_histograms_with_this_psi_has_a_larger_total_variation() -> None:
    generator = np.random.default_rng(11)
    for _ in range(400):
        p, q = generator.dirichlet(np.full(5, 2.0)), generator.dirichlet(np.full(5, 2.0))
        psi = float(((p - q) * np.log(p / q)).sum())
        assert abs(p - q).sum() / 2 <= histograms.total_variation_for_psi(psi) + 1e-9
    p, q = 0.55, 0.45
    assert histograms.total_variation_for_psi(2 * (p - q) * math.log(p / q)) == pytest.approx(0.1)


def test_the_betting_sequence_equals_that_of_ville() -> None:
    """Limits of ville 0.1.0, BettingCS(alpha=0.05, intersect=False, grid=10000), rounded outwards to our thousandths."""
    published = {
        "binary": [(0.07841, 0.80578), (0.17202, 0.44304), (0.23392, 0.34533), (0.24562, 0.33073)],
        "cubes": [(0.04610, 0.62056), (0.16982, 0.33724), (0.21672, 0.28063), (0.22442, 0.27293)],
    }
    for name, values in (("binary", BINARY), ("cubes", CUBES)):
        found = means.betting_interval(values, [10, 100, 1000, 2000], bounds=(0, 1))
        for ours, theirs in zip(found, published[name], strict=True):
            assert theirs[0] - 0.0021 <= ours[0] <= theirs[0] + 0.0002
            assert theirs[1] - 0.0002 <= ours[1] <= theirs[1] + 0.0021


def test_bets_from_sums_never_win_more_than_bets_on_the_rows() -> None:
    """Fan's inequality, row by row: the capital from sums is a floor under capital that was really bet."""
    values = np.array(CUBES)
    seen = Moments(len(values), float(values.sum()), float((values**2).sum()))
    for mean in (0.1, 0.2, 0.25, 0.4):
        for sign in (1, -1):
            sizes = means._bets(10_000, 0.05)
            real = [share + np.log1p(sign * size * (values - mean)).sum() for size, share in sizes]
            assert means._bets_log_e(seen, mean, sizes, sign) <= special.logsumexp(real) + 1e-9


def test_the_bounded_mean_of_other_units_is_the_same_interval() -> None:
    values = np.array(CUBES)
    plain = means.bounded_mean_interval(Moments(2000, values.sum(), (values**2).sum()), bounds=(0, 1))
    other = 100 * values - 30
    scaled = means.bounded_mean_interval(Moments(2000, other.sum(), (other**2).sum()), bounds=(-30, 70))
    assert scaled == pytest.approx([100 * end - 30 for end in plain], abs=1e-6)
    assert plain[0] < values.mean() < plain[1]


def test_an_interval_excludes_exactly_what_the_evidence_excludes() -> None:
    values = np.array(CUBES)
    seen = Moments(2000, float(values.sum()), float((values**2).sum()))
    reference = Moments(5000, 1300.0, 700.0)
    low, high = means.mean_difference_interval(reference, seen) or (0, 0)
    for end in (low, high):
        shifted = Moments(2000, seen.total - 2000 * end, seen.squares - 2 * end * seen.total + 2000 * end**2)
        assert means.mean_difference_log_e(reference, shifted) == pytest.approx(LIMIT, abs=1e-9)
    bounded = means.bounded_mean_interval(seen, bounds=(0, 1))
    assert means.bounded_mean_log_e(seen, bounded[0], bounds=(0, 1)) >= LIMIT - 1e-6


def test_an_invariant_ratio_does_not_depend_on_where_both_means_lie() -> None:
    one, other = Moments(1000, 200.0, 300.0), Moments(500, 120.0, 160.0)
    moved = [Moments(s.rows, s.total + 5 * s.rows, s.squares + 10 * s.total + 25 * s.rows) for s in (one, other)]
    assert means.mean_difference_log_e(*moved) == pytest.approx(means.mean_difference_log_e(one, other), abs=1e-8)


def test_no_rows_are_no_evidence() -> None:
    nothing = Moments(0, 0.0, 0.0)
    assert rates.rate_log_e((0, 0), 0.2, strength=10.0) == 0
    assert rates.difference_log_e((20, 100), (0, 0), strengths=(100.0, 10.0)) <= 0
    assert histograms.same_shares_log_e([5, 5], [0, 0]) == 0
    assert means.bounded_mean_log_e(nothing, 0.3, bounds=(0, 1)) == pytest.approx(0)
    assert means.bounded_mean_interval(nothing, bounds=(0, 1)) == (0, 1)
    assert means.asymptotic_mean_log_e(nothing, 0.3) == 0
    assert means.asymptotic_mean_interval(nothing) is None
    assert means.mean_difference_log_e(Moments(10, 1.0, 5.0), nothing) == 0
    look = watching.watch_rate([(0, 0)], target=0.2, within=0.01)[0]
    assert (look.value, look.low, look.high, look.alarm, look.fixed_p) == (None, 0, 1, False, None)


def test_a_row_where_none_can_be_is_infinite_evidence() -> None:
    assert rates.rate_log_e((1, 100), 0.0, strength=10.0) == math.inf
    assert histograms.known_shares_log_e([5, 5, 1], [0.5, 0.5, 0.0], strength=5.0) == math.inf
    look = watching.watch_rate([(1, 100)], target=0.0, within=0.0)[0]
    assert json.loads(json.dumps(look.as_json(), allow_nan=False))["e_value"] == math.exp(690)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: rates.rate_log_e((5, 4), 0.2, strength=1.0),
        lambda: rates.rate_log_e((-1, 4), 0.2, strength=1.0),
        lambda: rates.rate_log_e((1, 4), 1.2, strength=1.0),
        lambda: rates.rate_interval((1, 4), alpha=0, strength=1.0),
        lambda: rates.rate_log_e((1, 4), 0.2, strength=0.0),
        lambda: rates.difference_log_e((1, 4), (1, 4), within=-0.1, strengths=(1.0, 1.0)),
        lambda: histograms.same_shares_log_e([1, 2], [1, 2, 3]),
        lambda: histograms.same_shares_log_e([0, 0], [1, 2]),
        lambda: histograms.known_shares_log_e([1, 2], [0.5, 0.6], strength=1.0),
        lambda: means.betting_interval([0.5, 1.5], [2], bounds=(0, 1)),
        lambda: means.bounded_mean_interval(Moments(1, 0.5, 0.25), bounds=(1, 1)),
        lambda: rates.average_log_e([]),
    ],
)
def test_counts_that_contradict_themselves_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="needed"):
        wrong()  # type: ignore[operator]


def test_merged_windows_give_the_same_look() -> None:
    windows = [(210, 1000), (190, 900), (260, 1100), (250, 1000)]
    merged = [(400, 1900), (510, 2100)]
    apart = watching.watch_difference(windows, reference=(2000, 10_000), within=0.01)
    together = watching.watch_difference(merged, reference=(2000, 10_000), within=0.01)
    for two, one in zip(apart[1::2], together, strict=True):
        assert (two.rows, two.value, two.log_e, two.fixed_p) == (one.rows, one.value, one.log_e, one.fixed_p)
        assert one.low is not None
        assert two.low is not None
        assert one.low <= two.low


def test_the_running_interval_only_narrows_and_the_alarm_stays() -> None:
    generator = np.random.default_rng(3)
    found = watching.watch_rate(
        [(int(k), 500) for k in generator.binomial(500, 0.26, 40)], target=0.2, within=0.02, rows=5000
    )
    for before, after in itertools.pairwise(found):
        assert before.low is not None
        assert before.high is not None
        assert after.low is not None
        assert after.high is not None
        assert before.low <= after.low <= after.high <= before.high
        assert after.alarm >= before.alarm
        assert before.since in {None, after.since}
    assert found[-1].alarm
    since = found[-1].since
    assert since is not None
    assert found[since - 1].log_e >= LIMIT > found[since - 2].log_e


def test_a_rate_that_turned_leaves_no_value_that_agrees_with_all_looks() -> None:
    found = watching.watch_rate([(100, 1000), (5000, 6000)], target=0.2, within=0.02)
    assert (found[-1].low, found[-1].high) == (None, None)


def test_looks_say_what_a_single_test_would_have_said() -> None:
    windows = [[int(n) for n in np.random.default_rng(i).multinomial(1000, [0.25] * 4)] for i in range(3)]
    found = watching.watch_histogram(windows, reference=[2500, 2450, 2550, 2500], within=0.02, ordered=True)
    total = np.sum(windows, axis=0)
    expected = stats.chi2_contingency([[2500, 2450, 2550, 2500], total], correction=False).pvalue
    assert found[-1].fixed_p == pytest.approx(float(expected), abs=1e-10)
    assert found[-1].high is None
    assert set(found[-1].as_json()) == {
        "look", "rows", "value", "low", "high", "alpha", "e_value", "alarm", "since", "fixed_p", "fixed_alarm",
    }  # fmt: skip


def test_fixed_tests_equal_scipy() -> None:
    for freedom in (1, 2, 3, 10, 31):
        for statistic in (0.1, 5.0, 40.0, 400.0):
            expected = float(stats.chi2.sf(statistic, freedom))
            assert fixed_tests.chi_square_tail(statistic, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-300)
    pooled = stats.chi2_contingency([[200, 800], [260, 740]], correction=False).pvalue
    assert fixed_tests.difference_p((200, 1000), (260, 1000)) == pytest.approx(float(pooled), abs=1e-12)
    z = (0.26 - 0.2) / math.sqrt(0.2 * 0.8 / 1000)
    assert fixed_tests.rate_p((260, 1000), 0.2) == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)


def test_means_are_watched_with_and_without_bounds() -> None:
    parts = np.array(CUBES).reshape(20, 100)
    windows = [Moments(100, float(p.sum()), float((p**2).sum())) for p in parts]
    for found in (
        watching.watch_bounded_mean(windows, target=0.2, within=0.0, bounds=(0, 1), rows=2000),
        watching.watch_mean(windows, target=0.2, within=0.0, rows=2000),
        watching.watch_mean_difference(windows, reference=Moments(10_000, 2000.0, 1000.0), within=0.0, rows=2000),
    ):
        assert found[-1].rows == 2000
        assert found[-1].alarm
        assert found[-1].low is not None


def test_e_bh_equals_its_definition_by_brute_force() -> None:
    generator = np.random.default_rng(17)
    for _ in range(300):
        log_e = list(generator.normal(2, 3, generator.integers(1, 9)))
        size = len(log_e)
        # The largest set of hypotheses, all of whose e-values reach family / (alpha times its own size).
        best: set[int] = set()
        for chosen in itertools.chain.from_iterable(itertools.combinations(range(size), k) for k in range(size + 1)):
            if len(chosen) > len(best) and all(math.exp(log_e[i]) >= size / (0.1 * len(chosen)) for i in chosen):
                best = set(chosen)
        assert {i for i, out in enumerate(rates.e_benjamini_hochberg(log_e, alpha=0.1)) if out} == best
    ville = [math.log(e) for e in (30, 1, 70, 25, 60, 3)]
    assert rates.e_benjamini_hochberg(ville) == [False, False, True, False, True, False]  # ville 0.1.0, evalues.ebh
    assert rates.e_benjamini_hochberg([]) == []


def test_e_bh_keeps_the_share_of_false_discoveries_under_dependence() -> None:
    generator = np.random.default_rng(23)
    shares, found = [], 0
    for _ in range(400):
        common = generator.normal()  # all null streams lean the same way
        z = 0.8 * common + 0.6 * generator.normal(size=20)
        z[:5] += 6
        log_e = [float(v) * 3 - 4.5 for v in z]  # exp(3 z - 4.5) has mean 1 under the null
        out = np.array(rates.e_benjamini_hochberg(log_e, alpha=0.1))
        shares.append(out[5:].sum() / max(out.sum(), 1))
        found += int(out[:5].sum())
    assert np.mean(shares) <= 0.1
    assert found > 1000


def test_the_average_of_e_values_is_their_mean() -> None:
    assert rates.average_log_e([0.0, math.log(3)]) == pytest.approx(math.log(2))
    assert rates.average_log_e([1000.0, -math.inf]) == pytest.approx(1000 - math.log(2))
    assert rates.average_log_e([-math.inf]) == -math.inf
    assert rates.average_log_e([math.inf, 0.0]) == math.inf


def add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def test_the_average_over_starts_is_1_over_all_outcomes_and_finds_a_late_change() -> None:
    def log_e(seen: tuple[int, int]) -> float:
        return rates.rate_log_e(seen, 0.3, strength=4.0)

    outcomes = itertools.product(range(4), repeat=3)  # three windows of three rows
    mean = math.fsum(
        math.exp(rates.log_e_over_starts([(k, 3) for k in ks], add=add, log_e=log_e))
        * math.prod(stats.binom.pmf(k, 3, 0.3) for k in ks)
        for ks in outcomes
    )
    assert mean == pytest.approx(1, abs=1e-10)
    late = [(300, 1000)] * 40 + [(360, 1000)] * 2
    assert log_e((42 * 300 + 120, 42_000)) < LIMIT < rates.log_e_over_starts(late, add=add, log_e=log_e)


def test_a_family_names_its_alarms_at_each_look() -> None:
    quiet = watching.watch_rate([(200, 1000)] * 4, target=0.2, within=0.02)
    loud = watching.watch_rate([(300, 1000)] * 4, target=0.2, within=0.02)
    found = watching.family_alarms({"a": quiet, "b": loud, "c": quiet})
    assert found[-1] == ["b"]
    with pytest.raises(ValueError, match="zip"):
        watching.family_alarms({"a": quiet, "b": loud[:2]})
