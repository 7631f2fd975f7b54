"""Detect drops of the delivery rate against the usual rate of the same number range at the same hour of the day.

Real rates scatter more than a binomial distribution (a cell tower, a holiday), so the usual scatter between days and
hours is measured with the rate (the intra-class correlation of a beta-binomial distribution, by moments).

The worker checks every quarter of an hour, and pages check at any time, so `CHANCE` bounds the probability of a false
alarm in a whole day of checks, over all ranges and hours. The last 24 hours differ at every check: all checks of a day
raise 6 to 20 times as many false alarms as one check. A single past hour is the same at every check. Each check gets
its share of the probability accordingly. Simulated with a check every hour, at most 1.6 % of normal days had an alarm;
a test counts them. The price: a drop of 15 points in one range is found by the end of its day in 98 of 100 cases if
days scatter by 0.003, in 70 if they scatter by 0.006.

A drop of all ranges together has its own share: it shows in their sum even if each range has too few messages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from getsms_core.reports.filters import HOUR
from getsms_core.reports.rollup_queries import range_name

HOUR_MS = HOUR * 1000
WINDOW = 24  # hours that are judged
USUAL_DAYS = 28
CHANCE = 0.03
CHANCE_A_LOOK, CHANCE_OF_HOURS = CHANCE / 25, CHANCE / 5  # of the last 24 hours (ranges and sum), of single hours
ENOUGH, ENOUGH_USUAL, ENOUGH_DAYS = 50, 300, 5  # settled messages now, settled messages before, days before
ENOUGH_HOUR = 30  # settled messages in an hour that is judged by itself
LEAST_FALL, LEAST_HOUR_FALL = 0.05, 0.15
LEAST_SCATTER = 0.002  # few days may scatter less than usual by chance
SHRINK = 200  # pseudo-messages at the range's own rate, added to each hour's usual rate
OPEN_SHARE = 0.1  # a cell with a larger share of waiting messages is not judged yet
Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


class Kind(StrEnum):
    """The kinds of delivery problems."""

    FALL = "fall"
    RECEIPTS = "receipts-stopped"
    REFUSALS = "refusals"


@dataclass(frozen=True)
class Degradation:
    """A delivery problem since an instant (UTC ms). FALL: `messages` of these number ranges (of all, if none is
    named) have a final status, the share `rate` is delivered, `usual` is the usual share. RECEIPTS: `messages`
    wait although their receipts would usually have arrived. REFUSALS: `messages` is the number of refused
    requests, with the reason."""

    kind: Kind
    since: int
    ranges: tuple[str, ...] = ()
    messages: int = 0
    rate: float | None = None
    usual: float | None = None
    code: str = ""
    reason: str = ""


def falls(cells: pd.DataFrame, now: int) -> list[Degradation]:
    """Return the drops of the rate in the last day. `cells` has one row per hour since 1970 and range: hour, range,
    delivered, settled, waiting. Ranges that dropped together are one finding; their sum is reported if no single
    range dropped."""
    begin = now // HOUR_MS + 1 - WINDOW
    counted = _Cells.of(cells)
    pooled = _pooled(counted, begin)
    looked = _LastDay.of(counted, begin)
    whole = None if pooled is None else _LastDay.of(pooled.cells, begin)
    degradations: list[Degradation] = []
    if looked is not None:
        fell, bad = looked.fell(CHANCE_A_LOOK / 2), looked.bad_hours()
        degradations = [looked.fall(row) for row in np.flatnonzero(fell).tolist()]
        if len(degradations) > 1 and fell.all():
            degradations = [_together(degradations)]
        for row in np.flatnonzero(~fell).tolist():
            degradations += [looked.worsening(row, hours) for hours in _runs(bad[row])]
    if not degradations and pooled and whole and whole.fell(CHANCE_A_LOOK / 2).all():
        degradations = [_in_fact(whole.fall(0), pooled)]
    return sorted(degradations, key=lambda each: -each.messages * ((each.usual or 0) - (each.rate or 0)))


class _Cells(NamedTuple):
    """The columns of `cells` as arrays: with pandas a check took 12 ms of CPU, most of it per call and not per cell."""

    hour: Ints
    range: Ints
    delivered: Ints
    settled: Ints
    waiting: Ints

    @classmethod
    def of(cls, cells: pd.DataFrame) -> "_Cells":
        """Return the columns of a frame."""
        return cls(*cells[list(cls._fields)].to_numpy(np.int64).T)

    @property
    def judged(self) -> Any:
        """Which cells can be judged: few of their messages still wait for a final status."""
        return (self.settled > 0) & (self.waiting <= OPEN_SHARE * (self.settled + self.waiting))


class _Pooled(NamedTuple):
    """All ranges as one: its cells, the real count of delivered messages of each, and by how many it was shifted."""

    cells: _Cells
    arrived: Any
    moved: Any


def _pooled(cells: _Cells, begin: int) -> _Pooled | None:
    """Return all ranges as one, to detect a drop everywhere when each range has too few messages. Each range is
    first shifted to the level of all, so that a day with most messages to a range that is always worse is not a drop.
    Ranges with few messages share a level; a range with too little history has no usual rate and is left out; None
    where all are."""
    first = begin - USUAL_DAYS * 24
    ranges, row = np.unique(cells.range, return_inverse=True)
    before = (cells.hour >= first) & (cells.hour < begin) & (cells.settled > 0)
    x, n = (np.bincount(row[before], counts[before], len(ranges)) for counts in (cells.delivered, cells.settled))
    has_day = np.zeros((len(ranges), USUAL_DAYS), np.bool_)
    has_day[row[before], (cells.hour[before] - first) // 24] = True
    known = (n >= ENOUGH) & (has_day.sum(1) >= ENOUGH_DAYS)
    if not known.any():
        return None
    usual = x[known].sum() / n[known].sum()
    few = known & (n < ENOUGH_USUAL)
    x[few], n[few] = x[few].sum(), n[few].sum()
    level = np.divide(x, n, out=np.zeros_like(x), where=known)
    kept = known[row]
    hours, at = np.unique(cells.hour[kept], return_inverse=True)
    shift = cells.settled[kept] * (usual - level[row[kept]])
    arrived, settled, waiting, moved = (
        np.bincount(at, counts, len(hours))
        for counts in (cells.delivered[kept], cells.settled[kept], cells.waiting[kept], shift)
    )
    delivered = np.clip(np.round(arrived + moved), 0, settled)
    whole = (delivered.astype(np.int64), settled.astype(np.int64), waiting.astype(np.int64))
    return _Pooled(_Cells(hours, np.zeros_like(hours), *whole), arrived, moved)


def _in_fact(found: Degradation, pooled: _Pooled) -> Degradation:
    """Return a finding of all ranges with the unshifted rate, which the other figures show for these hours."""
    hours = (pooled.cells.hour * HOUR_MS >= found.since) & pooled.cells.judged
    settled = pooled.cells.settled[hours].sum()
    rate, moved = (float(counts[hours].sum() / settled) for counts in (pooled.arrived, pooled.moved))
    return replace(found, ranges=(), rate=rate, usual=(found.usual or 0) - moved)


@dataclass(eq=False)
class _LastDay:
    """One row per number range that can be judged: the hours of the last day, the usual rate of each hour and its
    scatter."""

    begin: int
    ranges: Ints
    delivered: Ints
    settled: Ints
    expected: Floats
    by_day: Floats
    by_hour: Floats
    usual_messages: Ints
    days: Ints

    @classmethod
    def of(cls, cells: _Cells, begin: int) -> "_LastDay | None":
        """Return the day from the hour `begin`; None if no range has enough messages in that day and before."""
        first = begin - USUAL_DAYS * 24
        judged = cells.judged & (cells.hour >= first) & (cells.hour < begin + WINDOW)
        ranges, row = np.unique(cells.range[judged], return_inverse=True)
        day, at = np.divmod(cells.hour[judged] - first, 24)  # each column is one hour of the day
        all_x, all_n = np.zeros((2, len(ranges), USUAL_DAYS + 1, 24), np.int64)
        all_x[row, day, at], all_n[row, day, at] = cells.delivered[judged], cells.settled[judged]
        before = all_n[:, :-1]
        enough = (all_n[:, -1].sum(1) >= ENOUGH) & (before.sum((1, 2)) >= ENOUGH_USUAL)
        enough &= (before.sum(2) > 0).sum(1) >= ENOUGH_DAYS
        if not enough.any():
            return None
        x, n = all_x[enough, :-1], all_n[enough, :-1]
        messages = n.sum((1, 2))
        usual = (x.sum((1, 2)) / messages)[:, None]
        p = np.clip((x.sum(1) + SHRINK * usual) / (n.sum(1) + SHRINK), 0.005, 0.995)
        short, spread = n * p[:, None] - x, n * (p * (1 - p))[:, None]
        flat = (len(n), -1)
        by_hour = _scatter(short.reshape(flat), spread.reshape(flat), n.reshape(flat))
        by_day = _scatter(short.sum(2), spread.sum(2), n.sum(2))
        last_x, last_n = all_x[enough, -1], all_n[enough, -1]
        return cls(begin, ranges[enough], last_x, last_n, last_n * p, by_day, by_hour,
                   messages, (n.sum(2) > 0).sum(1))  # fmt: skip

    def fell(self, chance: float) -> Any:
        """Return the ranges whose whole day is too many deviations below the usual rate; `chance` is the probability
        of a false alarm."""
        x, n, expected = self.delivered.sum(1), self.settled.sum(1), self.expected.sum(1)
        scatter = 1 + (n - 1) * self.by_day
        known = n / self.usual_messages * (1 + (self.usual_messages / self.days - 1) * self.by_day)
        bar = _few(NormalDist().inv_cdf(1 - chance / len(n)), self.days - 1)
        return (expected - x >= LEAST_FALL * n) & (_below(x, expected, n, (scatter + known) / n) > bar)

    def bad_hours(self) -> Any:
        """Return the single hours that far below the usual rate: one row per range."""
        looked = self.settled >= ENOUGH_HOUR
        n = np.maximum(self.settled, 1)
        scatter = (1 + (n - 1) * (self.by_hour + self.by_day)[:, None]) / n
        bar = _few(NormalDist().inv_cdf(1 - CHANCE_OF_HOURS / max(1, looked.sum())), self.days - 1)
        steep = self.expected - self.delivered >= LEAST_HOUR_FALL * n
        return looked & steep & (_below(self.delivered, self.expected, n, scatter) > bar[:, None])

    def fall(self, row: int) -> Degradation:
        """Return the drop of a range, from the hour since which the deviations add up to the most."""
        sent = np.flatnonzero(self.settled[row])
        short, n = (self.expected - self.delivered)[row, sent], self.settled[row, sent]
        slack = short - n * (short.sum() / n.sum() / 2)
        since = int(sent[np.argmax(np.cumsum(slack[::-1])[::-1])])
        return self.worsening(row, slice(since, None))

    def worsening(self, row: int, hours: slice) -> Degradation:
        """Return these hours of a range as a finding."""
        n = int(self.settled[row, hours].sum())
        rate, usual = (float(counts[row, hours].sum()) / n for counts in (self.delivered, self.expected))
        since = (self.begin + hours.start) * HOUR_MS
        return Degradation(Kind.FALL, since, (range_name(int(self.ranges[row])),), n, rate, usual)


def _runs(bad: Any) -> list[slice]:
    """Return runs of consecutive hours."""
    edges = np.flatnonzero(np.diff(bad, prepend=False, append=False))
    return [slice(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _below(delivered: Any, expected: Any, settled: Any, scatter: Any) -> Any:
    """Return how many standard deviations the rate is below the expected one, on the angular scale, where rates near
    1 are not skewed. `scatter` is the variance of a rate as a multiple of p (1 - p)."""
    usual, rate = (np.sqrt(np.clip(counts / settled, 0, 1)) for counts in (expected, delivered))
    return 2 * (np.arcsin(usual) - np.arcsin(rate)) / np.sqrt(scatter)


def _few(bar: float, degrees: Ints) -> Floats:
    """Return the threshold for a deviation whose scatter was measured on few days: Student's distribution, by the
    Cornish-Fisher expansion from the threshold of the normal one."""
    first = (bar**3 + bar) / 4
    second = (5 * bar**5 + 16 * bar**3 + 3 * bar) / 96
    return bar + first / degrees + second / degrees**2


def _scatter(short: Floats, spread: Floats, n: Ints) -> Any:
    """Return the intra-class correlation of each row of cells (0: binomial scatter), from the distances between the
    cells and their expected values."""
    share = np.divide(spread, n, out=np.ones_like(spread), where=n > 0)
    pairs = (n * (n - 1)).sum(1)
    return np.clip((short**2 / share - n).sum(1) / np.maximum(pairs, 1), LEAST_SCATTER, 0.5)


def _together(parts: Sequence[Degradation]) -> Degradation:
    n = sum(degradation.messages for degradation in parts)
    rate, usual = (
        sum(getattr(part, name) * part.messages for part in parts) / n for name in ("rate", "usual")
    )  # fmt: skip
    names = tuple(name for degradation in parts for name in degradation.ranges)
    return Degradation(Kind.FALL, min(degradation.since for degradation in parts), names, n, rate, usual)
