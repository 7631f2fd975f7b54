"""Breakdowns by any column: pages, files, the command and a count by hand agree, whether roll-ups have the column or
not, and the parts of each add up to the total."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import exports, phone, reports
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import COUNTED_AS_SENT, SENT, MessageState
from getsms_core.contacts import list_columns, operations
from getsms_core.db import rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Message, Response
from getsms_core.messages.variants import Variant
from getsms_core.reports import Filter
from tests.engine_support import AZIZA, HOUR, NOW, assert_rollups, running
from tests.integration.cli.cli_support import document

ZONE = ZoneInfo("Asia/Tashkent")
MANAGER = Actor("Malika", Role.MANAGER)
STATES = [state.value for state in MessageState if state is not MessageState.SENDING]
N = 90
CITIES = ["Toshkent", " toshkent", "TOSHKENT", "Samarqand", "Oʻsh", "O'sh", "", "Xiva"]


def random_campaign(store: Store, seed: int, **draft: Any) -> tuple[int, pd.DataFrame]:
    """A campaign whose messages differ in state, hour, range and price; and them as a frame with their list's cells."""
    dice = np.random.default_rng(seed)
    fields = {
        "Shahar" if seed % 2 else "SHAHAR": dice.choice(CITIES, N).tolist(),
        "Tarif": dice.choice(["A", "B"], N).tolist(),
    }
    campaign_id = running(store, N, fields=fields, sender=("Korzinka", "")[seed % 2], **draft)
    with store.writing() as session:
        rows = session.scalars(
            sa.select(Message).where(col(Message.campaign_id) == campaign_id).order_by(col(Message.id))
        ).all()
        for i, message in enumerate(rows):
            message.state = MessageState(str(dice.choice(STATES)))
            unsent = message.state in (MessageState.QUEUED, MessageState.CANCELLED)
            message.left_at = None if unsent else NOW - int(dice.integers(0, 72)) * HOUR
            by_hand = message.state is MessageState.ACCEPTED and dice.integers(2)
            message.reason = COUNTED_AS_SENT if by_hand else None
            message.parts = int(dice.integers(1, 4))
            message.price = message.parts * 9_550
            message.number_range = int(dice.integers(0, len(phone.RANGES) + 2))
            if i % 5 == 0:
                session.add(Response(message_id=message.id, campaign_id=campaign_id, variant=message.variant,
                                     created_at=NOW, created_by="Aziza"))  # fmt: skip
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(started_at=NOW - 80 * HOUR))
        session.flush()
        rollups.rebuild(session, campaign_id)
        frame = pd.DataFrame([message.model_dump() for message in rows])
    assert_rollups(store, campaign_id)
    frame["city"], frame["plan"] = next(iter(fields.values())), fields["Tarif"]
    return campaign_id, frame


@pytest.fixture
def world(store: Store) -> pd.DataFrame:
    """Four campaigns: one with roll-ups by both columns, one by one of them, an A/B test, and texts by column."""
    frames = [
        random_campaign(store, 1, cuts=("Shahar", "Tarif"))[1],
        random_campaign(store, 2, cuts=("SHAHAR",), category="advertising")[1],
        random_campaign(store, 3, variants=(Variant("Hayr", 40),))[1],
        random_campaign(store, 4, variants=(Variant("Hi", value="A"),), text_column="Tarif")[1],
    ]
    return pd.concat(frames, ignore_index=True)


def questions(world: pd.DataFrame) -> list[Filter]:
    today = reports.local_day(NOW, ZONE)
    ids = sorted(set(world["campaign_id"]))
    return [
        Filter(),
        Filter(since=today - timedelta(days=1), until=today),
        Filter(ranges=("other", "Ucell"), since=today - timedelta(days=2)),
        Filter(campaigns=(ids[0], ids[2])),
        Filter(senders=("",)),
    ]


