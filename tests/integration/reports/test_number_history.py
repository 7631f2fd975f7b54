"""Everything about one number, with and without an index, in the core and in the command, on both databases."""

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.work_states import ListState
from getsms_core.campaigns import build, number_indexing
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import list_numbers, lists, suppression
from getsms_core.contacts import operations as list_operations
from getsms_core.db import number_index
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, Message, RecipientList
from getsms_core.reports import number_history
from getsms_core.users import attempts
from tests.engine_support import AZIZA, Engine, audited, campaign_of, checked_list, messages_of, running, settings_for
from tests.integration.cli.cli_support import document, refused, run
from tests.job_support import do_all

ALI, VALI = 998901234567, 998935556677
ANALYST = Actor("Ann", Role.ANALYST)


def built(store: Store, *numbers: object, text: str = "Salom") -> int:
    """A draft whose messages the build made."""
    draft = Draft("Bahor", text, checked_list(store, numbers, raqam=list(map(str, numbers))))
    campaign_id = campaigns.create(store, AZIZA, settings_for(), draft)
    campaigns.prepare(store, campaign_id)
    return campaign_id


def indexed(store: Store, phone: int) -> dict[int, list[int]]:
    with store.reading() as session:
        return number_index.find(session, number_index.MESSAGES, phone)


def test_the_build_indexes_what_it_makes_and_a_deleted_draft_or_list_leaves_nothing(store: Store) -> None:
    campaign_id = built(store, VALI, ALI, "no number", ALI)
    list_id = campaign_of(store, campaign_id).list_id or 0
    assert indexed(store, ALI) == {campaign_id: [2]}
    assert list_numbers.rows_with(store, ALI) == {list_id: [2, 4]}
    assert list_numbers.rows_with(store, ALI + 1) == indexed(store, ALI + 1) == {}
    with store.writing() as session:
        build.delete_messages(session, campaign_id)
    assert indexed(store, ALI) == {}
    campaigns.cancel(store, AZIZA, campaign_id)
    list_operations.delete(store, AZIZA, list_id)
    assert list_numbers.rows_with(store, ALI) == {}


def test_what_has_no_index_is_found_too_until_a_job_has_made_one(store: Store) -> None:
    campaign_id = running(store, numbers=[VALI, ALI])
    list_id = campaign_of(store, campaign_id).list_id or 0
    with store.writing() as session:
        session.execute(sa.update(RecipientList).values(numbers_indexed=False))
        session.execute(sa.update(Campaign).values(numbers_indexed=False))
        number_index.delete(session, number_index.LISTS, list_id)
        number_index.delete(session, number_index.MESSAGES, campaign_id)
    assert not campaign_of(store, campaign_id).numbers_indexed
    before = number_history.history(store, AZIZA, ALI)
    with store.writing() as session:
        assert number_indexing.request_missing(session, now_ms(session))
        assert not number_indexing.request_missing(session, now_ms(session))
    assert do_all(store) == [("numbers", number_indexing.SUBJECT)]
    assert indexed(store, ALI) == {campaign_id: [2]}
    assert list_numbers.rows_with(store, ALI) == {list_id: [2]}
    assert number_history.history(store, AZIZA, ALI) == before
    assert number_indexing.index_missing(store) == 0
    with store.writing() as session:
        assert not number_indexing.request_missing(session, now_ms(session))


