"""The facts of a forecast, read from the database: `forecast.decide` makes the decision."""

from dataclasses import replace

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts import gateway_account, policy
from getsms_core.base.permissions import Actor
from getsms_core.base.reasons import Reason
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState, ChunkState, MessageState, Preparation
from getsms_core.campaigns import approval, logins
from getsms_core.campaigns.forecast import Case, Facts, Forecast, decide
from getsms_core.campaigns.queries import get
from getsms_core.campaigns.sending_options import SendingOptions
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import SPAN, Account, Campaign, Chunk, RollUp
from getsms_core.delivery import approval_terms, workers_online
from getsms_core.delivery.pauses import ACCOUNT_CODES
from getsms_core.delivery.schedule import day_start_hour, in_flight_cost, spent_cost

C = CampaignState
RECENT_CHUNKS = 2_000
RECENT_MS = 60_000
LEAST_MS = 1_000
"""The speed of a shorter time says little: the first requests wait for connections."""


def of_start(
    store: Store,
    actor: Actor,
    settings: Settings,
    campaign: Campaign,
    options: SendingOptions,
    messages: int,
    cost: int,
) -> Forecast:
    """Return what happens if this user starts a draft with these options now; `messages` and `cost` (tiyin) are its
    estimate."""
    candidate = Campaign(
        **campaign.model_dump()
        | {
            "started_by": actor.name,
            "scheduled_at": options.at,
            "ends_at": options.until,
            "priority": options.priority or 0,
            "spend_limit": options.spend_limit,
        }
    )
    with store.reading() as session:
        now = now_ms(session)
        account = gateway_account.find(session, settings)
        if account is not None:  # the draft moves to it at the start
            candidate.account_id = int(account.id or 0)
        needs_approval = approval_terms.wants_approval(session, candidate, messages, cost, now)
        facts = _account_facts(session, candidate, settings, now, messages, cost)
    return decide(_completed(store, candidate, replace(facts, needs_approval=needs_approval)))


def of_campaign(store: Store, settings: Settings, campaign_id: int) -> Forecast | None:
    """Return what happens to a campaign that has been started: next, or once a paused one is resumed. None for drafts
    and for campaigns that have ended. Raises `DomainError` ("no-such-campaign")."""
    campaign = get(store, campaign_id)
    if campaign.state not in logins.STARTED:
        return None
    other_login = logins.other_login(store, campaign, settings)
    with store.reading() as session:
        now = now_ms(session)
        messages, cost = _unsent(session, campaign_id)
        facts = _account_facts(session, campaign, settings, now, messages, cost)
        waits = campaign.state == C.AWAITING_APPROVAL
        needs_approval = waits or approval_terms.would_hold(session, campaign, now)
    case = _case(campaign)
    needs_approval = needs_approval and case is not Case.RUNNING
    facts = replace(facts, case=case, other_login=other_login, needs_approval=needs_approval)
    return decide(_completed(store, campaign, facts))


def _case(campaign: Campaign) -> Case:
    goes_on_by_itself = campaign.state == C.PAUSED and campaign.code == "quiet-hours"
    if campaign.state == C.RUNNING or (goes_on_by_itself and campaign.started_at is not None):
        return Case.RUNNING
    return Case.BEGINS if campaign.started_at is None else Case.CONTINUES


def _completed(store: Store, campaign: Campaign, facts: Facts) -> Facts:
    """Return the facts with who may approve, and whether a worker is online."""
    approvers = approval.who_may_approve(store, campaign) if facts.needs_approval else ()
    return replace(facts, approvers=approvers, has_worker=bool(workers_online.present(store)))


def _account_facts(
    session: Session, campaign: Campaign, settings: Settings, now: int, messages: int, cost: int
) -> Facts:
    account = session.get(Account, campaign.account_id)
    rules = policy.get(session, campaign.account_id).of_kind(campaign.category)
    turns, first = _others(session, campaign)
    facts = Facts(
        now,
        settings.zone,
        messages,
        cost,
        rules,
        is_test=campaign.is_test,
        sandbox=settings.sandbox,
        start_at=campaign.scheduled_at,
        ends_at=campaign.ends_at,
        refusal=_refusal(session, campaign),
        speed=_speed(session, account, campaign.chunk_size, now),
        turns=turns,
        first=first,
    )
    if rules.spend_day is not None:
        since = col(RollUp.hour) >= day_start_hour(settings.zone, now)
        spent = spent_cost(session, col(Campaign.account_id) == campaign.account_id, since)
        flying = in_flight_cost(session, col(Chunk.account_id) == campaign.account_id)
        facts = replace(facts, day_left=rules.spend_day - spent - flying)
    if campaign.spend_limit is not None:
        spent = spent_cost(session, col(Campaign.id) == campaign.id)
        flying = in_flight_cost(session, col(Chunk.campaign_id) == campaign.id)
        facts = replace(facts, spend_limit=campaign.spend_limit, campaign_left=campaign.spend_limit - spent - flying)
    return facts


