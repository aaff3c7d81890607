"""The noncentral chi-square distribution, and the noncentralities that a statistic does not speak against."""

from __future__ import annotations

import math

from consilience.measure.native.kernel import kernel

NEGLIGIBLE = 1e-18
FROM_HERE_STIRLING = 30.0
STEPS = 60
CLOSE = 1e-13
NORMAL_QUANTILE = 1.959963984540054


@kernel("float64, float64 -> float64")
def power_density(a: float, y: float) -> float:
    """y^a e^-y / gamma(a + 1) for a multiple a of one half from 0 on: the chance of a where it is whole (Loader 2000)."""
    if a >= FROM_HERE_STIRLING:
        away = (y - a) / a
        square = a * a
        rest = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / a
        return math.exp(-rest - a * (away - math.log1p(away))) / math.sqrt(2 * math.pi * a)
    made = math.exp(-y)
    while a >= 1.0:
        made *= y / a
        a -= 1.0
    return made * math.sqrt(y) * 2 / math.sqrt(math.pi) if a > 0 else made


@kernel("float64, float64 -> float64")
def incomplete_gamma(a: float, y: float) -> float:
    """The regularised lower incomplete gamma function for a multiple a of one half above 0, and y above 0."""
    if y < a + 1:
        term, total, above = 1.0, 1.0, a + 1
        while term > NEGLIGIBLE * total:
            term *= y / above
            total += term
            above += 1
        return min(power_density(a, y) * total, 1.0)
    rest = 0.0
    a -= 1.0
    if a >= 0:
        term = power_density(a, y)
        while a >= 0 and term > NEGLIGIBLE * rest:
            rest += term
            term *= a / y
            a -= 1.0
    if a == -0.5:  # the sum went down to a = 1/2
        rest += math.erfc(math.sqrt(y))
    return max(1.0 - rest, 0.0)


@kernel("float64, float64, float64 -> float64, float64")
def below(statistic: float, freedom: float, noncentrality: float) -> tuple[float, float]:
    """The chance of at most this statistic, and its slope in the noncentrality.

    A mean of central distributions with freedom + 2j degrees over the Poisson distribution of j, from its middle outwards.
    """
    y, mean = statistic / 2, noncentrality / 2
    middle = math.floor(mean)
    a = freedom / 2 + middle
    weight, density, chance = power_density(middle, mean), power_density(a, y), incomplete_gamma(a, y)
    if mean == 0:
        return chance, -density / 2
    total, slope = 0.0, 0.0
    w, g, p, j = weight, density, chance, middle
    while w > NEGLIGIBLE:
        total += w * p
        slope += w * g
        p = max(p - g, 0.0)
        g *= y / (freedom / 2 + j + 1)
        j += 1
        w *= mean / j
    w, g, p, j = weight, density, chance, middle
    while j > 0:
        w *= j / mean
        g *= (freedom / 2 + j) / y
        p = min(p + g, 1.0)
        j -= 1
        if w < NEGLIGIBLE:
            break
        total += w * p
        slope += w * g
    return total, -slope / 2


@kernel("float64, float64, float64 -> float64")
def noncentrality_at(statistic: float, freedom: float, tail: float) -> float:
    """The noncentrality at which the chance of at most this statistic is `tail`; 0 where it is less than that at once."""
    if below(statistic, freedom, 0.0)[0] <= tail:
        return 0.0
    quantile = -NORMAL_QUANTILE if tail > 0.5 else NORMAL_QUANTILE
    found = max(statistic - freedom + quantile * math.sqrt(2 * freedom + 4 * statistic), 1.0)
    low, high = 0.0, found
    while below(statistic, freedom, high)[0] > tail:
        low, high = high, 2 * high
    for _ in range(STEPS):
        chance, slope = below(statistic, freedom, found)
        if chance > tail:
            low = found
        else:
            high = found
        following = found - (chance - tail) / slope
        if not low < following < high:  # Newton's step leads outside: halve
            following = (low + high) / 2
        if abs(following - found) <= CLOSE * following:
            return following
        found = following
    return found
