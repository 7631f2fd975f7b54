"""The parts of every breakdown add up to its total, and parts and money are the same in every place, over random
campaigns whose number ranges today's metadata may not have and whose receipts name parts or not."""

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import exports, phone, reports
from getsms_core.base.failure_reasons import LOST, code_shown, stored_code
from getsms_core.base.states import SENT, Figures, MessageState
from getsms_core.billing import reconciliation
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Message
from getsms_core.reports import Filter, Grain
from tests.engine_support import AZIZA, assert_rollups
from tests.factories import HOUR, NOW, make_campaign, make_list, make_messages
from tests.factory_rows import roll_up
from tests.integration.cli.cli_support import document
from tests.integration.exports.test_board_pdf import words as pdf_words

ZONE = ZoneInfo("Asia/Tashkent")
STATES = [state.value for state in MessageState if state is not MessageState.SENDING]
UNKNOWN_RANGES = [len(phone.RANGES), len(phone.RANGES) + 3, 99, 4000]


REASONS = ["", "absent-subscriber", "is NOT a phone number", "HLR timeout 17"]


def random_campaign(store: Store, seed: int, n: int = 120) -> int:
    """A campaign whose messages differ in state, range, hour, parts, price of a part and what their receipts name."""
    dice = np.random.default_rng(seed)
    campaign_id = make_campaign(store, f"Aksiya {seed}", sender=("Korzinka", "")[seed % 2],
                                list_id=make_list(store, n, rejected=3, duplicates=2, seed=seed))  # fmt: skip
    left_at = (NOW - dice.integers(0, 72, n) * HOUR).tolist()
    ids = make_messages(store, campaign_id, dice.choice(STATES, n).tolist(), left_at=left_at, seed=seed)
    ranges = dice.choice([*range(len(phone.RANGES)), *UNKNOWN_RANGES], n)
    with store.writing() as session:
        states = {row.id: row.state for row in session.execute(sa.select(col(Message.id), col(Message.state)))}
        rows = [
            {
                "id": message_id,
                "number_range": number_range,
                "parts": parts,
                "price": parts * (9500 + 100 * number_range),  # a price a range
                "billed_parts": None if has_parts < 0 or states[message_id] not in SENT else has_parts,
                "reason": str(dice.choice(REASONS)) or None,
            }
            for message_id, number_range, parts, has_parts in zip(
                ids, ranges.tolist(), dice.integers(1, 4, n).tolist(), dice.integers(-2, 5, n).tolist(), strict=True
            )
        ]
        session.execute(sa.update(Message), rows)
        roll_up(session, campaign_id)
        sums = sa.select(sa.func.sum(col(Message.parts)), sa.func.sum(col(Message.price)))
        parts, cost = session.execute(sums.where(col(Message.campaign_id) == campaign_id)).one()
        session.execute(
            sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(parts=int(parts), cost=int(cost))
        )
    assert_rollups(store, campaign_id)
    return campaign_id


@pytest.fixture
def made(store: Store) -> list[int]:
    """Three random campaigns."""
    return [random_campaign(store, seed) for seed in range(3)]


def questions(made: list[int]) -> list[Filter]:
    """Cuts of each kind."""
    today = reports.local_day(NOW, ZONE)
    return [
        Filter(),
        Filter(since=today - timedelta(days=1), until=today),
        Filter(ranges=("other",)),
        Filter(ranges=("Ucell", "other"), since=today - timedelta(days=2)),
        Filter(campaigns=(made[0],)),
        Filter(senders=("",), ranges=("Beeline",)),
    ]


Breakdown = Callable[[Store, Filter], pd.DataFrame]


def over_time(grain: Grain) -> Breakdown:
    return lambda store, question: reports.rate_over_time(store, question, ZONE, grain, NOW)


WHOLE: dict[str, Breakdown] = {
    "campaign": lambda store, question: reports.by_campaign(store, question, ZONE, money=True),
    "range": lambda store, question: reports.by_range(store, question, ZONE),
    "sender": lambda store, question: reports.by_sender(store, question, ZONE),
    "template": lambda store, question: reports.by_template(store, question, ZONE),
}
"""Breakdowns of all messages of a question."""
LEFT: dict[str, Breakdown] = {
    "weekday": lambda store, question: reports.by_hour_and_weekday(store, question, ZONE),
    **{grain.value: over_time(grain) for grain in Grain},
}
"""Breakdowns of the messages that left."""
KEYS = {"campaign": ["campaign"], "range": ["range"], "sender": ["sender"], "template": ["template"],
        "weekday": ["weekday", "hour"]}  # fmt: skip


