"""The live chart of a campaign: its step follows the length of the sending, and its bars lead to their messages."""

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone, reports
from getsms_core.base.permissions import Actor, Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Message
from getsms_core.reports import Step, timeline, timelines
from getsms_core.reports.timelines import OUTCOMES, step_of
from tests.factories import DAY, HOUR, MINUTE, NOW, count_as_sent, make_campaign, make_messages

ZONE = ZoneInfo("Asia/Tashkent")
ANALYST = Actor("Lola", Role.ANALYST)


def test_the_step_follows_the_length_of_the_sending() -> None:
    lengths = [0, 10_000, 180_000, 181_000, 3 * HOUR, 4 * HOUR, 4 * DAY, 5 * DAY]
    assert [step_of(ms).value for ms in lengths] == [
        "second", "second", "second", "minute", "minute", "hour", "hour", "day"
    ]  # fmt: skip


def test_nothing_sent_has_no_chart_and_ten_seconds_have_ten_bars(store: Store) -> None:
    waiting = make_campaign(store, state="running")
    make_messages(store, waiting, {"queued": 100})
    assert timeline(store, waiting, ZONE) is None
    campaign_id = make_campaign(store)
    states = (["delivered"] * 7 + ["undelivered", "accepted", "expired"]) * 100
    left_at = [NOW + (i // 100) * 1_000 for i in range(1_000)]
    make_messages(store, campaign_id, states, left_at=left_at, seconds=5.0)
    shown = timeline(store, campaign_id, ZONE)
    assert shown is not None
    assert (shown.step, shown.has_states, shown.has_arrivals) == (Step.SECOND, True, True)
    sent = shown.frame[shown.frame["sent"] > 0]
    assert len(sent) == 10
    assert sent["sent"].tolist() == [100] * 10
    assert sent["delivered"].tolist() == [70] * 10
    assert shown.frame["delivered_so_far"].iloc[-1] == 700
    assert shown.frame["delivered_so_far"].is_monotonic_increasing


@pytest.mark.parametrize(("apart", "step", "bars"), [(2 * MINUTE, Step.MINUTE, 4), (50 * MINUTE, Step.MINUTE, 4),
                                                     (2 * HOUR, Step.HOUR, 4), (2 * DAY, Step.DAY, 4)])  # fmt: skip
def test_longer_sendings_have_minutes_hours_and_days(store: Store, apart: int, step: Step, bars: int) -> None:
    campaign_id = make_campaign(store, finished_at=NOW + 8 * DAY)
    left_at = [NOW + (i // 100) * apart for i in range(400)]
    make_messages(store, campaign_id, {"delivered": 360, "accepted": 40}, left_at=left_at)
    shown = timeline(store, campaign_id, ZONE)
    assert shown is not None
    assert shown.step is step
    sent = shown.frame[shown.frame["sent"] > 0]
    assert (len(sent), int(sent["sent"].sum())) == (bars, 400)
    assert (shown.rates is not None) == (step in (Step.HOUR, Step.DAY))


def test_a_large_sending_is_counted_by_chunk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getsms_core.reports.timelines.MOST_READ", 200)
    campaign_id = make_campaign(store)
    make_messages(store, campaign_id, {"delivered": 300}, left_at=[NOW + (i // 100) * 2_000 for i in range(300)])
    shown = timeline(store, campaign_id, ZONE)
    assert shown is not None
    assert not shown.has_states
    assert shown.frame["sent"].tolist() == [100, 0, 100, 0, 100]


def test_a_larger_sending_is_read_less_often_for_the_same_part_of_the_time() -> None:
    assert [timelines.seconds_fresh(n, 4.0) for n in (0, 50_000, 200_000, 500_000)] == [4.0, 4.0, 16.0, 40.0]
    assert timelines.seconds_fresh(9_000_000, 4.0) == 40.0  # counted by chunk, which is faster


def test_every_bar_and_cell_leads_to_its_messages(store: Store) -> None:
    campaign_id = make_campaign(store)
    rng = np.random.default_rng(4)
    states = rng.choice(["delivered", "undelivered", "expired", "accepted", "uncertain"], 300).tolist()
    left_at = [NOW + int(second) * 1_000 for second in np.repeat(rng.integers(0, 9, 3), 100)]
    make_messages(store, campaign_id, states, left_at=left_at)
    shown = timeline(store, campaign_id, ZONE)
    assert shown is not None

    def count(**filters: object) -> int:
        return len(reports.messages_page(store, ANALYST, campaign_id, limit=1_000, **filters))  # type: ignore[arg-type]

    for row in shown.frame.to_dict("records"):
        for outcome in OUTCOMES:
            assert count(state=outcome, sent=(row["begin"], row["end"])) == row[outcome]
    by_range = reports.by_range(store, reports.Filter(campaigns=(campaign_id,)), ZONE)
    for row in by_range.to_dict("records"):
        assert count(number_range=row["range"]) == row["sent"] + row["uncertain"]
        assert count(state="waiting", number_range=row["range"]) == row["waiting"]
    with store.writing() as session:  # an index that today's metadata no longer has
        first_id = (
            sa.select(sa.func.min(col(Message.id))).where(col(Message.campaign_id) == campaign_id).scalar_subquery()
        )
        session.execute(sa.update(Message).where(col(Message.id) == first_id).values(number_range=250))
    other = len([row for row in by_range.to_dict("records") if row["range"] == phone.RANGES[0]])
    assert count(number_range=phone.RANGES[0]) >= 1 + other
    count_as_sent(store, campaign_id)
    assert count(state="waiting") == 0
    assert count(state="counted") == states.count("accepted")


def test_the_calendar_has_sent_and_scheduled_campaigns_on_their_local_days(store: Store) -> None:
    midnight = 1_774_033_200_000  # Saturday 21 March 2026, 00:00 in Tashkent
    make_campaign(store, "Kecha", started_at=midnight - 1)
    late = make_campaign(store, "Tun", started_at=midnight)
    make_campaign(store, "Sinov", started_at=midnight, is_test=True)
    make_campaign(store, "Qoralama", "draft")
    planned = make_campaign(store, "Reja", "scheduled", scheduled_at=midnight + DAY, created_at=NOW)
    entries = reports.calendar(store, ZONE, date(2026, 3, 21), date(2026, 3, 22))
    assert [(entry.campaign_id, entry.day.day) for entry in entries] == [(late, 21), (planned, 22)]
    assert reports.week_of(date(2026, 3, 22)) == (date(2026, 3, 16), date(2026, 3, 22))
    assert reports.month_of(date(2026, 3, 22)) == (date(2026, 2, 23), date(2026, 4, 5))
    assert reports.month_of(date(2026, 2, 1)) == (date(2026, 1, 26), date(2026, 3, 1))
