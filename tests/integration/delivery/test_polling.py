"""Following messages to their last word: who is asked for what, what is kept, and what is never believed."""

from itertools import pairwise

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.codes import SetAsideReason
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, DeliveryTimeRollUp, Message, Receipt, RollUp
from getsms_core.delivery import Resolution, polling, receipt_writes
from getsms_core.delivery.poll_schedule import MAX_INTERVAL_MS
from getsms_core.gateway import Decision, NoAnswer, Refusal
from tests.engine_support import (
    HOUR,
    LOST,
    NOW,
    Engine,
    accept,
    assert_rollups,
    campaign_of,
    counts,
    messages_of,
    phones,
    real,
    receipt,
    running,
    states,
    statuses,
)

WRONG_ID = Refusal("request-id-wrong", Decision.STOP)
DAY = 24 * HOUR


def sent(store: Store, messages: int = 3, *, shared: bool = True) -> tuple[int, Engine]:
    """A campaign whose messages were all accepted at NOW, and whose first question is due."""
    campaign_id = running(store, messages)
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.record((claimed, accept(claimed, shared=shared)))
    engine.now += 5_000
    return campaign_id, engine


def receipts(store: Store) -> list[tuple[str, int | None]]:
    with store.reading() as session:
        rows = session.scalars(sa.select(Receipt).order_by(col(Receipt.message_id), col(Receipt.id)))
        return [(row.status, row.billed_parts) for row in rows]


def set_aside(store: Store, campaign_id: int) -> dict[SetAsideReason, int]:
    return campaigns.receipt_notes(store, campaign_id)[0]


def faults(store: Store, campaign_id: int) -> list[tuple[str, int]]:
    return [(fault.code, fault.calls) for fault in campaigns.receipt_notes(store, campaign_id)[1]]


def next_polls(store: Store, campaign_id: int) -> list[int | None]:
    return [message.next_poll_at for message in messages_of(store, campaign_id)]


# ------------------------------------------------------------------------------------------------------- who is asked


def test_nothing_is_asked_before_its_time(store: Store) -> None:
    _campaign_id, engine = sent(store)
    engine.now -= 1
    assert engine.due() == []
    engine.now += 1
    assert len(engine.due()) == 1


def test_messages_that_share_a_request_id_are_asked_about_once_and_all_hear(store: Store) -> None:
    campaign_id, engine = sent(store)
    [due] = engine.due()
    records = [receipt(message) for message in messages_of(store, campaign_id)]
    assert engine.apply_answers(([due], statuses(*records))) == 3
    assert counts(store, campaign_id) == {"delivered": 3}
    assert next_polls(store, campaign_id) == [None] * 3
    assert receipts(store) == [("delivered", 1)] * 3
    assert_rollups(store, campaign_id)


def test_messages_with_an_id_each_are_asked_about_each(store: Store) -> None:
    campaign_id, engine = sent(store, shared=False)
    dues = engine.due()
    first, second, _third = messages_of(store, campaign_id)
    assert [due.request_id for due in dues] == [str(m.id) for m in messages_of(store, campaign_id)]
    engine.apply_answers((dues, statuses(receipt(second), receipt(first, "undelivered"))))
    assert states(store, campaign_id) == ["undelivered", "delivered", "accepted"]
    assert [at is None for at in next_polls(store, campaign_id)] == [True, True, False]
    assert_rollups(store, campaign_id)


def test_an_id_that_was_handed_out_is_not_handed_out_again_until_its_lease_is_over(store: Store) -> None:
    _campaign_id, engine = sent(store)
    assert len(engine.due()) == 1
    engine.now += polling.LEASE_MS - 1
    assert engine.due() == []
    engine.now += 1
    assert len(engine.due()) == 1


def test_the_newest_campaign_is_asked_about_first_and_no_more_than_wanted(store: Store) -> None:
    old, _ = sent(store, 2, shared=False)
    new, engine = sent(store, 2, shared=False)
    assert [due.campaign_id for due in engine.due(3)] == [new, new, old]