def test_the_parts_of_every_breakdown_add_up_to_its_total(store: Store, made: list[int]) -> None:
    for question in questions(made):
        figures = reports.total(store, question, ZONE).figures
        assert figures.total, question
        for name, breakdown in (WHOLE | LEFT).items():
            frame = breakdown(store, question)
            assert not frame[KEYS.get(name, ["at"])].duplicated().any(), name
            for state in figures.counts():
                if name in LEFT and state in ("queued", "cancelled"):
                    continue
                assert frame[state].sum() == figures.counts()[state], (name, state, question)
            assert frame["sent"].sum() == figures.sent
            assert frame["settled"].sum() == figures.settled


def test_losses_and_times_count_the_messages_of_the_cut(store: Store, made: list[int]) -> None:
    for question in questions(made):
        figures = reports.total(store, question, ZONE).figures
        assert reports.time_to_delivery(store, question, ZONE).messages == figures.delivered
        reasons = reports.reasons(store, question, ZONE)
        assert not reasons[["state", "code", "range"]].duplicated().any()
        by_state = reasons.groupby("state")["messages"].sum().to_dict()
        funnel = reports.funnel(store, question, ZONE).set_index("stage")
        assert funnel.loc["accepted", "rows"] == figures.total
        assert funnel.loc["handed-over", "rows"] == figures.sent
        assert funnel.loc["delivered", "rows"] == figures.delivered
        why: dict[Any, dict[str, int]] = funnel["why"].to_dict()
        lost = why["handed-over"] | why["delivered"]
        for state in ("rejected", "undelivered", "expired", "cancelled"):
            assert by_state.get(state, 0) == lost.get(state, 0) == figures.counts()[state]
        assert "uncertain" not in by_state


def test_the_reasons_of_every_cut_are_those_of_a_count_by_hand(store: Store, made: list[int]) -> None:
    with store.reading() as session:
        messages = session.scalars(sa.select(Message).order_by(col(Message.id))).all()
    rows = pd.DataFrame(
        [
            {
                "campaign": message.campaign_id,
                "range": reports.range_name(message.number_range),
                "at": message.left_at,
                "code": code_shown(stored_code(message.reason), message.state),
            }
            for message in messages
            if message.state in LOST
        ]
    )
    sent = rows[rows["at"].notna()]
    for question, chosen in (
        (Filter(), rows),
        (Filter(campaigns=(made[0],)), rows[rows["campaign"] == made[0]]),
        (Filter(ranges=("Ucell", "other")), rows[rows["range"].isin(["Ucell", "other"])]),
    ):
        by_hand_counts = chosen.groupby(["code", "range"]).size().to_dict()
        found = reports.reasons(store, question, ZONE).groupby(["code", "range"])["messages"].sum().to_dict()
        assert found == by_hand_counts
    over_time = reports.reasons_over_time(store, Filter(), ZONE, Grain.DAY, NOW)
    days = pd.to_datetime(sent["at"], unit="ms", utc=True).dt.tz_convert(ZONE).dt.normalize()
    assert over_time.groupby("at")["messages"].sum().to_dict() == sent.groupby(days).size().to_dict()
    for campaign_id in made:
        counted = {reason.code: reason.messages for reason in reports.reasons_of_campaign(store, campaign_id)}
        assert counted == rows[rows["campaign"] == campaign_id].groupby("code").size().to_dict()


def test_other_is_one_range_in_the_cut_and_in_its_file(store: Store, made: list[int], tmp_path: Path) -> None:
    with store.reading() as session:
        known = range(1, len(phone.RANGES))
        nameless = session.scalar(
            sa.select(sa.func.count()).select_from(Message).where(col(Message.number_range).not_in(known))
        )
    question = Filter(ranges=("other",))
    assert reports.total(store, question, ZONE).figures.total == nameless
    assert exports.write(store, AZIZA, question, "csv", tmp_path / "a.csv", zone=ZONE).rows == nameless


