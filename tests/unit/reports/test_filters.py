"""The question: its address, its days, and the arithmetic of small numbers."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from getsms_core import phone, reports
from getsms_core.base.errors import DomainError
from getsms_core.reports import Filter
from getsms_core.reports.delivery_times import percentile

TASHKENT = ZoneInfo("Asia/Tashkent")
FULL = Filter(
    since=date(2026, 3, 1),
    until=date(2026, 3, 20),
    campaigns=(3, 12),
    ranges=(phone.RANGES[1], phone.RANGES[0]),
    senders=("Korzinka", ""),
    include_tests=True,
)


@pytest.mark.parametrize("question", [Filter(), FULL, Filter(campaigns=(7,)), Filter(until=date(2026, 3, 1))])
def test_a_question_comes_back_from_its_address(question: Filter) -> None:
    assert Filter.from_query(question.to_query()) == question


def test_an_address_with_other_parameters_is_read_past_them() -> None:
    assert Filter.from_query({"lang": "uz", "view": "cost", "campaign": "4"}) == Filter(campaigns=(4,))


@pytest.mark.parametrize(
    "query", [{"from": "yesterday"}, {"to": "2026-13-01"}, {"campaign": "x"}, {"campaign": "-1"}, {"range": "Nokia"}]
)
def test_an_address_that_cannot_be_read_is_refused_by_name(query: dict[str, str]) -> None:
    with pytest.raises(DomainError) as refused:
        Filter.from_query(query)
    assert refused.value.code == "bad-question"
    assert next(iter(query.values())) in refused.value.message


def test_a_day_in_tashkent_begins_at_19_utc_of_the_day_before() -> None:
    first, end = Filter(since=date(2026, 3, 20), until=date(2026, 3, 20)).hours(TASHKENT)
    assert first is not None
    assert end is not None
    assert end - first == 24
    assert first % 24 == 19


def test_a_day_on_which_the_clock_is_shifted_has_its_own_length() -> None:
    first, end = Filter(since=date(2026, 3, 29), until=date(2026, 3, 29)).hours(ZoneInfo("Europe/Berlin"))
    assert first is not None
    assert end is not None
    assert end - first == 23


def test_last_days_end_with_the_local_today() -> None:
    midnight = 1_773_946_800_000  # 20 March 2026, 00:00 in Tashkent
    assert reports.last_days(7, TASHKENT, midnight) == Filter(since=date(2026, 3, 14), until=date(2026, 3, 20))
    assert reports.last_days(1, TASHKENT, midnight - 1) == Filter(since=date(2026, 3, 19), until=date(2026, 3, 19))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Expected: the formula in Wilson (1927), as computed by statsmodels' proportion_confint(method="wilson").
    [(3, 4, 0.3006, 0.9544), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (950, 1000, 0.9347, 0.9619)],
)
def test_the_interval_of_a_share_is_wilsons(successes: int, trials: int, low: float, high: float) -> None:
    assert reports.wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_nothing_has_no_interval() -> None:
    assert reports.wilson(0, 0) == (None, None)


def test_percentiles_are_those_of_the_buckets() -> None:
    assert percentile([(0, 1), (8, 1), (16, 2)], 0.5) == 2.0
    assert percentile([(0, 95), (40, 5)], 0.95) == 1.0
    assert percentile([(0, 94), (40, 6)], 0.95) == 32.0
    assert percentile([], 0.5) is None


def test_shares_that_differ_by_chance_are_told_from_those_that_differ() -> None:
    same = reports.p_value((90, 100), (91, 100))
    other = reports.p_value((900, 1000), (850, 1000))
    assert same is not None
    assert same > 0.5
    assert other is not None
    assert other < 0.001
    assert reports.p_value((0, 0), (1, 2)) is None
    assert reports.p_value((5, 5), (9, 9)) == 1.0