def test_an_id_of_the_sandbox_is_never_asked_of_a_real_gateway_nor_the_other_way_round(store: Store) -> None:
    sandbox, _ = sent(store)
    live = running(store, 3, settings=real())
    other_engine = Engine(store, account_id=campaign_of(store, live).account_id)
    other_engine.send()
    other_engine.now += 5_000
    own_engine = Engine(store, now=other_engine.now)
    assert [due.campaign_id for due in other_engine.due()] == [live]
    assert [due.campaign_id for due in own_engine.due()] == [sandbox]
    with store.reading() as session:
        assert polling.any_due(session, 1, own_engine.now + DAY)
        assert not polling.any_due(session, 3, own_engine.now + DAY)


def test_a_cancelled_campaigns_receipts_are_still_followed(store: Store) -> None:
    campaign_id, engine = sent(store)
    with store.writing() as session:
        session.get_one(Campaign, campaign_id).state = CampaignState.CANCELLED
    assert len(engine.due()) == 1


# ------------------------------------------------------------------------------------------------------ what is kept


def test_a_receipt_is_kept_only_when_what_it_says_changes(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    for status, parts in (("sent", None), ("sent", None), ("sent", 2), ("sent", 2), ("buffered", 2), ("delivered", 2)):
        [message] = messages_of(store, campaign_id)
        engine.apply_answers((engine.due(), statuses(receipt(message, status, parts=parts))))
        engine.now += HOUR
    assert receipts(store) == [("sent", None), ("sent", 2), ("buffered", 2), ("delivered", 2)]
    [message] = messages_of(store, campaign_id)
    assert (message.state.value, message.status_word, message.billed_parts) == ("delivered", "delivered", 2)
    assert_rollups(store, campaign_id)


def test_billed_parts_that_were_told_once_are_not_forgotten(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    for status, parts in (("sent", 2), ("sent", None), ("delivered", None)):
        [message] = messages_of(store, campaign_id)
        engine.apply_answers((engine.due(), statuses(receipt(message, status, parts=parts))))
        assert_rollups(store, campaign_id)
        engine.now += HOUR
    [message] = messages_of(store, campaign_id)
    assert (message.billed_parts, campaigns.show(store, campaign_id)["billed_parts"]) == (2, 2)
    assert [status for status, _ in receipts(store)] == ["sent", "delivered"]


def test_a_word_that_nobody_knows_is_kept_and_shown_and_not_guessed(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    [message] = messages_of(store, campaign_id)
    assert engine.apply_answers((engine.due(), statuses(receipt(message, "Yetkazildi")))) == 0
    [message] = messages_of(store, campaign_id)
    assert (message.state.value, message.status_word) == ("accepted", "Yetkazildi")
    assert message.next_poll_at is not None
    assert receipts(store) == [("Yetkazildi", 1)]
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize("word", ["delivered", "undelivered", "expired"])
def test_a_final_status_is_never_overwritten(store: Store, word: str) -> None:
    campaign_id, engine = sent(store, 1)
    dues = engine.due()
    [message] = messages_of(store, campaign_id)
    engine.apply_answers((dues, statuses(receipt(message, word))))
    [settled] = messages_of(store, campaign_id)
    for other in ("delivered", "undelivered", "expired", "sent"):
        engine.now += 1000
        assert engine.apply_answers((dues, statuses(receipt(message, other)))) == 0
    assert messages_of(store, campaign_id)[0].model_dump() == settled.model_dump()
    assert states(store, campaign_id) == [word]
    assert receipts(store) == [(word, 1)]
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize("shared", [True, False])
def test_answers_of_any_number_are_written_in_slices_and_counted_once(
    store: Store, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt_writes, "SLICE_ROWS", 3)
    campaign_id = running(store, 20, chunk_size=4)
    engine = Engine(store)
    for claimed in engine.claim(5):
        engine.record((claimed, accept(claimed, shared=shared, request_id=f"r{claimed.chunk_id}" if shared else "")))
    engine.now += 5_000
    answers = []
    for due in engine.due(20):
        same_id = [m for m in messages_of(store, campaign_id) if m.request_id == due.request_id]
        words = ["delivered", "undelivered", "sent", "delivered"]
        answers.append(([due], statuses(*(receipt(m, words[m.id % 4]) for m in same_id))))
    assert engine.apply_answers(*answers) == 15
    assert counts(store, campaign_id) == {"delivered": 10, "undelivered": 5, "accepted": 5}
    assert len(receipts(store)) == 20
    assert sum(at is not None for at in next_polls(store, campaign_id)) == 5
    assert_rollups(store, campaign_id)


def test_two_answers_to_one_question_in_one_write_count_once(store: Store) -> None:
    campaign_id, engine = sent(store, 2)
    dues = engine.due()
    answer = statuses(*(receipt(message) for message in messages_of(store, campaign_id)))
    engine.apply_answers((dues, answer), (dues, answer), (dues, NoAnswer("read-timeout")))
    assert counts(store, campaign_id) == {"delivered": 2}
    assert next_polls(store, campaign_id) == [None, None]
    assert len(receipts(store)) == 2
    assert_rollups(store, campaign_id)


def test_a_record_belongs_to_its_recipient_whatever_its_ids_say(store: Store) -> None:
    campaign_id = running(store, numbers=[*phones(2), "998901112233"])
    engine = Engine(store)
    engine.send()
    engine.now += 5_000
    first, second, third = messages_of(store, campaign_id)
    strange = receipt(first, "undelivered", message_id="of-somebody-else", recipient="998935554433")
    records = [
        strange,
        receipt(third, message_id="", text=f" {third.text} "),
        receipt(second, recipient="whatever", text="whatever"),
        receipt(first, recipient=f"+{first.phone}", text="whatever"),
    ]
    engine.apply_answers((engine.due(), statuses(*records)))
    assert states(store, campaign_id) == ["delivered", "accepted", "delivered"]
    assert next_polls(store, campaign_id)[0] is not None  # the first still carries the date for the second
    assert set_aside(store, campaign_id) == {"recipient": 2}
    engine.now += HOUR
    engine.apply_answers((engine.due(), statuses(strange, receipt(first), receipt(second))))
    assert set_aside(store, campaign_id) == {"recipient": 2}, "a repeat is the same record"
    assert counts(store, campaign_id) == {"delivered": 3}
    assert_rollups(store, campaign_id)


def test_records_of_another_request_say_nothing(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    [message] = messages_of(store, campaign_id)
    engine.apply_answers((engine.due(), statuses(receipt(message, request_id="1", message_id="2", text="Somebody's"))))
    assert states(store, campaign_id) == ["accepted"]
    assert set_aside(store, campaign_id) == {"ids": 1}


@pytest.mark.parametrize(
    ("delivered_at", "settled_at"),
    [(NOW + 3_000, NOW + 3_000), (None, NOW + 5_000), (NOW - 1, NOW + 5_000), (NOW + 6_000, NOW + 5_000)],
)
def test_the_gateways_time_of_delivery_is_believed_only_where_it_can_be_true(
    sqlite_store: Store, delivered_at: int | None, settled_at: int
) -> None:
    campaign_id, engine = sent(sqlite_store, 1)
    [message] = messages_of(sqlite_store, campaign_id)
    engine.apply_answers((engine.due(), statuses(receipt(message, delivered_at=delivered_at))))
    assert messages_of(sqlite_store, campaign_id)[0].settled_at == settled_at


def test_the_time_to_delivery_and_the_hour_of_leaving_are_counted(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    [message] = messages_of(store, campaign_id)
    engine.now += 3 * HOUR
    engine.apply_answers((engine.due(), statuses(receipt(message, parts=3, delivered_at=NOW + 8_000))))
    with store.reading() as session:
        [delay] = session.scalars(sa.select(DeliveryTimeRollUp)).all()
        assert (delay.bucket, delay.messages) == (24, 1)  # 8 s = 2**(24/8)
        [tally] = session.scalars(sa.select(RollUp).where(col(RollUp.messages) > 0)).all()
        assert (tally.hour, tally.state.value, tally.billed_parts) == (NOW // HOUR, "delivered", 3)


# ------------------------------------------------------------------------------------------------- back-off and the end


def test_it_asks_less_and_less_often_and_for_the_last_time_at_the_end(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    polled_ids: list[int] = []
    while dues := engine.due():
        polled_ids.append(engine.now)
        engine.apply_answers((dues, NoAnswer("read-timeout")))
        engine.now = next_polls(store, campaign_id)[0] or engine.now
    end = polled_ids.index(NOW + DAY)
    gaps = [b - a for a, b in pairwise(polled_ids[: end + 1])]
    assert gaps[:-1] == sorted(gaps[:-1])
    assert max(gaps) == MAX_INTERVAL_MS
    assert polled_ids[end:] == [NOW + DAY * days for days in range(1, 9)]
    assert states(store, campaign_id) == ["expired"]
    assert messages_of(store, campaign_id)[0].settled_at == NOW + 8 * DAY
    assert messages_of(store, campaign_id)[0].reason == "no-answer"
    assert_rollups(store, campaign_id)


def test_the_last_question_is_heard_before_a_message_is_called_expired(store: Store) -> None:
    campaign_id, engine = sent(store, 2)
    engine.now = NOW + DAY + HOUR  # the program was down
    first, second = messages_of(store, campaign_id)
    engine.apply_answers((engine.due(), statuses(receipt(first), receipt(second, "sent"))))
    assert states(store, campaign_id) == ["delivered", "expired"]
    assert messages_of(store, campaign_id)[1].status_word == "sent"
    assert_rollups(store, campaign_id)


def test_an_id_that_the_gateway_does_not_know_is_asked_for_rarely_and_to_the_end(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    engine.apply_answers((engine.due(), WRONG_ID))
    [at] = next_polls(store, campaign_id)
    assert at is not None
    assert at - engine.now > 60_000
    assert states(store, campaign_id) == ["accepted"]
    engine.now = at
    [message] = messages_of(store, campaign_id)
    engine.apply_answers((engine.due(), statuses(receipt(message))))
    assert states(store, campaign_id) == ["delivered"]


def test_an_id_that_stays_unknown_expires(store: Store) -> None:
    campaign_id, engine = sent(store, 1)
    engine.now = NOW + DAY
    engine.apply_answers((engine.due(), WRONG_ID))
    assert (states(store, campaign_id), next_polls(store, campaign_id)) == (["expired"], [None])
    assert_rollups(store, campaign_id)


def test_what_a_user_counted_as_sent_never_expires_and_is_never_waited_for(store: Store) -> None:
    campaign_id = running(store, 2)
    engine = Engine(store)
    engine.send(LOST)
    engine.resolve(campaign_id, Resolution.SENT)
    with store.reading() as session:
        assert not polling.any_awaiting_receipt(session, 1)
    engine.now = NOW + 30 * DAY
    assert engine.due() == []
    assert counts(store, campaign_id) == {"accepted": 2}
    assert_rollups(store, campaign_id)


def test_a_question_without_an_answer_changes_no_message(store: Store) -> None:
    campaign_id, engine = sent(store, 2)
    for answer in (NoAnswer("read-timeout"), Refusal("login-wrong", Decision.STOP), statuses()):
        dues = engine.due()
        assert len(dues) == 1
        assert engine.apply_answers((dues, answer)) == 0
        engine.now += HOUR
    assert counts(store, campaign_id) == {"accepted": 2}
    assert receipts(store) == []
    with store.reading() as session:
        assert session.scalar(sa.select(sa.func.max(col(Message.polls)))) == 3