def _unsent(session: Session, campaign_id: int) -> tuple[int, int]:
    """Return how many messages of a campaign are queued, and their cost (tiyin)."""
    row = session.execute(
        sa.select(sa.func.sum(col(RollUp.messages)), sa.func.sum(col(RollUp.cost))).where(
            col(RollUp.campaign_id) == campaign_id, col(RollUp.state) == MessageState.QUEUED
        )
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


def _others(session: Session, campaign: Campaign) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the unsent messages of the account's other running campaigns: of those that take turns with this one, and
    of those that are sent before it."""
    rows = session.execute(
        sa.select(col(Campaign.priority), sa.func.sum(col(RollUp.messages)))
        .join(RollUp, col(RollUp.campaign_id) == col(Campaign.id))
        .where(
            col(Campaign.account_id) == campaign.account_id,
            col(Campaign.id) != (campaign.id or 0),
            col(Campaign.state) == C.RUNNING,
            col(Campaign.prepared) == Preparation.READY,
            col(RollUp.state) == MessageState.QUEUED,
        )
        .group_by(col(Campaign.id), col(Campaign.priority))
        .having(sa.func.sum(col(RollUp.messages)) > 0)
    ).all()
    turns = tuple(int(unsent) for priority, unsent in rows if priority == campaign.priority)
    return turns, tuple(int(unsent) for priority, unsent in rows if priority > campaign.priority)


def _refusal(session: Session, campaign: Campaign) -> Reason | None:
    """Return why the gateway refuses the account: the reason of a paused campaign of it, unless one runs again."""
    of_account = col(Campaign.account_id) == campaign.account_id
    running = sa.select(col(Campaign.id)).where(of_account, col(Campaign.state) == C.RUNNING)
    if session.execute(running.limit(1)).first() is not None:
        return None
    refused = sa.select(Campaign).where(
        of_account, col(Campaign.state) == C.PAUSED, col(Campaign.code).in_(sorted(ACCOUNT_CODES))
    )
    newest = session.scalars(refused.order_by(col(Campaign.id).desc()).limit(1)).first()
    return None if newest is None else newest.why


def _speed(session: Session, account: Account | None, chunk_size: int, now: int) -> float | None:
    """Return the messages a second that the account sends: as its rate allows, else as its newest campaign of some size
    was sent in its last minute of sending; None where neither is known."""
    if account is None:
        return None
    if account.rate > 0:
        return account.rate * chunk_size
    newest = sa.select(col(Campaign.id)).where(
        col(Campaign.account_id) == account.id,
        col(Campaign.is_test).is_(False),
        col(Campaign.started_at).is_not(None),
        col(Campaign.messages) > chunk_size,
    )
    for campaign_id in session.scalars(newest.order_by(col(Campaign.started_at).desc()).limit(3)).all():
        if speed := _measured_speed(session, int(campaign_id or 0)):
            return speed
    return None


def _measured_speed(session: Session, campaign_id: int) -> float | None:
    """Return the messages a second of a campaign in its last minute of sending. Chunks are claimed in the order of
    their ids, so that the last claimed ones are found by primary key."""
    in_campaign = col(Chunk.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    claimed = (in_campaign, col(Chunk.claimed_at).is_not(None), col(Chunk.state) != ChunkState.CANCELLED)
    last = sa.select(col(Chunk.claimed_at), col(Chunk.messages)).where(*claimed).order_by(col(Chunk.id).desc())
    rows = session.execute(last.limit(RECENT_CHUNKS)).all()
    if len(rows) < 2:
        return None
    newest = max(row.claimed_at for row in rows)
    recent = [row for row in rows if row.claimed_at > newest - RECENT_MS]
    oldest = min(row.claimed_at for row in recent)
    if newest - oldest < LEAST_MS:
        return None
    sent_since = sum(int(row.messages) for row in recent if row.claimed_at > oldest)
    return sent_since / (int(newest - oldest) / 1000)
