"""Saved reports and e-mail as people meet them on the pages."""

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import Settings
from getsms_core.db.engine import Store
from getsms_core.db.models import SavedReport
from getsms_core.reports import Filter
from getsms_core.scheduled import alerts
from getsms_core.scheduled import reports as saved_reports
from getsms_core.scheduled.reports import Plan
from getsms_core.worker import handlers
from pages.ui.settings import mail
from tests.conftest import PageFactory, SettingsFactory
from tests.factories import make_campaign, make_messages
from tests.job_support import claimed
from tests.mail_server import mail_server
from tests.ui.test_campaigns import said


def opened(open_page: PageFactory, store: Store, role: Role = Role.ADMINISTRATOR) -> AppTest:
    if not saved_reports.everything(store):
        make_messages(store, make_campaign(store), {"delivered": 2})
    return open_page("reports.py", role).run()


def test_a_choice_is_saved_with_its_day_and_made_now(open_page: PageFactory, sqlite_store: Store) -> None:
    page = opened(open_page, sqlite_store)
    page.segmented_control(key="report-format").set_value("csv").run()
    page.selectbox(key="saved-every").select("week").run()
    page.selectbox(key="saved-weekday").select(4)
    page.text_input(key="saved-at").set_value("09:30")
    page.text_input(key="saved-name").set_value("Hafta")
    page.button(key="saved-go").click().run()
    assert not page.exception
    assert "The report is saved." in said(page)
    [report] = saved_reports.everything(sqlite_store)
    plan = saved_reports.plan_of(report)
    assert (plan.name, plan.format, plan.every, plan.weekday, plan.at) == ("Hafta", "csv", "week", 4, "09:30")
    assert "next run" in said(page)
    page.button(key=f"saved-run-{report.id}").click().run()
    assert saved_reports.states(sqlite_store) == {report.id: "asked"}
    assert "A worker is preparing it." in said(page)
    page.button(key=f"saved-pause-{report.id}").click().run()
    assert saved_reports.get(sqlite_store, int(report.id or 0)).paused
    page.button(key=f"saved-delete-{report.id}").click().run()
    assert saved_reports.everything(sqlite_store) == []


def test_what_cannot_be_saved_is_a_sentence(open_page: PageFactory, sqlite_store: Store) -> None:
    page = opened(open_page, sqlite_store)
    page.button(key="saved-go").click().run()
    assert not page.exception
    assert "name is empty. Write one." in page.error[0].value


def test_how_the_last_run_went_stands_beside_it(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    report_id = saved_reports.save(
        sqlite_store, Actor("A", Role.ADMINISTRATOR), settings(), Plan("Kun", question=Filter())
    )
    saved_reports.run_now(sqlite_store, Actor("A", Role.ADMINISTRATOR), report_id)
    refusal = DomainError("mail-refused", "The mail server refused boss@example.uz.")
    handlers.record_failure(sqlite_store, claimed(sqlite_store), refusal)
    page = opened(open_page, sqlite_store)
    assert "refused boss" in said(page)


def test_without_a_mail_server_the_settings_say_how_to_get_one(open_page: PageFactory) -> None:
    page = open_page("settings.py")
    page.query_params["view"] = "mail"
    page.run()
    assert not page.exception
    assert "GETSMS_SMTP_HOST" in page.info[0].value


def test_a_mail_to_try_it_and_who_is_told(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(refuse="nobody") as server:
        rules: Settings = settings(
            smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none", smtp_from="sms@example.uz"
        )
        monkeypatch.setattr(mail, "settings", lambda: rules)
        page = open_page("settings.py")
        page.query_params["view"] = "mail"
        page.run()
        page.text_input(key="mail-address").set_value("me@example.uz")
        page.button(key="mail-try-go").click().run()
        assert not page.exception
        assert "accepted the message" in page.success[0].value
        assert [to for to, _message in server.mails] == [["me@example.uz"]]
        page.text_input(key="mail-address").set_value("nobody@example.uz")
        page.button(key="mail-try-go").click().run()
        assert "refused nobody@\u2060example.uz" in page.error[0].value
        page.text_input(key="alerts-to").set_value("a@example.uz, b@example.uz")
        page.button(key="alerts-go").click().run()
        watched = alerts.watched(sqlite_store)
        assert watched
        assert watched.plan["mail"] == ["a@example.uz", "b@example.uz"]
        page.text_input(key="alerts-to").set_value("a")
        page.button(key="alerts-go").click().run()
        assert "not an e-mail address" in page.error[0].value


def test_a_report_of_a_number_range_that_is_no_more_is_shown_and_can_be_deleted(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    actor = Actor("A", Role.ADMINISTRATOR)
    report_id = saved_reports.save(sqlite_store, actor, settings(), Plan("Eski", question=Filter()))
    with sqlite_store.writing() as session:
        report = session.get_one(SavedReport, report_id)
        report.plan = report.plan | {"question": {"range": ["Perfectum Mobile CDMA"]}}
    page = opened(open_page, sqlite_store)
    assert not page.exception
    page.button(key=f"saved-delete-{report_id}").click().run()
    assert saved_reports.everything(sqlite_store) == []


def test_the_form_stays_open_when_the_language_is_switched(open_page: PageFactory, sqlite_store: Store) -> None:
    page = opened(open_page, sqlite_store)
    form = page.expander[0]
    assert not form.proto.expanded
    page.session_state["saved-form"] = True
    page.text_input(key="saved-name").set_value("Hafta").run()
    page.session_state["lang"] = "ru"
    page.run()
    assert not page.exception
    assert page.expander[0].label != form.label
    assert page.expander[0].proto.expanded
    assert page.text_input(key="saved-name").value == "Hafta"
