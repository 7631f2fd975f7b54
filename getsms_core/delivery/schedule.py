"""The schedule of campaigns: quiet hours, start and end times, and the sums that spending limits need."""

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import bindparam as given
from sqlmodel import Session, col

from getsms_core.accounts.policy import SENT_OR_UNCERTAIN, Policy
from getsms_core.audit import log as audit
from getsms_core.base import reasons
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.kinds import MessageKind
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.reasons import Reason
from getsms_core.base.states import CampaignState, ChunkState, MessageState
from getsms_core.db import rollups
from getsms_core.db.models import CHUNK_SENDING, SPAN, Campaign, Chunk, Message, RollUp, reason_values, table
from getsms_core.db.moves import moving
from getsms_core.db.rollups import HOUR
from getsms_core.delivery import approval_terms, exclusion_check, sending_day
from getsms_core.delivery.completion import finish
from getsms_core.notices import events

C = CampaignState
QUIET = "quiet-hours"
LATE_START = "late-start"
LATE_MS = 900_000
"""A campaign that would start later than this after its time is paused instead: the moment may have passed."""


# Built once: they are asked several times a second.
_IN_STATE = (
    sa.select(table(Campaign).c.id)
    .where(
        col(Campaign.account_id) == given("account_id"),
        col(Campaign.category) == given("kind"),
        col(Campaign.state) == given("in_state"),
        col(Campaign.code) == given("with_code"),
        col(Campaign.is_test).is_(False),
    )
    .order_by(col(Campaign.id))
    .with_for_update()
)
_DUE = (
    sa.select(col(Campaign.id), col(Campaign.scheduled_at))
    .where(
        col(Campaign.account_id) == given("account_id"),
        col(Campaign.state) == C.SCHEDULED,
        col(Campaign.scheduled_at) <= given("now"),
    )
    .order_by(col(Campaign.id))
    .with_for_update()
)
_OVER = (
    sa.select(col(Campaign.id), col(Campaign.state))
    .where(
        col(Campaign.account_id) == given("account_id"),
        col(Campaign.state).in_((C.RUNNING, C.PAUSED, C.SCHEDULED)),
        col(Campaign.ends_at) <= given("now"),
    )
    .order_by(col(Campaign.id))
    .with_for_update()
)


def apply_schedule(session: Session, account_id: int, policy: Policy, zone: ZoneInfo, now: int) -> None:
    """Start due campaigns, end those past their end time, apply the quiet hours, and have the messages for birthdays of
    another day made again. Called several times a second."""
    _start_due(session, account_id, zone, now)
    _end_expired(session, account_id, now)
    exclusion_check.enqueue_needed(session, account_id)
    for kind in MessageKind:
        quiet = policy.of_kind(kind).quiet_until(zone, now)
        if quiet is not None:
            _switch_quiet(session, account_id, kind, now, C.RUNNING, "", C.PAUSED, quiet_reason(quiet, zone))
        else:
            _switch_quiet(session, account_id, kind, now, C.PAUSED, QUIET, C.RUNNING, None)
    _remake_of_another_day(session, account_id, zone, now)


def _remake_of_another_day(session: Session, account_id: int, zone: ZoneInfo, now: int) -> None:
    """Have messages made again that were made for the birthdays of another day, as long as none was claimed: those of
    campaigns that go on in the morning, and of those that no worker sent before midnight."""
    for campaign_id in sending_day.running_of_another_day(session, account_id, zone, now):
        campaign = session.get(Campaign, campaign_id, with_for_update=True, populate_existing=True)
        if campaign is not None:
            approval_terms.remake_outdated(session, campaign, now)


def quiet_reason(until: int, zone: ZoneInfo) -> Reason:
    """Return the reason of a pause for quiet hours that ends at `until` (UTC ms)."""
    return reasons.reason("quiet-hours", time=reasons.instant(until, zone))


def _switch_quiet(
    session: Session, account_id: int, kind: MessageKind, now: int, from_state: CampaignState, from_code: str,
    state: CampaignState, reason: Reason | None,
) -> None:  # fmt: skip
    switched = {"account_id": account_id, "kind": kind, "in_state": from_state, "with_code": from_code}
    for campaign_id in session.scalars(_IN_STATE, switched).all():
        if state == C.RUNNING and _hold_for_approval(session, campaign_id, now):
            continue
        which = col(Campaign.id) == campaign_id
        session.execute(moving(Campaign, state, which, among=[from_state], **reason_values(reason)))
        action = "campaign.pause" if state == C.PAUSED else "campaign.resume"
        audit.note(session, SYSTEM, action, f"campaign:{campaign_id}", code=QUIET)


def _hold_for_approval(session: Session, campaign_id: int, now: int) -> bool:
    """Make a campaign that is about to send wait for approval if its terms changed. Returns whether it waits."""
    campaign = session.get(Campaign, campaign_id, populate_existing=True)
    if campaign is None or not approval_terms.hold_for_approval(session, campaign, now):
        return False
    approval_terms.remake_outdated(session, campaign, max(campaign.scheduled_at or 0, now))
    audit.note(session, SYSTEM, "campaign.ask-approval", f"campaign:{campaign_id}", messages=campaign.messages)
    session.flush()
    return True


