"""Significance of the difference of two shares, also while some trials are open."""

from dataclasses import dataclass
from math import erfc, sqrt

from getsms_core.base.states import Figures

FEW_EXPECTED = 100  # expected messages in a cell; with fewer the exact test is used
Share = tuple[int, int]
"""Successes and trials."""


@dataclass(frozen=True)
class Trials:
    """Successes of finished trials, and the lowest and highest share that the `waiting` trials allow."""

    now: Share
    least: Share
    most: Share
    waiting: int = 0

    @classmethod
    def ended(cls, successes: int, trials: int) -> "Trials":
        """Return trials without open ones."""
        return cls(*((successes, trials),) * 3)

    @classmethod
    def of(cls, figures: Figures) -> "Trials":
        """Return delivered messages of those with a final status; messages that wait for a receipt are open trials.
        Messages counted as sent are none: they get no receipt."""
        delivered, waiting = figures.delivered, figures.waiting
        final = figures.settled + waiting
        return cls((delivered, figures.settled), (delivered, final), (delivered + waiting, final), waiting)


@dataclass(frozen=True)
class Comparison:
    """Two shares and the p-value of their difference (0 to 1)."""

    one: Share
    other: Share
    p: float


def comparison(one: Trials, other: Trials) -> Comparison | None:
    """Compare two shares. While trials are open, compare the lowest possible value of the greater with the highest
    possible value of the other, so that no later result can reverse it; None if they could still be equal or one
    is empty."""
    if not (one.waiting or other.waiting):
        shares = (one.now, other.now)
    elif _greater(one.least, other.most):
        shares = (one.least, other.most)
    elif _greater(other.least, one.most):
        shares = (one.most, other.least)
    else:
        return None
    p = p_value(*shares)
    return None if p is None else Comparison(*shares, p)


def _greater(one: Share, other: Share) -> bool:
    return one[0] * other[1] > other[0] * one[1]


def p_value(one: tuple[int, int], other: tuple[int, int]) -> float | None:
    """Return the p-value of the difference of two shares (successes, trials); None if one is empty. Fisher's exact
    test if few are expected in a cell: there the normal approximation reports differences that are chance, for
    example 50 of 50 against 46 of 50."""
    (a, n), (b, m) = one, other
    if n == 0 or m == 0:
        return None
    pooled = (a + b) / (n + m)
    if min(n, m) * min(pooled, 1 - pooled) < FEW_EXPECTED:
        return _fisher(a, n, b, m)
    return erfc(abs(a / n - b / m) / sqrt(2 * pooled * (1 - pooled) * (1 / n + 1 / m)))


def _fisher(a: int, n: int, b: int, m: int) -> float:
    """Return the probability of all tables with these margins that are at most as likely as this one; each is
    computed from the previous one."""
    least = max(0, a + b - m)
    likely, at = [1.0], 1.0
    for x in range(least, min(n, a + b)):
        at *= (n - x) * (a + b - x) / ((x + 1) * (m - a - b + x + 1))
        if at > 1e250:
            likely, at = [probability / 1e250 for probability in likely], at / 1e250
        likely.append(at)
    bound = likely[a - least] * (1 + 1e-9)
    return min(1.0, sum(probability for probability in likely if probability <= bound) / sum(likely))
