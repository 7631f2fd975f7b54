"""The overview: the first page of the morning, for every role."""

import itertools
import re
import time

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core import backup, reports
from getsms_core.accounts.policy import SENT_BACK
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import ordering
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db.engine import Store
from getsms_core.messages import gsm7_replacements
from getsms_core.reports import Concern, Degradation, Kind, Need
from pages.ui.shared.plain_text import plain
from pages.ui.wizard import first_run
from tests.conftest import PageFactory
from tests.each_case import each_case
from tests.engine_support import AZIZA
from tests.factories import HOUR, make_campaign, make_messages, with_history

NOW = time.time_ns() // 1_000_000


def words(page: object) -> str:
    """All that a page says."""
    kinds = ("markdown", "caption", "header", "title", "info", "warning", "metric")
    return "\n".join(f"{e.label if k == 'metric' else ''} {e.value}" for k in kinds for e in getattr(page, k))


def test_an_empty_overview_leads_to_the_sample_list(open_page: PageFactory) -> None:
    page = open_page("overview.py").run()
    assert not page.exception
    assert "No campaign yet" in words(page)
    assert page.button(key="overview-begin").label == "Try it with the sample list"


def test_its_button_makes_a_draft_on_the_sample_list_with_a_text_with_an_expensive_character(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    page = open_page("frame.py").run()
    page.button(key="overview-begin").click().run()
    assert not page.exception
    draft = campaigns.get(sqlite_store, 1)
    assert draft.list_id is not None
    assert (draft.text, lists.get(sqlite_store, draft.list_id).filename) == (first_run.TEXT, "sample_clean.xlsx")
    assert page.query_params["campaign"] == "1"
    assert gsm7_replacements.replaceable(draft.text) == {"ʻ"}


def test_who_left_a_draft_is_led_back_to_it(open_page: PageFactory, sqlite_store: Store) -> None:
    make_campaign(sqlite_store, "Bahor *10*", state="draft", created_by="Aziza")
    page = open_page("frame.py").run()
    assert "No campaign yet" not in words(page)
    button = page.button(key="overview-go-on")
    assert button.label == r"Continue “Bahor \*10\*”"
    page = button.click().run()
    assert not page.exception
    assert page.query_params["campaign"] == "1"


def test_a_draft_that_was_sent_back_is_no_empty_overview(open_page: PageFactory, sqlite_store: Store) -> None:
    make_campaign(sqlite_store, state="draft", code=SENT_BACK, reason="Narxi yo'q")
    page = open_page("overview.py").run()
    assert "Nothing was sent yet" not in words(page)
    assert "Narxi yo'q" in words(page)


def test_who_may_not_send_is_not_led_to_sending(open_page: PageFactory) -> None:
    page = open_page("overview.py", Role.ANALYST).run()
    assert "No campaign yet" in words(page)
    assert not page.button


def test_the_figures_of_today_are_those_of_the_messages(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign = make_campaign(sqlite_store, started_at=NOW - 1000, finished_at=NOW)
    make_messages(
        sqlite_store, campaign, {"delivered": 3, "undelivered": 1, "accepted": 2, "uncertain": 5}, left_at=NOW - 1000
    )
    page = open_page("overview.py").run()
    assert not page.exception
    assert [metric.value for metric in page.metric] == ["75.0%"] * 3
    assert [metric.label for metric in page.metric] == ["Delivery rate"] * 3
    for period in ("Today", "Last 7 days", "Last 30 days"):
        assert f"**{period}**" in words(page)
    for text in ("**6** messages sent", "3 delivered", "2 waiting for receipts", "5 uncertain", "570\u00a0so'm spent"):
        assert text in words(page)


def test_what_needs_a_person_is_told_with_a_way_out(open_page: PageFactory, sqlite_store: Store) -> None:
    with_history(sqlite_store, days=10, campaigns=3, messages=250, now=NOW)
    page = open_page("overview.py").run()
    assert not page.exception
    text = words(page)
    assert "limit is used up" in text
    assert "messages are uncertain" in text
    assert [page.button(key=f"concern-go-{i}").label for i in (1, 2)] == ["View", "Decide"]
    assert "Under way" in text
    assert "Hafta oxiri" in text


def test_a_campaigns_name_is_no_markdown(open_page: PageFactory, sqlite_store: Store) -> None:
    make_campaign(sqlite_store, "[x](https://evil.uz) **$1**", state="running")
    page = open_page("overview.py").run()
    assert plain("[x](https://evil.uz) **$1**") in words(page)


@pytest.fixture
def an_hour_ago(sqlite_store: Store) -> int:
    """A campaign of three messages."""
    campaign = make_campaign(sqlite_store, started_at=NOW - HOUR)
    make_messages(sqlite_store, campaign, {"delivered": 3}, left_at=NOW - HOUR)
    return campaign


@each_case(("role", "language"), list(itertools.product(Role, LANGUAGES)))
def test_every_role_reads_it_in_every_language(
    open_page: PageFactory, an_hour_ago: int, role: Role, language: str
) -> None:
    page = open_page("overview.py", role, language).run()
    assert not page.exception
    assert len(page.metric) == 3


@pytest.mark.parametrize(
    ("found", "sentence", "button"),
    [
        (Degradation(Kind.FALL, NOW - HOUR, ("Ucell",), 1240, 0.71, 0.93), "1,240 messages arrived, where 93.0%",
         "See where"),
        (Degradation(Kind.FALL, NOW - HOUR, (), 9, 0.5, 0.9), "All number ranges",
         "See where"),
        (Degradation(Kind.RECEIPTS, NOW - HOUR, messages=300), "300 messages sent since", "View waiting messages"),
        (Degradation(Kind.REFUSALS, NOW - HOUR, messages=1, code="login-wrong", reason="Correct it."),
         "refused requests (1). Correct it", "Check the connection"),
    ],
)  # fmt: skip
def test_what_got_worse_is_a_sentence_with_a_way_to_see_it(
    open_page: PageFactory,
    sqlite_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    found: Degradation,
    sentence: str,
    button: str,
) -> None:
    make_campaign(sqlite_store)
    monkeypatch.setattr(reports, "concerns", lambda *_arguments: [Concern(Need.WORSE, worse=found)])
    page = open_page("overview.py").run()
    assert not page.exception
    assert sentence in words(page).replace("\\", "")
    assert page.button(key="concern-go-0").label == button


def table(page: AppTest, name: str) -> str:
    """The HTML of the table with this class."""
    [body] = [item.proto.body for item in page.get("html") if f"<table class='{name}'" in item.proto.body]
    return str(body)


def rows_of_last_campaigns(page: AppTest) -> list[str]:
    """The rows of the table of the last campaigns, as HTML."""
    return table(page, "last-campaigns").partition("<tbody>")[2].split("</tr>")[:-1]


def test_it_shows_the_last_campaigns_a_calendar_and_how_urgent_each_task_is(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    name = "**Bahor** <b>x</b>"
    campaign = make_campaign(sqlite_store, name, "paused", code="limit-over", started_at=NOW - HOUR)
    make_messages(sqlite_store, campaign, {"delivered": 3, "uncertain": 2}, left_at=NOW - HOUR)
    make_campaign(sqlite_store, "Qoralama", "draft")
    page = open_page("overview.py").run()
    assert not page.exception
    shown = words(page)
    assert shown.index("▲ Sending stopped") < shown.index("◆ Decide")
    assert page.button(key="overview-new").label == "New campaign"
    rows = rows_of_last_campaigns(page)
    assert len(rows) == 1
    assert f"href='/campaigns?id={campaign}'" in rows[0]
    assert "**Bahor** &lt;b&gt;x&lt;/b&gt;" in rows[0]
    assert "‖ Paused" in rows[0]
    assert "data-heading='Delivery rate'>100%<" in rows[0].replace("100.0%", "100%")
    month = table(page, "calendar")
    assert f"/campaigns?id={campaign}" in month
    assert "&lt;b&gt;x&lt;/b&gt;" in month
    assert month.index(">Mon<") < month.index(">Sun<")
    page.button_group(key="calendar-view").set_value("week").run()
    assert not page.exception
    assert table(page, "calendar week").count("<tr>") == 2
    page.button(key="calendar-on").click().run()
    assert "No campaign was sent or is scheduled in this period." in words(page)
    for broken in ("yesterday", "0001-01-01", "9999-12-31"):
        page.query_params["day"] = broken
        assert not page.run().exception
    assert not any(button.key == "overview-new" for button in open_page("overview.py", Role.ANALYST).run().button)


def test_campaigns_that_a_day_of_the_month_has_no_room_for_are_behind_a_link_to_its_week(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    for n in range(6):
        campaign = make_campaign(sqlite_store, f"Aksiya {n}", "paused", started_at=NOW)
        make_messages(sqlite_store, campaign, {"delivered": 1}, left_at=NOW)
    page = open_page("overview.py").run()
    month = table(page, "calendar")
    assert month.count("/campaigns?id=") == 4
    link = re.search(r"href='/\?calendar=week&amp;day=([\d-]+)'[^>]*>2 more<", month)
    assert link is not None
    week = open_page("overview.py")
    week.query_params.update({"calendar": "week", "day": link[1]})
    assert table(week.run(), "calendar week").count("/campaigns?id=") == 6


def test_an_administrator_hides_the_way_to_live_sending_and_settings_bring_it_back(open_page: PageFactory) -> None:
    page = open_page("overview.py").run()
    assert not page.exception
    assert "From the sandbox to real phones" in words(page)
    assert "0 of 7 done" in words(page)
    page.button(key="live-checklist-hide").click().run()
    assert "From the sandbox to real phones" not in words(page)
    settings = open_page("settings.py").run()
    settings.button(key="live-checklist-show").click().run()
    assert not settings.exception
    assert "From the sandbox to real phones" in words(open_page("overview.py").run())
    assert "From the sandbox" not in words(open_page("overview.py", Role.MANAGER).run())


def test_a_bar_of_the_last_30_days_opens_its_messages_in_analytics(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, started_at=NOW - HOUR * 24)
    make_messages(sqlite_store, campaign_id, {"delivered": 60, "undelivered": 7}, left_at=NOW - HOUR * 24)
    page = open_page("frame.py").run()
    box = page.selectbox(key="open-rate-by-day")
    assert len(box.options) == 3  # the point of the rate, and a bar for each state
    page = box.set_value(next(option for option in box.options if "Not delivered" in option)).run()
    assert not page.exception
    assert page.title[0].value == "Analytics"
    assert (page.query_params["view"], page.query_params["state"]) == ("messages", "undelivered")
    assert "**7 messages**" in words(page)
    assert len(page.dataframe[0].value) == 7


def test_many_drafts_do_not_hide_the_last_campaigns(open_page: PageFactory, sqlite_store: Store) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store, "Yuborilgan"), {"delivered": 1})
    for n in range(30):
        make_campaign(sqlite_store, f"Qoralama {n}", state="draft")
    page = open_page("overview.py").run()
    assert not page.exception
    [row] = rows_of_last_campaigns(page)
    assert ">Yuborilgan<" in row


def test_a_campaign_in_the_archive_is_not_among_the_last(open_page: PageFactory, sqlite_store: Store) -> None:
    for name in ("Bahor", "Yoz"):
        make_messages(sqlite_store, make_campaign(sqlite_store, name, started_at=NOW), {"delivered": 1}, left_at=NOW)
    ordering.archive(sqlite_store, Actor("Aziza", Role.ADMINISTRATOR), [2])
    page = open_page("overview.py").run()
    [row] = rows_of_last_campaigns(page)
    assert ">Bahor<" in row
    assert "Yoz" in table(page, "calendar")  # there it stays


def test_a_failed_backup_is_told_to_administrators_alone(open_page: PageFactory, sqlite_store: Store) -> None:
    make_campaign(sqlite_store)
    backup.note_failure(sqlite_store, AZIZA, DomainError.of("disk-full"))
    page = open_page("overview.py").run()
    assert not page.exception
    said = words(page).replace("\\", "")
    assert "failed. The disk is full." in said
    assert "There is no good backup." in said
    assert "backup" not in words(open_page("overview.py", Role.MANAGER).run()).lower()


def test_a_nightly_backup_that_is_late_is_told_with_what_to_check(
    open_page: PageFactory, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_campaign(sqlite_store)
    late = Concern(Need.BACKUP, backup=reports.BackupTrouble(None, "", NOW - 3 * 24 * HOUR))
    monkeypatch.setattr(reports, "concerns", lambda *_all: [late])
    page = open_page("overview.py").run()
    assert not page.exception
    assert "The nightly backup was not made." in words(page)
    assert "`getsms backup`" in words(page)