def chosen(world: pd.DataFrame, question: Filter) -> pd.DataFrame:
    """The messages of a filter, by hand."""
    frame = world
    local = pd.to_datetime(frame["left_at"], unit="ms", utc=True).dt.tz_convert(ZONE)
    if question.since:
        frame = frame[local.dt.date >= question.since]
    if question.until:
        frame = frame[local.loc[frame.index].dt.date <= question.until]
    if question.campaigns:
        frame = frame[frame["campaign_id"].isin(question.campaigns)]
    if question.senders:
        numbers = sorted(set(world["campaign_id"]))
        frame = frame[frame["campaign_id"].isin([numbers[0], numbers[2]])]
    if question.ranges:
        frame = frame[frame["number_range"].map(reports.range_name).isin(question.ranges)]
    return frame


def value_of(world: pd.DataFrame, by: str) -> Any:
    """What each message is broken down by, by hand."""
    ids = sorted(set(world["campaign_id"]))
    if by == "column:Shahar":
        return world["city"].str.strip().str.casefold().str.replace("ʻ", "'")
    if by == "column:Tarif":
        return world["plan"].str.casefold()
    if by == "range":
        return world["number_range"].map(reports.range_name)
    if by == "day":
        return pd.to_datetime(world["left_at"], unit="ms", utc=True).dt.tz_convert(ZONE).dt.strftime("%Y-%m-%d")
    if by == "variant":
        letter = world["variant"].map({0: "A", 1: "B"})
        by_value = world["variant"].map({0: "", 1: "A"})
        return letter.where(world["campaign_id"] == ids[2], by_value.where(world["campaign_id"] == ids[3]))
    if by == "sender":
        return world["campaign_id"].isin([ids[1], ids[3]]).map({True: "Korzinka", False: ""})
    if by == "category":
        return (world["campaign_id"] == ids[1]).map({True: "advertising", False: "service"})
    return pd.Series("Aziza" if by == "author" else "", index=world.index)


def by_hand(world: pd.DataFrame, question: Filter, by: str, responded: set[int]) -> dict[str | None, tuple[int, ...]]:
    frame = chosen(world, question).assign(value=value_of(world, by))
    sums: dict[str | None, tuple[int, ...]] = {}
    for value, rows in frame.groupby(frame["value"].astype(object).where(frame["value"].notna(), "-none-")):
        states = [MessageState(state) for state in rows["state"]]
        sent = rows[[state in SENT for state in states]]
        sums[None if value == "-none-" else str(value)] = (
            len(rows), len(sent), states.count(MessageState.DELIVERED), int(sent["price"].sum()),
            int(rows["id"].isin(responded).sum()),
        )  # fmt: skip
    return sums


def by_program(rows: list[dict[str, Any]], by: str) -> dict[str | None, tuple[int, ...]]:
    def plain(value: str | None) -> str | None:
        return value.casefold().replace("ʻ", "'") if value is not None and by.startswith("column:") else value

    parts = {plain(row["value"]): tuple(row[name] for name in ("messages", "sent", "delivered", "cost", "responses"))
             for row in rows}  # fmt: skip
    assert len(parts) == len(rows)
    return parts


CUTS = ["column:Shahar", "column:Tarif", "range", "day", "variant", "sender", "category", "author"]


def test_every_breakdown_agrees_with_pandas_and_adds_up(store: Store, world: pd.DataFrame) -> None:
    with store.reading() as session:
        responded = set(session.scalars(sa.select(col(Response.message_id))))
    for question in questions(world):
        total = reports.total(store, question, ZONE)
        for by in (*CUTS, "list"):
            frame = reports.by_cut(store, AZIZA, question, ZONE, by, NOW)
            for state, n in total.figures.counts().items():
                assert frame[state].sum() == n, (by, state, question)
            assert frame["sent_cost"].sum() == total.sent_cost
            assert frame["counted"].sum() == total.figures.counted
            if by != "list":
                assert by_program(list(exports.cut_rows(frame)), by) == by_hand(world, question, by, responded), (
                    by,
                    question,
                )
    cities = reports.by_cut(store, AZIZA, Filter(), ZONE, "column:shahar")["value"].tolist()
    assert set(cities) <= {city.strip() for city in CITIES}  # as somebody wrote it


