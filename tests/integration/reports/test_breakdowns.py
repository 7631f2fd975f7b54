"""Every figure of every report against a count by hand over the messages, on both databases."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import reports
from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.states import Figures
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Campaign, ExcludedRollUp, Message, RollUp
from getsms_core.reports import Filter, Grain
from pages.ui.shared.chart_display import OUTCOMES
from tests.conftest import copy_sqlite_template, postgres_database
from tests.engine_support import Engine, messages_of, receipt, running, statuses
from tests.factories import HOUR, NOW, count_as_sent, make_campaign, make_list, make_messages, with_history

TASHKENT = ZoneInfo("Asia/Tashkent")
BERLIN = ZoneInfo("Europe/Berlin")
LAST_30 = reports.last_days(30, TASHKENT, NOW)
QUESTIONS = [
    Filter(),
    Filter(include_tests=True),
    LAST_30,
    reports.last_days(1, TASHKENT, NOW),
    Filter(since=date(2026, 3, 1), until=date(2026, 3, 10), ranges=("Ucell", "Beeline")),
    Filter(since=date(2026, 3, 18)),
    Filter(senders=("", "Korzinka")),
    Filter(campaigns=(2, 5, 7), until=date(2026, 3, 15)),
]


class ByHand:
    """The rows as plain Python sees them."""

    def __init__(self, store: Store) -> None:
        with store.reading() as session:
            self.campaigns = {c.id: c for c in session.scalars(sa.select(Campaign)) if c.id is not None}
            self.messages = list(session.scalars(sa.select(Message)))

    def of(self, question: Filter, zone: ZoneInfo = TASHKENT) -> list[Message]:
        """The messages that a question is about."""
        return [m for m in self.messages if self._asked(m, question, zone)]

    def _asked(self, message: Message, question: Filter, zone: ZoneInfo) -> bool:
        campaign = self.campaigns[message.campaign_id]
        if campaign.is_test and not question.include_tests:
            return False
        if question.campaigns and campaign.id not in question.campaigns:
            return False
        if question.senders and campaign.sender not in question.senders:
            return False
        if question.ranges and reports.range_name(message.number_range) not in question.ranges:
            return False
        if not question.since and not question.until:
            return True
        if message.left_at is None:
            return False
        day = local(message.left_at, zone).date()
        return (question.since or day) <= day <= (question.until or day)

    def group(self, messages: Iterable[Message], key: Callable[[Message], Hashable]) -> dict[Hashable, Counter[str]]:
        """A count a state for each key."""
        groups: dict[Hashable, Counter[str]] = defaultdict(Counter)
        for message in messages:
            groups[key(message)][message.state.value] += 1
        return dict(groups)


def local(ms: int, zone: ZoneInfo = TASHKENT) -> datetime:
    """An instant on the wall clock."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)


