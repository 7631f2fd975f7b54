"""One definition: every screen, chart, file and command shows the figures of a count by hand."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import exports, reports
from getsms_core.base import formatting
from getsms_core.base.permissions import Role
from getsms_core.base.states import GLOSSARY, LABELS
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Message
from getsms_core.reports import Filter
from pages.ui.shared.plain_text import unbroken_amounts
from tests.conftest import PageFactory
from tests.engine_support import AZIZA
from tests.factories import NOW
from tests.integration.cli.cli_support import document
from tests.integration.exports.test_board_pdf import words as pdf_words
from tests.integration.reports.test_figures_agree import random_campaign, tiyin
from tests.ui.test_overview import words

ZONE = ZoneInfo("Asia/Tashkent")


class Hand:
    """A plain count over the rows of the messages."""

    def __init__(self, store: Store, campaign: int | None = None) -> None:
        query = sa.select(col(Message.state), col(Message.parts), col(Message.price)).join(
            Campaign, col(Campaign.id) == col(Message.campaign_id)
        )
        query = query.where(col(Campaign.id) == campaign) if campaign else query.where(col(Campaign.is_test).is_(False))
        with store.reading() as session:
            rows = session.execute(query).all()
        self.states = Counter(row.state.value for row in rows)
        self.delivered = self.states["delivered"]
        self.settled = self.delivered + self.states["undelivered"] + self.states["expired"]
        self.waiting, self.uncertain = self.states["accepted"], self.states["uncertain"]
        self.sent = self.settled + self.waiting
        self.rate = self.delivered / self.settled
        handed = [row for row in rows if row.state.value in ("accepted", "delivered", "undelivered", "expired")]
        self.cost = sum(row.price for row in handed)


HISTORY = {"days": 20, "campaigns": 8, "messages": 120}


def test_analytics_shows_the_count_by_hand_in_figures_and_in_every_chart(
    open_page: PageFactory, history: Store
) -> None:
    hand = Hand(history)
    for view in ("time", "campaigns", "ranges", "hours"):
        page = open_page("analytics.py", Role.ANALYST)
        page.query_params["period"], page.query_params["view"] = "all", view
        page.run()
        assert not page.exception
        shown = {metric.label: metric.value for metric in page.metric}
        assert shown["Sent"] == formatting.number(hand.sent)
        assert shown["Delivered"] == formatting.number(hand.delivered)
        assert shown["Delivery rate"] == formatting.percent(hand.rate)
        assert shown["Waiting"] == formatting.number(hand.waiting)


@pytest.mark.parametrize(
    "cut",
    [
        lambda store: reports.rate_over_time(store, Filter(), ZONE, reports.Grain.DAY),
        lambda store: reports.rate_over_time(store, Filter(), ZONE, reports.Grain.HOUR),
        lambda store: reports.rate_over_time(store, Filter(), ZONE, reports.Grain.WEEK),
        lambda store: reports.rate_over_time(store, Filter(), ZONE, reports.Grain.MONTH),
        lambda store: reports.by_campaign(store, Filter(), ZONE),
        lambda store: reports.by_range(store, Filter(), ZONE),
        lambda store: reports.by_sender(store, Filter(), ZONE),
        lambda store: reports.by_template(store, Filter(), ZONE),
        lambda store: reports.by_hour_and_weekday(store, Filter(), ZONE),
    ],
)
def test_every_cut_adds_up_to_the_same(history: Store, cut: Any) -> None:
    hand, frame = Hand(history), cut(history)
    assert isinstance(frame, pd.DataFrame)
    for name in ("sent", "delivered", "settled", "waiting"):
        assert int(frame[name].sum()) == getattr(hand, name), name
    assert int(frame["uncertain"].sum()) in (hand.uncertain, 0)  # cohorts of an hour hold what left


def test_a_campaign_says_the_same_on_its_page_in_its_files_and_to_scripts(
    open_page: PageFactory, history: Store, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)
    with history.reading() as session:
        ids = [
            int(i or 0) for i in session.scalars(sa.select(col(Campaign.id)).where(col(Campaign.prepared) == "ready"))
        ]
    billed = 0
    for campaign_id in ids:
        with history.reading() as session:
            rows = session.scalar(
                sa.select(sa.func.count()).select_from(Message).where(col(Message.campaign_id) == campaign_id)
            )
        states = campaigns.figures(history, campaign_id)
        if not rows or not states.settled:
            continue
        billed += 1
        hand = Hand(history, campaign_id)
        assert {state: n for state, n in states.counts().items() if n} == dict(hand.states)
        shown = document("show", str(campaign_id))
        assert (shown["sent"], shown["delivery_rate"]) == (hand.sent, pytest.approx(hand.rate))
        assert {state: n for state, n in shown["counts"].items() if n} == dict(hand.states)
        page = open_page("campaigns.py", Role.MANAGER)
        page.query_params["id"] = str(campaign_id)
        page.run()
        metrics = {metric.label: metric.value for metric in page.metric}
        assert metrics["Sent"] == formatting.number(hand.sent)
        assert metrics["Delivery rate"] == formatting.percent(hand.rate)
        for kind in ("csv", "json", "xlsx"):
            exports.write(history, AZIZA, campaign_id, kind, tmp_path / f"a.{kind}", zone=ZONE)
        with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
            assert Counter(row["state"] for row in csv.DictReader(file)) == hand.states
        assert Counter(row["state"] for row in json.loads((tmp_path / "a.json").read_text())) == hand.states
        book = openpyxl.load_workbook(tmp_path / "a.xlsx")
        summary = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
        assert summary["Sent"] == hand.sent
        assert float(str(summary["Delivery rate"])) == pytest.approx(hand.rate)
        days = list(book["By day"].iter_rows(min_row=2, values_only=True))
        assert sum(int(float(str(row[1]))) for row in days) == hand.sent
        assert sum(int(float(str(row[2]))) for row in days) == hand.delivered
    assert billed >= 4


def test_the_board_and_the_overview_say_the_same_of_the_last_30_days(
    open_page: PageFactory, history: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = reports.last_days(30, ZONE, NOW)
    figures = reports.total(history, question, ZONE).figures
    exports.report(history, AZIZA, question, "pdf", tmp_path / "a.pdf", zone=ZONE)
    text = pdf_words(tmp_path / "a.pdf")
    overview = reports.overview(history, ZONE, NOW)
    assert overview.month.figures.sent == figures.sent
    assert overview.month.figures.delivered == figures.delivered
    for part in (formatting.number(figures.sent), formatting.percent(figures.rate), formatting.number(figures.waiting)):
        assert part in text
    monkeypatch.setattr("time.time_ns", lambda: NOW * 1_000_000)
    page = open_page("overview.py", Role.MANAGER).run()
    assert [metric.value for metric in page.metric][2] == formatting.percent(figures.rate)
    assert f"**{formatting.number(figures.sent)}** messages sent" in words(page)


def shown_money(amount: int | str | float) -> str:
    """An amount of a command's document as a page writes it."""
    return unbroken_amounts(formatting.money(tiyin(amount)))


