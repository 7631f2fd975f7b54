"""A person's word on the uncertain: sent, not sent, or again."""

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState, ChunkState
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.delivery import Resolution, resolve
from tests.engine_support import (
    AZIZA,
    HOUR,
    LOST,
    NOW,
    Engine,
    accept,
    assert_rollups,
    audited,
    campaign_of,
    chunks_of,
    counts,
    messages_of,
    running,
    states,
)


def doubtful(store: Store, messages: int = 3, chunk_size: int = 100) -> tuple[int, Engine]:
    """A campaign whose every answer was lost."""
    campaign_id = running(store, messages, chunk_size=chunk_size)
    engine = Engine(store)
    engine.send(LOST, want=64)
    assert counts(store, campaign_id) == {"uncertain": messages}
    return campaign_id, engine


def test_counted_as_sent_they_are_accepted_and_in_no_delivery_rate_since_no_id_is_known(store: Store) -> None:
    campaign_id, engine = doubtful(store)
    assert engine.resolve(campaign_id, Resolution.SENT) == 3
    messages = messages_of(store, campaign_id)
    assert {(m.state.value, m.reason, m.left_at, m.next_poll_at) for m in messages} == {
        ("accepted", "counted-as-sent", NOW, None)
    }
    figures = campaigns.figures(store, campaign_id)
    assert (figures.sent, figures.counted, figures.waiting, figures.settled, figures.rate) == (3, 3, 0, 0, None)
    engine.now += 30 * 24 * HOUR
    assert engine.due() == []
    assert_rollups(store, campaign_id)


def test_counted_as_not_sent_they_are_cancelled(store: Store) -> None:
    campaign_id, engine = doubtful(store)
    assert engine.resolve(campaign_id, Resolution.NOT_SENT) == 3
    assert {(m.state.value, m.reason, m.left_at) for m in messages_of(store, campaign_id)} == {
        ("cancelled", "counted-as-not-sent", None)
    }
    assert campaign_of(store, campaign_id).state is CampaignState.FINISHED
    assert_rollups(store, campaign_id)


def test_again_queues_them_in_chunks_of_their_own_and_the_finished_campaign_goes_on(store: Store) -> None:
    campaign_id, engine = doubtful(store, 4, chunk_size=2)
    assert engine.resolve(campaign_id, Resolution.AGAIN) == 4
    going = campaign_of(store, campaign_id)
    assert (going.state, going.finished_at) == (CampaignState.RUNNING, None)
    assert [(c.state, c.messages, c.code) for c in chunks_of(store, campaign_id)] == [
        (ChunkState.UNCERTAIN, 2, "read-timeout"),
        (ChunkState.UNCERTAIN, 2, "read-timeout"),
        (ChunkState.QUEUED, 2, "again"),
        (ChunkState.QUEUED, 2, "again"),
    ]
    assert counts(store, campaign_id) == {"queued": 4}
    engine.send(want=64)
    assert counts(store, campaign_id) == {"accepted": 4}
    assert campaign_of(store, campaign_id).state is CampaignState.FINISHED
    assert_rollups(store, campaign_id)


def test_again_and_again_lost_they_can_be_settled_once_more(store: Store) -> None:
    campaign_id, engine = doubtful(store)
    for _time in range(3):
        engine.resolve(campaign_id, Resolution.AGAIN)
        engine.send(LOST)
    assert counts(store, campaign_id) == {"uncertain": 3}
    assert engine.resolve(campaign_id, Resolution.SENT) == 3
    assert_rollups(store, campaign_id)


