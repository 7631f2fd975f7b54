"""Settings: what is in force, the check that sends nothing, people, prices, rules."""

from typing import Any

import pytest
from pydantic import SecretStr
from streamlit.testing.v1 import AppTest

from getsms_core import reports
from getsms_core.accounts import gateway_account, policy
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.billing import price_rules
from getsms_core.db.engine import Store
from getsms_core.gateway import Probe
from getsms_core.reports import SenderName
from getsms_core.scheduled import reports as saved_reports
from getsms_core.users import service as users
from getsms_core.users import sign_in
from pages.ui.settings import gateway
from pages.ui.shared import amount_fields
from tests.conftest import PageFactory, SettingsFactory


def at(open_page: PageFactory, view: str = "gateway", **settings: Any) -> AppTest:
    """The page at one of its views."""
    page = open_page("settings.py", **settings)
    page.query_params["view"] = view
    return page.run()


def said(page: AppTest) -> str:
    """Every text and table on the page."""
    kinds = (page.title, page.header, page.markdown, page.caption, page.error, page.warning, page.info, page.success)
    texts = [str(element.value) for kind in kinds for element in kind]
    return "\n".join([*texts, *(table.value.to_string() for table in page.table)])


# ---------------------------------------------------------------------------------------------------------- gateway


def test_the_password_is_never_shown(open_page: PageFactory) -> None:
    page = at(open_page, login="acme", password="hunter2 and more")
    assert not page.exception
    assert "Live: account acme" in said(page)
    assert "hunter2" not in str(page)
    assert "hunter2" not in said(page)


def test_every_setting_stands_with_its_name(open_page: PageFactory) -> None:
    page = at(open_page)
    for name in ("GETSMS_RATE", "GETSMS_CONCURRENCY", "GETSMS_PRICE", "GETSMS_TIMEZONE", "GETSMS_PASSWORD"):
        assert name in said(page)
    assert "No worker is running" in said(page)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Probe("ok", True, "The gateway answers and knows the login.", "203.0.113.7"), "success"),
        (Probe("login-wrong", False, "The gateway does not know this login."), "error"),
    ],
)
def test_the_check_says_what_the_gateway_answered(
    open_page: PageFactory, monkeypatch: pytest.MonkeyPatch, answer: Probe, kind: str
) -> None:
    monkeypatch.setattr(gateway, "probe", lambda: answer)
    page = at(open_page)
    page.button(key="gateway-check").click().run()
    assert not page.exception
    assert answer.message in getattr(page, kind)[0].value
    assert ("203.0.113.7" in said(page)) == (answer.outgoing_ip is not None)


def test_a_gateway_that_is_down_is_a_sentence(
    open_page: PageFactory, settings: SettingsFactory, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = settings(login="acme", password=SecretStr("secret"), url=f"http://127.0.0.1:{free_port}/")
    monkeypatch.setattr(gateway, "settings", lambda: live)
    answer = gateway.probe()
    assert not answer.ok
    assert answer.message


# ----------------------------------------------------------------------------------------------------------- people


def add(page: AppTest, name: str, password: str) -> AppTest:
    """Fill the form for somebody new."""
    page.text_input(key="person-name").set_value(name)
    page.text_input(key="person-new-password").set_value(password)
    return page.button(key="person-add-go").click().run()


def test_somebody_is_added_and_may_sign_in(open_page: PageFactory, sqlite_store: Store) -> None:
    page = add(at(open_page, "people"), "Bobur", "a long password")
    assert not page.exception
    assert "Bobur can sign in now" in said(page)
    assert sign_in.with_password(sqlite_store, "Bobur", "a long password")


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [("Aziza", "a long password", "already a user"), ("Bobur", "kurz", "at least"), ("", "a long password", "name")],
)
def test_what_cannot_be_added_is_said(open_page: PageFactory, name: str, password: str, sentence: str) -> None:
    page = add(at(open_page, "people"), name, password)
    assert not page.exception
    assert sentence in page.error[0].value


