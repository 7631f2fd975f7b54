"""The messages behind every bar, point, cell and row of Analytics are as many as it shows: as a count, and listed."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import reports
from getsms_core.base.permissions import Actor, Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Message
from getsms_core.messages.variants import Variant
from getsms_core.reports import Filter, Grain, Slice
from pages.ui.shared import analytics_targets as targets
from pages.ui.shared import reason_charts, session
from pages.ui.shared.analytics_targets import Row
from pages.ui.shared.charts import Theme
from pages.ui.shared.drill_down import Target
from tests.effort import times
from tests.engine_support import AZIZA
from tests.factories import NOW, make_campaign, make_messages
from tests.integration.reports import test_cuts, test_figures_agree

ZONE = ZoneInfo("Asia/Tashkent")
ANALYST = Actor("Ann", Role.ANALYST)
WEEKDAYS = list("1234567")


@pytest.fixture
def made(store: Store) -> list[int]:
    """Campaigns with reasons, times and unknown number ranges, and campaigns with cut columns and several texts."""
    texts = {"variants": (Variant("Assalom", 1),)}
    ids = [test_figures_agree.random_campaign(store, seed) for seed in range(3)]
    ids += [test_cuts.random_campaign(store, seed, cuts=cuts, **draft)[0]
            for seed, cuts, draft in ((1, ("Shahar",), texts), (2, ("TARIF", "SHAHAR"), {}), (3, (), {}))]  # fmt: skip
    with store.writing() as session:
        session.execute(
            sa.update(Campaign).where(col(Campaign.id).in_(ids[3:])).values(
                state="finished", started_at=NOW - 100 * 3_600_000, finished_at=NOW
            )
        )  # fmt: skip
        session.execute(  # times to delivery that differ, as the roll-up of the first campaigns has them
            sa.update(Message).where(col(Message.campaign_id).in_(ids[3:])).values(settled_at=None)
        )
    timed = make_campaign(store, "Vaqtlar", started_at=NOW - 3_600_000)
    seconds = np.random.default_rng(5).exponential(200, 80).round(3).tolist()
    make_messages(store, timed, ["delivered"] * 80, left_at=NOW - 3_600_000, seconds=seconds)
    return [*ids, timed]


def questions(made: list[int]) -> list[Filter]:
    today = reports.local_day(NOW, ZONE)
    return [
        Filter(),
        Filter(since=today - timedelta(days=1), until=today),
        Filter(ranges=("Ucell", "other"), since=today - timedelta(days=2)),
        Filter(campaigns=(made[0], made[3]), senders=("",)),
    ]


def behind(store: Store, question: Filter, target: Target) -> int:
    """The number of messages that a target opens, from its address alone; as many are listed."""
    address = {**question.to_query(), **{name: list(values) for name, values in target.filters.items()}}
    opened, wanted = Filter.from_query(address), Slice.from_query(target.filters)
    assert Slice.from_query(wanted.to_query()) == wanted
    counted = reports.count_slice(store, AZIZA, opened, ZONE, wanted)
    assert counted.erased == 0
    listed, after = 0, None
    seen: set[int] = set()
    while rows := reports.slice_page(store, AZIZA, opened, ZONE, wanted, after, 70):
        listed, after = listed + len(rows), rows[-1].id
        seen |= {row.id for row in rows}
    assert len(seen) == listed == counted.messages, target
    return listed


def cells(frame: pd.DataFrame, rows: list[Row | None], **options: bool) -> Iterator[Target]:
    """The targets of all cells of a table that count messages."""
    cell = targets.cells(frame, rows, **options)
    for row in range(len(frame)):
        for column in frame.columns:
            target = cell(row, column)
            if target is not None and target.messages is not None:
                yield target


def rated(frame: pd.DataFrame, rows: list[Row]) -> Iterator[Target]:
    yield from targets.settled(frame, rows)
    yield from cells(frame, list(rows))


def all_targets(store: Store, question: Filter) -> Iterator[Target]:
    """The targets of every chart and table of Analytics."""
    for grain in (Grain.HOUR, Grain.DAY, Grain.WEEK, Grain.MONTH):
        frame = reports.rate_over_time(store, question, ZONE, grain, NOW)
        marks, rows = targets.of_times(frame, grain)
        yield from marks
        if grain is Grain.DAY:
            yield from cells(frame, list(rows))
    by_campaign = reports.by_campaign(store, question, ZONE)
    whole = not (question.since or question.until or question.ranges)
    rows = targets.of_filter(by_campaign["name"].tolist(), "campaign", by_campaign["campaign"].tolist())
    yield from targets.settled(by_campaign, rows)
    yield from cells(by_campaign, list(rows), in_flight=whole)
    for name, frame in (("range", reports.by_range(store, question, ZONE)),
                        ("sender", reports.by_sender(store, question, ZONE))):  # fmt: skip
        yield from rated(frame, targets.of_filter(frame[name].tolist(), name, frame[name].tolist()))
    frame = reports.by_template(store, question, ZONE)
    yield from rated(frame, targets.of_parts(frame["template"].tolist(), "template", frame["template"].tolist()))
    frame = reports.by_hour_and_weekday(store, question, ZONE)
    yield from rated(frame, targets.of_cells_of_week(frame, WEEKDAYS))
    yield from of_times_to_delivery(store, question)
    yield from of_reasons(store, question)
    costs = reports.cost(store, question, ZONE)
    rows = targets.of_filter(costs["name"].tolist(), "campaign", costs["campaign"].tolist())
    yield from cells(costs, list(rows))
    for by in ("list", "author", "category", "variant", "range", "sender", "day", "column:Shahar", "column:tarif"):
        frame = reports.by_cut(store, AZIZA, question, ZONE, by, NOW)
        values = [None if pd.isna(value) else str(value) for value in frame["value"]]
        yield from rated(frame, targets.of_parts([str(value) for value in values], by, values))


def of_times_to_delivery(store: Store, question: Filter) -> Iterator[Target]:
    marks, rows = targets.of_arrival(delays := reports.time_to_delivery(store, question, ZONE).distribution)
    yield from (target for target in marks if target is not None)
    yield from cells(delays, list(rows))
    by_range = reports.arrivals_by_range(store, question, ZONE)
    for row, share, n in zip(targets.of_arrival_by_range(by_range), by_range["arrived"], by_range["n"], strict=True):
        yield row.target("", round(share * n))


def of_reasons(store: Store, question: Filter) -> Iterator[Target]:
    frame = reports.reasons(store, question, ZONE)
    yield from cells(frame, list(targets.of_reasons(frame)))
    _figure, marks = reason_charts.by_range(frame, Theme())
    yield from targets.of_reason_marks(marks)
    for grain in (Grain.DAY, Grain.HOUR):
        over_time = reports.reasons_over_time(store, question, ZONE, grain, NOW)
        _figure, marks = reason_charts.over_time(over_time, Theme(), grain)
        yield from targets.of_reason_marks(marks, grain)
        yield from cells(over_time, list(targets.of_reasons_over_time(over_time, grain)))
    funnel = reports.funnel(store, question, ZONE)
    marks_of_stages, rows = targets.of_stages(funnel, funnel["stage"].tolist())
    yield from (target for target in marks_of_stages if target is not None)
    assert [row is None for row in rows] == [stage == "uploaded" for stage in funnel["stage"]]


def test_every_mark_and_cell_opens_as_many_messages_as_it_shows(
    store: Store, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Outside a page Streamlit logs a warning for each sentence, 2 s of CPU.
    monkeypatch.setattr(session, "_language_now", lambda: "en")
    kinds, dice = set[str](), np.random.default_rng(2 + store.sqlite)  # other marks and cells on the other database
    for question in questions(made):
        by_kind: dict[tuple[str, ...], list[Target]] = {}
        for target in all_targets(store, question):
            narrows = tuple(sorted(name for name, values in target.filters.items() if values))
            by_kind.setdefault(narrows, []).append(target)
        for narrows, of_kind in by_kind.items():
            for i in dice.permutation(len(of_kind))[: times(3)]:
                assert behind(store, question, of_kind[i]) == of_kind[i].messages, (question, of_kind[i])
            kinds |= set(narrows)
    assert kinds >= {"state", "sent", "weekday", "hour", "delay", "reason", "part_of", "part", "range", "sender",
                     "campaign"}  # fmt: skip