def _start_due(session: Session, account_id: int, zone: ZoneInfo, now: int) -> None:
    for campaign_id, scheduled_at in session.execute(_DUE, {"account_id": account_id, "now": now}).all():
        which = col(Campaign.id) == campaign_id
        if now - scheduled_at > LATE_MS:
            late = reasons.reason(LATE_START, time=reasons.instant(scheduled_at, zone))
            session.execute(moving(Campaign, C.PAUSED, which, among=[C.SCHEDULED], **reason_values(late)))
            audit.note(session, SYSTEM, "campaign.pause", f"campaign:{campaign_id}", code=LATE_START)
            events.of_campaign(session, NoticeEvent.PAUSED, campaign_id, f"{LATE_START}:{now}", now)
        elif not _hold_for_approval(session, campaign_id, now):
            session.execute(moving(Campaign, C.RUNNING, which, among=[C.SCHEDULED], started_at=now))
            begun = session.get(Campaign, campaign_id, populate_existing=True)
            if begun is not None:
                approval_terms.remake_outdated(session, begun, now)
                exclusion_check.ask(begun)
                session.flush()
            audit.note(session, SYSTEM, "campaign.begin", f"campaign:{campaign_id}", code="")


def _end_expired(session: Session, account_id: int, now: int) -> None:
    for campaign_id, state in session.execute(_OVER, {"account_id": account_id, "now": now}).all():
        dropped = cancel_queued(session, campaign_id, "end-time")
        if state == C.SCHEDULED:
            state = C.RUNNING
            session.execute(moving(Campaign, state, col(Campaign.id) == campaign_id, among=[C.SCHEDULED]))
        finish(session, {campaign_id: state}, now)
        if dropped:
            ended = reasons.reason("end-time", n=reasons.number(dropped))
            session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(**reason_values(ended)))
            audit.note(session, SYSTEM, "campaign.end", f"campaign:{campaign_id}", messages=dropped)


def cancel_queued(session: Session, campaign_id: int, reason: str | None = None) -> int:
    """Cancel the queued messages of a campaign that are not in flight; returns how many."""
    # Chunks first: the update waits for a concurrent claim and then skips its chunk. Reading the chunks in flight first
    # would miss that claim, and its messages would be cancelled and sent.
    session.execute(
        moving(Chunk, ChunkState.CANCELLED, col(Chunk.campaign_id) == campaign_id, among=[ChunkState.QUEUED])
    )
    cancelled = sa.select(col(Chunk.id)).where(
        col(Chunk.campaign_id) == campaign_id, col(Chunk.state) == ChunkState.CANCELLED
    )
    queued = (
        col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1),
        col(Message.state) == MessageState.QUEUED,
        col(Message.chunk_id).in_(cancelled),
    )
    moves = rollups.RollUpDeltas()
    cancelled_count = 0
    sums = (sa.func.count(), sa.func.sum(col(Message.parts)), sa.func.sum(col(Message.price)))
    group_columns = (col(Message.number_range), col(Message.variant), col(Message.cut))
    for number_range, variant, cut, n, parts, cost in session.execute(
        sa.select(*group_columns, *sums).where(*queued).group_by(*group_columns)
    ):
        for sign, state in ((-1, MessageState.QUEUED), (1, MessageState.CANCELLED)):
            moves.add(campaign_id, number_range, state, None, messages=sign * n, parts=sign * int(parts),
                      cost=sign * int(cost), variant=variant, cut=cut, reason=reason)  # fmt: skip
        cancelled_count += n
    session.execute(
        moving(Message, MessageState.CANCELLED, *queued, among=[MessageState.QUEUED], reason=reason),
        execution_options={"synchronize_session": False},
    )
    moves.write(session)
    return cancelled_count


def spent_cost(session: Session, *where: sa.ColumnElement[bool]) -> int:
    """Return the cost of sent and uncertain messages, tiyin, from the roll-ups that `where` selects."""
    total = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(col(RollUp.cost)), 0))
        .join(Campaign, col(Campaign.id) == col(RollUp.campaign_id))
        .where(col(RollUp.state).in_(SENT_OR_UNCERTAIN), *where)
    )
    return int(total or 0)


def in_flight_cost(session: Session, *where: sa.ColumnElement[bool]) -> int:
    """Return the cost of the messages in flight, tiyin, in the chunks that `where` selects."""
    total = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(col(Message.price)), 0))
        .select_from(Chunk)
        .join(Message, col(Message.id).between(col(Chunk.first_id), col(Chunk.last_id)))
        .where(CHUNK_SENDING, col(Message.chunk_id) == col(Chunk.id), col(Message.state) == MessageState.QUEUED, *where)
    )
    return int(total or 0)


def day_start_hour(zone: ZoneInfo, now: int) -> int:
    """Return the hour since 1970 in which the local day of `now` began."""
    today = datetime.fromtimestamp(now / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(today.timestamp() * 1000) // HOUR
