"""The page of a number: found by typing it or from a message, masked by role, opted out and erased there."""

from typing import Any

import sqlalchemy as sa

from getsms_core.base.permissions import Role
from getsms_core.campaigns import number_erasure, number_indexing
from getsms_core.contacts import suppression
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, OptOut
from pages.ui.shared import number_link
from tests.conftest import PageFactory
from tests.engine_support import AZIZA, Engine, audited, running
from tests.ui.test_masking import everything

ALI = 998901234567


def story(store: Store) -> int:
    numbers = [ALI, 998935556677]
    campaign_id = running(store, numbers=numbers, text="Salom {raqam}", fields={"raqam": list(map(str, numbers))})
    Engine(store).send()
    return campaign_id


def said(page: Any) -> str:
    return "\n".join(str(element.value) for kind in (page.warning, page.info, page.error) for element in kind)


def opened(page: Any) -> Any:
    """The page within the frame, which its links need."""
    page.run().switch_page("numbers.py")
    return page.run()


def found(page: Any, typed: str) -> Any:
    page.text_input(key="number-typed").set_value(typed)
    page.button(key="number-find").click().run()
    assert not page.exception
    return page


def test_a_number_is_found_by_typing_it_opted_out_and_erased(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = story(sqlite_store)
    page: Any = found(opened(open_page("frame.py")), "12")
    assert "too few digits" in said(page)
    page = found(page, "90 123-45-67")
    assert not page.error
    shown = everything(page)
    assert f"Sale ({campaign_id})" in shown
    assert "Salom 998901234567" in shown
    assert "It is not opted out." in shown
    assert [entry.subject for entry in audited(sqlite_store, "number.look-up")] == [f"phone:{ALI}"]
    page.text_input(key="number-reason").set_value("called")
    page.radio(key="number-scope").set_value("advertising")
    page.button(key="number-optout-go").click().run()
    with sqlite_store.reading() as session:
        entry = session.get(OptOut, ALI)
        assert entry is not None
        assert (entry.scope, entry.source, entry.reason) == ("advertising", "asked", "called")
    assert "Opted out of: advertising" in said(page)
    assert page.button(key="number-erase-go").disabled
    page.checkbox(key="number-erase-sure").check().run()
    page.button(key="number-erase-go").click().run()
    assert not page.exception
    assert number_erasure.under_way(sqlite_store, ALI) is not None
    assert "being erased" in said(page)
    assert "number-erase-go" not in [button.key for button in page.button]
    assert "number-optout-go" not in [button.key for button in page.button]
    assert len(audited(sqlite_store, "number.look-up")) == 1
    with sqlite_store.writing() as session:
        session.execute(sa.update(Campaign).values(numbers_indexed=False))
        number_indexing.request_missing(session, now_ms(session))
    jobs: Any = open_page("jobs.py").run()
    assert not jobs.exception
    cards = everything(jobs)
    assert "Erasing of a number** · Erasure of a number 1" in cards
    assert "Index of numbers** · All numbers" in cards


def test_an_analyst_sees_the_number_of_a_message_masked_and_can_change_nothing(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    story(sqlite_store)
    suppression.add(sqlite_store, AZIZA, [ALI], "complaint", f"called from {ALI}")
    page: Any = open_page("frame.py", Role.ANALYST)
    page.session_state[number_link.PHONE] = ALI
    shown = everything(opened(page))
    assert not page.exception
    assert "901234567" not in shown.replace(" ", "")
    assert "99890*****67" in shown
    assert not {"number-optout-go", "number-erase-go"} & {button.key for button in page.button}
    marketer: Any = found(opened(open_page("frame.py", Role.MARKETER)), str(ALI + 1))
    assert "no list holds it" in said(marketer)
    assert "number-optout-go" in [button.key for button in marketer.button]
    assert "number-erase-go" not in [button.key for button in marketer.button]
