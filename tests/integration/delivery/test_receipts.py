"""Receipts that are damaged, several for a message, of other ids, of nobody, or that never come."""

from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.states import MessageState
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.db.models import Message, Receipt, table
from getsms_core.gateway import Accepted, Decision, NoAnswer, Refusal, StatusAnswer, StatusRecord
from tests.engine_support import (
    HOUR,
    NOW,
    Engine,
    answered,
    assert_rollups,
    counts,
    messages_of,
    phones,
    receipt,
    running,
    states,
    statuses,
)
from tests.integration.delivery.test_polling import DAY, faults, next_polls, sent, set_aside

LONG = "Salom dunyo! " * 20  # two parts


def long_one(store: Store) -> tuple[int, Engine, Message]:
    campaign_id = running(store, 1, text=LONG)
    engine = Engine(store)
    engine.send()
    engine.now += 5_000
    [message] = messages_of(store, campaign_id)
    assert message.parts == 2
    return campaign_id, engine, message


def halves(message: Message, first: str, second: str) -> list[StatusRecord]:
    """Two records of one SMS, each with other words, as the manual's sample shows two for one request id."""
    middle = len(message.text) // 2
    return [
        receipt(message, first, text=message.text[:middle]),
        receipt(message, second, text=message.text[middle:], message_id="another"),
    ]


def outcome(store: Store, campaign_id: int) -> tuple[str, int | None]:
    [message] = messages_of(store, campaign_id)
    assert_rollups(store, campaign_id)
    return message.state.value, message.billed_parts


@pytest.mark.parametrize("first_word", ["delivered", "undelivered"])
@pytest.mark.parametrize("second_word", ["delivered", "undelivered"])
@pytest.mark.parametrize("backwards", [False, True])
def test_the_parts_of_one_sms_add_up_and_one_that_failed_means_not_delivered(
    store: Store, first_word: str, second_word: str, backwards: bool
) -> None:
    campaign_id, engine, message = long_one(store)
    records = halves(message, first_word, second_word)
    engine.apply_answers((engine.due(), statuses(*(records[::-1] if backwards else records))))
    expected = "delivered" if first_word == second_word == "delivered" else "undelivered"
    assert outcome(store, campaign_id) == (expected, 2)


@pytest.mark.parametrize("backwards", [False, True])
def test_parts_that_are_told_in_different_calls_add_up_in_any_order(store: Store, backwards: bool) -> None:
    campaign_id, engine, message = long_one(store)
    first, second = halves(message, "delivered", "undelivered")[:: -1 if backwards else 1]
    for answer in (statuses(first), statuses(first, second)):
        engine.apply_answers((engine.due(), answer))
        engine.now += HOUR
    assert outcome(store, campaign_id) == ("undelivered", 2)


def test_a_second_part_told_alone_is_not_taken_for_the_first(store: Store) -> None:
    campaign_id, engine, message = long_one(store)
    for record in halves(message, "delivered", "delivered"):
        engine.apply_answers((engine.due(), statuses(record)))
        engine.now += HOUR
    assert outcome(store, campaign_id) == ("delivered", 2)


def test_parts_that_were_told_under_way_are_remembered_while_the_others_change(store: Store) -> None:
    campaign_id, engine, message = long_one(store)
    for words in (("sent", "sent"), ("delivered", "sent"), ("delivered", "sent"), ("delivered", "delivered")):
        assert states(store, campaign_id) == ["accepted"]
        engine.apply_answers((engine.due(), statuses(*halves(message, *words))))
        engine.now += HOUR
    assert outcome(store, campaign_id) == ("delivered", 2)


def test_the_same_record_again_adds_nothing(store: Store) -> None:
    campaign_id, engine, message = long_one(store)
    for _again in range(3):
        engine.apply_answers((engine.due(), statuses(*[receipt(message, "sent")] * 3)))
        assert outcome(store, campaign_id) == ("accepted", 1)
        engine.now += HOUR


def test_an_sms_of_fewer_parts_than_predicted_is_asked_about_once_more_and_settled(store: Store) -> None:
    campaign_id, engine, message = long_one(store)
    engine.apply_answers((engine.due(), statuses(receipt(message))))
    assert outcome(store, campaign_id) == ("accepted", 1)
    engine.now += HOUR
    engine.apply_answers((engine.due(), statuses(receipt(message))))
    assert outcome(store, campaign_id) == ("delivered", 1)


