"""The write before the POST: what is claimed, by whom, in which order, and that everybody can see it."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.states import CampaignState, ChunkState, Preparation
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import SPAN, Campaign, OptOut
from getsms_core.delivery import Claim, Resolution, approval_terms, claim, resolution
from tests.conftest import WaitUntil
from tests.engine_support import (
    AZIZA,
    LATER,
    LOST,
    NOW,
    POST_MS,
    Engine,
    assert_rollups,
    campaign_of,
    chunks_of,
    counts,
    messages_of,
    phones,
    real,
    running,
    states,
)
from tests.waits import background, run_threads


def opt_out(store: Store, *numbers: int) -> None:
    lists.add_opt_outs(store, AZIZA, numbers, "person", "asked")


def of(claims: list[Claim]) -> list[tuple[int, int]]:
    """The campaign and the number of each claimed chunk."""
    return [(claim.campaign_id, claim.chunk_id % SPAN) for claim in claims]


def test_a_claim_is_there_for_everybody_before_the_post(store: Store, store_url: str) -> None:
    campaign_id = running(store, 3)
    [claimed] = Engine(store).claim()
    other = open_store(store_url)
    try:
        [chunk] = chunks_of(other, campaign_id)
        assert (chunk.state, chunk.attempt, chunk.worker_id) == (ChunkState.SENDING, claimed.attempt, "worker-1")
        assert (chunk.claimed_at, chunk.deadline_at) == (NOW, NOW + POST_MS)
        assert counts(other, campaign_id) == {"sending": 3}
    finally:
        other.close()


def test_a_claim_that_is_not_committed_leaves_nothing(store: Store) -> None:
    campaign_id = running(store, 3)
    with store.writing() as session:
        assert len(claim(session, 1, "worker-1", want=1, post_ms=POST_MS, now=NOW)) == 1
        session.rollback()
    assert counts(store, campaign_id) == {"queued": 3}
    [claimed] = Engine(store).claim()
    assert claimed.number == 1


def test_it_takes_the_chunks_of_a_campaign_in_order_and_each_once(store: Store) -> None:
    campaign_id = running(store, 25, chunk_size=10)
    engine = Engine(store)
    assert of(engine.claim(2)) == [(campaign_id, 1), (campaign_id, 2)]
    assert of(engine.claim(2, worker="worker-2")) == [(campaign_id, 3)]
    assert engine.claim(2) == []
    assert counts(store, campaign_id) == {"sending": 25}


def test_it_submits_the_messages_as_they_were_prepared(store: Store) -> None:
    campaign_id = running(store, 3, text="Salom", sender="SHOP")
    [claimed] = Engine(store).claim()
    assert [(item.phone, item.text) for item in claimed.items] == [(number, "Salom") for number in phones(3)]
    assert [m.id for m in claimed.messages] == [campaign_id * SPAN + n for n in (1, 2, 3)]
    assert claimed.sender == "SHOP"


def test_every_try_has_an_attempt_id_of_its_own(store: Store) -> None:
    running(store, 3)
    engine, seen = Engine(store), set()
    for number in range(1, 5):
        [claimed] = engine.claim()
        assert claimed.number == number
        seen.add(claimed.attempt)
        engine.record((claimed, LATER))
        engine.now += 60_000
    assert len(seen) == 4


def test_a_chunk_is_not_taken_before_its_back_off_is_over(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    engine.send(LATER)
    [chunk] = chunks_of(store, campaign_id)
    engine.now = chunk.not_before_at - 1
    assert engine.claim() == []
    engine.now += 1
    assert len(engine.claim()) == 1


@pytest.mark.parametrize("state", [s for s in CampaignState if s is not CampaignState.RUNNING])
def test_only_running_campaigns_are_claimed(sqlite_store: Store, state: CampaignState) -> None:
    running(sqlite_store, 3, state=state)
    assert Engine(sqlite_store).claim() == []


def test_a_paused_campaign_waits_and_a_cancelled_one_is_over(store: Store) -> None:
    paused, cancelled = running(store, 3), running(store, 3)
    campaigns.pause(store, AZIZA, paused)
    campaigns.cancel(store, AZIZA, cancelled)
    engine = Engine(store)
    assert engine.claim() == []
    campaigns.resume(store, AZIZA, paused)
    assert of(engine.claim()) == [(paused, 1)]


def test_a_campaign_whose_messages_are_not_ready_is_not_claimed(sqlite_store: Store) -> None:
    campaign_id = running(sqlite_store, 3)
    with sqlite_store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(prepared="preparing"))
    assert Engine(sqlite_store).claim() == []


def test_a_campaign_of_another_account_is_not_ours(store: Store) -> None:
    running(store, 3)
    other_campaign = running(store, 3, settings=real())
    engine = Engine(store)
    assert all(campaign_id != other_campaign for campaign_id, _ in of(engine.claim()))
    assert of(Engine(store, account_id=campaign_of(store, other_campaign).account_id).claim()) == [(other_campaign, 1)]


# ------------------------------------------------------------------------------------------------ priority, fairness


def test_campaigns_of_one_priority_share_what_is_free(store: Store) -> None:
    first, second = running(store, 40, chunk_size=10), running(store, 40, chunk_size=10)
    taken = of(Engine(store).claim(4))
    assert sorted(taken) == [(first, 1), (first, 2), (second, 1), (second, 2)]


def test_campaigns_take_turns_when_one_request_is_free_at_a_time(store: Store) -> None:
    first, second = running(store, 30, chunk_size=10), running(store, 30, chunk_size=10)
    engine, order, last = Engine(store), [], 0
    for _turn in range(6):
        [(last, _number)] = of(engine.claim(1, after=last))
        order.append(last)
    assert order == [first, second] * 3


def test_a_higher_priority_goes_first_and_what_it_leaves_goes_to_the_others(store: Store) -> None:
    low = running(store, 30, chunk_size=10)
    high = running(store, 20, chunk_size=10, priority=5)
    engine = Engine(store)
    assert of(engine.claim(1)) == [(high, 1)]
    assert sorted(of(engine.claim(3))) == [(low, 1), (low, 2), (high, 2)]


def test_a_campaign_in_back_off_does_not_hold_up_the_others(store: Store) -> None:
    running(store, 3, priority=5)
    engine = Engine(store)
    engine.send(LATER)
    second = running(store, 3)
    assert of(engine.claim()) == [(second, 1)]


# ---------------------------------------------------------------------------------------------------------- opt-outs


def test_who_opted_out_after_the_start_is_left_out_at_the_claim(store: Store) -> None:
    campaign_id = running(store, 5)
    opt_out(store, phones(5)[1], phones(5)[3])
    engine = Engine(store)
    [claimed] = engine.claim()
    assert [m.phone for m in claimed.messages] == [phones(5)[0], phones(5)[2], phones(5)[4]]
    assert counts(store, campaign_id) == {"sending": 3, "cancelled": 2}
    erased_message = [m for m in messages_of(store, campaign_id) if m.state == "cancelled"]
    assert {(m.reason, m.left_at, m.next_poll_at) for m in erased_message} == {("opted-out", None, None)}
    assert_rollups(store, campaign_id)
    engine.record((claimed, LOST))
    assert counts(store, campaign_id) == {"uncertain": 3, "cancelled": 2}
    assert_rollups(store, campaign_id)


def test_who_opts_out_between_two_tries_is_left_out_of_the_second(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    engine.send(LATER)
    opt_out(store, phones(3)[0])
    engine.now += 60_000
    [claimed] = engine.claim()
    assert [m.phone for m in claimed.messages] == phones(3)[1:]
    assert counts(store, campaign_id) == {"sending": 2, "cancelled": 1}
    assert_rollups(store, campaign_id)


def test_a_campaign_whose_last_recipients_opted_out_is_finished(store: Store) -> None:
    campaign_id = running(store, 4, chunk_size=2)
    engine = Engine(store)
    engine.send()
    opt_out(store, *phones(4)[2:])
    assert engine.claim() == []
    assert states(store, campaign_id) == ["accepted", "accepted", "cancelled", "cancelled"]
    assert [chunk.state for chunk in chunks_of(store, campaign_id)] == [ChunkState.DONE, ChunkState.CANCELLED]
    assert campaign_of(store, campaign_id).state is CampaignState.FINISHED
    assert_rollups(store, campaign_id)


def test_opted_out_chunks_do_not_use_up_what_is_free(store: Store) -> None:
    campaign_id = running(store, 6, chunk_size=2)
    opt_out(store, *phones(6)[:2])
    engine = Engine(store)
    taken = engine.claim(1) or engine.claim(1)
    assert of(taken) == [(campaign_id, 2)]


def test_who_opts_in_again_before_the_claim_is_sent_to(store: Store) -> None:
    running(store, 2)
    opt_out(store, *phones(2))
    with store.writing() as session:
        session.execute(sa.delete(OptOut))
    [claimed] = Engine(store).claim()
    assert len(claimed.messages) == 2


def test_a_message_sent_again_by_a_person_heeds_the_opt_outs(store: Store) -> None:
    campaign_id = running(store, 2)
    engine = Engine(store)
    engine.send(LOST)
    opt_out(store, phones(2)[0])
    engine.resolve(campaign_id, Resolution.AGAIN)
    [claimed] = engine.claim()
    assert [m.phone for m in claimed.messages] == [phones(2)[1]]
    assert_rollups(store, campaign_id)


# ---------------------------------------------------------------------------------------------------- side by side


def test_workers_that_claim_at_once_never_take_the_same_chunk(store: Store) -> None:
    campaign_id = running(store, 120, chunk_size=2)
    taken: list[Claim] = []

    def work(name: str) -> Callable[[], None]:
        def drain() -> None:
            engine = Engine(store, worker=name)
            while claims := engine.claim(3):
                taken.extend(claims)

        return drain

    run_threads(*(work(f"worker-{n}") for n in range(4)))
    assert sorted(claim.chunk_id % SPAN for claim in taken) == list(range(1, 61))
    assert len({claim.attempt for claim in taken}) == 60
    assert counts(store, campaign_id) == {"sending": 120}


def test_cancelling_while_a_claim_is_being_written_leaves_its_messages_to_the_claim(
    store: Store, wait_until: WaitUntil
) -> None:
    """On PostgreSQL the two overlap: the claim's chunk is on its way and must not be called cancelled."""
    campaign_id = running(store, 4, chunk_size=2)
    engine = Engine(store)

    def cancel() -> None:
        campaigns.cancel(store, AZIZA, campaign_id)

    if store.sqlite:
        [claimed] = engine.claim(1)
        cancel()
    else:
        with ExitStack() as cancelling, store.writing() as session:
            [claimed] = claim(session, 1, "worker-1", want=1, post_ms=POST_MS, now=NOW)
            cancelling.enter_context(background(cancel))
            wait_until(lambda: _waits_for_a_lock(store), what="the cancelling did not meet the claim")
    assert counts(store, campaign_id) == {"sending": 2, "cancelled": 2}
    assert_rollups(store, campaign_id)
    engine.record((claimed, LATER))
    assert counts(store, campaign_id) == {"cancelled": 4}
    assert_rollups(store, campaign_id)


