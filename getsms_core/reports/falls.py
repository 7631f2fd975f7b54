"""Falls of the delivery rate, judged against the usual rate of the same number range at the same hour of the day.

Rates of real days scatter more than dice do (a cell tower, a holiday), so the usual scatter from day to day and from
hour to hour is measured along with the rate (the intra-class correlation of a beta-binomial distribution, by moments).
All ranges share one chance of a false alarm, `CHANCE` a day, and all single hours another one; a test counts the alarms
on simulated history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from getsms_core.reports.cuts import range_name
from getsms_core.reports.question import HOUR

HOUR_MS = HOUR * 1000
WINDOW = 24  # hours that are judged
USUAL_DAYS = 28
CHANCE = 0.01
ENOUGH, ENOUGH_USUAL, ENOUGH_DAYS = 50, 300, 5  # settled messages now, settled messages before, days before
LEAST_FALL, LEAST_HOUR_FALL = 0.05, 0.15
LEAST_SCATTER = 0.002  # few days may look calmer than they are
SHRINK = 200  # messages at the range's own rate that each hour's usual rate is drawn to
OPEN_SHARE = 0.1  # a cell with more messages still waiting is not judged yet
Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


class Kind(StrEnum):
    """What got worse."""

    FALL = "fall"
    RECEIPTS = "receipts-stopped"
    REFUSALS = "refusals"


@dataclass(frozen=True)
class Worsening:
    """Something that got worse since an instant (UTC ms).

    FALL: of these number ranges, `messages` settled, of which `rate` arrived where `usual` is usual; RECEIPTS:
    `messages` wait whose receipts had come by now on other days; REFUSALS: `messages` requests refused, and why."""

    kind: Kind
    since: int
    ranges: tuple[str, ...] = ()
    messages: int = 0
    rate: float | None = None
    usual: float | None = None
    code: str = ""
    reason: str = ""


def falls(cells: pd.DataFrame, now: int, zone: tzinfo) -> list[Worsening]:
    """The falls of the rate in the last day. `cells` is a row an hour since 1970 and range: hour, range, delivered,
    settled, waiting. Ranges that fell together are one finding."""
    judged = cells[(cells["settled"] > 0) & (cells["waiting"] <= OPEN_SHARE * (cells["settled"] + cells["waiting"]))]
    begin = now // HOUR_MS + 1 - WINDOW
    ranges = [
        _Range.of(int(index), judged[judged["range"] == index], begin, zone) for index in judged["range"].unique()
    ]
    looked = [each for each in ranges if each is not None]
    if not looked:
        return []
    bar, hour_bar = (
        NormalDist().inv_cdf(1 - CHANCE / max(1, looks)) for looks in (len(looked), sum(each.hours for each in looked))
    )
    fallen = [each for each in looked if each.fell(bar)]
    found = [_together(fallen)] if len(fallen) > 1 and len(fallen) == len(looked) else [each.fall() for each in fallen]
    found += [hour for each in looked if each not in fallen for hour in each.bad_hours(hour_bar)]
    return sorted(found, key=lambda each: -each.messages * ((each.usual or 0) - (each.rate or 0)))


@dataclass(eq=False)
class _Range:
    """A number range: the cells of the last day against the usual of each cell, and how much that scatters."""

    index: int
    hour: Ints
    delivered: Ints
    settled: Ints
    expected: Floats
    by_day: float
    by_hour: float
    usual_messages: int
    days: int

    @classmethod
    def of(cls, index: int, part: pd.DataFrame, begin: int, zone: tzinfo) -> "_Range | None":
        """None where there is too little to judge, now or before."""
        part = part.sort_values("hour")
        hour, x, n = (part[name].to_numpy(np.int64) for name in ("hour", "delivered", "settled"))
        offset = datetime.fromtimestamp(begin * HOUR, UTC).astimezone(zone).utcoffset()
        local = hour + (int(offset.total_seconds()) // HOUR if offset else 0)
        now, before = hour >= begin, (hour < begin) & (hour >= begin - USUAL_DAYS * 24)
        days = np.unique((hour[before] - begin) // 24)
        if n[now].sum() < ENOUGH or n[before].sum() < ENOUGH_USUAL or len(days) < ENOUGH_DAYS:
            return None
        usual = x[before].sum() / n[before].sum()
        sums = [np.bincount(local[before] % 24, weights=each[before], minlength=24) for each in (x, n)]
        at_hour = np.clip((sums[0] + SHRINK * usual) / (sums[1] + SHRINK), 0.005, 0.995)
        p = at_hour[local % 24]
        expected, spread = n * p, n * p * (1 - p)
        by_hour = _scatter(x[before] - expected[before], spread[before], n[before])
        day = (hour[before] - begin) // 24 - days.min()
        short, dice, messages = (
            np.bincount(day, weights=each[before]).astype(np.float64) for each in (x - expected, spread, n)
        )
        by_day = _scatter(short[messages > 0], dice[messages > 0], messages[messages > 0])
        return cls(index, hour[now], x[now], n[now], expected[now], by_day, by_hour,
                   int(n[before].sum()), len(days))  # fmt: skip

    @property
    def hours(self) -> int:
        """How many single hours are looked at."""
        return int((self.settled >= ENOUGH).sum())

    def fell(self, bar: float) -> bool:
        """Whether the whole day lies so many deviations below the usual."""
        n, short = int(self.settled.sum()), float(self.expected.sum() - self.delivered.sum())
        scatter = 1 + (n - 1) * self.by_day
        known = n / self.usual_messages * (1 + (self.usual_messages / self.days - 1) * self.by_day)
        deviations = _below(self.delivered.sum(), self.expected.sum(), n, (scatter + known) / n)
        return short / n >= LEAST_FALL and float(deviations) > _few(bar, self.days - 1)

    def fall(self) -> Worsening:
        """The day's fall, from the hour on since which it adds up most."""
        short = self.expected - self.delivered
        slack = short - self.settled * (short.sum() / self.settled.sum() / 2)
        since = int(np.argmax(np.cumsum(slack[::-1])[::-1]))
        return self._worsening(slice(since, None))

    def bad_hours(self, bar: float) -> list[Worsening]:
        """Hours that lie that far below the usual by themselves; those that follow each other are one."""
        scatter = (1 + (self.settled - 1) * (self.by_hour + self.by_day)) / self.settled
        deviations = _below(self.delivered, self.expected, self.settled, scatter)
        short = self.expected - self.delivered
        steep = short >= LEAST_HOUR_FALL * self.settled
        bad = (self.settled >= ENOUGH) & (deviations > _few(bar, self.days - 1)) & steep
        found, start = [], None
        for i in range(len(bad) + 1):
            follows = i < len(bad) and bad[i] and (start is None or self.hour[i] == self.hour[i - 1] + 1)
            if start is not None and not follows:
                found.append(self._worsening(slice(start, i)))
                start = i if i < len(bad) and bad[i] else None
            elif follows and start is None:
                start = i
        return found

    def _worsening(self, cells: slice) -> Worsening:
        n = int(self.settled[cells].sum())
        rate, usual = (float(each[cells].sum()) / n for each in (self.delivered, self.expected))
        since = int(self.hour[cells][0]) * HOUR_MS
        return Worsening(Kind.FALL, since, (range_name(self.index),), n, rate, usual)