@pytest.mark.parametrize("words", list(permutations(["delivered", "sent", "accepted"])))
def test_a_final_status_counts_whatever_interim_ones_stand_around_it(store: Store, words: tuple[str, ...]) -> None:
    campaign_id, engine = sent(store, 1)
    [message] = messages_of(store, campaign_id)
    engine.apply_answers((engine.due(), statuses(*(receipt(message, word) for word in words))))
    assert outcome(store, campaign_id) == ("delivered", 1)


def test_messages_that_are_alike_change_as_each_would_alone(store: Store) -> None:
    """The same records with a sign before each number, which is unusual, are decided one by one."""
    stored: list[list[str]] = []
    for sign in ("", "+"):
        campaign_id, engine = sent(store, 60)
        for turn in range(3):
            records = []
            for n, message in enumerate(messages_of(store, campaign_id)):
                if message.state is MessageState.ACCEPTED and n % 11:
                    word = ("sent", "delivered", "undelivered", "expired")[(n // (turn + 1)) % 4] if turn else "sent"
                    records.append(receipt(message, word, parts=(None, 1, 2)[n % 3], recipient=f"{sign}{message.phone}",
                                           description=("OK", "No credit")[n % 2], date_sent=f"at {n % 5}",
                                           delivered_at=engine.now - n % 4 * 1000))  # fmt: skip
            engine.apply_answers((engine.due(), statuses(*records)))
            engine.now += HOUR
        assert_rollups(store, campaign_id)
        message_columns = [table(Message).c[name] for name in (
            "row", "state", "status_word", "billed_parts", "settled_at", "reason", "next_poll_at")]  # fmt: skip
        receipt_columns = [table(Receipt).c[name] for name in (
            "at", "status", "billed_parts", "date_sent", "description", "part")]  # fmt: skip
        of_campaign = col(Message.campaign_id) == campaign_id
        rows = sa.select(*message_columns).where(of_campaign)
        receipts_of = sa.select(table(Message).c.row, *receipt_columns).where(
            of_campaign, col(Receipt.message_id) == col(Message.id))  # fmt: skip
        with store.reading() as session:
            stored += [sorted(repr(tuple(row)) for row in session.execute(query)) for query in (rows, receipts_of)]
    assert stored[:2] == stored[2:]
    assert len(stored[1]) > 100


# ------------------------------------------------------------------------------------------------- whose record it is


def test_one_message_id_for_all_messages_gives_each_its_own_record(store: Store) -> None:
    campaign_id = running(store, 10)
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.record((claimed, answered(*[Accepted("7", "1")] * 10)))
    engine.now += 5_000
    words = ["delivered", "undelivered"] * 5
    records = [receipt(message, word) for message, word in zip(messages_of(store, campaign_id), words, strict=True)]
    engine.apply_answers((engine.due(), statuses(*records[::-1])))
    assert states(store, campaign_id) == words
    assert set_aside(store, campaign_id) == {}
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize(
    "changed",
    [
        {"request_id": "0000000000{request_id}"},
        {"message_id": "000{message_id}"},
        {"request_id": "5", "message_id": "6"},
        {"request_id": ""},
        {"recipient": "+{recipient}"},
        {"recipient": "00{recipient}"},
        {"text": ""},
        {"text": "Sal\ufffd"},
        {"text": "???"},
    ],
)
def test_a_record_finds_its_message_through_odd_ids_and_damaged_texts(store: Store, changed: dict[str, str]) -> None:
    campaign_id, engine = sent(store, 3)
    records = []
    for message in messages_of(store, campaign_id):
        record = receipt(message)
        known = {"request_id": record.request_id, "message_id": record.message_id, "recipient": record.recipient}
        fields: dict[str, Any] = {name: value.format(**known) for name, value in changed.items()}
        records.append(receipt(message, **fields))
    engine.apply_answers((engine.due(), statuses(*records)))
    assert counts(store, campaign_id) == {"delivered": 3}
    assert set_aside(store, campaign_id) == {}


def test_records_of_settled_messages_are_not_set_aside(store: Store) -> None:
    campaign_id, engine = sent(store, 3)
    first, second, third = messages_of(store, campaign_id)
    for records in (
        [receipt(first)],
        [receipt(first), receipt(second)],
        [receipt(record) for record in (first, second, third)],
    ):
        engine.apply_answers((engine.due(), statuses(*records)))
        engine.now += HOUR
    assert counts(store, campaign_id) == {"delivered": 3}
    assert set_aside(store, campaign_id) == {}


def test_what_belongs_to_nobody_is_set_aside_once_with_a_reason_and_told(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    campaign_id, engine = sent(store, 1)
    [message] = messages_of(store, campaign_id)
    strange = [
        receipt(message, recipient="998901112233"),
        receipt(message, recipient=""),
        receipt(message, request_id="1", message_id="2", text="Boshqa"),
    ]
    for status in ("sent", "delivered"):
        again = [record._replace(status=status) for record in strange]
        engine.apply_answers((engine.due(), statuses(*again)))
        engine.now += HOUR
    assert states(store, campaign_id) == ["accepted"]
    assert set_aside(store, campaign_id) == {"ids": 1, "recipient": 2}
    assert len([record for record in caplog.records if record.message == "receipt.set_aside"]) == 3


def test_a_number_written_to_twice_in_one_request_needs_an_id_or_a_text(store: Store) -> None:
    campaign_id = running(store, 2, numbers=phones(2))
    engine = Engine(store)
    engine.send()
    engine.now += 5_000
    first, second = messages_of(store, campaign_id)
    with store.writing() as session:
        for row, text in ((first, "Salom A"), (second, "Salom B")):
            loaded = session.get_one(Message, row.id)
            loaded.phone, loaded.text, loaded.gateway_id = first.phone, text, None
    first, second = messages_of(store, campaign_id)
    engine.apply_answers((engine.due(), statuses(receipt(first, "undelivered"), receipt(first, text=""))))
    assert states(store, campaign_id) == ["undelivered", "accepted"]
    assert set_aside(store, campaign_id) == {"ambiguous": 1}


# ------------------------------------------------------------------------------------------------- calls that fail

FAILING: list[StatusAnswer] = [
    Refusal("ip-not-registered", Decision.STOP, "HTTP 403"),
    Refusal("login-wrong", Decision.STOP, "101: Incorrect"),
    NoAnswer("server-error", "HTTP 500"),
    NoAnswer("connection-refused", "Connection refused"),
]


@pytest.mark.parametrize("answer", FAILING, ids=lambda answer: answer.code)
def test_a_message_is_asked_about_for_seven_days_more_before_it_expires_without_an_answer(
    store: Store, answer: StatusAnswer
) -> None:
    campaign_id, engine = sent(store, 1)
    engine.now = NOW + DAY
    for _day in range(7):
        engine.apply_answers((engine.due(), answer))
        assert next_polls(store, campaign_id) == [engine.now + DAY]
        assert states(store, campaign_id) == ["accepted"]
        engine.now += DAY
    engine.apply_answers((engine.due(), answer))
    [message] = messages_of(store, campaign_id)
    assert (message.state.value, message.reason, message.next_poll_at) == ("expired", "no-answer", None)
    assert_rollups(store, campaign_id)


def test_an_answer_on_the_seventh_day_still_counts(store: Store) -> None:
    campaign_id, engine = sent(store, 2)
    engine.now = NOW + DAY
    for _day in range(7):
        engine.apply_answers((engine.due(), FAILING[0]))
        engine.now += DAY
    first, _second = messages_of(store, campaign_id)
    engine.apply_answers((engine.due(), statuses(receipt(first))))
    assert states(store, campaign_id) == ["delivered", "expired"]
    assert [message.reason for message in messages_of(store, campaign_id)] == [None, "no-final-receipt"]


def test_a_program_that_was_down_for_weeks_still_asks_for_seven_days(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    engine.now = NOW + 30 * DAY
    engine.apply_answers((engine.due(), NoAnswer("read-timeout")))
    assert states(store, campaign_id) == ["accepted"]
    assert next_polls(store, campaign_id) == [engine.now + DAY]


@pytest.mark.parametrize("answer", FAILING, ids=lambda answer: answer.code)
def test_calls_that_fail_are_shown_and_logged_until_one_succeeds(
    store: Store, answer: StatusAnswer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "getsms.worker")
    campaign_id, engine = sent(store, 1)
    for _again in range(2):
        engine.apply_answers((engine.due(), answer))
        engine.now += HOUR
    assert faults(store, campaign_id) == [(answer.code, 2)]  # type: ignore[union-attr]
    assert len([record for record in caplog.records if record.message == "status.refused"]) == 1
    [fault] = campaigns.receipt_notes(store, campaign_id)[1]
    assert (fault.since_at, fault.last_at) == (NOW + 5_000, NOW + 5_000 + HOUR)
    engine.apply_answers((engine.due(), statuses()))
    assert faults(store, campaign_id) == []
    assert "status.restored" in caplog.text


def test_an_id_that_the_gateway_does_not_know_stays_shown(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    engine.apply_answers((engine.due(), Refusal("request-id-wrong", Decision.RETRY)))
    engine.now += HOUR
    engine.apply_answers((engine.due(), statuses()))
    assert faults(store, campaign_id) == [("request-id-wrong", 1)]