def by_hand(store: Store, campaign_id: int) -> dict[str, Any]:
    """Parts and tiyin counted from the rows of the messages."""
    with store.reading() as session:
        rows = session.scalars(sa.select(Message).where(col(Message.campaign_id) == campaign_id)).all()
    billed_messages = [m for m in rows if m.billed_parts is not None]
    sent = [m for m in rows if m.state in SENT]
    return {
        "parts": sum(m.parts for m in rows),
        "price": sum(m.price for m in rows),
        "sent_parts": sum(m.parts for m in sent),
        "sent_price": sum(m.price for m in sent),
        "messages": len(billed_messages),
        "told_parts": sum(m.parts for m in billed_messages),
        "told_price": sum(m.price for m in billed_messages),
        "billed_parts": sum(m.billed_parts or 0 for m in billed_messages),
        "billed_price": sum((m.billed_parts or 0) * m.price // m.parts for m in billed_messages),
    }


def tiyin(money: int | str | float) -> int:
    """So'm of a document or a cell as tiyin."""
    return round(float(money) * 100)


def assert_document(told: dict[str, Any], hand: dict[str, Any]) -> None:
    """A JSON document of the command has the parts and money of a count by hand, and its remainder is the rest."""
    assert (told["parts"], tiyin(told["price"])) == (hand["parts"], hand["price"])
    assert (told["sent_parts"], tiyin(told["sent_price"])) == (hand["sent_parts"], hand["sent_price"])
    bill = told["billed"]
    assert (bill["messages"], bill["parts"], tiyin(bill["price"])) == (
        hand["messages"], hand["told_parts"], hand["told_price"],
    )  # fmt: skip
    assert (bill["billed_parts"], tiyin(bill["billed_price"])) == (hand["billed_parts"], hand["billed_price"])
    remainder = bill["remainder"].values()
    assert bill["messages"] + sum(part["messages"] for part in remainder) == sum(told["counts"].values())
    assert bill["parts"] + sum(part["parts"] for part in remainder) == told["parts"]
    assert tiyin(bill["price"]) + sum(tiyin(part["price"]) for part in remainder) == tiyin(told["price"])


def test_parts_and_money_are_the_same_in_show_report_cost_and_every_file(
    store: Store, store_url: str, made: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    for campaign_id in made:
        hand = by_hand(store, campaign_id)
        show = document("show", str(campaign_id))
        assert_document(show, hand)
        assert show["billed_parts"] == hand["billed_parts"]
        out = str(tmp_path / "a.pdf")
        report = document("report", "--format", "pdf", "--campaign", str(campaign_id), "--out", out)
        assert_document(report, hand)
        assert report["billed"] == show["billed"]
        assert reconciliation.compare(store, campaign_id) == reconciliation.Billed.of(
            reports.total(store, Filter(campaigns=(campaign_id,)), ZONE)
        )
        (cost,) = reports.cost(store, Filter(campaigns=(campaign_id,)), ZONE).to_dict("records")
        assert (cost["parts"], cost["sent_cost"]) == (hand["sent_parts"], hand["sent_price"])
        assert (cost["billed_parts"], cost["billed_cost"]) == (hand["billed_parts"], hand["billed_price"])
        assert (cost["planned_cost"], cost["expected_cost"]) == (hand["price"], hand["told_price"])
        for kind in ("csv", "json", "xlsx", "parquet"):
            exports.write(store, AZIZA, campaign_id, kind, tmp_path / f"a.{kind}", zone=ZONE)
        with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
            assert sum(int(row["billed_parts"] or 0) for row in csv.DictReader(file)) == hand["billed_parts"]
        rows = json.loads((tmp_path / "a.json").read_text())
        assert sum(row["billed_parts"] or 0 for row in rows) == hand["billed_parts"]
        assert sum(tiyin(row["price"]) for row in rows if MessageState(row["state"]) in SENT) == hand["sent_price"]
        table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
        assert sum(n or 0 for n in table["billed_parts"].to_pylist()) == hand["billed_parts"]
        book = openpyxl.load_workbook(tmp_path / "a.xlsx")
        summary = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
        assert (summary["Submitted SMS parts"], summary["Billed parts"]) == (hand["sent_parts"], hand["billed_parts"])
        assert tiyin(float(str(summary["Submitted, so'm"]))) == hand["sent_price"]
        assert tiyin(float(str(summary["Billed, so'm"]))) == hand["billed_price"]


def test_the_overview_and_the_whole_have_one_cost(store: Store, made: list[int]) -> None:
    month = reports.overview(store, ZONE, NOW).month.sums
    whole = reports.total(store, reports.last_days(30, ZONE, NOW), ZONE)
    assert (month.sent_cost, month.sent_parts) == (whole.sent_cost, whole.sent_parts)
    assert (month.billed, month.billed_parts, month.remainder) == (whole.billed, whole.billed_parts, whole.remainder)
    hands = [by_hand(store, campaign_id) for campaign_id in made]
    assert month.sent_cost == sum(hand["sent_price"] for hand in hands)


def test_the_summary_of_a_book_names_only_campaigns_with_rows_in_it(store: Store, tmp_path: Path) -> None:
    first, other = (make_campaign(store, name, finished_at=None, state="running") for name in ("Bor", "Yoq"))
    make_messages(store, first, {"delivered": 2}, left_at=NOW)
    make_messages(store, other, {"delivered": 2}, left_at=NOW - 48 * HOUR)  # running, but nothing left today
    question = reports.last_days(1, ZONE, NOW)
    exports.write(store, AZIZA, question, "xlsx", tmp_path / "a.xlsx", ["row", "state"], zone=ZONE)
    lines = list(openpyxl.load_workbook(tmp_path / "a.xlsx")["Summary"].iter_rows(values_only=True))
    assert [line[1] for line in lines if line[0] == "Campaign"] == ["Bor"]


# --------------------------------------------------------------------------------------------- while receipts are due


def test_while_messages_wait_every_place_shows_what_the_rate_can_become(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failures come last: of 1,000 messages 90 % arrive, and those that arrive do so first."""
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    campaign = make_campaign(store)
    make_messages(store, campaign, {"delivered": 850, "undelivered": 10, "accepted": 140},
                  phones=range(998901000000, 998901001000))  # fmt: skip
    final = 0.9
    low = reports.wilson(850, 860)[0]
    assert low is not None
    assert low > final  # what the 95 % interval says, which excludes the final rate
    question = Filter(campaigns=(campaign,))
    for frame in (
        *(breakdown(store, question) for breakdown in (*WHOLE.values(), *LEFT.values())),
        reports.compare(store, [campaign], ZONE),
    ):
        assert len(frame) == 1
        assert (frame["low"][0], frame["high"][0]) == (0.85, 0.99)
    shown = document("show", str(campaign))
    assert (shown["low"], shown["high"], shown["interval"]) == (0.85, 0.99, "bounds")
    exports.report(store, AZIZA, question, "pdf", tmp_path / "a.pdf", zone=ZONE)
    text = pdf_words(tmp_path / "a.pdf")
    assert "85.0% if all of them fail, 99.0% if all arrive" in " ".join(text.split())
    exports.write(store, AZIZA, campaign, "xlsx", tmp_path / "a.xlsx", zone=ZONE)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    summary = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    assert (summary["Rate, at least"], summary["Rate, at most"]) == (0.85, 0.99)


@pytest.mark.parametrize("seed", range(20))
def test_the_bounds_hold_whatever_becomes_of_what_waits(seed: int) -> None:
    dice = np.random.default_rng(seed)
    delivered, undelivered, expired, waiting = dice.integers(0, 50, 4).tolist()
    waiting += 1
    now = Figures(delivered=delivered, undelivered=undelivered, expired=expired, accepted=waiting)
    low, high = reports.interval(now)
    assert low is not None
    assert high is not None
    finals = [
        Figures(delivered=delivered + n, undelivered=undelivered, expired=expired + waiting - n).rate or 0.0
        for n in range(waiting + 1)
    ]
    assert (low, high) == (min(finals), max(finals))


def test_two_campaigns_are_judged_only_when_what_waits_cannot_close_the_gap(store: Store) -> None:
    ids = [make_campaign(store) for _n in range(3)]
    make_messages(store, ids[0], {"delivered": 900, "undelivered": 20, "accepted": 80})
    make_messages(store, ids[1], {"delivered": 850, "undelivered": 120, "accepted": 30})  # 85 to 88 against 90 to 98
    make_messages(store, ids[2], {"delivered": 890, "undelivered": 90, "accepted": 20})  # up to 91
    p = reports.compare(store, ids, ZONE)["p_value"]
    assert pd.isna(p[0])
    # Holm: of two comparisons with the first campaign the smaller value counts twice.
    unadjusted = reports.p_value((900, 1000), (880, 1000))
    assert unadjusted is not None
    assert p[1] == pytest.approx(2 * unadjusted)
    assert pd.isna(p[2])


def test_an_unstarted_campaign_has_no_bill(store: Store) -> None:
    campaign = make_campaign(store, state="draft")
    sums = campaigns.show(store, campaign)["sums"]
    assert sums == reconciliation.Sums()
