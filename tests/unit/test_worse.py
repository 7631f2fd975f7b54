"""What got worse, on simulated history: how seldom it cries wolf, and how surely it sees one."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from getsms_core import phone
from getsms_core.reports.falls import HOUR_MS, Kind, falls
from getsms_core.reports.worse import receipts_missing
from getsms_core.store.tallies import bucket_of

ZONE = ZoneInfo("Asia/Tashkent")
DAYS = 29
END = 500_000 * HOUR_MS - 1  # the last instant of an hour
RANGES = 5
RATES = np.array([0.95, 0.92, 0.9, 0.86, 0.8])
DIURNAL = 0.03 * np.sin(np.arange(24) / 24 * 2 * np.pi)
"""A rate lies up to so much above or below the range's own, by the hour of the day."""


@dataclass
class History:
    """Days of cells, with the scatter of real ones: each day and each hour of a range has luck of its own."""

    seed: int
    a_day: int = 600
    day_scatter: float = 0.006
    hour_scatter: float = 0.01

    def cells(self, fall: float = 0.0, last_hours: int = 24, fallen: int = 0) -> pd.DataFrame:
        """The cells; in the last hours one range's rate is `fall` lower."""
        dice = np.random.default_rng(self.seed)
        rows = []
        first = END // HOUR_MS + 1 - DAYS * 24
        for index in range(RANGES):
            for day in range(DAYS):
                luck = _beta(dice, RATES[index], self.day_scatter)
                for hour in range(9, 21):
                    at = first + day * 24 + hour
                    n = int(dice.poisson(self.a_day / 12))
                    rate = _beta(dice, float(np.clip(luck + DIURNAL[at % 24], 0.01, 0.99)), self.hour_scatter)
                    if index == fallen and at > END // HOUR_MS - last_hours:
                        rate = max(0.0, rate - fall)
                    rows.append((at, index, int(dice.binomial(n, rate)), n, 0))
        return pd.DataFrame(rows, columns=["hour", "range", "delivered", "settled", "waiting"])


def _beta(dice: np.random.Generator, rate: float, scatter: float) -> float:
    size = 1 / scatter - 1
    return float(dice.beta(rate * size, (1 - rate) * size))


@pytest.mark.parametrize("scatter", [0.0001, 0.006, 0.02])
def test_quiet_days_raise_hardly_any_alarm(scatter: float) -> None:
    alarms = sum(
        bool(falls(History(seed, day_scatter=scatter, hour_scatter=1.5 * scatter).cells(), END, ZONE))
        for seed in range(120)
    )
    assert alarms <= 120 * 0.05  # twice CHANCE is 2.4 of 120 days


def test_a_fall_of_fifteen_points_in_one_range_is_found_within_a_day() -> None:
    usual = [History(seed, day_scatter=0.003, hour_scatter=0.005) for seed in range(40)]
    found = [falls(each.cells(fall=0.15, fallen=1), END, ZONE) for each in usual]
    right = [each for each in found if each and each[0].ranges == (phone.RANGES[1],)]
    assert len(right) >= 36
    for each in right:
        assert each[0].kind is Kind.FALL
        assert each[0].usual
        assert each[0].rate
        assert each[0].rate < each[0].usual - 0.05


def test_it_is_dated_by_the_hour_from_which_it_adds_up() -> None:
    begins = []
    for seed in range(20):
        found = falls(History(seed, a_day=2400).cells(fall=0.4, last_hours=8), END, ZONE)
        assert found
        begins.append((END - found[0].since) / HOUR_MS)
    assert np.median(begins) == pytest.approx(8, abs=1.1)  # 9 to 20 o'clock are sent in; END is at an hour's end


def test_one_bad_hour_is_found_though_the_day_as_a_whole_is_good() -> None:
    cells = History(3, a_day=1200).cells()
    last = cells[cells["range"] == 2].index[-3]
    cells.loc[last, "delivered"] = cells.loc[last, "settled"] * 4 // 10
    found = falls(cells, END, ZONE)
    assert [each.since for each in found] == [int(cells.loc[last, "hour"]) * HOUR_MS]
    assert found[0].ranges == (phone.RANGES[2],)


def test_a_fall_everywhere_is_one_finding() -> None:
    cells = History(5).cells()
    recent = cells["hour"] > END // HOUR_MS - 24
    cells.loc[recent, "delivered"] = cells.loc[recent, "delivered"] * 6 // 10
    found = falls(cells, END, ZONE)
    assert len(found) == 1
    assert set(found[0].ranges) == set(phone.RANGES[:RANGES])


def test_the_usual_is_that_of_the_same_hour() -> None:
    """Nights are bad every night: that is no fall, though it is far below the day's rate."""
    dice = np.random.default_rng(1)
    first = END // HOUR_MS + 1 - DAYS * 24
    rows = []
    for day in range(DAYS):
        for hour in range(24):
            night = (first + hour) % 24 in (20, 21, 22)
            if night or day < DAYS - 1:
                rows.append((first + day * 24 + hour, 0, int(dice.binomial(80, 0.6 if night else 0.95)), 80, 0))
    cells = pd.DataFrame(rows, columns=["hour", "range", "delivered", "settled", "waiting"])
    assert falls(cells, END, ZONE) == []


def test_too_little_history_or_too_few_messages_say_nothing() -> None:
    cells = History(1).cells(fall=0.5)
    assert falls(cells[cells["hour"] > END // HOUR_MS - 72], END, ZONE) == []
    assert falls(History(1, a_day=30).cells(fall=0.5), END, ZONE) == []
    assert falls(cells.head(0), END, ZONE) == []


def test_hours_that_still_wait_are_not_judged() -> None:
    cells = History(1).cells(fall=0.5)
    cells.loc[cells["hour"] > END // HOUR_MS - 24, "waiting"] = 1000
    assert falls(cells, END, ZONE) == []


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
    for seed in range(60):
        cells = History(seed).cells()
        cells["waiting"] = (cells["settled"] * 0.04).astype(int)
        assert receipts_missing(cells, QUICK, END) == []
    assert receipts_missing(with_waiting(0.12, 24), QUICK, END) == []


def test_receipts_that_stopped_are_named_with_their_hour() -> None:
    found = receipts_missing(with_waiting(0.9, 8), QUICK, END)
    assert [each.kind for each in found] == [Kind.RECEIPTS]
    assert 7 <= (END - found[0].since) / HOUR_MS <= 9
    assert found[0].messages > 500


def test_slow_deliveries_are_waited_for_as_long_as_is_usual() -> None:
    slow = [(bucket_of(3600.0 * hours), 100) for hours in range(1, 30)]
    assert receipts_missing(with_waiting(0.9, 8), slow, END) == []


def test_without_history_nothing_is_said_of_receipts() -> None:
    assert receipts_missing(with_waiting(0.9, 8), [], END) == []
    cells = with_waiting(0.9, 8)
    assert receipts_missing(cells[cells["hour"] > END // HOUR_MS - 8], QUICK, END) == []
