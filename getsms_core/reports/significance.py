"""Whether two shares differ by more than chance, also while some of the trials are still open."""

from dataclasses import dataclass
from math import erfc, sqrt

from getsms_core.base.states import Figures

FEW_EXPECTED = 100  # expected messages in a cell; with fewer the exact test is used
Share = tuple[int, int]
"""Successes and trials."""


@dataclass(frozen=True)
class Trials:
    """Successes of trials: those that have ended, and the least and the greatest share that the `waiting` allow."""

    now: Share
    least: Share
    most: Share
    waiting: int = 0

    @classmethod
    def ended(cls, successes: int, trials: int) -> "Trials":
        """Trials of which none is open."""
        return cls(*((successes, trials),) * 3)

    @classmethod
    def of(cls, figures: Figures) -> "Trials":
        """Delivered of the messages with a final status; those that wait for a receipt are open."""
        delivered, sent, waiting = figures.delivered, figures.sent, figures.waiting
        return cls((delivered, figures.settled), (delivered, sent), (delivered + waiting, sent), waiting)


@dataclass(frozen=True)
class Comparison:
    """Two shares, and the chance (0 to 1) that they differ so much though they are the same."""

    one: Share
    other: Share
    p: float


def comparison(one: Trials, other: Trials) -> Comparison | None:
    """Two shares compared. While trials are open it takes the least of the greater and the most of the other, so that
    nothing that comes later can overturn it; None where the two could still meet, and where one is empty."""
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
    """The chance that two shares (successes, trials) differ so much though they are the same; None where one is
    empty. Exact (R. A. Fisher) where few are expected in a cell: the normal approximation sees differences there that
    are chance, 50 of 50 against 46 of 50 for one."""
    (a, n), (b, m) = one, other
    if n == 0 or m == 0:
        return None
    pooled = (a + b) / (n + m)
    if min(n, m) * min(pooled, 1 - pooled) < FEW_EXPECTED:
        return _fisher(a, n, b, m)
    return erfc(abs(a / n - b / m) / sqrt(2 * pooled * (1 - pooled) * (1 / n + 1 / m)))


def _fisher(a: int, n: int, b: int, m: int) -> float:
    """The chance of all tables with these margins that are no likelier than this one, each from the one before."""
    least = max(0, a + b - m)
    likely, at = [1.0], 1.0
    for x in range(least, min(n, a + b)):
        at *= (n - x) * (a + b - x) / ((x + 1) * (m - a - b + x + 1))
        if at > 1e250:
            likely, at = [probability / 1e250 for probability in likely], at / 1e250
        likely.append(at)
    bound = likely[a - least] * (1 + 1e-9)
    return min(1.0, sum(probability for probability in likely if probability <= bound) / sum(likely))