def assert_same(frame: pd.DataFrame, key: str | list[str], expected: dict[Hashable, Counter[str]]) -> None:
    """A frame has these keys, and for each the counts, sums, rate and interval that follow from them."""
    keys = [key] if isinstance(key, str) else key
    rows_by_key = {tuple(row[k] for k in keys): row for row in frame.to_dict("records")}
    wanted = {k if isinstance(k, tuple) else (k,): counts for k, counts in expected.items()}
    assert set(rows_by_key) == set(wanted)
    for group_key, counts in wanted.items():
        row, figures = rows_by_key[group_key], Figures.of(counts)
        assert {state: row[state] for state in reports.STATES} == figures.counts()
        assert (row["sent"], row["settled"], row["waiting"]) == (figures.sent, figures.settled, figures.waiting)
        assert (None if pd.isna(row["rate"]) else row["rate"]) == figures.rate
        low, high = reports.wilson(counts["delivered"], figures.settled)
        if figures.waiting:  # all that wait fail, and all arrive
            low, high = counts["delivered"] / figures.sent, (counts["delivered"] + figures.waiting) / figures.sent
        assert (None if pd.isna(row["low"]) else (row["low"], row["high"])) == (None if low is None else (low, high))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def history(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A month of history in a database of each kind, for tests that only read."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = copy_sqlite_template(tmp_path_factory.mktemp("history"))
        else:
            url = stack.enter_context(postgres_database(str(request.getfixturevalue("postgres"))))
        store = stack.enter_context(closing(open_store(url, upgrade=False)))
        with_history(store, days=30, campaigns=8, messages=40)
        yield store


@pytest.fixture(scope="module")
def by_hand(history: Store) -> ByHand:
    """The same, counted by hand."""
    return ByHand(history)


def test_the_totals_of_every_question(history: Store, by_hand: ByHand) -> None:
    for question in QUESTIONS:
        messages = by_hand.of(question)
        sums = reports.total(history, question, TASHKENT)
        sent = [m for m in messages if m.state in ("accepted", "delivered", "undelivered", "expired")]
        assert sums.figures == Figures.of(Counter(m.state.value for m in messages)), question
        assert sums.planned_cost == sum(m.price for m in messages)
        assert sums.sent_cost == sum(m.price for m in sent)
        assert sums.sent_parts == sum(m.parts for m in sent)
        assert sums.billed_parts == sum(m.billed_parts or 0 for m in messages)
        assert sums.billed == sum((m.billed_parts or 0) * by_hand.campaigns[m.campaign_id].price for m in messages)


def test_the_cuts_of_every_question(history: Store, by_hand: ByHand) -> None:
    for question in QUESTIONS:
        messages = by_hand.of(question)
        left = [m for m in messages if m.left_at]
        assert_same(reports.by_campaign(history, question, TASHKENT), "campaign",
                    by_hand.group(messages, lambda m: m.campaign_id))  # fmt: skip
        assert_same(reports.by_range(history, question, TASHKENT), "range",
                    by_hand.group(messages, lambda m: reports.range_name(m.number_range)))  # fmt: skip
        assert_same(reports.by_sender(history, question, TASHKENT), "sender",
                    by_hand.group(messages, lambda m: by_hand.campaigns[m.campaign_id].sender))  # fmt: skip
        hours = by_hand.group(left, lambda m: (local(m.left_at or 0).weekday(), local(m.left_at or 0).hour))
        assert_same(reports.by_hour_and_weekday(history, question, TASHKENT), ["weekday", "hour"], hours)


@pytest.mark.parametrize("zone", [TASHKENT, BERLIN], ids=["Tashkent", "Berlin"])
def test_the_rate_over_time(history: Store, by_hand: ByHand, zone: ZoneInfo) -> None:
    begin: dict[Grain, Callable[[datetime], datetime]] = {
        Grain.HOUR: lambda at: at.replace(minute=0, second=0, microsecond=0),
        Grain.DAY: lambda at: datetime(at.year, at.month, at.day, tzinfo=zone),
        Grain.WEEK: lambda at: datetime(at.year, at.month, at.day, tzinfo=zone) - timedelta(days=at.weekday()),
        Grain.MONTH: lambda at: datetime(at.year, at.month, 1, tzinfo=zone),
    }
    for question in QUESTIONS:
        left = [m for m in by_hand.of(question, zone) if m.left_at]
        for grain, beginning in begin.items():
            frame = reports.rate_over_time(history, question, zone, grain, NOW)
            wanted: dict[Hashable, Counter[str]] = defaultdict(Counter)
            for message in left:
                wanted[pd.Timestamp(beginning(local(message.left_at or 0, zone)))][message.state.value] += 1
            assert_same(frame, "at", dict(wanted))


def test_the_clock_that_is_set_forward_loses_no_message(store: Store) -> None:
    night = int(datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN).timestamp() * 1000)  # at 2 o'clock it becomes 3
    campaign = make_campaign(store, started_at=night, finished_at=night + 48 * HOUR)
    make_messages(store, campaign, ["delivered"] * 48, left_at=[night + n * HOUR for n in range(48)])
    days = reports.rate_over_time(store, Filter(), BERLIN, Grain.DAY, NOW + 30 * 24 * HOUR)
    assert days["delivered"].tolist() == [23, 24, 1]
    hours = reports.by_hour_and_weekday(store, Filter(), BERLIN)
    assert 2 not in hours.loc[hours["weekday"] == 6, "hour"].tolist()