def test_the_cost_view_and_the_command_say_the_same_of_a_campaign(
    open_page: PageFactory, sqlite_store: Store, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)
    for seed in range(3):
        campaign_id = random_campaign(sqlite_store, seed)
        shown = document("show", str(campaign_id))
        page = open_page("analytics.py", Role.ANALYST)
        page.query_params["period"], page.query_params["view"] = "all", "cost"
        page.query_params["campaign"] = str(campaign_id)
        page.run()
        assert not page.exception
        metrics = {metric.label: metric.value for metric in page.metric}
        assert metrics["Planned"] == shown_money(shown["price"])
        assert metrics["Submitted"] == shown_money(shown["sent_price"])
        assert metrics["Billed by receipts"] == shown_money(shown["billed"]["billed_price"])
        text = " ".join(caption.value for caption in page.caption)
        assert shown_money(shown["billed"]["price"]) in text
        for state, remainder in shown["billed"]["remainder"].items():
            assert f"{LABELS[state]} {shown_money(remainder['price'])} ({remainder['parts']} SMS)" in text


@pytest.mark.parametrize("language", ["en", "uz", "ru"])
def test_the_glossary_has_a_page_for_everybody(open_page: PageFactory, language: str) -> None:
    for role in Role:
        page = open_page("glossary.py", role, language).run()
        assert not page.exception
    page = open_page("glossary.py", Role.ANALYST).run()
    text = page.table[0].value.to_string()
    for name, meaning in GLOSSARY.items():
        assert name in text
        assert meaning[:30] in text
