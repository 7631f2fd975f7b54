"""Quiet hours as people mean them: by weekday, over midnight, over each other, in the local time of the settings."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.accounts.policy import Policy, QuietHours

ZONE = ZoneInfo("Asia/Tashkent")
EVERY_DAY = tuple(range(7))
NIGHT = Policy(quiet=(QuietHours(EVERY_DAY, "21:00", "09:00"),))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23T20:59:59", None),
        ("2026-11-23T21:00", "2026-11-24T09:00"),
        ("2026-11-24T00:30", "2026-11-24T09:00"),
        ("2026-11-24T08:59", "2026-11-24T09:00"),
        ("2026-11-24T09:00", None),
    ],
)
def test_a_night_over_midnight_holds_to_the_minute(now: str, until: str | None) -> None:
    assert NIGHT.quiet_until(ZONE, at(now)) == (at(until) if until else None)


def test_quiet_hours_belong_to_the_weekday_on_which_they_begin() -> None:
    saturday = Policy(quiet=(QuietHours((5,), "22:00", "08:00"),))
    assert saturday.quiet_until(ZONE, at("2026-11-28T23:00")) == at("2026-11-29T08:00")
    assert saturday.quiet_until(ZONE, at("2026-11-29T07:00")) == at("2026-11-29T08:00")
    assert saturday.quiet_until(ZONE, at("2026-11-29T23:00")) is None


def test_hours_that_touch_are_told_as_one() -> None:
    weekend = Policy(quiet=(QuietHours((4,), "18:00", "00:00"), QuietHours((5, 6), "00:00", "00:00")))
    assert weekend.quiet_until(ZONE, at("2026-11-27T19:00")) == at("2026-11-30T00:00")


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert Policy().quiet_until(ZONE, at("2026-11-24T03:00")) is None


def test_a_policy_is_read_back_as_it_was_kept() -> None:
    from dataclasses import asdict

    policy = Policy(quiet=(QuietHours((0, 6), "21:30", "08:15"),), spend_day=5_000_00, cap_messages=2, cap_days=7)
    assert Policy.from_stored(asdict(policy)) == policy
    assert Policy.from_stored({}) == Policy()


clock = st.times().map(lambda t: f"{t:%H:%M}")
windows = st.builds(
    QuietHours, st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple), clock, clock
)


@given(st.lists(windows, max_size=3), st.integers(0, 14 * 24 * 60))
def test_when_quiet_hours_end_it_is_quiet_no_longer_and_was_until_then(quiet: list[QuietHours], minute: int) -> None:
    policy = Policy(quiet=tuple(quiet))
    now = at("2026-11-23T00:00") + minute * 60_000
    until = policy.quiet_until(ZONE, now)
    if until is not None and until - now < timedelta(days=6) / timedelta(milliseconds=1):
        assert until > now
        assert policy.quiet_until(ZONE, until) is None
        assert policy.quiet_until(ZONE, until - 60_000) == until