def test_days_at_the_end_of_the_calendar_are_asked_for_at_no_cost(store: Store) -> None:
    make_messages(store, make_campaign(store), {"delivered": 2})
    for question in (Filter(since=date.min), Filter(until=date.max), Filter(date.min, date(9999, 12, 30))):
        assert reports.total(store, question, TASHKENT).figures.sent == 2
        for grain in Grain:
            assert reports.rate_over_time(store, question, TASHKENT, grain, NOW)["sent"].sum() == 2
        assert reports.by_hour_and_weekday(store, question, TASHKENT)["sent"].sum() == 2


def test_a_message_a_second_before_midnight_belongs_to_the_day_before(store: Store) -> None:
    midnight = int(datetime(2026, 3, 10, tzinfo=TASHKENT).timestamp() * 1000)
    campaign = make_campaign(store, started_at=midnight - HOUR, finished_at=midnight + HOUR)
    make_messages(store, campaign, ["delivered", "undelivered"], left_at=[midnight - 1000, midnight])
    before = reports.total(store, Filter(until=date(2026, 3, 9)), TASHKENT).figures
    after = reports.total(store, Filter(since=date(2026, 3, 10)), TASHKENT).figures
    assert (before.delivered, before.undelivered) == (1, 0)
    assert (after.delivered, after.undelivered) == (0, 1)


def test_a_cohort_is_final_when_nothing_waits_and_its_time_has_passed(store: Store) -> None:
    campaign = make_campaign(store, started_at=NOW - 80 * HOUR, finished_at=NOW)
    make_messages(
        store, campaign, ["delivered", "accepted", "delivered"], left_at=[NOW - 72 * HOUR, NOW - 48 * HOUR, NOW]
    )
    frame = reports.rate_over_time(store, Filter(), TASHKENT, Grain.DAY, NOW)
    assert frame["final"].tolist() == [True, False, False]