def test_what_a_user_has_sent_again_while_the_last_chunk_is_emptied_is_sent(
    store: Store, wait_until: WaitUntil
) -> None:
    """On PostgreSQL the two overlap: the claim sees no chunk that is left, and must not finish the campaign."""
    numbers = [998901234567, 998935556677]  # of two ranges: else the two meet at a row of the roll-ups
    campaign_id = running(store, numbers=numbers, chunk_size=1)
    engine = Engine(store)
    engine.send(LOST)
    opt_out(store, numbers[1])
    first = messages_of(store, campaign_id)[0].id
    if store.sqlite:
        engine.resolve(campaign_id, Resolution.AGAIN)
        assert len(engine.claim()) == 1
        return
    claims: list[list[Claim]] = []
    with ExitStack() as claiming, store.writing() as session:
        resolve_in(session, campaign_id, first)
        claiming.enter_context(background(lambda: claims.append(engine.claim())))
        wait_until(lambda: claims or _waits_for_a_lock(store), what="the claim did not meet the user's decision")
    assert claims == [[]]  # the campaign is claimed once the user's decision is committed
    assert campaign_of(store, campaign_id).state is CampaignState.RUNNING
    [claimed] = engine.claim()
    assert [message.id for message in claimed.messages] == [first]
    assert_rollups(store, campaign_id)