def test_files_and_the_command_agree_with_the_page(
    store: Store, store_url: str, world: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    page = list(exports.cut_rows(reports.by_cut(store, AZIZA, Filter(), ZONE, "column:Shahar")))
    out = tmp_path / "a.json"
    answer = document("report", "--by", "column:shahar", "--format", "json", "--out", str(out))
    rows = json.loads(out.read_text())
    assert list(rows[0])[:8] == ["value", "sent", "delivered", "rate", "low", "high", "cost", "responses"]
    assert rows == answer["parts"]
    assert [(row["value"], row["sent"], row["responses"]) for row in rows] == [
        (row["value"], row["sent"], row["responses"]) for row in page
    ]
    assert [round(float(row["cost"]) * 100) for row in rows] == [row["cost"] for row in page]
    exports.write_cut(store, AZIZA, Filter(), "column:Shahar", "csv", tmp_path / "a.csv", ZONE)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["value"], int(row["sent"]), float(row["cost"])) for row in csv.DictReader(file)] == [
            (row["value"], row["sent"], row["cost"] / 100) for row in page
        ]
    exports.write_cut(store, AZIZA, Filter(), "column:Shahar", "xlsx", tmp_path / "a.xlsx", ZONE)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Breakdown"]
    assert [cell.value for cell in sheet["C"][1:]] == [row["delivered"] for row in page]
    assert sheet["D2"].number_format == "0.0%"


def test_columns_that_differ_in_case_alone_are_two_breakdowns(store: Store) -> None:
    fields = {"Shahar": ["a", "a", "b"], "shahar": ["x", "y", "y"]}
    for cuts in ((), ("Shahar",), ("shahar", "Shahar")):  # counted from the messages, and by roll-ups
        running(store, 3, fields=fields, cuts=cuts)

    def messages(by: str) -> dict[str, int]:
        rows = exports.cut_rows(reports.by_cut(store, AZIZA, Filter(), ZONE, by))
        return {row["value"]: row["messages"] for row in rows}

    assert messages("column:Shahar") == {"a": 6, "b": 3}
    assert messages("column:shahar") == {"x": 3, "y": 6}
    assert list(reports.cut_columns(store, AZIZA, Filter(), ZONE)) == ["Shahar", "shahar"]
    for by, value, n in (("column:Shahar", "a", 6), ("column:shahar", "y", 6)):
        behind = reports.count_slice(store, AZIZA, Filter(), ZONE, reports.Slice(by=by, value=value))
        assert behind.messages == n


def test_what_cannot_be_broken_down_is_refused_or_has_no_value(store: Store) -> None:
    campaign_id, _frame = random_campaign(store, 1)

    def refusal(by: str, actor: Actor = AZIZA) -> str:
        with pytest.raises(DomainError) as error:
            reports.by_cut(store, actor, Filter(campaigns=(campaign_id,)), ZONE, by)
        return error.value.code

    assert refusal("viloyat") == "no-such-cut"
    assert refusal("column:Viloyat") == "no-such-column"
    with store.writing() as session:
        list_id = int(session.scalar(sa.select(col(Campaign.list_id)).where(col(Campaign.id) == campaign_id)) or 0)
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(state="finished"))
    assert reports.cut_columns(store, MANAGER, Filter(campaigns=(campaign_id,)), ZONE) == {
        "Shahar": False,
        "Tarif": False,
    }
    list_columns.describe(store, AZIZA, list_id, personal=["Shahar"])
    assert refusal("column:Shahar", MANAGER) == "hidden-column"
    assert reports.cut_columns(store, MANAGER, Filter(campaigns=(campaign_id,)), ZONE) == {"Tarif": False}
    operations.delete(store, AZIZA, list_id)
    frame = reports.by_cut(store, AZIZA, Filter(campaigns=(campaign_id,)), ZONE, "column:Tarif")
    assert frame["value"].tolist() == [None]
