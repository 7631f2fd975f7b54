"""The page of a campaign from its first second: all sections, and charts that open the messages behind them."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Chunk, Message, RollUp
from pages.ui.campaign.delivery_chart import SECONDS_BETWEEN
from pages.ui.shared import drill_down, later
from tests.conftest import PageFactory
from tests.factories import make_campaign, make_messages

NOW = time.time_ns() // 1_000_000


def _words(page: AppTest) -> str:
    assert not page.exception
    return " ".join(item.value for kind in ("markdown", "caption", "info") for item in getattr(page, kind))


def _open(open_page: PageFactory, campaign_id: int, **query: str) -> AppTest:
    page = open_page("campaigns.py", Role.ANALYST)
    page.query_params.update({"id": str(campaign_id), **query})
    return page.run()


def test_every_section_says_what_it_will_show_while_messages_are_prepared(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = make_campaign(sqlite_store, state="running", prepared="")
    page = _open(open_page, campaign_id)
    sections = ["Delivery", "Messages", "Responses", "Uncertain", "Submissions", "Files"]
    assert [*page.button_group(key="view").options] == sections
    for view, words in (("delivery", "by state"), ("messages", "each with its number"), ("uncertain", "Nothing is unc"),
                        ("log", "each submission"), ("files", "")):  # fmt: skip
        page.button_group(key="view").set_value(view).run()
        assert words in _words(page)


def test_a_bar_opens_its_messages_by_the_select_box_too(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, started_at=NOW - 60_000)
    left_at = [NOW - 60_000 + (i // 20) * 1_000 for i in range(200)]
    make_messages(sqlite_store, campaign_id, {"delivered": 150, "undelivered": 50}, left_at=left_at)
    page = _open(open_page, campaign_id)
    assert "200 messages sent, by second" in _words(page)
    box = page.selectbox(key=f"open-campaign-{campaign_id}-by-second")
    undelivered = next(option for option in box.options if "Not delivered" in option)
    box.set_value(undelivered).run()
    assert not page.exception
    query = {name: value if isinstance(value, str) else value[0] for name, value in page.query_params.items()}
    assert (query["view"], query["state"]) == ("messages", "undelivered")
    first, end = map(int, query["sent"].split("-"))
    assert end - first == 1_000
    assert "Sent from" in _words(page)
    assert page.selectbox(key="state").value == "undelivered"
    rows = page.dataframe[0].value
    assert set(rows["State"]) == {"✕ Not delivered"}
    page.button(key="messages-all-times").click().run()
    assert "sent" not in page.query_params
    assert len(page.dataframe[0].value) == 50


def test_many_marks_are_found_by_their_name_and_what_is_not_offered_is_said(
    open_page: PageFactory, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill_down, "MOST_OPTIONS", 4)
    campaign_id = make_campaign(sqlite_store, started_at=NOW - 60_000)
    left_at = [NOW - 60_000 + (i // 20) * 1_000 for i in range(200)]
    make_messages(sqlite_store, campaign_id, {"delivered": 150, "undelivered": 50}, left_at=left_at)
    page = _open(open_page, campaign_id)
    name = f"campaign-{campaign_id}-by-second"
    offered = page.selectbox(key=f"open-{name}").options
    assert len(offered) == 4
    sentence = re.search("The first 4 of ([0-9]+) are offered below", _words(page))
    assert sentence is not None
    total = int(sentence[1])
    page.text_input(key=f"find-{name}").set_value("NOT DELIVERED").run()
    found = page.selectbox(key=f"open-{name}").options
    assert found
    assert all("Not delivered" in option for option in found)
    assert total > len(found)
    page.selectbox(key=f"open-{name}").set_value(found[-1]).run()
    assert "undelivered" in page.query_params["state"]


def test_what_was_read_before_the_first_message_was_sent_is_not_shown_after_it(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = make_campaign(sqlite_store, state="running", started_at=NOW - 60_000)
    make_messages(sqlite_store, campaign_id, {"queued": 3})
    page = _open(open_page, campaign_id)
    assert "Nothing has been sent yet." in _words(page)
    with sqlite_store.writing() as session:
        session.execute(sa.delete(Message))
        session.execute(sa.delete(RollUp))
        session.execute(sa.delete(Chunk))
    make_messages(sqlite_store, campaign_id, {"accepted": 3}, left_at=NOW - 60_000)
    page.run()
    assert "Nothing has been sent yet." not in _words(page)
    assert "3 messages sent" in _words(page)


def test_an_open_table_stays_open_in_another_language(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, started_at=NOW - 60_000)
    make_messages(sqlite_store, campaign_id, {"delivered": 5}, left_at=NOW - 60_000)
    page = _open(open_page, campaign_id)
    page.session_state[f"table-campaign-{campaign_id}-by-state"] = True
    for language in ("en", "ru", "uz"):
        page.session_state["lang"] = language
        page.run()
        assert not page.exception
        opened = [expander for expander in page.expander if expander.dataframe]
        assert [expander.proto.expanded for expander in opened] == [True]


def test_broken_filters_of_an_address_are_ignored(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, started_at=NOW - 60_000)
    make_messages(sqlite_store, campaign_id, {"delivered": 5}, left_at=NOW - 60_000)
    for sent in ("x", "5-1", "1-9999999999999999", "1"):
        page = _open(open_page, campaign_id, view="messages", sent=sent, range="nowhere", state="nothing")
        assert not page.exception
        assert len(page.dataframe[0].value) == 5


def test_a_bar_of_the_time_to_delivery_opens_its_messages_in_analytics(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = make_campaign(sqlite_store, started_at=NOW - 60_000)
    other = make_campaign(sqlite_store, started_at=NOW - 60_000)
    for made in (campaign_id, other):
        make_messages(sqlite_store, made, {"delivered": 5}, left_at=NOW - 60_000)
    page = open_page("frame.py", Role.ANALYST)
    page.switch_page("campaigns.py")
    page.query_params["id"] = str(campaign_id)
    page.run()
    box = page.selectbox(key=f"open-campaign-{campaign_id}-time-to-delivery")
    page = box.set_value(box.options[0]).run()
    assert not page.exception
    assert page.title[0].value == "Analytics"
    assert page.query_params["campaign"] == str(campaign_id)
    assert "**5 messages**" in _words(page)


def test_a_started_campaign_without_messages_yet_is_not_said_to_be_sent(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = make_campaign(sqlite_store, state="running", prepared="")
    page = _open(open_page, campaign_id)
    words = _words(page)
    assert "Preparing" in words
    assert "nothing is sent or charged yet" in words
    assert "Messages are being sent" not in words
    assert "Running" not in words
    assert page.metric[3].value == "–"
    with sqlite_store.writing() as session:
        session.execute(sa.update(Campaign).values(prepared="ready", messages=2, parts=2, cost=19000))
    page.run()
    assert "Messages are being sent" in _words(page)
    assert page.metric[3].value == "190\u00a0so'm"


def test_the_reasons_and_the_bill_refresh_while_receipts_arrive(
    open_page: PageFactory, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers: dict[str, Any] = {}
    fragment = later.fragment

    def noted(**options: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
        def decorate(function: Callable[..., None]) -> Callable[..., None]:
            timers[function.__module__.rpartition(".")[2]] = options.get("run_every")
            return fragment(**options)(function)

        return decorate

    monkeypatch.setattr(later, "fragment", noted)
    waiting, ended = (make_campaign(sqlite_store, started_at=NOW - 60_000) for _n in range(2))
    make_messages(sqlite_store, waiting, {"undelivered": 2, "accepted": 3}, left_at=NOW - 60_000)
    make_messages(sqlite_store, ended, {"undelivered": 2}, left_at=NOW - 60_000)
    for campaign_id, seconds in ((waiting, SECONDS_BETWEEN), (ended, None)):
        page = _open(open_page, campaign_id)
        assert "Why 2 messages did not arrive" in _words(page)
        assert [timers[name] for name in ("delivery_chart", "reasons", "billed")] == [seconds] * 3