def test_messages_are_not_made_again_while_a_claim_of_them_is_being_committed(
    store: Store, wait_until: WaitUntil
) -> None:
    """On PostgreSQL the two overlap, for as long as the commit takes: who asks whether anything was claimed must see
    the claim. Its messages would be deleted, made again and sent a second time."""
    campaign_id = running(store, 4, chunk_size=2)

    def remake() -> None:
        with store.writing() as session:
            campaign = session.get_one(Campaign, campaign_id, with_for_update=True)
            approval_terms.remake(session, campaign)

    if store.sqlite:
        Engine(store).claim(1)
        remake()
    else:
        with ExitStack() as remaking, store.writing() as session:
            [_claimed] = claim(session, 1, "worker-1", want=1, post_ms=POST_MS, now=NOW)
            remaking.enter_context(background(remake))
            wait_until(lambda: _waits_for_a_lock(store) or not _is_ready(store, campaign_id),
                       what="the change did not meet the claim")  # fmt: skip
    assert _is_ready(store, campaign_id)


def _is_ready(store: Store, campaign_id: int) -> bool:
    return campaign_of(store, campaign_id).prepared is Preparation.READY


def resolve_in(session: Session, campaign_id: int, message_id: int) -> None:
    """What `resolve` does with AGAIN in its transaction."""
    campaign = session.get_one(Campaign, campaign_id, with_for_update=True)
    batch = resolution._uncertain(session, campaign_id, [message_id], (None, None))
    assert resolution._resolve_messages(session, campaign, Resolution.AGAIN, batch) == 1
    session.flush()


def _waits_for_a_lock(store: Store) -> bool:
    with store.reading() as session:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(session.scalar(sa.text(waiting)))
