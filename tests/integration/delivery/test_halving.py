"""Error 201: nothing was sent; the chunk is halved until the message that is refused is known."""

from collections.abc import Callable, Collection

import pytest

from getsms_core.base.states import CampaignState, ChunkState
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.delivery import Claim, ResultRules
from getsms_core.gateway import Decision, NothingSent, SendAnswer
from tests.engine_support import (
    AZIZA,
    LATER,
    LOST,
    POST_MS,
    Engine,
    accept,
    assert_rollups,
    campaign_of,
    chunks_of,
    counts,
    messages_of,
    phones,
    running,
)

INVALID = NothingSent("data-invalid", Decision.STOP, "Array is invalid")
PAUSED, RUNNING, FINISHED = CampaignState.PAUSED, CampaignState.RUNNING, CampaignState.FINISHED


def refusing(*bad: int) -> Callable[[Claim], SendAnswer]:
    """A gateway that refuses each request that holds one of these places (0 = the first recipient)."""
    numbers = {phones(max(bad) + 1)[at] for at in bad} if bad else set()
    return lambda claim: INVALID if numbers & {m.phone for m in claim.messages} else accept(claim)


def drain(engine: Engine, gateway: Callable[[Claim], SendAnswer], *, at_once: int = 64) -> list[list[int]]:
    """Send until nothing can be claimed; returns the numbers of each request."""
    requests: list[list[int]] = []
    while claims := engine.claim(at_once):
        requests += [[message.phone for message in claim.messages] for claim in claims]
        engine.record(*((claim, gateway(claim)) for claim in claims))
    return requests


def reasons(store: Store, campaign_id: int) -> set[tuple[str, str | None]]:
    return {(m.state.value, m.reason) for m in messages_of(store, campaign_id)}


def assert_whole(store: Store, campaign_id: int, messages: int) -> None:
    """Every message lies in the range of its own chunk, and the chunks count each of them once."""
    chunks = {chunk.id: chunk for chunk in chunks_of(store, campaign_id)}
    for message in messages_of(store, campaign_id):
        assert chunks[message.chunk_id].first_id <= message.id <= chunks[message.chunk_id].last_id
    assert sum(chunk.messages for chunk in chunks.values()) == messages
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize("at_once", [1, 64])
def test_a_gateway_that_refuses_both_first_halves_pauses_the_campaign_and_no_message_is_rejected(
    store: Store, at_once: int
) -> None:
    campaign_id = running(store, 100)
    requests = drain(Engine(store), lambda _claim: INVALID, at_once=at_once)
    assert [len(request) for request in requests] == [100, 50, 50]
    campaign = campaign_of(store, campaign_id)
    assert (campaign.state, campaign.code) == (PAUSED, "data-invalid")
    assert "201" in campaign.why_words
    assert counts(store, campaign_id) == {"queued": 100}
    assert_whole(store, campaign_id, 100)


def test_of_two_messages_that_are_both_refused_none_is_rejected(store: Store) -> None:
    campaign_id = running(store, 2)
    drain(Engine(store), lambda _claim: INVALID, at_once=1)
    assert (campaign_of(store, campaign_id).state, counts(store, campaign_id)) == (PAUSED, {"queued": 2})


@pytest.mark.parametrize("at_once", [1, 2, 64])
@pytest.mark.parametrize(("messages", "bad"), [(100, 0), (100, 99), (100, 63), (7, 3), (2, 0), (2, 1)])
def test_one_refused_message_is_rejected_in_words_and_all_others_are_sent_once(
    store: Store, messages: int, bad: int, at_once: int
) -> None:
    campaign_id = running(store, messages)
    gateway = refusing(bad)
    requests = drain(Engine(store), gateway, at_once=at_once)
    assert len(requests) <= 1 + 14
    taken = [phone for request in requests if phones(messages)[bad] not in request for phone in request]
    assert sorted(taken) == sorted(set(phones(messages)) - {phones(messages)[bad]}), "each other one exactly once"
    assert counts(store, campaign_id) == {"accepted": messages - 1, "rejected": 1}
    assert reasons(store, campaign_id) == {("accepted", None), ("rejected", "201")}
    assert campaign_of(store, campaign_id).state is FINISHED
    assert_whole(store, campaign_id, messages)


def test_a_chunk_of_one_message_that_is_refused_is_rejected(store: Store) -> None:
    campaign_id = running(store, 3, chunk_size=1)
    drain(Engine(store), refusing(1))
    assert counts(store, campaign_id) == {"accepted": 2, "rejected": 1}


def test_single_messages_refused_in_a_row_pause_the_campaign_like_rejected_numbers(store: Store) -> None:
    campaign_id = running(store, 50, chunk_size=1)
    engine = Engine(store, rules=ResultRules(poll_first_ms=5_000, uncertain_limit=1000, rejected_limit=5))
    drain(engine, lambda _claim: INVALID, at_once=1)
    assert (campaign_of(store, campaign_id).code, counts(store, campaign_id)["rejected"]) == ("too-many-rejected", 5)


def test_more_than_seven_halvings_of_a_chunk_pause_it_and_a_resume_allows_seven_more(store: Store) -> None:
    campaign_id = running(store, 100)
    engine, gateway = Engine(store), refusing(1, 5, 14, 22, 30, 40)
    rounds = 0
    while campaign_of(store, campaign_id).state is not FINISHED:
        rounds += 1
        assert len(drain(engine, gateway)) <= (1 + 14 if rounds == 1 else 60)
        if campaign_of(store, campaign_id).state is PAUSED:
            campaigns.resume(store, AZIZA, campaign_id)
        assert rounds < 6
    assert counts(store, campaign_id) == {"accepted": 94, "rejected": 6}
    assert_whole(store, campaign_id, 100)


