"""After a restore: messages that may have been sent since the backup are not sent again before a user decides."""

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.accounts import policy
from getsms_core.base import reasons
from getsms_core.base.kinds import MessageKind
from getsms_core.base.states import CampaignState, ChunkState, MessageState, Preparation, change
from getsms_core.base.work_states import JobKind
from getsms_core.campaigns.build import delete_messages
from getsms_core.db import rollups
from getsms_core.db.engine import now_ms
from getsms_core.db.models import SPAN, Account, Campaign, Chunk, Message, RecipientList
from getsms_core.db.moves import moving
from getsms_core.delivery import approval_terms
from getsms_core.delivery.resolution import RESTORED

C = CampaignState


@dataclass(frozen=True)
class Outcome:
    """What is not sent by itself: uncertain messages, paused campaigns, campaigns that are drafts again."""

    uncertain: int
    paused: int
    drafts: int


def hold_everything(session: Session, taken_at: int) -> Outcome:
    """Prevent every campaign from sending by itself; `taken_at` is the backup's instant, UTC ms.

    A started campaign is paused, and its messages that were queued or in flight become uncertain (code "restored"):
    they may have been sent after the backup was made. A campaign of which nothing was sent, and that waited for
    approval or for a start time that has not come, becomes a draft. A draft that could be started says that it may
    have been sent. Receipts are polled as before."""
    now, uncertain, paused, drafts = now_ms(session), 0, 0, 0
    jobs.requeue_all(session)
    for model in (Campaign, RecipientList):  # a backup has no index of numbers
        session.execute(sa.update(model).values(numbers_indexed=False))
    for campaign in session.scalars(sa.select(Campaign).order_by(col(Campaign.id))).all():
        if campaign.prepared in (Preparation.PREPARING, Preparation.ASKED) and campaign.state != C.FINISHED:
            delete_messages(session, campaign.id or 0)  # those that existed when the backup was taken
            campaign.prepared, campaign.worker_id = Preparation.NONE, None
        if _not_started(session, campaign, now):
            change(campaign, C.DRAFT)
            campaign.because(reasons.reason(RESTORED, case="draft"))
            campaign.approved_by, campaign.approved_at, campaign.started_at = "", None, None
            jobs.withdraw(session, f"campaign:{campaign.id}", JobKind.CAMPAIGN, JobKind.EXCLUSIONS)
            drafts += 1
            continue
        if campaign.state == C.DRAFT and not campaign.code and campaign.list_id is not None and campaign.text:
            campaign.because(reasons.reason(RESTORED, case="was-draft"))
        held = _mark_uncertain(session, campaign, taken_at)
        uncertain += held
        if campaign.state in (C.RUNNING, C.SCHEDULED, C.AWAITING_APPROVAL) or (campaign.state == C.PAUSED and held):
            change(campaign, C.PAUSED)
            campaign.because(reasons.reason(RESTORED))
            campaign.doubts = campaign.refusals = 0
            paused += 1
    return Outcome(uncertain, paused, drafts)


def _not_started(session: Session, campaign: Campaign, now: int) -> bool:
    """Whether no message of it can have been sent before the backup, nor by the schedule since."""
    if campaign.state in (C.RUNNING, C.PAUSED, C.SCHEDULED) and campaign.prepared != Preparation.READY:
        return True  # it has no messages yet that could be uncertain
    if campaign.state == C.AWAITING_APPROVAL:  # a part of it may have been sent before its terms changed
        return approval_terms.never_claimed(session, campaign.id or 0)
    not_due = campaign.scheduled_at is not None and campaign.scheduled_at > now
    return campaign.state == C.SCHEDULED and campaign.started_at is None and not_due


def _mark_uncertain(session: Session, campaign: Campaign, taken_at: int) -> int:
    """Mark queued messages of a started campaign, and messages in flight of any, as uncertain; returns how many."""
    campaign_id = campaign.id or 0
    span = (campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    of_campaign, open_states = col(Chunk.id).between(*span), [ChunkState.SENDING]
    if campaign.state in (C.RUNNING, C.PAUSED, C.SCHEDULED, C.AWAITING_APPROVAL):
        open_states.append(ChunkState.QUEUED)
    columns = (col(Chunk.id), col(Chunk.claimed_at), col(Chunk.state))
    chunks = session.execute(sa.select(*columns).where(of_campaign, col(Chunk.state).in_(open_states))).all()
    claimed = {row.id: row.claimed_at for row in chunks if row.state == ChunkState.SENDING}
    queued_messages = [col(Message.id).between(*span), col(Message.state) == MessageState.QUEUED]
    left_at = {row.id: claimed.get(row.id) or taken_at for row in chunks}
    _count_contacts(session, campaign, queued_messages, left_at)

    def doubt(left_at: int, *where: sa.ColumnElement[bool]) -> int:
        """Queued messages may have been sent after the backup was made: they count as sending."""
        of_span, values = col(Message.id).between(*span), {"reason": RESTORED, "next_poll_at": None, "left_at": left_at}
        among = [MessageState.SENDING]
        return _rows(session, moving(Message, MessageState.UNCERTAIN, of_span, *where, among=among, **values))

    changed = 0
    for chunk_id, claimed_at in claimed.items():  # the hour of a later answer to this claim
        changed += doubt(claimed_at or taken_at, col(Message.chunk_id) == chunk_id)
    if len(chunks) > len(claimed):
        changed += doubt(taken_at)
    if chunks:
        _rows(session, moving(Chunk, ChunkState.UNCERTAIN, of_campaign, among=open_states, code=RESTORED))
        rollups.rebuild(session, campaign_id)
    return changed


def _count_contacts(
    session: Session, campaign: Campaign, queued_messages: list[sa.ColumnElement[bool]], left_at: dict[int, int]
) -> None:
    """Count SMS that may have been sent for the frequency cap, if there is one; `left_at` is by chunk id, UTC ms."""
    account = session.get(Account, campaign.account_id)
    if account is None or campaign.is_test or not policy.get(session, campaign.account_id).has_cap:
        return
    rows = session.execute(sa.select(col(Message.phone), col(Message.chunk_id)).where(*queued_messages))
    rollups.add_contacts(
        session,
        Counter(
            (phone, rollups.hour_of(left_at[chunk_id]), campaign.category == MessageKind.SERVICE)
            for phone, chunk_id in rows
            if chunk_id in left_at
        ),
    )


def _rows(session: Session, statement: sa.Update) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, sa.CursorResult)
    return result.rowcount