def test_a_role_a_password_and_a_leave_are_one_click_each(open_page: PageFactory, sqlite_store: Store) -> None:
    page = add(at(open_page, "people"), "Bobur", "a long password")
    bobur = next(user for user in users.all_users(sqlite_store) if user.name == "Bobur")
    page.selectbox(key=f"person-role-{bobur.id}-marketer").select("analyst").run()
    assert "Bobur has the role Analyst now, and must sign in again." in said(page)
    page.text_input(key=f"person-password-{bobur.id}").set_value("another password")
    page.button(key=f"person-password-go-{bobur.id}").click().run()
    assert page.text_input(key=f"person-password-{bobur.id}").value == ""
    assert sign_in.with_password(sqlite_store, "Bobur", "another password")
    page.button(key=f"person-disable-{bobur.id}").click().run()
    assert not page.exception
    now = next(user for user in users.all_users(sqlite_store) if user.name == "Bobur")
    assert now.role is Role.ANALYST
    assert now.disabled_at
    assert "Bobur may not sign in." in said(page)
    page.button(key=f"person-enable-{bobur.id}").click().run()
    assert "Bobur may sign in." in said(page)
    assert sign_in.with_password(sqlite_store, "Bobur", "another password")


def test_a_disabled_user_whose_reports_are_still_sent_is_shown_with_a_warning(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    page = add(at(open_page, "people"), "Bobur", "a long password")
    bobur = next(user for user in users.all_users(sqlite_store) if user.name == "Bobur")
    author = Actor("Bobur", Role.ANALYST)
    for name, every in (("Hafta", "week"), ("Bir marta", "never")):
        saved_reports.save(sqlite_store, author, settings(), saved_reports.Plan(name, every=every))
    assert "saved report" not in said(page.run())
    page.button(key=f"person-disable-{bobur.id}").click().run()
    assert not page.exception
    assert "1 saved report of this user is still made and sent" in page.warning[0].value
    [weekly] = saved_reports.scheduled_of(sqlite_store, "Bobur")
    saved_reports.pause(sqlite_store, author, settings(), int(weekly.id or 0), True)
    assert not page.run().warning


def test_the_last_administrator_stays(open_page: PageFactory, sqlite_store: Store) -> None:
    page = at(open_page, "people")
    aziza = users.all_users(sqlite_store)[0]
    assert f"person-disable-{aziza.id}" not in {button.key for button in page.button}
    assert "Only another administrator can change your role or disable you." in said(page)
    assert page.selectbox(key=f"person-role-{aziza.id}-administrator").disabled
    with pytest.raises(DomainError, match="last administrator"):
        users.disable(sqlite_store, aziza.actor, aziza.id)
    with pytest.raises(DomainError, match="last administrator"):
        users.change_role(sqlite_store, aziza.actor, aziza.id, Role.ANALYST)
    assert page.run().selectbox(key=f"person-role-{aziza.id}-administrator").value == "administrator"


# ------------------------------------------------------------------------------------------------- prices and rules


def test_a_price_is_added_and_taken_away(open_page: PageFactory, sqlite_store: Store) -> None:
    page = at(open_page, "prices")
    page.text_input(key="price-amount").set_value("120,50")
    page.text_input(key="price-sender").set_value("BARG")
    page.button(key="price-go").click().run()
    assert not page.exception
    rule = price_rules.all_rules(sqlite_store)[0]
    assert (rule.price, rule.sender) == (12050, "BARG")
    assert "**120.50\u00a0so'm** · sender BARG" in said(page).replace("\\", "")
    page.button(key=f"price-remove-{rule.id}").click().run()
    assert not price_rules.all_rules(sqlite_store)


@pytest.mark.parametrize("amount", ["", "salom", "-5"])
def test_a_price_that_is_none_is_refused(open_page: PageFactory, sqlite_store: Store, amount: str) -> None:
    page = at(open_page, "prices")
    page.text_input(key="price-amount").set_value(amount)
    page.button(key="price-go").click().run()
    assert not page.exception
    assert page.error
    assert not price_rules.all_rules(sqlite_store)


def kept(store: Store, settings: SettingsFactory) -> policy.Policy:
    """The rules in the database."""
    account = gateway_account.account_id(store, settings())
    with store.reading() as session:
        return policy.get(session, account)


def test_an_empty_limit_says_once_what_it_means(open_page: PageFactory) -> None:
    page = at(open_page, "rules")
    assert page.text_input(key="rules-spend").placeholder == "no limit"
    assert "no limit" not in [caption.value for caption in page.caption]


def test_rules_are_kept(open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory) -> None:
    page = at(open_page, "rules")
    days: Any = page.get_by_key("rules-days")
    days.set_value([0, 1])
    page.text_input(key="rules-spend").set_value("500 000")
    page.text_input(key="rules-cap").set_value("2")
    page.text_input(key="rules-cap-days").set_value("7")
    page.text_area(key="rules-own-words").set_value("Asaxiy\n IT  Park, asaxiy\n")
    page.button(key="rules-go").click().run()
    assert not page.exception
    now = kept(sqlite_store, settings)
    assert now.own_words == ("Asaxiy", "IT Park")
    assert now.quiet == (policy.QuietHours((0, 1), "21:00", "08:00"),)
    assert (now.spend_day, now.cap_messages, now.cap_days) == (50_000_000, 2, 7)


def test_two_administrators_do_not_undo_each_others_rules(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    first, second = (at(open_page, "rules") for _tab in range(2))
    first.text_input(key="rules-approve").set_value("10")
    first.button(key="rules-go").click().run()
    second.text_input(key="rules-spend").set_value("500 000")
    second.button(key="rules-go").click().run()
    assert (kept(sqlite_store, settings).approve_messages, kept(sqlite_store, settings).spend_day) == (10, 50_000_000)
    assert second.text_input(key="rules-approve").value == "10"
    first.text_input(key="rules-spend").set_value("100")
    first.button(key="rules-go").click().run()
    assert kept(sqlite_store, settings).spend_day == 50_000_000
    assert "has changed the same rule since you opened it. Nothing was saved." in said(first)
    assert first.text_input(key="rules-spend").value == amount_fields.of_money(50_000_000)
    first.text_input(key="rules-spend").set_value("100")
    first.button(key="rules-go").click().run()
    assert kept(sqlite_store, settings).spend_day == 10_000
    for page in (first, second):
        assert not page.exception
        assert not page.warning


def test_service_messages_may_come_in_quiet_hours(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    page = at(open_page, "rules")
    days: Any = page.get_by_key("rules-days")
    days.set_value([0, 1])
    page.toggle(key="rules-service").set_value(True).run()
    page.button(key="rules-go").click().run()
    assert not page.exception
    now = kept(sqlite_store, settings)
    assert (len(now.quiet), now.of_kind("advertising").quiet, now.of_kind("service").quiet) == (1, now.quiet, ())
    assert not now.counts_apart


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(
            ("rules-from", "9 o'clock"),
            ("rules-spend", "viel"),
            ("rules-spend", "-1"),
            ("rules-own-words", "a {field}"),
        ),
        *(("rules-cap", "1,5"), ("rules-cap", "1.000"), ("rules-cap", "1001"), ("rules-cap", "")),
        *(("rules-cap-days", "366"), ("rules-cap-days", "-1"), ("rules-erase", "121"), ("rules-erase", "6 oy")),
    ],
)
def test_rules_that_make_no_sense_are_refused(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory, field: str, value: str
) -> None:
    page = at(open_page, "rules")
    days: Any = page.get_by_key("rules-days")
    days.set_value([0])
    field_of_page: Any = page.get_by_key(field)
    field_of_page.set_value(value[:5] if field == "rules-from" else value)
    page.button(key="rules-go").click().run()
    assert not page.exception
    assert page.error
    assert kept(sqlite_store, settings) == policy.Policy()


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (SenderName("Korzinka", None, None), "has not been used yet"),
        (SenderName("Korzinka", 1_795_360_000_000, None), "last accepted the sender name “Korzinka” on 22 Nov 2026"),
        (SenderName("Korzinka", 1, 1_795_360_000_000), "refused the sender name “Korzinka” on 22 Nov 2026"),
    ],
)
def test_what_is_known_of_the_sender_name_is_said(
    open_page: PageFactory,
    settings: SettingsFactory,
    monkeypatch: pytest.MonkeyPatch,
    found: SenderName,
    sentence: str,
) -> None:
    named = settings(nickname="Korzinka")
    monkeypatch.setattr(gateway, "settings", lambda: named)
    monkeypatch.setattr(reports, "sender_name", lambda *_arguments: found)
    page = at(open_page)
    assert not page.exception
    assert sentence in said(page)