def test_messages_refused_in_both_halves_are_found_after_a_resume(store: Store) -> None:
    campaign_id = running(store, 100)
    engine, gateway = Engine(store), refusing(10, 90)
    assert len(drain(engine, gateway)) == 3
    assert campaign_of(store, campaign_id).state is PAUSED
    campaigns.resume(store, AZIZA, campaign_id)
    drain(engine, gateway)
    assert counts(store, campaign_id) == {"accepted": 98, "rejected": 2}
    assert_whole(store, campaign_id, 100)


# ------------------------------------------------------------------------------------- what happens in the middle of it


def halves(store: Store, engine: Engine, messages: int = 8) -> tuple[int, Claim, Claim]:
    """A campaign whose only chunk was halved; both halves are claimed, the second by another worker."""
    campaign_id = running(store, messages)
    engine.send(INVALID)
    [first] = engine.claim(1)
    [second] = engine.claim(1, worker="worker-2")
    return campaign_id, first, second


def test_a_refused_half_waits_for_the_answer_to_the_other(store: Store) -> None:
    engine = Engine(store)
    campaign_id, first, second = halves(store, engine)
    engine.record((first, INVALID))
    assert (engine.claim(), counts(store, campaign_id)) == ([], {"queued": 4, "sending": 4})
    engine.record((second, accept(second)))
    assert [len(claim.messages) for claim in engine.claim()] == [2, 2]
    assert_rollups(store, campaign_id)


def test_a_worker_killed_with_the_other_half_leaves_that_uncertain_and_the_refused_half_goes_on(store: Store) -> None:
    engine = Engine(store)
    campaign_id, first, _second = halves(store, engine)
    engine.record((first, INVALID))
    assert engine.expire_claims("worker-2") == 1
    drain(engine, refusing(0))
    assert counts(store, campaign_id) == {"accepted": 3, "rejected": 1, "uncertain": 4}
    assert_whole(store, campaign_id, 8)


def test_a_worker_killed_with_a_refused_half_in_hand_leaves_it_uncertain_and_the_late_answer_changes_nothing(
    store: Store,
) -> None:
    engine = Engine(store)
    campaign_id, first, second = halves(store, engine)
    engine.expire_claims("worker-2")
    engine.record((second, INVALID), (first, accept(first)))
    assert counts(store, campaign_id) == {"accepted": 4, "uncertain": 4}
    assert engine.claim() == []
    assert_whole(store, campaign_id, 8)


def test_a_half_whose_answer_was_lost_is_uncertain_and_never_sent_again(store: Store) -> None:
    engine = Engine(store)
    campaign_id, first, second = halves(store, engine)
    engine.record((first, LOST), (second, INVALID))
    drain(engine, refusing(7))
    assert counts(store, campaign_id) == {"accepted": 3, "rejected": 1, "uncertain": 4}


def test_a_half_that_did_not_connect_is_tried_again_and_the_refused_one_is_not_forgotten(store: Store) -> None:
    engine = Engine(store)
    campaign_id, first, second = halves(store, engine)
    engine.record((first, INVALID), (second, LATER))
    engine.now += POST_MS
    drain(engine, refusing(0))
    assert counts(store, campaign_id) == {"accepted": 7, "rejected": 1}
    assert_whole(store, campaign_id, 8)


def test_a_campaign_paused_meanwhile_keeps_its_halves_and_goes_on_after_the_resume(store: Store) -> None:
    engine = Engine(store)
    campaign_id, first, second = halves(store, engine)
    campaigns.pause(store, AZIZA, campaign_id)
    engine.record((first, INVALID), (second, accept(second)))
    assert (counts(store, campaign_id), engine.claim()) == ({"queued": 4, "accepted": 4}, [])
    campaigns.resume(store, AZIZA, campaign_id)
    drain(engine, refusing(2))
    assert counts(store, campaign_id) == {"accepted": 7, "rejected": 1}


def test_a_campaign_cancelled_meanwhile_sends_none_of_its_halves(store: Store) -> None:
    engine = Engine(store)
    campaign_id, first, second = halves(store, engine)
    campaigns.cancel(store, AZIZA, campaign_id)
    engine.record((first, INVALID), (second, INVALID))
    assert counts(store, campaign_id) == {"cancelled": 8}
    assert {chunk.state for chunk in chunks_of(store, campaign_id)} == {ChunkState.CANCELLED}
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize("bad", [{0}, {3, 40}, {1, 2, 3}, {60, 61}])
def test_a_worker_killed_after_every_second_claim_never_makes_a_message_leave_twice(
    store: Store, bad: Collection[int]
) -> None:
    campaign_id = running(store, 64)
    engine, gateway = Engine(store), refusing(*bad)
    taken: list[int] = []
    turn = 0
    while turn < 200:
        claims = engine.claim(1, worker=f"worker-{turn}")
        if not claims:
            if campaign_of(store, campaign_id).state is not PAUSED:
                break
            campaigns.resume(store, AZIZA, campaign_id)
            turn += 1
            continue
        [claim] = claims
        answer = gateway(claim)
        taken += [] if answer is INVALID else [message.phone for message in claim.messages]
        if turn % 2 and len(claim.messages) < 16:
            engine.expire_claims(f"worker-{turn}")
        else:
            engine.record((claim, answer))
        turn += 1
        engine.now += 1_000
    assert len(taken) == len(set(taken))
    figures = counts(store, campaign_id)
    assert sum(figures.values()) == 64
    assert not figures.keys() & {"queued", "sending"}
    assert_whole(store, campaign_id, 64)