def test_time_to_delivery_is_right_within_nine_percent(history: Store, by_hand: ByHand) -> None:
    for question in (*QUESTIONS, Filter(campaigns=(1, 2)), Filter(ranges=("Ucell",))):
        whole = [m for m in by_hand.of(question) if m.state == "delivered"]
        if not whole:
            continue
        times = sorted(((m.settled_at or 0) - (m.left_at or 0)) / 1000 for m in whole)
        measured = reports.time_to_delivery(history, question, TASHKENT)
        assert measured.messages == len(times)
        assert measured.median == pytest.approx(median(times), rel=0.09)
        assert measured.p95 == pytest.approx(times[-(-len(times) * 95 // 100) - 1], rel=0.09)
        assert measured.distribution["messages"].sum() == len(times)
        assert measured.distribution["arrived"].iloc[-1] == pytest.approx(1)


def test_the_funnel_counts_the_messages_of_the_cut_and_loses_nothing_unnamed(history: Store, by_hand: ByHand) -> None:
    for question in QUESTIONS:
        messages = by_hand.of(question)
        figures = Figures.of(Counter(m.state.value for m in messages))
        frame = reports.funnel(history, question, TASHKENT).set_index("stage")
        assert ("uploaded" in frame.index) == (not (question.since or question.until or question.ranges))
        assert frame.loc["accepted", "rows"] == len(messages)
        assert frame.loc["handed-over", "rows"] == figures.sent
        assert frame.loc["delivered", "rows"] == figures.delivered
        for lost, why in zip(frame["lost"], frame["why"], strict=True):
            assert lost == sum(why.values())


def test_the_funnel_begins_with_the_rows_of_the_file(store: Store) -> None:
    list_id = make_list(store, 8, rejected=3, duplicates=2, opted_out=1)
    campaign = make_campaign(store, list_id=list_id)
    make_messages(store, campaign, {"delivered": 6, "uncertain": 2})
    frame = reports.funnel(store, Filter(), TASHKENT)
    assert frame["rows"].tolist() == [14, 8, 6, 6]
    assert frame["why"].tolist() == [{}, {"rejected": 3, "duplicates": 2, "opted_out": 1}, {"uncertain": 2}, {}]


def test_rows_whose_text_is_empty_were_uploaded_and_are_a_reason(store: Store) -> None:
    list_id = make_list(store, 8, rejected=3)
    campaign = make_campaign(store, list_id=list_id)
    make_messages(store, campaign, {"delivered": 6})
    with store.writing() as session:
        session.add(ExcludedRollUp(campaign_id=campaign, reason=ExcludedReason.EMPTY_TEXT, recipients=2))
    frame = reports.funnel(store, Filter(), TASHKENT)
    assert frame["rows"].tolist() == [11, 6, 6, 6]
    assert frame["lost"].tolist() == [0, 5, 0, 0]
    assert frame["why"].tolist() == [{}, {"rejected": 3, "empty_text": 2}, {}, {}]
    assert OUTCOMES["empty_text"] == "Empty text"


def test_reasons_and_cost(history: Store, by_hand: ByHand) -> None:
    messages = by_hand.of(LAST_30)
    codes = {"rejected": "not-a-phone-number", "cancelled": "campaign-cancelled"}
    failures = Counter(
        (m.state.value, codes.get(m.state, "not-stated"), reports.range_name(m.number_range))
        for m in messages
        if m.state in ("rejected", "undelivered", "expired", "cancelled")
    )
    reasons = reports.reasons(history, LAST_30, TASHKENT)
    assert {(row.state, row.code, row.range): row.messages for row in reasons.itertuples()} == failures
    assert reasons["share"].sum() == pytest.approx(sum(failures.values()) / len(messages))
    cost = reports.cost(history, LAST_30, TASHKENT).set_index("campaign")
    for campaign_id, row in cost.iterrows():
        own_messages = [m for m in messages if m.campaign_id == campaign_id]
        assert row["planned_cost"] == sum(m.price for m in own_messages)
        assert row["billed_cost"] == sum((m.billed_parts or 0) * 9500 for m in own_messages)


def test_campaigns_of_different_prices_are_billed_each_at_its_own(store: Store) -> None:
    for price in (9500, 12000):
        campaign = make_campaign(store, price=price)
        make_messages(store, campaign, {"delivered": 2}, parts=3)
    assert reports.total(store, Filter(), TASHKENT).billed == 6 * 9500 + 6 * 12000


def test_compare_keeps_the_order_and_tests_against_the_first(history: Store, by_hand: ByHand) -> None:
    frame = reports.compare(history, [5, 2, 999], TASHKENT)
    assert frame["campaign"].tolist() == [5, 2]
    assert_same(frame, "campaign", by_hand.group((m for m in by_hand.messages if m.campaign_id in (2, 5)),
                                                 lambda m: m.campaign_id))  # fmt: skip
    assert pd.isna(frame["p_value"][0])
    assert 0 <= frame["p_value"][1] <= 1


@pytest.mark.parametrize(
    ("one", "other", "chance"),
    [
        ((3, 3), (0, 3), 0.1),
        ((50, 50), (46, 50), 0.1174633),  # the normal approximation says 0.041
        ((999_998, 1_000_000), (999_991, 1_000_000), 0.0654290),
        ((9_000, 10_000), (8_850, 10_000), 0.0006165),
        ((4, 4), (7, 7), 1.0),
    ],
)
def test_a_difference_of_few_is_judged_exactly(one: tuple[int, int], other: tuple[int, int], chance: float) -> None:
    assert reports.p_value(one, other) == pytest.approx(chance, rel=1e-3)
    assert reports.p_value(other, one) == pytest.approx(chance, rel=1e-3)


def test_what_is_in_flight_is_told_from_what_is_queued(store: Store) -> None:
    campaign = make_campaign(store, state="running")
    make_messages(store, campaign, ["delivered"] * 100 + ["sending"] * 100 + ["queued"] * 50)
    frame = reports.by_campaign(store, Filter(), TASHKENT)
    assert (frame["queued"][0], frame["sending"][0], frame["delivered"][0]) == (50, 100, 100)


def test_the_overview_counts_as_the_questions_do(history: Store, by_hand: ByHand) -> None:
    overview = reports.overview(history, TASHKENT, NOW)
    for span in (overview.today, overview.week, overview.month):
        question = reports.last_days(span.days, TASHKENT, NOW)
        assert span.figures == Figures.of(Counter(m.state.value for m in by_hand.of(question)))
        days = timedelta(days=span.days)
        assert question.since
        assert question.until
        earlier = Filter(since=question.since - days, until=question.until - days)
        before = Figures.of(Counter(m.state.value for m in by_hand.of(earlier)))
        assert span.before.figures == before
        if span.figures.rate is not None and before.rate is not None:
            assert span.change == span.figures.rate - before.rate


def test_an_empty_store_has_empty_reports(store: Store) -> None:
    everything: list[Any] = [
        reports.by_campaign(store, LAST_30, TASHKENT),
        reports.by_range(store, LAST_30, TASHKENT),
        reports.by_sender(store, LAST_30, TASHKENT),
        reports.by_hour_and_weekday(store, LAST_30, TASHKENT),
        reports.reasons(store, LAST_30, TASHKENT),
        reports.cost(store, LAST_30, TASHKENT),
        reports.funnel(store, LAST_30, TASHKENT),
        reports.compare(store, [1], TASHKENT),
        *(reports.rate_over_time(store, LAST_30, TASHKENT, grain, NOW) for grain in Grain),
    ]
    assert all(frame.empty for frame in everything)
    assert reports.time_to_delivery(store, LAST_30, TASHKENT).median is None
    assert reports.total(store, LAST_30, TASHKENT).figures == Figures()
    assert not reports.overview(store, TASHKENT, NOW).any_campaign


def test_cells_that_were_left_hold_nothing_and_disturb_no_sum(store: Store) -> None:
    """As after every campaign: the last accepted message was delivered, and the cell of the accepted holds 0 parts."""
    campaign_id = running(store, 3)
    engine = Engine(store)
    engine.send()
    engine.now += 60_000
    engine.apply_answers((engine.due(), statuses(*(receipt(message) for message in messages_of(store, campaign_id)))))
    with store.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(col(RollUp.hour) > 0, col(RollUp.parts) == 0))
    week = reports.overview(store, TASHKENT, engine.now).week
    assert (week.figures.delivered, week.sums.billed_parts, week.sums.billed) == (3, 3, 3 * 95_00)


def test_messages_counted_as_sent_are_a_column_of_their_own_in_every_breakdown(store: Store) -> None:
    campaign_id = make_campaign(store)
    make_messages(store, campaign_id, {"delivered": 6, "accepted": 3})
    count_as_sent(store, campaign_id)
    for frame in (
        reports.rate_over_time(store, Filter(), TASHKENT, Grain.DAY),
        reports.by_campaign(store, Filter(), TASHKENT, money=True),
        reports.by_range(store, Filter(), TASHKENT),
        reports.by_sender(store, Filter(), TASHKENT),
        reports.by_template(store, Filter(), TASHKENT),
        reports.by_hour_and_weekday(store, Filter(), TASHKENT),
    ):
        assert (frame["counted"].sum(), frame["waiting"].sum(), frame["sent"].sum()) == (3, 0, 9)
        assert frame["final"].all() or "at" in frame
    delivered = reports.funnel(store, Filter(), TASHKENT).set_index("stage").loc["delivered"]
    assert (delivered["lost"], delivered["why"]) == (3, {"counted": 3})


def test_messages_counted_as_sent_do_not_keep_a_comparison_open(store: Store) -> None:
    ids = [make_campaign(store, name) for name in ("A", "B")]
    for campaign_id, delivered in zip(ids, (90, 30), strict=True):
        make_messages(store, campaign_id, {"delivered": delivered, "undelivered": 100 - delivered, "accepted": 80})
    assert reports.compare(store, ids, TASHKENT)["p_value"].isna().all()  # 80 that wait could close the gap
    for campaign_id in ids:
        count_as_sent(store, campaign_id)
    assert reports.compare(store, ids, TASHKENT)["p_value"][1] < 0.05
