"""Intervals of a delivery rate: the 95% confidence interval, or the bounds of the final rate while messages wait
for receipts."""

from math import sqrt

from getsms_core.base.formatting import number, percent
from getsms_core.base.i18n import _, ngettext
from getsms_core.base.states import Figures

Z = 1.959964  # 95 % of a normal distribution


def wilson(successes: int, trials: int, z: float = Z) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a share (E. B. Wilson, 1927), valid for few trials too; None without trials. Another
    `z` (of a normal distribution) gives another confidence."""
    if trials == 0:
        return None, None
    share, z2 = successes / trials, z * z
    centre = share + z2 / (2 * trials)
    reach = z * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    scale = 1 + z2 / trials
    # Rounding errors at the edges would be shown as 0.0 % and 100.0 %.
    low = (centre - reach) / scale if successes else 0.0
    high = (centre + reach) / scale if successes < trials else 1.0
    return low, high


def difference(one: tuple[int, int], other: tuple[int, int], z: float = Z) -> tuple[float, float, float]:
    """Return the difference of two shares (successes, trials), both with trials, and its 95 % interval (R. G. Newcombe,
    1998, method 10): the intervals of the shares, combined. It holds for shares of 0 and 1 too."""
    share, other_share = one[0] / one[1], other[0] / other[1]
    (low, high), (other_low, other_high) = _bounds(*one, z), _bounds(*other, z)
    below = sqrt((share - low) ** 2 + (other_high - other_share) ** 2)
    above = sqrt((high - share) ** 2 + (other_share - other_low) ** 2)
    lift = share - other_share
    return lift, max(-1.0, lift - below), min(1.0, lift + above)


def _bounds(successes: int, trials: int, z: float) -> tuple[float, float]:
    low, high = wilson(successes, trials, z)
    return (0.0, 1.0) if low is None or high is None else (low, high)


def interval(figures: Figures) -> tuple[float | None, float | None]:
    """Return the interval of the delivery rate, 0 to 1: while messages wait for receipts, its bounds (all fail, all
    are delivered), else the 95 % interval. Failures arrive last, so the 95 % interval of the receipts so far
    would exclude the final rate. None if nothing was sent."""
    if not figures.waiting:
        return wilson(figures.delivered, figures.settled)
    final = figures.settled + figures.waiting  # messages counted as sent get no receipt and are in no rate
    return figures.delivered / final, (figures.delivered + figures.waiting) / final


def interval_in_words(figures: Figures) -> str:
    """Return the interval as a part of a sentence; "" if nothing was sent."""
    low, high = interval(figures)
    if low is None or high is None:
        return ""
    if not figures.waiting:
        return _("between {low} and {high} with 95% confidence").format(low=percent(low), high=percent(high))
    words = ngettext(
        "{n} message waits: {low} if it fails, {high} if it arrives",
        "{n} messages wait: {low} if all of them fail, {high} if all arrive",
        figures.waiting,
    )
    return words.format(n=number(figures.waiting), low=percent(low), high=percent(high))
