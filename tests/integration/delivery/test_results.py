"""The write after the POST: every kind of answer, answers late and twice, and what dead workers left behind."""

import logging

import pytest

from getsms_core.base.states import CampaignState, ChunkState
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.delivery import Resolution, ResultRules
from getsms_core.delivery.pauses import pause_campaign
from getsms_core.gateway import (
    STALE,
    Accepted,
    Decision,
    Missing,
    NothingSent,
    Rejected,
    SendAnswer,
    Unclear,
    described,
)
from tests.engine_support import (
    AZIZA,
    LATER,
    LOST,
    NOW,
    POST_MS,
    Engine,
    accept,
    account,
    answered,
    assert_rollups,
    attempts,
    audited,
    campaign_of,
    chunks_of,
    counts,
    messages_of,
    real,
    running,
    states,
)

PAUSED, RUNNING, FINISHED, CANCELLED = (
    CampaignState.PAUSED,
    CampaignState.RUNNING,
    CampaignState.FINISHED,
    CampaignState.CANCELLED,
)


def stop(code: str) -> NothingSent:
    return NothingSent(code, Decision.STOP, "the gateway's words")


# ------------------------------------------------------------------------------------------------------- the answers


def test_what_the_gateway_took_is_accepted_with_its_ids(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.now += 400
    engine.record((claimed, accept(claimed, request_id="52480252")))
    messages = messages_of(store, campaign_id)
    assert {(m.state.value, m.request_id, m.left_at) for m in messages} == {("accepted", "52480252", NOW)}
    assert [m.gateway_id for m in messages] == [f"m{m.id}" for m in messages]
    assert [m.next_poll_at for m in messages] == [engine.now + 5_000, None, None]  # one of them asks for all
    assert attempts(store) == [("accepted", "")]
    assert campaign_of(store, campaign_id).state is FINISHED
    assert_rollups(store, campaign_id)


def test_messages_with_an_id_each_are_asked_about_one_by_one(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.record((claimed, accept(claimed, shared=False)))
    assert [m.next_poll_at for m in messages_of(store, campaign_id)] == [NOW + 5_000] * 3


def test_an_answer_may_take_some_refuse_some_and_forget_some(store: Store) -> None:
    campaign_id = running(store, 4)
    engine = Engine(store)
    answer = answered(Accepted("7", ""), Rejected(300, "is NOT a phone number"), Missing(), Missing(412, "odd"))
    engine.send(answer)
    messages = messages_of(store, campaign_id)
    assert states(store, campaign_id) == ["accepted", "rejected", "uncertain", "uncertain"]
    assert [m.reason for m in messages] == [None, "is NOT a phone number", "not-in-answer", "odd"]
    assert [m.gateway_id for m in messages] == [None] * 4
    assert attempts(store) == [("part", "not-in-answer")]
    [chunk] = chunks_of(store, campaign_id)
    assert (chunk.state, chunk.detail) == (ChunkState.DONE, "2/4")
    assert_rollups(store, campaign_id)


def test_a_chunk_of_refused_numbers_is_done_and_counts_nothing_as_sent(store: Store) -> None:
    campaign_id = running(store, 2)
    Engine(store).send(answered(Rejected(300, ""), Rejected(300, "")))
    assert [(m.state.value, m.reason) for m in messages_of(store, campaign_id)] == [("rejected", "300")] * 2
    assert attempts(store) == [("rejected", "")]
    assert (campaigns.figures(store, campaign_id).sent, campaign_of(store, campaign_id).state) == (0, FINISHED)


def test_a_lost_answer_makes_every_message_uncertain_and_none_is_sent_again(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    engine.send(Unclear("read-timeout", "after 30 s"))
    assert counts(store, campaign_id) == {"uncertain": 3}
    assert {(m.reason, m.left_at, m.next_poll_at) for m in messages_of(store, campaign_id)} == {
        ("read-timeout", NOW, None)
    }
    [chunk] = chunks_of(store, campaign_id)
    assert (chunk.state, chunk.code, chunk.detail) == (ChunkState.UNCERTAIN, "read-timeout", "after 30 s")
    engine.now += 365 * 86_400_000
    assert engine.claim() == []
    assert campaign_of(store, campaign_id).state is FINISHED
    assert_rollups(store, campaign_id)


# ------------------------------------------------------------------------------------------------------- nothing left


def test_what_did_not_connect_is_queued_again_and_waits_longer_each_time(store: Store) -> None:
    campaign_id = running(store, 3)
    engine, waits = Engine(store), []
    for _try in range(4):
        engine.send(LATER)
        assert counts(store, campaign_id) == {"queued": 3}
        waits.append(chunks_of(store, campaign_id)[0].not_before_at - engine.now)
        engine.now += 60_000
    assert waits == [500, 1000, 2000, 4000]
    assert [outcome for outcome, _ in attempts(store)] == ["nothing-left"] * 4
    assert campaign_of(store, campaign_id).state is RUNNING
    assert_rollups(store, campaign_id)


def test_after_several_tries_that_did_not_connect_the_campaign_pauses_and_says_why(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    for _try in range(5):
        engine.send(LATER)
        engine.now += 60_000
    paused = campaign_of(store, campaign_id)
    assert (paused.state, paused.code) == (PAUSED, "connection-refused")
    assert "refused the connection" in paused.why_words
    assert "The messages of this request were not sent; they are in the queue." in paused.why_words
    [note] = audited(store, "campaign.pause")
    assert (note.actor, note.subject) == ("program", f"campaign:{campaign_id}")
    campaigns.resume(store, AZIZA, campaign_id)
    assert len(engine.claim()) == 1


def test_the_account_waits_longer_after_each_failure_and_forgets_them_when_one_succeeds(store: Store) -> None:
    running(store, 9, chunk_size=1)
    engine, waits = Engine(store), []
    for _try in range(3):
        engine.send(LATER)
        waits.append(account(store).next_slot_us // 1000 - engine.now)
        assert engine.take() == []
        engine.now += 60_000
    assert waits == [500, 1000, 2000]
    engine.send()
    assert account(store).failures == 0


def test_a_claim_that_grew_old_here_says_nothing_of_the_connection(store: Store) -> None:
    running(store, 4, chunk_size=1)
    engine = Engine(store)
    engine.send(NothingSent("connection-refused", Decision.RETRY))
    assert account(store).failures == 1
    engine.now += 60_000
    engine.send(NothingSent(STALE, Decision.RETRY))
    assert account(store).failures == 1  # neither one more nor forgotten
    engine.now += 60_000
    engine.send()
    assert account(store).failures == 0


def test_failures_of_one_moment_count_once(store: Store) -> None:
    running(store, 8, chunk_size=1)
    engine = Engine(store)
    claims = engine.claim(8)
    engine.now += 10
    for claim in claims:
        engine.record((claim, LATER))
    assert account(store).failures == 1


def test_a_refused_request_pauses_at_once_and_sends_nothing_more(store: Store) -> None:
    campaign_id = running(store, 6, chunk_size=2)
    engine = Engine(store)
    engine.send(stop("nickname-wrong"))
    paused = campaign_of(store, campaign_id)
    assert (paused.state, paused.code) == (PAUSED, "nickname-wrong")
    assert "sender name" in paused.why_words
    assert counts(store, campaign_id) == {"queued": 6}
    assert engine.claim() == []
    campaigns.resume(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).why_words == ""
    assert len(engine.claim(1)) == 1


@pytest.mark.parametrize("code", ["ip-not-registered", "login-missing", "login-wrong", "account-blocked", "limit-over"])
def test_a_refusal_of_the_account_pauses_all_its_campaigns_and_no_other(sqlite_store: Store, code: str) -> None:
    first, second = running(sqlite_store, 3), running(sqlite_store, 3)
    waiting = running(sqlite_store, 3, state=CampaignState.SCHEDULED)
    other_campaign = running(sqlite_store, 3, settings=real())
    Engine(sqlite_store).send(stop(code))
    for record in (first, second):
        assert (campaign_of(sqlite_store, record).state, campaign_of(sqlite_store, record).code) == (PAUSED, code)
    assert campaign_of(sqlite_store, waiting).state is CampaignState.SCHEDULED
    assert campaign_of(sqlite_store, other_campaign).state is RUNNING


@pytest.mark.parametrize("code", ["nickname-wrong", "nickname-not-set", "http-refused"])
def test_a_refusal_of_one_campaign_leaves_the_others_alone(sqlite_store: Store, code: str) -> None:
    first, second = running(sqlite_store, 3), running(sqlite_store, 3)
    Engine(sqlite_store).send(stop(code))
    assert campaign_of(sqlite_store, first).state is PAUSED
    assert campaign_of(sqlite_store, second).state is RUNNING


# ------------------------------------------------------------------------------------------- lost answers in a row


def test_the_log_tells_what_paused_and_what_finished_and_nothing_that_was_taken_back(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "getsms.sending")
    stopped, finished = running(store, 2), running(store, 2)

    def taken_back() -> None:
        with store.writing() as session:
            pause_campaign(session, stopped, described("data-invalid", "taken back"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        taken_back()
    assert caplog.messages == []
    with store.writing() as session:
        pause_campaign(session, stopped, described("data-invalid"))
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.record((claimed, accept(claimed)))
    assert [record.fields["campaign_id"] for record in caplog.records] == [stopped, finished]  # type: ignore[attr-defined]
    assert caplog.messages == [
        "campaign.paused",
        "campaign.finished",
    ]


def test_so_many_lost_answers_in_a_row_pause_the_campaign(store: Store) -> None:
    campaign_id = running(store, 10, chunk_size=2)
    engine = Engine(store, rules=ResultRules(poll_first_ms=5_000, uncertain_limit=6))
    engine.send(LOST, want=2)
    assert campaign_of(store, campaign_id).state is RUNNING
    engine.send(LOST)
    paused = campaign_of(store, campaign_id)
    assert (paused.state, paused.code) == (PAUSED, "too-many-uncertain")
    assert "6 messages in a row" in paused.why_words
    campaigns.resume(store, AZIZA, campaign_id)
    engine.send(LOST)
    assert campaign_of(store, campaign_id).state is RUNNING  # it counts anew


def test_a_good_answer_between_lost_ones_starts_the_count_anew(store: Store) -> None:
    campaign_id = running(store, 12, chunk_size=2)
    engine = Engine(store, rules=ResultRules(poll_first_ms=5_000, uncertain_limit=6))
    engine.send(LOST, want=2)
    engine.send()
    engine.send(LOST, want=2)
    assert campaign_of(store, campaign_id).state is RUNNING
    assert campaign_of(store, campaign_id).doubts == 4


def test_answers_without_a_word_on_any_message_are_lost_answers(store: Store) -> None:
    campaign_id = running(store, 8, chunk_size=2)
    engine = Engine(store, rules=ResultRules(poll_first_ms=5_000, uncertain_limit=4))
    engine.send(answered(Missing(), Missing()))
    engine.send(answered(Missing(), Missing()))
    assert campaign_of(store, campaign_id).code == "too-many-uncertain"


def test_with_the_limit_at_0_it_never_pauses_for_lost_answers(sqlite_store: Store) -> None:
    campaign_id = running(sqlite_store, 10, chunk_size=2)
    engine = Engine(sqlite_store, rules=ResultRules(poll_first_ms=5_000, uncertain_limit=0))
    engine.send(LOST, want=4)
    assert campaign_of(sqlite_store, campaign_id).state is RUNNING


# ------------------------------------------------------------------------------------------------------ twice and late


@pytest.mark.parametrize("answer", ["accepted", "lost", "later"])
def test_a_result_recorded_twice_changes_nothing(store: Store, answer: str) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    [claimed] = engine.claim()
    answers: dict[str, SendAnswer] = {"accepted": accept(claimed), "lost": LOST, "later": LATER}
    gateway_answer = answers[answer]
    engine.record((claimed, gateway_answer))
    before = ([m.model_dump() for m in messages_of(store, campaign_id)], attempts(store), counts(store, campaign_id))
    engine.record((claimed, gateway_answer))
    after = ([m.model_dump() for m in messages_of(store, campaign_id)], attempts(store), counts(store, campaign_id))
    assert after == before
    assert_rollups(store, campaign_id)


def test_an_answer_to_an_earlier_try_does_not_touch_the_later_one(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    [first] = engine.claim()
    engine.record((first, LATER))
    engine.now += 60_000
    [second] = engine.claim()
    engine.record((first, accept(first)))
    assert counts(store, campaign_id) == {"sending": 3}
    engine.record((second, accept(second, request_id="2")))
    assert {m.request_id for m in messages_of(store, campaign_id)} == {"2"}


def test_a_late_answer_that_proves_the_sending_wins_over_uncertain(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.now += POST_MS + 1
    assert engine.expire_claims() == 1
    assert counts(store, campaign_id) == {"uncertain": 3}
    engine.record((claimed, answered(Accepted("5", "a"), Rejected(300, "no"), Missing())))
    assert states(store, campaign_id) == ["accepted", "rejected", "uncertain"]
    assert messages_of(store, campaign_id)[0].next_poll_at == engine.now + 5_000
    assert attempts(store) == [("uncertain", "worker-lost"), ("late", "not-in-answer")]
    assert_rollups(store, campaign_id)


def test_a_late_answer_that_proves_nothing_changes_nothing(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.expire_claims("worker-1")
    for answer in (LOST, LATER, answered(Missing(), Missing(), Missing())):
        engine.record((claimed, answer))
        assert counts(store, campaign_id) == {"uncertain": 3}
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize("how", list(Resolution))
def test_a_late_answer_does_not_win_over_a_persons_word(store: Store, how: Resolution) -> None:
    campaign_id = running(store, 2)
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.expire_claims("worker-1")
    engine.resolve(campaign_id, how)
    before = [m.model_dump() for m in messages_of(store, campaign_id)]
    engine.record((claimed, accept(claimed)))
    assert [m.model_dump() for m in messages_of(store, campaign_id)] == before
    assert_rollups(store, campaign_id)


def test_a_late_answer_is_followed_even_when_a_person_had_settled_the_first_of_its_messages(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.expire_claims("worker-1")
    engine.resolve(campaign_id, Resolution.NOT_SENT, [claimed.messages[0].id])
    engine.record((claimed, accept(claimed, request_id="9")))
    assert states(store, campaign_id) == ["cancelled", "accepted", "accepted"]
    engine.now += 5_000
    assert [due.request_id for due in engine.due()] == ["9"]


# ----------------------------------------------------------------------------------------------------- the campaign


def test_a_cancelled_campaign_does_not_queue_again(store: Store) -> None:
    campaign_id = running(store, 4, chunk_size=2)
    engine = Engine(store)
    [claimed] = engine.claim(1)
    campaigns.cancel(store, AZIZA, campaign_id)
    assert counts(store, campaign_id) == {"sending": 2, "cancelled": 2}
    engine.record((claimed, LATER))
    assert counts(store, campaign_id) == {"cancelled": 4}
    assert {c.state for c in chunks_of(store, campaign_id)} == {ChunkState.CANCELLED}
    assert campaign_of(store, campaign_id).state is CANCELLED
    assert_rollups(store, campaign_id)


def test_what_was_on_its_way_when_a_campaign_was_cancelled_ends_as_it_ends(store: Store) -> None:
    campaign_id = running(store, 6, chunk_size=2)
    engine = Engine(store)
    first, second = engine.claim(2)
    campaigns.cancel(store, AZIZA, campaign_id)
    engine.record((first, accept(first)), (second, LOST))
    assert counts(store, campaign_id) == {"accepted": 2, "uncertain": 2, "cancelled": 2}
    assert campaign_of(store, campaign_id).state is CANCELLED
    assert_rollups(store, campaign_id)


def test_a_refusal_does_not_bring_a_cancelled_or_paused_campaign_back(store: Store) -> None:
    campaign_id = running(store, 4, chunk_size=2)
    engine = Engine(store)
    [claimed] = engine.claim(1)
    campaigns.pause(store, AZIZA, campaign_id)
    engine.record((claimed, stop("limit-over")))
    assert campaign_of(store, campaign_id).code == "by-person"


def test_a_campaign_finishes_with_its_last_answer_even_when_paused(store: Store) -> None:
    campaign_id = running(store, 4, chunk_size=2)
    engine = Engine(store)
    first, second = engine.claim(2)
    engine.record((first, accept(first)))
    assert campaign_of(store, campaign_id).state is RUNNING
    campaigns.pause(store, AZIZA, campaign_id)
    engine.now += 5
    engine.record((second, accept(second)))
    campaign = campaign_of(store, campaign_id)
    assert (campaign.state, campaign.finished_at, campaign.code, campaign.reason) == (FINISHED, engine.now, "", "")
