"""Messages with an empty text that release 0.1 made and had not sent: never sent, and named as excluded rows."""

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlmodel import col

from getsms_core.base.states import CampaignState, ChunkState, MessageState
from getsms_core.campaigns import excluded
from getsms_core.campaigns import service as campaigns
from getsms_core.db import schema
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Chunk, Message
from getsms_core.delivery import Resolution
from getsms_core.messages.variants import Variant
from tests.engine_support import (
    LATER,
    LOST,
    Engine,
    accept,
    assert_rollups,
    campaign_of,
    chunks_of,
    counts,
    messages_of,
    running,
    states,
)

BLANK = ["", "  \n", "\u200b\u00a0", "\u3164", "\u2800\ufeff"]


def blank_messages(store: Store, campaign_id: int, positions: list[int]) -> None:
    """Make the texts of some messages empty, as a version did that had no rule against it."""
    messages = messages_of(store, campaign_id)
    with store.writing() as session:
        for at, position in enumerate(positions):
            session.execute(
                sa.update(Message).where(col(Message.id) == messages[position].id).values(text=BLANK[at % len(BLANK)])
            )


def upgrade(store: Store) -> None:
    """Run that migration alone: the newer ones have added their columns already."""
    migration = ScriptDirectory.from_config(schema.alembic_config()).get_revision("0015")
    assert migration is not None
    writing = store.engine.execution_options(getsms_write=True)
    with writing.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        migration.module.upgrade()


@pytest.mark.parametrize("state", [CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED])
def test_they_become_excluded_rows_and_the_others_are_sent(store: Store, state: CampaignState) -> None:
    campaign_id = running(store, 12, chunk_size=3, state=state, variants=(Variant("Hayr", 40),))
    untouched = running(store, 2)
    blank_messages(store, campaign_id, [0, 4, 5, 9, 10, 11])
    upgrade(store)
    shown = campaigns.show(store, campaign_id)
    assert (shown["messages"], shown["counts"]["queued"], shown["excluded"]["empty_text"]) == (6, 6, 6)  # type: ignore[index]
    assert excluded.empty_rows(store, campaign_of(store, campaign_id)) == [2, 6, 7, 11, 12, 13]
    campaign = campaign_of(store, campaign_id)
    assert (campaign.parts, campaign.cost) == (6, sum(message.price for message in messages_of(store, campaign_id)))
    assert [chunk.messages for chunk in chunks_of(store, campaign_id)] == [2, 1, 3, 0]
    assert_rollups(store, campaign_id, untouched)
    assert counts(store, untouched) == {"queued": 2}

    with store.writing() as session:
        session.execute(sa.update(Campaign).values(state=CampaignState.RUNNING))
    engine = Engine(store)
    claims = engine.claim()
    assert sum(len(claimed.messages) for claimed in claims) == 8
    engine.record(*((claimed, accept(claimed)) for claimed in claims))
    assert counts(store, campaign_id) == {"accepted": 6}
    assert campaign_of(store, campaign_id).state is CampaignState.FINISHED
    assert_rollups(store, campaign_id, untouched)


def test_a_campaign_of_nothing_else_ends_without_a_message(store: Store) -> None:
    campaign_id = running(store, 5, chunk_size=2)
    blank_messages(store, campaign_id, [0, 1, 2, 3, 4])
    upgrade(store)
    assert Engine(store).claim() == []
    campaign = campaign_of(store, campaign_id)
    assert (campaign.state, campaign.messages, campaign.parts, campaign.cost) == (CampaignState.FINISHED, 0, 0, 0)
    assert excluded.empty_rows(store, campaign) == [2, 3, 4, 5, 6]
    assert {(chunk.state, chunk.code) for chunk in chunks_of(store, campaign_id)} == {
        (ChunkState.CANCELLED, "empty-text")
    }


def test_what_was_sent_or_may_have_been_stays_as_it_is(store: Store) -> None:
    campaign_id = running(store, 4, chunk_size=1)
    blank_messages(store, campaign_id, [0, 1, 2])
    with store.reading() as session:
        chunk_ids = [chunk.id for chunk in session.scalars(sa.select(Chunk).order_by(col(Chunk.id)))]
    with store.writing() as session:
        for chunk_id, state, message_state in zip(
            chunk_ids,
            (ChunkState.DONE, ChunkState.UNCERTAIN, ChunkState.SENDING),
            (MessageState.DELIVERED, MessageState.UNCERTAIN, MessageState.QUEUED),
            strict=False,
        ):
            session.execute(sa.update(Chunk).where(col(Chunk.id) == chunk_id).values(state=state))
            session.execute(sa.update(Message).where(col(Message.chunk_id) == chunk_id).values(state=message_state))
    upgrade(store)
    assert states(store, campaign_id) == ["delivered", "uncertain", "queued", "queued"]


def test_one_that_is_queued_later_is_cancelled_when_it_is_claimed(store: Store) -> None:
    """A chunk that a worker of the older version was sending, or that a user sends again."""
    campaign_id = running(store, 4, chunk_size=2)
    engine = Engine(store)
    first, second = engine.claim()
    blank_messages(store, campaign_id, [0, 2, 3])
    upgrade(store)
    engine.record((first, LATER), (second, LOST))
    engine.resolve(campaign_id, Resolution.AGAIN)
    engine.now += 60_000
    claims = engine.claim()
    assert [message.text for claimed in claims for message in claimed.messages] == ["Salom"]
    engine.record(*((claimed, accept(claimed)) for claimed in claims))
    assert counts(store, campaign_id) == {"accepted": 1, "cancelled": 3}
    reasons = {message.reason for message in messages_of(store, campaign_id) if message.state is MessageState.CANCELLED}
    assert reasons == {"empty-text"}
    assert campaign_of(store, campaign_id).state is CampaignState.FINISHED
    assert_rollups(store, campaign_id)