def test_a_look_up_shows_all_campaigns_lists_and_the_opt_out_to_those_who_may_and_is_audited(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    first = built(store, ALI, VALI, text="Salom {raqam}")
    second = running(store, numbers=[ALI])
    Engine(store).send()
    suppression.add(store, AZIZA, [ALI], "complaint", f"called from {ALI}", OptOutScope.ADVERTISING)
    history = number_history.look_up(store, AZIZA, ALI)
    assert [(message.campaign_id, message.message.state, message.message.phone) for message in history.messages] == [
        (second, "accepted", str(ALI)), (first, "queued", str(ALI))]  # fmt: skip
    assert [list_id for list_id, _name, _rows in history.lists] == [
        campaign_of(store, record).list_id for record in (first, second)
    ]
    masked = number_history.look_up(store, ANALYST, ALI)
    assert str(ALI) not in repr(masked)
    assert (masked.phone, masked.messages[1].message.text) == ("99890*****67", "Salom 99890*****67")
    assert [entry.subject for entry in audited(store, "number.look-up")] == [f"phone:{ALI}"] * 2
    answer = document("phone", "+998 90 123-45-67")
    assert list(answer) == ["phone", "opted_out", "lists", "messages"]
    assert (answer["phone"], answer["opted_out"]) == (str(ALI), "advertising")
    assert list(answer["messages"][0]) == ["campaign", "name", "text", "state", "reason", "sent_at", "price"]
    sent = answer["messages"][0]
    assert (sent["campaign"], sent["state"], sent["price"], sent["reason"]) == (second, "accepted", 95, None)
    assert sent["sent_at"] is not None
    words = run("phone", "90 123 45 67").stdout
    assert "Opted out of: advertising (complaint, called from" in words
    assert "Salom 998901234567" in words
    assert len(audited(store, "number.look-up")) == 4
    nothing = document("phone", "998911112233")
    assert nothing == {"phone": "998911112233", "opted_out": None, "lists": [], "messages": []}
    assert refused("phone", "12345") == "too-short"
    assert refused("phone", "salom") == "not-a-number"
    assert refused("phone", " ") == "no-number"
    assert run("phone", "901234567", "--yes").exit_code == 2


def test_who_sees_masked_numbers_may_try_a_limited_number_of_them(store: Store) -> None:
    message = messages_of(store, running(store, numbers=[ALI]))[0]
    for place in range(attempts.PER_SEARCHER):
        number_history.note(store, ANALYST, ALI + place)
    number_history.note(store, ANALYST, ALI)
    with pytest.raises(attempts.TooManyAttempts):
        number_history.look_up(store, ANALYST, VALI)
    number_history.note(store, ANALYST, number_history.of_message(store, ANALYST, message.id), typed=False)
    number_history.look_up(store, AZIZA, VALI)


def test_lists_of_test_sends_and_erased_lists_are_not_named(store: Store) -> None:
    list_id, test = checked_list(store, [ALI]), checked_list(store, [ALI])
    with store.writing() as session:
        internal = {"filename": lists.TEST_FILENAME, "options": {"phone_column": lists.TEST_PHONE_COLUMN}}
        session.execute(sa.update(RecipientList).where(col(RecipientList.id) == test).values(**internal))
    assert [row[0] for row in number_history.history(store, AZIZA, ALI).lists] == [list_id]
    assert lists.get(store, list_id).state == ListState.READY


def test_the_number_of_a_message_is_found_without_being_shown_and_not_once_it_is_erased(store: Store) -> None:
    campaign_id = running(store, numbers=[ALI])
    message = messages_of(store, campaign_id)[0]
    assert number_history.of_message(store, ANALYST, message.id) == ALI
    with store.writing() as session:
        session.execute(sa.update(Message).values(phone=0))
        session.execute(sa.update(Campaign).values(numbers_indexed=True))
    with pytest.raises(DomainError) as refusal:
        number_history.of_message(store, ANALYST, message.id)
    assert refusal.value.code == "number-erased"
    assert number_history.history(store, AZIZA, ALI).messages == ()


def test_a_look_up_takes_as_many_statements_however_many_campaigns_and_lists_have_the_number(store: Store) -> None:
    def statements() -> int:
        executed: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            executed.append(statement)

        sa.event.listen(store.engine, "before_cursor_execute", note)
        number_history.history(store, AZIZA, ALI)
        sa.event.remove(store.engine, "before_cursor_execute", note)
        return len([statement for statement in executed if not statement.startswith("BEGIN")])

    for _campaign in range(3):
        running(store, numbers=[VALI, ALI])
        checked_list(store, [ALI])
        assert statements() == 5
    assert len(number_history.history(store, AZIZA, ALI).messages) == 3
