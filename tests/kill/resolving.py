"""The second part of a run: a person says what became of the uncertain messages."""

import random
from collections import defaultdict

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.states import CampaignState, MessageState
from getsms_core.db.models import Campaign, Message
from getsms_core.delivery import Resolution, resolve
from tests.kill.scene import PERSON, Scene
from tests.kill.verdict import Said, left

DAY = 86_400_000


def resolve_all(scene: Scene, dice: random.Random) -> Said:
    """Half of each campaign's uncertain messages "again", the others "sent" or "not sent"; a cancelled campaign sends
    nothing again."""
    ledger = left(scene)
    with scene.store.reading() as session:
        cancelled = set(
            session.scalars(sa.select(col(Campaign.id)).where(col(Campaign.state) == CampaignState.CANCELLED))
        )
        rows = session.execute(
            sa.select(col(Message.id), col(Message.campaign_id), col(Message.phone), col(Message.text)).where(
                col(Message.state) == MessageState.UNCERTAIN
            )
        ).all()
    before = {row.id: ledger.get((str(row.phone), row.text), 0) for row in rows}
    by_campaign: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_campaign[row.campaign_id].append(row.id)
    again: set[int] = set()
    for campaign_id, ids in by_campaign.items():
        dice.shuffle(ids)
        half = 0 if campaign_id in cancelled else len(ids) // 2
        quarter = (len(ids) - half) // 2
        for how, chosen in (
            (Resolution.AGAIN, ids[:half]),
            (Resolution.SENT, ids[half : half + quarter]),
            (Resolution.NOT_SENT, ids[half + quarter :]),
        ):
            if not chosen:
                continue
            resolved = resolve(scene.store, PERSON, campaign_id, how, message_ids=chosen)
            assert resolved == len(chosen), f"{how}: {resolved} of {len(chosen)} messages were resolved"
        again |= set(ids[:half])
    return Said(frozenset(again), frozenset(before) - again, before)