def test_single_messages_can_be_settled_apart(store: Store) -> None:
    campaign_id, engine = doubtful(store, 5)
    ids = [message.id for message in messages_of(store, campaign_id)]
    assert engine.resolve(campaign_id, Resolution.SENT, ids[:1]) == 1
    assert engine.resolve(campaign_id, Resolution.AGAIN, [ids[4], ids[1], ids[4]]) == 2
    assert engine.resolve(campaign_id, Resolution.NOT_SENT, ids) == 2
    assert states(store, campaign_id) == ["accepted", "queued", "cancelled", "cancelled", "queued"]
    [claimed] = engine.claim()
    assert [message.id for message in claimed.messages] == [ids[1], ids[4]]
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize("how", list(Resolution))
def test_saying_it_twice_changes_nothing(store: Store, how: Resolution) -> None:
    campaign_id, engine = doubtful(store)
    engine.resolve(campaign_id, how)
    before = [m.model_dump() for m in messages_of(store, campaign_id)]
    assert engine.resolve(campaign_id, how) == 0
    assert [m.model_dump() for m in messages_of(store, campaign_id)] == before
    assert len(audited(store, "campaign.resolve")) == 1
    assert len(chunks_of(store, campaign_id)) == (2 if how is Resolution.AGAIN else 1)


def test_only_the_uncertain_are_settled(store: Store) -> None:
    campaign_id = running(store, 6, chunk_size=2)
    engine = Engine(store)
    first, second = engine.claim(2)
    engine.record((first, accept(first)), (second, LOST))
    ids = [message.id for message in messages_of(store, campaign_id)]
    assert engine.resolve(campaign_id, Resolution.NOT_SENT, ids) == 2
    assert states(store, campaign_id) == ["accepted"] * 2 + ["cancelled"] * 2 + ["queued"] * 2
    assert campaign_of(store, campaign_id).state is CampaignState.RUNNING


def test_messages_of_another_campaign_are_not_touched(store: Store) -> None:
    first, engine = doubtful(store)
    second, _ = doubtful(store)
    message_ids = [message.id for message in messages_of(store, second)]
    assert engine.resolve(first, Resolution.SENT, message_ids) == 0
    assert counts(store, second) == {"uncertain": 3}


def test_a_paused_campaign_stays_paused_when_messages_are_queued_again(store: Store) -> None:
    campaign_id = running(store, 4, chunk_size=2)
    engine = Engine(store)
    engine.send(LOST)
    campaigns.pause(store, AZIZA, campaign_id)
    engine.resolve(campaign_id, Resolution.AGAIN)
    assert campaign_of(store, campaign_id).state is CampaignState.PAUSED
    assert engine.claim() == []


def test_nothing_of_a_cancelled_campaign_is_sent_again_but_it_can_be_counted(store: Store) -> None:
    campaign_id = running(store, 4, chunk_size=2)
    engine = Engine(store)
    engine.send(LOST)
    campaigns.cancel(store, AZIZA, campaign_id)
    with pytest.raises(DomainError) as refusal:
        engine.resolve(campaign_id, Resolution.AGAIN)
    assert refusal.value.code == "campaign-cancelled"
    assert counts(store, campaign_id) == {"uncertain": 2, "cancelled": 2}
    assert engine.resolve(campaign_id, Resolution.SENT) == 2
    assert campaign_of(store, campaign_id).state is CampaignState.CANCELLED


def test_who_may_not_run_campaigns_settles_nothing(sqlite_store: Store) -> None:
    campaign_id, _engine = doubtful(sqlite_store)
    for role in (Role.ANALYST, Role.MANAGER):
        with pytest.raises(DomainError) as refusal:
            resolve(sqlite_store, Actor("Bek", role), campaign_id, Resolution.AGAIN)
        assert refusal.value.code == "not-allowed"
    assert counts(sqlite_store, campaign_id) == {"uncertain": 3}


def test_a_campaign_that_is_not_there_is_named(sqlite_store: Store) -> None:
    with pytest.raises(DomainError) as refusal:
        Engine(sqlite_store).resolve(99, Resolution.SENT)
    assert (refusal.value.code, "99" in refusal.value.message) == ("no-such-campaign", True)


def test_the_audit_log_says_who_settled_how_many_and_how(store: Store) -> None:
    campaign_id, engine = doubtful(store)
    engine.resolve(campaign_id, Resolution.NOT_SENT)
    [note] = audited(store, "campaign.resolve")
    assert (note.actor, note.subject) == ("Aziza", f"campaign:{campaign_id}")
    assert note.detail == {"how": "not-sent", "messages": 3}
