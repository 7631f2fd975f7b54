"""What got worse, on simulated history: how seldom it cries wolf, and how surely it sees one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from getsms_core import phone
from getsms_core.db.rollups import bucket_of
from getsms_core.reports.anomalies import CHANCE, HOUR_MS, Floats, Kind, falls
from getsms_core.reports.degradation import receipts_missing
from tests.effort import times

DAYS = 31
FIRST = 500_000 - DAYS * 24
END = 500_000 * HOUR_MS - 1  # the last instant of an hour
QUARTER_MS = HOUR_MS // 4
SENDING = slice(9, 21)  # the hours of a day in which something is sent
RANGES = 5
RATES = np.array([0.95, 0.92, 0.9, 0.86, 0.8])
DIURNAL = 0.03 * np.sin(np.arange(24) / 24 * 2 * np.pi)
"""A rate lies up to so much above or below the range's own, by the hour of the day."""


@dataclass
class History:
    """Days of cells, with the scatter of real ones: each day and each hour of a range has luck of its own. From
    `fall_hour` (of all hours) on, for `fall_hours`, one range's rate is `fall` lower."""

    seed: int
    a_day: int = 600
    day_scatter: float = 0.006
    hour_scatter: float = 0.01
    fall: float = 0.0
    fallen: int = 0
    fall_hour: int = (DAYS - 1) * 24
    fall_hours: int = 24

    def __post_init__(self) -> None:
        dice = np.random.default_rng(self.seed)
        luck = _beta(dice, np.repeat(RATES[:, None, None], DAYS, 1), self.day_scatter)
        by_day, n = np.zeros((RANGES, DAYS, 24)), np.zeros((RANGES, DAYS, 24, 4), np.int64)
        by_day[:, :, SENDING] = _beta(dice, np.clip(luck + DIURNAL[SENDING], 0.01, 0.99), self.hour_scatter)
        n[:, :, SENDING] = dice.poisson(self.a_day / 48, (RANGES, DAYS, 12, 4))
        rate = by_day.reshape(RANGES, -1)
        fallen = slice(self.fall_hour, self.fall_hour + self.fall_hours)
        rate[self.fallen, fallen] = np.maximum(0, rate[self.fallen, fallen] - self.fall)
        self.settled = n.reshape(RANGES, -1, 4)  # by range, hour and quarter of an hour
        self.delivered = dice.binomial(self.settled, rate[..., None])

    def cells(self, now: int = END) -> pd.DataFrame:
        """What is known at the end of a quarter of an hour."""
        hours, quarters = divmod((now + 1) // QUARTER_MS - FIRST * 4, 4)
        x, n = (
            np.concatenate([counts[:, :hours].sum(2), counts[:, hours : hours + 1, :quarters].sum(2)], 1).ravel()
            for counts in (self.delivered, self.settled)
        )
        index, hour = np.divmod(np.arange(len(x)), len(x) // RANGES)
        rows = np.column_stack([hour + FIRST, index, x, n, np.zeros_like(n)])
        return pd.DataFrame(rows[n > 0], columns=["hour", "range", "delivered", "settled", "waiting"])


def _beta(dice: np.random.Generator, rate: Floats, scatter: float) -> Floats:
    size = 1 / scatter - 1
    return dice.beta(rate * size, (1 - rate) * size)


def an_hour_apart() -> Iterator[int]:
    """Looks over the last day, each at another quarter of its hour, so that hours are judged half over as well."""
    for hour in range(24):
        yield END - (23 - hour) * HOUR_MS - hour % 4 * QUARTER_MS


@pytest.mark.parametrize("scatter", [0.0001, 0.006, 0.02])
def test_hardly_any_quiet_day_raises_an_alarm_in_all_its_looks(scatter: float) -> None:
    days = [History(seed, day_scatter=scatter, hour_scatter=1.5 * scatter) for seed in range(times(4))]
    alarms = sum(any(falls(day.cells(now), now) for now in an_hour_apart()) for day in days)
    assert alarms <= len(days) * CHANCE


def test_a_fall_of_fifteen_points_in_one_range_is_found_within_a_day() -> None:
    usual = [History(seed, day_scatter=0.003, hour_scatter=0.005, fall=0.15, fallen=1) for seed in range(times(16))]
    degradations = [falls(degradation.cells(), END) for degradation in usual]
    right = [degradation for degradation in degradations if degradation and degradation[0].ranges == (phone.RANGES[1],)]
    assert len(right) >= 0.9 * len(usual)
    for degradation in right:
        assert degradation[0].kind is Kind.FALL
        assert degradation[0].usual
        assert degradation[0].rate
        assert degradation[0].rate < degradation[0].usual - 0.05


def test_a_steep_fall_of_two_hours_is_found_within_two_hours() -> None:
    begin = (DAYS - 1) * 24 + 13
    looks = [(FIRST + begin) * HOUR_MS + quarter * QUARTER_MS - 1 for quarter in range(1, 9)]
    found_count, days = 0, times(16)
    for seed in range(days):
        steep = History(seed, day_scatter=0.003, hour_scatter=0.005, fall=0.4, fall_hour=begin, fall_hours=2)
        first = next((degradation for now in looks for degradation in falls(steep.cells(now), now)), None)
        found_count += first is not None and (first.since, first.ranges) == (
            looks[0] + 1 - QUARTER_MS,
            (phone.RANGES[0],),
        )
    assert found_count >= 0.9 * days


def test_it_is_dated_by_the_hour_from_which_it_adds_up() -> None:
    begins = []
    for seed in range(20):
        degradations = falls(History(seed, a_day=2400, fall=0.4, fall_hour=DAYS * 24 - 8).cells(), END)
        assert degradations
        begins.append((END - degradations[0].since) / HOUR_MS)
    assert np.median(begins) == pytest.approx(8, abs=1.1)  # 9 to 20 o'clock are sent in; END is at an hour's end


def test_one_bad_hour_is_found_though_the_day_as_a_whole_is_good() -> None:
    cells = History(3, a_day=1200).cells()
    last = cells[cells["range"] == 2].index[-3]
    cells.loc[last, "delivered"] = cells.loc[last, "settled"] * 4 // 10
    degradations = falls(cells, END)
    assert [degradation.since for degradation in degradations] == [int(cells.loc[last, "hour"]) * HOUR_MS]
    assert degradations[0].ranges == (phone.RANGES[2],)


def test_a_fall_everywhere_is_one_finding() -> None:
    cells = History(5).cells()
    recent = cells["hour"] > END // HOUR_MS - 24
    cells.loc[recent, "delivered"] = cells.loc[recent, "delivered"] * 6 // 10
    degradations = falls(cells, END)
    assert len(degradations) == 1
    assert set(degradations[0].ranges) == set(phone.RANGES[:RANGES])


def test_a_fall_everywhere_shows_in_the_sum_where_each_range_is_too_small_to_judge() -> None:
    degradations = []
    for seed in range(20):
        cells = History(seed, a_day=30, day_scatter=0.003, hour_scatter=0.005).cells()
        assert falls(cells, END) == []
        recent = cells["hour"] > END // HOUR_MS - 24
        cells.loc[recent, "delivered"] = cells.loc[recent, "delivered"] * 7 // 10
        degradations += falls(cells, END)
    assert len(degradations) >= 18
    assert {degradation.ranges for degradation in degradations} == {()}


def a_month(rates: dict[int, float], past: dict[int, int], today: dict[int, int]) -> pd.DataFrame:
    """Cells of the hours of sending in which exactly the usual share of each range arrived; `past` and `today` say how
    many messages of each range an hour has."""
    rows = []
    for day in range(DAYS):
        for hour in range(SENDING.start, SENDING.stop):
            for number_range, n in (today if day == DAYS - 1 else past).items():
                rows.append((FIRST + day * 24 + hour, number_range, round(n * rates[number_range]), n, 0))
    return pd.DataFrame(rows, columns=["hour", "range", "delivered", "settled", "waiting"])


def test_a_day_of_messages_to_a_range_that_is_always_worse_is_no_fall() -> None:
    rates = {1: 0.95, 2: 0.95, 3: 0.7}
    assert falls(a_month(rates, {1: 100, 2: 100, 3: 10}, {1: 20, 2: 20, 3: 200}), END) == []


def test_a_range_without_a_past_is_no_fall_of_all() -> None:
    rates = {1: 0.95, 2: 0.95, 3: 0.3}
    assert falls(a_month(rates, {1: 100, 2: 100}, {1: 100, 2: 100, 3: 100}), END) == []


def test_a_fall_of_all_is_told_with_the_rate_that_every_screen_has_of_it() -> None:
    rates = dict.fromkeys(range(4), 0.9) | {4: 0.5}
    cells = a_month(rates, dict.fromkeys(range(5), 10), {**dict.fromkeys(range(4), 1), 4: 3})
    recent = cells["hour"] > END // HOUR_MS - 24
    cells.loc[recent, "delivered"] = (cells["range"] % 2)[recent]
    [degradations] = falls(cells, END)
    hours = cells[recent & (cells["hour"] * HOUR_MS >= degradations.since)]
    assert degradations.ranges == ()
    assert degradations.messages == hours["settled"].sum()
    assert degradations.rate == hours["delivered"].sum() / hours["settled"].sum()
    assert degradations.usual is not None
    assert (
        abs(degradations.usual - (4 * 0.9 + 3 * 0.5) / 7) < 0.04
    )  # three of seven went to the range that is always worse


def test_the_usual_is_that_of_the_same_hour() -> None:
    """Nights are bad every night: that is no fall, though it is far below the day's rate."""
    dice = np.random.default_rng(1)
    rows = []
    for day in range(DAYS):
        for hour in range(24):
            night = hour in (20, 21, 22)
            if night or day < DAYS - 1:
                rows.append((FIRST + day * 24 + hour, 0, int(dice.binomial(80, 0.6 if night else 0.95)), 80, 0))
    cells = pd.DataFrame(rows, columns=["hour", "range", "delivered", "settled", "waiting"])
    assert falls(cells, END) == []


def test_too_little_history_or_too_few_messages_say_nothing() -> None:
    cells = History(1, fall=0.5).cells()
    assert falls(cells[cells["hour"] > END // HOUR_MS - 72], END) == []
    assert falls(History(1, a_day=8, fall=0.5).cells(), END) == []
    assert falls(cells.head(0), END) == []


def test_hours_that_still_wait_are_not_judged() -> None:
    cells = History(1, fall=0.5).cells()
    cells.loc[cells["hour"] > END // HOUR_MS - 24, "waiting"] = 1000
    assert falls(cells, END) == []


# ------------------------------------------------------------------------------------------------------ the receipts

QUICK = [(bucket_of(seconds), n) for seconds, n in ((5, 700), (20, 200), (120, 100))]


def with_waiting(share: float, since_hours: int) -> pd.DataFrame:
    cells = History(2).cells()
    late = cells["hour"] > END // HOUR_MS - since_hours
    moved = (cells.loc[late, "settled"] * share).astype(int)
    cells.loc[late, "waiting"] = moved
    cells.loc[late, "settled"] -= moved
    cells.loc[late, "delivered"] = (cells.loc[late, "delivered"] * (1 - share)).astype(int)
    return cells


def test_receipts_that_come_as_usual_are_no_alarm() -> None:
    for seed in range(times(20)):
        cells = History(seed).cells()
        cells["waiting"] = (cells["settled"] * 0.04).astype(int)
        assert receipts_missing(cells, QUICK, END) == []
    assert receipts_missing(with_waiting(0.12, 24), QUICK, END) == []


def test_receipts_that_stopped_are_named_with_their_hour() -> None:
    degradations = receipts_missing(with_waiting(0.9, 8), QUICK, END)
    assert [degradation.kind for degradation in degradations] == [Kind.RECEIPTS]
    assert 7 <= (END - degradations[0].since) / HOUR_MS <= 9
    assert degradations[0].messages > 500


def test_slow_deliveries_are_waited_for_as_long_as_is_usual() -> None:
    slow = [(bucket_of(3600.0 * hours), 100) for hours in range(1, 30)]
    assert receipts_missing(with_waiting(0.9, 8), slow, END) == []


def test_without_history_nothing_is_said_of_receipts() -> None:
    assert receipts_missing(with_waiting(0.9, 8), [], END) == []
    cells = with_waiting(0.9, 8)
    assert receipts_missing(cells[cells["hour"] > END // HOUR_MS - 8], QUICK, END) == []