def _below(delivered: Any, expected: Any, settled: Any, scatter: Any) -> Any:
    """How many standard deviations the rate lies below the expected one, on the angular scale, on which rates near 1
    are not skewed. `scatter` is the variance of a rate as a multiple of p (1 - p)."""
    usual, rate = (np.sqrt(np.clip(each / settled, 0, 1)) for each in (expected, delivered))
    return 2 * (np.arcsin(usual) - np.arcsin(rate)) / np.sqrt(scatter)


def _few(bar: float, degrees: int) -> float:
    """A bar of the normal distribution for a deviation that was itself measured on a few days: Student's, by the
    expansion of Cornish and Fisher."""
    first = (bar**3 + bar) / 4
    second = (5 * bar**5 + 16 * bar**3 + 3 * bar) / 96
    return bar + first / degrees + second / degrees**2


def _scatter(
    short: Floats,
    spread: Floats,
    n: Floats,
) -> float:
    """How much messages of one cell share their fate (0: dice), from the cells' distances to what was expected."""
    pairs = float((n * (n - 1)).sum())
    if not pairs:
        return LEAST_SCATTER
    share = spread / n
    return float(np.clip(((short**2 / share - n).sum()) / pairs, LEAST_SCATTER, 0.5))


def _together(fallen: Sequence[_Range]) -> Worsening:
    parts = [each.fall() for each in fallen]
    n = sum(each.messages for each in parts)
    rate, usual = (
        sum(getattr(each, name) * each.messages for each in parts) / n for name in ("rate", "usual")
    )  # fmt: skip
    names = tuple(name for each in parts for name in each.ranges)
    return Worsening(Kind.FALL, min(each.since for each in parts), names, n, rate, usual)
