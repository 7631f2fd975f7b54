"""What dead workers left behind, what passed its deadline, and what a worker claimed and never POSTed."""

from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from tests.engine_support import (
    AZIZA,
    POST_MS,
    Engine,
    accept,
    assert_rollups,
    campaign_of,
    counts,
    messages_of,
    real,
    running,
)

FINISHED = CampaignState.FINISHED


def test_what_a_dead_worker_was_sending_becomes_uncertain_and_nothing_else_does(store: Store) -> None:
    campaign_id = running(store, 8, chunk_size=2)
    engine = Engine(store)
    [lost] = engine.claim(1, worker="worker-2")
    [flying] = engine.claim(1)
    assert engine.expire_claims("worker-2") == 1
    assert counts(store, campaign_id) == {"uncertain": 2, "sending": 2, "queued": 4}
    assert {m.reason for m in messages_of(store, campaign_id)[:2]} == {"worker-lost"}
    assert engine.expire_claims("worker-2") == 0
    engine.record((flying, accept(flying)))
    assert [claim.chunk_id for claim in engine.claim()] == [lost.chunk_id + 2, lost.chunk_id + 3]
    assert_rollups(store, campaign_id)


def test_a_passed_deadline_makes_a_chunk_uncertain_and_one_that_has_not_passed_does_not(store: Store) -> None:
    campaign_id = running(store, 2)
    engine = Engine(store)
    engine.claim()
    engine.now += POST_MS + 2_000
    assert engine.expire_claims(grace_ms=2_000) == 0
    engine.now += 1
    assert engine.expire_claims(grace_ms=2_000) == 1
    assert counts(store, campaign_id) == {"uncertain": 2}
    assert campaign_of(store, campaign_id).state is FINISHED


def test_expiring_claims_leaves_other_accounts_alone(store: Store) -> None:
    other_campaign = running(store, 2, settings=real())
    other = Engine(store, account_id=campaign_of(store, other_campaign).account_id)
    other.claim()
    running(store, 2)
    engine = Engine(store, account_id=other.account_id + 1)
    assert engine.expire_claims("worker-1") == 0
    assert counts(store, other_campaign) == {"sending": 2}


def test_a_worker_puts_back_what_it_never_posted_and_keeps_what_is_flying(store: Store) -> None:
    campaign_id = running(store, 6, chunk_size=2)
    engine = Engine(store)
    first, _ghost = engine.claim(2)
    engine.claim(1, worker="worker-2")
    assert engine.requeue_unposted(first.attempt) == 1
    assert counts(store, campaign_id) == {"sending": 4, "queued": 2}
    assert [claim.chunk_id for claim in engine.claim()] == [_ghost.chunk_id]
    assert_rollups(store, campaign_id)


def test_what_a_worker_never_posted_of_a_cancelled_campaign_is_cancelled(store: Store) -> None:
    campaign_id = running(store, 2)
    engine = Engine(store)
    engine.claim()
    campaigns.cancel(store, AZIZA, campaign_id)
    assert engine.requeue_unposted() == 1
    assert counts(store, campaign_id) == {"cancelled": 2}
    assert_rollups(store, campaign_id)
