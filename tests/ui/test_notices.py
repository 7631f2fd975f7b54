"""The page of notices, and their counter in the frame."""

import pytest

from getsms_core.base.codes import NoticeEvent
from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store, now_ms
from getsms_core.notices import choices, events, inbox
from getsms_core.users import service as users
from tests.conftest import PageFactory
from tests.factories import make_campaign

HOSTILE = "**Aksiya** <b>[x](http://x)</b>"


def notify(store: Store, campaign_id: int) -> None:
    store.transact(lambda session: events.of_campaign(session, NoticeEvent.PAUSED, campaign_id, "1", now_ms(session)))


def test_notices_are_counted_read_and_chosen(open_page: PageFactory, sqlite_store: Store) -> None:
    page = open_page("notices.py").run()
    assert not page.exception
    assert "No notices yet" in page.info[0].value
    user = next(user for user in users.all_users(sqlite_store) if user.role is Role.ADMINISTRATOR)
    for name in (HOSTILE, "Bahor"):
        notify(sqlite_store, make_campaign(sqlite_store, name))
    page.run()
    shown = " ".join(item.value for item in page.markdown)
    assert "2 new notices" in shown
    assert "2 campaigns were paused by the program" in shown
    assert "\\*\\*Aksiya\\*\\*" in shown
    page.button(key="notices-read").click().run()
    assert inbox.unread(sqlite_store, user.id) == 0
    assert "Bahor" in " ".join(item.value for item in page.markdown)
    page.query_params["view"] = "choices"
    page.run()
    assert page.checkbox(key="notice-app-paused").value
    assert page.checkbox(key="notice-mail-paused").disabled
    page.checkbox(key="notice-app-paused").uncheck()
    page.checkbox(key="notice-app-finished").check()
    page.button(key="notice-save").click().run()
    assert not page.exception
    assert "Your choice is saved." in page.success[0].value
    chosen = choices.get(sqlite_store, user.actor, user.id)
    assert NoticeEvent.FINISHED in chosen.app
    assert NoticeEvent.PAUSED not in chosen.app


def test_a_notice_that_comes_while_the_others_are_marked_stays_new(open_page: PageFactory, sqlite_store: Store) -> None:
    open_page("notices.py")  # creates the user
    user = next(user for user in users.all_users(sqlite_store) if user.role is Role.ADMINISTRATOR)
    notify(sqlite_store, make_campaign(sqlite_store, "Bahor"))
    page = open_page("notices.py").run()
    notify(sqlite_store, make_campaign(sqlite_store, "Yoz"))
    page.button(key="notices-read").click().run()
    assert not page.exception
    assert [notice.sentence for notice in inbox.listing(sqlite_store, user.actor, user.id, unread_only=True)] == [
        "The program paused Yoz."
    ]


def test_events_by_e_mail_need_an_address(open_page: PageFactory, sqlite_store: Store) -> None:
    page = open_page("notices.py", Role.MARKETER, smtp_host="127.0.0.1", smtp_from="sms@example.uz")
    page.query_params["view"] = "choices"
    page.run()
    assert "notice-app-approval-waits" not in {box.key for box in page.checkbox}
    page.checkbox(key="notice-mail-finished").check()
    page.button(key="notice-save").click().run()
    assert "Enter the e-mail address" in page.error[0].value
    page.checkbox(key="notice-mail-finished").check()
    page.text_input(key="notice-email").set_value("bek@example.uz")
    page.button(key="notice-save").click().run()
    [user] = [user for user in users.all_users(sqlite_store) if user.role is Role.MARKETER]
    chosen = choices.get(sqlite_store, user.actor, user.id)
    assert (chosen.email, chosen.mail) == ("bek@example.uz", frozenset({NoticeEvent.FINISHED}))


def test_without_a_mail_server_the_notices_in_the_app_can_still_be_chosen(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    page = open_page("notices.py", Role.MARKETER, smtp_host="127.0.0.1", smtp_from="sms@example.uz")
    page.query_params["view"] = "choices"
    page.run()
    page.checkbox(key="notice-mail-finished").check()
    page.text_input(key="notice-email").set_value("bek@example.uz")
    page.button(key="notice-save").click().run()
    page = open_page("notices.py", Role.MARKETER)  # the server is gone
    page.query_params["view"] = "choices"
    page.run()
    page.checkbox(key="notice-app-finished").uncheck()
    page.button(key="notice-save").click().run()
    assert not page.error
    [user] = [user for user in users.all_users(sqlite_store) if user.role is Role.MARKETER]
    chosen = choices.get(sqlite_store, user.actor, user.id)
    assert NoticeEvent.FINISHED not in chosen.app
    assert chosen.mail == {NoticeEvent.FINISHED}


@pytest.mark.parametrize("language", ["uz", "ru"])
def test_the_frame_counts_the_new_notices_in_every_language(
    open_page: PageFactory, sqlite_store: Store, language: str
) -> None:
    page = open_page("frame.py", language=language)
    notify(sqlite_store, make_campaign(sqlite_store))
    page.run()
    assert not page.exception
