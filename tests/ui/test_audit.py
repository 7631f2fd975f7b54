"""The audit log."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission, Role
from getsms_core.contacts import lists
from getsms_core.db.engine import Store
from getsms_core.reports import audit_export, listings
from pages.ui.shared import later, session
from tests.conftest import PageFactory
from tests.engine_support import AZIZA


def cells(page: AppTest) -> str:
    """The table."""
    return str(page.dataframe[0].value.to_string())


def test_what_was_done_stands_there_with_who_and_why(open_page: PageFactory, sqlite_store: Store, actor: Actor) -> None:
    lists.add_opt_outs(sqlite_store, actor, [998901234567], "asked", "called")
    page = open_page("audit.py").run()
    assert not page.exception
    assert "Added opt-outs" in cells(page)
    assert "Reason: called" in cells(page)
    assert "998901234567" not in cells(page)


def test_it_is_filtered_by_person_action_subject_and_day(open_page: PageFactory, sqlite_store: Store) -> None:
    with sqlite_store.writing() as session:
        for n, who in enumerate(("Aziza", "Bobur", "Bobur")):
            audit.note(session, Actor(who, Role.MARKETER), "campaign.start", f"campaign:{n}")
    page = open_page("audit.py").run()
    page.selectbox(key="who").select("Bobur").run()
    assert len(page.dataframe[0].value) == 2
    assert "Started a campaign" in page.selectbox(key="what").options
    for typed in ("campaign:2", " Campaign 2"):
        page.text_input(key="about").set_value(typed).run()
        assert len(page.dataframe[0].value) == 1
        assert "Campaign 2" in cells(page)
    page.date_input(key="to").set_value(date(2020, 1, 1)).run()
    assert not page.exception
    assert "No entries match" in page.info[0].value


def test_days_in_the_wrong_order_are_said(open_page: PageFactory) -> None:
    page = open_page("audit.py").run()
    page.date_input(key="from").set_value(date(2026, 3, 2)).run()
    page.date_input(key="to").set_value(date(2026, 3, 1)).run()
    assert not page.exception
    assert "is before the first day" in page.error[0].value


def test_it_is_paged_by_key(sqlite_store: Store) -> None:
    with sqlite_store.writing() as session:
        for n in range(5):
            audit.note(session, Actor("Aziza", Role.MARKETER), "a", str(n))
    first = listings.audit(sqlite_store, AZIZA, limit=2)
    then = listings.audit(sqlite_store, AZIZA, before_id=first[-1].id)
    assert [row.subject for row in (*first, *then)] == ["4", "3", "2", "1", "0"]


def test_it_is_filtered_by_address_and_exported(open_page: PageFactory, sqlite_store: Store) -> None:
    with sqlite_store.writing() as session:
        for address in ("10.0.0.1", "10.0.0.2", ""):
            audit.note(session, Actor("Aziza", Role.MARKETER, address=address), "file.download", "campaign:1")
    page = open_page("audit.py").run()
    page.text_input(key="address").set_value(" 10.0.0.2").run()
    assert not page.exception
    assert len(page.dataframe[0].value) == 1
    assert "Downloaded a file" in cells(page)
    assert "cannot be changed" not in page.caption[0].value


def test_an_export_holds_the_chosen_entries_and_is_an_entry_itself(store: Store, actor: Actor) -> None:
    with store.writing() as session:
        audit.note(session, Actor("Bek", Role.MARKETER, address="10.0.0.1"), "person.role", "person:1", before="a")
        audit.note(session, Actor("=1+1", Role.MARKETER), "campaign.start", "campaign:1")
    filters = audit_export.Filters(address="10.0.0.1")
    rows = audit_export.table(store, actor, filters, ZoneInfo("Asia/Tashkent")).to_pylist()
    assert [(row["actor"], row["address"], row["detail"]) for row in rows] == [("Bek", "10.0.0.1", '{"before": "a"}')]
    assert rows[0]["at"].endswith("+05:00")
    assert audit_export.table(store, actor, audit_export.Filters(), ZoneInfo("UTC")).num_rows == 3
    entry = listings.audit(store, AZIZA, what="audit.export")[-1]
    assert entry.detail == {"entries": 1, "filters": {"address": "10.0.0.1"}}
    with pytest.raises(DomainError) as refusal:
        audit_export.table(store, Actor("Lola", Role.MANAGER), filters, ZoneInfo("UTC"))
    assert refusal.value.code == "not-allowed"


def test_a_download_is_an_entry_with_the_address(
    open_page: PageFactory, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page("audit.py")
    monkeypatch.setattr(session, "address", lambda: "10.0.0.7")
    assert later.download(Permission.EXPORT, lambda _user: b"x", "campaign:7")() == b"x"
    entry = listings.audit(sqlite_store, AZIZA, what="file.download")[0]
    assert (entry.actor, entry.subject, entry.detail) == ("Aziza", "campaign:7", {"address": "10.0.0.7"})
    later.download(Permission.EXPORT, lambda _user: b"x", "")()
    assert len(listings.audit(sqlite_store, AZIZA, what="file.download")) == 1
